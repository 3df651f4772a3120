//! Was a step sent on while the one before it was open? Only if that one, read again now, is still open.
//!
//! A feed lists steps as they changed last, so a successor may stand on an earlier page than the Finish
//! that made it, or before it on the same page. Believing that order would accuse people who did ask.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Mirrored, look_at};
use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem};
use crate::practice::episode::{Episode, Presence, Stage, StepStatus};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::known::Known;
use crate::practice::sighting::Sighting;

/// Puts a page's sightings in the order of the stages, and first reads anew each step that stands open
/// in the ledger although its successor is on the page and it is not.
pub(super) async fn settle<C: CaseSystem>(
    app: &App<C>,
    mut sightings: Vec<Sighting>,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Vec<Sighting>, AppFault> {
    sightings.sort_by_key(|sighting| sighting.stage);
    let mut met: BTreeSet<StepId> = sightings.iter().map(|s| s.step.clone()).collect();
    for sighting in sightings.iter().filter(|s| is_news(app, s)) {
        let Some(before) = open_before(app, sighting).await? else {
            continue;
        };
        if !met.insert(before.clone()) {
            continue;
        }
        match look_at(app, &before, app.limits.read_budget, now, report).await {
            // One step that cannot be read must not hold up the page.
            Ok(_) | Err(AppFault::Case(CaseFault::Unproven(_))) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(sightings)
}

/// Whether a sighting could show that work was sent on since activation.
fn is_news<C>(app: &App<C>, sighting: &Sighting) -> bool {
    let since = sighting.dates.incoming.unwrap_or(sighting.seen_at);
    sighting.stage != Stage::Practitioner
        && sighting.presence == Presence::Present
        && sighting.status != StepStatus::Proposed
        && since >= app.terms.activation
}

/// The step before a newly seen one, if the ledger holds it as open and never finished.
async fn open_before<C>(app: &App<C>, sighting: &Sighting) -> Result<Option<StepId>, AppFault> {
    let ledger = &app.ledger;
    let held = ledger.episode_of_step(&app.source, &sighting.step).await?;
    if held.is_some() {
        return Ok(None);
    }
    let Some(id) = episode_of(app, sighting).await? else {
        return Ok(None);
    };
    let episode = ledger.episode(&id).await?;
    Ok(episode.and_then(|episode| open_step(&episode, sighting.stage)))
}

async fn episode_of<C>(app: &App<C>, sighting: &Sighting) -> Result<Option<EpisodeId>, AppFault> {
    if let Known::Is(reference) = &sighting.reference {
        return Ok(Some(reference.clone()));
    }
    for link in &sighting.links {
        let found = app.ledger.episode_of_step(&app.source, &link.step).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn open_step(episode: &Episode, successor: Stage) -> Option<StepId> {
    let stage = Stage::ALL
        .into_iter()
        .find(|stage| stage.next() == Some(successor))?;
    let step = episode.step_of(stage)?;
    (step.status.is_open() && step.finished.is_empty()).then(|| step.id.clone())
}
