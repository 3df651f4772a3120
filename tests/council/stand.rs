//! What every test begins with: a council being served, and an adapter, an app and a ledger beside it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use greentick::app::{App, Limits, allocate};
use greentick::case_system::{HttpCaseSystem, HttpSettings};
use greentick::clock::Clock;
use greentick::ledger::Ledger;
use greentick::mapping::{ChildKeying, Mapping, Site};
use greentick::practice::ids::{SourceName, WorkerId};
use greentick::practice::terms::{Mode, Terms};
use greentick::simulator::{Act, Council, CouncilSettings, Greentick, Plan, cycle};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::common;

pub(crate) const KEY: &str = "key-for-tests";
pub(crate) const MAPPING: &str = include_str!("../../mappings/mosaic-like-xml.toml");

/// A council that is being served.
pub(crate) struct Stand {
    pub(crate) council: Council,
    pub(crate) clock: Clock,
    pub(crate) base: String,
    pub(crate) folder: Arc<TempDir>,
    pub(crate) plans: Vec<Plan>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) async fn stand() -> Stand {
    let clock = Clock::manual(at("2026-09-07T08:00:00Z"));
    let folder = Arc::new(tempfile::tempdir().unwrap());
    serve(folder, clock, None, false).await
}

pub(crate) async fn serve(
    folder: Arc<TempDir>,
    clock: Clock,
    greentick: Option<Greentick>,
    fail_open: bool,
) -> Stand {
    // A second installation in this process is refused, and harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let council = Council::open(CouncilSettings {
        state: folder.path().to_owned(),
        key: KEY.into(),
        clock: clock.clone(),
        greentick,
        fail_open,
    })
    .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let serving = council.clone();
    let served = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        serving.serve(listener, stopped).await;
    });
    Stand {
        council,
        clock,
        base,
        folder,
        plans: cycle("2026-09-07".parse().unwrap(), 24),
        stop,
        served,
    }
}

impl Stand {
    /// Lets people carry out whatever they planned up to an instant, each act at its time.
    pub(crate) async fn live_until(&self, end: &str) {
        let end = at(end);
        let mut acts: Vec<_> = self
            .plans
            .iter()
            .flat_map(|plan| (0..plan.acts.len()).map(move |nth| (plan.acts[nth].0, plan, nth)))
            .filter(|(when, _, _)| *when <= end)
            .collect();
        acts.sort_by_key(|(when, plan, nth)| (*when, plan.number, *nth));
        for (when, plan, nth) in acts {
            self.advance_to(when);
            self.council.act(plan, nth).await.unwrap();
        }
        self.advance_to(end);
    }

    /// The number of the first act of a plan that this is true of.
    pub(crate) fn nth(&self, plan: usize, wanted: impl Fn(Act) -> bool) -> usize {
        let mut acts = self.plans[plan].acts.iter();
        acts.position(|(_, act)| wanted(*act)).unwrap()
    }

    pub(crate) fn advance_to(&self, when: Timestamp) {
        let by = when.duration_since(self.clock.now());
        self.clock.advance(by.max(SignedDuration::ZERO));
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The adapter; a page has `page_size` records, so that small truths have many pages.
    pub(crate) fn adapter(&self, page_size: u32, total: Duration) -> HttpCaseSystem {
        let text = MAPPING.replace("page_size = 200", &format!("page_size = {page_size}"));
        self.adapter_of(&text, total)
    }

    /// The adapter with another mapping.
    pub(crate) fn adapter_of(&self, text: &str, total: Duration) -> HttpCaseSystem {
        let mapping = Mapping::compile_for("mosaic-like-xml.toml", text, &site()).unwrap();
        let settings = HttpSettings {
            source: SourceName::from("council"),
            base_url: self.base.clone(),
            secret: KEY.into(),
            connect_timeout: total,
            read_timeout: total,
            total_timeout: total,
        };
        let keying = ChildKeying::new(b"key of children");
        HttpCaseSystem::new(settings, Arc::new(mapping), keying).unwrap()
    }

    /// An app beside the council, with a ledger in its folder and the cycle allocated.
    pub(crate) async fn app(&self, total: Duration) -> App<HttpCaseSystem> {
        let url = format!("sqlite:{}", self.folder.path().join("l.sqlite3").display());
        let app = App {
            source: SourceName::from("council"),
            ledger: Ledger::open(&url).await.unwrap(),
            case_system: self.adapter(10, total),
            terms: Arc::new(terms()),
            limits: Limits {
                tries: 20,
                ..Limits::default()
            },
        };
        let mut lines = vec![Plan::ALLOCATION_HEADING.to_owned()];
        lines.extend(self.plans.iter().map(Plan::allocation_row));
        let keying = ChildKeying::new(b"key of children");
        let by = WorkerId::from("W-QA");
        let now = self.clock.now();
        let file = lines.join("\n");
        let key = |child: &str| keying.key(child);
        let report = allocate::register(&app, file.as_bytes(), &by, key, now).await;
        let report = report.unwrap();
        let all = report.accepted + report.unchanged;
        assert_eq!((all, report.refused.len()), (24, 0), "{:?}", report.refused);
        app
    }

    /// Ends the server and drops the council, as a kill would.
    pub(crate) async fn end(self) -> (Arc<TempDir>, Clock) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
        (self.folder, self.clock)
    }
}

/// Where the mapping is used: beside the synthetic council.
pub(crate) fn site() -> Site {
    Site {
        environment: Some("synthetic".to_owned()),
        ..Site::default()
    }
}

/// The terms of every test, in force since before the cycle began.
fn terms() -> Terms {
    Terms {
        activation: at("2026-09-01T00:00:00Z"),
        read: BTreeMap::new(),
        ..common::terms(Mode::Callout).as_ref().clone()
    }
}
