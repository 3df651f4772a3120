//! What do we remember? Episodes, the mirror, what is owed, and the journal that holds every input.
//!
//! The only room that names sqlx. Each method is one transaction that begins by taking the turn; the
//! closures it is handed are synchronous, so nothing can wait on a network while it is open.
//! Instants are stored as whole milliseconds since the epoch, UTC.

mod absorb;
mod db;
mod journal;
mod outbox;
mod reads;
mod turn;

pub use absorb::{Absorbed, PageSeen, QuarantineRow, Ticked};
pub use journal::Verified;
pub use outbox::{Claimed, OutboxRow, Settled};
pub use reads::{Kept, MirrorRow, QuarantinedRow};

use jiff::Timestamp;

use crate::practice::episode::Episode;
use crate::practice::ids::{Digest, EpisodeId};
use crate::practice::react::Reaction;

/// The previous hash of the first journal line.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Hash of a journal line: SHA-256 over the previous hash, a line feed, and the body's canonical JSON.
pub(crate) fn link(prev: &str, body: &str) -> String {
    Digest::of(format!("{prev}\n{body}").as_bytes()).0
}

/// A ledger; clones share its connections.
#[derive(Clone)]
pub struct Ledger {
    db: db::Db,
}

/// Why the ledger could not be read or written.
#[derive(Debug)]
pub enum LedgerFault {
    /// The database said no. After a failed commit it is unknown whether it was committed.
    Database(String),
    /// What stands in the ledger contradicts itself.
    Inconsistent(String),
    /// A second document where only one may be.
    KeptAlready(String),
}

impl std::fmt::Display for LedgerFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(why) => write!(f, "the ledger's database failed: {why}"),
            Self::Inconsistent(why) => write!(f, "the ledger contradicts itself: {why}"),
            Self::KeptAlready(what) => write!(f, "{what} is on record already and is kept once"),
        }
    }
}

impl std::error::Error for LedgerFault {}

impl From<sqlx::Error> for LedgerFault {
    fn from(fault: sqlx::Error) -> Self {
        Self::Database(fault.to_string())
    }
}

impl From<sqlx::migrate::MigrateError> for LedgerFault {
    fn from(fault: sqlx::migrate::MigrateError) -> Self {
        Self::Database(format!(
            "the schema could not be brought up to date: {fault}"
        ))
    }
}

fn read_episode(body: &str) -> Result<Episode, LedgerFault> {
    serde_json::from_str(body)
        .map_err(|why| LedgerFault::Inconsistent(format!("an episode cannot be read: {why}")))
}

fn instant(millisecond: i64) -> Result<Timestamp, LedgerFault> {
    Timestamp::from_millisecond(millisecond)
        .map_err(|why| LedgerFault::Inconsistent(format!("`{millisecond}` is no instant: {why}")))
}

impl Ledger {
    /// Opens a ledger by URL (`sqlite:PATH` or `postgres://…`), making it and its schema if need be.
    pub async fn open(url: &str) -> Result<Self, LedgerFault> {
        Ok(Self {
            db: db::Db::open(url).await?,
        })
    }

    /// Turns one episode, as it stands inside the transaction, by what `react` makes of it; commits
    /// everything that follows. `react` may decline by returning none.
    pub async fn react_one(
        &self,
        id: &EpisodeId,
        now: Timestamp,
        react: impl FnOnce(Option<&Episode>) -> Option<Reaction>,
    ) -> Result<Option<Reaction>, LedgerFault> {
        let mut turn = turn::Turn::take(&self.db, now).await?;
        let before = turn.episode(id).await?;
        let Some(reaction) = react(before.as_ref()) else {
            return Ok(None);
        };
        turn.keep(&reaction).await?;
        turn.commit().await?;
        Ok(Some(reaction))
    }
}
