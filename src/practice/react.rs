//! What follows from an input? The one function that turns it into a reaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deadlines::{Milestone, milestones};
use super::decision::Decision;
use super::effect::{Act, Effect};
use super::episode::{Episode, Finished, Hold, Permit, Presence, Role, Stage, Step, StepStatus};
use super::ids::{EpisodeId, SourceName, StepId};
use super::judge::{judge, own_fingerprint};
use super::known::{Known, Why};
use super::sighting::Sighting;
use super::terms::{Mode, Terms};
use super::verdict::{Answer, Attempt, Judged, Verdict};
use super::{fold, permit, wording};

/// Everything that can happen to an episode.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A step was seen.
    Seen(&'a Sighting),
    /// A person decided.
    Decided(&'a Decision),
    /// A Finish was asked for; the text is the decision's id.
    Asked(&'a Attempt, &'a str),
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
        said: Vec::new(),
        terms,
        now,
    };
    match input {
        Input::Seen(sighting) => work.seen(sighting),
        Input::Decided(decision) => work.decided(decision),
        Input::Asked(attempt, decision_id) => work.asked(attempt, decision_id),
        Input::TimePassed => {}
    }
    let look_again = work.settle_time();
    let Work {
        after,
        verdict,
        owed,
        withdrawn,
        said,
        ..
    } = work;
    Reaction {
        after,
        verdict,
        owed,
        withdrawn,
        look_again,
        said,
    }
}

fn sent_on_cause(step: &StepId, leg: u32) -> String {
    format!("immediate/{step}/{leg}")
}

/// Whether it has been entered already that the work was sent on while this step was open.
pub fn is_entered_as_sent_on(episode: &Episode, step: &Step) -> bool {
    let cause = sent_on_cause(&step.id, step.leg);
    episode
        .told
        .contains_key(&format!("{}/{cause}", episode.id))
}

/// A reaction in the making.
struct Work<'a> {
    after: Episode,
    verdict: Option<Verdict>,
    owed: Vec<Effect>,
    withdrawn: Vec<String>,
    said: Vec<JournalLine>,
    terms: &'a Terms,
    now: Timestamp,
}

impl Work<'_> {
    fn say(&mut self, kind: &str, body: serde_json::Value) {
        self.said.push(JournalLine::new(kind, body));
    }

    fn seen(&mut self, sighting: &Sighting) {
        let held = self.after.steps.get(&sighting.step);
        let last_open = held.map_or(sighting.seen_at, |step| step.last_seen);
        let change = fold::take_sighting(&mut self.after, sighting);
        self.say("seen", json!({ "sighting": sighting }));
        if change.reopened {
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
        if let Some(finished) = change.finished {
            // Without a stamp all that is known is that it lay between two looks.
            let earliest = match sighting.dates.completed {
                Some(stamp) => stamp,
                None => last_open,
            };
            self.finish_observed(&sighting.step, &finished, earliest);
        }
        self.sent_on_early(sighting);
    }

    fn decided(&mut self, decision: &Decision) {
        fold::take_decision(&mut self.after, decision);
        self.say("decided", json!({ "decision": decision }));
    }

    fn asked(&mut self, attempt: &Attempt, decision_id: &str) {
        let Some(verdict) = judge(&self.after, attempt, self.terms) else {
            return;
        };
        self.after.version += 1;
        let step = self.after.steps.get(&attempt.step);
        let valid_until = self
            .now
            .saturating_add(SignedDuration::from_mins(self.terms.policy.permit_minutes))
            .unwrap_or(self.now);
        let permit = (verdict.answer() != Answer::Hold).then(|| Permit {
            decision_id: decision_id.to_owned(),
            step: attempt.step.clone(),
            leg: step.map_or(1, |step| step.leg),
            on: verdict.on.clone(),
            own: step.map(|step| own_fingerprint(&self.after, step, attempt.at)),
            actor: attempt.actor.clone(),
            judged_at: self.now,
            valid_until,
            provisional: verdict.answer() == Answer::Provisional,
            policy: verdict.policy.clone(),
        });
        self.said.push(JournalLine::new(
            "asked",
            json!({
                "decision_id": decision_id, "attempt": attempt, "answer": verdict.answer(),
                "version": step.and_then(|step| step.version.clone()),
                "status": step.map(|step| step.status), "stage": verdict.stage,
                "rules": verdict.codes(), "on": verdict.on, "policy": verdict.policy,
                "valid_until": permit.as_ref().map(|permit| permit.valid_until),
            }),
        ));
        let asked = attempt.step.clone();
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
            };
            self.after.holds.insert(asked, hold);
        }
        self.verdict = Some(verdict);
    }

    /// A Finish was observed: it used a valid permit, or it is entered as a bypass, once. It happened
    /// at `finished.at`, or at some instant since `earliest` if the case system does not stamp it.
    fn finish_observed(&mut self, step: &StepId, finished: &Finished, earliest: Timestamp) {
        self.after.holds.remove(step);
        if finished.at < self.terms.activation {
            return;
        }
        let verdict = self.judge_as_if_open(step, finished.at);
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
        let undone = self.terms.mode == Mode::Reverse && answer == Some(Answer::Hold);
        self.say(
            "bypass",
            json!({
                "step": step, "leg": finished.leg, "finished_at": finished.at, "mode": self.terms.mode,
                "would_have_been": answer, "rules": rules, "undone": undone,
            }),
        );
        let cause = format!("bypass/{step}/{}", finished.leg);
        match (self.terms.mode, verdict) {
            (Mode::Reverse, Some(verdict)) if undone => {
                let text = wording::reopened(&self.after, &verdict);
                self.owe_step(step, &cause, "LE-08.2", "reopen", Act::Reopen { text }, &[]);
            }
            (Mode::Callout, verdict) => {
                let text = wording::went_around(&self.after, step, verdict.as_ref());
                let tell = [Role::QaManager, Role::HeadOfService];
                self.owe_step(step, &cause, "LE-08.2", "note", Act::Note { text }, &tell);
            }
            (Mode::Reverse | Mode::Observe, _) => {}
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
            self.owe_step(step, &cause, "LE-08.2", "note", note, &tell);
        }
    }

    /// Judges a step that is finished as if Finish were only now asked for.
    fn judge_as_if_open(&self, step: &StepId, at: Timestamp) -> Option<Verdict> {
        let mut open = self.after.clone();
        let seen = open.steps.get_mut(step)?;
        seen.status = StepStatus::Started;
        let stage = seen.stage;
        let hand_over = stage
            .next()
            .and_then(|next| self.after.step_of(next))
            .map_or(Known::Unreadable(Why::NotSeen), |next| {
                next.assignee.clone()
            });
        let attempt = Attempt {
            step: step.clone(),
            actor: None,
            hand_over,
            immediate: false,
            at,
        };
        judge(&open, &attempt, self.terms)
    }

    /// A successor exists although the step before it was never finished: the work moved on by a
    /// next action that does not wait for Finish, and that is a bypass too.
    fn sent_on_early(&mut self, sighting: &Sighting) {
        let real =
            sighting.presence == Presence::Present && sighting.status != StepStatus::Proposed;
        let source = Stage::ALL
            .into_iter()
            .find(|stage| stage.next() == Some(sighting.stage))
            .and_then(|stage| self.after.step_of(stage))
            .filter(|step| real && step.status.is_open() && step.finished.is_empty())
            .filter(|_| {
                sighting.dates.incoming.unwrap_or(sighting.seen_at) >= self.terms.activation
            })
            .map(|step| (step.id.clone(), step.leg));
        let Some((step, leg)) = source else { return };
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
                "step": step, "leg": leg, "sent_on_at": sighting.dates.incoming, "mode": self.terms.mode,
                "immediate": true, "successor": sighting.step,
                "would_have_been": verdict.as_ref().map(Verdict::answer), "rules": rules,
            }),
        );
        if self.terms.mode != Mode::Observe {
            let text = wording::sent_on(&self.after, &step, &sighting.step, verdict.as_ref());
            let tell = [Role::QaManager, Role::HeadOfService];
            self.owe_step(&step, &cause, "LE-08.2", "note", Act::Note { text }, &tell);
        }
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
        self.owed.push(Effect {
            key,
            source: self.after.source.clone(),
            episode: Some(self.after.id.clone()),
            step,
            act,
            rule: rule.to_owned(),
            cause: cause.to_owned(),
            audience: tell.to_vec(),
            due_at,
        });
    }

    /// Owes what has fallen due, withdraws what is cured, and says when to look again.
    ///
    /// Levels that passed while nobody looked are caught up with the latest one alone, and what fell
    /// due before activation is noted as told without being said.
    fn settle_time(&mut self) -> Option<Timestamp> {
        let milestones = milestones(&self.after, &self.terms.policy, &self.terms.calendar);
        let standing: BTreeSet<String> = milestones.iter().map(|m| m.cause.clone()).collect();
        self.cure(&standing);
        let mut due: BTreeMap<String, Vec<&Milestone>> = BTreeMap::new();
        for milestone in milestones.iter().filter(|m| m.at <= self.now) {
            let level = level_key(&self.after, milestone);
            if self.after.told.contains_key(&level) {
                continue;
            }
            self.after.told.insert(level, self.now);
            if milestone.at >= self.terms.activation {
                due.entry(milestone.cause.clone())
                    .or_default()
                    .push(milestone);
            }
        }
        for (cause, levels) in due {
            self.fall_due(&cause, &levels);
        }
        self.after.standing = standing;
        milestones
            .iter()
            .map(|m| m.at)
            .filter(|at| *at > self.now)
            .min()
    }

    fn cure(&mut self, standing: &BTreeSet<String>) {
        let cured: Vec<String> = self.after.standing.difference(standing).cloned().collect();
        for cause in cured {
            self.say("cured", json!({ "cause": cause }));
            let flagged = format!("{}/{cause}/flag", self.after.id);
            let step = self
                .after
                .told
                .contains_key(&flagged)
                .then(|| self.step_of_cause(&cause));
            self.withdrawn.push(cause.clone());
            if let Some(Some(step)) = step {
                let flag = "overdue".to_owned();
                let cause = format!("cured/{cause}");
                self.owe_step(
                    &step,
                    &cause,
                    "LE-03.1",
                    "unflag",
                    Act::Unflag { flag },
                    &[],
                );
            }
        }
    }

    fn step_of_cause(&self, cause: &str) -> Option<StepId> {
        let stage = Stage::ALL
            .into_iter()
            .find(|stage| cause.starts_with(stage.name()))?;
        self.after.step_of(stage).map(|step| step.id.clone())
    }

    fn fall_due(&mut self, cause: &str, levels: &[&Milestone]) {
        let Some(latest) = levels.iter().max_by_key(|m| (m.at, m.working_days)) else {
            return;
        };
        if let (true, Some(step)) = (levels.iter().any(|m| m.flag), &latest.step) {
            let flag = "overdue".to_owned();
            self.owe(
                Some(step.clone()),
                cause,
                latest.rule,
                "flag",
                Act::Flag { flag },
                &[],
                latest.at,
            );
        }
        let missing = self.missing(latest);
        let text = wording::due(&self.after, latest, &missing);
        let mut tell: Vec<Role> = levels.iter().flat_map(|m| m.tell.iter().copied()).collect();
        tell.sort_unstable();
        tell.dedup();
        let act = if latest.step.is_some() {
            Act::Note { text }
        } else {
            Act::Notice { text }
        };
        let level = format!("{:?}{:+}", latest.kind, latest.working_days).to_lowercase();
        self.owe(
            latest.step.clone(),
            cause,
            latest.rule,
            &level,
            act,
            &tell,
            latest.at,
        );
    }

    /// What still stands between an open step and its Finish, for the text of a reminder.
    fn missing(&self, milestone: &Milestone) -> Vec<String> {
        let Some(step) = &milestone.step else {
            return Vec::new();
        };
        self.judge_as_if_open(step, self.now)
            .iter()
            .flat_map(Verdict::reasons)
            .filter(|judged| judged.rule != "LE-03.3")
            .map(Judged::missing)
            .collect()
    }
}

fn level_key(episode: &Episode, milestone: &Milestone) -> String {
    format!(
        "{}/{}/level/{:?}{:+}",
        episode.id, milestone.cause, milestone.kind, milestone.working_days
    )
}
