//! What does the practitioner's step need before it is handed to the practice reviewer? (¶16–18)

use super::hand_over;
use super::words::{met_or, unmet};
use super::{Question, Rule, Trigger, parameter};
use crate::practice::episode::{Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-16.1: a brief reflection is written.
pub const REFLECTION: Rule = Rule {
    code: "LE-16.1",
    also: &[],
    name: "reflection-written",
    paragraphs: &[16],
    title: "The practitioner's step carries a brief reflection on the child's experience and progress",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Write the reflection in the practitioner's step, then press Finish again.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::Practitioner], reflection),
};

/// LE-17.1: the reviewer is told what the practitioner would like to focus on.
pub const FOCUS: Rule = Rule {
    code: "LE-17.1",
    also: &[],
    name: "focus-indicated",
    paragraphs: &[17],
    title: "The practitioner indicates a focus for the learning conversation",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Note in the practitioner's step what would be useful to focus on.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::Practitioner], focus),
};

/// LE-16.3: the step goes to the allocated practice reviewer.
pub const TO_REVIEWER: Rule = Rule {
    code: "LE-16.3",
    also: &[],
    name: "handed-to-the-reviewer",
    paragraphs: &[16, 18],
    title: "The practitioner's step is handed to the allocated practice reviewer",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Choose the allocated practice reviewer, or ask the QA manager to record another hand-over, then press Finish again.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::Practitioner], to_reviewer),
};

pub(super) fn reflection(question: &Question<'_>) -> Finding {
    let least = parameter::REFLECTION.count(&question.terms.policy);
    match question.amount(Fact::ReflectionLength) {
        Known::Is(0) if least > 0 => unmet(
            "The reflection on the child's experience and progress is not written yet.",
            "An empty reflection.",
        ),
        Known::Is(n) => met_or(
            n >= least,
            format!("The reflection is shorter than {least} characters."),
            format!("A reflection of {n} characters."),
        ),
        Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::ReflectionLength, why),
    }
}

pub(super) fn focus(question: &Question<'_>) -> Finding {
    match question.amount(Fact::FocusLength) {
        Known::Is(n) => met_or(
            n > 0,
            "The preferred focus for the learning conversation is not noted yet.",
            "An empty focus.",
        ),
        Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::FocusLength, why),
    }
}

fn to_reviewer(question: &Question<'_>) -> Finding {
    hand_over::to(question, Role::PracticeReviewer, &[Role::Practitioner])
}
