//! What does mode `reverse` leave alone? What is old, and what later work stands on.

use greentick::practice::episode::{Stage, StepStatus};
use greentick::practice::terms::Mode;
use jiff::{SignedDuration, Timestamp};

use crate::stand::Stand;

fn written(stand: &Stand, operation: &str) -> Vec<String> {
    let mut all = stand.app.case_system.written();
    all.retain(|one| one.operation == operation);
    all.into_iter().map(|one| one.text).collect()
}

/// What was said of Finishes that were not undone.
fn left(stand: &Stand) -> Vec<String> {
    let all = stand.app.case_system.written().into_iter();
    let all = all.filter(|one| one.text.contains("has not opened it again"));
    all.map(|one| one.text).collect()
}

/// A review that lacks nearly everything was finished then.
fn finished_at(stand: &Stand, step: &str, at: Timestamp) {
    stand.save(step, |held| {
        held.status = StepStatus::Completed;
        held.dates.completed = Some(at);
    });
}

#[tokio::test]
async fn nothing_from_before_the_first_reading_is_opened_again() {
    let mut stand = Stand::new(Mode::Reverse, "2026-11-03 09:00").await;
    stand.appears("12", "LE-1", Stage::PracticeReview);
    stand.finish("12");
    stand.until("2026-11-06 10:00").await;
    stand.turn().await;
    assert_eq!(written(&stand, "reopen"), Vec::<String>::new());
}

#[tokio::test]
async fn a_finish_that_later_work_stands_on_is_told_once_and_left() {
    let mut stand = Stand::new(Mode::Reverse, "2026-11-03 09:00").await;
    stand.appears("12", "LE-1", Stage::PracticeReview);
    stand.turn().await;
    stand.now += SignedDuration::from_mins(5);
    // The supervisor's step is met as finished before the review's Finish is.
    stand.appears("13", "LE-1", Stage::SupervisorActions);
    stand.finish("13");
    stand.turn().await;
    stand.now += SignedDuration::from_mins(5);
    stand.finish("12");
    stand.until("2026-11-06 10:00").await;
    stand.turn().await;
    let opened = written(&stand, "reopen");
    assert!(
        !opened.iter().any(|text| text.contains("LE-20")),
        "{opened:#?}"
    );
    let told = left(&stand);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].contains("step 12 was finished without a permit on 3 November 2026"),
        "{told:#?}"
    );
    assert!(
        told[0].contains("later work of this Learning Episode is finished"),
        "{told:#?}"
    );
}

#[tokio::test]
async fn a_reopening_that_is_owed_is_not_sent_once_later_work_is_finished() {
    let mut stand = Stand::new(Mode::Reverse, "2026-11-03 09:00").await;
    stand.appears("12", "LE-1", Stage::PracticeReview);
    stand.turn().await;
    stand.now += SignedDuration::from_mins(5);
    stand.finish("12");
    stand.appears("13", "LE-1", Stage::SupervisorActions);
    stand.finish("13");
    stand.turn().await;
    let rows = stand.app.ledger.outbox_list().await.unwrap();
    let row = rows
        .iter()
        .find(|row| row.operation == "reopen" && row.key.contains("/12/"));
    let why = row.and_then(|row| row.why.clone()).unwrap();
    assert!(why.contains("later work"), "{why}");
}

#[tokio::test]
async fn what_an_outage_hid_for_days_is_left_to_a_person() {
    for (hours, is_undone) in [(71, true), (73, false)] {
        let mut stand = Stand::new(Mode::Reverse, "2026-11-03 09:00").await;
        stand.appears("12", "LE-1", Stage::PracticeReview);
        stand.turn().await;
        let pressed = stand.now + SignedDuration::from_mins(5);
        stand.now = pressed + SignedDuration::from_hours(hours);
        finished_at(&stand, "12", pressed);
        stand.turn().await;
        assert_eq!(written(&stand, "reopen").len(), usize::from(is_undone));
        stand.until("2026-11-10 10:00").await;
        stand.turn().await;
        let told = left(&stand);
        assert_eq!(told.len(), usize::from(!is_undone), "{told:#?}");
        assert!(
            told.iter()
                .all(|text| text.contains("more than three days after")),
            "{told:#?}"
        );
    }
}
