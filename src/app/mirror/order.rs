//! Was a step sent on while the one before it was open? Only if that one, read again now, is still open.
//!
//! A feed lists steps as they changed last, so a successor may stand on an earlier page than the Finish
//! that made it, or before it on the same page. Believing that order would accuse people who did ask.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem, StepAnswer};
use crate::practice::episode::{Presence, Stage, StepStatus};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::known::Known;
use crate::practice::react::sent_on_at;
use crate::practice::sighting::Sighting;

/// Adds to a page a fresh reading of each step that stands open in the ledger although its successor is
/// on the page and it is not, each within `budget`, and puts all in the order of the stages.
pub(super) async fn settle<C: CaseSystem>(
    app: &App<C>,
    mut sightings: Vec<Sighting>,
    budget: Duration,
    now: Timestamp,
) -> Result<Vec<Sighting>, AppFault> {
    let mut met: BTreeSet<StepId> = sightings.iter().map(|s| s.step.clone()).collect();
    let mut looked = 0;
    // What is added may have a step before it as well, and is looked at in its turn.
    while let Some(new) = sightings.get(looked..).filter(|new| !new.is_empty()) {
        let before = open_before(app, new).await?;
        looked = sightings.len();
        for step in before {
            if !met.insert(step.clone()) {
                continue;
            }
            match app.case_system.step(&step, budget, now).await {
                Ok(StepAnswer::Seen(fresh)) => sightings.push(*fresh),
                // Hidden, gone or unreadable: that is for the sweep, and must not hold up the page.
                Ok(_) | Err(CaseFault::Unproven(_)) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
    }
    sightings.sort_by_key(|sighting| sighting.stage);
    Ok(sightings)
}

/// The steps before these that the ledger holds as open, where nobody has been told so yet.
async fn open_before<C>(app: &App<C>, sightings: &[Sighting]) -> Result<Vec<StepId>, AppFault> {
    let mut successors: BTreeMap<EpisodeId, BTreeSet<Stage>> = BTreeMap::new();
    for sighting in sightings.iter().filter(|sighting| is_news(app, sighting)) {
        if let Some(id) = episode_of(app, sighting).await? {
            successors.entry(id).or_default().insert(sighting.stage);
        }
    }
    if successors.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<EpisodeId> = successors.keys().cloned().collect();
    let mut found = Vec::new();
    for (id, stage, step) in app.ledger.open_steps_of(&app.source, &ids).await? {
        let next = Stage::ALL
            .into_iter()
            .find(|one| one.name() == stage)
            .and_then(Stage::next);
        let sent_on = next.is_some_and(|next| {
            let stages = successors.get(&id);
            stages.is_some_and(|stages| stages.contains(&next))
        });
        if sent_on && !is_entered(app, &id, &step).await? {
            found.push(step);
        }
    }
    Ok(found)
}

/// Whether a sighting could show that work was sent on since activation.
fn is_news<C>(app: &App<C>, sighting: &Sighting) -> bool {
    let since = sighting.dates.incoming.unwrap_or(sighting.seen_at);
    sighting.stage != Stage::Practitioner
        && sighting.presence == Presence::Present
        && sighting.status != StepStatus::Proposed
        && since >= app.terms.activation
}

async fn is_entered<C>(app: &App<C>, id: &EpisodeId, step: &StepId) -> Result<bool, AppFault> {
    let episode = app.ledger.episode(id).await?;
    Ok(episode.is_some_and(|episode| {
        let step = episode.steps.get(step);
        step.is_none_or(|step| !step.finished.is_empty() || sent_on_at(&episode, step).is_some())
    }))
}

async fn episode_of<C>(app: &App<C>, sighting: &Sighting) -> Result<Option<EpisodeId>, AppFault> {
    if let Known::Is(reference) = &sighting.reference {
        return Ok(Some(reference.clone()));
    }
    let own = std::iter::once(&sighting.step);
    for step in own.chain(sighting.links.iter().map(|link| &link.step)) {
        let found = app.ledger.episode_of_step(&app.source, step).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
