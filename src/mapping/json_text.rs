//! What does a string of JSON say?

use memchr::memchr2;

use super::hand::Hand;
use super::json::Scan;
use super::page_fault::PageFault;

impl<'t> Scan<'t> {
    /// A string: as it stands, or none if it has escapes and is now in `letters`.
    pub(super) fn string<H: Hand + ?Sized>(
        &mut self,
        hand: &mut H,
    ) -> Result<Option<&'t str>, PageFault> {
        let text = self.text;
        self.at += 1;
        let from = self.at;
        let end = self.run()?;
        if text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(text.get(from..end));
        }
        let mut letters = std::mem::take(&mut self.letters);
        letters.clear();
        letters.push_str(text.get(from..end).unwrap_or_default());
        self.at = end;
        loop {
            // A backslash or the closing quote.
            let stop = self.byte();
            self.at += 1;
            if stop == Some(b'"') {
                self.letters = letters;
                return Ok(None);
            }
            match self.escape()? {
                Some(letter) => letters.push(letter),
                None => hand.spoil(),
            }
            let from = self.at;
            self.at = self.run()?;
            letters.push_str(text.get(from..self.at).unwrap_or_default());
        }
    }

    /// The next quote or backslash. Most strings are short, and only a longer one is worth a call.
    fn run(&self) -> Result<usize, PageFault> {
        let bytes = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut at = self.at;
        let (eights, _) = bytes.as_chunks::<8>();
        for eight in eights.iter().take(3) {
            let word = u64::from_le_bytes(*eight);
            let found =
                zero_byte(word ^ 0x2222_2222_2222_2222) | zero_byte(word ^ 0x5c5c_5c5c_5c5c_5c5c);
            if found != 0 {
                return Ok(at + found.trailing_zeros() as usize / 8);
            }
            at += 8;
        }
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let found = memchr2(b'"', b'\\', rest);
        found.map(|place| at + place).ok_or_else(PageFault::cut)
    }

    /// What follows a backslash; none for half a surrogate pair.
    fn escape(&mut self) -> Result<Option<char>, PageFault> {
        let kind = self.byte();
        self.at += 1;
        Ok(Some(match kind {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fault("an escape is unknown")),
        }))
    }

    fn unicode(&mut self) -> Result<Option<char>, PageFault> {
        let first = self.four()?;
        if !(0xd800..0xe000).contains(&first) {
            return Ok(char::from_u32(first).filter(|letter| *letter != '\u{fffd}'));
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if first >= 0xdc00 || !rest.starts_with(b"\\u") {
            return Ok(None);
        }
        let back = self.at;
        self.at += 2;
        let second = self.four()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = back;
            return Ok(None);
        }
        let letter = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(letter))
    }

    /// Four hexadecimal digits.
    fn four(&mut self) -> Result<u32, PageFault> {
        let digits = self.text.get(self.at..self.at.saturating_add(4));
        let digits = digits.filter(|four| four.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|four| u32::from_str_radix(four, 16).ok());
        let number = number.ok_or_else(|| self.fault("an escape is unknown"))?;
        self.at += 4;
        Ok(number)
    }
}

/// The high bit of the lowest byte that is zero, and perhaps of higher ones.
fn zero_byte(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}
