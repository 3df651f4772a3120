//! Do the doors speak the case system's own words? Over real HTTP on loopback, with a mapping of a few lines.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking, and it starts the daemon it asks"
)]

mod callbacks;
mod callouts;
#[path = "../common/mod.rs"]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use greentick::app::{App, Limits};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use greentick::clock::Clock;
use greentick::daemon::{self, Beats, Rhythm};
use greentick::ledger::Ledger;
use greentick::mapping::Mapping;
use greentick::practice::effect::Effect;
use greentick::practice::ids::{SourceName, StepId};
use greentick::practice::terms::Mode;
use greentick::simulator::MemoryCouncil;
use greentick::telemetry::Metrics;
use greentick::web::{self, Callers, Doors, Freshness};
use jiff::Timestamp;

const NOW: &str = "2026-11-24T09:00:00Z";

/// The council in memory, described by a mapping.
#[derive(Clone)]
struct Described {
    memory: MemoryCouncil,
    mapping: Arc<Mapping>,
    away: Arc<AtomicBool>,
}

impl CaseSystem for Described {
    async fn changes(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        // Its feed shows nothing, so that what is mirrored was read because somebody named it.
        Ok(FeedPage::default())
    }
    async fn open_steps(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(FeedPage::default())
    }
    async fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        if self.away.load(Ordering::Relaxed) {
            return Err(CaseFault::Unreachable("it is away".to_owned()));
        }
        self.memory.step(step, budget, now).await
    }
    async fn perform(&self, effect: &Effect) -> Outcome {
        self.memory.perform(effect).await
    }
    async fn find(&self, effect: &Effect) -> Found {
        self.memory.find(effect).await
    }
    fn described(&self) -> Option<&Mapping> {
        Some(&self.mapping)
    }
}

/// A daemon that listens, and what a test needs of it.
struct Stand {
    memory: MemoryCouncil,
    away: Arc<AtomicBool>,
    ledger: Ledger,
    base: String,
    rhythm: Arc<Rhythm>,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Stand {
    async fn up() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.sqlite3").display());
        let ledger = Ledger::open(&url).await.unwrap();
        let mapping = Mapping::compile("case.toml", include_str!("case.toml")).unwrap();
        let memory = MemoryCouncil::default();
        let away = Arc::new(AtomicBool::new(false));
        let app = App {
            source: SourceName::from("council"),
            ledger: ledger.clone(),
            case_system: Described {
                memory: memory.clone(),
                mapping: Arc::new(mapping),
                away: Arc::clone(&away),
            },
            terms: common::terms(Mode::Callout),
            limits: Limits::default(),
        };
        let hour = Duration::from_hours(1);
        let beats = Beats {
            poll: hour,
            sweep: hour,
            tick: hour,
            dispatch: hour,
            reconcile: hour,
            jitter_percent: 0,
        };
        let nudge = Arc::new(tokio::sync::Notify::new());
        let rhythm = Arc::new(Rhythm::with_nudge(Arc::clone(&nudge)));
        let doors = Arc::new(Doors {
            app,
            clock: Clock::manual(NOW.parse().unwrap()),
            callers: Callers {
                finish_check: vec!["hush".into()],
                callback: vec!["hush".into()],
                ..Callers::default()
            },
            metrics: Arc::new(Metrics::default()),
            nudge,
            freshness: Arc::new(Freshness::never(60)),
            banner: None,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(daemon::run(
            doors,
            beats,
            web::Limits::default(),
            Arc::clone(&rhythm),
            listener,
            async {
                let _ = stopped.await;
            },
        ));
        Self {
            memory,
            away,
            ledger,
            base,
            rhythm,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
            _stop: stop,
        }
    }

    /// Status and body of the answer to a message at a door.
    async fn post(&self, door: &str, key: &str, body: &str) -> (u16, String) {
        let request = self
            .client
            .post(format!("{}/api/v1/{door}/council", self.base));
        let request = request.header("X-Case-Key", key).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn journal(&self) -> String {
        let mut export = Vec::new();
        self.ledger.export(&mut export).await.unwrap();
        String::from_utf8(export).unwrap()
    }
}
