//! Who hears of it? Each role that is told, or the next one where nobody holds it any more (P26).
//!
//! A worker leaves, a role ends, a step is given to a team: an escalation must still find somebody. What
//! the council has said nothing about is taken to be in order. The mapping turns a role into whatever the case system sends
//! to; an address that the people file gives stands in the message as well.

use jiff::Timestamp;

use super::episode::{Episode, Role};
use super::known::Known;
use super::terms::People;

/// The roles that are told in place of these: each that finds somebody, or the first after it that does.
/// The QA manager is the last of every chain, and stays if nobody at all is found.
pub fn reached(roles: &[Role], episode: &Episode, people: &People, at: Timestamp) -> Vec<Role> {
    let mut told: Vec<Role> = roles
        .iter()
        .map(|role| {
            let chain = std::iter::once(role).chain(next(*role));
            let mut found = chain.filter(|role| finds(**role, episode, people, at));
            found.next().copied().unwrap_or(Role::QaManager)
        })
        .collect();
    told.sort_unstable();
    told.dedup();
    told
}

/// Who is told where nobody holds a role, nearest first.
fn next(role: Role) -> &'static [Role] {
    match role {
        Role::Practitioner | Role::PracticeReviewer => {
            &[Role::Supervisor, Role::OperationalManager, Role::QaManager]
        }
        Role::Supervisor | Role::ServiceManager => &[Role::OperationalManager, Role::QaManager],
        Role::HeadOfService => &[Role::Cslt, Role::QaManager],
        Role::Cslt | Role::OperationalManager => &[Role::QaManager],
        Role::QaManager => &[Role::HeadOfService],
    }
}

fn finds(role: Role, episode: &Episode, people: &People, at: Timestamp) -> bool {
    if let Some(holders) = people.in_force(role, at) {
        return holders.iter().any(|worker| people.finds(worker, at));
    }
    match episode.person(role) {
        Known::Is(worker) => people.finds(&worker, at),
        // Of a step that a team has, nobody is the worker.
        Known::Blank | Known::Unreadable(_) => !is_with_a_team(role, episode),
    }
}

/// How those who hold the roles at `at` are reached, where the people file says so: a deputy's address for whoever
/// is away.
pub fn addresses(roles: &[Role], episode: &Episode, people: &People, at: Timestamp) -> Vec<String> {
    let holders = |role: &Role| match people.in_force(*role, at) {
        Some(holders) => holders.into_iter().cloned().collect(),
        None => episode
            .person(*role)
            .value()
            .into_iter()
            .cloned()
            .collect::<Vec<_>>(),
    };
    let there = roles.iter().flat_map(holders);
    let there = there.filter_map(|worker| people.found(&worker, at).cloned());
    let mut all: Vec<String> = there
        .filter_map(|worker| people.address(&worker).map(str::to_owned))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn is_with_a_team(role: Role, episode: &Episode) -> bool {
    let own = super::episode::Stage::ALL
        .into_iter()
        .find(|stage| stage.owner() == role)
        .and_then(|stage| episode.step_of(stage));
    own.is_some_and(|step| step.team.is_some() && step.assignee.value().is_none())
}
