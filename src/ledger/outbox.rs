//! What is owed, who is sending it, and how did it end? Leased, counted before each try, fenced.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::db::{Arg, Cells};
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::effect::Effect;
use crate::practice::react::JournalLine;

/// An effect that is ours to send until the lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// What is to be sent.
    pub effect: Effect,
    /// Which try this is, from 1.
    pub attempts: u32,
    /// Names this claim; a later claim has a higher one.
    pub fence: i64,
    /// For how long it is ours from the claim on, and again from each time that it is held on to, seconds.
    pub lease_seconds: i64,
    /// Its cause was cured after it had been tried: it is only looked for, never sent.
    pub withdrawing: bool,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is there.
    Sent {
        /// How that is known.
        proof: String,
    },
    /// To be tried again.
    Again {
        /// Not before, UTC.
        at: Timestamp,
        /// What happened.
        why: String,
    },
    /// Needs a person.
    Dead {
        /// What happened.
        why: String,
    },
    /// Its cause was cured, and it is not there: it is never said.
    Withdrawn {
        /// How that is known.
        proof: String,
    },
}

/// One row of the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxRow {
    /// The effect's key.
    pub key: String,
    /// The mark in its visible text.
    pub mark: String,
    /// The episode.
    pub episode: Option<String>,
    /// The step.
    pub step: Option<String>,
    /// The operation that performs it.
    pub operation: String,
    /// `owed`, `daily` (waits for a working day's digest), `gathered` (told in one), `withdrawing` (its cause is cured and it was tried: only looked for), `sent`, `withdrawn`,
    /// `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// When it fell due, UTC.
    pub due_at: Timestamp,
    /// What happened last.
    pub why: Option<String>,
}

pub(super) fn effect(body: &str) -> Result<Effect, LedgerFault> {
    serde_json::from_str(body)
        .map_err(|why| LedgerFault::Inconsistent(format!("an effect cannot be read: {why}")))
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(now)
}

/// Which effects `o` may be claimed at `$1`: due, not leased, and the oldest of its step of its episode.
macro_rules! claimable {
    () => {
        "o.state = 'owed' AND o.next_at <= $1 AND o.lease_until <= $1 AND NOT EXISTS \
         (SELECT 1 FROM outbox e WHERE e.episode = o.episode \
         AND COALESCE(e.step, '') = COALESCE(o.step, '') AND e.state = 'owed' AND e.nth < o.nth \
         AND (e.attempts > 0 OR e.next_at <= $1))"
    };
}

impl Ledger {
    /// Claims up to `limit` effects that are due to be tried, oldest first, for `lease_seconds`. The
    /// try is counted before it is made, and a lease that ran out counts as one. Of one step of an
    /// episode only the oldest is claimed: a later one waits until that is settled, however it waits.
    pub async fn claim(
        &self,
        now: Timestamp,
        lease_seconds: i64,
        limit: u32,
        holder: &str,
    ) -> Result<Vec<Claimed>, LedgerFault> {
        let ms = now.as_millisecond();
        // Most looks find nothing due, and then nothing is written, not even the turn.
        let look = concat!(
            "SELECT o.key FROM outbox o WHERE ",
            claimable!(),
            " LIMIT 1"
        );
        if self.db.rows(look, &[Arg::Int(ms)], "t").await?.is_empty() {
            return Ok(Vec::new());
        }
        let until = after(now, lease_seconds);
        let mut turn = Turn::take(&self.db, now).await?;
        let args = [
            Arg::Int(ms),
            Arg::Int(i64::from(limit)),
            Arg::Text(holder),
            Arg::Int(until.as_millisecond()),
        ];
        let sql = concat!(
            "UPDATE outbox SET holder = $3, lease_until = $4, attempts = attempts + 1, \
             fence = fence + 1 WHERE key IN (SELECT o.key FROM outbox o WHERE ",
            claimable!(),
            " ORDER BY o.nth LIMIT $2) RETURNING body, attempts, fence, withdrawing, nth"
        );
        let mut claimed = Vec::new();
        for mut row in turn.tx.rows(sql, &args, "tiiii").await? {
            let claim = Claimed {
                effect: effect(&row.text()?)?,
                attempts: u32::try_from(row.int()?).unwrap_or(u32::MAX),
                fence: row.int()?,
                lease_seconds,
                withdrawing: row.int()? != 0,
            };
            claimed.push((row.int()?, claim));
        }
        turn.commit().await?;
        claimed.sort_by_key(|(nth, _)| *nth);
        Ok(claimed.into_iter().map(|(_, claim)| claim).collect())
    }

    /// Whether a claim still stands as it was made: nobody has claimed it since, and its cause was not
    /// cured since. Of several claimed at once the last ones may wait long for their turn, so a lease of
    /// which a quarter is over begins anew: nobody else claims what is just being sent.
    pub async fn still_ours(&self, claim: &Claimed, now: Timestamp) -> Result<bool, LedgerFault> {
        let key = Arg::Text(&claim.effect.key);
        let sql =
            "SELECT fence, withdrawing, lease_until FROM outbox WHERE key = $1 AND state = 'owed'";
        let rows = self.db.rows(sql, &[key], "iii").await?;
        let Some(mut row) = rows.into_iter().next() else {
            return Ok(false);
        };
        if row.int()? != claim.fence || (row.int()? != 0) != claim.withdrawing {
            return Ok(false);
        }
        let until = row.int()?;
        if until >= after(now, claim.lease_seconds * 3 / 4).as_millisecond() {
            return Ok(true);
        }
        let args = [
            Arg::Text(&claim.effect.key),
            Arg::Int(claim.fence),
            Arg::Int(i64::from(claim.withdrawing)),
            Arg::Int(after(now, claim.lease_seconds).as_millisecond()),
        ];
        let sql = "UPDATE outbox SET lease_until = $4 \
            WHERE key = $1 AND fence = $2 AND withdrawing = $3 AND state = 'owed'";
        let mut turn = Turn::take(&self.db, now).await?;
        if turn.tx.exec(sql, &args).await? == 0 {
            return Ok(false);
        }
        turn.commit().await?;
        Ok(true)
    }

    /// Enters how a try ended; refused, with `false`, if somebody has claimed it since.
    pub async fn settle(
        &self,
        claim: &Claimed,
        settled: Settled,
        now: Timestamp,
    ) -> Result<bool, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let (state, next, why, kind) = match &settled {
            Settled::Sent { proof } => ("sent", now, proof, "sent"),
            Settled::Again { at, why } => ("owed", *at, why, "tried"),
            Settled::Dead { why } => ("dead", now, why, "dead"),
            Settled::Withdrawn { proof } => ("withdrawn", now, proof, "withdrawn"),
        };
        let args = [
            Arg::Text(&claim.effect.key),
            Arg::Int(claim.fence),
            Arg::Text(state),
            Arg::Int(next.as_millisecond()),
            Arg::Text(why),
        ];
        let sql = "UPDATE outbox SET state = $3, next_at = $4, why = $5, lease_until = 0, \
            holder = NULL WHERE key = $1 AND fence = $2 AND state = 'owed'";
        if turn.tx.exec(sql, &args).await? == 0 {
            return Ok(false);
        }
        let line = JournalLine::new(
            kind,
            json!({
                "key": claim.effect.key, "mark": claim.effect.mark(), "step": claim.effect.step,
                "operation": claim.effect.act.operation(), "attempt": claim.attempts, "why": why,
            }),
        );
        turn.say(claim.effect.episode.as_ref(), &line)?;
        turn.commit().await?;
        Ok(true)
    }

    /// Everything ever owed, oldest first.
    pub async fn outbox_list(&self) -> Result<Vec<OutboxRow>, LedgerFault> {
        let sql = "SELECT body, state, withdrawing, attempts, why FROM outbox ORDER BY nth, key";
        self.db
            .rows(sql, &[], "ttiit")
            .await?
            .into_iter()
            .map(outbox_row)
            .collect()
    }

    /// Makes one dead effect, or all of them, owed again at once. Returns how many.
    pub async fn outbox_retry(
        &self,
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<u64, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let args = [
            Arg::Int(now.as_millisecond()),
            Arg::Text(key.unwrap_or_default()),
        ];
        let sql = "UPDATE outbox SET state = 'owed', next_at = $1 WHERE state = 'dead' \
            AND ($2 = '' OR key = $2)";
        let count = turn.tx.exec(sql, &args).await?;
        let body = json!({ "key": key, "count": count });
        turn.say(None, &JournalLine::new("retried", body))?;
        turn.commit().await?;
        Ok(count)
    }
}

fn outbox_row(mut row: Cells) -> Result<OutboxRow, LedgerFault> {
    let effect = effect(&row.text()?)?;
    let (mut state, withdrawing) = (row.text()?, row.int()? != 0);
    if withdrawing && state == "owed" {
        "withdrawing".clone_into(&mut state);
    }
    Ok(OutboxRow {
        mark: effect.mark(),
        operation: effect.act.operation().to_owned(),
        key: effect.key,
        episode: effect.episode.map(|id| id.0),
        step: effect.step.map(|step| step.0),
        due_at: effect.due_at,
        state,
        attempts: row.int()?,
        why: row.maybe_text()?,
    })
}
