//! What has fallen due? Looks at the episodes whose next-look instant has come, and at no others.

use jiff::Timestamp;

use super::{App, AppFault};
use crate::ledger::Ticked;
use crate::practice::react::{Input, react};

/// Feeds passing time to every episode that is due a look, in blocks, oldest first.
pub async fn pass<C>(app: &App<C>, now: Timestamp) -> Result<Ticked, AppFault> {
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
            return Ok(total);
        }
    }
}
