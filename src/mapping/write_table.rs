//! Which words may the tables have that write?
//!
//! `[write.NAME]` as it stands in the file; whether it makes sense is asked in `operations`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::call::Call;

/// One way to write: one intention, one call.
#[derive(Clone, Debug, Deserialize)]
pub struct Operation {
    /// HTTP method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// Body template, escaped for the content type.
    pub body: String,
    /// Content type of the body.
    #[serde(default = "application_xml")]
    pub content_type: String,
    /// Header templates, by header.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Statuses that mean "taken"; only a read-back shows that it was done.
    pub accepted: Vec<i64>,
    /// Statuses that mean "not now": what was read has changed since, or somebody holds a lock.
    #[serde(default)]
    pub again: Vec<i64>,
    /// What is read before anything is written.
    #[serde(default)]
    pub before: Option<Before>,
    /// Where the write must be found afterwards.
    #[serde(default)]
    pub read_back: Option<ReadBack>,
    /// The operation that follows once this one is shown to be done.
    #[serde(default)]
    pub then: Option<String>,
    /// Statuses that mean that it is there already, as after an earlier try with the same mark.
    #[serde(default)]
    pub duplicate: Vec<i64>,
    /// Seconds that this call may take; the settings' own limit if none.
    pub timeout_seconds: Option<i64>,
    /// The action of a SOAP call.
    pub action: Option<String>,
    /// Characters that its text may have; the file's own limit if none.
    pub text_limit_chars: Option<i64>,
    /// Local name of the answer's root element, for `returned` and `means`.
    pub root: Option<String>,
    /// Where the answer names what was made; a template that follows by `then` knows it as `returned`.
    pub returned: Option<String>,
    /// What single answers mean, asked in this order before the lists of statuses.
    #[serde(default)]
    pub means: Vec<MeansRow>,
    /// Who is told instead if the case system refuses the recipient.
    pub fallback: Option<Fallback>,
    /// One item of a `[batch]`; the body if none.
    pub item: Option<String>,
}

/// What one kind of answer means.
#[derive(Clone, Debug, Deserialize)]
pub struct MeansRow {
    /// The HTTP status; any if none.
    pub status: Option<i64>,
    /// Where in the answer to look; nowhere if none.
    pub path: Option<String>,
    /// One of the values there must be this; anything if none.
    pub is: Option<String>,
    /// What it means.
    pub means: Meaning,
}

/// What an answer to a write means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// It was taken; a read-back shows whether it was done.
    Done,
    /// Not now (a lock, a version that has moved): everything is read again and tried later.
    Again,
    /// Never like this: a person has to look.
    Refused,
    /// It is there already.
    Duplicate,
    /// Whoever should be told may not be: somebody else is.
    Recipient,
    /// Nobody knows; it is looked for before it is repeated.
    Unknown,
}

/// Who is told if the first recipients may not be (a restricted record).
#[derive(Clone, Debug, Deserialize)]
pub struct Fallback {
    /// The roles, by name.
    pub audience: Vec<String>,
}

fn application_xml() -> String {
    "application/xml".to_owned()
}

/// What is read before anything is written, and carried into the write.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    /// Path template; none reads what the read-back reads, and a write that it shows is not repeated.
    pub path: Option<String>,
    /// Local name of the root element, with `path`.
    pub root: Option<String>,
    /// How it is asked for, with `path`; its headers are `request_headers`.
    #[serde(flatten)]
    pub call: Call,
    /// Header templates of the request.
    pub request_headers: BTreeMap<String, String>,
    /// Values that must be there: name and path.
    pub values: BTreeMap<String, String>,
    /// Lists that may be empty: name and path.
    pub lists: BTreeMap<String, String>,
    /// Values that must be there: name and header of the answer.
    pub headers: BTreeMap<String, String>,
    /// What must be found, or the case system will not do it.
    pub must: Option<Must>,
}

impl Before {
    /// How it is asked for, headers included.
    pub(super) fn asked(&self) -> Call {
        Call {
            headers: self.request_headers.clone(),
            ..self.call.clone()
        }
    }
}

/// What must be found before writing makes sense, such as the right to make a move.
#[derive(Clone, Debug, Deserialize)]
pub struct Must {
    /// Where.
    pub find: String,
    /// A template; one of the values there must be exactly this.
    pub is: String,
    /// What a person can do if it is not.
    pub why: String,
}

/// Where a write must be found afterwards.
#[derive(Clone, Debug, Deserialize)]
pub struct ReadBack {
    /// Path template of the request.
    pub path: String,
    /// How it is asked for besides.
    #[serde(flatten)]
    pub call: Call,
    /// Local name of the root element.
    pub root: String,
    /// Where in the answer to look.
    pub find: String,
    /// What a value there must contain; a template.
    pub contains: Option<String>,
    /// What a value there must be; a template.
    pub is: Option<String>,
    /// The write is done when it is *not* found there (a flag taken off).
    #[serde(default)]
    pub absent: bool,
    /// Another place that must hold as well: the status after a reopen.
    #[serde(default)]
    pub also: Option<Also>,
}

/// A second thing that the same answer must show.
#[derive(Clone, Debug, Deserialize)]
pub struct Also {
    /// Where.
    pub find: String,
    /// A template; the value must be exactly this.
    pub is: String,
}
