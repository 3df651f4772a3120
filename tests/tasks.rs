//! Is a task answered when Finish is permitted, once, and never while it is held?
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, decide, dispatch, mirror, task, tick};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, OpenTask, Outcome, StepAnswer,
};
use greentick::ledger::Ledger;
use greentick::practice::decision::{Decided, Decision, ReasonAbout};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Stage, StepStatus};
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{EpisodeId, SourceName, StepId, TaskId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::sighting::Sighting;
use greentick::practice::terms::Mode;
use greentick::simulator::{MemoryCouncil, Written};
use jiff::{SignedDuration, Timestamp};

/// A council whose steps are held by a task each; it can be out of order.
#[derive(Clone, Default)]
struct Council {
    memory: MemoryCouncil,
    open: Arc<Mutex<Vec<OpenTask>>>,
    down: Arc<Mutex<bool>>,
}

impl CaseSystem for Council {
    async fn changes(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        self.memory.changes(at, now).await
    }
    async fn open_steps(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        self.memory.open_steps(at, now).await
    }
    async fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        if *self.down.lock().unwrap() {
            return Err(CaseFault::Unreachable("away".to_owned()));
        }
        self.memory.step(step, budget, now).await
    }
    async fn perform(&self, effect: &Effect) -> Outcome {
        if let Act::AnswerTask { task, .. } = &effect.act {
            self.open.lock().unwrap().retain(|one| one.id != *task);
        }
        self.memory.perform(effect).await
    }
    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
    async fn tasks(&self) -> Result<Vec<OpenTask>, CaseFault> {
        Ok(self.open.lock().unwrap().clone())
    }
}

struct Story {
    app: App<Council>,
    now: Timestamp,
}

impl Story {
    /// A practitioner's step, its reflection as long as given, and the task that holds it.
    async fn begin(reflection: u32) -> Self {
        let council = Council::default();
        let now: Timestamp = "2026-11-10T09:00:00Z".parse().unwrap();
        council.memory.add(practitioner(reflection, now), now);
        council.open.lock().unwrap().push(OpenTask {
            id: TaskId::from("T-1"),
            step: StepId::from("7"),
        });
        let app = App {
            source: SourceName::from("council"),
            ledger: Ledger::open("sqlite::memory:").await.unwrap(),
            case_system: council,
            terms: common::terms(Mode::Task),
            limits: Limits::default(),
        };
        Self { app, now }
    }

    /// Everything that the daemon does in a round, `minutes` later.
    async fn turn(&mut self, minutes: i64) -> task::Tasked {
        self.now += SignedDuration::from_mins(minutes);
        mirror::poll(&self.app, self.now).await.unwrap();
        let report = task::pass(&self.app, self.now).await.unwrap();
        tick::pass(&self.app, self.now).await.unwrap();
        dispatch::pass(&self.app, "test", || self.now)
            .await
            .unwrap();
        report
    }

    fn save(&self, change: impl FnOnce(&mut Sighting)) {
        let step = StepId::from("7");
        assert!(self.app.case_system.memory.save(&step, self.now, change));
    }

    fn written(&self, operation: &str) -> Vec<Written> {
        let mut all = self.app.case_system.memory.written();
        all.retain(|one| one.operation == operation);
        all
    }

    /// What was said of the task; reminders of the date are another matter.
    fn said(&self) -> Vec<Written> {
        let mut notes = self.written("note");
        notes.retain(|note| note.text.contains("its task"));
        notes
    }

    async fn decide(&self, by: &str, what: Decided) {
        let decision = Decision {
            id: format!("D {}", self.now),
            episode: EpisodeId::from("LE-1"),
            by: WorkerId::from(by),
            at: self.now,
            what,
        };
        decide::record(&self.app, &decision, self.now)
            .await
            .unwrap();
    }

    async fn entered(&self) -> (Option<String>, bool) {
        let episode = self.app.ledger.episode(&EpisodeId::from("LE-1")).await;
        let episode = episode.unwrap().unwrap();
        let step = episode.steps.get(&StepId::from("7")).unwrap();
        let finished = step.finished.last().unwrap();
        (finished.permit.clone(), finished.bypass)
    }
}

fn practitioner(reflection: u32, now: Timestamp) -> Sighting {
    let seen = common::review("7", "LE-1", now);
    Sighting {
        stage: Stage::Practitioner,
        assignee: Known::Is(WorkerId::from("W-PRACTITIONER")),
        facts: [
            (Fact::ReflectionLength, Known::Is(Value::Length(reflection))),
            (Fact::FocusLength, Known::Is(Value::Length(80))),
        ]
        .into(),
        ..seen
    }
}

fn reflects(length: u32) -> impl FnOnce(&mut Sighting) {
    move |step| {
        let value = Known::Is(Value::Length(length));
        step.facts.insert(Fact::ReflectionLength, value);
    }
}

fn finishes(at: Timestamp) -> impl FnOnce(&mut Sighting) {
    move |step| {
        step.status = StepStatus::Completed;
        step.dates.completed = Some(at);
    }
}

#[tokio::test]
async fn a_task_is_answered_once_and_its_finish_is_covered_days_later() {
    let mut story = Story::begin(640).await;
    assert_eq!(story.turn(0).await.answered, 1);
    let answers = story.written("answer_task");
    assert_eq!(answers.len(), 1);
    assert!(
        answers
            .first()
            .unwrap()
            .text
            .contains("Finish of step 7 is permitted")
    );
    for _ in 0..3 {
        story.turn(5).await;
    }
    assert_eq!(story.written("answer_task").len(), 1);
    story.turn(60 * 24 * 2).await;
    story.save(finishes(story.now));
    story.turn(1).await;
    let (permit, bypass) = story.entered().await;
    assert!(permit.is_some() && !bypass);
}

#[tokio::test]
async fn a_hold_leaves_the_task_and_is_said_once_when_the_form_has_stood_still() {
    let mut story = Story::begin(20).await;
    assert_eq!(story.turn(0).await.held, 1);
    story.turn(5).await;
    assert!(story.said().is_empty(), "still being filled in");
    story.save(reflects(30));
    story.turn(6).await;
    assert!(story.said().is_empty(), "it moved again");
    story.turn(11).await;
    story.turn(30).await;
    let notes = story.said();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let said = &notes.first().unwrap().text;
    assert!(
        said.contains("not answered yet") && said.contains("LE-16.1"),
        "{said}"
    );
    assert!(story.written("answer_task").is_empty());
    // What was missing is written: it is judged again and answered.
    story.save(reflects(640));
    story.turn(1).await;
    assert_eq!(story.written("answer_task").len(), 1);
}

#[tokio::test]
async fn a_form_changed_after_the_answer_is_judged_again_and_its_finish_is_a_bypass() {
    let mut story = Story::begin(640).await;
    story.turn(0).await;
    story.save(reflects(3));
    story.turn(5).await;
    story.turn(11).await;
    let said = story.said();
    assert!(
        said.iter().any(|note| note.text.contains("has no permit")),
        "{said:?}"
    );
    story.save(finishes(story.now));
    story.turn(1).await;
    assert_eq!(story.entered().await, (None, true));
}

#[tokio::test]
async fn a_change_that_is_still_permitted_renews_the_permit_without_another_answer() {
    let mut story = Story::begin(640).await;
    story.turn(0).await;
    story.save(reflects(700));
    story.turn(5).await;
    let reason = Decided::GiveReason {
        about: ReasonAbout::LateFinish,
        reason: "workload".to_owned(),
    };
    story.decide("W-QA", reason).await;
    story.turn(20).await;
    story.save(finishes(story.now));
    story.turn(1).await;
    assert!(!story.entered().await.1);
    assert_eq!(story.written("answer_task").len(), 1);
}

#[tokio::test]
async fn a_step_that_cannot_be_read_leaves_its_task_and_an_override_releases_it() {
    let mut story = Story::begin(20).await;
    story.turn(0).await;
    *story.app.case_system.down.lock().unwrap() = true;
    story.save(reflects(640));
    let report = story.turn(5).await;
    assert_eq!((report.unreadable, report.answered), (1, 0));
    assert!(story.written("answer_task").is_empty());
    let release = Decided::Override {
        stage: Stage::Practitioner,
        reason: "safeguarding".to_owned(),
    };
    story.decide("W-HEAD", release).await;
    assert_eq!(story.turn(1).await.answered, 1);
    assert_eq!(story.written("answer_task").len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_sent_yet_is_withdrawn_when_the_form_moves_and_owed_again_later() {
    let mut story = Story::begin(640).await;
    mirror::poll(&story.app, story.now).await.unwrap();
    task::pass(&story.app, story.now).await.unwrap();
    story.save(reflects(3));
    mirror::poll(&story.app, story.now).await.unwrap();
    dispatch::pass(&story.app, "test", || story.now)
        .await
        .unwrap();
    assert!(
        story.written("answer_task").is_empty(),
        "its permit is gone"
    );
    story.save(reflects(640));
    story.turn(5).await;
    assert_eq!(story.written("answer_task").len(), 1);
}

#[tokio::test]
async fn a_date_agreed_anew_is_put_into_the_case_system() {
    let mut story = Story::begin(640).await;
    let review = common::review("8", "LE-1", story.now);
    story.app.case_system.memory.add(review, story.now);
    story.turn(0).await;
    let extend = Decided::Extend {
        due: "2026-12-04".parse().unwrap(),
        reason: "leave".to_owned(),
    };
    story.decide("W-QA", extend).await;
    story.turn(1).await;
    let written = story.written("due");
    assert_eq!(written.len(), 1);
    assert_eq!(written.first().unwrap().step, Some(StepId::from("8")));
}
