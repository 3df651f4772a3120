//! Which decisions does no one person take? Work that goes back from the sign-off, or after it: the first
//! proposes, another in the other role confirms.

use crate::practice::authority::{Refusal, at_sign_off, holds};
use crate::practice::decision::{Decided, Decision};
use crate::practice::episode::{Episode, Role, Stage};
use crate::practice::terms::Terms;

/// The roles of both, or none if one person is enough.
fn pair(what: &Decided, episode: &Episode) -> Option<[Role; 2]> {
    match what {
        Decided::ReturnStep {
            to: Stage::PracticeReview,
            ..
        } if at_sign_off(episode) => Some([Role::ServiceManager, Role::HeadOfService]),
        Decided::ReopenAfterSignOff { .. } => Some([Role::QaManager, Role::HeadOfService]),
        _ => None,
    }
}

/// Under which name it is proposed.
pub(in crate::practice) fn two_person(what: &Decided) -> String {
    match what {
        Decided::ReturnStep { to, .. } => format!("return_step/{}", to.name()),
        other => other.name().to_owned(),
    }
}

/// Whether this decision settles the matter: one person is enough for it, or another has proposed it before.
pub(in crate::practice) fn settles(episode: &Episode, what: &Decided) -> bool {
    let proposed = episode.deeds.proposed.as_ref();
    pair(what, episode).is_none() || proposed.is_some_and(|one| one.what == two_person(what))
}

/// Whoever confirms is another person than proposed it, and between them they hold both roles.
pub(super) fn second_person(
    decision: &Decision,
    episode: &Episode,
    terms: &Terms,
    role: Role,
) -> Result<(), Refusal> {
    let proposed = episode.deeds.proposed.as_ref();
    let (Some(both), Some(proposed)) = (pair(&decision.what, episode), proposed) else {
        return Ok(());
    };
    let first = &proposed.first;
    let held = |one: &Role| holds(&first.by, *one, first.at, Some(episode), terms);
    let complete = both.iter().any(|one| *one != role && held(one));
    if proposed.what != two_person(&decision.what) || (first.by != decision.by && complete) {
        return Ok(());
    }
    let missing: Vec<Role> = both
        .into_iter()
        .filter(|one| Some(*one) != first.role)
        .collect();
    let words: Vec<&str> = missing.iter().map(|role| role.words()).collect();
    let why = format!(
        "`{}` has proposed it as {}; a second person confirms it: ask the {}",
        first.by,
        first.role.map_or("somebody", Role::words),
        words.join(" or the ")
    );
    Err(Refusal::new("LE-29.3", why, &missing))
}
