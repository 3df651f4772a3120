//! Does a reopening that comes late leave alone the Finish that came after it?
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use greentick::app::{App, Limits, dispatch, mirror};
use greentick::ledger::Ledger;
use greentick::practice::episode::StepStatus;
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::known::Known;
use greentick::practice::terms::Mode;
use greentick::simulator::MemoryCouncil;
use jiff::{SignedDuration, Timestamp};

#[tokio::test]
async fn a_late_reopening_undoes_only_the_finish_it_was_owed_for() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/ledger.sqlite3", folder.path().display());
    let council = MemoryCouncil::default();
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open(&url).await.unwrap(),
        case_system: council.clone(),
        terms: common::terms(Mode::Reverse),
        limits: Limits::default(),
    };
    let start: Timestamp = "2026-11-18T10:00:00Z".parse().unwrap();
    let minute = |nth| {
        start
            .saturating_add(SignedDuration::from_mins(nth))
            .unwrap()
    };
    let step = StepId::from("7");
    let mut review = common::review("7", "LE-7", start);
    let graded = Known::Is(Value::Code("outstanding".to_owned()));
    review.facts.insert(Fact::Evaluation, graded);
    council.add(review, start);
    let becomes = |status, now| {
        council.save(&step, now, |seen| {
            seen.status = status;
            if status == StepStatus::Completed {
                seen.dates.completed = Some(now);
            }
        });
    };
    mirror::poll(&app, start).await.unwrap();

    // Finished without moderation: a reopening is owed. Before it is sent, a person opens the step and
    // finishes it once more.
    becomes(StepStatus::Completed, minute(1));
    assert_eq!(mirror::poll(&app, minute(2)).await.unwrap().owed, 1);
    becomes(StepStatus::Reopened, minute(3));
    mirror::poll(&app, minute(4)).await.unwrap();
    becomes(StepStatus::Completed, minute(5));
    assert_eq!(mirror::poll(&app, minute(6)).await.unwrap().owed, 1);
    let report = dispatch::pass(&app, "test", || minute(7)).await.unwrap();
    assert_eq!(report.dead, 1);
    let mut reopened = council.written();
    reopened.retain(|one| one.operation == "reopen");
    assert_eq!(reopened.len(), 1);
    let mut outbox = app.ledger.outbox_list().await.unwrap();
    outbox.retain(|row| row.operation == "reopen");
    let states: Vec<&str> = outbox.iter().map(|row| row.state.as_str()).collect();
    assert_eq!(states, ["dead", "sent"]);
    let why = outbox.first().unwrap().why.clone().unwrap();
    assert!(why.contains("finished again since"), "{why}");
}
