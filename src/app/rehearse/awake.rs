//! When was nobody looking at the clock? Only what fell due and was said much later proves it.
//!
//! A quiet journal is no proof: on most days nothing falls due. So a spell is known by a message that should have
//! been said at its beginning, and was said at its end.

use jiff::{SignedDuration, Timestamp};

/// A message said so long after it fell due was said late.
pub(super) const PROMPT: SignedDuration = SignedDuration::from_mins(5);

/// Spells in which nobody looked, by their beginnings, not overlapping.
#[derive(Clone, Debug, Default)]
pub(super) struct Asleep(Vec<(Timestamp, Timestamp)>);

impl Asleep {
    /// Puts spells in order and joins those that overlap.
    pub(super) fn of(mut spells: Vec<(Timestamp, Timestamp)>) -> Self {
        spells.sort_unstable();
        let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, until) in spells {
            match joined.last_mut().filter(|last| from <= last.1) {
                Some(last) => last.1 = last.1.max(until),
                None => joined.push((from, until)),
            }
        }
        Self(joined)
    }

    /// When somebody looked who should have looked at `due`, UTC.
    pub(super) fn looked_at(&self, due: Timestamp) -> Timestamp {
        let after = self.0.partition_point(|(from, _)| *from <= due);
        let spell = after.checked_sub(1).and_then(|nth| self.0.get(nth));
        spell
            .filter(|(_, until)| due < *until)
            .map_or(due, |(_, until)| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_ends_where_the_last_one_that_overlaps_it_ends() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let asleep = Asleep::of(vec![(at(50), at(60)), (at(10), at(20)), (at(15), at(30))]);
        let looked = |due| asleep.looked_at(at(due)).as_second();
        assert_eq!(
            [5, 10, 19, 29, 30, 55, 61].map(looked),
            [5, 30, 30, 30, 30, 60, 61]
        );
    }
}
