//! What can happen in the council? Each event is one line of `council.jsonl`, and of the log that is handed out.
//!
//! The lines are all that an outside auditor needs: every change, every finish check with its answer, every
//! write received, every callback acknowledged. Absent on purpose: names; people and children have numbers.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::forms::StepType;

/// One event, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3, without gaps.
    pub seq: u64,
    /// When, UTC, whole seconds of the shown clock; never before the event ahead of it.
    pub at: Timestamp,
    /// The planned act that this event carried out, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// Whether Greentick is to be told by a callback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tell: bool,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A step appeared.
    StepAppeared {
        /// The step.
        step: NewStep,
    },
    /// A form was saved; an incoming step is started by it.
    StepSaved {
        /// Which step.
        step: String,
        /// Answers by question; none blanks an answer. Questions that are not named stay.
        #[serde(default)]
        answers: BTreeMap<String, Option<String>>,
        /// Whole tables.
        #[serde(default)]
        tables: BTreeMap<String, Vec<Row>>,
    },
    /// Finish was pressed, and went through.
    StepFinished {
        /// Which step.
        step: String,
        /// The finish check that permitted it; none if nobody was asked or nobody answered.
        check: Option<String>,
        /// The step that the work was sent on to.
        successor: Option<NewStep>,
    },
    /// Somebody set a status outright.
    StepStatus {
        /// Which step.
        step: String,
        /// The new status.
        status: Status,
    },
    /// A record was closed to Greentick's account, or opened again.
    StepRestricted {
        /// Which step.
        step: String,
        /// Closed.
        restricted: bool,
    },
    /// A step was deleted.
    StepDeleted {
        /// Which step.
        step: String,
    },
    /// Greentick was asked whether a step may be finished.
    FinishAsked {
        /// Names the check.
        check: String,
        /// Which step.
        step: String,
        /// Its version when it was asked.
        version: u64,
    },
    /// Greentick answered, or did not.
    FinishAnswered {
        /// The check.
        check: String,
        /// Which step.
        step: String,
        /// The HTTP status; 0 if there was no answer.
        status: u16,
        /// `permit`, `hold`, or `none`.
        decision: String,
        /// The answer as it came.
        answer: Json,
    },
    /// The Head's moderation was sent to Greentick.
    Moderated {
        /// The episode.
        reference: String,
        /// The evaluation moderated, by its look-up code.
        grade: String,
        /// The HTTP status; 0 if there was no answer.
        status: u16,
    },
    /// A planned act found nothing to do.
    NothingDone {
        /// Why.
        why: String,
    },
    /// Something was written through the interface.
    Received(Received),
    /// Greentick acknowledged a callback.
    CallbackDelivered {
        /// The event it told of.
        message: u64,
    },
    /// A fault was switched on or off.
    FaultSet {
        /// Which.
        name: String,
        /// How often it will strike; none means until it is switched off.
        count: Option<u64>,
    },
    /// A fault struck.
    FaultFired {
        /// Which.
        name: String,
        /// The request it struck.
        request: String,
    },
}

impl Event {
    /// The type a callback gives it, with the step it is about; none for what callbacks do not tell.
    pub fn kind(&self) -> Option<(&'static str, &str)> {
        Some(match self {
            Self::StepAppeared { step } => ("StepCreated", step.id.as_str()),
            Self::StepSaved { step, .. } => ("StepSaved", step),
            Self::StepFinished { step, .. } => ("StepFinished", step),
            Self::StepStatus { step, status } => {
                let kind = match status {
                    Status::Cancelled => "StepCancelled",
                    Status::Reopened => "StepReopened",
                    Status::Completed => "StepFinished",
                    Status::Started => "StepStarted",
                    Status::Incoming | Status::Proposed => "StepSaved",
                };
                (kind, step)
            }
            Self::StepRestricted { step, restricted } => {
                let kind = if *restricted {
                    "PersonRestricted"
                } else {
                    "PersonUnrestricted"
                };
                (kind, step)
            }
            Self::StepDeleted { step } => ("StepDeleted", step),
            _ => return None,
        })
    }
}

/// A step as it appears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// `note`, `flag`, `unflag`, `field`, `reopen`, `alert`, `sample_list`.
    pub operation: String,
    /// The sender's mark.
    pub mark: String,
    /// The step, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The flag's or field's name, or the list's cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The text, the reason, the value, or the certificate's hash.
    #[serde(default)]
    pub text: String,
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
