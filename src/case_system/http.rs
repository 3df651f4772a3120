//! How is a case system reached over HTTP?
//!
//! A page of a list, or one step, believed only if the mapping's proof holds. Absent on purpose: retries, apart from
//! the one after a renewed sign-in; whoever calls decides when to ask again.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, StatusCode};
use secrecy::SecretString;

use super::looking_up::Looked;
use super::pace::Pace;
use super::reach::{Reach, clients};
use super::single::Alone;
use super::token::{Serials, TOKEN_REFUSED, Tokens};
use super::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Grant, MergePage, OpenTask, Outcome,
    Rehearsed, StepAnswer,
};
use crate::mapping::{ChildKeying, Failing, Mapping, Means, Put, Quiet};
use crate::practice::effect::Effect;
use crate::practice::ids::{ChildKey, SourceName, StepId};
use crate::practice::news::Says;
use crate::practice::sighting::Road;

/// Where and how a case system is reached.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The source's name, as it stands on every sighting.
    pub source: SourceName,
    /// The address before every path, without a trailing slash.
    pub base_url: String,
    /// The secret that the mapping's `[auth]` style wants.
    pub secret: SecretString,
    /// To make a connection.
    pub connect_timeout: Duration,
    /// Between two reads.
    pub read_timeout: Duration,
    /// For a whole call.
    pub total_timeout: Duration,
}

/// A case system behind HTTP, as its mapping describes it. Clones share the pace and the tokens.
#[derive(Clone, Debug)]
pub struct HttpCaseSystem {
    pub(super) client: Client,
    /// For calls that may be silent longer than `read_timeout`.
    patient: Client,
    pub(super) settings: HttpSettings,
    pub(super) mapping: Arc<Mapping>,
    pub(super) keying: ChildKeying,
    pub(super) reach: Arc<Reach>,
    pub(super) pace: Arc<Pace>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) looked: Option<Looked>,
    /// How far their clock is ahead of the machine's, seconds.
    pub(super) skew: Arc<AtomicI64>,
    /// Why the last answer to a batch told nothing of its items; none if it did.
    pub(super) batch_doubt: Arc<Mutex<Option<String>>>,
}

/// What came back, before it is believed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) charset: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) bytes: Vec<u8>,
    /// The tokens that the request showed.
    pub(super) signed: Serials,
    /// Of a list: the mapping takes it for a page without rows.
    pub(super) is_empty: bool,
}

impl HttpCaseSystem {
    /// Builds the client; a rustls provider must have been installed. Fails if TLS cannot be set up.
    pub fn new(
        settings: HttpSettings,
        mapping: Arc<Mapping>,
        keying: ChildKeying,
    ) -> Result<Self, CaseFault> {
        Self::by(Reach::default(), settings, mapping, keying)
    }

    /// The same, reached in a way of its own.
    pub fn by(
        reach: Reach,
        settings: HttpSettings,
        mapping: Arc<Mapping>,
        keying: ChildKeying,
    ) -> Result<Self, CaseFault> {
        let (client, patient) = clients(&settings, &reach)?;
        let pace = Pace::new(mapping.schedule(), reach.clock.clone(), reach.wait.clone());
        Ok(Self {
            client,
            patient,
            settings,
            mapping,
            keying,
            reach: Arc::new(reach),
            pace: Arc::new(pace),
            tokens: Arc::new(Tokens::default()),
            looked: None,
            skew: Arc::new(AtomicI64::new(0)),
            batch_doubt: Arc::default(),
        })
    }

    /// The mapping in use.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The client that suits how long a call may take.
    pub(super) fn client_for(&self, budget: Duration) -> &Client {
        if budget > self.settings.total_timeout {
            &self.patient
        } else {
            &self.client
        }
    }

    /// A read, proven. If we turn out to be signed out, it is asked once more, the same page, with a new proof.
    pub(super) async fn ask(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let (answer, doubt) = self.twice(put, budget).await?;
        match doubt {
            None => Ok(answer),
            Some(failing) => Err(self.failed(&put.path, &failing)),
        }
    }

    /// As [`Self::ask`], of a list: what the mapping takes for "no rows" is an answer too, and is marked so.
    pub(super) async fn ask_list(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let (mut answer, doubt) = self.twice(put, budget).await?;
        match doubt {
            Some(failing) if failing.means != Means::Empty => Err(self.failed(&put.path, &failing)),
            empty => {
                answer.is_empty = empty.is_some();
                Ok(answer)
            }
        }
    }

    async fn twice(
        &self,
        put: &Put,
        budget: Duration,
    ) -> Result<(Answer, Option<Failing>), CaseFault> {
        let answer = self.send(put, budget).await?;
        let doubt = self.doubted(&answer).err();
        let signed_out = |doubt: &Failing| doubt.means == Means::SignedOut;
        if !doubt.as_ref().is_some_and(signed_out) || !self.renew(&answer.signed).await {
            return Ok((answer, doubt));
        }
        let again = self.send(put, budget).await?;
        let mut doubt = self.doubted(&again).err();
        if let Some(doubt) = doubt.as_mut().filter(|doubt| signed_out(doubt)) {
            self.refused(&again.signed).await;
            doubt.why = format!("{}; {TOKEN_REFUSED}", doubt.why);
        }
        Ok((again, doubt))
    }

    fn doubted(&self, answer: &Answer) -> Result<(), Failing> {
        self.mapping.judge(&answer.head())?;
        self.mapping
            .judge_body(&answer.bytes, answer.charset.as_deref())
    }

    /// Refuses an answer that is not provably the promised one.
    pub(super) fn prove(&self, answer: &Answer, path: &str) -> Result<(), CaseFault> {
        self.doubted(answer)
            .map_err(|failing| self.failed(path, &failing))
    }

    /// What a failure means to whoever asked.
    fn failed(&self, path: &str, failing: &Failing) -> CaseFault {
        let why = format!("`{}`: {}", self.place_of(path), failing.why);
        match failing.means {
            Means::Failed => CaseFault::Unproven(why),
            Means::SignedOut => CaseFault::Unauthorised(why),
            Means::Wait => CaseFault::Unavailable(why),
            // Whatever is no list has no rows because it is not there.
            Means::Empty => CaseFault::Means(Means::Missing, why),
            means => CaseFault::Means(means, why),
        }
    }

    pub(super) fn unproven(&self, path: &str, why: impl std::fmt::Display) -> CaseFault {
        CaseFault::Unproven(format!("`{}`: {why}", self.place_of(path)))
    }
}

impl CaseSystem for HttpCaseSystem {
    async fn changes(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<FeedPage, CaseFault> {
        self.read(self.mapping.feed(), position, now, Road::Feed)
            .await
    }

    async fn open_steps(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<FeedPage, CaseFault> {
        let sweep = self.mapping.sweep().ok_or_else(|| not_mapped("sweep"))?;
        self.read(sweep, position, now, Road::Sweep).await
    }

    async fn merges(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<MergePage, CaseFault> {
        match self.mapping.merges() {
            Some(list) => self.read_merges(list, position, now).await,
            None => Ok(MergePage::default()),
        }
    }

    async fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        let (page, path) = match self.alone(step.as_str(), budget, (now, Road::Read)).await? {
            Alone::Read(page, path) => (*page, path),
            Alone::Hidden => return Ok(StepAnswer::Hidden),
            Alone::Gone => return Ok(StepAnswer::Gone),
            Alone::Missing => return Ok(StepAnswer::Missing),
        };
        if let Some(bad) = page.quarantined.first() {
            return Err(self.unproven(&path, format!("{} (at `{}`)", bad.reason, bad.path)));
        }
        if let Some(mention) = page.mentions.iter().find(|told| told.step == *step) {
            return match mention.says {
                Says::Hidden => Ok(StepAnswer::Hidden),
                Says::Deleted => Ok(StepAnswer::Gone),
                Says::Changed => {
                    Err(self.unproven(&path, "it names the step and does not show it"))
                }
            };
        }
        // One item of the case system may be several steps.
        let mut seen = page.records;
        match seen.iter().position(|sighting| sighting.step == *step) {
            Some(at) => Ok(StepAnswer::Seen(Box::new(seen.swap_remove(at)))),
            None if seen.is_empty() => Ok(StepAnswer::NotOurs),
            None if seen.len() == 1 => Ok(StepAnswer::Renamed(Box::new(seen.swap_remove(0)))),
            None => Err(self.unproven(
                &path,
                "it is of another step than the one asked for".to_owned(),
            )),
        }
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        self.write_all(effect).await
    }

    async fn find(&self, effect: &Effect) -> Found {
        self.find_all(effect).await
    }

    fn together(&self, effect: &Effect) -> usize {
        let batch = self.mapping.batch_for(effect);
        batch.map_or(0, |batch| batch.most)
    }

    async fn perform_all(&self, effects: &[&Effect]) -> Vec<Outcome> {
        self.write_together(effects).await
    }

    async fn tasks(&self) -> Result<Vec<OpenTask>, CaseFault> {
        self.open_tasks().await
    }

    fn described(&self) -> Option<&Mapping> {
        Some(&self.mapping)
    }

    fn child_key(&self, person: &str) -> Option<ChildKey> {
        Some(self.keying.key(person))
    }

    async fn rehearse(&self, operation: &str, step: &StepId) -> Rehearsed {
        self.rehearse_all(operation, step).await
    }

    async fn grants(&self) -> Vec<Grant> {
        self.read_grants().await
    }

    fn quiet(&self, now: Timestamp) -> Option<Quiet> {
        self.mapping.schedule().quiet(now)
    }

    fn can(&self, operation: &str) -> bool {
        self.mapping.parts(operation).is_ok()
    }
}

pub(super) fn not_mapped(table: &str) -> CaseFault {
    CaseFault::Unproven(format!("the mapping has no table `[{table}]`; add it"))
}
