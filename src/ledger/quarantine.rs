//! Which records could not be read? Each kept once by its content, counted, and let go when its step can be
//! read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::db::{Arg, each_row, listed};
use super::turn::{ROWS, Turn};
use super::{Ledger, LedgerFault, instant};
use crate::practice::ids::{SourceName, StepId};
use crate::practice::react::JournalLine;

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// The step's id, if that much could be read.
    pub step: Option<String>,
    /// Where in the record.
    pub path: String,
    /// What is wrong and what to do.
    pub reason: String,
    /// SHA-256 of the record, so that the same one is kept once.
    pub fingerprint: String,
}

/// One record in quarantine.
#[derive(Clone, Debug, Serialize)]
pub struct QuarantinedRow {
    /// The case system.
    pub source: String,
    /// The step's id, if that much could be read.
    pub step: Option<String>,
    /// Where in the record.
    pub path: String,
    /// What is wrong and what to do.
    pub reason: String,
    /// How often it was met.
    pub times: i64,
    /// When it was last met, UTC.
    pub last_at: Timestamp,
}

impl Ledger {
    /// Every record in quarantine.
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedRow>, LedgerFault> {
        let sql = "SELECT source, step, path, reason, times, last_at FROM quarantine \
            ORDER BY first_at, fingerprint";
        let rows = self.db.rows(sql, &[], "ttttii").await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(QuarantinedRow {
                    source: row.text()?,
                    step: row.maybe_text()?,
                    path: row.text()?,
                    reason: row.text()?,
                    times: row.int()?,
                    last_at: instant(row.int()?)?,
                })
            })
            .collect()
    }
}

impl Ledger {
    /// Lets go of what is set aside of a step that is gone, or is none of ours after all.
    pub async fn release_step(
        &self,
        source: &SourceName,
        step: &StepId,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        turn.release(source, &[[step.clone()]]).await?;
        let body = json!({ "source": source, "step": step });
        turn.say(None, &JournalLine::new("released", body))?;
        turn.commit().await.map(drop)
    }

    /// Lets go of what is set aside without its step's id, was last met before `now`, UTC, and is none of `there`, each
    /// by its fingerprint.
    ///
    /// # Errors
    /// The ledger's fault; nothing is let go then.
    pub async fn release_unnamed(
        &self,
        source: &SourceName,
        there: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let sql = "SELECT fingerprint FROM quarantine WHERE source = $1 AND step IS NULL AND last_at < $2";
        let args = [Arg::Text(source.as_str()), Arg::Int(now.as_millisecond())];
        let mut gone = Vec::new();
        for mut row in self.db.rows(sql, &args, "t").await? {
            gone.push(row.text()?);
        }
        gone.retain(|fingerprint| !there.contains(fingerprint));
        if gone.is_empty() {
            return Ok(());
        }
        let mut turn = Turn::take(&self.db, now).await?;
        for fingerprint in gone {
            let sql = "DELETE FROM quarantine WHERE source = $1 AND fingerprint = $2";
            let args = [Arg::Text(source.as_str()), Arg::Text(&fingerprint)];
            turn.tx.exec(sql, &args).await?;
            let body = json!({ "source": source, "record": fingerprint });
            turn.say(None, &JournalLine::new("released", body))?;
        }
        turn.commit().await.map(drop)
    }
}

impl Turn {
    /// Sets records aside; one met before is counted. Only a new one, or one that is set aside for another reason now, is
    /// said; gives these.
    pub(super) async fn quarantine(
        &mut self,
        source: &SourceName,
        rows: &[QuarantineRow],
    ) -> Result<Vec<QuarantineRow>, LedgerFault> {
        // One row a content: a page that brings the same one twice counts it twice.
        let mut met: BTreeMap<&str, (&QuarantineRow, i64)> = BTreeMap::new();
        for row in rows {
            let (last, times) = met.entry(&row.fingerprint).or_insert((row, 0));
            (*last, *times) = (row, *times + 1);
        }
        let known_sql = each_row!(
            "SELECT fingerprint, path, reason FROM quarantine WHERE source = $2 AND fingerprint IN \
             (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let sql = each_row!(
            "INSERT INTO quarantine \
             (source, fingerprint, step, path, reason, first_at, last_at, times) SELECT $2, \
             one.value ->> 0, one.value ->> 1, one.value ->> 2, one.value ->> 3, CAST($3 AS BIGINT), \
             CAST($3 AS BIGINT), CAST(one.value ->> 4 AS BIGINT) FROM ",
            " WHERE true ON CONFLICT (source, fingerprint) DO UPDATE SET step = excluded.step, \
             path = excluded.path, reason = excluded.reason, last_at = excluded.last_at, \
             times = quarantine.times + excluded.times"
        );
        let met: Vec<_> = met
            .into_iter()
            .map(|(fingerprint, (row, times))| (fingerprint, row, times))
            .collect();
        let now = Arg::Int(self.now.as_millisecond());
        let mut news = Vec::new();
        for block in met.chunks(ROWS) {
            let keys: Vec<_> = block.iter().map(|(key, ..)| [key]).collect();
            let keys = listed(&keys)?;
            let args = [Arg::Text(&keys), Arg::Text(source.as_str())];
            let mut known = BTreeMap::new();
            for mut row in self.tx.rows(known_sql, &args, "ttt").await? {
                known.insert(row.text()?, (row.text()?, row.text()?));
            }
            let mut rows = Vec::new();
            for (key, row, times) in block {
                rows.push((key, &row.step, &row.path, &row.reason, times));
                let before = known.get(*key);
                if before.is_none_or(|(path, why)| (path, why) != (&row.path, &row.reason)) {
                    news.push((*row).clone());
                    let body = json!({ "source": source, "quarantined": row });
                    self.say(None, &JournalLine::new("quarantined", body))?;
                }
            }
            let rows = listed(&rows)?;
            let args = [Arg::Text(&rows), Arg::Text(source.as_str()), now];
            self.tx.exec(sql, &args).await?;
        }
        Ok(news)
    }

    /// Steps that can be read again leave quarantine. That it was said is the caller's business.
    pub(super) async fn release(
        &mut self,
        source: &SourceName,
        steps: &[[StepId; 1]],
    ) -> Result<(), LedgerFault> {
        let sql = each_row!(
            "DELETE FROM quarantine WHERE source = $2 AND step IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for block in steps.chunks(ROWS) {
            let steps = listed(block)?;
            let args = [Arg::Text(&steps), Arg::Text(source.as_str())];
            self.tx.exec(sql, &args).await?;
        }
        Ok(())
    }
}
