//! What has fallen due, what is cured, and when is the next look? Timers are data: nothing waits here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::Work;
use crate::practice::deadlines::{Milestone, MilestoneKind, about, is_frozen, milestones};
use crate::practice::effect::Act;
use crate::practice::episode::{Episode, Role};
use crate::practice::rules::awaited;
use crate::practice::verdict::{Judged, Verdict};
use crate::practice::wording;

impl Work<'_> {
    /// Owes what has fallen due, withdraws what is cured, and says when to look again.
    ///
    /// Levels that passed while nobody looked are caught up with the latest one alone, and what fell
    /// due before activation is noted as told without being said.
    pub(super) fn settle_time(&mut self) -> Option<Timestamp> {
        let mut milestones = milestones(&self.after, &self.terms.policy, &self.terms.calendar);
        milestones.extend(awaited(&self.after, self.terms, self.now));
        let mut standing: BTreeSet<String> = milestones.iter().map(|m| m.cause.clone()).collect();
        standing.extend(self.frozen());
        self.cure(&standing);
        let moved = self.moved(&standing);
        let mut due: BTreeMap<String, Vec<&Milestone>> = BTreeMap::new();
        for milestone in milestones.iter().filter(|m| m.at <= self.now) {
            let level = level_key(&self.after, milestone);
            if self.after.told.contains_key(&level) {
                continue;
            }
            self.after.told.insert(level, self.now);
            // Of a new date, what the old one was reminded of is not said again.
            let reminded =
                milestone.kind == MilestoneKind::Reminder && moved.contains(&milestone.cause);
            if milestone.at >= self.terms.activation && !reminded {
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

    /// Causes of a step that had another due date so far.
    fn moved(&self, standing: &BTreeSet<String>) -> BTreeSet<String> {
        let of = |cause: &str| about(cause).map(|(stage, step, leg, _)| (stage, step, leg));
        let before: BTreeSet<_> = self.after.standing.iter().map(|cause| of(cause)).collect();
        let new = standing.difference(&self.after.standing);
        let moved = new.filter(|cause| of(cause).is_some() && before.contains(&of(cause)));
        moved.cloned().collect()
    }

    /// Causes of steps whose clock stands still: nobody can see whether they are cured.
    fn frozen(&self) -> Vec<String> {
        let is_frozen = |cause: &&String| {
            let step = about(cause).and_then(|(_, step, ..)| self.after.steps.get(&step));
            step.is_some_and(|step| is_frozen(step, &self.terms.policy))
        };
        let standing = self.after.standing.iter();
        standing.filter(is_frozen).cloned().collect()
    }

    fn cure(&mut self, standing: &BTreeSet<String>) {
        let cured: Vec<String> = self.after.standing.difference(standing).cloned().collect();
        for cause in cured {
            self.say("cured", json!({ "cause": cause }));
            self.correct(&cause);
            let flagged = format!("{}/{cause}/flag", self.after.id);
            let step = self
                .after
                .told
                .contains_key(&flagged)
                .then(|| about(&cause).map(|(_, step, ..)| step));
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
        // What a rule awaits is said by itself; a reminder of a date lists everything.
        let missing = match latest.says {
            Some(_) => Vec::new(),
            None => self.missing(latest),
        };
        let text = wording::due(&self.after, latest, self.late(latest), &missing);
        let mut tell: Vec<Role> = levels.iter().flat_map(|m| m.tell.iter().copied()).collect();
        tell.sort_unstable();
        tell.dedup();
        let act = if latest.step.is_some() {
            Act::Note { text }
        } else {
            Act::Notice { text }
        };
        let level = format!("{:?}{:+}", latest.kind, latest.working_days).to_lowercase();
        let (step, rule) = (latest.step.clone(), latest.rule);
        if latest.kind == MilestoneKind::Nudge {
            self.owe(step, cause, rule, &level, act, &tell, latest.at);
        } else {
            self.owe_daily(step, cause, rule, &level, act, &tell, latest.at);
        }
    }

    /// Working days from what a milestone counts from until today: a level may be said days after it passed.
    fn late(&self, milestone: &Milestone) -> i32 {
        let calendar = &self.terms.calendar;
        let today = calendar.local_date(self.now);
        match milestone.kind {
            MilestoneKind::Awaited => {
                let passed = calendar.between(calendar.local_date(milestone.at), today);
                milestone.working_days + passed
            }
            _ => calendar.between(milestone.due, today),
        }
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
    level(
        episode,
        &milestone.cause,
        milestone.kind,
        milestone.working_days,
    )
}

/// Under which key it is kept that a level of a cause was told.
pub(super) fn level(episode: &Episode, cause: &str, kind: MilestoneKind, days: i32) -> String {
    format!("{}/{cause}/level/{kind:?}{days:+}", episode.id)
}
