//! Who moderates what (LE-09.3)? Settled once for each episode, among those who are of CSLT when it comes into the
//! sample, and kept.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::documents::{ASSIGNMENT, CERTIFICATE, numbered, versions};
use crate::app::{App, AppFault};
use crate::practice::episode::Role;
use crate::practice::ids::CycleId;
use crate::sampling::{Assignment, Certificate, Frozen, Moderator, assign};

/// The assignment that goes with the certificate that stands. Whoever has an episode keeps it; what is new is given out.
pub(super) async fn assigned<C>(
    app: &App<C>,
    cycle: &CycleId,
    certificate: &Certificate,
    frozen: &Frozen,
    now: Timestamp,
) -> Result<Assignment, AppFault> {
    let version = versions(app, cycle, CERTIFICATE).await?.len();
    let mut kept = versions(app, cycle, ASSIGNMENT).await?;
    let is_current = kept.len() == version;
    let before: Option<Assignment> = kept
        .pop()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let (true, Some(before)) = (is_current, &before) {
        return Ok(before.clone());
    }
    let pool = pool(app, frozen, now);
    let (frame, policy) = (frozen.frame(), frozen.policy());
    let assignment = assign(certificate, frame, policy, &pool, before.as_ref());
    let bytes = serde_json::to_vec(&assignment).unwrap_or_default();
    // One for each certificate; if we were interrupted between two of them, they are the same.
    for missing in kept.len() + usize::from(before.is_some()) + 1..=version {
        let name = numbered(ASSIGNMENT, missing);
        app.ledger.keep_document(cycle, &name, &bytes, now).await?;
    }
    Ok(assignment)
}

/// Who can moderate, and what is their own.
fn pool<C>(app: &App<C>, frozen: &Frozen, now: Timestamp) -> Vec<Moderator> {
    let people = &app.terms.people;
    let rows = frozen.frame().rows().iter();
    let services: BTreeSet<&str> = rows.map(|row| &*row.service).collect();
    let holders = people.holders.iter().map(|holder| &holder.worker);
    holders
        .filter(|worker| people.holds(worker, Role::Cslt, now) && people.finds_self(worker, now))
        .map(|worker| {
            let own = services.iter().copied();
            let own = own.filter(|service| people.is_of_service(worker, service, now));
            Moderator {
                id: worker.to_string(),
                services: own.map(str::to_owned).collect(),
            }
        })
        .collect()
}
