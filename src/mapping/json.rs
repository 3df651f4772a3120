//! What does a document of JSON hand over? One pass, numbers as they are written, an array as its items.
//!
//! A reader of our own: those that are to be had refuse the whole text for half a surrogate pair in one string,
//! where only its record is to be set aside. Control characters within strings are taken, as some systems send them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::hand::{Hand, Shape, Tag};
use super::page_fault::{FaultKind, PageFault};
use super::xml::line_at;

/// Up to how many keys of an object are compared one by one.
const FEW: usize = 32;

/// Reads a document to its end; the document itself is handed over as a member without a name.
///
/// # Errors
/// Unless it is one whole object or list, nested at most `depth` deep, that says no key twice in an object that is
/// wanted.
pub(super) fn read<H: Hand + ?Sized>(
    text: &str,
    depth: usize,
    hand: &mut H,
) -> Result<(), PageFault> {
    let mut scan = Scan {
        text,
        at: 0,
        limit: depth,
        keys: Vec::new(),
        letters: String::new(),
    };
    match scan.look() {
        Some(b'{' | b'[') => {}
        Some(b'<') => return Err(super::xml::web_page()),
        Some(_) => return Err(PageFault::malformed("it is no JSON object or list")),
        None => return Err(PageFault::cut()),
    }
    scan.value(hand, "", true, 0)?;
    match scan.look() {
        None => Ok(()),
        Some(_) => Err(scan.fault("something follows its end")),
    }
}

pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    limit: usize,
    /// The keys so far of all objects that are open and wanted.
    keys: Vec<Cow<'t, str>>,
    /// The string in hand, its escapes resolved.
    pub(super) letters: String,
}

impl<'t> Scan<'t> {
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space, not taken.
    fn look(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    pub(super) fn fault(&self, what: &str) -> PageFault {
        if self.at >= self.text.len() {
            return PageFault::cut();
        }
        let line = line_at(self.text, self.at);
        PageFault::malformed(format!("it is not well-formed JSON: {what} on line {line}"))
    }

    fn deeper(&self, depth: usize) -> Result<usize, PageFault> {
        if depth >= self.limit {
            return Err(PageFault::new(
                FaultKind::TooLarge,
                format!("it is nested deeper than {} levels", self.limit),
            ));
        }
        Ok(depth + 1)
    }

    /// One value under a name; an array as several of that name, unless the hand gathers it.
    fn value<H: Hand + ?Sized>(
        &mut self,
        hand: &mut H,
        name: &str,
        document: bool,
        depth: usize,
    ) -> Result<(), PageFault> {
        let first = self.look();
        let at = self.at;
        let tag = |shape| Tag {
            name,
            space: None,
            shape,
            at,
        };
        match first {
            Some(b'{') => {
                if !hand.open(&tag(Shape::Members))? {
                    return self.pass(hand, depth);
                }
                self.object(hand, depth)?;
            }
            Some(b'[') if document || hand.gathers(name) => {
                if !hand.open(&tag(Shape::Members))? {
                    return self.pass(hand, depth);
                }
                self.array(hand, "item", depth)?;
            }
            Some(b'[') => {
                if self.array(hand, name, depth)? {
                    return Ok(());
                }
                if !hand.open(&tag(Shape::Nothing))? {
                    return Ok(());
                }
            }
            Some(b'n') => {
                self.word()?;
                return hand.leaf(&tag(Shape::Nothing), "", self.at);
            }
            Some(b'"') => {
                let plain = self.string(hand)?;
                let text = plain.unwrap_or(&self.letters);
                return hand.leaf(&tag(Shape::Scalar), text, self.at);
            }
            _ => {
                let word = self.word()?;
                return hand.leaf(&tag(Shape::Scalar), word, self.at);
            }
        }
        hand.close(self.at)
    }

    /// The items of an array, each under the name; whether there was any.
    fn array<H: Hand + ?Sized>(
        &mut self,
        hand: &mut H,
        name: &str,
        depth: usize,
    ) -> Result<bool, PageFault> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        if self.look() == Some(b']') {
            self.at += 1;
            return Ok(false);
        }
        loop {
            self.value(hand, name, false, depth)?;
            if self.ends(b']')? {
                return Ok(true);
            }
        }
    }

    /// After a value: whether the array or object ends, or goes on after a comma.
    fn ends(&mut self, close: u8) -> Result<bool, PageFault> {
        let next = self.look();
        if next != Some(close) && next != Some(b',') {
            return Err(self.fault("a comma or an end is missing"));
        }
        self.at += 1;
        Ok(next == Some(close))
    }

    fn object<H: Hand + ?Sized>(&mut self, hand: &mut H, depth: usize) -> Result<(), PageFault> {
        let depth = self.deeper(depth)?;
        let from = self.keys.len();
        let mut many = BTreeSet::new();
        self.at += 1;
        if self.look() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.key(hand)?;
            let so_far = self.keys.get(from..).unwrap_or_default();
            let twice = if so_far.len() < FEW {
                so_far.contains(&key)
            } else {
                many.extend(so_far.iter().cloned());
                !many.insert(key.clone())
            };
            if twice {
                return Err(self.fault("a key stands twice in one object"));
            }
            if many.is_empty() {
                self.keys.push(key.clone());
            } else {
                self.keys.truncate(from + FEW);
            }
            self.value(hand, &key, false, depth)?;
            if self.ends(b'}')? {
                self.keys.truncate(from);
                return Ok(());
            }
        }
    }

    /// A key and its colon.
    fn key<H: Hand + ?Sized>(&mut self, hand: &mut H) -> Result<Cow<'t, str>, PageFault> {
        if self.look() != Some(b'"') {
            return Err(self.fault("a key is missing"));
        }
        let key = match self.string(hand)? {
            Some(plain) => Cow::Borrowed(plain),
            None => Cow::Owned(self.letters.clone()),
        };
        if self.look() != Some(b':') {
            return Err(self.fault("a colon is missing"));
        }
        self.at += 1;
        Ok(key)
    }

    /// A value that is not wanted; keys are not compared.
    fn pass<H: Hand + ?Sized>(&mut self, hand: &mut H, depth: usize) -> Result<(), PageFault> {
        match self.look() {
            Some(b'{') => {
                let depth = self.deeper(depth)?;
                self.at += 1;
                if self.look() == Some(b'}') {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    self.key(hand)?;
                    self.pass(hand, depth)?;
                    if self.ends(b'}')? {
                        return Ok(());
                    }
                }
            }
            Some(b'[') => {
                let depth = self.deeper(depth)?;
                self.at += 1;
                if self.look() == Some(b']') {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    self.pass(hand, depth)?;
                    if self.ends(b']')? {
                        return Ok(());
                    }
                }
            }
            Some(b'"') => self.string(hand).map(drop),
            _ => self.word().map(drop),
        }
    }

    /// A number as it is written, `true`, `false` or `null`. Leading zeros are taken: they are ids.
    fn word(&mut self) -> Result<&'t str, PageFault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .bytes()
            .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.'));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            if end.is_none() {
                return Err(PageFault::cut());
            }
            return Err(self.fault("a value is missing"));
        }
        self.at += word.len();
        Ok(word)
    }
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (number, exponent) = match word.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (word, None),
    };
    let exponent_fits =
        exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    exponent_fits
        && match number.split_once('.') {
            Some((whole, part)) => digits(whole) && digits(part),
            None => digits(number),
        }
}
