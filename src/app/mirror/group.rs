//! Is this one step, shown once for each of its children? A view that has a row for each person shows a step
//! of three siblings three times (P24).

use crate::practice::sighting::Sighting;

/// Makes one sighting of those that differ in their child alone, and keeps the further children as siblings.
pub(super) fn joined(sightings: Vec<Sighting>) -> Vec<Sighting> {
    let mut kept: Vec<Sighting> = Vec::with_capacity(sightings.len());
    for sighting in sightings {
        let before = kept.last_mut().filter(|one| is_same(one, &sighting));
        match (before, sighting.child.value()) {
            (Some(one), Some(child)) if one.child.value() != Some(child) => {
                if !one.siblings.contains(child) {
                    one.siblings.push(child.clone());
                }
            }
            _ => kept.push(sighting),
        }
    }
    kept
}

/// Rows of one step stand together, and say the same of it but for the child.
fn is_same(one: &Sighting, other: &Sighting) -> bool {
    one.step == other.step
        && one.child.value().is_some()
        && Sighting {
            child: one.child.clone(),
            siblings: one.siblings.clone(),
            ..other.clone()
        } == *one
}
