//! The dice: twenty digits thrown before witnesses after the freeze, bound to the cycle they were thrown for.
//!
//! However the digits were typed, one spelling is hashed: four groups of five with single spaces, a bar, and the
//! cycle's id, as in `58213 90467 12298 40731|2026-C3`. Another spelling would be another draw, so there is only one.
//! Absent: any source of randomness. A program that throws its own dice can throw them again.

use std::fmt;

const DIGITS: usize = 20;
const GROUP: usize = 5;

/// The seed of one cycle's draw, in its one canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    text: String,
    bar: usize,
}

impl Seed {
    /// Binds twenty decimal digits, with spaces anywhere for reading, to a cycle.
    ///
    /// # Errors
    /// When there are not exactly twenty digits, when anything but digits and spaces was given, or when the
    /// cycle's id is empty, padded with spaces, or holds a bar or a control character.
    pub fn from_dice(dice: &str, cycle: &str) -> Result<Self, SeedFault> {
        let cycle_is_plain = !cycle.is_empty()
            && cycle.trim() == cycle
            && !cycle.chars().any(|c| c == '|' || c.is_control());
        if !cycle_is_plain {
            return Err(SeedFault::Cycle(cycle.to_owned()));
        }
        let mut text = String::new();
        let mut count = 0;
        for c in dice.chars().filter(|c| *c != ' ') {
            if !c.is_ascii_digit() {
                return Err(SeedFault::NotADigit(c));
            }
            if count > 0 && count % GROUP == 0 {
                text.push(' ');
            }
            text.push(c);
            count += 1;
        }
        if count != DIGITS {
            return Err(SeedFault::Count(count));
        }
        let bar = text.len();
        text.push('|');
        text.push_str(cycle);
        Ok(Self { text, bar })
    }

    /// Reads a seed back from a certificate, where only the canonical spelling is accepted.
    ///
    /// # Errors
    /// As [`Seed::from_dice`], and when the text is any other spelling of the same digits.
    pub fn from_certificate(text: &str) -> Result<Self, SeedFault> {
        let (dice, cycle) = text
            .split_once('|')
            .ok_or_else(|| SeedFault::Spelling(text.to_owned()))?;
        let seed = Self::from_dice(dice, cycle)?;
        if seed.text == text {
            Ok(seed)
        } else {
            Err(SeedFault::Spelling(text.to_owned()))
        }
    }

    /// The text that is hashed: `<dice in groups of five>|<cycle>`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The cycle this seed was thrown for.
    pub fn cycle(&self) -> &str {
        self.text.get(self.bar + 1..).unwrap_or_default()
    }
}

/// Why these digits are not a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedFault {
    /// So many digits, rather than twenty.
    Count(usize),
    /// Something that is neither a digit 0-9 nor a space.
    NotADigit(char),
    /// A cycle id that cannot be written after the bar without doubt.
    Cycle(String),
    /// A seed in a certificate that is not spelt canonically.
    Spelling(String),
}

impl fmt::Display for SeedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => {
                write!(
                    f,
                    "seed has {count} digits where {DIGITS} are needed; throw {DIGITS} ten-sided dice"
                )
            }
            Self::NotADigit(c) => {
                write!(
                    f,
                    "seed holds `{}`; give only the digits 0-9 and spaces",
                    c.escape_debug()
                )
            }
            Self::Cycle(cycle) => write!(
                f,
                "cycle id `{}` cannot be part of a seed; it must not be empty, padded or hold `|`",
                cycle.escape_debug()
            ),
            Self::Spelling(text) => write!(
                f,
                "seed `{}` is not in its one spelling; write four groups of five digits, `|`, the cycle id",
                text.escape_debug()
            ),
        }
    }
}

impl std::error::Error for SeedFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_typing_gives_one_spelling() {
        for typed in [
            "58213904671229840731",
            "58213 90467 12298 40731",
            " 5821 3904 6712 2984 0731  ",
        ] {
            let seed = Seed::from_dice(typed, "2026-C3").unwrap();
            assert_eq!(seed.as_str(), "58213 90467 12298 40731|2026-C3");
            assert_eq!(seed.cycle(), "2026-C3");
        }
    }

    #[test]
    fn what_is_not_a_seed_is_refused() {
        let good = "58213904671229840731";
        let cases = [
            ("5821390467122984073", "c", SeedFault::Count(19)),
            ("582139046712298407310", "c", SeedFault::Count(21)),
            ("", "c", SeedFault::Count(0)),
            ("5821390467122984073x", "c", SeedFault::NotADigit('x')),
            ("5821390467122984073٣", "c", SeedFault::NotADigit('٣')),
            ("58213-90467-12298-40731", "c", SeedFault::NotADigit('-')),
            (good, "", SeedFault::Cycle(String::new())),
            (good, "a|b", SeedFault::Cycle("a|b".into())),
            (good, " a", SeedFault::Cycle(" a".into())),
            (good, "a\nb", SeedFault::Cycle("a\nb".into())),
        ];
        for (dice, cycle, fault) in cases {
            assert_eq!(
                Seed::from_dice(dice, cycle),
                Err(fault),
                "{dice:?} {cycle:?}"
            );
        }
        assert!(Seed::from_certificate("58213 90467 12298 40731|2026-C3").is_ok());
        assert!(Seed::from_certificate("58213904671229840731|2026-C3").is_err());
        assert!(Seed::from_certificate("58213 90467 12298 40731").is_err());
    }
}
