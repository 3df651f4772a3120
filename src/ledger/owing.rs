//! What does a turn add to the outbox, and what does it take back?
//!
//! A key is owed once. What was never tried is withdrawn; what was tried may have arrived, so it is
//! marked, and from then on it is only looked for, never sent. All of it in the order in which it was
//! said, and written in few statements.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::LedgerFault;
use super::db::{Arg, each_row, listed};
use super::turn::{ROWS, Turn, body};
use crate::practice::effect::Effect;
use crate::practice::ids::EpisodeId;
use crate::practice::react::JournalLine;

/// One thing noted in a turn, in order.
pub(super) enum Said {
    /// A line of the journal, in its canonical text.
    Line(String),
    /// An effect that is owed unless its key was owed before.
    Owe(Box<Effect>, Timestamp),
    /// An effect that is owed only if something of this cause was said, or may have been.
    Correct(String, Box<Effect>, Timestamp),
    /// A cause of an episode is cured; without a cause, the episode is no more.
    Withdraw {
        episode: EpisodeId,
        cause: Option<String>,
        at: Timestamp,
    },
}

/// What the outbox holds of an effect, as far as withdrawing goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Withdrawn, or on its way out already.
    Closed,
    /// Sent.
    Sent,
    /// Owed, and perhaps tried.
    Tried,
    /// Owed or dead, and never tried.
    Fresh,
    /// Owed by this very turn.
    New,
}

type NewRow = (
    String,
    Option<EpisodeId>,
    Option<String>,
    String,
    String,
    &'static str,
    i64,
    i64,
);

/// The part of the outbox that a turn concerns, and what becomes of it.
#[derive(Default)]
struct Owing {
    held: BTreeMap<String, Held>,
    by_episode: BTreeMap<EpisodeId, Vec<(String, String)>>,
    new: Vec<NewRow>,
    withdrawn: Vec<[String; 1]>,
    withdrawing: Vec<[String; 1]>,
    lines: Vec<String>,
    seq: i64,
    owed: u64,
}

impl Turn {
    /// Turns what was noted into the journal's lines, and writes the outbox.
    pub(super) async fn settle_owing(&mut self) -> Result<(Vec<String>, u64), LedgerFault> {
        let said = std::mem::take(&mut self.said);
        let mut owing = Owing {
            seq: self.seq,
            ..Owing::default()
        };
        self.read_owing(&said, &mut owing).await?;
        for one in said {
            match one {
                Said::Line(line) => owing.line(line),
                Said::Owe(effect, at) => owing.owe(&effect, at)?,
                Said::Correct(cause, effect, at) => {
                    if owing.was_said(&effect, &cause) {
                        owing.owe(&effect, at)?;
                    }
                }
                Said::Withdraw { episode, cause, at } => {
                    owing.withdraw(&episode, cause.as_deref(), at)?;
                }
            }
        }
        self.write_owing(&owing).await?;
        Ok((owing.lines, owing.owed))
    }

    async fn read_owing(&mut self, said: &[Said], owing: &mut Owing) -> Result<(), LedgerFault> {
        let (mut keys, mut episodes) = (Vec::new(), BTreeSet::new());
        for one in said {
            match one {
                Said::Line(_) => {}
                Said::Owe(effect, _) => keys.push([effect.key.as_str()]),
                Said::Correct(_, effect, _) => {
                    keys.push([effect.key.as_str()]);
                    episodes.extend(effect.episode.as_ref().map(|episode| [episode]));
                }
                Said::Withdraw { episode, .. } => {
                    episodes.insert([episode]);
                }
            }
        }
        let sql = each_row!(
            "SELECT key, episode, cause, state, attempts, withdrawing FROM outbox \
             WHERE key IN (SELECT one.value ->> 0 FROM ",
            ") ORDER BY nth"
        );
        for block in keys.chunks(ROWS) {
            let block = listed(block)?;
            owing.read(self.tx.rows(sql, &[Arg::Text(&block)], "ttttii").await?)?;
        }
        let sql = each_row!(
            "SELECT key, episode, cause, state, attempts, withdrawing FROM outbox \
             WHERE state <> 'withdrawn' AND episode IN (SELECT one.value ->> 0 FROM ",
            ") ORDER BY nth"
        );
        let episodes: Vec<_> = episodes.into_iter().collect();
        for block in episodes.chunks(ROWS) {
            let block = listed(block)?;
            owing.read(self.tx.rows(sql, &[Arg::Text(&block)], "ttttii").await?)?;
        }
        Ok(())
    }

    async fn write_owing(&mut self, owing: &Owing) -> Result<(), LedgerFault> {
        let sql = each_row!(
            "INSERT INTO outbox (key, episode, step, cause, body, state, due_at, next_at, attempts, \
             fence, holder, lease_until, why, nth, withdrawing) SELECT one.value ->> 0, \
             one.value ->> 1, one.value ->> 2, one.value ->> 3, one.value ->> 4, one.value ->> 5, \
             CAST(one.value ->> 6 AS BIGINT), CAST(one.value ->> 6 AS BIGINT), 0, 0, NULL, 0, NULL, \
             CAST(one.value ->> 7 AS BIGINT), 0 FROM ",
            " ORDER BY one.key"
        );
        for block in owing.new.chunks(ROWS) {
            self.tx.exec(sql, &[Arg::Text(&listed(block)?)]).await?;
        }
        let sql = each_row!(
            "UPDATE outbox SET state = 'withdrawn' WHERE key IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for block in owing.withdrawn.chunks(ROWS) {
            self.tx.exec(sql, &[Arg::Text(&listed(block)?)]).await?;
        }
        let sql = each_row!(
            "UPDATE outbox SET withdrawing = 1 WHERE key IN (SELECT one.value ->> 0 FROM ",
            ")"
        );
        for block in owing.withdrawing.chunks(ROWS) {
            self.tx.exec(sql, &[Arg::Text(&listed(block)?)]).await?;
        }
        Ok(())
    }
}

impl Owing {
    fn read(&mut self, rows: Vec<super::db::Cells>) -> Result<(), LedgerFault> {
        for mut row in rows {
            let (key, episode, cause) = (row.text()?, row.maybe_text()?, row.text()?);
            let (state, attempts, withdrawing) = (row.text()?, row.int()?, row.int()?);
            let held = match (state.as_str(), attempts, withdrawing) {
                ("owed" | "daily" | "dead", 0, 0) => Held::Fresh,
                ("owed" | "dead", _, 0) => Held::Tried,
                ("sent" | "gathered", ..) => Held::Sent,
                _ => Held::Closed,
            };
            if self.held.insert(key.clone(), held).is_none()
                && let Some(episode) = episode
            {
                let of_episode = self.by_episode.entry(EpisodeId(episode)).or_default();
                of_episode.push((cause, key));
            }
        }
        Ok(())
    }

    fn line(&mut self, line: String) {
        self.lines.push(line);
        self.seq += 1;
    }

    fn owe(&mut self, effect: &Effect, at: Timestamp) -> Result<(), LedgerFault> {
        if self.held.contains_key(&effect.key) {
            return Ok(());
        }
        let written = serde_json::to_string(effect).map_err(|why| {
            LedgerFault::Inconsistent(format!("an effect cannot be written: {why}"))
        })?;
        let said = json!({ "effect": effect, "mark": effect.mark() });
        let said = body(effect.episode.as_ref(), &JournalLine::new("owed", said), at)?;
        self.held.insert(effect.key.clone(), Held::New);
        if let Some(episode) = &effect.episode {
            let of_episode = self.by_episode.entry(episode.clone()).or_default();
            of_episode.push((effect.cause.clone(), effect.key.clone()));
        }
        self.new.push((
            effect.key.clone(),
            effect.episode.clone(),
            effect.step.as_ref().map(|step| step.0.clone()),
            effect.cause.clone(),
            written,
            if effect.daily { "daily" } else { "owed" },
            effect.due_at.as_millisecond(),
            self.seq,
        ));
        self.line(said);
        self.owed += 1;
        Ok(())
    }

    /// Whether something of a cause reached somebody, or may have.
    fn was_said(&self, correction: &Effect, cause: &str) -> bool {
        let of_episode = correction
            .episode
            .as_ref()
            .and_then(|id| self.by_episode.get(id));
        of_episode.into_iter().flatten().any(|(of, key)| {
            let held = self.held.get(key);
            of == cause && matches!(held, Some(Held::Sent | Held::Tried))
        })
    }

    fn withdraw(
        &mut self,
        episode: &EpisodeId,
        cause: Option<&str>,
        at: Timestamp,
    ) -> Result<(), LedgerFault> {
        let concerned: Vec<(String, String)> = self
            .by_episode
            .get(episode)
            .into_iter()
            .flatten()
            .filter(|(of, _)| cause.is_none_or(|cause| cause == of))
            .cloned()
            .collect();
        for (cause, key) in concerned {
            let held = self.held.insert(key.clone(), Held::Closed);
            let kind = match held {
                None | Some(Held::Closed) => continue,
                Some(Held::Sent) => {
                    self.held.insert(key, Held::Sent);
                    continue;
                }
                Some(Held::Tried) => {
                    self.withdrawing.push([key.clone()]);
                    "withdrawing"
                }
                Some(Held::Fresh) => {
                    self.withdrawn.push([key.clone()]);
                    "withdrawn"
                }
                Some(Held::New) => {
                    for row in self.new.iter_mut().filter(|row| row.0 == key) {
                        row.5 = "withdrawn";
                    }
                    "withdrawn"
                }
            };
            let line = JournalLine::new(kind, json!({ "key": key, "cause": cause }));
            let line = body(Some(episode), &line, at)?;
            self.line(line);
        }
        Ok(())
    }
}
