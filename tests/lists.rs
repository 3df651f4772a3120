//! What is believed of a list that leaves a step out, or shows its successor first? A scripted case system and the
//! ledger's mirror.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, mirror};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, Quarantined, StepAnswer,
};
use greentick::ledger::Ledger;
use greentick::practice::effect::Effect;
use greentick::practice::episode::{Presence, Stage, StepStatus};
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::sighting::{Sighting, StepDates};
use greentick::practice::terms::Mode;
use jiff::Timestamp;

/// Steps, some of which the list leaves out, and what a direct read of those says.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    steps: BTreeMap<StepId, Sighting>,
    unlisted: BTreeSet<StepId>,
    unreadable: BTreeSet<StepId>,
    answers: BTreeMap<StepId, StepAnswer>,
    read_alone: Vec<StepId>,
}

impl Scripted {
    fn page(&self) -> FeedPage {
        let script = self.0.lock().unwrap();
        let listed = script
            .steps
            .values()
            .filter(|step| !script.unlisted.contains(&step.step));
        let (bad, good): (Vec<_>, Vec<_>) =
            listed.partition(|step| script.unreadable.contains(&step.step));
        FeedPage {
            sightings: good.into_iter().cloned().collect(),
            quarantined: bad.into_iter().map(set_aside).collect(),
            ..FeedPage::default()
        }
    }

    /// From now on the list leaves these out, and a direct read answers as given.
    fn leave_out(&self, steps: &[&str], answer: &StepAnswer) {
        let mut script = self.0.lock().unwrap();
        for id in steps {
            script.unlisted.insert(StepId::from(*id));
            script.answers.insert(StepId::from(*id), answer.clone());
        }
    }
}

fn set_aside(step: &Sighting) -> Quarantined {
    Quarantined {
        step: Some(step.step.to_string()),
        path: "status".to_owned(),
        reason: "an unknown status".to_owned(),
        fingerprint: step.step.to_string(),
    }
}

impl CaseSystem for Scripted {
    async fn changes(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(self.page())
    }

    async fn open_steps(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(self.page())
    }

    async fn step(
        &self,
        step: &StepId,
        _: Duration,
        _: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        let mut script = self.0.lock().unwrap();
        script.read_alone.push(step.clone());
        Ok(script
            .answers
            .get(step)
            .cloned()
            .unwrap_or(StepAnswer::Missing))
    }

    async fn perform(&self, _: &Effect) -> Outcome {
        Outcome::Done
    }

    async fn find(&self, _: &Effect) -> Found {
        Found::No
    }
}

/// An app over forty open steps, all mirrored.
async fn forty(folder: &tempfile::TempDir) -> (App<Scripted>, Timestamp) {
    let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let council = Scripted::default();
    for n in 1..=40 {
        let step = common::review(&n.to_string(), &format!("LE-{n}"), now);
        let mut script = council.0.lock().unwrap();
        script.steps.insert(step.step.clone(), step);
    }
    let url = format!("sqlite:{}", folder.path().join("ledger.sqlite3").display());
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open(&url).await.unwrap(),
        case_system: council,
        terms: common::terms(Mode::Observe),
        limits: Limits::default(),
    };
    mirror::poll(&app, now).await.unwrap();
    (app, now)
}

async fn presence(app: &App<Scripted>, step: &str) -> Presence {
    let rows = app.ledger.mirror().await.unwrap();
    let row = rows.iter().find(|row| row.step == StepId::from(step));
    row.unwrap().presence
}

#[tokio::test]
async fn one_sweep_without_a_step_proves_nothing_and_a_second_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    app.case_system.leave_out(&["7"], &StepAnswer::Missing);
    let first = mirror::sweep(&app, now).await.unwrap();
    assert_eq!((first.looked_for, first.missing), (1, 1));
    assert_eq!(presence(&app, "7").await, Presence::Present);
    mirror::sweep(&app, now).await.unwrap();
    assert_eq!(presence(&app, "7").await, Presence::Deleted);
}

#[tokio::test]
async fn a_step_that_comes_back_between_two_sweeps_was_never_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    app.case_system.leave_out(&["7"], &StepAnswer::Missing);
    mirror::sweep(&app, now).await.unwrap();
    app.case_system.0.lock().unwrap().unlisted.clear();
    mirror::sweep(&app, now).await.unwrap();
    app.case_system.leave_out(&["7"], &StepAnswer::Missing);
    mirror::sweep(&app, now).await.unwrap();
    assert_eq!(presence(&app, "7").await, Presence::Present);
}

#[tokio::test]
async fn the_case_systems_own_word_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    app.case_system.leave_out(&["7"], &StepAnswer::Gone);
    app.case_system.leave_out(&["8"], &StepAnswer::Hidden);
    mirror::sweep(&app, now).await.unwrap();
    assert_eq!(presence(&app, "7").await, Presence::Deleted);
    assert_eq!(presence(&app, "8").await, Presence::Hidden);
}

#[tokio::test]
async fn many_at_once_are_not_believed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    let many = ["1", "2", "3", "4", "5"];
    app.case_system.leave_out(&many, &StepAnswer::Missing);
    mirror::sweep(&app, now).await.unwrap();
    let second = mirror::sweep(&app, now).await.unwrap();
    assert_eq!(second.too_many_missing, 5);
    for step in many {
        assert_eq!(presence(&app, step).await, Presence::Present);
    }
}

#[tokio::test]
async fn a_step_in_the_list_that_cannot_be_read_is_not_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    let bad = StepId::from("9");
    app.case_system.0.lock().unwrap().unreadable.insert(bad);
    mirror::sweep(&app, now).await.unwrap();
    mirror::sweep(&app, now).await.unwrap();
    assert!(app.case_system.0.lock().unwrap().read_alone.is_empty());
    assert_eq!(presence(&app, "9").await, Presence::Present);
    assert_eq!(app.ledger.quarantine().await.unwrap().len(), 1);
}

#[tokio::test]
async fn everything_is_compared_once_in_a_span_whatever_restarts_lie_between() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    let day = Duration::from_hours(24);
    let due = async |at| mirror::reconcile_due_in(&app, day, at).await.unwrap();
    assert_eq!(due(now).await, day);
    let later = now + Duration::from_hours(20);
    assert_eq!(due(later).await, Duration::from_hours(4));
    let tomorrow = now + Duration::from_hours(25);
    assert_eq!(due(tomorrow).await, Duration::ZERO);
    let report = mirror::reconcile(&app, tomorrow).await.unwrap();
    assert_eq!((report.seen, report.unchanged), (80, 80));
    assert_eq!(due(tomorrow).await, day);
}

#[tokio::test]
async fn a_successor_listed_before_the_finish_that_made_it_accuses_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (app, now) = forty(&folder).await;
    let bypasses = async || {
        let mut export = Vec::new();
        app.ledger.export(&mut export).await.unwrap();
        let text = String::from_utf8(export).unwrap();
        text.matches("\"immediate\":true").count()
    };
    // On record step 7 is open. It was finished since, but this page shows only what it led to.
    let later = now + Duration::from_mins(5);
    let mut finished = common::review("7", "LE-7", later);
    finished.status = StepStatus::Completed;
    finished.version = Some("2".to_owned());
    finished.dates.completed = Some(later);
    let successor = |id: &str, episode: &str| Sighting {
        stage: Stage::SupervisorActions,
        dates: StepDates {
            incoming: Some(later),
            ..StepDates::default()
        },
        ..common::review(id, episode, later)
    };
    let shown = |step: Sighting, answer: StepAnswer, of: &str| {
        let mut script = app.case_system.0.lock().unwrap();
        script.steps.clear();
        script.steps.insert(step.step.clone(), step);
        script.answers.insert(StepId::from(of), answer);
    };
    shown(
        successor("107", "LE-7"),
        StepAnswer::Seen(Box::new(finished)),
        "7",
    );
    mirror::poll(&app, later).await.unwrap();
    assert_eq!(bypasses().await, 0);
    // Step 8 really is still open.
    let open = common::review("8", "LE-8", later);
    shown(
        successor("108", "LE-8"),
        StepAnswer::Seen(Box::new(open)),
        "8",
    );
    mirror::poll(&app, later).await.unwrap();
    assert_eq!(bypasses().await, 1);
}
