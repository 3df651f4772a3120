//! What is different, and how is it told? By Finish, by flag and by message, in counts and one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::again::{Answered, FinishKey, Run, kind};
use crate::practice::effect::Effect;
use crate::practice::episode::Role;
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::verdict::Answer;

/// A Finish that would have been answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finish {
    /// The episode.
    pub episode: EpisodeId,
    /// The step.
    pub step: StepId,
    /// When it was asked for or observed, UTC.
    pub at: Timestamp,
    /// Nobody asked: what is told is what the judge would have said.
    pub observed: bool,
    /// The answer then.
    pub was: Answer,
    /// The answer under what is tried.
    pub would_be: Answer,
    /// Rules that would hold it and did not.
    pub more: Vec<String>,
    /// Rules that held it and would not.
    pub fewer: Vec<String>,
}

/// Flags of a finish check that would have been others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// The episode.
    pub episode: EpisodeId,
    /// The step.
    pub step: StepId,
    /// When it was asked, UTC.
    pub at: Timestamp,
    /// Rules that would be flagged and were not.
    pub more: Vec<String>,
    /// Rules that were flagged and would not be.
    pub fewer: Vec<String>,
}

/// A message, or another thing owed, that would have been other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Message {
    /// The episode, if it is about one.
    pub episode: Option<EpisodeId>,
    /// When it was owed, or would have been, UTC.
    pub at: Timestamp,
    /// The rule.
    pub rule: String,
    /// Who is told.
    pub to: Vec<Role>,
    /// `message`, `flag set`, `flag taken off`, `step opened again` or `task answered`.
    pub kind: &'static str,
    /// Names it for ever.
    pub key: String,
}

/// How many messages of one rule to one role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The rule.
    pub rule: String,
    /// What it is, and to whom.
    pub to: String,
    /// Would be said and were not.
    pub more: usize,
    /// Were said and would not be.
    pub fewer: usize,
    /// Would be said with other words, or to others.
    pub changed: usize,
}

/// Every difference that another policy would have made.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsal {
    /// Episodes in the journal.
    pub episodes: usize,
    /// Lines of the journal.
    pub lines: u64,
    /// The journal's first instant, UTC.
    pub from: Option<Timestamp>,
    /// The journal's last instant, UTC.
    pub until: Option<Timestamp>,
    /// What makes this less than certain, in whole sentences.
    pub warnings: Vec<String>,
    /// Where a replay of the history as it was differs from the journal: then nothing is claimed.
    pub unfaithful: Vec<String>,
    /// Finishes that would have been answered otherwise.
    pub finishes: Vec<Finish>,
    /// Flags of finish checks that would have been others.
    pub flags: Vec<Flags>,
    /// Messages by rule and role.
    pub shares: Vec<Share>,
    /// Messages that would have been said and were not.
    pub more: Vec<Message>,
    /// Messages that were said and would not have been.
    pub fewer: Vec<Message>,
    /// Messages that would have been said with other words, or to others.
    pub changed: Vec<Message>,
}

impl Rehearsal {
    pub(super) fn of(
        was: &Run,
        would: &Run,
        since: Option<Timestamp>,
        unfaithful: Vec<String>,
        warnings: Vec<String>,
    ) -> Self {
        let counts = |at: Timestamp| since.is_none_or(|since| since <= at);
        let mut told = Self {
            episodes: was.episodes(),
            lines: was.lines,
            from: was.span.map(|(from, _)| from),
            until: was.span.map(|(_, until)| until),
            warnings,
            unfaithful,
            finishes: Vec::new(),
            flags: Vec::new(),
            shares: Vec::new(),
            more: Vec::new(),
            fewer: Vec::new(),
            changed: Vec::new(),
        };
        for (key, then) in &was.deeds.answers {
            let now = would.deeds.answers.get(key).filter(|_| counts(then.at));
            if let Some(now) = now {
                told.finishes.extend(finish(key, then, now));
                told.flags.extend(flags(key, then, now));
            }
        }
        let (before, after) = (&was.deeds.owed, &would.deeds.owed);
        for (key, (at, effect)) in after.iter().filter(|(_, (at, _))| counts(*at)) {
            match before.get(key) {
                None => told.more.push(message(*at, effect)),
                Some((_, then)) if then.act != effect.act || then.audience != effect.audience => {
                    told.changed.push(message(*at, effect));
                }
                Some(_) => {}
            }
        }
        for (key, (at, effect)) in before.iter().filter(|(_, (at, _))| counts(*at)) {
            if !after.contains_key(key) {
                told.fewer.push(message(*at, effect));
            }
        }
        for list in [&mut told.more, &mut told.fewer, &mut told.changed] {
            list.sort();
        }
        told.shares = told.shared();
        told
    }

    /// Whether anything would have been different.
    pub fn is_different(&self) -> bool {
        !(self.finishes.is_empty() && self.flags.is_empty() && self.shares.is_empty())
    }

    fn shared(&self) -> Vec<Share> {
        let mut shares: BTreeMap<(String, String), Share> = BTreeMap::new();
        let lists = [(&self.more, 0), (&self.fewer, 1), (&self.changed, 2)];
        for (list, which) in lists {
            for message in list {
                for to in message.told() {
                    let name = (message.rule.clone(), to.clone());
                    let share = shares.entry(name).or_insert_with(|| Share {
                        rule: message.rule.clone(),
                        to,
                        ..Share::default()
                    });
                    let counts = [&mut share.more, &mut share.fewer, &mut share.changed];
                    if let Some(count) = counts.into_iter().nth(which) {
                        *count += 1;
                    }
                }
            }
        }
        shares.into_values().collect()
    }
}

impl Message {
    /// To whom it goes, or what it is if it goes to nobody.
    pub(super) fn told(&self) -> Vec<String> {
        if self.to.is_empty() || self.kind != "message" {
            return vec![format!("({})", self.kind)];
        }
        self.to.iter().map(|role| role.words().to_owned()).collect()
    }
}

fn beside(these: &[String], others: &[String]) -> Vec<String> {
    let others: BTreeSet<&String> = others.iter().collect();
    these
        .iter()
        .filter(|one| !others.contains(one))
        .cloned()
        .collect()
}

fn finish((_, step): &FinishKey, then: &Answered, now: &Answered) -> Option<Finish> {
    let (more, fewer) = (
        beside(&now.rules, &then.rules),
        beside(&then.rules, &now.rules),
    );
    let same = then.answer == now.answer && more.is_empty() && fewer.is_empty();
    (!same).then(|| Finish {
        episode: then.episode.clone(),
        step: step.clone(),
        at: then.at,
        observed: then.observed,
        was: then.answer,
        would_be: now.answer,
        more,
        fewer,
    })
}

fn flags((_, step): &FinishKey, then: &Answered, now: &Answered) -> Option<Flags> {
    let more = beside(&now.warnings, &then.warnings);
    let fewer = beside(&then.warnings, &now.warnings);
    (!more.is_empty() || !fewer.is_empty()).then(|| Flags {
        episode: then.episode.clone(),
        step: step.clone(),
        at: then.at,
        more,
        fewer,
    })
}

fn message(at: Timestamp, effect: &Effect) -> Message {
    Message {
        episode: effect.episode.clone(),
        at,
        rule: effect.rule.clone(),
        to: effect.audience.clone(),
        kind: kind(&effect.act),
        key: effect.key.clone(),
    }
}
