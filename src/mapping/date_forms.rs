//! In which ways may a stamp or a day be written? Each of them, read without a thought of zones (M14).

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// One way to write a stamp or a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// ISO 8601: a day, or a day and a time, with an offset or without.
    Iso,
    /// `/Date(1234567890000+0100)/`: milliseconds since 1970 in UTC; the offset is the writer's own.
    Dotnet,
    /// Seconds since 1970 in UTC.
    EpochSeconds,
    /// Milliseconds since 1970 in UTC.
    EpochMilliseconds,
    /// A `strftime` pattern.
    Pattern(String),
}

/// What was written, before a zone is thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// An instant.
    At(Timestamp),
    /// A day and a time, of no zone.
    Local(DateTime),
    /// A day alone.
    Day(Date),
}

/// A stamp and the day that stands in it: a sentinel may lie outside of every instant that there is.
pub(super) struct Read {
    pub(super) day: Date,
    /// None if it lies outside of every instant that can be told.
    pub(super) written: Option<Written>,
}

impl Form {
    /// Finds one of the words, or a pattern. None if it is neither.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "iso" => Self::Iso,
            "dotnet" => Self::Dotnet,
            "epoch_seconds" => Self::EpochSeconds,
            "epoch_milliseconds" => Self::EpochMilliseconds,
            pattern => {
                // A pattern has to read what it writes, and to find a whole day in it.
                let tried = DateTime::constant(2026, 11, 24, 13, 45, 59, 0);
                let tried = tried.to_zoned_datetime(TimeZone::UTC).ok()?;
                let text = jiff::fmt::strtime::format(pattern, &tried).ok()?;
                let read = BrokenDownTime::parse(pattern, text).ok()?;
                let day = read.to_date().ok()?;
                (day == tried.date()).then(|| Self::Pattern(pattern.to_owned()))?
            }
        })
    }

    pub(super) fn read(&self, text: &str) -> Option<Read> {
        match self {
            Self::Iso => iso(text),
            Self::Pattern(pattern) => by_pattern(pattern, text),
            Self::Dotnet => {
                let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
                // The offset only says where it was written; a sign may also stand before the number.
                let sign = inside.char_indices().skip(1);
                let end = sign.clone().find(|(_, letter)| "+-".contains(*letter));
                let number = end.map_or(Some(inside), |(at, _)| inside.get(..at));
                epoch(number?.parse().ok()?)
            }
            Self::EpochMilliseconds => epoch(text.parse().ok()?),
            Self::EpochSeconds => epoch(text.parse::<i64>().ok()?.checked_mul(1000)?),
        }
    }
}

/// The `strftime` pattern that a picture such as `dd/MM/yyyy HH:mm` means; none if it is no picture.
pub(super) fn pattern_of(picture: &str) -> Option<String> {
    // Longer letters before shorter, and months (capital) apart from minutes.
    const LETTERS: [(&str, &str); 8] = [
        ("yyyy", "%Y"),
        ("YYYY", "%Y"),
        ("MMM", "%b"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
    ];
    if picture.contains('%') {
        return None;
    }
    let mut pattern = picture.to_owned();
    for (letters, directive) in LETTERS {
        pattern = pattern.replace(letters, directive);
    }
    (pattern.contains('%') && Form::named(&pattern).is_some()).then_some(pattern)
}

fn iso(text: &str) -> Option<Read> {
    if let Some(read) = plain_iso(text) {
        return Some(read);
    }
    let pieces = Pieces::parse(text).ok()?;
    let day = pieces.date();
    let written = match (pieces.time(), pieces.to_numeric_offset()) {
        (None, _) => Some(Written::Day(day)),
        (Some(time), None) => Some(Written::Local(day.to_datetime(time))),
        (Some(time), Some(offset)) => at(day, time, offset),
    };
    Some(Read { day, written })
}

/// `2026-11-24` and `2026-11-24T13:45:59Z`, as most stamps are written; none for any other, good or bad.
fn plain_iso(text: &str) -> Option<Read> {
    let ([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], rest) =
        text.as_bytes().split_first_chunk::<10>()?
    else {
        return None;
    };
    let year = number([y1, y2])?.checked_mul(100)? + number([y3, y4])?;
    let part = |two| i8::try_from(number(two)?).ok();
    let day = Date::new(year, part([m1, m2])?, part([d1, d2])?).ok()?;
    let written = match rest {
        [] => Some(Written::Day(day)),
        [b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] => {
            let time = Time::new(part([h1, h2])?, part([m1, m2])?, part([s1, s2])?, 0).ok()?;
            at(day, time, Offset::UTC)
        }
        _ => return None,
    };
    Some(Read { day, written })
}

/// Two digits of ASCII.
fn number(two: [&u8; 2]) -> Option<i16> {
    let [tens, ones] = two.map(|digit| digit.is_ascii_digit().then(|| i16::from(digit - b'0')));
    Some(tens? * 10 + ones?)
}

fn at(day: Date, time: Time, offset: Offset) -> Option<Written> {
    let at = offset.to_timestamp(day.to_datetime(time)).ok()?;
    Some(Written::At(at))
}

fn by_pattern(pattern: &str, text: &str) -> Option<Read> {
    let read = BrokenDownTime::parse(pattern, text).ok()?;
    let day = read.to_date().ok()?;
    let written = match (read.hour(), read.offset()) {
        (None, _) => Some(Written::Day(day)),
        (Some(_), None) => Some(Written::Local(read.to_datetime().ok()?)),
        (Some(_), Some(offset)) => at(day, read.to_time().ok()?, offset),
    };
    Some(Read { day, written })
}

fn epoch(milliseconds: i64) -> Option<Read> {
    let start = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let day = start.checked_add(SignedDuration::from_millis(milliseconds));
    let written = Timestamp::from_millisecond(milliseconds).ok();
    Some(Read {
        day: day.ok()?.date(),
        written: written.map(Written::At),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_and_a_pattern_left_alone() {
        for (picture, pattern) in [
            ("dd/MM/yyyy HH:mm:ss", Some("%d/%m/%Y %H:%M:%S")),
            ("yyyy-MM-ddTHH:mm", Some("%Y-%m-%dT%H:%M")),
            ("dd-MMM-yyyy", Some("%d-%b-%Y")),
            ("%d/%m/%Y", None),
            ("iso8601", None),
            ("HH:mm", None),
        ] {
            assert_eq!(pattern_of(picture).as_deref(), pattern, "{picture}");
        }
    }
}
