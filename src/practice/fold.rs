//! How does an episode take in what was seen and decided? Episode + input -> episode, nothing else.
//!
//! Out-of-order, reopened, hidden and vanished steps are settled here, once. What follows for people
//! (permits, bypasses, messages) is `react`'s business.

use jiff::Timestamp;

use super::decision::{
    Decided, Decision, Extension, Moderation, ModerationRequest, Override, Pause, ReasonGiven,
};
use super::episode::{Episode, Finished, Presence, Step, StepStatus};
use super::ids::StepId;
use super::known::Known;
use super::sighting::Sighting;

/// What changed in kind when a sighting was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The step had not been seen before.
    pub first_sight: bool,
    /// A Finish was observed that had not been observed before.
    pub finished: Option<Finished>,
    /// The step is open again after a Finish.
    pub reopened: bool,
    /// The step can no longer be seen, or can be again.
    pub presence_changed: bool,
}

/// Takes a sighting into the episode.
pub fn take_sighting(episode: &mut Episode, sighting: &Sighting) -> Change {
    episode.version += 1;
    if episode.cycle.is_none()
        && let Known::Is(cycle) = &sighting.cycle
    {
        episode.cycle = Some(cycle.clone());
    }
    let before = episode.steps.get(&sighting.step).cloned();
    if sighting.presence != Presence::Present {
        return take_absence(episode, before, sighting);
    }
    let mut step = step_from(sighting, before.as_ref());
    let mut change = Change {
        first_sight: before.is_none(),
        ..Change::default()
    };
    if let Some(old) = &before {
        change.presence_changed = old.presence != Presence::Present;
        change.reopened = old.status == StepStatus::Completed && step.status.is_open();
        let finished_again = old.status == StepStatus::Completed
            && step.status == StepStatus::Completed
            && later(step.dates.completed, old.dates.completed);
        if change.reopened || finished_again {
            step.leg += 1;
        }
    }
    if step.status == StepStatus::Completed && !step.finished.iter().any(|f| f.leg == step.leg) {
        let finished = Finished {
            leg: step.leg,
            at: step.dates.completed.unwrap_or(sighting.seen_at),
            observed_at: sighting.seen_at,
            permit: None,
            bypass: false,
        };
        step.finished.push(finished.clone());
        change.finished = Some(finished);
    }
    episode.steps.insert(step.id.clone(), step);
    change
}

fn later(new: Option<Timestamp>, old: Option<Timestamp>) -> bool {
    matches!((new, old), (Some(new), Some(old)) if new > old)
}

/// A step that cannot be read keeps what was known of it; only its presence moves.
fn take_absence(episode: &mut Episode, before: Option<Step>, sighting: &Sighting) -> Change {
    let first_sight = before.is_none();
    let mut step = before.unwrap_or_else(|| step_from(sighting, None));
    let presence_changed = step.presence != sighting.presence;
    step.presence = sighting.presence;
    step.last_seen = sighting.seen_at;
    step.content = sighting.content();
    episode.steps.insert(step.id.clone(), step);
    Change {
        first_sight,
        presence_changed,
        ..Change::default()
    }
}

fn step_from(sighting: &Sighting, before: Option<&Step>) -> Step {
    Step {
        id: sighting.step.clone(),
        stage: sighting.stage,
        status: sighting.status,
        presence: sighting.presence,
        version: sighting.version.clone(),
        modified_at: sighting.modified_at,
        locked: sighting.locked,
        dates: sighting.dates.clone(),
        assignee: sighting.assignee.clone(),
        links: sighting.links.clone(),
        facts: sighting.facts.clone(),
        people: sighting.people.clone(),
        leg: before.map_or(1, |step| step.leg),
        first_seen: before.map_or(sighting.seen_at, |step| step.first_seen),
        last_seen: sighting.seen_at,
        content: sighting.content(),
        matter: sighting.matter(),
        finished: before.map_or_else(Vec::new, |step| step.finished.clone()),
    }
}

/// Takes a decision into the episode. Authority is checked before (`authority::may`).
pub fn take_decision(episode: &mut Episode, decision: &Decision) {
    episode.version += 1;
    episode.decided.insert(decision.id.clone());
    let (by, at) = (decision.by.clone(), decision.at);
    match &decision.what {
        Decided::Allocate(allocation) => {
            episode.cycle = Some(allocation.cycle.clone());
            episode.source = allocation.source.clone();
            episode.allocation = Some(allocation.as_ref().clone());
        }
        Decided::Extend { due, reason } => {
            episode.extensions.push(Extension {
                due: *due,
                reason: reason.clone(),
                by,
                at,
            });
        }
        Decided::Pause {
            from,
            until,
            reason,
        } => {
            let pause = Pause {
                from: *from,
                until: *until,
                reason: reason.clone(),
                at,
            };
            episode.pauses.push(pause);
        }
        Decided::RequestModeration => {
            let grade = episode.evaluation().value().copied();
            episode
                .moderation_requests
                .push(ModerationRequest { by, at, grade });
        }
        Decided::Moderate { grade, outcome, on } => {
            let on = on.clone().unwrap_or_else(|| episode.moderated_matter());
            episode.moderations.push(Moderation {
                id: decision.id.clone(),
                by,
                at,
                grade: *grade,
                outcome: *outcome,
                on,
            });
        }
        Decided::GiveReason { about, reason } => {
            episode.reasons.push(ReasonGiven {
                about: *about,
                reason: reason.clone(),
                by,
                at,
            });
        }
        Decided::Override { stage, reason } => {
            episode.overrides.push(Override {
                stage: *stage,
                reason: reason.clone(),
                by,
                at,
            });
        }
        Decided::Cancel { reason } => episode.cancelled = Some(reason.clone()),
    }
}

/// Enters how an observed Finish stands: with which permit, or as a bypass.
pub fn mark_finish(episode: &mut Episode, step: &StepId, permit: Option<String>, bypass: bool) {
    if let Some(finished) = episode
        .steps
        .get_mut(step)
        .and_then(|step| step.finished.last_mut())
    {
        finished.permit = permit;
        finished.bypass = bypass;
    }
}
