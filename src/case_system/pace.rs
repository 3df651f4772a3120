//! May this host be asked just now? Requests in a span, requests at once, and what `Retry-After` asked for: shared by
//! everything that asks it (M27, P08).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::CaseFault;
use super::reach::Wait;
use crate::clock::Clock;
use crate::mapping::{LONGEST_WAIT, Schedule};

/// The pace at which one host is asked.
pub(super) struct Pace {
    at_once: Option<Arc<Semaphore>>,
    requests: Option<usize>,
    per: Duration,
    clock: Option<Clock>,
    wait: Option<Wait>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: VecDeque<Timestamp>,
    closed_until: Option<Timestamp>,
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace")
            .field("requests", &self.requests)
            .field("per", &self.per)
            .finish_non_exhaustive()
    }
}

impl Pace {
    pub(super) fn new(schedule: &Schedule, clock: Option<Clock>, wait: Option<Wait>) -> Self {
        Self {
            at_once: schedule
                .concurrency
                .map(|many| Arc::new(Semaphore::new(many))),
            requests: schedule.requests,
            per: schedule.per,
            clock,
            wait,
            state: Mutex::default(),
        }
    }

    /// Waits for its turn, within the budget; a request may be made while what this gives is held.
    pub(super) async fn enter(
        &self,
        budget: Duration,
    ) -> Result<Option<OwnedSemaphorePermit>, CaseFault> {
        self.is_open()?;
        let permit = match &self.at_once {
            None => None,
            Some(at_once) => {
                let turn = Arc::clone(at_once).acquire_owned();
                let turn = tokio::time::timeout(budget, turn).await;
                Some(
                    turn.ok()
                        .and_then(Result::ok)
                        .ok_or(CaseFault::Wait(Duration::from_secs(1)))?,
                )
            }
        };
        let mut left = budget;
        while let Some(wait) = self.too_fast() {
            match &self.wait {
                Some(pause) if wait <= left => {
                    left = left.saturating_sub(wait);
                    pause(wait).await;
                }
                _ => return Err(CaseFault::Wait(wait)),
            }
        }
        Ok(permit)
    }

    fn is_open(&self) -> Result<(), CaseFault> {
        let (Some(clock), Some(until)) = (&self.clock, self.state().closed_until) else {
            return Ok(());
        };
        let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
        // A clock that was set back does not keep us away for longer than any wait may be.
        if left.is_zero() || left > LONGEST_WAIT * 2 {
            return Ok(());
        }
        Err(CaseFault::Wait(left))
    }

    /// How long until the next request may be made; none counts it as made now.
    fn too_fast(&self) -> Option<Duration> {
        let (clock, requests) = (self.clock.as_ref()?, self.requests?);
        let now = clock.now();
        let per = SignedDuration::try_from(self.per).unwrap_or_default();
        let mut state = self.state();
        let fresh = |at: &Timestamp| now.duration_since(*at) < per && *at <= now;
        state.asked.retain(fresh);
        if state.asked.len() < requests {
            state.asked.push_back(now);
            return None;
        }
        let first = *state.asked.front()?;
        let wait = per - now.duration_since(first);
        Some(
            Duration::try_from(wait)
                .unwrap_or_default()
                .max(Duration::from_millis(1)),
        )
    }

    /// The host asks to be left alone; gives how long that is, with a little more so that not all come back at once.
    pub(super) fn close(&self, asked: Duration) -> Duration {
        let span = (asked + asked.mul_f64(0.1 * chance())).min(LONGEST_WAIT);
        if let Some(clock) = &self.clock {
            let span = SignedDuration::try_from(span).unwrap_or_default();
            self.state().closed_until = clock.now().saturating_add(span).ok();
        }
        span
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From 0 to 1. Without randomness nothing is added.
fn chance() -> f64 {
    let mut byte = [0_u8; 1];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte);
    f64::from(byte[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(clock: &Clock, schedule: &Schedule) -> Pace {
        let moved = clock.clone();
        let wait: Wait = Arc::new(move |span| {
            moved.advance(SignedDuration::try_from(span).unwrap());
            Box::pin(std::future::ready(()))
        });
        Pace::new(schedule, Some(clock.clone()), Some(wait))
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn requests_keep_their_rate_and_are_put_off_when_the_budget_is_shorter() {
        let start: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let mut schedule = Schedule::default();
        schedule.requests = Some(3);
        schedule.per = Duration::from_secs(10);
        let pace = pace(&clock, &schedule);
        for _ in 0..9 {
            pace.enter(LONG).await.unwrap();
        }
        assert_eq!(clock.now().duration_since(start).as_secs(), 20);
        let soon = pace.enter(Duration::from_secs(2)).await;
        assert_eq!(soon.err(), Some(CaseFault::Wait(Duration::from_secs(10))));
    }

    #[tokio::test]
    async fn p08_everybody_stays_away_as_long_as_one_was_asked_to() {
        let clock = Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
        let pace = pace(&clock, &Schedule::default());
        let span = pace.close(Duration::from_secs(100));
        assert!((100.0..=110.0).contains(&span.as_secs_f64()));
        assert!(matches!(pace.enter(LONG).await, Err(CaseFault::Wait(_))));
        clock.advance(SignedDuration::from_secs(111));
        assert!(pace.enter(LONG).await.is_ok());
    }
}
