//! What do we hold of one work step? How it was last seen, and what its earlier openings left behind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::fact::{Fact, Value};
use super::ids::{ChildKey, Digest, StepId, TaskId, TeamId, WorkerId};
use super::known::Known;
use super::sighting::{Link, StepDates};
use super::vocabulary::{Presence, Role, Stage, StepStatus};

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
    /// Whom it is about, as last seen: the child, then the siblings of a group step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ChildKey>,
    /// The step that it was copied, duplicated or split from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<StepId>,
    /// The team it is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// When its worker means to act, local day; never a due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Date>,
    /// When it was first seen as a real step, not only proposed, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_since: Option<Timestamp>,
    /// It surfaced so long after the Finish that made it that its clock counts from this instant, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_from: Option<Timestamp>,
    /// When it could not be seen, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Hidden>,
}

impl Step {
    /// Whether it counts at all: not deleted, cancelled or only proposed.
    pub fn is_live(&self) -> bool {
        let real = !matches!(self.status, StepStatus::Cancelled | StepStatus::Proposed);
        real && self.presence != Presence::Deleted
    }
}

/// A span in which a step was hidden from our account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// When that was first observed, UTC.
    pub from: Timestamp,
    /// When it was seen again, UTC; none while it is hidden.
    pub until: Option<Timestamp>,
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
    /// When it was found undone by a restore of the case system, UTC (P19). It stays on record, with its permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Timestamp>,
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
    /// Given although the step could not be read just then: `own` says nothing of its form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
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
