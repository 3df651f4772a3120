//! Which of the names that a mapping says is this one?

use super::document::small;

/// Names by number, from 1. Its size is set by the mapping, never by an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    /// By hash, open addressing; a power of two, at most a quarter full.
    slots: Vec<Slot>,
}

/// A name's number, or 0, and what tells it from nearly all others without looking at it.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u32,
    mark: Mark,
}

/// How long a name is, and its first and last bytes: up to [`WHOLE`] bytes that is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    length: usize,
    first: u64,
    last: u64,
}

const WHOLE: usize = 16;

impl Mark {
    fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let short = |four: [u8; 4]| u64::from(u32::from_le_bytes(four));
        let eights = bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>());
        let fours = bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>());
        let (first, last) = if let Some((first, last)) = eights {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let Some((first, last)) = fours {
            (short(*first), short(*last))
        } else {
            let all = bytes.iter();
            (all.fold(0, |sum, byte| (sum << 8) | u64::from(*byte)), 0)
        };
        Self {
            length: bytes.len(),
            first,
            last,
        }
    }

    /// The place at which to look first; the high bits of a product depend on all bits.
    fn hash(self) -> usize {
        let mixed = self.first ^ self.last.rotate_left(29) ^ (self.length as u64).rotate_left(48);
        let product = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(product >> 40).unwrap_or_default()
    }
}

impl Names {
    /// The number of a name; a new one if it is new.
    pub(super) fn add(&mut self, name: &str) -> u32 {
        match self.number(name) {
            0 => {}
            known => return known,
        }
        self.names.push(name.to_owned());
        self.slots = vec![Slot::default(); (self.names.len() * 4).next_power_of_two()];
        for (index, name) in self.names.iter().enumerate() {
            let mark = Mark::of(name);
            let (mut place, last) = (mark.hash(), self.slots.len() - 1);
            while let Some(slot) = self.slots.get_mut(place & last) {
                if slot.number == 0 {
                    let number = small(index + 1);
                    *slot = Slot { number, mark };
                    break;
                }
                place += 1;
            }
        }
        small(self.names.len())
    }

    /// The number of a name; 0 if the mapping does not say it.
    pub(super) fn number(&self, name: &str) -> u32 {
        let Some(last) = self.slots.len().checked_sub(1) else {
            return 0;
        };
        let mark = Mark::of(name);
        let mut place = mark.hash();
        while let Some(slot) = self.slots.get(place & last).filter(|slot| slot.number != 0) {
            if slot.mark == mark && (mark.length <= WHOLE || self.is(slot.number, name)) {
                return slot.number;
            }
            place += 1;
        }
        0
    }

    fn is(&self, number: u32, name: &str) -> bool {
        let known = self.names.get(number as usize - 1);
        known.is_some_and(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_whatever_their_length() {
        let letters = "abcdefghijklmnopqrstuvwxyz";
        let all = (0..=26).flat_map(|length| {
            let name = letters.get(..length).unwrap().to_owned();
            let middle = (0..length).map(move |at| {
                let mut other = letters.get(..length).unwrap().to_owned();
                other.replace_range(at..=at, "-");
                other
            });
            std::iter::once(name).chain(middle)
        });
        let all: Vec<String> = all.chain(["é".to_owned(), "\0".to_owned()]).collect();
        let mut names = Names::default();
        assert_eq!(names.number("a"), 0);
        for (index, name) in all.iter().enumerate() {
            assert_eq!(names.number(name), 0, "{name}");
            assert_eq!(names.add(name) as usize, index + 1, "{name}");
        }
        for (index, name) in all.iter().enumerate() {
            assert_eq!(names.number(name) as usize, index + 1, "{name}");
            assert_eq!(names.number(&format!("{name}+")), 0);
        }
    }
}
