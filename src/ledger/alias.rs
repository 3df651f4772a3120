//! Which key does a child have now, and which id a step? Merges are kept for ever and never undone (M20).
//!
//! Each merge is a row and a line of the journal, so the table can be made again from the journal. A chain
//! is kept flat: every alias names the key at its end. What would make a loop, or contradicts an earlier
//! merge, is refused, once, and is for a person.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::db::{Arg, Tx, each_row, listed};
use super::turn::{ROWS, Turn};
use super::{Ledger, LedgerFault};
use crate::practice::fold;
use crate::practice::ids::{ChildKey, EpisodeId, SourceName, StepId};
use crate::practice::news::Merge;
use crate::practice::react::JournalLine;
use crate::practice::subject::Aliases;

/// How we know of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The list of merges says so.
    Listed,
    /// A step names the earlier key.
    SaidByStep,
    /// A step has another child than it had.
    Inferred,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::SaidByStep => "said_by_step",
            Self::Inferred => "inferred",
        }
    }
}

/// One key that was merged into another, or was said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AliasRow {
    /// The key that is no more.
    pub alias: ChildKey,
    /// The key it was merged into.
    pub into: ChildKey,
    /// The key at the end of the chain.
    pub child: ChildKey,
    /// How we know: `listed`, `said_by_step` or `inferred`.
    pub how: String,
    /// Not believed: it would make a loop, or contradicts an earlier merge.
    pub refused: bool,
}

/// What a list of merges did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// Newly on record.
    pub merged: u64,
    /// Not believed, and newly on record as such.
    pub refused: u64,
}

impl Ledger {
    /// Takes a list of merges in, whole and with its cursor. What is on record already changes nothing.
    pub async fn merge(
        &self,
        source: &SourceName,
        merges: &[Merge],
        cursor: Option<(String, serde_json::Value)>,
        now: Timestamp,
    ) -> Result<Merged, LedgerFault> {
        let mut done = Merged::default();
        let known = self.aliases(source).await?;
        let is_known = |merge: &&Merge| {
            let same = |row: &AliasRow| row.alias == merge.from && row.into == merge.to;
            merge.from == merge.to || known.iter().any(same)
        };
        let new: Vec<&Merge> = merges.iter().filter(|merge| !is_known(merge)).collect();
        if new.is_empty() && cursor.is_none() {
            return Ok(done);
        }
        let mut turn = Turn::take(&self.db, now).await?;
        let mut aliases = Aliases::new();
        for merge in new {
            match turn.merge(source, merge, How::Listed, &mut aliases).await? {
                Some(true) => done.merged += 1,
                Some(false) => done.refused += 1,
                None => {}
            }
        }
        if let Some((name, value)) = &cursor {
            turn.tx.set_cursor(name, value).await?;
        }
        turn.commit().await?;
        Ok(done)
    }

    /// Every merge on record, refused ones included.
    pub async fn aliases(&self, source: &SourceName) -> Result<Vec<AliasRow>, LedgerFault> {
        let sql = "SELECT alias, into_key, child, how, refused FROM aliases WHERE source = $1 \
            ORDER BY at, alias, into_key";
        let rows = self
            .db
            .rows(sql, &[Arg::Text(source.as_str())], "tttti")
            .await?;
        let rows = rows.into_iter().map(|mut row| {
            Ok(AliasRow {
                alias: ChildKey(row.text()?),
                into: ChildKey(row.text()?),
                child: ChildKey(row.text()?),
                how: row.text()?,
                refused: row.int()? != 0,
            })
        });
        rows.collect()
    }

    /// Children of whom more than one episode has something open or awaited, with those episodes.
    pub async fn shared_children(
        &self,
        source: &SourceName,
    ) -> Result<BTreeMap<ChildKey, BTreeSet<EpisodeId>>, LedgerFault> {
        let sql = "SELECT c.child, c.episode FROM children c JOIN episodes e ON e.id = c.episode \
            WHERE c.source = $1 AND c.child IN (SELECT child FROM children WHERE source = $1 \
            GROUP BY child HAVING COUNT(*) > 1) AND (e.steps = 0 OR EXISTS (SELECT 1 FROM steps s \
            WHERE s.source = c.source AND s.episode = c.episode AND s.presence <> 'deleted' \
            AND s.status IN ('incoming', 'started', 'reopened'))) ORDER BY c.child, c.episode";
        let mut shared: BTreeMap<ChildKey, BTreeSet<EpisodeId>> = BTreeMap::new();
        for mut row in self
            .db
            .rows(sql, &[Arg::Text(source.as_str())], "tt")
            .await?
        {
            let of_child = shared.entry(ChildKey(row.text()?)).or_default();
            of_child.insert(EpisodeId(row.text()?));
        }
        shared.retain(|_, episodes| episodes.len() > 1);
        Ok(shared)
    }

    /// Under which ids we hold steps that now answer to these.
    pub async fn held_as(
        &self,
        source: &SourceName,
        steps: &[StepId],
    ) -> Result<BTreeMap<StepId, StepId>, LedgerFault> {
        let sql = each_row!(
            "SELECT alias, step FROM step_aliases WHERE source = $2 AND alias IN \
             (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let mut held = BTreeMap::new();
        let steps: Vec<_> = steps.iter().map(|step| [step]).collect();
        for block in steps.chunks(ROWS) {
            let block = listed(block)?;
            let args = [Arg::Text(&block), Arg::Text(source.as_str())];
            for mut row in self.db.rows(sql, &args, "tt").await? {
                held.insert(StepId(row.text()?), StepId(row.text()?));
            }
        }
        Ok(held)
    }

    /// Keeps that a step we hold as `step` answers as `alias` now.
    pub async fn name_step(
        &self,
        source: &SourceName,
        alias: &StepId,
        step: &StepId,
        now: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let args = [
            Arg::Text(source.as_str()),
            Arg::Text(alias.as_str()),
            Arg::Text(step.as_str()),
            Arg::Int(now.as_millisecond()),
        ];
        let sql = "INSERT INTO step_aliases (source, alias, step, at) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (source, alias) DO NOTHING";
        if turn.tx.exec(sql, &args).await? == 0 {
            return Ok(());
        }
        let body = json!({ "source": source, "step": step, "answers_as": alias });
        turn.say(None, &JournalLine::new("step_renamed", body))?;
        turn.commit().await.map(drop)
    }
}

impl Tx {
    /// Which keys these children have now; a key that was never merged has no entry.
    pub(super) async fn aliases_of(
        &mut self,
        source: &SourceName,
        keys: &BTreeSet<ChildKey>,
    ) -> Result<Aliases, LedgerFault> {
        let sql = each_row!(
            "SELECT alias, child FROM aliases WHERE refused = 0 AND source = $2 AND alias IN \
             (SELECT one.value ->> 0 FROM ",
            ")"
        );
        let mut found = Aliases::new();
        let keys: Vec<_> = keys.iter().map(|key| [key]).collect();
        for block in keys.chunks(ROWS) {
            let block = listed(block)?;
            let args = [Arg::Text(&block), Arg::Text(source.as_str())];
            for mut row in self.rows(sql, &args, "tt").await? {
                found.insert(ChildKey(row.text()?), ChildKey(row.text()?));
            }
        }
        Ok(found)
    }
}

impl Turn {
    /// Puts a merge on record and gives every episode of the child its new key. Gives whether it was
    /// believed; none if it was on record.
    pub(super) async fn merge(
        &mut self,
        source: &SourceName,
        merge: &Merge,
        how: How,
        aliases: &mut Aliases,
    ) -> Result<Option<bool>, LedgerFault> {
        let (from, to) = (&merge.from, &merge.to);
        let pair = [
            Arg::Text(source.as_str()),
            Arg::Text(from.as_str()),
            Arg::Text(to.as_str()),
        ];
        let sql = "SELECT alias FROM aliases WHERE source = $1 AND alias = $2 AND into_key = $3";
        if from == to || self.tx.row(sql, &pair, "t").await?.is_some() {
            return Ok(None);
        }
        let ends = [from.clone(), to.clone()].into();
        let ends = self.tx.aliases_of(source, &ends).await?;
        let end = |key: &ChildKey| ends.get(key).unwrap_or(key).clone();
        let (before, child) = (end(from), end(to));
        let refused = match (before == child, before == *from) {
            (true, true) => Some("it would make a loop"),
            (false, false) => Some("the key was merged into another one before"),
            _ => None,
        };
        self.keep_alias(source, merge, &child, how, refused).await?;
        if refused.is_some() {
            return Ok(Some(false));
        }
        if before != child {
            self.give_key(source, from, &child).await?;
        }
        for end in aliases.values_mut().filter(|end| **end == before) {
            *end = child.clone();
        }
        aliases.insert(from.clone(), child.clone());
        if to != &child {
            aliases.insert(to.clone(), child);
        }
        Ok(Some(true))
    }

    async fn keep_alias(
        &mut self,
        source: &SourceName,
        merge: &Merge,
        child: &ChildKey,
        how: How,
        refused: Option<&str>,
    ) -> Result<(), LedgerFault> {
        let sql = "INSERT INTO aliases (source, alias, into_key, child, how, refused, at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let args = [
            Arg::Text(source.as_str()),
            Arg::Text(merge.from.as_str()),
            Arg::Text(merge.to.as_str()),
            Arg::Text(child.as_str()),
            Arg::Text(how.name()),
            Arg::Int(i64::from(refused.is_some())),
            Arg::Int(self.now.as_millisecond()),
        ];
        self.tx.exec(sql, &args).await?;
        let mut body = json!({ "source": source, "from": merge.from, "to": merge.to, "child": child,
            "how": how.name(), "merged_at": merge.at });
        let mut kind = "merged";
        if let (Some(why), Some(body)) = (refused, body.as_object_mut()) {
            kind = "merge_refused";
            body.insert("why".to_owned(), why.into());
        }
        self.say(None, &JournalLine::new(kind, body))
    }

    async fn give_key(
        &mut self,
        source: &SourceName,
        from: &ChildKey,
        child: &ChildKey,
    ) -> Result<(), LedgerFault> {
        let args = [
            Arg::Text(source.as_str()),
            Arg::Text(from.as_str()),
            Arg::Text(child.as_str()),
        ];
        for sql in [
            "UPDATE aliases SET child = $3 WHERE refused = 0 AND source = $1 AND child = $2",
            "INSERT INTO children (source, child, episode) SELECT source, CAST($3 AS TEXT), episode \
             FROM children WHERE source = $1 AND child = $2 ON CONFLICT DO NOTHING",
        ] {
            self.tx.exec(sql, &args).await?;
        }
        let sql = "SELECT episode FROM children WHERE source = $1 AND child = $2";
        let mut concerned: BTreeSet<EpisodeId> = BTreeSet::new();
        for mut row in self.tx.rows(sql, &args[..2], "t").await? {
            concerned.insert(EpisodeId(row.text()?));
        }
        // Those that this very page made are not in the table yet.
        concerned.extend(self.in_hand_of(source, from));
        self.load(concerned.clone()).await?;
        for id in concerned {
            let Some(mut episode) = self.episode(&id).cloned() else {
                continue;
            };
            fold::rekey(&mut episode, from, child);
            let line = JournalLine::new("rekeyed", json!({ "from": from, "to": child }));
            self.say(Some(&id), &line)?;
            let look_again = self.look_again(&id);
            self.keep_episode(episode, look_again);
        }
        Ok(())
    }
}
