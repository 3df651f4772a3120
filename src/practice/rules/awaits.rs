//! What does a rule wait for, from which day on, and who hears as the days pass?
//!
//! One answer serves the judge and the messages, so that they never disagree: what is missing is unmet from the
//! first rung of its ladder on, and each rung is a milestone.

use jiff::{Timestamp, civil::Date};

use super::{Question, Rule};
use crate::practice::deadlines::{Milestone, MilestoneKind, TOLD_AT};
use crate::practice::episode::{Presence, Stage, Step};
use crate::practice::fact::Fact;
use crate::practice::known::{Known, Why};
use crate::practice::standstill::{common, outside};
use crate::practice::terms::{Rung, Stance};
use crate::practice::verdict::{Evidence, Finding};

/// What a rule that waits for something finds.
pub enum Awaited<'a> {
    /// It is there.
    Met,
    /// It does not concern this episode, or not yet, or no longer.
    DoesNotApply,
    /// A fact it needs could not be read; nobody is told.
    CannotTell(Fact, Why),
    /// It is missing.
    Missing(Missing<'a>),
}

/// Something that is missing.
pub struct Missing<'a> {
    /// The ladder counts its working days from this day, local.
    pub from: From,
    /// Who is told when.
    pub ladder: &'a [Rung],
    /// The stage whose step the message is put on.
    pub stage: Stage,
    /// What is missing, and what is seen instead.
    pub evidence: Evidence,
}

/// When it begins to be missing.
#[derive(Clone, Copy)]
pub enum From {
    /// On this day; each rung of the ladder at half past eight of its own.
    Day(Date),
    /// The same, where the day moves as the form changes: each rung is told once for each opening of the step.
    Moving(Date),
    /// At this instant, UTC, and at once: the ladder's rungs are all told then.
    Instant(Timestamp),
}

impl<'a> Awaited<'a> {
    /// Something that is missing, counted from a day.
    pub(super) fn since(
        from: Date,
        ladder: &'a [Rung],
        stage: Stage,
        missing: impl Into<String>,
        seen: impl Into<String>,
    ) -> Self {
        Self::Missing(Missing {
            from: From::Day(from),
            ladder,
            stage,
            evidence: Evidence {
                missing: missing.into(),
                seen: seen.into(),
                remedy: None,
            },
        })
    }

    /// The same, put right in another way than the rule's own.
    pub(super) fn by(mut self, remedy: impl Into<String>) -> Self {
        if let Self::Missing(missing) = &mut self {
            missing.evidence.remedy = Some(remedy.into());
        }
        self
    }

    /// The same, told once for each opening of the step, however often that day moves.
    pub(super) fn once_an_opening(mut self) -> Self {
        if let Self::Missing(missing) = &mut self
            && let From::Day(day) = missing.from
        {
            missing.from = From::Moving(day);
        }
        self
    }

    /// What the judge makes of it at the instant that is asked about.
    pub(in crate::practice) fn finding(self, question: &Question<'_>) -> Finding {
        match self {
            Self::Met => Finding::Met,
            Self::DoesNotApply => Finding::DoesNotApply,
            Self::CannotTell(fact, why) => Finding::CannotTell(fact, why),
            Self::Missing(missing) => {
                let first = missing.at(question).into_iter().map(|(at, _)| at).min();
                if first.is_some_and(|at| at <= question.at) {
                    Finding::Unmet(missing.evidence)
                } else {
                    Finding::DoesNotApply
                }
            }
        }
    }

    /// The milestones of it, if anybody is to be told.
    pub(in crate::practice) fn milestones(
        self,
        rule: &Rule,
        question: &Question<'_>,
    ) -> Vec<Milestone> {
        let stance = rule.stance_under(&question.terms.policy);
        let Self::Missing(missing) = self else {
            return Vec::new();
        };
        if stance == Stance::Off {
            return Vec::new();
        }
        let step = open_step(question, missing.stage);
        // Once for each opening of the step, however often it changes meanwhile.
        let opening = format!("opening-{}", step.map_or(0, |step| step.leg));
        let (kind, since, due) = match missing.from {
            From::Day(day) => (MilestoneKind::Prompt, day.to_string(), day),
            From::Moving(day) => (MilestoneKind::Prompt, opening, day),
            From::Instant(at) => {
                let day = question.terms.calendar.local_date(at);
                (MilestoneKind::Nudge, opening, day)
            }
        };
        let cause = format!("{}/{since}", rule.code);
        let evidence = &missing.evidence;
        let policy = &question.terms.policy;
        let remedy = rule.remedy_under(policy, evidence.remedy.as_deref());
        let say = rule.changed(policy, |terms| super::said(&terms.say));
        let says = format!(
            "{} {} {remedy}",
            say.as_ref().unwrap_or(&evidence.missing),
            evidence.seen
        );
        let rungs = missing.at(question).into_iter();
        let milestone = |(at, rung): (Timestamp, &Rung)| Milestone {
            cause: cause.clone(),
            rule: rule.code,
            kind,
            working_days: rung.working_days,
            at,
            stage: missing.stage,
            step: step.map(|step| step.id.clone()),
            due,
            tell: rung.tell.clone(),
            flag: false,
            says: Some(says.clone()),
        };
        rungs.map(milestone).collect()
    }
}

impl<'a> Missing<'a> {
    /// When each rung is said, UTC.
    fn at(&self, question: &Question<'_>) -> Vec<(Timestamp, &'a Rung)> {
        let calendar = &question.terms.calendar;
        let spans = common(question.episode, &question.terms.policy);
        let at = |rung: &Rung| match self.from {
            From::Instant(at) => at,
            From::Day(from) | From::Moving(from) => {
                let day = match rung.working_days {
                    0 => calendar.on_or_before(from),
                    days => calendar.add(from, days),
                };
                calendar.at_local(outside(day, &spans, calendar), TOLD_AT)
            }
        };
        self.ladder.iter().map(|rung| (at(rung), rung)).collect()
    }
}

/// The open step of a stage that a message can be put on.
pub(super) fn open_step<'a>(question: &Question<'a>, stage: Stage) -> Option<&'a Step> {
    let step = question.episode.step_of(stage)?;
    (step.status.is_open() && step.presence == Presence::Present).then_some(step)
}

/// Waits for a day to be put down: there, not there, or not to be told.
pub(super) fn for_day<'a>(
    question: &Question<'_>,
    fact: Fact,
    absent: impl FnOnce() -> Awaited<'a>,
) -> Awaited<'a> {
    match question.fact(fact) {
        Known::Is(_) => Awaited::Met,
        Known::Blank => absent(),
        Known::Unreadable(why) => Awaited::CannotTell(fact, why),
    }
}
