//! The case system was restored from a backup: does the mirror go back with it, once, and in the open (P19)?

use greentick::app::gate::{self, Ask};
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
