//! Is a decision taken in? Whoever decides may, it fits what is on record, and no rule stands against it.
//!
//! One answer for every door: the terminal, the HTTP interface, an imported file. Absent on purpose: what
//! follows from a decision; that is `react`.

mod fits;
mod two;

use jiff::ToSpan;

use super::authority::{self, Refusal};
use super::decision::{Allocation, Decided, Decision};
use super::episode::{Episode, Role};
use super::ids::Digest;
use super::judge::{judge_allocation, judge_decision};
use super::terms::Terms;
use super::verdict::Judged;

pub use fits::open_request;
pub(super) use two::{settles, two_person};

/// What becomes of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It is taken in; the role is the one in which it was decided.
    New(Role),
    /// It is on record by its id, word for word.
    Known,
}

/// How far ahead a date may be agreed, years.
const FARTHEST_YEARS: i64 = 2;

const QA: &[Role] = &[Role::QaManager];

/// Whether a decision is taken in, and if not, why not. `others` are the allocations of the other live episodes.
///
/// # Errors
/// The first thing that stands against it, with its rule and who may put it right.
pub fn admit(
    decision: &Decision,
    before: Option<&Episode>,
    terms: &Terms,
    others: &[Allocation],
) -> Result<Admitted, Refusal> {
    if let Some(before) = before
        && before.decided.contains(&decision.id)
    {
        let digest = before.deeds.digests.get(&decision.id);
        if digest.is_none_or(|digest| *digest == digest_of(decision)) {
            return Ok(Admitted::Known);
        }
        let why = format!(
            "another decision is on record under the id `{}`; give this one an id of its own",
            decision.id
        );
        return Err(Refusal::new("LE-00.0", why, &[]));
    }
    let Some(episode) = before else {
        return new_episode(decision, terms, others);
    };
    well_formed(decision, terms)?;
    let role = authority::may(decision, before, terms)?;
    fits::fits(decision, episode, terms, role)?;
    let allocation = match &decision.what {
        Decided::Allocate(allocation) | Decided::Adopt(allocation) => {
            Some(allocation.as_ref().clone())
        }
        Decided::Reassign { .. } => reassigned(episode, &decision.what),
        _ => None,
    };
    let mut judged = judge_decision(episode, decision, terms);
    judged.extend(
        allocation
            .iter()
            .flat_map(|one| judge_allocation(one, terms, others)),
    );
    no_rule_against(&judged)?;
    Ok(Admitted::New(role))
}

fn new_episode(
    decision: &Decision,
    terms: &Terms,
    others: &[Allocation],
) -> Result<Admitted, Refusal> {
    let Decided::Allocate(allocation) = &decision.what else {
        let why = format!(
            "no episode `{}` is known; see `greentick mirror list`",
            decision.episode
        );
        return Err(Refusal::new("LE-00.0", why, QA));
    };
    let role = authority::may(decision, None, terms)?;
    no_rule_against(&judge_allocation(allocation, terms, others))?;
    Ok(Admitted::New(role))
}

/// Names one decision by all that it says, besides when it was told.
pub(super) fn digest_of(decision: &Decision) -> Digest {
    Digest::of_json(&(&decision.episode, &decision.by, &decision.what))
}

fn no_rule_against(judged: &[Judged]) -> Result<(), Refusal> {
    match judged.iter().find(|judged| judged.holds()) {
        Some(judged) => {
            let why = format!("{} {}", judged.missing(), judged.remedy);
            Err(Refusal::new(&judged.rule, why, &[judged.asks]))
        }
        None => Ok(()),
    }
}

/// A reason is a code, and a span has its ends in order.
fn well_formed(decision: &Decision, terms: &Terms) -> Result<(), Refusal> {
    let is_code = |code: &str| !code.trim().is_empty() && code.chars().count() <= 40;
    let codes: Vec<&str> = match &decision.what {
        Decided::BelowStandard { criteria } => criteria.iter().map(String::as_str).collect(),
        what => what.reason().into_iter().collect(),
    };
    if !codes.into_iter().all(is_code) {
        let why =
            "a reason or criterion is a code of 1 to 40 characters. Give one, such as `sickness`";
        return Err(Refusal::new("LE-03.4", why, &[]));
    }
    let backwards = match &decision.what {
        Decided::Pause { from, until, .. } => until < from,
        Decided::Delegate { from, until, .. } => *until <= from.unwrap_or(decision.at),
        _ => false,
    };
    if backwards {
        let why = "the span ends before it begins; look at its dates";
        return Err(Refusal::new("LE-03.4", why, &[]));
    }
    is_in_reach(decision, terms)?;
    if let Decided::BelowStandard { criteria } = &decision.what
        && criteria.is_empty()
    {
        let why = "say which criteria are not met, each as a code";
        return Err(Refusal::new("LE-05.1", why, QA));
    }
    let accepted = &terms.policy.reason_codes;
    let reason = decision.what.reason().unwrap_or_default();
    // What lets a Finish through is measured when Finish is pressed; a reason that never will is said now.
    if let Decided::GiveReason { .. } = &decision.what
        && !accepted.is_empty()
        && !accepted.iter().any(|code| code == reason)
    {
        let why = format!(
            "the policy accepts no reason `{reason}`; accepted are: {}",
            accepted.join(", ")
        );
        return Err(Refusal::new("LE-03.3", why, QA));
    }
    Ok(())
}

/// A new completion date lies ahead, and neither it nor a pause so far that it is a slip of the pen.
fn is_in_reach(decision: &Decision, terms: &Terms) -> Result<(), Refusal> {
    let (what, last) = match &decision.what {
        Decided::Extend { due, .. } => ("the new completion date", *due),
        Decided::Pause { until, .. } => ("the last day of the pause", *until),
        _ => return Ok(()),
    };
    let today = terms.calendar.local_date(decision.at);
    let farthest = today.saturating_add(FARTHEST_YEARS.years());
    let why = if matches!(decision.what, Decided::Extend { .. }) && last < today {
        "lies in the past, so that the work would be overdue at once; give today or a later day"
    } else if last > farthest {
        "lies more than two years ahead; look at its year"
    } else {
        return Ok(());
    };
    let why = format!("{what}, {last}, {why}");
    Err(Refusal::new("LE-03.4", why, QA))
}

/// The allocation with another person in a role; none if the allocation does not name that role.
pub(super) fn reassigned(episode: &Episode, what: &Decided) -> Option<Allocation> {
    let Decided::Reassign { role, to, reason } = what else {
        return None;
    };
    let mut allocation = episode.allocation.clone()?;
    let to = to.clone();
    match role {
        Role::Practitioner => allocation.practitioner = to,
        Role::PracticeReviewer => allocation.reviewer = to,
        Role::Supervisor => allocation.supervisor = to,
        Role::ServiceManager => allocation.service_manager = to,
        Role::OperationalManager => allocation.operational_manager = Some(to),
        Role::QaManager | Role::HeadOfService | Role::Cslt => return None,
    }
    // The reason for the change answers for a double role that it makes, if it says so.
    if let Some(code) = reason.strip_prefix("conflict:") {
        allocation.conflict_reason = Some(code.to_owned());
    }
    Some(allocation)
}
