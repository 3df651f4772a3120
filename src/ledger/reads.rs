//! What is on record? Episodes, the mirror, cursors, callbacks, documents.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::db::{Arg, each_row, listed};
use super::turn::Turn;
use super::{Ledger, LedgerFault, instant, read_episode};
use crate::practice::episode::{Episode, Presence, StepStatus};
use crate::practice::ids::{CycleId, Digest, EpisodeId, SourceName, StepId};
use crate::practice::react::JournalLine;

/// Whether a callback was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was not on record.
    New,
    /// It was.
    Repeat,
}

/// One mirrored step.
#[derive(Clone, Debug, Serialize)]
pub struct MirrorRow {
    /// The case system.
    pub source: SourceName,
    /// The step's id there.
    pub step: StepId,
    /// The episode it is bound to.
    pub episode: EpisodeId,
    /// Which of the four steps.
    pub stage: String,
    /// Where it stands.
    pub status: StepStatus,
    /// Whether it can be seen.
    pub presence: Presence,
    /// The case system's version.
    pub version: Option<String>,
    /// Hash of its content.
    pub content: String,
    /// When the case system says it last changed, UTC.
    pub modified_at: Option<Timestamp>,
    /// When it was last seen to differ, UTC.
    pub seen_at: Timestamp,
}

fn word<T: serde::de::DeserializeOwned>(text: String) -> Result<T, LedgerFault> {
    serde_json::from_value(text.into())
        .map_err(|why| LedgerFault::Inconsistent(format!("a word of the mirror is unknown: {why}")))
}

impl Ledger {
    /// One episode.
    pub async fn episode(&self, id: &EpisodeId) -> Result<Option<Episode>, LedgerFault> {
        let sql = "SELECT body FROM episodes WHERE id = $1";
        match self
            .db
            .rows(sql, &[Arg::Text(id.as_str())], "t")
            .await?
            .into_iter()
            .next()
        {
            Some(mut row) => Ok(Some(read_episode(&row.text()?)?)),
            None => Ok(None),
        }
    }

    /// Every episode, or those of one cycle, by id.
    pub async fn episodes(&self, cycle: Option<&CycleId>) -> Result<Vec<Episode>, LedgerFault> {
        let cycle = cycle.map_or("", |cycle| cycle.as_str());
        let sql = "SELECT body FROM episodes WHERE $1 = '' OR cycle = $1 ORDER BY id";
        let rows = self.db.rows(sql, &[Arg::Text(cycle)], "t").await?;
        rows.into_iter()
            .map(|mut row| read_episode(&row.text()?))
            .collect()
    }

    /// Every cycle on record, in order of name.
    pub async fn cycles(&self) -> Result<Vec<CycleId>, LedgerFault> {
        let sql = "SELECT DISTINCT cycle FROM episodes WHERE cycle <> $1 ORDER BY cycle";
        let rows = self.db.rows(sql, &[Arg::Text("")], "t").await?;
        let cycles = rows.into_iter().map(|mut row| Ok(CycleId(row.text()?)));
        cycles.collect()
    }

    /// The episode a step is bound to.
    pub async fn episode_of_step(
        &self,
        source: &SourceName,
        step: &StepId,
    ) -> Result<Option<EpisodeId>, LedgerFault> {
        let look = self.look(source, step).await?;
        Ok(look.map(|look| look.episode))
    }

    /// The open steps that can be seen of these episodes: episode, stage's name, step.
    pub async fn open_steps_of(
        &self,
        source: &SourceName,
        episodes: &[EpisodeId],
    ) -> Result<Vec<(EpisodeId, String, StepId)>, LedgerFault> {
        let sql = each_row!(
            "SELECT s.episode, s.stage, s.step FROM steps s WHERE s.source = $2 \
             AND s.presence = 'present' AND s.status IN ('incoming', 'started', 'reopened') \
             AND s.episode IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let wanted: Vec<_> = episodes.iter().map(|episode| [episode]).collect();
        let wanted = listed(&wanted)?;
        let args = [Arg::Text(&wanted), Arg::Text(source.as_str())];
        self.db
            .rows(sql, &args, "ttt")
            .await?
            .into_iter()
            .map(|mut row| Ok((EpisodeId(row.text()?), row.text()?, StepId(row.text()?))))
            .collect()
    }

    /// Every mirrored step, by source and id.
    pub async fn mirror(&self) -> Result<Vec<MirrorRow>, LedgerFault> {
        let sql = "SELECT source, step, episode, stage, status, presence, version, content, \
            modified_at, seen_at FROM steps ORDER BY source, step";
        let rows = self.db.rows(sql, &[], "ttttttttii").await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(MirrorRow {
                    source: SourceName(row.text()?),
                    step: StepId(row.text()?),
                    episode: EpisodeId(row.text()?),
                    stage: row.text()?,
                    status: word(row.text()?)?,
                    presence: word(row.text()?)?,
                    version: row.maybe_text()?,
                    content: row.text()?,
                    modified_at: row.maybe_int()?.map(instant).transpose()?,
                    seen_at: instant(row.int()?)?,
                })
            })
            .collect()
    }

    /// A cursor's value.
    pub async fn cursor(&self, name: &str) -> Result<Option<serde_json::Value>, LedgerFault> {
        let sql = "SELECT body FROM cursors WHERE name = $1";
        match self
            .db
            .rows(sql, &[Arg::Text(name)], "t")
            .await?
            .into_iter()
            .next()
        {
            Some(mut row) => serde_json::from_str(&row.text()?)
                .map(Some)
                .map_err(|why| LedgerFault::Inconsistent(format!("cursor `{name}`: {why}"))),
            None => Ok(None),
        }
    }

    /// Sets a cursor outside of a page.
    pub async fn set_cursor(
        &self,
        name: &str,
        value: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        turn.tx.set_cursor(name, value).await?;
        turn.commit().await.map(drop)
    }

    /// Keeps a callback by its id, before it is answered.
    pub async fn keep_callback(
        &self,
        source: &SourceName,
        id: &str,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Kept, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let args = [
            Arg::Text(source.as_str()),
            Arg::Text(id),
            Arg::Text(digest.as_str()),
            Arg::Int(now.as_millisecond()),
        ];
        let sql = "INSERT INTO inbox (source, id, digest, at) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (source, id) DO NOTHING";
        if turn.tx.exec(sql, &args).await? == 0 {
            return Ok(Kept::Repeat);
        }
        let body = json!({ "source": source, "id": id, "digest": digest });
        turn.say(None, &JournalLine::new("callback", body))?;
        turn.commit().await?;
        Ok(Kept::New)
    }

    /// Writes a line that belongs to no episode.
    pub async fn note(&self, line: &JournalLine, now: Timestamp) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        turn.say(None, line)?;
        turn.commit().await.map(drop)
    }

    /// Keeps one of a cycle's documents; a second, different one of the same kind is refused.
    pub async fn keep_document(
        &self,
        cycle: &CycleId,
        kind: &str,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        self.keep_document_for(cycle, (kind, bytes), None, now)
            .await
    }

    /// The same, and with it the line that says why; both or neither.
    ///
    /// # Errors
    /// The ledger's fault, or [`LedgerFault::KeptAlready`] if there is another one of this kind.
    pub async fn keep_document_for(
        &self,
        cycle: &CycleId,
        (kind, bytes): (&str, &[u8]),
        why: Option<&JournalLine>,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let text = std::str::from_utf8(bytes)
            .map_err(|why| LedgerFault::Inconsistent(format!("{kind} is not UTF-8: {why}")))?;
        let mut turn = Turn::take(&self.db, now).await?;
        let args = [
            Arg::Text(cycle.as_str()),
            Arg::Text(kind),
            Arg::Text(text),
            Arg::Int(now.as_millisecond()),
        ];
        let sql = "INSERT INTO documents (cycle, kind, body, at) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (cycle, kind) DO NOTHING";
        if turn.tx.exec(sql, &args).await? == 0 {
            drop(turn);
            return match self.document(cycle, kind).await? {
                Some(kept) if kept == bytes => Ok(()),
                _ => Err(LedgerFault::KeptAlready(format!("{kind} of cycle {cycle}"))),
            };
        }
        let body = json!({ "cycle": cycle, "document": kind, "digest": Digest::of(bytes) });
        if let Some(why) = why {
            turn.say(None, why)?;
        }
        turn.say(None, &JournalLine::new("document", body))?;
        turn.commit().await.map(drop)
    }

    /// One of a cycle's documents.
    pub async fn document(
        &self,
        cycle: &CycleId,
        kind: &str,
    ) -> Result<Option<Vec<u8>>, LedgerFault> {
        let sql = "SELECT body FROM documents WHERE cycle = $1 AND kind = $2";
        let args = [Arg::Text(cycle.as_str()), Arg::Text(kind)];
        match self.db.rows(sql, &args, "t").await?.into_iter().next() {
            Some(mut row) => Ok(Some(row.text()?.into_bytes())),
            None => Ok(None),
        }
    }
}
