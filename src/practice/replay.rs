//! What follows if it all happens again? The journal's inputs, taken in once more by the one function.
//!
//! Under the terms then in force this gives every episode as it stood at any past moment; under others, what
//! they would have made of the same history. Absent on purpose: reading a journal, and writing anything.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::episode::Episode;
use super::fold;
use super::history::{Happened, Past};
use super::ids::{EpisodeId, SourceName};
use super::react::{Input, Reaction, react};
use super::terms::Terms;

/// The episodes as they stand after what was taken in so far.
#[derive(Clone, Debug, Default)]
pub struct World {
    episodes: BTreeMap<EpisodeId, Standing>,
}

/// One episode, and when time next matters to it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The episode.
    pub episode: Episode,
    /// When to look again, UTC.
    pub look_again: Option<Timestamp>,
}

impl World {
    /// An episode as it stands; none if it is not known, or not any more.
    pub fn episode(&self, id: &EpisodeId) -> Option<&Standing> {
        self.episodes.get(id)
    }

    /// Every episode, by id.
    pub fn episodes(&self) -> impl Iterator<Item = &Standing> {
        self.episodes.values()
    }

    /// Takes a line in. Gives what follows if it is an input; none if it only tells what followed.
    pub fn take(&mut self, line: &Past, terms: &Terms) -> Option<Reaction> {
        let id = line.episode.as_ref()?;
        match &line.what {
            Happened::Joined { step, from } => {
                let mut left = self.episodes.remove(from)?;
                let joined = self.episodes.remove(id).map(|standing| standing.episode);
                let joined = fold::move_step(&mut left.episode, joined, id, step);
                if !left.episode.steps.is_empty() {
                    self.keep(left.episode, None);
                }
                self.keep(joined, None);
                None
            }
            Happened::Rekeyed { from, to } => {
                let standing = self.episodes.get_mut(id)?;
                fold::rekey(&mut standing.episode, from, to);
                None
            }
            Happened::Between(source, between) => {
                let before = self.episodes.remove(id).map(|standing| standing.episode);
                let mut episode =
                    before.unwrap_or_else(|| Episode::new(id.clone(), source.clone()));
                episode.between.clone_from(between);
                self.keep(episode, None);
                None
            }
            _ => self.react(line, id, terms),
        }
    }

    fn react(&mut self, line: &Past, id: &EpisodeId, terms: &Terms) -> Option<Reaction> {
        let input = match &line.what {
            Happened::Seen(sighting) => Input::Seen(sighting),
            Happened::Decided(decision) => Input::Decided(decision),
            Happened::Asked(asked) if asked.read => {
                Input::Asked(&asked.attempt, &asked.decision_id)
            }
            Happened::Asked(asked) => Input::AskedUnread(&asked.attempt, &asked.decision_id),
            Happened::Tasked(attempt, task) => Input::Tasked(attempt, task),
            Happened::Doubled(others) => Input::Doubled(others),
            Happened::Unreachable(outage) => Input::Unreachable(outage),
            Happened::Sampled(sampled) => Input::Sampled(sampled),
            Happened::TimePassed => Input::TimePassed,
            _ => return None,
        };
        let source = match &line.what {
            Happened::Seen(sighting) => Some(&sighting.source),
            Happened::Decided(decision) => decision.source(),
            _ => None,
        };
        self.input(id, source, input, terms, line.at)
    }

    /// Lets an input happen at `now`, UTC. Nothing follows for an episode that is not known, unless the input
    /// makes it known: then `source` is the case system it lives in.
    pub fn input(
        &mut self,
        id: &EpisodeId,
        source: Option<&SourceName>,
        input: Input<'_>,
        terms: &Terms,
        now: Timestamp,
    ) -> Option<Reaction> {
        let before = self.episodes.get(id).map(|standing| &standing.episode);
        let source = before.map(|before| &before.source).or(source)?;
        let reaction = react(before, id, source, input, terms, now);
        self.keep(reaction.after.clone(), reaction.look_again);
        Some(reaction)
    }

    /// Puts an episode as it is to stand.
    pub fn keep(&mut self, episode: Episode, look_again: Option<Timestamp>) {
        let standing = Standing {
            episode,
            look_again,
        };
        self.episodes.insert(standing.episode.id.clone(), standing);
    }
}
