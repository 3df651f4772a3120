//! What is the story of each date? When it was due first, what moved it, and how late it is by both dates.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::practice::deadlines::{due_day, is_frozen, is_not_chased, milestones};
use crate::practice::decision::{Extension, Pause};
use crate::practice::episode::{Episode, Outage, Stage, Step};
use crate::practice::terms::Terms;

/// The dates of one stage.
#[derive(Clone, Debug, Serialize)]
pub struct ClockTold {
    /// The stage.
    pub stage: Stage,
    /// The day by which it is due, local, extensions and pauses counted.
    pub due: Date,
    /// The day that was set first, local, if it is another.
    pub first_due: Option<Date>,
    /// When it was finished last, UTC; none while it is open.
    pub finished_at: Option<Timestamp>,
    /// Working days after the due day at Finish, or so far; negative if it was early.
    pub working_days_late: i32,
    /// The same against the day that was set first.
    pub working_days_late_of_first: Option<i32>,
    /// Whether nobody is told that it is late, since it was due before activation.
    pub is_not_chased: bool,
    /// Changes of the completion date, oldest first.
    pub extensions: Vec<Extension>,
    /// Pauses of the clock, oldest first.
    pub pauses: Vec<Pause>,
    /// Days on which the case system could not be reached, oldest first.
    pub outages: Vec<Outage>,
    /// The story in whole sentences; the first one says how it stands.
    pub words: Vec<String>,
}

/// The story of each stage that has a date.
pub(super) fn told(episode: &Episode, at: Timestamp, terms: &Terms) -> Vec<ClockTold> {
    let stages = Stage::ALL.into_iter();
    stages
        .filter_map(|stage| of_stage(episode, stage, at, terms))
        .collect()
}

fn of_stage(episode: &Episode, stage: Stage, at: Timestamp, terms: &Terms) -> Option<ClockTold> {
    let calendar = &terms.calendar;
    let due = due_day(episode, stage, &terms.policy, calendar)?;
    let step = episode.step_of(stage);
    if step.is_none() && stage != Stage::PracticeReview {
        return None;
    }
    let reviews = stage == Stage::PracticeReview;
    let allocated = episode.allocation.as_ref().map(|one| one.due_on);
    let own = step.and_then(|step| step.dates.due);
    let first = if reviews { allocated.or(own) } else { own };
    let first_due = first.filter(|first| *first != due);
    let finished_at = step
        .filter(|step| !step.status.is_open())
        .and_then(|step| step.finished.last())
        .map(|finish| finish.at);
    let day = calendar.local_date(finished_at.unwrap_or(at));
    let late = calendar.between(due, day);
    let late_of_first = first_due.map(|first| calendar.between(first, day));
    let mut clock = ClockTold {
        stage,
        due,
        first_due,
        finished_at,
        working_days_late: late,
        working_days_late_of_first: late_of_first,
        is_not_chased: finished_at.is_none() && {
            let all = milestones(episode, &terms.policy, calendar);
            is_not_chased(&all, stage, terms.activation, at)
        },
        extensions: if reviews {
            episode.extensions.clone()
        } else {
            Vec::new()
        },
        pauses: if reviews {
            episode.pauses.clone()
        } else {
            Vec::new()
        },
        outages: episode.outages.clone(),
        words: Vec::new(),
    };
    clock.words = words(&clock, step, terms);
    Some(clock)
}

fn words(clock: &ClockTold, step: Option<&Step>, terms: &Terms) -> Vec<String> {
    let calendar = &terms.calendar;
    let day = |day: Date| calendar.day_words(day);
    let mut said = vec![standing(clock, step, terms)];
    if clock.is_not_chased {
        let activation = calendar.local_date(terms.activation);
        said.push(format!(
            "It is not chased: due before activation ({}).",
            day(activation)
        ));
    }
    if let (Some(first), Some(late)) = (clock.first_due, clock.working_days_late_of_first) {
        said.push(format!(
            "It was first set for {}: {} that date.",
            day(first),
            against(late)
        ));
    }
    for extension in &clock.extensions {
        said.push(format!(
            "{} moved it to {} on {}, with the reason `{}`.",
            extension.by,
            day(extension.due),
            day(calendar.local_date(extension.at)),
            extension.reason
        ));
    }
    for pause in &clock.pauses {
        let before = pause.from.yesterday().unwrap_or(pause.from);
        said.push(format!(
            "The clock stood still from {} to {} ({}), with the reason `{}`.",
            day(pause.from),
            day(pause.until),
            counted(calendar.between(before, pause.until)),
            pause.reason
        ));
    }
    for outage in &clock.outages {
        said.push(format!(
            "The case system could not be reached from {} to {}. Those days do not count.",
            day(outage.from),
            day(outage.until)
        ));
    }
    if let Some(step) = step {
        if let Some(from) = step.clock_from {
            said.push(format!(
                "It was hidden at first, so its clock counts from {}.",
                day(calendar.local_date(from))
            ));
        }
        if is_frozen(step, &terms.policy) {
            said.push("The record is restricted, so the clock stands still.".to_owned());
        }
    }
    said
}

/// How the stage stands to its date.
fn standing(clock: &ClockTold, step: Option<&Step>, terms: &Terms) -> String {
    let calendar = &terms.calendar;
    let due = calendar.day_words(clock.due);
    let late = clock.working_days_late;
    if let Some(finished) = clock.finished_at {
        return format!(
            "It was due on {due} and finished on {}: {} its date.",
            calendar.local_words(finished),
            against(late)
        );
    }
    match (step, late) {
        (None, _) => format!("It is due on {due} and has not begun."),
        (Some(_), late) if late > 0 => format!("It was due on {due}: {} overdue.", counted(late)),
        (Some(_), 0) => format!("It is due on {due}: today, or no working day is left."),
        (Some(_), early) => format!("It is due on {due}, in {}.", counted(-early)),
    }
}

fn against(late: i32) -> String {
    match late {
        0 => "on".to_owned(),
        late if late > 0 => format!("{} after", counted(late)),
        early => format!("{} before", counted(-early)),
    }
}

fn counted(days: i32) -> String {
    if days == 1 {
        "1 working day".to_owned()
    } else {
        format!("{days} working days")
    }
}
