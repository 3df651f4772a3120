//! What does the journal say of the past, and by what was judged then?
//!
//! The texts that a judgement rests on (policy, role holders, days off) are kept once each, by their hash; the
//! journal's line `configured` names them. Absent on purpose: what follows from a line (`practice::replay`).

use jiff::Timestamp;
use serde_json::Value as Json;

use super::db::{Arg, Sql};
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::history::Past;
use crate::practice::ids::{Digest, EpisodeId};
use crate::practice::react::JournalLine;

/// Lines read at a time.
const BLOCK: i64 = 2_000;

impl Ledger {
    /// Keeps what holds from now on, with its texts, each under its own hash. A line is written only if it is
    /// not what was written last; a text that is missing is kept all the same.
    ///
    /// # Errors
    /// The ledger's fault; nothing is kept then.
    pub async fn keep_configured(
        &self,
        value: &Json,
        texts: &[String],
        now: Timestamp,
    ) -> Result<bool, LedgerFault> {
        let name = "configured";
        let same = self.cursor(name).await?.as_ref() == Some(value);
        let mut missing = Vec::new();
        for text in texts {
            let digest = Digest::of(text.as_bytes());
            if self.text(&digest).await?.is_none() {
                missing.push((digest, text));
            }
        }
        if same && missing.is_empty() {
            return Ok(false);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        for (digest, text) in missing {
            let sql =
                "INSERT INTO texts (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
            let args = [Arg::Text(digest.as_str()), Arg::Text(text)];
            turn.tx.exec(sql, &args).await?;
        }
        if !same {
            turn.tx.set_cursor(name, value).await?;
            turn.say(None, &JournalLine::new(name, value.clone()))?;
        }
        turn.commit().await?;
        Ok(!same)
    }

    /// The first line that says by what was judged; none in a ledger that never said so.
    ///
    /// # Errors
    /// The ledger's fault, or a line that cannot be read back.
    pub async fn first_configured(&self) -> Result<Option<Past>, LedgerFault> {
        let sql = Sql {
            lite: "SELECT seq, body FROM journal WHERE instr(body, '\"kind\":\"configured\"') > 0 \
                ORDER BY seq LIMIT 1",
            post: "SELECT seq, body FROM journal WHERE position('\"kind\":\"configured\"' IN body) > 0 \
                ORDER BY seq LIMIT 1",
        };
        Ok(self.past(sql, &[]).await?.into_iter().next())
    }

    /// A text that was kept, by its hash; a ledger from before texts were kept has none.
    ///
    /// # Errors
    /// The ledger's fault, or a text that is not what its hash says.
    pub async fn text(&self, digest: &Digest) -> Result<Option<String>, LedgerFault> {
        let sql = "SELECT body FROM texts WHERE digest = $1";
        let args = [Arg::Text(digest.as_str())];
        let Some(mut row) = self.db.rows(sql, &args, "t").await?.into_iter().next() else {
            return Ok(None);
        };
        let text = row.text()?;
        if Digest::of(text.as_bytes()) == *digest {
            return Ok(Some(text));
        }
        Err(LedgerFault::Inconsistent(format!(
            "the text kept as {digest} has another hash; restore the latest whole backup"
        )))
    }

    /// The next lines of the journal after `seq`, in order; none at its end.
    ///
    /// # Errors
    /// The ledger's fault, or a line that cannot be read back.
    pub async fn past_after(&self, seq: i64) -> Result<Vec<Past>, LedgerFault> {
        let sql = "SELECT seq, body FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2";
        self.past(sql.into(), &[Arg::Int(seq), Arg::Int(BLOCK)])
            .await
    }

    /// The lines about one episode, and those that say by what was judged and since when was read, in order. A step that stood alone
    /// before it found its episode brings the lines about it along.
    ///
    /// # Errors
    /// The ledger's fault, or a line that cannot be read back.
    pub async fn past_of(&self, id: &EpisodeId) -> Result<Vec<Past>, LedgerFault> {
        let sql = Sql {
            lite: "SELECT seq, body FROM journal WHERE instr(body, $1) > 0 OR \
                instr(body, '\"kind\":\"configured\"') > 0 OR \
                instr(body, '\"kind\":\"first_read\"') > 0 ORDER BY seq",
            post: "SELECT seq, body FROM journal WHERE position($1 IN body) > 0 OR \
                position('\"kind\":\"configured\"' IN body) > 0 OR \
                position('\"kind\":\"first_read\"' IN body) > 0 ORDER BY seq",
        };
        let mut lines = self.past(sql, &[Arg::Text(&named(id)?)]).await?;
        let mut alone: Vec<EpisodeId> = joined(&lines);
        while let Some(from) = alone.pop() {
            let more = self.past(sql, &[Arg::Text(&named(&from)?)]).await?;
            alone.extend(joined(&more));
            lines.extend(more);
        }
        lines.sort_by_key(|line| line.seq);
        lines.dedup_by_key(|line| line.seq);
        Ok(lines)
    }

    /// The bodies of a kind of line after `seq`, and the last line of the journal by now.
    ///
    /// # Errors
    /// The ledger's fault, or a line that cannot be read back.
    pub async fn lines_of_kind(
        &self,
        kind: &str,
        seq: i64,
    ) -> Result<(Vec<Json>, i64), LedgerFault> {
        let last = self
            .db
            .rows("SELECT MAX(seq) FROM journal", &[], "i")
            .await?;
        let last = last.into_iter().next().map(|mut row| row.maybe_int());
        let last = last.transpose()?.flatten().unwrap_or(seq);
        let sql = Sql {
            lite: "SELECT body FROM journal WHERE seq > $1 AND seq <= $2 AND instr(body, $3) > 0 \
                ORDER BY seq",
            post: "SELECT body FROM journal WHERE seq > $1 AND seq <= $2 AND position($3 IN body) > 0 \
                ORDER BY seq",
        };
        let named = format!("\"kind\":\"{kind}\"");
        let args = [Arg::Int(seq), Arg::Int(last), Arg::Text(&named)];
        let rows = self.db.rows(sql, &args, "t").await?.into_iter();
        let read = |mut row: super::db::Cells| {
            let unfit = |why: serde_json::Error| LedgerFault::Inconsistent(why.to_string());
            serde_json::from_str(&row.text()?).map_err(unfit)
        };
        Ok((rows.map(read).collect::<Result<_, _>>()?, last))
    }

    async fn past(&self, sql: Sql, args: &[Arg<'_>]) -> Result<Vec<Past>, LedgerFault> {
        let rows = self.db.rows(sql, args, "it").await?;
        let rows = rows.into_iter().map(|mut row| {
            let (seq, body) = (row.int()?, row.text()?);
            Past::read(seq, &body).map_err(LedgerFault::Inconsistent)
        });
        rows.collect()
    }
}

/// How a line names its episode.
fn named(id: &EpisodeId) -> Result<String, LedgerFault> {
    let id = serde_json::to_string(id).map_err(|why| LedgerFault::Inconsistent(why.to_string()))?;
    Ok(format!("\"episode\":{id}"))
}

fn joined(lines: &[Past]) -> Vec<EpisodeId> {
    use crate::practice::history::Happened;
    let found = lines.iter().filter_map(|line| match &line.what {
        Happened::Joined { from, .. } => Some(from.clone()),
        _ => None,
    });
    found.collect()
}
