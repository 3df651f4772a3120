//! Is the review finished by its completion date, and if not, is it on record why? (¶3, ¶4)

use super::words::{counted, day, met_or, unmet};
use super::{Change, Question, Rule, Trigger, due, parameter};
use crate::practice::decision::{Decided, ReasonAbout};
use crate::practice::episode::{Role, Stage, StepStatus};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-03.1: the review is finished by its completion date.
pub const OVERDUE: Rule = Rule {
    code: "LE-03.1",
    also: &[],
    name: "finished-by-the-completion-date",
    paragraphs: &[3, 6],
    title: "The practice review is finished by its completion date",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Finish the practice review, or ask the QA manager for a new date.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::ByTime(overdue),
};

/// LE-03.2: the reviewer is reminded before the date.
pub const REMINDER: Rule = Rule {
    code: "LE-03.2",
    also: &[],
    name: "reminded-before-the-completion-date",
    paragraphs: &[3],
    title: "The practice reviewer is reminded while there is still time",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Finish the practice review by its completion date, or ask the QA manager early for a new one.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::ByTime(reminder),
};

/// LE-03.3: a late Finish says why.
pub const LATE_FINISH: Rule = Rule {
    code: "LE-03.3",
    also: &[],
    name: "late-finish-has-a-reason",
    paragraphs: &[3],
    title: "A Finish after the completion date has a reason on record, or a new date agreed by the QA manager",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Record the reason, or ask the QA manager to agree a new completion date, then press Finish again.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::PracticeReview], late_finish),
};

/// LE-03.4: only the QA manager changes the date, with a reason, and a third time with the Head.
pub const DATE_CHANGE: Rule = Rule {
    code: "LE-03.4",
    also: &[],
    name: "date-changed-by-the-qa-manager",
    paragraphs: &[3],
    title: "The completion date is changed by the QA manager, with a reason, and from the third time on by the Head",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Ask the QA manager, or for a third change the Head of Service Practice and Learning, to record the new date with its reason.",
    asks: Role::QaManager,
    overridable: false,
    trigger: Trigger::AtDecision(date_change),
};

/// LE-04.1: the supervisor and QA manager hear early when the practitioner is not available.
pub const AVAILABLE: Rule = Rule {
    code: "LE-04.1",
    also: &[],
    name: "practitioner-available-early",
    paragraphs: &[4],
    title: "The practitioner's step is under way soon after allocation and handed over by the agreed date",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Talk to the practitioner, and if that does not help, to the supervisor and the QA manager.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::ByTime(available),
};

fn overdue(question: &Question<'_>) -> Finding {
    let Some(due_on) = unfinished_review_due(question) else {
        return nothing_due(question);
    };
    let today = question.today();
    if due::is_paused(
        question.episode,
        Stage::PracticeReview,
        today,
        question.terms,
    ) {
        return Finding::DoesNotApply;
    }
    met_or(
        today <= due_on,
        "The practice review is not finished, and its completion date has passed.",
        format!(
            "Completion date {}, {} ago.",
            day(due_on),
            counted(due::between(question.terms, due_on, today), "working day")
        ),
    )
}

fn reminder(question: &Question<'_>) -> Finding {
    let Some(due_on) = unfinished_review_due(question) else {
        return nothing_due(question);
    };
    let today = question.today();
    let policy = &question.terms.policy;
    let first = policy.ladder.iter().map(|rung| rung.working_days).min();
    let opens = first
        .filter(|n| *n <= 0)
        .map(|n| due::add(question.terms, due_on, n));
    let reminded = opens.is_some_and(|opens| opens <= today) && today <= due_on;
    if !reminded
        || due::is_paused(
            question.episode,
            Stage::PracticeReview,
            today,
            question.terms,
        )
    {
        return Finding::DoesNotApply;
    }
    let left = due::between(question.terms, today, due_on);
    unmet(
        "The practice review is still to be finished.",
        format!(
            "Completion date {}; {} left.",
            day(due_on),
            counted(left, "working day")
        ),
    )
}

fn unfinished_review_due(question: &Question<'_>) -> Option<jiff::civil::Date> {
    let finished = question.finished_at(Stage::PracticeReview).is_some();
    if finished || question.episode.cancelled.is_some() {
        return None;
    }
    due::effective(question.episode, Stage::PracticeReview, question.terms)
}

fn nothing_due(question: &Question<'_>) -> Finding {
    if question.finished_at(Stage::PracticeReview).is_some() {
        Finding::Met
    } else {
        Finding::DoesNotApply
    }
}

fn late_finish(question: &Question<'_>) -> Finding {
    let Some(due_on) = due::effective(question.episode, Stage::PracticeReview, question.terms)
    else {
        return Finding::DoesNotApply;
    };
    let today = question.today();
    if today <= due_on {
        return Finding::Met;
    }
    let by_reason = parameter::LATE_FINISH.is("reason", &question.terms.policy);
    let said = question.code(Fact::LateReason);
    let reason = said.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(ReasonAbout::LateFinish);
    if by_reason && reason {
        return Finding::Met;
    }
    if let (true, Known::Unreadable(why)) = (by_reason, &said) {
        return Finding::CannotTell(Fact::LateReason, *why);
    }
    let missing = if by_reason {
        "No reason is recorded for finishing after the completion date."
    } else {
        "No new completion date is agreed, and the present one has passed."
    };
    unmet(missing, late_by(question, due_on, said.value()))
}

/// Both figures: against the date in force, and against the one first set if that is another.
fn late_by(question: &Question<'_>, due_on: jiff::civil::Date, said: Option<&String>) -> String {
    let today = question.today();
    let days = counted(due::between(question.terms, due_on, today), "working day");
    let mut text = format!("Finish on {}, {days} after {}", day(today), day(due_on));
    let first = question
        .episode
        .allocation
        .as_ref()
        .map(|allocation| allocation.due_on);
    if let Some(first) = first.filter(|first| *first != due_on) {
        text = format!("{text} (first set for {})", day(first));
    }
    if let Some(code) = said {
        text = format!("{text}; the reason code `{code}` is not enough under the policy");
    }
    text + "."
}

fn date_change(change: &Change<'_>) -> Finding {
    let decision = change.decision;
    let Decided::Extend { due, reason } = &decision.what else {
        return Finding::DoesNotApply;
    };
    let people = &change.terms.people;
    let head = people.holds(&decision.by, Role::HeadOfService, decision.at);
    let qa = people.holds(&decision.by, Role::QaManager, decision.at);
    let seen = format!("A new date, {}, from `{}`.", day(*due), decision.by);
    if !head && !qa {
        return unmet("The new date is not agreed by the QA manager.", seen);
    }
    let codes = &change.terms.policy.reason_codes;
    if reason.trim().is_empty() || !(codes.is_empty() || codes.contains(reason)) {
        return unmet("The new date has no reason that the policy accepts.", seen);
    }
    let before = change.episode.extensions.len();
    met_or(
        before < 2 || head,
        "From the third change of the date on, the Head of Service Practice and Learning decides.",
        format!("{before} earlier changes. {seen}"),
    )
}

fn available(question: &Question<'_>) -> Finding {
    let Some(allocation) = &question.episode.allocation else {
        return Finding::DoesNotApply;
    };
    if super::allocation::practitioner_finished(question) {
        return Finding::Met;
    }
    let today = question.today();
    if question.episode.cancelled.is_some()
        || due::is_paused(question.episode, Stage::Practitioner, today, question.terms)
    {
        return Finding::DoesNotApply;
    }
    let Some(step) = question.episode.step_of(Stage::Practitioner) else {
        let n = parameter::AWAITED.days(&question.terms.policy);
        return met_or(
            today <= due::add(question.terms, allocation.allocated_on, n),
            "The practitioner's step has not been started yet.",
            format!(
                "Allocated on {}; no step seen.",
                day(allocation.allocated_on)
            ),
        );
    };
    match question.day(Fact::AgreedDate) {
        Known::Is(agreed) => met_or(
            today <= due::agreed_or_returned(question, agreed)
                || step.status == StepStatus::Completed,
            "The practitioner's step has not been handed over by the agreed date.",
            format!(
                "Agreed for {}; the step is {}.",
                day(due::agreed_or_returned(question, agreed)),
                step.status.name()
            ),
        ),
        // Without an agreed date there is nothing to be late against; the start was in time.
        Known::Blank => Finding::Met,
        Known::Unreadable(why) => Finding::CannotTell(Fact::AgreedDate, why),
    }
}
