//! Which day is it, and how many working days lie between? The calendar, as the rules ask it.
//!
//! When a step is due is settled in `deadlines`, once for reminders and for the judge alike.

use jiff::{Timestamp, civil::Date};

use super::Question;
use crate::practice::deadlines;
use crate::practice::episode::{Episode, Stage};
use crate::practice::standstill;
use crate::practice::terms::Terms;

/// The day by which a stage is due, extensions and pauses counted; none if nobody set one.
pub(super) fn effective(episode: &Episode, stage: Stage, terms: &Terms) -> Option<Date> {
    deadlines::due_day(episode, stage, &terms.policy, &terms.calendar)
}

/// The day agreed for the practitioner's step, or the later one by which it is due since it was returned (R1).
pub(super) fn agreed_or_returned(question: &Question<'_>, agreed: Date) -> Date {
    let (policy, calendar) = (&question.terms.policy, &question.terms.calendar);
    let again = deadlines::due_again(question.episode, question.at, policy, calendar);
    again.map_or(agreed, |again| again.max(agreed))
}

/// Whether the clock of a stage stands still on a day.
pub(super) fn is_paused(episode: &Episode, stage: Stage, day: Date, terms: &Terms) -> bool {
    standstill::is_still(episode, stage, day, (&terms.policy, &terms.calendar))
}

/// The local day of an instant (Europe/London).
pub(super) fn local_date(terms: &Terms, at: Timestamp) -> Date {
    terms.calendar.local_date(at)
}

/// The day `n` working days after a day (before it, if negative).
pub(super) fn add(terms: &Terms, day: Date, n: i32) -> Date {
    terms.calendar.add(day, n)
}

/// Working days after `from`, up to and including `to`; negative if `to` is earlier.
pub(super) fn between(terms: &Terms, from: Date, to: Date) -> i32 {
    terms.calendar.between(from, to)
}
