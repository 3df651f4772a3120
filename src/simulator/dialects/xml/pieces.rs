//! Of what is an XML document made? Elements, escaped texts, and stamps in one zone or none.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::simulator::shown::Stamp;

/// A stamp in the words of this dialect, if it has any of its own.
pub(crate) fn stamp(stamp: &Stamp, at: impl Fn(Timestamp) -> String) -> String {
    match stamp {
        Stamp::At(instant) => at(*instant),
        Stamp::Day(day) => day.to_string(),
        Stamp::Text(text) => text.clone(),
    }
}

/// An instant as the wire shows it: UTC, whole seconds.
pub(crate) fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A local stamp without its zone, as forms have it.
pub(crate) fn local(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let local = at.to_zoned_datetime(zone);
    local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// An element with a text.
pub(crate) fn element(name: &str, text: &str) -> String {
    element_of(name, &escaped(text))
}

/// An element with this inside.
pub(crate) fn element_of(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

/// Writes to the end of a text.
pub(crate) fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(what);
}

/// Text as XML has it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to write U+0001; it is let through, because there are systems that do.
            '\n' | '\t' | '\u{1}' => out.push(letter),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
