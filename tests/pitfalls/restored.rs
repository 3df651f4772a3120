//! The case system was restored from a backup: does the mirror go back with it, once, and in the open (P19)?

use greentick::app::gate::{self, Ask};
use greentick::app::mirror;
use greentick::case_system::StepAnswer;
use greentick::practice::episode::{Presence, Stage, StepStatus};
use greentick::practice::ids::StepId;
use greentick::practice::sighting::Sighting;
use serde_json::json;

use crate::stand::{Stand, at, finish, review, stage};

/// The case system is as it was when these were all it had; its count of changes goes back with it.
fn restore(stand: &Stand, number: u64, now: &str, then: &[(&str, Option<Sighting>)]) {
    stand.fate(|fate| {
        fate.number = Some(number);
        for (step, was) in then {
            let step = StepId::from(*step);
            match was {
                None => {
                    fate.answers.insert(step, StepAnswer::Missing);
                }
                Some(was) => {
                    let was = Sighting {
                        seen_at: at(now),
                        ..was.clone()
                    };
                    let answer = StepAnswer::Seen(Box::new(was.clone()));
                    fate.direct.insert(step.clone(), answer);
                    fate.shown.insert(step, vec![was]);
                }
            }
        }
    });
}

fn held(stand: &Stand, step: &str) -> Sighting {
    stand
        .app
        .case_system
        .memory
        .get(&StepId::from(step))
        .unwrap()
}

#[tokio::test]
async fn p19_a_finish_that_a_restore_undid_is_shown_and_its_permit_stays_on_record() {
    let stand = Stand::new().await;
    stand.add(review("1", "LE-1"), "2026-11-09T09:00:00Z");
    stand.fate(|fate| fate.number = Some(500));
    stand.poll("2026-11-09T09:01:00Z").await;
    let before = held(&stand, "1");
    // The episode's form is not mapped here, so leave is given provisionally; what counts is that there is one.
    let ask: Ask = serde_json::from_value(json!({ "step": "1", "worker": "W-PR" })).unwrap();
    let told = gate::finish_check(&stand.app, &ask, "D-1", at("2026-11-10T10:00:00Z")).await;
    let permitted = told.unwrap().decision != "hold";
    stand.save("1", "2026-11-10T10:01:00Z", |step| {
        finish(step, "2026-11-10T10:01:00Z");
    });
    stand.fate(|fate| fate.number = Some(520));
    stand.poll("2026-11-10T10:02:00Z").await;
    let finished = stand.step("LE-1", "1").await.finished;
    assert_eq!((finished.len(), finished[0].undone), (1, None));

    restore(
        &stand,
        480,
        "2026-11-11T09:00:00Z",
        &[("1", Some(before.clone()))],
    );
    let report = stand.poll("2026-11-11T09:00:00Z").await;
    assert!(report.complete, "it is read again at once");
    assert!(report.went_back.unwrap().contains("520 to 480"));
    let step = stand.step("LE-1", "1").await;
    assert_eq!(
        (step.status, step.version),
        (StepStatus::Started, before.version)
    );
    let now = finished[0].clone();
    let undone = Some(at("2026-11-11T09:00:00Z"));
    assert_eq!(step.finished[0].undone, undone);
    assert_eq!(step.finished[0].permit, now.permit);
    assert_eq!(step.finished[0].permit.is_some(), permitted);

    // Each thing is said once, however often it is read.
    stand.poll("2026-11-11T09:05:00Z").await;
    stand.sweep("2026-11-11T09:06:00Z").await;
    let back = stand.said("went_back").await;
    assert_eq!(back.len(), 1);
    assert_eq!(
        (&back[0]["from"], &back[0]["to"]),
        (&json!("520"), &json!("480"))
    );
    let lines = stand.said("step_went_back").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["undone"]["at"], "2026-11-10T10:01:00Z");
    assert_eq!(stand.said("reopened").await.len(), 0, "nobody reopened it");
    assert_eq!(stand.said("seen").await.len(), 3);
    assert_eq!(
        stand.concerns("LE-1").await,
        ["undone/1/2026-11-10T10:01:00Z"]
    );
    stand.tick("2026-11-11T09:10:00Z").await;
    assert_eq!(stand.told("is undone"), 1);

    // It is finished anew, and that is a Finish of its own.
    restore(&stand, 485, "2026-11-12T09:00:00Z", &[]);
    stand.fate(|fate| {
        fate.shown.clear();
        fate.direct.clear();
    });
    stand.save("1", "2026-11-12T09:00:00Z", |step| {
        finish(step, "2026-11-12T09:00:00Z");
    });
    stand.poll("2026-11-12T09:01:00Z").await;
    let step = stand.step("LE-1", "1").await;
    assert_eq!((step.leg, step.finished.len()), (2, 2));
    assert_eq!(stand.concerns("LE-1").await, Vec::<String>::new());
}

#[tokio::test]
async fn p19_a_lower_version_is_news_only_of_what_was_seen_before_the_restore() {
    let stand = Stand::new().await;
    stand.add(review("1", "LE-1"), "2026-11-09T09:00:00Z");
    let first = held(&stand, "1");
    stand.save("1", "2026-11-09T10:00:00Z", |step| step.locked = true);
    stand.fate(|fate| fate.number = Some(500));
    stand.poll("2026-11-09T10:01:00Z").await;

    // A page that lags is only late, as long as nothing says that the system went back.
    restore(
        &stand,
        500,
        "2026-11-09T10:02:00Z",
        &[("1", Some(first.clone()))],
    );
    assert_eq!(stand.poll("2026-11-09T10:02:00Z").await.stale, 1);

    restore(
        &stand,
        400,
        "2026-11-09T11:00:00Z",
        &[("1", Some(first.clone()))],
    );
    stand.poll("2026-11-09T11:00:00Z").await;
    assert_eq!(stand.step("LE-1", "1").await.version, first.version);
    // What was seen since the restore does not go back again.
    let mut older = first.clone();
    older.version = Some("0".to_owned());
    older.modified_at = Some(at("2026-11-09T11:30:00Z"));
    stand.save("1", "2026-11-09T11:30:00Z", |_| {});
    restore(&stand, 401, "2026-11-09T11:30:00Z", &[("1", Some(older))]);
    assert_eq!(stand.poll("2026-11-09T11:31:00Z").await.stale, 1);
    assert_eq!(stand.said("step_went_back").await.len(), 1);
}

#[tokio::test]
async fn p19_what_the_restored_system_does_not_know_vanishes_as_ever_and_its_id_may_come_again() {
    let stand = Stand::new().await;
    let supervision = |when| stage("2", "LE-1", Stage::SupervisorActions, when);
    stand.add(review("1", "LE-1"), "2026-11-09T09:00:00Z");
    stand.fate(|fate| fate.number = Some(500));
    stand.poll("2026-11-09T09:01:00Z").await;
    let before = held(&stand, "1");
    stand.save("1", "2026-11-09T10:00:00Z", |step| {
        finish(step, "2026-11-09T10:00:00Z");
    });
    stand.add(supervision("2026-11-09T10:00:00Z"), "2026-11-09T10:00:00Z");
    stand.save("2", "2026-11-09T12:00:00Z", |step| {
        finish(step, "2026-11-09T12:00:00Z");
    });
    stand.fate(|fate| fate.number = Some(520));
    stand.poll("2026-11-09T12:01:00Z").await;

    // Made and finished after the backup: no list of open steps would ever miss it.
    restore(
        &stand,
        470,
        "2026-11-10T09:00:00Z",
        &[("1", Some(before)), ("2", None)],
    );
    stand.poll("2026-11-10T09:00:00Z").await;
    assert_eq!(stand.step("LE-1", "2").await.presence, Presence::Present);
    assert_eq!(stand.sweep("2026-11-10T09:05:00Z").await.missing, 1);
    assert_eq!(stand.step("LE-1", "2").await.presence, Presence::Present);
    stand.sweep("2026-11-10T09:10:00Z").await;
    assert_eq!(stand.step("LE-1", "2").await.presence, Presence::Deleted);
    assert_eq!(
        stand.sweep("2026-11-10T09:15:00Z").await.missing,
        0,
        "it is settled"
    );

    // The review is finished anew, and the step after it gets the same number, with its versions from the beginning.
    let mut again = supervision("2026-11-11T10:00:00Z");
    again.version = Some("1".to_owned());
    again.modified_at = Some(at("2026-11-11T10:00:00Z"));
    stand.fate(|fate| {
        fate.answers.clear();
    });
    stand.save("2", "2026-11-11T10:00:00Z", |_| {});
    restore(&stand, 475, "2026-11-11T10:01:00Z", &[("2", Some(again))]);
    stand.poll("2026-11-11T10:01:00Z").await;
    let step = stand.step("LE-1", "2").await;
    assert_eq!(
        (step.presence, step.status),
        (Presence::Present, StepStatus::Incoming)
    );
}

/// Two open reviews, of which the second was saved at ten; then the lists show it as it was at nine.
async fn shown_older() -> (Stand, Sighting) {
    let stand = Stand::new().await;
    stand.add(review("1", "LE-1"), "2026-11-09T09:00:00Z");
    stand.add(review("2", "LE-2"), "2026-11-09T09:00:00Z");
    let before = held(&stand, "2");
    stand.save("2", "2026-11-09T10:00:00Z", |step| step.locked = true);
    stand.poll("2026-11-09T10:01:00Z").await;
    stand.fate(|fate| {
        fate.shown.insert(StepId::from("2"), vec![before.clone()]);
    });
    (stand, before)
}

fn alone(stand: &Stand, seen: &Sighting) {
    stand.fate(|fate| {
        let answer = StepAnswer::Seen(Box::new(seen.clone()));
        fate.direct.insert(seen.step.clone(), answer);
    });
}

#[tokio::test]
async fn p19_a_copy_that_lags_rolls_no_step_back_however_often_it_is_read() {
    let (stand, before) = shown_older().await;
    // Only the list lags: a read of the step alone shows what is held.
    let report = stand.sweep("2026-11-09T10:05:00Z").await;
    assert_eq!((report.stale, report.older, report.returned), (1, 0, 0));
    // The reads lag too, for a whole day: it is counted apart, and nothing goes back.
    alone(&stand, &before);
    for hour in 11..21 {
        let report = stand.sweep(&format!("2026-11-09T{hour}:00:00Z")).await;
        assert_eq!((report.older, report.returned), (1, 0));
        assert_eq!(report.changed(), 0);
    }
    // What it shows of another step is older than what is held of this one, and proves nothing either.
    stand.save("1", "2026-11-09T10:09:00Z", |_| {});
    for hour in ["21", "22"] {
        stand.sweep(&format!("2026-11-09T{hour}:00:00Z")).await;
    }
    assert!(stand.step("LE-2", "2").await.locked);
    assert_eq!(stand.said("step_went_back").await.len(), 0);
    // Nor does a list that is ahead of it elsewhere, as long as the step alone is as it is held.
    stand.save("1", "2026-11-09T22:30:00Z", |_| {});
    stand.fate(|fate| fate.direct.clear());
    for hour in ["23:00", "23:30"] {
        stand.sweep(&format!("2026-11-09T{hour}:00Z")).await;
    }
    assert!(stand.step("LE-2", "2").await.locked);
}

#[tokio::test]
async fn p19_an_answer_that_shows_later_work_proves_that_an_older_version_is_no_lag() {
    let (stand, before) = shown_older().await;
    alone(&stand, &before);
    let report = stand.sweep("2026-11-09T10:30:00Z").await;
    assert_eq!((report.older, report.returned), (1, 0));
    // Work goes on after the restore, long after the version that we hold.
    stand.save("1", "2026-11-09T11:00:00Z", |_| {});
    let report = stand.sweep("2026-11-09T11:05:00Z").await;
    assert_eq!((report.older, report.returned), (1, 0), "once is no proof");
    let report = stand.sweep("2026-11-09T11:35:00Z").await;
    assert_eq!((report.older, report.returned), (0, 1));
    assert_eq!(report.changed(), 1);
    let step = stand.step("LE-2", "2").await;
    assert_eq!((step.locked, step.version), (false, before.version));
    assert_eq!(stand.said("step_went_back").await.len(), 1);
    let report = stand.sweep("2026-11-09T12:05:00Z").await;
    assert_eq!((report.stale, report.older, report.returned), (0, 0, 0));
}

#[tokio::test]
async fn p19_a_person_who_knows_of_a_restore_says_so_and_everything_is_compared() {
    let (stand, before) = shown_older().await;
    alone(&stand, &before);
    let plain = mirror::reconcile(&stand.app, at("2026-11-09T11:00:00Z"));
    let plain = plain.await.unwrap();
    assert_eq!((plain.older, plain.returned), (1, 0));
    assert!(stand.step("LE-2", "2").await.locked);
    let report = mirror::restored_by_word(&stand.app, at("2026-11-09T11:05:00Z"));
    let report = report.await.unwrap();
    assert!(report.complete && report.went_back.is_some());
    assert!(!stand.step("LE-2", "2").await.locked);
    assert_eq!(stand.said("went_back").await.len(), 1);
    assert_eq!(stand.said("step_went_back").await.len(), 1);
}

#[tokio::test]
async fn p19_a_step_set_aside_that_can_be_read_in_an_older_version_leaves_quarantine() {
    let (stand, before) = shown_older().await;
    stand.fate(|fate| {
        fate.unreadable.insert(StepId::from("2"));
    });
    stand.sweep("2026-11-09T10:05:00Z").await;
    assert_eq!(stand.app.ledger.quarantine().await.unwrap().len(), 1);
    stand.fate(|fate| fate.unreadable.clear());
    alone(&stand, &before);
    stand.sweep("2026-11-09T10:10:00Z").await;
    assert_eq!(stand.app.ledger.quarantine().await.unwrap().len(), 0);
    assert!(stand.step("LE-2", "2").await.locked);
}
