//! Which documents does a cycle have? What was frozen, and each certificate and assignment beside the one before it.
//!
//! A certificate is never written over. The first is kept as `certificate.json`, the next ones as `certificate-2.json`
//! and so on. Handed out, `certificate.json` is the one that stands, and the numbered ones are what stood before.

use crate::app::{App, AppFault};
use crate::practice::ids::CycleId;
use crate::sampling::{Assignment, Certificate, Exclusion, Frozen};

/// The names under which a cycle's documents are kept.
pub(super) const FRAME: &str = "frame.csv";
pub(super) const EXCLUSIONS: &str = "exclusions.json";
pub(super) const POLICY: &str = "policy.toml";
pub(super) const RECORD: &str = "freeze.json";
pub(super) const CERTIFICATE: &str = "certificate.json";
pub(super) const ASSIGNMENT: &str = "assignment.json";

/// The name of a document's version, from 1.
pub(super) fn numbered(name: &str, version: usize) -> String {
    match (name.strip_suffix(".json"), version) {
        (Some(stem), 2..) => format!("{stem}-{version}.json"),
        _ => name.to_owned(),
    }
}

/// Every version of a document, oldest first.
pub(super) async fn versions<C>(
    app: &App<C>,
    cycle: &CycleId,
    name: &str,
) -> Result<Vec<Vec<u8>>, AppFault> {
    let mut found = Vec::new();
    while let Some(bytes) = app
        .ledger
        .document(cycle, &numbered(name, found.len() + 1))
        .await?
    {
        found.push(bytes);
    }
    Ok(found)
}

/// Everything kept of a cycle, by the name of the file that it is handed out in.
///
/// # Errors
/// The ledger's fault.
pub async fn documents<C>(
    app: &App<C>,
    cycle: &CycleId,
) -> Result<Vec<(String, Vec<u8>)>, AppFault> {
    let mut found = Vec::new();
    for name in [FRAME, EXCLUSIONS, POLICY, RECORD] {
        let bytes = app.ledger.document(cycle, name).await?;
        found.extend(bytes.map(|bytes| (name.to_owned(), bytes)));
    }
    if let Ok(frozen) = frozen(app, cycle).await {
        // Its fingerprint was published, so it is handed out as what was hashed.
        found.push(("exclusions.csv".to_owned(), frozen.exclusions_csv()));
    }
    for name in [CERTIFICATE, ASSIGNMENT] {
        let mut all = versions(app, cycle, name).await?;
        let Some(last) = all.pop() else { continue };
        let stem = name.trim_end_matches(".json");
        let earlier = all.into_iter().zip(1..);
        found.extend(earlier.map(|(bytes, nth)| (format!("{stem}-{nth}.json"), bytes)));
        found.push((name.to_owned(), last));
    }
    Ok(found)
}

/// A cycle's frame as it was frozen.
pub(in crate::app) async fn frozen<C>(app: &App<C>, cycle: &CycleId) -> Result<Frozen, AppFault> {
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
        .map_err(|faults| super::refused("the kept frame cannot be read back", &faults))
}

/// A cycle's certificate as it stands now.
pub(in crate::app) async fn certificate<C>(
    app: &App<C>,
    cycle: &CycleId,
) -> Result<Certificate, AppFault> {
    let Some(bytes) = versions(app, cycle, CERTIFICATE).await?.pop() else {
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

/// Who moderates what in a cycle that was drawn; none before that.
///
/// # Errors
/// The ledger's fault.
pub async fn assignment<C>(app: &App<C>, cycle: &CycleId) -> Result<Option<Assignment>, AppFault> {
    let kept = versions(app, cycle, ASSIGNMENT).await?.pop();
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Whether a cycle's sample was drawn.
///
/// # Errors
/// The ledger's fault.
pub async fn is_drawn<C>(app: &App<C>, cycle: &CycleId) -> Result<bool, AppFault> {
    let certificate = app.ledger.document(cycle, CERTIFICATE).await?;
    Ok(certificate.is_some())
}
