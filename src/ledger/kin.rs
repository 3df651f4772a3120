//! Which episodes does the child of a step already have? For steps that carry no reference (M17).

use std::collections::{BTreeMap, BTreeSet};

use super::LedgerFault;
use super::db::{Arg, each_row, listed};
use super::turn::{ROWS, Turn};
use crate::practice::bind::is_alone;
use crate::practice::episode::{Episode, Stage};
use crate::practice::ids::{ChildKey, CycleId, EpisodeId, SourceName};
use crate::practice::known::Known;
use crate::practice::sighting::Sighting;
use crate::practice::subject::Aliases;

/// The episodes of the children on a page, by the keys that those have now.
#[derive(Default)]
pub(super) struct Kin {
    by_child: BTreeMap<ChildKey, BTreeSet<EpisodeId>>,
}

impl Kin {
    /// Reads the episodes of every child whose step has to find its place by it.
    pub(super) async fn read(
        turn: &mut Turn,
        source: &SourceName,
        children: BTreeSet<ChildKey>,
    ) -> Result<Self, LedgerFault> {
        let mut kin = Self::default();
        let sql = each_row!(
            "SELECT child, episode FROM children WHERE source = $2 AND child IN \
             (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let children: Vec<[ChildKey; 1]> = children.into_iter().map(|child| [child]).collect();
        for block in children.chunks(ROWS) {
            let block = listed(block)?;
            let args = [Arg::Text(&block), Arg::Text(source.as_str())];
            for mut row in turn.tx.rows(sql, &args, "tt").await? {
                let of_child = kin.by_child.entry(ChildKey(row.text()?)).or_default();
                of_child.insert(EpisodeId(row.text()?));
            }
        }
        Ok(kin)
    }

    pub(super) fn episodes(&self) -> impl Iterator<Item = &EpisodeId> {
        self.by_child.values().flatten()
    }

    /// The episodes of a step's child as they stand in this turn, by id.
    fn of<'t>(
        &self,
        turn: &'t Turn,
        source: &SourceName,
        child: &ChildKey,
    ) -> BTreeMap<EpisodeId, &'t Episode> {
        let read = self.by_child.get(child).into_iter().flatten().cloned();
        // And those that an earlier sighting of this page made.
        let made = turn.in_hand_of(source, child);
        let all = read.chain(made).filter(|id| !is_alone(id));
        all.filter_map(|id| Some((id.clone(), turn.episode(&id)?)))
            .collect()
    }

    /// Episodes allocated to the child and the worker of a practitioner's step, that have no step yet.
    pub(super) fn allocated(
        &self,
        turn: &Turn,
        sighting: &Sighting,
        aliases: &Aliases,
    ) -> Vec<EpisodeId> {
        let (Stage::Practitioner, Some(child), Some(worker)) = (
            sighting.stage,
            sighting.child.value(),
            sighting.assignee.value(),
        ) else {
            return Vec::new();
        };
        let child = aliases.get(child).unwrap_or(child);
        let found = self.of(turn, &sighting.source, child).into_iter();
        let waits = |episode: &Episode| {
            let allocation = episode.allocation.as_ref();
            episode.steps.is_empty() && allocation.is_some_and(|a| a.practitioner == *worker)
        };
        found
            .filter(|(_, one)| waits(one))
            .map(|(id, _)| id)
            .collect()
    }

    /// Live episodes of the child, in the step's cycle, that still lack a step of this stage. A first step
    /// joins only one whose cycle it names: it may as well begin an episode of its own.
    pub(super) fn mates(
        &self,
        turn: &Turn,
        sighting: &Sighting,
        aliases: &Aliases,
    ) -> Vec<EpisodeId> {
        let Some(child) = sighting.child.value() else {
            return Vec::new();
        };
        let child = aliases.get(child).unwrap_or(child);
        let found = self.of(turn, &sighting.source, child).into_iter();
        let fits = |episode: &Episode| {
            let cycle = match (&sighting.cycle, &episode.cycle) {
                (Known::Is(named), Some(cycle)) => is_same(named, cycle),
                _ => sighting.stage != Stage::Practitioner,
            };
            cycle && episode.is_live() && episode.step_of(sighting.stage).is_none()
        };
        found
            .filter(|(_, one)| fits(one))
            .map(|(id, _)| id)
            .collect()
    }
}

fn is_same(one: &CycleId, other: &CycleId) -> bool {
    one.as_str()
        .trim()
        .eq_ignore_ascii_case(other.as_str().trim())
}

/// The child by which a step that carries no reference may be placed.
pub(super) fn placed_by(sighting: &Sighting) -> Option<&ChildKey> {
    let referred = matches!(sighting.reference, Known::Is(_));
    sighting.child.value().filter(|_| !referred)
}
