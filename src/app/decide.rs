//! How is a person's decision taken in? Checked for authority, then committed with what follows from it.

use jiff::Timestamp;

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::authority;
use crate::practice::decision::{Decided, Decision};
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Stage};
use crate::practice::judge::judge_decision;
use crate::practice::react::{Input, Reaction, react};
use crate::practice::verdict::Judged;

/// Records a decision. One that is already on record by its id changes nothing and is no error.
pub async fn record<C: CaseSystem>(
    app: &App<C>,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<Reaction>, AppFault> {
    let mut refused = None;
    let allocates = matches!(decision.what, Decided::Allocate(_));
    let reaction = app
        .ledger
        .react_one(&decision.episode, now, |before| {
            if before.is_none() && !allocates {
                refused = Some(format!(
                    "no episode `{}` is known; see `greentick mirror list`",
                    decision.episode
                ));
                return None;
            }
            if let Err(refusal) = authority::may(decision, before, &app.terms) {
                refused = Some(format!("{} ({})", refusal.why, refusal.rule));
                return None;
            }
            let unmet = before
                .iter()
                .flat_map(|episode| judge_decision(episode, decision, &app.terms));
            if let Some(judged) = unmet.into_iter().find(Judged::holds) {
                refused = Some(format!(
                    "{} {} ({})",
                    judged.missing(),
                    judged.remedy,
                    judged.rule
                ));
                return None;
            }
            if before.is_some_and(|episode| episode.decided.contains(&decision.id)) {
                return None;
            }
            let source = before.map_or(&app.source, |episode| &episode.source);
            let mut reaction = react(
                before,
                &decision.episode,
                source,
                Input::Decided(decision),
                &app.terms,
                now,
            );
            let due = before.and_then(|episode| new_date(episode, decision, now));
            reaction
                .owed
                .extend(due.filter(|_| app.case_system.can("due")));
            Some(reaction)
        })
        .await?;
    match refused {
        Some(why) => Err(AppFault::Refused(why)),
        None => Ok(reaction),
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
