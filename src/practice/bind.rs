//! Which episode does a step belong to? Earlier binding, reference, links, allocation, child and
//! cycle, in that order.

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
    /// Live episodes of the same child and cycle that still lack a step of this stage.
    pub mates: Vec<EpisodeId>,
}

/// Whether an episode only stands for one step whose place is not known yet.
pub fn is_alone(id: &EpisodeId) -> bool {
    id.as_str().starts_with(ALONE)
}

/// Where a step belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The episode; one that stands for this step alone if none is certain.
    pub episode: EpisodeId,
    /// Those that would do, where more than one would.
    pub between: Vec<EpisodeId>,
}

/// The episode a step belongs to. A step that stands alone joins the first episode that fits later. Where
/// two would do, none is guessed: it stands alone as `unbound-<step>` until its form says which (LE-01.3).
pub fn bind(sighting: &Sighting, candidates: &Candidates) -> Bound {
    let certain = |episode: &EpisodeId| Bound {
        episode: episode.clone(),
        between: Vec::new(),
    };
    if let Some(own) = candidates.own.as_ref().filter(|id| !is_alone(id)) {
        return certain(own);
    }
    if let Known::Is(reference) = &sighting.reference {
        return certain(reference);
    }
    let alone = EpisodeId(format!("{ALONE}{}", sighting.step));
    for several in [&candidates.linked, &candidates.allocated, &candidates.mates] {
        let mut distinct = several.clone();
        // A neighbour that stands alone itself tells nothing, and must not hide an allocation.
        distinct.retain(|id| !is_alone(id));
        distinct.sort_unstable();
        distinct.dedup();
        match distinct.as_slice() {
            [] => {}
            [one] => return certain(one),
            _ => {
                return Bound {
                    episode: alone,
                    between: distinct,
                };
            }
        }
    }
    certain(&alone)
}
