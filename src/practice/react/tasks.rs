//! What follows from a task that holds a step's Finish? It is answered when the judge permits, and never twice.
//!
//! A task that is answered blocks nothing any more, so its permit lasts as long as the facts do: whatever is
//! seen, decided or falls due afterwards is judged again here. Absent on purpose: which tasks are open. That
//! is the case system's to say, and a step is read anew before its task is answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Work;
use super::finishes::rule_of;
use crate::practice::effect::Act;
use crate::practice::episode::{Episode, Hold, Permit, Step, Tasked};
use crate::practice::ids::{Digest, StepId, TaskId};
use crate::practice::judge::{judge, own_fingerprint};
use crate::practice::known::{Known, Why};
use crate::practice::terms::Mode;
use crate::practice::verdict::{Answer, Attempt, Verdict};
use crate::practice::wording;

/// How long a hold must have stood unchanged before it is said, minutes: a form that is being filled in is
/// saved many times.
const SAID_AFTER_MINUTES: i64 = 10;
/// Bounds a permit that was given through a task, days; it ends with its facts, not with the clock.
const PERMIT_DAYS: i64 = 366;

/// The Finish that a task asks about: nobody presses it yet, and nobody is chosen to receive the work.
pub fn nobody_yet(step: &StepId, at: Timestamp) -> Attempt {
    Attempt {
        step: step.clone(),
        actor: None,
        hand_over: Known::Unreadable(Why::NotSeen),
        immediate: false,
        at,
        screen: None,
    }
}

/// Whether what the judge says of a task is what was entered and owed already.
pub fn is_told(episode: &Episode, task: &TaskId, verdict: &Verdict) -> bool {
    let id = decision(task, verdict);
    if verdict.answer() == Answer::Hold {
        let held = episode.holds.get(&verdict.step);
        return held.is_some_and(|held| held.decision_id == id);
    }
    standing(episode, &verdict.step, task)
        .is_some_and(|(permit, asked)| permit.decision_id == id && asked.answered)
}

/// Names a decision about a task by everything that it rests on, so that the same facts are told once.
fn decision(task: &TaskId, verdict: &Verdict) -> String {
    let rests_on = (
        task,
        &verdict.step,
        &verdict.on,
        verdict.answer(),
        verdict.codes(),
        &verdict.policy,
    );
    Digest::of_json(&rests_on).0.chars().take(32).collect()
}

/// The permit that was given through this task for the present opening of the step.
fn standing<'e>(
    episode: &'e Episode,
    step: &StepId,
    task: &TaskId,
) -> Option<(&'e Permit, &'e Tasked)> {
    let leg = episode.steps.get(step).map(|step| step.leg)?;
    let permit = episode.permits.get(step)?;
    let asked = permit.task.as_ref()?;
    (permit.leg == leg && asked.id == *task).then_some((permit, asked))
}

fn answer_cause(task: &TaskId) -> String {
    format!("task/{task}")
}

fn held_cause(task: &TaskId) -> String {
    format!("task/{task}/held")
}

impl Work<'_> {
    /// A task stands open: it is answered, or it is left and the reasons are said in a while.
    pub(super) fn tasked(&mut self, attempt: &Attempt, task: &TaskId) {
        let Some(verdict) = judge(&self.after, attempt, self.terms) else {
            return;
        };
        if !is_told(&self.after, task, &verdict) {
            self.enter(attempt, task, &verdict, true);
        }
        self.verdict = Some(verdict);
    }

    /// Judges again every step whose task was answered, and says the holds that have stood for a while. Gives
    /// the instant at which the next one is to be said, UTC.
    pub(super) fn settle_tasks(&mut self) -> Option<Timestamp> {
        if self.terms.mode != Mode::Task {
            return None;
        }
        let open: Vec<Step> = self.after.steps.values().cloned().collect();
        for step in open.iter().filter(|step| step.status.is_open()) {
            self.judge_again(step);
        }
        let all: Vec<(StepId, Hold)> = self.after.holds.clone().into_iter().collect();
        all.iter()
            .filter_map(|(step, hold)| self.say_held(step, hold))
            .min()
    }

    fn judge_again(&mut self, step: &Step) {
        let permit = self.after.permits.get(&step.id);
        let permit = permit.filter(|permit| permit.leg == step.leg);
        let given = permit.and_then(|permit| Some((&permit.decision_id, permit.task.as_ref()?)));
        let waiting = self.after.holds.get(&step.id);
        let waiting = waiting.and_then(|hold| Some((&hold.decision_id, hold.task.as_ref()?)));
        let Some((id, asked)) = given
            .or(waiting)
            .map(|(id, asked)| (id.clone(), asked.clone()))
        else {
            return;
        };
        let attempt = nobody_yet(&step.id, self.now);
        let Some(verdict) = judge(&self.after, &attempt, self.terms) else {
            return;
        };
        // A task that was never answered is answered only after the step was read anew.
        let waits = verdict.answer() != Answer::Hold && !asked.answered;
        if !waits && decision(&asked.id, &verdict) != id {
            self.enter(&attempt, &asked.id, &verdict, false);
        }
    }

    /// Enters what the judge says of a task; `open` if the case system lists it as not answered.
    fn enter(&mut self, attempt: &Attempt, task: &TaskId, verdict: &Verdict, open: bool) {
        self.after.version += 1;
        let step = verdict.step.clone();
        let id = decision(task, verdict);
        let answered = standing(&self.after, &step, task).is_some_and(|(_, asked)| asked.answered);
        self.say(
            "asked",
            json!({
                "decision_id": id, "attempt": attempt, "answer": verdict.answer(), "task": task,
                "stage": verdict.stage, "rules": verdict.codes(), "on": verdict.on,
                "policy": verdict.policy,
            }),
        );
        if verdict.answer() == Answer::Hold {
            self.withdrawn.push(answer_cause(task));
            self.after.permits.remove(&step);
            let before = self
                .after
                .holds
                .get(&step)
                .and_then(|hold| hold.task.as_ref());
            let answered = answered || before.is_some_and(|asked| asked.answered);
            let hold = Hold {
                decision_id: id,
                judged_at: self.now,
                rules: verdict.reasons().map(|held| held.rule.clone()).collect(),
                task: Some(Tasked {
                    id: task.clone(),
                    answered,
                }),
            };
            self.after.holds.insert(step, hold);
            return;
        }
        self.withdrawn.push(held_cause(task));
        self.after.holds.remove(&step);
        let permit = self.permit(attempt, task, verdict, id, answered || open);
        self.after.permits.insert(step.clone(), permit);
        if open && !answered {
            let text = wording::task_answered(&self.after, &step);
            let task = task.clone();
            let cause = answer_cause(&task);
            let nth = self.next_answer(&cause);
            self.owe_step(
                &step,
                &cause,
                rule_of(Some(verdict)),
                &nth,
                Act::AnswerTask { task, text },
                &[],
            );
        }
    }

    fn permit(
        &self,
        attempt: &Attempt,
        task: &TaskId,
        verdict: &Verdict,
        decision_id: String,
        answered: bool,
    ) -> Permit {
        let step = self.after.steps.get(&verdict.step);
        let until = SignedDuration::from_hours(24 * PERMIT_DAYS);
        Permit {
            decision_id,
            step: verdict.step.clone(),
            leg: step.map_or(1, |step| step.leg),
            on: verdict.on.clone(),
            own: step.map(|step| own_fingerprint(&self.after, step, attempt.at, true)),
            unread: false,
            actor: None,
            judged_at: self.now,
            valid_until: self.now.saturating_add(until).unwrap_or(self.now),
            provisional: verdict.answer() == Answer::Provisional,
            policy: verdict.policy.clone(),
            task: Some(Tasked {
                id: task.clone(),
                answered,
            }),
        }
    }

    /// An answer that was withdrawn before it was sent may be owed again, and so under another name.
    fn next_answer(&self, cause: &str) -> String {
        let begins = format!("{}/{cause}/answer", self.after.id);
        let told = self.after.told.keys();
        let before = told.filter(|key| key.starts_with(&begins)).count();
        format!("answer{}", before + 1)
    }

    /// Says a hold that has stood unchanged for a while; gives the instant to say it at if it is not time yet.
    fn say_held(&mut self, step: &StepId, hold: &Hold) -> Option<Timestamp> {
        let asked = hold.task.as_ref()?;
        let short: String = hold.decision_id.chars().take(8).collect();
        let (cause, level) = (held_cause(&asked.id), format!("held-{short}"));
        let key = format!("{}/{cause}/{level}", self.after.id);
        let open = self
            .after
            .steps
            .get(step)
            .filter(|step| step.status.is_open())?;
        if self.after.told.contains_key(&key) {
            return None;
        }
        let owner = open.stage.owner();
        let wait = SignedDuration::from_mins(SAID_AFTER_MINUTES);
        let at = hold.judged_at.saturating_add(wait).unwrap_or(self.now);
        if at > self.now {
            return Some(at);
        }
        let verdict = judge(&self.after, &nobody_yet(step, self.now), self.terms)?;
        let text = wording::task_held(&self.after, step, asked.answered, &verdict);
        let note = Act::Note { text };
        self.owe_step(
            step,
            &cause,
            rule_of(Some(&verdict)),
            &level,
            note,
            &[owner],
        );
        None
    }
}
