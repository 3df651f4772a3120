//! What is one work step in the council's truth, and who may see it?

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::forms::StepType;
use super::words::{Gone, Hiding, Lock, Merge, NewStep, Previous, Received, Row, Status};

/// One work step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it last changed, UTC, whole seconds as the wire shows them.
    pub changed_at: Timestamp,
    /// What kind of work it is.
    pub step_type: StepType,
    /// Where it stands.
    pub status: Status,
    /// When it came to each status, UTC.
    pub stamps: BTreeMap<Status, Timestamp>,
    /// Due, local day.
    pub due: Option<Date>,
    /// Whose it is.
    pub assignee: Option<String>,
    /// The child, by number.
    pub subject: Option<String>,
    /// Further children of a group step.
    pub siblings: Vec<String>,
    /// Earlier numbers of its children.
    pub merged_from: Vec<Merge>,
    /// The team it is for, if it is for no worker.
    pub team: Option<String>,
    /// The worker on whose behalf the assignee acts.
    pub acting_for: Option<String>,
    /// When its worker is to act, local day.
    pub scheduled: Option<Date>,
    /// The step it is a copy of.
    pub copied_from: Option<String>,
    /// Somebody's other session holds it.
    pub lock: Option<Lock>,
    /// Our account may not read it.
    pub restricted: bool,
    /// How that shows.
    pub hiding: Hiding,
    /// It was deleted.
    pub deleted: bool,
    /// How that shows.
    pub gone: Gone,
    /// Until when the feed does not show its last change, UTC.
    pub late_until: Option<Timestamp>,
    /// Where it came from.
    pub previous: Option<Previous>,
    /// Answers by question; a blank one has no entry.
    pub answers: BTreeMap<String, String>,
    /// Rows by table.
    pub tables: BTreeMap<String, Vec<Row>>,
    /// Flags by name, with the write that set each.
    pub flags: BTreeMap<String, Received>,
    /// Fields by name, with the write that set each.
    pub fields: BTreeMap<String, Received>,
}

impl Step {
    /// Whether the list of open steps shows it.
    pub fn is_shown(&self) -> bool {
        !self.deleted && (!self.restricted || self.hiding == Hiding::Blanked)
    }

    /// Whether the feed shows it, if only as a bare word that it is gone or closed.
    pub fn is_fed(&self) -> bool {
        self.is_shown()
            || (self.deleted && self.gone == Gone::Tombstone)
            || (!self.deleted && self.restricted && self.hiding == Hiding::Marked)
    }

    /// Every child it is about, by number.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subject
            .iter()
            .chain(&self.siblings)
            .map(String::as_str)
    }

    /// The answer to a question, if it is not blank.
    pub fn answer(&self, question: &str) -> Option<&str> {
        self.answers.get(question).map(String::as_str)
    }

    pub(super) fn new(new: &NewStep, at: Timestamp) -> Self {
        Self {
            id: new.id.clone(),
            version: 1,
            changed_at: at,
            step_type: new.step_type,
            status: new.status.unwrap_or(Status::Incoming),
            stamps: BTreeMap::from([(
                new.status.unwrap_or(Status::Incoming),
                new.incoming.unwrap_or(at),
            )]),
            due: new.due,
            assignee: new.assignee.clone(),
            subject: new.subject.clone(),
            siblings: new.siblings.clone(),
            merged_from: Vec::new(),
            team: new.team.clone(),
            acting_for: None,
            scheduled: new.scheduled,
            copied_from: new.copied_from.clone(),
            lock: None,
            restricted: false,
            hiding: Hiding::Refused,
            deleted: false,
            gone: Gone::Gone,
            late_until: None,
            previous: new.previous.clone(),
            answers: filled(&new.answers),
            tables: BTreeMap::new(),
            flags: BTreeMap::new(),
            fields: BTreeMap::new(),
        }
    }
}

/// The answers that are not blank.
pub(super) fn filled(answers: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    let given = answers
        .iter()
        .filter_map(|(question, answer)| Some((question.clone(), answer.clone()?)));
    given.filter(|(_, answer)| !answer.is_empty()).collect()
}

/// What a write does to its step.
pub(super) fn set(held: &mut Step, received: &Received) {
    match (received.operation.as_str(), received.name.clone()) {
        ("flag", Some(name)) => {
            held.flags.insert(name, received.clone());
        }
        ("unflag", Some(name)) => {
            held.flags.remove(&name);
        }
        ("field", Some(name)) => {
            held.fields.insert(name, received.clone());
        }
        ("due", _) => held.due = received.text.parse().ok().or(held.due),
        ("reassign", _) => {
            held.assignee = Some(received.text.clone());
            held.team = None;
        }
        _ => {}
    }
}
