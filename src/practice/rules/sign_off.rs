//! What does the Service Manager's sign-off need, and by when? (¶29)

use super::words::{day, listed, met_or, unmet};
use super::{Question, Rule, Trigger, due, flag, parameter};
use crate::practice::episode::{Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-29.3: the third person moderation and the overall impact are there.
pub const STATEMENT: Rule = Rule {
    code: "LE-29.3",
    also: &[],
    name: "process-moderated-and-impact-signed-off",
    paragraphs: &[29],
    title: "The sign-off has a third person moderation of the process and the overall impact for the child",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Write the moderation of the process and set the overall impact, then press Finish again.",
    asks: Role::ServiceManager,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::SignOff], statement),
};

/// LE-29.4: a process that is not assured goes back, and the Head hears of it.
pub const ASSURED: Rule = Rule {
    asks: Role::HeadOfService,
    trigger: Trigger::AtFinish(&[Stage::SignOff], assured),
    ..flag(
        "LE-29.4",
        "process-assured",
        &[29],
        "The Service Manager's view of the process is that it is assured",
        "Talk with the Service Manager, and return the work to the practice review.",
        assured,
    )
};

/// LE-29.5: the supervisor's actions and the sign-off have their own dates.
pub const IN_TIME: Rule = Rule {
    code: "LE-29.5",
    also: &[],
    name: "actions-and-sign-off-in-time",
    paragraphs: &[28, 29],
    title: "The supervisor's actions and the sign-off are finished within their working days",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Finish the step, or tell the QA manager what stands in its way.",
    asks: Role::Supervisor,
    overridable: true,
    trigger: Trigger::ByTime(in_time),
};

fn statement(question: &Question<'_>) -> Finding {
    let length = question.amount(Fact::ModerationStatementLength);
    let impact = question.code(Fact::Impact);
    let least = parameter::STATEMENT.count(&question.terms.policy);
    let mut absent = Vec::new();
    if matches!(length, Known::Is(n) if n < least) {
        absent.push("third person moderation of the process".to_owned());
    }
    if impact == Known::Blank {
        absent.push("overall impact for the child".to_owned());
    }
    if !absent.is_empty() {
        return unmet(
            format!("The sign-off does not have the {} yet.", listed(&absent)),
            length.value().map_or_else(
                || "An unfinished sign-off.".to_owned(),
                |n| format!("A moderation statement of {n} characters."),
            ),
        );
    }
    match (length, impact) {
        (Known::Unreadable(why), _) => Finding::CannotTell(Fact::ModerationStatementLength, why),
        (_, Known::Unreadable(why)) => Finding::CannotTell(Fact::Impact, why),
        _ => Finding::Met,
    }
}

fn assured(question: &Question<'_>) -> Finding {
    match question.code(Fact::ProcessView) {
        Known::Is(view) => met_or(
            view == "assured",
            "The Service Manager's view is that the process is not assured.",
            "A view of the process of not assured.",
        ),
        Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::ProcessView, why),
    }
}

fn in_time(question: &Question<'_>) -> Finding {
    let today = question.today();
    if question.episode.cancelled.is_some()
        || due::is_paused(question.episode, Stage::SignOff, today, question.terms)
    {
        return Finding::DoesNotApply;
    }
    // The sign-off first: once it can be late, the supervisor's step is behind it.
    let waits = [
        (Stage::SignOff, Stage::SupervisorActions),
        (Stage::SupervisorActions, Stage::PracticeReview),
    ];
    for (stage, before) in waits {
        if question.finished_at(before).is_none() {
            continue;
        }
        if question.finished_at(stage).is_some() {
            return Finding::Met;
        }
        return match due::effective(question.episode, stage, question.terms) {
            Some(until) => met_or(
                today <= until,
                format!(
                    "The {} step is not finished, and its date has passed.",
                    stage.words()
                ),
                format!("To be finished by {}.", day(until)),
            ),
            None => Finding::DoesNotApply,
        };
    }
    Finding::DoesNotApply
}
