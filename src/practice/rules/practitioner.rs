//! What does the practitioner's step need before it is handed to the practice reviewer? (¶16–18)

use super::hand_over;
use super::words::{day, met_or, unmet};
use super::{Question, Rule, Trigger, due, flag, parameter};
use crate::practice::decision::ReasonAbout;
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

/// LE-16.2: handed over by the date agreed, ahead of the learning conversation.
pub const IN_TIME: Rule = Rule {
    asks: Role::Practitioner,
    trigger: Trigger::AtFinish(&[Stage::Practitioner], in_time),
    ..flag(
        "LE-16.2",
        "handed-over-by-the-agreed-date",
        &[16],
        "The practitioner's step is handed over by the date agreed, ahead of the first learning conversation",
        "Agree another date with the practice reviewer next time it cannot be kept.",
        in_time,
    )
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
    if waived(question) {
        return Finding::Met;
    }
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

/// The practitioner whose practice it was has left, and nobody else can reflect on it; the QA manager, or the Head,
/// put that on record.
fn waived(question: &Question<'_>) -> bool {
    question.episode.reasons.iter().any(|reason| {
        reason.about == ReasonAbout::NoReflection
            && question.on_record(reason.at)
            && question.accepts(&reason.reason)
            && question.answers_for(&reason.by, reason.at)
    })
}

fn in_time(question: &Question<'_>) -> Finding {
    let today = question.today();
    let agreed = question.day(Fact::AgreedDate);
    let held = question.day(Fact::ConversationDate);
    if let Known::Is(held) = held
        && today >= held
    {
        return unmet(
            "The practitioner's step was not handed over ahead of the learning conversation.",
            format!(
                "Finish on {}; a learning conversation on {}.",
                day(today),
                day(held)
            ),
        );
    }
    match agreed {
        Known::Is(agreed) => {
            let agreed = due::agreed_or_returned(question, agreed);
            met_or(
                today <= agreed,
                "The practitioner's step was not handed over by the agreed date.",
                format!("Agreed for {}; Finish on {}.", day(agreed), day(today)),
            )
        }
        Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::AgreedDate, why),
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
