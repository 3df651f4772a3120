//! Who writes now? Every writing transaction takes the turn first, so the journal has one order.
//!
//! A turn gathers: an episode is read once and kept in hand, what is said and owed is noted in order, and
//! the commit writes all of it in few statements. Nothing is written before, so that whoever shares a
//! turn and declines, or fails, leaves nothing behind. Absent on purpose: any decision (that is
//! `practice::react`); what is owed is settled in `owing.rs`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::db::{Arg, Db, Sql, Tx, each_row, listed};
use super::owing::Said;
use super::{GENESIS, LedgerFault, link};
use crate::practice::episode::Episode;
use crate::practice::ids::{ChildKey, EpisodeId, SourceName};
use crate::practice::react::{JournalLine, Reaction};

/// Rows handed over in one statement.
pub(super) const ROWS: usize = 500;

/// A transaction that holds the turn.
pub(super) struct Turn {
    pub(super) tx: Tx,
    /// The instant of what is being taken in, UTC; stands on every line of the journal.
    pub(super) now: Timestamp,
    pub(super) seq: i64,
    pub(super) said: Vec<Said>,
    head: String,
    pub(super) episodes: BTreeMap<EpisodeId, InHand>,
}

/// An episode as this turn has it; none if there is none, or none any more.
#[derive(Default)]
pub(super) struct InHand {
    pub(super) episode: Option<Episode>,
    pub(super) look_again: Option<Timestamp>,
    pub(super) changed: bool,
    /// The children's keys that the ledger holds of it.
    pub(super) keys: BTreeSet<ChildKey>,
}

impl Turn {
    pub(super) async fn take(db: &Db, now: Timestamp) -> Result<Self, LedgerFault> {
        let mut tx = db.begin().await?;
        // SQLite has the write lock already, so the journal's end can be read in the same statement. On
        // PostgreSQL the statement may have waited for another's turn, and sees only what stood before.
        let sql = Sql {
            lite: "UPDATE turn SET n = n + 1 WHERE id = 1 RETURNING \
                (SELECT seq FROM journal ORDER BY seq DESC LIMIT 1), \
                (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1)",
            post: "UPDATE turn SET n = n + 1 WHERE id = 1 RETURNING CAST(NULL AS BIGINT), \
                CAST(NULL AS TEXT)",
        };
        let Some(mut row) = tx.row(sql, &[], "it").await? else {
            let why = "the turn has no row, so nobody can take it".to_owned();
            return Err(LedgerFault::Inconsistent(why));
        };
        let mut end = (row.maybe_int()?, row.maybe_text()?);
        if end.0.is_none() {
            let sql = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1";
            if let Some(mut row) = tx.row(sql, &[], "it").await? {
                end = (row.maybe_int()?, row.maybe_text()?);
            }
        }
        let (seq, head) = match end {
            (Some(seq), Some(head)) => (seq, head),
            _ => (0, GENESIS.to_owned()),
        };
        Ok(Self {
            tx,
            now,
            seq,
            head,
            said: Vec::new(),
            episodes: BTreeMap::new(),
        })
    }

    /// Takes into hand, in one statement, those of the episodes that are not yet.
    pub(super) async fn load(&mut self, ids: BTreeSet<EpisodeId>) -> Result<(), LedgerFault> {
        let missing: Vec<[EpisodeId; 1]> = ids
            .into_iter()
            .filter(|id| !self.episodes.contains_key(id))
            .map(|id| [id])
            .collect();
        let sql = each_row!(
            "SELECT body, look_again FROM episodes WHERE id IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for block in missing.chunks(ROWS) {
            for mut row in self
                .tx
                .rows(sql, &[Arg::Text(&listed(block)?)], "ti")
                .await?
            {
                let episode = super::read_episode(&row.text()?)?;
                let look_again = row.maybe_int()?.map(super::instant).transpose()?;
                self.take_in_hand(episode, look_again);
            }
        }
        for [id] in missing {
            self.episodes.entry(id).or_default();
        }
        Ok(())
    }

    fn take_in_hand(&mut self, episode: Episode, look_again: Option<Timestamp>) {
        let keys = episode.keys().into_iter().cloned().collect();
        self.episodes.entry(episode.id.clone()).or_insert(InHand {
            episode: Some(episode),
            look_again,
            changed: false,
            keys,
        });
    }

    /// The episodes in hand that know a child by this key.
    pub(super) fn in_hand_of(&self, source: &SourceName, child: &ChildKey) -> Vec<EpisodeId> {
        let episodes = self
            .episodes
            .values()
            .filter_map(|hand| hand.episode.as_ref());
        let of_child = episodes.filter(|one| one.source == *source && one.keys().contains(child));
        of_child.map(|episode| episode.id.clone()).collect()
    }

    /// When an episode in hand wants a look, UTC.
    pub(super) fn look_again(&self, id: &EpisodeId) -> Option<Timestamp> {
        self.episodes.get(id)?.look_again
    }

    /// Whether it is known in this turn how an episode stands.
    pub(super) fn has(&self, id: &EpisodeId) -> bool {
        self.episodes.contains_key(id)
    }

    /// An episode as it stands in this turn; none if it was not loaded.
    pub(super) fn episode(&self, id: &EpisodeId) -> Option<&Episode> {
        self.episodes.get(id)?.episode.as_ref()
    }

    /// Notes a line for the journal, after those noted before.
    pub(super) fn say(
        &mut self,
        episode: Option<&EpisodeId>,
        line: &JournalLine,
    ) -> Result<(), LedgerFault> {
        let body = body(episode, line, self.now)?;
        self.said.push(Said::Line(body));
        Ok(())
    }

    /// Notes everything that follows from an input: lines, episode, next look, what is owed and what is
    /// withdrawn.
    pub(super) fn keep(&mut self, mut reaction: Reaction) -> Result<(), LedgerFault> {
        let said = std::mem::take(&mut reaction.said);
        self.keep_said(&said, &reaction)?;
        self.keep_episode(reaction.after, reaction.look_again);
        Ok(())
    }

    /// As [`Turn::keep`], for a reaction that its caller wants to see as well.
    pub(super) fn keep_copy(&mut self, reaction: &Reaction) -> Result<(), LedgerFault> {
        self.keep_said(&reaction.said, reaction)?;
        self.keep_episode(reaction.after.clone(), reaction.look_again);
        Ok(())
    }

    fn keep_said(&mut self, said: &[JournalLine], reaction: &Reaction) -> Result<(), LedgerFault> {
        let id = &reaction.after.id;
        // All lines are made before any is noted: what cannot be written leaves nothing behind.
        let bodies: Result<Vec<Said>, LedgerFault> = said
            .iter()
            .map(|line| body(Some(id), line, self.now).map(Said::Line))
            .collect();
        self.said.extend(bodies?);
        let at = self.now;
        // Before anything is withdrawn: what was tried counts as perhaps said.
        let corrected = reaction.corrected.iter().cloned();
        self.said
            .extend(corrected.map(|(cause, effect)| Said::Correct(cause, Box::new(effect), at)));
        let withdrawn = reaction.withdrawn.iter().map(|cause| Said::Withdraw {
            episode: id.clone(),
            cause: Some(cause.clone()),
            at,
        });
        self.said.extend(withdrawn);
        let owed = reaction.owed.iter();
        self.said
            .extend(owed.map(|effect| Said::Owe(Box::new(effect.clone()), at)));
        Ok(())
    }

    /// Puts an episode as it is to be after this turn.
    pub(super) fn keep_episode(&mut self, episode: Episode, look_again: Option<Timestamp>) {
        let hand = self.episodes.entry(episode.id.clone()).or_default();
        hand.look_again = look_again;
        hand.changed = true;
        hand.episode = Some(episode);
    }

    /// Takes an episode off the record; what was owed for it is withdrawn.
    pub(super) fn remove(&mut self, id: &EpisodeId) {
        self.said.push(Said::Withdraw {
            episode: id.clone(),
            cause: None,
            at: self.now,
        });
        let hand = self.episodes.entry(id.clone()).or_default();
        hand.episode = None;
        hand.look_again = None;
        hand.changed = true;
    }

    /// Writes what was gathered and commits. Returns how many effects are newly owed.
    pub(super) async fn commit(mut self) -> Result<u64, LedgerFault> {
        let (lines, owed) = self.settle_owing().await?;
        self.write_journal(&lines).await?;
        self.write_episodes().await?;
        self.tx.commit().await?;
        Ok(owed)
    }

    async fn write_journal(&mut self, lines: &[String]) -> Result<(), LedgerFault> {
        let sql = each_row!(
            "INSERT INTO journal (seq, prev, body, hash) SELECT CAST(one.value ->> 0 AS BIGINT), \
             one.value ->> 1, one.value ->> 2, one.value ->> 3 FROM ",
            " ORDER BY one.key"
        );
        for block in lines.chunks(ROWS) {
            let mut rows = Vec::with_capacity(block.len());
            for body in block {
                let hash = link(&self.head, body);
                let prev = std::mem::replace(&mut self.head, hash.clone());
                self.seq += 1;
                rows.push((self.seq, prev, body, hash));
            }
            self.tx.exec(sql, &[Arg::Text(&listed(&rows)?)]).await?;
        }
        Ok(())
    }
}

/// A journal line's canonical text: keys sorted, no white space.
pub(super) fn body(
    episode: Option<&EpisodeId>,
    line: &JournalLine,
    now: Timestamp,
) -> Result<String, LedgerFault> {
    let kind = Json::from(line.kind.as_str());
    let at = Json::from(now.to_string());
    let episode = episode.map(|id| Json::from(id.as_str()));
    let mut fields: BTreeMap<&str, &Json> = match &line.body {
        Json::Object(map) => map.iter().map(|(name, value)| (&**name, value)).collect(),
        other => [("value", other)].into(),
    };
    fields.insert("kind", &kind);
    fields.insert("at", &at);
    if let Some(episode) = &episode {
        fields.insert("episode", episode);
    }
    serde_json::to_string(&fields)
        .map_err(|why| LedgerFault::Inconsistent(format!("a line cannot be written: {why}")))
}
