//! What does a document, or one record of it, look like while it is asked?
//!
//! One flat list of elements in the order of the text, used again from record to record. Nothing in it is owned
//! twice: names and texts are spans of the answer, or of a scratch text where the answer says them in another
//! way (references, CDATA in parts, escapes). XML and JSON look alike here: a JSON member is an element.

/// A piece of the answer, or of the scratch text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    length: u32,
    scratch: bool,
}

/// One element or member.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub(super) name: Span,
    /// The name's number in the trie that kept it; 0 if no path says this name.
    pub(super) symbol: u32,
    /// Its namespace's place in [`Arena::spaces`], from 1; 0 if it is in none that a path names.
    pub(super) space: u32,
    /// The byte of the answer at which it begins.
    pub(super) at: u32,
    /// The first node that is no longer inside it.
    pub(super) end: u32,
    pub(super) text: Span,
    /// Its attributes in [`Arena::attributes`], from and to.
    pub(super) attributes: (u32, u32),
    /// Nil, `null` or an empty array: there, and without a value.
    pub(super) nil: bool,
    /// In which ways the document that stands in it has been read, a bit each.
    pub(super) opened: u8,
}

impl Node {
    const NONE: Self = Self {
        name: Span::NONE,
        symbol: 0,
        space: 0,
        at: 0,
        end: 0,
        text: Span::NONE,
        attributes: (0, 0),
        nil: false,
        opened: 0,
    };
}

impl Span {
    const NONE: Self = Self {
        start: 0,
        length: 0,
        scratch: false,
    };
}

/// One attribute of XML.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: Span,
    pub(super) value: Span,
    pub(super) space: u32,
}

/// Why a record cannot be believed, whatever its values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spoiled {
    /// Bytes, or an escape, that stand for no character.
    Characters,
    /// More values than a record may have.
    Values(usize),
    /// An embedded document that cannot be read: the path that asks for it, and why.
    Embedded(String, String),
}

/// The nodes of one record or document.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) scratch: String,
    /// For each path of the trie by its number, the elements that it leads to, in order.
    pub(super) captured: Vec<Vec<u32>>,
    /// Whether `captured` holds; otherwise paths are walked.
    pub(super) captures: bool,
    /// Whether it was read from JSON.
    pub(super) json: bool,
    /// The namespaces that paths name.
    pub(super) spaces: Vec<String>,
    pub(super) spoiled: Option<Spoiled>,
}

impl Arena {
    /// Empties it for the next record; what it has allocated is kept.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.attributes.clear();
        self.scratch.clear();
        self.spoiled = None;
        for all in &mut self.captured {
            all.clear();
        }
    }

    /// The span of a piece; it is copied to the scratch text unless it stands in the answer itself.
    pub(super) fn span(&mut self, text: &str, piece: &str) -> Span {
        let from = piece.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        if from < text.len() && piece.len() <= text.len() - from {
            return Span {
                start: small(from),
                length: small(piece.len()),
                scratch: false,
            };
        }
        let start = self.scratch.len();
        self.scratch.push_str(piece);
        self.since(start)
    }

    /// The span of what was put into the scratch text since it was so long.
    pub(super) fn since(&self, start: usize) -> Span {
        Span {
            start: small(start),
            length: small(self.scratch.len() - start),
            scratch: true,
        }
    }

    /// Joins pieces into one.
    pub(super) fn join(&mut self, text: &str, pieces: &[Span]) -> Span {
        match pieces {
            [] => Span::default(),
            [one] => *one,
            many => {
                let start = self.scratch.len();
                for piece in many {
                    if piece.scratch {
                        self.scratch.extend_from_within(piece.range());
                    } else {
                        self.scratch
                            .push_str(text.get(piece.range()).unwrap_or_default());
                    }
                }
                self.since(start)
            }
        }
    }

    /// The text of a span.
    pub(super) fn read<'d>(&'d self, text: &'d str, span: Span) -> &'d str {
        let whole = if span.scratch { &self.scratch } else { text };
        whole.get(span.range()).unwrap_or_default()
    }

    /// Puts what stands in another root of the same answer at the end of this root.
    pub(super) fn absorb(&mut self, other: &Self) {
        let (nodes, attributes) = (small(self.nodes.len()), small(self.attributes.len()));
        let scratch = small(self.scratch.len());
        let moved = |span: Span| Span {
            start: span.start + if span.scratch { scratch } else { 0 },
            ..span
        };
        // The other root itself stays behind.
        let place = |index: u32| (index + nodes).saturating_sub(1);
        let inner = other.nodes.iter().skip(1).map(|node| Node {
            name: moved(node.name),
            end: place(node.end),
            text: moved(node.text),
            attributes: (
                node.attributes.0 + attributes,
                node.attributes.1 + attributes,
            ),
            ..*node
        });
        self.nodes.extend(inner);
        let own = other.attributes.iter().map(|one| Attribute {
            name: moved(one.name),
            value: moved(one.value),
            ..*one
        });
        self.attributes.extend(own);
        self.scratch.push_str(&other.scratch);
        for (all, more) in self.captured.iter_mut().zip(&other.captured) {
            let inside = more.iter().filter(|index| **index > 0);
            all.extend(inside.map(|index| place(*index)));
        }
        let end = small(self.nodes.len());
        if let Some(root) = self.nodes.first_mut() {
            root.end = end;
        }
        if self.spoiled.is_none() {
            self.spoiled.clone_from(&other.spoiled);
        }
    }

    /// How many values it holds.
    pub(super) fn size(&self) -> usize {
        self.nodes.len() + self.attributes.len()
    }
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + self.length as usize
    }
}

/// A place in a document; documents are shorter than 2 GiB.
pub(super) fn small(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// One element of a document: a handle, free to copy.
#[derive(Clone, Copy)]
pub(super) struct Element<'d> {
    pub(super) arena: &'d Arena,
    pub(super) text: &'d str,
    pub(super) index: u32,
}

impl std::fmt::Debug for Element<'_> {
    /// Never the text: it may be narrative.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Element({})", self.name())
    }
}

impl<'d> Element<'d> {
    pub(super) fn node(self) -> &'d Node {
        static NONE: Node = Node::NONE;
        let node = self.arena.nodes.get(self.index as usize);
        node.unwrap_or(&NONE)
    }

    /// Its local name: prefixes are the sender's whim.
    pub(super) fn name(self) -> &'d str {
        self.arena.read(self.text, self.node().name)
    }

    /// Every text part, CDATA and reference directly inside, joined; not trimmed. Nothing if it is nil.
    pub(super) fn own_text(self) -> &'d str {
        let node = self.node();
        if node.nil {
            return "";
        }
        self.arena.read(self.text, node.text)
    }

    /// The byte of the answer at which it begins.
    pub(super) fn at(self) -> usize {
        self.node().at as usize
    }

    /// Whether it says that it has no value: nil, `null`, an empty array.
    pub(super) fn is_nil(self) -> bool {
        self.node().nil
    }

    /// Whether anything is said in it: a text of its own, or anywhere inside it a text or an attribute. Its own
    /// attributes are left out: an empty list may carry its number. Nil, `{}` and an empty element say nothing.
    pub(super) fn says_anything(self) -> bool {
        if self.is_nil() {
            return false;
        }
        let attributed = |child: Self| {
            child
                .attributes()
                .any(|(_, value)| !value.trim().is_empty())
        };
        !self.own_text().trim().is_empty()
            || self
                .children()
                .any(|child| !child.is_nil() && (attributed(child) || child.says_anything()))
    }

    /// Whether it is in this namespace.
    pub(super) fn is_in(self, space: &str) -> bool {
        self.arena.space(self.node().space) == Some(space)
    }

    /// Those of a sorted list of elements that are this one or stand in it.
    pub(super) fn inside(self, all: &[u32]) -> &[u32] {
        // Most are asked of the whole record.
        if self.index == 0 {
            return all;
        }
        let end = self.node().end;
        let first = all.partition_point(|index| *index < self.index);
        let last = all.partition_point(|index| *index < end);
        all.get(first..last).unwrap_or_default()
    }

    /// The elements directly inside it, in order.
    pub(super) fn children(self) -> impl Iterator<Item = Element<'d>> {
        let end = self.node().end;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = Self {
                index: next,
                ..self
            };
            (next < end).then(|| {
                next = child.node().end.max(next + 1);
                child
            })
        })
    }

    /// Its attributes with their local names.
    pub(super) fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.own_attributes().iter().map(move |attribute| {
            let read = |span| self.arena.read(self.text, span);
            (read(attribute.name), read(attribute.value))
        })
    }

    fn own_attributes(self) -> &'d [Attribute] {
        let (from, to) = self.node().attributes;
        let all = self.arena.attributes.get(from as usize..to as usize);
        all.unwrap_or_default()
    }

    /// The attribute's value, in any namespace unless one is given. In JSON `@x` is the member `@x`, else `x`.
    pub(super) fn attribute(self, name: &str, space: Option<&str>) -> Option<&'d str> {
        // A document of XML may stand in a value of JSON.
        if self.arena.json
            && let Some(member) = self.member(name)
        {
            return Some(member.own_text());
        }
        let found = self.own_attributes().iter().find(|attribute| {
            self.arena.read(self.text, attribute.name) == name
                && space.is_none_or(|space| self.arena.space(attribute.space) == Some(space))
        });
        found.map(|attribute| self.arena.read(self.text, attribute.value))
    }

    /// In JSON what stands for an attribute.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let mut plain = None;
        for child in self.children() {
            let own = child.name();
            if own.strip_prefix('@') == Some(name) {
                return Some(child);
            }
            if own == name && plain.is_none() {
                plain = Some(child);
            }
        }
        plain
    }

    /// Whether bytes or escapes somewhere in it stand for no character.
    pub(super) fn holds_malformed(self) -> bool {
        self.arena.spoiled == Some(Spoiled::Characters)
    }
}

impl Arena {
    fn space(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        self.spaces.get(index).map(String::as_str)
    }
}
