//! How is a page of sightings taken in? Whole, with its cursor, or not at all.
//!
//! Steps that are as the mirror holds them are recognised by their hash before anything is written, and a
//! page of nothing else moves the cursor without taking the turn. Absent on purpose: a statement for each
//! row; what a page needs is read together, and written together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::db::{Arg, Tx};
use super::quarantine::QuarantineRow;
use super::steps::{Held, Steps, stirred};
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::bind::bind;
use crate::practice::episode::{Episode, Presence};
use crate::practice::ids::{Digest, EpisodeId, SourceName, StepId};
use crate::practice::react::Reaction;
use crate::practice::sighting::Sighting;

/// A page as read: what was seen, what could not be read, and where the next page begins.
#[derive(Debug)]
pub struct PageSeen {
    /// The case system; every sighting is of it.
    pub source: SourceName,
    /// What was seen.
    pub sightings: Vec<Sighting>,
    /// What could not be read.
    pub quarantined: Vec<QuarantineRow>,
    /// The cursor's name and its new value.
    pub cursor: Option<(String, serde_json::Value)>,
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

impl Ledger {
    /// Takes a page in: for each changed step, the episode after and all that follows from it.
    pub async fn absorb(
        &self,
        page: PageSeen,
        now: Timestamp,
        react: impl FnMut(Option<&Episode>, &EpisodeId, &Sighting) -> Reaction,
    ) -> Result<Absorbed, LedgerFault> {
        let sightings = page.sightings.iter();
        let seen: Vec<(&Sighting, Digest)> = sightings.map(|one| (one, one.content())).collect();
        let stirred = match seen.as_slice() {
            [one] => self.stirred_one(&page.source, one).await?,
            many => stirred(&self.db, &page.source, many).await?,
        };
        let mut done = Absorbed {
            seen: count(page.sightings.len()),
            quarantined: count(page.quarantined.len()),
            ..Absorbed::default()
        };
        if stirred.is_empty() && page.quarantined.is_empty() {
            done.unchanged = done.seen;
            if let Some((name, value)) = &page.cursor {
                let mut tx = self.db.begin().await?;
                tx.set_cursor(name, value).await?;
                tx.commit().await?;
            }
            return Ok(done);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        fold(&mut turn, &page.source, seen, &stirred, &mut done, react).await?;
        turn.quarantine(&page.source, &page.quarantined).await?;
        if let Some((name, value)) = &page.cursor {
            turn.tx.set_cursor(name, value).await?;
        }
        done.owed = turn.commit().await?;
        Ok(done)
    }
}

/// Folds the sightings in, in the page's order.
async fn fold(
    turn: &mut Turn,
    source: &SourceName,
    seen: Vec<(&Sighting, Digest)>,
    stirred: &BTreeSet<&StepId>,
    done: &mut Absorbed,
    mut react: impl FnMut(Option<&Episode>, &EpisodeId, &Sighting) -> Reaction,
) -> Result<(), LedgerFault> {
    // Every sighting of a step of which one has changed: the page's order decides, not the mirror.
    let (changed, calm): (Vec<_>, Vec<_>) = seen
        .into_iter()
        .partition(|(sighting, _)| stirred.contains(&sighting.step));
    done.unchanged += count(calm.len());
    let all: Vec<&Sighting> = changed.iter().map(|(sighting, _)| *sighting).collect();
    let mut steps = Steps::load(turn, source, &all).await?;
    for (sighting, content) in changed {
        let held = steps.held(&sighting.step);
        if held.is_some_and(|held| held.content == content.0) {
            done.unchanged += 1;
            steps.release(turn, sighting)?;
            continue;
        }
        let present = sighting.presence == Presence::Present;
        if present && held.is_some_and(|held| is_older(sighting, held)) {
            done.stale += 1;
            continue;
        }
        let own = held.map(|held| held.episode.clone());
        let id = bind(sighting, &steps.candidates(turn, sighting, own.clone()));
        turn.load([id.clone()].into()).await?;
        if let Some(own) = own.filter(|own| *own != id) {
            turn.join(sighting, &own, &id)?;
        }
        let reaction = react(turn.episode(&id), &id, sighting);
        steps.hold(sighting, id, content);
        steps.release(turn, sighting)?;
        turn.keep(reaction)?;
    }
    steps.write(turn).await
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

/// Whether a sighting is of a lower version than the one held, or of an earlier change where versions cannot
/// be compared. Where neither is known, what was read last counts (P02).
fn is_older(seen: &Sighting, held: &Held) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    let versions = number(seen.version.as_deref()).zip(number(held.version.as_deref()));
    let changes = seen
        .modified_at
        .map(Timestamp::as_millisecond)
        .zip(held.modified_at);
    match (versions, changes) {
        (Some((new, held)), _) => new < held,
        (None, Some((new, held))) => new < held,
        (None, None) => false,
    }
}

impl Tx {
    pub(super) async fn set_cursor(
        &mut self,
        name: &str,
        value: &serde_json::Value,
    ) -> Result<(), LedgerFault> {
        let body = value.to_string();
        let sql = "INSERT INTO cursors (name, body) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET body = excluded.body";
        self.exec(sql, &[Arg::Text(name), Arg::Text(&body)]).await?;
        Ok(())
    }
}
