//! How are a day's messages gathered? Those that wait for it go into digests, in one turn, so that none is lost or
//! told twice, whichever node gathers and wherever it is killed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::db::{Arg, each_row, listed};
use super::owing::Said;
use super::turn::{ROWS, Turn};
use super::{Ledger, LedgerFault};
use crate::practice::effect::Effect;
use crate::practice::react::JournalLine;

/// What is made of the messages that wait for a day's digests.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The digests, owed from now on.
    pub digests: Vec<Effect>,
    /// Messages that everybody concerned hears through a digest: the message's key, and a digest's.
    pub told: Vec<(String, String)>,
    /// Messages that wait on, with the people they still have to tell, not before this instant, UTC.
    pub waiting: Vec<(Effect, Timestamp)>,
}

impl Ledger {
    /// Owes these effects together with what they were told up to, and enters it by a line of its own. A key that is
    /// owed already stays as it is.
    ///
    /// # Errors
    /// The ledger's fault; nothing is owed then.
    pub async fn owe_with(
        &self,
        cursor: &str,
        value: &serde_json::Value,
        line: &JournalLine,
        effects: Vec<Effect>,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        turn.tx.set_cursor(cursor, value).await?;
        turn.say(None, line)?;
        let effects = effects.into_iter();
        turn.said
            .extend(effects.map(|effect| Said::Owe(Box::new(effect), now)));
        turn.commit().await.map(drop)
    }

    /// Gathers up to `limit` messages that wait for the day's digests, oldest first. `keys` names the digests that
    /// they would go into, and `compose` makes them, knowing which of those were owed before. Returns how many
    /// digests are newly owed.
    pub async fn gather(
        &self,
        now: Timestamp,
        limit: u32,
        keys: impl Fn(&[Effect]) -> BTreeSet<String>,
        compose: impl FnOnce(&[Effect], &BTreeSet<String>) -> Gathered,
    ) -> Result<u64, LedgerFault> {
        let args = [Arg::Int(now.as_millisecond()), Arg::Int(i64::from(limit))];
        // Most looks find nothing, and then nothing is written, not even the turn.
        let sql = "SELECT key FROM outbox WHERE state = 'daily' AND next_at <= $1 LIMIT 1";
        if self.db.rows(sql, &args[..1], "t").await?.is_empty() {
            return Ok(0);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        let sql = "SELECT body FROM outbox WHERE state = 'daily' AND next_at <= $1 \
            ORDER BY nth, key LIMIT $2";
        let rows = turn.tx.rows(sql, &args, "t").await?.into_iter();
        let members: Result<Vec<Effect>, LedgerFault> = rows
            .map(|mut row| super::outbox::effect(&row.text()?))
            .collect();
        let members = members?;
        let known = turn.known(&keys(&members)).await?;
        let gathered = compose(&members, &known);
        turn.keep_gathered(gathered).await?;
        turn.commit().await
    }
}

impl Turn {
    /// Which of these keys the outbox has.
    async fn known(&mut self, keys: &BTreeSet<String>) -> Result<BTreeSet<String>, LedgerFault> {
        let sql = each_row!(
            "SELECT key FROM outbox WHERE key IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let mut known = BTreeSet::new();
        let keys: Vec<[&String; 1]> = keys.iter().map(|key| [key]).collect();
        for block in keys.chunks(ROWS) {
            for mut row in self
                .tx
                .rows(sql, &[Arg::Text(&listed(block)?)], "t")
                .await?
            {
                known.insert(row.text()?);
            }
        }
        Ok(known)
    }

    async fn keep_gathered(&mut self, gathered: Gathered) -> Result<(), LedgerFault> {
        for (member, at) in &gathered.waiting {
            let body = serde_json::to_string(member).map_err(|why| {
                LedgerFault::Inconsistent(format!("an effect cannot be written: {why}"))
            })?;
            let args = [
                Arg::Text(&member.key),
                Arg::Text(&body),
                Arg::Int(at.as_millisecond()),
            ];
            let sql =
                "UPDATE outbox SET body = $2, next_at = $3 WHERE key = $1 AND state = 'daily'";
            self.tx.exec(sql, &args).await?;
        }
        for (member, digest) in &gathered.told {
            let why = format!("told in `{digest}`");
            let args = [Arg::Text(member), Arg::Text(&why)];
            let sql =
                "UPDATE outbox SET state = 'gathered', why = $2 WHERE key = $1 AND state = 'daily'";
            self.tx.exec(sql, &args).await?;
        }
        if !gathered.digests.is_empty() {
            let members: Vec<&str> = gathered.told.iter().map(|(key, _)| key.as_str()).collect();
            let names: Vec<&str> = gathered
                .digests
                .iter()
                .map(|one| one.key.as_str())
                .collect();
            let body = json!({ "digests": names, "members": members });
            self.say(None, &JournalLine::new("gathered", body))?;
        }
        let now = self.now;
        for digest in gathered.digests {
            self.said.push(Said::Owe(Box::new(digest), now));
        }
        Ok(())
    }
}
