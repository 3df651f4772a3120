//! May this step be finished? One judge for every door: call-out, reversal and observation ask here.
//!
//! Pure and total: the same episode, attempt and terms always give the same verdict, and a fact that
//! cannot be read is said to be unreadable. Every rule of the stage is judged, in the order of
//! [`RULES`], so that a person hears everything at once. Absent on purpose: what follows from a
//! verdict (that is `react`), and any grading of practice.

use jiff::Timestamp;

use super::decision::{Allocation, Decision};
use super::episode::{Episode, Stage, Step, StepStatus};
use super::ids::{Digest, StepId};
use super::known::{Known, Why};
use super::rules::{Change, Proposal, Question, RULES, Rule, Trigger, UNREAD};
use super::screen::{Screen, screen};
use super::terms::Terms;
use super::verdict::{Attempt, Finding, Judged, LastSeen, Verdict};

/// Judges a Finish; none if the episode has no such step.
///
/// To judge a Finish that has already been observed, give its completion stamp as `attempt.at`: a
/// Finish asked for after that stamp is answered as one of a step already finished (LE-00.0).
pub fn judge(episode: &Episode, attempt: &Attempt, terms: &Terms) -> Option<Verdict> {
    let step = episode.steps.get(&attempt.step)?;
    let question = Question {
        episode,
        step: Some(step),
        attempt: Some(attempt),
        at: attempt.at,
        terms,
    };
    let findings: Vec<Judged> = RULES
        .iter()
        .filter_map(|rule| match rule.trigger {
            Trigger::AtFinish(stages, check) if stages.contains(&step.stage) => {
                Some(rule.judged(&terms.policy, || check(&question)))
            }
            _ => None,
        })
        .collect();
    let overridden = is_overridden(&question, step.stage) && !findings.iter().any(stands_firm);
    Some(Verdict {
        stage: step.stage,
        step: step.id.clone(),
        findings,
        on: fingerprint(episode, step, attempt.at),
        judged_at: attempt.at,
        policy: terms.digest.clone(),
        overridden,
    })
}

/// Judges a Finish while the step cannot be read: its form may say anything by now. What blocks and was unmet when the
/// step was last seen still holds, unless the asker sees a later version of it than that.
pub fn judge_unread(episode: &Episode, attempt: &Attempt, terms: &Terms) -> Option<Verdict> {
    let step = episode.steps.get(&attempt.step)?;
    let mut verdict = judge(&unread(episode, &attempt.step), attempt, terms)?;
    if screen(step, attempt.screen.as_deref()) == Screen::Newer {
        return Some(verdict);
    }
    let when = terms.calendar.local_words(step.last_seen);
    let last = judge(episode, attempt, terms)?;
    for (now, then) in verdict.findings.iter_mut().zip(&last.findings) {
        let is_blind = matches!(now.finding, Finding::CannotTell(_, Why::Unread));
        if is_blind && matches!(then.finding, Finding::Unmet(_)) && then.holds() {
            now.last_seen = Some(LastSeen {
                when: when.clone(),
                missing: then.missing(),
                seen: then.seen(),
            });
            now.remedy = format!("{} If that is done already: {UNREAD}", then.remedy);
        }
    }
    // What no override lifts is not lifted for want of sight.
    verdict.overridden = verdict.overridden && !verdict.findings.iter().any(stands_firm);
    Some(verdict)
}

/// The episode as it looks to somebody who cannot read this step's form.
fn unread(episode: &Episode, step: &StepId) -> Episode {
    let mut blind = episode.clone();
    if let Some(step) = blind.steps.get_mut(step) {
        for fact in step.facts.values_mut() {
            *fact = Known::Unreadable(Why::Unread);
        }
    }
    blind
}

/// Judges a step as if Finish were only now asked for, whatever became of it: to whom the next step went is to
/// whom it is handed.
pub fn judge_as_if_open(
    episode: &Episode,
    step: &StepId,
    at: Timestamp,
    terms: &Terms,
) -> Option<Verdict> {
    let mut open = episode.clone();
    let seen = open.steps.get_mut(step)?;
    seen.status = StepStatus::Started;
    let next = seen.stage.next().and_then(|next| episode.step_of(next));
    let nobody = Known::Unreadable(Why::NotSeen);
    let attempt = Attempt {
        step: step.clone(),
        actor: None,
        hand_over: next.map_or(nobody, |next| next.assignee.clone()),
        immediate: false,
        at,
        screen: None,
    };
    judge(&open, &attempt, terms)
}

/// What a Finish of this step is judged on at `at`, UTC: the step's matter, the earlier forms its rules
/// read, and the decisions about the episode that were made by then.
pub fn fingerprint(episode: &Episode, step: &Step, at: Timestamp) -> Digest {
    let earlier: Vec<&Digest> = Stage::ALL
        .iter()
        .filter(|stage| **stage < step.stage)
        .filter_map(|stage| episode.step_of(*stage).map(|earlier| &earlier.matter))
        .collect();
    Digest::of_json(&(own_fingerprint(episode, step, at, true), earlier))
}

/// The same without the earlier forms. A permit given on another one is void; a decision made after the
/// Finish does not void the permit it used. Where the form was not `read`, nothing is said of it.
pub fn own_fingerprint(episode: &Episode, step: &Step, at: Timestamp, read: bool) -> Digest {
    Digest::of_json(&(
        (read.then_some(&step.matter), step.leg),
        (
            &episode.allocation,
            made_by(&episode.extensions, at, |extension| extension.at),
            made_by(&episode.pauses, at, |pause| pause.at),
        ),
        (
            made_by(&episode.moderations, at, |moderation| moderation.at),
            made_by(&episode.reasons, at, |reason| reason.at),
            made_by(&episode.overrides, at, |made| made.at),
        ),
        &episode.cancelled,
    ))
}

fn made_by<T>(decisions: &[T], at: Timestamp, when: impl Fn(&T) -> Timestamp) -> Vec<&T> {
    decisions.iter().filter(|made| when(made) <= at).collect()
}

/// Judges a proposed allocation (¶1) beside the other live ones.
pub fn judge_allocation(
    allocation: &Allocation,
    terms: &Terms,
    others: &[Allocation],
) -> Vec<Judged> {
    let proposal = Proposal {
        allocation,
        others,
        terms,
    };
    judged(terms, |rule| match rule.trigger {
        Trigger::AtAllocation(check) => Some(check(&proposal)),
        _ => None,
    })
}

/// Judges a decision before it is recorded, such as a change of the completion date (¶3).
pub fn judge_decision(episode: &Episode, decision: &Decision, terms: &Terms) -> Vec<Judged> {
    let change = Change {
        episode,
        decision,
        terms,
    };
    judged(terms, |rule| match rule.trigger {
        Trigger::AtDecision(check) => Some(check(&change)),
        _ => None,
    })
}

/// What the passing of time has made of an episode at `now`, UTC.
pub fn judge_time(episode: &Episode, now: Timestamp, terms: &Terms) -> Vec<Judged> {
    let question = Question {
        episode,
        step: None,
        attempt: None,
        at: now,
        terms,
    };
    judged(terms, |rule| match rule.trigger {
        Trigger::ByTime(check) => Some(check(&question)),
        Trigger::Awaits(check) => Some(check(&question).finding(&question)),
        _ => None,
    })
}

/// What a step just seen, at `now`, UTC, says of its episode.
pub fn judge_sighting(
    episode: &Episode,
    step: &Step,
    now: Timestamp,
    terms: &Terms,
) -> Vec<Judged> {
    let question = Question {
        episode,
        step: Some(step),
        attempt: None,
        at: now,
        terms,
    };
    judged(terms, |rule| match rule.trigger {
        Trigger::OnSighting(check) => Some(check(&question)),
        _ => None,
    })
}

fn judged(terms: &Terms, look: impl Fn(&Rule) -> Option<Finding>) -> Vec<Judged> {
    RULES
        .iter()
        .filter_map(|rule| {
            let finding = look(rule)?;
            Some(rule.judged(&terms.policy, || finding))
        })
        .collect()
}

/// An accountable override, by the Head or the QA manager, made for this opening of the step.
fn is_overridden(question: &Question<'_>, stage: Stage) -> bool {
    let Some(began) = question.leg_began() else {
        return false;
    };
    question.episode.overrides.iter().any(|made| {
        made.stage == stage
            && question.on_record(made.at)
            && began <= made.at
            && question.answers_for(&made.by, made.at)
    })
}

/// A finding that holds and that no override lifts: nobody signs off their own work.
fn stands_firm(judged: &Judged) -> bool {
    judged.holds() && super::rules::find(&judged.rule).is_some_and(|rule| !rule.overridable)
}
