//! By which day is the practice review to be finished, extensions and pauses counted?
//!
//! The QA manager's date (¶3), replaced by the last agreed extension, moved on by the working days
//! of every pause recorded since that date was set. A due date is a local day and ends with it.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::practice::episode::Episode;
use crate::practice::terms::Terms;

/// The completion date in force; none for an episode that nobody allocated.
pub fn effective(episode: &Episode, terms: &Terms) -> Option<Date> {
    let set = episode.allocation.as_ref()?.due_on;
    let extension = episode.extensions.last();
    let base = extension.map_or(set, |extension| extension.due);
    let paused: i32 = episode
        .pauses
        .iter()
        .filter(|pause| extension.is_none_or(|extension| extension.at <= pause.at))
        .map(|pause| working_days_in(terms, pause.from, pause.until))
        .sum();
    Some(if paused == 0 {
        base
    } else {
        add(terms, base, paused)
    })
}

/// Whether the clock stands still on a day.
pub fn is_paused(episode: &Episode, day: Date) -> bool {
    episode
        .pauses
        .iter()
        .any(|pause| pause.from <= day && day <= pause.until)
}

/// The local day of an instant (Europe/London).
pub fn local_date(terms: &Terms, at: Timestamp) -> Date {
    let _ = terms;
    at.to_zoned_datetime(TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC))
        .date()
}

/// The day `n` working days after a day (before it, if negative).
pub fn add(terms: &Terms, day: Date, n: i32) -> Date {
    let _ = terms;
    let step = n.signum();
    let mut left = n.abs();
    let mut at = day;
    while left > 0 {
        let next = if step > 0 {
            at.tomorrow()
        } else {
            at.yesterday()
        };
        let Ok(next) = next else { return at };
        at = next;
        if !matches!(
            at.weekday(),
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
        ) {
            left -= 1;
        }
    }
    at
}

/// Working days after `from`, up to and including `to`; negative if `to` is earlier.
pub fn between(terms: &Terms, from: Date, to: Date) -> i32 {
    if to < from {
        return -between(terms, to, from);
    }
    let mut at = from;
    let mut n = 0;
    while at < to {
        let Ok(next) = at.tomorrow() else { return n };
        at = next;
        if !matches!(
            at.weekday(),
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
        ) {
            n += 1;
        }
    }
    n
}

fn working_days_in(terms: &Terms, from: Date, until: Date) -> i32 {
    match from.yesterday() {
        Ok(before) if from <= until => between(terms, before, until),
        _ => 0,
    }
}
