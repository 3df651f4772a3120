//! Which episodes may be drawn? Every one whose practice review is finished and whose record is not restricted, fixed
//! before any seed exists; the others stand beside, each with its reason.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::documents::{EXCLUSIONS, FRAME, POLICY, RECORD};
use super::grade;
use crate::app::{App, AppFault};
use crate::practice::conflict::barred;
use crate::practice::deadlines::due_day;
use crate::practice::decision::ModerationOutcome;
use crate::practice::episode::{Episode, Stage};
use crate::practice::ids::{CycleId, EpisodeId, WorkerId};
use crate::practice::known::Known;
use crate::practice::rules::differing::moved_from;
use crate::sampling::{Certain, Exclusion, FrameRow, Frozen, Name, SamplingPolicy};

/// Why an unfinished episode is left out.
const NOT_FINISHED: &str = "practice review not finished";

/// What a freeze would fix, for whoever looks before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Episodes that could be drawn.
    pub framed: usize,
    /// The others, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// Of the others, reviews that are not finished and not yet due, with their completion dates: frozen now, they
    /// would stay outside this cycle's sample for ever.
    pub coming: Vec<(EpisodeId, Date)>,
}

/// Looks what a freeze would fix, and fixes nothing.
pub async fn foresee<C>(
    app: &App<C>,
    cycle: &CycleId,
    policy_file: &[u8],
    now: Timestamp,
) -> Result<Foreseen, AppFault> {
    let (rows, exclusions) = framed(app, cycle, policy_file, now).await?;
    let today = app.terms.calendar.local_date(now);
    let mut foreseen = Foreseen {
        framed: rows.len(),
        ..Foreseen::default()
    };
    for Exclusion { le_id, reason } in exclusions {
        let episode = app.ledger.episode(&EpisodeId(le_id)).await?;
        if let Some(episode) = episode.filter(|_| reason == NOT_FINISHED) {
            let (policy, calendar) = (&app.terms.policy, &app.terms.calendar);
            let due = due_day(&episode, Stage::PracticeReview, policy, calendar);
            let coming = due.filter(|due| *due >= today);
            foreseen.coming.extend(coming.map(|due| (episode.id, due)));
        }
        *foreseen.left_out.entry(reason).or_default() += 1;
    }
    Ok(foreseen)
}

/// Freezes a cycle's frame: every episode whose practice review is finished and whose record is not restricted; the
/// others are listed with their reason. Returns the record with the hashes to publish before the seed is thrown.
pub async fn freeze<C>(
    app: &App<C>,
    cycle: &CycleId,
    policy_file: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, AppFault> {
    let (rows, exclusions) = framed(app, cycle, policy_file, now).await?;
    let frozen = Frozen::freeze(cycle.as_str(), rows, exclusions, policy_file)
        .map_err(|faults| super::refused("the frame cannot be frozen", &faults))?;
    let record = frozen.record().canonical_bytes();
    let excluded = serde_json::to_vec(frozen.exclusions()).unwrap_or_default();
    let documents: [(&str, &[u8]); 4] = [
        (FRAME, &frozen.frame_csv()),
        (EXCLUSIONS, &excluded),
        (POLICY, policy_file),
        (RECORD, &record),
    ];
    for (name, bytes) in documents {
        app.ledger.keep_document(cycle, name, bytes, now).await?;
    }
    Ok(record)
}

/// The rows of a frame as it would be now, and what stands beside it.
async fn framed<C>(
    app: &App<C>,
    cycle: &CycleId,
    policy_file: &[u8],
    now: Timestamp,
) -> Result<(Vec<FrameRow>, Vec<Exclusion>), AppFault> {
    let episodes = app.ledger.episodes(Some(cycle)).await?;
    if episodes.is_empty() {
        return Err(AppFault::Refused(format!(
            "no episode of cycle `{cycle}` is on record"
        )));
    }
    let policy = SamplingPolicy::from_policy_file(policy_file)
        .map_err(|fault| AppFault::Refused(format!("the frame cannot be frozen: {fault}")))?;
    let since = since_moderated(app, cycle).await?;
    let mut rows = Vec::new();
    let mut exclusions = Vec::new();
    for episode in &episodes {
        match frame_row(app, episode, (policy.draw_restricted, now), &since) {
            Ok(row) => rows.push(row),
            Err(reason) => exclusions.push(Exclusion {
                le_id: episode.id.0.clone(),
                reason,
            }),
        }
    }
    Ok((rows, exclusions))
}

/// How many cycles ago each reviewer was last moderated by CSLT; whoever never was is not in it.
async fn since_moderated<C>(
    app: &App<C>,
    cycle: &CycleId,
) -> Result<BTreeMap<WorkerId, u32>, AppFault> {
    let cycles = app.ledger.cycles().await?;
    let mut since = BTreeMap::new();
    // Cycles are named so that they sort by time.
    let earlier = cycles.iter().rev().filter(|earlier| *earlier < cycle);
    for (ago, earlier) in (1..).zip(earlier) {
        for episode in app.ledger.episodes(Some(earlier)).await? {
            let moderated = !episode.deeds.sample_moderated.is_empty();
            if let Some(allocation) = episode.allocation.filter(|_| moderated) {
                since.entry(allocation.reviewer).or_insert(ago);
            }
        }
    }
    Ok(since)
}

/// One row of the frame, or the reason why the episode is not in it.
fn frame_row<C>(
    app: &App<C>,
    episode: &Episode,
    (draw_restricted, now): (bool, Timestamp),
    since: &BTreeMap<WorkerId, u32>,
) -> Result<FrameRow, String> {
    let review = episode.step_of(Stage::PracticeReview);
    if episode.cancelled.is_some() {
        return Err("cancelled".to_owned());
    }
    // Whoever is drawn to moderate it might not be allowed to open it.
    if episode.is_restricted() && !draw_restricted {
        return Err("record restricted".to_owned());
    }
    let finished = review
        .filter(|step| !step.status.is_open())
        .and_then(|step| step.finished.last())
        .ok_or(NOT_FINISHED)?;
    let allocation = episode.allocation.as_ref().ok_or("not allocated")?;
    let name = |text: &str| Name::from(text);
    let moderated = episode.moderations.last();
    let evaluation = episode.evaluation();
    let disputed = moved_from(episode, |_| true).is_some()
        || episode
            .moderations
            .iter()
            .any(|m| Known::Is(m.grade) != evaluation || m.outcome != ModerationOutcome::Agree);
    Ok(FrameRow {
        le_id: name(episode.id.as_str()),
        service: name(&allocation.service),
        reviewer: name(allocation.reviewer.as_str()),
        evaluation: evaluation.value().copied().map(grade),
        finished: finished.at,
        certain: Certain {
            disputed_moderation: disputed,
            below_standard: !episode.deeds.below_standard.is_empty(),
            conflict_override: allocation.conflict_reason.is_some()
                || !episode.overrides.is_empty(),
        },
        cycles_since_moderated: since.get(&allocation.reviewer).copied(),
        conflict: barred(episode, &app.terms.people, now)
            .iter()
            .map(|worker| name(worker.as_str()))
            .collect(),
        initial_moderator: moderated.map(|moderation| name(moderation.by.as_str())),
    })
}
