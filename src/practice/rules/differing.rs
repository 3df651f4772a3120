//! What becomes of an evaluation where the moderator would give another, or where it moves before it is moderated? (¶27)
//!
//! Nobody's evaluation is changed for them: the practice reviewer takes the moderator's, asks once more, or CSLT decides.

use jiff::Timestamp;

use super::awaits::{Awaited, open_step};
use super::moderation::eligible;
use super::words::{day, unmet};
use super::{Question, Rule, awaiting, due, flag};
use crate::practice::admit::open_request;
use crate::practice::conflict::times_advised_against;
use crate::practice::decision::{Moderation, ModerationOutcome};
use crate::practice::episode::{Episode, Evaluation, Role, Stage};
use crate::practice::fact::Fact;
use crate::practice::known::Known;
use crate::practice::terms::WhenUnavailable;
use crate::practice::verdict::Finding;

/// LE-27.4: an evaluation that leaves the extremes after moderation was asked for may be finished, and is looked at.
pub const MOVED: Rule = Rule {
    asks: Role::HeadOfService,
    when_unavailable: WhenUnavailable::Hold,
    ..flag(
        "LE-27.4",
        "evaluation-kept-once-moderation-was-asked-for",
        &[27],
        "An evaluation for which moderation was asked is not moved to one that needs none",
        "Talk with the practice reviewer about the change. Nothing is held, and CSLT's sample has it for certain.",
        moved,
    )
};

/// LE-27.5: where the moderator would give another evaluation, it comes to an end.
pub const SETTLED: Rule = Rule {
    when_unavailable: WhenUnavailable::Hold,
    ..awaiting(
        "LE-27.5",
        "difference-with-the-moderator-settled",
        &[27],
        "Where the moderator would give another evaluation, the practice reviewer takes it, asks once more, or CSLT decides",
        "Take the moderator's evaluation, or ask for moderation once more with more evidence.",
        settled,
    )
};

/// The last extreme evaluation for which moderation was asked or given, and when, UTC, if what stands now needs none and
/// is not what the moderator would have given. `by` leaves out what was decided too late to count.
pub fn moved_from(
    episode: &Episode,
    by: impl Fn(Timestamp) -> bool,
) -> Option<(Evaluation, Timestamp)> {
    let now = episode.evaluation();
    let now = *now.value().filter(|now| !now.is_extreme())?;
    let requests = episode.moderation_requests.iter();
    let requests = requests.filter_map(|request| Some((request.grade?, request.at)));
    let given = episode.moderations.iter().map(|one| (one.grade, one.at));
    let last = requests.chain(given).filter(|(_, at)| by(*at));
    let last = last
        .filter(|(grade, _)| grade.is_extreme())
        .max_by_key(|(_, at)| *at)?;
    let advised = episode.moderations.iter().rfind(|one| by(one.at));
    let taken = advised.is_some_and(|one| one.instead == Some(now));
    (!taken).then_some(last)
}

fn moved(question: &Question<'_>) -> Finding {
    let by = |at| question.on_record(at);
    let mut requests = question.episode.moderation_requests.iter();
    let mut given = question.episode.moderations.iter();
    let extreme = requests.any(|one| by(one.at) && one.grade.is_some_and(Evaluation::is_extreme))
        || given.any(|one| by(one.at) && one.grade.is_extreme());
    let now = match question.evaluation() {
        _ if !extreme => return Finding::DoesNotApply,
        Known::Unreadable(why) => return Finding::CannotTell(Fact::Evaluation, why),
        Known::Blank => return Finding::DoesNotApply,
        Known::Is(now) => now,
    };
    let Some((from, at)) = moved_from(question.episode, by) else {
        return Finding::Met;
    };
    let on = day(due::local_date(question.terms, at));
    unmet(
        format!(
            "The evaluation was moved from {} to {} after moderation was asked for.",
            from.words(),
            now.words()
        ),
        format!("Moderation of {}, {on}.", from.words()),
    )
}

fn settled<'a>(question: &Question<'a>) -> Awaited<'a> {
    let eligible = eligible(question);
    let is_against = |one: &&Moderation| one.outcome == ModerationOutcome::Change;
    let open = open_step(question, Stage::PracticeReview).is_some();
    let last = eligible
        .last()
        .filter(|_| open && question.episode.cancelled.is_none());
    let Some(last) = last.copied().filter(|_| eligible.iter().any(is_against)) else {
        return Awaited::DoesNotApply;
    };
    let now = match question.evaluation() {
        Known::Is(now) => now,
        Known::Blank => return Awaited::DoesNotApply,
        Known::Unreadable(why) => return Awaited::CannotTell(Fact::Evaluation, why),
    };
    // Of one who did not say what instead, anything else is an answer.
    let is_taken = last
        .instead
        .map_or(now != last.grade, |instead| instead == now);
    if !is_against(&last) || is_taken {
        return Awaited::Met;
    }
    // What was asked for anew waits for the moderator (LE-27.2).
    if open_request(question.episode) {
        return Awaited::DoesNotApply;
    }
    let on = due::local_date(question.terms, last.at);
    let missing = match last.instead {
        Some(instead) => format!(
            "The moderator would give {}, and the evaluation is {}.",
            instead.words(),
            now.words()
        ),
        None => format!(
            "The moderator would give another evaluation than {}.",
            now.words()
        ),
    };
    Awaited::since(
        on,
        &question.terms.policy.ladders.differing,
        Stage::PracticeReview,
        missing,
        format!("Moderated on {}.", day(on)),
    )
    .by(way_out(question.episode, last) + ".")
}

/// What can be done about a moderation that advised another evaluation: a sentence without its full stop.
pub(in crate::practice) fn way_out(episode: &Episode, last: &Moderation) -> String {
    let take = match last.instead {
        Some(instead) => format!("Take the moderator's evaluation, {}", instead.words()),
        None => "Take the moderator's evaluation".to_owned(),
    };
    if times_advised_against(episode, last.grade, None) > 1 {
        format!("{take}, or have CSLT decide by recording a moderation")
    } else {
        format!("{take}, or ask for moderation once more with more evidence")
    }
}
