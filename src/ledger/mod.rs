//! What do we remember? Episodes, the mirror, what is owed, and the journal that holds every input.
//!
//! The only room that names sqlx. Each method is one transaction that begins by taking the turn; the
//! closures it is handed are synchronous, so nothing can wait on a network while it is open.
//! Instants are stored as whole milliseconds since the epoch, UTC.

mod absorb;
mod alias;
mod db;
mod digests;
mod episodes;
mod inbox;
mod journal;
mod kin;
mod looks;
mod open;
mod outbox;
mod owing;
mod past;
mod place;
mod quarantine;
mod reading;
mod reads;
mod steps;
mod tick;
mod together;
mod turn;

pub use absorb::{Absorbed, Overtaken, PageSeen};
pub use alias::{AliasRow, Merged};
pub use digests::Gathered;
pub use inbox::{Looked, Named, ToldOf};
pub use journal::Verified;
pub use outbox::{Claimed, OutboxRow, Settled};
pub use quarantine::{QuarantineRow, QuarantinedRow};
pub use reads::{Kept, MirrorRow};
pub use tick::Ticked;

use jiff::Timestamp;

use crate::practice::episode::Episode;
use crate::practice::ids::Digest;

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
    looks: std::sync::Arc<looks::Looks>,
    together: std::sync::Arc<together::Together>,
}

/// Why the ledger could not be read or written. Whatever it is, the answer is the same: do nothing that
/// rests on what was to be recorded, and read the ledger anew on the next beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerFault {
    /// The database said no; nothing was committed.
    Database(String),
    /// The commit failed, so nobody knows whether it was committed: read back before acting on it. A
    /// page is read again from the cursor that stands; an effect is looked for before it is sent again
    /// (its try was counted before); a finish check is answered as unavailable.
    UnknownCommit(String),
    /// This ledger must not be used as it is; the text says why and what to do.
    Unfit(String),
    /// What stands in the ledger contradicts itself.
    Inconsistent(String),
    /// A second document where only one may be.
    KeptAlready(String),
}

impl std::fmt::Display for LedgerFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(why) => write!(f, "the ledger's database failed: {why}"),
            Self::UnknownCommit(why) => write!(
                f,
                "the ledger's commit failed, so it is unknown whether it stands; it is read again before \
                 anything rests on it: {why}"
            ),
            Self::Unfit(why) => write!(f, "the ledger is not opened: {why}"),
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

fn read_episode(body: &str) -> Result<Episode, LedgerFault> {
    serde_json::from_str(body)
        .map_err(|why| LedgerFault::Inconsistent(format!("an episode cannot be read: {why}")))
}

fn instant(millisecond: i64) -> Result<Timestamp, LedgerFault> {
    Timestamp::from_millisecond(millisecond)
        .map_err(|why| LedgerFault::Inconsistent(format!("`{millisecond}` is no instant: {why}")))
}

impl Ledger {
    fn with(db: db::Db) -> Self {
        Self {
            db,
            looks: std::sync::Arc::default(),
            together: std::sync::Arc::default(),
        }
    }
}
