//! Who may decide what? Asked before a decision is taken in; a refusal names who may.

use super::decision::{Decided, Decision};
use super::episode::{Episode, Role};
use super::known::Known;
use super::terms::Terms;

/// Why a decision is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule, such as `LE-03.4`.
    pub rule: &'static str,
    /// What happened and who may decide instead: one sentence.
    pub why: String,
}

/// Whether the person may decide this, at the time of deciding.
pub fn may(decision: &Decision, episode: Option<&Episode>, terms: &Terms) -> Result<(), Refusal> {
    let allowed: &[Role] = match &decision.what {
        // From the third change on the Head must agree; the judge of decisions says so (LE-03.4).
        Decided::Extend { .. } => &[Role::QaManager, Role::HeadOfService],
        Decided::Allocate(_) | Decided::Pause { .. } | Decided::Cancel { .. } => &[Role::QaManager],
        Decided::Moderate { .. } => &[Role::HeadOfService],
        Decided::Override { .. } => &[Role::HeadOfService, Role::QaManager],
        Decided::RequestModeration | Decided::GiveReason { .. } => &[
            Role::PracticeReviewer,
            Role::Practitioner,
            Role::Supervisor,
            Role::ServiceManager,
            Role::QaManager,
        ],
    };
    if let Some(code) = reason_code(&decision.what)
        && (code.trim().is_empty() || code.chars().count() > 40)
    {
        return refuse(
            "LE-03.4",
            "a reason is a code of 1 to 40 characters. Give one, such as `sickness`",
        );
    }
    let in_person = |role: &Role| {
        terms.people.holds(&decision.by, *role, decision.at)
            || episode.is_some_and(|e| e.person(*role) == Known::Is(decision.by.clone()))
    };
    if !allowed.iter().any(in_person) {
        let who: Vec<_> = allowed.iter().map(|role| role.words()).collect();
        let rule = match decision.what {
            Decided::Moderate { .. } => "LE-27.1",
            Decided::Extend { .. } => "LE-03.4",
            _ => "LE-01.1",
        };
        return refuse(
            rule,
            &format!(
                "worker `{}` does not hold a role that may decide this; ask the {}",
                decision.by,
                who.join(" or the ")
            ),
        );
    }
    Ok(())
}

fn reason_code(what: &Decided) -> Option<&str> {
    match what {
        Decided::Extend { reason, .. }
        | Decided::Pause { reason, .. }
        | Decided::GiveReason { reason, .. }
        | Decided::Override { reason, .. }
        | Decided::Cancel { reason } => Some(reason),
        Decided::Allocate(_) | Decided::RequestModeration | Decided::Moderate { .. } => None,
    }
}

fn refuse(rule: &'static str, why: &str) -> Result<(), Refusal> {
    Err(Refusal {
        rule,
        why: why.to_owned(),
    })
}
