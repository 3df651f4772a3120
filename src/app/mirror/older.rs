//! A list shows a step in an older version than we hold: does a copy lag, or was the case system restored (P19)?
//!
//! A copy lags by a stretch of time: whatever happened before its moment is in it. So an answer that shows something
//! changed after we saw the version we hold, and that step still older, is of a system in which that version never was.
//! The step's own stamp proves nothing, since it may not move. What an answer proves is believed when a read of the step
//! alone says the same, at two sweeps. Without such a proof nothing goes back;
//! it is counted, and told to people, who may know of a restore.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::bookmark::{Bookmark, WentBack};
use super::restored::{self, Behind, behind};
use super::{Mirrored, absence, absorb, poll, sweep, take_answer};
use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem, StepAnswer};
use crate::ledger::Overtaken;
use crate::practice::ids::StepId;
use crate::practice::sighting::Sighting;

/// The clocks of the case system's servers, and ours, differ by less than this.
const CLOCKS_DIFFER_SECONDS: i64 = 600;
/// So many steps are read by themselves in one sweep; the others have their turn in the next ones.
const AT_ONCE: usize = 200;

/// Steps that lists show older than they are held, and whether the same answer proves that it does not lag.
#[derive(Default)]
pub(super) struct Older(BTreeMap<StepId, bool>);

impl Older {
    /// A page shows these older; the newest change on it was at `newest`, UTC.
    pub(super) fn note(&mut self, overtaken: Vec<Overtaken>, newest: Option<Timestamp>) {
        let differ = SignedDuration::from_secs(CLOCKS_DIFFER_SECONDS);
        for one in overtaken {
            let then = one.held_since.saturating_add(differ);
            let is_past = newest.is_some_and(|newest| then.is_ok_and(|then| newest > then));
            *self.0.entry(one.step).or_default() |= is_past;
        }
    }
}

/// When the latest change on a page was made, UTC. A stamp from the future says nothing.
pub(super) fn newest(sightings: &[Sighting], now: Timestamp) -> Option<Timestamp> {
    let stamps = sightings.iter().filter_map(|one| one.modified_at);
    stamps.filter(|at| *at <= now).max()
}

/// Reads each of these by itself, and takes in those of which it was proven at two sweeps that they went back.
pub(super) async fn settle<C: CaseSystem>(
    app: &App<C>,
    older: Older,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    let place = format!("older/{}", app.source);
    let stored = app.ledger.cursor(&place).await?;
    let before: BTreeMap<StepId, Timestamp> = stored
        .and_then(|stored| serde_json::from_value(stored).ok())
        .unwrap_or_default();
    let mut proven = BTreeMap::new();
    let mut all: Vec<(StepId, bool)> = older.0.into_iter().collect();
    all.sort_by_key(|(_, is_past)| !is_past);
    for (step, is_past) in all.into_iter().take(AT_ONCE) {
        let answer = match app
            .case_system
            .step(&step, app.limits.read_budget, now)
            .await
        {
            Ok(answer) => answer,
            // One answer that proves nothing says nothing of the steps after it.
            Err(CaseFault::Unproven(_)) => continue,
            Err(fault) => return Err(fault.into()),
        };
        let alone = is_older_alone(app, &step, &answer).await?;
        let since = before.get(&step).filter(|since| **since < now);
        let believed = alone && is_past && since.is_some();
        if believed {
            report.returned += 1;
        } else if alone {
            report.older += 1;
            if is_past {
                proven.insert(step, since.copied().unwrap_or(now));
            }
            continue;
        }
        let behind = Behind {
            believed,
            ..Behind::default()
        };
        take_answer(app, &step, answer, behind, now, report).await?;
    }
    if proven == before {
        return Ok(());
    }
    let value = serde_json::to_value(&proven).unwrap_or_default();
    Ok(app.ledger.set_cursor(&place, &value, now).await?)
}

async fn is_older_alone<C>(
    app: &App<C>,
    step: &StepId,
    answer: &StepAnswer,
) -> Result<bool, AppFault> {
    let StepAnswer::Seen(seen) = answer else {
        return Ok(false);
    };
    let held = absence::held(app, step).await?;
    Ok(held.is_some_and(|held| {
        let modified = held.modified_at.map(Timestamp::as_millisecond);
        seen.is_older_than(held.version.as_deref(), modified)
    }))
}

/// Compares everything because somebody says that the case system was restored: what is held may go back, as after a
/// restore that shows by itself.
///
/// # Errors
/// The case system's fault, or the ledger's. Begun once, the daemon goes on with it.
pub async fn restored_by_word<C: CaseSystem>(
    app: &App<C>,
    now: Timestamp,
) -> Result<Mirrored, AppFault> {
    let name = format!("feed/{}", app.source);
    let back = WentBack {
        why: "somebody said that it was restored".to_owned(),
        from: String::new(),
        to: "its beginning".to_owned(),
    };
    restored::begins(app, &back, now).await?;
    let behind = behind(&name, &Bookmark::after_restore(now), Some(&back));
    let mut report = Mirrored::default();
    absorb(app, Vec::new(), Vec::new(), behind, now, &mut report).await?;
    let fed = poll(app, now).await?;
    report.add(&fed);
    let open = sweep(app, now).await?;
    report.add(&open);
    report.complete = fed.complete && open.complete;
    report.went_back = Some(back.why);
    Ok(report)
}
