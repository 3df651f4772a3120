//! Under which id do we hold a step that answers under another one now? Under the one we asked for.

use jiff::Timestamp;

use super::absence;
use crate::app::{App, AppFault};
use crate::case_system::CaseFault;
use crate::practice::episode::{Presence, Step};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::known::Known;
use crate::practice::sighting::Sighting;

/// Gives each sighting, and what it links to, the id under which the step is held.
pub(super) async fn held<C>(
    app: &App<C>,
    mut sightings: Vec<Sighting>,
) -> Result<Vec<Sighting>, AppFault> {
    let mut ids: Vec<StepId> = Vec::new();
    for sighting in &sightings {
        ids.push(sighting.step.clone());
        ids.extend(sighting.links.iter().map(|link| link.step.clone()));
    }
    let names = app.ledger.held_as(&app.source, &ids).await?;
    if !names.is_empty() {
        for sighting in &mut sightings {
            let links = sighting.links.iter_mut().map(|link| &mut link.step);
            for id in links.chain([&mut sighting.step]) {
                if let Some(held) = names.get(id) {
                    id.clone_from(held);
                }
            }
        }
    }
    Ok(sightings)
}

/// What a step that came back under another id is to us. It is believed only if it is otherwise the step
/// that we hold: a filter that is ignored answers with some step as well. If we hold the other one too, the
/// two were merged, and the one asked for is no more.
pub(super) async fn renamed<C>(
    app: &App<C>,
    asked: &StepId,
    other: Sighting,
    now: Timestamp,
) -> Result<Sighting, AppFault> {
    let answers_as = other.step.clone();
    let unproven = || {
        let why = format!(
            "step {asked} was asked for, and {answers_as} came, which does not show that it is the same; \
             look at the mapping's `[step]` path"
        );
        AppFault::Case(CaseFault::Unproven(why))
    };
    let episode = app.ledger.episode_of_step(&app.source, asked).await?;
    let held = absence::held(app, asked).await?;
    let (Some(episode), Some(held)) = (episode, held) else {
        return Err(unproven());
    };
    if !is_the_same(&episode, &held, &other) {
        return Err(unproven());
    }
    app.ledger
        .name_step(&app.source, &answers_as, asked, now)
        .await?;
    if absence::held(app, &answers_as).await?.is_some() {
        return Ok(Sighting::of_absence(
            &app.source,
            &held,
            Presence::Deleted,
            now,
        ));
    }
    Ok(Sighting {
        step: asked.clone(),
        // The other record counts its versions by itself.
        version: None,
        ..other
    })
}

fn is_the_same(episode: &EpisodeId, held: &Step, other: &Sighting) -> bool {
    let referred = other.reference == Known::Is(episode.clone());
    let child = other
        .child
        .value()
        .is_some_and(|child| held.children.contains(child));
    held.stage == other.stage && (referred || child)
}
