//! What did a pass over the case system do?

use serde::Serialize;

use crate::ledger::QuarantineRow;

/// What a pass did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Mirrored {
    /// Pages read.
    pub pages: u32,
    /// Records read.
    pub seen: u64,
    /// Records that had not changed.
    pub unchanged: u64,
    /// Records older than what we hold; ignored, as those of a copy that lags are.
    pub stale: u64,
    /// Steps that are older than what we hold when read alone, too, and of which nothing proves that the case system
    /// itself went back; ignored.
    pub older: u64,
    /// Steps that went back to an older version, and are held as they are now (P19).
    pub returned: u64,
    /// Records that could not be read, each kept with its reason.
    pub quarantined: u64,
    /// Of these, the ones not met before, or for another reason.
    #[serde(skip)]
    pub set_aside: Vec<QuarantineRow>,
    /// Effects newly owed.
    pub owed: u64,
    /// Open steps that the list did not show, so that each was read by itself.
    pub looked_for: u64,
    /// Of these, steps that the case system does not find at all. Only a second sweep that does not
    /// find them either makes them deleted.
    pub missing: u64,
    /// Steps that would have to be believed deleted, but are too many at once to be: look at the
    /// case system, or at the mapping's paths.
    pub too_many_missing: u64,
    /// Merges of children's records newly taken in (P23).
    pub merged: u64,
    /// Merges not believed: they would make a loop, or contradict an earlier one.
    pub merges_refused: u64,
    /// Whether the pass came to the end of the feed.
    pub complete: bool,
    /// Why the case system is taken to have gone back in time, so that the feed is read from its beginning (P19).
    pub went_back: Option<String>,
}

impl Mirrored {
    /// Records that changed what we hold.
    pub fn changed(&self) -> u64 {
        self.seen.saturating_sub(self.unchanged + self.stale)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.pages += other.pages;
        self.seen += other.seen;
        self.unchanged += other.unchanged;
        self.stale += other.stale;
        self.older += other.older;
        self.returned += other.returned;
        self.quarantined += other.quarantined;
        self.set_aside.extend(other.set_aside.iter().cloned());
        self.owed += other.owed;
        self.looked_for += other.looked_for;
        self.missing += other.missing;
        self.too_many_missing += other.too_many_missing;
        self.merged += other.merged;
        self.merges_refused += other.merges_refused;
    }
}
