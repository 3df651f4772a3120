//! How is it said? The text of every note, reopening and notice. References, dates and codes only.
//!
//! Each says what happened and what to do next, in short sentences. All of them, with who gets them and when, are in
//! docs/messages.md, which a test makes from here.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;

use super::deadlines::{Milestone, MilestoneKind};
use super::episode::{Episode, Role, Stage};
use super::ids::{CycleId, Digest, EpisodeId, StepId};
use super::rules;
use super::verdict::{Judged, Verdict};

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
            "{id}: no {stage} has appeared in the case record, {} after allocation. It was awaited by {day}.",
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
    text.push_str(to_do(milestone));
    text
}

/// What the reader of a date's message does next.
fn to_do(milestone: &Milestone) -> &'static str {
    match (milestone.kind, milestone.stage) {
        (MilestoneKind::Awaited, _) => " Talk with the supervisor and the QA manager now.",
        (MilestoneKind::Reminder, Stage::PracticeReview) => {
            " Finish it by then, or ask the QA manager early for a new date."
        }
        (MilestoneKind::Reminder, _) => {
            " Finish it by then, or tell the QA manager what stands in its way."
        }
        (_, Stage::PracticeReview) => " Finish it now, or ask the QA manager for a new date.",
        _ => " Finish it now, or tell the QA manager what stands in its way.",
    }
}

/// One of several notices that name everything due on a day to whoever holds a council-wide role.
pub fn digest(role: Role, all: usize, (nth, of): (usize, usize), names: &[String]) -> String {
    format!(
        "{all} matters for the {} are due. Each step has its own flag and note too. Look at these steps. Part {nth} of \
         {of}: {}.",
        role.words(),
        names.join("; ")
    )
}

/// Says why a Finish was undone.
pub fn reopened(episode: &Episode, verdict: &Verdict) -> String {
    format!(
        "{}: this step was finished without a permit. Greentick has opened it again. {}",
        episode.id,
        verdict.in_words()
    )
}

/// Says that a Finish which should have been held stands, and why it was not undone.
pub fn left_finished(
    episode: &Episode,
    step: &StepId,
    on: Date,
    why: &str,
    verdict: &Verdict,
) -> String {
    let mut text = format!(
        "{}: step {step} was finished without a permit on {}. Greentick has not opened it again, because {why}.",
        episode.id,
        on.strftime("%-d %B %Y")
    );
    lacks(&mut text, Some(verdict));
    text
}

/// Answers the task that holds a step: Finish may be pressed.
pub fn task_answered(episode: &Episode, step: &StepId) -> String {
    format!(
        "{}: Finish of step {step} is permitted for the form as it is now. Press Finish. If you change the form \
         first, it is checked again.",
        episode.id
    )
}

/// Says why the task that holds a step is left unanswered, or why its answer no longer covers a Finish.
pub fn task_held(episode: &Episode, step: &StepId, answered: bool, verdict: &Verdict) -> String {
    let why = if answered {
        "the form has changed since its task was answered. A Finish pressed now has no permit"
    } else {
        "its task is not answered yet"
    };
    format!("{}: step {step}: {why}. {}", episode.id, verdict.in_words())
}

/// Says what a Finish was not held for, and somebody is to look at.
pub fn flagged(episode: &Episode, judged: &Judged) -> String {
    format!(
        "{}: {} {} {}",
        episode.id,
        judged.missing(),
        judged.seen(),
        judged.remedy
    )
}

/// Says that a step was finished without asking.
pub fn went_around(episode: &Episode, step: &StepId, verdict: Option<&Verdict>) -> String {
    let mut text = format!(
        "{}: step {step} was finished without a permit from Greentick.",
        episode.id
    );
    lacks(&mut text, verdict);
    text
}

/// Says that a Finish permitted in blindness turns out not to have been ready.
pub fn provisional_unmet(episode: &Episode, step: &StepId, verdict: &Verdict) -> String {
    let mut text = format!(
        "{}: step {step} was finished on a provisional permit, because it could not be read then.",
        episode.id
    );
    lacks(&mut text, Some(verdict));
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
        "{}: step {next} was sent on while step {step} is still open. Its Finish was not checked.",
        episode.id
    );
    unmet(&mut text, verdict);
    let _ = write!(
        text,
        " Have step {step} finished, or take step {next} back until it is."
    );
    text
}

/// What a finished step lacks, and what the reader decides.
fn lacks(text: &mut String, verdict: Option<&Verdict>) {
    match verdict.map(|verdict| verdict.reasons().count()) {
        Some(0) => text.push_str(" It lacks nothing. You do not need to do anything."),
        Some(_) => {
            text.push_str(" It lacks the following.");
            unmet(text, verdict);
            text.push_str(" Decide whether to open it again.");
        }
        None => text.push_str(" Look at the step, and decide whether to open it again."),
    }
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

/// Says in whose place a message is read, if that is another role than was meant, under which rule if it is one, and where the
/// council's guidance on it stands.
pub fn in_place(text: &mut String, meant: &[Role], told: &[Role], rule: &str, link: Option<&str>) {
    let missed = listed(meant.iter().filter(|role| !told.contains(role)));
    if !missed.is_empty() {
        let _ = write!(text, " In place of the {missed}, where nobody is found.");
    }
    if !rule.is_empty() {
        let _ = write!(text, " Rule {rule}.");
    }
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
        "{}: the {} was finished on {}, by its date. Greentick saw that only on {}. An earlier message that it \
         was overdue no longer holds. You do not need to do anything.",
        episode.id,
        stage.words(),
        day(finished),
        day(seen)
    )
}

/// Says that an episode was drawn for moderation (¶9).
pub fn sampled(id: &EpisodeId, cycle: &CycleId, certificate: &Digest) -> String {
    format!(
        "{id}: drawn for moderation by the Children's Services Leadership Team, cycle {cycle}. You do not need to \
         do anything now. Certificate {certificate}."
    )
}

/// Says that an episode is in the sample no more, and why, as a code (¶9).
pub fn not_sampled(id: &EpisodeId, cycle: &CycleId, reason: &str) -> String {
    format!(
        "{id}: no longer drawn for moderation, cycle {cycle}, reason code {reason}. You do not need to do anything."
    )
}

/// Tells CSLT that a cycle's consistency pack can be read, where, and what its first figures are (¶9).
pub fn pack(cycle: &CycleId, figures: &[String], certificate: &Digest) -> String {
    format!(
        "The consistency pack of cycle {cycle} can be read. Ask the QA manager for it (`greentick sample pack {cycle}`), \
         or open /api/v1/cycles/{cycle}/pack.html at Greentick (also .xlsx, .csv, .json). {}. Certificate {certificate}.",
        figures.join(". ")
    )
}

/// Tells the QA manager what would have been held in the week before `week`, its Monday: so many of so many.
pub fn shadow(
    week: Date,
    (held, all): (usize, usize),
    counts: &str,
    steps: &str,
    (nth, of): (usize, usize),
) -> String {
    let finishes = if all == 1 { "Finish" } else { "Finishes" };
    format!(
        "In the week before {}, Greentick would have held {held} of {all} {finishes}. Nothing was held: it only \
         observes so far. By rule: {counts}. Look at these steps with their workers. Part {nth} of {of}:{steps}",
        week.strftime("%A %-d %B %Y")
    )
}

/// How often each rule would have held.
pub fn by_rule(counts: &BTreeMap<&str, usize>) -> String {
    let mut counts: Vec<(&str, usize)> = counts.iter().map(|(rule, n)| (*rule, *n)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let counts = counts.into_iter().map(|(code, count)| {
        let name = rules::find(code).map_or_else(String::new, |rule| rule.name.replace('-', " "));
        format!("{code} {name} ({count})")
    });
    counts.collect::<Vec<_>>().join("; ")
}

/// One Finish that would have been held, with the rules it lacked.
pub fn would_have_held(episode: &EpisodeId, stage: Option<Stage>, rules: &[String]) -> String {
    let stage = stage.map_or("step", Stage::words);
    format!(" {episode}, {stage}: {}.", rules.join(", "))
}

fn days(count: i32) -> String {
    if count == 1 {
        "1 working day".to_owned()
    } else {
        format!("{count} working days")
    }
}
