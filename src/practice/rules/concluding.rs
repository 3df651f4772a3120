//! Did those concerned meet, agree, and hand the work on? (¶26, ¶28)

use super::hand_over;
use super::review::blind;
use super::words::{day, listed, met_or, unmet};
use super::{Question, Rule, flag, parameter};
use crate::practice::decision::ReasonAbout;
use crate::practice::episode::Role;
use crate::practice::fact::{Fact, Row};
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};
use crate::practice::terms::Stance;
use crate::practice::verdict::Finding;

/// LE-26.1: those concerned met before the review is finished. Who took part is asked only where forms say it.
pub const MEETING: Rule = Rule {
    stance: Stance::Block,
    ..flag(
        "LE-26.1",
        "concluding-meeting-held",
        &[26],
        "The practice reviewer, practitioner and supervisor met before the review is finished",
        "Record the concluding meeting and who took part, or ask for a reason to be put on record, then press Finish again.",
        meeting,
    )
};

/// LE-26.2: a challenge is resolved, or went to the Head.
pub const CHALLENGE: Rule = Rule {
    stance: Stance::Block,
    ..flag(
        "LE-26.2",
        "challenge-resolved",
        &[26],
        "A challenge to rationale or evidence was resolved, or was taken to the Head",
        "Resolve the challenge and record the day, or ask the Head of Service Practice and Learning to put on record that it is with them, then press Finish again.",
        challenge,
    )
};

/// LE-26.3: each action has an owner and a timescale.
pub const ACTIONS: Rule = Rule {
    stance: Stance::Block,
    ..flag(
        "LE-26.3",
        "actions-agreed",
        &[26, 28],
        "Each agreed action has an owner and a timescale, or there is a reason for having none",
        "Give each action an owner and a timescale, or record why none is needed, then press Finish again.",
        actions,
    )
};

/// LE-28.1: the work goes to the supervisor.
pub const TO_SUPERVISOR: Rule = Rule {
    stance: Stance::Block,
    ..flag(
        "LE-28.1",
        "handed-to-the-supervisor",
        &[28],
        "The practice review is handed to the supervisor, who is not the practice reviewer",
        "Choose the supervisor, or ask the QA manager to record another hand-over, then press Finish again.",
        to_supervisor,
    )
};

fn meeting(question: &Question<'_>) -> Finding {
    let date = match question.day(Fact::FinalMeetingDate) {
        Known::Is(date) => date,
        Known::Blank => {
            return unmet(
                "No date of a concluding meeting is recorded.",
                "An empty meeting date.",
            );
        }
        Known::Unreadable(why) => return Finding::CannotTell(Fact::FinalMeetingDate, why),
    };
    if date > question.today() {
        return unmet(
            "The concluding meeting has not been held yet.",
            format!("A concluding meeting on {}.", day(date)),
        );
    }
    let wanted = parameter::ATTENDEES.codes(&question.terms.policy);
    if wanted.is_empty() || question.reason_given(ReasonAbout::Attendance) {
        return Finding::Met;
    }
    let rows = match question.rows(Fact::FinalAttendees) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(Why::NotMapped) => return Finding::Met,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::FinalAttendees, why),
    };
    let absent: Vec<String> = wanted
        .iter()
        .filter(|role| !attended(question, &rows, role))
        .map(|role| role.replace('_', " "))
        .collect();
    if absent.is_empty() {
        return Finding::Met;
    }
    if let Some(why) = blind(&rows, |row| &row.code) {
        return Finding::CannotTell(Fact::FinalAttendees, why);
    }
    unmet(
        format!(
            "The concluding meeting was held without the {}.",
            listed(&absent)
        ),
        format!(
            "A concluding meeting on {}, with {} who took part.",
            day(date),
            rows.len()
        ),
    )
}

/// Whether somebody of this role took part, in person or by a deputy who is named as one.
fn attended(question: &Question<'_>, rows: &[Row], role: &str) -> bool {
    let person = held(role).and_then(|role| question.episode.person(role).value().cloned());
    rows.iter().any(|row| {
        let there = matches!(&row.code, Known::Blank)
            || row
                .code
                .value()
                .is_some_and(|code| code == "present" || code == "deputy");
        there && (row.key == role || is(row.owner.value(), person.as_ref()))
    })
}

fn is(there: Option<&WorkerId>, wanted: Option<&WorkerId>) -> bool {
    there.is_some() && there == wanted
}

fn held(role: &str) -> Option<Role> {
    serde_json::from_value(serde_json::Value::String(role.to_owned())).ok()
}

fn challenge(question: &Question<'_>) -> Finding {
    match question.amount(Fact::ChallengeRaised) {
        Known::Is(0) | Known::Blank => return Finding::DoesNotApply,
        Known::Is(_) => {}
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ChallengeRaised, why),
    }
    let with_head = question.episode.reasons.iter().any(|reason| {
        reason.about == ReasonAbout::Challenge
            && question.on_record(reason.at)
            && question.accepts(&reason.reason)
            && question.answers_for(&reason.by, reason.at)
    });
    if with_head {
        return Finding::Met;
    }
    match question.day(Fact::ChallengeResolvedDate) {
        Known::Is(date) => met_or(
            date <= question.today(),
            "The challenge is not resolved yet.",
            format!("To be resolved on {}.", day(date)),
        ),
        Known::Blank => unmet(
            "The challenge to rationale or evidence is not resolved.",
            "A challenge, and an empty date of resolving it.",
        ),
        Known::Unreadable(why) => Finding::CannotTell(Fact::ChallengeResolvedDate, why),
    }
}

fn actions(question: &Question<'_>) -> Finding {
    match question.rows(Fact::Actions) {
        Known::Is(rows) if rows.is_empty() => no_actions(question),
        Known::Is(rows) => agreed(&rows),
        Known::Blank => no_actions(question),
        Known::Unreadable(why) => match question.amount(Fact::ActionCount) {
            Known::Is(0) => no_actions(question),
            _ => Finding::CannotTell(Fact::Actions, why),
        },
    }
}

fn agreed(rows: &[Row]) -> Finding {
    let incomplete: Vec<String> = rows
        .iter()
        .filter(|row| row.owner == Known::Blank || row.due == Known::Blank)
        .map(|row| format!("`{}`", row.key))
        .collect();
    if !incomplete.is_empty() {
        return unmet(
            "Not every agreed action has an owner and a timescale.",
            format!(
                "No owner or no timescale for action {}.",
                listed(&incomplete)
            ),
        );
    }
    blind(rows, |row| &row.owner)
        .or_else(|| blind(rows, |row| &row.due))
        .map_or(Finding::Met, |why| Finding::CannotTell(Fact::Actions, why))
}

fn no_actions(question: &Question<'_>) -> Finding {
    let said = question.code(Fact::NoActionsReason);
    if said.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(ReasonAbout::NoActions)
    {
        return Finding::Met;
    }
    match said {
        Known::Unreadable(why) => Finding::CannotTell(Fact::NoActionsReason, why),
        Known::Is(_) | Known::Blank => unmet(
            "No actions are agreed, and no reason is recorded for needing none.",
            "No agreed action.",
        ),
    }
}

fn to_supervisor(question: &Question<'_>) -> Finding {
    hand_over::to(question, Role::Supervisor, &[Role::PracticeReviewer])
}
