//! What is the council as a whole? Settings, one truth behind a lock, and what can be asked of it in-process.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::event::{Entry, Event, Received};
use super::faults::{Fault, Faults};
use super::store::Store;
use super::truth::{Step, Truth};
use crate::clock::Clock;

/// How a council is set up.
#[derive(Clone, Debug)]
pub struct CouncilSettings {
    /// The folder of `council.jsonl`; made if it is missing.
    pub state: PathBuf,
    /// The key that readers and writers show.
    pub key: SecretString,
    /// The council's clock; events are stamped by it.
    pub clock: Clock,
    /// Whom to ask and tell; none lets every Finish through unasked and calls nobody back.
    pub greentick: Option<Greentick>,
    /// Finish goes through when Greentick does not answer; otherwise the step stays open.
    pub fail_open: bool,
}

/// Where Greentick is, and how the council proves itself to it.
#[derive(Clone, Debug)]
pub struct Greentick {
    /// Its address, without a trailing slash.
    pub base_url: String,
    /// The council's name there, as in `…/callbacks/{source}`.
    pub source: String,
    /// Signs finish checks.
    pub finish_secret: SecretString,
    /// Signs callbacks.
    pub callback_secret: SecretString,
    /// The token with which the Head records moderations; none leaves them to somebody else.
    pub head_token: Option<SecretString>,
}

/// Why the council cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouncilFault(pub String);

impl fmt::Display for CouncilFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "synthetic council: {}", self.0)
    }
}

impl std::error::Error for CouncilFault {}

impl From<std::io::Error> for CouncilFault {
    fn from(fault: std::io::Error) -> Self {
        Self(fault.to_string())
    }
}

impl From<serde_json::Error> for CouncilFault {
    fn from(fault: serde_json::Error) -> Self {
        Self(fault.to_string())
    }
}

impl From<reqwest::Error> for CouncilFault {
    fn from(fault: reqwest::Error) -> Self {
        Self(fault.without_url().to_string())
    }
}

/// The council; clones share one truth.
#[derive(Clone, Debug)]
pub struct Council {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: CouncilSettings,
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    client: reqwest::Client,
    changed: Notify,
}

impl Council {
    /// Opens the council's log, or begins one; a rustls provider must have been installed.
    ///
    /// Fails if the log is in use or cannot be read; a last line that was cut is dropped with a warning.
    pub fn open(settings: CouncilSettings) -> Result<Self, CouncilFault> {
        let tell = settings.greentick.is_some();
        let store = Store::open(&settings.state, settings.clock.clone(), tell)?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            inner: Arc::new(Inner {
                settings,
                store: Mutex::new(store),
                faults: Mutex::new(Faults::default()),
                client,
                changed: Notify::new(),
            }),
        })
    }

    /// Keys of the planned acts that are done, whatever came of them.
    pub fn done(&self) -> BTreeSet<String> {
        self.truth(|truth| truth.done.clone())
    }

    /// Everything ever written through the interface, in order; repeats stay repeats.
    pub fn received(&self) -> Vec<Received> {
        self.truth(|truth| truth.received.clone())
    }

    /// One step as it stands.
    pub fn step(&self, id: &str) -> Option<Step> {
        self.truth(|truth| truth.steps.get(id).cloned())
    }

    /// Every step as it stands, by id.
    pub fn steps(&self) -> Vec<Step> {
        self.truth(|truth| truth.steps.values().cloned().collect())
    }

    /// Changes that Greentick has not yet acknowledged.
    pub fn untold(&self) -> usize {
        self.truth(|truth| truth.untold.len())
    }

    /// When the last event happened, UTC; none before the first.
    pub fn last_event_at(&self) -> Option<Timestamp> {
        self.truth(|truth| truth.at)
    }

    /// What the council's clock shows, UTC.
    pub fn now(&self) -> Timestamp {
        self.inner.settings.clock.now()
    }

    /// Records that something happened, as if a person had done it.
    pub fn happen(&self, event: Event) -> Result<Entry, CouncilFault> {
        self.record(None, event)
    }

    /// Switches a fault on for the next `count` requests it can strike; none: until 0 switches it off.
    pub fn fault(&self, fault: Fault, count: Option<u64>) -> Result<(), CouncilFault> {
        self.faults().set(fault, count);
        let name = fault.name().to_owned();
        self.record(None, Event::FaultSet { name, count })?;
        Ok(())
    }

    pub(super) fn settings(&self) -> &CouncilSettings {
        &self.inner.settings
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.inner.client
    }

    /// Resolves at the next change after the last time it resolved.
    pub(super) async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        // A panic while it was held cannot have left half an event: events are taken in after they are recorded.
        let store = self.inner.store.lock();
        store.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        let faults = self.inner.faults.lock();
        faults.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn truth<T>(&self, look: impl FnOnce(&Truth) -> T) -> T {
        look(&self.store().truth)
    }

    pub(super) fn record(&self, act: Option<&str>, event: Event) -> Result<Entry, CouncilFault> {
        let entry = self.store().record(act, event)?;
        self.inner.changed.notify_one();
        Ok(entry)
    }

    /// Records what `decide` makes of the truth, with nothing in between; its refusal is handed back.
    pub(super) fn record_if<E>(
        &self,
        act: Option<&str>,
        decide: impl FnOnce(&Truth) -> Result<Event, E>,
    ) -> Result<Result<Entry, E>, CouncilFault> {
        let mut store = self.store();
        let event = match decide(&store.truth) {
            Ok(event) => event,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let entry = store.record(act, event)?;
        drop(store);
        self.inner.changed.notify_one();
        Ok(Ok(entry))
    }
}
