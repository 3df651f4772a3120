//! What do the beats that read the case system do, what do they say of it, and when do they come again?

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{Passes, complain};
use crate::app::{AppFault, Shared, doors, mirror};
use crate::daemon::beat::Next;

/// The longest that one answer of the case system can make us wait, and the longest pause after
/// failures.
const LONGEST_QUIET: Duration = Duration::from_mins(15);
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);
/// Failures in a row after which it is no longer weather.
const INCIDENT_AFTER: u32 = 3;
/// Lines in the log about records that one read sets aside.
const WARNED_OF: usize = 20;

impl<C: Shared> Passes<C> {
    /// Warns if nothing has come from the feed for too many working hours.
    fn listen(&self, report: &mirror::Mirrored, now: Timestamp) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if report.seen + report.quarantined > 0 {
            *heard = now;
        }
        let limit = self.doors.app.limits.quiet_hours_warning;
        let hours = mirror::working_hours(&self.doors.app.terms.calendar, *heard, now);
        let silent = (limit > 0 && hours >= limit).then_some(hours);
        if silent.is_some() && self.doors.freshness.source().silent_hours.is_none() {
            tracing::warn!(
                hours,
                "nothing came from the change feed for so many working hours; look at the filter of `[feed] path`"
            );
        }
        self.doors.freshness.silent(silent);
    }

    pub(super) async fn poll(self: Arc<Self>) -> Next {
        let now = self.now();
        if let Some(next) = self.leaves_alone(now, Duration::ZERO) {
            return next;
        }
        // A step that was named may show in no feed, so it is read by itself.
        let more = doors::follow_named(&self.doors.app, now).await;
        if let Err(fault) = &more {
            complain(
                "steps that were said to have changed could not be read",
                fault,
            );
        }
        if let Err(fault) = doors::follow_persons(&self.doors.app, now).await {
            complain("the list of merged records could not be read", &fault);
        }
        match mirror::poll(&self.doors.app, now).await {
            Ok(report) => {
                self.failures.store(0, Ordering::Relaxed);
                let was_ready = self.doors.freshness.is_ready(now);
                self.doors.freshness.tell("read", "", now);
                if report.complete {
                    self.doors.freshness.complete(now);
                }
                self.listen(&report, now);
                if let Some(why) = &report.went_back {
                    tracing::error!(
                        why,
                        "the case system went back in time, as after a restore; everything is read again"
                    );
                    self.doors.freshness.went_back(why);
                }
                if report.complete && !was_ready {
                    // What fell due while nobody could see may be said now, and what waited be sent.
                    self.rhythm.tick.ring();
                    self.rhythm.dispatch.ring();
                }
                self.took_in("case system read", &report);
                // A feed longer than a pass may be is read on at once; so are steps that were named.
                if report.complete && !more.is_ok_and(|more| more) {
                    Next::AfterSpan
                } else {
                    Next::In(Duration::ZERO)
                }
            }
            Err(fault) => self.poll_failed(&fault),
        }
    }

    /// Waits as long as the case system asks, else longer after each failure in a row.
    fn poll_failed(&self, fault: &AppFault) -> Next {
        let in_a_row = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        self.doors.metrics.mirror_failed();
        if let Some(state) = fault.source_state() {
            self.doors
                .freshness
                .tell(state, &fault.to_string(), self.now());
        }
        if in_a_row >= INCIDENT_AFTER {
            let since = self.doors.freshness.age_seconds(self.now());
            tracing::error!(
                %fault, in_a_row, mirror_age_seconds = since,
                "the case system could not be mirrored; nothing is lost, and reading goes on from the same place"
            );
        } else {
            tracing::warn!(%fault, "the case system could not be mirrored");
        }
        if let Some(asked) = fault.asked_to_wait() {
            return Next::In(asked.max(self.beats.poll).min(LONGEST_QUIET));
        }
        let longer = self.beats.poll.saturating_mul(1 << in_a_row.min(8));
        Next::In(longer.min(LONGEST_BACKOFF).max(self.beats.poll))
    }

    /// Counts and logs what a read brought, and lets the beats behind it follow at once.
    fn took_in(&self, what: &'static str, report: &mirror::Mirrored) {
        self.doors
            .metrics
            .mirrored(report.seen, report.unchanged, report.quarantined);
        warn_of_set_aside(report);
        if report.changed() == 0 && report.quarantined == 0 {
            return;
        }
        tracing::info!(
            seen = report.seen,
            unchanged = report.unchanged,
            older = report.stale,
            quarantined = report.quarantined,
            owed = report.owed,
            "{what}"
        );
        // A change may permit what a task waits for, move the next due instant, or owe something now.
        self.rhythm.tasks.ring();
        self.rhythm.tick.ring();
        if report.owed > 0 {
            self.rhythm.dispatch.ring();
        }
    }

    pub(super) async fn sweep(self: Arc<Self>) -> Next {
        if let Some(next) = self.leaves_alone(self.now(), self.beats.poll) {
            return next;
        }
        match mirror::sweep(&self.doors.app, self.now()).await {
            Ok(report) => {
                self.doors.heard(self.now());
                self.took_in("open steps swept", &report);
                self.went_back(&report);
                if report.too_many_missing > 0 {
                    tracing::error!(
                        missing = report.too_many_missing,
                        "too many open steps are not found at once to be believed deleted; \
                         look at the case system, and at the mapping's `[step]` path"
                    );
                }
            }
            Err(fault) => complain("the open steps could not be swept", &fault),
        }
        Next::AfterSpan
    }

    /// Warns of steps that are shown older than they were seen before, as their number changes (P19).
    fn went_back(&self, report: &mirror::Mirrored) {
        if !report.complete {
            return;
        }
        let before = self.doors.freshness.older(report.older, report.returned);
        if report.older > 0 && report.older != before {
            tracing::warn!(
                steps = report.older,
                "steps are shown in an older version than was read before, also when read alone, and are kept as they \
                 were; if the case system was restored from a backup, say so: `greentick mirror reconcile --restored`"
            );
        }
        if report.returned > 0 {
            tracing::error!(
                steps = report.returned,
                "steps went back to an older version, as after a restore, and are held as they are now"
            );
        }
    }

    /// Compares everything, once in a span whatever restarts lie between.
    pub(super) async fn reconcile(self: Arc<Self>) -> Next {
        let now = self.now();
        if let Some(next) = self.leaves_alone(now, self.beats.poll * 2) {
            return next;
        }
        let app = &self.doors.app;
        let span = self.beats.reconcile;
        let due_in = match mirror::reconcile_due_in(app, span, now).await {
            Ok(due_in) => due_in,
            Err(fault) => {
                complain("the last comparison could not be looked up", &fault);
                return Next::AfterSpan;
            }
        };
        if !due_in.is_zero() {
            return Next::In(due_in);
        }
        match mirror::reconcile(app, now).await {
            Ok(report) => {
                self.doors.heard(self.now());
                self.took_in("everything compared", &report);
                self.went_back(&report);
            }
            Err(fault) => complain("the comparison with the case system broke off", &fault),
        }
        Next::AfterSpan
    }
}

/// Warns of each record that is newly set aside, or for another reason than before.
fn warn_of_set_aside(report: &mirror::Mirrored) {
    let rows = &report.set_aside;
    for row in rows.iter().take(WARNED_OF) {
        let step = row.step.as_deref().unwrap_or("unknown");
        tracing::warn!(
            step,
            path = row.path,
            why = row.reason,
            "a record cannot be read and is set aside; the others are read on"
        );
    }
    if rows.len() > WARNED_OF {
        tracing::warn!(
            more = rows.len() - WARNED_OF,
            "more records are set aside; `greentick mirror quarantine` lists them all"
        );
    }
}
