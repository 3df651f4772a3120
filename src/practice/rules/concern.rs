//! Does a concern about practice reach the Head and the operational manager, and do they have it? (¶7)
//!
//! What the concern is about is never asked: only that it was raised, when, and who has it.

use super::awaits::{Awaited, open_step};
use super::review::blind;
use super::words::{counted, day, listed, unmet};
use super::{Question, Rule, awaiting, due, flag, parameter};
use crate::practice::authority::holds;
use crate::practice::episode::{Evaluation, Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::{Known, Why};
use crate::practice::on_record::ConcernRaised;
use crate::practice::terms::Stance;
use crate::practice::verdict::Finding;

/// LE-07.2: low assurance is reason to think of a concern.
pub const CONSIDERED: Rule = Rule {
    stance: Stance::Notify,
    ..awaiting(
        "LE-07.2",
        "concern-considered-where-assurance-is-low",
        &[7],
        "Where assurance is low, a concern about practice is raised with the Head and the operational manager",
        "Talk with both about your concern, and record that with `raise_concern`. If you have none, you do not need to do anything.",
        considered,
    )
};

/// LE-07.3: whoever a concern goes to says that they have it.
pub const ACKNOWLEDGED: Rule = Rule {
    asks: Role::HeadOfService,
    ..awaiting(
        "LE-07.3",
        "concern-acknowledged",
        &[7],
        "The Head and the operational manager soon acknowledge a concern about practice",
        "Talk with the practice reviewer, and record `acknowledge_concern`. Whoever stands in for the Head may do so as well.",
        acknowledged,
    )
};

/// LE-07.4: nothing is Inadequate without a concern having been raised.
pub const BEFORE_INADEQUATE: Rule = Rule {
    stance: Stance::Block,
    ..flag(
        "LE-07.4",
        "concern-raised-before-inadequate",
        &[7],
        "An evaluation of Inadequate has been raised as a concern with the Head and the operational manager",
        "Talk with the Head and the operational manager, record that with `raise_concern`, then press Finish again.",
        before_inadequate,
    )
};

/// The roles to which a concern goes, as forms name them.
const BOTH: [(Role, &str); 2] = [
    (Role::HeadOfService, "head_of_service"),
    (Role::OperationalManager, "operational_manager"),
];

/// Whether a concern was put on record by a decision, which tells both.
fn was_raised(question: &Question<'_>) -> bool {
    let mut raised = question.episode.deeds.concerns_raised.iter();
    raised.any(|concern| question.on_record(concern.at))
}

fn considered<'a>(question: &Question<'a>) -> Awaited<'a> {
    let policy = &question.terms.policy;
    let cancelled = question.episode.cancelled.is_some();
    let step = open_step(question, Stage::PracticeReview).filter(|_| !cancelled);
    let Some(step) = step else {
        return Awaited::DoesNotApply;
    };
    let (mut low, mut unread) = (Vec::new(), None);
    for (fact, least, one) in [
        (Fact::Observation, parameter::LOW_COMPONENTS, "component"),
        (Fact::Areas, parameter::LOW_AREAS, "area"),
    ] {
        let least = least.days(policy);
        if least == 0 {
            continue;
        }
        match rated_low(question, fact) {
            Ok((count, _)) if count >= least => low.push(counted(count, one)),
            Ok((_, Some(why))) | Err(why) => unread = unread.or(Some((fact, why))),
            Ok((_, None)) => {}
        }
    }
    if low.is_empty() {
        return match unread {
            Some((fact, why)) => Awaited::CannotTell(fact, why),
            None => Awaited::DoesNotApply,
        };
    }
    if was_raised(question) || in_the_form(question) == Finding::Met {
        return Awaited::Met;
    }
    let changed = due::local_date(question.terms, step.last_seen);
    Awaited::since(
        changed,
        &policy.ladders.low_assurance,
        Stage::PracticeReview,
        "Assurance is low, and no concern about practice is raised.",
        format!(
            "Low assurance of {}; last changed on {}.",
            listed(&low),
            day(changed)
        ),
    )
    .once_an_opening()
}

/// How many rows of a fact are rated low, and why the others cannot all be told; or why none can.
fn rated_low(question: &Question<'_>, fact: Fact) -> Result<(i32, Option<Why>), Why> {
    let rows = match question.rows(fact) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(why) => return Err(why),
    };
    let is_low = |code: Option<&String>| code.is_some_and(|code| code == "low");
    let low = rows.iter().filter(|row| is_low(row.code.value())).count();
    let count = i32::try_from(low).unwrap_or(i32::MAX);
    Ok((count, blind(&rows, |row| &row.code)))
}

fn acknowledged<'a>(question: &Question<'a>) -> Awaited<'a> {
    let episode = question.episode;
    let over = episode.cancelled.is_some() || episode.deeds.closed.is_some();
    if over || episode.deeds.concerns_raised.is_empty() {
        return Awaited::DoesNotApply;
    }
    let asked = BOTH
        .iter()
        .map(|(role, _)| *role)
        .filter(|role| *role != Role::OperationalManager || has_operational_manager(question));
    let asked: Vec<Role> = asked.collect();
    let waits = episode.deeds.concerns_raised.iter().find_map(|concern| {
        let without = asked.iter().filter(|role| !has(question, concern, **role));
        let without: Vec<String> = without.map(|role| role.words().to_owned()).collect();
        (!without.is_empty()).then_some((concern, without))
    });
    let Some((concern, without)) = waits else {
        return Awaited::Met;
    };
    let raised = due::local_date(question.terms, concern.at);
    Awaited::since(
        raised,
        &question.terms.policy.ladders.concern,
        Stage::PracticeReview,
        "A concern about practice is not acknowledged yet.",
        format!(
            "Raised on {}; not acknowledged by the {}.",
            day(raised),
            without.join(" or the ")
        ),
    )
}

/// Whether somebody in this role has a concern: whoever holds both roles says it once.
fn has(question: &Question<'_>, concern: &ConcernRaised, role: Role) -> bool {
    let (episode, terms) = (question.episode, question.terms);
    let mut said = concern.acknowledged.iter();
    concern.has(role) || said.any(|one| holds(&one.by, role, one.at, Some(episode), terms))
}

/// Whether anybody is known to be the operational manager; where nobody is, the Head's word is enough.
fn has_operational_manager(question: &Question<'_>) -> bool {
    let (role, people) = (Role::OperationalManager, &question.terms.people);
    let allocation = question.episode.allocation.as_ref();
    let of_service = allocation.and_then(|one| people.of_service(&one.service, role, question.at));
    let all = people.in_force(role, question.at).unwrap_or_default();
    let named = question.episode.person(role);
    named.value().is_some() || of_service.is_some() || !all.is_empty()
}

fn before_inadequate(question: &Question<'_>) -> Finding {
    match question.evaluation() {
        Known::Is(Evaluation::Inadequate) if was_raised(question) => Finding::Met,
        Known::Is(Evaluation::Inadequate) => in_the_form(question),
        Known::Is(_) | Known::Blank => Finding::DoesNotApply,
        Known::Unreadable(why) => Finding::CannotTell(Fact::Evaluation, why),
    }
}

/// Whether the form says that a concern was raised, and with both. A form that does not ask with whom is believed.
fn in_the_form(question: &Question<'_>) -> Finding {
    let raised = match question.day(Fact::ConcernDate) {
        Known::Is(raised) => raised,
        Known::Blank | Known::Unreadable(Why::NotMapped) => {
            return unmet(
                "No concern about practice is raised with the Head and the operational manager.",
                "Evaluation Inadequate; no concern on record.",
            );
        }
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ConcernDate, why),
    };
    let told = match question.rows(Fact::ConcernTold) {
        Known::Is(rows) => rows,
        Known::Blank => Vec::new(),
        Known::Unreadable(Why::NotMapped) => return Finding::Met,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::ConcernTold, why),
    };
    let without = BOTH
        .iter()
        .filter(|(_, code)| told.iter().all(|row| row.key != *code));
    let without: Vec<String> = without.map(|(role, _)| role.words().to_owned()).collect();
    if without.is_empty() {
        return Finding::Met;
    }
    unmet(
        format!(
            "The concern about practice did not go to the {}.",
            without.join(" and the ")
        ),
        format!("A concern of {}.", day(raised)),
    )
}
