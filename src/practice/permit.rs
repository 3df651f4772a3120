//! Did this Finish use its permit? Leave to press Finish is for one opening of one step, for what its own
//! form and the decisions said when it was judged, and for a while.
//!
//! Absent on purpose: the forms of earlier steps. They may have changed after the Finish, or before it
//! without our having seen it, and whoever was given leave has pressed Finish rightly all the same. So it is with
//! the own form while the case system could not be read: leave was given for whatever it said.

use jiff::{SignedDuration, Timestamp};

use super::episode::{Episode, Finished, Permit, Step};
use super::judge::own_fingerprint;
use super::rules::CLOCK_GRACE_SECONDS;

/// Whether a permit covers an observed Finish of `step`. It happened at `finished.at`, or at some instant
/// since `earliest` if the case system does not stamp it.
pub fn covers(
    permit: &Permit,
    episode: &Episode,
    step: &Step,
    finished: &Finished,
    earliest: Timestamp,
) -> bool {
    let grace = SignedDuration::from_secs(CLOCK_GRACE_SECONDS);
    let from = permit.judged_at.saturating_sub(grace);
    let until = permit.valid_until.saturating_add(grace);
    // A stamp cut to the minute may lie before the very decisions that the permit was given on.
    let as_of = finished.at.max(permit.judged_at);
    permit.leg == finished.leg
        && from.unwrap_or(permit.judged_at) <= finished.at
        && earliest <= until.unwrap_or(permit.valid_until)
        && permit.own == Some(own_fingerprint(episode, step, as_of, !permit.unread))
}
