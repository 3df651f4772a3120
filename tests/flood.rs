//! What if four hundred steps are overdue at once? Few notices name them all, and each step has its own flag.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, dispatch, mirror, tick};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use greentick::ledger::Ledger;
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Role, Stage};
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::terms::{Mode, RuleTerms, Rung, Stance};
use greentick::simulator::MemoryCouncil;
use jiff::{SignedDuration, Timestamp};

const STEPS: usize = 400;

/// A council that remembers each effect whole; every seventh send is done and not answered.
#[derive(Clone, Default)]
struct Council {
    memory: MemoryCouncil,
    sent: Arc<Mutex<Vec<Effect>>>,
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
        self.memory.step(step, budget, now).await
    }
    async fn perform(&self, effect: &Effect) -> Outcome {
        let outcome = self.memory.perform(effect).await;
        let mut sent = self.sent.lock().unwrap();
        sent.push(effect.clone());
        if sent.len().is_multiple_of(7) {
            let why = "no answer".to_owned();
            return Outcome::Unknown { why };
        }
        outcome
    }
    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
}

#[tokio::test]
async fn p36_a_flood_is_gathered_for_each_recipient_and_nothing_is_lost() {
    let council = Council::default();
    let mut now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    for nth in 0..STEPS {
        let step = common::review(&format!("{nth}"), &format!("LE-{nth:04}"), now);
        council.memory.add(step, now);
    }
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open("sqlite::memory:").await.unwrap(),
        case_system: council.clone(),
        terms: common::terms(Mode::Observe),
        limits: Limits::default(),
    };
    mirror::poll(&app, now).await.unwrap();
    tick::pass(&app, now).await.unwrap();
    for _ in 0..40 {
        dispatch::pass(&app, "test", || now).await.unwrap();
        now += SignedDuration::from_mins(10);
    }
    let left = app.ledger.outbox_list().await.unwrap();
    let open: Vec<_> = left
        .iter()
        .filter(|row| row.state != "sent" && row.state != "gathered")
        .collect();
    assert!(
        open.is_empty(),
        "{} are left: {:?}",
        open.len(),
        open.first()
    );

    let sent = council.sent.lock().unwrap().clone();
    let told: Vec<&Effect> = sent
        .iter()
        .filter(|one| one.audience.contains(&Role::QaManager))
        .collect();
    assert!(
        told.len() <= 20,
        "the QA manager was told {} times",
        told.len()
    );
    let texts: String = told.iter().filter_map(|one| one.act.text()).collect();
    for nth in 0..STEPS {
        let episode = format!("LE-{nth:04} (step {nth}, ");
        assert_eq!(texts.matches(&episode).count(), 1, "{episode}");
        let step = StepId::from(nth.to_string());
        assert!(
            council.memory.flags(&step).contains("overdue"),
            "{nth} has no flag"
        );
        let on_step =
            |one: &&Effect| matches!(one.act, Act::Note { .. }) && one.step.as_ref() == Some(&step);
        let notes: Vec<&Effect> = sent.iter().filter(on_step).collect();
        assert_eq!(notes.len(), 1, "{nth}");
        assert!(
            notes
                .iter()
                .all(|note| note.audience == [Role::PracticeReviewer])
        );
    }
    let limit = told
        .iter()
        .filter_map(|one| one.act.text())
        .map(|text| text.chars().count());
    assert!(limit.max() <= Some(980), "a notice would be cut");
}

#[tokio::test]
async fn a_few_messages_are_one_notice_as_well() {
    let council = Council::default();
    let mut now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    for nth in 0..3 {
        let step = common::review(&format!("{nth}"), &format!("LE-{nth:04}"), now);
        council.memory.add(step, now);
    }
    // That nobody allocated them would be said as well.
    let mut terms = (*common::terms(Mode::Observe)).clone();
    let off = RuleTerms {
        stance: Some(Stance::Off),
        ..RuleTerms::default()
    };
    terms.policy.rules.insert("LE-01.4".to_owned(), off);
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open("sqlite::memory:").await.unwrap(),
        case_system: council.clone(),
        terms: Arc::new(terms),
        limits: Limits::default(),
    };
    mirror::poll(&app, now).await.unwrap();
    tick::pass(&app, now).await.unwrap();
    for _ in 0..5 {
        dispatch::pass(&app, "test", || now).await.unwrap();
        now += SignedDuration::from_mins(10);
    }
    let sent = council.sent.lock().unwrap().clone();
    let told: Vec<&Effect> = sent
        .iter()
        .filter(|one| one.audience.contains(&Role::QaManager))
        .collect();
    assert_eq!(told.len(), 1);
    let text = told[0].act.text().unwrap();
    for nth in 0..3 {
        assert!(
            text.contains(&format!("LE-{nth:04}: the practice review was due")),
            "{text}"
        );
    }
}

/// Of two steps that are due, an operational manager has one note; whoever has a step of their own has theirs on it.
#[tokio::test]
async fn an_operational_manager_has_one_note_an_episode_and_day() {
    let council = Council::default();
    let mut now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let mut terms = (*common::terms(Mode::Observe)).clone();
    let both = vec![Rung {
        working_days: 1,
        tell: vec![Role::OperationalManager, Role::Supervisor],
        flag: false,
    }];
    terms.policy.ladder.clone_from(&both);
    terms.policy.ladders.supervisor_actions = both;
    let (id, due) = ("LE-0001", "2026-11-20".parse().unwrap());
    let mut actions = common::review("12", id, now);
    actions.stage = Stage::SupervisorActions;
    actions.dates.due = Some(due);
    let mut review = common::review("11", id, now);
    review.dates.due = Some(due);
    for step in [review, actions] {
        council.memory.add(step, now);
    }
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open("sqlite::memory:").await.unwrap(),
        case_system: council.clone(),
        terms: Arc::new(terms),
        limits: Limits::default(),
    };
    mirror::poll(&app, now).await.unwrap();
    tick::pass(&app, now).await.unwrap();
    for _ in 0..5 {
        dispatch::pass(&app, "test", || now).await.unwrap();
        now += SignedDuration::from_mins(10);
    }
    let sent = council.sent.lock().unwrap().clone();
    let told = |role: Role| -> Vec<&str> {
        let daily = sent.iter().filter(|one| one.key.starts_with("digest/"));
        let of_role = daily.filter(|one| one.audience.contains(&role));
        of_role.filter_map(|one| one.act.text()).collect()
    };
    let manager = told(Role::OperationalManager);
    assert_eq!(manager.len(), 1, "{manager:#?}");
    for stage in [
        "the practice review was due",
        "the supervisor's step was due",
    ] {
        assert!(manager[0].contains(stage), "{manager:?}");
    }
    assert_eq!(told(Role::Supervisor).len(), 2);
}
