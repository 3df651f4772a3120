//! How is it said? The text of every note, reopening and notice. References, dates and codes only.

use std::fmt::Write;

use jiff::civil::Date;

use super::deadlines::{Milestone, MilestoneKind};
use super::episode::{Episode, Role, Stage};
use super::ids::StepId;
use super::verdict::Verdict;

/// A reminder, an overdue note or a notice that a step is awaited.
/// `late` counts the working days after the due day, or after the allocation, as it is said; negative before.
pub fn due(episode: &Episode, milestone: &Milestone, late: i32, missing: &[String]) -> String {
    let day = milestone.due.strftime("%-d %B %Y");
    let stage = milestone.stage.words();
    let id = &episode.id;
    if let Some(says) = &milestone.says {
        return format!("{id}: {says}");
    }
    let mut text = match milestone.kind {
        MilestoneKind::Reminder if late == 0 => {
            format!("{id}: the {stage} is due by the end of {day}.")
        }
        MilestoneKind::Reminder => {
            format!("{id}: the {stage} is due on {day}, in {}.", days(-late))
        }
        MilestoneKind::Awaited => format!(
            "{id}: no {stage} has appeared in the case record, {} after allocation. It was awaited by {day}. \
             Talk with the supervisor and the QA manager now.",
            days(late)
        ),
        MilestoneKind::Overdue | MilestoneKind::Prompt | MilestoneKind::Nudge => {
            format!(
                "{id}: the {stage} was due on {day} and is {} overdue.",
                days(late)
            )
        }
    };
    if !missing.is_empty() {
        let _ = write!(text, " Still missing: {}", missing.join(" "));
    }
    text
}

/// One of several notices that name everything due on a day to whoever holds a council-wide role.
pub fn digest(role: Role, all: usize, (nth, of): (usize, usize), names: &[String]) -> String {
    format!(
        "{all} matters for the {} are due; each step has its own flag and note. Part {nth} of {of}: {}.",
        role.words(),
        names.join("; ")
    )
}

/// Says why a Finish was undone.
pub fn reopened(episode: &Episode, verdict: &Verdict) -> String {
    format!(
        "{}: this step was finished without a permit and has been opened again. {}",
        episode.id,
        verdict.in_words()
    )
}

/// Answers the task that holds a step: Finish may be pressed.
pub fn task_answered(episode: &Episode, step: &StepId) -> String {
    format!(
        "{}: Finish of step {step} is permitted, for the form as it stands now. If the form is changed \
         before Finish, it is judged again.",
        episode.id
    )
}

/// Says why the task that holds a step is left unanswered, or why its answer no longer covers a Finish.
pub fn task_held(episode: &Episode, step: &StepId, answered: bool, verdict: &Verdict) -> String {
    let why = if answered {
        "its form has changed since its task was answered, so a Finish pressed now has no permit"
    } else {
        "its task is not answered yet"
    };
    format!("{}: step {step}: {why}. {}", episode.id, verdict.in_words())
}

/// Says that a step was finished without asking.
pub fn went_around(episode: &Episode, step: &StepId, verdict: Option<&Verdict>) -> String {
    let mut text = format!(
        "{}: step {step} was finished without a permit from Greentick.",
        episode.id
    );
    unmet(&mut text, verdict);
    text
}

/// Says that a Finish permitted in blindness turns out not to have been ready.
pub fn provisional_unmet(episode: &Episode, step: &StepId, verdict: &Verdict) -> String {
    let mut text = format!(
        "{}: step {step} was finished on a provisional permit, given while it could not be read. \
         Read now, it lacks the following.",
        episode.id
    );
    unmet(&mut text, Some(verdict));
    text
}

/// Says that the work moved on although the step before it is still open.
pub fn sent_on(
    episode: &Episode,
    step: &StepId,
    next: &StepId,
    verdict: Option<&Verdict>,
) -> String {
    let mut text = format!(
        "{}: step {next} was sent on while step {step} is still open, so its Finish was not checked.",
        episode.id
    );
    unmet(&mut text, verdict);
    text
}

fn unmet(text: &mut String, verdict: Option<&Verdict>) {
    for judged in verdict.iter().flat_map(|verdict| verdict.reasons()) {
        let _ = write!(
            text,
            " {}: {} {}",
            judged.rule,
            judged.missing(),
            judged.remedy
        );
    }
}

/// Says whom a message is for.
pub fn attention(text: &mut String, told: &[Role]) {
    if !told.is_empty() {
        let _ = write!(text, " For the attention of: {}.", listed(told.iter()));
    }
}

/// Says in whose place a message is read, if that is another role than was meant, under which rule, and where the
/// council's guidance on it stands.
pub fn in_place(text: &mut String, meant: &[Role], told: &[Role], rule: &str, link: Option<&str>) {
    let missed = listed(meant.iter().filter(|role| !told.contains(role)));
    if !missed.is_empty() {
        let _ = write!(text, " In place of the {missed}, where nobody is found.");
    }
    let _ = write!(text, " Rule {rule}.");
    if let Some(link) = link {
        let _ = write!(text, " Guidance: {link}");
    }
}

fn listed<'a>(roles: impl Iterator<Item = &'a Role>) -> String {
    let words: Vec<_> = roles.map(|role| role.words()).collect();
    words.join(", ")
}

/// Says that what was called late was not: its Finish was in time and only seen late (P01).
pub fn corrected(episode: &Episode, stage: Stage, finished: Date, seen: Date) -> String {
    let day = |day: Date| day.strftime("%-d %B %Y").to_string();
    format!(
        "{}: the {} was finished on {}, by its date, and that was seen only on {}. An earlier message that it \
         was overdue no longer holds.",
        episode.id,
        stage.words(),
        day(finished),
        day(seen)
    )
}

fn days(count: i32) -> String {
    if count == 1 {
        "1 working day".to_owned()
    } else {
        format!("{count} working days")
    }
}
