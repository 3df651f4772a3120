//! Which days are working days? England's bank holidays, a council's closure days, Europe/London.
//!
//! Holidays are data with an end: one-off days come by proclamation, so a calendar knows the last day
//! it can speak of. Absent on purpose: today's date.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::ids::Digest;

/// Working days of one division, with a council's closure days.
#[derive(Clone, Debug)]
pub struct Calendar {
    off: BTreeSet<Date>,
    last_known: Date,
    version: Digest,
    zone: TimeZone,
}

/// Days on which the council is closed although they are no bank holidays; both included, local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// What is wrong with a calendar's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFault(String);

impl std::fmt::Display for CalendarFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CalendarFault {}

#[derive(Deserialize)]
struct Division {
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    title: String,
    date: String,
}

/// Fewer days than this ahead of the last known event is worth a warning.
const EXPIRY_WARNING_DAYS: i64 = 60;

impl Calendar {
    /// Reads the public feed's own shape, one division of it, and adds the closures.
    pub fn new(feed: &str, division: &str, closures: &[Closure]) -> Result<Self, CalendarFault> {
        let fault = |text: String| CalendarFault(format!("bank holidays: {text}"));
        let mut divisions: BTreeMap<String, Division> = serde_json::from_str(feed)
            .map_err(|why| fault(format!("not the feed's shape: {why}")))?;
        let known: Vec<String> = divisions.keys().cloned().collect();
        let found = divisions.remove(division).ok_or_else(|| {
            fault(format!(
                "no division `{division}`; the file has {}",
                known.join(", ")
            ))
        })?;
        let mut off = BTreeSet::new();
        for event in found.events {
            let day = event.date.parse::<Date>().map_err(|_| {
                fault(format!(
                    "`{}` has the date `{}`; write 2026-12-25",
                    event.title, event.date
                ))
            })?;
            off.insert(day);
        }
        let last_known = *off
            .last()
            .ok_or_else(|| fault("no events at all".to_owned()))?;
        for closure in closures {
            if closure.until < closure.from {
                let text = format!("closure from {} ends before it begins", closure.from);
                return Err(CalendarFault(text));
            }
            off.extend(
                closure
                    .from
                    .series(1.day())
                    .take_while(|day| *day <= closure.until),
            );
        }
        Self::with(off, last_known)
    }

    /// The same calendar made again from its days off; it ends with the last of them.
    ///
    /// # Errors
    /// When there are no days at all.
    pub fn of_days(off: BTreeSet<Date>) -> Result<Self, CalendarFault> {
        let none = || CalendarFault("bank holidays: no events at all".to_owned());
        let last_known = *off.last().ok_or_else(none)?;
        Self::with(off, last_known)
    }

    fn with(off: BTreeSet<Date>, last_known: Date) -> Result<Self, CalendarFault> {
        // The time zone database is compiled in, so the name is always there.
        let zone = TimeZone::get("Europe/London").map_err(|why| CalendarFault(why.to_string()))?;
        Ok(Self {
            version: Digest::of_json(&off),
            off,
            last_known,
            zone,
        })
    }

    /// The days off, whose hash is [`Calendar::version`].
    pub fn days_off(&self) -> &BTreeSet<Date> {
        &self.off
    }

    /// SHA-256 of the days off; stands beside what was computed with them.
    pub fn version(&self) -> &Digest {
        &self.version
    }

    /// A warning if the last known bank holiday is near, in words.
    pub fn expiry_warning(&self, today: Date) -> Option<String> {
        let ahead = i64::from((self.last_known - today).get_days());
        (ahead < EXPIRY_WARNING_DAYS).then(|| {
            format!(
                "the last known bank holiday is {}; replace the bank holiday file by a newer one",
                self.last_known
            )
        })
    }

    /// Monday to Friday, no bank holiday, no closure day.
    pub fn is_working_day(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.off.contains(&day)
    }

    /// The day `count` working days after `day` (before it, if negative). From a day that is no working
    /// day, counting starts at the next one in that direction. The far ends of time stay where they are.
    pub fn add(&self, day: Date, count: i32) -> Date {
        let mut at = day;
        let mut left = count.unsigned_abs();
        while left > 0 {
            let next = if count > 0 {
                at.tomorrow()
            } else {
                at.yesterday()
            };
            let Ok(next) = next else { return at };
            at = next;
            if self.is_working_day(at) {
                left -= 1;
            }
        }
        at
    }

    /// Working days in `(a, b]`; negative if `b` is before `a`.
    pub fn between(&self, a: Date, b: Date) -> i32 {
        if b < a {
            return -self.between(b, a);
        }
        let days = a.series(1.day()).skip(1).take_while(|day| *day <= b);
        i32::try_from(days.filter(|day| self.is_working_day(*day)).count()).unwrap_or(i32::MAX)
    }

    /// The last working day on or before `day`.
    pub fn on_or_before(&self, day: Date) -> Date {
        if self.is_working_day(day) {
            day
        } else {
            self.add(day, -1)
        }
    }

    /// The local day of an instant.
    pub fn local_date(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.zone.clone()).date()
    }

    /// An instant as people here read it, such as `Monday 23 November 2026, 13:40`.
    pub fn local_words(&self, at: Timestamp) -> String {
        let zoned = at.to_zoned_datetime(self.zone.clone());
        zoned.strftime("%A %-d %B %Y, %H:%M").to_string()
    }

    /// A moment as a person writes it: RFC 3339, or a local day with a time, or a local day alone, which means
    /// its last second.
    ///
    /// # Errors
    /// What it has to look like.
    pub fn moment(&self, text: &str) -> Result<Timestamp, String> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(at);
        }
        if let Ok(day) = text.parse::<Date>()
            && text.len() == "2026-11-23".len()
        {
            return Ok(self.end_of_day(day));
        }
        let local = text.parse::<jiff::civil::DateTime>();
        local
            .map(|local| self.at_local(local.date(), local.time()))
            .map_err(|_| {
                format!(
                    "`{text}` is no moment; write 2026-11-23T14:02:00Z, 2026-11-23 14:02 or 2026-11-23"
                )
            })
    }

    /// A day as people here read it, such as `Monday 23 November 2026`.
    pub fn day_words(&self, day: Date) -> String {
        day.strftime("%A %-d %B %Y").to_string()
    }

    /// The instant of a local time; in the missing hour of spring the later reading, in the doubled
    /// hour of autumn the later one too, since both serve deadlines.
    pub fn at_local(&self, day: Date, time: Time) -> Timestamp {
        // Only the last hours of 9999 have no instant. Case systems write that day for "no end", so it
        // must stay far ahead and never read as long past.
        self.zone
            .to_ambiguous_timestamp(day.to_datetime(time))
            .later()
            .unwrap_or(Timestamp::MAX)
    }

    /// The last second of a local day.
    pub fn end_of_day(&self, day: Date) -> Timestamp {
        self.at_local(day, Time::constant(23, 59, 59, 0))
    }

    /// The first instant of a local day.
    pub fn start_of_day(&self, day: Date) -> Timestamp {
        self.at_local(day, Time::midnight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::new(
            include_str!("../../config/bank-holidays.json"),
            "england-and-wales",
            &[],
        )
        .unwrap()
    }

    #[test]
    fn working_days_are_added_and_taken_away() {
        let cases = [
            ("2026-04-01", 5, "2026-04-10"),
            ("2026-04-02", 1, "2026-04-07"),
            ("2026-12-18", 10, "2027-01-06"),
            ("2026-12-24", 1, "2026-12-29"),
            ("2026-12-25", 1, "2026-12-29"),
            ("2027-12-23", 3, "2027-12-30"),
            ("2026-05-22", 10, "2026-06-08"),
            ("2026-06-15", -10, "2026-06-01"),
            ("2026-03-02", 45, "2026-05-07"),
            ("2026-12-23", -10, "2026-12-09"),
            ("2026-12-23", -5, "2026-12-16"),
            ("2026-12-23", -2, "2026-12-21"),
            ("2026-12-23", 3, "2026-12-30"),
            ("2026-12-23", 5, "2027-01-04"),
            ("2026-12-23", 10, "2027-01-11"),
            ("2026-04-02", -10, "2026-03-19"),
            ("2026-04-02", -5, "2026-03-26"),
            ("2026-04-02", -2, "2026-03-31"),
            ("2026-04-02", 3, "2026-04-09"),
            ("2026-04-02", 5, "2026-04-13"),
            ("2026-04-02", 10, "2026-04-20"),
        ];
        for (from, count, expected) in cases {
            let from: Date = from.parse().unwrap();
            assert_eq!(
                calendar().add(from, count).to_string(),
                expected,
                "{from} {count:+}"
            );
        }
    }

    #[test]
    fn working_days_are_counted() {
        let cases = [
            ("2026-03-02", "2026-04-30", 41),
            ("2026-12-01", "2027-01-08", 25),
            ("2024-12-31", "2025-12-31", 253),
            ("2025-12-31", "2026-12-31", 253),
            ("2026-12-31", "2027-12-31", 253),
            ("2027-12-31", "2028-12-31", 252),
            ("2026-04-10", "2026-03-31", -6),
        ];
        for (a, b, expected) in cases {
            let (from, to): (Date, Date) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(calendar().between(from, to), expected, "({a}, {b}]");
        }
    }

    #[test]
    fn local_days_end_where_london_says() {
        let cases = [
            ("2026-06-30", "2026-06-30T22:59:59Z"),
            ("2026-12-18", "2026-12-18T23:59:59Z"),
            ("2026-03-29", "2026-03-29T22:59:59Z"),
            ("2026-10-25", "2026-10-25T23:59:59Z"),
        ];
        for (day, expected) in cases {
            assert_eq!(
                calendar().end_of_day(day.parse().unwrap()).to_string(),
                expected
            );
        }
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)] {
            let day: Date = day.parse().unwrap();
            let next = day.tomorrow().unwrap();
            let length = calendar()
                .start_of_day(next)
                .duration_since(calendar().start_of_day(day));
            assert_eq!(length.as_hours(), hours, "{day}");
        }
    }

    #[test]
    fn closures_count_as_days_off_and_bad_data_is_named() {
        let feed = include_str!("../../config/bank-holidays.json");
        let shut = Closure {
            from: "2026-12-29".parse().unwrap(),
            until: "2026-12-31".parse().unwrap(),
        };
        let calendar = Calendar::new(feed, "england-and-wales", &[shut]).unwrap();
        assert_eq!(
            calendar.add("2026-12-24".parse().unwrap(), 1).to_string(),
            "2027-01-04"
        );
        let fault = Calendar::new(feed, "wales", &[]).unwrap_err().to_string();
        assert!(
            fault.contains("`wales`") && fault.contains("england-and-wales"),
            "{fault}"
        );
        assert!(
            calendar
                .expiry_warning("2028-12-01".parse().unwrap())
                .is_some()
        );
        assert!(
            calendar
                .expiry_warning("2026-11-24".parse().unwrap())
                .is_none()
        );
    }
}
