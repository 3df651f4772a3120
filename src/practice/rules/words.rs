//! How is evidence worded? Whole sentences, days as people write them, no blame and no codes.

use jiff::civil::Date;

use crate::practice::verdict::{Evidence, Finding};

/// Something is missing, and this was seen instead.
pub(super) fn unmet(missing: impl Into<String>, seen: impl Into<String>) -> Finding {
    Finding::Unmet(Evidence {
        missing: missing.into(),
        seen: seen.into(),
        remedy: None,
    })
}

/// The same, put right in another way than the rule's own.
pub(super) fn unmet_but(
    missing: impl Into<String>,
    seen: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding::Unmet(Evidence {
        missing: missing.into(),
        seen: seen.into(),
        remedy: Some(remedy.into()),
    })
}

/// Met, or else unmet with these sentences.
pub(super) fn met_or(holds: bool, missing: impl Into<String>, seen: impl Into<String>) -> Finding {
    if holds {
        Finding::Met
    } else {
        unmet(missing, seen)
    }
}

/// A day as it stands in a sentence: `23 November 2026`.
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `1 working day`, `3 working days`.
pub(super) fn counted(n: i32, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
