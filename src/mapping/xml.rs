//! What does a document of XML hand over? One pass, borrowed text; what is not wanted is passed over by depth alone.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};

use super::hand::{Hand, Shape, Tag};
use super::markup::{Markup, Piece};
use super::page_fault::{FaultKind, PageFault};

/// Reads a document to its end.
///
/// # Errors
/// Unless it is one whole well-formed document without a DOCTYPE, nested at most `depth` deep. Attributes of what
/// is not wanted are not looked at.
pub(super) fn read<H: Hand + ?Sized>(
    text: &str,
    depth: usize,
    hand: &mut H,
) -> Result<(), PageFault> {
    let mut markup = Markup::new(text);
    let mut walk = Walk {
        hand,
        spaces: NamespaceResolver::default(),
        spaced: 0,
        limit: depth,
        depth: 0,
        passing: None,
        done: false,
    };
    loop {
        let at = markup.at;
        match markup.next()? {
            Piece::Start(start) => walk.open(&start, at)?,
            Piece::Leaf(start, piece) => walk.leaf(&start, piece, at, markup.at)?,
            Piece::End => walk.close(markup.at)?,
            Piece::Text(piece) => walk.put(piece)?,
            Piece::Other(Event::CData(piece)) => walk.put(&piece.into_inner())?,
            Piece::Other(Event::GeneralRef(reference)) => {
                let character = character(&reference)?;
                if character == '\u{fffd}' {
                    walk.hand.spoil();
                }
                walk.put(character.encode_utf8(&mut [0; 4]))?;
            }
            Piece::Other(Event::DocType(kind)) => return Err(doctype(&kind.into_inner())),
            // A declaration, an instruction or a comment.
            Piece::Other(_) => {}
            Piece::Eof => break,
        }
    }
    if walk.done {
        Ok(())
    } else {
        Err(PageFault::cut())
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count() + 1
}

fn doctype(kind: &str) -> PageFault {
    let is_page = kind
        .split_whitespace()
        .next()
        .is_some_and(|root| root.eq_ignore_ascii_case("html"));
    if is_page {
        return web_page();
    }
    PageFault::malformed("it carries a DOCTYPE (a web page, or an attack)")
}

pub(super) fn web_page() -> PageFault {
    PageFault::new(
        FaultKind::WebPage,
        "it is a web page, perhaps a sign-in page",
    )
}

fn character(reference: &BytesRef<'_>) -> Result<char, PageFault> {
    let name: &str = reference;
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ if reference.is_char_ref() => reference.resolve_char_ref().ok().flatten(),
        _ => None,
    };
    character.ok_or_else(|| PageFault::malformed("it uses an entity that XML does not define"))
}

/// The namespace, if a name is in one that is declared.
pub(super) fn bound<'n>(found: &'n ResolveResult<'_>) -> Option<&'n str> {
    match found {
        ResolveResult::Bound(space) => Some(space.as_ref()),
        // A prefix that nobody declared (`xsi:` above all) costs no step: names are compared without it.
        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
    }
}

struct Walk<'h, H: ?Sized> {
    hand: &'h mut H,
    spaces: NamespaceResolver,
    /// How many open elements, from the root on, the resolver knows.
    spaced: usize,
    limit: usize,
    depth: usize,
    /// The depth of the element that is passed over.
    passing: Option<usize>,
    done: bool,
}

impl<H: Hand + ?Sized> Walk<'_, H> {
    /// One element more begins; whether it is to be handed over.
    fn begin(&mut self) -> Result<bool, PageFault> {
        if self.depth >= self.limit {
            return Err(PageFault::new(
                FaultKind::TooLarge,
                format!("it is nested deeper than {} elements", self.limit),
            ));
        }
        self.depth += 1;
        if self.passing.is_some() {
            return Ok(false);
        }
        if self.done {
            return Err(PageFault::malformed("something follows its root element"));
        }
        Ok(true)
    }

    /// Hands over an element that has begun.
    fn give<T>(
        &mut self,
        start: &BytesStart<'_>,
        at: usize,
        take: impl FnOnce(&mut H, &Tag<'_>) -> Result<T, PageFault>,
    ) -> Result<T, PageFault> {
        let mut space = ResolveResult::Unbound;
        if self.spaced + 1 == self.depth && self.hand.wants_spaces() {
            self.spaces
                .push(start)
                .map_err(|_| PageFault::malformed("it declares a namespace wrongly"))?;
            self.spaced = self.depth;
            space = self.spaces.resolve_element(start.name()).0;
        }
        let name = start.local_name();
        let tag = Tag {
            name: name.as_ref(),
            space: bound(&space),
            shape: Shape::Element(start, &self.spaces),
            at,
        };
        take(self.hand, &tag)
    }

    /// The element ends.
    fn end(&mut self) {
        if self.spaced == self.depth {
            self.spaces.pop();
            self.spaced -= 1;
        }
        self.depth -= 1;
        self.done = self.depth == 0;
    }

    fn open(&mut self, start: &BytesStart<'_>, at: usize) -> Result<(), PageFault> {
        if self.begin()? && !self.give(start, at, H::open)? {
            self.passing = Some(self.depth);
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        start: &BytesStart<'_>,
        text: &str,
        at: usize,
        end: usize,
    ) -> Result<(), PageFault> {
        if self.begin()? {
            self.give(start, at, |hand, tag| hand.leaf(tag, text, end))?;
        }
        self.end();
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), PageFault> {
        match self.passing {
            None => self.hand.close(end)?,
            Some(depth) if depth == self.depth => self.passing = None,
            Some(_) => {}
        }
        self.end();
        Ok(())
    }

    fn put(&mut self, piece: &str) -> Result<(), PageFault> {
        if self.passing.is_some() {
            return Ok(());
        }
        if self.depth > 0 {
            self.hand.put(piece);
        } else if !piece.trim().is_empty() {
            return Err(PageFault::malformed("text stands outside its root element"));
        }
        Ok(())
    }
}
