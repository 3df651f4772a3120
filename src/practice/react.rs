//! What follows from an input? The one function that turns it into a reaction.

mod concerns;
mod corrections;
mod decisions;
mod finishes;
mod sample;
mod tasks;
mod time;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deadlines::due_day;
use super::decision::Decision;
use super::effect::{Act, Effect};
use super::episode::{Episode, Hold, Permit, Role};
use super::fold;
use super::ids::{EpisodeId, SourceName, StepId, TaskId};
use super::judge::{judge, judge_unread, own_fingerprint};
use super::on_record::Sampled;
use super::reach::{addresses, reached};
use super::rules::{Rule, find};
use super::sighting::Sighting;
use super::standstill::Outage;
use super::terms::Terms;
use super::verdict::{Answer, Attempt, Verdict};
use super::wording;

pub use finishes::{has_gone_on, sent_on_at};
pub use tasks::{is_told, nobody_yet};

/// Everything that can happen to an episode.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A step was seen.
    Seen(&'a Sighting),
    /// A person decided.
    Decided(&'a Decision),
    /// A Finish was asked for; the text is the decision's id.
    Asked(&'a Attempt, &'a str),
    /// The same, while the step could not be read anew: its form may say anything by now.
    AskedUnread(&'a Attempt, &'a str),
    /// A task of Greentick's own worker stands open in the step, which was read just now.
    Tasked(&'a Attempt, &'a TaskId),
    /// Which other live episodes its child has at present; none if it is the only one.
    Doubled(&'a BTreeSet<EpisodeId>),
    /// The case system could not be reached for so long.
    Unreachable(&'a Outage),
    /// It came into its cycle's sample, was given to others there, or left it.
    Sampled(&'a Sampled),
    /// Time passed.
    TimePassed,
}

/// What follows from an input; committed whole or not at all.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// The episode after.
    pub after: Episode,
    /// The judge's answer, if the input asked for one.
    pub verdict: Option<Verdict>,
    /// What is now owed.
    pub owed: Vec<Effect>,
    /// Causes that are cured: their effects not yet sent are withdrawn.
    pub withdrawn: Vec<String>,
    /// Corrections, each owed only if something of its cause was said or may have been.
    pub corrected: Vec<(String, Effect)>,
    /// When time next matters to this episode, UTC.
    pub look_again: Option<Timestamp>,
    /// What the journal says of it, the input first.
    pub said: Vec<JournalLine>,
}

/// One entry of the journal, before it is numbered and chained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalLine {
    /// What kind of entry: `seen`, `decided`, `asked`, `bypass`, `owed`, `withdrawn` …
    pub kind: String,
    /// Its content: codes, dates, lengths, hashes.
    pub body: serde_json::Value,
}

impl JournalLine {
    /// An entry of this kind with this content.
    pub fn new(kind: &str, body: serde_json::Value) -> Self {
        Self {
            kind: kind.to_owned(),
            body,
        }
    }
}

/// Turns an input into what follows from it. `id` and `source` name the episode if it is new.
pub fn react(
    before: Option<&Episode>,
    id: &EpisodeId,
    source: &SourceName,
    input: Input<'_>,
    terms: &Terms,
    now: Timestamp,
) -> Reaction {
    let mut work = Work {
        after: before
            .cloned()
            .unwrap_or_else(|| Episode::new(id.clone(), source.clone())),
        verdict: None,
        owed: Vec::new(),
        withdrawn: Vec::new(),
        corrected: Vec::new(),
        said: Vec::new(),
        terms,
        now,
    };
    let quiet = quiet_input(input);
    match input {
        Input::Seen(sighting) => work.seen(sighting),
        Input::Decided(decision) => work.decided(decision),
        Input::Asked(attempt, decision_id) => work.asked(attempt, decision_id, true),
        Input::AskedUnread(attempt, decision_id) => work.asked(attempt, decision_id, false),
        Input::Tasked(attempt, task) => work.tasked(attempt, task),
        Input::Doubled(others) => work.doubled(others),
        Input::Unreachable(outage) => work.unreachable(outage),
        Input::Sampled(sampled) => work.sampled(sampled),
        Input::TimePassed => {}
    }
    work.settle_concerns();
    let said_next = work.settle_tasks();
    let look_again = work.settle_time();
    let look_again = look_again.into_iter().chain(said_next).min();
    let entered = work.said.iter().any(|line| line.kind == "unreachable");
    if let Some(line) = quiet.filter(|_| work.has_effect() && !entered) {
        work.said.insert(0, line);
    }
    let Work {
        after,
        verdict,
        owed,
        withdrawn,
        corrected,
        said,
        ..
    } = work;
    Reaction {
        after,
        verdict,
        owed,
        withdrawn,
        corrected,
        look_again,
        said,
    }
}

/// How an input is entered that is entered only if something follows from it: most looks at the clock find
/// nothing, and a replay then misses nothing without them.
fn quiet_input(input: Input<'_>) -> Option<JournalLine> {
    match input {
        // An outage that is on record already is as good as time that passed.
        Input::TimePassed | Input::Unreachable(_) => {
            Some(JournalLine::new("time_passed", json!({})))
        }
        Input::Doubled(others) => Some(JournalLine::new("doubled", json!({ "others": others }))),
        Input::Tasked(attempt, task) => {
            let body = json!({ "attempt": attempt, "task": task });
            Some(JournalLine::new("tasked", body))
        }
        Input::Seen(_)
        | Input::Decided(_)
        | Input::Asked(..)
        | Input::AskedUnread(..)
        | Input::Sampled(_) => None,
    }
}

/// A reaction in the making.
struct Work<'a> {
    after: Episode,
    verdict: Option<Verdict>,
    owed: Vec<Effect>,
    withdrawn: Vec<String>,
    corrected: Vec<(String, Effect)>,
    said: Vec<JournalLine>,
    terms: &'a Terms,
    now: Timestamp,
}

impl Work<'_> {
    /// Whether anybody hears of this input, or the journal does.
    fn has_effect(&self) -> bool {
        let lists = [self.owed.is_empty(), self.withdrawn.is_empty()];
        let more = [self.corrected.is_empty(), self.said.is_empty()];
        lists.into_iter().chain(more).any(|is_empty| !is_empty)
    }

    fn say(&mut self, kind: &str, body: serde_json::Value) {
        self.said.push(JournalLine::new(kind, body));
    }

    fn seen(&mut self, sighting: &Sighting) {
        let held = self.after.steps.get(&sighting.step);
        let last_open = held.map_or(sighting.seen_at, |step| step.last_seen);
        let change = fold::take_sighting(&mut self.after, sighting);
        self.say("seen", json!({ "sighting": sighting }));
        if let Some(from) = change.went_back {
            self.say(
                "step_went_back",
                json!({ "step": sighting.step, "from": from, "to": sighting.version, "undone": change.undone }),
            );
        }
        if change.reopened && change.undone.is_none() {
            self.say(
                "reopened",
                json!({ "step": sighting.step, "stage": sighting.stage }),
            );
        }
        if change.presence_changed {
            self.say(
                "presence",
                json!({ "step": sighting.step, "presence": sighting.presence }),
            );
        }
        if change.delayed {
            // A next action with a delay: it was hidden while we looked, so nobody was late with it.
            self.say(
                "delayed",
                json!({ "step": sighting.step, "stage": sighting.stage,
                    "incoming": sighting.dates.incoming, "clock_from": sighting.seen_at }),
            );
        }
        for (date, from, to) in change.moved {
            let (policy, calendar) = (&self.terms.policy, &self.terms.calendar);
            let in_force = due_day(&self.after, sighting.stage, policy, calendar);
            self.say(
                "date_moved",
                json!({ "step": sighting.step, "date": date, "from": from, "to": to, "in_force": in_force }),
            );
        }
        if let Some(finished) = change.finished {
            // Without a stamp all that is known is that it lay between two looks.
            let stamp = sighting.dates.completed.filter(|at| *at == finished.at);
            let earliest = stamp.unwrap_or(last_open);
            self.finish_observed(&sighting.step, &finished, earliest);
        }
        self.sent_on_early(sighting);
    }

    /// The days lost count once, however often their end is seen.
    fn unreachable(&mut self, outage: &Outage) {
        if !self.after.is_live() || self.after.outages.last() == Some(outage) {
            return;
        }
        self.after.version += 1;
        self.after.outages.retain(|held| held.since != outage.since);
        self.after.outages.push(*outage);
        self.say("unreachable", json!({ "outage": outage }));
    }

    /// `read`: the step was read for this question. What was seen of its form before is no answer to it
    /// otherwise; it stays what was last seen.
    fn asked(&mut self, attempt: &Attempt, decision_id: &str, read: bool) {
        let judged = if read {
            judge(&self.after, attempt, self.terms)
        } else {
            judge_unread(&self.after, attempt, self.terms)
        };
        let Some(verdict) = judged else { return };
        self.after.version += 1;
        let step = self.after.steps.get(&attempt.step);
        // Whoever asks by this door as well does not make us forget the task that stands in the step.
        let given = self.after.permits.get(&attempt.step);
        let refused = self.after.holds.get(&attempt.step);
        let task = given.and_then(|permit| permit.task.clone());
        let task = task.or_else(|| refused.and_then(|hold| hold.task.clone()));
        let valid_until = self
            .now
            .saturating_add(SignedDuration::from_mins(self.terms.policy.permit_minutes))
            .unwrap_or(self.now);
        let permit = (verdict.answer() != Answer::Hold).then(|| Permit {
            decision_id: decision_id.to_owned(),
            step: attempt.step.clone(),
            leg: step.map_or(1, |step| step.leg),
            on: verdict.on.clone(),
            own: step.map(|step| own_fingerprint(&self.after, step, attempt.at, read)),
            unread: !read,
            actor: attempt.actor.clone(),
            judged_at: self.now,
            valid_until,
            provisional: verdict.answer() == Answer::Provisional,
            policy: verdict.policy.clone(),
            task: task.clone(),
        });
        self.said.push(JournalLine::new(
            "asked",
            json!({
                "decision_id": decision_id, "attempt": attempt, "answer": verdict.answer(),
                "version": step.and_then(|step| step.version.clone()),
                "status": step.map(|step| step.status), "stage": verdict.stage,
                "rules": verdict.codes(), "on": verdict.on, "policy": verdict.policy, "read": read,
                "valid_until": permit.as_ref().map(|permit| permit.valid_until),
            }),
        ));
        let asked = attempt.step.clone();
        self.after
            .asked
            .insert(attempt.step.clone(), attempt.clone());
        // A hold voids an earlier permit: the facts it was given on have moved.
        if let Some(permit) = permit {
            self.after.holds.remove(&asked);
            self.after.permits.insert(asked, permit);
        } else {
            self.after.permits.remove(&asked);
            let hold = Hold {
                decision_id: decision_id.to_owned(),
                judged_at: self.now,
                rules: verdict.reasons().map(|held| held.rule.clone()).collect(),
                task,
            };
            self.after.holds.insert(asked, hold);
        }
        self.verdict = Some(verdict);
    }

    fn owe_step(
        &mut self,
        step: &StepId,
        cause: &str,
        rule: &str,
        level: &str,
        act: Act,
        tell: &[Role],
    ) {
        let due_at = self.now;
        self.owe(Some(step.clone()), cause, rule, level, act, tell, due_at);
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one effect, named where it is made"
    )]
    fn owe(
        &mut self,
        step: Option<StepId>,
        cause: &str,
        rule: &str,
        level: &str,
        act: Act,
        tell: &[Role],
        due_at: Timestamp,
    ) {
        let key = format!("{}/{cause}/{level}", self.after.id);
        if self.after.told.contains_key(&key) {
            return;
        }
        self.after.told.insert(key.clone(), self.now);
        let effect = self.effect(key, step, cause, rule, act, tell, due_at);
        self.owed.push(effect);
    }

    /// Owes a message that goes out with a working day's digest.
    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one effect, named where it is made"
    )]
    fn owe_daily(
        &mut self,
        step: Option<StepId>,
        cause: &str,
        rule: &str,
        level: &str,
        act: Act,
        tell: &[Role],
        due_at: Timestamp,
    ) {
        let key = format!("{}/{cause}/{level}", self.after.id);
        if self.after.told.contains_key(&key) {
            return;
        }
        self.after.told.insert(key.clone(), self.now);
        let told = reached(tell, &self.after, &self.terms.people, self.now);
        let mut effect = self.effect(key, step, cause, rule, act.clone(), &[], due_at);
        effect.act = act;
        effect.daily = true;
        // Whom it is for is said by the digest, which may tell them apart.
        if let Act::Note { text } | Act::Notice { text } = &mut effect.act {
            self.in_place(text, tell, &told, rule);
        }
        effect.audience = told;
        self.owed.push(effect);
    }

    fn in_place(&self, text: &mut String, meant: &[Role], told: &[Role], rule: &str) {
        let codes = find(rule).into_iter().flat_map(Rule::codes);
        let link = self.terms.policy.link(codes);
        self.reached_as(text, told);
        wording::in_place(text, meant, told, rule, link);
    }

    /// Says how those who are told are reached, where the people file knows.
    fn reached_as(&self, text: &mut String, told: &[Role]) {
        let all = addresses(told, &self.after, &self.terms.people, self.now);
        if !all.is_empty() {
            let _ = write!(text, " Reached as: {}.", all.join(", "));
        }
    }

    /// An effect, told to whoever is found of those it is meant for.
    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one effect, named where it is made"
    )]
    fn effect(
        &self,
        key: String,
        step: Option<StepId>,
        cause: &str,
        rule: &str,
        mut act: Act,
        tell: &[Role],
        due_at: Timestamp,
    ) -> Effect {
        let told = reached(tell, &self.after, &self.terms.people, self.now);
        if let Act::Note { text } | Act::Notice { text } = &mut act {
            wording::attention(text, &told);
            self.in_place(text, tell, &told, rule);
        }
        Effect {
            key,
            source: self.after.source.clone(),
            episode: Some(self.after.id.clone()),
            step,
            act,
            rule: rule.to_owned(),
            cause: cause.to_owned(),
            audience: told,
            due_at,
            daily: false,
        }
    }
}
