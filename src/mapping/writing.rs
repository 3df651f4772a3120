//! How is an effect put into the case system's own words, and how is it found there again?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::compile::Mapping;
use super::document::Element;
use super::listing::has_place;
use super::page_fault::PageFault;
use super::path::Path;
use super::path_text::Namespaces;
use super::soap::Wrapping;
use super::template::{self, Given, Slot, TemplateFault, Values, render};
use super::text::clean;
use super::write_table::{Before, Operation, ReadBack};
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::EpisodeId;

/// What a read-back shows of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Yes,
    /// The mark, but not what should have come with it: repeating would say the note twice.
    Half,
    /// Nothing of it.
    No,
}

/// A request that writes, or that reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// HTTP method.
    pub method: String,
    /// Path and query, after the base address.
    pub path: String,
    /// Headers besides the content type.
    pub headers: Vec<(String, String)>,
    /// Content type and body, if there is one.
    pub body: Option<(String, String)>,
}

/// An answer to a read that a write rests on.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The body.
    pub bytes: &'a [u8],
    /// The charset that the HTTP answer named.
    pub charset: Option<&'a str>,
    /// The headers that could be read as text, by lower-case name.
    pub headers: &'a BTreeMap<String, String>,
}

/// What was read before writing, and is carried into the write.
#[derive(Clone, Debug, Default)]
pub struct Carried(Values);

impl Carried {
    /// With the id of what the call before this one made.
    #[must_use]
    pub fn returned(mut self, id: Option<&str>) -> Self {
        if let Some(id) = id {
            put_one(&mut self.0, "returned", id.to_owned());
        }
        self
    }

    /// With other people to tell than the effect names.
    #[must_use]
    pub fn told_instead(mut self, audience: &[String]) -> Self {
        put_one(&mut self.0, "audience", audience.join(" "));
        self
    }
}

/// What a read before writing says of the write.
#[derive(Clone, Debug)]
pub enum Beforehand {
    /// It may be made, with what was read.
    Write(Carried),
    /// It is there already.
    Done,
    /// A part of it is there; see [`Shown::Half`].
    Half,
    /// The case system would not make it; the text says what a person can do.
    Refused(String),
}

impl Mapping {
    /// The operations that perform what is called `name`, in order.
    ///
    /// # Errors
    /// When there is none, or it lacks a value of this site; the text says what to do.
    pub fn parts(&self, name: &str) -> Result<Vec<&Operation>, String> {
        let mut parts = Vec::new();
        let mut wanted = Some(name);
        while let Some(name) = wanted {
            let operation = self.write.get(name);
            let operation =
                operation.ok_or_else(|| format!("the mapping has no `[write.{name}]`"))?;
            if let Some(lacking) = self.lacks(operation) {
                return Err(format!(
                    "`[write.{name}]` needs the value `{lacking}` of this site; set it in `[source.ids]`"
                ));
            }
            parts.push(operation);
            // A chain has two links; the compiler refuses longer ones.
            wanted = operation.then.as_deref().filter(|_| parts.len() < 2);
        }
        Ok(parts)
    }

    /// Why a value of this name cannot be given to the mapping, if it cannot.
    pub fn takes(&self, name: &str) -> Option<String> {
        let known: Vec<&str> = self.values.keys().map(String::as_str).collect();
        (!known.contains(&name)).then(|| {
            let help = crate::shape::meant(name, &known);
            format!("the mapping has no `{name}` in its `[values]`; {help}")
        })
    }

    /// A `[values]` entry that the operation uses and that is left empty.
    fn lacks(&self, operation: &Operation) -> Option<&str> {
        let templates = [&operation.path, &operation.body, &operation.content_type];
        let others = operation.item.iter().chain(&operation.action);
        let before = operation
            .before
            .as_ref()
            .map(|before| (&before.path, before.asked()));
        let back = operation.read_back.as_ref();
        let back = back.map(|back| (&back.path, &back.call));
        let reads = before.iter().flat_map(|(path, call)| {
            let call = call.templates("").into_iter().map(|(_, template)| template);
            path.iter().chain(call)
        });
        let back = back.iter().flat_map(|(path, call)| {
            let call = call.templates("").into_iter().map(|(_, template)| template);
            std::iter::once(*path).chain(call)
        });
        let used: BTreeSet<String> = templates
            .into_iter()
            .chain(operation.headers.values())
            .chain(others)
            .chain(reads)
            .chain(back)
            .filter_map(|template| template::names(template).ok())
            .flatten()
            .collect();
        let empty = self.values.iter().filter(|(_, value)| value.is_empty());
        empty
            .map(|(name, _)| name.as_str())
            .find(|name| used.contains(*name))
    }

    /// The request that writes an effect, with what was carried over from the read before it.
    pub fn write_request(
        &self,
        operation: &Operation,
        effect: &Effect,
        carried: &Carried,
    ) -> Result<Put, TemplateFault> {
        let mut values = self.values_of(operation, effect);
        values.extend(carried.0.clone());
        let mut headers = Vec::new();
        for (name, template) in &operation.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        let mut content_type = render(&operation.content_type, Slot::Header, &values)?;
        if let Some(action) = &operation.action {
            let action = render(action, Slot::Header, &values)?;
            // SOAP 1.2 names the action in the content type, SOAP 1.1 in a header of its own. In an envelope of ours
            // that is seen to when it is sent.
            if self.wrapping() == Wrapping::None && content_type.starts_with("application/soap+xml")
            {
                content_type = format!("{content_type}; action=\"{action}\"");
            } else {
                headers.push(("SOAPAction".to_owned(), format!("\"{action}\"")));
            }
        }
        let body = render(&operation.body, Slot::of(&content_type), &values)?;
        Ok(Put {
            method: operation.method.clone(),
            path: render(&operation.path, Slot::Url, &values)?,
            headers,
            body: Some((content_type, body)),
        })
    }

    /// One item of a batch: the operation's `item`, or its body, escaped for the batch's content type.
    pub(super) fn item(
        &self,
        operation: &Operation,
        effect: &Effect,
        content_type: &str,
        own: &[(&str, String)],
    ) -> Result<String, TemplateFault> {
        let mut values = self.values_of(operation, effect);
        for (name, value) in own {
            values.insert((*name).to_owned(), Given::One(value.clone()));
        }
        let template = operation.item.as_ref().unwrap_or(&operation.body);
        render(template, Slot::of(content_type), &values)
    }

    /// The request that reads what an operation rests on; none if it rests on nothing.
    pub fn before_request(
        &self,
        operation: &Operation,
        effect: &Effect,
    ) -> Result<Option<Put>, TemplateFault> {
        let Some(before) = &operation.before else {
            return Ok(None);
        };
        let Some(template) = &before.path else {
            let back = operation.read_back.as_ref();
            return back
                .map(|back| self.read_back_request(operation, back, effect))
                .transpose();
        };
        let values = self.values_of(operation, effect);
        let path = render(template, Slot::Url, &values)?;
        self.put(&before.asked(), path, &values).map(Some)
    }

    /// What the answer to [`Mapping::before_request`] says of the write. A value that should be there and is
    /// not is a fault: nothing is written on a guess.
    pub fn beforehand(
        &self,
        operation: &Operation,
        before: &Before,
        effect: &Effect,
        reply: Reply<'_>,
    ) -> Result<Beforehand, PageFault> {
        let back = operation.read_back.as_ref();
        let root = before.root.as_ref().or(back.map(|back| &back.root));
        let whole = self.document(reply.bytes, reply.charset, root.map_or("", String::as_str))?;
        let document = whole.root();
        if document.holds_malformed() {
            return Err(PageFault::unproven(
                "it holds bytes that are not of the declared character set",
            ));
        }
        let carried = carry(before, &document, reply.headers, &self.namespaces)?;
        if let (None, Some(back)) = (&before.path, back) {
            match self.seen(operation, back, effect, &document)? {
                Shown::Yes => return Ok(Beforehand::Done),
                Shown::Half => return Ok(Beforehand::Half),
                Shown::No => {}
            }
        }
        if let Some(must) = &before.must {
            let wanted = self.plain(operation, &must.is, effect)?;
            if !at(&document, &must.find, &self.namespaces)?.contains(&wanted) {
                return Ok(Beforehand::Refused(must.why.clone()));
            }
        }
        Ok(Beforehand::Write(carried))
    }

    /// The request that reads an effect back.
    pub fn read_back_request(
        &self,
        operation: &Operation,
        back: &ReadBack,
        effect: &Effect,
    ) -> Result<Put, TemplateFault> {
        let values = self.values_of(operation, effect);
        let path = render(&back.path, Slot::Url, &values)?;
        self.put(&back.call, path, &values)
    }

    /// Whether an answer to the read-back shows the effect.
    pub fn shows(
        &self,
        operation: &Operation,
        back: &ReadBack,
        effect: &Effect,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<Shown, PageFault> {
        self.seen(
            operation,
            back,
            effect,
            &self.document(bytes, charset, &back.root)?.root(),
        )
    }

    fn seen(
        &self,
        operation: &Operation,
        back: &ReadBack,
        effect: &Effect,
        document: &Element<'_>,
    ) -> Result<Shown, PageFault> {
        let values = at(document, &back.find, &self.namespaces)?;
        if back.absent {
            let path = Path::parse_in(&back.find, &self.namespaces);
            has_place(document, &path.map_err(PageFault::unproven)?)?;
        }
        let there = match (&back.contains, &back.is) {
            (Some(template), _) => {
                let needle = self.plain(operation, template, effect)?;
                values.iter().any(|value| value.contains(&needle))
            }
            (None, template) => {
                let wanted =
                    self.plain(operation, template.as_deref().unwrap_or_default(), effect)?;
                values.contains(&wanted)
            }
        };
        let also = match &back.also {
            None => true,
            Some(also) => at(document, &also.find, &self.namespaces)?
                .contains(&self.plain(operation, &also.is, effect)?),
        };
        Ok(match (there != back.absent, also) {
            (true, true) => Shown::Yes,
            (true, false) => Shown::Half,
            (false, _) => Shown::No,
        })
    }

    /// Fills a template that is compared with what stands there. What is looked for is never nothing.
    fn plain(
        &self,
        operation: &Operation,
        template: &str,
        effect: &Effect,
    ) -> Result<String, PageFault> {
        match render(template, Slot::Plain, &self.values_of(operation, effect)) {
            Ok(text) if text.is_empty() => {
                Err(PageFault::unproven("the read-back looks for nothing"))
            }
            Ok(text) => Ok(text),
            Err(fault) => Err(PageFault::unproven(fault.0)),
        }
    }

    /// What an effect offers to templates, beside the mapping's own `[values]`.
    fn values_of(&self, operation: &Operation, effect: &Effect) -> Values {
        let mut values = self.own_values();
        let mut put = |name: &str, value: String| values.insert(name.to_owned(), Given::One(value));
        let step = effect.step.as_ref().map(|step| self.item_of(step.as_str()));
        put("step", step.unwrap_or_default().to_owned());
        let episode = effect.episode.as_ref().map(ToString::to_string);
        put("episode", episode.unwrap_or_default());
        put("mark", effect.mark());
        let limit = operation.text_limit_chars;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let text = effect.marked_text(limit.unwrap_or(self.text_limit_chars));
        put("text", clean(&text, self.text_bmp));
        put("audience", audience(effect));
        match &effect.act {
            Act::Flag { flag } | Act::Unflag { flag } => {
                put("flag", self.flags.get(flag).unwrap_or(flag).clone());
            }
            Act::SampleList {
                cycle,
                episodes,
                certificate,
            } => {
                put("cycle", cycle.clone());
                put("certificate", certificate.to_string());
                let all: Vec<&str> = episodes.iter().map(EpisodeId::as_str).collect();
                put("episodes", all.join(", "));
                let file = format!("ticket,le_id\r\n{}", rows(&all));
                put("document_base64", BASE64_STANDARD.encode(&file));
                put("document", file);
                put("file_name", format!("sample-{}.csv", effect.mark()));
                put("boundary", format!("greentick-{}", effect.mark()));
            }
            Act::AnswerTask { task, .. } => put_one(&mut values, "task", task.to_string()),
            Act::Due { due } => put_one(&mut values, "due", due.to_string()),
            Act::Note { .. } | Act::Reopen { .. } | Act::Notice { .. } => {}
        }
        values
    }
}

fn put_one(values: &mut Values, name: &str, value: String) {
    values.insert(name.to_owned(), Given::One(value));
}

/// The episodes as rows of a CSV file, numbered in ticket order.
fn rows(episodes: &[&str]) -> String {
    let quoted = |id: &str| format!("\"{}\"", id.replace('"', "\"\""));
    let mut rows = String::new();
    for (nth, id) in episodes.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(rows, "{},{}\r\n", nth + 1, quoted(id));
    }
    rows
}

/// The roles that are told, by their names in mapping files, with spaces between.
fn audience(effect: &Effect) -> String {
    let name = |role| serde_json::to_value(role).ok()?.as_str().map(str::to_owned);
    let names: Vec<String> = effect.audience.iter().filter_map(name).collect();
    names.join(" ")
}

fn carry(
    before: &Before,
    document: &Element<'_>,
    headers: &BTreeMap<String, String>,
    spaces: &Namespaces,
) -> Result<Carried, PageFault> {
    let mut carried = Values::new();
    for (name, path) in &before.values {
        let value = at(document, path, spaces)?.into_iter().next();
        let value =
            value.ok_or_else(|| PageFault::unproven(format!("there is nothing at `{path}`")))?;
        carried.insert(name.clone(), Given::One(value));
    }
    for (name, path) in &before.lists {
        let place = Path::parse_in(path, spaces).map_err(PageFault::unproven)?;
        has_place(document, &place)?;
        carried.insert(name.clone(), Given::Many(at(document, path, spaces)?));
    }
    for (name, header) in &before.headers {
        let value = headers.get(&header.to_lowercase()).cloned();
        let value =
            value.ok_or_else(|| PageFault::unproven(format!("it has no header `{header}`")))?;
        carried.insert(name.clone(), Given::One(value));
    }
    Ok(Carried(carried))
}

/// Every value at a path that is not empty.
pub(super) fn at(
    document: &Element<'_>,
    written: &str,
    spaces: &Namespaces,
) -> Result<Vec<String>, PageFault> {
    let path = Path::parse_in(written, spaces).map_err(PageFault::unproven)?;
    let values = path.values(document).into_iter().map(|(text, _)| text);
    Ok(values.filter(|text| !text.is_empty()).collect())
}
