//! Reads a whole list, from its beginning to its end, whatever the cursor.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::older::{self, Older};
use super::{Behind, Mirrored, take_in};
use crate::app::{App, AppFault};
use crate::case_system::{CaseSystem, FeedPosition, Quarantined};
use crate::practice::ids::StepId;

/// Which list is read.
#[derive(Clone, Copy)]
pub(super) enum Feed {
    /// The change feed, from its beginning.
    Changes,
    /// The open steps.
    OpenSteps,
}

/// What a list showed.
#[derive(Default)]
pub(super) struct Listed {
    /// The steps, readable or not.
    pub(super) met: BTreeSet<StepId>,
    /// The records that could not be read, not even their step's id, each by its fingerprint.
    pub(super) unnamed: BTreeSet<String>,
}

/// Reads a list from its beginning to its end; what it shows older than it is held is noted.
pub(super) async fn read_through<C: CaseSystem>(
    app: &App<C>,
    feed: Feed,
    older: &mut Older,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Listed, AppFault> {
    let mut list = Listed::default();
    let mut position = FeedPosition::default();
    while report.pages < app.limits.pages {
        let page = match feed {
            Feed::Changes => app.case_system.changes(&position, now).await?,
            Feed::OpenSteps => app.case_system.open_steps(&position, now).await?,
        };
        let shown = page.sightings.iter().map(|sighting| sighting.step.clone());
        list.met.extend(shown);
        let set_aside = page.quarantined.iter().filter_map(|bad| bad.step.clone());
        list.met.extend(set_aside.map(StepId));
        list.unnamed.extend(unnamed(&page.quarantined));
        let next = page.next;
        let newest = older::newest(&page.sightings, now);
        let (seen, bad) = (page.sightings, page.quarantined);
        let overtaken = Box::pin(take_in(app, seen, bad, Behind::default(), now, report)).await?;
        older.note(overtaken, newest);
        let Some(next) = next else {
            report.complete = true;
            break;
        };
        position = next;
    }
    Ok(list)
}

/// The fingerprints of records whose step's id could not be read.
pub(super) fn unnamed(bad: &[Quarantined]) -> BTreeSet<String> {
    let unnamed = bad.iter().filter(|bad| bad.step.is_none());
    unnamed.map(|bad| bad.fingerprint.clone()).collect()
}
