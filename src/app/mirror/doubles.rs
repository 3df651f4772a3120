//! Has a child two live episodes, perhaps since records were merged? Said to a person; nothing is closed
//! (LE-01.5, P23).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::app::{App, AppFault};
use crate::practice::bind::is_alone;
use crate::practice::concern::Matter;
use crate::practice::episode::Episode;
use crate::practice::ids::EpisodeId;
use crate::practice::react::{Input, react};

/// Compares the live episodes of each child with what is on record of them, and enters what differs.
pub(super) async fn compare<C>(app: &App<C>, now: Timestamp) -> Result<(), AppFault> {
    let name = format!("doubles/{}", app.source);
    let before: BTreeSet<EpisodeId> = match app.ledger.cursor(&name).await? {
        Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
        None => BTreeSet::new(),
    };
    let mut others: BTreeMap<EpisodeId, BTreeSet<EpisodeId>> = BTreeMap::new();
    for (_, episodes) in app.ledger.shared_children(&app.source).await? {
        let live = live(app, episodes).await?;
        for id in &live {
            let rest = live.iter().filter(|other| *other != id).cloned();
            others.entry(id.clone()).or_default().extend(rest);
        }
    }
    others.retain(|_, others| !others.is_empty());
    let after: BTreeSet<EpisodeId> = others.keys().cloned().collect();
    for id in before.union(&after) {
        enter(app, id, others.remove(id).unwrap_or_default(), now).await?;
    }
    if before != after {
        let value = serde_json::to_value(&after).unwrap_or_default();
        app.ledger.set_cursor(&name, &value, now).await?;
    }
    Ok(())
}

/// Those of the episodes in which anything is still to be done. One that stands for a step whose place is
/// not known is not a second episode.
async fn live<C>(
    app: &App<C>,
    episodes: BTreeSet<EpisodeId>,
) -> Result<BTreeSet<EpisodeId>, AppFault> {
    let mut live = BTreeSet::new();
    for id in episodes.into_iter().filter(|id| !is_alone(id)) {
        let episode = app.ledger.episode(&id).await?;
        if episode.is_some_and(|episode| episode.is_live()) {
            live.insert(id);
        }
    }
    Ok(live)
}

async fn enter<C>(
    app: &App<C>,
    id: &EpisodeId,
    others: BTreeSet<EpisodeId>,
    now: Timestamp,
) -> Result<(), AppFault> {
    app.ledger
        .react_one(id, now, |before| {
            let before = before.filter(|episode| entered(episode) != others)?;
            let input = Input::Doubled(&others);
            let (source, terms) = (&before.source, &app.terms);
            Some(react(Some(before), id, source, input, terms, now))
        })
        .await?;
    Ok(())
}

fn entered(episode: &Episode) -> BTreeSet<EpisodeId> {
    let concerns = episode.concerns.values();
    let doubles = concerns.filter_map(|concern| match &concern.what {
        Matter::Double { other } => Some(other.clone()),
        _ => None,
    });
    doubles.collect()
}
