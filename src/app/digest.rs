//! What if everything falls due at once? Those who answer for all episodes are told in digests, not one by one.
//!
//! After an outage, hundreds of steps may be overdue in the same minute (P36). Each step keeps its own flag and its
//! own note for the people of that step. Whoever holds a council-wide role gets few notices that name them all:
//! gathered before anything is sent, in one transaction, so that nothing is lost and nothing sent twice.

use jiff::{SignedDuration, Timestamp};

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::Role;
use crate::practice::ids::Digest;
use crate::practice::wording;

/// Roles that one person holds for the whole council; the others are told on their own steps.
const COUNCIL_WIDE: [Role; 3] = [Role::QaManager, Role::HeadOfService, Role::Cslt];
/// More messages to one role than this, due at once, are a flood.
const FLOOD: usize = 20;
/// Notices to one role in an hour; the next ones wait for the next hour.
const AN_HOUR: usize = 20;
/// Effects looked at in one pass.
const LOOKED_AT: u32 = 5_000;
/// Characters of a notice that are not names of steps.
const AROUND: usize = 240;

/// Gathers what is due to the holders of council-wide roles if it is a flood. Returns how many notices are owed.
pub async fn gather<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<usize, AppFault> {
    if !app.case_system.can("notice") {
        return Ok(0);
    }
    let mut notes = app.ledger.untried(now, LOOKED_AT).await?;
    notes.retain(|effect| matches!(effect.act, Act::Note { .. }));
    if notes.len() <= FLOOD {
        return Ok(0);
    }
    let mut digests = Vec::new();
    let mut touched = vec![false; notes.len()];
    for role in COUNCIL_WIDE {
        let told = notes
            .iter()
            .filter(|effect| effect.audience.contains(&role));
        if told.count() <= FLOOD {
            continue;
        }
        let mut members = Vec::new();
        for (effect, touched) in notes.iter_mut().zip(&mut touched) {
            if effect.audience.contains(&role) {
                members.push(effect.clone());
                effect.audience.retain(|one| *one != role);
                *touched = true;
            }
        }
        digests.extend(notices(app, role, &members, now));
    }
    if digests.is_empty() {
        return Ok(0);
    }
    let owed = digests.len();
    let members: Vec<Effect> = notes
        .into_iter()
        .zip(touched)
        .filter_map(|(effect, touched)| touched.then_some(effect))
        .collect();
    app.ledger.gather(&members, digests, now).await?;
    tracing::warn!(
        messages = members.len(),
        notices = owed,
        "many messages are due at once, so they are gathered into notices"
    );
    Ok(owed)
}

/// The notices that name all members, each within the case system's limit.
fn notices<C: CaseSystem>(
    app: &App<C>,
    role: Role,
    members: &[Effect],
    now: Timestamp,
) -> Vec<Effect> {
    let described = app.case_system.described();
    let limit = described.map_or(1_000, crate::mapping::Mapping::text_limit_chars);
    let room = limit.saturating_sub(AROUND).max(60);
    let mut parts: Vec<Vec<&Effect>> = Vec::new();
    let mut used = 0;
    for member in members {
        let length = named(member).chars().count() + 2;
        if used + length > room || parts.is_empty() {
            parts.push(Vec::new());
            used = 0;
        }
        used += length;
        if let Some(part) = parts.last_mut() {
            part.push(member);
        }
    }
    let of = parts.len();
    let notice = |(nth, part): (usize, Vec<&Effect>)| {
        let keys: Vec<&str> = part.iter().map(|member| member.key.as_str()).collect();
        let Digest(hash) = Digest::of_json(&(role, keys));
        let names: Vec<String> = part.iter().map(|member| named(member)).collect();
        let hours = i64::try_from(nth / AN_HOUR).unwrap_or(i64::MAX);
        let wait = SignedDuration::from_hours(hours.min(10_000));
        Effect {
            key: format!("digest/{}/{hash}", app.source),
            source: app.source.clone(),
            episode: None,
            step: None,
            act: Act::Notice {
                text: wording::digest(role, members.len(), (nth + 1, of), &names),
            },
            rule: part
                .first()
                .map(|member| member.rule.clone())
                .unwrap_or_default(),
            cause: "digest".to_owned(),
            audience: vec![role],
            due_at: now.saturating_add(wait).unwrap_or(now),
        }
    };
    parts.into_iter().enumerate().map(notice).collect()
}

/// A step as a digest names it.
fn named(effect: &Effect) -> String {
    let episode = effect.episode.as_ref().map(ToString::to_string);
    let step = effect.step.as_ref().map(ToString::to_string);
    format!(
        "{} (step {}, {})",
        episode.unwrap_or_default(),
        step.unwrap_or_default(),
        effect.rule
    )
}
