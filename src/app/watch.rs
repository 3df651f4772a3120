//! What about whole cycles has to be told today? Looked at once a working day, after half past eight, before the
//! day's digests are made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::{App, AppFault, draw, hand_over};
use crate::case_system::CaseSystem;
use crate::practice::cycle::{Matter, matters};
use crate::practice::deadlines::TOLD_AT;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::Role;
use crate::practice::ids::CycleId;
use crate::practice::wording;

/// Looks at every cycle, if that was not done today. Returns how many messages are newly owed.
pub async fn pass<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<u64, AppFault> {
    let calendar = &app.terms.calendar;
    let today = calendar.local_date(now);
    let early = now < calendar.at_local(today, TOLD_AT);
    if early || !calendar.is_working_day(today) || !app.case_system.can("notice") {
        return Ok(0);
    }
    let place = format!("watch/{}", app.source);
    let done = json!({ "day": today });
    if app.ledger.cursor(&place).await?.as_ref() == Some(&done) {
        return Ok(0);
    }
    let mut episodes = app.ledger.episodes(None).await?;
    let cycles: BTreeSet<CycleId> = episodes
        .iter()
        .filter_map(|one| one.cycle.clone())
        .collect();
    let mut drawn = BTreeSet::new();
    for cycle in cycles {
        if draw::is_drawn(app, &cycle).await? {
            // Whoever drew or amended it may have been interrupted before everybody knew.
            match draw::standing(app, &cycle, now).await {
                Ok(_) => {}
                Err(AppFault::Refused(why)) => {
                    tracing::warn!(%cycle, why, "the sample cannot be looked at");
                }
                Err(fault) => return Err(fault),
            }
            drawn.insert(cycle);
        }
    }
    if !drawn.is_empty() {
        episodes = app.ledger.episodes(None).await?;
    }
    let found = matters(&episodes, &drawn, today, &app.terms);
    let effects = found.into_iter().map(|matter| effect(app, matter, now));
    let mut owed = app.ledger.owe_once(effects.collect(), now).await?;
    owed += hand_over::of_moderated(app, &episodes, &drawn, now).await?;
    // A node that is killed before this looks again, and what was owed is owed once.
    app.ledger.set_cursor(&place, &done, now).await?;
    Ok(owed)
}

fn effect<C>(app: &App<C>, matter: Matter, now: Timestamp) -> Effect {
    // Each service has its own operational manager, so that these are not gathered into one notice.
    let daily = matter.tell != Role::OperationalManager;
    let mut text = matter.text;
    if !daily {
        wording::attention(&mut text, &[matter.tell]);
    }
    let link = app.terms.policy.link(std::iter::once(matter.rule));
    wording::in_place(&mut text, &[], &[], matter.rule, link);
    Effect {
        key: format!("watch/{}/{}", app.source, matter.key),
        source: app.source.clone(),
        episode: matter.episode,
        step: None,
        act: Act::Notice { text },
        rule: matter.rule.to_owned(),
        cause: "cycle".to_owned(),
        audience: vec![matter.tell],
        due_at: now,
        daily,
    }
}
