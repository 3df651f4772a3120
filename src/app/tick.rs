//! What has fallen due? Looks at the episodes whose next-look instant has come, and at no others; and once a
//! working day at the cycles as wholes.

use jiff::Timestamp;

use super::{App, AppFault, watch};
use crate::case_system::CaseSystem;
use crate::ledger::Ticked;
use crate::practice::react::{Input, react};

/// Feeds passing time to every episode that is due a look, in blocks, oldest first.
pub async fn pass<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Ticked, AppFault> {
    let mut total = Ticked::default();
    loop {
        let block = app
            .ledger
            .tick(now, app.limits.ticks, |episode| {
                react(
                    Some(episode),
                    &episode.id,
                    &episode.source,
                    Input::TimePassed,
                    &app.terms,
                    now,
                )
            })
            .await?;
        total.looked += block.looked;
        total.owed += block.owed;
        if block.looked < u64::from(app.limits.ticks) {
            total.owed += watch::pass(app, now).await?;
            return Ok(total);
        }
    }
}
