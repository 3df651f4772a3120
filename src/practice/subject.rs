//! Whom is a step about, and did that change because records were merged? (M20, M21, P23, P24)
//!
//! Within one case system a step keeps its subject, so the same step with another child most often means
//! that the two records became one. A list may show one child of a group step on each row, so what it shows
//! is asked after before it is believed; the case system's own word of a merge is not.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::ChildKey;
use super::news::Merge;
use super::sighting::{Road, Sighting};
use super::step::Step;

/// Which key a child has now, by the keys that were merged into it.
pub type Aliases = BTreeMap<ChildKey, ChildKey>;

/// What a sighting says of whom the step is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Merges that the case system itself names.
    pub said: Vec<Merge>,
    /// A merge that explains why the step has another child.
    pub inferred: Option<Merge>,
    /// The step has to be read by itself before any of this sighting is believed.
    pub look: bool,
}

/// Compares whom a step was about with whom it is about.
pub fn compared(held: Option<&Step>, seen: &Sighting, aliases: &Aliases) -> Subject {
    let mut subject = Subject::default();
    let Some(child) = seen.child.value() else {
        return subject;
    };
    let now = |key: &ChildKey| aliases.get(key).unwrap_or(key).clone();
    let merge = |from: &ChildKey, to: &ChildKey| Merge {
        from: from.clone(),
        to: to.clone(),
        at: seen.modified_at,
    };
    let fresh = seen.merged_from.iter().filter(|key| now(key) != now(child));
    subject.said = fresh.map(|from| merge(from, child)).collect();
    let before: BTreeSet<ChildKey> = held
        .iter()
        .flat_map(|step| &step.children)
        .map(now)
        .collect();
    let after: BTreeSet<ChildKey> = seen.siblings.iter().chain([child]).map(now).collect();
    let mut gone = before.difference(&after);
    let mut come = after.difference(&before);
    // One for one; anything else is a group that was put together differently.
    if let (Some(from), None, Some(to), None) = (gone.next(), gone.next(), come.next(), come.next())
        && !seen.merged_from.contains(from)
    {
        subject.look = seen.road != Road::Read;
        subject.inferred = Some(merge(from, to));
    }
    subject
}
