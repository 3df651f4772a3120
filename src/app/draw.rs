//! How is the moderation sample drawn and handed over? Freeze, draw once, push (¶9).
//!
//! The frame is fixed and its hash known before any seed exists; a second draw of a cycle is refused (LE-09.4) unless
//! two people answer for it. What was frozen, drawn and amended is kept in the ledger, every certificate beside the one
//! before it, so that anybody can check it later.

mod amend;
mod documents;
mod freeze;
mod moderators;
mod push;

use jiff::Timestamp;

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::episode::Evaluation;
use crate::practice::ids::{CycleId, EpisodeId};
use crate::sampling::{Difference, Frozen, Grade, Published, Sample, SampleList, Seed};

pub use amend::{Amended, Superseding, TakenFurther, second_stage, substitute, supersede};
pub use documents::{assignment, documents, is_drawn};
pub(super) use documents::{certificate, frozen};
pub use freeze::{Foreseen, foresee, freeze};

use documents::{ASSIGNMENT, CERTIFICATE, EXCLUSIONS, FRAME, POLICY, RECORD, versions};

fn refused<F: std::fmt::Display>(what: &str, faults: &[F]) -> AppFault {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    AppFault::Refused(format!("{what}: {}", faults.join("; ")))
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

/// A drawn sample as it stands, as files to hand on.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The certificate, canonical JSON.
    pub certificate: Vec<u8>,
    /// The list as CSV.
    pub csv: Vec<u8>,
    /// The list as JSON.
    pub json: Vec<u8>,
    /// The episodes that are in the sample now.
    pub episodes: Vec<EpisodeId>,
}

/// Draws the frozen cycle with the dice thrown, once, and owes the list to the case system. Asked again with the same
/// dice it changes nothing and gives the sample as it stands.
///
/// # Errors
/// A refusal that says what to do, or the ledger's fault.
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
    let bytes = sample.certificate().canonical_bytes();
    match versions(app, cycle, CERTIFICATE).await?.first() {
        Some(first) if *first != bytes => {
            return Err(AppFault::Refused(format!(
                "cycle `{cycle}` has been drawn already, with another seed; a cycle is drawn once (LE-09.4). If that \
                 draw cannot stand, two people answer for another; see `greentick sample supersede --help`"
            )));
        }
        Some(_) => {}
        None => {
            app.ledger
                .keep_document(cycle, CERTIFICATE, &bytes, now)
                .await?;
        }
    }
    settle(app, cycle, &frozen, now).await
}

/// Carries out what the latest certificate says: moderators for what is new, flags, notes and the list. Whatever is
/// done already is not done again, so it may be asked at any time.
async fn settle<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    frozen: &Frozen,
    now: Timestamp,
) -> Result<Drawn, AppFault> {
    let certificate = certificate(app, cycle).await?;
    let assignment = moderators::assigned(app, cycle, &certificate, frozen, now).await?;
    let list = SampleList::of(&certificate, frozen.frame(), Some(&assignment));
    let drawn = Drawn {
        csv: list.to_csv(),
        json: list.to_json(),
        episodes: certificate.sample().map(EpisodeId::from).collect(),
        certificate: certificate.canonical_bytes(),
    };
    push::push(app, cycle, &certificate, &assignment, now).await?;
    Ok(drawn)
}

/// The sample of a cycle that was drawn, as it stands: what somebody was interrupted in is carried out first.
///
/// # Errors
/// A refusal if nothing was drawn, or the ledger's fault.
pub async fn standing<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    now: Timestamp,
) -> Result<Drawn, AppFault> {
    let frozen = frozen(app, cycle).await?;
    settle(app, cycle, &frozen, now).await
}

/// Recomputes a cycle's draw from everything that is kept of it. No difference means it verifies.
///
/// # Errors
/// A refusal if nothing was drawn, or the ledger's fault.
pub async fn check<C>(app: &App<C>, cycle: &CycleId) -> Result<Vec<Difference>, AppFault> {
    let kept = |name| app.ledger.document(cycle, name);
    let needed = |name: &'static str| async move {
        app.ledger.document(cycle, name).await?.ok_or_else(|| {
            AppFault::Refused(format!(
                "cycle `{cycle}` has no {name} on record; nothing was drawn"
            ))
        })
    };
    let certificate = certificate(app, cycle).await?.canonical_bytes();
    let (frame, policy) = (needed(FRAME).await?, needed(POLICY).await?);
    let (record, exclusions) = (kept(RECORD).await?, kept(EXCLUSIONS).await?);
    let assignment = versions(app, cycle, ASSIGNMENT).await?.pop();
    let mut published = Published::of(&frame, &policy, &certificate);
    published.record = record.as_deref();
    published.exclusions = exclusions.as_deref();
    published.assignment = assignment.as_deref();
    Ok(published.differences())
}
