//! Which episode does a step belong to? Earlier binding, reference, links, allocation, in that order.

use super::ids::EpisodeId;
use super::known::Known;
use super::sighting::Sighting;

/// Begins the id of an episode that stands for one step until it is known where the step belongs.
const ALONE: &str = "unbound-";

/// What is known that could tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// The episode this step was bound to before.
    pub own: Option<EpisodeId>,
    /// The episodes of the steps it is linked to.
    pub linked: Vec<EpisodeId>,
    /// Allocated episodes with the same child and practitioner that have no step yet.
    pub allocated: Vec<EpisodeId>,
}

/// Whether an episode only stands for one step whose place is not known yet.
pub fn is_alone(id: &EpisodeId) -> bool {
    id.as_str().starts_with(ALONE)
}

/// The episode a step belongs to. A step that stands alone joins the first episode that fits later. Where two would do, none is guessed: it stands alone as
/// `unbound-<step>` until the QA manager binds it (LE-01.3).
pub fn bind(sighting: &Sighting, candidates: &Candidates) -> EpisodeId {
    if let Some(own) = candidates.own.as_ref().filter(|id| !is_alone(id)) {
        return own.clone();
    }
    if let Known::Is(reference) = &sighting.reference {
        return reference.clone();
    }
    let alone = EpisodeId(format!("{ALONE}{}", sighting.step));
    for several in [&candidates.linked, &candidates.allocated] {
        let mut distinct = several.clone();
        // A neighbour that stands alone itself tells nothing, and must not hide an allocation.
        distinct.retain(|id| !is_alone(id));
        distinct.sort_unstable();
        distinct.dedup();
        match distinct.as_slice() {
            [] => {}
            [one] => return one.clone(),
            _ => return alone,
        }
    }
    alone
}
