//! What does the case system tell us and ask us, in its own words, and how is it answered in them?
//!
//! `[callback]` (M25): a message of one or many events. It is only a hint, whatever it carries: what changed is
//! read. `[callout]` (M26): somebody wants to Finish, and waits. A message from another environment is refused
//! (P17). SOAP needs no words of its own: the root is `Envelope`, and the paths begin with `Body/`.

use std::collections::BTreeMap;

use super::compile::Mapping;
use super::document::Element;
use super::door_tables::{Callback, Callout, ReplyRow};
use super::page_fault::PageFault;
use super::path::Path;
use super::template::{Given, Slot, TemplateFault, Values, render};
use super::text::{clean, shortened};

/// Most events of one message.
const EVENTS: usize = 100;
/// Most characters of a message that a worker reads on the screen.
const MESSAGE_CHARS: usize = 200;
/// Longest id that is one.
const ID_CHARS: usize = 128;

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It comes from another environment, such as the training system.
    Environment(String),
    /// It is not what the mapping describes.
    Unreadable(String),
}

impl From<PageFault> for Refused {
    fn from(fault: PageFault) -> Self {
        Self::Unreadable(fault.words)
    }
}

/// One event of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id; a repeated delivery keeps it.
    pub id: String,
    /// Its place in the order of its step, if said.
    pub sequence: Option<String>,
    /// The step it is about, if said.
    pub step: Option<String>,
}

/// What somebody asks before Finish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The step.
    pub step: String,
    /// The asker's name for the question.
    pub request_id: Option<String>,
    /// The version on the asker's screen.
    pub version: Option<String>,
    /// Who presses.
    pub worker: Option<String>,
    /// For whom, if another's work is done.
    pub acting_for: Option<String>,
    /// How long the asker waits, milliseconds.
    pub deadline_ms: Option<u64>,
    /// The next action: to whom, and whether it does not wait for Finish; none if not said.
    pub next: Option<(Option<String>, bool)>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// Finish may be pressed.
    Permit,
    /// It may, and something is worth saying.
    Warning,
    /// It may not.
    Hold,
    /// It cannot be answered now.
    Unavailable,
}

/// One thing that stands against a Finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule's code.
    pub rule: String,
    /// What is missing and what to do.
    pub message: String,
}

/// Everything that an answer may show.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Single values, by the names that templates know.
    pub values: BTreeMap<&'static str, String>,
    /// What holds it.
    pub reasons: Vec<Reason>,
    /// What is said besides.
    pub warnings: Vec<Reason>,
}

/// An answer in the case system's words: status, content type, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorReply {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// Body.
    pub body: String,
}

impl Mapping {
    /// How messages are read, if the mapping says.
    pub fn callback(&self) -> Option<&Callback> {
        self.doors.callback.as_ref()
    }

    /// How questions before Finish are read, if the mapping says.
    pub fn callout(&self) -> Option<&Callout> {
        self.doors.callout.as_ref()
    }

    /// The events of a message.
    ///
    /// # Errors
    /// When it comes from another environment, or is not what the mapping describes.
    pub fn heard(
        &self,
        callback: &Callback,
        bytes: &[u8],
        charset: Option<&str>,
        message: Option<&str>,
    ) -> Result<Vec<Event>, Refused> {
        let whole = self.document_in(callback.format, bytes, charset, &callback.root)?;
        let root = whole.root();
        self.of_here(callback.environment.as_ref(), &root)?;
        let mut events = Vec::new();
        for (nth, record) in callback.event.elements(&root).into_iter().enumerate() {
            let own = callback.id.as_ref().and_then(|at| id_at(at, &record));
            let of_message = || Some(format!("{}/{nth}", message?));
            let id = own.or_else(of_message).ok_or_else(|| {
                Refused::Unreadable("an event has no id, and so could be taken twice".to_owned())
            })?;
            events.push(Event {
                id,
                sequence: callback.sequence.as_ref().and_then(|at| id_at(at, &record)),
                step: callback.step.as_ref().and_then(|at| id_at(at, &record)),
            });
        }
        match events.len() {
            0 => Err(Refused::Unreadable("it holds no event".to_owned())),
            1..=EVENTS => Ok(events),
            many => Err(Refused::Unreadable(format!(
                "it holds {many} events; at most {EVENTS} are taken at once"
            ))),
        }
    }

    /// What is asked.
    ///
    /// # Errors
    /// When it comes from another environment, or is not what the mapping describes.
    pub fn asked(
        &self,
        callout: &Callout,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<Asked, Refused> {
        let whole = self.document_in(callout.format, bytes, charset, &callout.root)?;
        let root = whole.root();
        self.of_here(callout.environment.as_ref(), &root)?;
        let at = |path: &Option<Path>| path.as_ref().and_then(|path| id_at(path, &root));
        let step = id_at(&callout.step, &root).ok_or_else(|| {
            Refused::Unreadable(format!("it names no step at `{}`", callout.step.written()))
        })?;
        Ok(Asked {
            step,
            request_id: at(&callout.request_id),
            version: at(&callout.version),
            worker: at(&callout.worker),
            acting_for: at(&callout.acting_for),
            deadline_ms: at(&callout.deadline_ms).and_then(|text| text.parse().ok()),
            next: callout.next.as_ref().and_then(|next| {
                // An immediate action among several is the one that could go around the rules.
                let chosen = next.record.elements(&root).into_iter().map(|one| {
                    let immediate = next.immediate.as_ref().and_then(|at| at.first(&one));
                    let assignee = next.assignee.as_ref().and_then(|at| id_at(at, &one));
                    (assignee, immediate.is_some_and(|word| is_yes(&word)))
                });
                chosen.max_by_key(|(_, immediate)| *immediate)
            }),
        })
    }

    /// The answer to a message that is kept; or, if it could not be, what makes the sender try again.
    ///
    /// # Errors
    /// When a template names something that nothing gives it.
    pub fn acknowledged(
        &self,
        callback: &Callback,
        events: usize,
        kept: bool,
    ) -> Result<DoorReply, TemplateFault> {
        let mut values = self.own_values();
        put(&mut values, "events", events.to_string());
        let reply = &callback.reply;
        let (status, template) = if kept {
            (reply.status, reply.body.as_str())
        } else {
            (503, reply.unavailable.as_str())
        };
        filled(reply, status, template, &values)
    }

    /// The answer to a question, in the case system's words.
    ///
    /// # Errors
    /// When a template names something that nothing gives it.
    pub fn answered(
        &self,
        callout: &Callout,
        say: Say,
        answered: &Answered,
    ) -> Result<DoorReply, TemplateFault> {
        let mut values = self.own_values();
        for name in super::door_tables::REPLY_NAMES {
            put(&mut values, name, String::new());
        }
        for (name, value) in &answered.values {
            put(&mut values, name, value.clone());
        }
        let shown = if say == Say::Hold {
            &answered.reasons
        } else {
            &answered.warnings
        };
        put(&mut values, "message", self.short(&summary(say, shown)));
        let code = shown.first().map(|reason| reason.rule.clone());
        put(&mut values, "code", code.unwrap_or_default());
        for (name, reasons) in [
            ("reasons", &answered.reasons),
            ("warnings", &answered.warnings),
        ] {
            let rows = reasons.iter().map(|reason| self.row(callout, reason));
            values.insert(name.to_owned(), Given::Rows(rows.collect()));
        }
        let reply = &callout.reply;
        let (status, template) = match say {
            Say::Permit => (reply.status, Some(&reply.permit)),
            Say::Warning => (reply.status, reply.warning.as_ref().or(Some(&reply.permit))),
            Say::Hold => (reply.status, Some(&reply.hold)),
            Say::Unavailable => (503, None),
        };
        let template = template.map_or(reply.unavailable.as_str(), String::as_str);
        filled(reply, status, template, &values)
    }

    fn row(&self, callout: &Callout, reason: &Reason) -> BTreeMap<String, String> {
        let question = callout.questions.get(&reason.rule).cloned();
        BTreeMap::from([
            ("rule".to_owned(), reason.rule.clone()),
            ("message".to_owned(), self.short(&reason.message)),
            ("question".to_owned(), question.unwrap_or_default()),
        ])
    }

    fn short(&self, text: &str) -> String {
        clean(&shortened(text, MESSAGE_CHARS), self.text_bmp)
    }

    /// Refuses what another environment sends.
    fn of_here(&self, at: Option<&Path>, root: &Element<'_>) -> Result<(), Refused> {
        let said = at.map(|path| path.first(root).unwrap_or_default());
        match self.elsewhere(said.as_deref()) {
            Some(why) => Err(Refused::Environment(why)),
            None => Ok(()),
        }
    }
}

fn summary(say: Say, shown: &[Reason]) -> String {
    let first = shown.first().map_or("", |reason| reason.message.as_str());
    let more = match shown.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" ({more} more)"),
    };
    match say {
        Say::Permit => "Finish is permitted.".to_owned(),
        Say::Warning => format!("Finish is permitted{more}. {first}"),
        Say::Hold => format!("Finish is held{more}. {first}"),
        Say::Unavailable => {
            "Greentick cannot answer now. Press Finish again in a minute.".to_owned()
        }
    }
}

fn filled(
    reply: &ReplyRow,
    status: u16,
    template: &str,
    values: &Values,
) -> Result<DoorReply, TemplateFault> {
    let slot = if reply.content_type.contains("json") {
        Slot::Json
    } else {
        Slot::Xml
    };
    Ok(DoorReply {
        status,
        content_type: reply.content_type.clone(),
        body: render(template, slot, values)?,
    })
}

fn put(values: &mut Values, name: &str, value: String) {
    values.insert(name.to_owned(), Given::One(value));
}

/// A value that can be an id: there, and short.
fn id_at(path: &Path, from: &Element<'_>) -> Option<String> {
    let text = path.first(from)?;
    (!text.is_empty() && text.chars().count() <= ID_CHARS).then_some(text)
}

fn is_yes(word: &str) -> bool {
    let word = word.trim().to_lowercase();
    ["y", "yes", "true", "1"].contains(&word.as_str())
}
