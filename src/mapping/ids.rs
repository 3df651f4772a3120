//! Which steps does a list name that shows none of them? Each is then read by itself.

use super::compile::{Desk, Mapping};
use super::language::{File, RequestRow};
use super::limits::Format;
use super::page::{Page, Quarantined, digest};
use super::page_fault::PageFault;
use super::path::Path;
use super::record::Reading;
use super::request::Request;
use super::trie::Trie;
use super::walk::{Task, walk};

/// Where a row names its step, and what is wanted of the row for it.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    pub(super) path: Path,
    wanted: Trie,
}

impl Request {
    /// Whether its answers only name steps.
    pub fn names_only(&self) -> bool {
        self.ids.is_some()
    }
}

impl Mapping {
    /// Reads an answer whose rows name steps: each once, in the order of the rows.
    pub(super) fn ids(
        &self,
        request: &Request,
        ids: &Ids,
        bytes: &[u8],
        reading: &Reading,
    ) -> Result<Page, PageFault> {
        let mut page = Page::default();
        let task = Task {
            request,
            envelope: &self.envelope,
            limits: self.limits,
            wanted: &ids.wanted,
            rows: false,
        };
        let whole = walk(bytes, reading.charset.as_deref(), task, &mut |ended| {
            page.count += 1;
            let id = ids.path.first(&ended.record).unwrap_or_default();
            if id.is_empty() || id.chars().count() > 64 {
                page.quarantined.push(Quarantined {
                    step: None,
                    path: ids.path.written().to_owned(),
                    reason: "the step's id is missing".to_owned(),
                    fingerprint: digest(ended).0,
                });
                return;
            }
            page.last_id = Some(id.clone());
            if !page.named.contains(&id) {
                page.named.push(id);
            }
        })?;
        self.around(request, &whole.root(), &mut page)?;
        Ok(page)
    }
}

impl Desk<'_> {
    /// Where the rows of a list name steps, if they show none.
    pub(super) fn ids_of(
        &mut self,
        name: &str,
        row: &RequestRow,
        format: Format,
        file: &File,
    ) -> Option<Ids> {
        let at = format!("{name}.ids");
        let path = self.loose(&at, row.ids.as_deref()?);
        if file.step.is_none() {
            let message = "a list that only names steps needs `[step]`, by which each is read";
            self.fault(&at, message, None);
        }
        let wanted = Trie::whole(std::slice::from_ref(&path), format == Format::Json);
        Some(Ids { path, wanted })
    }
}
