//! How is it said? The text of every note, reopening and notice. References, dates and codes only.

use std::fmt::Write;

use super::deadlines::{Milestone, MilestoneKind};
use super::episode::{Episode, Role};
use super::ids::StepId;
use super::verdict::Verdict;

/// A reminder, an overdue note or a notice that a step is awaited.
pub fn due(episode: &Episode, milestone: &Milestone, missing: &[String]) -> String {
    let day = milestone.due.strftime("%-d %B %Y");
    let late = milestone.working_days;
    let stage = milestone.stage.words();
    let id = &episode.id;
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
        MilestoneKind::Overdue => {
            format!(
                "{id}: the {stage} was due on {day} and is {} overdue.",
                days(late)
            )
        }
    };
    if !missing.is_empty() {
        let _ = write!(text, " Still missing: {}", missing.join(" "));
    }
    tell(&mut text, &milestone.tell);
    let _ = write!(text, " Rule {}.", milestone.rule);
    text
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
    tell(&mut text, &[Role::QaManager, Role::HeadOfService]);
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
    tell(&mut text, &[Role::QaManager]);
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
    tell(&mut text, &[Role::QaManager, Role::HeadOfService]);
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

fn tell(text: &mut String, roles: &[Role]) {
    if !roles.is_empty() {
        let words: Vec<_> = roles.iter().map(|role| role.words()).collect();
        let _ = write!(text, " For the attention of: {}.", words.join(", "));
    }
}

fn days(count: i32) -> String {
    if count == 1 {
        "1 working day".to_owned()
    } else {
        format!("{count} working days")
    }
}
