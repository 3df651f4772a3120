//! How do we talk with a case record system? One trait; over HTTP in earnest, in memory for tests.
//!
//! Nothing here decides anything: a page is what the mapping could prove of it, a write is done when
//! it can be shown to be there. Absent on purpose: retries (the next beat is the retry).

mod batches;
mod http;
mod looking_up;
mod merging;
mod pace;
mod paging;
mod proving;
mod reach;
mod reading;
mod rehearsal;
mod sending;
mod single;
mod taking;
mod tasks;
#[cfg(test)]
mod tests;
mod token;
mod writing;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::practice::effect::Effect;
use crate::practice::ids::{ChildKey, StepId};
use crate::practice::news::{Mention, Merge};
use crate::practice::sighting::Sighting;

use crate::mapping::Mapping;
pub use crate::mapping::{Cursor, Means, OpenTask, Quarantined, Quiet};
pub use http::{HttpCaseSystem, HttpSettings};
pub use paging::{Trail, turn};
pub use reach::{Reach, Via, Wait};
pub(crate) use token::TOKEN_REFUSED;

/// Where in a feed the next page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPosition {
    /// Changes from this instant on, UTC, included; none reads from the beginning.
    pub since: Option<Timestamp>,
    /// The case system's own continuation token, or the last id read.
    pub token: Option<String>,
    /// How many records of this pass have been read, for offset paging.
    pub offset: u64,
    /// How many pages of this pass have been read.
    #[serde(default)]
    pub pages: u64,
    /// The most records that a page of this pass had.
    #[serde(default)]
    pub largest: u64,
    /// The number or change token that the pass goes on from, if the case system has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_water: Option<String>,
    /// The tokens met in this pass.
    #[serde(default)]
    pub trail: Trail,
}

/// What a page says of where the next pass may go on (M8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoingOn {
    /// By what.
    pub cursor: Cursor,
    /// The number or token as of this page.
    pub high_water: Option<String>,
    /// How many numbers the next pass reaches back.
    pub overlap: u64,
    /// Whether rows that move while pages are turned can be passed over (P04).
    pub moves: bool,
    /// How many records there are in all, as of this page.
    pub total: Option<u64>,
}

/// One page, proven to be what the mapping promises.
#[derive(Clone, Debug, Default)]
pub struct FeedPage {
    /// What could be read.
    pub sightings: Vec<Sighting>,
    /// Steps that it names and does not show.
    pub mentions: Vec<Mention>,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
    /// Where the next page begins; none at the end of the feed.
    pub next: Option<FeedPosition>,
    /// The case system's own time when it made the page, UTC.
    pub server_time: Option<Timestamp>,
    /// Records in the answer, of whatever kind.
    pub count: u64,
    /// Where the next pass may go on.
    pub going_on: GoingOn,
}

/// One page of the list of merged records (P23).
#[derive(Clone, Debug, Default)]
pub struct MergePage {
    /// What could be read, oldest first where the list has an order.
    pub merges: Vec<Merge>,
    /// What could not.
    pub quarantined: Vec<Quarantined>,
    /// Where the next page begins; none at the end of the list.
    pub next: Option<FeedPosition>,
    /// The case system's own time when it made the page, UTC.
    pub server_time: Option<Timestamp>,
    /// Where the next pass may go on.
    pub going_on: GoingOn,
}

/// What a direct read of one step found.
#[derive(Clone, Debug)]
pub enum StepAnswer {
    /// The step.
    Seen(Box<Sighting>),
    /// One step under another id than the one asked for, as after a merge. Believed only if it is
    /// otherwise the step that is held: a filter that is ignored answers like this as well.
    Renamed(Box<Sighting>),
    /// It exists, and our account may not read it.
    Hidden,
    /// The case system says that the step was deleted.
    Gone,
    /// The case system does not find it. That may be a deletion, a fault of the address, or a copy
    /// that lags, so it proves nothing by itself.
    Missing,
    /// It is no Learning Episode step.
    NotOurs,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Done,
    /// It is there, under an id that the case system gave it.
    Made {
        /// The id.
        id: String,
    },
    /// It was not carried out.
    Refused {
        /// Whether it may be carried out later (a lock, a rate limit).
        retry: bool,
        /// What was said.
        why: String,
    },
    /// It may or may not have been carried out; look before repeating it.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// Whether an effect is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It could not be looked for; the text says why.
    CannotTell(String),
}

/// What would become of a write, as far as can be seen without making it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehearsed {
    /// What it rests on could be read, and nothing stands against it.
    Able,
    /// The mapping does not have it, or lacks a value of this site; the text says which.
    NotMapped(String),
    /// The case system would not do it for our account; the text is the mapping's `why`.
    Refused(String),
    /// Nothing can be read that would tell; the text says why.
    Unknown(String),
}

/// Something that the case system grants, or should not grant, to whom it may concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whether it is as the mapping wants it; none if it could not be read.
    pub as_wanted: Option<bool>,
    /// What was seen.
    pub said: String,
    /// What to do.
    pub help: Option<String>,
}

/// Why the case system could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseFault {
    /// No answer, or none in time.
    Unreachable(String),
    /// It does not know us, or no longer.
    Unauthorised(String),
    /// It asks us to wait.
    Wait(Duration),
    /// An answer came that is not provably what the mapping promises.
    Unproven(String),
    /// It answers that it is not available just now, without saying for how long.
    Unavailable(String),
    /// It refuses what was asked, in a way that the mapping or the status gives a meaning.
    Means(Means, String),
}

impl CaseFault {
    /// The state that this leaves the source in, in a word or two for a monitor.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Unauthorised(_) => "signed out",
            Self::Wait(_) => "asked to wait",
            Self::Unproven(_) => "not proven",
            Self::Unavailable(_) => "unavailable",
            Self::Means(..) => "refused",
        }
    }
}

impl std::fmt::Display for CaseFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the case system did not answer: {why}"),
            Self::Unauthorised(why) => write!(f, "the case system did not accept our key: {why}"),
            Self::Wait(span) => {
                write!(
                    f,
                    "the case system asks us to wait {} seconds",
                    span.as_secs()
                )
            }
            Self::Unavailable(why) => write!(f, "the case system is not available: {why}"),
            Self::Means(_, why) => write!(f, "the case system refused: {why}"),
            Self::Unproven(why) => {
                write!(
                    f,
                    "an answer is not what the mapping promises, so nothing was taken from it: {why}"
                )
            }
        }
    }
}

impl std::error::Error for CaseFault {}

/// A case record system, as far as we need it.
pub trait CaseSystem {
    /// One page of the change feed.
    fn changes(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> impl Future<Output = Result<FeedPage, CaseFault>> + Send;

    /// One page of all open steps.
    fn open_steps(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> impl Future<Output = Result<FeedPage, CaseFault>> + Send;

    /// One step, read now, within the budget.
    fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<StepAnswer, CaseFault>> + Send;

    /// One page of the list of merged records. A case system without such a list has none, ever.
    fn merges(
        &self,
        _position: &FeedPosition,
        _now: Timestamp,
    ) -> impl Future<Output = Result<MergePage, CaseFault>> + Send {
        std::future::ready(Ok(MergePage::default()))
    }

    /// Writes one effect, once.
    fn perform(&self, effect: &Effect) -> impl Future<Output = Outcome> + Send;

    /// How many effects such as this one may be written in one request; less than two if none may.
    fn together(&self, _effect: &Effect) -> usize {
        0
    }

    /// Writes several effects in one request, once; gives the outcome of each, in order.
    fn perform_all(&self, effects: &[&Effect]) -> impl Future<Output = Vec<Outcome>> + Send {
        let why = "the case system takes no batches".to_owned();
        std::future::ready(vec![Outcome::Refused { retry: true, why }; effects.len()])
    }

    /// The tasks that stand open for our own worker; none if the case system has no such tasks.
    fn tasks(&self) -> impl Future<Output = Result<Vec<OpenTask>, CaseFault>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// What the mapping says of the case system, if one does.
    fn described(&self) -> Option<&Mapping> {
        None
    }

    /// The keyed hash under which the ledger holds a person of the case system; none if there is no key.
    fn child_key(&self, _person: &str) -> Option<ChildKey> {
        None
    }

    /// Looks whether an effect is there already.
    fn find(&self, effect: &Effect) -> impl Future<Output = Found> + Send;

    /// Looks whether an operation would be performed on a step, without writing.
    fn rehearse(&self, _operation: &str, _step: &StepId) -> impl Future<Output = Rehearsed> + Send {
        async { Rehearsed::Unknown("this case system cannot be asked".to_owned()) }
    }

    /// What the case system says of rights and settings that matter, as far as the mapping reads them.
    fn grants(&self) -> impl Future<Output = Vec<Grant>> + Send {
        async { Vec::new() }
    }

    /// The quiet window around `now`, in which nothing is read or sent (P18).
    fn quiet(&self, _now: Timestamp) -> Option<Quiet> {
        None
    }

    /// Whether it performs an operation, such as `sample_list`, at all.
    fn can(&self, _operation: &str) -> bool {
        true
    }
}
