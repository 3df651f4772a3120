//! Which words may a mapping file use?
//!
//! The file's shape, word for word; meaning and faults are found in `compile`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

type Written = Spanned<String>;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) proof: Proof,
    #[serde(default)]
    pub(super) auth: Auth,
    pub(super) feed: Request,
    pub(super) sweep: Option<Request>,
    pub(super) step: Option<Request>,
    pub(super) record: Record,
    pub(super) stages: Stages,
    pub(super) only_when: Option<OnlyWhen>,
    #[serde(default)]
    pub(super) people: BTreeMap<String, Written>,
    #[serde(default)]
    pub(super) links: Vec<LinkRow>,
    #[serde(default)]
    pub(super) facts: BTreeMap<Written, FactRow>,
    #[serde(default)]
    pub(super) vocabularies: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) write: BTreeMap<Written, Operation>,
    #[serde(default = "thousand")]
    pub(super) text_limit_chars: usize,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
    #[serde(default)]
    pub(super) test: Vec<Test>,
}

fn thousand() -> usize {
    1000
}

/// What an answer must be before a word of it is believed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// Accepted content types, without parameters; empty accepts any but HTML.
    pub content_type: Vec<String>,
}

/// How we say who we are; the secret itself is given at run time.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    #[serde(default)]
    pub(super) style: Style,
    pub(super) header: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Style {
    #[default]
    None,
    Header,
    Basic,
    Bearer,
}

/// How we say who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthStyle {
    /// Not at all.
    None,
    /// The secret in the header of this name.
    Header(String),
    /// The secret is `user:password`.
    Basic,
    /// The secret is a bearer token.
    Bearer,
}

/// One way to ask for records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Path and query template, after the base address.
    pub path: String,
    /// Local name of the root element.
    pub root: String,
    /// Namespace of the root element, if it is checked.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Path of a record below the root; `.` if the root is the record.
    #[serde(default = "itself")]
    pub record: String,
    /// How the next page is asked for.
    #[serde(default)]
    pub paging: Paging,
    /// Records asked for at a time.
    #[serde(default = "hundred")]
    pub page_size: u64,
    /// `strftime` form of `since`, in UTC.
    #[serde(default = "seconds")]
    pub since_format: String,
    /// Where the root says how many there are in all.
    #[serde(default)]
    pub total: Option<String>,
    /// Where the next token stands.
    #[serde(default)]
    pub next: Option<String>,
    /// Where the case system's own time stands.
    #[serde(default)]
    pub server_time: Option<String>,
}

fn itself() -> String {
    ".".to_owned()
}

fn hundred() -> u64 {
    100
}

fn seconds() -> String {
    "%Y-%m-%dT%H:%M:%SZ".to_owned()
}

/// How the next page is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// There is one page.
    #[default]
    None,
    /// By the number of records already read.
    Offset,
    /// By the case system's own token.
    Token,
}

/// Where a record keeps what every step has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) id: Written,
    pub(super) status: Written,
    pub(super) version: Option<Written>,
    pub(super) modified: Option<Written>,
    pub(super) incoming: Option<Written>,
    pub(super) started: Option<Written>,
    pub(super) completed: Option<Written>,
    pub(super) reopened: Option<Written>,
    pub(super) cancelled: Option<Written>,
    pub(super) due: Option<Written>,
    pub(super) assignee: Option<Written>,
    pub(super) reference: Option<Written>,
    pub(super) cycle: Option<Written>,
    pub(super) child: Option<Written>,
    pub(super) locked: Option<Written>,
    #[serde(default = "london")]
    pub(super) zone: String,
}

fn london() -> String {
    "Europe/London".to_owned()
}

/// Which of the four steps a record is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stages {
    pub(super) path: Written,
    pub(super) is: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

/// A record is ours only if this holds; otherwise it is passed over in silence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnlyWhen {
    pub(super) path: Written,
    pub(super) is: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRow {
    pub(super) path: Written,
    pub(super) direction: String,
    #[serde(default)]
    pub(super) immediate: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactRow {
    pub(super) path: Written,
    pub(super) vocabulary: Option<String>,
    #[serde(default)]
    pub(super) html: bool,
    #[serde(default)]
    pub(super) texts: bool,
    pub(super) key: Option<Written>,
    pub(super) code: Option<Written>,
    pub(super) owner: Option<Written>,
    pub(super) due: Option<Written>,
    pub(super) progress_on: Option<Written>,
}

/// One way to write.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Statuses that mean "taken"; only a read-back shows that it was done.
    pub accepted: Vec<u16>,
    /// Where the write must be found afterwards.
    #[serde(default)]
    pub read_back: Option<ReadBack>,
}

fn application_xml() -> String {
    "application/xml".to_owned()
}

/// Where a write must be found afterwards.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadBack {
    /// Path template of the request.
    pub path: String,
    /// Local name of the root element.
    pub root: String,
    /// Where in the answer to look.
    pub find: String,
    /// What a value there must contain; a template.
    pub contains: String,
    /// The write is done when it is *not* found there (a flag taken off).
    #[serde(default)]
    pub absent: bool,
    /// Another place that must hold as well: the status after a reopen.
    #[serde(default)]
    pub also: Option<Also>,
}

/// A second thing that the same answer must show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// Where.
    pub find: String,
    /// A template; the value must be exactly this.
    pub is: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) body: String,
    #[serde(default = "feed")]
    pub(super) kind: String,
    pub(super) good: Option<usize>,
    pub(super) quarantined: Option<usize>,
    #[serde(default)]
    pub(super) refused: bool,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
}

fn feed() -> String {
    "feed".to_owned()
}

impl Request {
    /// Reads a document of which only the root is promised.
    pub(super) fn whole(root: &str) -> Self {
        Self {
            path: String::new(),
            root: root.to_owned(),
            namespace: None,
            record: itself(),
            paging: Paging::None,
            page_size: hundred(),
            since_format: seconds(),
            total: None,
            next: None,
            server_time: None,
        }
    }
}
