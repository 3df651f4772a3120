//! How is an input changed a little?

/// Numbers that look like chance, and are the same for the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 {
            0
        } else {
            (self.next() % end as u64) as usize
        }
    }
}

/// One of the kept inputs, changed one to eight times.
pub fn changed(kept: &[Vec<u8>], words: &[&str], chance: &mut Chance, longest: usize) -> Vec<u8> {
    let mut input = kept[chance.below(kept.len())].clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(input.len() + 1);
        let end = (at + chance_length(chance)).min(input.len());
        match chance.below(9) {
            0 if at < input.len() => input[at] ^= 1 << chance.below(8),
            1 if at < input.len() => input[at] = chance.next() as u8,
            2 => drop(input.drain(at..end)),
            3 | 4 if !words.is_empty() => {
                let word = words[chance.below(words.len())].as_bytes();
                input.splice(at..at, word.iter().copied());
            }
            5 if !words.is_empty() => {
                let word = words[chance.below(words.len())].as_bytes();
                input.splice(at..end, word.iter().copied());
            }
            6 => {
                let part = input[at..end].to_vec();
                for _ in 0..=chance.below(20) {
                    input.splice(at..at, part.iter().copied());
                }
            }
            7 => {
                let other = &kept[chance.below(kept.len())];
                let from = chance.below(other.len() + 1);
                let to = (from + chance_length(chance)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
            _ => input.insert(at, chance.next() as u8),
        }
        input.truncate(longest);
    }
    input
}

/// Mostly short, now and then long.
fn chance_length(chance: &mut Chance) -> usize {
    let most = [4, 16, 64, 2_000][chance.below(4)];
    chance.below(most)
}
