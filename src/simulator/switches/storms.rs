//! How does a switch change much at once? A backup that is restored, a flood of late steps, a storm of people.

use jiff::ToSpan;

use crate::simulator::council::{Council, CouncilFault};
use crate::simulator::event::Event;
use crate::simulator::forms::StepType;
use crate::simulator::words::NewStep;

/// The last so many events never happened.
pub(super) fn restore(council: &Council, events: u64) -> Result<Vec<String>, CouncilFault> {
    let before: Vec<String> = council.steps().into_iter().map(|step| step.id).collect();
    let _ = council.record_if::<()>(None, |truth| {
        Ok(Event::Restored {
            to: truth.seq.saturating_sub(events),
        })
    })?;
    let gone = before.into_iter();
    Ok(gone.filter(|id| council.step(id).is_none()).collect())
}

/// So many first steps of episodes, each overdue by a week.
pub(super) fn flood(council: &Council, steps: u64) -> Result<Vec<String>, CouncilFault> {
    let today = council
        .now()
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .date();
    let mut struck = Vec::new();
    for number in 1..=steps {
        let id = (900_000 + number).to_string();
        let reference = format!("LE-FLOOD-{number:04}");
        let people = StepType::EPISODE
            .into_iter()
            .zip(["W-100", "W-200", "W-300", "W-400"]);
        let mut answers: std::collections::BTreeMap<String, Option<String>> = people
            .map(|(step, worker)| (step.owner_question().to_owned(), Some(worker.to_owned())))
            .collect();
        answers.insert("le.reference".to_owned(), Some(reference));
        answers.insert("le.cycle".to_owned(), Some("2026-C3".to_owned()));
        let step = NewStep {
            id: id.clone(),
            step_type: StepType::Review,
            assignee: Some("W-200".to_owned()),
            subject: Some(format!("P-{}", 50_000 + number)),
            due: Some(today.saturating_sub(7.days())),
            answers,
            ..NewStep::default()
        };
        let appeared = council.record_if::<()>(None, |truth| {
            if truth.steps.contains_key(&step.id) {
                return Err(());
            }
            Ok(Event::StepAppeared { step })
        })?;
        if appeared.is_ok() {
            struck.push(id);
        }
    }
    Ok(struck)
}

/// So many people press Finish, all at once, on whatever is open; whoever finds nothing open presses in vain.
pub(super) fn storm(council: &Council, people: u64) -> Vec<String> {
    let open = council.steps().into_iter();
    let open = open.filter(|step| step.status.can_finish() && !step.deleted);
    let open: Vec<String> = open.map(|step| step.id).collect();
    let people = usize::try_from(people).unwrap_or(usize::MAX);
    let pressed: Vec<String> = open.into_iter().cycle().take(people).collect();
    let mut struck = pressed.clone();
    if tokio::runtime::Handle::try_current().is_ok() {
        for id in pressed {
            somebody_presses(council.clone(), id);
        }
    }
    struck.sort();
    struck.dedup();
    struck
}

#[allow(
    clippy::disallowed_methods,
    reason = "everybody of a storm presses by themselves; each ends with its answer, or at the client's time-out"
)]
fn somebody_presses(council: Council, id: String) {
    tokio::spawn(async move { council.press_finish(None, &id, false).await });
}
