//! What is open while a record is built, and what becomes of an element that begins?

/// An element that is open.
pub(super) struct Frame {
    pub(super) index: u32,
    /// Its states begin here in the list of all; from `split` on they are not sure.
    pub(super) base: usize,
    pub(super) split: usize,
    pub(super) pieces: usize,
    pub(super) text: bool,
    pub(super) late: bool,
    /// Some path may go through a document that stands in it.
    pub(super) embeds: bool,
}

impl Frame {
    /// Of an element that is open again; nothing about it is sure.
    pub(super) fn again(index: u32, base: usize, pieces: usize) -> Self {
        Self {
            index,
            base,
            split: base,
            pieces,
            text: false,
            late: false,
            embeds: false,
        }
    }
}

/// What became of the start of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Kept,
    Passed,
    /// It is where path number 0 of the trie ends; it is not kept.
    Marked,
}

/// Where an element came to stand: its states begin there, and from the second place on they are not sure.
pub(super) enum Placed {
    At(usize, usize),
    Passed,
    Marked,
}
