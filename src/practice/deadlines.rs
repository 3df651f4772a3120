//! When is what due, and who is told as it passes? Milestones are facts: there is no `now` here.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::calendar::Calendar;
use super::decision::Pause;
use super::episode::{Episode, Presence, Role, Stage, Step};
use super::fact::Fact;
use super::ids::StepId;
use super::rules::parameter;
use super::terms::{HiddenClock, Policy};

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
}

/// When messages go out on a day they fall due: after people have arrived, local time.
const TOLD_AT: Time = Time::constant(8, 30, 0, 0);

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

/// The practice review is due on the completion date: the last agreed extension, else the allocation's,
/// moved on by the working days of any pause (¶3). Whatever the case system says of that date, the agreed
/// one stands (P30). The other stages follow the case system's own due date if it has one, else they are
/// counted from the Finish before them (LE-29.5). A step that surfaced late counts from when it did (P29).
fn due_unhidden(
    episode: &Episode,
    stage: Stage,
    policy: &Policy,
    calendar: &Calendar,
) -> Option<Date> {
    let own = own_due(episode, stage, calendar);
    let after = |before: Stage, days: i32| {
        let surfaced = episode.step_of(stage).and_then(|step| step.clock_from);
        let finished = || Some(episode.step_of(before)?.finished.last()?.at);
        let from = surfaced.or_else(finished)?;
        Some(calendar.add(calendar.local_date(from), days))
    };
    match stage {
        Stage::Practitioner => {
            let agreed = episode.fact(Fact::AgreedDate);
            let agreed = agreed.day(|at| calendar.local_date(at));
            agreed.value().copied().or(own)
        }
        Stage::PracticeReview => {
            let agreed = episode
                .extensions
                .last()
                .map(|extension| (extension.due, extension.at));
            let (set, since) = match (agreed, &episode.allocation) {
                (Some((due, at)), _) => (due, Some(at)),
                (None, Some(allocation)) => (allocation.due_on, None),
                (None, None) => (own?, None),
            };
            // An extension was agreed with the pauses before it in view; only later ones move it.
            let later = episode
                .pauses
                .iter()
                .filter(|p| since.is_none_or(|at| p.at > at));
            let paused = paused_days(later.collect(), calendar);
            Some(if paused > 0 {
                calendar.add(set, paused)
            } else {
                set
            })
        }
        Stage::SupervisorActions => own.or_else(|| {
            after(
                Stage::PracticeReview,
                parameter::SUPERVISOR_DAYS.days(policy),
            )
        }),
        Stage::SignOff => own.or_else(|| {
            after(
                Stage::SupervisorActions,
                parameter::SIGN_OFF_DAYS.days(policy),
            )
        }),
    }
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

/// Working days in any of these pauses, both ends included; a day in two of them counts once.
pub(super) fn paused_days(mut pauses: Vec<&Pause>, calendar: &Calendar) -> i32 {
    pauses.sort_by_key(|pause| pause.from);
    let mut counted = Date::MIN;
    let mut days = 0;
    for pause in pauses {
        let before = pause.from.yesterday().unwrap_or(pause.from).max(counted);
        days += calendar.between(before, pause.until).max(0);
        counted = counted.max(pause.until);
    }
    days
}

/// The first day on or after `day` that lies in no pause, in whatever order they were recorded.
fn outside_pauses(episode: &Episode, day: Date, calendar: &Calendar) -> Date {
    let mut pauses: Vec<&Pause> = episode.pauses.iter().collect();
    pauses.sort_by_key(|pause| pause.from);
    let mut day = day;
    for pause in pauses {
        if pause.from <= day && day <= pause.until {
            day = calendar.add(pause.until, 1);
        }
    }
    day
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
    for rung in &policy.ladder {
        let late = rung.working_days > 0;
        // A date that is no working day is reminded of on the last one before it: on the next one it
        // is past, and the first rung after it says so.
        let day = if rung.working_days == 0 {
            calendar.on_or_before(due)
        } else {
            calendar.add(due, rung.working_days)
        };
        let day = outside_pauses(episode, day, calendar);
        let rule = match (stage, late) {
            (Stage::PracticeReview, true) => "LE-03.1",
            (Stage::PracticeReview, false) => "LE-03.2",
            (Stage::Practitioner, _) => "LE-16.4",
            (Stage::SupervisorActions | Stage::SignOff, _) => "LE-29.5",
        };
        let mut tell = rung.tell.clone();
        // Another stage's reminders go to whoever's step it is.
        if stage != Stage::PracticeReview {
            for role in &mut tell {
                if *role == Role::PracticeReviewer {
                    *role = stage.owner();
                }
            }
        }
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
        });
    }
}

/// An allocated episode whose practitioner's step has not appeared (LE-01.3, LE-04.1).
fn awaited(found: &mut Vec<Milestone>, episode: &Episode, policy: &Policy, calendar: &Calendar) {
    let Some(allocation) = &episode.allocation else {
        return;
    };
    // A later step shows that the work began, whatever became of the first one.
    if !episode.steps.is_empty() {
        return;
    }
    let due = calendar.add(allocation.allocated_on, parameter::AWAITED.days(policy));
    let levels: [(i32, &[Role]); 3] = [
        (0, &[Role::PracticeReviewer, Role::QaManager]),
        (
            5,
            &[Role::Supervisor, Role::OperationalManager, Role::QaManager],
        ),
        (10, &[Role::HeadOfService, Role::QaManager]),
    ];
    for (later, tell) in levels {
        let day = outside_pauses(episode, calendar.add(due, later), calendar);
        found.push(Milestone {
            cause: format!("practitioner/awaited/{due}"),
            rule: "LE-01.3",
            kind: MilestoneKind::Awaited,
            working_days: parameter::AWAITED.days(policy) + later,
            at: calendar.at_local(day, TOLD_AT),
            stage: Stage::Practitioner,
            step: None,
            due,
            tell: tell.to_vec(),
            flag: false,
        });
    }
}
