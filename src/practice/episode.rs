//! What is a Learning Episode to us? The folded state of everything seen and decided about one.
//!
//! Plain data, ordered collections, canonical when serialised. Absent on purpose: names, narrative,
//! the time of day (dates are facts; `now` is an argument of whoever asks).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::concern::Concern;
use super::decision::Allocation;
use super::fact::{Fact, Value};
use super::ids::{ChildKey, CycleId, Digest, EpisodeId, SourceName, StepId, WorkerId};
use super::known::{Known, Why};
use super::on_record::{
    Deeds, Extension, Moderation, ModerationRequest, Override, Pause, ReasonGiven, SampleModerated,
    Sampled,
};
use super::verdict::Attempt;

pub use super::standstill::Outage;
pub use super::step::{Finished, Hidden, Hold, Permit, Step, Tasked};
pub use super::vocabulary::{Evaluation, Presence, Role, Stage, StepStatus};

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
    /// Days on which the case system could not be reached, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<Outage>,
    /// Reasons put on record (late finish, no feedback, hand-over to another person …).
    pub reasons: Vec<ReasonGiven>,
    /// Accountable overrides of a hold.
    pub overrides: Vec<Override>,
    /// The latest permit for each step.
    pub permits: BTreeMap<StepId, Permit>,
    /// The latest hold of each step whose Finish is held at present.
    #[serde(default)]
    pub holds: BTreeMap<StepId, Hold>,
    /// The last Finish asked for of each step that is not finished since, as it was asked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<StepId, Attempt>,
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
    /// The child, by the key it has now; none until a step or an allocation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<ChildKey>,
    /// The further children of a group step: one episode for all of them (M21).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub siblings: BTreeSet<ChildKey>,
    /// Keys that the child had before records were merged; kept for ever (M20).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub earlier_keys: BTreeSet<ChildKey>,
    /// Of an episode that stands for one step: those that would do for it, where more than one would.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<EpisodeId>,
    /// What about it needs a person at present, by what it is about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub concerns: BTreeMap<String, Concern>,
    /// What people did about it besides.
    #[serde(default, skip_serializing_if = "Deeds::is_empty")]
    pub deeds: Deeds,
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
            outages: Vec::new(),
            reasons: Vec::new(),
            overrides: Vec::new(),
            permits: BTreeMap::new(),
            holds: BTreeMap::new(),
            asked: BTreeMap::new(),
            told: BTreeMap::new(),
            decided: BTreeSet::new(),
            standing: BTreeSet::new(),
            cancelled: None,
            silent_before: None,
            child: None,
            siblings: BTreeSet::new(),
            earlier_keys: BTreeSet::new(),
            between: Vec::new(),
            concerns: BTreeMap::new(),
            deeds: Deeds::default(),
            version: 0,
        }
    }

    /// The episode's own step of a stage: not deleted, cancelled or only proposed.
    ///
    /// A step can legitimately be duplicated or split. A copy is never the own step while what it was
    /// copied from is there; of several open ones the first that arrived counts, since that is where the
    /// work was put; otherwise the open one, or the last that arrived.
    pub fn step_of(&self, stage: Stage) -> Option<&Step> {
        let live: Vec<&Step> = self
            .steps
            .values()
            .filter(|step| step.stage == stage && step.is_live())
            .filter(|step| !self.is_copy(step))
            .collect();
        let arrival = |step: &&&Step| (step.dates.incoming, step.first_seen, step.id.clone());
        let open = live.iter().filter(|step| step.status.is_open());
        open.min_by_key(arrival)
            .or_else(|| live.iter().max_by_key(arrival))
            .copied()
    }

    /// Open steps beside the own one of their stage: somebody must say which of them is meant.
    pub fn second_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.values().filter(|step| {
            let open = step.is_live() && step.status.is_open();
            let own = self.step_of(step.stage);
            open && own.is_some_and(|own| own.id != step.id)
        })
    }

    fn is_copy(&self, step: &Step) -> bool {
        let origin = step.copied_from.as_ref().and_then(|id| self.steps.get(id));
        origin.is_some_and(|origin| {
            origin.id != step.id && origin.stage == step.stage && origin.is_live()
        })
    }

    /// Every key under which the child, its siblings and their merged records are known.
    pub fn keys(&self) -> BTreeSet<&ChildKey> {
        let allocated = self.allocation.iter().map(|allocation| &allocation.child);
        let known = self.child.iter().chain(&self.siblings);
        known.chain(&self.earlier_keys).chain(allocated).collect()
    }

    /// Whether a step of it is hidden from our account at present: its record is restricted (P22).
    pub fn is_restricted(&self) -> bool {
        let mut steps = self.steps.values();
        steps.any(|step| step.is_live() && step.presence == Presence::Hidden)
    }

    /// Whether anything is still to be done in it: not cancelled, and a step open, awaited or to come.
    pub fn is_live(&self) -> bool {
        self.cancelled.is_none() && self.signed_off_at().is_none()
    }

    /// When it was signed off, UTC; none if it was not, or was opened again since.
    pub fn signed_off_at(&self) -> Option<Timestamp> {
        let step = self.step_of(Stage::SignOff)?;
        let finished = step.finished.last().map(|finish| finish.at);
        let at = step.dates.completed.max(finished)?;
        let reopened = self.deeds.reopened.last();
        let stands = reopened.is_none_or(|entry| entry.at < at);
        (step.status == StepStatus::Completed && stands).then_some(at)
    }

    /// Whether it was drawn for moderation by CSLT (¶9).
    pub fn is_drawn(&self) -> bool {
        self.drawn_at().is_some()
    }

    /// When it was drawn for moderation, UTC; none if it was not, or is in the sample no more.
    pub fn drawn_at(&self) -> Option<Timestamp> {
        if let Some(sampled) = &self.deeds.sampled {
            return sampled.left.is_none().then_some(sampled.since);
        }
        // Before this was kept, only that it was said.
        let drawn = format!("{}/sample/", self.id);
        let mut told = self.told.iter();
        told.find(|(key, _)| key.starts_with(&drawn))
            .map(|(_, at)| *at)
    }

    /// How many moderators of CSLT have still to give a grade, if it was drawn.
    pub fn moderators_awaited(&self) -> usize {
        let wanted = self.deeds.sampled.as_ref().map_or(1, Sampled::wanted);
        wanted.saturating_sub(self.deeds.sample_moderated.len())
    }

    /// What CSLT's moderators said of it, oldest first; nothing before the last of them has spoken, so that nobody
    /// who is to judge it yet learns what another found (¶9).
    pub fn moderated_by_cslt(&self) -> &[SampleModerated] {
        match self.moderators_awaited() {
            0 => &self.deeds.sample_moderated,
            _ => &[],
        }
    }

    /// Whether it was signed off once and opened again: what was signed off or drawn then is stale.
    pub fn is_stale(&self) -> bool {
        !self.deeds.reopened.is_empty() && self.signed_off_at().is_none()
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

    /// The same as [`Self::moderated_matter`], as codes by what they are about: `-` is blank and `?` unreadable.
    pub fn moderated_codes(&self) -> BTreeMap<String, String> {
        let evaluation = self.evaluation().map(|grade| grade.code().to_owned());
        let reviewer = self.person(Role::PracticeReviewer).map(|worker| worker.0);
        let mut codes = BTreeMap::from([
            ("evaluation".to_owned(), shown(evaluation)),
            ("practice_reviewer".to_owned(), shown(reviewer)),
        ]);
        for (name, fact) in [("observation", Fact::Observation), ("areas", Fact::Areas)] {
            match self.fact(fact).rows() {
                Known::Is(rows) => codes.extend(
                    rows.into_iter()
                        .map(|row| (format!("{name}/{}", row.key), shown(row.code))),
                ),
                other => {
                    codes.insert(name.to_owned(), shown(other.map(|_| String::new())));
                }
            }
        }
        codes
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

fn shown(code: Known<String>) -> String {
    match code {
        Known::Is(code) => code,
        Known::Blank => "-".to_owned(),
        Known::Unreadable(_) => "?".to_owned(),
    }
}
