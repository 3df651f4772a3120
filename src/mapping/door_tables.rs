//! Which words may `[callback]` and `[callout]` have, and do they make sense?

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::batch::Batch;
use super::compile::Desk;
use super::language::File;
use super::limits::Format;
use super::path::Path;
use super::tasks::Tasks;
use crate::practice::rules;
use crate::shape;

/// The tables of everything but plain reading and writing.
#[derive(Clone, Debug, Default)]
pub(super) struct DoorTables {
    pub(super) batch: Option<Batch>,
    pub(super) tasks: Option<Tasks>,
    pub(super) callback: Option<Callback>,
    pub(super) callout: Option<Callout>,
}

/// The names that a reply to a question may use, beside `[values]`, `reasons` and `warnings`.
pub(super) const REPLY_NAMES: [&str; 10] = [
    "decision",
    "decision_id",
    "request_id",
    "step",
    "episode",
    "judged_at",
    "valid_until",
    "mirror_age_ms",
    "code",
    "message",
];

/// `[callback]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CallbackRow {
    format: Option<String>,
    root: String,
    #[serde(default = "itself")]
    event: String,
    id: Option<String>,
    id_header: Option<String>,
    sequence: Option<String>,
    step: Option<String>,
    environment: Option<String>,
    #[serde(default)]
    proof: ProofRow,
    #[serde(default)]
    reply: ReplyRow,
}

/// `[callout]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CalloutRow {
    format: Option<String>,
    root: String,
    step: String,
    request_id: Option<String>,
    version: Option<String>,
    worker: Option<String>,
    acting_for: Option<String>,
    deadline_ms: Option<String>,
    environment: Option<String>,
    next: Option<NextRow>,
    on_timeout: String,
    #[serde(default = "two_seconds")]
    answer_within_ms: i64,
    #[serde(default)]
    questions: BTreeMap<String, String>,
    #[serde(default)]
    proof: ProofRow,
    reply: ReplyRow,
}

#[derive(Clone, Debug, Deserialize)]
struct NextRow {
    #[serde(default = "itself")]
    record: String,
    assignee: Option<String>,
    immediate: Option<String>,
}

/// How the case system proves that it is the one who calls; the secret itself is given at run time.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProofRow {
    /// `greentick`, `hmac`, `standard`, `header` or `basic`.
    pub style: String,
    /// The header that carries the signature or the secret.
    pub header: String,
    /// `hex` or `base64`.
    pub encoding: String,
    /// What stands before the signature in its header.
    pub prefix: String,
    /// The header with the second it was signed at; signed with the body if there is one.
    pub timestamp_header: String,
    /// In a header of fields, the one with the second.
    pub timestamp_field: String,
    /// In a header of fields, the one with a signature; any of several may be right.
    pub field: String,
    /// What stands between second and body.
    pub separator: String,
    /// How far that second may be from our clock, seconds; 0 for 300.
    pub window_seconds: i64,
    /// For `basic`: who calls; empty if the secret is `user:password`.
    pub user: String,
}

/// How we answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct ReplyRow {
    /// HTTP status of every answer but "not now".
    pub(super) status: u16,
    /// Content type.
    pub(super) content_type: String,
    /// The acknowledgement of a message, a template.
    pub(super) body: String,
    /// Finish is permitted, a template.
    pub(super) permit: String,
    /// Finish is held, a template.
    pub(super) hold: String,
    /// Finish is permitted and something is said; `permit` if none.
    pub(super) warning: Option<String>,
    /// Not now, with the status 503, a template.
    pub(super) unavailable: String,
}

impl Default for ReplyRow {
    fn default() -> Self {
        Self {
            status: 200,
            content_type: "application/xml".to_owned(),
            body: String::new(),
            permit: String::new(),
            hold: String::new(),
            warning: None,
            unavailable: String::new(),
        }
    }
}

fn itself() -> String {
    ".".to_owned()
}

fn two_seconds() -> i64 {
    2_000
}

/// How messages are read and acknowledged.
#[derive(Clone, Debug)]
pub struct Callback {
    pub(super) format: Format,
    pub(super) root: String,
    pub(super) event: Path,
    pub(super) id: Option<Path>,
    /// The header with the message's id, for events that carry none.
    pub id_header: Option<String>,
    pub(super) sequence: Option<Path>,
    pub(super) step: Option<Path>,
    pub(super) environment: Option<Path>,
    pub(super) reply: ReplyRow,
    /// How the sender proves who it is.
    pub proof: ProofRow,
}

/// How questions before Finish are read and answered.
#[derive(Clone, Debug)]
pub struct Callout {
    pub(super) format: Format,
    pub(super) root: String,
    pub(super) step: Path,
    pub(super) request_id: Option<Path>,
    pub(super) version: Option<Path>,
    pub(super) worker: Option<Path>,
    pub(super) acting_for: Option<Path>,
    pub(super) deadline_ms: Option<Path>,
    pub(super) environment: Option<Path>,
    pub(super) next: Option<NextAt>,
    pub(super) questions: BTreeMap<String, String>,
    pub(super) reply: ReplyRow,
    /// How the asker proves who it is.
    pub proof: ProofRow,
    /// What the case system does if no answer comes in time: Finish goes through.
    pub opens_on_timeout: bool,
    /// How long an asker waits that does not say, milliseconds.
    pub answer_within_ms: u64,
}

/// Where the next actions stand.
#[derive(Clone, Debug)]
pub(super) struct NextAt {
    pub(super) record: Path,
    pub(super) assignee: Option<Path>,
    pub(super) immediate: Option<Path>,
}

impl File {
    /// Who we are, and in which environment, are values like others; the settings give them.
    pub(super) fn knows_who_we_are(&mut self) {
        for name in ["worker", "environment"] {
            self.values.entry(name.to_owned()).or_default();
        }
    }
}

impl Desk<'_> {
    pub(super) fn doors(&mut self, file: &File) -> DoorTables {
        DoorTables {
            batch: self.batch(file),
            tasks: self.tasks(file),
            callback: self.callback(file),
            callout: self.callout(file),
        }
    }

    pub(super) fn callback(&mut self, file: &File) -> Option<Callback> {
        let row = file.callback.as_ref()?;
        self.door_proof("callback.proof", &row.proof);
        let mut known: BTreeSet<&str> = file.values.keys().map(String::as_str).collect();
        known.insert("events");
        for (key, template) in [
            ("body", &row.reply.body),
            ("unavailable", &row.reply.unavailable),
        ] {
            self.template(&format!("callback.reply.{key}"), template, &known);
        }
        self.reply_status("callback.reply.status", row.reply.status);
        if row.id.is_none() && row.id_header.is_none() {
            let message = "without `id` or `id_header` a repeated event could not be known";
            self.fault("callback", message, None);
        }
        let place = |desk: &mut Self, key: &str, written: &Option<String>| {
            let written = written.as_deref()?;
            Some(desk.loose(&format!("callback.{key}"), written))
        };
        Some(Callback {
            format: Format::of(row.format.as_ref().unwrap_or(&file.format)),
            root: row.root.clone(),
            event: self.loose("callback.event", &row.event),
            id: place(self, "id", &row.id),
            id_header: row.id_header.clone(),
            sequence: place(self, "sequence", &row.sequence),
            step: place(self, "step", &row.step),
            environment: place(self, "environment", &row.environment),
            reply: row.reply.clone(),
            proof: row.proof.clone(),
        })
    }

    pub(super) fn callout(&mut self, file: &File) -> Option<Callout> {
        let row = file.callout.as_ref()?;
        self.door_proof("callout.proof", &row.proof);
        self.reply_status("callout.reply.status", row.reply.status);
        self.callout_reply(file, row);
        let within = u64::try_from(row.answer_within_ms).unwrap_or(0);
        if !(100..=60_000).contains(&within) {
            let message = "`answer_within_ms` must be from 100 to 60000";
            self.fault("callout.answer_within_ms", message, None);
        }
        let codes: Vec<&str> = rules::RULES.iter().map(|rule| rule.code).collect();
        for code in row
            .questions
            .keys()
            .filter(|code| !codes.contains(&code.as_str()))
        {
            let at = format!("callout.questions.{code}");
            self.fault(
                &at,
                &format!("`{code}` is no rule"),
                Some(shape::meant(code, &codes)),
            );
        }
        let place = |desk: &mut Self, key: &str, written: &Option<String>| {
            let written = written.as_deref()?;
            Some(desk.loose(&format!("callout.{key}"), written))
        };
        let next = row.next.as_ref().map(|next| NextAt {
            record: self.loose("callout.next.record", &next.record),
            assignee: place(self, "next.assignee", &next.assignee),
            immediate: place(self, "next.immediate", &next.immediate),
        });
        Some(Callout {
            format: Format::of(row.format.as_ref().unwrap_or(&file.format)),
            root: row.root.clone(),
            step: self.loose("callout.step", &row.step),
            request_id: place(self, "request_id", &row.request_id),
            version: place(self, "version", &row.version),
            worker: place(self, "worker", &row.worker),
            acting_for: place(self, "acting_for", &row.acting_for),
            deadline_ms: place(self, "deadline_ms", &row.deadline_ms),
            environment: place(self, "environment", &row.environment),
            next,
            questions: row.questions.clone(),
            reply: row.reply.clone(),
            proof: row.proof.clone(),
            opens_on_timeout: row.on_timeout == "open",
            answer_within_ms: within,
        })
    }

    fn callout_reply(&mut self, file: &File, row: &CalloutRow) {
        let mut known: BTreeSet<&str> = REPLY_NAMES.into_iter().collect();
        known.extend(["reasons", "warnings"]);
        known.extend(file.values.keys().map(String::as_str));
        let reply = &row.reply;
        let permit = Some(&reply.permit);
        for (key, template) in [
            ("permit", permit),
            ("hold", Some(&reply.hold)),
            ("warning", reply.warning.as_ref()),
            ("unavailable", Some(&reply.unavailable)),
        ] {
            let at = format!("callout.reply.{key}");
            if let Some(template) = template {
                self.template(&at, template, &known);
            }
        }
        if reply.permit == reply.hold {
            let message = "`permit` and `hold` read the same, so nobody could tell them apart";
            self.fault("callout.reply", message, None);
        }
    }

    fn reply_status(&mut self, at: &str, status: u16) {
        if !(200..600).contains(&status) {
            self.fault(at, &format!("{status} is no status to answer with"), None);
        }
    }

    fn door_proof(&mut self, at: &str, proof: &ProofRow) {
        let needs_header = ["hmac", "header"].contains(&proof.style.as_str());
        if needs_header && proof.header.is_empty() {
            let message = format!(
                "the style `{}` needs `header`, the header's name",
                proof.style
            );
            self.fault(at, &message, None);
        }
        if !proof.timestamp_field.is_empty() && proof.field.is_empty() {
            let message = "`timestamp_field` is a part of a header whose signature is one as well: name it by `field`";
            self.fault(&format!("{at}.timestamp_field"), message, None);
        }
        if !proof.timestamp_field.is_empty() && !proof.timestamp_header.is_empty() {
            let message = "the second stands in a header of its own or in a field, not in both";
            self.fault(&format!("{at}.timestamp_field"), message, None);
        }
        if !(0..=3_600).contains(&proof.window_seconds) {
            let message = "`window_seconds` must be from 1 to 3600";
            self.fault(&format!("{at}.window_seconds"), message, None);
        }
    }
}
