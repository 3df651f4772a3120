//! How do the episodes and the case system learn of the sample? Each episode takes in where it stands in it, and owes its
//! own flag and note; the list goes out once for each certificate, where the case system has a place for one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Role};
use crate::practice::ids::{CycleId, Digest, EpisodeId, WorkerId};
use crate::practice::on_record::Sampled;
use crate::practice::react::{Input, react};
use crate::sampling::{Assignment, Certificate};

/// The reason of an episode that another draw does not have any more.
const SUPERSEDED: &str = "draw_superseded";

/// Owes whatever of the sample is not owed yet.
pub(super) async fn push<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    certificate: &Certificate,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<(), AppFault> {
    let hash = Digest(certificate.hash());
    let drawn: Vec<EpisodeId> = certificate.sample().map(EpisodeId::from).collect();
    let mut changed: BTreeMap<EpisodeId, Option<String>> =
        drawn.iter().cloned().map(|id| (id, None)).collect();
    for episode in app.ledger.episodes(Some(cycle)).await? {
        if episode.is_drawn() && !changed.contains_key(&episode.id) {
            let why = left_for(certificate, &episode.id);
            changed.insert(episode.id, Some(why));
        }
    }
    for (id, left) in &changed {
        let moderators: Vec<WorkerId> = assignment.moderators(&id.0).map(WorkerId::from).collect();
        app.ledger
            .react_one(id, now, |before| {
                let before = before?;
                let place = placed(before, cycle, &hash, moderators, left.clone(), now)?;
                let input = Input::Sampled(&place);
                let source = &before.source;
                Some(react(Some(before), id, source, input, &app.terms, now))
            })
            .await?;
    }
    if app.case_system.can("sample_list") {
        let list = list(app, cycle, drawn, hash, now);
        app.ledger.owe_once(vec![list], now).await?;
    }
    Ok(())
}

fn left_for(certificate: &Certificate, id: &EpisodeId) -> String {
    let mut out = certificate.substitutions.iter();
    let out = out.find(|one| one.unusable == id.0);
    out.map_or_else(|| SUPERSEDED.to_owned(), |one| one.reason.clone())
}

/// Where an episode stands now; none if it knows that already.
fn placed(
    episode: &Episode,
    cycle: &CycleId,
    certificate: &Digest,
    moderators: Vec<WorkerId>,
    left: Option<String>,
    now: Timestamp,
) -> Option<Sampled> {
    let before = episode.deeds.sampled.as_ref();
    let is_in = episode.is_drawn() && before.is_none_or(|before| before.cycle == *cycle);
    let before = before.filter(|_| is_in);
    let place = Sampled {
        cycle: cycle.clone(),
        certificate: before
            .map_or(certificate, |before| &before.certificate)
            .clone(),
        since: episode.drawn_at().filter(|_| is_in).unwrap_or(now),
        moderators,
        left,
    };
    (before != Some(&place)).then_some(place)
}

fn list<C>(
    app: &App<C>,
    cycle: &CycleId,
    episodes: Vec<EpisodeId>,
    certificate: Digest,
    now: Timestamp,
) -> Effect {
    let cause = format!("sample/{cycle}/{certificate}");
    Effect {
        key: format!("{}/{cause}/list", app.source),
        source: app.source.clone(),
        episode: None,
        step: None,
        act: Act::SampleList {
            cycle: cycle.to_string(),
            episodes,
            certificate,
        },
        rule: "LE-09.1".to_owned(),
        cause,
        audience: vec![Role::Cslt],
        due_at: now,
        daily: false,
    }
}
