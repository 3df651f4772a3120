//! Which tasks may be answered? What stands open for our own worker is judged, and answered when the judge permits.
//!
//! For a case system that cannot ask before Finish: a mandatory task, addressed to Greentick's worker, blocks
//! the step until it is answered. Answering is owed like any other effect, so it is leased, read back and
//! withdrawn if the facts move first. A step that cannot be read leaves its task unanswered: closed by nature, and
//! so an override on record releases it by hand.

use jiff::Timestamp;
use serde::Serialize;

use super::{App, AppFault, mirror};
use crate::case_system::{CaseSystem, OpenTask};
use crate::practice::episode::Episode;
use crate::practice::judge::judge;
use crate::practice::react::{Input, Reaction, is_told, nobody_yet, react};
use crate::practice::terms::Mode;
use crate::practice::verdict::{Answer, Verdict};

/// What a pass over the open tasks did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tasked {
    /// Tasks that stand open.
    pub open: u64,
    /// Those whose answer is owed now.
    pub answered: u64,
    /// Those that are held.
    pub held: u64,
    /// Those whose step could not be read, so that they are left as they are.
    pub unreadable: u64,
    /// Those of a step that is no Learning Episode step, or that the mirror does not know.
    pub unknown: u64,
}

/// Judges every task that stands open for our worker. Does nothing in another mode.
pub async fn pass<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Tasked, AppFault> {
    let mut report = Tasked::default();
    if app.terms.mode != Mode::Task {
        return Ok(report);
    }
    for task in app.case_system.tasks().await? {
        report.open += 1;
        one(app, &task, now, &mut report).await?;
    }
    Ok(report)
}

async fn one<C: CaseSystem>(
    app: &App<C>,
    task: &OpenTask,
    now: Timestamp,
    report: &mut Tasked,
) -> Result<(), AppFault> {
    // What was said of the step as the mirror holds it need not be read again until it moves.
    if let Some(episode) = of_step(app, task).await?
        && let Some(verdict) = verdict_on(app, &episode, task, now)
        && is_told(&episode, &task.id, &verdict)
    {
        count(&verdict, false, report);
        return Ok(());
    }
    let read = match mirror::read_one(app, &task.step, app.limits.read_budget, now).await {
        Ok(read) => read,
        Err(AppFault::Ledger(fault)) => return Err(AppFault::Ledger(fault)),
        Err(fault) => {
            tracing::warn!(%fault, "a step could not be read, so its task waits");
            false
        }
    };
    let Some(id) = app.ledger.episode_of_step(&app.source, &task.step).await? else {
        report.unknown += 1;
        return Ok(());
    };
    let mut blind = false;
    let reaction = app
        .ledger
        .react_one(&id, now, |episode| {
            let episode = episode?;
            let verdict = verdict_on(app, episode, task, now)?;
            // What was last seen is no ground for an answer; an override needs none.
            blind = !read && !verdict.overridden;
            (!blind).then(|| tasked(app, episode, task, now))
        })
        .await?;
    match reaction.and_then(|reaction| reaction.verdict) {
        Some(verdict) => count(&verdict, true, report),
        None if blind => report.unreadable += 1,
        None => report.unknown += 1,
    }
    Ok(())
}

async fn of_step<C>(app: &App<C>, task: &OpenTask) -> Result<Option<Episode>, AppFault> {
    match app.ledger.episode_of_step(&app.source, &task.step).await? {
        Some(id) => Ok(app.ledger.episode(&id).await?),
        None => Ok(None),
    }
}

fn verdict_on<C>(
    app: &App<C>,
    episode: &Episode,
    task: &OpenTask,
    now: Timestamp,
) -> Option<Verdict> {
    judge(episode, &nobody_yet(&task.step, now), &app.terms)
}

fn tasked<C>(app: &App<C>, episode: &Episode, task: &OpenTask, now: Timestamp) -> Reaction {
    let attempt = nobody_yet(&task.step, now);
    let input = Input::Tasked(&attempt, &task.id);
    react(
        Some(episode),
        &episode.id,
        &episode.source,
        input,
        &app.terms,
        now,
    )
}

fn count(verdict: &Verdict, new: bool, report: &mut Tasked) {
    if verdict.answer() == Answer::Hold {
        report.held += 1;
    } else if new {
        report.answered += 1;
    }
}
