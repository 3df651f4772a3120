//! How do the parts of a record that paths can reach get into an arena, in one pass?

use super::attributes;
use super::document::{Arena, Element, Node, Span, Spoiled, small};
use super::frame::{Frame, Opened, Placed};
use super::hand::{Shape, Tag};
use super::opening::Held;
use super::page_fault::PageFault;
use super::state::Way;
use super::tidy::tidy;
use super::trie::Trie;

/// Builds one document or record at a time.
pub(super) struct Builder<'w> {
    pub(super) trie: &'w Trie,
    pub(super) text: &'w str,
    pub(super) arena: Arena,
    pub(super) frames: Vec<Frame>,
    /// The states of all open elements; each frame knows its own.
    pub(super) states: Vec<u32>,
    maybe: Vec<u32>,
    /// Pieces of text of open elements.
    pub(super) pieces: Vec<Span>,
    /// What is being resolved: elements, and the states that lead to them.
    led: Vec<(u32, u32)>,
    pub(super) limits: Bounds,
    /// Where an embedded document stands in the answer.
    pub(super) within: Option<u32>,
    pub(super) held: Held,
}

/// How much a record may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) values: usize,
    pub(super) depth: usize,
}

impl<'w> Builder<'w> {
    pub(super) fn new(trie: &'w Trie, text: &'w str, limits: Bounds, captures: bool) -> Self {
        Self {
            trie,
            text,
            arena: Arena {
                captured: vec![Vec::new(); if captures { trie.numbers } else { 0 }],
                captures: captures && !trie.whole,
                json: trie.json,
                spaces: trie.spaces.clone(),
                ..Arena::default()
            },
            frames: Vec::new(),
            states: Vec::new(),
            maybe: Vec::new(),
            pieces: Vec::new(),
            led: Vec::new(),
            limits,
            within: None,
            held: Held::default(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Whether only the root is open.
    pub(super) fn is_outermost(&self) -> bool {
        self.frames.len() == 1
    }

    pub(super) fn wants_spaces(&self) -> bool {
        !self.trie.spaces.is_empty()
    }

    /// The root of what was built.
    pub(super) fn root(&self) -> Element<'_> {
        self.element(0)
    }

    pub(super) fn element(&self, index: u32) -> Element<'_> {
        Element {
            arena: &self.arena,
            text: self.text,
            index,
        }
    }

    /// Begins a new record.
    pub(super) fn begin(&mut self, tag: &Tag<'_>) -> Result<(), PageFault> {
        self.arena.clear();
        self.frames.clear();
        self.states.clear();
        self.pieces.clear();
        self.held.clear();
        self.push(tag, 0)?;
        self.states.push(0);
        let frame = self.enter(0, 1);
        self.frames.push(frame);
        Ok(())
    }

    /// Begins an element inside the one that is open.
    pub(super) fn step_in(&mut self, tag: &Tag<'_>) -> Result<Opened, PageFault> {
        Ok(match self.place(tag)? {
            Placed::Passed => Opened::Passed,
            Placed::Marked => Opened::Marked,
            Placed::At(base, split) => {
                let frame = self.enter(base, split);
                self.frames.push(frame);
                Opened::Kept
            }
        })
    }

    /// Puts an element at the end of the arena, if any path wants it, and the states that it may lead to.
    fn place(&mut self, tag: &Tag<'_>) -> Result<Placed, PageFault> {
        let symbol = self.trie.names.number(tag.name);
        let (base, split) = match self.frames.last() {
            Some(frame) => (frame.base, frame.split),
            None => return Ok(Placed::Passed),
        };
        let end = self.states.len();
        // Nearly all elements are in one place of the trie, from which there is one way on.
        if let Some([only]) = self.states.get(base..)
            && self.arena.captures
            && let Some(state) = self.trie.state(*only)
        {
            match state.way(symbol) {
                Way::Nowhere => return Ok(Placed::Passed),
                Way::Straight(target, sure) if self.has_room() => {
                    self.push(tag, symbol)?;
                    self.states.push(target);
                    return Ok(Placed::At(end, end + usize::from(sure && base < split)));
                }
                _ => {}
            }
        }
        let wanted = self.states.iter().skip(base).any(|state| {
            let state = self.trie.state(*state);
            state.is_some_and(|state| state.wants(symbol))
        });
        if !wanted && !self.trie.whole {
            return Ok(Placed::Passed);
        }
        if !self.has_room() {
            return Ok(Placed::Passed);
        }
        let (nodes, attributes) = (self.arena.nodes.len(), self.arena.attributes.len());
        self.push(tag, symbol)?;
        let element = Element {
            arena: &self.arena,
            text: self.text,
            index: small(nodes),
        };
        let mut marked = false;
        for place in base..end {
            let number = self.states.get(place).copied().unwrap_or_default();
            if let Some(state) = self.trie.state(number) {
                let (states, maybe) = (&mut self.states, &mut self.maybe);
                state.begin(element, |target, sure| {
                    if sure && place < split {
                        states.push(target);
                    } else {
                        maybe.push(target);
                    }
                });
            }
        }
        let sure = self.states.len();
        self.states.append(&mut self.maybe);
        if !self.arena.captures {
            let ends = |state: &u32| self.trie.state(*state).map(|state| state.ends.as_slice());
            let mut led = self.states.iter().skip(end).filter_map(ends);
            marked = led.any(|ends| ends.contains(&0));
        }
        if marked || self.states.len() == end && !self.trie.whole {
            self.states.truncate(end);
            self.arena.nodes.truncate(nodes);
            self.arena.attributes.truncate(attributes);
            return Ok(if marked {
                Placed::Marked
            } else {
                Placed::Passed
            });
        }
        Ok(Placed::At(end, sure))
    }

    /// Whether a record may hold one value more; it is spoiled if not.
    fn has_room(&mut self) -> bool {
        let room = self.arena.size() < self.limits.values;
        if !room {
            let spoiled = Spoiled::Values(self.limits.values);
            self.arena.spoiled.get_or_insert(spoiled);
        }
        room
    }

    /// A value with nothing inside it, in the element that is open: as if it began, had this text and ended.
    pub(super) fn leaf(&mut self, tag: &Tag<'_>, text: &str) -> Result<(), PageFault> {
        let Placed::At(base, split) = self.place(tag)? else {
            return Ok(());
        };
        let frame = self.enter(base, split);
        if frame.embeds {
            self.frames.push(frame);
            self.put_piece(text);
            self.step_out();
            return Ok(());
        }
        let text = if frame.text && !text.is_empty() {
            self.tidied(text)
        } else {
            Span::default()
        };
        let end = small(self.arena.nodes.len());
        if let Some(node) = self.arena.nodes.last_mut() {
            (node.text, node.end) = (text, end);
        }
        self.states.truncate(base);
        Ok(())
    }

    /// Puts a node with its attributes at the end of the arena.
    fn push(&mut self, tag: &Tag<'_>, symbol: u32) -> Result<(), PageFault> {
        let mut node = Node {
            name: self.arena.span(self.text, tag.name),
            symbol,
            space: self.trie.space_of(tag.space),
            at: self.within.unwrap_or_else(|| small(tag.at)),
            nil: matches!(tag.shape, Shape::Nothing),
            ..Node::default()
        };
        let from = self.arena.attributes.len();
        if let Shape::Element(start, spaces) = tag.shape
            && !start.attributes_raw().is_empty()
        {
            node.nil |= attributes::push(self.trie, self.text, &mut self.arena, start, spaces)?;
        }
        node.attributes = (small(from), small(self.arena.attributes.len()));
        self.arena.nodes.push(node);
        Ok(())
    }

    /// The frame of the last node, with the states from `base` on.
    fn enter(&mut self, base: usize, split: usize) -> Frame {
        let index = small(self.arena.nodes.len().saturating_sub(1));
        let mut frame = Frame {
            index,
            base,
            split,
            pieces: self.pieces.len(),
            text: self.trie.whole,
            late: false,
            embeds: false,
        };
        let states = self.states.get(base..).unwrap_or_default();
        for (place, state) in states.iter().enumerate() {
            let Some(state) = self.trie.state(*state) else {
                continue;
            };
            let sure = base + place < split;
            frame.text |= state.text || !state.embedded.is_empty();
            frame.embeds |= !state.embedded.is_empty();
            frame.late |= sure && state.late;
            if sure && self.arena.captures {
                for number in &state.ends {
                    if let Some(all) = self.arena.captured.get_mut(*number) {
                        all.push(index);
                    }
                }
            }
        }
        frame
    }

    pub(super) fn put_piece(&mut self, piece: &str) {
        if self.frames.last().is_some_and(|frame| frame.text) && !piece.is_empty() {
            let span = self.tidied(piece);
            self.pieces.push(span);
        }
    }

    fn tidied(&mut self, piece: &str) -> Span {
        match tidy(piece) {
            None => self.arena.span(self.text, piece),
            Some(text) => self.arena.span(self.text, &text),
        }
    }

    /// Ends the open element; whether it was the root.
    pub(super) fn step_out(&mut self) -> bool {
        let Some(frame) = self.frames.last() else {
            return true;
        };
        let (index, embeds) = (frame.index, frame.embeds);
        if frame.text {
            let own = self.pieces.get(frame.pieces..).unwrap_or_default();
            let joined = self.arena.join(self.text, own);
            self.pieces.truncate(frame.pieces);
            if let Some(node) = self.arena.nodes.get_mut(index as usize) {
                node.text = joined;
            }
        }
        if embeds {
            self.open_sure();
        }
        let Some(frame) = self.frames.pop() else {
            return true;
        };
        let end = small(self.arena.nodes.len());
        if let Some(node) = self.arena.nodes.get_mut(index as usize) {
            node.end = end;
        }
        if frame.late {
            if self.trie.embeds {
                self.open_late(index, frame.base..frame.split);
            }
            if self.arena.captures {
                for place in frame.base..frame.split {
                    if let Some(state) = self.states.get(place) {
                        self.resolve(index, *state, true);
                    }
                }
            }
        }
        self.states.truncate(frame.base);
        self.frames.is_empty()
    }

    /// Captures what the edges lead to that could not be decided before the element was whole.
    fn resolve(&mut self, index: u32, state: u32, late: bool) {
        let Some(at) = self.trie.state(state) else {
            return;
        };
        if !late {
            for number in &at.ends {
                if let Some(all) = self.arena.captured.get_mut(*number) {
                    all.push(index);
                }
            }
        }
        if late && !at.late || at.is_end() {
            return;
        }
        // One list for all that are under way, each from where it begins.
        let mut led = std::mem::take(&mut self.led);
        let from = led.len();
        at.finish(self.element(index), late, &mut |child, target| {
            once(&mut led, from, (child.index, target));
        });
        let to = led.len();
        self.led = led;
        for place in from..to {
            if let Some((child, target)) = self.led.get(place).copied() {
                self.resolve(child, target, false);
            }
        }
        self.led.truncate(from);
    }
}

/// Two equal values of one child lead to it once.
pub(super) fn once(led: &mut Vec<(u32, u32)>, from: usize, one: (u32, u32)) {
    let mut same = led.iter().skip(from).rev();
    if !same
        .by_ref()
        .take_while(|(child, _)| *child == one.0)
        .any(|known| *known == one)
    {
        led.push(one);
    }
}
