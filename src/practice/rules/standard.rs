//! Does whoever delivers the work hear of its faults before the Head does? (¶5)

use super::parameter::FIRST_INSTANCE_DAYS;
use super::words::{day, unmet};
use super::{Change, Rule, Trigger, due};
use crate::practice::decision::Decided;
use crate::practice::episode::{Role, Stage};
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::Finding;

/// LE-05.2: the practice reviewer is the first instance.
pub const FIRST_INSTANCE: Rule = Rule {
    code: "LE-05.2",
    also: &[],
    name: "practice-reviewer-hears-first",
    paragraphs: &[5],
    title: "The Head hears of work below the standard after the practice reviewer has, and has had time",
    stance: Stance::Block,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Tell the practice reviewer first with `below_standard`, or say why it cannot wait with `immediate`.",
    asks: Role::QaManager,
    overridable: false,
    trigger: Trigger::AtDecision(first_instance),
};

fn first_instance(change: &Change<'_>) -> Finding {
    let Decided::EscalateToHead { immediate, .. } = &change.decision.what else {
        return Finding::DoesNotApply;
    };
    let deeds = &change.episode.deeds;
    let to_reviewer = deeds.returned.iter();
    let returns = to_reviewer.filter(|returned| returned.to == Stage::PracticeReview);
    if *immediate || deeds.below_standard.len() > 1 || returns.count() > 1 {
        return Finding::Met;
    }
    let Some(first) = deeds.below_standard.first() else {
        return unmet(
            "The practice reviewer has not been told that the work is below the standard.",
            "No first instance is recorded.",
        );
    };
    let terms = change.terms;
    let days = FIRST_INSTANCE_DAYS.days(&terms.policy);
    let told = due::local_date(terms, first.at);
    let today = due::local_date(terms, change.decision.at);
    if due::between(terms, told, today) >= days {
        return Finding::Met;
    }
    unmet(
        format!("The practice reviewer has not had {days} working days since being told."),
        format!("Told on {}.", day(told)),
    )
}
