//! What is the council as a whole? Settings, one truth behind a lock, and what can be asked of it in-process.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::dialects::Dialect;
use super::dialects::tokens::Tokens;
use super::event::{Entry, Event};
use super::step::Step;
use super::store::Store;
use super::switches::{self, Fault, Faults, Strikes};
use super::truth::Truth;
use super::words::Received;
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
    /// The token with which the QA manager records concerns about practice; none leaves them to somebody else.
    pub qa_token: Option<SecretString>,
}

/// How the council asks and tells Greentick, and what its interface wants besides the key.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// The dialect of its callbacks.
    pub dialect: Dialect,
    /// Whether it asks before a Finish in that dialect as well, if that has a way of its own.
    pub asks: bool,
    /// The subscription key of the JSON dialect; none means that it is the key.
    pub subscription: Option<SecretString>,
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
    tokens: Mutex<Tokens>,
    manner: Mutex<Manner>,
    /// Who waits for another reader of the same kind.
    meeting: (Mutex<bool>, Notify),
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
                tokens: Mutex::new(Tokens::default()),
                manner: Mutex::new(Manner::default()),
                meeting: (Mutex::new(false), Notify::new()),
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

    /// Speaks in this manner from now on.
    pub fn speak(&self, manner: Manner) {
        *unpoisoned(&self.inner.manner) = manner;
    }

    /// Switches a fault on for the next `count` strikes; none: until 0 switches it off. One that changes the truth
    /// does so at once, so many times; see [`Council::strike`].
    pub fn fault(&self, fault: Fault, count: Option<u64>) -> Result<(), CouncilFault> {
        self.strike(fault, count, None).map(drop)
    }

    /// Switches a fault on or off; gives the ids of the steps that it changed at once. `step` names the step for one
    /// that changes the truth; otherwise it is the first that fits.
    pub fn strike(
        &self,
        fault: Fault,
        count: Option<u64>,
        step: Option<&str>,
    ) -> Result<Vec<String>, CouncilFault> {
        let name = fault.name().to_owned();
        self.record(None, Event::FaultSet { name, count })?;
        if fault.switch().strikes == Strikes::Truth {
            return switches::act(self, fault, count, step);
        }
        self.faults().set(fault, count);
        self.inner.changed.notify_one();
        Ok(Vec::new())
    }

    /// Switches on a fault that changes the truth, once, if there is a step that it fits; gives the steps.
    pub fn strike_if_it_fits(&self, fault: Fault) -> Result<Vec<String>, CouncilFault> {
        switches::act(self, fault, None, None)
    }

    /// Waits until something has happened since it was asked, or for a second of the machine's time.
    pub async fn after_a_change(&self) {
        let seq = self.truth(|truth| truth.seq);
        while self.truth(|truth| truth.seq) == seq {
            switches::rest(Duration::from_secs(1)).await;
        }
    }

    pub(super) fn manner(&self) -> Manner {
        unpoisoned(&self.inner.manner).clone()
    }

    /// The subscription key of the JSON dialect.
    pub(super) fn subscription(&self) -> SecretString {
        let own = self.manner().subscription;
        own.unwrap_or_else(|| self.inner.settings.key.clone())
    }

    pub(super) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        unpoisoned(&self.inner.tokens)
    }

    /// Waits until another one is here too, for at most two seconds of the machine's time.
    pub(super) async fn meet(&self) {
        let (waits, bell) = &self.inner.meeting;
        let rung = bell.notified();
        let mut rung = std::pin::pin!(rung);
        rung.as_mut().enable();
        let somebody_waits = {
            let mut waits = unpoisoned(waits);
            let waited = *waits;
            *waits = !waited;
            waited
        };
        if somebody_waits {
            bell.notify_waiters();
            return;
        }
        if tokio::time::timeout(Duration::from_secs(2), rung)
            .await
            .is_err()
        {
            *unpoisoned(waits) = false;
        }
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
        unpoisoned(&self.inner.store)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        unpoisoned(&self.inner.faults)
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

/// What is behind a lock. A panic while it was held cannot have left half a change: events are taken in after they are
/// recorded, and the rest is set in one go.
fn unpoisoned<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
