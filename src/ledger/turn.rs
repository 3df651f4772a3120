//! Who writes now? Every writing transaction takes the turn first, so the journal has one order.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::db::{Arg, Db, Tx};
use super::{GENESIS, LedgerFault, link};
use crate::practice::effect::Effect;
use crate::practice::episode::Episode;
use crate::practice::ids::{CycleId, EpisodeId};
use crate::practice::react::{JournalLine, Reaction};

/// A transaction that holds the turn.
pub(super) struct Turn {
    pub(super) tx: Tx,
    pub(super) now: Timestamp,
    seq: i64,
    head: String,
}

impl Turn {
    pub(super) async fn take(db: &Db, now: Timestamp) -> Result<Self, LedgerFault> {
        let mut tx = db.begin().await?;
        let taken = tx
            .exec("UPDATE turn SET n = n + 1 WHERE id = 1", &[])
            .await?;
        if taken != 1 {
            return Err(LedgerFault::Inconsistent(format!(
                "the turn has {taken} rows, not 1"
            )));
        }
        let sql = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1";
        let (seq, head) = match tx.row(sql, &[], "it").await? {
            Some(mut row) => (row.int()?, row.text()?),
            None => (0, GENESIS.to_owned()),
        };
        Ok(Self { tx, now, seq, head })
    }

    /// Adds a line to the journal, chained to the one before.
    pub(super) async fn write(
        &mut self,
        episode: Option<&EpisodeId>,
        line: &JournalLine,
    ) -> Result<(), LedgerFault> {
        let mut body = match &line.body {
            Json::Object(map) => map.clone(),
            other => [("value".to_owned(), other.clone())].into_iter().collect(),
        };
        body.insert("kind".to_owned(), line.kind.clone().into());
        body.insert("at".to_owned(), self.now.to_string().into());
        if let Some(episode) = episode {
            body.insert("episode".to_owned(), episode.to_string().into());
        }
        let body = Json::Object(body).to_string();
        let hash = link(&self.head, &body);
        self.seq += 1;
        let args = [
            Arg::Int(self.seq),
            Arg::Text(&self.head),
            Arg::Text(&body),
            Arg::Text(&hash),
        ];
        let sql = "INSERT INTO journal (seq, prev, body, hash) VALUES ($1, $2, $3, $4)";
        self.tx.exec(sql, &args).await?;
        self.head = hash;
        Ok(())
    }

    /// Reads an episode inside the transaction.
    pub(super) async fn episode(&mut self, id: &EpisodeId) -> Result<Option<Episode>, LedgerFault> {
        let sql = "SELECT body FROM episodes WHERE id = $1";
        match self.tx.row(sql, &[Arg::Text(id.as_str())], "t").await? {
            Some(mut row) => Ok(Some(super::read_episode(&row.text()?)?)),
            None => Ok(None),
        }
    }

    /// Commits everything that follows from an input: episode, journal, owed effects, next look.
    pub(super) async fn keep(&mut self, reaction: &Reaction) -> Result<u64, LedgerFault> {
        let after = &reaction.after;
        for line in &reaction.said {
            self.write(Some(&after.id), line).await?;
        }
        self.keep_episode(after, reaction.look_again).await?;
        for cause in &reaction.withdrawn {
            self.withdraw(&after.id, cause).await?;
        }
        let mut owed = 0;
        for effect in &reaction.owed {
            owed += self.owe(effect).await?;
        }
        Ok(owed)
    }

    pub(super) async fn keep_episode(
        &mut self,
        episode: &Episode,
        look_again: Option<Timestamp>,
    ) -> Result<(), LedgerFault> {
        let body = serde_json::to_string(episode).map_err(|why| {
            LedgerFault::Inconsistent(format!("an episode cannot be written: {why}"))
        })?;
        let allocation = episode.allocation.as_ref();
        let args = [
            Arg::Text(episode.id.as_str()),
            Arg::Text(episode.source.as_str()),
            Arg::MaybeText(episode.cycle.as_ref().map(CycleId::as_str)),
            Arg::MaybeText(allocation.map(|a| a.child.as_str())),
            Arg::MaybeText(allocation.map(|a| a.practitioner.as_str())),
            Arg::Int(i64::try_from(episode.steps.len()).unwrap_or(i64::MAX)),
            Arg::Text(&body),
            Arg::Int(i64::try_from(episode.version).unwrap_or(i64::MAX)),
            Arg::MaybeInt(look_again.map(Timestamp::as_millisecond)),
        ];
        let sql = "INSERT INTO episodes \
            (id, source, cycle, child, practitioner, steps, body, version, look_again) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET \
            source = excluded.source, cycle = excluded.cycle, child = excluded.child, \
            practitioner = excluded.practitioner, steps = excluded.steps, body = excluded.body, \
            version = excluded.version, look_again = excluded.look_again";
        self.tx.exec(sql, &args).await?;
        Ok(())
    }

    async fn owe(&mut self, effect: &Effect) -> Result<u64, LedgerFault> {
        let body = serde_json::to_string(effect).map_err(|why| {
            LedgerFault::Inconsistent(format!("an effect cannot be written: {why}"))
        })?;
        let due = effect.due_at.as_millisecond();
        let args = [
            Arg::Text(&effect.key),
            Arg::MaybeText(effect.episode.as_ref().map(EpisodeId::as_str)),
            Arg::Text(&effect.cause),
            Arg::Text(&body),
            Arg::Int(due),
            Arg::Int(self.seq),
        ];
        let sql = "INSERT INTO outbox (key, episode, cause, body, state, due_at, next_at, attempts, \
            fence, holder, lease_until, why, nth) \
            VALUES ($1, $2, $3, $4, 'owed', $5, $5, 0, 0, NULL, 0, NULL, $6) \
            ON CONFLICT (key) DO NOTHING";
        let new = self.tx.exec(sql, &args).await?;
        if new == 1 {
            let mark = effect.mark();
            let line = JournalLine::new("owed", json!({ "effect": effect, "mark": mark }));
            self.write(effect.episode.as_ref(), &line).await?;
        }
        Ok(new)
    }

    async fn withdraw(&mut self, episode: &EpisodeId, cause: &str) -> Result<(), LedgerFault> {
        let args = [Arg::Text(episode.as_str()), Arg::Text(cause)];
        // What has been tried may have arrived, so it is settled by read-back and not withdrawn.
        let sql = "SELECT key FROM outbox WHERE episode = $1 AND cause = $2 AND state = 'owed' \
            AND attempts = 0";
        let keys = self.tx.rows(sql, &args, "t").await?;
        for mut row in keys {
            let key = row.text()?;
            let sql = "UPDATE outbox SET state = 'withdrawn' WHERE key = $1";
            self.tx.exec(sql, &[Arg::Text(&key)]).await?;
            let line = JournalLine::new("withdrawn", json!({ "key": key, "cause": cause }));
            self.write(Some(episode), &line).await?;
        }
        Ok(())
    }

    /// Withdraws everything owed for an episode that is no more and not tried yet.
    pub(super) async fn withdraw_all(&mut self, episode: &EpisodeId) -> Result<(), LedgerFault> {
        let sql = "SELECT DISTINCT cause FROM outbox WHERE episode = $1 AND state = 'owed'";
        for mut row in self
            .tx
            .rows(sql, &[Arg::Text(episode.as_str())], "t")
            .await?
        {
            let cause = row.text()?;
            self.withdraw(episode, &cause).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), LedgerFault> {
        self.tx.commit().await
    }
}
