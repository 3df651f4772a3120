//! What does the supervisor's step need before it is handed to the Service Manager? (¶28–29)

use super::hand_over;
use super::review::blind;
use super::words::{day, listed, unmet};
use super::{Question, Rule, Trigger, due};
use crate::practice::episode::{Role, Stage};
use crate::practice::fact::{Fact, Row};
use crate::practice::ids::WorkerId;
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-29.1: each action shows its progress. Progress, not completion, is what ¶29 asks.
pub const PROGRESS: Rule = Rule {
    code: "LE-29.1",
    also: &[],
    name: "actions-updated",
    paragraphs: &[29],
    title: "Each agreed action has a status or progress since the practice review",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Update the actions table with the progress so far, then press Finish again.",
    asks: Role::Supervisor,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::SupervisorActions], progress),
};

/// LE-29.2: the Service Manager signs off, and nobody signs off their own work. No override lifts it.
pub const TO_SERVICE_MANAGER: Rule = Rule {
    code: "LE-29.2",
    also: &[],
    name: "independent-sign-off",
    paragraphs: &[29],
    title: "The sign-off is with the Service Manager, who is not the practitioner, practice reviewer or supervisor",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Choose the Service Manager, or ask the QA manager to name another one, then press Finish again.",
    asks: Role::Supervisor,
    overridable: false,
    trigger: Trigger::AtFinish(&[Stage::SupervisorActions, Stage::SignOff], independent),
};

/// Roles that a third person is not.
const FIRST_AND_SECOND: &[Role] = &[Role::Practitioner, Role::PracticeReviewer, Role::Supervisor];

fn progress(question: &Question<'_>) -> Finding {
    let rows = match question.rows(Fact::ActionProgress) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ActionProgress, why),
    };
    let since = question
        .finished_at(Stage::PracticeReview)
        .map(|at| due::local_date(question.terms, at));
    let mut still: Vec<String> = rows
        .iter()
        .filter(|row| is_still(row, since))
        .map(|row| format!("`{}`", row.key))
        .collect();
    still.extend(absent(question, &rows));
    if !still.is_empty() {
        return unmet(
            "Not every agreed action shows its progress.",
            format!(
                "No status and no progress{} for action {}.",
                since.map_or(String::new(), |date| format!(" since {}", day(date))),
                listed(&still)
            ),
        );
    }
    if let Some(why) = blind(&rows, |row| &row.code) {
        return Finding::CannotTell(Fact::ActionProgress, why);
    }
    match (rows.is_empty(), question.amount(Fact::ActionCount)) {
        (false, _) => Finding::Met,
        (true, Known::Is(n)) if n > 0 => unmet(
            "Not every agreed action shows its progress.",
            format!("{n} agreed actions and an empty table."),
        ),
        (true, _) => Finding::DoesNotApply,
    }
}

/// An action stands still if neither a status nor progress is recorded, or only older progress.
fn is_still(row: &Row, since: Option<jiff::civil::Date>) -> bool {
    match (&row.progress_on, since) {
        (Known::Is(date), Some(since)) => *date < since,
        (Known::Is(_), None) => false,
        (Known::Blank | Known::Unreadable(_), _) => row.code == Known::Blank,
    }
}

/// Actions agreed in the review that the supervisor's table does not carry.
fn absent(question: &Question<'_>, rows: &[Row]) -> Vec<String> {
    let agreed = question.rows(Fact::Actions);
    agreed
        .value()
        .into_iter()
        .flatten()
        .filter(|agreed| !rows.iter().any(|row| row.key == agreed.key))
        .map(|agreed| format!("`{}`", agreed.key))
        .collect()
}

fn independent(question: &Question<'_>) -> Finding {
    match question.step.map(|step| step.stage) {
        Some(Stage::SupervisorActions) => {
            hand_over::to(question, Role::ServiceManager, FIRST_AND_SECOND)
        }
        Some(Stage::SignOff) => own_work(question),
        _ => Finding::DoesNotApply,
    }
}

/// Whoever presses Finish on the sign-off, or whose step it is, is a third person.
fn own_work(question: &Question<'_>) -> Finding {
    let actor = question.attempt.and_then(|attempt| attempt.actor.as_ref());
    let assignee = question.step.map(|step| &step.assignee);
    let signing: Vec<&WorkerId> = actor
        .into_iter()
        .chain(assignee.and_then(Known::value))
        .collect();
    let own = question
        .concerned(FIRST_AND_SECOND)
        .into_iter()
        .find(|(_, worker)| signing.contains(&worker));
    if let Some((role, worker)) = own {
        return unmet(
            "The sign-off has to be by somebody else than those who did the work.",
            format!(
                "`{worker}` is the {} of this Learning Episode.",
                role.words()
            ),
        );
    }
    match assignee {
        Some(Known::Unreadable(why)) if actor.is_none() => {
            Finding::CannotTell(Fact::HandOver, *why)
        }
        _ => Finding::Met,
    }
}
