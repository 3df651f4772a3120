//! Since when does this ledger read a case system? Kept with the first page, once for all nodes.
//!
//! A ledger from before this was kept finds it in its journal: the first step it entered. Absent on purpose: what
//! follows from it (`practice::reading`).

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::db::{Arg, Sql};
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::ids::SourceName;
use crate::practice::react::JournalLine;
use crate::practice::reading::Reading;

impl Ledger {
    /// Since when a case system is read; from `now` on, and on record as that, if it never was before.
    ///
    /// # Errors
    /// The ledger's fault.
    pub async fn reading(
        &self,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<Reading, LedgerFault> {
        if let Some(kept) = self.cursor(&place(source)).await? {
            return read(kept);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        // Another node may have had the turn before us.
        if let Some(kept) = turn.kept_reading(source).await? {
            return Ok(kept);
        }
        let entered = turn.first_entered(source).await?;
        let reading = Reading {
            since: entered.unwrap_or(now),
            through: entered,
        };
        turn.keep_reading(source, reading).await?;
        turn.commit().await?;
        Ok(reading)
    }
}

impl Turn {
    /// The first reading has come to its end.
    pub(super) async fn read_through(&mut self, source: &SourceName) -> Result<(), LedgerFault> {
        let Some(kept) = self.kept_reading(source).await? else {
            return Ok(());
        };
        if kept.through.is_some() {
            return Ok(());
        }
        let through = Some(self.now);
        self.keep_reading(source, Reading { through, ..kept }).await
    }

    async fn kept_reading(&mut self, source: &SourceName) -> Result<Option<Reading>, LedgerFault> {
        let sql = "SELECT body FROM cursors WHERE name = $1";
        let name = place(source);
        let Some(mut row) = self.tx.row(sql, &[Arg::Text(&name)], "t").await? else {
            return Ok(None);
        };
        serde_json::from_str(&row.text()?)
            .map(Some)
            .map_err(|why| unfit(&why))
    }

    async fn keep_reading(
        &mut self,
        source: &SourceName,
        reading: Reading,
    ) -> Result<(), LedgerFault> {
        let value = serde_json::to_value(reading).map_err(|why| unfit(&why))?;
        self.tx.set_cursor(&place(source), &value).await?;
        let body = json!({ "source": source, "reading": reading });
        self.say(None, &JournalLine::new("first_read", body))
    }

    /// When the first step of a case system was entered, UTC.
    async fn first_entered(
        &mut self,
        source: &SourceName,
    ) -> Result<Option<Timestamp>, LedgerFault> {
        let sql = Sql {
            lite: "SELECT body FROM journal WHERE instr(body, '\"kind\":\"seen\"') > 0 AND \
                instr(body, $1) > 0 ORDER BY seq LIMIT 1",
            post: "SELECT body FROM journal WHERE position('\"kind\":\"seen\"' IN body) > 0 AND \
                position($1 IN body) > 0 ORDER BY seq LIMIT 1",
        };
        let named = format!("\"source\":{}", json!(source));
        let Some(mut row) = self.tx.row(sql, &[Arg::Text(&named)], "t").await? else {
            return Ok(None);
        };
        let body: Json = serde_json::from_str(&row.text()?).map_err(|why| unfit(&why))?;
        let at = body.get("at").and_then(Json::as_str);
        Ok(at.and_then(|at| at.parse().ok()))
    }
}

fn place(source: &SourceName) -> String {
    format!("reading/{source}")
}

fn read(kept: Json) -> Result<Reading, LedgerFault> {
    serde_json::from_value(kept).map_err(|why| unfit(&why))
}

fn unfit(why: &serde_json::Error) -> LedgerFault {
    LedgerFault::Inconsistent(format!("since when the case system is read: {why}"))
}
