//! How does the ledger come to equal the case system? One pass over the feed, or over all that is open.
//!
//! A page, with everything that follows from it and the cursor behind it, is one transaction. The
//! cursor never passes what was not proven, and never the server's time when the pass began.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{App, AppFault};
use crate::case_system::{CaseSystem, FeedPosition, Quarantined, StepAnswer};
use crate::ledger::{PageSeen, QuarantineRow};
use crate::practice::episode::Presence;
use crate::practice::ids::{SourceName, StepId};
use crate::practice::react::{Input, react};
use crate::practice::sighting::Sighting;
use crate::practice::terms::Terms;

/// What a pass did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Mirrored {
    /// Pages read.
    pub pages: u32,
    /// Records read.
    pub seen: u64,
    /// Records that had not changed.
    pub unchanged: u64,
    /// Records older than what we hold; ignored.
    pub stale: u64,
    /// Records that could not be read, each kept with its reason.
    pub quarantined: u64,
    /// Effects newly owed.
    pub owed: u64,
    /// Steps found hidden or gone by a direct read.
    pub vanished: u64,
    /// Whether the pass came to the end of the feed.
    pub complete: bool,
}

/// Where the next page begins, and what the server's clock showed when this pass began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Bookmark {
    position: FeedPosition,
    began: Option<Timestamp>,
}

/// Reads the change feed from the cursor to its end.
pub async fn poll<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    let name = format!("feed/{}", app.source);
    let mut bookmark: Bookmark = match app.ledger.cursor(&name).await? {
        Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
        None => Bookmark::default(),
    };
    let mut report = Mirrored::default();
    while report.pages < app.limits.pages {
        let page = app.case_system.changes(&bookmark.position, now).await?;
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
        let last = next.began.is_none();
        let cursor = serde_json::to_value(&next)
            .ok()
            .map(|value| (name.clone(), value));
        absorb(
            app,
            page.sightings,
            page.quarantined,
            cursor,
            now,
            &mut report,
        )
        .await?;
        bookmark = next;
        if last {
            report.complete = true;
            break;
        }
    }
    Ok(report)
}

fn resume_from(began: Timestamp, overlap_seconds: i64) -> FeedPosition {
    let since = began
        .saturating_sub(SignedDuration::from_secs(overlap_seconds))
        .unwrap_or(began);
    FeedPosition {
        since: Some(since),
        ..FeedPosition::default()
    }
}

/// Reads every open step, since a modified stamp may not exist or may not move; then reads one by one
/// those we hold as open and did not meet, because absence from a list is not a deletion.
pub async fn sweep<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    let mut position = FeedPosition::default();
    let mut report = Mirrored::default();
    let mut met = std::collections::BTreeSet::new();
    while report.pages < app.limits.pages {
        let page = app.case_system.open_steps(&position, now).await?;
        met.extend(page.sightings.iter().map(|sighting| sighting.step.clone()));
        let next = page.next;
        absorb(
            app,
            page.sightings,
            page.quarantined,
            None,
            now,
            &mut report,
        )
        .await?;
        let Some(next) = next else {
            report.complete = true;
            break;
        };
        position = next;
    }
    if report.complete {
        for row in app.ledger.mirror().await? {
            let open = row.status.is_open() && row.presence == Presence::Present;
            if open && row.source == app.source && !met.contains(&row.step) {
                read_one(app, &row.step, now).await?;
                report.vanished += 1;
            }
        }
    }
    Ok(report)
}

/// Reads one step now and takes in what is found, absence included. Returns whether it could be read.
pub async fn read_one<C: CaseSystem>(
    app: &App<C>,
    step: &StepId,
    now: Timestamp,
) -> Result<bool, AppFault> {
    let mut report = Mirrored::default();
    let answer = app
        .case_system
        .step(step, app.limits.gate_budget, now)
        .await?;
    let (sighting, readable) = match answer {
        StepAnswer::Seen(sighting) => (Some(*sighting), true),
        StepAnswer::Hidden => (absent(app, step, Presence::Hidden, now).await?, false),
        StepAnswer::Gone => (absent(app, step, Presence::Deleted, now).await?, false),
        StepAnswer::NotOurs => (None, false),
    };
    if let Some(sighting) = sighting {
        absorb(app, vec![sighting], Vec::new(), None, now, &mut report).await?;
    }
    Ok(readable)
}

/// A sighting of absence, made from what we last held of the step.
async fn absent<C>(
    app: &App<C>,
    step: &StepId,
    presence: Presence,
    now: Timestamp,
) -> Result<Option<Sighting>, AppFault> {
    let Some(id) = app.ledger.episode_of_step(&app.source, step).await? else {
        return Ok(None);
    };
    let Some(episode) = app.ledger.episode(&id).await? else {
        return Ok(None);
    };
    Ok(episode
        .steps
        .get(step)
        .map(|held| Sighting::of_absence(&app.source, held, presence, now)))
}

async fn absorb<C>(
    app: &App<C>,
    sightings: Vec<Sighting>,
    quarantined: Vec<Quarantined>,
    cursor: Option<(String, serde_json::Value)>,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    let quarantined = quarantined
        .into_iter()
        .map(|bad| QuarantineRow {
            step: bad.step,
            path: bad.path,
            reason: bad.reason,
            fingerprint: bad.fingerprint,
        })
        .collect();
    let page = PageSeen {
        source: app.source.clone(),
        sightings,
        quarantined,
        cursor,
    };
    let (terms, source): (&Terms, &SourceName) = (&app.terms, &app.source);
    let done = app
        .ledger
        .absorb(page, now, |before, id, sighting| {
            react(before, id, source, Input::Seen(sighting), terms, now)
        })
        .await?;
    report.pages += 1;
    report.seen += done.seen;
    report.unchanged += done.unchanged;
    report.stale += done.stale;
    report.quarantined += done.quarantined;
    report.owed += done.owed;
    Ok(())
}
