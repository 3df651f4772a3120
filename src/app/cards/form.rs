//! What does a card take from the case record? Ids, ratings, and whether evidence is there.

use crate::pack::card::{Evidence, Ratings, State};
use crate::practice::episode::{Episode, Role, Stage};
use crate::practice::fact::{Fact, Value};
use crate::practice::ids::WorkerId;
use crate::practice::known::Known;

/// What the guidance asks for, where it stands, and what excuses its absence.
const EVIDENCE: [(&str, Fact, Option<Fact>); 12] = [
    (
        "Practitioner\u{2019}s reflection",
        Fact::ReflectionLength,
        None,
    ),
    ("Preferred focus", Fact::FocusLength, None),
    (
        "Learning conversation, Section 3",
        Fact::ConversationLength,
        None,
    ),
    (
        "Practice observed, Section 4",
        Fact::Observation,
        Some(Fact::ObservationWaiver),
    ),
    (
        "Feedback of child or family",
        Fact::FamilyFeedback,
        Some(Fact::FamilyFeedbackReason),
    ),
    (
        "Feedback of partners",
        Fact::PartnerFeedback,
        Some(Fact::PartnerFeedbackReason),
    ),
    ("Analysis, Section 6", Fact::AnalysisLength, None),
    ("Concluding meeting", Fact::FinalMeetingDate, None),
    ("Agreed actions", Fact::Actions, Some(Fact::NoActionsReason)),
    (
        "Supervision that carries the actions",
        Fact::SupervisionDate,
        None,
    ),
    (
        "Service Manager\u{2019}s statement",
        Fact::ModerationStatementLength,
        None,
    ),
    ("Impact for the child", Fact::Impact, None),
];

pub(super) fn people(episode: &Episode) -> Vec<(String, String)> {
    let roles = [
        Role::Practitioner,
        Role::PracticeReviewer,
        Role::Supervisor,
        Role::ServiceManager,
    ];
    let found = roles.into_iter().map(|role| {
        let who = episode.person(role);
        let who = who.value().map_or("not known", WorkerId::as_str);
        (capital(role.words()), who.to_owned())
    });
    found.collect()
}

pub(super) fn steps(episode: &Episode) -> Vec<(String, String)> {
    let steps = Stage::ALL.into_iter().filter_map(|stage| {
        let step = episode.step_of(stage)?;
        Some((capital(stage.words()), step.id.to_string()))
    });
    steps.collect()
}

pub(super) fn profile(episode: &Episode) -> Vec<Ratings> {
    let sections = [
        ("Section 4, what was observed", Fact::Observation),
        ("Section 6, areas of practice", Fact::Areas),
    ];
    let found = sections.map(|(section, fact)| {
        let rows = episode.fact(fact).rows();
        let none = match &rows {
            Known::Is(rows) if !rows.is_empty() => None,
            Known::Is(_) | Known::Blank => Some("No rating is in the form."),
            Known::Unreadable(_) => Some("The ratings cannot be read."),
        };
        let rows = rows.value().cloned().unwrap_or_default();
        let rows = rows.into_iter().map(|row| {
            let rating = match row.code {
                Known::Is(code) => code.replace('_', " "),
                Known::Blank => "not rated".to_owned(),
                Known::Unreadable(_) => "cannot be read".to_owned(),
            };
            // Of a path into a form, the part that names the field.
            let key = row.key.rsplit('.').next().unwrap_or_default();
            (capital(&key.replace('_', " ")), rating)
        });
        Ratings {
            section,
            rows: rows.collect(),
            none,
        }
    });
    found.into()
}

pub(super) fn evidence(episode: &Episode) -> Vec<Evidence> {
    let all = EVIDENCE.iter().map(|(what, fact, excuse)| {
        let excused = excuse.is_some_and(|excuse| state(&episode.fact(excuse)) == State::Present);
        let state = match state(&episode.fact(*fact)) {
            State::Absent if excused => State::Excused,
            other => other,
        };
        Evidence { what, state }
    });
    all.collect()
}

fn state(fact: &Known<Value>) -> State {
    match fact {
        Known::Unreadable(_) => State::NotKnown,
        Known::Blank | Known::Is(Value::Length(0) | Value::Count(0) | Value::Yes(false)) => {
            State::Absent
        }
        Known::Is(Value::Rows(rows))
            if rows
                .iter()
                .all(|row| row.code == Known::Blank && row.due == Known::Blank) =>
        {
            State::Absent
        }
        Known::Is(_) => State::Present,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
