//! How often may a case system be asked, and when not at all? The table `[schedule]`, and what `Retry-After` asks.
//!
//! Quiet windows are local times that may cross midnight and both clock changes (M27, P18). Pure: whoever asks
//! brings `now`, and waiting is somebody else's work.

use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousTimestamp, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::compile::Desk;

/// The longest that one answer can make us wait, whatever it asks for (P08).
pub const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// What a case system that is too busy gets when it does not say how long.
const UNSAID_WAIT: Duration = Duration::from_mins(1);
/// A wait of nothing would be a storm.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// `[schedule]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ScheduleRow {
    requests: i64,
    per_seconds: i64,
    concurrency: i64,
    quiet: Vec<String>,
    zone: String,
}

/// How often a case system may be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Requests in one span; none sets no limit.
    pub requests: Option<usize>,
    /// That span.
    pub per: Duration,
    /// Requests under way at once; none sets no limit.
    pub concurrency: Option<usize>,
    quiet: Vec<Window>,
    zone: TimeZone,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            requests: None,
            per: Duration::from_secs(1),
            concurrency: None,
            quiet: Vec::new(),
            zone: TimeZone::UTC,
        }
    }
}

/// From a local time until another, which is on the next day if it is not later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: Time,
    until: Time,
}

/// A quiet window that now lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// When it began, UTC.
    pub since: Timestamp,
    /// When it ends, UTC.
    pub until: Timestamp,
}

impl Schedule {
    /// The quiet window around `now`; windows that touch are one.
    pub fn quiet(&self, now: Timestamp) -> Option<Quiet> {
        let mut quiet = self.windows(now).find(|one| one.holds(now))?;
        for _ in 0..=self.quiet.len() {
            let after = self.windows(quiet.until).find(|one| one.holds(quiet.until));
            let before = quiet.since.saturating_sub(SignedDuration::from_nanos(1));
            let before = before
                .ok()
                .and_then(|at| self.windows(at).find(|one| one.holds(at)));
            let joined = Quiet {
                since: before.map_or(quiet.since, |one| one.since.min(quiet.since)),
                until: after.map_or(quiet.until, |one| one.until.max(quiet.until)),
            };
            if joined == quiet {
                break;
            }
            quiet = joined;
        }
        Some(quiet)
    }

    /// Every window that could hold `now`: those of its local day and of the day before.
    fn windows(&self, now: Timestamp) -> impl Iterator<Item = Quiet> + '_ {
        let today = self.zone.to_datetime(now).date();
        let days = [today.yesterday().ok(), Some(today)];
        let each = move |window: Window| {
            days.into_iter()
                .flatten()
                .filter_map(move |day| self.on(window, day))
        };
        self.quiet.iter().copied().flat_map(each)
    }

    /// A time that a clock change leaves out or doubles is taken so that the window is the longer one.
    fn on(&self, window: Window, day: Date) -> Option<Quiet> {
        let at = |day: Date, time| -> AmbiguousTimestamp {
            self.zone.to_ambiguous_timestamp(day.to_datetime(time))
        };
        let last = if window.until > window.from {
            day
        } else {
            day.tomorrow().ok()?
        };
        Some(Quiet {
            since: at(day, window.from).earlier().ok()?,
            until: at(last, window.until).later().ok()?,
        })
    }
}

impl Quiet {
    fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.until
    }
}

/// How long `Retry-After` asks us to stay away: seconds or an HTTP date (RFC 9110, 10.2.3), a minute if it says
/// nothing that can be read, and never longer than [`LONGEST_WAIT`].
pub fn retry_after(said: Option<&str>, now: Timestamp) -> Duration {
    let said = said.map(str::trim).unwrap_or_default();
    let seconds = said.parse::<u64>().ok().map(Duration::from_secs);
    let huge = !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit());
    let until = || {
        let at = jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(said)
            .ok()?;
        Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    };
    let asked = seconds
        .or_else(until)
        .unwrap_or(if huge { LONGEST_WAIT } else { UNSAID_WAIT });
    asked.clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

impl Desk<'_> {
    pub(super) fn schedule(&mut self, row: &ScheduleRow) -> Schedule {
        let zone = match row.zone.as_str() {
            "" => "Europe/London",
            named => named,
        };
        let zone = TimeZone::get(zone).unwrap_or_else(|_| {
            let help = Some("name one as in `Europe/London`".to_owned());
            self.fault("schedule.zone", &format!("`{zone}` is no time zone"), help);
            TimeZone::UTC
        });
        for (key, value) in [
            ("schedule.requests", row.requests),
            ("schedule.per_seconds", row.per_seconds),
            ("schedule.concurrency", row.concurrency),
        ] {
            if value < 0 {
                self.fault(key, &format!("`{key}` must not be negative"), None);
            }
        }
        if row.requests > 0 && row.per_seconds == 0 {
            let message = "`requests` needs `per_seconds`, the span that it counts in";
            self.fault("schedule.requests", message, None);
        }
        let mut quiet = Vec::new();
        for (index, written) in row.quiet.iter().enumerate() {
            if let Some(window) = window(written) {
                quiet.push(window);
                continue;
            }
            let message = format!("`{written}` is no window of local time");
            let help = Some("write one as in `22:00-02:00`".to_owned());
            self.fault(&format!("schedule.quiet[{index}]"), &message, help);
        }
        let some = |value: i64| usize::try_from(value).ok().filter(|value| *value > 0);
        Schedule {
            requests: some(row.requests),
            per: Duration::from_secs(u64::try_from(row.per_seconds).unwrap_or(1).max(1)),
            concurrency: some(row.concurrency),
            quiet,
            zone,
        }
    }
}

fn window(written: &str) -> Option<Window> {
    let (from, until) = written.split_once('-')?;
    let time = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let hour = hour
            .parse::<i8>()
            .ok()
            .map(|hour| if hour == 24 { 0 } else { hour })?;
        Time::new(hour, minute.parse().ok()?, 0, 0).ok()
    };
    let window = Window {
        from: time(from)?,
        until: time(until)?,
    };
    (window.from != window.until).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(quiet: &[&str]) -> Schedule {
        Schedule {
            quiet: quiet
                .iter()
                .map(|written| window(written).unwrap())
                .collect(),
            zone: TimeZone::get("Europe/London").unwrap(),
            ..Schedule::default()
        }
    }

    fn until(schedule: &Schedule, at: &str) -> String {
        let quiet = schedule.quiet(at.parse().unwrap());
        quiet.map_or_else(|| "open".to_owned(), |quiet| quiet.until.to_string())
    }

    #[test]
    fn p18_a_window_crosses_midnight_and_both_clock_changes() {
        let night = schedule(&["22:00-02:00"]);
        for (at, wanted) in [
            ("2026-11-23T21:59:59Z", "open"),
            ("2026-11-23T22:00:00Z", "2026-11-24T02:00:00Z"),
            ("2026-11-24T01:59:59Z", "2026-11-24T02:00:00Z"),
            ("2026-11-24T02:00:00Z", "open"),
            // Summer time: an hour earlier by UTC.
            ("2026-07-01T21:00:00Z", "2026-07-02T01:00:00Z"),
            ("2026-07-01T20:59:59Z", "open"),
            // 25 October: 01:00 to 02:00 comes twice, so the window lasts five hours.
            ("2026-10-24T21:00:00Z", "2026-10-25T02:00:00Z"),
            ("2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"),
            ("2026-10-25T02:00:00Z", "open"),
            // 29 March: 02:00 is 01:00 UTC, after an hour that is left out.
            ("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"),
            ("2026-03-29T01:00:00Z", "open"),
        ] {
            assert_eq!(until(&night, at), wanted, "{at}");
        }
        // A window whose beginning or end is left out or doubled is the longer one.
        let small = schedule(&["01:15-01:45"]);
        assert_eq!(
            until(&small, "2026-03-29T00:20:00Z"),
            "2026-03-29T01:45:00Z"
        );
        assert_eq!(
            until(&small, "2026-10-25T00:20:00Z"),
            "2026-10-25T01:45:00Z"
        );
        assert_eq!(
            until(&small, "2026-10-25T01:44:00Z"),
            "2026-10-25T01:45:00Z"
        );
    }

    #[test]
    fn p18_windows_that_touch_are_one() {
        let two = schedule(&["22:00-24:00", "00:00-02:00", "12:00-12:30"]);
        let quiet = two.quiet("2026-11-24T01:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(quiet.since.to_string(), "2026-11-23T22:00:00Z");
        assert_eq!(until(&two, "2026-11-23T23:00:00Z"), "2026-11-24T02:00:00Z");
        assert_eq!(until(&two, "2026-11-24T12:29:59Z"), "2026-11-24T12:30:00Z");
        assert!(window("22:00-22:00").is_none() && window("late").is_none());
    }

    #[test]
    fn p08_retry_after_is_honoured_and_capped() {
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        for (said, seconds) in [
            (Some("7"), 7),
            (Some(" 30 "), 30),
            (Some("Tue, 24 Nov 2026 09:02:00 GMT"), 120),
            (Some("Tue, 24 Nov 2026 08:00:00 GMT"), 1),
            (Some("0"), 1),
            (Some("-5"), 60),
            (Some("soon"), 60),
            (None, 60),
            (Some("315360000"), 900),
            (Some("99999999999999999999999"), 900),
            (Some("Fri, 01 Jan 2038 00:00:00 GMT"), 900),
        ] {
            assert_eq!(
                retry_after(said, now),
                Duration::from_secs(seconds),
                "{said:?}"
            );
        }
    }
}
