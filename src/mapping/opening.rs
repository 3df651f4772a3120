//! Which documents that stand in values are read, and when?
//!
//! Only where every condition on the path holds. Where that is known when the value ends, it is read at once; else
//! when the element is whole that decides it, and what stands in the value comes to stand where it would have.

use std::collections::BTreeMap;

use super::building::{Builder, once};
use super::document::{Element, Node, Spoiled, small};
use super::embedded;
use super::frame::{Frame, Opened};
use super::hand::{Hand, Tag};
use super::page_fault::PageFault;
use super::path::{Condition, Embedded, Move, Path, walk};

/// What paths may want of each value that is not read yet, should its conditions hold: states by its place.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<u32, Vec<u32>>);

impl Held {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A document that has been read at the end of the arena, and the value in which it is to stand.
struct Piece {
    holder: u32,
    /// The first node after the holder.
    end: u32,
    from: u32,
    to: u32,
}

/// A value to be read: its place, in which way, the path that asks for it.
type Wanted = (u32, Embedded, Option<String>);

fn bit(kind: Embedded) -> u8 {
    1 << (kind as u8)
}

impl Builder<'_> {
    /// Reads the document in the element that ends, where nothing is left to be decided; what may be decided
    /// later is remembered.
    pub(super) fn open_sure(&mut self) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let index = frame.index;
        let of = |states: Option<&[u32]>| -> Vec<(Embedded, String)> {
            let states = states.unwrap_or_default().iter();
            let states = states.filter_map(|state| self.trie.state(*state));
            let mut all: Vec<_> = states.flat_map(|state| state.embedded.clone()).collect();
            all.sort_by_key(|(kind, _)| *kind);
            all.dedup_by_key(|(kind, _)| *kind);
            all
        };
        let sure = of(self.states.get(frame.base..frame.split));
        if !of(self.states.get(frame.split..)).is_empty() {
            let states = self.states.get(frame.base..).unwrap_or_default();
            self.held.0.insert(index, states.to_vec());
        }
        for (kind, path) in sure {
            self.open(index, kind, Some(path));
        }
    }

    /// Reads the documents that the end of an element decides about, before it is asked where paths lead.
    pub(super) fn open_late(&mut self, index: u32, sure: std::ops::Range<usize>) {
        // A document that is read can decide about others, within it or beside it.
        while !self.held.0.is_empty() {
            let mut wanted = Vec::new();
            for state in self.states.get(sure.clone()).unwrap_or_default() {
                self.seek(index, *state, true, &mut wanted);
            }
            wanted.sort_by_key(|one| (one.0, one.1));
            wanted.dedup_by_key(|(holder, kind, _)| (*holder, *kind));
            if wanted.is_empty() {
                return;
            }
            let mut pieces = Vec::new();
            for (holder, kind, path) in wanted {
                let end = self.element(holder).node().end;
                let from = small(self.arena.nodes.len());
                let states = self.held.0.get(&holder).cloned().unwrap_or_default();
                let base = self.states.len();
                self.states.extend(states);
                self.frames
                    .push(Frame::again(holder, base, self.pieces.len()));
                self.open(holder, kind, path);
                self.frames.pop();
                self.states.truncate(base);
                let to = small(self.arena.nodes.len());
                pieces.push(Piece {
                    holder,
                    end,
                    from,
                    to,
                });
            }
            self.put_in(pieces);
        }
    }

    /// Finds what is to be read: as [`Builder::resolve`] goes, without capturing anything.
    fn seek(&self, index: u32, state: u32, late: bool, wanted: &mut Vec<Wanted>) {
        let Some(at) = self.trie.state(state) else {
            return;
        };
        let element = self.element(index);
        if !late {
            for (kind, path) in &at.embedded {
                if element.is_to_be_opened(*kind) {
                    wanted.push((index, *kind, Some(path.clone())));
                }
            }
        }
        if late && !at.late || at.is_end() {
            return;
        }
        at.looked_into(element, &mut |holder, kind| {
            if holder.is_to_be_opened(kind) {
                wanted.push((holder.index, kind, None));
            }
        });
        let mut led = Vec::new();
        at.finish(element, late, &mut |child, target| {
            once(&mut led, 0, (child.index, target));
        });
        for (child, target) in led {
            self.seek(child, target, false, wanted);
        }
    }

    /// Reads the document in the text of the element whose frame is the last, to the end of the arena.
    fn open(&mut self, index: u32, kind: Embedded, path: Option<String>) {
        let Some(node) = self.arena.nodes.get_mut(index as usize) else {
            return;
        };
        node.opened |= bit(kind);
        let at = node.at;
        let element = self.element(index);
        let text = element.own_text().trim().to_owned();
        if text.is_empty() {
            return;
        }
        let outer = self.within;
        self.within = outer.or(Some(at));
        let frames = self.frames.len();
        let read = embedded::read(kind, &text, self.limits.depth, &mut Inside(self, 0));
        // What a faulty document left open.
        while self.frames.len() > frames {
            self.step_out();
        }
        self.within = outer;
        if let Err(why) = read {
            let path = path.or_else(|| self.asking(kind)).unwrap_or_default();
            let spoiled = Spoiled::Embedded(path, why);
            self.arena.spoiled.get_or_insert(spoiled);
        }
    }

    /// The first path that may ask for the document in the element whose frame is the last.
    fn asking(&self, kind: Embedded) -> Option<String> {
        let states = self.states.get(self.frames.last()?.base..)?;
        let states = states.iter().filter_map(|state| self.trie.state(*state));
        let mut all = states.flat_map(|state| &state.embedded);
        let found = all.find(|(other, _)| *other == kind);
        found.map(|(_, path)| path.clone())
    }

    /// Puts documents that were read at the end of the arena into their holders, behind what else is in those.
    fn put_in(&mut self, mut pieces: Vec<Piece>) {
        let Some(first) = pieces.iter().map(|piece| piece.from).min() else {
            return;
        };
        // Of two holders that end together the inner one comes first.
        pieces.sort_by_key(|piece| (piece.end, u32::MAX - piece.holder, piece.from));
        let lengths = pieces.iter().scan(0, |sum, piece| {
            *sum += piece.to - piece.from;
            Some(*sum)
        });
        let before: Vec<u32> = std::iter::once(0).chain(lengths).collect();
        let grown = |count: usize| before.get(count).copied().unwrap_or_default();
        // Where a node is to stand, and where it is to end: by how much was put in before.
        let stands = |index: u32| {
            let within = |piece: &Piece| (piece.from..piece.to).contains(&index);
            let new = (index >= first).then_some(&pieces);
            let found = new.and_then(|pieces| pieces.iter().position(within));
            match found.and_then(|place| Some((place, pieces.get(place)?))) {
                Some((place, piece)) => index - piece.from + piece.end + grown(place),
                None => index + grown(pieces.partition_point(|piece| piece.end <= index)),
            }
        };
        let ends = |index: u32, end: u32| {
            let inside =
                |piece: &Piece| piece.end < end || piece.end == end && piece.holder >= index;
            end + grown(pieces.partition_point(inside))
        };
        let mut nodes = Vec::with_capacity(self.arena.nodes.len());
        let old = self.arena.nodes.get(..first as usize).unwrap_or_default();
        let mut waiting = pieces.iter().enumerate().peekable();
        for index in 0..=first {
            while let Some((place, piece)) = waiting.next_if(|(_, piece)| piece.end <= index) {
                let new = piece.from as usize..piece.to as usize;
                let new = self.arena.nodes.get(new).unwrap_or_default();
                let moved = |end: u32| end - piece.from + piece.end + grown(place);
                nodes.extend(new.iter().map(|node| Node {
                    end: moved(node.end),
                    ..*node
                }));
            }
            nodes.extend(old.get(index as usize).map(|node| Node {
                end: match node.end {
                    // It is open.
                    0 => 0,
                    end => ends(index, end),
                },
                ..*node
            }));
        }
        for all in &mut self.arena.captured {
            for index in all {
                *index = stands(*index);
            }
        }
        let held = std::mem::take(&mut self.held.0);
        let held = held.into_iter();
        self.held.0 = held
            .map(|(index, states)| (stands(index), states))
            .collect();
        self.arena.nodes = nodes;
    }
}

impl Element<'_> {
    fn is_to_be_opened(self, kind: Embedded) -> bool {
        self.node().opened & bit(kind) == 0
    }
}

impl Move {
    /// Whether a condition looks into a document that stands in a value.
    pub(super) fn looks_in(&self) -> bool {
        let own = self.embedded.is_some() && self.before < self.conditions.len();
        own || self.conditions.iter().any(|condition| match condition {
            Condition::Nth(_) => false,
            Condition::Is { at, .. } => at
                .moves
                .iter()
                .any(|step| step.embedded.is_some() || step.looks_in()),
        })
    }

    /// Calls for each value that a condition of this step from `above` looks into, where those before it hold.
    pub(super) fn look_in(&self, above: Element<'_>, call: &mut dyn FnMut(Element<'_>, Embedded)) {
        let mut counts = vec![0; self.positions()];
        for child in above.children() {
            let mut counts = counts.iter_mut();
            if !self.name.admits(child) {
                continue;
            }
            for (index, condition) in self.conditions.iter().enumerate() {
                if let Some(kind) = self.embedded.filter(|_| self.before == index) {
                    call(child, kind);
                }
                if let Condition::Is { at, .. } = condition {
                    at.look_in(child, call);
                }
                if !condition.holds(child, &mut counts) {
                    break;
                }
            }
        }
    }
}

impl Path {
    fn look_in(&self, from: Element<'_>, call: &mut dyn FnMut(Element<'_>, Embedded)) {
        for (index, step) in self.moves.iter().enumerate() {
            let (above, rest) = self.moves.split_at(index);
            if step.looks_in() {
                walk(above, from, &mut |above| step.look_in(above, call));
            }
            if let (Some(kind), Some(step)) = (step.embedded, rest.get(..1)) {
                walk(above, from, &mut |above| {
                    walk(step, above, &mut |holder| call(holder, kind));
                });
            }
        }
    }
}

/// The hand that takes an embedded document, and how deep it is. Its elements stand inside the one that holds it;
/// a JSON document has no name of its own, so its members do.
struct Inside<'b, 'w>(&'b mut Builder<'w>, usize);

impl Hand for Inside<'_, '_> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<bool, PageFault> {
        let nameless = self.1 == 0 && tag.name.is_empty();
        let kept = nameless || self.0.step_in(tag)? == Opened::Kept;
        self.1 += usize::from(kept && !nameless);
        Ok(kept)
    }

    fn put(&mut self, piece: &str) {
        if self.1 > 0 {
            self.0.put_piece(piece);
        }
    }

    fn close(&mut self, _end: usize) -> Result<(), PageFault> {
        if self.1 > 0 {
            self.1 -= 1;
            self.0.step_out();
        }
        Ok(())
    }

    fn spoil(&mut self) {
        self.0.arena.spoiled.get_or_insert(Spoiled::Characters);
    }

    fn wants_spaces(&self) -> bool {
        self.0.wants_spaces()
    }
}
