//! When is a record let go that was set aside without so much as its step's id? When no list shows it any more.
//!
//! No read of a step can say that it was mended. A whole list of open steps that leaves it out does, unless the change
//! feed, read from its beginning, is known to show it: then it may be of a closed step.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::app::{App, AppFault};

/// The change feed shows these; `is_whole` if it was read from its beginning to its end, so that no others are there.
pub(super) async fn shown_by_feed<C>(
    app: &App<C>,
    mut shown: BTreeSet<String>,
    is_whole: bool,
    now: Timestamp,
) -> Result<(), AppFault> {
    let before = by_feed(app).await?;
    if !is_whole {
        shown.extend(before.iter().cloned());
    }
    if shown == before {
        return Ok(());
    }
    let value = serde_json::to_value(&shown).unwrap_or_default();
    Ok(app.ledger.set_cursor(&place(app), &value, now).await?)
}

/// A whole list of open steps showed these; what neither it nor the feed shows is let go.
pub(super) async fn settle<C>(
    app: &App<C>,
    shown: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(), AppFault> {
    let mut there = by_feed(app).await?;
    there.extend(shown.iter().cloned());
    let released = app.ledger.release_unnamed(&app.source, &there, now);
    Ok(released.await?)
}

fn place<C>(app: &App<C>) -> String {
    format!("unnamed/{}", app.source)
}

async fn by_feed<C>(app: &App<C>) -> Result<BTreeSet<String>, AppFault> {
    let stored = app.ledger.cursor(&place(app)).await?;
    let shown = stored.and_then(|stored| serde_json::from_value(stored).ok());
    Ok(shown.unwrap_or_default())
}
