//! What follows from a Finish that was seen, or from work that moved on without one?
//!
//! It used its permit, or it went around and is entered once. What it is undone or told by depends on the
//! mode; what is wrong with it is for the judge.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Work;
use crate::practice::effect::Act;
use crate::practice::episode::{
    Episode, Finished, Permit, Presence, Role, Stage, Step, StepStatus,
};
use crate::practice::ids::StepId;
use crate::practice::judge::judge_as_if_open;
use crate::practice::rules::moderation::{AGREED, REACHED_MANAGER, UNCHANGED};
use crate::practice::sighting::Sighting;
use crate::practice::terms::Mode;
use crate::practice::verdict::{Answer, Finding, Verdict};
use crate::practice::{fold, permit, wording};

/// A Finish that is seen later than this many hours after it was pressed is left to a person: a weekend without us may
/// lie between, but what was built on an older one is not ours to undo.
const REOPENED_WITHIN_HOURS: i64 = 72;

/// Whether the episode has gone on past this step to work that is finished: to open the step again would undo that too.
pub fn has_gone_on(episode: &Episode, step: &Step) -> bool {
    let after = |later: &Step| later.is_live() && later.stage > step.stage;
    let mut later = episode.steps.values().filter(|later| after(later));
    later.any(|later| later.status == StepStatus::Completed)
}

fn sent_on_cause(step: &StepId, leg: u32) -> String {
    format!("immediate/{step}/{leg}")
}

/// When it was entered that the work was sent on while this opening of the step was open, UTC.
pub fn sent_on_at(episode: &Episode, step: &Step) -> Option<Timestamp> {
    let cause = sent_on_cause(&step.id, step.leg);
    let key = format!("{}/{cause}", episode.id);
    episode.told.get(&key).copied()
}

/// The rule that a Finish of this kind is against as a whole, whatever the form lacks besides; empty if there is none.
/// To finish without asking is against none of the catalogue; only that an extreme evaluation goes on unmoderated is.
pub(super) fn rule_of(verdict: Option<&Verdict>) -> &'static str {
    let moderation = [AGREED.code, UNCHANGED.code];
    let mut lacks = verdict.into_iter().flat_map(Verdict::reasons);
    if lacks.any(|judged| {
        let is_unmet = matches!(judged.finding, Finding::Unmet(_));
        is_unmet && moderation.contains(&judged.rule.as_str())
    }) {
        REACHED_MANAGER.code
    } else {
        ""
    }
}

impl Work<'_> {
    /// A Finish was observed: it used a valid permit, or it is entered as a bypass, once. It happened
    /// at `finished.at`, or at some instant since `earliest` if the case system does not stamp it.
    pub(super) fn finish_observed(
        &mut self,
        step: &StepId,
        finished: &Finished,
        earliest: Timestamp,
    ) {
        self.after.holds.remove(step);
        self.after.asked.remove(step);
        if finished.at < self.terms.activation || self.was_before_us(step, finished) {
            return;
        }
        let verdict = self.judge_as_if_open(step, finished.at);
        self.tell_the_head(step, finished, verdict.as_ref());
        let seen = self.after.steps.get(step);
        let permit = self.after.permits.get(step).filter(|permit| {
            seen.is_some_and(|seen| permit::covers(permit, &self.after, seen, finished, earliest))
        });
        if let Some(permit) = permit.cloned() {
            self.finished_with(step, finished, &permit, verdict.as_ref());
            return;
        }
        fold::mark_finish(&mut self.after, step, None, true);
        let answer = verdict.as_ref().map(Verdict::answer);
        let rules: Vec<String> = verdict
            .iter()
            .flat_map(|verdict| verdict.codes())
            .map(str::to_owned)
            .collect();
        let stage = self.after.steps.get(step).map(|step| step.stage);
        let lacking = self.terms.mode == Mode::Reverse && answer == Some(Answer::Hold);
        let left = self.is_left(step, finished).filter(|_| lacking);
        let undone = lacking && left.is_none();
        let mut body = json!({
            "step": step, "stage": stage, "leg": finished.leg, "finished_at": finished.at, "mode": self.terms.mode,
            "would_have_been": answer, "rules": rules, "undone": undone,
        });
        if let Some((why, parts)) = left.zip(body.as_object_mut()) {
            parts.insert("left".to_owned(), json!(why));
        }
        self.say("bypass", body);
        let cause = format!("bypass/{step}/{}", finished.leg);
        let rule = rule_of(verdict.as_ref());
        match (self.terms.mode, verdict) {
            (Mode::Reverse, Some(verdict)) if undone => {
                let text = wording::reopened(&self.after, &verdict);
                self.owe_step(step, &cause, rule, "reopen", Act::Reopen { text }, &[]);
            }
            (Mode::Reverse, Some(verdict)) if lacking => {
                let at = self.terms.calendar.local_date(finished.at);
                let why = left.unwrap_or_default();
                let text = wording::left_finished(&self.after, step, at, why, &verdict);
                let (note, tell) = (Act::Note { text }, [Role::QaManager]);
                let (step, due_at) = (Some(step.clone()), self.now);
                self.owe_daily(step, &cause, rule, "left", note, &tell, due_at);
            }
            (Mode::Callout | Mode::Task, verdict) => {
                let text = wording::went_around(&self.after, step, verdict.as_ref());
                let tell = [Role::QaManager, Role::HeadOfService];
                self.owe_step(step, &cause, rule, "note", Act::Note { text }, &tell);
            }
            (Mode::Reverse | Mode::Observe, _) => {}
        }
    }

    /// Why a Finish that lacked something is not undone by us; none if it is.
    fn is_left(&self, step: &StepId, finished: &Finished) -> Option<&'static str> {
        let seen = self.after.steps.get(step)?;
        let bound = SignedDuration::from_hours(REOPENED_WITHIN_HOURS);
        if has_gone_on(&self.after, seen) {
            Some("later work of this Learning Episode is finished already")
        } else if finished.observed_at.duration_since(finished.at) > bound {
            Some("it was seen more than three days after it was finished")
        } else {
            None
        }
    }

    /// Whether it was finished before the case system was first read by this ledger, so that nobody could have asked.
    fn was_before_us(&self, step: &StepId, finished: &Finished) -> bool {
        let reading = self.terms.read.get(&self.after.source);
        let step = self.after.steps.get(step);
        reading.zip(step).is_some_and(|(reading, step)| {
            let stamp = step.dates.completed.filter(|at| *at == finished.at);
            reading.was_finished_before(step, finished, stamp)
        })
    }

    /// What the Head is asked to look at, and what did not hold the Finish: said once it is finished (LE-27.4, LE-29.4).
    fn tell_the_head(&mut self, step: &StepId, finished: &Finished, verdict: Option<&Verdict>) {
        let flagged = verdict.into_iter().flat_map(Verdict::warnings);
        let for_head = flagged.filter(|judged| {
            judged.asks == Role::HeadOfService && matches!(judged.finding, Finding::Unmet(_))
        });
        for judged in for_head {
            let text = wording::flagged(&self.after, judged);
            let cause = format!("flagged/{}/{step}/{}", judged.rule, finished.leg);
            let note = Act::Note { text };
            let tell = [Role::HeadOfService];
            self.owe_step(step, &cause, &judged.rule, "note", note, &tell);
        }
    }

    /// A Finish that used its permit. One given while something could not be read is judged again
    /// now that it can be, and what is found unmet is said once.
    fn finished_with(
        &mut self,
        step: &StepId,
        finished: &Finished,
        permit: &Permit,
        verdict: Option<&Verdict>,
    ) {
        let id = permit.decision_id.clone();
        let again = verdict.filter(|_| permit.provisional);
        self.say(
            "finished",
            json!({
                "step": step, "finished_at": finished.at, "permit": id, "provisional": permit.provisional,
                "judged_again": again.map(Verdict::answer),
                "rules": again.map(Verdict::codes),
            }),
        );
        fold::mark_finish(&mut self.after, step, Some(id), false);
        if let Some(unmet) = again.filter(|verdict| verdict.answer() == Answer::Hold) {
            let text = wording::provisional_unmet(&self.after, step, unmet);
            let cause = format!("provisional/{step}/{}", finished.leg);
            let (note, tell) = (Act::Note { text }, [Role::QaManager]);
            self.owe_step(step, &cause, rule_of(Some(unmet)), "note", note, &tell);
        }
    }

    /// Judges a step that is finished as if Finish were only now asked for.
    pub(super) fn judge_as_if_open(&self, step: &StepId, at: Timestamp) -> Option<Verdict> {
        judge_as_if_open(&self.after, step, at, self.terms)
    }

    /// Whether a step came since activation, and since the case system is read.
    fn came_in_our_time(&self, sighting: &Sighting) -> bool {
        let stamp = sighting.dates.incoming;
        let step = self.after.steps.get(&sighting.step);
        let met = step.and_then(|step| step.real_since);
        let met = met.unwrap_or(sighting.seen_at);
        let reading = self.terms.read.get(&self.after.source);
        stamp.unwrap_or(met) >= self.terms.activation
            && !reading.is_some_and(|reading| reading.came_before(stamp, met))
    }

    /// A successor exists although the step before it was never finished: the work moved on by a
    /// next action that does not wait for Finish, and that is a bypass too.
    pub(super) fn sent_on_early(&mut self, sighting: &Sighting) {
        let real =
            sighting.presence == Presence::Present && sighting.status != StepStatus::Proposed;
        let source = Stage::ALL
            .into_iter()
            .find(|stage| stage.next() == Some(sighting.stage))
            .and_then(|stage| self.after.step_of(stage))
            .filter(|step| real && step.status.is_open() && step.finished.is_empty())
            .filter(|_| self.came_in_our_time(sighting))
            .map(|step| (step.id.clone(), step.stage, step.leg));
        let Some((step, stage, leg)) = source else {
            return;
        };
        let cause = sent_on_cause(&step, leg);
        let key = format!("{}/{cause}", self.after.id);
        if self.after.told.contains_key(&key) {
            return;
        }
        self.after.told.insert(key, self.now);
        let verdict = self.judge_as_if_open(&step, self.now);
        let rules: Vec<String> = verdict
            .iter()
            .flat_map(|v| v.codes())
            .map(str::to_owned)
            .collect();
        self.say(
            "bypass",
            json!({
                "step": step, "stage": stage, "leg": leg, "sent_on_at": sighting.dates.incoming, "mode": self.terms.mode,
                "immediate": true, "successor": sighting.step,
                "would_have_been": verdict.as_ref().map(Verdict::answer), "rules": rules,
            }),
        );
        if self.terms.mode != Mode::Observe {
            let text = wording::sent_on(&self.after, &step, &sighting.step, verdict.as_ref());
            let tell = [Role::QaManager, Role::HeadOfService];
            let rule = rule_of(verdict.as_ref());
            self.owe_step(&step, &cause, rule, "note", Act::Note { text }, &tell);
        }
    }
}
