//! Does a certificate follow from the frame and the policy it names? Everything is recomputed; nothing is believed.
//!
//! Two things have to be taken from the certificate itself because nothing else holds them: what moderators found and
//! the reasons given by people. The arithmetic that follows from them is recomputed too.
//! Absent: whether this was the first draw on the frame, which only the journal can tell.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{certificate::Certificate, published::Published};

/// One thing in which something published and its recomputation part ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which of the files: `frame`, `policy`, `certificate`, `seed` …, or a list by its name.
    pub file: String,
    /// Where in it: a path such as `/strata/2/n`, a line; empty when it is the file as a whole.
    pub at: String,
    /// What stands there; empty when nothing does.
    pub found: String,
    /// Who says otherwise, as the beginning of a phrase: `recomputed`, `the certificate says`.
    pub by: &'static str,
    /// What should stand there; empty when nothing should.
    pub expected: String,
}

impl Difference {
    /// A place in a file that a recomputation does not bear out.
    pub(super) fn recomputed(file: &str, at: &str, found: &str, expected: &str) -> Self {
        Self::told(file, at, found, "recomputed", expected)
    }

    /// A place in a file that something else contradicts.
    pub(super) fn told(
        file: &str,
        at: &str,
        found: &str,
        by: &'static str,
        expected: &str,
    ) -> Self {
        Self {
            file: file.to_owned(),
            at: at.to_owned(),
            found: found.to_owned(),
            by,
            expected: expected.to_owned(),
        }
    }

    /// A file that cannot be what it should be, and why.
    pub(super) fn fault(file: &str, why: impl fmt::Display) -> Self {
        Self::recomputed(file, "", "", &why.to_string())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| {
            if text.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{}`", plain(text))
            }
        };
        f.write_str(&self.file)?;
        if !self.at.is_empty() {
            write!(f, " {}", self.at)?;
        }
        if self.at.is_empty() && self.found.is_empty() {
            return write!(f, ": {}", plain(&self.expected));
        }
        let (found, expected) = (shown(&self.found), shown(&self.expected));
        write!(f, ": has {found}, {} {expected}", self.by)
    }
}

/// What a touched file holds is shown without anything that a terminal would obey.
fn plain(text: &str) -> String {
    let escaped = |sign: char| -> String {
        if sign.is_control() {
            sign.escape_debug().collect()
        } else {
            sign.into()
        }
    };
    text.chars().map(escaped).collect()
}

/// Recomputes a draw offline from its three files. No difference means it verifies. With everything else that was
/// published, see [`Published`].
pub fn verify(frame_csv: &[u8], policy_file: &[u8], certificate: &[u8]) -> Vec<Difference> {
    Published::of(frame_csv, policy_file, certificate).differences()
}

/// Every value in which two certificates differ, the tool that made them aside.
pub(super) fn differences(certificate: &Certificate, recomputed: &Certificate) -> Vec<Difference> {
    // A later version may verify an earlier one's certificate; the algorithm's version is what must agree.
    let mut recomputed = recomputed.clone();
    recomputed.tool = certificate.tool.clone();
    compared(
        "certificate",
        &certificate.to_value(),
        &recomputed.to_value(),
    )
}

/// Every place in which two JSON values differ.
pub(super) fn compared(file: &str, found: &Value, expected: &Value) -> Vec<Difference> {
    let mut all = Vec::new();
    compare(file, "", Some(found), Some(expected), &mut all);
    all
}

fn compare(
    file: &str,
    at: &str,
    left: Option<&Value>,
    right: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (left, right) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for key in left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)))
            {
                let at = format!("{at}/{key}");
                compare(file, &at, left.get(key), right.get(key), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for place in 0..left.len().max(right.len()) {
                let at = format!("{at}/{place}");
                compare(file, &at, left.get(place), right.get(place), found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(Difference::recomputed(
            file,
            at,
            &shown(left),
            &shown(right),
        )),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
