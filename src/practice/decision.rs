//! What did a person decide? Allocations, moderations, extensions, pauses, reasons, overrides.
//!
//! Decisions are inputs like sightings: each has an id of its own, so that one told twice counts
//! once, and each is journalled whole. Absent on purpose: free text. A reason is a code.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::episode::{Evaluation, Role, Stage};
use super::ids::{ChildKey, CycleId, Digest, EpisodeId, SourceName, WorkerId};

/// A decision about one episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Unique; a decision with an id already on record changes nothing.
    pub id: String,
    /// The episode.
    pub episode: EpisodeId,
    /// Who decided.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// What.
    pub what: Decided,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decided {
    /// The QA manager allocates the episode (¶1).
    Allocate(Box<Allocation>),
    /// The QA manager agrees a new completion date (¶3).
    Extend {
        /// The new completion date, local day.
        due: Date,
        /// Why, as a code.
        reason: String,
    },
    /// The QA manager stops the clock.
    Pause {
        /// First day of the pause, local.
        from: Date,
        /// Last day of the pause, local, included.
        until: Date,
        /// Why, as a code.
        reason: String,
    },
    /// The practice reviewer alerts the Head that an extreme evaluation is considered (¶27).
    RequestModeration,
    /// The Head, or a delegate, records the initial moderation (¶8, ¶27).
    Moderate {
        /// The evaluation that was moderated.
        grade: Evaluation,
        /// What came of it.
        outcome: ModerationOutcome,
        /// The matter the moderator was shown; none means the matter at the time of recording.
        #[serde(default)]
        on: Option<Digest>,
    },
    /// A reason put on record for something that is missing or late.
    GiveReason {
        /// What it excuses.
        about: ReasonAbout,
        /// Why, as a code.
        reason: String,
    },
    /// Finish in spite of a hold; accountable, and listed for CSLT.
    Override {
        /// Which Finish.
        stage: Stage,
        /// Why, as a code.
        reason: String,
    },
    /// The episode is cancelled.
    Cancel {
        /// Why, as a code.
        reason: String,
    },
}

impl Decision {
    /// The case system of the episode, if the decision is the one that makes it known.
    pub fn source(&self) -> Option<&SourceName> {
        match &self.what {
            Decided::Allocate(allocation) => Some(&allocation.source),
            _ => None,
        }
    }
}

/// What the QA manager allocates (¶1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The cycle.
    pub cycle: CycleId,
    /// The case system its steps live in.
    pub source: SourceName,
    /// The child, as a keyed hash.
    pub child: ChildKey,
    /// The practitioner.
    pub practitioner: WorkerId,
    /// The practice reviewer.
    pub reviewer: WorkerId,
    /// The supervisor.
    pub supervisor: WorkerId,
    /// The Service Manager.
    pub service_manager: WorkerId,
    /// The operational manager of the service, if named.
    pub operational_manager: Option<WorkerId>,
    /// The service.
    pub service: String,
    /// Allocated on, local day.
    pub allocated_on: Date,
    /// Completion date set by the QA manager, local day (¶3).
    pub due_on: Date,
    /// The QA manager's reason for letting the reviewer also be supervisor or Service Manager.
    #[serde(default)]
    pub conflict_reason: Option<String>,
}

impl Allocation {
    /// Who holds a role, if the allocation names them.
    pub fn person(&self, role: Role) -> Option<&WorkerId> {
        match role {
            Role::Practitioner => Some(&self.practitioner),
            Role::PracticeReviewer => Some(&self.reviewer),
            Role::Supervisor => Some(&self.supervisor),
            Role::ServiceManager => Some(&self.service_manager),
            Role::OperationalManager => self.operational_manager.as_ref(),
            Role::QaManager | Role::HeadOfService | Role::Cslt => None,
        }
    }
}

/// What came of an initial moderation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationOutcome {
    /// The moderator agrees with the evaluation.
    Agree,
    /// The moderator would change it.
    Change,
    /// The moderator asks for more evidence.
    MoreEvidence,
    /// The request was withdrawn.
    Withdrawn,
}

/// What a reason on record excuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonAbout {
    /// Finishing after the completion date (¶3).
    LateFinish,
    /// No feedback from people who experienced practice (¶23).
    NoFamilyFeedback,
    /// No feedback from a partner (¶24).
    NoPartnerFeedback,
    /// No observation (¶15, ¶22).
    NoObservation,
    /// No agreed actions (¶26).
    NoActions,
    /// Hand-over to somebody else than the allocation names (¶18, ¶28, ¶29).
    HandOver,
}

/// A recorded initial moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// The decision's id.
    pub id: String,
    /// Who moderated.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// The evaluation moderated.
    pub grade: Evaluation,
    /// What came of it.
    pub outcome: ModerationOutcome,
    /// The matter agreed to; see `Episode::moderated_matter`.
    pub on: Digest,
}

/// A recorded request for initial moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationRequest {
    /// Who asked.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// The evaluation at the time, if it could be read.
    pub grade: Option<Evaluation>,
}

/// A recorded change of the completion date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The new completion date, local day.
    pub due: Date,
    /// Why, as a code.
    pub reason: String,
    /// Who agreed it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded pause of the clock; both days included, local.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Why, as a code.
    pub reason: String,
    /// When it was recorded, UTC.
    pub at: Timestamp,
}

/// A recorded reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonGiven {
    /// What it excuses.
    pub about: ReasonAbout,
    /// Why, as a code.
    pub reason: String,
    /// Who gave it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which Finish.
    pub stage: Stage,
    /// Why, as a code.
    pub reason: String,
    /// Who answers for it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}
