//! When is what due, and who is told as it passes? Milestones are facts: there is no `now` here.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Serialize;

use super::calendar::Calendar;
use super::episode::{Episode, Presence, Role, Stage, Step};
use super::fact::Fact;
use super::ids::StepId;
use super::rules::{find, parameter};
use super::standstill::{self, Standstill, moved_on, outside, standstills};
use super::terms::{CompletionEvent, HiddenClock, Policy, Stance};

/// One instant at which something falls due to be said, as long as its cause stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// What is late or awaited: stage, leg and due date (`practice_review/1/2026-12-23`), so that an
    /// extension makes a new cause and a cure can be recognised.
    pub cause: String,
    /// The rule that says so, such as `LE-03.1`.
    pub rule: &'static str,
    /// What kind of saying it is.
    pub kind: MilestoneKind,
    /// Working days after the due day; negative before it.
    pub working_days: i32,
    /// The instant from which it is due to be said, UTC.
    pub at: Timestamp,
    /// The stage it is about.
    pub stage: Stage,
    /// The step it is about, if there is one in the case system.
    pub step: Option<StepId>,
    /// The due day, local.
    pub due: Date,
    /// Who is told.
    pub tell: Vec<Role>,
    /// Whether the overdue flag is set.
    pub flag: bool,
    /// What is said, where that does not follow from the due day.
    pub says: Option<String>,
}

/// What kind of saying a milestone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MilestoneKind {
    /// Before or on the due day (LE-03.2).
    Reminder,
    /// A step that has not appeared (LE-01.3).
    Awaited,
    /// After the due day (LE-03.1, LE-29.5).
    Overdue,
    /// Something that a rule awaits.
    Prompt,
    /// The same, said at once.
    Nudge,
}

/// When messages go out on a day they fall due: after people have arrived, local time.
pub const TOLD_AT: Time = Time::constant(8, 30, 0, 0);

/// Every milestone of what is still open in this episode; a finished or cancelled matter has none, and so
/// its cause is cured.
///
/// What is hidden falls due as ever, if the clock runs on: then the QA manager alone is told, by a message
/// that is put on no step. If the clock stands still, nothing falls due.
pub fn milestones(episode: &Episode, policy: &Policy, calendar: &Calendar) -> Vec<Milestone> {
    if episode.cancelled.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for stage in Stage::ALL {
        match episode.step_of(stage) {
            Some(step) if step.status.is_open() && !is_frozen(step, policy) => {
                if let Some(due) = due_day(episode, stage, policy, calendar) {
                    climb(&mut found, episode, step, due, policy, calendar);
                }
            }
            None if stage == Stage::Practitioner => awaited(&mut found, episode, policy, calendar),
            _ => {}
        }
    }
    found
}

/// Whether the clock of a step stands still, because it cannot be seen.
pub fn is_frozen(step: &Step, policy: &Policy) -> bool {
    step.presence == Presence::Hidden && policy.hidden_clock == HiddenClock::Freeze
}

/// What a cause is about: stage, step, opening and due day; none if it is about no step.
pub fn about(cause: &str) -> Option<(Stage, StepId, u32, Date)> {
    let (rest, due) = cause.rsplit_once('/')?;
    let (rest, leg) = rest.rsplit_once('/')?;
    let (stage, step) = rest.split_once('/')?;
    let stage = Stage::ALL.into_iter().find(|one| one.name() == stage)?;
    Some((stage, step.into(), leg.parse().ok()?, due.parse().ok()?))
}

/// The day on which a stage falls due, local; none if nobody set one. Working days in which the step was
/// hidden do not count, if the policy stops the clock for them.
pub fn due_day(
    episode: &Episode,
    stage: Stage,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<Date> {
    let due = due_unhidden(episode, stage, policy, calendar)?;
    let step = episode.step_of(stage);
    let spans = step.iter().flat_map(|step| &step.hidden);
    let hidden: i32 = match policy.hidden_clock {
        HiddenClock::Run => 0,
        HiddenClock::Freeze => spans
            .filter_map(|span| {
                let until = calendar.local_date(span.until?);
                Some(
                    calendar
                        .between(calendar.local_date(span.from), until)
                        .max(0),
                )
            })
            .sum(),
    };
    Some(if hidden > 0 {
        calendar.add(due, hidden)
    } else {
        due
    })
}

/// The practice review is due on the completion date: the last agreed extension, else the allocation's (¶3).
/// Whatever the case system says of that date, the agreed one stands (P30). The supervisor's actions and the
/// sign-off follow the case system's own due date if it has one, else they are counted from the Finish before them
/// (LE-29.5); if completion is the sign-off, they are due on the completion date. A step that surfaced late counts
/// from when it did (P29). All of them move on by the days on which the clock stood still.
fn due_unhidden(
    episode: &Episode,
    stage: Stage,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<Date> {
    let spans = standstills(episode, stage, policy, calendar);
    let completes = policy.completion_event == CompletionEvent::S4 && stage > Stage::Practitioner;
    if (stage == Stage::PracticeReview || completes)
        && let Some((set, since)) = completion_date(episode)
    {
        // An extension was agreed with what came before it in view; only what came later moves it.
        let later = spans.into_iter();
        let later = later.filter(|span| since.is_none_or(|since| span.at > since));
        return Some(moved_on(set, &later.collect::<Vec<_>>(), calendar));
    }
    let agreed = (stage == Stage::Practitioner).then(|| episode.fact(Fact::AgreedDate));
    let agreed = agreed.map(|fact| fact.day(|at| calendar.local_date(at)));
    let agreed = agreed.and_then(|fact| fact.value().copied());
    let set = agreed.or_else(|| own_due(episode, stage, calendar));
    // A step that came back is never due sooner than that leaves time for it (R1): a day agreed before is past.
    let back = (stage == Stage::Practitioner)
        .then(|| due_again(episode, Timestamp::MAX, policy, calendar))
        .flatten();
    if let Some(set) = set.max(back) {
        // A day that was set elsewhere was set with what had ended before it in view.
        let later = spans.into_iter().filter(|span| span.until >= set);
        return Some(moved_on(set, &later.collect::<Vec<_>>(), calendar));
    }
    let (before, days) = match stage {
        Stage::Practitioner | Stage::PracticeReview => return None,
        Stage::SupervisorActions => (
            Stage::PracticeReview,
            parameter::SUPERVISOR_DAYS.days(policy),
        ),
        Stage::SignOff => (
            Stage::SupervisorActions,
            parameter::SIGN_OFF_DAYS.days(policy),
        ),
    };
    let surfaced = episode.step_of(stage).and_then(|step| step.clock_from);
    let finished = || Some(episode.step_of(before)?.finished.last()?.at);
    let began = calendar.local_date(surfaced.or_else(finished)?);
    let later = spans.into_iter().filter(|span| span.until > began);
    let later = later.map(|span| Standstill {
        from: span.from.max(began.tomorrow().unwrap_or(began)),
        ..span
    });
    let set = calendar.add(began, days);
    Some(moved_on(set, &later.collect::<Vec<_>>(), calendar))
}

/// By when a practitioner's step is due that was returned and not finished again by `at`, UTC; none if it was not (R1).
pub fn due_again(
    episode: &Episode,
    at: Timestamp,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<Date> {
    let mut returned = episode.deeds.returned.iter().rev();
    let last = returned.find(|one| one.to == Stage::Practitioner && one.at <= at)?;
    let step = episode.step_of(Stage::Practitioner)?;
    let mut finished = step.finished.iter();
    let again = finished.any(|finish| last.at < finish.at && finish.at < at);
    let day = calendar.local_date(last.at);
    (!again).then(|| calendar.add(day, parameter::RETURNED.days(policy)))
}

/// The completion date that was agreed last, and when that was, UTC, unless it is the allocation's (¶3).
fn completion_date(episode: &Episode) -> Option<(Date, Option<Timestamp>)> {
    let extension = episode.extensions.last();
    let agreed = extension.map(|extension| (extension.due, Some(extension.at)));
    agreed.or_else(|| Some((episode.allocation.as_ref()?.due_on, None)))
}

/// By how many working days something that ended or stands on `day` is late; negative or 0 if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lateness {
    /// Against the day first set.
    pub original: i32,
    /// Against the day in force: extensions and standstills counted.
    pub current: i32,
}

/// How late the practice review is or was on a day, by both reckonings (¶3); none if nobody set a date.
pub fn lateness(
    episode: &Episode,
    on: Date,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<Lateness> {
    let due = due_day(episode, Stage::PracticeReview, policy, calendar)?;
    let allocated = episode.allocation.as_ref().map(|set| set.due_on);
    Some(Lateness {
        original: calendar.between(allocated.unwrap_or(due), on),
        current: calendar.between(due, on),
    })
}

/// The case system's own due date. Of a step that surfaced late it was reckoned from a day on which nobody
/// could see the step, so it moves on by the working days until then.
fn own_due(episode: &Episode, stage: Stage, calendar: &Calendar) -> Option<Date> {
    let step = episode.step_of(stage)?;
    let due = step.dates.due?;
    let Some(surfaced) = step.clock_from else {
        return Some(due);
    };
    let began = step.dates.incoming.unwrap_or(surfaced);
    let unseen = calendar.between(calendar.local_date(began), calendar.local_date(surfaced));
    Some(if unseen > 0 {
        calendar.add(due, unseen)
    } else {
        due
    })
}

fn climb(
    found: &mut Vec<Milestone>,
    episode: &Episode,
    step: &Step,
    due: Date,
    policy: &Policy,
    calendar: &Calendar,
) {
    let stage = step.stage;
    let cause = format!("{}/{}/{}/{due}", stage.name(), step.id, step.leg);
    let hidden = step.presence == Presence::Hidden;
    let spans = standstills(episode, stage, policy, calendar);
    for rung in policy.ladder_of(stage) {
        let late = rung.working_days > 0;
        // A date that is no working day is reminded of on the last one before it: on the next one it
        // is past, and the first rung after it says so.
        let day = if rung.working_days == 0 {
            calendar.on_or_before(due)
        } else {
            calendar.add(due, rung.working_days)
        };
        let day = outside(day, &spans, calendar);
        let rule = match (stage, late) {
            (Stage::PracticeReview, true) => "LE-03.1",
            (Stage::PracticeReview, false) => "LE-03.2",
            (Stage::Practitioner, _) => "LE-16.4",
            (Stage::SupervisorActions | Stage::SignOff, _) => "LE-29.5",
        };
        if is_off(rule, policy) {
            continue;
        }
        let mut tell = rung.tell.clone();
        // What is hidden is told by reference, to the one who may find out who may see it (P22).
        if hidden {
            tell = vec![Role::QaManager];
        }
        let kind = if late {
            MilestoneKind::Overdue
        } else {
            MilestoneKind::Reminder
        };
        found.push(Milestone {
            cause: cause.clone(),
            rule,
            kind,
            working_days: rung.working_days,
            at: calendar.at_local(day, TOLD_AT),
            stage,
            step: (!hidden).then(|| step.id.clone()),
            due,
            tell,
            flag: rung.flag && !hidden,
            says: None,
        });
    }
}

/// An allocated episode whose practitioner's step has not appeared (LE-01.3, LE-04.1).
fn awaited(found: &mut Vec<Milestone>, episode: &Episode, policy: &Policy, calendar: &Calendar) {
    let Some(allocation) = &episode.allocation else {
        return;
    };
    // A later step shows that the work began, whatever became of the first one.
    if !episode.steps.is_empty() || is_off("LE-01.3", policy) {
        return;
    }
    let due = calendar.add(allocation.allocated_on, parameter::AWAITED.days(policy));
    let spans = standstill::common(episode, policy);
    for rung in &policy.ladders.awaited {
        let later = rung.working_days;
        let day = outside(calendar.add(due, later), &spans, calendar);
        found.push(Milestone {
            cause: format!("practitioner/awaited/{due}"),
            rule: "LE-01.3",
            kind: MilestoneKind::Awaited,
            working_days: parameter::AWAITED.days(policy) + later,
            at: calendar.at_local(day, TOLD_AT),
            stage: Stage::Practitioner,
            step: None,
            due,
            tell: rung.tell.clone(),
            flag: false,
            says: None,
        });
    }
}

/// Whether a policy has a rule not judged; then nothing is said of it, either.
fn is_off(rule: &str, policy: &Policy) -> bool {
    find(rule).is_some_and(|rule| rule.stance_under(policy) == Stance::Off)
}

/// Whether a stage is late and nobody is told of it so far, since every day on which it was due lies before activation.
pub fn is_not_chased(
    all: &[Milestone],
    stage: Stage,
    activation: Timestamp,
    now: Timestamp,
) -> bool {
    let passed = all
        .iter()
        .filter(|one| one.stage == stage && one.kind != MilestoneKind::Reminder && one.at <= now);
    let latest = passed.map(|one| one.at).max();
    latest.is_some_and(|latest| latest < activation)
}
