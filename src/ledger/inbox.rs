//! What were we told, and which steps are to be looked at because of it? Kept before it is answered.
//!
//! A message's events are kept together or not at all. A step that was named is to be looked at until it has been: a
//! node that is killed meanwhile, or a case system that does not answer, leaves it to the next pass.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::db::Arg;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::ids::{Digest, SourceName, StepId};
use crate::practice::react::JournalLine;

/// Most steps that wait to be looked at; beyond it the feed is enough.
const MOST: usize = 2_000;
/// How often a step that is refused or cannot be understood is looked at before it is left to the feed and the sweep.
const TRIES: u32 = 10;

/// A step that was named and has not been looked at since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The step.
    pub step: StepId,
    /// How often it was named and looked at in vain.
    times: Times,
}

/// How often a step was named since it was last looked at, and how often it was looked at in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    named: u32,
    #[serde(default)]
    tried: u32,
}

/// What came of looking at a step that was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// There is nothing more to see.
    Settled,
    /// It could not be read, for a reason of its own.
    Refused,
    /// The case system could not be read just now. That is never a reason to leave a step alone.
    Unanswered,
}

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
        let mut waiting = waiting(&mut turn, source).await?;
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
            match &event.step {
                Some(step) => waiting.entry(step.clone()).or_default().named += 1,
                None => turn.tx.set_cursor(&persons(source), &json!(now)).await?,
            }
            let body = json!({
                "source": source, "id": event.id, "sequence": event.sequence, "step": event.step,
                "digest": digest,
            });
            turn.say(None, &JournalLine::new("callback", body))?;
        }
        if new > 0 {
            let kept: BTreeMap<&StepId, &Times> = waiting.iter().take(MOST).collect();
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

    /// Up to `limit` steps that were named and wait to be looked at, those looked at in vain last.
    pub async fn named(
        &self,
        source: &SourceName,
        limit: usize,
    ) -> Result<Vec<Named>, LedgerFault> {
        let Some(stored) = self.cursor(&name(source)).await? else {
            return Ok(Vec::new());
        };
        let waiting = parsed(source, stored)?;
        let mut named: Vec<Named> = waiting
            .into_iter()
            .map(|(step, times)| Named { step, times })
            .collect();
        named.sort_by_key(|one| one.times.tried);
        named.truncate(limit);
        Ok(named)
    }

    /// These steps were looked at. One that was named again meanwhile waits to be looked at again. Gives those that are
    /// left to the feed and the sweep from now on, since they were looked at in vain again and again.
    pub async fn looked_at(
        &self,
        source: &SourceName,
        looks: &[(Named, Looked)],
        now: Timestamp,
    ) -> Result<Vec<StepId>, LedgerFault> {
        if looks.is_empty() {
            return Ok(Vec::new());
        }
        let mut turn = Turn::take(&self.db, now).await?;
        let mut waiting = waiting(&mut turn, source).await?;
        let mut left = Vec::new();
        for (one, looked) in looks {
            let Some(times) = waiting.get_mut(&one.step) else {
                continue;
            };
            match looked {
                Looked::Settled if times.named == one.times.named => {
                    waiting.remove(&one.step);
                }
                Looked::Settled => times.tried = 0,
                Looked::Refused if times.tried + 1 >= TRIES => {
                    waiting.remove(&one.step);
                    left.push(one.step.clone());
                }
                Looked::Refused => times.tried += 1,
                Looked::Unanswered => times.tried = (times.tried + 1).min(TRIES - 1),
            }
        }
        turn.tx.set_cursor(&name(source), &json!(waiting)).await?;
        turn.commit().await?;
        Ok(left)
    }
}

fn persons(source: &SourceName) -> String {
    format!("persons/{source}")
}

fn name(source: &SourceName) -> String {
    format!("hints/{source}")
}

async fn waiting(
    turn: &mut Turn,
    source: &SourceName,
) -> Result<BTreeMap<StepId, Times>, LedgerFault> {
    let sql = "SELECT body FROM cursors WHERE name = $1";
    let rows = turn.tx.rows(sql, &[Arg::Text(&name(source))], "t").await?;
    match rows.into_iter().next() {
        Some(mut row) => {
            let stored = serde_json::from_str(&row.text()?).map_err(|why| unread(source, &why))?;
            parsed(source, stored)
        }
        None => Ok(BTreeMap::new()),
    }
}

/// What is stored, which was a list of steps in earlier ledgers.
fn parsed(source: &SourceName, stored: Json) -> Result<BTreeMap<StepId, Times>, LedgerFault> {
    if stored.is_array() {
        let steps: Vec<StepId> =
            serde_json::from_value(stored).map_err(|why| unread(source, &why))?;
        let once = Times { named: 1, tried: 0 };
        return Ok(steps.into_iter().map(|step| (step, once)).collect());
    }
    serde_json::from_value(stored).map_err(|why| unread(source, &why))
}

fn unread(source: &SourceName, why: &serde_json::Error) -> LedgerFault {
    LedgerFault::Inconsistent(format!("cursor `{}`: {why}", name(source)))
}
