//! What is switched on, and for how often? Each switch strikes where its line of the table says, and is logged.
//!
//! Absent on purpose: any knowledge of how a right reader behaves; see `docs/synthetic-council.md` for the table.

mod acts;
mod bytes;
mod pages;
mod storms;
mod strike;
mod table;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

pub(super) use self::acts::act;
pub(super) use self::pages::{before_page, upon_page, upon_single};
pub(super) use self::strike::{Raw, elsewhere, signin, strike, strike_token};
pub use self::table::{Fault, SWITCHES, Strikes, Switch};

use super::council::Council;
use super::desk::Refusal;
use super::event::Event;

/// Which switches are on, and for how many more strikes (none: for ever).
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<Fault, Option<u64>>);

impl Faults {
    pub(super) fn set(&mut self, fault: Fault, count: Option<u64>) {
        if count == Some(0) {
            self.0.remove(&fault);
        } else {
            self.0.insert(fault, count);
        }
    }

    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.0.contains_key(&fault)
    }

    fn take(&mut self, fault: Fault) -> bool {
        match self.0.get_mut(&fault) {
            None => false,
            Some(None) => true,
            Some(Some(left)) => {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.0.remove(&fault);
                }
                true
            }
        }
    }
}

/// Lets time pass.
#[allow(
    clippy::disallowed_methods,
    reason = "slowness, and waiting for people to act, is the council's own"
)]
pub(super) async fn rest(span: std::time::Duration) {
    tokio::time::sleep(span).await;
}

/// Whether a switch is on.
pub(super) fn is_on(council: &Council, fault: Fault) -> bool {
    council.faults().is_on(fault)
}

/// Whether a switch strikes what was asked; it is logged if it does. The truth must not be held meanwhile.
pub(super) fn take(council: &Council, fault: Fault, asked: &str) -> bool {
    let struck = council.faults().take(fault);
    if struck {
        let (name, request) = (fault.name().to_owned(), asked.to_owned());
        // A fault that cannot be logged still strikes.
        let _ = council.record(None, Event::FaultFired { name, request });
    }
    struck
}

/// How far the council's clock is off.
pub(super) fn skew(council: &Council) -> SignedDuration {
    let minutes = SignedDuration::from_mins(7);
    if is_on(council, Fault::ClockAhead) {
        minutes
    } else if is_on(council, Fault::ClockBehind) {
        -minutes
    } else {
        SignedDuration::ZERO
    }
}

/// An instant as a clock that is so far off shows it.
pub(super) fn shifted(at: Timestamp, skew: SignedDuration) -> Timestamp {
    at.saturating_add(skew).unwrap_or(at)
}

/// The longest text that is taken, characters, if a switch makes it shorter.
pub(super) fn text_limit(council: &Council, asked: &str) -> Option<usize> {
    take(council, Fault::ShortTexts, asked).then_some(120)
}

/// The refusal of a write that a switch makes.
pub(super) fn refused_write(council: &Council, asked: &str) -> Option<Refusal> {
    let all = [
        (
            Fault::WriteLocked,
            StatusCode::LOCKED,
            "LOCKED",
            "the step is checked out",
        ),
        (
            Fault::WriteRestricted,
            StatusCode::FORBIDDEN,
            "RESTRICTED",
            "the recipient may not see the record",
        ),
        (
            Fault::WriteStale,
            StatusCode::PRECONDITION_FAILED,
            "STALE",
            "the step has changed since it was read",
        ),
        (
            Fault::WriteForbidden,
            StatusCode::FORBIDDEN,
            "PERMISSION",
            "the account may not do this on this type of step",
        ),
    ];
    let mut all = all.into_iter();
    let (_, status, code, text) = all.find(|(fault, ..)| take(council, *fault, asked))?;
    Some((status, code, text.to_owned()))
}

/// Whether the last operation of a batch is to fail.
pub(super) fn fails_last(council: &Council, asked: &str, operations: usize) -> bool {
    operations > 0 && take(council, Fault::BatchPartial, asked)
}

/// What becomes of the results of a batch.
pub(super) fn upon_results(council: &Council, asked: &str, results: &mut Vec<String>) {
    if !results.is_empty() && take(council, Fault::BatchShort, asked) {
        results.pop();
    }
    if !results.is_empty() && take(council, Fault::BatchBackwards, asked) {
        results.reverse();
    }
}
