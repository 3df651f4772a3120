//! Which doors are open to others? Finish checks, callbacks, decisions, reads, health, the board.
//!
//! Everything is answered from the ledger or by a use-case of `app`. Absent on purpose: sign-in pages,
//! scripts, and any route that changes something without a proof of who asks.

mod api;
mod board;
mod described;
mod proof;
mod serve;
mod ways;

pub use api::router;
pub use proof::{Caller, Callers, Signature};
pub use serve::{Limits, serve};

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::app::App;
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

/// When the mirror was last read to its end, and how old it may grow before readiness is denied.
#[derive(Debug)]
pub struct Freshness {
    last_millisecond: AtomicI64,
    /// The oldest a ready mirror may be, seconds.
    pub limit_seconds: i64,
}

impl Freshness {
    /// Never read yet.
    pub fn never(limit_seconds: i64) -> Self {
        Self {
            last_millisecond: AtomicI64::new(i64::MIN),
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

    /// Whether the mirror is young enough to be relied on.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.age_seconds(now)
            .is_some_and(|age| age <= self.limit_seconds)
    }
}
