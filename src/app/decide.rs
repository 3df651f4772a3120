//! How is a person's decision taken in? Checked for authority, then committed with what follows from it.

use jiff::Timestamp;

use super::{App, AppFault};
use crate::practice::authority;
use crate::practice::decision::{Decided, Decision};
use crate::practice::judge::judge_decision;
use crate::practice::react::{Input, Reaction, react};
use crate::practice::verdict::Judged;

/// Records a decision. One that is already on record by its id changes nothing and is no error.
pub async fn record<C>(
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
            Some(react(
                before,
                &decision.episode,
                source,
                Input::Decided(decision),
                &app.terms,
                now,
            ))
        })
        .await?;
    match refused {
        Some(why) => Err(AppFault::Refused(why)),
        None => Ok(reaction),
    }
}
