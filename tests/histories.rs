//! What holds of every history? Random people decide, forms change, steps are finished, opened again, hidden, told
//! twice and out of order; six promises are looked at after each input, by other means than the judge's own.
//!
//! `GREENTICK_HISTORIES=20000 cargo test --test histories` tries more; a failure prints its seed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a history that breaks a promise stops the test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use greentick::practice::admit::{Admitted, admit};
use greentick::practice::decision::{Decided, Decision, ModerationOutcome};
use greentick::practice::episode::{Episode, Presence, Stage, StepStatus};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::fold::rekey;
use greentick::practice::ids::{ChildKey, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::judge::judge_time;
use greentick::practice::known::{Known, Why};
use greentick::practice::react::{Input, Reaction, react};
use greentick::practice::sighting::Sighting;
use greentick::practice::terms::{Mode, Terms};
use greentick::practice::verdict::{Answer, Attempt, Finding};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;

/// Random numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let most = u64::try_from(all.len()).unwrap();
        &all[usize::try_from(self.below(most)).unwrap()]
    }
}

/// What went in, so that it can go in again.
enum Event {
    Seen(Box<Sighting>),
    Decided(Box<Decision>),
    Asked(Attempt, String),
    Time,
    Merged(ChildKey, ChildKey),
}

const PEOPLE: [&str; 7] = ["W-QA", "W-HEAD", "W-PR", "W-PRACT", "W-SUP", "W-SM", "W-OP"];

fn apply(before: Option<&Episode>, event: &Event, terms: &Terms, now: Timestamp) -> Reaction {
    let (id, source) = (EpisodeId::from("LE-1"), SourceName::from("council"));
    let input = match event {
        Event::Seen(sighting) => Input::Seen(sighting),
        Event::Decided(decision) => Input::Decided(decision),
        Event::Asked(attempt, name) => Input::Asked(attempt, name),
        Event::Time => Input::TimePassed,
        Event::Merged(from, to) => {
            let mut merged = before.unwrap().clone();
            rekey(&mut merged, from, to);
            return react(Some(&merged), &id, &source, Input::TimePassed, terms, now);
        }
    };
    react(before, &id, &source, input, terms, now)
}

/// Under which terms: rules that no form here could meet would hide what the promises are about.
fn terms() -> Arc<Terms> {
    let mut terms = common::terms(Mode::Callout).as_ref().clone();
    for rule in greentick::practice::rules::RULES {
        let kept = ["LE-27", "LE-03", "LE-00"].iter();
        if !kept.into_iter().any(|one| rule.code.starts_with(one)) {
            let off = serde_json::from_value(json!({ "stance": "off" })).unwrap();
            terms.policy.rules.insert(rule.code.to_owned(), off);
        }
    }
    Arc::new(terms)
}

struct World {
    seed: u64,
    dice: Dice,
    terms: Arc<Terms>,
    now: Timestamp,
    episode: Option<Episode>,
    events: Vec<(Event, Timestamp)>,
    /// The case system's truth of each step: its version, status, evaluation, rating.
    truth: BTreeMap<Stage, (u64, StepStatus, Option<&'static str>, &'static str)>,
    /// Permits that were given, by their name: everything that blocks was met, or somebody answers for it.
    sound: BTreeSet<String>,
    keys: BTreeSet<String>,
    seen: BTreeMap<&'static str, u32>,
}

impl World {
    fn new(seed: u64, terms: &Arc<Terms>) -> Self {
        let mut world = Self {
            seed,
            dice: Dice(seed),
            terms: Arc::clone(terms),
            now: "2026-11-16T09:00:00Z".parse().unwrap(),
            episode: None,
            events: Vec::new(),
            truth: BTreeMap::new(),
            sound: BTreeSet::new(),
            keys: BTreeSet::new(),
            seen: BTreeMap::new(),
        };
        let allocation = json!({
            "decision": "allocate", "cycle": "2026-C3", "source": "council", "child": "child-1",
            "practitioner": "W-PRACT", "reviewer": "W-PR", "supervisor": "W-SUP", "service_manager": "W-SM",
            "operational_manager": "W-OP", "service": "assessment", "allocated_on": "2026-11-02",
            "due_on": "2026-11-20",
        });
        world.decide("W-QA", serde_json::from_value(allocation).unwrap());
        world
    }

    fn happened(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn broken(&self, promise: &str) -> ! {
        panic!(
            "seed {}, after {} events: {promise}",
            self.seed,
            self.events.len()
        )
    }

    fn take(&mut self, event: Event) -> Reaction {
        let reaction = apply(self.episode.as_ref(), &event, &self.terms, self.now);
        self.events.push((event, self.now));
        for effect in &reaction.owed {
            // (vi) Each thing is owed once in an episode's life.
            if !self.keys.insert(effect.key.clone()) {
                self.broken(&format!("`{}` is owed twice", effect.key));
            }
            // (v) Nothing is called overdue on a day on which the clock stands still.
            if effect.rule == "LE-03.1" && self.is_paused(&reaction.after) {
                let cured =
                    effect.cause.starts_with("cured") || effect.cause.starts_with("corrected");
                if !cured {
                    self.broken(&format!("`{}` is owed in a pause", effect.key));
                }
            }
        }
        if self.dice.below(8) > 0 {
            self.episode = Some(reaction.after.clone());
            self.look();
            return reaction;
        }
        // What is kept is what is read back.
        let text = serde_json::to_string(&reaction.after).unwrap();
        let back: Episode = serde_json::from_str(&text).unwrap();
        assert_eq!(back, reaction.after, "seed {}", self.seed);
        self.episode = Some(back);
        self.look();
        reaction
    }

    fn is_paused(&self, episode: &Episode) -> bool {
        let today = self.terms.calendar.local_date(self.now);
        let mut pauses = episode.pauses.iter();
        pauses.any(|pause| pause.from <= today && today <= pause.until)
    }

    /// The promises that can be read off the episode.
    fn look(&mut self) {
        let episode = self.episode.as_ref().unwrap();
        if self.is_paused(episode) {
            let judged = judge_time(episode, self.now, &self.terms);
            let late = judged
                .iter()
                .find(|judged| judged.rule == "LE-03.1")
                .unwrap();
            if matches!(late.finding, Finding::Unmet(_)) {
                self.broken("it is overdue in a pause");
            }
        }
        // (ii) A Finish used a permit that was sound, or it is entered as one that went around.
        let finishes = episode.steps.values().flat_map(|step| &step.finished);
        for finish in finishes {
            let sound = finish
                .permit
                .as_ref()
                .is_some_and(|permit| self.sound.contains(permit));
            if !sound && !finish.bypass {
                self.broken("a Finish has neither a sound permit nor a bypass");
            }
        }
    }

    fn decide(&mut self, by: &str, what: Decided) {
        let decision = Decision {
            id: format!("D-{}", self.events.len()),
            episode: EpisodeId::from("LE-1"),
            by: WorkerId::from(by),
            at: self.now,
            what,
        };
        let admitted = admit(&decision, self.episode.as_ref(), &self.terms, &[]);
        if let Ok(Admitted::New(_)) = admitted {
            self.happened(decision.what.name());
            self.take(Event::Decided(Box::new(decision)));
        }
    }

    fn sighting(&mut self, stage: Stage) -> Sighting {
        let (version, status, grade, rating) = self.truth[&stage];
        let mut seen = common::review(stage.name(), "LE-1", self.now);
        seen.stage = stage;
        seen.status = status;
        seen.version = Some(version.to_string());
        seen.child = Known::Is("child-1".into());
        if status == StepStatus::Completed {
            seen.dates.completed = Some(self.now);
        }
        if stage == Stage::PracticeReview {
            let row = Row {
                code: Known::Is(rating.to_owned()),
                ..Row::new("direct_work")
            };
            let grade = grade.map_or(Known::Blank, |grade| {
                Known::Is(Value::Code(grade.to_owned()))
            });
            seen.facts.insert(Fact::Evaluation, grade);
            seen.facts
                .insert(Fact::Areas, Known::Is(Value::Rows(vec![row])));
            seen.facts
                .insert(Fact::Observation, Known::Is(Value::Rows(Vec::new())));
        }
        if self.dice.one_in(15) {
            seen.presence = Presence::Hidden;
        }
        seen
    }

    /// The case system moves on: a form is saved, a step begins, ends or is opened again.
    fn moves(&mut self) {
        // Mostly where the work is: at the last step there is, or the one that its end sends on.
        let any = *self.dice.of(&Stage::ALL);
        let last = self.truth.iter().next_back();
        let front = match last {
            Some((stage, truth)) if truth.1 == StepStatus::Completed => stage.next(),
            Some((stage, _)) => Some(*stage),
            None => Some(Stage::Practitioner),
        };
        let stage = front.filter(|_| !self.dice.one_in(3)).unwrap_or(any);
        let before = Stage::ALL.into_iter().find(|one| one.next() == Some(stage));
        let begun = before.is_none_or(|one| self.truth.contains_key(&one));
        let grade = *self
            .dice
            .of(&[None, Some("outstanding"), Some("good"), Some("inadequate")]);
        let rating = *self.dice.of(&["high", "low"]);
        let one_in_three = self.dice.one_in(3);
        let Some(truth) = self.truth.get_mut(&stage) else {
            if begun {
                self.truth
                    .insert(stage, (1, StepStatus::Started, None, "high"));
                let seen = self.sighting(stage);
                self.take(Event::Seen(Box::new(seen)));
            }
            return;
        };
        truth.0 += 1;
        match truth.1 {
            StepStatus::Completed if one_in_three => truth.1 = StepStatus::Reopened,
            StepStatus::Completed => {}
            _ if one_in_three => truth.1 = StepStatus::Completed,
            _ => (truth.2, truth.3) = (grade, rating),
        }
        let seen = self.sighting(stage);
        if seen.status == StepStatus::Completed {
            self.happened("finished");
        }
        self.take(Event::Seen(Box::new(seen.clone())));
        if self.dice.one_in(4) {
            self.told_again(&seen);
        }
    }

    /// (iv) What is told twice changes nothing but the count of what was told.
    fn told_again(&mut self, seen: &Sighting) {
        let before = self.episode.clone().unwrap();
        self.take(Event::Seen(Box::new(seen.clone())));
        let mut after = self.episode.clone().unwrap();
        after.version = before.version;
        if after != before {
            self.broken("a sighting told twice changed something");
        }
    }

    /// (i) A review with an extreme evaluation gets a permit only if the Head agreed to what stands.
    fn asks(&mut self) {
        let any = *self.dice.of(&Stage::ALL);
        let stage = if self.dice.one_in(2) {
            any
        } else {
            Stage::PracticeReview
        };
        let attempt = Attempt {
            step: StepId::from(stage.name()),
            actor: None,
            hand_over: Known::Unreadable(Why::NotSeen),
            immediate: false,
            at: self.now,
            screen: None,
        };
        let name = format!("P-{}", self.events.len());
        let reaction = self.take(Event::Asked(attempt, name.clone()));
        let Some(verdict) = reaction.verdict else {
            return;
        };
        if verdict.answer() == Answer::Hold {
            return;
        }
        if verdict.overridden || verdict.reasons().next().is_none() {
            self.sound.insert(name);
        }
        self.happened("permitted");
        let episode = self.episode.as_ref().unwrap();
        let Known::Is(grade) = episode.evaluation() else {
            return;
        };
        if stage != Stage::PracticeReview || !grade.is_extreme() || verdict.overridden {
            return;
        }
        let stands = episode.moderated_matter();
        let agreed = episode.moderations.iter().any(|one| {
            let head = one.by.as_str() == "W-HEAD";
            head && one.grade == grade
                && one.outcome == ModerationOutcome::Agree
                && one.on == stands
        });
        if !agreed {
            self.broken("an extreme evaluation is permitted without the Head's agreement");
        }
        self.happened("permitted as moderated");
    }

    fn somebody_decides(&mut self) {
        let by = *self.dice.of(&PEOPLE);
        let day = self.terms.calendar.local_date(self.now);
        let later = day
            .checked_add(i64::try_from(self.dice.below(10)).unwrap().days())
            .unwrap();
        let stage = self.dice.of(&Stage::ALL).name();
        let stands = self
            .truth
            .get(&Stage::PracticeReview)
            .and_then(|truth| truth.2);
        let grade = stands.unwrap_or(*self.dice.of(&["outstanding", "inadequate"]));
        let outcome = *self
            .dice
            .of(&["agree", "agree", "agree", "change", "more_evidence"]);
        let role = *self
            .dice
            .of(&["practice_reviewer", "supervisor", "service_manager"]);
        let all = [
            json!({"decision": "extend", "due": later, "reason": "leave"}),
            json!({"decision": "pause", "from": day, "until": later, "reason": "leave"}),
            json!({"decision": "resume", "on": day}),
            json!({"decision": "request_moderation"}),
            json!({"decision": "withdraw_moderation"}),
            json!({"decision": "moderate", "grade": grade, "outcome": outcome}),
            json!({"decision": "moderate", "grade": grade, "outcome": outcome}),
            json!({"decision": "give_reason", "about": "late_finish", "reason": "sickness"}),
            json!({"decision": "override", "stage": stage, "reason": "safety"}),
            json!({"decision": "reassign", "role": role, "to": format!("W-{}", self.dice.below(9)), "reason": "left"}),
            json!({"decision": "return_step", "to": stage, "reason": "more"}),
            json!({"decision": "reopen_after_sign_off", "reason": "error"}),
            json!({"decision": "below_standard", "criteria": ["evidence"]}),
            json!({"decision": "escalate_to_head", "reason": "standard"}),
            json!({"decision": "raise_concern"}),
            json!({"decision": "acknowledge_concern"}),
            json!({"decision": "unavailable", "reason": "sickness"}),
            json!({"decision": "close"}),
        ];
        let what = self.dice.of(&all).clone();
        let by = match what["decision"].as_str() {
            // The few who may, more often than chance would have it.
            Some("moderate") => "W-HEAD",
            Some("request_moderation" | "withdraw_moderation") => "W-PR",
            Some("raise_concern" | "extend" | "pause" | "resume") => "W-QA",
            Some("acknowledge_concern") => *self.dice.of(&["W-HEAD", "W-OP"]),
            Some("reopen_after_sign_off") => *self.dice.of(&["W-HEAD", "W-QA"]),
            _ => by,
        };
        self.decide(by, serde_json::from_value(what).unwrap());
    }

    fn goes_on(&mut self) {
        let minutes = match self.dice.below(4) {
            0 => 1,
            1 => 30,
            2 => 60 * 8,
            _ => 60 * 24,
        };
        self.now += SignedDuration::from_mins(minutes);
        match self.dice.below(12) {
            0..=4 => self.moves(),
            5..=6 => self.asks(),
            7..=9 => self.somebody_decides(),
            10 if self.dice.one_in(6) => {
                let (from, to) = (ChildKey::from("child-1"), ChildKey::from("child-2"));
                self.take(Event::Merged(from, to));
            }
            _ => drop(self.take(Event::Time)),
        }
    }

    /// (iii) The same events give the same episode, to the byte.
    fn again(&self) {
        let mut episode: Option<Episode> = None;
        for (event, now) in &self.events {
            episode = Some(apply(episode.as_ref(), event, &self.terms, *now).after);
        }
        if serde_json::to_vec(&episode).unwrap() != serde_json::to_vec(&self.episode).unwrap() {
            self.broken("the same events gave another episode");
        }
    }
}

#[test]
fn six_promises_hold_of_every_history() {
    let wanted = std::env::var("GREENTICK_HISTORIES").ok();
    let histories = wanted.map_or(400, |text| text.parse().unwrap());
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let terms = terms();
    for seed in 0..histories {
        let mut world = World::new(seed, &terms);
        for _ in 0..40 {
            world.goes_on();
        }
        world.again();
        for (what, times) in &world.seen {
            *seen.entry(what).or_default() += times;
        }
    }
    // A promise about what never happened would be worth nothing.
    for what in [
        "finished",
        "permitted",
        "permitted as moderated",
        "pause",
        "resume",
        "moderate",
        "reassign",
        "override",
        "return_step",
        "reopen_after_sign_off",
        "acknowledge_concern",
        "withdraw_moderation",
    ] {
        assert!(
            seen.get(what).is_some_and(|times| *times > 5),
            "{what}: {seen:?}"
        );
    }
}
