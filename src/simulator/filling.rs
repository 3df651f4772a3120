//! What do people write into their forms? Everything, or all but what people forget, and later what a hold named.
//!
//! Absent on purpose: names and stories; free text is lorem ipsum with a planted canary that must never leave.

use std::collections::BTreeMap;

use super::event::Event;
use super::forms::StepType;
use super::habits::Plan;
use super::people::open;
use super::truth::Truth;
use super::words::Row;

/// Fills a form in: everything, or without what people forget; a repair adds what a hold named.
pub(super) fn write(
    truth: &Truth,
    plan: &Plan,
    step_type: StepType,
    repair: bool,
    today: &str,
) -> Result<Event, &'static str> {
    let id = plan.step(step_type);
    let step = open(truth, &id)?;
    if repair && !truth.held.contains(&id) {
        return Err("nothing was held");
    }
    let mut answers = match step_type {
        StepType::Practitioner => said(&[
            ("le.reflection", &rich(&id, 1, 640)),
            (
                "le.focus",
                "How the plan is shared with everybody in the family's network, and how we know.",
            ),
            ("le.agreed_date", &plan.due_on.to_string()),
        ]),
        StepType::Review => review(plan, &id, today, repair || !plan.forgetful),
        StepType::Supervisor => said(&[("le.supervision.date", today)]),
        StepType::SignOff => said(&[
            ("le.sm.process_view", "Y"),
            ("le.impact_signoff", "improved"),
            ("le.sm.statement", &rich(&id, 1, 300)),
        ]),
        StepType::DutyContact => BTreeMap::new(),
    };
    if repair {
        // Somebody who changed their mind keeps the evaluation they came to.
        if step.answer("le.overall").is_some() {
            answers.remove("le.overall");
        }
        answers.extend(said(&[("le.late_reason", "workload")]));
    }
    Ok(Event::StepSaved {
        step: id,
        answers,
        tables: tables(plan, step_type, today),
    })
}

fn review(plan: &Plan, id: &str, today: &str, whole: bool) -> BTreeMap<String, Option<String>> {
    let mut answers = said(&[
        ("le.learning_conversation.summary", &rich(id, 1, 900)),
        ("le.learning_conversation.date", today),
        ("le.observation.date", today),
        ("le.observation.component1", "H"),
        ("le.observation.component2", "H"),
        ("le.observation.component3", "M"),
        ("le.section6.analysis", &rich(id, 2, 1_200)),
        ("le.overall", plan.grade.code()),
        ("le.final_meeting.date", today),
    ]);
    if whole {
        answers.extend(said(&[
            ("le.family_feedback", &rich(id, 3, 120)),
            ("le.partner_feedback", &rich(id, 4, 120)),
        ]));
    }
    answers
}

fn tables(plan: &Plan, step_type: StepType, today: &str) -> BTreeMap<String, Vec<Row>> {
    let area = |area: &str| row(&[("area", area), ("assurance", "M")]);
    let owner = plan.worker(StepType::Practitioner);
    let action = [
        ("action", "A-1"),
        ("owner", owner.as_str()),
        ("by_when", today),
    ];
    match step_type {
        StepType::Review => BTreeMap::from([
            (
                "le.practice_area".to_owned(),
                ["assessment", "planning", "impact"].map(area).to_vec(),
            ),
            (
                "le.actions".to_owned(),
                vec![row(&[action.as_slice(), &[("status", "open")]].concat())],
            ),
        ]),
        StepType::Supervisor => {
            let progress = [("status", "begun"), ("progress_on", today)];
            let rows = vec![row(&[action.as_slice(), &progress].concat())];
            BTreeMap::from([("le.actions".to_owned(), rows)])
        }
        _ => BTreeMap::new(),
    }
}

fn row(cells: &[(&str, &str)]) -> Row {
    let cells = cells.iter();
    cells
        .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()))
        .collect()
}

pub(super) fn said(answers: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
    let answers = answers.iter();
    answers
        .map(|(question, answer)| ((*question).to_owned(), Some((*answer).to_owned())))
        .collect()
}

/// Rich text of `chars` characters without its markup, with a canary that must never leave the council.
fn rich(step: &str, nth: u32, chars: usize) -> String {
    let mut text = format!("CANARY-NARRATIVE-{step}-{nth} ");
    text.extend(
        "lorem ipsum dolor sit amet, "
            .chars()
            .cycle()
            .take(chars.saturating_sub(text.chars().count() + 1)),
    );
    format!("<p>{text}.</p>")
}
