//! What does a body written to the council say? A small document: its root, and the texts of its leaves.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::wire::NAMESPACE;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Document {
    leaves: Vec<(String, String)>,
}

impl Document {
    /// Reads a body whose root must be `root`, in the council's namespace; else says what is wrong.
    pub(super) fn read(bytes: &[u8], root: &str) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
        let mut reader = NsReader::from_str(text);
        let mut open: Vec<(String, String)> = Vec::new();
        let mut document = Self::default();
        let mut closed = false;
        loop {
            let (space, event) = reader
                .read_resolved_event()
                .map_err(|_| "the body is not well-formed XML".to_owned())?;
            let started = matches!(event, Event::Start(_) | Event::Empty(_));
            if started && open.is_empty() {
                let ours =
                    matches!(space, ResolveResult::Bound(space) if space.as_ref() == NAMESPACE);
                if closed || !ours {
                    return Err(format!("the root must be one `{root}` in `{NAMESPACE}`"));
                }
            }
            match event {
                Event::Start(start) => {
                    open.push((start.local_name().as_ref().to_owned(), String::new()));
                }
                Event::Empty(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    closed |= open.is_empty();
                    document.leaves.push((name, String::new()));
                }
                Event::End(_) => {
                    document.leaves.extend(open.pop());
                    closed |= open.is_empty();
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
        match document.leaves.last() {
            Some((name, _)) if name == root && open.is_empty() => Ok(document),
            _ => Err(format!("the root must be one `{root}` in `{NAMESPACE}`")),
        }
    }

    /// The first text of this name, if it is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// Every text of this name that is not empty.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let named = self.leaves.iter().filter(|(known, _)| known == name);
        let texts = named.map(|(_, text)| text.trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }
}

fn put(open: &mut [(String, String)], text: &str) {
    if let Some((_, held)) = open.last_mut() {
        held.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_whole_or_refused() {
        let note = |inside: &str| format!("<Note xmlns=\"{NAMESPACE}\">{inside}</Note>");
        let good = note("<Mark>m</Mark><Text>a &amp; <![CDATA[<b>]]>&#233;</Text>");
        let read = Document::read(good.as_bytes(), "Note").unwrap();
        assert_eq!(read.text("Mark").as_deref(), Some("m"));
        assert_eq!(read.text("Text").as_deref(), Some("a & <b>é"));
        for bad in [
            "<Note><Mark>m</Mark></Note>".to_owned(),
            good.replace("</Note>", ""),
            format!("{good}{good}"),
            good.replace("Note", "Flag"),
            String::new(),
        ] {
            assert!(Document::read(bad.as_bytes(), "Note").is_err(), "{bad}");
        }
    }
}
