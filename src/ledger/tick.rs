//! Which episodes has time come to? Those whose next-look instant has passed, and no others.

use jiff::Timestamp;
use serde::Serialize;

use super::db::Arg;
use super::turn::Turn;
use super::{Ledger, LedgerFault, instant, read_episode};
use crate::practice::episode::Episode;
use crate::practice::react::Reaction;

/// What a look at passing time did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ticked {
    /// Episodes looked at.
    pub looked: u64,
    /// Effects newly owed.
    pub owed: u64,
}

impl Ledger {
    /// Looks at up to `limit` episodes whose next-look instant has come, earliest first, in one
    /// transaction.
    pub async fn tick(
        &self,
        now: Timestamp,
        limit: u32,
        mut react: impl FnMut(&Episode) -> Reaction,
    ) -> Result<Ticked, LedgerFault> {
        let due = [Arg::Int(now.as_millisecond()), Arg::Int(i64::from(limit))];
        // Most looks find nothing due, and then nothing is written, not even the turn.
        let sql = "SELECT id FROM episodes WHERE look_again <= $1 LIMIT 1";
        if self.db.rows(sql, &due[..1], "t").await?.is_empty() {
            return Ok(Ticked::default());
        }
        let mut turn = Turn::take(&self.db, now).await?;
        let sql = "SELECT body FROM episodes WHERE look_again <= $1 ORDER BY look_again LIMIT $2";
        let mut looked = 0;
        for mut row in turn.tx.rows(sql, &due, "t").await? {
            turn.keep(react(&read_episode(&row.text()?)?))?;
            looked += 1;
        }
        let owed = turn.commit().await?;
        Ok(Ticked { looked, owed })
    }

    /// Looks at every episode of the ledger, in one transaction. Returns how many there are.
    pub async fn each_episode(
        &self,
        now: Timestamp,
        mut react: impl FnMut(&Episode) -> Reaction,
    ) -> Result<u64, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let mut looked = 0;
        let sql = "SELECT body FROM episodes ORDER BY id";
        for mut row in turn.tx.rows(sql, &[], "t").await? {
            turn.keep(react(&read_episode(&row.text()?)?))?;
            looked += 1;
        }
        turn.commit().await?;
        Ok(looked)
    }

    /// The earliest instant at which an episode wants a look, UTC.
    pub async fn next_look(&self) -> Result<Option<Timestamp>, LedgerFault> {
        let sql = "SELECT MIN(look_again) FROM episodes";
        match self.db.rows(sql, &[], "i").await?.into_iter().next() {
            Some(mut row) => row.maybe_int()?.map(instant).transpose(),
            None => Ok(None),
        }
    }
}
