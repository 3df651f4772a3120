//! What can happen in the council? Each event is one line of `council.jsonl`, and of the log that is handed out.
//!
//! The lines are all that an outside auditor needs: every change, every finish check with its answer, every
//! write received, every callback acknowledged. Absent on purpose: names; people and children have numbers.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::forms::StepType;
use super::words::{Gone, Hiding, Lock, NewStep, Received, Row, Status};

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
    /// The stamp of an earlier status was taken away, as some systems do with a completion when a step is reopened.
    StampCleared {
        /// Which step.
        step: String,
        /// Whose stamp.
        status: Status,
    },
    /// A record was closed to Greentick's account, or opened again.
    StepRestricted {
        /// Which step.
        step: String,
        /// Closed.
        restricted: bool,
    },
    /// A record was closed in one of the other ways in which that can show.
    StepClosed {
        /// Which step.
        step: String,
        /// How it shows.
        how: Hiding,
    },
    /// A step was deleted.
    StepDeleted {
        /// Which step.
        step: String,
    },
    /// A step was deleted in one of the other ways in which that can show.
    StepRemoved {
        /// Which step.
        step: String,
        /// How it shows.
        how: Gone,
    },
    /// What was changed of a step last reaches the feed late, with its old change time.
    StepDelayed {
        /// Which step.
        step: String,
        /// When the feed shows it again, UTC.
        until: Timestamp,
    },
    /// A step went to another worker or team, or its dates moved.
    StepAssigned {
        /// Which step.
        step: String,
        /// The worker.
        #[serde(default)]
        assignee: Option<String>,
        /// The worker on whose behalf that one acts.
        #[serde(default)]
        acting_for: Option<String>,
        /// The team, if it went to one.
        #[serde(default)]
        team: Option<String>,
        /// The new due day; none leaves it.
        #[serde(default)]
        due: Option<Date>,
        /// The new day for its worker to act; none leaves it.
        #[serde(default)]
        scheduled: Option<Date>,
    },
    /// A step was checked out, or in again.
    StepLocked {
        /// Which step.
        step: String,
        /// The lock; none frees it.
        lock: Option<Lock>,
    },
    /// Whom a step is about was changed: nobody, a child, or several.
    StepSubjects {
        /// Which step.
        step: String,
        /// The children, by number.
        subjects: Vec<String>,
    },
    /// Two records of one child became one overnight. No step gets a new version or change time by it.
    PersonsMerged {
        /// The number that is no more.
        from: String,
        /// The number that goes on.
        to: String,
    },
    /// A worker left.
    WorkerEnded {
        /// Which.
        worker: String,
    },
    /// Steps of these types have a mandatory task from now on, addressed to this worker.
    GateSet {
        /// The types.
        step_types: Vec<StepType>,
        /// The worker who is to answer.
        to: String,
    },
    /// The council was restored from a backup: its steps are again what they were after event `to`.
    Restored {
        /// The last event that counts.
        to: u64,
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
    /// A concern about practice was raised or acknowledged in Greentick.
    Concern {
        /// The episode.
        reference: String,
        /// `raise_concern` or `acknowledge_concern`.
        said: String,
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
    /// What a callback tells of it; none for what callbacks do not tell.
    pub(super) fn telling(&self) -> Option<Telling<'_>> {
        let of = |kind, step| {
            Some(Telling {
                kind,
                step: Some(step),
                persons: None,
                worker: None,
            })
        };
        match self {
            Self::StepAppeared { step } => of("StepCreated", step.id.as_str()),
            Self::StepSaved { step, .. } | Self::StepSubjects { step, .. } => of("StepSaved", step),
            Self::StepFinished { step, .. } => of("StepFinished", step),
            Self::StepAssigned { step, .. } => of("StepReassigned", step),
            Self::StepStatus { step, status } => {
                let kind = match status {
                    Status::Cancelled => "StepCancelled",
                    Status::Reopened => "StepReopened",
                    Status::Completed => "StepFinished",
                    Status::Started => "StepStarted",
                    Status::Incoming | Status::Proposed => "StepSaved",
                };
                of(kind, step)
            }
            Self::StepClosed { step, .. }
            | Self::StepRestricted {
                step,
                restricted: true,
            } => of("PersonRestricted", step),
            Self::StepRestricted { step, .. } => of("PersonUnrestricted", step),
            // A step that merely is in no list any more is no deletion that anybody would tell of.
            Self::StepRemoved {
                how: Gone::Absent, ..
            } => None,
            Self::StepDeleted { step } | Self::StepRemoved { step, .. } => of("StepDeleted", step),
            Self::StepLocked {
                step,
                lock: Some(_),
            } => of("StepLocked", step),
            Self::StepLocked { step, lock: None } => of("StepUnlocked", step),
            Self::PersonsMerged { from, to } => Some(Telling {
                kind: "PersonMerged",
                step: None,
                persons: Some((from, to)),
                worker: None,
            }),
            Self::WorkerEnded { worker } => Some(Telling {
                kind: "WorkerEnded",
                step: None,
                persons: None,
                worker: Some(worker),
            }),
            _ => None,
        }
    }
}

/// What a callback tells of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling<'e> {
    /// Its type.
    pub(super) kind: &'static str,
    /// The step it is about.
    pub(super) step: Option<&'e str>,
    /// The person's number that is no more, and the one that goes on.
    pub(super) persons: Option<(&'e str, &'e str)>,
    /// The worker it is about.
    pub(super) worker: Option<&'e str>,
}
