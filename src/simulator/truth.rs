//! What is true in the council, and how does one event change it?
//!
//! The truth is nothing but its events applied in order, whether they happen now or are read again from
//! the log, so a council that was killed knows exactly what it knew. Pure: no clock, no files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::event::{Entry, Event, NewStep, Previous, Received, Row, Status};
use super::forms::StepType;

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
    /// Our account may not read it.
    pub restricted: bool,
    /// It was deleted.
    pub deleted: bool,
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
    /// Whether lists and the feed show it.
    pub fn is_shown(&self) -> bool {
        !self.deleted && !self.restricted
    }

    /// The answer to a question, if it is not blank.
    pub fn answer(&self, question: &str) -> Option<&str> {
        self.answers.get(question).map(String::as_str)
    }

    fn new(new: &NewStep, at: Timestamp) -> Self {
        Self {
            id: new.id.clone(),
            version: 1,
            changed_at: at,
            step_type: new.step_type,
            status: Status::Incoming,
            stamps: BTreeMap::from([(Status::Incoming, at)]),
            due: new.due,
            assignee: new.assignee.clone(),
            subject: new.subject.clone(),
            restricted: false,
            deleted: false,
            previous: new.previous.clone(),
            answers: filled(&new.answers),
            tables: BTreeMap::new(),
            flags: BTreeMap::new(),
            fields: BTreeMap::new(),
        }
    }
}

fn filled(answers: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    let given = answers
        .iter()
        .filter_map(|(question, answer)| Some((question.clone(), answer.clone()?)));
    given.filter(|(_, answer)| !answer.is_empty()).collect()
}

/// Everything that is true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    /// Steps by id.
    pub(super) steps: BTreeMap<String, Step>,
    /// Everything ever written through the interface, in order; repeats stay repeats.
    pub(super) received: Vec<Received>,
    /// Acts of people that are done, by key.
    pub(super) done: BTreeSet<String>,
    /// Steps whose last Finish was held.
    pub(super) held: BTreeSet<String>,
    /// Changes by people that Greentick has not yet acknowledged, by sequence number.
    pub(super) untold: BTreeMap<u64, Entry>,
    /// The last event's number; 0 if there was none.
    pub(super) seq: u64,
    /// The last event's time, UTC.
    pub(super) at: Option<Timestamp>,
}

impl Truth {
    /// Takes one event in.
    pub(super) fn apply(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        self.at = Some(entry.at);
        self.done.extend(entry.act.clone());
        if entry.tell && entry.event.kind().is_some() {
            self.untold.insert(entry.seq, entry.clone());
        }
        match &entry.event {
            Event::StepAppeared { step } => self.appear(step, entry.at),
            Event::StepSaved {
                step,
                answers,
                tables,
            } => self.save(step, answers, tables, entry.at),
            Event::StepFinished {
                step, successor, ..
            } => {
                self.held.remove(step);
                self.stand(step, Status::Completed, entry.at);
                if let Some(successor) = successor {
                    self.appear(successor, entry.at);
                }
            }
            Event::StepStatus { step, status } => self.stand(step, *status, entry.at),
            Event::StepRestricted { step, restricted } => {
                if let Some(held) = self.touch(step, entry.at) {
                    held.restricted = *restricted;
                }
            }
            Event::StepDeleted { step } => {
                if let Some(held) = self.touch(step, entry.at) {
                    held.deleted = true;
                }
            }
            Event::FinishAnswered { step, decision, .. } => {
                if decision == "hold" {
                    self.held.insert(step.clone());
                }
            }
            Event::Received(received) => self.take(received, entry.at),
            Event::CallbackDelivered { message } => {
                self.untold.remove(message);
            }
            Event::FinishAsked { .. }
            | Event::Moderated { .. }
            | Event::NothingDone { .. }
            | Event::FaultSet { .. }
            | Event::FaultFired { .. } => {}
        }
    }

    /// The id that the step after this one gets.
    pub(super) fn id_after(&self, step: &str) -> String {
        let next = step.parse::<u64>().ok().map(|number| number + 1);
        match next.map(|number| number.to_string()) {
            Some(id) if !self.steps.contains_key(&id) => id,
            _ => format!("S-{}", self.seq + 1),
        }
    }

    fn touch(&mut self, id: &str, at: Timestamp) -> Option<&mut Step> {
        let step = self.steps.get_mut(id)?;
        step.version += 1;
        step.changed_at = at;
        Some(step)
    }

    fn appear(&mut self, new: &NewStep, at: Timestamp) {
        self.steps
            .entry(new.id.clone())
            .or_insert_with(|| Step::new(new, at));
    }

    fn stand(&mut self, id: &str, status: Status, at: Timestamp) {
        if let Some(step) = self.touch(id, at) {
            step.status = status;
            step.stamps.insert(status, at);
        }
    }

    fn save(
        &mut self,
        id: &str,
        answers: &BTreeMap<String, Option<String>>,
        tables: &BTreeMap<String, Vec<Row>>,
        at: Timestamp,
    ) {
        let Some(step) = self.touch(id, at) else {
            return;
        };
        // Whoever writes in an incoming step has started it.
        if step.status == Status::Incoming {
            step.status = Status::Started;
            step.stamps.insert(Status::Started, at);
        }
        for question in answers.keys() {
            step.answers.remove(question);
        }
        step.answers.extend(filled(answers));
        step.tables.extend(tables.clone());
    }

    fn take(&mut self, received: &Received, at: Timestamp) {
        let received = &Received {
            at,
            ..received.clone()
        };
        let (operation, name) = (received.operation.as_str(), received.name.clone());
        if let Some(step) = received.step.as_deref().filter(|_| operation != "alert")
            && let Some(held) = self.touch(step, at)
        {
            match (operation, name) {
                ("flag", Some(name)) => {
                    held.flags.insert(name, received.clone());
                }
                ("unflag", Some(name)) => {
                    held.flags.remove(&name);
                }
                ("field", Some(name)) => {
                    held.fields.insert(name, received.clone());
                }
                ("reopen", _) => {
                    held.status = Status::Reopened;
                    held.stamps.insert(Status::Reopened, at);
                }
                _ => {}
            }
        }
        self.received.push(received.clone());
    }
}
