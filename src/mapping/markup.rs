//! Which piece of markup comes next in a document of XML?
//!
//! Tags and text, which are nearly all of it, are told apart here, over text that is known to be whole characters.
//! What begins with `<!`, `<?` or `&` is left to quick-xml, which refuses the same tags; a test compares the two.

use memchr::{memchr, memchr2};
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::page_fault::PageFault;
use super::xml::line_at;

/// What comes next.
pub(super) enum Piece<'t> {
    Start(BytesStart<'t>),
    /// An element with nothing but this text in it, from its start to its end.
    Leaf(BytesStart<'t>, &'t str),
    End,
    Text(&'t str),
    /// A reference, a part of CDATA, or what says nothing.
    Other(Event<'t>),
    Eof,
}

/// Goes through a document piece by piece; names of tags are proven to match.
pub(super) struct Markup<'t> {
    text: &'t str,
    /// The byte at which the next piece begins.
    pub(super) at: usize,
    /// The first `<` or `&` from there on.
    mark: usize,
    /// The names of the elements that are open.
    open: Vec<&'t str>,
}

impl<'t> Markup<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut markup = Self {
            text,
            at,
            mark: 0,
            open: Vec::new(),
        };
        markup.go(at);
        markup
    }

    pub(super) fn next(&mut self) -> Result<Piece<'t>, PageFault> {
        let from = self.at;
        if self.mark > from {
            self.at = self.mark;
            return Ok(Piece::Text(self.between(from, self.mark)));
        }
        match self.rest(from) {
            [] => Ok(Piece::Eof),
            [b'<', b'/', ..] => self.end(from),
            [b'&', ..] | [b'<', b'!' | b'?', ..] => self.other(from),
            _ => self.start(from),
        }
    }

    fn rest(&self, from: usize) -> &'t [u8] {
        self.text.as_bytes().get(from..).unwrap_or_default()
    }

    fn between(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Stands at `at` from now on.
    fn go(&mut self, at: usize) {
        let rest = self.rest(at);
        let found = match rest.first() {
            Some(b'<') => Some(0),
            _ => memchr2(b'<', b'&', rest),
        };
        self.at = at;
        self.mark = found.map_or(self.text.len(), |found| at + found);
    }

    /// The `>` of the tag that begins there; one that is quoted does not count.
    fn tag_end(&self, from: usize) -> Result<usize, PageFault> {
        let mut at = from;
        let end = loop {
            let rest = self.rest(at);
            let Some(stop) = rest
                .iter()
                .position(|byte| matches!(byte, b'>' | b'"' | b'\''))
            else {
                break None;
            };
            at += stop;
            match rest.get(stop) {
                Some(b'>') => break Some(at),
                quote => {
                    let quoted = self.rest(at + 1);
                    let Some(close) = quote.and_then(|quote| memchr(*quote, quoted)) else {
                        break None;
                    };
                    at += close + 2;
                }
            }
        };
        end.ok_or_else(PageFault::cut)
    }

    fn start(&mut self, from: usize) -> Result<Piece<'t>, PageFault> {
        // Most are a name alone.
        let rest = self.rest(from + 1);
        let name_ends = |byte: &u8| matches!(byte, b'>' | b'"' | b'\'') || is_space(*byte);
        let length = rest.iter().position(name_ends).unwrap_or(rest.len());
        let end = match rest.get(length) {
            Some(b'>') => from + 1 + length,
            _ => self.tag_end(from)?,
        };
        let inside = self.between(from + 1, end);
        let bare = inside.strip_suffix('/');
        let inside = bare.unwrap_or(inside);
        let length = inside.bytes().position(is_space).unwrap_or(inside.len());
        let name = inside.get(..length).unwrap_or_default();
        let start = BytesStart::from_content(inside, length);
        self.go(end + 1);
        if bare.is_some() {
            return Ok(Piece::Leaf(start, ""));
        }
        if let Some(end) = self.closes(self.mark, name) {
            let text = self.between(self.at, self.mark);
            self.go(end);
            return Ok(Piece::Leaf(start, text));
        }
        self.open.push(name);
        Ok(Piece::Start(start))
    }

    /// Where the end tag of this name that stands there ends, if it is written as nearly all are.
    fn closes(&self, from: usize, name: &str) -> Option<usize> {
        let rest = self.rest(from).strip_prefix(b"</")?;
        let rest = rest.strip_prefix(name.as_bytes())?;
        (rest.first() == Some(&b'>')).then(|| from + "</>".len() + name.len())
    }

    fn end(&mut self, from: usize) -> Result<Piece<'t>, PageFault> {
        if let Some(end) = self.open.last().and_then(|name| self.closes(from, name)) {
            self.open.pop();
            self.go(end);
            return Ok(Piece::End);
        }
        let end = self.tag_end(from)?;
        let inside = self.between(from + 2, end);
        // Space may follow the name, but not stand for it.
        let name = match inside.trim_end_matches([' ', '\t', '\r', '\n']) {
            "" => inside,
            name => name,
        };
        if self.open.pop() != Some(name) {
            return Err(malformed(self.text, from));
        }
        self.go(end + 1);
        Ok(Piece::End)
    }

    fn other(&mut self, from: usize) -> Result<Piece<'t>, PageFault> {
        let rest = self.text.get(from..).unwrap_or_default();
        let mut reader = Reader::from_str(rest);
        let event = reader
            .read_event()
            .map_err(|fault| broken(&fault, self.text, from + place(reader.error_position())))?;
        self.go(from + place(reader.buffer_position()));
        Ok(Piece::Other(event))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn place(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn broken(fault: &quick_xml::Error, text: &str, at: usize) -> PageFault {
    let cut = match fault {
        quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            // `<!`, or the beginning of `<!--`, `<![CDATA[` or `<!DOCTYPE`.
            text.len().saturating_sub(at) < "<![CDATA[".len()
        }
        quick_xml::Error::Syntax(_) => true,
        quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => {
            let rest = text.get(at..).unwrap_or_default();
            !rest.contains(['<', ';'])
        }
        _ => false,
    };
    if cut {
        PageFault::cut()
    } else {
        malformed(text, at)
    }
}

fn malformed(text: &str, at: usize) -> PageFault {
    let line = line_at(text, at);
    PageFault::malformed(format!("it is not well-formed XML near line {line}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What quick-xml makes of a document, to its end or its first fault.
    fn theirs(text: &str) -> Vec<String> {
        let mut reader = Reader::from_str(text);
        let mut told = Vec::new();
        // It does not count a mark before the document.
        let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
        loop {
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(Event::Start(start)) => told.push(start_of(&start)),
                Ok(Event::Empty(start)) => told.extend([start_of(&start), "end".to_owned()]),
                Ok(Event::End(_)) => told.push("end".to_owned()),
                Ok(Event::Text(piece)) => told.push(format!("text {}", piece.into_inner())),
                Ok(other) => told.push(format!("{other:?}")),
                Err(fault) => {
                    let at = mark + place(reader.error_position());
                    told.push(format!("{:?}", broken(&fault, text, at)));
                    break;
                }
            }
        }
        told
    }

    fn ours(text: &str) -> Vec<String> {
        let mut markup = Markup::new(text);
        let mut told = Vec::new();
        loop {
            match markup.next() {
                Ok(Piece::Eof) => break,
                Ok(Piece::Start(start)) => told.push(start_of(&start)),
                Ok(Piece::Leaf(start, text)) => {
                    told.push(start_of(&start));
                    told.extend((!text.is_empty()).then(|| format!("text {text}")));
                    told.push("end".to_owned());
                }
                Ok(Piece::End) => told.push("end".to_owned()),
                Ok(Piece::Text(text)) => told.push(format!("text {text}")),
                Ok(Piece::Other(other)) => told.push(format!("{other:?}")),
                Err(fault) => {
                    told.push(format!("{fault:?}"));
                    break;
                }
            }
        }
        told
    }

    fn start_of(start: &BytesStart<'_>) -> String {
        let name = start.name();
        format!("start `{}` `{}`", name.as_ref(), start.attributes_raw())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn it_takes_and_refuses_what_quick_xml_does(parts in prop::collection::vec(prop::sample::select(vec![
            "<a>", "</a>", "<a ", "b='", "c=\"", "'", "\"", ">", "/>", "<", "</", "</a >", "</ >", "< >", "<é>", "</é>",
            "<a b='1'>", "<a b='>'>", "</a b='>'>", "text", " ", "\n", "é", "&", "&amp;", "&#65;", ";", "<!-- - -->",
            "<!--", "-->", "<![CDATA[", "]]>", "<!", "<!DOCTYPE a>", "<?xml version='1.0'?>", "<?", "?>", "/", "=", "\u{feff}",
        ]), 0..12)) {
            let text = parts.concat();
            prop_assert_eq!(ours(&text), theirs(&text));
            let within = format!("<r>{text}</r>");
            prop_assert_eq!(ours(&within), theirs(&within));
        }
    }
}
