//! What does the supervisor's step need before it is handed to the Service Manager? (¶28–29)

use super::hand_over;
use super::review::blind;
use super::words::{day, listed, met_or, unmet};
use super::{Question, Rule, Trigger, due, flag};
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

/// LE-28.2: the supervisor carries the actions that were agreed, no others.
pub const CARRIED: Rule = Rule {
    asks: Role::Supervisor,
    trigger: Trigger::OnSighting(carried),
    ..flag(
        "LE-28.2",
        "agreed-actions-carried-over",
        &[28],
        "The supervisor's step carries the actions that were agreed in the practice review",
        "Compare the two tables of actions, and agree with the practice reviewer which of them hold.",
        carried,
    )
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

fn carried(question: &Question<'_>) -> Finding {
    if question.step.map(|step| step.stage) != Some(Stage::SupervisorActions) {
        return Finding::DoesNotApply;
    }
    let agreed = match question.rows(Fact::Actions) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Actions, why),
    };
    let rows = match question.rows(Fact::ActionProgress) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ActionProgress, why),
    };
    if rows.is_empty() {
        // Nothing is carried over yet; LE-29.1 asks for it at Finish.
        return Finding::DoesNotApply;
    }
    let lacks = |those: &[Row], these: &[Row]| -> Vec<String> {
        let missing = those
            .iter()
            .filter(|that| !these.iter().any(|this| this.key == that.key));
        missing.map(|that| format!("`{}`", that.key)).collect()
    };
    let (gone, new) = (lacks(&agreed, &rows), lacks(&rows, &agreed));
    let mut seen = Vec::new();
    if !gone.is_empty() {
        seen.push(format!("Agreed and not carried over: {}.", listed(&gone)));
    }
    if !new.is_empty() {
        seen.push(format!("Carried and not agreed: {}.", listed(&new)));
    }
    met_or(
        seen.is_empty(),
        "The supervisor's actions are not those agreed in the practice review.",
        seen.join(" "),
    )
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
