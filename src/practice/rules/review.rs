//! Is the practice review written and rated, and were people heard? (¶20, ¶23–25)

use super::words::{met_or, unmet};
use super::{Question, Rule, parameter};
use crate::practice::decision::ReasonAbout;
use crate::practice::episode::Evaluation;
use crate::practice::fact::{Fact, Row};
use crate::practice::known::{Known, Why};
use crate::practice::terms::Stance;
use crate::practice::verdict::Finding;

/// LE-25.2: the areas go with the evaluation. A prompt to read again, never another evaluation.
pub const PROFILE: Rule = super::flag(
    "LE-25.2",
    "areas-go-with-the-evaluation",
    &[25],
    "The ratings in Section 6 go with the overall evaluation",
    "Read Section 6 again beside the overall evaluation, and correct whichever is not as you mean it.",
    profile,
);

const fn rule(
    code: &'static str,
    name: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    remedy: &'static str,
    check: super::Check,
) -> Rule {
    Rule {
        stance: Stance::Block,
        ..super::flag(code, name, paragraphs, title, remedy, check)
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

fn family(question: &Question<'_>) -> Finding {
    heard(
        question,
        Fact::FamilyFeedback,
        Fact::FamilyFeedbackReason,
        ReasonAbout::NoFamilyFeedback,
        &["child", "parent_carer"],
        "No feedback from a child, parent or carer is recorded, and no reason for having none.",
    )
}

fn partner(question: &Question<'_>) -> Finding {
    heard(
        question,
        Fact::PartnerFeedback,
        Fact::PartnerFeedbackReason,
        ReasonAbout::NoPartnerFeedback,
        &["partner"],
        "No feedback from a partner in the plan is recorded, and no reason for having none.",
    )
}

/// Feedback, or a reason: blocks become "say why", never "make something up".
fn heard(
    question: &Question<'_>,
    feedback: Fact,
    reason: Fact,
    about: ReasonAbout,
    sources: &[&str],
    missing: &str,
) -> Finding {
    let said = question.code(reason);
    let amount = match question.amount(feedback) {
        // Some forms have one table of feedback, with its source, instead of a box for each.
        Known::Unreadable(Why::NotMapped) => by_source(question, sources),
        amount => amount,
    };
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

fn by_source(question: &Question<'_>, sources: &[&str]) -> Known<u32> {
    question.rows(Fact::Feedback).map(|rows| {
        let of = |row: &&Row| {
            row.code
                .value()
                .is_some_and(|code| sources.contains(&code.as_str()))
        };
        u32::try_from(rows.iter().filter(of).count()).unwrap_or(u32::MAX)
    })
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

fn profile(question: &Question<'_>) -> Finding {
    let evaluation = match question.evaluation() {
        Known::Is(Evaluation::RequiresImprovement) | Known::Blank => return Finding::DoesNotApply,
        Known::Is(evaluation) => evaluation,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Evaluation, why),
    };
    let rows = match question.rows(Fact::Areas) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Areas, why),
    };
    let policy = &question.terms.policy;
    let (high, low) = (count(&rows, &["high"]), count(&rows, &["low"]));
    let rated = count(&rows, &["high", "medium", "low"]);
    if rated == 0 {
        return Finding::DoesNotApply;
    }
    let percent = |part: u32| u64::from(part) * 100 / u64::from(rated);
    let at_odds = match evaluation {
        Evaluation::Outstanding => {
            percent(high) < u64::from(parameter::OUTSTANDING_HIGH.count(policy))
        }
        Evaluation::Good => percent(low) >= u64::from(parameter::GOOD_LOW.count(policy)),
        Evaluation::Inadequate => low == 0,
        Evaluation::RequiresImprovement => false,
    };
    let words = evaluation.words();
    met_or(
        !at_odds,
        format!("The ratings in Section 6 do not go with an evaluation of {words}."),
        format!("Evaluation {words}; {high} high and {low} low of {rated} rated."),
    )
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

/// How many different rows have one of these codes.
pub(super) fn count(rows: &[Row], codes: &[&str]) -> u32 {
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
pub(super) fn blind<T>(rows: &[Row], cell: impl Fn(&Row) -> &Known<T>) -> Option<Why> {
    rows.iter().find_map(|row| match cell(row) {
        Known::Unreadable(why) => Some(*why),
        Known::Is(_) | Known::Blank => None,
    })
}
