//! Which words may a mapping file use?
//!
//! The file's shape, word for word, as `manual.toml` explains it; meaning and faults are found in `compile`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::asking::AskRow;
use super::client::ClientTables;

use super::batch::BatchRow;
use super::correlation::CorrelationRow;
use super::dates::DatesRow;
use super::door_tables::{CallbackRow, CalloutRow};
use super::envelope::EnvelopeRow;
use super::fact_places::FactRow;
use super::forms::FormRow;
use super::grants::GrantRow;
use super::limits::Limits;
use super::merges::MergesRow;
use super::stages::StagesRow;
use super::statuses::StatusRow;
use super::tasks::TasksRow;
use super::words::WordsRow;
use super::write_table::Operation;

/// The whole file. Unknown keys and wrong kinds have been told before it is filled.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) format: String,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) namespaces: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) envelope: EnvelopeRow,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    /// How it is reached: the tables of `client`.
    #[serde(flatten)]
    pub(super) client: ClientTables,
    pub(super) feed: RequestRow,
    pub(super) sweep: Option<RequestRow>,
    pub(super) step: Option<RequestRow>,
    pub(super) merges: Option<MergesRow>,
    pub(super) record: BTreeMap<String, String>,
    pub(super) stages: StagesRow,
    #[serde(default)]
    pub(super) statuses: Vec<StatusRow>,
    #[serde(default)]
    pub(super) dates: DatesRow,
    #[serde(default)]
    pub(super) words: WordsRow,
    #[serde(default)]
    pub(super) forms: BTreeMap<String, FormRow>,
    #[serde(default)]
    pub(super) correlation: CorrelationRow,
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
    pub(super) batch: Option<BatchRow>,
    pub(super) tasks: Option<TasksRow>,
    pub(super) callback: Option<CallbackRow>,
    pub(super) callout: Option<CalloutRow>,
    #[serde(default = "thousand")]
    pub(super) text_limit_chars: i64,
    #[serde(default)]
    pub(super) text_characters: String,
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
    pub(super) format: Option<String>,
    pub(super) namespace: Option<String>,
    #[serde(default = "itself")]
    pub(super) record: String,
    #[serde(default)]
    pub(super) list: String,
    #[serde(default)]
    pub(super) paging: String,
    #[serde(default = "hundred")]
    pub(super) page_size: i64,
    #[serde(default = "seconds")]
    pub(super) since_format: String,
    pub(super) total: Option<String>,
    pub(super) next: Option<String>,
    pub(super) ids: Option<String>,
    /// Of a step: what else is read of it, by name.
    #[serde(default)]
    pub(super) also: BTreeMap<String, RequestRow>,
    /// Of a part of a step: the values that the first answer has for its templates.
    #[serde(default)]
    pub(super) with: BTreeMap<String, String>,
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

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) body: String,
    /// The other pieces of a step.
    #[serde(default)]
    pub(super) also: BTreeMap<String, String>,
    #[serde(default = "feed")]
    pub(super) kind: String,
    pub(super) environment: Option<String>,
    pub(super) worker: Option<String>,
    pub(super) good: Option<i64>,
    pub(super) quarantined: Option<i64>,
    pub(super) mentioned: Option<i64>,
    #[serde(default)]
    pub(super) refused: bool,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    #[serde(default = "overdue")]
    pub(super) flag: String,
    pub(super) shown: Option<bool>,
    pub(super) writes: Option<String>,
    /// Of the recorded answer.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// How many effects stand in a batch.
    #[serde(default = "two")]
    pub(super) effects: i64,
    /// HTTP status of the recorded answer to a batch.
    pub(super) status: Option<i64>,
    /// Method and path of what is sent.
    pub(super) to: Option<String>,
    /// Headers that a write must send.
    #[serde(default)]
    pub(super) sends: BTreeMap<String, String>,
    /// What a question is answered.
    #[serde(default)]
    pub(super) say: String,
}

fn feed() -> String {
    "feed".to_owned()
}

fn two() -> i64 {
    2
}

fn overdue() -> String {
    "overdue".to_owned()
}
