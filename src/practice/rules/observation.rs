//! Was the observation announced, rated, and does its rating go with the evaluation? (¶15, ¶21–22)

use jiff::civil::Date;

use super::review::{blind, count};
use super::words::{counted, day, met_or, unmet};
use super::{Question, Rule, Trigger, due, flag, parameter};
use crate::practice::decision::ReasonAbout;
use crate::practice::episode::{Evaluation, Role, Stage};
use crate::practice::fact::{Fact, Row};
use crate::practice::known::Known;
use crate::practice::terms::Stance;
use crate::practice::verdict::Finding;

/// LE-15.1: the family and other professionals knew of the observer before the event.
pub const ANNOUNCED: Rule = Rule {
    asks: Role::Practitioner,
    ..flag(
        "LE-15.1",
        "observer-announced",
        &[15],
        "The family and other professionals were told of the observer before the practice event",
        "Record when the family and the professionals were told that an observer would be present.",
        announced,
    )
};

/// LE-15.2: concern about the observer was discussed straight away.
pub const CONCERN_DISCUSSED: Rule = Rule {
    asks: Role::Practitioner,
    trigger: Trigger::OnSighting(concern_discussed),
    ..flag(
        "LE-15.2",
        "observer-concern-discussed",
        &[15],
        "Concern about the observer was discussed with the practice reviewer straight away",
        "Talk to the practice reviewer today, and record the day.",
        concern_discussed,
    )
};

/// LE-22.1: every component observed is rated. LE-15.3: an objection that was upheld waives the observation.
pub const OBSERVATION: Rule = Rule {
    also: &["LE-15.3"],
    stance: Stance::Block,
    ..flag(
        "LE-22.1",
        "observation-rated",
        &[15, 22],
        "Section 4 gives high, medium or low assurance for each component of good practice, or a waiver",
        "Rate each component in Section 4, or record why there was no observation, then press Finish again.",
        observation,
    )
};

/// LE-22.2: ratings, evaluation and dates of the observation go together.
pub const CONSISTENT: Rule = flag(
    "LE-22.2",
    "observation-consistent",
    &[22, 25],
    "The observation lies within the Learning Episode, and its ratings go with the overall evaluation",
    "Read Section 4 again beside the overall evaluation, and correct whichever is not as you mean it.",
    consistent,
);

fn observation(question: &Question<'_>) -> Finding {
    let waiver = question.code(Fact::ObservationWaiver);
    let excused = waiver.value().is_some_and(|code| question.accepts(code));
    if excused || question.reason_given(ReasonAbout::NoObservation) {
        return Finding::Met;
    }
    let rows = match question.rows(Fact::Observation) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Observation, why),
    };
    let needed = parameter::COMPONENTS.count(&question.terms.policy);
    let rated = count(&rows, &["high", "medium", "low", "waived"]);
    let blank = rows.iter().any(|row| row.code == Known::Blank);
    if rated >= needed && !blank {
        return Finding::Met;
    }
    if let Some(why) = blind(&rows, |row| &row.code) {
        return Finding::CannotTell(Fact::Observation, why);
    }
    if let Known::Unreadable(why) = waiver {
        return Finding::CannotTell(Fact::ObservationWaiver, why);
    }
    unmet(
        "Not every component of good practice is rated in Section 4.",
        format!("{rated} of {} rated.", components(&rows, needed)),
    )
}

fn components(rows: &[Row], needed: u32) -> String {
    let there = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(needed);
    counted(i32::try_from(there).unwrap_or(i32::MAX), "component")
}

/// The day of the practice event: as observed, else as agreed.
fn event_day(question: &Question<'_>) -> Known<Date> {
    match question.day(Fact::ObservationDate) {
        Known::Is(date) => Known::Is(date),
        seen => match question.day(Fact::PracticeEventDate) {
            Known::Is(date) => Known::Is(date),
            _ => seen,
        },
    }
}

fn announced(question: &Question<'_>) -> Finding {
    let rated = match question.rows(Fact::Observation) {
        Known::Is(rows) => count(&rows, &["high", "medium", "low"]) > 0,
        Known::Blank => false,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Observation, why),
    };
    if !rated {
        return Finding::DoesNotApply;
    }
    let told = match question.day(Fact::ObserverNoticeDate) {
        Known::Is(date) => date,
        Known::Blank => {
            return unmet(
                "It is not recorded that people were told of the observer.",
                "An observation, and an empty date of telling the family and professionals.",
            );
        }
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ObserverNoticeDate, why),
    };
    match event_day(question) {
        Known::Is(event) => met_or(
            told <= event,
            "People were told of the observer only after the practice event.",
            format!(
                "Told on {}; the practice event was on {}.",
                day(told),
                day(event)
            ),
        ),
        Known::Blank => unmet(
            "It cannot be seen whether people were told of the observer before the practice event.",
            format!("Told on {}; no date of a practice event.", day(told)),
        ),
        Known::Unreadable(why) => Finding::CannotTell(Fact::ObservationDate, why),
    }
}

fn concern_discussed(question: &Question<'_>) -> Finding {
    let seen = question.step.map(|step| step.stage);
    if !matches!(seen, Some(Stage::Practitioner | Stage::PracticeReview)) {
        return Finding::DoesNotApply;
    }
    match question.amount(Fact::ObserverConcern) {
        Known::Is(0) | Known::Blank => return Finding::DoesNotApply,
        Known::Is(_) => {}
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ObserverConcern, why),
    }
    let raised = question.day(Fact::ObserverConcernDate);
    let days = parameter::STRAIGHT_AWAY.days(&question.terms.policy);
    let until = raised
        .value()
        .map(|date| due::add(question.terms, *date, days));
    let seen = match raised.value() {
        Some(date) => format!("Concern expressed on {}", day(*date)),
        None => "Concern expressed, on a day that is not recorded".to_owned(),
    };
    match question.day(Fact::ConcernDiscussedDate) {
        Known::Is(date) => met_or(
            until.is_none_or(|until| date <= until),
            "Concern about the observer was not discussed straight away.",
            format!("{seen}, and discussed on {}.", day(date)),
        ),
        Known::Blank => met_or(
            until.is_some_and(|until| question.today() <= until),
            "Concern about the observer has not been discussed with the practice reviewer.",
            format!("{seen}, and not discussed yet."),
        ),
        Known::Unreadable(why) => Finding::CannotTell(Fact::ConcernDiscussedDate, why),
    }
}

fn consistent(question: &Question<'_>) -> Finding {
    if let Some(finding) = outside(question) {
        return finding;
    }
    let evaluation = match question.evaluation() {
        Known::Is(evaluation) if evaluation.is_extreme() => evaluation,
        Known::Is(_) | Known::Blank => return Finding::Met,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Evaluation, why),
    };
    let rows = match question.rows(Fact::Observation) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Observation, why),
    };
    let (high, low) = (count(&rows, &["high"]), count(&rows, &["low"]));
    let rated = count(&rows, &["high", "medium", "low"]);
    let at_odds = match evaluation {
        Evaluation::Outstanding => low > 0,
        _ => rated > 0 && high == rated,
    };
    if at_odds {
        return unmet(
            format!(
                "The ratings in Section 4 do not go with an evaluation of {}.",
                evaluation.words()
            ),
            format!(
                "Evaluation {}; {high} high and {low} low of {rated} rated.",
                evaluation.words()
            ),
        );
    }
    blind(&rows, |row| &row.code).map_or(Finding::Met, |why| {
        Finding::CannotTell(Fact::Observation, why)
    })
}

/// The observation does not lie between allocation and Finish.
fn outside(question: &Question<'_>) -> Option<Finding> {
    let Known::Is(event) = question.day(Fact::ObservationDate) else {
        return None;
    };
    let allocation = question.episode.allocation.as_ref();
    let allocated = allocation.map(|allocation| allocation.allocated_on);
    let early = allocated.filter(|allocated| event < *allocated);
    if early.is_none() && event <= question.today() {
        return None;
    }
    Some(unmet(
        "The observation does not lie between the allocation and the Finish.",
        match early {
            Some(allocated) => format!(
                "Observed on {}; allocated on {}.",
                day(event),
                day(allocated)
            ),
            None => format!(
                "Observed on {}; Finish on {}.",
                day(event),
                day(question.today())
            ),
        },
    ))
}
