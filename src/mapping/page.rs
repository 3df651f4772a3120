//! What records does an answer bring?
//!
//! A page is believed whole or not at all; a record that cannot be read is set aside alone.

use jiff::Timestamp;

use super::asking::Ahead;
use super::compile::Mapping;
use super::document::{Element, Spoiled};
use super::envelope::Envelope;
use super::grouping::{BeforeLast, Rows};
use super::limits::Format;
use super::page_fault::PageFault;
use super::path::Path;
use super::record::Reading;
use super::request::Request;
use super::walk::{Ended, Task, Whole, document, walk};
use crate::practice::ids::Digest;
use crate::practice::news::Mention;
use crate::practice::sighting::Sighting;

/// What a provable answer brought.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The records that could be read.
    pub records: Vec<Sighting>,
    /// Steps that it names and does not show.
    pub mentions: Vec<Mention>,
    /// Steps of a list that only names them, by the case system's ids.
    pub named: Vec<String>,
    /// Records that were set aside.
    pub quarantined: Vec<Quarantined>,
    /// What the answer says of a next page.
    pub next: Next,
    /// The case system's own time, UTC.
    pub server_time: Option<Timestamp>,
    /// How many records there are in all, says the case system.
    pub total: Option<u64>,
    /// Records in this answer, of whatever kind.
    pub count: u64,
    /// The id of the last record that has one, of whatever kind.
    pub last_id: Option<String>,
    /// What it says of what comes after it.
    pub ahead: Ahead,
    /// What the page was before its last group of rows, which may go on on the next page.
    pub(super) before_last: Option<BeforeLast>,
}

/// What an answer says of a next page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    #[default]
    End,
    /// The token to go on with.
    Token(String),
}

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quarantined {
    /// The step's id, if it could be read.
    pub step: Option<String>,
    /// The mapping's path to what could not be read.
    pub path: String,
    /// Why; shows at most a code of 32 characters, never a text.
    pub reason: String,
    /// SHA-256 of the record as it was sent, so that the same fault is counted once.
    pub fingerprint: String,
}

impl Mapping {
    /// Reads an answer to the feed's request.
    pub fn feed_page(&self, bytes: &[u8], reading: &Reading) -> Result<Page, PageFault> {
        self.page(&self.feed, bytes, reading)
    }

    /// Reads an answer to any of the mapping's requests.
    pub fn page(
        &self,
        request: &Request,
        bytes: &[u8],
        reading: &Reading,
    ) -> Result<Page, PageFault> {
        if let Some(ids) = &request.ids {
            return self.ids(request, ids, bytes, reading);
        }
        let mut page = Page::default();
        let bare = Envelope::default();
        let task = Task {
            request,
            envelope: if request.bare { &bare } else { &self.envelope },
            limits: self.limits,
            wanted: self.plan.wanted(request.format),
            rows: self.group.is_some(),
        };
        let mut rows = Rows::default();
        let whole = walk(bytes, reading.charset.as_deref(), task, &mut |ended| {
            page.count += 1;
            match &self.group {
                Some(group) => rows.take(group, ended),
                None => self.take(&ended.record, &|| digest(ended), reading, &mut page),
            }
        })?;
        if let Some(group) = &self.group {
            self.groups(group, &rows, &whole, reading, &mut page)?;
        }
        self.around(request, &whole.root(), &mut page)?;
        if let ([], [bad]) = (page.records.as_slice(), page.quarantined.as_mut_slice())
            && request.record.moves.is_empty()
            && request.format == Format::Json
            && bad.reason.ends_with("is missing")
        {
            bad.reason.push_str(
                "; the root itself is taken for the record: of a list that is the root, say `record = \"item\"`",
            );
        }
        Ok(page)
    }

    /// What stands around the records: how many there are, where it goes on, what time it is there.
    pub(super) fn around(
        &self,
        request: &Request,
        envelope: &Element<'_>,
        page: &mut Page,
    ) -> Result<(), PageFault> {
        let told = |path: &Option<Path>| {
            let text = path.as_ref()?.first(envelope);
            text.filter(|text| !text.is_empty())
        };
        page.total = told(&request.total).and_then(|text| text.parse().ok());
        page.next = told(&request.next).map_or(Next::End, Next::Token);
        let stamp = |text: String| self.dates.of("server_time").instant(&text).ok().flatten();
        page.server_time = told(&request.server_time).and_then(stamp);
        page.ahead = request.ask.ahead(envelope)?;
        Ok(())
    }

    /// Any document whole, whatever its root and whatever stands around it: for what an answer says of itself.
    pub(super) fn anything<'t>(
        &self,
        format: Format,
        bytes: &'t [u8],
        charset: Option<&str>,
    ) -> Result<Whole<'t>, PageFault> {
        let task = Task {
            request: &Request::whole("", format),
            envelope: &Envelope::default(),
            limits: self.limits,
            wanted: self.plan.whole(format),
            rows: false,
        };
        document(bytes, charset, task)
    }

    /// Makes of a record what can be made of it; `fingerprint` knows it again.
    pub(super) fn take(
        &self,
        record: &Element<'_>,
        fingerprint: &dyn Fn() -> Digest,
        reading: &Reading,
        page: &mut Page,
    ) {
        if let Some(id) = self.plain_id(record) {
            let last = page.last_id.get_or_insert_default();
            last.clear();
            last.push_str(id);
        }
        let (path, reason) = match (self.made(record, reading), &record.arena.spoiled) {
            (Ok(made), Some(spoiled)) if !made.is_nothing() => told(spoiled),
            (Ok(made), _) => {
                page.records.extend(made.sightings);
                page.mentions.extend(made.mentions);
                return;
            }
            (Err(bad), _) => (bad.path, bad.reason),
        };
        page.quarantined.push(Quarantined {
            step: self.plain_id(record).map(str::to_owned),
            path,
            reason,
            fingerprint: fingerprint().0,
        });
    }

    fn plain_id<'d>(&self, record: &Element<'d>) -> Option<&'d str> {
        let id = self.id.text(record);
        id.filter(|id| !id.is_empty() && id.chars().count() <= 64)
    }

    /// A document whose root is proven, kept whole: for read-backs and what is read before a write.
    pub(super) fn document<'t>(
        &self,
        bytes: &'t [u8],
        charset: Option<&str>,
        root: &str,
    ) -> Result<Whole<'t>, PageFault> {
        self.document_in(self.format, bytes, charset, root)
    }

    /// The same in a format of its own, which then has no envelope: for what is told and asked at our doors.
    pub(super) fn document_in<'t>(
        &self,
        format: Format,
        bytes: &'t [u8],
        charset: Option<&str>,
        root: &str,
    ) -> Result<Whole<'t>, PageFault> {
        let bare = Envelope::default();
        // Whoever names the envelope as the root goes through it by paths.
        let envelope = if format == self.format && root != "Envelope" {
            &self.envelope
        } else {
            &bare
        };
        let task = Task {
            request: &Request::whole(root, format),
            envelope,
            limits: self.limits,
            wanted: self.plan.whole(format),
            rows: false,
        };
        document(bytes, charset, task)
    }
}

/// Knows a record again by how it was sent.
pub(super) fn digest(ended: &Ended<'_>) -> Digest {
    Digest::of(ended.written.as_bytes())
}

/// The place and the reason of a spoiled record.
fn told(spoiled: &Spoiled) -> (String, String) {
    let reason = match spoiled {
        Spoiled::Characters => "bytes that are not of the declared character set".to_owned(),
        Spoiled::Values(many) => format!("it holds more than {many} values"),
        Spoiled::Embedded(path, why) => {
            return (path.clone(), format!("its embedded document: {why}"));
        }
    };
    (".".to_owned(), reason)
}
