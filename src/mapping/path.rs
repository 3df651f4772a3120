//! Where in a record does a value stand?
//!
//! A small part of `XPath`, for XML and JSON alike; docs/mapping.md has the whole of it. A path is answered from
//! what the trie has captured while the record was read; in a document read whole, it is walked.

use super::document::{Element, small};

/// A path, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) written: String,
    pub(super) moves: Vec<Move>,
    pub(super) attribute: Option<Name>,
    /// Its number in the mapping's trie; none if it is walked.
    pub(super) number: Option<u32>,
    /// How many of its moves lead to the question: as far as its last condition; 0 without one.
    pub(super) asked: u32,
}

/// One part of a path: a step down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) name: Name,
    pub(super) conditions: Vec<Condition>,
    /// What is inside stands escaped in the element's text.
    pub(super) embedded: Option<Embedded>,
    /// How many conditions were said before that; those behind it may look into the document.
    pub(super) before: usize,
}

/// A name; any, if it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) local: String,
    /// The namespace that it must be in.
    pub(super) space: Option<String>,
}

/// Which elements of a name are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// The one at this position among those that the conditions before it leave, from 1.
    Nth(usize),
    /// Those with a value there that is one of these, or that begins with one.
    Is {
        at: Path,
        values: Vec<String>,
        begins: bool,
    },
}

/// How a document stands in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Embedded {
    Xml,
    Json,
    Base64Xml,
    Base64Json,
}

impl Path {
    /// The path as it was written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// This path, and then that one: for places that are told from a row or a form.
    pub(super) fn then(&self, below: &Self) -> Self {
        let mut moves = self.moves.clone();
        moves.extend(below.moves.iter().cloned());
        Self {
            written: format!("{}/{}", self.written, below.written),
            moves,
            attribute: below.attribute.clone(),
            number: None,
            asked: match below.asked {
                0 => 0,
                more => small(self.moves.len()) + more,
            },
        }
    }

    /// As far as its last condition.
    pub(super) fn conditioned(&self) -> u32 {
        let last = self
            .moves
            .iter()
            .rposition(|step| !step.conditions.is_empty());
        last.map_or(0, |last| small(last + 1))
    }

    /// Where in an arena that is captured which a path of this number leads to.
    pub(super) fn ends(number: u32) -> usize {
        number as usize * 2
    }

    /// Where in an arena that is captured which shows that a path's question is there.
    pub(super) fn questions(number: u32) -> usize {
        number as usize * 2 + 1
    }

    /// Calls for each element that the path leads to, nil ones included.
    pub(super) fn each<'d>(&self, from: Element<'d>, mut found: impl FnMut(Element<'d>)) {
        match self.number {
            Some(number) if from.arena.captures => {
                let all = from.arena.captured.get(Self::ends(number));
                for index in from.inside(all.map(Vec::as_slice).unwrap_or_default()) {
                    found(Element {
                        index: *index,
                        ..from
                    });
                }
            }
            _ => {
                // A path that the trie does not know may lead to what was passed over.
                debug_assert!(
                    !from.arena.captures || self.moves.is_empty(),
                    "`{}` was not given to the desk",
                    self.written
                );
                walk(&self.moves, from, &mut found);
            }
        }
    }

    /// Every element that the path leads to. What is nil, `null` or an empty array is none.
    pub(super) fn elements<'d>(&self, from: &Element<'d>) -> Vec<Element<'d>> {
        let mut all = Vec::new();
        self.each(*from, |element| {
            if !element.is_nil() {
                all.push(element);
            }
        });
        all
    }

    fn text_of<'d>(&self, element: Element<'d>) -> Option<&'d str> {
        let text = match &self.attribute {
            Some(name) => element.attribute(&name.local, name.space.as_deref())?,
            None => element.own_text(),
        };
        Some(text.trim())
    }

    /// Calls for each value, walking: for the places that conditions compare, which no trie captures.
    pub(super) fn look(&self, from: Element<'_>, found: &mut dyn FnMut(&str)) {
        walk(&self.moves, from, &mut |element| {
            if let Some(text) = self.text_of(element) {
                found(text);
            }
        });
    }

    /// Every value that the path leads to, trimmed, with the byte of the answer it stands at.
    pub(super) fn values(&self, from: &Element<'_>) -> Vec<(String, usize)> {
        let mut all = Vec::new();
        self.each(*from, |element| {
            all.extend(
                self.text_of(element)
                    .map(|text| (text.to_owned(), element.at())),
            );
        });
        all
    }

    /// Calls for every value that the path leads to, trimmed.
    pub(super) fn texts<'d>(&self, from: &Element<'d>, mut found: impl FnMut(&'d str)) {
        self.each(*from, |element| {
            if let Some(text) = self.text_of(element) {
                found(text);
            }
        });
    }

    /// Whether anything is said where the path leads to, if only further inside.
    pub(super) fn says_anything(&self, from: &Element<'_>) -> bool {
        let mut says = false;
        self.each(*from, &mut |element| {
            says |= match &self.attribute {
                Some(_) => self.text_of(element).is_some_and(|text| !text.is_empty()),
                None => element.says_anything(),
            };
        });
        says
    }

    /// The first value that is not empty; `Some("")` if only empty ones are there, none if none is.
    pub(super) fn text<'d>(&self, from: &Element<'d>) -> Option<&'d str> {
        let mut first: Option<&'d str> = None;
        self.each(*from, |element| {
            if first.is_none_or(str::is_empty)
                && let Some(text) = self.text_of(element)
            {
                first = Some(text);
            }
        });
        first
    }

    /// [`Path::text`], owned.
    pub(super) fn first(&self, from: &Element<'_>) -> Option<String> {
        self.text(from).map(str::to_owned)
    }

    /// Whether the question is there: the element that the last condition picks out, in JSON also a member that a
    /// path without conditions names, or that is `null` around it; none if an XML path has no condition. A question
    /// that is there without a value is blank; one that is not there was not asked.
    pub(super) fn is_asked(&self, from: &Element<'_>) -> Option<bool> {
        let last = match self.asked {
            0 if from.arena.json => self.moves.len(),
            0 => return None,
            last => last as usize,
        };
        if let Some(number) = self.number
            && from.arena.captures
        {
            let inside = from.index..from.node().end;
            let place = if last == self.moves.len() {
                Self::ends(number)
            } else {
                Self::questions(number)
            };
            let all = from.arena.captured.get(place);
            let met = all.is_some_and(|all| all.iter().any(|index| inside.contains(index)));
            return Some(met || self.ends_early(from));
        }
        Some(self.reaches(last, from) || self.ends_early(from))
    }
}

impl Path {
    /// Whether in JSON the member around the last one is there and nil: an answer with a code and a label is `null`
    /// as a whole where it is blank.
    fn ends_early(&self, from: &Element<'_>) -> bool {
        let Some((_, around)) = self.moves.split_last() else {
            return false;
        };
        let mut nil = false;
        if from.arena.json && self.asked == 0 && !around.is_empty() {
            walk(around, *from, &mut |element| nil |= element.is_nil());
        }
        nil
    }

    /// Whether so many of its parts, from the first, lead to an element, if only to one that is nil. It is walked.
    pub(super) fn reaches(&self, parts: usize, from: &Element<'_>) -> bool {
        let mut there = false;
        let moves = self.moves.get(..parts).unwrap_or_default();
        walk(moves, *from, &mut |_| there = true);
        there
    }
}

/// Steps down from an element, part by part.
pub(super) fn walk<'d>(moves: &[Move], from: Element<'d>, found: &mut dyn FnMut(Element<'d>)) {
    let Some((step, rest)) = moves.split_first() else {
        return found(from);
    };
    let mut counts = vec![0; step.positions()];
    for child in from.children() {
        if step.name.admits(child) && step.holds(child, &mut counts) {
            walk(rest, child, found);
        }
    }
}

impl Move {
    /// Whether it is a name alone, and not any.
    pub(super) fn is_plain(&self) -> bool {
        let name = !self.name.local.is_empty() && self.name.space.is_none();
        name && self.conditions.is_empty() && self.embedded.is_none()
    }

    /// How many of its conditions are positions.
    pub(super) fn positions(&self) -> usize {
        let nth = |condition: &&Condition| matches!(condition, Condition::Nth(_));
        self.conditions.iter().filter(nth).count()
    }

    /// Whether every condition holds; `counts` counts for each position the elements that came to it.
    pub(super) fn holds(&self, element: Element<'_>, counts: &mut [usize]) -> bool {
        let mut counts = counts.iter_mut();
        let mut all = self.conditions.iter();
        all.all(|condition| condition.holds(element, &mut counts))
    }
}

impl Condition {
    /// Whether it holds; a position takes the next of the counts.
    pub(super) fn holds<'c>(
        &self,
        element: Element<'_>,
        counts: &mut impl Iterator<Item = &'c mut usize>,
    ) -> bool {
        match self {
            Self::Nth(nth) => counts.next().is_some_and(|count| {
                *count += 1;
                count == nth
            }),
            Self::Is { at, values, begins } => {
                let mut there = false;
                at.look(element, &mut |text| {
                    let is = |value: &String| text == value || *begins && text.starts_with(value);
                    there |= values.iter().any(is);
                });
                there
            }
        }
    }
}

impl Name {
    pub(super) fn admits(&self, element: Element<'_>) -> bool {
        (self.local.is_empty() || element.name() == self.local)
            && self
                .space
                .as_deref()
                .is_none_or(|space| element.is_in(space))
    }
}
