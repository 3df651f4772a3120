//! Who is told what, and on which morning? One message a person a working day, nothing twice, nothing while the clock
//! stands still, whatever is restarted between.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, dispatch, mirror, tick};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use greentick::ledger::Ledger;
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Role, StepStatus};
use greentick::practice::fact::Fact;
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::known::Known;
use greentick::practice::sighting::Sighting;
use greentick::practice::terms::{Mode, OutageClock, Terms};
use greentick::simulator::MemoryCouncil;
use jiff::{SignedDuration, Timestamp};

/// A council that remembers what was written, and when.
#[derive(Clone, Default)]
struct Council {
    memory: MemoryCouncil,
    now: Arc<Mutex<Timestamp>>,
    sent: Arc<Mutex<Vec<(Timestamp, Effect)>>>,
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
        let now = *self.now.lock().unwrap();
        self.sent.lock().unwrap().push((now, effect.clone()));
        self.memory.perform(effect).await
    }
    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
}

/// A town hall: a council, and one or two daemons on one ledger that may be opened anew between any two turns.
struct Hall {
    council: Council,
    ledger: String,
    apps: Vec<App<Council>>,
    restarts: bool,
    _folder: tempfile::TempDir,
}

impl Hall {
    async fn open(nodes: usize, restarts: bool, terms: Arc<Terms>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = format!("sqlite:{}/ledger.sqlite3", folder.path().display());
        let council = Council::default();
        let mut apps = Vec::new();
        for _ in 0..nodes {
            apps.push(App {
                source: SourceName::from("council"),
                ledger: Ledger::open(&ledger).await.unwrap(),
                case_system: council.clone(),
                terms: Arc::clone(&terms),
                limits: Limits::default(),
            });
        }
        Self {
            council,
            ledger,
            apps,
            restarts,
            _folder: folder,
        }
    }

    /// One daemon whose clocks run on between two turns, however far they lie apart.
    async fn alone() -> Self {
        Self::open(1, false, running()).await
    }

    fn add(&self, step: Sighting, now: &str) {
        self.council.memory.add(step, now.parse().unwrap());
    }

    /// One turn of every beat on every node.
    async fn turn(&mut self, now: &str) {
        let now: Timestamp = now.parse().unwrap();
        *self.council.now.lock().unwrap() = now;
        for app in &mut self.apps {
            if self.restarts {
                app.ledger = Ledger::open(&self.ledger).await.unwrap();
            }
            mirror::poll(app, now).await.unwrap();
            tick::pass(app, now).await.unwrap();
            dispatch::pass(app, "test", || now).await.unwrap();
        }
    }

    /// What was sent since, and when.
    fn told(&self) -> Vec<(Timestamp, Effect)> {
        std::mem::take(&mut *self.council.sent.lock().unwrap())
    }
}

fn stopping() -> Arc<Terms> {
    let mut terms = Arc::unwrap_or_clone(common::terms(Mode::Observe));
    terms.policy.outage_clock = OutageClock::Stop;
    Arc::new(terms)
}

fn running() -> Arc<Terms> {
    let mut terms = Arc::unwrap_or_clone(common::terms(Mode::Observe));
    terms.policy.outage_clock = OutageClock::Run;
    Arc::new(terms)
}

/// The texts of a kind of act.
fn texts(told: &[(Timestamp, Effect)], operation: &str) -> Vec<String> {
    let of_kind = told
        .iter()
        .filter(|(_, effect)| effect.act.operation() == operation);
    of_kind
        .filter_map(|(_, effect)| effect.act.text().map(str::to_owned))
        .collect()
}

/// A review due on Friday 20 November whose form has a place for the invitation to the concluding meeting.
fn inviting(step: &str, episode: &str) -> Sighting {
    let now = "2026-11-02T09:00:00Z".parse().unwrap();
    let mut seen = common::review(step, episode, now);
    seen.facts.insert(Fact::FinalInviteDate, Known::Blank);
    seen.facts.insert(Fact::FinalMeetingDate, Known::Blank);
    seen
}

#[tokio::test]
async fn a_person_hears_once_in_a_working_day_at_half_past_eight() {
    let mut hall = Hall::alone().await;
    for nth in 0..3 {
        hall.add(
            inviting(&format!("{nth}"), &format!("LE-{nth}")),
            "2026-11-02T09:00:00Z",
        );
    }
    // Friday 13 November: five working days before, the reminder of the date and of the meeting are one note.
    hall.turn("2026-11-06T09:00:00Z").await;
    hall.told();
    hall.turn("2026-11-13T08:29:00Z").await;
    assert!(hall.told().is_empty(), "too early");
    hall.turn("2026-11-13T08:30:00Z").await;
    let told = hall.told();
    let notes = texts(&told, "note");
    assert_eq!(notes.len(), 3, "{notes:?}");
    for note in &notes {
        assert!(note.contains("in 5 working days"), "{note}");
        assert!(note.contains("Still missing"), "{note}");
        assert!(
            note.ends_with("For the attention of: practice reviewer."),
            "{note}"
        );
    }
    let notices = texts(&told, "notice");
    assert_eq!(notices.len(), 1, "one for the QA manager: {notices:?}");
    for nth in 0..3 {
        assert!(notices[0].contains(&format!("LE-{nth}: No invitation to the concluding")));
    }
    // The week-end after the date is quiet; Monday says so, flags first.
    hall.turn("2026-11-18T09:00:00Z").await;
    hall.turn("2026-11-20T09:00:00Z").await;
    hall.told();
    hall.turn("2026-11-21T09:00:00Z").await;
    hall.turn("2026-11-22T12:00:00Z").await;
    assert!(hall.told().is_empty(), "a week-end");
    hall.turn("2026-11-23T08:30:00Z").await;
    let told = hall.told();
    let kinds: Vec<&str> = told.iter().map(|(_, one)| one.act.operation()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "flag").count(), 3);
    assert_eq!(texts(&told, "notice").len(), 1);
    // Somebody who comes up later in the day is flagged at once and told of the next morning.
    hall.add(inviting("9", "LE-9"), "2026-11-23T11:00:00Z");
    hall.turn("2026-11-23T11:00:00Z").await;
    let told = hall.told();
    assert!(matches!(told[0].1.act, Act::Flag { .. }), "{told:?}");
    assert!(
        texts(&told, "notice").is_empty(),
        "the QA manager heard today"
    );
    hall.turn("2026-11-23T17:00:00Z").await;
    assert!(hall.told().is_empty());
    hall.turn("2026-11-24T08:30:00Z").await;
    let notices = texts(&hall.told(), "notice");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("LE-9: "), "{notices:?}");
}

/// Everything that was said, by day, step and audience; and that nobody was told twice in a day.
fn digest_of(told: &[(Timestamp, Effect)]) -> BTreeSet<(String, String, String)> {
    let mut a_day: BTreeMap<(String, Vec<Role>, Option<StepId>), usize> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for (at, effect) in told {
        let day = at.to_string().chars().take(10).collect::<String>();
        let text = effect.act.text().unwrap_or_default().to_owned();
        // A notice that is too long comes in parts.
        let first = !effect.key.starts_with("digest/") || effect.key.ends_with("/1");
        if first && matches!(effect.act, Act::Note { .. } | Act::Notice { .. }) {
            let who = (day.clone(), effect.audience.clone(), effect.step.clone());
            *a_day.entry(who).or_default() += 1;
        }
        assert!(
            said.insert((day, effect.key.clone(), text)),
            "{effect:?} twice"
        );
    }
    let twice: Vec<_> = a_day.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    said
}

#[tokio::test]
async fn restarts_and_a_second_node_change_nothing() {
    let mut heard = Vec::new();
    for (nodes, restarts) in [(1, false), (1, true), (2, true)] {
        let mut hall = Hall::open(nodes, restarts, running()).await;
        for nth in 0..4 {
            hall.add(
                inviting(&format!("{nth}"), &format!("LE-{nth}")),
                "2026-11-02T09:00:00Z",
            );
        }
        let mut now: Timestamp = "2026-11-03T07:00:00Z".parse().unwrap();
        let end: Timestamp = "2026-12-08T12:00:00Z".parse().unwrap();
        let mut nth = 0;
        while now < end {
            hall.turn(&now.to_string()).await;
            nth += 1;
            if nth == 60 {
                let mut done = inviting("2", "LE-2");
                done.status = StepStatus::Completed;
                done.version = Some("2".to_owned());
                done.modified_at = Some(now);
                done.dates.completed = Some(now);
                hall.add(done, &now.to_string());
            }
            now += SignedDuration::from_mins(437);
        }
        heard.push(digest_of(&hall.told()));
    }
    assert!(heard[0].len() > 20, "{}", heard[0].len());
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
}

#[tokio::test]
async fn days_out_of_reach_do_not_count_and_end_without_a_storm() {
    let mut hall = Hall::open(1, false, stopping()).await;
    for nth in 0..30 {
        hall.add(
            inviting(&format!("{nth}"), &format!("LE-{nth:02}")),
            "2026-11-02T09:00:00Z",
        );
    }
    hall.turn("2026-11-18T16:00:00Z").await;
    hall.told();
    // Away from Wednesday 18 November, 16:00, until Tuesday 24 November, 12:00: Thursday, Friday and Monday are lost.
    hall.turn("2026-11-24T12:00:00Z").await;
    let told = hall.told();
    assert!(
        !told
            .iter()
            .any(|(_, one)| matches!(one.act, Act::Flag { .. })),
        "due on Wednesday 25 November now, so nobody is late"
    );
    let episode = hall.apps[0].ledger.episode(&"LE-00".into()).await.unwrap();
    let lost = episode.unwrap().outages;
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].from.to_string(), lost[0].until.to_string()),
        ("2026-11-19".to_owned(), "2026-11-23".to_owned())
    );
    digest_of(&told);
    let mut now: Timestamp = "2026-11-24T14:30:00Z".parse().unwrap();
    while now < "2026-11-26T08:00:00Z".parse().unwrap() {
        hall.turn(&now.to_string()).await;
        now += SignedDuration::from_hours(3);
    }
    let early = hall.told();
    assert!(
        !early
            .iter()
            .any(|(_, one)| matches!(one.act, Act::Flag { .. }))
    );
    hall.turn("2026-11-26T08:31:00Z").await;
    let told = hall.told();
    let flags = told
        .iter()
        .filter(|(_, one)| matches!(one.act, Act::Flag { .. }));
    assert_eq!(flags.count(), 30, "one working day after the new date");
    digest_of(&told);
}

#[tokio::test]
async fn where_clocks_run_on_levels_that_passed_are_caught_up_by_the_latest_alone() {
    let mut hall = Hall::alone().await;
    for nth in 0..30 {
        hall.add(
            inviting(&format!("{nth}"), &format!("LE-{nth:02}")),
            "2026-11-02T09:00:00Z",
        );
    }
    hall.turn("2026-11-03T09:00:00Z").await;
    hall.told();
    // Five weeks: every level has passed.
    hall.turn("2026-12-08T09:00:00Z").await;
    let told = hall.told();
    digest_of(&told);
    let notices = told
        .iter()
        .filter(|(_, one)| matches!(one.act, Act::Notice { .. }));
    let mut roles: BTreeMap<Vec<Role>, usize> = BTreeMap::new();
    for (_, notice) in notices {
        *roles.entry(notice.audience.clone()).or_default() += 1;
    }
    let council_wide = [Role::QaManager, Role::HeadOfService, Role::Cslt];
    for role in council_wide {
        let parts = roles.get(&vec![role]).copied().unwrap_or_default();
        assert!((1..=3).contains(&parts), "{role:?}: {parts} parts");
    }
    let notes = texts(&told, "note");
    assert_eq!(notes.len(), 30, "one a step");
    assert!(
        notes
            .iter()
            .all(|note| note.contains("12 working days overdue")),
        "{notes:?}"
    );
}
