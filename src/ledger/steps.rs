//! What does the mirror hold of the steps on a page, and to which episode does each belong?
//!
//! Everything a page may need is read in a few statements; from then on the page's own changes count, so
//! two sightings of one step, or of two linked ones, fold in order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::db::{Arg, Db, each_row, listed};
use super::turn::{ROWS, Turn};
use super::{Ledger, LedgerFault};
use crate::practice::bind::{Candidates, is_alone};
use crate::practice::episode::{Episode, Presence, Stage};
use crate::practice::ids::{ChildKey, Digest, EpisodeId, SourceName, StepId, WorkerId};
use crate::practice::known::Known;
use crate::practice::react::JournalLine;
use crate::practice::sighting::Sighting;

/// What the mirror holds of a step.
pub(super) struct Held {
    pub(super) episode: EpisodeId,
    pub(super) version: Option<String>,
    pub(super) content: String,
    /// When the case system says it changed last, milliseconds since the epoch.
    pub(super) modified_at: Option<i64>,
}

/// The steps of a page, as this turn has them.
pub(super) struct Steps<'p> {
    source: &'p SourceName,
    held: BTreeMap<StepId, Held>,
    quarantined: BTreeSet<StepId>,
    allocated: BTreeMap<(ChildKey, WorkerId), Vec<EpisodeId>>,
    changed: BTreeMap<StepId, &'p Sighting>,
    released: Vec<[StepId; 1]>,
}

type StepRow<'s> = (
    &'s StepId,
    &'s EpisodeId,
    &'s str,
    &'s str,
    &'s str,
    Option<&'s str>,
    &'s str,
    Option<i64>,
    i64,
);

/// The steps of a page that are not as the mirror holds them, or are in quarantine although they could
/// be read. Looked up without the turn: what equals the mirror at this instant changes nothing, whoever
/// writes next.
pub(super) async fn stirred<'p>(
    db: &Db,
    source: &SourceName,
    seen: &[(&'p Sighting, Digest)],
) -> Result<BTreeSet<&'p StepId>, LedgerFault> {
    let sql = each_row!(
        "SELECT s.step, s.content, (SELECT COUNT(*) FROM quarantine q \
         WHERE q.source = s.source AND q.step = s.step) FROM steps s \
         WHERE s.source = $2 AND s.step IN (SELECT one.value ->> 0 FROM ",
        ")"
    );
    let mut calm = BTreeMap::new();
    for block in seen.chunks(ROWS) {
        let steps: Vec<_> = block.iter().map(|(sighting, _)| [&sighting.step]).collect();
        let steps = listed(&steps)?;
        let args = [Arg::Text(&steps), Arg::Text(source.as_str())];
        for mut row in db.rows(sql, &args, "tti").await? {
            let (step, content) = (row.text()?, row.text()?);
            if row.int()? == 0 {
                calm.insert(step, content);
            }
        }
    }
    Ok(seen
        .iter()
        .filter(|(sighting, content)| calm.get(sighting.step.as_str()) != Some(&content.0))
        .map(|(sighting, _)| &sighting.step)
        .collect())
}

impl Ledger {
    /// As [`stirred`], for one step alone, looked up together with others that are.
    pub(super) async fn stirred_one<'p>(
        &self,
        source: &SourceName,
        (sighting, content): &(&'p Sighting, Digest),
    ) -> Result<BTreeSet<&'p StepId>, LedgerFault> {
        let look = self.look(source, &sighting.step).await?;
        let calm = look.is_some_and(|look| !look.quarantined && look.content == content.0);
        Ok((!calm).then_some(&sighting.step).into_iter().collect())
    }
}

impl<'p> Steps<'p> {
    /// Reads what the sightings may need, episodes included, into the turn.
    pub(super) async fn load(
        turn: &mut Turn,
        source: &'p SourceName,
        seen: &[&'p Sighting],
    ) -> Result<Self, LedgerFault> {
        let mut steps = Self {
            source,
            held: BTreeMap::new(),
            quarantined: BTreeSet::new(),
            allocated: BTreeMap::new(),
            changed: BTreeMap::new(),
            released: Vec::new(),
        };
        let mut wanted: BTreeSet<[&StepId; 1]> = BTreeSet::new();
        for sighting in seen {
            wanted.insert([&sighting.step]);
            wanted.extend(sighting.links.iter().map(|link| [&link.step]));
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        for block in wanted.chunks(ROWS) {
            steps.read(turn, &listed(block)?).await?;
        }
        steps.read_allocated(turn, seen).await?;
        let mut episodes: BTreeSet<EpisodeId> =
            steps.allocated.values().flatten().cloned().collect();
        episodes.extend(steps.held.values().map(|held| held.episode.clone()));
        for sighting in seen {
            episodes.extend(sighting.reference.value().cloned());
        }
        turn.load(episodes).await?;
        Ok(steps)
    }

    async fn read(&mut self, turn: &mut Turn, steps: &str) -> Result<(), LedgerFault> {
        let args = [Arg::Text(steps), Arg::Text(self.source.as_str())];
        let sql = each_row!(
            "SELECT step, episode, version, content, modified_at FROM steps \
             WHERE source = $2 AND step IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for mut row in turn.tx.rows(sql, &args, "tttti").await? {
            let step = StepId(row.text()?);
            let held = Held {
                episode: EpisodeId(row.text()?),
                version: row.maybe_text()?,
                content: row.text()?,
                modified_at: row.maybe_int()?,
            };
            self.held.insert(step, held);
        }
        let sql = each_row!(
            "SELECT DISTINCT step FROM quarantine \
             WHERE source = $2 AND step IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for mut row in turn.tx.rows(sql, &args, "t").await? {
            self.quarantined.insert(StepId(row.text()?));
        }
        Ok(())
    }

    async fn read_allocated(
        &mut self,
        turn: &mut Turn,
        seen: &[&Sighting],
    ) -> Result<(), LedgerFault> {
        let pairs: BTreeSet<_> = seen.iter().copied().filter_map(allocation_of).collect();
        let sql = each_row!(
            "SELECT e.child, e.practitioner, e.id FROM episodes e JOIN ",
            " ON e.child = one.value ->> 0 AND e.practitioner = one.value ->> 1 \
             WHERE e.steps = 0 ORDER BY e.id"
        );
        let pairs: Vec<_> = pairs.into_iter().collect();
        for block in pairs.chunks(ROWS) {
            for mut row in turn
                .tx
                .rows(sql, &[Arg::Text(&listed(block)?)], "ttt")
                .await?
            {
                let pair = (ChildKey(row.text()?), WorkerId(row.text()?));
                let found = self.allocated.entry(pair).or_default();
                found.push(EpisodeId(row.text()?));
            }
        }
        Ok(())
    }

    pub(super) fn held(&self, step: &StepId) -> Option<&Held> {
        self.held.get(step)
    }

    /// What could tell to which episode a step belongs.
    pub(super) fn candidates(
        &self,
        turn: &Turn,
        sighting: &Sighting,
        own: Option<EpisodeId>,
    ) -> Candidates {
        let mut found = Candidates {
            own,
            ..Candidates::default()
        };
        let placed = found.own.as_ref().is_some_and(|own| !is_alone(own));
        if placed || matches!(sighting.reference, Known::Is(_)) {
            return found;
        }
        let linked = sighting.links.iter();
        found.linked = linked
            .filter_map(|link| Some(self.held.get(&link.step)?.episode.clone()))
            .collect();
        if let Some((child, worker)) = allocation_of(sighting) {
            let allocated = self.allocated.get(&(child.clone(), worker.clone()));
            // An earlier sighting of this page may have been bound to it already.
            let waits = |id: &&EpisodeId| turn.episode(id).is_some_and(|e| e.steps.is_empty());
            found.allocated = allocated
                .into_iter()
                .flatten()
                .filter(waits)
                .cloned()
                .collect();
        }
        found
    }

    /// The mirror now holds this of the step.
    pub(super) fn hold(&mut self, sighting: &'p Sighting, episode: EpisodeId, content: Digest) {
        let held = Held {
            episode,
            version: sighting.version.clone(),
            content: content.0,
            modified_at: sighting.modified_at.map(Timestamp::as_millisecond),
        };
        self.held.insert(sighting.step.clone(), held);
        self.changed.insert(sighting.step.clone(), sighting);
    }

    /// A step that can be read again leaves quarantine.
    pub(super) fn release(
        &mut self,
        turn: &mut Turn,
        sighting: &Sighting,
    ) -> Result<(), LedgerFault> {
        if self.quarantined.remove(&sighting.step) {
            self.released.push([sighting.step.clone()]);
            let body = json!({ "source": sighting.source, "step": sighting.step });
            turn.say(None, &JournalLine::new("released", body))?;
        }
        Ok(())
    }

    /// Writes what has changed.
    pub(super) async fn write(&self, turn: &mut Turn) -> Result<(), LedgerFault> {
        let sql = each_row!(
            "INSERT INTO steps \
             (source, step, episode, stage, status, presence, version, content, modified_at, seen_at) \
             SELECT $2, one.value ->> 0, one.value ->> 1, one.value ->> 2, one.value ->> 3, \
             one.value ->> 4, one.value ->> 5, one.value ->> 6, CAST(one.value ->> 7 AS BIGINT), \
             CAST(one.value ->> 8 AS BIGINT) FROM ",
            " WHERE true ON CONFLICT (source, step) DO UPDATE \
             SET episode = excluded.episode, stage = excluded.stage, status = excluded.status, \
             presence = excluded.presence, version = excluded.version, content = excluded.content, \
             modified_at = excluded.modified_at, seen_at = excluded.seen_at"
        );
        let rows: Vec<StepRow<'_>> = self
            .changed
            .values()
            .filter_map(|sighting| Some(step_row(sighting, self.held.get(&sighting.step)?)))
            .collect();
        for block in rows.chunks(ROWS) {
            let rows = listed(block)?;
            let args = [Arg::Text(&rows), Arg::Text(self.source.as_str())];
            turn.tx.exec(sql, &args).await?;
        }
        turn.release(self.source, &self.released).await
    }
}

fn step_row<'s>(sighting: &'s Sighting, held: &'s Held) -> StepRow<'s> {
    let presence = match sighting.presence {
        Presence::Present => "present",
        Presence::Hidden => "hidden",
        Presence::Deleted => "deleted",
    };
    (
        &sighting.step,
        &held.episode,
        sighting.stage.name(),
        sighting.status.name(),
        presence,
        held.version.as_deref(),
        &held.content,
        sighting.modified_at.map(Timestamp::as_millisecond),
        sighting.seen_at.as_millisecond(),
    )
}

/// The child and practitioner by which a step without a reference may be found to be allocated.
fn allocation_of(sighting: &Sighting) -> Option<(&ChildKey, &WorkerId)> {
    match (sighting.stage, &sighting.reference) {
        (Stage::Practitioner, Known::Blank | Known::Unreadable(_)) => {
            Some((sighting.child.value()?, sighting.assignee.value()?))
        }
        _ => None,
    }
}

impl Turn {
    /// Moves a step that stood alone, with its history, to the episode it belongs to. What was owed
    /// for it alone is withdrawn; the journal keeps that it stood alone.
    pub(super) fn join(
        &mut self,
        sighting: &Sighting,
        alone: &EpisodeId,
        id: &EpisodeId,
    ) -> Result<(), LedgerFault> {
        let Some(mut left) = self.episode(alone).cloned() else {
            return Ok(());
        };
        let mut joined = self.episode(id).cloned().unwrap_or_else(|| Episode {
            silent_before: left.silent_before,
            ..Episode::new(id.clone(), sighting.source.clone())
        });
        if let Some(step) = left.steps.remove(&sighting.step) {
            joined.steps.insert(sighting.step.clone(), step);
        }
        let body = json!({ "source": sighting.source, "step": sighting.step, "from": alone });
        self.say(Some(id), &JournalLine::new("joined", body))?;
        if left.steps.is_empty() {
            self.remove(alone);
        } else {
            self.keep_episode(left, None);
        }
        self.keep_episode(joined, None);
        Ok(())
    }
}
