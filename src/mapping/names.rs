//! Which of the names that a mapping says is this one?

use super::document::small;

/// Names by number, from 1. Its size is set by the mapping, never by an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    /// Numbers by hash, open addressing; a power of two, at most a quarter full.
    slots: Vec<u32>,
}

impl Names {
    /// The number of a name; a new one if it is new.
    pub(super) fn add(&mut self, name: &str) -> u32 {
        match self.number(name) {
            0 => {}
            known => return known,
        }
        self.names.push(name.to_owned());
        self.slots = vec![0; (self.names.len() * 4).next_power_of_two()];
        for (index, name) in self.names.iter().enumerate() {
            let (mut slot, mask) = (hash(name), self.slots.len() - 1);
            while let Some(taken) = self.slots.get_mut(slot & mask) {
                if *taken == 0 {
                    *taken = small(index + 1);
                    break;
                }
                slot += 1;
            }
        }
        small(self.names.len())
    }

    /// The number of a name; 0 if the mapping does not say it.
    pub(super) fn number(&self, name: &str) -> u32 {
        let Some(mask) = self.slots.len().checked_sub(1) else {
            return 0;
        };
        let mut slot = hash(name);
        loop {
            match self.slots.get(slot & mask) {
                None | Some(0) => return 0,
                Some(number) => {
                    let known = self.names.get(*number as usize - 1);
                    if known.is_some_and(|known| known == name) {
                        return *number;
                    }
                }
            }
            slot += 1;
        }
    }
}

/// Its length and three of its bytes tell most names of a form apart.
fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let byte = |index: usize| bytes.get(index).copied().map_or(0, usize::from);
    let last = bytes.len().saturating_sub(1);
    (bytes.len() * 7)
        .wrapping_add(byte(0) * 31)
        .wrapping_add(byte(last / 2) * 101)
        .wrapping_add(byte(last) * 13)
}
