//! Is an evaluation that needs the Head's moderation moderated in time? (¶8, ¶26, ¶27)

use jiff::SignedDuration;

use super::awaits::{Awaited, From, Missing, open_step};
use super::moderation::is_moderated;
use super::words::day;
use super::{Question, Rule, Trigger, due, parameter};
use crate::practice::decision::ModerationRequest;
use crate::practice::episode::{Evaluation, Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::standstill::answer_to;
use crate::practice::terms::{Stance, WhenUnavailable};
use crate::practice::verdict::{Evidence, Finding};

/// LE-08.3: whoever considers an extreme evaluation asks for its moderation.
pub const ASKED_FOR: Rule = Rule {
    code: "LE-08.3",
    also: &[],
    name: "moderation-asked-for",
    paragraphs: &[8],
    title: "Moderation is asked for while an evaluation of Outstanding or Inadequate is considered",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::Hold,
    remedy: "Talk with the Head of Service Practice and Learning, and ask for the initial moderation.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(asked_for),
};

/// LE-26.4: moderation comes before the concluding meeting.
pub const BEFORE_MEETING: Rule = Rule {
    code: "LE-26.4",
    also: &[],
    name: "moderated-before-the-concluding-meeting",
    paragraphs: &[26, 27],
    title: "An evaluation of Outstanding or Inadequate is moderated before the concluding meeting",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Have the evaluation moderated first, or move the meeting.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(before_meeting),
};

/// LE-27.2: a request for moderation is answered soon.
pub const ANSWERED: Rule = Rule {
    code: "LE-27.2",
    also: &[],
    name: "moderation-answered-soon",
    paragraphs: &[27],
    title: "A request for initial moderation is answered within a few working days",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::Hold,
    remedy: "Record the moderation, or let somebody do so in your place with `delegate`. The practice reviewer's clock stands still meanwhile, up to the policy's limit.",
    asks: Role::HeadOfService,
    overridable: true,
    trigger: Trigger::Awaits(answered),
};

/// An extreme evaluation in an open practice review, or why nothing is awaited.
fn considered<'a>(question: &Question<'a>) -> Result<Evaluation, Awaited<'a>> {
    if question.episode.cancelled.is_some() || open_step(question, Stage::PracticeReview).is_none()
    {
        return Err(Awaited::DoesNotApply);
    }
    match question.evaluation() {
        Known::Is(evaluation) if evaluation.is_extreme() => Ok(evaluation),
        Known::Is(_) | Known::Blank => Err(Awaited::DoesNotApply),
        Known::Unreadable(why) => Err(Awaited::CannotTell(Fact::Evaluation, why)),
    }
}

/// The last request, if it stands and nobody has answered it.
fn unanswered<'a>(question: &Question<'a>) -> Option<&'a ModerationRequest> {
    let request = question.episode.moderation_requests.last()?;
    answer_to(question.episode, request)
        .is_none()
        .then_some(request)
}

fn asked_for<'a>(question: &Question<'a>) -> Awaited<'a> {
    let evaluation = match considered(question) {
        Ok(evaluation) => evaluation,
        Err(awaited) => return awaited,
    };
    if is_moderated(question) == Finding::Met || unanswered(question).is_some() {
        return Awaited::Met;
    }
    let Some(step) = open_step(question, Stage::PracticeReview) else {
        return Awaited::DoesNotApply;
    };
    // An autosaved form may show half a choice, so it has to stand for a while.
    let stands = SignedDuration::from_mins(i64::from(
        parameter::NUDGE_MINUTES.days(&question.terms.policy),
    ));
    let at = step.last_seen.saturating_add(stands);
    Awaited::Missing(Missing {
        from: From::Instant(at.unwrap_or(step.last_seen)),
        ladder: &question.terms.policy.ladders.ask_moderation,
        stage: Stage::PracticeReview,
        evidence: Evidence {
            missing: "Initial moderation has not been asked for yet.".to_owned(),
            seen: format!("The evaluation considered is {}.", evaluation.words()),
            remedy: None,
        },
    })
}

fn before_meeting<'a>(question: &Question<'a>) -> Awaited<'a> {
    let evaluation = match considered(question) {
        Ok(evaluation) => evaluation,
        Err(awaited) => return awaited,
    };
    let meeting = match question.day(Fact::FinalMeetingDate) {
        Known::Is(meeting) => meeting,
        Known::Blank => return Awaited::DoesNotApply,
        Known::Unreadable(why) => return Awaited::CannotTell(Fact::FinalMeetingDate, why),
    };
    if is_moderated(question) == Finding::Met {
        return Awaited::Met;
    }
    let past = meeting < question.terms.calendar.local_date(question.at);
    let missing = if past {
        "The evaluation is not moderated yet, and the concluding meeting is over."
    } else {
        "The evaluation is not moderated yet, and the concluding meeting is near."
    };
    let awaited = Awaited::since(
        meeting,
        &question.terms.policy.ladders.moderate_first,
        Stage::PracticeReview,
        missing,
        format!("{}; meeting on {}.", evaluation.words(), day(meeting)),
    );
    if past {
        return awaited
            .by("Have the evaluation moderated now, and tell whoever was there what comes of it.");
    }
    awaited
}

fn answered<'a>(question: &Question<'a>) -> Awaited<'a> {
    if question.episode.moderation_requests.is_empty() {
        return Awaited::DoesNotApply;
    }
    let Some(request) = unanswered(question) else {
        return Awaited::Met;
    };
    if let Err(awaited) = considered(question)
        && !matches!(awaited, Awaited::CannotTell(..))
    {
        return Awaited::DoesNotApply;
    }
    let asked = due::local_date(question.terms, request.at);
    Awaited::since(
        asked,
        &question.terms.policy.ladders.moderation,
        Stage::PracticeReview,
        "A request for initial moderation has no answer yet.",
        format!("Asked for on {}.{}", day(asked), stands_in(question)),
    )
}

/// Who may answer in the Head's place for the time being: a delegate holds the Head's word, not the Head's role.
fn stands_in(question: &Question<'_>) -> String {
    let delegated = question.episode.deeds.delegated.iter();
    let now = delegated.filter(|one| one.from <= question.at && question.at < one.until);
    let said = now.map(|one| {
        let until = day(due::local_date(question.terms, one.until));
        format!(
            " Worker `{}` may record it in the Head's place, up to {until}.",
            one.to
        )
    });
    said.collect()
}
