//! How is the moderation sample drawn and handed over? Freeze, draw once, push (¶9).
//!
//! The frame is fixed and its hash known before any seed exists; a second draw of a cycle is refused
//! (LE-09.4). What was frozen and drawn is kept in the ledger, so that anybody can check it later.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::conflict::barred;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Evaluation, Role, Stage};
use crate::practice::ids::{CycleId, Digest, EpisodeId, WorkerId};
use crate::practice::known::Known;
use crate::practice::react::{Input, JournalLine, react};
use crate::practice::rules::differing::moved_from;
use crate::practice::wording;
use crate::sampling::{
    Assignment, Certain, Certificate, Difference, Exclusion, FrameRow, Frozen, Grade, Moderator,
    Name, Published, Sample, SampleList, SamplingPolicy, Seed, assign,
};

/// The names under which a cycle's documents are kept.
const FRAME: &str = "frame.csv";
const EXCLUSIONS: &str = "exclusions.json";
const POLICY: &str = "policy.toml";
const RECORD: &str = "freeze.json";
const CERTIFICATE: &str = "certificate.json";
const ASSIGNMENT: &str = "assignment.json";

/// Every document a cycle may have, with its file name.
pub const DOCUMENTS: [&str; 6] = [FRAME, EXCLUSIONS, POLICY, RECORD, CERTIFICATE, ASSIGNMENT];

/// Freezes a cycle's frame: every episode whose practice review is finished and whose record is not restricted; the
/// others are listed with their reason. Returns the record with the hashes to publish before the seed is thrown.
pub async fn freeze<C>(
    app: &App<C>,
    cycle: &CycleId,
    policy_file: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, AppFault> {
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
    let frozen = Frozen::freeze(cycle.as_str(), rows, exclusions, policy_file)
        .map_err(|faults| refused("the frame cannot be frozen", &faults))?;
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

fn refused<F: std::fmt::Display>(what: &str, faults: &[F]) -> AppFault {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    AppFault::Refused(format!("{what}: {}", faults.join("; ")))
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
        .ok_or("practice review not finished")?;
    let allocation = episode.allocation.as_ref().ok_or("not allocated")?;
    let name = |text: &str| Name::from(text);
    let moderated = episode.moderations.last();
    let evaluation = episode.evaluation();
    let disputed = moved_from(episode, |_| true).is_some()
        || episode.moderations.iter().any(|m| {
            Known::Is(m.grade) != evaluation
                || m.outcome != crate::practice::decision::ModerationOutcome::Agree
        });
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

/// An evaluation as files of the sample write it.
pub(super) fn grade(evaluation: Evaluation) -> Grade {
    match evaluation {
        Evaluation::Outstanding => Grade::Outstanding,
        Evaluation::Good => Grade::Good,
        Evaluation::RequiresImprovement => Grade::RequiresImprovement,
        Evaluation::Inadequate => Grade::Inadequate,
    }
}

/// A drawn sample, as files to hand on.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The certificate, canonical JSON.
    pub certificate: Vec<u8>,
    /// The list as CSV.
    pub csv: Vec<u8>,
    /// The list as JSON.
    pub json: Vec<u8>,
    /// What was left out of the frame, as the CSV whose hash is on the certificate.
    pub exclusions: Vec<u8>,
    /// The episodes drawn.
    pub episodes: Vec<EpisodeId>,
}

/// Draws the frozen cycle with the dice thrown, once, and owes the list to the case system.
pub async fn draw<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    dice: &str,
    now: Timestamp,
) -> Result<Drawn, AppFault> {
    let frozen = frozen(app, cycle).await?;
    let seed = Seed::from_dice(dice, cycle.as_str())
        .map_err(|fault| AppFault::Refused(fault.to_string()))?;
    let sample = Sample::draw(&frozen, &seed).map_err(|f| AppFault::Refused(f.to_string()))?;
    let certificate = sample.certificate();
    let bytes = certificate.canonical_bytes();
    if let Some(earlier) = app.ledger.document(cycle, CERTIFICATE).await? {
        if earlier != bytes {
            return Err(AppFault::Refused(format!(
                "cycle `{cycle}` has been drawn already, with another seed; a cycle is drawn once (LE-09.4)"
            )));
        }
    } else {
        app.ledger
            .keep_document(cycle, CERTIFICATE, &bytes, now)
            .await?;
    }
    let assignment = assigned(app, cycle, &certificate, &frozen, now).await?;
    let list = SampleList::of(&certificate, frozen.frame(), Some(&assignment));
    let drawn = Drawn {
        csv: list.to_csv(),
        json: list.to_json(),
        exclusions: frozen.exclusions_csv(),
        episodes: certificate.sample().map(EpisodeId::from).collect(),
        certificate: bytes,
    };
    push(app, cycle, &certificate, &drawn, now).await?;
    Ok(drawn)
}

/// Who moderates what (LE-09.3): settled once, among those who are of CSLT when the cycle is drawn, and kept.
async fn assigned<C>(
    app: &App<C>,
    cycle: &CycleId,
    certificate: &Certificate,
    frozen: &Frozen,
    now: Timestamp,
) -> Result<Assignment, AppFault> {
    if let Some(kept) = assignment(app, cycle).await? {
        return Ok(kept);
    }
    let people = &app.terms.people;
    let services: BTreeSet<&str> = frozen
        .frame()
        .rows()
        .iter()
        .map(|row| &*row.service)
        .collect();
    let holders = people.holders.iter().map(|holder| &holder.worker);
    let pool: Vec<Moderator> = holders
        .filter(|worker| people.holds(worker, Role::Cslt, now) && people.finds_self(worker, now))
        .map(|worker| {
            let own = services.iter().copied();
            let own = own.filter(|service| people.is_of_service(worker, service, now));
            Moderator {
                id: worker.to_string(),
                services: own.map(str::to_owned).collect(),
            }
        })
        .collect();
    let assignment = assign(certificate, frozen.frame(), frozen.policy(), &pool);
    let bytes = serde_json::to_vec(&assignment).unwrap_or_default();
    app.ledger
        .keep_document(cycle, ASSIGNMENT, &bytes, now)
        .await?;
    Ok(assignment)
}

/// Who moderates what in a cycle that was drawn; none before that.
pub async fn assignment<C>(app: &App<C>, cycle: &CycleId) -> Result<Option<Assignment>, AppFault> {
    let kept = app.ledger.document(cycle, ASSIGNMENT).await?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// A cycle's frame as it was frozen.
pub(super) async fn frozen<C>(app: &App<C>, cycle: &CycleId) -> Result<Frozen, AppFault> {
    let (Some(frame), Some(policy)) = (
        app.ledger.document(cycle, FRAME).await?,
        app.ledger.document(cycle, POLICY).await?,
    ) else {
        return Err(AppFault::Refused(format!(
            "cycle `{cycle}` is not frozen; run `greentick sample freeze {cycle}` and publish its hash first"
        )));
    };
    let excluded = app
        .ledger
        .document(cycle, EXCLUSIONS)
        .await?
        .unwrap_or_default();
    let exclusions: Vec<Exclusion> = serde_json::from_slice(&excluded).unwrap_or_default();
    Frozen::from_files(cycle.as_str(), &frame, exclusions, &policy)
        .map_err(|faults| refused("the kept frame cannot be read back", &faults))
}

/// Owes the flag and note on each episode's latest step, and the whole list once, where the case system has a
/// place for a list; where it has none, the flags and notes are the list.
async fn push<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    certificate: &Certificate,
    drawn: &Drawn,
    now: Timestamp,
) -> Result<(), AppFault> {
    let hash = Digest(certificate.hash());
    for (nth, id) in drawn.episodes.iter().enumerate() {
        app.ledger
            .react_one(id, now, |before| {
                let before = before?;
                let source = before.source.clone();
                let mut reaction = react(
                    Some(before),
                    id,
                    &source,
                    Input::TimePassed,
                    &app.terms,
                    now,
                );
                let cause = format!("sample/{cycle}");
                let effect = |level: &str, step, act| Effect {
                    key: format!("{id}/{cause}/{level}"),
                    source: source.clone(),
                    episode: Some(id.clone()),
                    step,
                    act,
                    rule: "LE-09.1".to_owned(),
                    cause: cause.clone(),
                    audience: vec![Role::Cslt],
                    due_at: now,
                    daily: false,
                };
                let step = Stage::ALL
                    .into_iter()
                    .rev()
                    .find_map(|stage| before.step_of(stage))
                    .map(|step| step.id.clone());
                let text = wording::sampled(id, cycle, &hash);
                if reaction
                    .after
                    .told
                    .insert(format!("{id}/{cause}/note"), now)
                    .is_none()
                {
                    let flag = "sampled".to_owned();
                    reaction
                        .owed
                        .push(effect("flag", step.clone(), Act::Flag { flag }));
                    reaction.owed.push(effect("note", step, Act::Note { text }));
                    if nth == 0 && app.case_system.can("sample_list") {
                        let mut list = effect(
                            "list",
                            None,
                            Act::SampleList {
                                cycle: cycle.to_string(),
                                episodes: drawn.episodes.clone(),
                                certificate: hash.clone(),
                            },
                        );
                        list.episode = None;
                        reaction.owed.push(list);
                    }
                    let body = json!({ "cycle": cycle, "certificate": hash });
                    reaction.said.push(JournalLine::new("sampled", body));
                }
                Some(reaction)
            })
            .await?;
    }
    Ok(())
}

/// A cycle's certificate as it stands now.
pub(super) async fn certificate<C>(app: &App<C>, cycle: &CycleId) -> Result<Certificate, AppFault> {
    let Some(bytes) = app.ledger.document(cycle, CERTIFICATE).await? else {
        return Err(AppFault::Refused(format!(
            "cycle `{cycle}` is not drawn yet; `greentick sample draw {cycle} --seed …` draws it"
        )));
    };
    Certificate::from_bytes(&bytes).map_err(|why| {
        AppFault::Refused(format!(
            "the certificate on record for `{cycle}` cannot be read: {why}"
        ))
    })
}

/// Whether a cycle's sample was drawn.
pub async fn is_drawn<C>(app: &App<C>, cycle: &CycleId) -> Result<bool, AppFault> {
    let certificate = app.ledger.document(cycle, CERTIFICATE).await?;
    Ok(certificate.is_some())
}

/// Recomputes a cycle's draw from everything that is kept of it. No difference means it verifies.
pub async fn check<C>(app: &App<C>, cycle: &CycleId) -> Result<Vec<Difference>, AppFault> {
    let kept = |name| app.ledger.document(cycle, name);
    let needed = |name: &'static str| async move {
        app.ledger.document(cycle, name).await?.ok_or_else(|| {
            AppFault::Refused(format!(
                "cycle `{cycle}` has no {name} on record; nothing was drawn"
            ))
        })
    };
    let (frame, policy) = (needed(FRAME).await?, needed(POLICY).await?);
    let certificate = needed(CERTIFICATE).await?;
    let (record, exclusions) = (kept(RECORD).await?, kept(EXCLUSIONS).await?);
    let assignment = kept(ASSIGNMENT).await?;
    let mut published = Published::of(&frame, &policy, &certificate);
    published.record = record.as_deref();
    published.exclusions = exclusions.as_deref();
    published.assignment = assignment.as_deref();
    Ok(published.differences())
}
