//! Did this Finish use its permit? Leave to press Finish is for one opening of one step, for what stood
//! when it was judged, and for a while.

use jiff::{SignedDuration, Timestamp};

use super::episode::{Episode, Finished, Permit, Step};
use super::judge::{earlier, own_fingerprint};
use super::rules::CLOCK_GRACE_SECONDS;
use super::verdict::Verdict;

/// Whether a permit covers an observed Finish of `step`. It happened at `finished.at`, or at some instant
/// since `earliest` if the case system does not stamp it; `verdict` is what the judge says of it now.
pub fn covers(
    permit: &Permit,
    episode: &Episode,
    step: &Step,
    finished: &Finished,
    earliest: Timestamp,
    verdict: &Verdict,
) -> bool {
    permit.leg == finished.leg
        && is_in_time(permit, finished, earliest)
        && (verdict.on == permit.on
            || only_earlier_forms_moved(permit, episode, step, finished, earliest))
}

fn is_in_time(permit: &Permit, finished: &Finished, earliest: Timestamp) -> bool {
    let grace = SignedDuration::from_secs(CLOCK_GRACE_SECONDS);
    let from = permit.judged_at.saturating_sub(grace);
    let until = permit.valid_until.saturating_add(grace);
    from.unwrap_or(permit.judged_at) <= finished.at
        && earliest <= until.unwrap_or(permit.valid_until)
}

/// An earlier step that was opened again and changed after the Finish, but before we saw it finished,
/// says nothing of what the permit was given on.
fn only_earlier_forms_moved(
    permit: &Permit,
    episode: &Episode,
    step: &Step,
    finished: &Finished,
    earliest: Timestamp,
) -> bool {
    let moved_since = |step: &Step| step.modified_at.unwrap_or(step.last_seen) >= earliest;
    permit.own == Some(own_fingerprint(episode, step, finished.at))
        && earlier(episode, step).any(moved_since)
}
