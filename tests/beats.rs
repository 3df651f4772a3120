//! Does the daemon go on at once when the case system is back, and does it say once what it cannot read?
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, Quarantined, StepAnswer,
};
use greentick::clock::Clock;
use greentick::daemon::{self, Beats, Rhythm};
use greentick::ledger::Ledger;
use greentick::practice::effect::Effect;
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::terms::Mode;
use greentick::simulator::MemoryCouncil;
use greentick::telemetry::Metrics;
use greentick::web::{self, Callers, Doors, Freshness};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tracing_subscriber::fmt::MakeWriter;

/// A council whose feed fails the first time, and whose list of open steps has a record that nobody can read.
#[derive(Clone, Default)]
struct Council {
    memory: MemoryCouncil,
    asked: Arc<AtomicU32>,
    back: Arc<Notify>,
    swept: Arc<AtomicU32>,
    thrice: Arc<Notify>,
}

impl CaseSystem for Council {
    async fn changes(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        if self.asked.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(CaseFault::Unreachable("it is being mended".to_owned()));
        }
        self.back.notify_one();
        self.memory.changes(at, now).await
    }
    async fn open_steps(&self, at: &FeedPosition, now: Timestamp) -> Result<FeedPage, CaseFault> {
        let mut page = self.memory.open_steps(at, now).await?;
        page.quarantined.push(Quarantined {
            step: Some("7".to_owned()),
            path: "Status".to_owned(),
            reason: "the status `PARKED` is not in the mapping's vocabulary".to_owned(),
            fingerprint: "a".to_owned(),
        });
        if self.swept.fetch_add(1, Ordering::Relaxed) == 2 {
            self.thrice.notify_one();
        }
        Ok(page)
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
        self.memory.perform(effect).await
    }
    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, some: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(some);
        Ok(some.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// What the doors of a daemon stand on.
async fn doors(council: Council, nudge: Arc<Notify>, url: &str) -> Arc<Doors<Council>> {
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open(url).await.unwrap(),
        case_system: council,
        terms: common::terms(Mode::Observe),
        limits: Limits::default(),
    };
    Arc::new(Doors {
        app,
        // A minute of this clock passes in six hundredths of a second.
        clock: Clock::scaled("2026-11-24T09:00:00Z".parse().unwrap(), 1_000),
        callers: Callers {
            tokens: Vec::new(),
            finish_check: Vec::new(),
            callback: Vec::new(),
        },
        metrics: Arc::new(Metrics::default()),
        nudge,
        freshness: Arc::new(Freshness::never(1_000_000)),
        banner: None,
    })
}

#[tokio::test]
async fn a_good_sweep_has_the_feed_asked_at_once_and_what_is_set_aside_is_warned_of_once() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/ledger.sqlite3", folder.path().display());
    let nudge = Arc::new(Notify::new());
    let council = Council::default();
    let doors = doors(council.clone(), Arc::clone(&nudge), &url).await;
    // After its failure the feed would be asked again in ten days.
    let (days, minute) = (Duration::from_hours(240), Duration::from_mins(1));
    let beats = Beats {
        poll: days,
        sweep: minute,
        reconcile: days,
        tick: days,
        dispatch: days,
        jitter_percent: 0,
    };
    let second = Duration::from_secs(1);
    let limits = web::Limits {
        header_timeout: second,
        body_timeout: second,
        request_timeout: second,
        body_bytes: 1_000,
        connections: 1,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rhythm = Arc::new(Rhythm::with_nudge(nudge));
    let (back, thrice) = (Arc::clone(&council.back), Arc::clone(&council.thrice));
    let stop = async move {
        let seen = async {
            back.notified().await;
            thrice.notified().await;
        };
        tokio::time::timeout(Duration::from_mins(1), seen)
            .await
            .unwrap();
    };
    let freshness = Arc::clone(&doors.freshness);
    daemon::run(doors, beats, limits, rhythm, listener, stop).await;
    let source = freshness.source();
    assert_eq!((source.state, source.why.as_str()), ("read", ""));
    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let warned: Vec<&str> = lines
        .lines()
        .filter(|line| line.contains("WARN") && line.contains("is set aside"))
        .collect();
    assert_eq!(warned.len(), 1, "{lines}");
    for part in ["step=\"7\"", "path=\"Status\"", "`PARKED`"] {
        assert!(warned.iter().all(|line| line.contains(part)), "{warned:?}");
    }
}
