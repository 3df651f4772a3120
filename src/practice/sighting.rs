//! What was seen of a work step, when, and by which road?
//!
//! A sighting is what a mapping makes of one record: typed, without narrative, already in our words.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::episode::{Presence, Role, Stage, Step, StepStatus};
use super::fact::{Fact, Value};
use super::ids::{ChildKey, CycleId, Digest, EpisodeId, SourceName, StepId, TeamId, WorkerId};
use super::known::{Known, Why};

/// How we came to see a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Road {
    /// The change feed.
    Feed,
    /// The sweep of open steps, or a full reconcile.
    Sweep,
    /// A direct read of this one step.
    Read,
}

/// The case system's date stamps of a step. Instants are UTC; `due` is a local day (Europe/London).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDates {
    /// Arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<Timestamp>,
    /// Started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Timestamp>,
    /// Cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Timestamp>,
    /// The case system's own due date; its scheduled date is never one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// A link between two steps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// The step at the other end.
    pub step: StepId,
    /// Which way it points.
    pub direction: Direction,
    /// Sent by a next action that does not wait for Finish.
    #[serde(default)]
    pub immediate: bool,
}

/// Which way a link points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the step this one came from.
    Previous,
    /// To a step this one led to.
    Next,
    /// A relation without direction.
    Related,
}

/// One observation of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The case system.
    pub source: SourceName,
    /// The step's id there.
    pub step: StepId,
    /// Which of the four steps it is.
    pub stage: Stage,
    /// Whether it could be read; if not, only `source`, `step`, `stage`, `seen_at` and `road` count.
    pub presence: Presence,
    /// Where it stands.
    pub status: StepStatus,
    /// Locked by another session.
    pub locked: bool,
    /// The case system's version, if it has one. Compared as a number when both are numbers.
    pub version: Option<String>,
    /// When the case system says it last changed, UTC.
    pub modified_at: Option<Timestamp>,
    /// Date stamps.
    pub dates: StepDates,
    /// Whose step it is.
    pub assignee: Known<WorkerId>,
    /// The episode's reference, if a form carries it.
    pub reference: Known<EpisodeId>,
    /// The allocation cycle, if a form carries it.
    pub cycle: Known<CycleId>,
    /// The child, as a keyed hash.
    pub child: Known<ChildKey>,
    /// Workers named by the form, by role.
    pub people: BTreeMap<Role, Known<WorkerId>>,
    /// Links to neighbouring steps.
    pub links: Vec<Link>,
    /// The further children of a group step, `child` not among them (M21).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<ChildKey>,
    /// Earlier keys of the child, as the case system says after merging records (M20).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<ChildKey>,
    /// The step that this one was copied, duplicated or split from (M17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<StepId>,
    /// The team it is assigned to, alone or beside a worker (M18).
    #[serde(default = "not_mapped", skip_serializing_if = "is_not_mapped")]
    pub team: Known<TeamId>,
    /// When its worker means to act, local day. Never a due date: it moves with reassignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Date>,
    /// What the form carries; a fact the mapping does not provide has no entry.
    pub facts: BTreeMap<Fact, Known<Value>>,
    /// When we saw it, UTC.
    pub seen_at: Timestamp,
    /// By which road.
    pub road: Road,
}

fn not_mapped<T>() -> Known<T> {
    Known::Unreadable(Why::NotMapped)
}

fn is_not_mapped<T>(known: &Known<T>) -> bool {
    matches!(known, Known::Unreadable(Why::NotMapped))
}

impl Sighting {
    /// Hash of everything the case system said of the step, so that an unchanged one is recognised
    /// before anything is written. When and how we saw it does not count.
    pub fn content(&self) -> Digest {
        let said = (
            (
                self.stage,
                self.presence,
                self.status,
                self.locked,
                &self.version,
                self.modified_at,
            ),
            (
                &self.dates,
                &self.assignee,
                &self.reference,
                &self.cycle,
                &self.child,
            ),
            (&self.people, &self.links, &self.facts),
        );
        let more = (
            &self.siblings,
            &self.merged_from,
            &self.copied_from,
            &self.team,
            self.scheduled,
        );
        // What says nothing more has the hash it always had, so that it is not news after an upgrade.
        if more == (&Vec::new(), &Vec::new(), &None, &not_mapped(), None) {
            Digest::of_declared(&said)
        } else {
            Digest::of_declared(&(said, more))
        }
    }

    /// Whether it is of a lower version than this one, or of an earlier change (milliseconds since the epoch)
    /// where versions cannot be compared. Where neither is known, what was read last counts (P02).
    pub fn is_older_than(&self, version: Option<&str>, modified_ms: Option<i64>) -> bool {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
        let versions = number(self.version.as_deref()).zip(number(version));
        let changes = self.modified_at.map(Timestamp::as_millisecond);
        match (versions, changes.zip(modified_ms)) {
            (Some((seen, held)), _) => seen < held,
            (None, Some((seen, held))) => seen < held,
            (None, None) => false,
        }
    }

    /// Hash of what a Finish is judged on: what the form says and who it names. The stamps, status
    /// and version that pressing Finish itself moves do not count, nor does an echo of our own note.
    pub fn matter(&self) -> Digest {
        Digest::of_declared(&(&self.step, &self.people, &self.facts))
    }
}

impl Sighting {
    /// What is seen of a step that can no longer be read: that it is hidden or gone.
    pub fn of_absence(
        source: &SourceName,
        held: &Step,
        presence: Presence,
        now: Timestamp,
    ) -> Self {
        Self {
            source: source.clone(),
            step: held.id.clone(),
            stage: held.stage,
            presence,
            status: held.status,
            locked: held.locked,
            version: held.version.clone(),
            modified_at: held.modified_at,
            dates: held.dates.clone(),
            assignee: held.assignee.clone(),
            reference: Known::Blank,
            cycle: Known::Blank,
            child: Known::Blank,
            people: BTreeMap::new(),
            links: Vec::new(),
            siblings: Vec::new(),
            merged_from: Vec::new(),
            copied_from: None,
            team: not_mapped(),
            scheduled: None,
            facts: BTreeMap::new(),
            seen_at: now,
            road: Road::Read,
        }
    }
}
