//! What is a Learning Episode to us? The folded state of everything seen and decided about one.
//!
//! Plain data, ordered collections, canonical when serialised. Absent on purpose: names, narrative,
//! the time of day (dates are facts; `now` is an argument of whoever asks).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::{
    Allocation, Extension, Moderation, ModerationRequest, Override, Pause, ReasonGiven,
};
use super::fact::{Fact, Value};
use super::ids::{CycleId, Digest, EpisodeId, SourceName, StepId, TaskId, WorkerId};
use super::known::{Known, Why};
use super::sighting::{Link, StepDates};

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

/// One work step, as last seen, with what its earlier openings left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id in the case system.
    pub id: StepId,
    /// Which of the four steps it is.
    pub stage: Stage,
    /// Where it stands.
    pub status: StepStatus,
    /// Whether it can be seen.
    pub presence: Presence,
    /// The case system's version, if it has one.
    pub version: Option<String>,
    /// When the case system says it last changed, UTC.
    pub modified_at: Option<Timestamp>,
    /// Checked out by a mobile or portal session: writes wait.
    pub locked: bool,
    /// The case system's date stamps.
    pub dates: StepDates,
    /// Whose step it is at present.
    pub assignee: Known<WorkerId>,
    /// Links to neighbouring steps.
    pub links: Vec<Link>,
    /// What the form carries.
    pub facts: BTreeMap<Fact, Known<Value>>,
    /// The workers that the form names, by role.
    pub people: BTreeMap<Role, Known<WorkerId>>,
    /// 1 for the first opening, one more for each reopening.
    pub leg: u32,
    /// When it was first observed, UTC.
    pub first_seen: Timestamp,
    /// When it was last observed to differ, UTC.
    pub last_seen: Timestamp,
    /// Hash of everything seen of it (recognises an unchanged step).
    pub content: Digest,
    /// Hash of what a Finish is judged on: facts, people, hand-over; not status, stamps or version.
    pub matter: Digest,
    /// When each leg was finished, UTC; the first completion is never forgotten.
    pub finished: Vec<Finished>,
}

/// One press of Finish, as observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Which opening it ended.
    pub leg: u32,
    /// The case system's completion stamp, or the observation if it gives none; UTC.
    pub at: Timestamp,
    /// When it was observed, UTC.
    pub observed_at: Timestamp,
    /// The permit it used, if any.
    pub permit: Option<String>,
    /// Whether it is entered as a bypass.
    pub bypass: bool,
}

/// Leave to press Finish, named so that it cannot be carried to another step or version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// The decision's id, as given to the asker.
    pub decision_id: String,
    /// The step it is for.
    pub step: StepId,
    /// The opening it is for.
    pub leg: u32,
    /// The matter judged.
    pub on: Digest,
    /// The same without the forms of earlier steps.
    #[serde(default)]
    pub own: Option<Digest>,
    /// Who asked, if said.
    pub actor: Option<WorkerId>,
    /// When it was judged, UTC.
    pub judged_at: Timestamp,
    /// After this instant it is void, UTC.
    pub valid_until: Timestamp,
    /// Given although some fact could not be read.
    pub provisional: bool,
    /// The policy it was judged under.
    pub policy: Digest,
    /// The task it was given through, in mode `task`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Tasked>,
}

/// The task of Greentick's own worker that a permit or a hold is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tasked {
    /// The task.
    pub id: TaskId,
    /// Its answer is owed or sent; of a hold: it was, before the facts moved.
    pub answered: bool,
}

/// A Finish that was asked for and held, until it is permitted or the step is finished all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The decision's id, as given to the asker.
    pub decision_id: String,
    /// When it was judged, UTC.
    pub judged_at: Timestamp,
    /// Codes of the rules that held it.
    pub rules: Vec<String>,
    /// The task that asks, in mode `task`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Tasked>,
}

/// The folded state of one Learning Episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// Its reference.
    pub id: EpisodeId,
    /// The case system its steps live in.
    pub source: SourceName,
    /// The cycle, from the allocation or from the form.
    pub cycle: Option<CycleId>,
    /// What the QA manager allocated; none for a self-started episode (¶1).
    pub allocation: Option<Allocation>,
    /// The steps seen, by id.
    pub steps: BTreeMap<StepId, Step>,
    /// Requests for initial moderation.
    pub moderation_requests: Vec<ModerationRequest>,
    /// The Head's initial moderations (¶8, ¶27), oldest first.
    pub moderations: Vec<Moderation>,
    /// Changes of the completion date (¶3), oldest first.
    pub extensions: Vec<Extension>,
    /// Pauses of the clock.
    pub pauses: Vec<Pause>,
    /// Reasons put on record (late finish, no feedback, hand-over to another person …).
    pub reasons: Vec<ReasonGiven>,
    /// Accountable overrides of a hold.
    pub overrides: Vec<Override>,
    /// The latest permit for each step.
    pub permits: BTreeMap<StepId, Permit>,
    /// The latest hold of each step whose Finish is held at present.
    #[serde(default)]
    pub holds: BTreeMap<StepId, Hold>,
    /// Keys of everything already owed, with the instant; a key is owed once in an episode's life.
    pub told: BTreeMap<String, Timestamp>,
    /// Ids of the decisions taken in, so that one told twice counts once.
    #[serde(default)]
    pub decided: BTreeSet<String>,
    /// Causes at present believed (overdue, awaited …), so that their cure can be said once.
    pub standing: BTreeSet<String>,
    /// Cancelled by decision, with its reason code.
    pub cancelled: Option<String>,
    /// History: everything known of it dates from before activation, so it owes nobody old escalations.
    pub silent_before: Option<Timestamp>,
    /// How many inputs have been folded in; guards against a lost update.
    pub version: u64,
}

impl Episode {
    /// An episode of which nothing is known yet.
    pub fn new(id: EpisodeId, source: SourceName) -> Self {
        Self {
            id,
            source,
            cycle: None,
            allocation: None,
            steps: BTreeMap::new(),
            moderation_requests: Vec::new(),
            moderations: Vec::new(),
            extensions: Vec::new(),
            pauses: Vec::new(),
            reasons: Vec::new(),
            overrides: Vec::new(),
            permits: BTreeMap::new(),
            holds: BTreeMap::new(),
            told: BTreeMap::new(),
            decided: BTreeSet::new(),
            standing: BTreeSet::new(),
            cancelled: None,
            silent_before: None,
            version: 0,
        }
    }

    /// The live step of a stage: present or hidden, not cancelled, latest by id of those started last.
    ///
    /// A step can legitimately be duplicated or split; the one most recently incoming counts.
    pub fn step_of(&self, stage: Stage) -> Option<&Step> {
        self.steps
            .values()
            .filter(|step| step.stage == stage && step.presence != Presence::Deleted)
            .filter(|step| !matches!(step.status, StepStatus::Cancelled | StepStatus::Proposed))
            .max_by_key(|step| (step.dates.incoming, step.first_seen, step.id.clone()))
    }

    /// A fact, read from the live step of the stage that carries it.
    pub fn fact(&self, fact: Fact) -> Known<Value> {
        let Some(step) = self.step_of(fact.stage()) else {
            return Known::Unreadable(Why::NotSeen);
        };
        if step.presence == Presence::Hidden {
            return Known::Unreadable(Why::Hidden);
        }
        step.facts
            .get(&fact)
            .cloned()
            .unwrap_or(Known::Unreadable(Why::NotMapped))
    }

    /// The overall evaluation (¶25).
    pub fn evaluation(&self) -> Known<Evaluation> {
        self.fact(Fact::Evaluation).evaluation()
    }

    /// Who holds a role in this episode: the allocation first, then what the forms name.
    pub fn person(&self, role: Role) -> Known<WorkerId> {
        if let Some(worker) = self.allocation.as_ref().and_then(|a| a.person(role)) {
            return Known::Is(worker.clone());
        }
        let mut answer = Known::Unreadable(Why::NotSeen);
        for step in self
            .steps
            .values()
            .filter(|step| step.presence == Presence::Present)
        {
            match step.people.get(&role) {
                Some(Known::Is(worker)) => return Known::Is(worker.clone()),
                Some(other) => answer = other.clone(),
                None => {}
            }
        }
        answer
    }

    /// What a moderator agreed to: evaluation, Section 4, Section 6 and the reviewer (see LE-27.3).
    pub fn moderated_matter(&self) -> Digest {
        Digest::of_json(&(
            self.evaluation(),
            self.fact(Fact::Observation).rows(),
            self.fact(Fact::Areas).rows(),
            self.person(Role::PracticeReviewer),
        ))
    }
}
