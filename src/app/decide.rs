//! How is a person's decision taken in? Checked for authority, then committed with what follows from it.

use jiff::Timestamp;

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::admit::{Admitted, admit};
use crate::practice::decision::{Decided, Decision};
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Stage};
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
    let others = Vec::new();
    let mut refused = None;
    let reaction = app
        .ledger
        .react_one(&decision.episode, now, |before| {
            match admit(decision, before, &app.terms, &others) {
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
    })
}
