//! Was the learning conversation prepared, with those who should take part, and about the right period? (¶2, ¶12, ¶19)

use jiff::{Span, civil::Date};

use super::words::{day, listed, met_or, unmet};
use super::{Question, Rule, due, flag, parameter};
use crate::practice::decision::ReasonAbout;
use crate::practice::episode::Stage;
use crate::practice::fact::{Fact, Row};
use crate::practice::known::{Known, Why};
use crate::practice::verdict::Finding;

/// LE-02.1: the last six months are evaluated, or longer where the child receives a longer term service.
pub const PERIOD: Rule = flag(
    "LE-02.1",
    "period-of-six-months",
    &[2],
    "The last six months are evaluated, or longer if the child receives a longer term service",
    "Correct the period, or record why it is another one.",
    period,
);

/// LE-12.3: those who should be heard took part.
pub const PARTICIPANTS: Rule = flag(
    "LE-12.3",
    "suggested-participants-took-part",
    &[12],
    "The roles suggested for this kind of plan took part in the first learning conversation, or there is a reason",
    "Record who took part, or why somebody could not.",
    participants,
);

/// LE-19.1: the record and the reflection were read first.
pub const PREPARED: Rule = flag(
    "LE-19.1",
    "record-read-before-the-conversation",
    &[19],
    "The record and the practitioner's reflection were read before the learning conversation",
    "Record when the record was read, and correct the dates if they are not as they were.",
    prepared,
);

/// The period, from the form, else from the allocation.
fn ends(question: &Question<'_>) -> (Known<Date>, Known<Date>) {
    let of = |fact, allocated: Option<Date>| match (question.day(fact), allocated) {
        (Known::Is(date), _) | (_, Some(date)) => Known::Is(date),
        (said, None) => said,
    };
    let allocation = question.episode.allocation.as_ref();
    let allocated = allocation.and_then(|allocation| allocation.period);
    (
        of(Fact::PeriodStart, allocated.map(|period| period.start)),
        of(Fact::PeriodEnd, allocated.map(|period| period.end)),
    )
}

fn period(question: &Question<'_>) -> Finding {
    let (start, end) = match ends(question) {
        (Known::Is(start), Known::Is(end)) => (start, end),
        (Known::Unreadable(why), _) => return Finding::CannotTell(Fact::PeriodStart, why),
        (_, Known::Unreadable(why)) => return Finding::CannotTell(Fact::PeriodEnd, why),
        _ => {
            return unmet(
                "The period that is evaluated is not recorded.",
                "An empty first or last day.",
            );
        }
    };
    let policy = &question.terms.policy;
    let seen = format!("From {} to {}.", day(start), day(end));
    let reason = question.code(Fact::PeriodReason);
    if reason.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(ReasonAbout::ReviewPeriod)
    {
        return Finding::Met;
    }
    if end < after(start, parameter::PERIOD_LEAST.days(policy)) {
        return unmet(
            "The period that is evaluated is shorter than is asked for.",
            seen,
        );
    }
    if end <= after(start, parameter::PERIOD_MOST.days(policy)) {
        return Finding::Met;
    }
    let plan = question
        .episode
        .allocation
        .as_ref()
        .and_then(|a| a.plan_type.as_deref());
    let Some(plan) = plan else {
        // Whether the child receives a longer term service is not known, so length alone says nothing.
        return Finding::DoesNotApply;
    };
    let long_term = parameter::LONG_TERM.codes(policy);
    met_or(
        long_term.iter().any(|code| alike(code, plan)),
        "The period that is evaluated is longer than is asked for, and the child's plan is not a longer term one.",
        format!("{seen} The plan is `{plan}`."),
    )
}

/// The last day of a period of so many months that begins on `start`.
fn after(start: Date, months: i32) -> Date {
    let next = start.saturating_add(Span::new().months(months));
    next.yesterday().unwrap_or(next)
}

fn participants(question: &Question<'_>) -> Finding {
    let Some(allocation) = &question.episode.allocation else {
        return Finding::DoesNotApply;
    };
    let plan = allocation.plan_type.as_deref().unwrap_or_default();
    let suggested: Vec<String> = parameter::SUGGESTED
        .codes(&question.terms.policy)
        .iter()
        .filter_map(|entry| entry.split_once(':'))
        .filter(|(of, _)| alike(of, plan) || alike(of, &allocation.service))
        .map(|(_, role)| role.to_owned())
        .collect();
    if suggested.is_empty() {
        return Finding::DoesNotApply;
    }
    let said = question.code(Fact::ParticipantsReason);
    if said.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(ReasonAbout::Participants)
    {
        return Finding::Met;
    }
    let rows = match question.rows(Fact::ConversationParticipants) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ConversationParticipants, why),
    };
    let there = |row: &Row| row.code.value().is_none_or(|code| code != "absent");
    let absent: Vec<String> = suggested
        .into_iter()
        .filter(|role| !rows.iter().any(|row| there(row) && alike(&row.key, role)))
        .map(|role| role.replace('_', " "))
        .collect();
    if absent.is_empty() {
        return Finding::Met;
    }
    match said {
        Known::Unreadable(why) if why != Why::NotMapped => {
            Finding::CannotTell(Fact::ParticipantsReason, why)
        }
        _ => unmet(
            format!(
                "The learning conversation was held without the {}.",
                listed(&absent)
            ),
            format!("{} took part, and no reason is recorded.", rows.len()),
        ),
    }
}

/// Whether two codes are one, however they are written.
fn alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    plain(one) == plain(other)
}

fn prepared(question: &Question<'_>) -> Finding {
    let held = question.day(Fact::ConversationDate);
    if let (Known::Is(held), Some(reflected)) = (&held, reflected_on(question))
        && *held < reflected
    {
        return unmet(
            "The learning conversation was held before the practitioner's step was finished.",
            format!(
                "A learning conversation on {}; the reflection was handed over on {}.",
                day(*held),
                day(reflected)
            ),
        );
    }
    let read = match question.day(Fact::RecordReadDate) {
        Known::Is(date) => date,
        Known::Blank => {
            return unmet(
                "It is not recorded that the record was read.",
                "An empty date of reading the record.",
            );
        }
        Known::Unreadable(why) => return Finding::CannotTell(Fact::RecordReadDate, why),
    };
    match held {
        Known::Is(held) => met_or(
            read <= held,
            "The record was read only after the learning conversation.",
            format!(
                "Read on {}; a learning conversation on {}.",
                day(read),
                day(held)
            ),
        ),
        Known::Blank => Finding::Met,
        Known::Unreadable(why) => Finding::CannotTell(Fact::ConversationDate, why),
    }
}

/// The day on which the practitioner first handed over; a step opened again later was read before, too.
fn reflected_on(question: &Question<'_>) -> Option<Date> {
    let step = question.episode.step_of(Stage::Practitioner)?;
    let first = step.finished.iter().map(|finish| finish.at).min();
    let at = first.or(step.dates.completed)?;
    Some(due::local_date(question.terms, at))
}
