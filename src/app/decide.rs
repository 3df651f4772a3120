//! How is a person's decision taken in? Checked for authority, then committed with what follows from it.

use jiff::Timestamp;

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::admit::{Admitted, admit};
use crate::practice::authority::Refusal;
use crate::practice::bind::is_alone;
use crate::practice::decision::{Allocation, Decided, Decision};
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Role, Stage};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::react::{Input, Reaction, react};

/// Records a decision. One that is already on record by its id changes nothing and is no error.
///
/// # Errors
/// A refusal with its rule, or the ledger's fault.
pub async fn record<C: CaseSystem>(
    app: &App<C>,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<Reaction>, AppFault> {
    let others = others(app, decision).await?;
    match &decision.what {
        Decided::Bind { step } => place(app, decision, step, now).await,
        _ => beside(app, decision, &others, now).await,
    }
}

/// Answers where a step belongs (LE-01.3): one that stands alone joins the episode.
async fn place<C: CaseSystem>(
    app: &App<C>,
    decision: &Decision,
    step: &StepId,
    now: Timestamp,
) -> Result<Option<Reaction>, AppFault> {
    let before = app.ledger.episode(&decision.episode).await?;
    match admit(decision, before.as_ref(), &app.terms, &[]) {
        Ok(Admitted::New(_)) => {}
        Ok(Admitted::Known) => return Ok(None),
        Err(refusal) => return Err(AppFault::Decision(refusal)),
    }
    let refused = |why: String| {
        let asks = [Role::QaManager];
        Err(AppFault::Decision(Refusal::new("LE-01.3", why, &asks)))
    };
    match app.ledger.episode_of_step(&app.source, step).await? {
        None => {
            return refused(format!(
                "no step `{step}` is mirrored; see `greentick mirror list`"
            ));
        }
        Some(own) if !is_alone(&own) => {
            return refused(format!(
                "step `{step}` belongs to `{own}`, and only a step that stands alone is placed by a decision; \
                 its form's reference says otherwise"
            ));
        }
        Some(_) => {}
    }
    let place = (&app.source, step);
    let placed = app.ledger.place(place, &decision.episode, now, |joined| {
        let input = Input::Decided(decision);
        let (id, source) = (&joined.id, &joined.source);
        Some(react(Some(joined), id, source, input, &app.terms, now))
    });
    match placed.await? {
        Some(reaction) => Ok(Some(reaction)),
        None => refused(format!(
            "step `{step}` has found its place meanwhile; look again"
        )),
    }
}

/// Whether a decision would be taken in, and in which role; nothing is written.
///
/// # Errors
/// A refusal with its rule, or the ledger's fault.
pub async fn preview<C>(app: &App<C>, decision: &Decision) -> Result<Role, AppFault> {
    let before = app.ledger.episode(&decision.episode).await?;
    let others = others(app, decision).await?;
    match admit(decision, before.as_ref(), &app.terms, &others) {
        Ok(Admitted::New(role)) => Ok(role),
        Ok(Admitted::Known) => {
            let why = format!("a decision `{}` is on record already", decision.id);
            Err(AppFault::Decision(Refusal::new("LE-00.0", why, &[])))
        }
        Err(refusal) => Err(AppFault::Decision(refusal)),
    }
}

/// The allocations of the other live episodes, if the decision is held against them (LE-01.5).
async fn others<C>(app: &App<C>, decision: &Decision) -> Result<Vec<Allocation>, AppFault> {
    match decision.what {
        Decided::Allocate(_) | Decided::Adopt(_) | Decided::Reassign { .. } => {
            let live = live_allocations(app).await?.into_iter();
            let others = live.filter(|(id, _)| *id != decision.episode);
            Ok(others.map(|(_, allocation)| allocation).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// The allocations of all live episodes.
pub(super) async fn live_allocations<C>(
    app: &App<C>,
) -> Result<Vec<(EpisodeId, Allocation)>, AppFault> {
    let episodes = app.ledger.episodes(None).await?.into_iter();
    let live = episodes.filter(Episode::is_live);
    Ok(live
        .filter_map(|episode| Some((episode.id, episode.allocation?)))
        .collect())
}

/// Records a decision beside these other allocations.
pub(super) async fn beside<C: CaseSystem>(
    app: &App<C>,
    decision: &Decision,
    others: &[Allocation],
    now: Timestamp,
) -> Result<Option<Reaction>, AppFault> {
    let mut refused = None;
    let reaction = app
        .ledger
        .react_one(&decision.episode, now, |before| {
            match admit(decision, before, &app.terms, others) {
                Ok(Admitted::New(_)) => {}
                Ok(Admitted::Known) => return None,
                Err(refusal) => {
                    refused = Some(refusal);
                    return None;
                }
            }
            let source = before.map_or(&app.source, |episode| &episode.source);
            let input = Input::Decided(decision);
            let mut reaction = react(before, &decision.episode, source, input, &app.terms, now);
            let due = before.and_then(|episode| new_date(episode, decision, now));
            let due = due.filter(|_| app.case_system.can("due"));
            reaction.owed.extend(due);
            if !app.case_system.can("reopen") {
                reaction.owed.iter_mut().for_each(ask_to_reopen);
            }
            Some(reaction)
        })
        .await?;
    match refused {
        Some(refusal) => Err(AppFault::Decision(refusal)),
        None => Ok(reaction),
    }
}

/// Where the case system opens nothing for us, a note asks people to.
fn ask_to_reopen(effect: &mut Effect) {
    if let Act::Reopen { text } = &effect.act {
        let text = format!("{text} Please open this step again.");
        effect.act = Act::Note { text };
    }
}

/// A completion date that was agreed anew is put where the case system keeps it, on the open practice review.
fn new_date(episode: &Episode, decision: &Decision, now: Timestamp) -> Option<Effect> {
    let Decided::Extend { due, .. } = &decision.what else {
        return None;
    };
    let step = episode.step_of(Stage::PracticeReview)?;
    step.status.is_open().then(|| Effect {
        key: format!("{}/extended/{}/due", episode.id, decision.id),
        source: episode.source.clone(),
        episode: Some(episode.id.clone()),
        step: Some(step.id.clone()),
        act: Act::Due { due: *due },
        rule: "LE-03.4".to_owned(),
        cause: format!("extended/{}", decision.id),
        audience: Vec::new(),
        due_at: now,
        daily: false,
    })
}
