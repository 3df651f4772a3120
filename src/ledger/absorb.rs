//! How is a page of sightings taken in? Whole, with its cursor, or not at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::db::Arg;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::bind::{Candidates, bind, is_alone};
use crate::practice::episode::{Episode, Presence, Stage};
use crate::practice::ids::{EpisodeId, SourceName};
use crate::practice::known::Known;
use crate::practice::react::{JournalLine, Reaction};
use crate::practice::sighting::Sighting;

/// A page as read: what was seen, what could not be read, and where the next page begins.
#[derive(Debug)]
pub struct PageSeen {
    /// The case system.
    pub source: SourceName,
    /// What was seen.
    pub sightings: Vec<Sighting>,
    /// What could not be read.
    pub quarantined: Vec<QuarantineRow>,
    /// The cursor's name and its new value.
    pub cursor: Option<(String, serde_json::Value)>,
}

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

/// What a page did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Absorbed {
    /// Sightings on the page.
    pub seen: u64,
    /// Those that had not changed.
    pub unchanged: u64,
    /// Those older than what we hold; ignored.
    pub stale: u64,
    /// Records that could not be read.
    pub quarantined: u64,
    /// Effects newly owed.
    pub owed: u64,
}

/// What a look at passing time did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ticked {
    /// Episodes looked at.
    pub looked: u64,
    /// Effects newly owed.
    pub owed: u64,
}

/// What the mirror holds of a step.
struct Held {
    episode: EpisodeId,
    version: Option<String>,
    content: String,
}

impl Ledger {
    /// Takes a page in: for each changed step, the episode after and all that follows from it.
    pub async fn absorb(
        &self,
        page: PageSeen,
        now: Timestamp,
        mut react: impl FnMut(Option<&Episode>, &EpisodeId, &Sighting) -> Reaction,
    ) -> Result<Absorbed, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let mut done = Absorbed::default();
        for sighting in &page.sightings {
            done.seen += 1;
            let held = turn.held(&sighting.source, sighting.step.as_str()).await?;
            let content = sighting.content();
            if let Some(held) = &held {
                if held.content == content.0 {
                    done.unchanged += 1;
                    continue;
                }
                let absent = sighting.presence != Presence::Present;
                if !absent && is_older(sighting.version.as_deref(), held.version.as_deref()) {
                    done.stale += 1;
                    continue;
                }
            }
            let own = held.map(|held| held.episode);
            let candidates = turn.candidates(sighting, own.clone()).await?;
            let id = bind(sighting, &candidates);
            let mut before = turn.episode(&id).await?;
            if let Some(own) = own.filter(|own| *own != id) {
                before = turn.join(sighting, &own, &id, before).await?;
            }
            let reaction = react(before.as_ref(), &id, sighting);
            turn.hold(sighting, &id, &content.0).await?;
            turn.release(sighting).await?;
            done.owed += turn.keep(&reaction).await?;
        }
        for row in &page.quarantined {
            done.quarantined += 1;
            turn.quarantine(&page.source, row).await?;
        }
        if let Some((name, value)) = &page.cursor {
            turn.set_cursor(name, value).await?;
        }
        turn.commit().await?;
        Ok(done)
    }

    /// Looks at up to `limit` episodes whose next-look instant has come, earliest first.
    pub async fn tick(
        &self,
        now: Timestamp,
        limit: u32,
        mut react: impl FnMut(&Episode) -> Reaction,
    ) -> Result<Ticked, LedgerFault> {
        let mut done = Ticked::default();
        let due = [Arg::Int(now.as_millisecond()), Arg::Int(i64::from(limit))];
        let sql = "SELECT id FROM episodes WHERE look_again <= $1 ORDER BY look_again LIMIT $2";
        // Most looks find nothing due, and then nothing is written, not even the turn.
        if self.db.rows(sql, &due, "t").await?.is_empty() {
            return Ok(done);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        for mut row in turn.tx.rows(sql, &due, "t").await? {
            let id = EpisodeId(row.text()?);
            if let Some(episode) = turn.episode(&id).await? {
                done.owed += turn.keep(&react(&episode)).await?;
            }
            done.looked += 1;
        }
        turn.commit().await?;
        Ok(done)
    }

    /// The earliest instant at which an episode wants a look, UTC.
    pub async fn next_look(&self) -> Result<Option<Timestamp>, LedgerFault> {
        let sql = "SELECT MIN(look_again) FROM episodes";
        match self.db.rows(sql, &[], "i").await?.into_iter().next() {
            Some(mut row) => row.maybe_int()?.map(super::instant).transpose(),
            None => Ok(None),
        }
    }
}

/// Whether a version is lower than the one held. Versions that are not both numbers cannot be ordered,
/// and then what was read last counts.
fn is_older(new: Option<&str>, held: Option<&str>) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    matches!((number(new), number(held)), (Some(new), Some(held)) if new < held)
}

impl Turn {
    async fn held(&mut self, source: &SourceName, step: &str) -> Result<Option<Held>, LedgerFault> {
        let sql = "SELECT episode, version, content FROM steps WHERE source = $1 AND step = $2";
        let args = [Arg::Text(source.as_str()), Arg::Text(step)];
        match self.tx.row(sql, &args, "ttt").await? {
            Some(mut row) => Ok(Some(Held {
                episode: EpisodeId(row.text()?),
                version: row.maybe_text()?,
                content: row.text()?,
            })),
            None => Ok(None),
        }
    }

    async fn candidates(
        &mut self,
        sighting: &Sighting,
        own: Option<EpisodeId>,
    ) -> Result<Candidates, LedgerFault> {
        let mut found = Candidates {
            own,
            ..Candidates::default()
        };
        let placed = found.own.as_ref().is_some_and(|own| !is_alone(own));
        if placed || matches!(sighting.reference, Known::Is(_)) {
            return Ok(found);
        }
        for link in &sighting.links {
            if let Some(held) = self.held(&sighting.source, link.step.as_str()).await? {
                found.linked.push(held.episode);
            }
        }
        let worker = sighting.assignee.value();
        if let (Stage::Practitioner, Known::Is(child), Some(worker)) =
            (sighting.stage, &sighting.child, worker)
        {
            let args = [Arg::Text(child.as_str()), Arg::Text(worker.as_str())];
            let sql = "SELECT id FROM episodes WHERE child = $1 AND practitioner = $2 AND steps = 0 \
                ORDER BY id";
            for mut row in self.tx.rows(sql, &args, "t").await? {
                found.allocated.push(EpisodeId(row.text()?));
            }
        }
        Ok(found)
    }

    /// Moves a step that stood alone, with its history, to the episode it belongs to. What was owed
    /// for it alone and never tried is withdrawn; the journal keeps that it stood alone.
    async fn join(
        &mut self,
        sighting: &Sighting,
        alone: &EpisodeId,
        id: &EpisodeId,
        before: Option<Episode>,
    ) -> Result<Option<Episode>, LedgerFault> {
        let Some(mut left) = self.episode(alone).await? else {
            return Ok(before);
        };
        let mut joined = before.unwrap_or_else(|| Episode {
            silent_before: left.silent_before,
            ..Episode::new(id.clone(), sighting.source.clone())
        });
        if let Some(step) = left.steps.remove(&sighting.step) {
            joined.steps.insert(sighting.step.clone(), step);
        }
        let body = json!({ "source": sighting.source, "step": sighting.step, "from": alone });
        self.write(Some(id), &JournalLine::new("joined", body))
            .await?;
        if left.steps.is_empty() {
            self.withdraw_all(alone).await?;
            let sql = "DELETE FROM episodes WHERE id = $1";
            self.tx.exec(sql, &[Arg::Text(alone.as_str())]).await?;
        } else {
            self.keep_episode(&left, None).await?;
        }
        Ok(Some(joined))
    }

    async fn hold(
        &mut self,
        sighting: &Sighting,
        episode: &EpisodeId,
        content: &str,
    ) -> Result<(), LedgerFault> {
        let presence = match sighting.presence {
            Presence::Present => "present",
            Presence::Hidden => "hidden",
            Presence::Deleted => "deleted",
        };
        let args = [
            Arg::Text(sighting.source.as_str()),
            Arg::Text(sighting.step.as_str()),
            Arg::Text(episode.as_str()),
            Arg::Text(sighting.stage.name()),
            Arg::Text(sighting.status.name()),
            Arg::Text(presence),
            Arg::MaybeText(sighting.version.as_deref()),
            Arg::Text(content),
            Arg::MaybeInt(sighting.modified_at.map(Timestamp::as_millisecond)),
            Arg::Int(sighting.seen_at.as_millisecond()),
        ];
        let sql = "INSERT INTO steps \
            (source, step, episode, stage, status, presence, version, content, modified_at, seen_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (source, step) DO UPDATE \
            SET episode = excluded.episode, stage = excluded.stage, status = excluded.status, \
            presence = excluded.presence, version = excluded.version, content = excluded.content, \
            modified_at = excluded.modified_at, seen_at = excluded.seen_at";
        self.tx.exec(sql, &args).await?;
        Ok(())
    }

    async fn quarantine(
        &mut self,
        source: &SourceName,
        row: &QuarantineRow,
    ) -> Result<(), LedgerFault> {
        let args = [
            Arg::Text(source.as_str()),
            Arg::Text(&row.fingerprint),
            Arg::MaybeText(row.step.as_deref()),
            Arg::Text(&row.path),
            Arg::Text(&row.reason),
            Arg::Int(self.now.as_millisecond()),
        ];
        let sql = "UPDATE quarantine SET last_at = $6, times = times + 1, step = $3, path = $4, \
            reason = $5 WHERE source = $1 AND fingerprint = $2";
        if self.tx.exec(sql, &args).await? > 0 {
            return Ok(());
        }
        let sql = "INSERT INTO quarantine \
            (source, fingerprint, step, path, reason, first_at, last_at, times) \
            VALUES ($1, $2, $3, $4, $5, $6, $6, 1)";
        self.tx.exec(sql, &args).await?;
        let body = json!({ "source": source, "quarantined": row });
        self.write(None, &JournalLine::new("quarantined", body))
            .await
    }

    /// A step that can be read again leaves quarantine.
    async fn release(&mut self, sighting: &Sighting) -> Result<(), LedgerFault> {
        let args = [
            Arg::Text(sighting.source.as_str()),
            Arg::Text(sighting.step.as_str()),
        ];
        let sql = "DELETE FROM quarantine WHERE source = $1 AND step = $2";
        if self.tx.exec(sql, &args).await? > 0 {
            let body = json!({ "source": sighting.source, "step": sighting.step });
            self.write(None, &JournalLine::new("released", body))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn set_cursor(
        &mut self,
        name: &str,
        value: &serde_json::Value,
    ) -> Result<(), LedgerFault> {
        let body = value.to_string();
        let sql = "INSERT INTO cursors (name, body) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET body = excluded.body";
        self.tx
            .exec(sql, &[Arg::Text(name), Arg::Text(&body)])
            .await?;
        Ok(())
    }
}
