//! A case record system in memory: the smallest truth that the daemon can be turned against.
//!
//! It keeps its own steps and versions, and a list of everything written to it, so that an outsider
//! can compare what was promised with what arrived. It shares no code with the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::StepStatus;
use crate::practice::ids::{ChildKey, Digest, StepId};
use crate::practice::sighting::{Road, Sighting};

/// Something that Greentick wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The operation.
    pub operation: String,
    /// The step, if it is about one.
    pub step: Option<StepId>,
    /// The mark that names the effect.
    pub mark: String,
    /// The text or flag.
    pub text: String,
    /// When, UTC.
    pub at: Timestamp,
}

#[derive(Default)]
struct Truth {
    steps: BTreeMap<StepId, Sighting>,
    version: u64,
    written: Vec<Written>,
    flags: BTreeMap<StepId, BTreeSet<String>>,
    now: Timestamp,
}

/// The council's case record system; clones share one truth.
#[derive(Clone, Default)]
pub struct MemoryCouncil {
    truth: Arc<Mutex<Truth>>,
}

impl MemoryCouncil {
    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Saves a step as a person would: it gets the next version and a new change time.
    pub fn save(&self, step: &StepId, now: Timestamp, change: impl FnOnce(&mut Sighting)) -> bool {
        let mut truth = self.truth();
        truth.now = now;
        truth.version += 1;
        let version = truth.version;
        let Some(held) = truth.steps.get_mut(step) else {
            return false;
        };
        change(held);
        held.version = Some(version.to_string());
        held.modified_at = Some(now);
        true
    }

    /// Adds a step.
    pub fn add(&self, mut sighting: Sighting, now: Timestamp) {
        let mut truth = self.truth();
        truth.now = now;
        truth.version += 1;
        sighting.version = Some(truth.version.to_string());
        sighting.modified_at = Some(now);
        truth.steps.insert(sighting.step.clone(), sighting);
    }

    /// One step as it stands.
    pub fn get(&self, step: &StepId) -> Option<Sighting> {
        self.truth().steps.get(step).cloned()
    }

    /// Every step as it stands.
    pub fn steps(&self) -> Vec<Sighting> {
        self.truth().steps.values().cloned().collect()
    }

    /// Everything ever written to it, in order.
    pub fn written(&self) -> Vec<Written> {
        self.truth().written.clone()
    }

    /// The flags on a step.
    pub fn flags(&self, step: &StepId) -> BTreeSet<String> {
        self.truth().flags.get(step).cloned().unwrap_or_default()
    }

    fn page(&self, now: Timestamp, wanted: impl Fn(&Sighting) -> bool, road: Road) -> FeedPage {
        let truth = self.truth();
        let sightings = truth
            .steps
            .values()
            .filter(|step| wanted(step))
            .cloned()
            .map(|step| Sighting {
                seen_at: now,
                road,
                ..step
            })
            .collect();
        FeedPage {
            sightings,
            server_time: Some(now),
            ..FeedPage::default()
        }
    }
}

impl CaseSystem for MemoryCouncil {
    fn child_key(&self, person: &str) -> Option<ChildKey> {
        Some(ChildKey(Digest::of(person.as_bytes()).0))
    }

    async fn changes(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<FeedPage, CaseFault> {
        let since = position.since;
        Ok(self.page(now, |step| step.modified_at >= since, Road::Feed))
    }

    async fn open_steps(&self, _: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(self.page(now, |step| step.status.is_open(), Road::Sweep))
    }

    async fn step(
        &self,
        step: &StepId,
        _: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        Ok(match self.get(step) {
            Some(step) => StepAnswer::Seen(Box::new(Sighting {
                seen_at: now,
                road: Road::Read,
                ..step
            })),
            None => StepAnswer::Missing,
        })
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        let mut truth = self.truth();
        let at = truth.now;
        if let Some(step) = &effect.step
            && !truth.steps.contains_key(step)
        {
            return Outcome::Refused {
                retry: false,
                why: format!("there is no step {step}"),
            };
        }
        let text = match (&effect.act, &effect.step) {
            (Act::Flag { flag }, Some(step)) => {
                truth
                    .flags
                    .entry(step.clone())
                    .or_default()
                    .insert(flag.clone());
                flag.clone()
            }
            (Act::Unflag { flag }, Some(step)) => {
                truth.flags.entry(step.clone()).or_default().remove(flag);
                flag.clone()
            }
            (Act::Reopen { text }, Some(step)) => {
                if let Some(held) = truth.steps.get_mut(step) {
                    held.status = StepStatus::Reopened;
                    held.dates.reopened = Some(at);
                }
                text.clone()
            }
            (Act::SampleList { episodes, .. }, _) => episodes
                .iter()
                .map(|id| id.0.clone())
                .collect::<Vec<_>>()
                .join(" "),
            (act, _) => act.text().unwrap_or_default().to_owned(),
        };
        // Whatever is written moves the step's version: our own echo.
        truth.version += 1;
        let version = truth.version;
        if let Some(held) = effect
            .step
            .as_ref()
            .and_then(|step| truth.steps.get_mut(step))
        {
            held.version = Some(version.to_string());
            held.modified_at = Some(at);
        }
        truth.written.push(Written {
            operation: effect.act.operation().to_owned(),
            step: effect.step.clone(),
            mark: effect.mark(),
            text,
            at,
        });
        Outcome::Done
    }

    async fn find(&self, effect: &Effect) -> Found {
        let mark = effect.mark();
        if self
            .truth()
            .written
            .iter()
            .any(|written| written.mark == mark)
        {
            Found::Yes
        } else {
            Found::No
        }
    }
}
