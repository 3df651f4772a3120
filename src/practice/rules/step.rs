//! Is this the episode's own open step, and can it be seen? Identity and state come first.

use super::words::{day, unmet};
use super::{Question, Rule, Trigger, due};
use crate::practice::episode::{Presence, Role, Stage, Step, StepStatus};
use crate::practice::fact::Fact;
use crate::practice::known::Why;
use crate::practice::screen::{Screen, screen};
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::{Evidence, Finding};

/// LE-00.0: a Finish is judged only of the present, open and visible step of its stage.
pub const OPEN: Rule = Rule {
    code: "LE-00.0",
    also: &[],
    name: "open-step-of-the-episode",
    paragraphs: &[18, 28, 29],
    title: "The step to be finished is the episode's own, is open and can be seen",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Ask the QA manager which step of this Learning Episode is the current one, then finish that one.",
    asks: Role::QaManager,
    overridable: true,
    trigger: Trigger::AtFinish(&Stage::ALL, open),
};

fn open(question: &Question<'_>) -> Finding {
    let Some(step) = question.step else {
        return Finding::DoesNotApply;
    };
    match step.presence {
        Presence::Hidden => return Finding::CannotTell(carried(step.stage), Why::Hidden),
        Presence::Deleted => {
            return unmet(
                "The step is no longer in the case system.",
                format!(
                    "The {}, which the case system reports as deleted.",
                    words(step)
                ),
            );
        }
        Presence::Present => {}
    }
    if question.episode.cancelled.is_some() {
        return unmet(
            "The Learning Episode has been cancelled, so there is nothing to finish.",
            format!("A cancellation on record, and a {} step.", words(step)),
        );
    }
    match step.status {
        StepStatus::Cancelled => unmet(
            "The step has been cancelled, so it cannot be finished.",
            format!("The {}, with the status cancelled.", words(step)),
        ),
        StepStatus::Proposed => unmet(
            "The step has not arrived yet, so it cannot be finished.",
            format!("The {}, only proposed.", words(step)),
        ),
        StepStatus::Completed => finished(question, step),
        StepStatus::Incoming | StepStatus::Started | StepStatus::Reopened => {
            match current(question, step) {
                Finding::Met => on_the_screen(question, step),
                other => other,
            }
        }
    }
}

/// What was judged must be what is on the screen of whoever presses Finish.
fn on_the_screen(question: &Question<'_>, step: &Step) -> Finding {
    let shown = question.attempt.and_then(|one| one.screen.as_deref());
    if screen(step, shown) != Screen::Older {
        return Finding::Met;
    }
    Finding::Unmet(Evidence {
        missing: "The step has changed since the screen was loaded on which Finish was pressed."
            .to_owned(),
        seen: format!(
            "Version `{}` of the {}, while the screen shows version `{}`.",
            step.version.as_deref().unwrap_or_default(),
            words(step),
            shown.unwrap_or_default()
        ),
        remedy: Some(
            "Load the step again, look at what has changed, then press Finish again.".to_owned(),
        ),
    })
}

/// A completed step may be judged as of the very Finish that completed it, not of a later one.
fn finished(question: &Question<'_>, step: &Step) -> Finding {
    let last = step.finished.iter().map(|finish| finish.at).max();
    match step.dates.completed.max(last) {
        Some(at) if at < question.at => unmet(
            "The step has been finished already.",
            format!(
                "The {}, finished on {}.",
                words(step),
                day(due::local_date(question.terms, at))
            ),
        ),
        _ => current(question, step),
    }
}

/// A step can be duplicated, copied or split; one of them is the episode's own (`Episode::step_of`).
fn current(question: &Question<'_>, step: &Step) -> Finding {
    match question.episode.step_of(step.stage) {
        Some(live) if live.id != step.id => unmet(
            "Another step of the same kind is the Learning Episode's own.",
            format!("The {}, as `{}`.", words(live), live.id),
        ),
        _ => Finding::Met,
    }
}

fn words(step: &Step) -> &'static str {
    step.stage.words()
}

/// What a hidden step would have shown first.
fn carried(stage: Stage) -> Fact {
    match stage {
        Stage::Practitioner => Fact::ReflectionLength,
        Stage::PracticeReview => Fact::Evaluation,
        Stage::SupervisorActions => Fact::ActionProgress,
        Stage::SignOff => Fact::Impact,
    }
}
