//! Which children's records became one, as the case system lists it? The table `[merges]` (M20, P23).
//!
//! A row names two persons and nothing else; both are keyed on reading, and the ids are dropped.

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::language::{File, RequestRow};
use super::page::{Page, Quarantined};
use super::page_fault::PageFault;
use super::path::Path;
use super::record::Reading;
use super::request::Request;
use crate::practice::ids::Digest;
use crate::practice::news::Merge;

/// `[merges]`, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct MergesRow {
    #[serde(flatten)]
    pub(super) request: RequestRow,
    from: String,
    to: String,
    at: Option<String>,
}

/// The list of merges.
#[derive(Clone, Debug)]
pub struct Merges {
    /// How it is asked for.
    pub request: Request,
    from: Path,
    to: Path,
    at: Option<Path>,
}

impl Mapping {
    /// The list of merges, if the case system has one.
    pub fn merges(&self) -> Option<&Merges> {
        self.merges.as_ref()
    }

    /// The merges on one page of the list; what cannot be read, and what stands around them, is in the page.
    ///
    /// # Errors
    /// When the answer is not what the mapping promises.
    pub fn merges_page(
        &self,
        merges: &Merges,
        bytes: &[u8],
        reading: &Reading,
    ) -> Result<(Vec<Merge>, Page), PageFault> {
        let request = &merges.request;
        let charset = reading.charset.as_deref();
        let whole = self.document_in(request.format, bytes, charset, &request.root)?;
        request.lists_in(&whole.root())?;
        let (mut found, mut page) = (Vec::new(), Page::default());
        for row in request.record.elements(&whole.root()) {
            page.count += 1;
            let person = |path: &Path| {
                let id = path.first(&row)?;
                Some(id.trim().to_owned()).filter(|id| !id.is_empty() && id != "0")
            };
            let mut bad = |key: &str, path: &Path, why: &str| {
                page.quarantined.push(Quarantined {
                    step: None,
                    path: format!("merges.{key}"),
                    reason: format!("`{}` {why}", path.written()),
                    fingerprint: Digest::of(format!("merge/{key}/{}", page.count).as_bytes()).0,
                });
            };
            let (Some(from), Some(to)) = (person(&merges.from), person(&merges.to)) else {
                let (key, path) = match person(&merges.from) {
                    None => ("from", &merges.from),
                    Some(_) => ("to", &merges.to),
                };
                bad(key, path, "names nobody");
                continue;
            };
            let stamp = merges.at.as_ref().and_then(|path| path.first(&row));
            let at = stamp.map(|text| self.dates.of("merged_at").instant(&text));
            let Ok(at) = at.transpose() else {
                if let Some(path) = &merges.at {
                    bad("at", path, "is no time");
                }
                continue;
            };
            page.last_id = Some(from.clone());
            found.push(Merge {
                from: reading.keying.key(&from),
                to: reading.keying.key(&to),
                at: at.flatten(),
            });
        }
        self.around(request, &whole.root(), &mut page)?;
        Ok((found, page))
    }
}

impl Desk<'_> {
    pub(super) fn merges(&mut self, file: &File) -> Option<Merges> {
        let row = file.merges.as_ref()?;
        Some(Merges {
            request: self.request("merges", &row.request, file),
            from: self.loose("merges.from", &row.from),
            to: self.loose("merges.to", &row.to),
            at: row.at.as_ref().map(|at| self.loose("merges.at", at)),
        })
    }
}
