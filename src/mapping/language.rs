//! Which words may a mapping file use?
//!
//! The file's shape, word for word, as `manual.toml` explains it; meaning and faults are found in `compile`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::asking::AskRow;
use super::client::ClientTables;

use super::grants::GrantRow;

/// The whole file. Unknown keys and wrong kinds have been told before it is filled.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    /// How it is reached: the tables of `client`.
    #[serde(flatten)]
    pub(super) client: ClientTables,
    pub(super) feed: RequestRow,
    pub(super) sweep: Option<RequestRow>,
    pub(super) step: Option<RequestRow>,
    pub(super) record: BTreeMap<String, String>,
    pub(super) stages: Stages,
    pub(super) only_when: Option<OnlyWhen>,
    #[serde(default)]
    pub(super) people: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) links: Vec<LinkRow>,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, FactRow>,
    #[serde(default)]
    pub(super) vocabularies: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) flags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) write: BTreeMap<String, Operation>,
    #[serde(default = "thousand")]
    pub(super) text_limit_chars: i64,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
    #[serde(default)]
    pub(super) blank: Vec<String>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, GrantRow>,
    #[serde(default)]
    pub(super) test: Vec<Test>,
}

fn thousand() -> i64 {
    1000
}

/// One way to ask for records, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RequestRow {
    pub(super) path: String,
    pub(super) root: String,
    pub(super) namespace: Option<String>,
    #[serde(default = "itself")]
    pub(super) record: String,
    #[serde(default)]
    pub(super) paging: String,
    #[serde(default = "hundred")]
    pub(super) page_size: i64,
    #[serde(default = "seconds")]
    pub(super) since_format: String,
    pub(super) total: Option<String>,
    pub(super) next: Option<String>,
    pub(super) server_time: Option<String>,
    /// Everything about the asking besides the path.
    #[serde(flatten)]
    pub(super) ask: AskRow,
}

fn itself() -> String {
    ".".to_owned()
}

fn hundred() -> i64 {
    100
}

fn seconds() -> String {
    "%Y-%m-%dT%H:%M:%SZ".to_owned()
}

/// How the next page is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paging {
    /// There is one page.
    #[default]
    None,
    /// By the number of records already read. Rows that move while it is read can be lost.
    Offset,
    /// By page number. Rows that move while it is read can be lost here as well.
    Page,
    /// By the case system's own token.
    Token,
    /// By the link to the next page that an answer gives.
    Link,
    /// By the last id read, in the order of ids, which do not move. The template's filter may include
    /// that id again or not.
    LastId,
}

/// Which of the four steps a record is.
#[derive(Debug, Deserialize)]
pub(super) struct Stages {
    pub(super) path: String,
    pub(super) is: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

/// A record is ours only if this holds; otherwise it is passed over in silence.
#[derive(Debug, Deserialize)]
pub(super) struct OnlyWhen {
    pub(super) path: String,
    pub(super) is: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LinkRow {
    pub(super) path: String,
    pub(super) direction: String,
    #[serde(default)]
    pub(super) immediate: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct FactRow {
    pub(super) path: String,
    pub(super) vocabulary: Option<String>,
    #[serde(default)]
    pub(super) html: bool,
    #[serde(default)]
    pub(super) texts: bool,
    /// Where each column of a row stands.
    #[serde(flatten)]
    pub(super) columns: BTreeMap<String, String>,
}

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
    /// Values that must be there: name and path.
    pub values: BTreeMap<String, String>,
    /// Lists that may be empty: name and path.
    pub lists: BTreeMap<String, String>,
    /// Values that must be there: name and header of the answer.
    pub headers: BTreeMap<String, String>,
    /// What must be found, or the case system will not do it.
    pub must: Option<Must>,
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

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) body: String,
    #[serde(default = "feed")]
    pub(super) kind: String,
    pub(super) environment: Option<String>,
    pub(super) good: Option<i64>,
    pub(super) quarantined: Option<i64>,
    #[serde(default)]
    pub(super) refused: bool,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    #[serde(default = "overdue")]
    pub(super) flag: String,
    pub(super) shown: Option<bool>,
    pub(super) writes: Option<String>,
}

fn feed() -> String {
    "feed".to_owned()
}

fn overdue() -> String {
    "overdue".to_owned()
}
