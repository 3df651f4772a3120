//! One replay of the journal: what was answered, what was owed, and when nobody looked.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::awake::{Asleep, PROMPT};
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::Permit;
use crate::practice::history::{Happened, Past};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::react::{Input, Reaction, react};
use crate::practice::replay::{Standing, World};
use crate::practice::terms::Terms;
use crate::practice::verdict::{Answer, Judged, Verdict};

/// A Finish, asked for or observed: by the number of its line, and its step.
pub(super) type FinishKey = (i64, StepId);

/// What was answered to a Finish, or would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) episode: EpisodeId,
    pub(super) at: Timestamp,
    /// Nobody asked: it was observed.
    pub(super) observed: bool,
    pub(super) answer: Answer,
    pub(super) rules: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) permit: Option<Permit>,
}

/// What came of a history, as far as it is compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Deeds {
    pub(super) answers: BTreeMap<FinishKey, Answered>,
    pub(super) owed: BTreeMap<String, (Timestamp, Effect)>,
}

/// Causes of effects that use-cases owe beside what `react` does.
const BESIDE: [&str; 5] = ["sample/", "extended/", "corrected/", "shadow/", "cycle"];

impl Deeds {
    /// What the journal itself says of it.
    pub(super) fn note(&mut self, line: &Past) {
        match (&line.what, &line.episode) {
            (Happened::Asked(asked), Some(episode)) => {
                let answered = Answered {
                    episode: episode.clone(),
                    at: line.at,
                    observed: false,
                    answer: asked.answer,
                    rules: asked.rules.clone(),
                    warnings: Vec::new(),
                    permit: None,
                };
                self.answers
                    .insert((line.seq, asked.attempt.step.clone()), answered);
            }
            (Happened::Followed(kind, body), Some(_)) if kind == "owed" => {
                let effect = body
                    .get("effect")
                    .cloned()
                    .map(serde_json::from_value::<Effect>);
                if let Some(Ok(effect)) = effect {
                    self.owed.insert(effect.key.clone(), (line.at, effect));
                }
            }
            _ => {}
        }
    }

    /// The permits that were given, by the Finish they were given for.
    pub(super) fn permits(&self) -> BTreeMap<FinishKey, Permit> {
        let given = self.answers.iter();
        given
            .filter_map(|(key, answered)| Some((key.clone(), answered.permit.clone()?)))
            .collect()
    }

    /// Where a replay differs from what these say happened; none if it is faithful.
    pub(super) fn against(&self, replayed: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for ((seq, step), said) in &self.answers {
            let again = replayed.answers.get(&(*seq, step.clone()));
            let same = again.is_some_and(|a| a.answer == said.answer && a.rules == said.rules);
            if !same {
                found.push(format!(
                    "line {seq}: {} was asked about step {step} and answered {:?}; replayed, the answer is {}",
                    said.episode,
                    said.answer,
                    again.map_or("none".to_owned(), |again| format!("{:?}", again.answer))
                ));
            }
        }
        for (key, (_, effect)) in &self.owed {
            let gathered = key.starts_with("digest/");
            let beside = gathered || BESIDE.iter().any(|cause| effect.cause.starts_with(cause));
            if !beside && !replayed.owed.contains_key(key) {
                found.push(format!("`{key}` was owed, and is not when replayed"));
            }
        }
        for key in replayed
            .owed
            .keys()
            .filter(|key| !self.owed.contains_key(*key))
        {
            found.push(format!("`{key}` was not owed, and is when replayed"));
        }
        found
    }
}

/// One replay.
pub(super) struct Run {
    world: World,
    pub(super) deeds: Deeds,
    /// The journal's lines, its first instant and its last.
    pub(super) lines: u64,
    pub(super) span: Option<(Timestamp, Timestamp)>,
    last_terms: Option<Terms>,
    spells: Vec<(Timestamp, Timestamp)>,
    /// Of a trial: when nobody looked, and the permits that people went on with.
    trial: Option<(Asleep, BTreeMap<FinishKey, Permit>)>,
}

impl Run {
    /// Everything as it was, timers at the instants at which they went off.
    pub(super) fn as_it_was() -> Self {
        Self {
            world: World::default(),
            deeds: Deeds::default(),
            lines: 0,
            span: None,
            last_terms: None,
            spells: Vec::new(),
            trial: None,
        }
    }

    /// The same history under other terms, timers at the instants at which they would have gone off.
    pub(super) fn under_trial(asleep: Asleep, permits: BTreeMap<FinishKey, Permit>) -> Self {
        Self {
            trial: Some((asleep, permits)),
            ..Self::as_it_was()
        }
    }

    pub(super) fn asleep(&self) -> Asleep {
        Asleep::of(self.spells.clone())
    }

    pub(super) fn episodes(&self) -> usize {
        self.world.episodes().count()
    }

    /// Takes the next line in.
    pub(super) fn take(&mut self, line: &Past, terms: &Terms) {
        self.lines += 1;
        let first = self.span.map_or(line.at, |(first, _)| first);
        let last = self.span.map_or(line.at, |(_, last)| last.max(line.at));
        self.span = Some((first, last));
        if matches!(line.what, Happened::Configured(_)) || self.last_terms.is_none() {
            self.last_terms = Some(terms.clone());
        }
        let Some(id) = line.episode.clone() else {
            return;
        };
        if matches!(line.what, Happened::Followed(..)) {
            return;
        }
        self.pass_time(&id, line.at, PROMPT, terms);
        if let Some(reaction) = self.world.take(line, terms) {
            self.note(line, &reaction);
        }
    }

    /// Ends the replay: what fell due after the last line about an episode, up to the journal's end.
    pub(super) fn end(&mut self) {
        let (Some(terms), Some((_, last))) = (self.last_terms.clone(), self.span) else {
            return;
        };
        let all: Vec<EpisodeId> = self
            .world
            .episodes()
            .map(|one| one.episode.id.clone())
            .collect();
        for id in all {
            if self.trial.is_some() {
                self.pass_time(&id, last, SignedDuration::ZERO, &terms);
            } else if let Some(due) = self.unsaid(&id, last, &terms) {
                self.spells.push((due, Timestamp::MAX));
            }
        }
    }

    /// Lets time pass for an episode until just before `until`. What falls due within `grace` before it is said by
    /// what happens then: any input lets time pass too.
    fn pass_time(
        &mut self,
        id: &EpisodeId,
        until: Timestamp,
        grace: SignedDuration,
        terms: &Terms,
    ) {
        if self.trial.is_none() {
            if let Some(due) = self.unsaid(id, until, terms) {
                self.spells.push((due, until));
            }
            return;
        }
        while let Some(due) = self.world.episode(id).and_then(|one| one.look_again) {
            let trial = self.trial.as_ref();
            let looked = trial.map_or(due, |(asleep, _)| asleep.looked_at(due));
            if looked >= until || until.duration_since(due) <= grace {
                return;
            }
            let passed = self.world.input(id, None, Input::TimePassed, terms, looked);
            let Some(reaction) = passed else { return };
            self.owe(&reaction, looked);
            if reaction.look_again.is_some_and(|next| next <= looked) {
                return;
            }
        }
    }

    /// What fell due for an episode and was not said for a while: since when, UTC.
    fn unsaid(&self, id: &EpisodeId, until: Timestamp, terms: &Terms) -> Option<Timestamp> {
        let standing: &Standing = self.world.episode(id)?;
        let mut due = standing.look_again?;
        let mut episode = standing.episode.clone();
        while until.duration_since(due) > PROMPT {
            let (id, source) = (episode.id.clone(), episode.source.clone());
            let passed = react(Some(&episode), &id, &source, Input::TimePassed, terms, due);
            if !passed.owed.is_empty() {
                return Some(due);
            }
            let next = passed.look_again?;
            if next <= due {
                return None;
            }
            (episode, due) = (passed.after, next);
        }
        None
    }

    fn note(&mut self, line: &Past, reaction: &Reaction) {
        self.owe(reaction, line.at);
        let asked = match &line.what {
            Happened::Asked(asked) => Some(&asked.attempt.step),
            Happened::Tasked(attempt, _) => Some(&attempt.step),
            _ => None,
        };
        if let (Some(step), Some(verdict)) = (asked, &reaction.verdict) {
            self.answered(line, step, verdict, reaction);
        }
        for said in reaction.said.iter().filter(|said| said.kind == "bypass") {
            self.observed(line, reaction, &said.body);
        }
    }

    fn owe(&mut self, reaction: &Reaction, at: Timestamp) {
        for effect in &reaction.owed {
            self.deeds
                .owed
                .insert(effect.key.clone(), (at, effect.clone()));
        }
    }

    fn answered(&mut self, line: &Past, step: &StepId, verdict: &Verdict, reaction: &Reaction) {
        let key = (line.seq, step.clone());
        let answered = Answered {
            episode: reaction.after.id.clone(),
            at: line.at,
            observed: false,
            answer: verdict.answer(),
            rules: verdict.codes().into_iter().map(str::to_owned).collect(),
            warnings: verdict
                .warnings()
                .map(|one: &Judged| one.rule.clone())
                .collect(),
            permit: reaction.after.permits.get(step).cloned(),
        };
        // People went on with the permit that they had.
        let had = self
            .trial
            .as_ref()
            .and_then(|(_, permits)| permits.get(&key).cloned());
        if let (Some(permit), Answer::Hold) = (had, answered.answer) {
            let mut episode = reaction.after.clone();
            episode.holds.remove(step);
            episode.permits.insert(step.clone(), permit);
            self.world.keep(episode, reaction.look_again);
        }
        self.deeds.answers.insert(key, answered);
    }

    /// A Finish that nobody asked about, or work that was sent on without one.
    fn observed(&mut self, line: &Past, reaction: &Reaction, body: &Json) {
        let part = |name: &str| body.get(name).cloned().unwrap_or_default();
        let answer = serde_json::from_value::<Answer>(part("would_have_been"));
        let (Some(step), Ok(answer)) = (body.get("step").and_then(Json::as_str), answer) else {
            return;
        };
        let answered = Answered {
            episode: reaction.after.id.clone(),
            at: line.at,
            observed: true,
            answer,
            rules: serde_json::from_value(part("rules")).unwrap_or_default(),
            warnings: Vec::new(),
            permit: None,
        };
        self.deeds
            .answers
            .insert((line.seq, StepId::from(step)), answered);
    }
}

/// Whether an effect is a message to people, a flag, or something else.
pub(super) fn kind(act: &Act) -> &'static str {
    match act {
        Act::Flag { .. } => "flag set",
        Act::Unflag { .. } => "flag taken off",
        Act::Reopen { .. } => "step opened again",
        Act::AnswerTask { .. } => "task answered",
        _ => "message",
    }
}
