//! Who moderates what: nobody their own work, their own service, or what they have already moderated once, and
//! nobody more than they must (LE-09.3).
//!
//! Items are taken in order of ticket and moderators in order of load, then id, so the same sample and the same people
//! give the same list. The largest load is made as small as it can be by moving earlier choices along when that
//! makes room. Part of the sample, the smallest tickets of all, goes to two moderators independently, which is how
//! moderators are compared with one another.
//! Absent: availability. Leave someone out of the pool who is away.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    certificate::Certificate,
    frame::{Frame, FrameRow},
    policy::SamplingPolicy,
};

/// Somebody who can moderate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moderator {
    /// Their worker id.
    pub id: String,
    /// The services they manage, whose episodes they may not moderate.
    pub services: BTreeSet<String>,
}

/// The moderators of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Every item of the sample, in order of ticket.
    pub items: Vec<Assigned>,
    /// The most items that any one moderator has.
    pub largest_load: usize,
}

/// The moderators of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The episode.
    pub le_id: String,
    /// Its moderator; `None` when nobody in the pool may moderate it, which somebody has to be told.
    pub moderator: Option<String>,
    /// A second, independent moderator, for the items that have two.
    pub second: Option<String>,
    /// How many moderators it should have.
    pub wanted: usize,
}

impl Assignment {
    /// The moderators of an episode, the first one first.
    pub fn moderators(&self, le_id: &str) -> impl Iterator<Item = &str> {
        let item = self.items.iter().find(|item| item.le_id == le_id);
        let both = item.map(|item| item.moderator.iter().chain(&item.second));
        both.into_iter().flatten().map(String::as_str)
    }
}

/// Assigns moderators to the episodes that are in a certificate's sample now. What stands in `before` and is still in the
/// sample stays with those who have it; only what is new is given out.
pub fn assign(
    certificate: &Certificate,
    frame: &Frame,
    policy: &SamplingPolicy,
    pool: &[Moderator],
    before: Option<&Assignment>,
) -> Assignment {
    let mut people: Vec<&str> = pool.iter().map(|who| who.id.as_str()).collect();
    let mut rows: Vec<&FrameRow> = certificate
        .sample()
        .filter_map(|le_id| frame.row(le_id))
        .collect();
    rows.sort_by_key(|row| (certificate.tickets.get(&*row.le_id), &row.le_id));
    people.extend(rows.iter().flat_map(|row| kept(before, row)));
    people.sort_unstable();
    people.dedup();
    let twice = rows
        .iter()
        .filter(|row| kept(before, row).len() > 1)
        .count();
    let mut doubles = doubles(rows.len(), policy).saturating_sub(twice);
    let items: Vec<Item> = rows
        .iter()
        .map(|row| {
            let kept = kept(before, row);
            let place = |who: &&str| people.iter().position(|one| one == who);
            let double = kept.is_empty() && doubles > 0;
            doubles -= usize::from(double);
            Item {
                wanted: kept.len().max(1 + usize::from(double)),
                may: (0..people.len())
                    .filter(|at| {
                        people
                            .get(*at)
                            .is_some_and(|who| may_moderate(who, row, pool))
                    })
                    .collect(),
                kept: kept.iter().filter_map(place).collect(),
            }
        })
        .collect();
    let load =
        |held: &[Vec<usize>], who: usize| held.iter().flatten().filter(|w| **w == who).count();
    let held = least_loaded(&items, people.len());
    let largest_load = (0..people.len())
        .map(|who| load(&held, who))
        .max()
        .unwrap_or_default();
    let items = rows
        .iter()
        .zip(&items)
        .zip(&held)
        .map(|((row, item), held)| {
            let mut who = held
                .iter()
                .filter_map(|at| people.get(*at))
                .map(|who| (*who).to_owned());
            Assigned {
                le_id: row.le_id.to_string(),
                moderator: who.next(),
                second: who.next(),
                wanted: item.wanted,
            }
        });
    Assignment {
        items: items.collect(),
        largest_load,
    }
}

/// Who has an episode already, the first one first.
fn kept<'b>(before: Option<&'b Assignment>, row: &FrameRow) -> Vec<&'b str> {
    let before = before.into_iter();
    before.flat_map(|it| it.moderators(&row.le_id)).collect()
}

/// One item: how many moderators it should have, who they may be, and who has it already.
struct Item {
    wanted: usize,
    may: Vec<usize>,
    kept: Vec<usize>,
}

fn doubles(items: usize, policy: &SamplingPolicy) -> usize {
    let percent = usize::try_from(policy.double_moderated_percent)
        .unwrap_or(100)
        .min(100);
    (items * percent)
        .div_ceil(100)
        .max(policy.double_moderated_minimum)
        .min(items)
}

fn may_moderate(who: &str, row: &FrameRow, pool: &[Moderator]) -> bool {
    // Someone listed twice in the pool is bound by both entries.
    let mut entries = pool.iter().filter(|entry| entry.id == who).peekable();
    entries.peek().is_some()
        && entries.all(|entry| !entry.services.contains(&*row.service))
        && *row.reviewer != *who
        && row.initial_moderator.as_deref() != Some(who)
        && !row.conflict.iter().any(|worker| **worker == *who)
}

/// As many places filled as can be, with the smallest largest load that allows it.
fn least_loaded(items: &[Item], people: usize) -> Vec<Vec<usize>> {
    let wanted: usize = items.iter().map(|item| item.wanted).sum();
    let filled = |held: &[Vec<usize>]| held.iter().map(Vec::len).sum::<usize>();
    let best = fill(items, people, wanted);
    let target = filled(&best);
    let least = target.div_ceil(people.max(1));
    (least..wanted)
        .map(|most| fill(items, people, most))
        .find(|held| filled(held) == target)
        .unwrap_or(best)
}

/// Fills places in order of ticket, nobody having more than `most`. First places come before second ones, so
/// that no item goes without a moderator for the sake of another's second.
fn fill(items: &[Item], people: usize, most: usize) -> Vec<Vec<usize>> {
    let by_item: Vec<Vec<usize>> = items.iter().map(|item| item.kept.clone()).collect();
    let load = |who| by_item.iter().flatten().filter(|one| **one == who).count();
    let mut held = Held {
        load: (0..people).map(load).collect(),
        by_item,
        most,
    };
    for round in 1..=2 {
        for (place, item) in items.iter().enumerate() {
            if item.wanted >= round && item.kept.is_empty() {
                held.give(items, place, &mut BTreeSet::new());
            }
        }
    }
    held.by_item
}

/// Who holds what so far.
struct Held {
    by_item: Vec<Vec<usize>>,
    load: Vec<usize>,
    most: usize,
}

impl Held {
    /// Finds one more moderator for an item, moving others along when that makes room (an augmenting path).
    fn give(&mut self, items: &[Item], place: usize, tried: &mut BTreeSet<usize>) -> bool {
        let mut may: Vec<usize> = items
            .get(place)
            .map(|item| item.may.clone())
            .unwrap_or_default();
        may.sort_by_key(|who| (self.load.get(*who).copied(), *who));
        for who in may {
            let holds = self
                .by_item
                .get(place)
                .is_some_and(|held| held.contains(&who));
            if holds || !tried.insert(who) {
                continue;
            }
            let free = self.load.get(who).is_some_and(|load| *load < self.most);
            if (free || self.make_room(items, who, tried))
                && let (Some(held), Some(load)) =
                    (self.by_item.get_mut(place), self.load.get_mut(who))
            {
                held.push(who);
                *load += 1;
                return true;
            }
        }
        false
    }

    /// Passes one of somebody's items on to somebody else.
    fn make_room(&mut self, items: &[Item], who: usize, tried: &mut BTreeSet<usize>) -> bool {
        let movable = |place: &usize| items.get(*place).is_some_and(|item| item.kept.is_empty());
        for place in (0..items.len()).filter(movable) {
            let holds = |held: &Self| {
                held.by_item
                    .get(place)
                    .and_then(|all| all.iter().position(|w| *w == who))
            };
            if holds(self).is_none() || !self.give(items, place, tried) {
                continue;
            }
            if let Some(at) = holds(self)
                && let (Some(held), Some(load)) =
                    (self.by_item.get_mut(place), self.load.get_mut(who))
            {
                // The newcomer takes the old place, so a first moderator stays the first.
                held.swap_remove(at);
                *load = load.saturating_sub(1);
                return true;
            }
        }
        false
    }
}
