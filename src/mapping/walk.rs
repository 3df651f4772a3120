//! Is this answer what the mapping promised? One pass over the text, one record in hand at a time.

use super::building::Builder;
use super::decoding::decode;
use super::document::{Arena, Element, Spoiled};
use super::envelope::{Envelope, Gate, Place};
use super::frame::Opened;
use super::hand::{Hand, Shape, Tag};
use super::limits::{Format, Limits};
use super::page_fault::{FaultKind, PageFault};
use super::path::Path;
use super::request::Request;
use super::trie::Trie;
use super::{json, xml};

/// What is read, and how.
#[derive(Clone, Copy)]
pub(super) struct Task<'m> {
    pub(super) request: &'m Request,
    pub(super) envelope: &'m Envelope,
    pub(super) limits: Limits,
    /// What is wanted of a record.
    pub(super) wanted: &'m Trie,
    /// What is called a record is a row, and stands inside a root of its own.
    pub(super) rows: bool,
}

/// A record that has ended.
pub(super) struct Ended<'d> {
    pub(super) record: Element<'d>,
    /// The record as it stands in the answer.
    pub(super) written: &'d str,
}

/// The root without its records, and the text that it was read from.
pub(super) struct Whole<'t> {
    pub(super) text: std::borrow::Cow<'t, str>,
    pub(super) arena: Arena,
}

impl Whole<'_> {
    pub(super) fn root(&self) -> Element<'_> {
        Element {
            arena: &self.arena,
            text: &self.text,
            index: 0,
        }
    }
}

/// The characters of an answer that is not too large.
fn characters<'t>(
    bytes: &'t [u8],
    charset: Option<&str>,
    limits: Limits,
) -> Result<std::borrow::Cow<'t, str>, PageFault> {
    if bytes.len() > limits.body_bytes() {
        return Err(PageFault::new(
            FaultKind::TooLarge,
            format!("it is larger than {} bytes", limits.body_bytes()),
        ));
    }
    let text = decode(bytes, charset).map_err(PageFault::malformed)?;
    // Two bytes of UTF-16 can become three of UTF-8; spans hold no more than this.
    if text.len() > i32::MAX as usize {
        return Err(PageFault::new(FaultKind::TooLarge, "it is too large"));
    }
    Ok(text)
}

/// Walks an answer and hands out each record as it ends. Nothing that was handed out may be believed unless the
/// whole answer is: this gives back the root without its records, or why not.
pub(super) fn walk<'t>(
    bytes: &'t [u8],
    charset: Option<&str>,
    task: Task<'_>,
    take: &mut dyn FnMut(&Ended<'_>),
) -> Result<Whole<'t>, PageFault> {
    let text = characters(bytes, charset, task.limits)?;
    let (arena, _) = run(&text, task, take)?;
    Ok(Whole { text, arena })
}

/// A document whose root is proven, kept whole.
pub(super) fn document<'t>(
    bytes: &'t [u8],
    charset: Option<&str>,
    task: Task<'_>,
) -> Result<Whole<'t>, PageFault> {
    let text = characters(bytes, charset, task.limits)?;
    let (_, arena) = run(&text, task, &mut |_| {})?;
    if let Some(Spoiled::Values(values)) = arena.spoiled {
        let words = format!("it holds more than {values} values");
        return Err(PageFault::new(FaultKind::TooLarge, words));
    }
    Ok(Whole { text, arena })
}

/// The arenas of the root and of the last record.
fn run(
    text: &str,
    task: Task<'_>,
    take: &mut dyn FnMut(&Ended<'_>),
) -> Result<(Arena, Arena), PageFault> {
    let bounds = task.limits.bounds();
    let everything = Trie::whole([], false);
    let mut hands = Hands {
        gate: Gate::new(task.envelope, task.request),
        outer: Builder::new(&task.request.outer, text, bounds, false),
        record: Builder::new(task.wanted, text, bounds, true),
        fault: Builder::new(&everything, text, bounds, false),
        is_record: task.request.record.moves.is_empty(),
        rows: task.rows,
        bad: holds_malformed(text),
        nothings: 0,
        begun: 0,
        left: task.limits.records(),
        limit: task.limits.records(),
        text,
        take,
    };
    match task.request.format {
        Format::Xml => xml::read(text, bounds.depth, &mut hands)?,
        Format::Json => json::read(text, bounds.depth, &mut hands)?,
    }
    hands.gate.passed()?;
    if !hands.is_record {
        task.request.lists(
            &hands.outer.root(),
            hands.left < hands.limit || hands.nothings > 0,
        )?;
    }
    if let Some(Spoiled::Values(values)) = hands.outer.arena.spoiled {
        let words = format!("it holds more than {values} values beside its records");
        return Err(PageFault::new(FaultKind::TooLarge, words));
    }
    Ok((hands.outer.arena, hands.record.arena))
}

/// Whether U+FFFD stands in a text. Many bytes are looked at together, for the one it begins with: little else does.
fn holds_malformed(text: &str) -> bool {
    let begins = |byte: u8| byte == 0xef;
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | begins(*byte));
    text.as_bytes().chunks(64).any(any) && text.contains('\u{fffd}')
}

/// The hands of a page: around the root, in the root, in a record.
struct Hands<'w> {
    gate: Gate<'w>,
    outer: Builder<'w>,
    record: Builder<'w>,
    fault: Builder<'w>,
    /// The root is the record.
    is_record: bool,
    /// Each record is a row inside a root of its own.
    rows: bool,
    /// Somewhere in the answer bytes did not decode.
    bad: bool,
    /// How often nothing stood where records stand: `null`, or an empty list.
    nothings: usize,
    /// Where the open record begins.
    begun: usize,
    /// Records that may still come.
    left: usize,
    limit: usize,
    text: &'w str,
    take: &'w mut dyn FnMut(&Ended<'_>),
}

impl Hands<'_> {
    fn begin(&mut self, tag: &Tag<'_>) -> Result<bool, PageFault> {
        if matches!(tag.shape, Shape::Nothing) {
            self.nothings += 1;
            return Ok(false);
        }
        if self.left == 0 {
            let words = format!("it holds more than {} records", self.limit);
            return Err(PageFault::new(FaultKind::TooLarge, words));
        }
        self.left -= 1;
        self.begun = tag.at;
        if !self.rows {
            self.record.begin(tag)?;
            return Ok(true);
        }
        self.record.begin(&Tag {
            name: "",
            space: None,
            shape: Shape::Members,
            at: tag.at,
        })?;
        let kept = self.record.step_in(tag)? == Opened::Kept;
        if !kept {
            // A row of which no path names anything.
            self.record.step_out();
            self.end(tag.at);
        }
        Ok(kept)
    }

    fn end(&mut self, end: usize) {
        let written = self.text.get(self.begun..end).unwrap_or_default();
        if self.bad && written.contains('\u{fffd}') {
            self.record.arena.spoiled = Some(Spoiled::Characters);
        }
        (self.take)(&Ended {
            record: self.record.root(),
            written,
        });
    }
}

impl Hand for Hands<'_> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<bool, PageFault> {
        if self.record.is_open() {
            return Ok(self.record.step_in(tag)? == Opened::Kept);
        }
        if self.outer.is_open() {
            return match self.outer.step_in(tag)? {
                Opened::Kept => Ok(true),
                Opened::Passed => Ok(false),
                Opened::Marked => self.begin(tag),
            };
        }
        if self.fault.is_open() {
            return Ok(self.fault.step_in(tag)? == Opened::Kept);
        }
        match self.gate.open(tag)? {
            Place::Around => Ok(true),
            Place::Beside => Ok(false),
            Place::Root if self.is_record => self.begin(tag),
            Place::Root => self.outer.begin(tag).map(|()| true),
            Place::Fault => self.fault.begin(tag).map(|()| true),
        }
    }

    fn leaf(&mut self, tag: &Tag<'_>, text: &str, end: usize) -> Result<(), PageFault> {
        if self.record.is_open() {
            return self.record.leaf(tag, text);
        }
        if self.open(tag)? {
            self.put(text);
            self.close(end)?;
        }
        Ok(())
    }

    fn put(&mut self, piece: &str) {
        if self.record.is_open() {
            self.record.put_piece(piece);
        } else if self.outer.is_open() {
            self.outer.put_piece(piece);
        } else {
            self.fault.put_piece(piece);
        }
    }

    fn close(&mut self, end: usize) -> Result<(), PageFault> {
        if self.record.is_open() {
            let whole = self.record.step_out();
            if whole || self.rows && self.record.is_outermost() && self.record.step_out() {
                self.end(end);
            }
        } else if self.outer.is_open() {
            self.outer.step_out();
        } else if self.fault.is_open() {
            if self.fault.step_out() {
                return Err(soap_fault(self.fault.root()));
            }
        } else {
            self.gate.close();
        }
        Ok(())
    }

    fn spoil(&mut self) {
        let builder = if self.record.is_open() {
            &mut self.record
        } else {
            &mut self.outer
        };
        builder.arena.spoiled.get_or_insert(Spoiled::Characters);
    }

    fn wants_spaces(&self) -> bool {
        self.record.wants_spaces()
            || self.outer.wants_spaces()
            || !self.record.is_open() && !self.outer.is_open() && self.gate.wants_spaces()
    }

    fn gathers(&self, name: &str) -> bool {
        !self.record.is_open() && !self.outer.is_open() && self.gate.gathers(name)
    }
}

/// A SOAP fault, by its code: 1.1 has `faultcode`, 1.2 `Code/Value` and perhaps a subcode. Its text is left out.
fn soap_fault(fault: Element<'_>) -> PageFault {
    let at = |written: &str| {
        let path = Path::parse(written).unwrap_or_default();
        path.text(&fault).filter(|code| !code.is_empty())
    };
    let codes = [at("faultcode"), at("Code/Value"), at("Code/Subcode/Value")];
    let safe = |code: &&str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        code.len() <= 64 && !code.is_empty() && code.chars().all(fits)
    };
    let codes: Vec<&str> = codes
        .into_iter()
        .flatten()
        .filter_map(|code| code.rsplit(':').next())
        .filter(safe)
        .collect();
    let code = match codes.as_slice() {
        [] => "unknown".to_owned(),
        codes => codes.join("/"),
    };
    let words = format!("it is a SOAP fault with the code `{code}`");
    PageFault::new(FaultKind::Fault { code }, words)
}
