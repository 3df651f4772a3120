//! What does a case system say of a step or a child without showing it?
//!
//! A feed may name a step that was deleted or restricted and show nothing more of it, and a list of
//! merges names children alone. Neither is a sighting: nothing was seen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ChildKey, StepId};

/// A step that a feed names and does not show (P21, P22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The step.
    pub step: StepId,
    /// What is said of it.
    pub says: Says,
    /// When it happened, UTC, if that is said.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// What is said of a step that is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// It was deleted.
    Deleted,
    /// It is hidden from our account.
    Hidden,
    /// It, its subject or who may see it changed somehow: it has to be read by itself.
    Changed,
}

/// Two records of children that became one (M20, P23). It is never undone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Merge {
    /// The key that is no more.
    pub from: ChildKey,
    /// The key under which both go on.
    pub to: ChildKey,
    /// When, UTC, if that is said.
    #[serde(default)]
    pub at: Option<Timestamp>,
}
