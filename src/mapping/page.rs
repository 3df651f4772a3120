//! Is this answer what the mapping promised, and what records does it bring?
//!
//! One pass over the text, one record in hand at a time. A page is believed whole or not at all: an
//! answer that is HTML, cut short, or followed by something else is refused; a record that cannot be
//! read is set aside alone.

use std::fmt;

use jiff::Timestamp;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::asking::Told;
use super::compile::Mapping;
use super::decoding::decode;
use super::path::Path;
use super::record::Reading;
use super::request::Request;
use super::tree::Element;
use crate::practice::ids::Digest;
use crate::practice::sighting::Sighting;

/// The largest answer that is read, bytes.
pub const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;
const DEPTH_LIMIT: usize = 64;

/// What a provable answer brought.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The records that could be read.
    pub records: Vec<Sighting>,
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
    pub told: Told,
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
    /// SHA-256 of the record, so that the same fault is counted once.
    pub fingerprint: String,
}

/// Why an answer is not believed at all. The words never quote the answer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFault(pub String);

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PageFault {}

/// One value of a trace: where it came from and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Path from the root, such as `issues/issue/status/@name`.
    pub path: String,
    /// Line in the answer, from 1.
    pub line: usize,
    /// The value as it stands there. May be narrative: for the engineer's screen only.
    pub value: String,
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
        let mut page = Page::default();
        let envelope = walk(bytes, request, reading.charset.as_deref(), &mut |record| {
            page.count += 1;
            page.last_id = self.plain_id(&record).or(page.last_id.take());
            self.take(&record, reading, &mut page);
        })?;
        let told = |path: &Option<Path>| {
            let text = path.as_ref()?.first(&envelope);
            text.filter(|text| !text.is_empty())
        };
        page.told = request.ask.told(&envelope)?;
        page.total = told(&request.total).and_then(|text| text.parse().ok());
        page.next = told(&request.next).map_or(Next::End, Next::Token);
        page.server_time = told(&request.server_time).and_then(|text| text.parse().ok());
        Ok(page)
    }

    fn take(&self, record: &Element, reading: &Reading, page: &mut Page) {
        match self.sighting(record, reading) {
            Ok(Some(sighting)) => page.records.push(sighting),
            Ok(None) => {}
            Err(bad) => page.quarantined.push(Quarantined {
                step: self.plain_id(record),
                path: bad.path,
                reason: bad.reason,
                fingerprint: Digest::of(format!("{record:?}").as_bytes()).0,
            }),
        }
    }

    fn plain_id(&self, record: &Element) -> Option<String> {
        let id = self.id.first(record);
        id.filter(|id| !id.is_empty() && id.chars().count() <= 64)
    }

    /// Every value of an answer with its path and line, for an engineer who writes a mapping.
    pub fn trace(&self, bytes: &[u8]) -> Result<Vec<Traced>, PageFault> {
        let mut traced = Vec::new();
        walk(bytes, &self.feed, None, &mut |record| {
            trace(&record, &self.feed.root, &mut traced);
        })?;
        Ok(traced)
    }
}

fn trace(element: &Element, above: &str, traced: &mut Vec<Traced>) {
    let path = format!("{above}/{}", element.name);
    for (name, value) in &element.attributes {
        traced.push(Traced {
            path: format!("{path}/@{name}"),
            line: element.line,
            value: value.clone(),
        });
    }
    if element.children.is_empty() {
        traced.push(Traced {
            path: path.clone(),
            line: element.line,
            value: element.text.trim().to_owned(),
        });
    }
    for child in &element.children {
        trace(child, &path, traced);
    }
}

/// Hands out each record of an answer: for lists that are not of steps.
pub(super) fn rows(
    request: &Request,
    bytes: &[u8],
    charset: Option<&str>,
    take: &mut dyn FnMut(Element),
) -> Result<Element, PageFault> {
    walk(bytes, request, charset, take)
}

/// One element of an answer whose root is proven: for read-backs.
pub(super) fn document(
    bytes: &[u8],
    charset: Option<&str>,
    root: &str,
) -> Result<Element, PageFault> {
    let request = Request::whole(root);
    let mut whole = Element::default();
    walk(bytes, &request, charset, &mut |record| {
        whole = record;
    })?;
    Ok(whole)
}

/// Walks the answer; hands out each record; gives back the root without its records.
fn walk(
    bytes: &[u8],
    request: &Request,
    charset: Option<&str>,
    take: &mut dyn FnMut(Element),
) -> Result<Element, PageFault> {
    if bytes.len() > BODY_LIMIT_BYTES {
        return Err(PageFault(format!(
            "it is larger than {BODY_LIMIT_BYTES} bytes"
        )));
    }
    let text = decode(bytes, charset).map_err(PageFault)?;
    let mut walk = Walk {
        request,
        stack: Vec::new(),
        done: None,
        text: &text,
        counted: (0, 1),
    };
    let mut reader = NsReader::from_str(&text);
    let mut held = Vec::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let (space, event) = reader.read_resolved_event().map_err(|_| malformed(&walk))?;
        if matches!(event, Event::Eof) {
            break;
        }
        let space = match space {
            ResolveResult::Bound(space) => Some(space.as_ref().to_owned()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_) => {
                return Err(PageFault(
                    "it uses a prefix that it does not declare".to_owned(),
                ));
            }
        };
        if let Some(record) = walk.event(event, space.as_deref(), at)? {
            // Records wait until the end is seen: nothing of a page that was cut is believed.
            held.push(record);
        }
    }
    let envelope = match walk.done {
        Some(envelope) if walk.stack.is_empty() => envelope,
        _ => {
            return Err(PageFault(
                "it ends before its root element is closed (cut short)".to_owned(),
            ));
        }
    };
    held.into_iter().for_each(take);
    Ok(envelope)
}

fn malformed(walk: &Walk<'_>) -> PageFault {
    PageFault(format!(
        "it is not well-formed XML near line {}",
        walk.counted.1
    ))
}

struct Walk<'a> {
    request: &'a Request,
    stack: Vec<Element>,
    done: Option<Element>,
    text: &'a str,
    /// Bytes counted so far and the line they end on.
    counted: (usize, usize),
}

impl Walk<'_> {
    /// Takes one event; gives a record when one has just ended.
    fn event(
        &mut self,
        event: Event<'_>,
        space: Option<&str>,
        at: usize,
    ) -> Result<Option<Element>, PageFault> {
        match event {
            Event::Start(start) => {
                self.open(&start, space, at)?;
                Ok(None)
            }
            Event::Empty(start) => {
                self.open(&start, space, at)?;
                Ok(self.close())
            }
            Event::End(_) => Ok(self.close()),
            Event::Text(text) => self.put(&text.xml10_content()),
            Event::CData(text) => self.put(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = if reference.is_char_ref() {
                    reference.resolve_char_ref().ok().flatten()
                } else {
                    match reference.xml10_content().as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    }
                };
                let character = character.ok_or_else(|| {
                    PageFault("it uses an entity that XML does not define".to_owned())
                })?;
                self.put(character.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err(PageFault(
                "it carries a DOCTYPE (a web page, or an attack)".to_owned(),
            )),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => Ok(None),
        }
    }

    fn open(
        &mut self,
        start: &BytesStart<'_>,
        space: Option<&str>,
        at: usize,
    ) -> Result<(), PageFault> {
        let name = start.local_name().as_ref().to_owned();
        if self.done.is_some() {
            return Err(PageFault("something follows its root element".to_owned()));
        }
        if self.stack.is_empty() {
            self.root(&name, space)?;
        }
        if self.stack.len() >= DEPTH_LIMIT {
            return Err(PageFault(format!(
                "it is nested deeper than {DEPTH_LIMIT} elements"
            )));
        }
        let mut element = Element {
            name,
            line: self.line(at),
            ..Element::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed(self))?;
            let value = attribute
                .normalized_value(XmlVersion::default())
                .map_err(|_| malformed(self))?;
            let key = attribute.key.local_name().as_ref().to_owned();
            element.nil |= key == "nil" && matches!(value.as_ref(), "true" | "1");
            element.attributes.push((key, value.into_owned()));
        }
        self.stack.push(element);
        Ok(())
    }

    fn root(&self, name: &str, space: Option<&str>) -> Result<(), PageFault> {
        if name.eq_ignore_ascii_case("html") {
            return Err(PageFault(
                "it is a web page, perhaps a sign-in page".to_owned(),
            ));
        }
        if name != self.request.root && self.request.root != "*" {
            return Err(PageFault(format!(
                "its root element is not `{}`",
                self.request.root
            )));
        }
        match self.request.namespace.as_deref() {
            Some(wanted) if space != Some(wanted) => Err(PageFault(format!(
                "its root element is not in the namespace `{wanted}`"
            ))),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Option<Element> {
        let is_record = self.is_record();
        let element = self.stack.pop()?;
        match self.stack.last_mut() {
            Some(_) if is_record => return Some(element),
            Some(parent) => parent.children.push(element),
            None if is_record => {
                self.done = Some(Element::default());
                return Some(element);
            }
            None => self.done = Some(element),
        }
        None
    }

    fn is_record(&self) -> bool {
        let names = self.request.record.names();
        self.stack
            .iter()
            .skip(1)
            .map(|element| element.name.as_str())
            .eq(names)
    }

    fn put(&mut self, text: &str) -> Result<Option<Element>, PageFault> {
        if let Some(element) = self.stack.last_mut() {
            element.text.push_str(text);
        } else if !text.trim().is_empty() {
            return Err(PageFault("text stands outside its root element".to_owned()));
        }
        Ok(None)
    }

    fn line(&mut self, at: usize) -> usize {
        let (counted, line) = self.counted;
        let passed = self
            .text
            .get(counted..at)
            .map_or(0, |text| text.matches('\n').count());
        self.counted = (at.max(counted), line + passed);
        self.counted.1
    }
}
