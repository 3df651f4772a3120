//! How is one list or one step asked for, beyond its path? Method, body and headers (M1), paging (M7, M9), and
//! what the next pass goes on from (M8).

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;

use super::call::Call;
use super::compile::Desk;
use super::document::Element;
use super::page_fault::PageFault;
use super::path::Path;

/// The longest that a single call may take, seconds (M2).
pub(super) const LONGEST_CALL_SECONDS: i64 = 600;

/// What `[feed]`, `[sweep]`, `[step]`, `[merges]` and `[lookups.NAME]` say besides path, root and record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AskRow {
    #[serde(flatten)]
    pub(super) call: Call,
    timeout_seconds: i64,
    first_page: Option<i64>,
    next_header: Option<String>,
    more: Option<String>,
    end: String,
    max_pages: i64,
    cursor: String,
    high_water: Option<String>,
    overlap: i64,
    since_zone: Option<String>,
    since_excluded: bool,
    environment: Option<String>,
}

/// What the next pass goes on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cursor {
    /// The case system's time when this pass began, less an overlap.
    #[default]
    Time,
    /// The number of the last change.
    Sequence,
    /// A token of the case system's own.
    Token,
    /// Nothing: every pass reads everything.
    None,
}

/// When a list by number or page number ends, if neither a total nor a flag says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// At a page without records; the only safe sign, since a server may give fewer than were asked for (P07).
    #[default]
    Empty,
    /// At a page with fewer records than another page of the same pass had.
    Short,
}

/// How a list is asked for, compiled.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Method, body, headers and action.
    pub call: Call,
    /// How long the whole call may take; none leaves it to the settings.
    pub timeout: Option<Duration>,
    /// The number of the first page.
    pub first_page: u64,
    /// The header with the next token or link.
    pub next_header: Option<String>,
    /// When a list by number ends.
    pub end: End,
    /// The most pages that one pass may have; none leaves it to us.
    pub max_pages: Option<u64>,
    /// What the next pass goes on from.
    pub cursor: Cursor,
    /// How many numbers a pass by sequence reaches back.
    pub overlap: u64,
    /// Whether the case system's filter leaves out the very instant asked for.
    since_excluded: bool,
    since_zone: Option<TimeZone>,
    more: Option<Path>,
    high_water: Option<Path>,
    environment: Option<Path>,
}

/// What an answer says of itself and of what comes after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Whether there is more.
    pub more: Option<bool>,
    /// Where the next pass may go on.
    pub high_water: Option<String>,
    /// Of which environment it is; none if the mapping does not look.
    pub environment: Option<String>,
}

impl Asking {
    /// The keys that say what is looked at around the records.
    pub(super) fn around(&self) -> [(&'static str, &Option<Path>); 3] {
        [
            ("more", &self.more),
            ("high_water", &self.high_water),
            ("environment", &self.environment),
        ]
    }

    /// Their paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.around()
            .into_iter()
            .filter_map(|(_, path)| path.as_ref())
    }

    /// Whether an answer must say of which environment it is.
    pub(super) fn tells_where(&self) -> bool {
        self.environment.is_some()
    }

    /// What the envelope of an answer says.
    pub(super) fn ahead(&self, envelope: &Element<'_>) -> Result<Ahead, PageFault> {
        let one = |path: &Option<Path>| {
            let text = path.as_ref()?.first(envelope)?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let more = match (one(&self.more), &self.more) {
            (Some(text), Some(path)) => Some(flag(&text).ok_or_else(|| {
                PageFault::unproven(format!(
                    "its `{}` is neither a yes nor a no",
                    path.written()
                ))
            })?),
            _ => None,
        };
        Ok(Ahead {
            more,
            high_water: one(&self.high_water),
            environment: self
                .environment
                .as_ref()
                .map(|_| one(&self.environment).unwrap_or_default()),
        })
    }

    /// An instant as the filter of the case system wants it. It is never later than `since`: what the form leaves
    /// out is cut off, a filter that leaves the instant out gets the unit before, and an hour that comes twice is
    /// asked for from its beginning (P12, P16).
    pub(super) fn since(&self, since: Timestamp, form: &str) -> String {
        let Some(zone) = self
            .since_zone
            .as_ref()
            .filter(|zone| **zone != TimeZone::UTC)
        else {
            return self.before(since, form).strftime(form).to_string();
        };
        let mut at = self.before(since, form);
        let local = zone.to_datetime(at);
        if let Ok(first) = zone.to_ambiguous_timestamp(local).earlier()
            && zone.to_ambiguous_timestamp(local).is_ambiguous()
        {
            // One second before the hour that comes twice the reading is single.
            let hour = zone.to_datetime(first).time();
            let into = i64::from(hour.minute()) * 60 + i64::from(hour.second()) + 1;
            at = first.saturating_sub(into.seconds()).unwrap_or(first);
        }
        at.to_zoned_datetime(zone.clone())
            .strftime(form)
            .to_string()
    }

    fn before(&self, since: Timestamp, form: &str) -> Timestamp {
        if !self.since_excluded {
            return since;
        }
        let has = |letters: &[&str]| letters.iter().any(|letter| form.contains(letter));
        let unit = if has(&["%S", "%T", "%s", "%f", "%X"]) {
            SignedDuration::from_secs(1)
        } else if has(&["%M", "%R"]) {
            SignedDuration::from_mins(1)
        } else if has(&["%H", "%I"]) {
            SignedDuration::from_hours(1)
        } else {
            SignedDuration::from_hours(25)
        };
        since.saturating_sub(unit).unwrap_or(since)
    }
}

/// A flag as it is written by one system or another, blanks and case apart.
fn flag(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "true" | "1" => Some(true),
        "n" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

impl Desk<'_> {
    pub(super) fn asking(&mut self, name: &str, row: &AskRow) -> Asking {
        let at = |key: &str| format!("{name}.{key}");
        self.asking_bounds(name, row);
        let cursor = match row.cursor.as_str() {
            "sequence" => Cursor::Sequence,
            "token" => Cursor::Token,
            "none" => Cursor::None,
            _ => Cursor::Time,
        };
        if matches!(cursor, Cursor::Sequence | Cursor::Token) && row.high_water.is_none() {
            let message = format!(
                "the cursor `{}` needs `high_water`, where an answer has it",
                row.cursor
            );
            self.fault(&at("cursor"), &message, None);
        }
        let since_zone = row.since_zone.as_ref().and_then(|named| {
            let zone = TimeZone::get(named).ok();
            if zone.is_none() {
                let help = Some("name one as in `Europe/London`".to_owned());
                self.fault(
                    &at("since_zone"),
                    &format!("`{named}` is no time zone"),
                    help,
                );
            }
            zone
        });
        let first_page = u64::try_from(row.first_page.unwrap_or(1)).unwrap_or_else(|_| {
            self.fault(&at("first_page"), "`first_page` must not be negative", None);
            1
        });
        let mut place =
            |key: &str, written: &Option<String>| Some(self.loose(&at(key), written.as_deref()?));
        let some = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
        Asking {
            more: place("more", &row.more),
            high_water: place("high_water", &row.high_water),
            environment: place("environment", &row.environment),
            call: row.call.clone(),
            timeout: some(row.timeout_seconds).map(Duration::from_secs),
            first_page,
            next_header: row.next_header.clone(),
            end: if row.end == "short" {
                End::Short
            } else {
                End::Empty
            },
            max_pages: some(row.max_pages),
            cursor,
            overlap: some(row.overlap).unwrap_or(0),
            since_excluded: row.since_excluded,
            since_zone,
        }
    }

    fn asking_bounds(&mut self, name: &str, row: &AskRow) {
        let at = |key: &str| format!("{name}.{key}");
        for (key, value) in [
            ("timeout_seconds", row.timeout_seconds),
            ("max_pages", row.max_pages),
            ("overlap", row.overlap),
        ] {
            if value < 0 {
                self.fault(&at(key), &format!("`{key}` must not be negative"), None);
            }
        }
        if row.timeout_seconds > LONGEST_CALL_SECONDS {
            let message = format!("`timeout_seconds` must be at most {LONGEST_CALL_SECONDS}");
            self.fault(&at("timeout_seconds"), &message, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(zone: &str, excluded: bool) -> Asking {
        Asking {
            since_zone: TimeZone::get(zone).ok(),
            since_excluded: excluded,
            ..Asking::default()
        }
    }

    #[test]
    fn since_is_written_in_the_zone_and_grain_of_the_filter_and_never_later() {
        let (seconds, days) = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d");
        for (zone, excluded, form, at, wanted) in [
            (
                "UTC",
                false,
                seconds,
                "2026-07-01T09:00:00.9Z",
                "2026-07-01T09:00:00",
            ),
            (
                "Europe/London",
                false,
                seconds,
                "2026-07-01T09:00:00Z",
                "2026-07-01T10:00:00",
            ),
            (
                "Europe/London",
                false,
                days,
                "2026-07-01T23:30:00Z",
                "2026-07-02",
            ),
            (
                "UTC",
                true,
                seconds,
                "2026-07-01T09:00:00.9Z",
                "2026-07-01T08:59:59",
            ),
            ("UTC", true, days, "2026-07-02T09:00:00Z", "2026-07-01"),
            // 25 October, 01:30 comes twice; whichever it was, nothing after it is left out.
            (
                "Europe/London",
                false,
                seconds,
                "2026-10-25T00:30:00Z",
                "2026-10-25T00:59:59",
            ),
            (
                "Europe/London",
                false,
                seconds,
                "2026-10-25T01:30:00Z",
                "2026-10-25T00:59:59",
            ),
            (
                "Europe/London",
                false,
                seconds,
                "2026-10-25T02:30:00Z",
                "2026-10-25T02:30:00",
            ),
        ] {
            let written = asking(zone, excluded).since(at.parse().unwrap(), form);
            assert_eq!(written, wanted, "{zone} {form} {at}");
        }
    }
}
