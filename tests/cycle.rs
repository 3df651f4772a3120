//! Who hears how whole cycles stand, and when? Figures by service, what is at risk, a sample that was not drawn; shares
//! of few are not shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use greentick::app::{App, Limits, dispatch, tick};
use greentick::ledger::Ledger;
use greentick::practice::cycle::{Matter, history, matters, standing};
use greentick::practice::episode::{Episode, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{CycleId, SourceName};
use greentick::practice::invitation::{Occasion, draft};
use greentick::practice::known::Known;
use greentick::practice::react::{Input, react};
use greentick::practice::terms::{Mode, Terms};
use greentick::simulator::MemoryCouncil;
use jiff::{Timestamp, civil::Date};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// An episode allocated on 2 November 2026, and due on 14 December unless another day is said.
struct Plan {
    id: String,
    cycle: &'static str,
    service: &'static str,
    due: &'static str,
    first: Option<&'static str>,
    review: Option<&'static str>,
    observed: Option<&'static str>,
}

impl Plan {
    fn new(nth: usize) -> Self {
        Self {
            id: format!("LE-{nth}"),
            cycle: "2026-C4",
            service: "assessment",
            due: "2026-12-14",
            first: None,
            review: None,
            observed: None,
        }
    }

    fn made(&self, terms: &Terms) -> Episode {
        let now: Timestamp = "2026-11-02T10:00:00Z".parse().unwrap();
        let source = SourceName::from("council");
        let mut episode = Episode::new(self.id.as_str().into(), source.clone());
        episode.cycle = Some(self.cycle.into());
        let allocation = serde_json::json!({
            "cycle": self.cycle, "source": "council", "child": self.id, "practitioner": "W-1",
            "reviewer": "W-2", "supervisor": "W-3", "service_manager": "W-4",
            "operational_manager": "W-7", "service": self.service,
            "allocated_on": "2026-11-02", "due_on": self.due,
        });
        episode.allocation = Some(serde_json::from_value(allocation).unwrap());
        let stages = [
            (Stage::Practitioner, self.first),
            (Stage::PracticeReview, self.review),
        ];
        for (stage, finished) in stages {
            let step = format!("{}-{}", self.id, stage.name());
            let mut seen = common::review(&step, &self.id, now);
            seen.stage = stage;
            seen.dates.due = None;
            if let Some(finished) = finished {
                seen.status = StepStatus::Completed;
                seen.dates.completed = Some(finished.parse().unwrap());
            }
            if let (Stage::PracticeReview, Some(day)) = (stage, self.observed) {
                let day = Known::Is(Value::Day(date(day)));
                seen.facts.insert(Fact::ObservationDate, day);
            }
            let id = episode.id.clone();
            let input = Input::Seen(&seen);
            episode = react(Some(&episode), &id, &source, input, terms, now).after;
        }
        episode
    }
}

fn made(plans: &[Plan], terms: &Terms) -> Vec<Episode> {
    plans.iter().map(|plan| plan.made(terms)).collect()
}

fn of<'a>(found: &'a [Matter], rule: &str) -> Vec<&'a Matter> {
    found.iter().filter(|matter| matter.rule == rule).collect()
}

#[test]
fn a_services_figures_keep_both_reckonings_of_lateness() {
    let terms = common::terms(Mode::Observe);
    let mut plans: Vec<Plan> = (0..6).map(Plan::new).collect();
    plans[0].review = Some("2026-12-14T22:00:00Z");
    plans[1].review = Some("2026-12-15T08:00:00Z");
    plans[2].due = "2026-12-01";
    plans[5].service = "fostering";
    let mut episodes = made(&plans, &terms);
    let pause = serde_json::json!({ "from": "2026-12-07", "until": "2026-12-08", "reason": "leave", "at": "2026-12-01T10:00:00Z" });
    episodes[1].pauses = vec![serde_json::from_value(pause).unwrap()];
    episodes[4].cancelled = Some("moved".to_owned());
    let all: Vec<&Episode> = episodes.iter().collect();
    let found = standing(&all, date("2026-12-10"), &terms);
    let one = &found.services["assessment"];
    assert_eq!((one.allocated, one.overdue, one.due_soon), (4, 1, 1));
    assert_eq!(
        (one.settled, one.on_time, one.on_time_originally),
        (3, 2, 1)
    );
    assert_eq!(
        one.on_time_percent(5),
        None,
        "a share of three is not shown"
    );
    assert_eq!(one.on_time_percent(3), Some(66));
    assert_eq!(found.services["fostering"].allocated, 1);
    assert_eq!(found.cut_off, Some(date("2026-12-16")));
    let file = draft(
        &episodes[0],
        Occasion::Concluding,
        &terms,
        "2026-11-05T10:00:00Z".parse().unwrap(),
    );
    let file = file.unwrap();
    // Ten and three working days before 14 December; the end of a calendar's day is the next one.
    assert!(
        file.contains("DTSTART;VALUE=DATE:20261130\r\nDTEND;VALUE=DATE:20261210\r\n"),
        "{file}"
    );
    assert!(
        file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"),
        "{file}"
    );
    assert!(file.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"), "{file}");
    let whole = file.replace("\r\n ", "");
    assert!(
        whole.contains("To invite: practitioner\\, supervisor."),
        "{whole}"
    );
    assert!(!whole.contains("W-"), "nobody by name: {whole}");
}

#[test]
fn the_last_minute_is_shown_of_five_and_not_of_four() {
    let terms = common::terms(Mode::Observe);
    for (count, shown) in [(4, None), (5, Some(40))] {
        let mut plans: Vec<Plan> = (0..count).map(Plan::new).collect();
        for (nth, plan) in plans.iter_mut().enumerate() {
            plan.review = Some("2026-12-10T12:00:00Z");
            // Wednesday the day before, or Tuesday, two working days before.
            plan.observed = Some(if nth < 2 { "2026-12-09" } else { "2026-12-08" });
        }
        let episodes = made(&plans, &terms);
        let all: Vec<&Episode> = episodes.iter().collect();
        let found = standing(&all, date("2026-12-11"), &terms);
        assert_eq!(found.last_minute_percent, shown);
        assert_eq!(found.last_minute_of, count as u32);
    }
}

#[test]
fn what_is_at_risk_is_told_to_the_qa_manager_with_the_number_it_rests_on() {
    let terms = common::terms(Mode::Observe);
    // Two fifths of thirty working days from 2 November: 18 November.
    for (earlier, told) in [(4, 0), (5, 1)] {
        let mut plans: Vec<Plan> = (0..earlier + 3).map(Plan::new).collect();
        for (nth, plan) in plans.iter_mut().take(earlier).enumerate() {
            plan.cycle = "2026-C3";
            plan.first = Some("2026-11-25T12:00:00Z");
            let (late, early) = ("2026-12-15T12:00:00Z", "2026-12-10T12:00:00Z");
            plan.review = Some(if nth == 0 { early } else { late });
        }
        // Behind; in time; and one that was late with everything and is over its date is not at risk but late.
        plans[earlier + 1].first = Some("2026-11-17T12:00:00Z");
        plans[earlier + 2].due = "2026-11-18";
        let episodes = made(&plans, &terms);
        let today = date("2026-11-27");
        let known = history(&episodes, today, &terms);
        assert_eq!((known.of, known.late), (earlier as u32, earlier as u32 - 1));
        let found = matters(&episodes, &BTreeSet::new(), today, &terms);
        let risk = of(&found, "LE-03.5");
        assert_eq!(risk.len(), told);
        if let [risk] = risk.as_slice() {
            assert_eq!(risk.tell, Role::QaManager);
            assert!(
                risk.text
                    .starts_with(&format!("LE-{earlier}: at risk. Of 5 earlier")),
                "{}",
                risk.text
            );
            assert!(risk.text.contains("4 were late"), "{}", risk.text);
        }
        let early = matters(&episodes, &BTreeSet::new(), date("2026-11-17"), &terms);
        assert!(of(&early, "LE-03.5").is_empty(), "before two fifths");
    }
}

#[test]
fn scorecards_come_on_the_first_working_day_of_a_week_until_the_cycle_is_over() {
    let terms = common::terms(Mode::Observe);
    let mut plans = [Plan::new(0), Plan::new(1)];
    plans[1].service = "fostering";
    let episodes = made(&plans, &terms);
    let cards = |day: &str| {
        let found = matters(&episodes, &BTreeSet::new(), date(day), &terms);
        of(&found, "LE-06.1").len()
    };
    assert_eq!(cards("2026-12-07"), 2, "one for each service");
    assert_eq!(cards("2026-12-08"), 0);
    // Monday 28 December is a bank holiday.
    assert_eq!(
        (
            cards("2026-12-28"),
            cards("2026-12-29"),
            cards("2026-12-30")
        ),
        (0, 2, 0)
    );
    let found = matters(&episodes, &BTreeSet::new(), date("2026-12-07"), &terms);
    let card = of(&found, "LE-06.1")[0];
    assert_eq!(card.tell, Role::OperationalManager);
    assert!(
        card.text
            .contains("Service assessment (operational manager W-7)"),
        "{}",
        card.text
    );
    for plan in &mut plans {
        plan.review = Some("2026-12-04T12:00:00Z");
    }
    let over = made(&plans, &terms);
    let found = matters(&over, &BTreeSet::new(), date("2026-12-07"), &terms);
    assert!(of(&found, "LE-06.1").is_empty());
}

#[test]
fn a_sample_that_is_not_drawn_is_told_to_qa_and_then_to_cslt() {
    let terms = common::terms(Mode::Observe);
    let episodes = made(&[Plan::new(0)], &terms);
    let told = |day: &str, drawn: bool| {
        let drawn = BTreeSet::from_iter(drawn.then(|| CycleId::from("2026-C4")));
        let found = matters(&episodes, &drawn, date(day), &terms);
        of(&found, "LE-09.1")
            .iter()
            .map(|one| one.tell)
            .collect::<Vec<_>>()
    };
    assert!(told("2026-12-18", false).is_empty());
    assert_eq!(told("2026-12-21", false), [Role::QaManager]);
    assert_eq!(told("2026-12-30", false), [Role::Cslt]);
    assert!(told("2026-12-30", true).is_empty());
}

#[test]
fn a_service_that_falls_short_twice_running_is_told_to_cslt() {
    let terms = common::terms(Mode::Observe);
    let mut plans: Vec<Plan> = (0..10).map(Plan::new).collect();
    for (nth, plan) in plans.iter_mut().enumerate() {
        if nth < 5 {
            (plan.cycle, plan.due) = ("2026-C3", "2026-11-20");
        }
        // Four of five late in the first cycle, two of five in the second.
        plan.review = Some(match nth {
            0 => "2026-11-20T12:00:00Z",
            1..=4 => "2026-11-23T12:00:00Z",
            5 | 6 => "2026-12-15T12:00:00Z",
            _ => "2026-12-14T12:00:00Z",
        });
    }
    let found = matters(
        &made(&plans, &terms),
        &BTreeSet::new(),
        date("2026-12-16"),
        &terms,
    );
    let slow = of(&found, "LE-06.2");
    assert_eq!(slow.len(), 1);
    assert_eq!(slow[0].tell, Role::Cslt);
    assert!(
        slow[0]
            .text
            .contains("60 % of practice reviews on time in cycle 2026-C4, and 20 %"),
        "{}",
        slow[0].text
    );
    plans[5].review = Some("2026-12-14T12:00:00Z");
    let found = matters(
        &made(&plans, &terms),
        &BTreeSet::new(),
        date("2026-12-16"),
        &terms,
    );
    assert!(of(&found, "LE-06.2").is_empty(), "80 % is enough");
}

#[tokio::test]
async fn cycles_are_looked_at_once_a_working_day_and_said_once() {
    let council = MemoryCouncil::default();
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open("sqlite::memory:").await.unwrap(),
        case_system: council.clone(),
        terms: Arc::clone(&common::terms(Mode::Observe)),
        limits: Limits::default(),
    };
    let plan = Plan {
        review: Some("2026-12-11T12:00:00Z"),
        first: Some("2026-11-10T12:00:00Z"),
        ..Plan::new(0)
    };
    let episode = plan.made(&app.terms);
    let begin: Timestamp = "2026-12-11T13:00:00Z".parse().unwrap();
    let id = episode.id.clone();
    app.ledger
        .react_one(&id, begin, |_| {
            let source = &app.source;
            let input = Input::TimePassed;
            Some(react(Some(&episode), &id, source, input, &app.terms, begin))
        })
        .await
        .unwrap();
    let mut texts = Vec::new();
    for (day, said) in [
        ("2026-12-20", 0),
        ("2026-12-21", 1),
        ("2026-12-22", 1),
        ("2026-12-30", 2),
        ("2026-12-31", 2),
    ] {
        for hour in ["08:29", "08:30", "12:00"] {
            let now: Timestamp = format!("{day}T{hour}:00Z").parse().unwrap();
            tick::pass(&app, now).await.unwrap();
            dispatch::pass(&app, "test", || now).await.unwrap();
        }
        let written = council.written().into_iter();
        texts = written
            .map(|one| format!("{one:?}"))
            .filter(|text| text.contains("No sample of cycle"))
            .collect();
        assert_eq!(texts.len(), said, "{day}: {texts:?}");
    }
    assert!(texts[1].contains("Leadership Team"), "{texts:?}");
}
