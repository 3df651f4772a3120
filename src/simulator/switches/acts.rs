//! How does a switch change the truth? At once, step by step, each change an event like any other.

use jiff::{SignedDuration, ToSpan};

use super::Fault;
use super::storms::{flood, restore, storm};
use crate::simulator::asks::successor;
use crate::simulator::council::{Council, CouncilFault};
use crate::simulator::event::Event;
use crate::simulator::forms::StepType;
use crate::simulator::step::Step;
use crate::simulator::truth::Truth;
use crate::simulator::words::{Gone, Hiding, Lock, NewStep, Previous, Status};

/// Does what the switch says, `count` times or as often as it says; gives the ids of the steps concerned.
///
/// `on` names the step; otherwise it is the first that fits. Fails only if an event cannot be recorded.
pub(crate) fn act(
    council: &Council,
    fault: Fault,
    count: Option<u64>,
    on: Option<&str>,
) -> Result<Vec<String>, CouncilFault> {
    match fault {
        Fault::RestoredBackup => return restore(council, count.unwrap_or(20)),
        Fault::Flood => return flood(council, count.unwrap_or(400)),
        Fault::Storm => return Ok(storm(council, count.unwrap_or(50))),
        _ => {}
    }
    let mut struck = Vec::new();
    for _ in 0..count.unwrap_or(1) {
        let mut step = None;
        let now = council.now();
        // A switch has two events at most, the second about the step that the first was about.
        for nth in 0..2 {
            let recorded = council.record_if::<()>(None, |truth| {
                let fits = |held: &&Step| {
                    !struck.contains(&held.id)
                        && on.is_none_or(|on| on == held.id)
                        && fits(truth, fault, held)
                };
                let first = || truth.steps.values().find(fits).map(|one| one.id.clone());
                let id = step.clone().or_else(first).ok_or(())?;
                let held = truth.steps.get(&id).ok_or(())?;
                let event = event(truth, fault, held, nth, now).ok_or(())?;
                step = Some(id);
                Ok(event)
            })?;
            if recorded.is_err() {
                break;
            }
        }
        let Some(step) = step else {
            break;
        };
        struck.push(step);
    }
    Ok(struck)
}

/// Whether a switch can be about this step.
fn fits(truth: &Truth, fault: Fault, step: &Step) -> bool {
    if step.deleted || step.restricted || step.step_type == StepType::DutyContact {
        return false;
    }
    let followed = || {
        let mut all = truth.steps.values();
        all.any(|one| {
            one.previous
                .as_ref()
                .is_some_and(|link| link.step == step.id)
        })
    };
    let open = step.status.can_finish();
    match fault {
        Fault::PersonReopens | Fault::PersonReopensCleared => step.status == Status::Completed,
        Fault::Delayed => {
            step.status == Status::Completed && step.step_type.next().is_some() && !followed()
        }
        Fault::SentOnEarly | Fault::Proposed => {
            open && step.step_type.next().is_some() && !followed()
        }
        Fault::ProposedVanishes => step.status == Status::Proposed,
        Fault::SubjectGained => open && step.subject.is_none(),
        Fault::SubjectLost | Fault::SubjectGroup => open && step.subject.is_some(),
        Fault::Merged | Fault::MergedChain => {
            open && step.subject.is_some() && step.merged_from.is_empty()
        }
        Fault::MergedDouble => open && another_child(truth, step).is_some(),
        Fault::WorkerLeft | Fault::ActingFor => open && step.assignee.is_some(),
        Fault::CheckedOut => open && step.lock.is_none(),
        Fault::CheckedIn => step.lock.is_some(),
        _ => open,
    }
}

/// The child of another open step than this one's.
fn another_child(truth: &Truth, step: &Step) -> Option<String> {
    let mine = step.subject.as_ref()?;
    let mut all = truth.steps.values();
    let other = all.find(|one| {
        let its = one.subject.as_ref();
        one.status.can_finish()
            && one.step_type != StepType::DutyContact
            && its.is_some_and(|child| child != mine)
    })?;
    other.subject.clone()
}

/// Event number `nth` (from 0) of a switch about a step; none if it has no more.
fn event(
    truth: &Truth,
    fault: Fault,
    held: &Step,
    nth: u32,
    now: jiff::Timestamp,
) -> Option<Event> {
    match nth {
        0 => shows(fault, held, now)
            .or_else(|| about(truth, fault, held))
            .or_else(|| appears(truth, fault, held, now).map(|step| Event::StepAppeared { step })),
        1 => second(fault, held),
        _ => None,
    }
}

/// The second event of a switch that has two.
fn second(fault: Fault, held: &Step) -> Option<Event> {
    match fault {
        Fault::PersonReopensCleared => Some(Event::StampCleared {
            step: held.id.clone(),
            status: Status::Completed,
        }),
        Fault::MergedChain => merged(held.subject.clone(), None),
        _ => None,
    }
}

/// What changes how a step shows, or where it stands.
fn shows(fault: Fault, held: &Step, now: jiff::Timestamp) -> Option<Event> {
    let step = held.id.clone();
    let removed = |step, how| Event::StepRemoved { step, how };
    let closed = |step, how| Event::StepClosed { step, how };
    Some(match fault {
        Fault::PersonReopens | Fault::PersonReopensCleared => Event::StepStatus {
            step,
            status: Status::Reopened,
        },
        Fault::LateFeed => Event::StepDelayed {
            step,
            until: now.saturating_add(SignedDuration::from_hours(3)).ok()?,
        },
        Fault::Deleted => Event::StepDeleted { step },
        Fault::DeletedTombstone => removed(step, Gone::Tombstone),
        Fault::DeletedMissing | Fault::ProposedVanishes => removed(step, Gone::Missing),
        Fault::DeletedAbsent => removed(step, Gone::Absent),
        Fault::Restricted => Event::StepRestricted {
            step,
            restricted: true,
        },
        Fault::RestrictedMissing => closed(step, Hiding::Missing),
        Fault::RestrictedBlanked => closed(step, Hiding::Blanked),
        Fault::RestrictedMarked => closed(step, Hiding::Marked),
        Fault::CheckedOut => {
            let by = held.assignee.clone().unwrap_or_else(|| "W-100".to_owned());
            let kind = "PORTAL".to_owned();
            let lock = Some(Lock { by, kind });
            Event::StepLocked { step, lock }
        }
        Fault::CheckedIn => Event::StepLocked { step, lock: None },
        _ => return None,
    })
}

/// What changes whose a step is, and whom it is about.
fn about(truth: &Truth, fault: Fault, held: &Step) -> Option<Event> {
    let step = held.id.clone();
    let child = held.subject.clone();
    let subjects = match fault {
        Fault::Merged | Fault::MergedChain => return merged(child, None),
        Fault::MergedDouble => return merged(another_child(truth, held), child),
        Fault::WorkerLeft => {
            let worker = held.assignee.clone()?;
            return Some(Event::WorkerEnded { worker });
        }
        Fault::ToTeam | Fault::ActingFor | Fault::DatesMove | Fault::DueMoves => {
            return Some(assigned(fault, held));
        }
        Fault::SubjectLost => Vec::new(),
        Fault::SubjectGained => {
            let number = step.parse::<u32>().unwrap_or(40_011);
            vec![format!("P-{}", 10_000 + number.saturating_sub(40_000) / 10)]
        }
        Fault::SubjectGroup => {
            let child = child?;
            let more = ["1", "2"].map(|more| format!("{child}{more}"));
            std::iter::once(child).chain(more).collect()
        }
        _ => return None,
    };
    Some(Event::StepSubjects { step, subjects })
}

/// The step that a switch lets appear.
fn appears(truth: &Truth, fault: Fault, held: &Step, now: jiff::Timestamp) -> Option<NewStep> {
    match fault {
        Fault::Copied | Fault::Twin => Some(copy(truth, held, fault == Fault::Copied)),
        Fault::SentOnEarly => successor(truth, held, true),
        Fault::Proposed => {
            let mut step = successor(truth, held, false)?;
            step.status = Some(Status::Proposed);
            Some(step)
        }
        Fault::Delayed => {
            let mut step = successor(truth, held, false)?;
            let three_weeks = SignedDuration::from_hours(21 * 24);
            step.incoming = now.checked_sub(three_weeks).ok();
            Some(step)
        }
        _ => None,
    }
}

/// One number becomes another; a new one if none is given.
fn merged(from: Option<String>, to: Option<String>) -> Option<Event> {
    let from = from?;
    let to = to.unwrap_or_else(|| format!("{from}9"));
    Some(Event::PersonsMerged { from, to })
}

fn moved(day: Option<jiff::civil::Date>) -> Option<jiff::civil::Date> {
    day.map(|day| day.saturating_add(14.days()))
}

fn assigned(fault: Fault, held: &Step) -> Event {
    let other = || Some("W-199".to_owned());
    let (assignee, acting_for, team) = match fault {
        Fault::ToTeam => (None, None, Some("T-7".to_owned())),
        Fault::ActingFor => (other(), held.assignee.clone(), None),
        Fault::DueMoves => (
            held.assignee.clone(),
            held.acting_for.clone(),
            held.team.clone(),
        ),
        _ => (other(), None, None),
    };
    let moves = fault == Fault::DatesMove;
    Event::StepAssigned {
        step: held.id.clone(),
        assignee,
        acting_for,
        team,
        due: moved(held.due).filter(|_| moves || fault == Fault::DueMoves),
        scheduled: moved(held.scheduled.or(held.due)).filter(|_| moves),
    }
}

fn copy(truth: &Truth, held: &Step, says_so: bool) -> NewStep {
    let answers = held.answers.iter();
    let answers = answers.map(|(question, answer)| (question.clone(), Some(answer.clone())));
    NewStep {
        id: format!("S-{}", truth.seq + 1),
        step_type: held.step_type,
        assignee: held.assignee.clone(),
        subject: held.subject.clone(),
        due: held.due,
        previous: held.previous.clone().map(|link| Previous {
            immediate: false,
            ..link
        }),
        answers: answers.collect(),
        copied_from: says_so.then(|| held.id.clone()),
        ..NewStep::default()
    }
}
