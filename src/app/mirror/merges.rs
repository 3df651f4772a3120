//! Which children's records became one? The case system's list of merges, read before the open steps (P23).

use jiff::Timestamp;

use super::{Bookmark, Mirrored};
use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem, FeedPage, Means};
use crate::practice::ids::ChildKey;

/// A merge that was told and is not believed: it would lead in a circle, or contradicts an earlier one.
#[derive(Clone, Debug)]
pub struct RefusedMerge {
    /// The two keys that it names.
    pub between: [ChildKey; 2],
    /// How it was told: `listed`, `said_by_step` or `inferred`.
    pub how: String,
}

/// Every merge that is not believed; a person has to look at each.
pub async fn refused<C>(app: &App<C>) -> Result<Vec<RefusedMerge>, AppFault> {
    let all = app.ledger.aliases(&app.source).await?.into_iter();
    let refused = all.filter(|row| row.refused).map(|row| RefusedMerge {
        between: [row.alias, row.into],
        how: row.how,
    });
    Ok(refused.collect())
}

/// Reads the list of merges from the cursor to its end. One that has no such list costs nothing.
pub(super) async fn take<C: CaseSystem>(
    app: &App<C>,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    let name = format!("merges/{}", app.source);
    let mut bookmark: Bookmark = match app.ledger.cursor(&name).await? {
        Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
        None => Bookmark::default(),
    };
    for _ in 0..app.limits.pages {
        let page = match app.case_system.merges(&bookmark.position, now).await {
            // A place that it knows no more: the list is read from its beginning.
            Err(CaseFault::Means(Means::Stale | Means::Gone, _)) if !bookmark.is_fresh() => {
                bookmark = Bookmark::default();
                continue;
            }
            page => page?,
        };
        let last = page.next.is_none();
        if last && page.merges.is_empty() && page.quarantined.is_empty() {
            return Ok(());
        }
        // Its cursor moves as a feed's does.
        let as_feed = FeedPage {
            next: page.next.clone(),
            server_time: page.server_time,
            going_on: page.going_on.clone(),
            ..FeedPage::default()
        };
        let next = bookmark
            .turned(&as_feed, app.limits.overlap_seconds, now)
            .next;
        // A list that shows the same again and again moves no cursor and takes no turn.
        let cursor = (!last || page.server_time.is_some())
            .then(|| serde_json::to_value(&next).ok())
            .flatten()
            .map(|value| (name.clone(), value));
        let done = app
            .ledger
            .merge(&app.source, &page.merges, cursor, now)
            .await?;
        report.merged += done.merged;
        report.merges_refused += done.refused;
        report.quarantined += u64::try_from(page.quarantined.len()).unwrap_or(u64::MAX);
        bookmark = next;
        if last {
            return Ok(());
        }
    }
    Ok(())
}
