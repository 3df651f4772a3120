//! Was the case system out of reach for so long that whole days were lost?
//!
//! What tells is the ledger's own record of the last whole pass, so that a daemon that was down counts as well.
//! Nobody could be asked for anything in that time: the clock of every live episode stood still.

use jiff::Timestamp;

use super::super::{App, AppFault};
use crate::practice::react::{Input, react};
use crate::practice::standstill::Outage;

/// Enters the days lost since the last whole pass, if there are any. Told again, it changes nothing.
pub(super) async fn reached_again<C>(
    app: &App<C>,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), AppFault> {
    let Some(outage) = Outage::between(since, now, &app.terms.calendar) else {
        return Ok(());
    };
    let concerned = app
        .ledger
        .each_episode(now, |episode| {
            let input = Input::Unreachable(&outage);
            let (id, source) = (&episode.id, &episode.source);
            react(Some(episode), id, source, input, &app.terms, now)
        })
        .await?;
    tracing::warn!(
        %since, from = %outage.from, until = %outage.until, episodes = concerned,
        "the case system could not be reached for days that the clocks do not count"
    );
    Ok(())
}
