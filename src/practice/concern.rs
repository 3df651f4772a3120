//! What about an episode needs a person, because no rule can settle it?
//!
//! A concern stands from when it was noticed until its cause is gone. It is said once to the QA manager,
//! and shown on the board as long as it stands. Nothing follows from it by itself: nothing is closed,
//! moved or chosen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{EpisodeId, StepId};

/// One thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// What it is.
    pub what: Matter,
    /// When it was noticed, UTC.
    pub since: Timestamp,
}

/// What needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "concern", rename_all = "snake_case")]
pub enum Matter {
    /// The record is restricted, so steps of it are hidden from our account (P22).
    Restricted {
        /// Whether the clock runs on meanwhile.
        clock_runs: bool,
    },
    /// The case system says that an open step was deleted (P21).
    Deleted {
        /// The step.
        step: StepId,
    },
    /// A Finish was undone because the case system was restored from a backup (P19).
    Undone {
        /// The step, which is open again.
        step: StepId,
        /// When it had been finished, UTC.
        finished_at: Timestamp,
    },
    /// A second open step of a stage: duplicated, copied or split (P25).
    SecondStep {
        /// The step that is not judged as the episode's own.
        step: StepId,
        /// The one that is.
        beside: StepId,
    },
    /// The child has another live Learning Episode, perhaps since records were merged (P23, LE-01.5).
    Double {
        /// The other one.
        other: EpisodeId,
    },
    /// A step names another child than the episode is about.
    OtherChild {
        /// The step.
        step: StepId,
    },
    /// More than one episode would do for a step, so none is guessed (LE-01.3).
    Unplaced {
        /// The step.
        step: StepId,
        /// The episodes that would do.
        between: Vec<EpisodeId>,
    },
}

impl Matter {
    /// Under which key it stands: one of each kind about one thing.
    pub fn key(&self) -> String {
        match self {
            Self::Restricted { .. } => "restricted".to_owned(),
            Self::Deleted { step } => format!("deleted/{step}"),
            Self::Undone { step, finished_at } => format!("undone/{step}/{finished_at}"),
            Self::SecondStep { step, .. } => format!("second/{step}"),
            Self::Double { other } => format!("double/{other}"),
            Self::OtherChild { step } => format!("other_child/{step}"),
            Self::Unplaced { step, .. } => format!("unplaced/{step}"),
        }
    }

    /// The rule it is told under.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Restricted { .. }
            | Self::Deleted { .. }
            | Self::Undone { .. }
            | Self::SecondStep { .. } => "LE-00.0",
            Self::Double { .. } => "LE-01.5",
            Self::OtherChild { .. } | Self::Unplaced { .. } => "LE-01.3",
        }
    }

    /// The concern in sentences: what happened, what Greentick does meanwhile, what a person may do.
    /// References only.
    pub fn words(&self) -> String {
        match self {
            Self::Restricted { clock_runs: true } => {
                "The record is restricted, so its steps are hidden from Greentick. What was seen before is \
                 kept, and the clock runs on. See that somebody who may open it knows its dates."
                    .to_owned()
            }
            Self::Restricted { clock_runs: false } => {
                "The record is restricted, so its steps are hidden from Greentick. What was seen before is \
                 kept, and the clock stands still until they are seen again. See that somebody who may open it \
                 knows of this."
                    .to_owned()
            }
            Self::Deleted { step } => format!(
                "Step {step} was open, and the case system has deleted it. Confirm that this was meant, or \
                 have it restored; the Learning Episode itself stays on record."
            ),
            Self::Undone { step, finished_at } => format!(
                "The case system was restored from a backup, and the Finish of step {step} at {} is \
                 undone: the step is open again. See that it is filled in and finished anew; the permit that was \
                 used stays on record, and does not serve a second time.",
                finished_at.strftime("%-d %B %Y, %H:%M UTC")
            ),
            Self::SecondStep { step, beside } => format!(
                "Step {step} is a second open step of the same kind beside {beside}, which is taken as the \
                 Learning Episode's own. Cancel the one that is not meant."
            ),
            Self::Double { other } => format!(
                "The same child has another live Learning Episode, {other}. Look at both, and keep both only \
                 if that is meant; nothing is closed by itself."
            ),
            Self::OtherChild { step } => format!(
                "Step {step} names another child than this Learning Episode is about. Correct its reference \
                 or its subject."
            ),
            Self::Unplaced { step, between } => {
                let all: Vec<&str> = between.iter().map(EpisodeId::as_str).collect();
                format!(
                    "Step {step} could belong to {}, so it is given to neither. Put the right reference into \
                     its form, or say which with `greentick decide … bind --step {step}`.",
                    all.join(" or ")
                )
            }
        }
    }
}
