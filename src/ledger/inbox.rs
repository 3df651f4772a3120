//! What were we told, and which steps are to be looked at because of it? Kept before it is answered.
//!
//! A message's events are kept together or not at all. That a step was named is only a hint: it is read once, and
//! if it is lost, the next read of the feed makes up for it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::db::Arg;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::ids::{Digest, SourceName, StepId};
use crate::practice::react::JournalLine;

/// Most hints that are kept; beyond it the feed is enough.
const HINTS: usize = 2_000;

/// One event as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldOf {
    /// Its id; a repeated delivery keeps it.
    pub id: String,
    /// Its place in the order of its step, if said.
    pub sequence: Option<String>,
    /// The step it is about, if said.
    pub step: Option<StepId>,
}

impl Ledger {
    /// Keeps every event of a message that is not on record yet, all of them or none. Returns how many were new.
    pub async fn keep_events(
        &self,
        source: &SourceName,
        events: &[ToldOf],
        digest: &Digest,
        now: Timestamp,
    ) -> Result<u64, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let mut new = 0;
        let mut hints = hints(&mut turn, source).await?;
        for event in events {
            let args = [
                Arg::Text(source.as_str()),
                Arg::Text(&event.id),
                Arg::Text(digest.as_str()),
                Arg::Int(now.as_millisecond()),
            ];
            let sql = "INSERT INTO inbox (source, id, digest, at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (source, id) DO NOTHING";
            if turn.tx.exec(sql, &args).await? == 0 {
                continue;
            }
            new += 1;
            hints.extend(event.step.clone());
            if event.step.is_none() {
                turn.tx.set_cursor(&persons(source), &json!(now)).await?;
            }
            let body = json!({
                "source": source, "id": event.id, "sequence": event.sequence, "step": event.step,
                "digest": digest,
            });
            turn.say(None, &JournalLine::new("callback", body))?;
        }
        if new > 0 {
            let kept: Vec<&StepId> = hints.iter().take(HINTS).collect();
            turn.tx.set_cursor(&name(source), &json!(kept)).await?;
            turn.commit().await?;
        }
        Ok(new)
    }

    /// Notes that something was told which is about no step, in a message kept without its events.
    pub async fn told_of_persons(
        &self,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        self.set_cursor(&persons(source), &json!(now), now).await
    }

    /// When something was last told that is about no step, and not looked at since, UTC.
    pub async fn heard_of_persons(
        &self,
        source: &SourceName,
    ) -> Result<Option<Timestamp>, LedgerFault> {
        let told = self.cursor(&persons(source)).await?;
        Ok(told.and_then(|told| serde_json::from_value(told).ok()))
    }

    /// What was told of persons up to `told` has been looked at; what came since is still to be.
    pub async fn looked_at_persons(
        &self,
        source: &SourceName,
        told: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        if self.heard_of_persons(source).await? != Some(told) {
            return Ok(());
        }
        self.set_cursor(&persons(source), &json!(null), now).await
    }

    /// Takes up to `limit` steps that were named; what is left stays.
    pub async fn take_hints(
        &self,
        source: &SourceName,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<StepId>, LedgerFault> {
        let named = self.cursor(&name(source)).await?;
        if named.is_none_or(|named| named.as_array().is_none_or(Vec::is_empty)) {
            return Ok(Vec::new());
        }
        let mut turn = Turn::take(&self.db, now).await?;
        let all = hints(&mut turn, source).await?;
        let (taken, left): (Vec<_>, Vec<_>) = all
            .into_iter()
            .enumerate()
            .partition(|(nth, _)| *nth < limit);
        let left: Vec<StepId> = left.into_iter().map(|(_, step)| step).collect();
        turn.tx.set_cursor(&name(source), &json!(left)).await?;
        turn.commit().await?;
        Ok(taken.into_iter().map(|(_, step)| step).collect())
    }
}

fn persons(source: &SourceName) -> String {
    format!("persons/{source}")
}

fn name(source: &SourceName) -> String {
    format!("hints/{source}")
}

async fn hints(turn: &mut Turn, source: &SourceName) -> Result<BTreeSet<StepId>, LedgerFault> {
    let name = name(source);
    let sql = "SELECT body FROM cursors WHERE name = $1";
    let rows = turn.tx.rows(sql, &[Arg::Text(&name)], "t").await?;
    match rows.into_iter().next() {
        Some(mut row) => serde_json::from_str(&row.text()?)
            .map_err(|why| LedgerFault::Inconsistent(format!("cursor `{name}`: {why}"))),
        None => Ok(BTreeSet::new()),
    }
}
