//! Which rows are one record? For systems that answer with a row for each answer of a form (M11).
//!
//! Rows with the same value at one path are put together, wherever they stand on the page. A group that a page cuts
//! is never taken as whole: either the case system pages by groups, or its rows come in their order and the last
//! group of a page is left to the next one (P32).

use std::collections::BTreeMap;

use super::compile::{Desk, Mapping};
use super::document::{Arena, Element, Spoiled};
use super::language::{File, RequestRow};
use super::page::{Page, Quarantined, digest};
use super::page_fault::PageFault;
use super::path::Path;
use super::record::Reading;
use super::walk::{Ended, Whole};
use crate::practice::ids::Digest;

/// What makes rows one record.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// From the root that a row stands in.
    path: Path,
    /// Rows come in the order of their groups, and a page may cut the last one.
    sorted: bool,
}

/// The rows of a page, by their groups.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Each group as it was met first, with its rows in one root.
    groups: Vec<Rowed>,
    /// Where each group stands among them.
    known: BTreeMap<String, usize>,
    /// The group of the row before, and whether one was met again after another.
    last: usize,
    apart: bool,
}

#[derive(Debug)]
struct Rowed {
    /// Nothing, if the row does not say its group.
    key: String,
    arena: Arena,
    rows: u64,
    digests: String,
}

/// What a page was before its last group.
#[derive(Clone, Debug)]
pub(super) struct BeforeLast {
    rows: u64,
    records: usize,
    mentions: usize,
    quarantined: usize,
    last_id: Option<String>,
}

impl Rows {
    /// Takes a row of the page.
    pub(super) fn take(&mut self, group: &Group, ended: &Ended<'_>) {
        let key = group.path.first(&ended.record).unwrap_or_default();
        let known = self.known.get(&key).copied();
        if let Some((at, rowed)) = known.and_then(|at| Some((at, self.groups.get_mut(at)?))) {
            rowed.arena.absorb(ended.record.arena);
            rowed.rows += 1;
            rowed.digests.push_str(digest(ended).as_str());
            self.apart |= at != self.last;
            self.last = at;
            return;
        }
        self.last = self.groups.len();
        // Rows that say no group have nothing in common.
        if !key.is_empty() {
            self.known.insert(key.clone(), self.last);
        }
        self.groups.push(Rowed {
            key,
            arena: ended.record.arena.clone(),
            rows: 1,
            digests: digest(ended).0,
        });
    }
}

impl Mapping {
    /// Makes of each group of rows what can be made of it.
    pub(super) fn groups(
        &self,
        group: &Group,
        rows: &Rows,
        whole: &Whole<'_>,
        reading: &Reading,
        page: &mut Page,
    ) -> Result<(), PageFault> {
        if group.sorted && rows.apart {
            return Err(PageFault::unproven(
                "rows of one group stand apart, although the mapping says that they are sorted",
            ));
        }
        let limit = self.limits.bounds().values;
        let last = rows.groups.len().saturating_sub(1);
        for (at, rowed) in rows.groups.iter().enumerate() {
            if group.sorted && at == last {
                page.before_last = Some(BeforeLast {
                    rows: rowed.rows,
                    records: page.records.len(),
                    mentions: page.mentions.len(),
                    quarantined: page.quarantined.len(),
                    last_id: page.last_id.clone(),
                });
            }
            let mut arena = std::borrow::Cow::Borrowed(&rowed.arena);
            if arena.size() > limit {
                arena.to_mut().spoiled = Some(Spoiled::Values(limit));
            }
            let record = Element {
                arena: &arena,
                text: &whole.text,
                index: 0,
            };
            let fingerprint = || Digest::of(rowed.digests.as_bytes());
            if rowed.key.is_empty() && !self.is_foreign(&record) {
                page.quarantined.push(Quarantined {
                    step: None,
                    path: group.path.written().to_owned(),
                    reason: "the row does not say to which group it belongs".to_owned(),
                    fingerprint: fingerprint().0,
                });
            } else {
                self.take(&record, &fingerprint, reading, page);
            }
        }
        Ok(())
    }
}

impl Page {
    /// Leaves the last group of rows to the next page, if that may bring more of it: to be called when there is a
    /// next page, before it is asked for. Gives the number of rows that are to be read again; [`Page::count`] and
    /// [`Page::last_id`] are then without them.
    ///
    /// # Errors
    /// When one group fills the whole page, so that its end would never be met.
    pub fn hold_back(&mut self) -> Result<u64, PageFault> {
        let Some(before) = self.before_last.take() else {
            return Ok(0);
        };
        if before.rows >= self.count {
            return Err(PageFault::unproven(
                "one group of rows fills the whole page; raise `page_size`",
            ));
        }
        self.records.truncate(before.records);
        self.mentions.truncate(before.mentions);
        self.quarantined.truncate(before.quarantined);
        self.count -= before.rows;
        self.last_id = before.last_id;
        Ok(before.rows)
    }
}

impl Desk<'_> {
    /// `[record] group`, and whether a page can cut one.
    pub(super) fn group(&mut self, file: &File) -> Option<Group> {
        let whole = file.record.get("group_whole").map(String::as_str);
        let Some(written) = file.record.get("group") else {
            if whole.is_some() {
                let message = "`group_whole` is of `group`, and there is none";
                self.fault("record.group_whole", message, None);
            }
            return None;
        };
        let requests = [
            ("feed", Some(&file.feed)),
            ("sweep", file.sweep.as_ref()),
            ("step", file.step.as_ref()),
        ];
        for (name, row) in requests {
            if let Some(row) = row {
                self.paged_groups(name, row, whole);
            }
        }
        Some(Group {
            path: self.path("record.group", &format!("*/{written}")),
            sorted: whole == Some("sorted"),
        })
    }

    fn paged_groups(&mut self, name: &str, row: &RequestRow, whole: Option<&str>) {
        let at = format!("{name}.paging");
        match (row.paging.as_str(), whole) {
            ("" | "none", _) | (_, Some("page")) | ("offset" | "last_id", Some(_)) => {}
            (_, None) => {
                let message = "a page may cut a group of rows in two";
                let help = "say with `group_whole` in `[record]` whether it does".to_owned();
                self.fault(&at, message, Some(help));
            }
            (paging, Some(_)) => {
                let message = format!("paging by `{paging}` cannot go back to where a group began");
                let help = "page by `offset` or `last_id`, or by whole groups".to_owned();
                self.fault(&at, &message, Some(help));
            }
        }
    }
}
