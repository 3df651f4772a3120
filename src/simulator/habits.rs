//! How do people go about a cycle? Prompt, late, forgetful, hasty, of two minds, and one who never begins.
//!
//! A plan is a list of acts with the instant they happen at; it follows from the episode's number alone,
//! so that the same cycle always has the same people in it.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::forms::StepType;

/// The cycle's name.
pub const CYCLE: &str = "2026-C3";

/// Something a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The step appears.
    Begin(StepType),
    /// The form is filled in, as completely as this person does at first.
    Write(StepType),
    /// What a hold named is put right; nothing is done if nothing was held.
    Repair(StepType),
    /// Finish is pressed, after asking.
    Finish(StepType),
    /// Finish is pressed without asking.
    Force(StepType),
    /// The work is sent on while the step stays open.
    SendOn(StepType),
    /// The reviewer changes the evaluation to the other extreme.
    Regrade,
    /// The Head records an initial moderation of the evaluation as it stands, in Greentick.
    Moderate,
    /// A concern about practice is put on record in Greentick, after talking with the Head.
    RaiseConcern,
    /// The Head says in Greentick that they have it.
    AcknowledgeConcern,
}

/// An overall evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Outstanding.
    Outstanding,
    /// Good.
    Good,
    /// Requires improvement.
    RequiresImprovement,
    /// Inadequate.
    Inadequate,
}

impl Grade {
    const ALL: [Grade; 4] = [
        Self::Outstanding,
        Self::Good,
        Self::RequiresImprovement,
        Self::Inadequate,
    ];

    /// The look-up code in the form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Outstanding => "OUT",
            Self::Good => "GOOD",
            Self::RequiresImprovement => "RI",
            Self::Inadequate => "INAD",
        }
    }

    /// The grade with this look-up code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.code() == code)
    }

    /// The word that Greentick's interface uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outstanding => "outstanding",
            Self::Good => "good",
            Self::RequiresImprovement => "requires_improvement",
            Self::Inadequate => "inadequate",
        }
    }

    /// The grade after second thoughts.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Outstanding => Self::Inadequate,
            _ => Self::Outstanding,
        }
    }
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
    pub grade: Grade,
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

    /// The child, by number.
    pub fn child(&self) -> String {
        format!("P-{}", 10_000 + self.number)
    }

    /// The worker whose step this is.
    pub fn worker(&self, step: StepType) -> String {
        let (base, many) = match step {
            StepType::Practitioner => (100, 24),
            StepType::Review => (200, 8),
            StepType::Supervisor => (300, 6),
            StepType::SignOff => (400, 4),
            StepType::DutyContact => (500, 4),
        };
        format!("W-{}", base + self.number * 5 % many)
    }

    /// The id of one of its steps, as long as each is made once and in order.
    pub fn step(&self, step: StepType) -> String {
        let nth = match step {
            StepType::Practitioner => 1,
            StepType::Review => 2,
            StepType::Supervisor => 3,
            StepType::SignOff => 4,
            StepType::DutyContact => 9,
        };
        format!("{}", 40_000 + self.number * 10 + nth)
    }

    /// The key under which its act number `nth` (from 0) is recorded as done.
    pub fn key(&self, nth: usize) -> String {
        format!("{}#{nth}", self.reference())
    }

    /// Its row in an allocation file; see [`Plan::ALLOCATION_HEADING`].
    pub fn allocation_row(&self) -> String {
        let people = StepType::EPISODE.map(|step| self.worker(step)).join(",");
        let (reference, child) = (self.reference(), self.child());
        format!(
            "{CYCLE},{reference},{child},{people},{},{},{}",
            self.service, self.allocated_on, self.due_on
        )
    }

    /// The heading of an allocation file.
    pub const ALLOCATION_HEADING: &'static str = "cycle,le_id,child,practitioner,reviewer,supervisor,\
         service_manager,service,allocated_on,due_on";
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
    let grade = match number % 8 {
        2 => Grade::Outstanding,
        5 => Grade::Inadequate,
        3 | 6 => Grade::RequiresImprovement,
        _ => Grade::Good,
    };
    let mut plan = Plan {
        number,
        service,
        allocated_on: start,
        due_on: after(start, 42),
        grade,
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
    let mut days = vec![
        (begin, Act::Begin(StepType::Practitioner)),
        (begin + 2, Act::Write(StepType::Practitioner)),
        (begin + 4, Act::Finish(StepType::Practitioner)),
        (review - 3, Act::Write(StepType::Review)),
    ];
    // Other work goes on, and appears in every list.
    if number % 6 == 1 {
        days.push((1, Act::Begin(StepType::DutyContact)));
    }
    match number % 10 {
        // Hasty: presses Finish without asking, or sends the work on while the step is open.
        8 => days.push((review, Act::Force(StepType::Review))),
        1 if number > 10 => days.push((review - 1, Act::SendOn(StepType::Review))),
        _ => days.push((review, Act::Finish(StepType::Review))),
    }
    days.push((review + 1, Act::Repair(StepType::Review)));
    if matches!(plan.grade, Grade::Outstanding | Grade::Inadequate) {
        days.push((review + 1, Act::Moderate));
    }
    // What turns out Inadequate is a concern before it is an evaluation; one concern the Head forgets to acknowledge.
    if plan.grade == Grade::Inadequate {
        days.push((review - 2, Act::RaiseConcern));
        if number % 24 != 13 {
            days.push((review - 1, Act::AcknowledgeConcern));
        }
    }
    // Of two minds: another evaluation than the one that was moderated.
    if number % 24 == 10 {
        days.push((review + 2, Act::RaiseConcern));
        days.push((review + 3, Act::AcknowledgeConcern));
        days.push((review + 1, Act::Regrade));
        days.push((review + 2, Act::Finish(StepType::Review)));
        days.push((review + 3, Act::Moderate));
        days.push((review + 3, Act::Finish(StepType::Review)));
    } else {
        days.push((review + 2, Act::Finish(StepType::Review)));
    }
    days.push((review + 6, Act::Write(StepType::Supervisor)));
    days.push((review + 8, Act::Finish(StepType::Supervisor)));
    days.push((review + 10, Act::Write(StepType::SignOff)));
    days.push((review + 11, Act::Finish(StepType::SignOff)));
    days.sort_by_key(|(day, _)| *day);
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
