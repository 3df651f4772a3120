//! Which doors are open to others? Finish checks, callbacks, decisions, reads, health, the board.
//!
//! Everything is answered from the ledger or by a use-case of `app`. Absent on purpose: sign-in pages,
//! scripts, and any route that changes something without a proof of who asks.

mod api;
mod board;
mod described;
mod pack;
mod proof;
mod serve;
mod turned_away;
mod ways;

pub use api::router;
pub use proof::{Caller, Callers, Signature};
pub use serve::{Limits, serve};

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::app::App;
use crate::app::gate::Told;
use crate::clock::Clock;
use crate::telemetry::Metrics;

/// What every handler works with.
pub struct Doors<C> {
    /// The use-cases' dependencies.
    pub app: App<C>,
    /// The clock.
    pub clock: Clock,
    /// Who may call what.
    pub callers: Callers,
    /// Numbers for monitoring.
    pub metrics: Arc<Metrics>,
    /// Wakes the mirror; carries no data.
    pub nudge: Arc<Notify>,
    /// When the mirror was last complete; see [`Freshness`].
    pub freshness: Arc<Freshness>,
    /// Shown on every page if this is not the live system.
    pub banner: Option<String>,
}

/// After a failed reading of the feed, so long passes before another answer has it asked at once, seconds.
const ASKED_ANEW_SECONDS: i64 = 30;

impl<C> Doors<C> {
    /// The case system has given a good answer at `now`: if the feed waits after failures, it is asked at once.
    pub fn heard(&self, now: Timestamp) {
        if self.freshness.is_in_doubt(now) {
            self.nudge.notify_one();
        }
    }

    /// A finish check was answered.
    fn answered(&self, told: &Told, now: Timestamp) {
        self.metrics.finish_check(told.decision);
        // The step was read for it.
        if told.mirror_age_ms == Some(0) {
            self.heard(now);
        }
    }
}

/// How the case system stands, for monitors and the board.
#[derive(Clone, Debug, Default)]
pub struct SourceState {
    /// In a word or two: `read`, `quiet`, `unreachable`, `signed out`, `unavailable` …; empty before the first read.
    pub state: &'static str,
    /// Why, in words.
    pub why: String,
    /// When that was found, UTC.
    pub as_of: Option<Timestamp>,
    /// Why it is taken to have gone back in time, if it is.
    pub went_back: Option<String>,
    /// Open steps that are shown in an older version than is held, and are kept as they are held.
    pub older: u64,
    /// Steps that went back to an older version since we began, and are held as they are now.
    pub returned: u64,
    /// Working hours without a record, once they are too many.
    pub silent_hours: Option<u32>,
    quiet: Option<(Timestamp, Timestamp)>,
}

impl SourceState {
    /// What a person should know of it besides its age, one sentence each; `local` is how an instant is written.
    pub fn remarks(&self, local: impl Fn(Timestamp) -> String) -> Vec<String> {
        let mut remarks = Vec::new();
        if !["", "read"].contains(&self.state) {
            let asked = self.as_of.filter(|_| self.state != "quiet");
            let asked =
                asked.map_or_else(String::new, |at| format!(", asked last on {}", local(at)));
            remarks.push(format!("Case system{asked}: {}.", self.why));
        }
        if let Some(why) = &self.went_back {
            remarks.push(format!(
                "The case system went back in time, as after a restore ({why}); everything is read again."
            ));
        }
        if self.older > 0 {
            remarks.push(format!(
                "In an older version than was read before, also when read alone: {}. They are kept as they were. If the \
                 case system was restored from a backup, say so with `greentick mirror reconcile --restored`.",
                steps(self.older)
            ));
        }
        if self.returned > 0 {
            remarks.push(format!(
                "Gone back to an older version, as after a restore: {}. They are shown as they are now.",
                steps(self.returned)
            ));
        }
        if let Some(hours) = self.silent_hours {
            remarks.push(format!(
                "Nothing was read from the change feed for {hours} working hours; its filter may be wrong."
            ));
        }
        remarks
    }
}

fn steps(many: u64) -> String {
    let noun = if many == 1 { "step" } else { "steps" };
    format!("{many} {noun}")
}

/// When the mirror was last read to its end, and how old it may grow before readiness is denied.
#[derive(Debug)]
pub struct Freshness {
    last_millisecond: AtomicI64,
    source: Mutex<SourceState>,
    /// The oldest a ready mirror may be, seconds.
    pub limit_seconds: i64,
}

impl Freshness {
    /// Never read yet.
    pub fn never(limit_seconds: i64) -> Self {
        Self {
            last_millisecond: AtomicI64::new(i64::MIN),
            source: Mutex::default(),
            limit_seconds,
        }
    }

    /// The mirror was read to its end at `now`.
    pub fn complete(&self, now: Timestamp) {
        self.last_millisecond
            .store(now.as_millisecond(), Ordering::Relaxed);
    }

    /// How old the mirror is, seconds; none if it was never read.
    pub fn age_seconds(&self, now: Timestamp) -> Option<i64> {
        let last = self.last_millisecond.load(Ordering::Relaxed);
        (last != i64::MIN).then(|| now.as_millisecond().saturating_sub(last) / 1_000)
    }

    /// Whether the mirror is young enough to be relied on. In a quiet window it does not age: what could be
    /// relied on when it began still can, since clocks and rules go on (P18).
    pub fn is_ready(&self, now: Timestamp) -> bool {
        let quiet = self.source().quiet.filter(|(_, until)| now < *until);
        let at = quiet.map_or(now, |(since, _)| since.min(now));
        self.age_seconds(at)
            .is_some_and(|age| age <= self.limit_seconds)
    }

    /// How the case system stands.
    pub fn source(&self) -> SourceState {
        self.held().clone()
    }

    /// It is in this state since `now`, UTC, for this reason.
    pub fn tell(&self, state: &'static str, why: &str, now: Timestamp) {
        let mut source = self.held();
        source.as_of = Some(now);
        source.state = state;
        why.clone_into(&mut source.why);
        source.quiet = None;
    }

    /// Whether reading has failed, and not only just now, so that a good answer of any kind is news. One that asked us to
    /// wait is not asked before its time.
    fn is_in_doubt(&self, now: Timestamp) -> bool {
        let source = self.held();
        let failed = !["", "read", "quiet", "asked to wait"].contains(&source.state);
        let since = source.as_of.map(|at| now.duration_since(at).as_secs());
        failed && since.is_none_or(|seconds| seconds >= ASKED_ANEW_SECONDS)
    }

    /// It is left alone from `since` until `until`, UTC.
    pub fn quiet(&self, since: Timestamp, until: Timestamp) {
        let mut source = self.held();
        source.state = "quiet";
        source.why = format!("quiet until {until}");
        source.quiet = Some((since, until));
    }

    /// It was found to have gone back in time (P19), which somebody has to look at.
    pub fn went_back(&self, why: &str) {
        self.held().went_back = Some(why.to_owned());
    }

    /// So many steps are shown older than they are held, and so many more went back (P19). Gives how many the former
    /// were before.
    pub fn older(&self, older: u64, returned: u64) -> u64 {
        let mut source = self.held();
        source.returned += returned;
        std::mem::replace(&mut source.older, older)
    }

    /// It has said nothing for so many working hours (P40); none takes the warning back.
    pub fn silent(&self, hours: Option<u32>) {
        self.held().silent_hours = hours;
    }

    fn held(&self) -> std::sync::MutexGuard<'_, SourceState> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
