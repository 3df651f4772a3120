//! Is the list there that an answer was to bring, if only with nothing in it?
//!
//! An answer that says something else altogether (a notice, an error with a good status) has no list, and would be
//! taken for an empty one: nothing has changed, no flag is set. So the place is looked for, not only what stands there.

use super::document::Element;
use super::limits::Format;
use super::page_fault::PageFault;
use super::path::{Path, walk};
use super::request::Request;

impl Request {
    /// Refuses an answer without the place of its records. In XML that is the element around them, in JSON their own
    /// member; `met` says whether anything stood there. A file whose answers leave it out says so (`list`).
    pub(super) fn lists(&self, root: &Element<'_>, met: bool) -> Result<(), PageFault> {
        let parts = self.record.moves.len();
        if met || parts == 0 || self.list_is_optional {
            return Ok(());
        }
        let there = match self.format {
            Format::Xml => self.record.reaches(parts - 1, root),
            // A list that is the root itself has no `item` when it is empty.
            Format::Json => {
                let first = self.record.moves.first();
                let by_item =
                    first.is_some_and(|step| matches!(step.name.local.as_str(), "" | "item"));
                by_item && is_list(root) && (parts == 1 || root.children().next().is_none())
                    || self.ends_in_an_empty_list(root)
            }
        };
        if there {
            return Ok(());
        }
        Err(missing(&self.record))
    }

    /// Whether on the way to the records there is a list without items: of `edges/node` the `edges`. Each item would
    /// have had its record. `null` there is no list.
    fn ends_in_an_empty_list(&self, root: &Element<'_>) -> bool {
        let parts = self.record.moves.len();
        (1..parts).any(|so_far| {
            let mut there = false;
            let moves = self.record.moves.get(..so_far).unwrap_or_default();
            walk(moves, *root, &mut |element| {
                there |= element.is_nil() && is_list(&element);
            });
            there
        })
    }

    /// The same of a document that is kept whole.
    pub(super) fn lists_in(&self, root: &Element<'_>) -> Result<(), PageFault> {
        self.lists(root, self.record.reaches(self.record.moves.len(), root))
    }
}

/// Refuses a JSON document without the place of these values: its own member, or the one around it. An XML document
/// has none for a list without items.
pub(super) fn has_place(root: &Element<'_>, path: &Path) -> Result<(), PageFault> {
    let around = path.moves.len().saturating_sub(1).max(1);
    if !root.arena.json || path.reaches(around, root) {
        return Ok(());
    }
    Err(missing(path))
}

fn is_list(root: &Element<'_>) -> bool {
    root.text
        .get(root.at()..)
        .is_some_and(|rest| rest.starts_with('['))
}

fn missing(path: &Path) -> PageFault {
    PageFault::unproven(format!(
        "there is no list in it where `{}` should stand, not even an empty one",
        path.written()
    ))
}
