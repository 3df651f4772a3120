//! Since when is a case system read? What was finished before that went around nobody.
//!
//! Absent on purpose: activation. That is the council's choice of what is chased; this is what happened, and the
//! ledger keeps it from the first page on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::step::{Finished, Step};

/// The first reading of a case system by this ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it began, UTC.
    pub since: Timestamp,
    /// When the change feed was first read to its end, UTC; none before that.
    #[serde(default)]
    pub through: Option<Timestamp>,
}

impl Reading {
    /// Whether a step was finished before anybody could have asked us. `stamp` is when the case system says it was.
    /// One without a stamp was, if the step was finished already when the first reading met it.
    pub fn was_finished_before(
        &self,
        step: &Step,
        finished: &Finished,
        stamp: Option<Timestamp>,
    ) -> bool {
        let when_met = finished.observed_at;
        match stamp {
            Some(at) => at < self.since,
            None => step.real_since == Some(when_met) && self.is_first_at(when_met),
        }
    }

    /// Whether a step came before the first reading. `stamp` is when the case system says it did, `met` when it was
    /// first met.
    pub fn came_before(&self, stamp: Option<Timestamp>, met: Timestamp) -> bool {
        stamp.map_or_else(|| self.is_first_at(met), |at| at < self.since)
    }

    /// Whether the first reading was still going on then.
    fn is_first_at(&self, at: Timestamp) -> bool {
        self.through.is_none_or(|through| at <= through)
    }
}
