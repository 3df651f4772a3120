//! On what do these tests stand? An app over a council in memory that can also hide, delete and merge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, dispatch, mirror, tick};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, MergePage, Outcome, Quarantined,
    StepAnswer,
};
use greentick::ledger::Ledger;
use greentick::practice::effect::Effect;
use greentick::practice::episode::{Episode, Stage, Step, StepStatus};
use greentick::practice::ids::{ChildKey, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::news::{Mention, Merge};
use greentick::practice::sighting::Sighting;
use greentick::practice::terms::{Mode, Terms};
use greentick::simulator::{MemoryCouncil, Written};
use jiff::Timestamp;
use serde_json::Value as Json;

/// A council in memory, and what befell its records.
#[derive(Clone, Default)]
pub(crate) struct Council {
    pub(crate) memory: MemoryCouncil,
    pub(crate) fate: Arc<Mutex<Fate>>,
}

/// What befell the council's records.
#[derive(Default)]
pub(crate) struct Fate {
    /// Left out of every list; a direct read answers this.
    pub(crate) answers: BTreeMap<StepId, StepAnswer>,
    /// Named by the feed and not shown.
    pub(crate) mentions: Vec<Mention>,
    /// The list of merges.
    pub(crate) merges: Vec<Merge>,
    /// Steps that the mapping cannot read.
    pub(crate) unreadable: BTreeSet<StepId>,
    /// Records that say not even which step they are: in the feed, and in the list of open steps.
    pub(crate) unnamed: [Vec<&'static str>; 2],
    /// What a list shows of a step instead of what a direct read shows.
    pub(crate) shown: BTreeMap<StepId, Vec<Sighting>>,
    /// What a direct read answers, for steps that the lists show.
    pub(crate) direct: BTreeMap<StepId, StepAnswer>,
    /// Steps left out of the list of open steps; a direct read still answers.
    pub(crate) unlisted: BTreeSet<StepId>,
    /// The number of changes that the feed gives.
    pub(crate) number: Option<u64>,
}

fn unnamed(all: &[&'static str]) -> impl Iterator<Item = Quarantined> {
    all.iter().map(|fingerprint| Quarantined {
        step: None,
        path: "@id".to_owned(),
        reason: "the step's id is missing".to_owned(),
        fingerprint: (*fingerprint).to_owned(),
    })
}

impl Council {
    fn edited(&self, mut page: FeedPage) -> FeedPage {
        let fate = self.fate.lock().unwrap();
        let all = std::mem::take(&mut page.sightings);
        for seen in all {
            let id = &seen.step;
            if fate.answers.contains_key(id) || fate.unlisted.contains(id) {
                continue;
            }
            if fate.unreadable.contains(id) {
                page.quarantined.push(Quarantined {
                    step: Some(id.to_string()),
                    path: "Status".to_owned(),
                    reason: "the status `PARKED` is not in the mapping's vocabulary".to_owned(),
                    fingerprint: id.to_string(),
                });
                continue;
            }
            match fate.shown.get(id) {
                Some(instead) => page.sightings.extend(instead.iter().cloned()),
                None => page.sightings.push(seen),
            }
        }
        page
    }
}

impl CaseSystem for Council {
    async fn changes(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        let mut page = self.edited(self.memory.changes(at, now).await?);
        let fate = self.fate.lock().unwrap();
        page.quarantined.extend(unnamed(&fate.unnamed[0]));
        page.mentions.clone_from(&fate.mentions);
        page.going_on.high_water = fate.number.map(|number| number.to_string());
        drop(fate);
        Ok(page)
    }

    async fn open_steps(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        let mut page = self.edited(self.memory.open_steps(at, now).await?);
        let fate = self.fate.lock().unwrap();
        page.quarantined.extend(unnamed(&fate.unnamed[1]));
        Ok(page)
    }

    async fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        {
            let fate = self.fate.lock().unwrap();
            if let Some(answer) = fate.answers.get(step).or(fate.direct.get(step)) {
                return Ok(answer.clone());
            }
            if fate.unreadable.contains(step) {
                return Err(CaseFault::Unproven("an unknown status".to_owned()));
            }
        }
        self.memory.step(step, budget, now).await
    }

    async fn merges(&self, _: &FeedPosition, _: Timestamp) -> Result<MergePage, CaseFault> {
        Ok(MergePage {
            merges: self.fate.lock().unwrap().merges.clone(),
            ..MergePage::default()
        })
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        self.memory.perform(effect).await
    }

    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
}

/// An app over a council, turned by hand.
pub(crate) struct Stand {
    pub(crate) app: App<Council>,
    _folder: tempfile::TempDir,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::under(common_terms(Mode::Observe)).await
    }

    pub(crate) async fn under(terms: Arc<Terms>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/ledger.sqlite3", folder.path().display());
        let app = App {
            source: SourceName::from("council"),
            ledger: Ledger::open(&url).await.unwrap(),
            case_system: Council::default(),
            terms,
            limits: Limits::default(),
        };
        Self {
            app,
            _folder: folder,
        }
    }

    pub(crate) fn add(&self, step: Sighting, now: &str) {
        self.app.case_system.memory.add(step, at(now));
    }

    pub(crate) fn save(&self, step: &str, now: &str, change: impl FnOnce(&mut Sighting)) {
        let memory = &self.app.case_system.memory;
        assert!(memory.save(&StepId::from(step), at(now), change));
    }

    pub(crate) fn fate(&self, change: impl FnOnce(&mut Fate)) {
        change(&mut self.app.case_system.fate.lock().unwrap());
    }

    pub(crate) async fn poll(&self, now: &str) -> mirror::Mirrored {
        mirror::poll(&self.app, at(now)).await.unwrap()
    }

    pub(crate) async fn sweep(&self, now: &str) -> mirror::Mirrored {
        mirror::sweep(&self.app, at(now)).await.unwrap()
    }

    /// Lets time be judged, and sends what is owed.
    pub(crate) async fn tick(&self, now: &str) {
        tick::pass(&self.app, at(now)).await.unwrap();
        dispatch::pass(&self.app, "test", || at(now)).await.unwrap();
    }

    pub(crate) async fn episode(&self, id: &str) -> Episode {
        let id = EpisodeId::from(id);
        self.app.ledger.episode(&id).await.unwrap().unwrap()
    }

    pub(crate) async fn step(&self, episode: &str, step: &str) -> Step {
        let episode = self.episode(episode).await;
        episode.steps[&StepId::from(step)].clone()
    }

    pub(crate) async fn episode_of(&self, step: &str) -> String {
        let (source, step) = (&self.app.source, StepId::from(step));
        let found = self.app.ledger.episode_of_step(source, &step).await;
        found.unwrap().unwrap().0
    }

    /// What stands in the journal of this kind.
    pub(crate) async fn said(&self, kind: &str) -> Vec<Json> {
        let mut export = Vec::new();
        self.app.ledger.export(&mut export).await.unwrap();
        let text = String::from_utf8(export).unwrap();
        let bodies = text.lines().map(|line| {
            let line: Json = serde_json::from_str(line).unwrap();
            line["body"].clone()
        });
        bodies.filter(|body| body["kind"] == kind).collect()
    }

    pub(crate) fn written(&self) -> Vec<Written> {
        self.app.case_system.memory.written()
    }

    /// How many of the messages written say this.
    pub(crate) fn told(&self, words: &str) -> usize {
        let written = self.written();
        written
            .iter()
            .filter(|one| one.text.contains(words))
            .count()
    }

    pub(crate) async fn concerns(&self, episode: &str) -> Vec<String> {
        self.episode(episode).await.concerns.into_keys().collect()
    }
}

pub(crate) fn common_terms(mode: Mode) -> Arc<Terms> {
    crate::common::terms(mode)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A started practice review, arrived on 2 November and due by its own date on 20 November 2026.
pub(crate) fn review(step: &str, episode: &str) -> Sighting {
    crate::common::review(step, episode, at("2026-11-02T09:00:00Z"))
}

/// A step of another stage, arrived at this instant, without a due date of its own.
pub(crate) fn stage(step: &str, episode: &str, stage: Stage, incoming: &str) -> Sighting {
    let mut seen = review(step, episode);
    seen.stage = stage;
    seen.dates.due = None;
    seen.dates.incoming = Some(at(incoming));
    seen.status = StepStatus::Incoming;
    seen.assignee = Known::Is(WorkerId::from("W-1"));
    seen
}

pub(crate) fn child(key: &str) -> Known<ChildKey> {
    Known::Is(ChildKey::from(key))
}

pub(crate) fn finish(step: &mut Sighting, when: &str) {
    step.status = StepStatus::Completed;
    step.dates.completed = Some(at(when));
}
