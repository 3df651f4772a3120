//! How are the episodes of a turn written? In few statements, with the children's keys they are found by.

use jiff::Timestamp;

use super::LedgerFault;
use super::db::{Arg, each_row, listed};
use super::turn::{ROWS, Turn};
use crate::practice::episode::Episode;
use crate::practice::ids::{ChildKey, CycleId};

impl Turn {
    /// Writes what has changed of the episodes in hand.
    pub(super) async fn write_episodes(&mut self) -> Result<(), LedgerFault> {
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (id, hand) in self.episodes.iter().filter(|(_, hand)| hand.changed) {
            match &hand.episode {
                Some(episode) => kept.push(episode_row(episode, hand.look_again)?),
                None => gone.push([id]),
            }
        }
        let sql = each_row!(
            "INSERT INTO episodes \
             (id, source, cycle, child, practitioner, steps, body, version, look_again) SELECT \
             one.value ->> 0, one.value ->> 1, one.value ->> 2, one.value ->> 3, one.value ->> 4, \
             CAST(one.value ->> 5 AS BIGINT), one.value ->> 6, CAST(one.value ->> 7 AS BIGINT), \
             CAST(one.value ->> 8 AS BIGINT) FROM ",
            " WHERE true ON CONFLICT (id) DO UPDATE SET \
             source = excluded.source, cycle = excluded.cycle, child = excluded.child, \
             practitioner = excluded.practitioner, steps = excluded.steps, body = excluded.body, \
             version = excluded.version, look_again = excluded.look_again"
        );
        for block in kept.chunks(ROWS) {
            self.tx.exec(sql, &[Arg::Text(&listed(block)?)]).await?;
        }
        for sql in [
            each_row!(
                "DELETE FROM episodes WHERE id IN (SELECT one.value ->> 0 FROM ",
                ")"
            ),
            each_row!(
                "DELETE FROM children WHERE episode IN (SELECT one.value ->> 0 FROM ",
                ")"
            ),
        ] {
            for block in gone.chunks(ROWS) {
                self.tx.exec(sql, &[Arg::Text(&listed(block)?)]).await?;
            }
        }
        self.write_children().await
    }

    /// Keeps by which children's keys the episodes are found: those they name, and those at the end of a
    /// chain of merges.
    async fn write_children(&mut self) -> Result<(), LedgerFault> {
        let mut rows = Vec::new();
        for hand in self.episodes.values().filter(|hand| hand.changed) {
            let Some(episode) = &hand.episode else {
                continue;
            };
            let new = episode
                .keys()
                .into_iter()
                .filter(|key| !hand.keys.contains(*key));
            rows.extend(new.map(|key| (&episode.source, key, &episode.id)));
        }
        for block in rows.chunks(ROWS) {
            let block = listed(block)?;
            for sql in [
                each_row!(
                    "INSERT INTO children (source, child, episode) SELECT one.value ->> 0, \
                     one.value ->> 1, one.value ->> 2 FROM ",
                    " WHERE true ON CONFLICT DO NOTHING"
                ),
                each_row!(
                    "INSERT INTO children (source, child, episode) SELECT a.source, a.child, \
                     one.value ->> 2 FROM aliases a JOIN ",
                    " ON a.source = one.value ->> 0 AND a.alias = one.value ->> 1 \
                     WHERE a.refused = 0 ON CONFLICT DO NOTHING"
                ),
            ] {
                self.tx.exec(sql, &[Arg::Text(&block)]).await?;
            }
        }
        Ok(())
    }
}

type EpisodeRow<'e> = (
    &'e str,
    &'e str,
    Option<&'e str>,
    Option<&'e str>,
    Option<&'e str>,
    usize,
    String,
    u64,
    Option<i64>,
);

fn episode_row(
    episode: &Episode,
    look_again: Option<Timestamp>,
) -> Result<EpisodeRow<'_>, LedgerFault> {
    let body = serde_json::to_string(episode)
        .map_err(|why| LedgerFault::Inconsistent(format!("an episode cannot be written: {why}")))?;
    let allocation = episode.allocation.as_ref();
    Ok((
        episode.id.as_str(),
        episode.source.as_str(),
        episode.cycle.as_ref().map(CycleId::as_str),
        episode
            .child
            .as_ref()
            .or(allocation.map(|a| &a.child))
            .map(ChildKey::as_str),
        allocation.map(|a| a.practitioner.as_str()),
        episode.steps.len(),
        body,
        episode.version,
        look_again.map(Timestamp::as_millisecond),
    ))
}
