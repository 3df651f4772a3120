//! What does the practice review need before it is handed to the supervisor? (¶20–28)

use super::hand_over;
use super::words::{counted, day, listed, met_or, unmet};
use super::{Question, Rule, Trigger, parameter};
use crate::practice::decision::ReasonAbout;
use crate::practice::episode::{Role, Stage};
use crate::practice::fact::{Fact, Row};
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

const fn rule(
    code: &'static str,
    name: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    remedy: &'static str,
    check: super::Check,
) -> Rule {
    Rule {
        code,
        also: &[],
        name,
        paragraphs,
        title,
        stance: Stance::Block,
        when_unavailable: WhenUnavailable::AllowProvisional,
        remedy,
        asks: Role::PracticeReviewer,
        overridable: true,
        trigger: Trigger::AtFinish(&[Stage::PracticeReview], check),
    }
}

/// LE-20.1: Section 3 summarises the learning conversation.
pub const CONVERSATION: Rule = rule(
    "LE-20.1",
    "conversation-summarised",
    &[20],
    "Section 3 has a brief summary of the learning conversation",
    "Write the summary in Section 3, then press Finish again.",
    conversation,
);

/// LE-22.1: every component observed is rated.
pub const OBSERVATION: Rule = rule(
    "LE-22.1",
    "observation-rated",
    &[22],
    "Section 4 gives high, medium or low assurance for each component of good practice, or a waiver",
    "Rate each component in Section 4, or record why there was no observation, then press Finish again.",
    observation,
);

/// LE-23.1: people who have experienced practice are heard.
pub const FAMILY: Rule = rule(
    "LE-23.1",
    "family-heard",
    &[23],
    "There is feedback from somebody who has experienced practice, or a reason why not",
    "Record the feedback, or a reason for having none, then press Finish again.",
    family,
);

/// LE-24.1: a partner in the plan is heard.
pub const PARTNER: Rule = rule(
    "LE-24.1",
    "partner-heard",
    &[24],
    "There is feedback from at least one other partner in the plan, or a reason why not",
    "Record the feedback, or a reason for having none, then press Finish again.",
    partner,
);

/// LE-25.1: Section 6 is written and every area is rated.
pub const ANALYSIS: Rule = rule(
    "LE-25.1",
    "analysis-and-areas",
    &[25],
    "Section 6 has an analysis and high, medium or low assurance for each area of practice",
    "Complete Section 6, then press Finish again.",
    analysis,
);

/// LE-25.3: the overall evaluation is set.
pub const EVALUATION: Rule = rule(
    "LE-25.3",
    "evaluation-set",
    &[25],
    "The overall evaluation is set",
    "Set the overall evaluation, then press Finish again.",
    evaluation,
);

/// LE-26.1: the concluding meeting was held. A flag by default, since attendance is seldom visible.
pub const MEETING: Rule = Rule {
    stance: Stance::Flag,
    ..rule(
        "LE-26.1",
        "concluding-meeting-held",
        &[26],
        "The concluding meeting was held before the review is finished",
        "Record the date of the concluding meeting.",
        meeting,
    )
};

/// LE-26.3: each action has an owner and a timescale.
pub const ACTIONS: Rule = rule(
    "LE-26.3",
    "actions-agreed",
    &[26, 28],
    "Each agreed action has an owner and a timescale, or there is a reason for having none",
    "Give each action an owner and a timescale, or record why none is needed, then press Finish again.",
    actions,
);

/// LE-28.1: the work goes to the supervisor.
pub const TO_SUPERVISOR: Rule = rule(
    "LE-28.1",
    "handed-to-the-supervisor",
    &[28],
    "The practice review is handed to the supervisor, who is not the practice reviewer",
    "Choose the supervisor, or ask the QA manager to record another hand-over, then press Finish again.",
    to_supervisor,
);

fn conversation(question: &Question<'_>) -> Finding {
    let least = parameter::CONVERSATION.count(&question.terms.policy);
    match question.amount(Fact::ConversationLength) {
        Known::Is(0) if least > 0 => unmet(
            "The summary of the learning conversation is not written yet.",
            "An empty Section 3.",
        ),
        Known::Is(n) => met_or(
            n >= least,
            format!("The summary of the learning conversation is shorter than {least} characters."),
            format!("A summary of {n} characters in Section 3."),
        ),
        Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::ConversationLength, why),
    }
}

fn observation(question: &Question<'_>) -> Finding {
    let waiver = question.code(Fact::ObservationWaiver);
    let excused = waiver.value().is_some_and(|code| question.accepts(code));
    if excused || question.reason_given(ReasonAbout::NoObservation) {
        return Finding::Met;
    }
    let rows = match question.rows(Fact::Observation) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Observation, why),
    };
    let needed = parameter::COMPONENTS.count(&question.terms.policy);
    let rated = count(&rows, &["high", "medium", "low", "waived"]);
    let blank = rows.iter().any(|row| row.code == Known::Blank);
    if rated >= needed && !blank {
        return Finding::Met;
    }
    if let Some(why) = blind(&rows, |row| &row.code) {
        return Finding::CannotTell(Fact::Observation, why);
    }
    if let Known::Unreadable(why) = waiver {
        return Finding::CannotTell(Fact::ObservationWaiver, why);
    }
    unmet(
        "Not every component of good practice is rated in Section 4.",
        format!("{rated} of {} rated.", components(&rows, needed)),
    )
}

fn components(rows: &[Row], needed: u32) -> String {
    let there = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(needed);
    counted(i32::try_from(there).unwrap_or(i32::MAX), "component")
}

fn family(question: &Question<'_>) -> Finding {
    heard(
        question,
        Fact::FamilyFeedback,
        Fact::FamilyFeedbackReason,
        ReasonAbout::NoFamilyFeedback,
        "No feedback from a child, parent or carer is recorded, and no reason for having none.",
    )
}

fn partner(question: &Question<'_>) -> Finding {
    heard(
        question,
        Fact::PartnerFeedback,
        Fact::PartnerFeedbackReason,
        ReasonAbout::NoPartnerFeedback,
        "No feedback from a partner in the plan is recorded, and no reason for having none.",
    )
}

/// Feedback, or a reason: blocks become "say why", never "make something up".
fn heard(
    question: &Question<'_>,
    feedback: Fact,
    reason: Fact,
    about: ReasonAbout,
    missing: &str,
) -> Finding {
    let said = question.code(reason);
    let amount = question.amount(feedback);
    if matches!(amount, Known::Is(n) if n > 0)
        || said.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(about)
    {
        return Finding::Met;
    }
    match (amount, said) {
        (Known::Unreadable(why), _) => Finding::CannotTell(feedback, why),
        (_, Known::Unreadable(why)) => Finding::CannotTell(reason, why),
        (_, Known::Is(code)) => unmet(
            missing,
            format!("No feedback; the reason code `{code}` is not one that the policy accepts."),
        ),
        (_, Known::Blank) => unmet(missing, "No feedback and no reason code."),
    }
}

fn analysis(question: &Question<'_>) -> Finding {
    let length = question.amount(Fact::AnalysisLength);
    if length == Known::Is(0) {
        return unmet(
            "The analysis of quality and impact is not written yet.",
            "An empty analysis in Section 6.",
        );
    }
    let rows = match question.rows(Fact::Areas) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Areas, why),
    };
    let rated = count(&rows, &["high", "medium", "low"]);
    let there = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    if rated == 0 || rated < there {
        if let Some(why) = blind(&rows, |row| &row.code) {
            return Finding::CannotTell(Fact::Areas, why);
        }
        return unmet(
            "Not every area of practice is rated in Section 6.",
            format!("{rated} of {there} areas rated."),
        );
    }
    match length {
        Known::Unreadable(why) => Finding::CannotTell(Fact::AnalysisLength, why),
        Known::Is(_) | Known::Blank => Finding::Met,
    }
}

fn evaluation(question: &Question<'_>) -> Finding {
    match question.evaluation() {
        Known::Is(_) => Finding::Met,
        Known::Blank => unmet(
            "The overall evaluation is not set yet.",
            "No overall evaluation.",
        ),
        Known::Unreadable(why) => Finding::CannotTell(Fact::Evaluation, why),
    }
}

fn meeting(question: &Question<'_>) -> Finding {
    match question.day(Fact::FinalMeetingDate) {
        Known::Is(date) => met_or(
            date <= question.today(),
            "The concluding meeting has not been held yet.",
            format!("A concluding meeting on {}.", day(date)),
        ),
        Known::Blank => unmet(
            "No date of a concluding meeting is recorded.",
            "An empty meeting date.",
        ),
        Known::Unreadable(why) => Finding::CannotTell(Fact::FinalMeetingDate, why),
    }
}

fn actions(question: &Question<'_>) -> Finding {
    match question.rows(Fact::Actions) {
        Known::Is(rows) if rows.is_empty() => no_actions(question),
        Known::Is(rows) => agreed(&rows),
        Known::Blank => no_actions(question),
        Known::Unreadable(why) => match question.amount(Fact::ActionCount) {
            Known::Is(0) => no_actions(question),
            _ => Finding::CannotTell(Fact::Actions, why),
        },
    }
}

fn agreed(rows: &[Row]) -> Finding {
    let incomplete: Vec<String> = rows
        .iter()
        .filter(|row| row.owner == Known::Blank || row.due == Known::Blank)
        .map(|row| format!("`{}`", row.key))
        .collect();
    if !incomplete.is_empty() {
        return unmet(
            "Not every agreed action has an owner and a timescale.",
            format!(
                "No owner or no timescale for action {}.",
                listed(&incomplete)
            ),
        );
    }
    blind(rows, |row| &row.owner)
        .or_else(|| blind(rows, |row| &row.due))
        .map_or(Finding::Met, |why| Finding::CannotTell(Fact::Actions, why))
}

fn no_actions(question: &Question<'_>) -> Finding {
    let said = question.code(Fact::NoActionsReason);
    if said.value().is_some_and(|code| question.accepts(code))
        || question.reason_given(ReasonAbout::NoActions)
    {
        return Finding::Met;
    }
    match said {
        Known::Unreadable(why) => Finding::CannotTell(Fact::NoActionsReason, why),
        Known::Is(_) | Known::Blank => unmet(
            "No actions are agreed, and no reason is recorded for needing none.",
            "No agreed action.",
        ),
    }
}

fn to_supervisor(question: &Question<'_>) -> Finding {
    hand_over::to(question, Role::Supervisor, &[Role::PracticeReviewer])
}

/// How many different rows have one of these codes.
fn count(rows: &[Row], codes: &[&str]) -> u32 {
    let keys: std::collections::BTreeSet<&str> = rows
        .iter()
        .filter(|row| {
            row.code
                .value()
                .is_some_and(|code| codes.contains(&code.as_str()))
        })
        .map(|row| row.key.as_str())
        .collect();
    u32::try_from(keys.len()).unwrap_or(u32::MAX)
}

/// Why a cell of some row could not be read, if one could not.
pub(super) fn blind<T>(
    rows: &[Row],
    cell: impl Fn(&Row) -> &Known<T>,
) -> Option<crate::practice::known::Why> {
    rows.iter().find_map(|row| match cell(row) {
        Known::Unreadable(why) => Some(*why),
        Known::Is(_) | Known::Blank => None,
    })
}
