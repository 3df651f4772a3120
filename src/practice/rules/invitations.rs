//! Are the talks and meetings of an episode arranged in time? (¶11 to ¶14, ¶21)

use super::awaits::{Awaited, for_day, open_step};
use super::words::day;
use super::{Question, Rule, Trigger, due};
use crate::practice::decision::Allocation;
use crate::practice::episode::{Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::terms::{Stance, WhenUnavailable};

/// LE-11.1: the reviewer talks with the practitioner soon after the allocation.
pub const KICK_OFF: Rule = Rule {
    code: "LE-11.1",
    also: &[],
    name: "kick-off-talk-held",
    paragraphs: &[11],
    title: "The practice reviewer and the practitioner talk soon after the allocation",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Talk with the practitioner about the context, the components, the reflective writing and a routine practice event, and note the day.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(kick_off),
};

/// LE-12.2: the first learning conversation is arranged.
pub const CONVERSATION: Rule = Rule {
    code: "LE-12.2",
    also: &[],
    name: "learning-conversation-arranged",
    paragraphs: &[12],
    title: "Invitations to the first learning conversation go out soon after the allocation",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Invite the practitioner and the other workers agreed on, and note the day.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(conversation),
};

/// LE-13.2: the concluding meeting is arranged.
pub const CONCLUDING: Rule = Rule {
    code: "LE-13.2",
    also: &[],
    name: "concluding-meeting-arranged",
    paragraphs: &[13],
    title: "The practitioner and the supervisor are invited to the concluding meeting before the completion date",
    stance: Stance::Flag,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Invite the practitioner and the supervisor to a day before the completion date, and note when you did.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(concluding),
};

/// LE-14.1: the practice event is arranged.
pub const PRACTICE_EVENT: Rule = Rule {
    code: "LE-14.1",
    also: &[],
    name: "practice-event-arranged",
    paragraphs: &[14],
    title: "The practitioner invites the reviewer to the practice event by the first learning conversation",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Invite the practice reviewer to the agreed practice event, and note the day.",
    asks: Role::Practitioner,
    overridable: true,
    trigger: Trigger::Awaits(practice_event),
};

/// LE-21.1: the guidance on observing is offered before the event; whether it is opened is left to people.
pub const RESEARCH: Rule = Rule {
    code: "LE-21.1",
    also: &[],
    name: "guidance-offered-before-the-event",
    paragraphs: &[21],
    title: "The Research in Practice guidance is offered to the reviewer before the practice event",
    stance: Stance::Notify,
    when_unavailable: WhenUnavailable::AllowProvisional,
    remedy: "Read the Research in Practice guidance on the three components. Section 4 links to it.",
    asks: Role::PracticeReviewer,
    overridable: true,
    trigger: Trigger::Awaits(research),
};

/// Whether the review is still to be finished.
fn is_under_way(question: &Question<'_>) -> bool {
    let over = question.finished_at(Stage::PracticeReview).is_some();
    !over && question.episode.cancelled.is_none()
}

/// The allocation of an episode whose review is still to be finished.
fn under_way<'a>(question: &Question<'a>) -> Option<&'a Allocation> {
    let allocation = question.episode.allocation.as_ref();
    allocation.filter(|_| is_under_way(question))
}

fn kick_off<'a>(question: &Question<'a>) -> Awaited<'a> {
    let Some(allocation) = under_way(question) else {
        return Awaited::DoesNotApply;
    };
    if question.finished_at(Stage::Practitioner).is_some() {
        return Awaited::DoesNotApply;
    }
    for_day(question, Fact::KickoffTalkDate, || {
        Awaited::since(
            allocation.allocated_on,
            &question.terms.policy.ladders.kick_off,
            Stage::Practitioner,
            "No kick-off talk is noted.",
            format!("Allocated on {}.", day(allocation.allocated_on)),
        )
    })
}

fn conversation<'a>(question: &Question<'a>) -> Awaited<'a> {
    let Some(allocation) = under_way(question) else {
        return Awaited::DoesNotApply;
    };
    if matches!(question.fact(Fact::ConversationDate), Known::Is(_)) {
        return Awaited::Met;
    }
    for_day(question, Fact::ConversationInviteDate, || {
        Awaited::since(
            allocation.allocated_on,
            &question.terms.policy.ladders.conversation,
            Stage::PracticeReview,
            "No invitation to the first learning conversation is noted.",
            format!("Allocated on {}.", day(allocation.allocated_on)),
        )
    })
}

fn concluding<'a>(question: &Question<'a>) -> Awaited<'a> {
    let due_on = due::effective(question.episode, Stage::PracticeReview, question.terms);
    let (Some(due_on), true) = (due_on, is_under_way(question)) else {
        return Awaited::DoesNotApply;
    };
    if matches!(question.fact(Fact::FinalMeetingDate), Known::Is(_)) {
        return Awaited::Met;
    }
    for_day(question, Fact::FinalInviteDate, || {
        Awaited::since(
            due_on,
            &question.terms.policy.ladders.concluding,
            Stage::PracticeReview,
            "No invitation to the concluding meeting is noted.",
            format!("Completion date {}.", day(due_on)),
        )
    })
}

fn practice_event<'a>(question: &Question<'a>) -> Awaited<'a> {
    let met = question.day(Fact::ConversationDate);
    let (Known::Is(met), true) = (met, is_under_way(question)) else {
        return Awaited::DoesNotApply;
    };
    let observed = [Fact::ObservationDate, Fact::ObservationWaiver];
    if observed
        .into_iter()
        .any(|fact| matches!(question.fact(fact), Known::Is(_)))
    {
        return Awaited::Met;
    }
    for_day(question, Fact::EventInviteDate, || {
        Awaited::since(
            met,
            &question.terms.policy.ladders.practice_event,
            Stage::PracticeReview,
            "No invitation to a practice event is noted.",
            format!("First learning conversation on {}.", day(met)),
        )
    })
}

fn research<'a>(question: &Question<'a>) -> Awaited<'a> {
    let agreed = question.day(Fact::PracticeEventDate);
    let (Known::Is(event), Some(_)) = (agreed, open_step(question, Stage::PracticeReview)) else {
        return Awaited::DoesNotApply;
    };
    for_day(question, Fact::ResearchOpenedDate, || {
        Awaited::since(
            event,
            &question.terms.policy.ladders.research,
            Stage::PracticeReview,
            "The practice event is near.",
            format!("Agreed for {}.", day(event)),
        )
    })
}
