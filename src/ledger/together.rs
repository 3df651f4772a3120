//! How do many decisions share one commit? Whoever comes while another waits joins that one's turn.
//!
//! A commit costs a write to the disk that it waits for, and a finish check may not be answered before.
//! So callers pass one door in the order they came, and each reacts there, in its own task, to the
//! episode as it stands in the turn. The first of them then queues at the door once more; when it is its
//! turn, all who were waiting have joined, and it commits for all. Those who come during that commit make
//! the next batch. One that declines, fails or goes away leaves nothing behind and takes nobody with it;
//! nobody is answered before the commit. Absent on purpose: tasks and waiting of our own, so whoever
//! waits for a commit turns it, and if that one goes away the next one does.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, Weak};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::db::Db;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::episode::Episode;
use crate::practice::ids::EpisodeId;
use crate::practice::react::Reaction;

/// The door; behind it stands the batch that may still be joined, as long as anybody waits for it.
#[derive(Default)]
pub(super) struct Together {
    door: Mutex<Weak<Batch>>,
    /// The episodes that those at the door want, so that the first one reads them for all.
    wanted: std::sync::Mutex<BTreeSet<EpisodeId>>,
}

/// One turn and those who share it.
struct Batch {
    turn: Mutex<Option<Box<Turn>>>,
    ending: Mutex<Ending>,
}

enum Ending {
    /// It may be joined.
    Open,
    /// It is being committed, by whoever waits for it.
    Closing(Pin<Box<dyn Future<Output = Result<u64, LedgerFault>> + Send>>),
    /// It ended like this.
    Closed(Result<(), LedgerFault>),
}

impl Together {
    fn want(&self, id: &EpisodeId) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.insert(id.clone());
    }

    fn all_wanted(&self) -> BTreeSet<EpisodeId> {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Batch {
    /// The batch behind the door, or a new one.
    async fn enter(
        door: &mut Weak<Self>,
        db: &Db,
        now: Timestamp,
    ) -> Result<Arc<Self>, LedgerFault> {
        if let Some(open) = door.upgrade() {
            return Ok(open);
        }
        let turn = Turn::take(db, now).await?;
        let batch = Arc::new(Self {
            turn: Mutex::new(Some(Box::new(turn))),
            ending: Mutex::new(Ending::Open),
        });
        *door = Arc::downgrade(&batch);
        Ok(batch)
    }

    async fn react(
        &self,
        together: &Together,
        id: &EpisodeId,
        now: Timestamp,
        react: impl FnOnce(Option<&Episode>) -> Option<Reaction>,
    ) -> Result<Option<Reaction>, LedgerFault> {
        let mut turn = self.turn.lock().await;
        let turn = turn.as_mut().ok_or_else(closed)?;
        if !turn.has(id) {
            let mut ids = together.all_wanted();
            ids.insert(id.clone());
            turn.load(ids).await?;
        }
        let Some(reaction) = react(turn.episode(id)) else {
            return Ok(None);
        };
        turn.now = now;
        turn.keep_copy(&reaction)?;
        Ok(Some(reaction))
    }

    /// How it ended. The first to ask lets everybody in who is at the door by now, and commits.
    async fn ended(&self, door: &Mutex<Weak<Self>>) -> Result<(), LedgerFault> {
        let mut ending = self.ending.lock().await;
        if matches!(*ending, Ending::Open) {
            let mut door = door.lock().await;
            let turn = self.turn.lock().await.take().ok_or_else(closed)?;
            *door = Weak::new();
            *ending = Ending::Closing(Box::pin(turn.commit()));
        }
        if let Ending::Closing(commit) = &mut *ending {
            let ended = commit.as_mut().await;
            *ending = Ending::Closed(ended.map(drop));
        }
        match &*ending {
            Ending::Closed(ended) => ended.clone(),
            Ending::Open | Ending::Closing(_) => Err(closed()),
        }
    }
}

fn closed() -> LedgerFault {
    LedgerFault::Inconsistent("a shared turn was not in the state it should be in".to_owned())
}

impl Ledger {
    /// Turns one episode, as it stands inside the transaction, by what `react` makes of it; returns when
    /// everything that follows is committed. `react` may decline by returning none. Calls that come at
    /// the same time share a commit.
    pub async fn react_one(
        &self,
        id: &EpisodeId,
        now: Timestamp,
        react: impl FnOnce(Option<&Episode>) -> Option<Reaction>,
    ) -> Result<Option<Reaction>, LedgerFault> {
        let together = &*self.together;
        together.want(id);
        let (batch, reaction) = {
            let mut door = together.door.lock().await;
            let batch = Batch::enter(&mut door, &self.db, now).await?;
            let reaction = batch.react(together, id, now, react).await?;
            (batch, reaction)
        };
        if reaction.is_some() {
            batch.ended(&together.door).await?;
        }
        Ok(reaction)
    }
}
