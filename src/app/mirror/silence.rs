//! Has the change feed said nothing for longer than it ever should? A filter that matches nothing answers as happily
//! as one in whose field nothing happened (P40).

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::practice::calendar::Calendar;

/// The hours of a working day in which something is expected to change, local.
const WORKING: std::ops::Range<i8> = 9..17;
/// Counting further would tell nobody more.
const MOST_HOURS: u32 = 1_000;

/// Whole working hours between two instants.
pub fn working_hours(calendar: &Calendar, from: Timestamp, until: Timestamp) -> u32 {
    // The time zone database is compiled in, so the name is always there.
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let (mut at, mut hours) = (from, 0);
    while hours < MOST_HOURS {
        let Ok(next) = at.checked_add(1.hour()) else {
            break;
        };
        if next > until {
            break;
        }
        let local = zone.to_datetime(at);
        if calendar.is_working_day(local.date()) && WORKING.contains(&local.time().hour()) {
            hours += 1;
        }
        at = next;
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p40_nights_and_week_ends_do_not_count() {
        let holidays = include_str!("../../../config/bank-holidays.json");
        let calendar = Calendar::new(holidays, "england-and-wales", &[]).unwrap();
        let hours = |from: &str, until: &str| {
            working_hours(&calendar, from.parse().unwrap(), until.parse().unwrap())
        };
        // Friday 20 November 2026, 15:00, until Monday 10:00.
        assert_eq!(hours("2026-11-20T15:00:00Z", "2026-11-23T10:00:00Z"), 3);
        assert_eq!(hours("2026-11-21T00:00:00Z", "2026-11-22T23:00:00Z"), 0);
        assert_eq!(hours("2026-12-25T09:00:00Z", "2026-12-25T17:00:00Z"), 0);
    }
}
