//! What do the readers of XML and of JSON hand over, and to whom?

use quick_xml::events::BytesStart;
use quick_xml::name::NamespaceResolver;

use super::page_fault::PageFault;

/// The start of an element or member.
pub(super) struct Tag<'e> {
    /// Local name.
    pub(super) name: &'e str,
    /// Its namespace, where the hand wants namespaces and it has one.
    pub(super) space: Option<&'e str>,
    pub(super) shape: Shape<'e>,
    /// The byte at which it begins.
    pub(super) at: usize,
}

/// What begins.
pub(super) enum Shape<'e> {
    /// An element of XML.
    Element(&'e BytesStart<'e>, &'e NamespaceResolver),
    /// A JSON object, or an array taken as one whose members are all called `item`.
    Members,
    /// A JSON text, number or truth.
    Scalar,
    /// `null` or an empty array.
    Nothing,
}

/// Takes what a reader hands over.
pub(super) trait Hand {
    /// Something begins. Whether its inside is wanted; if not, neither that nor its end is handed over.
    fn open(&mut self, tag: &Tag<'_>) -> Result<bool, PageFault>;

    /// A piece of the text of what is open. Line ends and control characters are as they came.
    fn put(&mut self, piece: &str);

    /// A value with nothing inside it begins and ends, with its text.
    fn leaf(&mut self, tag: &Tag<'_>, text: &str, end: usize) -> Result<(), PageFault> {
        if self.open(tag)? {
            self.put(text);
            self.close(end)?;
        }
        Ok(())
    }

    /// What is open ends before this byte.
    fn close(&mut self, end: usize) -> Result<(), PageFault>;

    /// Something that stands for no character, perhaps in a part that is not wanted.
    fn spoil(&mut self);

    /// Whether namespaces are to be told.
    fn wants_spaces(&self) -> bool;

    /// Whether an array of this name is one thing with items inside, not several of that name.
    fn gathers(&self, _name: &str) -> bool {
        false
    }
}
