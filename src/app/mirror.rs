//! How does the ledger come to equal the case system? One pass over the feed, or over all that is open.
//!
//! A page, with everything that follows from it and the cursor behind it, is one transaction. The
//! cursor never passes what was not proven, and never the server's time when the pass began.

mod absence;
mod again;
mod bookmark;
mod doubles;
mod group;
mod listing;
mod merges;
mod names;
mod older;
mod order;
mod outage;
mod report;
mod restored;
mod silence;
mod unnamed;

use std::time::Duration;

use jiff::Timestamp;

use super::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem, Means, Quarantined, StepAnswer};
use crate::ledger::{Absorbed, Overtaken, PageSeen, QuarantineRow};
use crate::practice::episode::Presence;
use crate::practice::ids::StepId;
use crate::practice::react::{Input, react};
use crate::practice::sighting::Sighting;
use crate::practice::terms::Terms;

use listing::{Feed, read_through};
use older::Older;
use restored::{Behind, behind};

pub use bookmark::{Bookmark, Turned, WentBack};
pub use merges::{RefusedMerge, refused as refused_merges};
pub use older::restored_by_word;
pub use report::Mirrored;
pub use restored::went_back;
pub use silence::working_hours;

/// Reads the change feed from the cursor to its end.
pub async fn poll<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    let name = format!("feed/{}", app.source);
    let mut bookmark: Bookmark = match app.ledger.cursor(&name).await? {
        Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
        None => Bookmark::default(),
    };
    let mut report = Mirrored::default();
    while report.pages < app.limits.pages {
        let page = match app.case_system.changes(&bookmark.position, now).await {
            // What we go by is too old for the case system: it is read from its beginning.
            Err(CaseFault::Means(Means::Stale | Means::Gone, why)) if !bookmark.is_fresh() => {
                let back = restored::of_stale(&bookmark, why);
                bookmark = Bookmark::after_restore(now);
                let behind = behind(&name, &bookmark, Some(&back));
                restored::begins(app, &back, now).await?;
                Box::pin(absorb(app, vec![], vec![], behind, now, &mut report)).await?;
                report.went_back = Some(back.why);
                continue;
            }
            page => page?,
        };
        if report.pages == 0
            && let Some(since) = bookmark.last_pass()
        {
            outage::reached_again(app, since, now).await?;
        }
        let turned = bookmark.turned(&page, app.limits.overlap_seconds, now);
        if bookmark.rereads {
            restored::shown(app, &page, !turned.next.rereads, now).await?;
        }
        let (named, shown) = (&page.mentions, &page.sightings);
        Box::pin(absence::take_mentions(app, named, shown, now, &mut report)).await?;
        if let Some(back) = &turned.went_back {
            restored::begins(app, back, now).await?;
        }
        let mut behind = behind(&name, &turned.next, turned.went_back.as_ref());
        behind.is_end = turned.is_last;
        let (seen, bad) = (page.sightings, page.quarantined);
        if bookmark.last_pass().is_none() {
            unnamed::shown_by_feed(app, listing::unnamed(&bad), false, now).await?;
        }
        Box::pin(take_in(app, seen, bad, behind, now, &mut report)).await?;
        bookmark = turned.next;
        match turned.went_back {
            // It is read again at once, from its beginning.
            Some(back) => report.went_back = Some(back.why),
            None if turned.is_last => {
                report.complete = true;
                break;
            }
            None => {}
        }
    }
    Ok(report)
}

/// Reads the list of merged records from where it was left, as every sweep does first.
pub async fn merges<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    let mut report = Mirrored::default();
    merges::take(app, now, &mut report).await?;
    Ok(report)
}

/// Reads every open step, since a modified stamp may not exist or may not move; then reads one by one
/// those we hold as open and did not meet, because absence from a list is not a deletion.
pub async fn sweep<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    swept(app, Older::default(), now).await
}

async fn swept<C: CaseSystem>(
    app: &App<C>,
    mut older: Older,
    now: Timestamp,
) -> Result<Mirrored, AppFault> {
    let mut report = Mirrored::default();
    merges::take(app, now, &mut report).await?;
    let list = read_through(app, Feed::OpenSteps, &mut older, now, &mut report).await?;
    if report.complete {
        absence::look_for(app, &list.met, now, &mut report).await?;
        again::read(app, &list.met, now, &mut report).await?;
        older::settle(app, older, now, &mut report).await?;
        unnamed::settle(app, &list.unnamed, now).await?;
    }
    doubles::compare(app, now).await?;
    Ok(report)
}

/// Compares everything: the change feed from its beginning, without moving the cursor, then the open
/// steps. What has not changed is recognised by its hash. For what a lagging copy of the case system's
/// database once hid, and for a cursor that was ever wrong.
pub async fn reconcile<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<Mirrored, AppFault> {
    let mut report = Mirrored::default();
    let mut older = Older::default();
    let list = read_through(app, Feed::Changes, &mut older, now, &mut report).await?;
    if report.complete {
        unnamed::shown_by_feed(app, list.unnamed, true, now).await?;
    }
    let open = swept(app, older, now).await?;
    report.add(&open);
    report.complete &= open.complete;
    remember_reconciled(app, now).await?;
    Ok(report)
}

/// How long until the next comparison of everything is due. A ledger that never made one begins to
/// count now: its first read of the feed begins at the beginning anyway.
pub async fn reconcile_due_in<C>(
    app: &App<C>,
    span: Duration,
    now: Timestamp,
) -> Result<Duration, AppFault> {
    let Some(stored) = app.ledger.cursor(&reconciled(app)).await? else {
        remember_reconciled(app, now).await?;
        return Ok(span);
    };
    let last: Timestamp = serde_json::from_value(stored).unwrap_or(Timestamp::UNIX_EPOCH);
    let passed = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    Ok(span.saturating_sub(passed))
}

fn reconciled<C>(app: &App<C>) -> String {
    format!("reconciled/{}", app.source)
}

async fn remember_reconciled<C>(app: &App<C>, now: Timestamp) -> Result<(), AppFault> {
    let value = serde_json::Value::from(now.to_string());
    Ok(app.ledger.set_cursor(&reconciled(app), &value, now).await?)
}

/// Takes a page in, and reads by itself each step that it shows with another child than before. Gives those that it
/// shows older than they are held.
async fn take_in<C: CaseSystem>(
    app: &App<C>,
    sightings: Vec<Sighting>,
    quarantined: Vec<Quarantined>,
    behind: Behind,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Vec<Overtaken>, AppFault> {
    let budget = app.limits.read_budget;
    let sightings = names::held(app, group::joined(sightings)).await?;
    let sightings = order::settle(app, sightings, budget, now).await?;
    let done = absorb(app, sightings, quarantined, behind, now, report).await?;
    for step in done.look {
        match Box::pin(look_at(app, &step, budget, now, report)).await {
            // What cannot be read now differs from what is held, and so is tried again by the next pass.
            Ok(_) | Err(AppFault::Case(CaseFault::Unproven(_))) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(done.overtaken)
}

/// Reads one step now, within `budget`, and takes in what is found, absence included. Returns whether
/// it could be read.
pub async fn read_one<C: CaseSystem>(
    app: &App<C>,
    step: &StepId,
    budget: Duration,
    now: Timestamp,
) -> Result<bool, AppFault> {
    let mut report = Mirrored::default();
    let found = look_at(app, step, budget, now, &mut report).await?;
    Ok(found == Look::Read)
}

/// What a direct read of one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// It was read and taken in.
    Read,
    /// It is hidden, deleted or not ours, and that was taken in.
    Settled,
    /// The case system does not find it; that proves nothing yet.
    Missing,
}

async fn look_at<C: CaseSystem>(
    app: &App<C>,
    step: &StepId,
    budget: Duration,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Look, AppFault> {
    let answer = app.case_system.step(step, budget, now).await?;
    take_answer(app, step, answer, Behind::default(), now, report).await
}

/// Takes in what a direct read of one step answered.
async fn take_answer<C: CaseSystem>(
    app: &App<C>,
    step: &StepId,
    answer: StepAnswer,
    behind: Behind,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Look, AppFault> {
    let budget = app.limits.read_budget;
    let (sighting, look) = match answer {
        StepAnswer::Seen(sighting) => (Some(*sighting), Look::Read),
        StepAnswer::Hidden => (
            absence::sighting(app, step, Presence::Hidden, now).await?,
            Look::Settled,
        ),
        StepAnswer::Gone => (
            absence::sighting(app, step, Presence::Deleted, now).await?,
            Look::Settled,
        ),
        StepAnswer::Missing => (None, Look::Missing),
        StepAnswer::NotOurs => (None, Look::Settled),
        StepAnswer::Renamed(other) => {
            let known = names::renamed(app, step, *other, now).await?;
            let look = match known.presence {
                Presence::Present => Look::Read,
                Presence::Hidden | Presence::Deleted => Look::Settled,
            };
            (Some(known), look)
        }
    };
    if let Some(sighting) = sighting {
        // Whoever waits for this one step waits no longer for the one before it.
        let sightings = order::settle(app, vec![sighting], budget, now).await?;
        absorb(app, sightings, Vec::new(), behind, now, report).await?;
    }
    Ok(look)
}

async fn absorb<C>(
    app: &App<C>,
    sightings: Vec<Sighting>,
    quarantined: Vec<Quarantined>,
    behind: Behind,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Absorbed, AppFault> {
    let quarantined = quarantined
        .into_iter()
        .map(|bad| QuarantineRow {
            step: bad.step,
            path: bad.path,
            reason: bad.reason,
            fingerprint: bad.fingerprint,
        })
        .collect();
    let reading = app.ledger.reading(&app.source, now).await?;
    let page = PageSeen {
        source: app.source.clone(),
        sightings,
        quarantined,
        cursor: behind.cursor,
        restored: if behind.believed {
            Some(now)
        } else {
            restored::at(app).await?
        },
        said: behind.said,
        ends_first_reading: behind.is_end && reading.through.is_none(),
    };
    let source = &app.source;
    // Only a page that changes something needs its terms.
    let mut made: Option<Terms> = None;
    let done = app
        .ledger
        .absorb(page, now, |before, id, sighting| {
            let terms = made.get_or_insert_with(|| app.terms.read_since(source, reading));
            react(before, id, source, Input::Seen(sighting), terms, now)
        })
        .await?;
    report.pages += 1;
    report.seen += done.seen;
    report.unchanged += done.unchanged;
    report.stale += done.stale;
    report.quarantined += done.quarantined;
    report.set_aside.extend(done.set_aside.iter().cloned());
    report.owed += done.owed;
    Ok(done)
}
