//! What time is it? The only room that reads the machine's clock.
//!
//! Everything else is handed `now`, so that a year can pass in a second and a test never waits.
//! A scaled clock is anchored to two absolute instants, so two processes (or one that was killed
//! and started again) that are given the same anchors agree on the virtual time.
//! Absent on purpose: any notion of a time zone (that is `practice::calendar`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Where `now` comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own clock, UTC.
    System,
    /// The machine's clock, run faster from a chosen instant. For the demo and for trials.
    Scaled(Anchor),
    /// Stands still until it is moved. For tests.
    Manual(Arc<Mutex<Timestamp>>),
}

/// The two instants that tie virtual time to real time, and the speed between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// The real instant at which the virtual clock showed `shown`.
    pub real: Timestamp,
    /// What the virtual clock showed at `real`.
    pub shown: Timestamp,
    /// Virtual seconds per real second; at least 1.
    pub factor: u32,
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(at)))
    }

    /// A clock that shows `shown` now and runs `factor` times as fast as the machine's.
    pub fn scaled(shown: Timestamp, factor: u32) -> Self {
        Self::Scaled(Anchor {
            real: machine_now(),
            shown,
            factor: factor.max(1),
        })
    }

    /// The instant this clock shows, UTC.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => machine_now(),
            Self::Scaled(anchor) => {
                let passed = machine_now().duration_since(anchor.real);
                let scaled =
                    passed.saturating_mul(i32::try_from(anchor.factor).unwrap_or(i32::MAX));
                anchor.shown.saturating_add(scaled).unwrap_or(anchor.shown)
            }
            Self::Manual(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a manual clock on by `by` (back, if negative); the other clocks move by themselves.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Manual(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }

    /// Moves a manual clock to `to`, never back; the other clocks move by themselves.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = to.max(*at);
        }
    }

    /// How long the machine has to wait for `span` of this clock's time to pass.
    pub fn real_wait(&self, span: Duration) -> Duration {
        match self {
            Self::Scaled(anchor) => span / anchor.factor.max(1),
            Self::System | Self::Manual(_) => span,
        }
    }
}

/// Seconds since the epoch by the machine's own clock, whatever a trial's clock shows: for proofs
/// exchanged with others, since a signature is about real time.
pub fn machine_second() -> i64 {
    machine_now().as_second()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the machine's clock is read"
)]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_hours(2));
        assert_eq!(clock.now().to_string(), "2026-11-23T11:00:00Z");
    }

    #[test]
    fn two_scaled_clocks_with_one_anchor_agree() {
        let anchor = Anchor {
            real: "2026-01-01T00:00:00Z".parse().unwrap(),
            shown: "2026-06-01T00:00:00Z".parse().unwrap(),
            factor: 1,
        };
        let (one, two) = (Clock::Scaled(anchor), Clock::Scaled(anchor));
        assert!(two.now().duration_since(one.now()).as_secs().abs() < 2);
    }
}
