//! Which words does the whole house use? Stages, roles, evaluations, statuses, and whether a step can be seen.
//!
//! Each has a name for machines, and most a wording for sentences. Absent on purpose: any state.

use serde::{Deserialize, Serialize};

/// The four work steps of an episode, each ended by Finish (¶18, ¶28, ¶29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The practitioner writes a reflection (¶16–18).
    Practitioner,
    /// The practice reviewer reads, meets, observes, hears and evaluates (¶19–28).
    PracticeReview,
    /// The supervisor carries the agreed actions (¶28–29).
    SupervisorActions,
    /// The Service Manager moderates the process and signs off the impact (¶29).
    SignOff,
}

impl Stage {
    /// All four, in order.
    pub const ALL: [Stage; 4] = [
        Self::Practitioner,
        Self::PracticeReview,
        Self::SupervisorActions,
        Self::SignOff,
    ];

    /// The name used in files, JSON and messages to machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::PracticeReview => "practice_review",
            Self::SupervisorActions => "supervisor_actions",
            Self::SignOff => "sign_off",
        }
    }

    /// The name used in sentences.
    pub fn words(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner's step",
            Self::PracticeReview => "practice review",
            Self::SupervisorActions => "supervisor's step",
            Self::SignOff => "Service Manager's sign-off",
        }
    }

    /// The stage that Finish hands over to, if any.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Practitioner => Some(Self::PracticeReview),
            Self::PracticeReview => Some(Self::SupervisorActions),
            Self::SupervisorActions => Some(Self::SignOff),
            Self::SignOff => None,
        }
    }

    /// The role whose step it is.
    pub fn owner(self) -> Role {
        match self {
            Self::Practitioner => Role::Practitioner,
            Self::PracticeReview => Role::PracticeReviewer,
            Self::SupervisorActions => Role::Supervisor,
            Self::SignOff => Role::ServiceManager,
        }
    }
}

/// Who does what in an episode, or is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The worker whose practice is looked at (¶14–18).
    Practitioner,
    /// PR: delivers the episode (¶3).
    PracticeReviewer,
    /// The practitioner's supervisor (¶28–29).
    Supervisor,
    /// Signs off (¶29).
    ServiceManager,
    /// Allocates, sets dates, extends (¶1, ¶3, ¶5).
    QaManager,
    /// Head of Service Practice and Learning: initial moderation (¶8, ¶27).
    HeadOfService,
    /// Operational manager of the service (¶6, ¶7).
    OperationalManager,
    /// Children's Services Leadership Team (¶9).
    Cslt,
}

impl Role {
    /// The role as it stands in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::PracticeReviewer => "practice reviewer",
            Self::Supervisor => "supervisor",
            Self::ServiceManager => "Service Manager",
            Self::QaManager => "QA manager",
            Self::HeadOfService => "Head of Service Practice and Learning",
            Self::OperationalManager => "operational manager",
            Self::Cslt => "Children's Services Leadership Team",
        }
    }
}

/// The overall evaluation of practice (¶8, ¶25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evaluation {
    /// Outstanding; needs initial moderation.
    Outstanding,
    /// Good.
    Good,
    /// Requires improvement.
    RequiresImprovement,
    /// Inadequate; needs initial moderation.
    Inadequate,
}

impl Evaluation {
    /// Reads a canonical code such as `requires_improvement`.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "outstanding" => Some(Self::Outstanding),
            "good" => Some(Self::Good),
            "requires_improvement" => Some(Self::RequiresImprovement),
            "inadequate" => Some(Self::Inadequate),
            _ => None,
        }
    }

    /// The canonical code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Outstanding => "outstanding",
            Self::Good => "good",
            Self::RequiresImprovement => "requires_improvement",
            Self::Inadequate => "inadequate",
        }
    }

    /// The evaluation as people write it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Outstanding => "Outstanding",
            Self::Good => "Good",
            Self::RequiresImprovement => "Requires improvement",
            Self::Inadequate => "Inadequate",
        }
    }

    /// Outstanding and Inadequate need the Head's initial moderation first (¶8, ¶27).
    pub fn is_extreme(self) -> bool {
        matches!(self, Self::Outstanding | Self::Inadequate)
    }
}

/// Where a work step stands in the case system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// A next action was chosen, but the step is not real yet; no clock starts on it.
    Proposed,
    /// Arrived, not yet started.
    Incoming,
    /// Being worked on.
    Started,
    /// Finished with the green tick.
    Completed,
    /// Finished once and open again.
    Reopened,
    /// Cancelled; terminal in the case system.
    Cancelled,
}

impl StepStatus {
    /// The name used in files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Incoming => "incoming",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Reopened => "reopened",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether somebody still has to press Finish.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Incoming | Self::Started | Self::Reopened)
    }
}

/// Whether a step can be seen at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It can be read.
    Present,
    /// It exists, and our account may not read it (restricted record).
    Hidden,
    /// The case system said that it is deleted, or two complete sweeps and a direct read did not find it.
    Deleted,
}
