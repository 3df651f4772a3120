//! What does each beat do? One use-case a pass, its report in the log and the numbers, and when to
//! come again.

mod reading;

use std::future::Future;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Beats;
use super::beat::{Beat, Bell, Next, Rhythm};
use crate::app::{AppFault, Shared, dispatch, shadow, task, tick};
use crate::web::Doors;

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

    async fn tasks(self: Arc<Self>) -> Next {
        match task::pass(&self.doors.app, self.now()).await {
            Ok(report) => {
                if report.open > 0 {
                    self.doors.heard(self.now());
                }
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
