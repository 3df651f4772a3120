//! The ticket: a number that only the dice and an episode's own id decide, so nobody else's arrival can change it.
//!
//! This is Rivest's consistent sampling. With `h` the SHA-256 of the seed in hexadecimal, the ticket of an id is
//! SHA-256(`h` then id) as a whole number, written in decimal (zeros in front up to 64 digits), **the digits
//! reversed**, after `0.`. Tickets are compared as text; the smallest is drawn first. The reversal is deliberate:
//! the leading digits of such a number are not evenly spread, the trailing ones are.
//!
//! A million tickets are put in order without writing one out. Two reversed decimals are first told apart by
//! their first digits, which are the *last* digits of the whole numbers; [`order_key`] takes eighteen of them at
//! once, and the text is only written for the few that tie or are published. A property test holds the two together.

use std::cmp::Ordering;

use ring::digest::{Context, SHA256};

use super::{canonical::sha256_hex, seed::Seed};

/// Writes tickets for one seed.
#[derive(Clone)]
pub struct Tickets {
    // The seed's hash is 64 characters, one whole block of SHA-256. It is digested once and the state
    // copied for every id, which halves the work of a draw.
    begun: Context,
}

impl Tickets {
    /// Tickets under a seed.
    pub fn new(seed: &Seed) -> Self {
        Self::from_seed_text(seed.as_str())
    }

    /// Tickets under any seed text, as the public package takes it; for comparing with other programs.
    pub fn from_seed_text(seed: &str) -> Self {
        let mut begun = Context::new(&SHA256);
        begun.update(sha256_hex(seed.as_bytes()).as_bytes());
        Self { begun }
    }

    /// The ticket of an id, such as `0.1228…`, with all its digits.
    pub fn ticket(&self, id: &str) -> String {
        written(&self.number(id))
    }

    /// What an id is first ordered by; see [`order_key`].
    pub(super) fn key(&self, id: &str) -> u64 {
        order_key(&self.number(id))
    }

    /// The full order of two tickets, for keys that tie.
    pub(super) fn compare(&self, left: &str, right: &str) -> Ordering {
        self.ticket(left)
            .cmp(&self.ticket(right))
            .then_with(|| left.cmp(right))
    }

    fn number(&self, id: &str) -> [u8; 32] {
        let mut context = self.begun.clone();
        context.update(id.as_bytes());
        let mut number = [0; 32];
        for (to, from) in number.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        number
    }
}

/// Fewest digits of a ticket; a smaller number gets zeros in front, which the reversal puts at the end.
const LEAST_DIGITS: usize = 64;

/// The ticket of a 256-bit number (most significant byte first), by dividing by a thousand million until nothing is left.
/// Each remainder is the next nine digits from the right, and so, reversed, the next ones to write.
fn written(number: &[u8; 32]) -> String {
    let mut left: [u64; 8] = std::array::from_fn(|at| piece(number, at));
    let mut ticket = String::with_capacity(84);
    ticket.push_str("0.");
    while left.iter().any(|piece| *piece != 0) {
        let mut remainder = 0;
        for piece in &mut left {
            let value = (remainder << 32) | *piece;
            *piece = value / NINE_DIGITS;
            remainder = value % NINE_DIGITS;
        }
        for _ in 0..9 {
            let digit = u8::try_from(remainder % 10).unwrap_or_default();
            ticket.push(char::from(b'0' + digit));
            remainder /= 10;
        }
    }
    // The last remainder may have begun with zeros, which are no digits of the number.
    let digits = ticket.trim_end_matches('0').len().max(2);
    ticket.truncate(digits);
    while ticket.len() < LEAST_DIGITS + 2 {
        ticket.push('0');
    }
    ticket
}

const NINE_DIGITS: u64 = 1_000_000_000;

/// The 32-bit piece of a 256-bit number at a place, most significant first.
fn piece(number: &[u8; 32], at: usize) -> u64 {
    let bytes = number.iter().skip(4 * at).take(4);
    bytes.fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

/// How many digits the key holds; the most that a `u64` always can and that divides by three.
const KEY_DIGITS: usize = 18;
const KEY_MODULUS: u64 = 1_000_000_000_000_000_000;

/// Eighteen digits of the ticket as a number: keys in order are tickets in order, save for ties.
fn order_key(number: &[u8; 32]) -> u64 {
    // The last digits are the number modulo 10^18. It is the sum of eight 32-bit pieces, each times what
    // its place is worth modulo 10^18: below 8 * 2^32 * 2^60, so the sum cannot overflow.
    let sum: u128 = number
        .chunks_exact(4)
        .zip(&PLACE_WORTH)
        .map(|(piece, worth)| {
            let piece = piece
                .iter()
                .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
            u128::from(piece) * u128::from(*worth)
        })
        .sum();
    let mut last = u64::try_from(sum % u128::from(KEY_MODULUS)).unwrap_or_default();
    let mut key = 0;
    for _ in 0..KEY_DIGITS / 3 {
        let three = usize::try_from(last % 1000).unwrap_or_default();
        key = key * 1000 + u64::from(REVERSED.get(three).copied().unwrap_or_default());
        last /= 1000;
    }
    key
}

/// What each 32-bit piece of a 256-bit number is worth modulo 10^18, most significant piece first.
const PLACE_WORTH: [u64; 8] = place_worth();

/// Every number of three digits with its digits reversed.
const REVERSED: [u16; 1000] = reversed();

#[allow(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which checks the bounds"
)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "a value modulo 10^18 fits in 64 bits"
)]
const fn place_worth() -> [u64; 8] {
    let mut worth = [1; 8];
    let mut place = 7;
    while place > 0 {
        worth[place - 1] = (((worth[place] as u128) << 32) % KEY_MODULUS as u128) as u64;
        place -= 1;
    }
    worth
}

#[allow(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which checks the bounds"
)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "three digits fit in 16 bits"
)]
const fn reversed() -> [u16; 1000] {
    let mut table = [0; 1000];
    let mut n = 0;
    while n < 1000 {
        table[n] = (n % 10 * 100 + n / 10 % 10 * 10 + n / 100) as u16;
        n += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_u64(value: u64) -> [u8; 32] {
        let mut number = [0; 32];
        number[24..].copy_from_slice(&value.to_be_bytes());
        number
    }

    /// Values worked out with the public package, consistent-sampler 1.0.10.
    #[test]
    fn tickets_agree_with_the_public_package() {
        let cases = [
            (
                "01382438112797316654",
                "AB-130",
                "0.26299714122838008416507544297546663599715395525154425586041245287750224561854",
            ),
            (
                "58213 90467 12298 40731|2026-C3",
                "LE-2026-0011",
                "0.12282071679545759881741059375706174795722362072850680376600635411624323649428",
            ),
        ];
        for (seed, id, ticket) in cases {
            assert_eq!(Tickets::from_seed_text(seed).ticket(id), ticket);
        }
        let tickets = Tickets::from_seed_text("314159");
        let mut ids = ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"];
        ids.sort_by(|left, right| tickets.compare(left, right));
        assert_eq!(ids, ["B-2", "B-3", "A-3", "A-2", "B-1", "A-1"]);
    }

    /// The package writes the whole number in 64 places or more before it turns the digits round.
    #[test]
    fn small_numbers_are_padded_at_the_end() {
        assert_eq!(written(&of_u64(0)), format!("0.{}", "0".repeat(64)));
        assert_eq!(written(&of_u64(120)), format!("0.021{}", "0".repeat(61)));
        let largest =
            "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        let turned: String = largest.chars().rev().collect();
        assert_eq!(written(&[255; 32]), format!("0.{turned}"));
    }

    #[test]
    fn keys_that_tie_are_settled_by_the_text() {
        let (low, high) = (of_u64(KEY_MODULUS + 7), of_u64(2 * KEY_MODULUS + 7));
        assert_eq!(order_key(&low), order_key(&high));
        assert!(written(&low) < written(&high));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn key_is_the_first_digits_of_the_ticket(number: [u8; 32], zeros in 0_usize..33) {
            let mut number = number;
            number.iter_mut().take(zeros).for_each(|byte| *byte = 0);
            let text = written(&number);
            prop_assert_eq!(Some(&*format!("{:018}", order_key(&number))), text.get(2..20));
        }

        #[test]
        fn nine_digits_at_once_are_those_of_division_by_ten(number: [u8; 32], zeros in 0_usize..33) {
            let mut left = number;
            left.iter_mut().take(zeros).for_each(|byte| *byte = 0);
            let text = written(&left);
            let mut plain = "0.".to_owned();
            while left != [0; 32] || plain.len() < 66 {
                let mut remainder = 0_u16;
                for byte in &mut left {
                    let value = (remainder << 8) | u16::from(*byte);
                    *byte = u8::try_from(value / 10).unwrap();
                    remainder = value % 10;
                }
                plain.push_str(&remainder.to_string());
            }
            prop_assert_eq!(text, plain);
        }

        #[test]
        fn keys_order_as_texts_do(left: [u8; 32], right: [u8; 32]) {
            let by_text = written(&left).cmp(&written(&right));
            let by_key = order_key(&left).cmp(&order_key(&right));
            prop_assert!(by_key == Ordering::Equal || by_key == by_text);
        }
    }
}
