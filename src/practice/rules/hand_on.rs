//! Does the work move on once it is done? (¶4, ¶16, ¶18, ¶28, ¶29)

use super::awaits::{Awaited, for_day, open_step};
use super::words::{counted, day};
use super::{Question, Rule, Trigger, due, practitioner};
use crate::practice::episode::{Presence, Role, Stage, StepStatus};
use crate::practice::fact::Fact;
use crate::practice::known::{Known, Why};
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-16.4: the practitioner's step is handed over by the agreed date. Its messages climb the stage's own ladder.
pub const BY_AGREED_DATE: Rule = Rule {
    code: "LE-16.4",
    also: &[],
    name: "practitioners-step-by-the-agreed-date",
    paragraphs: &[4, 16],
    title: "The practitioner's step is finished by the agreed date",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Finish the practitioner's step, or agree another date with the practice reviewer.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::ByTime(by_agreed_date),
};

/// LE-18.1: a step that is complete is finished.
pub const GREEN_TICK: Rule = Rule {
    code: "LE-18.1",
    also: &[],
    name: "complete-step-is-finished",
    paragraphs: &[18],
    title: "A practitioner's step that is complete is finished with the green tick",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Press the green tick, so that the step goes to the practice reviewer.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::Awaits(green_tick),
};

/// LE-18.2: a finished step makes the next one.
pub const NEXT_CREATED: Rule = Rule {
    code: "LE-18.2",
    also: &[],
    name: "practice-review-created",
    paragraphs: &[18],
    title: "A finished practitioner's step has led to a practice review",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Look in the case system whether the next action was chosen, and create the practice review.",
    asks: Role::QaManager,
    overridable: true,
    trigger: Trigger::Awaits(next_created),
};

/// LE-28.3: the supervisor takes the actions up.
pub const TAKEN_UP: Rule = Rule {
    code: "LE-28.3",
    also: &[],
    name: "actions-taken-into-supervision",
    paragraphs: &[28],
    title: "The supervisor starts the actions soon and carries them into supervision",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Start the step and take the actions into the next supervision session.",
    asks: Role::Supervisor,
    overridable: true,
    trigger: Trigger::Awaits(taken_up),
};

/// LE-29.6: actions are closed by their own timescales, after the sign-off too.
pub const LOOP_CLOSED: Rule = Rule {
    code: "LE-29.6",
    also: &[],
    name: "actions-closed-by-their-timescales",
    paragraphs: &[29],
    title: "After the sign-off, no agreed action stands open past its own timescale",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Talk about the action in supervision; its record stays as it was signed off.",
    asks: Role::Supervisor,
    overridable: true,
    trigger: Trigger::Awaits(loop_closed),
};

/// Status codes of an action that is done.
pub const DONE: [&str; 4] = ["done", "completed", "complete", "closed"];

fn by_agreed_date(question: &Question<'_>) -> Finding {
    if question.finished_at(Stage::Practitioner).is_some() {
        return Finding::Met;
    }
    let today = question.today();
    let paused = due::is_paused(question.episode, Stage::Practitioner, today, question.terms);
    let open = open_step(question, Stage::Practitioner).is_some();
    if question.episode.cancelled.is_some() || paused || !open {
        return Finding::DoesNotApply;
    }
    if let Known::Unreadable(why) = question.day(Fact::AgreedDate) {
        return Finding::CannotTell(Fact::AgreedDate, why);
    }
    let Some(agreed) = due::effective(question.episode, Stage::Practitioner, question.terms) else {
        return Finding::DoesNotApply;
    };
    let ladder = &question.terms.policy.ladders.practitioner;
    let first = ladder.iter().map(|rung| rung.working_days).min();
    let opens = first.map(|days| due::add(question.terms, agreed, days));
    if opens.is_none_or(|opens| today < opens) {
        return Finding::DoesNotApply;
    }
    let days = due::between(question.terms, today, agreed);
    let missing = if days < 0 {
        "The practitioner's step is not finished, and its agreed date has passed."
    } else {
        "The practitioner's step is still to be finished."
    };
    super::words::unmet(
        missing,
        format!(
            "Agreed for {}, {} {}.",
            day(agreed),
            counted(days.abs(), "working day"),
            if days < 0 { "ago" } else { "from now" }
        ),
    )
}

fn green_tick<'a>(question: &Question<'a>) -> Awaited<'a> {
    if question.finished_at(Stage::Practitioner).is_some() {
        return Awaited::Met;
    }
    let Some(step) = open_step(question, Stage::Practitioner) else {
        return Awaited::DoesNotApply;
    };
    if question.episode.cancelled.is_some() {
        return Awaited::DoesNotApply;
    }
    match practitioner::reflection(question) {
        Finding::Met => {}
        Finding::CannotTell(fact, why) => return Awaited::CannotTell(fact, why),
        _ => return Awaited::DoesNotApply,
    }
    if matches!(practitioner::focus(question), Finding::Unmet(_)) {
        return Awaited::DoesNotApply;
    }
    let since = due::local_date(question.terms, step.last_seen);
    Awaited::since(
        since,
        &question.terms.policy.ladders.green_tick,
        Stage::Practitioner,
        "The step is complete, and the green tick is not pressed.",
        format!("Last changed on {}.", day(since)),
    )
}

fn next_created<'a>(question: &Question<'a>) -> Awaited<'a> {
    let Some(finished) = question.finished_at(Stage::Practitioner) else {
        return Awaited::DoesNotApply;
    };
    if question.episode.cancelled.is_some() {
        return Awaited::DoesNotApply;
    }
    let later = [
        Stage::PracticeReview,
        Stage::SupervisorActions,
        Stage::SignOff,
    ];
    let mut steps = question.episode.steps.values();
    if steps.any(|step| later.contains(&step.stage)) {
        return Awaited::Met;
    }
    let on = due::local_date(question.terms, finished);
    Awaited::since(
        on,
        &question.terms.policy.ladders.not_created,
        Stage::PracticeReview,
        "The practitioner's step is finished, and no practice review has appeared.",
        format!("Finished on {}.", day(on)),
    )
}

fn taken_up<'a>(question: &Question<'a>) -> Awaited<'a> {
    let stage = Stage::SupervisorActions;
    if question.finished_at(stage).is_some() {
        return Awaited::Met;
    }
    let handed = question.finished_at(Stage::PracticeReview);
    let (Some(handed), Some(step)) = (handed, question.episode.step_of(stage)) else {
        return Awaited::DoesNotApply;
    };
    if question.episode.cancelled.is_some() {
        return Awaited::DoesNotApply;
    }
    if step.presence == Presence::Hidden {
        return Awaited::CannotTell(Fact::SupervisionDate, Why::Hidden);
    }
    let ladders = &question.terms.policy.ladders;
    let on = due::local_date(question.terms, handed);
    let seen = format!("The practice review was finished on {}.", day(on));
    if step.status == StepStatus::Incoming {
        let missing = "The supervisor's step is not started.";
        return Awaited::since(on, &ladders.supervision_start, stage, missing, seen);
    }
    for_day(question, Fact::SupervisionDate, || {
        let missing = "No supervision that carried the actions is noted.";
        Awaited::since(on, &ladders.supervision, stage, missing, seen)
    })
}

fn loop_closed<'a>(question: &Question<'a>) -> Awaited<'a> {
    if question.finished_at(Stage::SignOff).is_none() {
        return Awaited::DoesNotApply;
    }
    let agreed = match question.rows(Fact::Actions) {
        Known::Is(rows) => rows,
        Known::Blank => return Awaited::Met,
        Known::Unreadable(why) => return Awaited::CannotTell(Fact::Actions, why),
    };
    let progress = match question.rows(Fact::ActionProgress) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Awaited::CannotTell(Fact::ActionProgress, why),
    };
    let done = |key: &str| {
        let row = progress.iter().find(|row| row.key == key);
        row.and_then(|row| row.code.value())
            .is_some_and(|code| DONE.contains(&code.as_str()))
    };
    let open = agreed.iter().filter(|row| !done(&row.key));
    let dated = open.filter_map(|row| Some((*row.due.value()?, row.key.as_str())));
    let Some((due_on, key)) = dated.min() else {
        return Awaited::Met;
    };
    Awaited::since(
        due_on,
        &question.terms.policy.ladders.open_actions,
        Stage::SupervisorActions,
        "An agreed action is open past its own timescale.",
        format!("Action `{key}`, by {}.", day(due_on)),
    )
}
