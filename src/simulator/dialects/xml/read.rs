//! What does an XML body say? A small tree: names, namespaces, attributes and texts.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its local name.
    pub(crate) name: String,
    /// Its namespace; empty if it has none.
    pub(crate) space: String,
    /// Attributes by local name.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its own text, all pieces joined.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a body; else says what is wrong. A DOCTYPE and unknown entities are refused.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
        let mut reader = NsReader::from_str(text);
        let mut open: Vec<Element> = Vec::new();
        let mut root: Option<Element> = None;
        loop {
            let (space, event) = reader
                .read_resolved_event()
                .map_err(|_| "the body is not well-formed XML".to_owned())?;
            let space = match space {
                ResolveResult::Bound(space) => space.as_ref().to_owned(),
                _ => String::new(),
            };
            match event {
                Event::Start(start) => open.push(begun(&start, space)?),
                Event::Empty(start) => close(begun(&start, space)?, &mut open, &mut root)?,
                Event::End(_) => {
                    if let Some(element) = open.pop() {
                        close(element, &mut open, &mut root)?;
                    }
                }
                Event::Text(text) => put(&mut open, &text.xml10_content()),
                Event::CData(text) => put(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let letter = match reference.xml10_content().as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => reference.resolve_char_ref().ok().flatten(),
                    };
                    let letter = letter.ok_or("the body uses an unknown entity")?;
                    put(&mut open, letter.encode_utf8(&mut [0; 4]));
                }
                Event::DocType(_) => return Err("a DOCTYPE is not accepted".to_owned()),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        root.filter(|_| open.is_empty())
            .ok_or_else(|| "the body is not one whole element".to_owned())
    }

    /// Reads a body whose root must have this name and namespace.
    pub(crate) fn read_root(bytes: &[u8], name: &str, space: &str) -> Result<Self, String> {
        let root = Self::read(bytes)?;
        if root.name == name && root.space == space {
            return Ok(root);
        }
        Err(format!("the root must be one `{name}` in `{space}`"))
    }

    /// The child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first text of this name below, if it is not empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// Every text of this name below that is not empty.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name && !child.text.trim().is_empty() {
                found.push(child.text.trim().to_owned());
            }
            found.extend(child.all(name));
        }
        found
    }

    /// An attribute by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn begun(start: &BytesStart<'_>, space: String) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| "an attribute is malformed".to_owned())?;
        let name = attribute.key.local_name().as_ref().to_owned();
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|_| "an attribute is malformed".to_owned())?;
        attributes.push((name, value.into_owned()));
    }
    Ok(Element {
        name: start.local_name().as_ref().to_owned(),
        space,
        attributes,
        ..Element::default()
    })
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_some() => return Err("the body has two roots".to_owned()),
        None => *root = Some(element),
    }
    Ok(())
}

fn put(open: &mut [Element], text: &str) {
    if let Some(held) = open.last_mut() {
        held.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMESPACE: &str = "urn:example:casework:steps:v1";

    #[test]
    fn a_body_is_read_whole_or_refused() {
        let note = |inside: &str| format!("<Note xmlns=\"{NAMESPACE}\">{inside}</Note>");
        let good = note("<Mark>m</Mark><Text a='1 &lt;'>a &amp; <![CDATA[<b>]]>&#233;</Text>");
        let read = Element::read_root(good.as_bytes(), "Note", NAMESPACE).unwrap();
        assert_eq!(read.text_of("Mark").as_deref(), Some("m"));
        assert_eq!(read.text_of("Text").as_deref(), Some("a & <b>é"));
        assert_eq!(read.child("Text").unwrap().attribute("a"), Some("1 <"));
        for bad in [
            "<Note><Mark>m</Mark></Note>".to_owned(),
            good.replace("</Note>", ""),
            format!("{good}{good}"),
            good.replace("Note", "Flag"),
            format!("<!DOCTYPE Note>{good}"),
            String::new(),
        ] {
            let read = Element::read_root(bad.as_bytes(), "Note", NAMESPACE);
            assert!(read.is_err(), "{bad}");
        }
    }
}
