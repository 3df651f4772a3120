//! When is what due, and who is told as it passes? Milestones are facts: there is no `now` here.

use jiff::{Timestamp, civil::Date};

use super::calendar::Calendar;
use super::episode::{Episode, Role, Stage};
use super::ids::StepId;
use super::terms::Policy;

/// One instant at which something falls due to be said, as long as its cause stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// What is late or awaited: stage, leg and due date (`practice_review/1/2026-12-23`), so that an
    /// extension makes a new cause and a cure can be recognised.
    pub cause: String,
    /// The rule that says so, such as `LE-03.1`.
    pub rule: &'static str,
    /// What kind of saying it is.
    pub kind: MilestoneKind,
    /// Working days after the due day; negative before it.
    pub working_days: i32,
    /// The instant from which it is due to be said, UTC.
    pub at: Timestamp,
    /// The stage it is about.
    pub stage: Stage,
    /// The step it is about, if there is one in the case system.
    pub step: Option<StepId>,
    /// The due day, local.
    pub due: Date,
    /// Who is told.
    pub tell: Vec<Role>,
    /// Whether the overdue flag is set.
    pub flag: bool,
}

/// What kind of saying a milestone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MilestoneKind {
    /// Before or on the due day (LE-03.2).
    Reminder,
    /// A step that has not appeared (LE-01.3).
    Awaited,
    /// After the due day (LE-03.1, LE-29.5).
    Overdue,
}

/// Every milestone of what is still open in this episode; a finished, paused-out, cancelled or
/// hidden matter has none, and so its cause is cured.
pub fn milestones(episode: &Episode, policy: &Policy, calendar: &Calendar) -> Vec<Milestone> {
    let _ = (episode, policy, calendar);
    Vec::new()
}
