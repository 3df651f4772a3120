//! What can be set? The settings as the rest of the house reads them; each key is explained in
//! `config/default.toml`. Absent on purpose: secrets, of which only the whereabouts are kept here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::clock::Anchor;
use crate::practice::ids::WorkerId;
use crate::practice::terms::Mode;

/// `[ledger]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSettings {
    /// `sqlite:FILE` or `postgres://…`. May hold a password: never log it.
    pub url: String,
}

/// `[source]`: the case system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Its name in the ledger.
    pub name: String,
    /// The mapping file; none if no case system is set.
    #[serde(deserialize_with = "path")]
    pub mapping: Option<PathBuf>,
    /// What the mapping's paths are appended to; empty if no case system is set.
    pub base_url: String,
    /// Which of the mapping's environments it is.
    #[serde(deserialize_with = "text")]
    pub environment: Option<String>,
    /// In whose name requests are made.
    pub worker: String,
    /// The proxy: an address, or `none`.
    #[serde(deserialize_with = "text")]
    pub proxy: Option<String>,
    /// Where the proxy's `user:password` is.
    #[serde(deserialize_with = "text")]
    pub proxy_secret_env: Option<String>,
    /// Where it is, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub proxy_secret_file: Option<PathBuf>,
    /// More certificate authorities.
    pub ca_files: Vec<PathBuf>,
    /// Our own certificate.
    #[serde(deserialize_with = "path")]
    pub client_certificate_file: Option<PathBuf>,
    /// Its key.
    #[serde(deserialize_with = "path")]
    pub client_key_file: Option<PathBuf>,
    /// More secrets, by name.
    pub secrets: BTreeMap<String, SecretPlace>,
    /// Where its key is.
    #[serde(deserialize_with = "text")]
    pub secret_env: Option<String>,
    /// Where its key is, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub secret_file: Option<PathBuf>,
    /// Where the key of the child keys is.
    #[serde(deserialize_with = "text")]
    pub child_key_env: Option<String>,
    /// Where that key is, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub child_key_file: Option<PathBuf>,
    /// Seconds to connect.
    pub connect_seconds: u64,
    /// Seconds between two pieces of an answer.
    pub read_seconds: u64,
    /// Seconds for a whole answer.
    pub total_seconds: u64,
    /// This site's numbers for names in the mapping.
    pub ids: BTreeMap<String, String>,
}

/// Where a secret of `[source.secrets]` is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretPlace {
    /// A variable.
    #[serde(deserialize_with = "text")]
    pub env: Option<String>,
    /// A file, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub file: Option<PathBuf>,
}

/// `[beat]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeatSettings {
    /// Seconds between two reads of the change feed.
    pub poll_seconds: u64,
    /// How much each wait varies, percent.
    pub jitter_percent: u32,
    /// Seconds between two sweeps of the open steps.
    pub sweep_seconds: u64,
    /// Seconds between two full comparisons.
    pub reconcile_seconds: u64,
    /// Seconds between two looks at passing time.
    pub tick_seconds: u64,
    /// Seconds between two sendings.
    pub dispatch_seconds: u64,
    /// Seconds a read reaches back.
    pub overlap_seconds: i64,
    /// Working hours without a record after which a warning is given; 0 for none.
    pub quiet_hours_warning: u32,
    /// Seconds a claimed effect is ours.
    pub lease_seconds: i64,
}

/// `[finish]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishSettings {
    /// How Finish is held.
    pub mode: Mode,
    /// Milliseconds a finish check may wait for the case system.
    pub budget_ms: u64,
}

/// `[web]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSettings {
    /// Address and port.
    pub bind: String,
    /// Seconds to read a request's head.
    pub header_seconds: u64,
    /// Seconds between two pieces of a body.
    pub body_seconds: u64,
    /// Seconds for a whole request.
    pub request_seconds: u64,
    /// Largest body, bytes.
    pub body_bytes: usize,
    /// Most connections at once.
    pub connections: usize,
    /// Where the secret that signs finish checks is.
    #[serde(deserialize_with = "text")]
    pub finish_check_secret_env: Option<String>,
    /// Where it is, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub finish_check_secret_file: Option<PathBuf>,
    /// Where the secret that signs callbacks is.
    #[serde(deserialize_with = "text")]
    pub callback_secret_env: Option<String>,
    /// Where it is, if no variable is named.
    #[serde(deserialize_with = "path")]
    pub callback_secret_file: Option<PathBuf>,
    /// Who may call with a bearer token.
    pub callers: Vec<CallerSettings>,
}

/// One `[[web.callers]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerSettings {
    /// Where the token is.
    #[serde(default)]
    pub token_env: Option<String>,
    /// Where it is, if no variable is named.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The worker in whose name it acts.
    pub worker: WorkerId,
    /// `decide`, `read`, `finish_check`.
    pub may: Vec<String>,
}

/// `[files]`; none means the built-in file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// Rules, deadlines, ladder, sampling.
    #[serde(deserialize_with = "path")]
    pub policy: Option<PathBuf>,
    /// Dated role holders.
    #[serde(deserialize_with = "path")]
    pub people: Option<PathBuf>,
    /// The public feed of bank holidays.
    #[serde(deserialize_with = "path")]
    pub bank_holidays: Option<PathBuf>,
    /// The division of that feed.
    pub division: String,
    /// Closure days.
    #[serde(deserialize_with = "path")]
    pub closures: Option<PathBuf>,
}

/// `[clock]`: for trials.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSettings {
    /// The real instant at which the clock showed `shown`; none for the machine's own clock.
    #[serde(deserialize_with = "instant")]
    pub real: Option<Timestamp>,
    /// What it showed.
    #[serde(deserialize_with = "instant")]
    pub shown: Option<Timestamp>,
    /// Shown seconds in a real second.
    pub factor: u32,
}

impl ClockSettings {
    /// The anchor of a scaled clock, if one is set.
    pub fn anchor(&self) -> Option<Anchor> {
        Some(Anchor {
            real: self.real?,
            shown: self.shown?,
            factor: self.factor.max(1),
        })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// How lines look.
    pub format: LogFormat,
    /// The least serious level written.
    pub level: String,
}

impl LogSettings {
    /// The level; `info` if the word is none, which `load` has refused already.
    pub fn level(&self) -> tracing::Level {
        self.level.parse().unwrap_or(tracing::Level::INFO)
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}

fn path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(text(from)?.map(PathBuf::from))
}

pub(super) fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    text(from)?
        .map(|text| {
            text.parse().map_err(|_| {
                serde::de::Error::custom(format!(
                    "`{text}` is no instant such as 2026-11-23T09:00:00Z"
                ))
            })
        })
        .transpose()
}
