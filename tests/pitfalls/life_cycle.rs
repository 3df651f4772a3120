//! What becomes of steps that are hidden, deleted, copied, merged, or about several children?

use std::sync::Arc;

use greentick::case_system::StepAnswer;
use greentick::practice::episode::{Presence, Stage, StepStatus};
use greentick::practice::ids::{ChildKey, StepId};
use greentick::practice::known::Known;
use greentick::practice::terms::{HiddenClock, Mode};

use crate::stand::{Stand, child, common_terms, finish, review, stage};

async fn hidden_under(clock: HiddenClock) -> Stand {
    let mut terms = Arc::unwrap_or_clone(common_terms(Mode::Observe));
    terms.policy.hidden_clock = clock;
    let stand = Stand::under(Arc::new(terms)).await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.fate(|fate| {
        fate.answers.insert(StepId::from("7"), StepAnswer::Hidden);
    });
    for hour in ["11", "12", "13"] {
        stand.sweep(&format!("2026-11-18T{hour}:00:00Z")).await;
    }
    stand.tick("2026-11-18T13:01:00Z").await;
    stand
}

fn is_restricted_note(text: &str) -> bool {
    text.contains("The record is restricted")
}

#[tokio::test]
async fn p22_a_restricted_step_keeps_its_row_and_the_qa_manager_hears_once_by_reference() {
    let stand = hidden_under(HiddenClock::Run).await;
    let step = stand.step("LE-7", "7").await;
    assert_eq!(step.presence, Presence::Hidden);
    assert_eq!(step.status, StepStatus::Started, "what was seen is kept");
    let written = stand.written();
    let notes: Vec<_> = written
        .iter()
        .filter(|one| is_restricted_note(&one.text))
        .collect();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].operation, "notice", "it is put on no step");
    assert!(notes[0].text.contains("QA manager"), "{}", notes[0].text);
    assert_eq!(stand.concerns("LE-7").await, ["restricted"]);
}

#[tokio::test]
async fn p22_the_clock_runs_on_by_default_and_only_the_qa_manager_is_told() {
    let stand = hidden_under(HiddenClock::Run).await;
    stand.tick("2026-11-23T09:00:00Z").await;
    let last = stand.written().last().unwrap().clone();
    assert!(last.text.contains("1 working day overdue"), "{}", last.text);
    assert!(
        last.text.contains("For the attention of: QA manager."),
        "{}",
        last.text
    );
    assert_eq!((last.operation.as_str(), last.step), ("notice", None));
    // Seen again, it goes on where it was.
    stand.fate(|fate| fate.answers.clear());
    stand.sweep("2026-11-23T10:00:00Z").await;
    assert!(stand.concerns("LE-7").await.is_empty());
    stand.tick("2026-11-25T09:00:00Z").await;
    let last = stand.written().last().unwrap().clone();
    assert_eq!(last.step, Some(StepId::from("7")), "{}", last.text);
    assert_eq!(stand.told("1 working day overdue"), 1);
}

#[tokio::test]
async fn p22_a_frozen_clock_stands_still_and_moves_the_date_on() {
    let stand = hidden_under(HiddenClock::Freeze).await;
    stand.tick("2026-11-24T09:00:00Z").await;
    assert_eq!(stand.told("overdue"), 0);
    assert!(
        stand.said("cured").await.is_empty(),
        "nobody can see whether it is"
    );
    stand.fate(|fate| fate.answers.clear());
    // Hidden from Wednesday 18 to Wednesday 25: five working days, so it is due on Friday 27.
    stand.sweep("2026-11-25T10:00:00Z").await;
    stand.tick("2026-11-26T09:00:00Z").await;
    assert_eq!(stand.told("overdue"), 0);
    stand.tick("2026-11-30T09:00:00Z").await;
    // A note on the step, and the QA manager's notice.
    assert_eq!(stand.told("was due on 27 November 2026"), 2);
}

#[tokio::test]
async fn p24_a_subjectless_step_gains_a_subject() {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    assert_eq!(stand.episode("LE-7").await.child, None);
    stand.save("7", "2026-11-16T11:00:00Z", |step| step.child = child("A"));
    stand.poll("2026-11-16T11:01:00Z").await;
    let episode = stand.episode("LE-7").await;
    assert_eq!(episode.child, Some(ChildKey::from("A")));
    assert!(episode.earlier_keys.is_empty(), "nothing was merged");
}

#[tokio::test]
async fn p24_a_group_step_of_three_siblings_is_one_episode() {
    let stand = Stand::new().await;
    let mut seen = review("7", "LE-7");
    seen.child = child("A");
    seen.siblings = vec![ChildKey::from("B"), ChildKey::from("C")];
    stand.add(seen, "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    let episodes = stand.app.ledger.episodes(None).await.unwrap();
    assert_eq!(episodes.len(), 1);
    let keys: Vec<&str> = episodes[0]
        .keys()
        .into_iter()
        .map(ChildKey::as_str)
        .collect();
    assert_eq!(keys, ["A", "B", "C"]);
    assert!(stand.concerns("LE-7").await.is_empty());
}

#[tokio::test]
async fn p24_a_list_with_a_row_for_each_sibling_shows_one_step() {
    let stand = Stand::new().await;
    let seen = review("7", "LE-7");
    stand.add(seen.clone(), "2026-11-16T10:00:00Z");
    let row = |of: &str| {
        let mut row = seen.clone();
        row.child = child(of);
        row
    };
    stand.fate(|fate| {
        fate.shown
            .insert(StepId::from("7"), vec![row("A"), row("B"), row("C")]);
    });
    stand.poll("2026-11-16T10:00:00Z").await;
    let again = stand.sweep("2026-11-16T10:01:00Z").await;
    assert_eq!((again.seen, again.unchanged), (1, 1));
    let episode = stand.episode("LE-7").await;
    assert_eq!(episode.keys().len(), 3);
    assert!(
        stand
            .app
            .ledger
            .aliases(&stand.app.source)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn p25_a_copy_is_linked_and_flagged_and_never_judged_as_the_episodes_own() {
    for said_to_be_copied in [true, false] {
        let stand = Stand::new().await;
        stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
        let mut copy = stage("9", "LE-7", Stage::PracticeReview, "2026-11-17T10:00:00Z");
        copy.copied_from = said_to_be_copied.then(|| StepId::from("7"));
        stand.add(copy, "2026-11-17T10:00:00Z");
        stand.poll("2026-11-17T10:01:00Z").await;
        let episode = stand.episode("LE-7").await;
        let own = episode.step_of(Stage::PracticeReview).unwrap();
        assert_eq!(own.id, StepId::from("7"));
        assert_eq!(stand.concerns("LE-7").await, ["second/9"]);
        stand.tick("2026-11-17T10:02:00Z").await;
        assert_eq!(stand.told("second open step"), 1);
        // The copy is cancelled: nothing needs a person any more.
        stand.save("9", "2026-11-18T10:00:00Z", |step| {
            step.status = StepStatus::Cancelled;
        });
        stand.poll("2026-11-18T10:01:00Z").await;
        assert!(stand.concerns("LE-7").await.is_empty());
    }
}

#[tokio::test]
async fn p25_a_copy_of_a_finished_step_does_not_open_the_episode_again() {
    let stand = Stand::new().await;
    let mut done = review("7", "LE-7");
    finish(&mut done, "2026-11-16T10:00:00Z");
    stand.add(done, "2026-11-16T10:00:00Z");
    let mut copy = stage("9", "LE-7", Stage::PracticeReview, "2026-11-17T10:00:00Z");
    copy.copied_from = Some(StepId::from("7"));
    stand.add(copy, "2026-11-17T10:00:00Z");
    stand.poll("2026-11-17T10:01:00Z").await;
    let episode = stand.episode("LE-7").await;
    let own = episode.step_of(Stage::PracticeReview).unwrap();
    assert_eq!((own.id.as_str(), own.status), ("7", StepStatus::Completed));
    assert_eq!(stand.concerns("LE-7").await, ["second/9"]);
}

#[tokio::test]
async fn p27_a_successor_of_a_step_that_is_still_open_is_a_bypass_once() {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    let next = stage(
        "8",
        "LE-7",
        Stage::SupervisorActions,
        "2026-11-17T10:00:00Z",
    );
    stand.add(next, "2026-11-17T10:00:00Z");
    stand.poll("2026-11-17T10:01:00Z").await;
    stand.save("8", "2026-11-17T11:00:00Z", |step| {
        step.status = StepStatus::Started;
        step.child = Known::Blank;
    });
    stand.poll("2026-11-17T11:01:00Z").await;
    let bypasses = stand.said("bypass").await;
    assert_eq!(bypasses.len(), 1);
    assert_eq!(bypasses[0]["immediate"], true);
}
