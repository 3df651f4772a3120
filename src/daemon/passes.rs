//! What does each beat do? One use-case a pass, its report in the log and the numbers, and when to
//! come again.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Beats;
use super::beat::{Beat, Bell, Next, Rhythm};
use crate::app::{AppFault, Shared, dispatch, doors, mirror, shadow, task, tick};
use crate::web::Doors;

/// The longest that one answer of the case system can make us wait, and the longest pause after
/// failures.
const LONGEST_QUIET: Duration = Duration::from_mins(15);
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);
/// Failures in a row after which it is no longer weather.
const INCIDENT_AFTER: u32 = 3;

/// What the passes share.
struct Passes<C> {
    doors: Arc<Doors<C>>,
    beats: Beats,
    rhythm: Arc<Rhythm>,
    /// Reads of the feed that failed in a row.
    failures: AtomicU32,
    /// When the feed last had a record; before that, when we began.
    heard: Mutex<Timestamp>,
}

/// Starts every beat.
pub(super) fn start_all<C: Shared>(
    tasks: &mut JoinSet<()>,
    doors: &Arc<Doors<C>>,
    beats: &Beats,
    rhythm: &Arc<Rhythm>,
    told: &watch::Receiver<bool>,
) {
    let passes = Arc::new(Passes {
        doors: Arc::clone(doors),
        beats: *beats,
        rhythm: Arc::clone(rhythm),
        failures: AtomicU32::new(0),
        heard: Mutex::new(doors.clock.now()),
    });
    let beat = |span, bell: &Arc<Bell>, waits_first| Beat {
        clock: doors.clock.clone(),
        bell: Arc::clone(bell),
        span,
        jitter_percent: beats.jitter_percent,
        told: told.clone(),
        waits_first,
    };
    let alone = || Arc::new(Bell::default());
    let poll = beat(beats.poll, &rhythm.poll, false);
    tasks.spawn(poll.run(each(&passes, Passes::poll)));
    let tasks_open = beat(beats.poll, &rhythm.tasks, true);
    tasks.spawn(tasks_open.run(each(&passes, Passes::tasks)));
    let tick = beat(beats.tick, &rhythm.tick, false);
    tasks.spawn(tick.run(each(&passes, Passes::tick)));
    let dispatch = beat(beats.dispatch, &rhythm.dispatch, false);
    tasks.spawn(dispatch.run(each(&passes, Passes::dispatch)));
    let sweep = beat(beats.sweep, &alone(), true);
    tasks.spawn(sweep.run(each(&passes, Passes::sweep)));
    let reconcile = beat(beats.reconcile, &alone(), false);
    tasks.spawn(reconcile.run(each(&passes, Passes::reconcile)));
}

/// A pass that can be made again and again.
fn each<C, Fut, F>(passes: &Arc<Passes<C>>, pass: F) -> impl Fn() -> Fut + use<C, Fut, F>
where
    Fut: Future<Output = Next>,
    F: Fn(Arc<Passes<C>>) -> Fut,
{
    let passes = Arc::clone(passes);
    move || pass(Arc::clone(&passes))
}

impl<C: Shared> Passes<C> {
    fn now(&self) -> Timestamp {
        self.doors.clock.now()
    }

    /// In a quiet window: when to come again, which is some time after its end, so that not all begin at once.
    fn leaves_alone(&self, now: Timestamp, after: Duration) -> Option<Next> {
        let quiet = self.doors.app.case_system.quiet(now)?;
        if self.doors.freshness.source().state != "quiet" {
            tracing::info!(until = %quiet.until, "the case system is left alone; clocks and rules go on");
        }
        self.doors.freshness.quiet(quiet.since, quiet.until);
        let left = Duration::try_from(quiet.until.duration_since(now)).unwrap_or_default();
        Some(Next::In(left + after))
    }

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

    async fn poll(self: Arc<Self>) -> Next {
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
                self.doors.freshness.tell("read", "");
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
            self.doors.freshness.tell(state, &fault.to_string());
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
        if report.seen == report.unchanged && report.quarantined == 0 {
            return;
        }
        tracing::info!(
            seen = report.seen,
            unchanged = report.unchanged,
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

    async fn sweep(self: Arc<Self>) -> Next {
        if let Some(next) = self.leaves_alone(self.now(), self.beats.poll) {
            return next;
        }
        match mirror::sweep(&self.doors.app, self.now()).await {
            Ok(report) => {
                self.took_in("open steps swept", &report);
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

    /// Compares everything, once in a span whatever restarts lie between.
    async fn reconcile(self: Arc<Self>) -> Next {
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
            Ok(report) => self.took_in("everything compared", &report),
            Err(fault) => complain("the comparison with the case system broke off", &fault),
        }
        Next::AfterSpan
    }

    async fn tasks(self: Arc<Self>) -> Next {
        match task::pass(&self.doors.app, self.now()).await {
            Ok(report) => {
                self.doors.metrics.tasks(report.answered, report.unreadable);
                if report.answered + report.unreadable + report.unknown > 0 {
                    tracing::info!(
                        open = report.open,
                        answered = report.answered,
                        held = report.held,
                        unreadable = report.unreadable,
                        unknown = report.unknown,
                        "tasks judged"
                    );
                }
                if report.answered > 0 {
                    self.rhythm.dispatch.ring();
                }
            }
            Err(fault) => complain("the open tasks could not be judged", &fault),
        }
        Next::AfterSpan
    }

    async fn tick(self: Arc<Self>) -> Next {
        let now = self.now();
        // From a mirror older than its limit nobody is told anything new: it may be cured already.
        if !self.doors.freshness.is_ready(now) {
            return Next::AfterSpan;
        }
        match tick::pass(&self.doors.app, now).await {
            Ok(report) if report.owed > 0 => {
                tracing::info!(looked = report.looked, owed = report.owed, "time passed");
                self.rhythm.dispatch.ring();
            }
            Ok(_) => {}
            Err(fault) => {
                complain("passing time could not be judged", &fault);
                return Next::AfterSpan;
            }
        }
        match shadow::pass(&self.doors.app, now).await {
            Ok(0) => {}
            Ok(notices) => {
                tracing::info!(notices, "what would have been held is told");
                self.rhythm.dispatch.ring();
            }
            Err(fault) => complain("what would have been held could not be told", &fault),
        }
        match self.doors.app.ledger.next_look().await {
            Ok(Some(at)) => {
                let wait = Duration::try_from(at.duration_since(self.now()));
                Next::Within(wait.unwrap_or_default())
            }
            Ok(None) => Next::AfterSpan,
            Err(fault) => {
                complain("the next due instant could not be read", &fault.into());
                Next::AfterSpan
            }
        }
    }

    async fn dispatch(self: Arc<Self>) -> Next {
        // While the case system cannot be read, writing to it would only use up tries, and a week-end of
        // maintenance would end with every message needing a person.
        let now = self.now();
        let quiet = self.doors.app.case_system.quiet(now).is_some();
        if quiet || !self.doors.freshness.is_ready(now) {
            return Next::AfterSpan;
        }
        let holder = format!("pid-{}", std::process::id());
        match dispatch::pass(&self.doors.app, &holder, || self.now()).await {
            Ok(report) => {
                let there = report.sent + report.already_there;
                self.doors.metrics.dispatched(there, report.dead);
                if there + report.again + report.dead > 0 {
                    tracing::info!(
                        sent = report.sent,
                        already_there = report.already_there,
                        again = report.again,
                        dead = report.dead,
                        "dispatched"
                    );
                }
            }
            Err(fault) => complain("what is owed could not be sent", &fault),
        }
        Next::AfterSpan
    }
}

fn complain(what: &str, fault: &AppFault) {
    tracing::warn!(%fault, "{what}");
}
