//! How is a flood of messages gathered? The messages stay, with fewer people to tell; a digest tells those at once.

use jiff::Timestamp;
use serde_json::json;

use super::db::Arg;
use super::owing::Said;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::effect::Effect;
use crate::practice::react::JournalLine;

impl Ledger {
    /// Up to `limit` effects that are due and were never tried, oldest first.
    pub async fn untried(&self, now: Timestamp, limit: u32) -> Result<Vec<Effect>, LedgerFault> {
        let sql = "SELECT body FROM outbox WHERE state = 'owed' AND attempts = 0 AND withdrawing = 0 \
            AND next_at <= $1 AND lease_until <= $1 ORDER BY nth LIMIT $2";
        let args = [Arg::Int(now.as_millisecond()), Arg::Int(i64::from(limit))];
        let rows = self.db.rows(sql, &args, "t").await?;
        rows.into_iter()
            .map(|mut row| super::outbox::effect(&row.text()?))
            .collect()
    }

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

    /// Owes the digests, and writes each of their members anew with the people it still tells. A member that
    /// somebody claimed meanwhile stays as it was: a person may then be told of it twice, never not at all.
    pub async fn gather(
        &self,
        members: &[Effect],
        digests: Vec<Effect>,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        for member in members {
            let body = serde_json::to_string(member).map_err(|why| {
                LedgerFault::Inconsistent(format!("an effect cannot be written: {why}"))
            })?;
            let sql = "UPDATE outbox SET body = $2 WHERE key = $1 AND state = 'owed' AND attempts = 0 \
                AND withdrawing = 0";
            let args = [Arg::Text(&member.key), Arg::Text(&body)];
            turn.tx.exec(sql, &args).await?;
        }
        let keys: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
        let names: Vec<&str> = digests.iter().map(|digest| digest.key.as_str()).collect();
        let body = json!({ "digests": names, "members": keys });
        turn.say(None, &JournalLine::new("gathered", body))?;
        for digest in digests {
            turn.said.push(Said::Owe(Box::new(digest), now));
        }
        turn.commit().await?;
        Ok(())
    }
}
