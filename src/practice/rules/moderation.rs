//! Has the Head moderated an evaluation of Outstanding or Inadequate before a manager gets it?
//!
//! ¶8 and ¶27 state one duty; it is one rule here, listed under both codes. An agreement counts for
//! one evaluation on one set of ratings by one reviewer: LE-27.1 asks whether it was given, LE-27.3
//! whether what was agreed to is still what stands in the form.

use super::differing::way_out;
use super::words::{day, unmet, unmet_but};
use super::{Question, Rule, Trigger, due};
use crate::practice::conflict::moderates;
use crate::practice::decision::{Moderation, ModerationOutcome};
use crate::practice::episode::{Evaluation, Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::{Known, Why};
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-27.1, also listed as LE-08.1: an extreme evaluation has the Head's agreement.
pub const AGREED: Rule = Rule {
    code: "LE-27.1",
    also: &["LE-08.1"],
    name: "moderation-before-extreme-evaluation",
    paragraphs: &[8, 27],
    title: "An overall evaluation of Outstanding or Inadequate has the Head's initial moderation",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::Hold,
    remedy: "Ask the Head of Service Practice and Learning to record it, then press Finish again.",
    asks: Role::HeadOfService,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::PracticeReview], agreed),
};

/// LE-27.3: what the Head agreed to is unchanged.
pub const UNCHANGED: Rule = Rule {
    code: "LE-27.3",
    also: &[],
    name: "moderated-matter-unchanged",
    paragraphs: &[27],
    title: "Evaluation, ratings and reviewer are still those that the Head agreed to",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::Hold,
    remedy: "Ask the Head of Service Practice and Learning to look at the change and record it again, then press Finish again.",
    asks: Role::HeadOfService,
    overridable: true,
    trigger: Trigger::AtFinish(&[Stage::PracticeReview], unchanged),
};

/// LE-08.2: no extreme evaluation reached a manager without moderation, by whatever road.
pub const REACHED_MANAGER: Rule = Rule {
    code: "LE-08.2",
    also: &[],
    name: "unmoderated-evaluation-reached-a-manager",
    paragraphs: &[8, 27],
    title: "An evaluation of Outstanding or Inadequate reaches a manager only after initial moderation",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::Hold,
    remedy: "Ask the Head of Service Practice and Learning to moderate it now; the QA manager can return the step meanwhile.",
    asks: Role::HeadOfService,
    overridable: true,
    trigger: Trigger::OnSighting(reached_manager),
};

/// Whether the evaluation, if extreme, has its moderation, and on what stands there now.
pub fn is_moderated(question: &Question<'_>) -> Finding {
    match agreed(question) {
        Finding::Met => unchanged(question),
        other => other,
    }
}

fn extreme(question: &Question<'_>) -> Result<Evaluation, Finding> {
    match question.evaluation() {
        Known::Is(evaluation) if evaluation.is_extreme() => Ok(evaluation),
        Known::Is(_) | Known::Blank => Err(Finding::DoesNotApply),
        Known::Unreadable(why) => Err(Finding::CannotTell(Fact::Evaluation, why)),
    }
}

fn agreed(question: &Question<'_>) -> Finding {
    let evaluation = match extreme(question) {
        Ok(evaluation) => evaluation,
        Err(finding) => return finding,
    };
    let eligible = eligible(question);
    let Some(latest) = eligible.last() else {
        return nobody_eligible(question, evaluation, &recorded(question));
    };
    let words = evaluation.words();
    let Some(ours) = last_for(&eligible, evaluation) else {
        return unmet(
            format!("The initial moderation is for another evaluation than {words}."),
            format!(
                "Moderated as {} on {}; the evaluation is now {words}.",
                latest.grade.words(),
                on(question, latest)
            ),
        );
    };
    if ours.outcome == ModerationOutcome::Agree {
        return Finding::Met;
    }
    let missing =
        format!("The initial moderation has not agreed to an overall evaluation of {words}.");
    let seen = format!("{} on {}.", outcome(ours), on(question, ours));
    match ours.outcome {
        ModerationOutcome::Change => unmet_but(
            missing,
            seen,
            format!(
                "{}. Then press Finish again.",
                way_out(question.episode, ours)
            ),
        ),
        ModerationOutcome::MoreEvidence => unmet_but(
            missing,
            seen,
            "Add the evidence and ask for moderation again, then press Finish again.",
        ),
        ModerationOutcome::Agree | ModerationOutcome::Withdrawn => unmet(missing, seen),
    }
}

/// The moderations that count, oldest first.
pub(super) fn eligible<'a>(question: &Question<'a>) -> Vec<&'a Moderation> {
    let recorded = recorded(question).into_iter();
    recorded
        .filter(|moderation| objection(question, moderation).is_none())
        .collect()
}

/// Of several moderations of one evaluation the last one counts.
fn last_for<'a>(eligible: &[&'a Moderation], evaluation: Evaluation) -> Option<&'a Moderation> {
    eligible
        .iter()
        .rev()
        .find(|moderation| moderation.grade == evaluation)
        .copied()
}

fn nobody_eligible(
    question: &Question<'_>,
    evaluation: Evaluation,
    recorded: &[&Moderation],
) -> Finding {
    let words = evaluation.words();
    let Some(last) = recorded.last() else {
        return unmet(
            format!("No initial moderation is recorded for an overall evaluation of {words}."),
            format!("Evaluation {words}; no moderation."),
        );
    };
    let why = objection(question, last).unwrap_or_default();
    unmet(
        format!(
            "The initial moderation of {words} is not one by the Head of Service Practice and Learning."
        ),
        format!(
            "Recorded on {} by `{}`, {why}.",
            on(question, last),
            last.by
        ),
    )
}

/// Why a moderation does not count, whatever it says.
fn objection(question: &Question<'_>, moderation: &Moderation) -> Option<String> {
    let people = &question.terms.people;
    moderates(question.episode, people, &moderation.by, moderation.at).err()
}

fn unchanged(question: &Question<'_>) -> Finding {
    let Ok(evaluation) = extreme(question) else {
        return Finding::DoesNotApply;
    };
    let Some(ours) = last_for(&eligible(question), evaluation) else {
        return Finding::DoesNotApply;
    };
    if ours.outcome != ModerationOutcome::Agree {
        return Finding::DoesNotApply;
    }
    if ours.on == question.episode.moderated_matter() {
        return Finding::Met;
    }
    for fact in [Fact::Observation, Fact::Areas] {
        // A mapping that never carried the ratings carried none when they were agreed to, either.
        if let Known::Unreadable(why) = question.rows(fact)
            && why != Why::NotMapped
        {
            return Finding::CannotTell(fact, why);
        }
    }
    unmet(
        "The ratings or the reviewer have changed since the initial moderation, so it needs confirming.",
        format!(
            "Moderated as {} on {}; the form has changed since.",
            ours.grade.words(),
            on(question, ours)
        ),
    )
}

fn reached_manager(question: &Question<'_>) -> Finding {
    match question.step.map(|step| step.stage) {
        Some(Stage::SupervisorActions | Stage::SignOff) => is_moderated(question),
        _ => Finding::DoesNotApply,
    }
}

/// The moderations on record by the instant judged for, oldest first.
fn recorded<'a>(question: &Question<'a>) -> Vec<&'a Moderation> {
    question
        .episode
        .moderations
        .iter()
        .filter(|moderation| question.on_record(moderation.at))
        .collect()
}

fn on(question: &Question<'_>, moderation: &Moderation) -> String {
    day(due::local_date(question.terms, moderation.at))
}

fn outcome(moderation: &Moderation) -> String {
    let words = match (moderation.outcome, moderation.instead) {
        (ModerationOutcome::Agree, _) => "Agreed",
        (ModerationOutcome::Change, Some(instead)) => {
            return format!("{} was advised instead", instead.words());
        }
        (ModerationOutcome::Change, None) => "Another evaluation was advised",
        (ModerationOutcome::MoreEvidence, _) => "More evidence was asked for",
        (ModerationOutcome::Withdrawn, _) => "The request was withdrawn",
    };
    words.to_owned()
}
