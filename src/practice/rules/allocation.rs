//! Is the allocation whole and independent, and has its episode begun? (¶1)

use jiff::civil::Time;

use super::words::{counted, day, listed, met_or, unmet, unmet_but};
use super::{Proposal, Question, Rule, Trigger, due, flag, parameter};
use crate::practice::decision::Allocation;
use crate::practice::episode::{Evaluation, Role, Stage, Step, StepStatus};
use crate::practice::fact::{Fact, Value};
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-01.1: an allocation names everybody and everything.
pub const COMPLETE: Rule = Rule {
    code: "LE-01.1",
    also: &[],
    name: "complete-allocation",
    paragraphs: &[1, 3],
    title: "An allocation names the cycle, child, practitioner, practice reviewer, supervisor, Service Manager, service and completion date",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Complete the allocation's entry and submit it again.",
    asks: Role::QaManager,
    overridable: false,
    trigger: Trigger::AtAllocation(complete),
};

/// LE-01.2: nobody reviews, supervises or signs off their own work.
pub const INDEPENDENT: Rule = Rule {
    code: "LE-01.2",
    also: &[],
    name: "independent-reviewer",
    paragraphs: &[1],
    title: "The practice reviewer is not the practitioner, nor, without a reason on record, the supervisor, the Service Manager, the practitioner's manager or in a conflict of interest",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Allocate another practice reviewer, or record why this one may review the practitioner's work all the same.",
    asks: Role::QaManager,
    overridable: false,
    trigger: Trigger::AtAllocation(independent),
};

/// LE-01.3: an allocated episode appears in the case system.
pub const STARTED: Rule = Rule {
    code: "LE-01.3",
    also: &[],
    name: "allocated-episode-appears",
    paragraphs: &[1, 16],
    title: "An allocated Learning Episode has a practitioner's step soon after its allocation",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Ask the practitioner to start the step on the child's record, or match a step that is already there.",
    asks: Role::QaManager,
    overridable: true,
    trigger: Trigger::ByTime(started),
};

/// LE-01.4: an episode that appears has been allocated.
pub const ADOPTED: Rule = Rule {
    code: "LE-01.4",
    also: &[],
    name: "started-episode-is-allocated",
    paragraphs: &[1],
    title: "A Learning Episode that was started has an allocation",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Allocate this Learning Episode, or cancel it.",
    asks: Role::QaManager,
    overridable: true,
    trigger: Trigger::OnSighting(adopted),
};

/// LE-09.6: an episode that is cancelled after its evaluation was set leaves the frame of the sample.
pub const LEFT: Rule = Rule {
    asks: Role::HeadOfService,
    trigger: Trigger::ByTime(left),
    ..flag(
        "LE-09.6",
        "stays-in-the-frame-once-evaluated",
        &[9],
        "A Learning Episode with an overall evaluation is not cancelled",
        "Look at why it was cancelled, and list it for CSLT beside the sample.",
        left,
    )
};

/// LE-01.5: one live episode for a child, and one for a practitioner in a cycle; and no reviewer has too many.
pub const SINGLE: Rule = Rule {
    code: "LE-01.5",
    also: &[],
    name: "one-live-episode",
    paragraphs: &[1],
    title: "A child has one live Learning Episode, a practitioner one in a cycle, and a practice reviewer no more than a few",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Look at the other allocation, and keep both only if that is meant.",
    asks: Role::QaManager,
    overridable: true,
    trigger: Trigger::AtAllocation(single),
};

fn complete(proposal: &Proposal<'_>) -> Finding {
    let allocation = proposal.allocation;
    let absent: Vec<String> = fields(allocation)
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(name, _)| name.to_owned())
        .collect();
    if !absent.is_empty() {
        return unmet(
            format!("The allocation does not give the {}.", listed(&absent)),
            format!("An allocation of {}.", day(allocation.allocated_on)),
        );
    }
    met_or(
        allocation.due_on > allocation.allocated_on,
        "The completion date does not lie after the day of allocation.",
        format!(
            "Allocated on {}, to be completed by {}.",
            day(allocation.allocated_on),
            day(allocation.due_on)
        ),
    )
}

fn fields(allocation: &Allocation) -> [(&'static str, &str); 8] {
    [
        ("cycle", allocation.cycle.as_str()),
        ("case system", allocation.source.as_str()),
        ("child", allocation.child.as_str()),
        ("practitioner", allocation.practitioner.as_str()),
        ("practice reviewer", allocation.reviewer.as_str()),
        ("supervisor", allocation.supervisor.as_str()),
        ("Service Manager", allocation.service_manager.as_str()),
        ("service", &allocation.service),
    ]
}

fn independent(proposal: &Proposal<'_>) -> Finding {
    let allocation = proposal.allocation;
    let reviewer = &allocation.reviewer;
    if *reviewer == allocation.practitioner {
        return unmet_but(
            "The practice reviewer has to be somebody else than the practitioner.",
            format!("`{reviewer}` is named as both."),
            "Allocate another practice reviewer; no reason makes up for this.",
        );
    }
    let reason = allocation.conflict_reason.as_deref().unwrap_or_default();
    let mut also: Vec<String> = [Role::Supervisor, Role::ServiceManager]
        .into_iter()
        .filter(|role| allocation.person(*role) == Some(reviewer))
        .map(|role| role.words().to_owned())
        .collect();
    let terms = proposal.terms;
    let allocated = terms
        .calendar
        .at_local(allocation.allocated_on, Time::midnight());
    let practitioner = &allocation.practitioner;
    if terms.people.manages(reviewer, practitioner, allocated) {
        also.push("practitioner's manager".to_owned());
    }
    if terms.people.conflict(reviewer, practitioner, allocated) {
        also.push("holder of a declared interest in the practitioner".to_owned());
    }
    met_or(
        also.is_empty() || !reason.trim().is_empty(),
        format!(
            "No reason is recorded for a practice reviewer who is also the {}.",
            listed(&also)
        ),
        format!(
            "`{reviewer}` is named as practice reviewer and {}.",
            listed(&also)
        ),
    )
}

fn started(question: &Question<'_>) -> Finding {
    let Some(allocation) = &question.episode.allocation else {
        return Finding::DoesNotApply;
    };
    if !question.episode.steps.is_empty() {
        return Finding::Met;
    }
    let n = parameter::AWAITED.days(&question.terms.policy);
    let until = due::add(question.terms, allocation.allocated_on, n);
    if question.episode.cancelled.is_some() || question.today() <= until {
        return Finding::DoesNotApply;
    }
    unmet(
        format!(
            "No practitioner's step has appeared within {} of the allocation.",
            counted(n, "working day")
        ),
        format!(
            "Allocated on {}; no step seen.",
            day(allocation.allocated_on)
        ),
    )
}

fn adopted(question: &Question<'_>) -> Finding {
    let Some(step) = question.step else {
        return Finding::DoesNotApply;
    };
    met_or(
        question.episode.allocation.is_some(),
        "No allocation is recorded for this Learning Episode.",
        format!("The {}, `{}`.", step.stage.words(), step.id),
    )
}

fn left(question: &Question<'_>) -> Finding {
    let of_review = question
        .episode
        .steps
        .values()
        .filter(|step| step.stage == Stage::PracticeReview);
    let withdrawn = |step: &&Step| step.status == StepStatus::Cancelled;
    let stands = question.episode.step_of(Stage::PracticeReview).is_some();
    let cancelled = question.episode.cancelled.is_some();
    let reviews: Vec<&Step> = match (cancelled, stands) {
        (true, _) => of_review.collect(),
        (false, false) => of_review.filter(withdrawn).collect(),
        (false, true) => Vec::new(),
    };
    if reviews.is_empty() {
        return Finding::DoesNotApply;
    }
    let evaluations: Vec<Known<Evaluation>> = reviews
        .into_iter()
        .filter_map(|step| step.facts.get(&Fact::Evaluation).cloned())
        .map(Known::<Value>::evaluation)
        .collect();
    if let Some(evaluation) = evaluations.iter().find_map(Known::value) {
        return unmet(
            "The Learning Episode was cancelled after its overall evaluation was set.",
            format!("An overall evaluation of {}.", evaluation.words()),
        );
    }
    let blind = evaluations
        .into_iter()
        .find_map(|evaluation| match evaluation {
            Known::Unreadable(why) => Some(why),
            Known::Is(_) | Known::Blank => None,
        });
    blind.map_or(Finding::Met, |why| {
        Finding::CannotTell(Fact::Evaluation, why)
    })
}

fn single(proposal: &Proposal<'_>) -> Finding {
    let ours = proposal.allocation;
    if proposal
        .others
        .iter()
        .any(|other| other.child == ours.child)
    {
        return unmet(
            "The child already has a live Learning Episode.",
            "Another live allocation for the same child.",
        );
    }
    let twice = proposal
        .others
        .iter()
        .any(|other| other.cycle == ours.cycle && other.practitioner == ours.practitioner);
    if twice {
        return unmet(
            "The practitioner already has a Learning Episode in this cycle.",
            format!(
                "Another allocation of `{}` in cycle `{}`.",
                ours.practitioner, ours.cycle
            ),
        );
    }
    let most = parameter::REVIEWER_LOAD.count(&proposal.terms.policy);
    let of_reviewer = proposal
        .others
        .iter()
        .filter(|other| other.cycle == ours.cycle && other.reviewer == ours.reviewer);
    let load = u32::try_from(of_reviewer.count()).unwrap_or(u32::MAX);
    met_or(
        load < most,
        format!("The practice reviewer already has {load} Learning Episodes in this cycle."),
        format!(
            "At most {most} are meant for one reviewer; `{}` has {load}.",
            ours.reviewer
        ),
    )
}

/// Whether the practitioner's step has been finished.
pub(super) fn practitioner_finished(question: &Question<'_>) -> bool {
    question.finished_at(Stage::Practitioner).is_some()
}
