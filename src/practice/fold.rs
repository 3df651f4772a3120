//! How does an episode take in what was seen and decided? Episode + input -> episode, nothing else.
//!
//! Out-of-order, reopened, hidden and vanished steps are settled here, once. What follows for people
//! (permits, bypasses, messages) is `react`'s business.

mod decisions;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::episode::{Episode, Finished, Hidden, Presence, Stage, Step, StepStatus};
use super::ids::{ChildKey, EpisodeId, StepId};
use super::known::Known;
use super::sighting::Sighting;

pub use decisions::take_decision;

/// What changed in kind when a sighting was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A Finish was observed that had not been observed before.
    pub finished: Option<Finished>,
    /// The step is open again after a Finish.
    pub reopened: bool,
    /// It is as it was before: the case system was restored (P19). Which version was held.
    pub went_back: Option<Option<String>>,
    /// The Finish that was undone by that.
    pub undone: Option<Finished>,
    /// The step can no longer be seen, or can be again.
    pub presence_changed: bool,
    /// It surfaced long after the Finish that made it, so its clock counts from its first sight.
    pub delayed: bool,
    /// Dates of the case system that moved: which, from when, to when.
    pub moved: Vec<(&'static str, Option<Date>, Option<Date>)>,
}

/// How long after the Finish that made it a step may appear and still count from that Finish, hours.
const APPEARS_WITHIN_HOURS: i64 = 24;

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
    take_children(episode, sighting);
    let mut step = step_from(sighting, before.as_ref());
    let mut change = Change::default();
    if step.real_since.is_none() && step.status != StepStatus::Proposed {
        let held = before
            .as_ref()
            .filter(|old| old.status != StepStatus::Proposed);
        let since = held.map_or(sighting.seen_at, |old| old.first_seen);
        step.real_since = Some(since);
        change.delayed = held.is_none() && surfaced_late(episode, &step, since);
        step.clock_from = change.delayed.then_some(since);
    }
    if let Some(old) = &before {
        change.presence_changed = old.presence != Presence::Present;
        change.moved = moved(old, &step);
        change.reopened = old.status == StepStatus::Completed && step.status.is_open();
        let finished_again = old.status == StepStatus::Completed
            && step.status == StepStatus::Completed
            && later(step.dates.completed, old.dates.completed);
        if change.reopened || finished_again {
            step.leg += 1;
        }
        let modified = old.modified_at.map(Timestamp::as_millisecond);
        if old.presence != Presence::Deleted
            && sighting.is_older_than(old.version.as_deref(), modified)
        {
            change.went_back = Some(old.version.clone());
            if change.reopened
                && let Some(last) = step.finished.last_mut()
            {
                last.undone = Some(sighting.seen_at);
                change.undone = Some(last.clone());
            }
        }
    }
    if let Some(span) = step.hidden.last_mut().filter(|span| span.until.is_none()) {
        span.until = Some(sighting.seen_at);
    }
    if step.status == StepStatus::Completed && !step.finished.iter().any(|f| f.leg == step.leg) {
        let finished = Finished {
            leg: step.leg,
            at: own_stamp(&step).unwrap_or(sighting.seen_at),
            observed_at: sighting.seen_at,
            permit: None,
            bypass: false,
            undone: None,
        };
        step.finished.push(finished.clone());
        change.finished = Some(finished);
    }
    episode.steps.insert(step.id.clone(), step);
    change
}

/// The completion stamp, if it is of this opening. A case system may keep the first one through a
/// reopening and even past the Finish after it, and then it says nothing of when that was (P20).
pub(crate) fn own_stamp(step: &Step) -> Option<Timestamp> {
    let stamp = step.dates.completed?;
    let earlier = step.finished.iter().filter(|finish| finish.leg < step.leg);
    let kept = earlier.map(|finish| finish.at).max();
    let is_kept = kept.is_some_and(|kept| stamp <= kept)
        || (step.leg > 1 && step.dates.reopened.is_some_and(|opened| stamp < opened));
    (!is_kept).then_some(stamp)
}

/// Whom the step is about. A key that was merged into the child's is the child; another one is not, and
/// the episode keeps the child it has.
fn take_children(episode: &mut Episode, sighting: &Sighting) {
    let Known::Is(child) = &sighting.child else {
        return;
    };
    if episode.child.is_none() {
        let allocated = episode.allocation.as_ref().map(|a| a.child.clone());
        episode.child = Some(allocated.unwrap_or_else(|| child.clone()));
    }
    if is_about(episode, sighting) {
        let all = sighting.siblings.iter().chain([child]);
        let known = episode.child.iter().chain(&episode.earlier_keys);
        let known: Vec<ChildKey> = known.cloned().collect();
        let new: Vec<ChildKey> = all.filter(|one| !known.contains(one)).cloned().collect();
        episode.siblings.extend(new);
    }
}

/// Whether a sighting is about the child of the episode, alone or with siblings.
pub(crate) fn is_about(episode: &Episode, sighting: &Sighting) -> bool {
    let keys = episode.keys();
    let Known::Is(child) = &sighting.child else {
        return true;
    };
    keys.is_empty()
        || keys.contains(child)
        || sighting.siblings.iter().any(|one| keys.contains(one))
}

/// Two keys of children became one: `to` is the key from now on, and `from` is kept.
pub fn rekey(episode: &mut Episode, from: &ChildKey, to: &ChildKey) {
    episode.version += 1;
    let allocated = episode.allocation.as_ref().map(|a| &a.child);
    if episode.child.as_ref().or(allocated) == Some(from) {
        episode.child = Some(to.clone());
    } else if episode.siblings.remove(from) {
        episode.siblings.insert(to.clone());
    }
    if let Some(child) = &episode.child {
        episode.siblings.remove(child);
    }
    episode.earlier_keys.insert(from.clone());
    episode.earlier_keys.remove(to);
}

/// Moves a step that stood alone, with its history, to the episode it belongs to; made anew if there is none.
pub fn move_step(
    left: &mut Episode,
    joined: Option<Episode>,
    id: &EpisodeId,
    step: &StepId,
) -> Episode {
    let mut joined = joined.unwrap_or_else(|| Episode {
        silent_before: left.silent_before,
        ..Episode::new(id.clone(), left.source.clone())
    });
    if joined.child.is_none() {
        joined.child.clone_from(&left.child);
    }
    if let Some(moved) = left.steps.remove(step) {
        joined.steps.insert(step.clone(), moved);
    }
    joined
}

/// Whether the Finish that made this step was observed so long ago that the step was hidden meanwhile,
/// as a next action with a delay is. While we did not look, nothing is known of when it appeared.
fn surfaced_late(episode: &Episode, step: &Step, seen_at: Timestamp) -> bool {
    let source = Stage::ALL
        .into_iter()
        .find(|stage| stage.next() == Some(step.stage))
        .and_then(|stage| episode.step_of(stage));
    source
        .and_then(|source| source.finished.last())
        .is_some_and(|finish| {
            seen_at.duration_since(finish.observed_at)
                > SignedDuration::from_hours(APPEARS_WITHIN_HOURS)
        })
}

fn moved(old: &Step, new: &Step) -> Vec<(&'static str, Option<Date>, Option<Date>)> {
    let dates = [
        ("due", old.dates.due, new.dates.due),
        ("scheduled", old.scheduled, new.scheduled),
    ];
    let moved = dates.into_iter();
    moved
        .filter(|(_, from, to)| from.is_some() && from != to)
        .collect()
}

fn later(new: Option<Timestamp>, old: Option<Timestamp>) -> bool {
    matches!((new, old), (Some(new), Some(old)) if new > old)
}

/// A step that cannot be read keeps what was known of it; only its presence moves.
fn take_absence(episode: &mut Episode, before: Option<Step>, sighting: &Sighting) -> Change {
    let mut step = before.unwrap_or_else(|| step_from(sighting, None));
    let presence_changed = step.presence != sighting.presence;
    step.presence = sighting.presence;
    step.last_seen = sighting.seen_at;
    step.content = sighting.content();
    let open = step.hidden.last_mut().filter(|span| span.until.is_none());
    match (sighting.presence, open) {
        (Presence::Hidden, None) => step.hidden.push(Hidden {
            from: sighting.seen_at,
            until: None,
        }),
        (Presence::Present | Presence::Deleted, Some(span)) => span.until = Some(sighting.seen_at),
        _ => {}
    }
    episode.steps.insert(step.id.clone(), step);
    Change {
        presence_changed,
        ..Change::default()
    }
}

fn step_from(sighting: &Sighting, before: Option<&Step>) -> Step {
    let children = sighting.child.value().into_iter().chain(&sighting.siblings);
    let children: Vec<ChildKey> = children.cloned().collect();
    let kept = |pick: fn(&Step) -> Vec<ChildKey>| before.map_or_else(Vec::new, pick);
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
        children: if children.is_empty() {
            kept(|step| step.children.clone())
        } else {
            children
        },
        copied_from: sighting
            .copied_from
            .clone()
            .or_else(|| before.and_then(|step| step.copied_from.clone())),
        team: sighting.team.value().cloned(),
        scheduled: sighting.scheduled,
        real_since: before.and_then(|step| step.real_since),
        clock_from: before.and_then(|step| step.clock_from),
        hidden: before.map_or_else(Vec::new, |step| step.hidden.clone()),
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
