//! In which words does the council keep its steps? New steps, statuses, locks, tasks, merges, and what was written.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::forms::StepType;

/// A step as it appears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStep {
    /// Its id.
    pub id: String,
    /// What kind of work.
    pub step_type: StepType,
    /// Whose.
    #[serde(default)]
    pub assignee: Option<String>,
    /// The child, by number.
    #[serde(default)]
    pub subject: Option<String>,
    /// Due, local day.
    #[serde(default)]
    pub due: Option<Date>,
    /// Where it came from.
    #[serde(default)]
    pub previous: Option<Previous>,
    /// What its form says from the start.
    #[serde(default)]
    pub answers: BTreeMap<String, Option<String>>,
    /// Where it stands from the start; none is incoming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Further children of a group step, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<String>,
    /// The team it is for, if it is for no worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// When its worker is to act, local day; no due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Date>,
    /// The step it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<String>,
    /// When it came in, UTC, if that was before it appeared: a delayed next action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<Timestamp>,
}

/// A link to the step before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Which.
    pub step: String,
    /// It was still open.
    pub immediate: bool,
}

/// A row of a table, by column.
pub type Row = BTreeMap<String, String>;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// A next action was chosen, but the step is not real yet.
    Proposed,
    /// Arrived.
    Incoming,
    /// Being worked on.
    Started,
    /// Open again.
    Reopened,
    /// Finished.
    Completed,
    /// Cancelled, for good.
    Cancelled,
}

impl Status {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Incoming => "INCOMING",
            Self::Started => "STARTED",
            Self::Reopened => "REOPENED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether the list of open steps shows it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }

    /// Whether Finish can be pressed.
    pub fn can_finish(self) -> bool {
        matches!(self, Self::Incoming | Self::Started | Self::Reopened)
    }
}

/// Something that was written through the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The council's own number for it.
    pub id: String,
    /// `note`, `flag`, `unflag`, `field`, `reopen`, `alert`, `sample_list`, `send_task`, `answer_task`, `due`,
    /// `reassign`, `attach`.
    pub operation: String,
    /// The sender's mark.
    pub mark: String,
    /// The step, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The flag's or field's name, the list's cycle, the task's id, or the attachment's file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The text, the reason, the value, the day, the worker, or the certificate's hash.
    #[serde(default)]
    pub text: String,
    /// The answer's code, for a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The roles an alert is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The episodes it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// When, UTC: the time of its event.
    #[serde(skip)]
    pub at: Timestamp,
}

/// How a deletion shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Left out of lists; 410 when it is asked for.
    #[default]
    Gone,
    /// A `DELETED` item in the feed, left out of open steps; 410 when it is asked for.
    Tombstone,
    /// Left out of lists; 404 when it is asked for.
    Missing,
    /// Left out of lists, and read as if nothing had happened: no proof of a deletion.
    Absent,
}

/// How a restriction shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hiding {
    /// Left out of lists; 403 when it is asked for.
    #[default]
    Refused,
    /// Left out of lists; 404 when it is asked for.
    Missing,
    /// There everywhere, with everything but its id, type and change withheld.
    Blanked,
    /// A `SECURITY` item in the feed, left out of open steps; 403 when it is asked for.
    Marked,
}

/// A step is checked out by somebody's other session; writes to it are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Whose session.
    pub by: String,
    /// `PORTAL` or `MOBILE`.
    pub kind: String,
}

/// A request inside a step; a mandatory one blocks Finish until it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// The step it belongs to.
    pub step: String,
    /// What kind of request.
    pub definition: String,
    /// Whether Finish waits for it.
    pub mandatory: bool,
    /// The worker who is to answer.
    pub to: String,
    /// When it was sent, UTC.
    pub sent_at: Timestamp,
    /// The answer, once there is one.
    #[serde(default)]
    pub answer: Option<Received>,
    /// It was taken back, with its step.
    #[serde(default)]
    pub withdrawn: bool,
}

impl Task {
    /// `SENT`, `ANSWERED` or `WITHDRAWN`.
    pub fn state(&self) -> &'static str {
        match (&self.answer, self.withdrawn) {
            (_, true) => "WITHDRAWN",
            (Some(_), false) => "ANSWERED",
            (None, false) => "SENT",
        }
    }
}

/// Two records of one person became one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The number that is no more.
    pub from: String,
    /// The number that goes on.
    pub to: String,
    /// When, UTC.
    pub at: Timestamp,
}
