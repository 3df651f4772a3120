//! How large may an answer be, and in what does it come?

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::building::Bounds;
use super::compile::Desk;

/// The largest answer that is read unless `[limits]` says otherwise, bytes.
pub const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// The table `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The largest answer that is read, bytes.
    pub body_bytes: i64,
    /// How deep elements, or objects and lists, may stand in one another.
    pub depth: i64,
    /// Records in one answer.
    pub records: i64,
    /// Elements and attributes of one record that are kept because a path names them.
    pub values: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 * 1024 * 1024,
            depth: 64,
            records: 10_000,
            values: 20_000,
        }
    }
}

/// The largest body that may be allowed, bytes: it is held in memory.
const BODY: RangeInclusive<i64> = 1_024..=1_073_741_824;
/// The deepest nesting that may be allowed: it is read on the stack.
const DEPTH: RangeInclusive<i64> = 4..=256;

impl Limits {
    /// The largest answer that is read, bytes.
    pub fn body_bytes(self) -> usize {
        usize::try_from(self.body_bytes).unwrap_or(0)
    }

    pub(super) fn records(self) -> usize {
        usize::try_from(self.records).unwrap_or(0)
    }

    pub(super) fn bounds(self) -> Bounds {
        Bounds {
            values: usize::try_from(self.values).unwrap_or(0),
            depth: usize::try_from(self.depth).unwrap_or(0),
        }
    }
}

/// In what an answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// XML 1.0.
    #[default]
    Xml,
    /// JSON.
    Json,
}

impl Format {
    /// By the word of a mapping file.
    pub(super) fn of(word: &str) -> Self {
        if word == "json" {
            Self::Json
        } else {
            Self::Xml
        }
    }
}

impl Desk<'_> {
    pub(super) fn limits(&mut self, limits: Limits) {
        for (key, value, range) in [
            ("body_bytes", limits.body_bytes, BODY),
            ("depth", limits.depth, DEPTH),
            ("records", limits.records, 1..=1_000_000),
            ("values", limits.values, 1..=1_000_000),
        ] {
            if !range.contains(&value) {
                let message = format!(
                    "`{key}` must be between {} and {}",
                    range.start(),
                    range.end()
                );
                self.fault(&format!("limits.{key}"), &message, None);
            }
        }
    }
}
