//! Where does a step belong, if a person has said so? It leaves the episode that stood for it alone, and joins the
//! one that was named, with the decision and all that follows from it in one turn (LE-01.3).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::db::Arg;
use super::turn::Turn;
use super::{Ledger, LedgerFault};
use crate::practice::bind::is_alone;
use crate::practice::episode::Episode;
use crate::practice::ids::{EpisodeId, SourceName, StepId};
use crate::practice::react::Reaction;

impl Ledger {
    /// Moves a step that stands alone into an episode. `react` is given the episode with the step in it, and may
    /// decline; then nothing is moved. Nothing is moved either if the step does not stand alone by now.
    pub async fn place(
        &self,
        (source, step): (&SourceName, &StepId),
        id: &EpisodeId,
        now: Timestamp,
        react: impl FnOnce(&Episode) -> Option<Reaction>,
    ) -> Result<Option<Reaction>, LedgerFault> {
        let mut turn = Turn::take(&self.db, now).await?;
        let sql = "SELECT episode FROM steps WHERE source = $1 AND step = $2";
        let args = [Arg::Text(source.as_str()), Arg::Text(step.as_str())];
        let Some(mut row) = turn.tx.row(sql, &args, "t").await? else {
            return Ok(None);
        };
        let alone = EpisodeId(row.text()?);
        turn.load(BTreeSet::from([alone.clone(), id.clone()]))
            .await?;
        if !is_alone(&alone) || turn.episode(id).is_none() {
            return Ok(None);
        }
        turn.join((source, step), &alone, id)?;
        let Some(reaction) = turn.episode(id).and_then(react) else {
            return Ok(None);
        };
        turn.keep_copy(&reaction)?;
        let sql = "UPDATE steps SET episode = $3 WHERE source = $1 AND step = $2";
        let args = [args[0], args[1], Arg::Text(id.as_str())];
        turn.tx.exec(sql, &args).await?;
        turn.commit().await?;
        Ok(Some(reaction))
    }
}
