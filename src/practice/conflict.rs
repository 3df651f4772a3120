//! Who must not judge an episode, because it is their own work or their interest? And who may moderate it?

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::decision::ModerationOutcome;
use super::episode::{Episode, Evaluation, Role, Stage};
use super::ids::WorkerId;
use super::people::People;

/// Roles whose own episode it is; none of them moderates it (¶8, ¶9).
pub const CONCERNED: [Role; 4] = [
    Role::Practitioner,
    Role::PracticeReviewer,
    Role::Supervisor,
    Role::ServiceManager,
];

/// Why a worker must not judge this episode at `at`, UTC, as the end of a sentence: "`W-9`, …".
pub fn conflict(
    episode: &Episode,
    people: &People,
    worker: &WorkerId,
    at: Timestamp,
) -> Option<String> {
    let concerned = concerned(episode);
    let own = concerned.iter().find(|(_, one)| one == worker);
    if let Some((role, _)) = own {
        return Some(format!(
            "who is also the {} of this Learning Episode",
            role.words()
        ));
    }
    let declared = concerned
        .iter()
        .find(|(_, one)| people.conflict(worker, one, at));
    if let Some((role, _)) = declared {
        return Some(format!(
            "who has a declared conflict of interest with the {}",
            role.words()
        ));
    }
    let practitioner = concerned
        .iter()
        .filter(|(role, _)| *role == Role::Practitioner);
    if practitioner
        .into_iter()
        .any(|(_, one)| people.manages(worker, one, at))
    {
        return Some("who manages the practitioner".to_owned());
    }
    let service = episode.allocation.as_ref().map(|a| a.service.as_str());
    let of_service = service.is_some_and(|service| people.is_of_service(worker, service, at));
    of_service.then(|| "who answers for the service, or declared an interest in it".to_owned())
}

/// Why a worker must not moderate this drawn episode at `at`, UTC (LE-09.3): for any reason of [`conflict`], as the
/// reviewer's manager, or because they have moderated it once.
pub fn sample_conflict(
    episode: &Episode,
    people: &People,
    worker: &WorkerId,
    at: Timestamp,
) -> Option<String> {
    if let Some(why) = conflict(episode, people, worker, at) {
        return Some(why);
    }
    let concerned = concerned(episode);
    let mut reviewers = concerned
        .iter()
        .filter(|(role, _)| *role == Role::PracticeReviewer);
    if reviewers.any(|(_, one)| people.manages(worker, one, at)) {
        return Some("who manages the practice reviewer".to_owned());
    }
    let mut first = episode.moderations.iter();
    let moderated = first.any(|one| one.by == *worker);
    moderated.then(|| "who recorded its initial moderation".to_owned())
}

/// Everybody who must not moderate this drawn episode at `at`, UTC, of those whom it or the people file names.
pub fn barred(episode: &Episode, people: &People, at: Timestamp) -> BTreeSet<WorkerId> {
    let mut all: BTreeSet<WorkerId> = people.workers().cloned().collect();
    all.extend(concerned(episode).into_iter().map(|(_, worker)| worker));
    all.extend(episode.moderations.iter().map(|one| one.by.clone()));
    all.retain(|worker| sample_conflict(episode, people, worker, at).is_some());
    all
}

/// Everybody whose own work the episode is: as allocated, and as the steps are assigned.
fn concerned(episode: &Episode) -> Vec<(Role, WorkerId)> {
    let mut all = Vec::new();
    for role in CONCERNED {
        all.extend(episode.person(role).value().map(|one| (role, one.clone())));
    }
    for (role, stage) in [
        (Role::Practitioner, Stage::Practitioner),
        (Role::PracticeReviewer, Stage::PracticeReview),
    ] {
        let step = episode.step_of(stage);
        let assignee = step.and_then(|step| step.assignee.value());
        all.extend(assignee.map(|worker| (role, worker.clone())));
    }
    all
}

/// Whether the Head let this worker moderate this episode in their place at `at`, UTC.
fn is_delegate(episode: &Episode, worker: &WorkerId, at: Timestamp) -> bool {
    let mut all = episode.deeds.delegated.iter();
    all.any(|one| one.to == *worker && one.from <= at && at < one.until)
}

/// How often another evaluation than this one was advised, of the moderations before `before`, UTC, or of all.
pub fn times_advised_against(
    episode: &Episode,
    grade: Evaluation,
    before: Option<Timestamp>,
) -> usize {
    let against = episode.moderations.iter().filter(|one| {
        let in_time = before.is_none_or(|before| one.at < before);
        in_time && one.grade == grade && one.outcome == ModerationOutcome::Change
    });
    against.count()
}

/// Whether the practice reviewer and the moderator differed on what was moderated last, and again after it was asked
/// for once more; then CSLT decides (LE-27.5).
fn is_for_cslt(episode: &Episode, at: Timestamp) -> bool {
    let last = episode.moderations.iter().rfind(|one| one.at < at);
    last.is_some_and(|last| times_advised_against(episode, last.grade, Some(at)) > 1)
}

/// In which role a worker may moderate this episode at `at`, UTC: as Head of Service Practice and Learning or a
/// delegate; where every one of those is in conflict, or there is none, or where they have advised another evaluation
/// twice, as a member of CSLT.
///
/// # Errors
/// Why not, as the end of a sentence.
pub fn moderates(
    episode: &Episode,
    people: &People,
    worker: &WorkerId,
    at: Timestamp,
) -> Result<Role, String> {
    let head = Role::HeadOfService;
    let is_head = |one: &WorkerId| people.holds(one, head, at) || is_delegate(episode, one, at);
    let no_conflict = |one: &WorkerId| conflict(episode, people, one, at).is_none();
    let role = if is_head(worker) {
        head
    } else if people.holds(worker, Role::Cslt, at) {
        let holders = people.holders.iter().map(|holder| &holder.worker);
        let delegates = episode.deeds.delegated.iter().map(|one| &one.to);
        let mut free = holders
            .chain(delegates)
            .filter(|one| is_head(one) && people.finds_self(one, at));
        if !is_for_cslt(episode, at) && free.any(no_conflict) {
            return Err("who is of CSLT, while the Head or a delegate can moderate it".to_owned());
        }
        Role::Cslt
    } else {
        return Err("who did not hold that role on that day, nor stood in for it".to_owned());
    };
    match conflict(episode, people, worker, at) {
        Some(why) => Err(why),
        None => Ok(role),
    }
}
