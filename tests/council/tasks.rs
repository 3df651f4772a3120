//! Are the council's mandatory tasks found, judged and answered, each once?

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use greentick::app::{App, dispatch, mirror, task};
use greentick::case_system::{CaseSystem, HttpCaseSystem};
use greentick::practice::terms::{Mode, Terms};
use greentick::simulator::{Event, StepType};

use crate::stand::{MAPPING, Stand, stand};

const SOON: Duration = Duration::from_secs(10);

/// The app beside the council, holding Finish by the tasks of `W-GT`.
async fn by_task(stand: &Stand) -> App<HttpCaseSystem> {
    let app = stand.app(SOON).await;
    let text = MAPPING.replacen("\n[proof]", "\n[values]\nworker = \"W-GT\"\n\n[proof]", 1);
    let terms = Terms {
        mode: Mode::Task,
        ..app.terms.as_ref().clone()
    };
    App {
        case_system: stand.adapter_of(&text, SOON),
        terms: Arc::new(terms),
        ..app
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_that_may_be_answered_is_answered_once_and_the_others_stand() {
    let stand = stand().await;
    let gate = Event::GateSet {
        step_types: vec![StepType::Practitioner],
        to: "W-GT".to_owned(),
    };
    stand.council.happen(gate).unwrap();
    let app = by_task(&stand).await;
    // People fill in their forms, and some want to Finish.
    stand.live_until("2026-09-20T12:00:00Z").await;
    let open = app.case_system.tasks().await.unwrap();
    assert!(!open.is_empty());
    for _ in 0..3 {
        let now = stand.clock.now();
        mirror::poll(&app, now).await.unwrap();
        let report = task::pass(&app, now).await.unwrap();
        assert_eq!((report.unknown, report.unreadable), (0, 0));
        dispatch::pass(&app, "test", || now).await.unwrap();
        stand.advance(60);
    }
    let received = stand.council.received();
    let answered: Vec<_> = received
        .iter()
        .filter(|one| one.operation == "answer_task")
        .collect();
    let marks: BTreeSet<&str> = answered.iter().map(|one| one.mark.as_str()).collect();
    assert!(!answered.is_empty(), "none was answered");
    assert_eq!(marks.len(), answered.len(), "each is answered once");
    let left = app.case_system.tasks().await.unwrap();
    assert_eq!(left.len() + answered.len(), open.len());
    for one in &answered {
        assert_eq!(one.code.as_deref(), Some("APPROVED"));
    }
}
