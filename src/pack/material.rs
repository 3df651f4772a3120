//! What is known of a cycle when its pack is made? Codes, counts and days; the caller has read them from the ledger.

use jiff::civil::Date;

use crate::sampling::{Certificate, Exclusion, Frame, Grade};

/// Everything a pack is made of.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// The frozen frame.
    pub frame: &'a Frame,
    /// What was left out of it, and why.
    pub exclusions: &'a [Exclusion],
    /// The draw, as it stands now.
    pub certificate: &'a Certificate,
    /// The local day the pack is made.
    pub made_on: Date,
    /// What CSLT's moderators decided so far, in order of time; nothing of an episode before its last moderator has.
    pub moderated: &'a [Moderated],
    /// Drawn episodes of which one moderator has decided and another is awaited.
    pub half_moderated: &'a [String],
    /// The Head's initial moderations in the cycle (¶8, ¶27).
    pub initial: &'a [Initial],
    /// How the cycle's episodes went.
    pub flow: Flow,
    /// Earlier cycles, oldest first.
    pub past: &'a [PastCycle],
}

/// One moderator's decision on one sampled episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderated {
    /// The episode.
    pub le_id: String,
    /// The moderator, by worker id.
    pub moderator: String,
    /// The grade they would give.
    pub grade: Grade,
    /// The learning code of a disagreement, if one was given.
    pub learning: Option<String>,
    /// What has become of the episode since, so that this is of the version before; none if nothing has.
    pub since: Option<&'static str>,
}

/// One initial moderation by the Head or a delegate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initial {
    /// Its outcome in words, such as `agreed`.
    pub outcome: &'static str,
    /// Working days from the request; none if no request is on record.
    pub working_days: Option<i32>,
}

/// How the cycle's episodes went, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Allocated.
    pub allocated: u64,
    /// Practice review finished.
    pub finished: u64,
    /// Of those: after the completion date in force.
    pub late: u64,
    /// Of those: after the completion date first set.
    pub late_against_first: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Cancelled after an evaluation was set.
    pub cancelled_after_grade: u64,
    /// Overrides of a hold.
    pub overrides: u64,
    /// Finished without a permit, or sent on early.
    pub bypassed: u64,
    /// Agreed actions on record.
    pub actions: u64,
    /// Of those: done.
    pub actions_done: u64,
    /// Of those: open and past their own date.
    pub actions_overdue: u64,
    /// Evaluations that moved to Good or Requires improvement after moderation was requested.
    pub moved_after_request: u64,
}

/// An earlier cycle in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCycle {
    /// Its id.
    pub cycle: String,
    /// How often each evaluation was given, lowest first.
    pub grades: [u64; 4],
    /// Items moderated by CSLT, and on how many the grade was agreed.
    pub moderated: u64,
    /// See `moderated`.
    pub agreed: u64,
    /// Whether the guidance or its scale changed with this cycle.
    pub changed: bool,
}
