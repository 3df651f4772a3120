//! Which children's records became one? The case system's list of merges, read before the open steps (P23).

use jiff::Timestamp;

use super::{Bookmark, Mirrored, resume_from};
use crate::app::{App, AppFault};
use crate::case_system::CaseSystem;

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
        let page = app.case_system.merges(&bookmark.position, now).await?;
        let last = page.next.is_none();
        if last && page.merges.is_empty() && page.quarantined.is_empty() {
            return Ok(());
        }
        let began = *bookmark
            .began
            .get_or_insert_with(|| page.server_time.unwrap_or(now).min(now));
        let next = match page.next {
            Some(position) => Bookmark {
                position,
                began: Some(began),
            },
            None => Bookmark {
                position: resume_from(began, app.limits.overlap_seconds),
                began: None,
            },
        };
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
