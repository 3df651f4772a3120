//! What is a rule asked about? The episode, the step, the attempt and the terms, with their readers.
//!
//! Facts of the asked step's own stage are read from that very step; facts of another stage from the
//! episode's live step of it. Blank stays blank and unreadable stays unreadable: a reader never
//! guesses.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::practice::decision::{Allocation, Decision, ReasonAbout};
use crate::practice::episode::{Episode, Evaluation, Presence, Role, Stage, Step, StepStatus};
use crate::practice::fact::{Fact, Row, Value};
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};
use crate::practice::terms::Terms;
use crate::practice::verdict::Attempt;

/// How far a case system's stamp of a Finish may lie from our own clock, seconds.
pub const CLOCK_GRACE_SECONDS: i64 = 90;

/// What a rule about an episode is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The episode.
    pub episode: &'a Episode,
    /// The step to be finished, or the one seen; none when only time passed.
    pub step: Option<&'a Step>,
    /// The attempt to finish, if there is one.
    pub attempt: Option<&'a Attempt>,
    /// The instant judged for, UTC.
    pub at: Timestamp,
    /// The terms.
    pub terms: &'a Terms,
}

/// An allocation that the QA manager proposes (¶1).
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The allocation.
    pub allocation: &'a Allocation,
    /// The other live allocations, this one not among them.
    pub others: &'a [Allocation],
    /// The terms.
    pub terms: &'a Terms,
}

/// A decision that a person wants to put on record.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The episode as it stands.
    pub episode: &'a Episode,
    /// The decision.
    pub decision: &'a Decision,
    /// The terms.
    pub terms: &'a Terms,
}

impl Question<'_> {
    /// The local day judged for (Europe/London).
    pub fn today(&self) -> Date {
        super::due::local_date(self.terms, self.at)
    }

    /// A fact, from the asked step if its form carries it, else from the live step that does.
    pub fn fact(&self, fact: Fact) -> Known<Value> {
        match self.step {
            Some(step) if step.stage == fact.stage() => match step.presence {
                Presence::Hidden => Known::Unreadable(Why::Hidden),
                Presence::Deleted => Known::Unreadable(Why::NotSeen),
                Presence::Present => step
                    .facts
                    .get(&fact)
                    .cloned()
                    .unwrap_or(Known::Unreadable(Why::NotMapped)),
            },
            _ => self.episode.fact(fact),
        }
    }

    /// Length, count or number of rows; 0 if blank.
    pub fn amount(&self, fact: Fact) -> Known<u32> {
        self.fact(fact).amount()
    }

    /// Rows; none if blank.
    pub fn rows(&self, fact: Fact) -> Known<Vec<Row>> {
        self.fact(fact).rows()
    }

    /// A code; blank if none was chosen.
    pub fn code(&self, fact: Fact) -> Known<String> {
        self.fact(fact).code()
    }

    /// A local calendar day (Europe/London).
    pub fn day(&self, fact: Fact) -> Known<Date> {
        self.fact(fact)
            .day(|at| super::due::local_date(self.terms, at))
    }

    /// The overall evaluation (¶25).
    pub fn evaluation(&self) -> Known<Evaluation> {
        self.fact(Fact::Evaluation).evaluation()
    }

    /// To whom the work is handed: what the attempt says, else what the form says.
    pub fn hand_over(&self) -> Known<WorkerId> {
        let said = self
            .attempt
            .map_or(Known::Unreadable(Why::NotSeen), |attempt| {
                attempt.hand_over.clone()
            });
        let Known::Unreadable(why) = said else {
            return said;
        };
        match self.step.and_then(|step| step.facts.get(&Fact::HandOver)) {
            Some(Known::Is(Value::Worker(worker))) => Known::Is(worker.clone()),
            Some(Known::Blank) => Known::Blank,
            _ => Known::Unreadable(why),
        }
    }

    /// When the asked step's present opening began, UTC; a decision made before it is not about it.
    pub fn leg_began(&self) -> Option<Timestamp> {
        let step = self.step?;
        let began = if step.leg > 1 {
            let last_finish = step.finished.iter().map(|finish| finish.at).max();
            step.dates.reopened.or(last_finish)
        } else {
            step.dates.incoming.or(step.dates.started)
        };
        Some(began.unwrap_or(step.first_seen))
    }

    /// Whether what was decided at `at`, UTC, was on record at the instant judged for. A case system stamps a
    /// Finish by its own clock and often to the minute, so the stamp may lie before a decision that was not.
    pub fn on_record(&self, at: Timestamp) -> bool {
        let grace = SignedDuration::from_secs(CLOCK_GRACE_SECONDS);
        at <= self.at.saturating_add(grace).unwrap_or(self.at)
    }

    /// Whether an accepted reason about this is on record.
    pub fn reason_given(&self, about: ReasonAbout) -> bool {
        self.episode.reasons.iter().any(|reason| {
            reason.about == about && self.on_record(reason.at) && self.accepts(&reason.reason)
        })
    }

    /// Whether the QA manager, or the Head, put another hand-over on record since the step opened.
    pub fn hand_over_agreed(&self) -> bool {
        let Some(began) = self.leg_began() else {
            return false;
        };
        self.episode.reasons.iter().any(|reason| {
            reason.about == ReasonAbout::HandOver
                && self.on_record(reason.at)
                && began <= reason.at
                && self.accepts(&reason.reason)
                && self.answers_for(&reason.by, reason.at)
        })
    }

    /// Whether the policy accepts a reason code.
    pub fn accepts(&self, reason: &str) -> bool {
        let codes = &self.terms.policy.reason_codes;
        !reason.trim().is_empty() && (codes.is_empty() || codes.iter().any(|code| code == reason))
    }

    /// Whether a worker may answer for an exception: the QA manager or the Head, at that instant.
    pub fn answers_for(&self, worker: &WorkerId, at: Timestamp) -> bool {
        [Role::QaManager, Role::HeadOfService]
            .iter()
            .any(|role| self.terms.people.holds(worker, *role, at))
    }

    /// The workers whose own work the episode is: they neither moderate nor sign it off for themselves.
    pub fn concerned(&self, roles: &[Role]) -> Vec<(Role, WorkerId)> {
        let mut concerned: Vec<(Role, WorkerId)> = roles
            .iter()
            .filter_map(|role| {
                let worker = self.episode.person(*role).value()?.clone();
                Some((*role, worker))
            })
            .collect();
        for role in roles {
            let stage = match role {
                Role::PracticeReviewer => Stage::PracticeReview,
                Role::Practitioner => Stage::Practitioner,
                _ => continue,
            };
            let assignee = self
                .episode
                .step_of(stage)
                .and_then(|step| step.assignee.value());
            if let Some(worker) = assignee {
                concerned.push((*role, worker.clone()));
            }
        }
        concerned
    }

    /// When a stage was last finished, UTC; none while it is open or unseen.
    pub fn finished_at(&self, stage: Stage) -> Option<Timestamp> {
        let step = self.episode.step_of(stage)?;
        if step.status != StepStatus::Completed {
            return None;
        }
        let last = step.finished.iter().map(|finish| finish.at).max();
        step.dates.completed.max(last)
    }
}
