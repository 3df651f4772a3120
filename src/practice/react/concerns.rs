//! What about the episode needs a person now, and what no longer does?
//!
//! Most concerns are read off the episode itself after each input. That a child has two live episodes is
//! seen from outside and told as an input.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::Work;
use crate::practice::concern::{Concern, Matter};
use crate::practice::effect::Act;
use crate::practice::episode::{Episode, Presence, Role, Step};
use crate::practice::ids::EpisodeId;
use crate::practice::terms::HiddenClock;

impl Work<'_> {
    /// Raises what the episode shows, and lets go what it no longer does.
    pub(super) fn settle_concerns(&mut self) {
        let runs = self.terms.policy.hidden_clock == HiddenClock::Run;
        let shown = shown(&self.after, runs);
        let keys: BTreeSet<String> = shown.iter().map(|(what, _)| what.key()).collect();
        let live = self.after.is_live();
        let gone: Vec<String> = self
            .after
            .concerns
            .iter()
            .filter(|(key, concern)| match concern.what {
                Matter::Double { .. } => !live,
                _ => !keys.contains(*key),
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            self.let_go(&key);
        }
        for (what, since) in shown {
            self.raise(what, since);
        }
    }

    /// Which other live episodes the child has.
    pub(super) fn doubled(&mut self, others: &BTreeSet<EpisodeId>) {
        self.after.version += 1;
        let id = self.after.id.clone();
        let over: Vec<String> = self
            .after
            .concerns
            .iter()
            .filter(|(_, concern)| {
                matches!(&concern.what, Matter::Double { other } if !others.contains(other))
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in over {
            self.let_go(&key);
        }
        if self.after.is_live() {
            for other in others.iter().filter(|other| **other != id) {
                let other = other.clone();
                self.raise(Matter::Double { other }, self.now);
            }
        }
    }

    /// A concern is told once, to the QA manager, unless what it is about began before activation.
    fn raise(&mut self, what: Matter, since: Timestamp) {
        let key = what.key();
        if self.after.concerns.contains_key(&key) {
            return;
        }
        self.say("concern", json!({ "about": key, "concern": what }));
        if since >= self.terms.activation {
            // A record that is opened and closed to us all day long is told of once a day.
            let level = match what {
                Matter::Restricted { .. } => self.terms.calendar.local_date(self.now).to_string(),
                _ => "notice".to_owned(),
            };
            let text = format!("{}: {}", self.after.id, what.words());
            let (cause, notice) = (format!("concern/{key}"), Act::Notice { text });
            let (rule, tell) = (what.rule(), [Role::QaManager]);
            self.owe(None, &cause, rule, &level, notice, &tell, self.now);
        }
        let since = self.now;
        self.after.concerns.insert(key, Concern { what, since });
    }

    fn let_go(&mut self, key: &str) {
        self.after.concerns.remove(key);
        self.say("concern_over", json!({ "about": key }));
        self.withdrawn.push(format!("concern/{key}"));
    }
}

/// What an episode shows by itself, each with the instant from which it is about something, UTC.
fn shown(episode: &Episode, clock_runs: bool) -> Vec<(Matter, Timestamp)> {
    let mut found = Vec::new();
    if !episode.is_live() {
        return found;
    }
    let hidden = |step: &&Step| step.presence == Presence::Hidden && step.is_live();
    let hidden = episode.steps.values().filter(hidden);
    let since = hidden
        .filter_map(|step| Some(step.hidden.last()?.from))
        .min();
    found.extend(since.map(|since| (Matter::Restricted { clock_runs }, since)));
    for step in episode.steps.values() {
        let id = || step.id.clone();
        // One that was only proposed is gone because somebody changed their mind (P28).
        let was_open = step.presence == Presence::Deleted && step.status.is_open();
        if was_open && episode.step_of(step.stage).is_none() {
            found.push((Matter::Deleted { step: id() }, step.last_seen));
        }
        let undone = step
            .finished
            .last()
            .filter(|_| step.is_live() && step.status.is_open());
        if let Some((finish, since)) = undone.and_then(|finish| Some((finish, finish.undone?))) {
            let finished_at = finish.at;
            let step = id();
            found.push((Matter::Undone { step, finished_at }, since));
        }
        if names_another_child(episode, step) {
            found.push((Matter::OtherChild { step: id() }, began(step)));
        }
    }
    if let Some(step) = episode
        .steps
        .values()
        .next()
        .filter(|_| !episode.between.is_empty())
    {
        let between = episode.between.clone();
        let step_id = step.id.clone();
        found.push((
            Matter::Unplaced {
                step: step_id,
                between,
            },
            began(step),
        ));
    }
    for step in episode.second_steps() {
        if let Some(own) = episode.step_of(step.stage) {
            let beside = own.id.clone();
            let step_id = step.id.clone();
            found.push((
                Matter::SecondStep {
                    step: step_id,
                    beside,
                },
                began(step),
            ));
        }
    }
    found
}

fn names_another_child(episode: &Episode, step: &Step) -> bool {
    let keys = episode.keys();
    step.is_live()
        && !step.children.is_empty()
        && !step.children.iter().any(|child| keys.contains(child))
}

fn began(step: &Step) -> Timestamp {
    step.dates.incoming.unwrap_or(step.first_seen)
}
