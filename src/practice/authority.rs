//! Who may decide what? Asked before a decision is taken in; a refusal names who may.

use jiff::Timestamp;

use super::conflict::moderates;
use super::decision::{Decided, Decision};
use super::episode::{Episode, Role, Stage};
use super::ids::WorkerId;
use super::known::Known;
use super::terms::Terms;

/// Why a decision is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule, such as `LE-03.4`.
    pub rule: String,
    /// What happened and who may decide instead, or what to do.
    pub why: String,
    /// Who may put it right.
    pub asks: Vec<Role>,
}

impl Refusal {
    /// A refusal under a rule.
    pub fn new(rule: &str, why: impl Into<String>, asks: &[Role]) -> Self {
        Self {
            rule: rule.to_owned(),
            why: why.into(),
            asks: asks.to_vec(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.why, self.rule)
    }
}

const QA: Role = Role::QaManager;
const HEAD: Role = Role::HeadOfService;
const REVIEWER: Role = Role::PracticeReviewer;

/// In which role the person may decide this, at the time of deciding.
///
/// # Errors
/// A refusal that names who may.
pub fn may(decision: &Decision, episode: Option<&Episode>, terms: &Terms) -> Result<Role, Refusal> {
    let (rule, allowed) = deciders(&decision.what, episode);
    let refuse = |why: String| {
        let why = format!(
            "worker `{}`{why}; {}",
            decision.by,
            ask(decision, &allowed, terms)
        );
        Refusal::new(rule, why, &allowed)
    };
    if let (Decided::Moderate { .. }, Some(episode)) = (&decision.what, episode) {
        return moderates(episode, &terms.people, &decision.by, decision.at)
            .map_err(|why| refuse(format!(", {why}, cannot moderate")));
    }
    let held = |role: &Role| holds(&decision.by, *role, decision.at, episode, terms);
    let mut held = allowed.iter().copied().filter(held);
    // Where two have to say so, the second one does it in another role than the first.
    let first = episode.and_then(|episode| episode.deeds.proposed.as_ref());
    let taken = first.and_then(|proposed| proposed.first.role);
    let any = held.clone().next();
    held.find(|role| Some(*role) != taken)
        .or(any)
        .ok_or_else(|| {
            let is_graded = matches!(decision.what, Decided::Cancel { .. }) && allowed == [HEAD];
            let why = if is_graded {
                " may not cancel it: its practice review has an evaluation already, and from then on only the Head may"
            } else {
                " does not hold a role that may decide this"
            };
            refuse(why.to_owned())
        })
}

/// The rule that says who decides, and who does.
fn deciders(what: &Decided, episode: Option<&Episode>) -> (&'static str, Vec<Role>) {
    match what {
        // From the third change on the Head must agree; the judge of decisions says so (LE-03.4).
        Decided::Extend { .. } => ("LE-03.4", vec![QA, HEAD]),
        Decided::Moderate { .. } | Decided::Delegate { .. } => ("LE-27.1", vec![HEAD]),
        Decided::RequestModeration | Decided::WithdrawModeration => ("LE-27.1", vec![REVIEWER]),
        Decided::Override { .. } => ("LE-08.1", vec![HEAD, QA]),
        Decided::Allocate(_)
        | Decided::Adopt(_)
        | Decided::Pause { .. }
        | Decided::Resume { .. } => ("LE-01.1", vec![QA]),
        Decided::Bind { .. } => ("LE-01.3", vec![QA]),
        Decided::Close => ("LE-09.1", vec![QA]),
        Decided::ModerateSample { .. } => ("LE-09.3", vec![Role::Cslt]),
        Decided::BelowStandard { .. } => ("LE-05.1", vec![QA]),
        Decided::EscalateToHead { .. } => ("LE-05.2", vec![QA]),
        Decided::RaiseConcern => ("LE-07.1", vec![REVIEWER, QA]),
        Decided::AcknowledgeConcern => ("LE-07.3", vec![HEAD, Role::OperationalManager]),
        Decided::Unavailable { .. } => (
            "LE-04.2",
            vec![REVIEWER, Role::Practitioner, Role::Supervisor, QA],
        ),
        Decided::GiveReason { .. } => (
            "LE-03.3",
            vec![
                REVIEWER,
                Role::Practitioner,
                Role::Supervisor,
                Role::ServiceManager,
                QA,
            ],
        ),
        Decided::Reassign { role, .. } => (
            "LE-01.2",
            match role {
                Role::Supervisor => vec![QA, Role::OperationalManager],
                Role::ServiceManager => vec![QA, HEAD],
                _ => vec![QA],
            },
        ),
        Decided::ReturnStep { to, .. } => ("LE-29.4", returners(*to, episode)),
        Decided::ReopenAfterSignOff { .. } => ("LE-29.3", vec![QA, HEAD]),
        // What left the frame after it was graded is the Head's to answer for (LE-09.6).
        Decided::Cancel { .. } => match episode.map(Episode::evaluation) {
            Some(Known::Is(_)) => ("LE-09.6", vec![HEAD]),
            _ => ("LE-01.1", vec![QA]),
        },
    }
}

/// Who sends work back to a step: whoever has it now and those who answer for both.
fn returners(to: Stage, episode: Option<&Episode>) -> Vec<Role> {
    let signing = episode.is_some_and(at_sign_off);
    match (to, signing) {
        (Stage::PracticeReview, true) => vec![Role::ServiceManager, HEAD],
        (Stage::SupervisorActions, _) => vec![Role::ServiceManager],
        (Stage::PracticeReview, false) => vec![Role::Supervisor, QA, HEAD],
        (Stage::Practitioner | Stage::SignOff, _) => vec![REVIEWER, QA],
    }
}

/// As whom somebody decides, for a sentence: a delegate of the Head is not the Head, nor is one member CSLT.
pub fn as_whom(decision: &Decision, role: Role, terms: &Terms) -> String {
    let held = terms.people.holds(&decision.by, role, decision.at);
    match role {
        HEAD if !held => format!("a delegate of the {}", role.words()),
        Role::Cslt => format!("a member of the {}", role.words()),
        _ => format!("the {}", role.words()),
    }
}

/// Whether the Service Manager has the work.
pub(super) fn at_sign_off(episode: &Episode) -> bool {
    let step = episode.step_of(Stage::SignOff);
    step.is_some_and(|step| step.status.is_open())
}

/// Whether a person holds a role at `at`, UTC. A role of the whole council is held by the people file alone,
/// whatever a form says; one of the episode also by allocation or form, and one of a service also by the people
/// file's word on that service.
pub(super) fn holds(
    worker: &WorkerId,
    role: Role,
    at: Timestamp,
    episode: Option<&Episode>,
    terms: &Terms,
) -> bool {
    let people = &terms.people;
    if people.holds(worker, role, at) {
        return true;
    }
    let Some(episode) = episode.filter(|_| !matches!(role, QA | HEAD | Role::Cslt)) else {
        return false;
    };
    match (episode.person(role), &episode.allocation) {
        (Known::Is(named), _) => named == *worker,
        (_, Some(allocation)) => people.of_service(&allocation.service, role, at) == Some(worker),
        _ => false,
    }
}

/// Whom to ask, with the ids of those who hold the role now.
fn ask(decision: &Decision, allowed: &[Role], terms: &Terms) -> String {
    let named = |role: &Role| {
        let holders = terms
            .people
            .in_force(*role, decision.at)
            .unwrap_or_default();
        let ids: Vec<String> = holders.iter().map(|id| format!("`{id}`")).collect();
        if ids.is_empty() {
            format!("the {}", role.words())
        } else {
            format!("the {} ({})", role.words(), ids.join(", "))
        }
    };
    let who: Vec<String> = allowed.iter().map(named).collect();
    format!("ask {}", who.join(" or "))
}
