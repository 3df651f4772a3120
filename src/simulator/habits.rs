//! How do people go about a cycle? Prompt, late, forgetful, hasty, and one who never begins.
//!
//! A plan is a list of acts with the day they happen on; it follows from the episode's number alone,
//! so that the same cycle always has the same people in it.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::practice::episode::{Evaluation, Role, Stage};

/// Something a person does in the case system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The step appears.
    Begin(Stage),
    /// The form is filled in, as completely as this person does at first.
    Write(Stage),
    /// What a hold named is put right.
    Repair(Stage),
    /// Finish is pressed, after asking.
    Finish(Stage),
    /// Finish is pressed without asking.
    Force(Stage),
    /// The work is sent on while the step stays open.
    SendOn(Stage),
    /// The Head records an initial moderation of the evaluation as it stands.
    Moderate,
}

/// One episode's people, and what they do when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The episode's number in the cycle, from 1.
    pub number: u32,
    /// Its service.
    pub service: &'static str,
    /// Allocated on, local day.
    pub allocated_on: Date,
    /// Completion date, local day.
    pub due_on: Date,
    /// The evaluation the reviewer will give.
    pub evaluation: Evaluation,
    /// Whether the reviewer at first leaves out what people forget.
    pub forgetful: bool,
    /// Acts in time order, with their instants, UTC.
    pub acts: Vec<(Timestamp, Act)>,
}

impl Plan {
    /// The episode's reference.
    pub fn reference(&self) -> String {
        format!("LE-2026-{:04}", self.number)
    }

    /// The worker who holds a role in this episode.
    pub fn worker(&self, role: Role) -> String {
        let (base, many) = match role {
            Role::Practitioner => (100, 24),
            Role::PracticeReviewer => (200, 8),
            Role::Supervisor => (300, 6),
            Role::ServiceManager => (400, 4),
            _ => (500, 4),
        };
        format!("W-{}", base + self.number * 5 % many)
    }

    /// The id of one of its steps.
    pub fn step(&self, stage: Stage) -> String {
        let nth = match stage {
            Stage::Practitioner => 1,
            Stage::PracticeReview => 2,
            Stage::SupervisorActions => 3,
            Stage::SignOff => 4,
        };
        format!("{}", 40_000 + self.number * 10 + nth)
    }
}

/// A cycle of `size` episodes allocated on `start`, each with its people's plan.
pub fn cycle(start: Date, size: u32) -> Vec<Plan> {
    (1..=size).map(|number| plan(number, start)).collect()
}

fn plan(number: u32, start: Date) -> Plan {
    let service = match number {
        1..=11 => "FS",
        12..=17 => "CLA",
        18..=21 => "ADO",
        _ => "CWD",
    };
    let evaluation = match number % 8 {
        2 => Evaluation::Outstanding,
        5 => Evaluation::Inadequate,
        3 | 6 => Evaluation::RequiresImprovement,
        _ => Evaluation::Good,
    };
    let due_on = after(start, 42);
    let mut plan = Plan {
        number,
        service,
        allocated_on: start,
        due_on,
        evaluation,
        forgetful: number.is_multiple_of(3),
        acts: Vec::new(),
    };
    plan.acts = acts(&plan);
    plan
}

fn after(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

fn acts(plan: &Plan) -> Vec<(Timestamp, Act)> {
    let number = plan.number;
    // The last one of a cycle never begins; that is for somebody to notice.
    if number.is_multiple_of(24) {
        return Vec::new();
    }
    let late = match number % 12 {
        4 => 2,
        7 => 5,
        9 => 9,
        _ => -7,
    };
    let begin = 3 + i32::try_from(number % 5).unwrap_or(0);
    let review = 42 + late;
    let mut days: Vec<(i32, Act)> = vec![
        (begin, Act::Begin(Stage::Practitioner)),
        (begin + 2, Act::Write(Stage::Practitioner)),
        (begin + 4, Act::Finish(Stage::Practitioner)),
        (review - 3, Act::Write(Stage::PracticeReview)),
    ];
    match number % 10 {
        // Hasty: presses Finish without asking, or sends the work on while the step is open.
        8 => days.push((review, Act::Force(Stage::PracticeReview))),
        1 if number > 10 => days.push((review - 1, Act::SendOn(Stage::PracticeReview))),
        _ => days.push((review, Act::Finish(Stage::PracticeReview))),
    }
    days.push((review + 1, Act::Repair(Stage::PracticeReview)));
    if plan.evaluation.is_extreme() {
        days.push((review + 1, Act::Moderate));
    }
    days.push((review + 2, Act::Finish(Stage::PracticeReview)));
    days.push((review + 6, Act::Write(Stage::SupervisorActions)));
    days.push((review + 8, Act::Finish(Stage::SupervisorActions)));
    days.push((review + 10, Act::Write(Stage::SignOff)));
    days.push((review + 11, Act::Finish(Stage::SignOff)));
    days.iter()
        .enumerate()
        .filter_map(|(nth, (day, act))| {
            let nth = i64::try_from(nth).unwrap_or(0);
            let morning = after(plan.allocated_on, *day).to_datetime(Time::constant(9, 0, 0, 0));
            let at = TimeZone::UTC.to_ambiguous_timestamp(morning).later().ok()?;
            let spread = SignedDuration::from_mins(nth * 7 + i64::from(number) * 2);
            Some((at.saturating_add(spread).ok()?, *act))
        })
        .collect()
}
