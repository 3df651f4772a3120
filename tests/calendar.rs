//! Do working days and due days come out as an independent reckoning says? One line a case.
//!
//! `tests/calendar/added.txt` and `counted.txt` hold the working days, `local.txt` the local times of
//! London's two odd hours. What must hold for every day is said as a property.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected should stop there"
)]

use std::collections::BTreeMap;

use greentick::practice::calendar::{Calendar, Closure};
use greentick::practice::deadlines::{due_day, lateness, milestones};
use greentick::practice::decision::{Allocation, Moderation, ModerationOutcome, Pause};
use greentick::practice::episode::{
    Episode, Evaluation, Finished, Outage, Presence, Stage, Step, StepStatus,
};
use greentick::practice::ids::{Digest, StepId};
use greentick::practice::known::Known;
use greentick::practice::sighting::StepDates;
use greentick::practice::terms::{CompletionEvent, Policy};
use jiff::{Timestamp, ToSpan, civil::Date};
use proptest::prelude::*;

fn date(text: &str) -> Date {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no day"))
}

fn england() -> Calendar {
    let feed = include_str!("../config/bank-holidays.json");
    Calendar::new(feed, "england-and-wales", &[]).unwrap()
}

/// The cells of each case; every line must have `columns` of them.
fn cases(table: &str, columns: usize) -> Vec<Vec<&str>> {
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<Vec<&str>> = lines
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for row in &rows {
        assert_eq!(row.len(), columns, "{row:?}");
    }
    assert!(!rows.is_empty(), "a table without cases proves nothing");
    rows
}

#[test]
fn working_days_are_added_as_the_table_says() {
    let calendar = england();
    for row in cases(include_str!("calendar/added.txt"), 3) {
        let found = calendar.add(date(row[0]), row[1].parse().unwrap());
        assert_eq!(found.to_string(), row[2], "{row:?}");
    }
}

#[test]
fn working_days_are_counted_as_the_table_says() {
    let calendar = england();
    for row in cases(include_str!("calendar/counted.txt"), 3) {
        let found = calendar.between(date(row[0]), date(row[1]));
        assert_eq!(found.to_string(), row[2], "{row:?}");
    }
}

#[test]
fn odd_local_hours_take_the_later_reading() {
    let calendar = england();
    for row in cases(include_str!("calendar/local.txt"), 3) {
        let found = calendar.at_local(date(row[0]), row[1].parse().unwrap());
        assert_eq!(found.to_string(), row[2], "{row:?}");
    }
}

/// An open practice review, allocated 1 Oct 2026.
fn reviewing(due_on: &str) -> Episode {
    let mut episode = Episode::new("LE-2026-0001".into(), "records".into());
    episode.allocation = Some(Allocation {
        cycle: "2026-C3".into(),
        source: "records".into(),
        child: "child-1".into(),
        practitioner: "W-1".into(),
        reviewer: "W-2".into(),
        supervisor: "W-3".into(),
        service_manager: "W-4".into(),
        operational_manager: None,
        service: "assessment".to_owned(),
        allocated_on: date("2026-10-01"),
        due_on: date(due_on),
        conflict_reason: None,
        plan_type: None,
        period: None,
    });
    let seen: Timestamp = "2026-10-02T12:00:00Z".parse().unwrap();
    let step = Step {
        id: StepId("practice_review".to_owned()),
        stage: Stage::PracticeReview,
        status: StepStatus::Started,
        presence: Presence::Present,
        version: None,
        modified_at: None,
        locked: false,
        dates: StepDates::default(),
        assignee: Known::Blank,
        links: Vec::new(),
        facts: BTreeMap::new(),
        people: BTreeMap::new(),
        leg: 1,
        first_seen: seen,
        last_seen: seen,
        content: Digest::of(b"content"),
        matter: Digest::of(b"matter"),
        finished: Vec::new(),
        children: Vec::new(),
        copied_from: None,
        team: None,
        scheduled: None,
        real_since: None,
        clock_from: None,
        hidden: Vec::new(),
    };
    episode.steps.insert("practice_review".into(), step);
    episode
}

fn pause(from: &str, until: &str) -> Pause {
    Pause {
        from: date(from),
        until: date(until),
        reason: "leave".to_owned(),
        at: "2026-01-05T12:00:00Z".parse().unwrap(),
    }
}

fn review_due(episode: &Episode) -> String {
    due_day(
        episode,
        Stage::PracticeReview,
        &Policy::default(),
        &england(),
    )
    .unwrap()
    .to_string()
}

#[test]
fn the_ladder_stands_on_the_days_of_the_table() {
    let ladders = [
        (
            "2026-12-23",
            [
                "2026-12-09",
                "2026-12-16",
                "2026-12-21",
                "2026-12-23",
                "2026-12-24",
                "2026-12-30",
                "2027-01-04",
                "2027-01-11",
            ],
        ),
        // A Saturday: reminded of on the last working day before it, overdue on the first one after it.
        (
            "2026-12-26",
            [
                "2026-12-11",
                "2026-12-18",
                "2026-12-23",
                "2026-12-24",
                "2026-12-29",
                "2026-12-31",
                "2027-01-05",
                "2027-01-12",
            ],
        ),
        (
            "2026-04-02",
            [
                "2026-03-19",
                "2026-03-26",
                "2026-03-31",
                "2026-04-02",
                "2026-04-07",
                "2026-04-09",
                "2026-04-13",
                "2026-04-20",
            ],
        ),
    ];
    let calendar = england();
    for (due, expected) in ladders {
        let found: Vec<String> = milestones(&reviewing(due), &Policy::default(), &calendar)
            .iter()
            .map(|milestone| calendar.local_date(milestone.at).to_string())
            .collect();
        assert_eq!(found, expected, "due {due}");
    }
}

#[test]
fn a_pause_moves_the_completion_date_and_silences_its_days() {
    let mut episode = reviewing("2026-04-17");
    episode.pauses = vec![pause("2026-04-01", "2026-04-10")];
    assert_eq!(review_due(&episode), "2026-04-27");
    let calendar = england();
    for milestone in milestones(&episode, &Policy::default(), &calendar) {
        let day = calendar.local_date(milestone.at);
        let paused = date("2026-04-01") <= day && day <= date("2026-04-10");
        assert!(!paused, "{milestone:?}");
    }
}

#[test]
fn days_of_two_overlapping_pauses_count_once() {
    let mut episode = reviewing("2026-04-17");
    episode.pauses = vec![
        pause("2026-04-01", "2026-04-10"),
        pause("2026-04-08", "2026-04-10"),
    ];
    assert_eq!(review_due(&episode), "2026-04-27");
}

#[test]
fn pauses_are_quiet_in_whatever_order_they_were_recorded() {
    // Ten days are paused, so the reminder ten days before stands on the old date, within a pause.
    let mut episode = reviewing("2026-12-11");
    episode.pauses = vec![
        pause("2026-12-14", "2026-12-18"),
        pause("2026-12-07", "2026-12-11"),
    ];
    let calendar = england();
    for milestone in milestones(&episode, &Policy::default(), &calendar) {
        let day = calendar.local_date(milestone.at);
        for pause in &episode.pauses {
            assert!(!(pause.from <= day && day <= pause.until), "{milestone:?}");
        }
    }
}

#[test]
fn a_finished_review_has_no_milestones() {
    let mut episode = reviewing("2026-12-23");
    for step in episode.steps.values_mut() {
        step.status = StepStatus::Completed;
    }
    assert_eq!(
        milestones(&episode, &Policy::default(), &england()),
        Vec::new()
    );
}

/// Case systems write 31 Dec 9999 for "no end"; that must not read as overdue since 1970.
#[test]
fn the_last_day_of_the_calendar_is_not_long_past() {
    let calendar = england();
    assert!(calendar.end_of_day(date("9999-12-31")) > calendar.end_of_day(date("2028-12-31")));
    for milestone in milestones(&reviewing("9999-12-31"), &Policy::default(), &calendar) {
        assert!(
            milestone.at > "2029-01-01T00:00:00Z".parse().unwrap(),
            "{milestone:?}"
        );
    }
}

proptest! {
    #[test]
    fn adding_and_counting_agree(days in 0_i32..3600, count in -120_i32..120) {
        let calendar = england();
        let from = date("2019-01-01").checked_add(days.days()).unwrap();
        let to = calendar.add(from, count);
        // A day off is in neither direction's count, so only a start on a working day is symmetric.
        let back = if calendar.is_working_day(from) || count > 0 { count } else { count + 1 };
        if count != 0 {
            prop_assert!(calendar.is_working_day(to));
            prop_assert_eq!(calendar.between(from, to), back);
        } else {
            prop_assert_eq!(to, from);
        }
    }

    #[test]
    fn a_later_day_never_ends_up_earlier(days in 0_i32..3600, gap in 0_i32..40, count in -60_i32..60) {
        let calendar = england();
        let from = date("2019-01-01").checked_add(days.days()).unwrap();
        let later = from.checked_add(gap.days()).unwrap();
        prop_assert!(calendar.add(from, count) <= calendar.add(later, count));
        prop_assert!(calendar.end_of_day(from) <= calendar.end_of_day(later));
        prop_assert_eq!(calendar.local_date(calendar.end_of_day(from)), from);
        prop_assert_eq!(calendar.local_date(calendar.start_of_day(from)), from);
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A step of another stage, open or finished.
fn put(episode: &mut Episode, stage: Stage, finished: Option<&str>) {
    let mut step = episode.steps[&StepId("practice_review".to_owned())].clone();
    step.id = StepId(stage.name().to_owned());
    step.stage = stage;
    step.status = StepStatus::Started;
    step.finished.clear();
    if let Some(finished) = finished {
        step.status = StepStatus::Completed;
        step.finished.push(Finished {
            leg: 1,
            at: at(finished),
            observed_at: at(finished),
            permit: None,
            bypass: false,
            undone: None,
        });
    }
    episode.steps.insert(step.id.clone(), step);
}

fn due_of(episode: &Episode, stage: Stage, policy: &Policy) -> String {
    let due = due_day(episode, stage, policy, &england());
    due.map_or_else(|| "none".to_owned(), |day| day.to_string())
}

#[test]
fn the_later_steps_are_due_so_many_working_days_after_the_one_before() {
    let mut episode = reviewing("2026-12-23");
    put(
        &mut episode,
        Stage::PracticeReview,
        Some("2026-12-01T15:00:00Z"),
    );
    put(&mut episode, Stage::SupervisorActions, None);
    let policy = Policy::default();
    assert_eq!(
        due_of(&episode, Stage::SupervisorActions, &policy),
        "2027-01-08"
    );
    episode.pauses = vec![pause("2026-11-20", "2026-12-02")];
    // Only what lies after the Finish before it counts: one day.
    assert_eq!(
        due_of(&episode, Stage::SupervisorActions, &policy),
        "2027-01-11"
    );
    episode.pauses.clear();
    put(
        &mut episode,
        Stage::SupervisorActions,
        Some("2026-12-18T15:00:00Z"),
    );
    put(&mut episode, Stage::SignOff, None);
    assert_eq!(due_of(&episode, Stage::SignOff, &policy), "2027-01-06");
    // If completion is the sign-off, all of them are due on the completion date.
    let completed = Policy {
        completion_event: CompletionEvent::S4,
        ..Policy::default()
    };
    assert_eq!(due_of(&episode, Stage::SignOff, &completed), "2026-12-23");
    let ladder: Vec<i32> = milestones(&episode, &policy, &england())
        .iter()
        .map(|milestone| milestone.working_days)
        .collect();
    assert_eq!(ladder, [-2, 0, 1, 3, 5], "the sign-off's own ladder");
}

#[test]
fn waiting_for_moderation_stops_the_reviewers_clock_and_no_longer_than_five_working_days() {
    let policy = Policy::default();
    // Asked on a Monday, answered on the Wednesday: two working days; unanswered, five.
    for (answered, due) in [
        (None, "2026-12-08"),
        (Some("2026-11-18T10:00:00Z"), "2026-12-03"),
        (Some("2026-11-16T15:00:00Z"), "2026-12-01"),
        (Some("2026-11-30T10:00:00Z"), "2026-12-08"),
    ] {
        let mut episode = reviewing("2026-12-01");
        let request =
            serde_json::json!({ "by": "W-2", "at": "2026-11-16T09:00:00Z", "grade": null });
        episode.moderation_requests = vec![serde_json::from_value(request).unwrap()];
        if let Some(answered) = answered {
            episode.moderations.push(Moderation {
                id: "m".to_owned(),
                by: "W-9".into(),
                at: at(answered),
                grade: Evaluation::Outstanding,
                outcome: ModerationOutcome::Agree,
                instead: None,
                on: Digest::of(b"on"),
            });
        }
        assert_eq!(
            due_of(&episode, Stage::PracticeReview, &policy),
            due,
            "{answered:?}"
        );
        let original = lateness(&episode, date("2026-12-10"), &policy, &england()).unwrap();
        assert_eq!(original.original, 7);
        assert!(original.current <= original.original);
        // The supervisor does not wait for it.
        put(
            &mut episode,
            Stage::PracticeReview,
            Some("2026-11-16T17:00:00Z"),
        );
        put(&mut episode, Stage::SupervisorActions, None);
        assert_eq!(
            due_of(&episode, Stage::SupervisorActions, &policy),
            "2026-12-21"
        );
    }
}

#[test]
fn a_pause_of_what_is_late_already_is_quiet_and_over_on_its_last_day() {
    let mut episode = reviewing("2026-12-01");
    episode.pauses = vec![pause("2026-12-07", "2026-12-11")];
    assert_eq!(review_due(&episode), "2026-12-11");
}

#[test]
fn a_day_is_lost_if_half_of_its_hours_were() {
    for (from, until, days) in [
        (
            "2026-11-18T16:00:00Z",
            "2026-11-24T12:00:00Z",
            Some(("2026-11-19", "2026-11-23")),
        ),
        ("2026-11-18T12:59:00Z", "2026-11-18T13:01:00Z", None),
        ("2026-11-18T09:00:00Z", "2026-11-18T12:59:00Z", None),
        (
            "2026-11-18T09:00:00Z",
            "2026-11-18T13:00:00Z",
            Some(("2026-11-18", "2026-11-18")),
        ),
        (
            "2026-11-18T13:00:00Z",
            "2026-11-18T23:00:00Z",
            Some(("2026-11-18", "2026-11-18")),
        ),
        ("2026-11-20T17:00:00Z", "2026-11-23T09:00:00Z", None),
        // Summer time: nine o'clock in London is eight in Greenwich.
        (
            "2026-06-17T08:00:00Z",
            "2026-06-17T12:00:00Z",
            Some(("2026-06-17", "2026-06-17")),
        ),
        // The long day of autumn, a Sunday, is none that was lost.
        ("2026-10-24T20:00:00Z", "2026-10-25T23:00:00Z", None),
    ] {
        let found = Outage::between(at(from), at(until), &england());
        let found = found.map(|lost| (lost.from.to_string(), lost.until.to_string()));
        let days = days.map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found, days, "{from} {until}");
    }
}

proptest! {
    /// Invariant: nothing is overdue, and nobody is told anything, on a day of a pause, however pauses lie.
    #[test]
    fn nothing_is_overdue_while_the_clock_stands_still(
        due in 0_i64..60, spans in prop::collection::vec((-10_i64..80, 0_i64..15), 1..5)
    ) {
        let calendar = england();
        let begin = date("2026-11-02");
        let day = |n: i64| begin.checked_add(n.days()).unwrap();
        let mut episode = reviewing(&day(due).to_string());
        let paused = |(from, length): &(i64, i64)| pause(&day(*from).to_string(), &day(from + length).to_string());
        episode.pauses = spans.iter().map(paused).collect();
        let due = due_day(&episode, Stage::PracticeReview, &Policy::default(), &calendar).unwrap();
        for pause in &episode.pauses {
            prop_assert!(due >= pause.until, "{due} {pause:?}");
            for milestone in milestones(&episode, &Policy::default(), &calendar) {
                let told = calendar.local_date(milestone.at);
                prop_assert!(!(pause.from <= told && told <= pause.until), "{milestone:?}");
                prop_assert!(calendar.is_working_day(told));
            }
        }
    }
}

#[test]
fn a_moment_is_an_instant_a_local_time_or_the_end_of_a_local_day() {
    for (text, instant) in [
        ("2026-11-23T14:02:00Z", "2026-11-23T14:02:00Z"),
        ("2026-06-23T14:02:00+01:00", "2026-06-23T13:02:00Z"),
        ("2026-11-23 14:02", "2026-11-23T14:02:00Z"),
        ("2026-06-23 14:02", "2026-06-23T13:02:00Z"),
        ("2026-11-23", "2026-11-23T23:59:59Z"),
        ("2026-06-23", "2026-06-23T22:59:59Z"),
    ] {
        let found = england().moment(text).unwrap();
        assert_eq!(found.to_string(), instant, "{text}");
    }
    assert!(england().moment("tomorrow").is_err());
}

#[test]
fn a_closure_may_be_of_one_day_and_does_not_end_before_it_begins() {
    let feed = include_str!("../config/bank-holidays.json");
    let closed = |from: &str, until: &str| {
        let (from, until) = (date(from), date(until));
        Calendar::new(feed, "england-and-wales", &[Closure { from, until }])
    };
    let day = closed("2026-11-24", "2026-11-24").unwrap();
    assert!(!day.is_working_day(date("2026-11-24")));
    assert!(day.is_working_day(date("2026-11-25")));
    let days = closed("2026-11-24", "2026-11-25").unwrap();
    assert!(!days.is_working_day(date("2026-11-25")));
    assert!(closed("2026-11-25", "2026-11-24").is_err());
}

#[test]
fn the_end_of_the_known_holidays_is_warned_of_less_than_sixty_days_ahead() {
    let last = *england().days_off().last().unwrap();
    for (days, warned) in [(59, true), (60, false), (61, false)] {
        let today = last.checked_sub(days.days()).unwrap();
        let warning = england().expiry_warning(today);
        assert_eq!(warning.is_some(), warned, "{days}");
    }
}
