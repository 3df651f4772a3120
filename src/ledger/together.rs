//! How do many decisions share one commit? Whoever comes while another waits joins that one's turn.
//!
//! A commit costs a write to the disk that it waits for, and a finish check may not be answered before.
//! So callers pass one door, in the order they came: once to say which episode they want, once to react
//! to it, once to commit. Whoever passes first for the third time commits for all who have reacted;
//! those who came during that commit make the next batch. Each reacts in its own task, to the episode as
//! it stands in the turn; one that declines, fails or goes away leaves nothing behind and takes nobody
//! with it; nobody is answered before the commit. Absent on purpose: tasks and waiting of our own, so
//! whoever waits for a commit turns it, and if that one goes away the next one does.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

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
}

/// One turn and those who share it.
struct Batch(Mutex<State>);

enum State {
    /// It may be joined.
    Open {
        turn: Box<Turn>,
        wanted: BTreeSet<EpisodeId>,
    },
    /// It is being committed, by whoever waits for it.
    Closing(Pin<Box<dyn Future<Output = Result<u64, LedgerFault>> + Send>>),
    /// It ended like this.
    Closed(Result<(), LedgerFault>),
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
        let turn = Box::new(Turn::take(db, now).await?);
        let wanted = BTreeSet::new();
        let batch = Arc::new(Self(Mutex::new(State::Open { turn, wanted })));
        *door = Arc::downgrade(&batch);
        Ok(batch)
    }

    fn is_behind(self: &Arc<Self>, door: &Weak<Self>) -> bool {
        std::ptr::eq(Arc::as_ptr(self), door.as_ptr())
    }

    async fn want(&self, id: &EpisodeId) {
        if let State::Open { wanted, .. } = &mut *self.0.lock().await {
            wanted.insert(id.clone());
        }
    }

    async fn react(
        &self,
        id: &EpisodeId,
        now: Timestamp,
        react: impl FnOnce(Option<&Episode>) -> Option<Reaction>,
    ) -> Result<Option<Reaction>, LedgerFault> {
        let mut state = self.0.lock().await;
        let State::Open { turn, wanted } = &mut *state else {
            return Err(closed());
        };
        if !turn.has(id) {
            let mut ids = wanted.clone();
            ids.insert(id.clone());
            turn.load(ids).await?;
            wanted.clear();
        }
        let Some(reaction) = react(turn.episode(id)) else {
            return Ok(None);
        };
        turn.now = now;
        turn.keep_copy(&reaction)?;
        Ok(Some(reaction))
    }

    /// Nobody joins any more.
    async fn close(&self) {
        let mut state = self.0.lock().await;
        let open = std::mem::replace(&mut *state, State::Closed(Err(closed())));
        *state = match open {
            State::Open { turn, .. } => State::Closing(Box::pin(turn.commit())),
            other => other,
        };
    }

    /// How it ended.
    async fn ended(&self) -> Result<(), LedgerFault> {
        let mut state = self.0.lock().await;
        if let State::Closing(commit) = &mut *state {
            let ended = commit.as_mut().await;
            *state = State::Closed(ended.map(drop));
        }
        match &*state {
            State::Closed(ended) => ended.clone(),
            State::Open { .. } | State::Closing(_) => Err(closed()),
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
        let door = &self.together.door;
        let joined = {
            let mut door = door.lock().await;
            let batch = Batch::enter(&mut door, &self.db, now).await?;
            batch.want(id).await;
            batch
        };
        let (batch, reaction) = {
            let mut door = door.lock().await;
            // Closed meanwhile by those who were further on: then we begin the next one.
            let batch = if joined.is_behind(&door) {
                joined
            } else {
                Batch::enter(&mut door, &self.db, now).await?
            };
            let reaction = batch.react(id, now, react).await?;
            (batch, reaction)
        };
        if reaction.is_none() {
            return Ok(None);
        }
        {
            let mut door = door.lock().await;
            if batch.is_behind(&door) {
                *door = Weak::new();
                batch.close().await;
            }
        }
        batch.ended().await?;
        Ok(reaction)
    }
}
