//! How is a page of sightings taken in? Whole, with its cursor, or not at all.
//!
//! Steps that are as the mirror holds them are recognised by their hash before anything is written, and a
//! page of nothing else moves the cursor without taking the turn. Absent on purpose: a statement for each
//! row; what a page needs is read together, and written together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::alias::How;
use super::db::{Arg, Tx};
use super::quarantine::QuarantineRow;
use super::steps::{Held, Steps, looks_for_its_place, stirred};
use super::turn::Turn;
use super::{Ledger, LedgerFault, instant};
use crate::practice::bind::bind;
use crate::practice::episode::{Episode, Presence};
use crate::practice::ids::{Digest, EpisodeId, SourceName, StepId};
use crate::practice::react::{JournalLine, Reaction};
use crate::practice::sighting::Sighting;
use crate::practice::subject::compared;

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
    /// When the case system was last found to have been restored from a backup, UTC; none if never. Of a step that
    /// was last seen before that, a lower version is news (P19).
    pub restored: Option<Timestamp>,
    /// What the journal says of the reading itself.
    pub said: Vec<JournalLine>,
    /// Whether it is the page that ends the first reading of the case system.
    pub ends_first_reading: bool,
}

/// A step that is held in a newer version than a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overtaken {
    /// The step.
    pub step: StepId,
    /// When what is held of it was first seen, UTC.
    pub held_since: Timestamp,
}

/// What a page did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Absorbed {
    /// Sightings on the page.
    pub seen: u64,
    /// Those that had not changed.
    pub unchanged: u64,
    /// Those older than what we hold; ignored.
    pub stale: u64,
    /// Of these, the steps.
    #[serde(skip)]
    pub overtaken: Vec<Overtaken>,
    /// Records that could not be read.
    pub quarantined: u64,
    /// Of these, the ones not met before, or for another reason.
    #[serde(skip)]
    pub set_aside: Vec<QuarantineRow>,
    /// Effects newly owed.
    pub owed: u64,
    /// Steps that a list shows with another child than before: nothing was taken in of them, and each has
    /// to be read by itself.
    pub look: Vec<StepId>,
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
        let is_calm = stirred.is_empty() && page.quarantined.is_empty() && page.said.is_empty();
        if is_calm && !page.ends_first_reading {
            done.unchanged = done.seen;
            if let Some((name, value)) = &page.cursor {
                let mut tx = self.db.begin().await?;
                tx.set_cursor(name, value).await?;
                tx.commit().await?;
            }
            return Ok(done);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        for line in &page.said {
            turn.say(None, line)?;
        }
        let from = (&page.source, page.restored);
        fold(&mut turn, from, seen, &stirred, &mut done, react).await?;
        done.set_aside = turn.quarantine(&page.source, &page.quarantined).await?;
        if page.ends_first_reading {
            turn.read_through(&page.source).await?;
        }
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
    (source, restored): (&SourceName, Option<Timestamp>),
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
        let same = held.is_some_and(|held| held.content == content.0);
        if same && !held.is_some_and(|held| looks_for_its_place(sighting, &held.episode)) {
            done.unchanged += 1;
            steps.release(turn, sighting)?;
            continue;
        }
        let present = sighting.presence == Presence::Present;
        if present && held.is_some_and(|held| is_overtaken(sighting, held, restored)) {
            done.stale += 1;
            if let Some(held) = held {
                done.overtaken.push(Overtaken {
                    step: sighting.step.clone(),
                    held_since: instant(held.seen_at)?,
                });
            }
            // It can be read, whatever it says.
            steps.release(turn, sighting)?;
            continue;
        }
        let own = held.map(|held| held.episode.clone());
        if present && !subject(turn, &mut steps, sighting).await? {
            done.look.push(sighting.step.clone());
            continue;
        }
        let bound = bind(sighting, &steps.candidates(turn, sighting, own.clone()));
        let id = bound.episode;
        turn.load([id.clone()].into()).await?;
        if same && own.as_ref() == Some(&id) && is_between(turn, &id, &bound.between) {
            done.unchanged += 1;
            continue;
        }
        if let Some(own) = own.filter(|own| *own != id) {
            turn.join((source, &sighting.step), &own, &id)?;
        }
        stand_between(turn, source, &id, bound.between)?;
        let reaction = react(turn.episode(&id), &id, sighting);
        steps.hold(sighting, id, content);
        steps.release(turn, sighting)?;
        turn.keep(reaction)?;
    }
    steps.write(turn).await
}

/// Enters what a sighting says of merged children. Gives false if the step has to be read by itself first.
async fn subject(
    turn: &mut Turn,
    steps: &mut Steps<'_>,
    sighting: &Sighting,
) -> Result<bool, LedgerFault> {
    let subject = compared(steps.step(turn, &sighting.step), sighting, &steps.aliases);
    if subject.look {
        return Ok(false);
    }
    let said = subject.said.iter().map(|merge| (merge, How::SaidByStep));
    let inferred = subject.inferred.iter().map(|merge| (merge, How::Inferred));
    for (merge, how) in inferred.chain(said) {
        turn.merge(&sighting.source, merge, how, &mut steps.aliases)
            .await?;
    }
    Ok(true)
}

fn is_between(turn: &Turn, id: &EpisodeId, between: &[EpisodeId]) -> bool {
    turn.episode(id)
        .is_some_and(|episode| episode.between == between)
}

/// Notes in an episode that stands for one step which others would do for it.
fn stand_between(
    turn: &mut Turn,
    source: &SourceName,
    id: &EpisodeId,
    between: Vec<EpisodeId>,
) -> Result<(), LedgerFault> {
    let held = turn.episode(id);
    if held.map_or(between.is_empty(), |held| held.between == between) {
        return Ok(());
    }
    let new = || Episode::new(id.clone(), source.clone());
    let mut stands = held.cloned().unwrap_or_else(new);
    let body = json!({ "source": source, "between": between });
    stands.between = between;
    turn.keep_episode(stands, None);
    turn.say(Some(id), &JournalLine::new("between", body))
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

/// Whether something newer of the step is held already. What was held of it before a restore is newer no more;
/// and if it is gone since, another one may have its id (P19).
fn is_overtaken(seen: &Sighting, held: &Held, restored: Option<Timestamp>) -> bool {
    let is_void = restored.is_some_and(|at| held.gone || held.seen_at < at.as_millisecond());
    !is_void && seen.is_older_than(held.version.as_deref(), held.modified_at)
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
