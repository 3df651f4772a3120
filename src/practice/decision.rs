//! What did a person decide? Allocations, moderations, extensions, pauses, reasons, overrides.
//!
//! Decisions are inputs like sightings: each has an id of its own, so that one told twice counts
//! once, and each is journalled whole. Absent on purpose: free text. A reason is a code.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::episode::{Evaluation, Role, Stage};
use super::ids::{ChildKey, CycleId, Digest, EpisodeId, SourceName, StepId, WorkerId};

pub use super::on_record::{
    Extension, Moderation, ModerationRequest, Override, Pause, ReasonGiven,
};

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
    /// The QA manager takes on an episode that somebody started without an allocation (¶1).
    Adopt(Box<Allocation>),
    /// The QA manager says that a step belongs to this episode, where more than one would do (¶1).
    Bind {
        /// The step, which stands by itself so far.
        step: StepId,
    },
    /// Another person takes a role of the episode over.
    Reassign {
        /// The role.
        role: Role,
        /// Who holds it from now on.
        to: WorkerId,
        /// Why, as a code.
        reason: String,
    },
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
    /// The QA manager ends a pause before its last day.
    Resume {
        /// First day on which the clock runs again, local.
        on: Date,
    },
    /// The practitioner cannot take part for the time being; supervisor and QA manager are told early (¶4).
    Unavailable {
        /// Why, as a code.
        reason: String,
    },
    /// The QA manager finds the work below the standard; the practice reviewer hears of it first (¶5).
    BelowStandard {
        /// Which criteria are not met, as codes.
        criteria: Vec<String>,
    },
    /// The QA manager takes the standard of the work to the Head, where the first instance did not help (¶5).
    EscalateToHead {
        /// Why, as a code.
        reason: String,
        /// Without a first instance, or before it had its time.
        #[serde(default)]
        immediate: bool,
    },
    /// A concern about practice is told to the Head and the operational manager (¶7). What it is about stays
    /// between them: only who and when are kept.
    RaiseConcern,
    /// The Head, or the operational manager, has the concern (¶7).
    AcknowledgeConcern,
    /// The practice reviewer alerts the Head that an extreme evaluation is considered (¶27).
    RequestModeration,
    /// The practice reviewer takes the request back (¶27).
    WithdrawModeration,
    /// The Head lets somebody moderate this episode in their place, for a time (¶8).
    Delegate {
        /// Who moderates.
        to: WorkerId,
        /// From when, UTC; from now if none.
        #[serde(default)]
        from: Option<Timestamp>,
        /// The first instant no longer, UTC.
        until: Timestamp,
    },
    /// The Head, or a delegate, records the initial moderation (¶8, ¶27).
    Moderate {
        /// The evaluation that was moderated.
        grade: Evaluation,
        /// What came of it.
        outcome: ModerationOutcome,
        /// Of `change`: the evaluation that the moderator would give.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<Evaluation>,
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
    /// The work goes back to an earlier step.
    ReturnStep {
        /// The step that is to be worked on again.
        to: Stage,
        /// Why, as a code.
        reason: String,
    },
    /// A signed-off episode is opened again. The Head and the QA manager both say so: the first proposes, the
    /// second confirms.
    ReopenAfterSignOff {
        /// Why, as a code.
        reason: String,
    },
    /// The episode is cancelled; in the case system that cannot be undone.
    Cancel {
        /// Why, as a code.
        reason: String,
    },
    /// A moderator of CSLT says how they would grade an episode that was drawn (¶9). It stands beside the evaluation
    /// and never replaces it.
    ModerateSample {
        /// The grade they would give.
        grade: Evaluation,
        /// What there is to learn from a difference, as a code.
        #[serde(default)]
        learning: Option<String>,
    },
    /// The QA manager closes a signed-off episode, once its cycle is done.
    Close,
}

impl Decided {
    /// Its name in JSON and at the terminal, such as `give_reason`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allocate(_) => "allocate",
            Self::Adopt(_) => "adopt",
            Self::Bind { .. } => "bind",
            Self::Reassign { .. } => "reassign",
            Self::Extend { .. } => "extend",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Unavailable { .. } => "unavailable",
            Self::BelowStandard { .. } => "below_standard",
            Self::EscalateToHead { .. } => "escalate_to_head",
            Self::RaiseConcern => "raise_concern",
            Self::AcknowledgeConcern => "acknowledge_concern",
            Self::RequestModeration => "request_moderation",
            Self::WithdrawModeration => "withdraw_moderation",
            Self::Delegate { .. } => "delegate",
            Self::Moderate { .. } => "moderate",
            Self::GiveReason { .. } => "give_reason",
            Self::Override { .. } => "override",
            Self::ReturnStep { .. } => "return_step",
            Self::ReopenAfterSignOff { .. } => "reopen_after_sign_off",
            Self::Cancel { .. } => "cancel",
            Self::ModerateSample { .. } => "moderate_sample",
            Self::Close => "close",
        }
    }

    /// The reason code that it carries, if it carries one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Reassign { reason, .. }
            | Self::Extend { reason, .. }
            | Self::Pause { reason, .. }
            | Self::Unavailable { reason }
            | Self::EscalateToHead { reason, .. }
            | Self::GiveReason { reason, .. }
            | Self::Override { reason, .. }
            | Self::ReturnStep { reason, .. }
            | Self::ReopenAfterSignOff { reason }
            | Self::Cancel { reason } => Some(reason),
            _ => None,
        }
    }
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
    /// Under which kind of plan the child is, as a code such as `cla`; decides how long a period may be evaluated
    /// (¶2) and who should be heard (¶12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_type: Option<String>,
    /// The period to be evaluated (¶2), if the QA manager set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// The period that an episode evaluates (¶2); both days included, local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
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
    /// Another period than the last six months (¶2).
    ReviewPeriod,
    /// A learning conversation without a role that was suggested (¶12).
    Participants,
    /// A concluding meeting without the practitioner or the supervisor (¶26).
    Attendance,
    /// No reflection by the practitioner whose practice it was, who has left (¶16).
    NoReflection,
    /// A challenge that the concluding meeting did not resolve, and that went to the Head (¶26).
    Challenge,
}
