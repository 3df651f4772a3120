//! Where in an answer does the promised document stand? Around it there may be a SOAP envelope, or other wrapping.

use serde::Deserialize;

use super::compile::Desk;
use super::hand::{Shape, Tag};
use super::limits::Format;
use super::page_fault::{FaultKind, PageFault};
use super::request::Request;
use super::xml::web_page;

/// The table `[envelope]`, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EnvelopeRow {
    pub(super) style: String,
    inside: String,
    /// Of requests: what stands in the SOAP header.
    pub(super) header: Option<String>,
}

impl EnvelopeRow {
    /// Whether it is one of SOAP.
    pub(super) fn is_soap(&self) -> bool {
        self.style.starts_with("soap")
    }
}

/// What stands around the promised root.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope {
    /// The namespace of the SOAP envelope, if there is one.
    soap: Option<&'static str>,
    /// Names of what is around the root, outermost first; empty for any.
    inside: Vec<String>,
}

const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

impl Desk<'_> {
    pub(super) fn envelope(&mut self, row: &EnvelopeRow, format: Format) -> Envelope {
        let soap = match row.style.as_str() {
            "soap11" => Some(SOAP11),
            "soap12" => Some(SOAP12),
            _ => None,
        };
        if soap.is_some() && format == Format::Json {
            let message = "a SOAP envelope is XML, and `format` is `json`";
            self.fault("envelope.style", message, None);
        }
        let inside = if row.inside.is_empty() {
            Vec::new()
        } else {
            self.names("envelope.inside", &row.inside)
        };
        Envelope { soap, inside }
    }

    /// A path of names alone.
    fn names(&mut self, at: &str, written: &str) -> Vec<String> {
        let path = self.loose(at, written);
        let plain = path.attribute.is_none()
            && path
                .moves
                .iter()
                .all(|step| step.conditions.is_empty() && step.embedded.is_none());
        if !plain {
            let message = format!("`{written}` is to be names alone, with `/` between");
            self.fault(at, &message, None);
        }
        path.moves.into_iter().map(|step| step.name.local).collect()
    }
}

/// What a start tag outside the promised root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the way to it.
    Around,
    /// None of ours.
    Beside,
    /// It.
    Root,
    /// A SOAP fault in its place.
    Fault,
}

/// Watches over the way to the promised root.
pub(super) struct Gate<'r> {
    envelope: &'r Envelope,
    request: &'r Request,
    /// Names from the outermost to the root; empty for any.
    way: Vec<&'r str>,
    /// How many of what is around the root are open.
    level: usize,
    /// Whether the first child of the SOAP body was seen.
    body: bool,
    seen: bool,
}

impl<'r> Gate<'r> {
    pub(super) fn new(envelope: &'r Envelope, request: &'r Request) -> Self {
        let inside = envelope.inside.iter().map(String::as_str);
        let root = match request.format {
            Format::Xml => vec![request.root.as_str()],
            // The document has no name; the root may be it, or a member at a path.
            Format::Json => request
                .root
                .split('/')
                .filter(|name| !name.is_empty())
                .collect(),
        };
        Self {
            envelope,
            request,
            way: inside.chain(root).collect(),
            level: 0,
            body: false,
            seen: false,
        }
    }

    pub(super) fn wants_spaces(&self) -> bool {
        self.envelope.soap.is_some() || self.request.namespace.is_some()
    }

    /// Whether an array of this name, here, is the root itself.
    pub(super) fn gathers(&self, name: &str) -> bool {
        self.level == self.way.len() && self.way.last() == Some(&name)
    }

    pub(super) fn close(&mut self) {
        self.level = self.level.saturating_sub(1);
    }

    pub(super) fn open(&mut self, tag: &Tag<'_>) -> Result<Place, PageFault> {
        let place = match tag.shape {
            Shape::Element(..) => self.element(tag)?,
            _ => self.member(tag)?,
        };
        match place {
            Place::Around => self.level += 1,
            Place::Root if self.seen => {
                return Err(other("its root stands there twice"));
            }
            Place::Root => self.seen = true,
            Place::Beside | Place::Fault => {}
        }
        Ok(place)
    }

    fn element(&mut self, tag: &Tag<'_>) -> Result<Place, PageFault> {
        if self.level == 0 && tag.name.eq_ignore_ascii_case("html") {
            return Err(web_page());
        }
        let mut level = self.level;
        if let Some(soap) = self.envelope.soap {
            let is = |name: &str| tag.name == name && tag.space == Some(soap);
            match level {
                0 if is("Envelope") => return Ok(Place::Around),
                0 if tag.name == "Envelope" => {
                    return Err(other(
                        "its SOAP envelope is of another version than `[envelope]` says",
                    ));
                }
                0 => return Err(other("it is no SOAP envelope")),
                1 if is("Body") => return Ok(Place::Around),
                1 => return Ok(Place::Beside),
                // Only the first child of the body is the answer.
                2 if self.body => return Ok(Place::Beside),
                2 => self.body = true,
                _ => {}
            }
            if level == 2 && is("Fault") {
                return Ok(Place::Fault);
            }
            level -= 2;
        }
        let wanted = self.way.get(level).copied().unwrap_or_default();
        if !wanted.is_empty() && tag.name != wanted {
            return match level {
                0 => Err(other(format!("its root element is not `{wanted}`"))),
                _ => Ok(Place::Beside),
            };
        }
        if level + 1 < self.way.len() {
            return Ok(Place::Around);
        }
        match self.request.namespace.as_deref() {
            Some(space) if tag.space != Some(space) => Err(other(format!(
                "its root element is not in the namespace `{space}`"
            ))),
            _ => Ok(Place::Root),
        }
    }

    fn member(&mut self, tag: &Tag<'_>) -> Result<Place, PageFault> {
        let wanted = match self.level.checked_sub(1) {
            None => "",
            Some(above) => self.way.get(above).copied().unwrap_or_default(),
        };
        if !wanted.is_empty() && tag.name != wanted {
            return Ok(Place::Beside);
        }
        match (self.level == self.way.len(), &tag.shape) {
            (_, Shape::Members) if self.level < self.way.len() => Ok(Place::Around),
            (true, Shape::Members) => Ok(Place::Root),
            // An empty list is a list; the reader cannot tell it from `null` unless it is gathered.
            _ => Err(other(format!("`{}` is no object or list", tag.name))),
        }
    }

    /// Whether the root was there; told when the document is whole.
    pub(super) fn passed(&self) -> Result<(), PageFault> {
        if self.seen {
            return Ok(());
        }
        Err(other(format!("there is no `{}` in it", self.way.join("/"))))
    }
}

fn other(words: impl Into<String>) -> PageFault {
    PageFault::new(FaultKind::OtherRoot, words)
}
