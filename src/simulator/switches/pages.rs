//! How do switches change what is listed and what a record says, before any dialect words it?

use axum::http::StatusCode;
use jiff::civil::{Date, DateTime};

use super::{Fault, is_on, shifted, skew, take};
use crate::simulator::council::Council;
use crate::simulator::desk::{List, Page, Refusal, Sought};
use crate::simulator::event::Event;
use crate::simulator::forms::StepType;
use crate::simulator::shown::{Shown, Stamp};
use crate::simulator::words::Status;

/// Changes what is sought, or refuses it.
pub(crate) fn before_page(
    council: &Council,
    asked: &str,
    sought: &mut Sought,
) -> Result<(), Refusal> {
    let later = sought.after.is_some() || sought.skip > 0;
    // A clock that is off shows every change so much later, and is asked in its own time.
    let off = skew(council);
    sought.since = sought.since.map(|since| shifted(since, -off));
    if let Some(after) = &mut sought.after {
        after.at = shifted(after.at, -off);
    }
    if later && take(council, Fault::TokenExpires, asked) {
        council.tokens().end();
        let text = "the token has ended".to_owned();
        return Err((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    }
    if take(council, Fault::Clamp, asked) {
        // Numbered pages stay where the reader thinks they are, as far as a smaller page lets them.
        let page = sought.skip.checked_div(sought.limit).unwrap_or_default();
        sought.limit = sought.limit.min(10);
        sought.skip = page * sought.limit;
    }
    if later && take(council, Fault::PageDrift, asked) {
        drift(council, sought);
    }
    if sought.skip > 0 && take(council, Fault::TokenForever, asked) {
        sought.skip = 0;
    }
    if sought.skip > 0 && take(council, Fault::PageDriftInsert, asked) {
        sought.skip -= 1;
    }
    if later && take(council, Fault::BoundaryRepeats, asked) {
        match &mut sought.after {
            Some(after) => {
                let before = council.truth(|truth| {
                    let mut ids: Vec<_> = truth.steps.values().collect();
                    ids.sort_by(|a, b| (a.changed_at, &a.id).cmp(&(b.changed_at, &b.id)));
                    let place = ids.iter().rposition(|step| match sought.list {
                        List::Feed => (step.changed_at, &step.id) < (after.at, &after.id),
                        _ => false,
                    });
                    place
                        .and_then(|at| ids.get(at))
                        .map(|step| (step.changed_at, step.id.clone()))
                });
                match (sought.list, before) {
                    (List::Feed, Some((at, id))) => (after.at, after.id) = (at, id),
                    (List::Feed, None) => sought.after = None,
                    // The largest text below an id, near enough: its last letter taken away.
                    _ => drop(after.id.pop()),
                }
            }
            None => sought.skip -= 1,
        }
    }
    Ok(())
}

/// A step that was read already changes: in the feed it goes to the end, and in the list of open steps it is done.
fn drift(council: &Council, sought: &Sought) {
    let _ = council.record_if::<()>(None, |truth| {
        let mut steps: Vec<_> = truth
            .steps
            .values()
            .filter(|step| step.is_shown())
            .collect();
        if sought.list == List::Feed {
            steps.sort_by(|a, b| (a.changed_at, &a.id).cmp(&(b.changed_at, &b.id)));
        }
        let is_wanted = |step: &&&crate::simulator::step::Step| {
            sought.since.is_none_or(|since| step.changed_at >= since)
                && (sought.list == List::Feed || step.status.is_open())
        };
        let step = steps.iter().find(is_wanted).ok_or(())?.id.clone();
        Ok(match sought.list {
            List::Open => Event::StepStatus {
                step,
                status: Status::Cancelled,
            },
            _ => Event::StepSubjects {
                subjects: truth
                    .steps
                    .get(&step)
                    .map(|held| held.subjects().map(str::to_owned).collect())
                    .unwrap_or_default(),
                step,
            },
        })
    });
}

/// Changes a list as it was put together, and its first record.
pub(crate) fn upon_page(council: &Council, asked: &str, sought: &Sought, page: &mut Page) {
    let off = skew(council);
    page.now = shifted(page.now, off);
    if let Some(last) = &mut page.last {
        last.at = shifted(last.at, off);
    }
    for shown in &mut page.steps {
        if let Stamp::At(at) = &mut shown.changed_at {
            *at = shifted(*at, off);
        }
    }
    let feed = page.list == List::Feed;
    if is_on(council, Fault::EmptyLists) || (feed && take(council, Fault::EmptyFeed, asked)) {
        (page.steps, page.last, page.more, page.total) = (Vec::new(), None, false, 0);
    }
    if !page.steps.is_empty() {
        if take(council, Fault::FeedBackwards, asked) {
            page.steps.reverse();
        }
        if take(council, Fault::DuplicateRecords, asked) {
            let twice = page.steps.iter().flat_map(|one| [one.clone(), one.clone()]);
            page.steps = twice.collect();
        }
    }
    let numbered = page.skip > 0 || asked.contains("/eav") || asked.contains("/batch");
    if page.more && !numbered && take(council, Fault::TokenForever, asked) {
        // The place that was asked for, or the very beginning: the same page again.
        page.last = sought.after.clone().or_else(|| {
            // Before every id that there is.
            let id = "0".to_owned();
            let at = jiff::Timestamp::UNIX_EPOCH;
            Some(crate::simulator::desk::Place { at, id })
        });
    }
    if page.more && take(council, Fault::NextElsewhere, asked) {
        page.elsewhere = Some("http://elsewhere.invalid/rest/v1/workflow-steps/changes?cursor=x");
    }
    if take(council, Fault::OtherEnvironment, asked) {
        page.environment = "train";
        page.steps.iter_mut().for_each(train_types);
    }
    if take(council, Fault::OtherTypes, asked) {
        page.steps.iter_mut().for_each(train_types);
    }
    upon_records(council, asked, page);
}

fn train_types(shown: &mut Shown) {
    // The same names with other numbers: 1201 here is 2201 there.
    if let Some(rest) = shown.type_id.strip_prefix('1') {
        shown.type_id = format!("2{rest}");
    }
}

/// Changes a step that was asked for alone.
pub(crate) fn upon_single(council: &Council, asked: &str, page: &mut Page) {
    page.now = shifted(page.now, skew(council));
    upon_records(council, asked, page);
}

/// Changes the first record that belongs to an episode.
fn upon_records(council: &Council, asked: &str, page: &mut Page) {
    if is_on(council, Fault::Windows1252) || is_on(council, Fault::Windows1252Declared) {
        // What windows-1252 says in one byte; the bytes themselves are changed on their way.
        for shown in page.steps.iter_mut().take(1) {
            shown.label.push('\u{2019}');
        }
    }
    let rated = |one: &&mut Shown| one.step.answers.contains_key("le.overall");
    if let Some(shown) = page.steps.iter_mut().find(rated)
        && take(council, Fault::RewordedOption, asked)
    {
        for (question, answer) in &mut shown.step.answers {
            if question.starts_with("le.observation.component") || question == "le.overall" {
                answer.push('.');
            }
        }
    }
    let mut of_episodes = page.steps.iter_mut();
    let Some(shown) = of_episodes.find(|one| one.step.step_type != StepType::DutyContact) else {
        return;
    };
    let strikes = |fault| take(council, fault, asked);
    if strikes(Fault::BadStatusRecord) {
        "PARKED".clone_into(&mut shown.status);
    }
    if strikes(Fault::UnknownType) {
        "1999".clone_into(&mut shown.type_id);
    }
    if strikes(Fault::RenamedLabel) {
        shown.label = format!("{} (2026)", shown.label);
    }
    if strikes(Fault::BadRecord) {
        shown.changed_at = Stamp::Text("yesterday".to_owned());
    }
    if strikes(Fault::AutumnHour) {
        all_dates(shown, "2026-10-25T01:30:00");
    }
    if strikes(Fault::SpringHour) {
        all_dates(shown, "2026-03-29T01:30:00");
    }
    if strikes(Fault::DayOnly) {
        for (_, at) in &mut shown.dates {
            if let Stamp::At(instant) = at {
                *at = Stamp::Day(instant.to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
            }
        }
    }
    if strikes(Fault::Sentinel) {
        sentinel(shown);
    }
    upon_answers(shown, &strikes);
}

fn all_dates(shown: &mut Shown, local: &str) {
    for (name, at) in &mut shown.dates {
        if !matches!(*name, "Due" | "Scheduled") {
            *at = Stamp::Text(local.to_owned());
        }
    }
}

fn sentinel(shown: &mut Shown) {
    let never: DateTime = Date::constant(9999, 12, 31).at(0, 0, 0, 0);
    let has = |shown: &Shown, name| shown.dates.iter().any(|(known, _)| *known == name);
    if !has(shown, "Cancelled") {
        shown
            .dates
            .push(("Cancelled", Stamp::Text(never.to_string())));
    }
    if !has(shown, "Due") {
        let day = Stamp::Day(Date::constant(1900, 1, 1));
        shown.dates.push(("Due", day));
    }
}

/// Changes what a form says.
fn upon_answers(shown: &mut Shown, strikes: &impl Fn(Fault) -> bool) {
    let appended = |shown: &mut Shown, what: &str| {
        let mut texts = [
            "le.reflection",
            "le.learning_conversation.summary",
            "le.sm.statement",
        ]
        .into_iter()
        .filter(|question| shown.step.answers.contains_key(*question))
        .map(str::to_owned);
        let question = texts.next().unwrap_or_else(|| "le.reference".to_owned());
        drop(texts);
        shown
            .step
            .answers
            .entry(question)
            .or_default()
            .push_str(what);
    };
    if strikes(Fault::ControlCharacter) {
        appended(shown, "\u{1}");
    }
    if strikes(Fault::Emoji) {
        appended(shown, "\u{1F600}\u{1F4AC}");
    }
    if strikes(Fault::NewTemplate) {
        shown.template_version = "2";
        shown.renamed = Some(match shown.step.step_type {
            StepType::Practitioner => ("le.focus", "le.focus_of_learning"),
            StepType::Review => ("le.overall", "le.overall_evaluation"),
            StepType::Supervisor => ("le.supervision.date", "le.supervision.held_on"),
            _ => ("le.impact_signoff", "le.impact"),
        });
    }
}
