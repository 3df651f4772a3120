//! What may be written into the council? Notes, flags, fields, reopenings, alerts, sample lists, answers to tasks.
//!
//! Every write is a new one, whatever its mark: that Greentick never says a thing twice is Greentick's promise,
//! and a council that swallowed repeats would hide its being broken. No dialect is known here.

use axum::http::StatusCode;

use super::council::Council;
use super::desk::{Refusal, bad, missing, readable};
use super::event::{Entry, Event};
use super::switches;
use super::truth::Truth;
use super::words::{Received, Status};

const TEXT_LIMIT_CHARS: usize = 4_000;

/// A write as a dialect has read it.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// What is to be written; id and time are the council's.
    pub(super) write: Received,
    /// The version of the step that the writer has read, if it named one: it must still stand.
    pub(super) version: Option<u64>,
}

/// What may be written, and the letter that its id begins with.
const OPERATIONS: [(&str, char); 12] = [
    ("note", 'N'),
    ("flag", 'F'),
    ("unflag", 'F'),
    ("field", 'F'),
    ("reopen", 'R'),
    ("alert", 'A'),
    ("sample_list", 'L'),
    ("send_task", 'T'),
    ("answer_task", 'Y'),
    ("due", 'D'),
    ("reassign", 'G'),
    ("attach", 'X'),
];

impl Order {
    /// An order of this operation with its mark and text.
    pub(super) fn new(operation: &str, mark: Option<String>, text: Option<String>) -> Self {
        let write = Received {
            operation: operation.to_owned(),
            mark: mark.unwrap_or_default(),
            text: text.unwrap_or_default(),
            ..Received::default()
        };
        Self {
            write,
            version: None,
        }
    }

    /// For this step.
    pub(super) fn on(mut self, step: &str) -> Self {
        self.write.step = Some(step.to_owned());
        self
    }

    /// With this name.
    pub(super) fn named(mut self, name: impl Into<Option<String>>) -> Self {
        self.write.name = name.into();
        self
    }

    /// What is wrong with it, whatever the truth.
    fn fault(&self, limit: usize) -> Option<String> {
        let write = &self.write;
        if write.mark.is_empty() {
            return Some("`Mark` is missing".to_owned());
        }
        (write.text.chars().count() > limit)
            .then(|| format!("a text has at most {limit} characters"))
    }

    /// The event that it is, if the truth admits it.
    pub(super) fn admitted(mut self, truth: &Truth, limit: usize) -> Result<Event, Refusal> {
        if let Some(fault) = self.fault(limit) {
            return Err(bad(fault));
        }
        let known = OPERATIONS.into_iter();
        let mut known = known.filter(|(name, _)| *name == self.write.operation);
        let Some((_, letter)) = known.next() else {
            return Err(bad(format!(
                "nothing is known of `{}`",
                self.write.operation
            )));
        };
        if self.write.operation == "answer_task" {
            self.write.step = Some(answerable(truth, self.write.name.as_deref())?);
        } else if let Some(step) = self.write.step.as_deref().filter(|_| letter != 'A') {
            self.admits(truth, step)?;
        }
        self.write.id = format!("{letter}-{}", truth.seq + 1);
        Ok(Event::Received(self.write))
    }

    fn admits(&self, truth: &Truth, id: &str) -> Result<(), Refusal> {
        let step = readable(truth, id)?;
        if step.restricted {
            return Err((StatusCode::FORBIDDEN, "RESTRICTED", format!("step {id}")));
        }
        if let Some(lock) = &step.lock {
            let text = format!("step {id} is checked out ({}) by {}", lock.kind, lock.by);
            return Err((StatusCode::LOCKED, "LOCKED", text));
        }
        if self.version.is_some_and(|read| read != step.version) {
            let text = format!("step {id} has version {} by now", step.version);
            return Err((StatusCode::PRECONDITION_FAILED, "STALE", text));
        }
        let recipient = match self.write.operation.as_str() {
            "reassign" => Some(&self.write.text),
            "send_task" => self.write.name.as_ref(),
            _ => None,
        };
        if let Some(worker) = recipient.filter(|worker| truth.left.contains(*worker)) {
            let text = format!("worker {worker} has left");
            return Err((StatusCode::UNPROCESSABLE_ENTITY, "RECIPIENT", text));
        }
        if self.write.operation == "due" && self.write.text.parse::<jiff::civil::Date>().is_err() {
            return Err(bad("`Value` is no day such as 2026-11-23"));
        }
        if self.write.operation == "reopen" && step.status != Status::Completed {
            let text = format!("step {id} is {}, not COMPLETED", step.status.word());
            return Err((StatusCode::CONFLICT, "CONFLICT", text));
        }
        Ok(())
    }
}

/// The step of a task that can be answered.
fn answerable(truth: &Truth, task: Option<&str>) -> Result<String, Refusal> {
    let id = task.unwrap_or_default();
    let task = truth
        .tasks
        .get(id)
        .ok_or_else(|| missing(format!("no task {id}")))?;
    let step = readable(truth, &task.step)?;
    if let Some(lock) = &step.lock {
        let text = format!("step {} is checked out by {}", step.id, lock.by);
        return Err((StatusCode::LOCKED, "LOCKED", text));
    }
    match task.state() {
        "SENT" => Ok(task.step.clone()),
        state => {
            let text = format!("task {id} is {state}");
            Err((StatusCode::CONFLICT, "CONFLICT", text))
        }
    }
}

/// The longest text that is taken now, characters.
pub(super) fn text_limit(council: &Council, asked: &str) -> usize {
    switches::text_limit(council, asked).unwrap_or(TEXT_LIMIT_CHARS)
}

/// Takes a write in, if nothing speaks against it, and gives it back as it stands. `asked` names the request in the
/// log.
pub(super) fn take(council: &Council, asked: &str, order: Order) -> Result<Received, Refusal> {
    if let Some(refusal) = switches::refused_write(council, asked) {
        return Err(refusal);
    }
    let limit = text_limit(council, asked);
    match council.record_if(None, |truth| order.admitted(truth, limit)) {
        Ok(Ok(entry)) => Ok(written(&entry)),
        Ok(Err(refusal)) => Err(refusal),
        Err(fault) => {
            tracing::error!(%fault, "a write could not be recorded");
            let text = "it could not be recorded".to_owned();
            Err((StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text))
        }
    }
}

/// What an event wrote, with its time.
pub(super) fn written(entry: &Entry) -> Received {
    match &entry.event {
        Event::Received(received) => Received {
            at: entry.at,
            ..received.clone()
        },
        _ => Received::default(),
    }
}
