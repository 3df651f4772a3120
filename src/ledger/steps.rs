//! What does the mirror hold of the steps on a page, and to which episode does each belong?
//!
//! Everything a page may need is read in a few statements; from then on the page's own changes count, so
//! two sightings of one step, or of two linked ones, fold in order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::db::{Arg, Db, each_row, listed};
use super::kin::{Kin, placed_by};
use super::turn::{ROWS, Turn};
use super::{Ledger, LedgerFault};
use crate::practice::bind::{Candidates, is_alone};
use crate::practice::episode::{Presence, Step};
use crate::practice::fold;
use crate::practice::ids::{ChildKey, Digest, EpisodeId, SourceName, StepId};
use crate::practice::known::Known;
use crate::practice::react::JournalLine;
use crate::practice::sighting::{Road, Sighting};
use crate::practice::subject::Aliases;

/// What the mirror holds of a step.
pub(super) struct Held {
    pub(super) episode: EpisodeId,
    pub(super) version: Option<String>,
    pub(super) content: String,
    /// When the case system says it changed last, milliseconds since the epoch.
    pub(super) modified_at: Option<i64>,
    /// When it was last seen to differ, milliseconds since the epoch.
    pub(super) seen_at: i64,
    /// It is held as deleted.
    pub(super) gone: bool,
}

/// The steps of a page, as this turn has them.
pub(super) struct Steps<'p> {
    source: &'p SourceName,
    held: BTreeMap<StepId, Held>,
    quarantined: BTreeSet<StepId>,
    kin: Kin,
    pub(super) aliases: Aliases,
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
        "SELECT s.step, s.episode, s.content, (SELECT COUNT(*) FROM quarantine q \
         WHERE q.source = s.source AND q.step = s.step) FROM steps s \
         WHERE s.source = $2 AND s.step IN (SELECT one.value ->> 0 FROM ",
        ")"
    );
    let mut calm = BTreeMap::new();
    for block in seen.chunks(ROWS) {
        let steps: Vec<_> = block.iter().map(|(sighting, _)| [&sighting.step]).collect();
        let steps = listed(&steps)?;
        let args = [Arg::Text(&steps), Arg::Text(source.as_str())];
        for mut row in db.rows(sql, &args, "ttti").await? {
            let (step, episode) = (row.text()?, EpisodeId(row.text()?));
            let content = row.text()?;
            if row.int()? == 0 {
                calm.insert(step, (content, episode));
            }
        }
    }
    Ok(seen
        .iter()
        .filter(|(sighting, content)| {
            let held = calm.get(sighting.step.as_str());
            held.is_none_or(|(held, episode)| {
                *held != content.0 || looks_for_its_place(sighting, episode)
            })
        })
        .map(|(sighting, _)| &sighting.step)
        .collect())
}

/// A step that stands alone is placed anew whenever the open steps are swept: what it belongs to may have
/// been seen since.
pub(super) fn looks_for_its_place(sighting: &Sighting, episode: &EpisodeId) -> bool {
    sighting.road == Road::Sweep && is_alone(episode)
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
            kin: Kin::default(),
            aliases: Aliases::new(),
            changed: BTreeMap::new(),
            released: Vec::new(),
        };
        let mut wanted: BTreeSet<[&StepId; 1]> = BTreeSet::new();
        for sighting in seen {
            wanted.insert([&sighting.step]);
            wanted.extend(sighting.links.iter().map(|link| [&link.step]));
            wanted.extend(sighting.copied_from.iter().map(|step| [step]));
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        for block in wanted.chunks(ROWS) {
            steps.read(turn, &listed(block)?).await?;
        }
        let mut episodes: BTreeSet<EpisodeId> = BTreeSet::new();
        episodes.extend(steps.held.values().map(|held| held.episode.clone()));
        for sighting in seen {
            episodes.extend(sighting.reference.value().cloned());
        }
        turn.load(episodes).await?;
        steps.read_children(turn, seen).await?;
        Ok(steps)
    }

    /// Reads whose steps these are: the keys that the children have now, and their episodes.
    async fn read_children(
        &mut self,
        turn: &mut Turn,
        seen: &[&Sighting],
    ) -> Result<(), LedgerFault> {
        let mut keys: BTreeSet<ChildKey> = BTreeSet::new();
        for sighting in seen {
            let named = sighting.child.value().into_iter().chain(&sighting.siblings);
            keys.extend(named.chain(&sighting.merged_from).cloned());
            let before = self.step(turn, &sighting.step).into_iter();
            keys.extend(before.flat_map(|step| step.children.clone()));
        }
        if keys.is_empty() {
            return Ok(());
        }
        self.aliases = turn.tx.aliases_of(self.source, &keys).await?;
        let now = |key: &ChildKey| self.aliases.get(key).unwrap_or(key).clone();
        let unplaced = seen.iter().filter(|sighting| {
            let held = self.held.get(&sighting.step);
            held.is_none_or(|held| is_alone(&held.episode))
        });
        let children = unplaced.filter_map(|sighting| placed_by(sighting).map(now));
        self.kin = Kin::read(turn, self.source, children.collect()).await?;
        turn.load(self.kin.episodes().cloned().collect()).await
    }

    /// A step as its episode holds it in this turn.
    pub(super) fn step<'t>(&self, turn: &'t Turn, step: &StepId) -> Option<&'t Step> {
        let held = self.held.get(step)?;
        turn.episode(&held.episode)?.steps.get(step)
    }

    async fn read(&mut self, turn: &mut Turn, steps: &str) -> Result<(), LedgerFault> {
        let args = [Arg::Text(steps), Arg::Text(self.source.as_str())];
        let sql = each_row!(
            "SELECT step, episode, version, content, modified_at, seen_at, presence FROM steps \
             WHERE source = $2 AND step IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for mut row in turn.tx.rows(sql, &args, "ttttiit").await? {
            let step = StepId(row.text()?);
            let held = Held {
                episode: EpisodeId(row.text()?),
                version: row.maybe_text()?,
                content: row.text()?,
                modified_at: row.maybe_int()?,
                seen_at: row.int()?,
                gone: row.text()? == "deleted",
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
        let linked = sighting.links.iter().map(|link| &link.step);
        found.linked = linked
            .chain(&sighting.copied_from)
            .filter_map(|step| Some(self.held.get(step)?.episode.clone()))
            .collect();
        // An earlier sighting of this page may have been bound to what was read as waiting.
        found.allocated = self.kin.allocated(turn, sighting, &self.aliases);
        found.mates = self.kin.mates(turn, sighting, &self.aliases);
        found
    }

    /// The mirror now holds this of the step.
    pub(super) fn hold(&mut self, sighting: &'p Sighting, episode: EpisodeId, content: Digest) {
        let held = Held {
            episode,
            version: sighting.version.clone(),
            content: content.0,
            modified_at: sighting.modified_at.map(Timestamp::as_millisecond),
            seen_at: sighting.seen_at.as_millisecond(),
            gone: sighting.presence == Presence::Deleted,
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

impl Turn {
    /// Moves a step that stood alone, with its history, to the episode it belongs to. What was owed
    /// for it alone is withdrawn; the journal keeps that it stood alone.
    pub(super) fn join(
        &mut self,
        (source, step): (&SourceName, &StepId),
        alone: &EpisodeId,
        id: &EpisodeId,
    ) -> Result<(), LedgerFault> {
        let Some(mut left) = self.episode(alone).cloned() else {
            return Ok(());
        };
        let joined = fold::move_step(&mut left, self.episode(id).cloned(), id, step);
        let body = json!({ "source": source, "step": step, "from": alone });
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
