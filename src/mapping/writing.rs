//! How is an effect put into the case system's own words, and how is it found there again?

use std::collections::{BTreeMap, BTreeSet};

use super::compile::Mapping;
use super::document::Element;
use super::language::{Before, Operation, ReadBack};
use super::page_fault::PageFault;
use super::path::Path;
use super::path_text::Namespaces;
use super::template::{self, Given, Slot, TemplateFault, Values, render};
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

impl Put {
    /// A request that reads.
    pub fn get(path: String) -> Self {
        Self {
            method: "GET".to_owned(),
            path,
            headers: Vec::new(),
            body: None,
        }
    }
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
        let templates = [&operation.path, &operation.body];
        let used: BTreeSet<String> = templates
            .into_iter()
            .chain(operation.headers.values())
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
        let mut values = self.values_of(effect);
        values.extend(carried.0.clone());
        let slot = if operation.content_type.contains("json") {
            Slot::Json
        } else {
            Slot::Xml
        };
        let mut headers = Vec::new();
        for (name, template) in &operation.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        Ok(Put {
            method: operation.method.clone(),
            path: render(&operation.path, Slot::Url, &values)?,
            headers,
            body: Some((
                operation.content_type.clone(),
                render(&operation.body, slot, &values)?,
            )),
        })
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
        let back = operation.read_back.as_ref().map(|back| &back.path);
        let Some(template) = before.path.as_ref().or(back) else {
            return Ok(None);
        };
        render(template, Slot::Url, &self.values_of(effect)).map(|path| Some(Put::get(path)))
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
            match self.seen(back, effect, &document)? {
                Shown::Yes => return Ok(Beforehand::Done),
                Shown::Half => return Ok(Beforehand::Half),
                Shown::No => {}
            }
        }
        if let Some(must) = &before.must {
            let wanted = self.plain(&must.is, effect)?;
            if !at(&document, &must.find, &self.namespaces)?.contains(&wanted) {
                return Ok(Beforehand::Refused(must.why.clone()));
            }
        }
        Ok(Beforehand::Write(carried))
    }

    /// The request that reads an effect back.
    pub fn read_back_request(
        &self,
        back: &ReadBack,
        effect: &Effect,
    ) -> Result<Put, TemplateFault> {
        render(&back.path, Slot::Url, &self.values_of(effect)).map(Put::get)
    }

    /// Whether an answer to the read-back shows the effect.
    pub fn shows(
        &self,
        back: &ReadBack,
        effect: &Effect,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<Shown, PageFault> {
        self.seen(
            back,
            effect,
            &self.document(bytes, charset, &back.root)?.root(),
        )
    }

    fn seen(
        &self,
        back: &ReadBack,
        effect: &Effect,
        document: &Element<'_>,
    ) -> Result<Shown, PageFault> {
        let values = at(document, &back.find, &self.namespaces)?;
        let there = match (&back.contains, &back.is) {
            (Some(template), _) => {
                let needle = self.plain(template, effect)?;
                values.iter().any(|value| value.contains(&needle))
            }
            (None, template) => {
                let wanted = self.plain(template.as_deref().unwrap_or_default(), effect)?;
                values.contains(&wanted)
            }
        };
        let also = match &back.also {
            None => true,
            Some(also) => {
                at(document, &also.find, &self.namespaces)?.contains(&self.plain(&also.is, effect)?)
            }
        };
        Ok(match (there != back.absent, also) {
            (true, true) => Shown::Yes,
            (true, false) => Shown::Half,
            (false, _) => Shown::No,
        })
    }

    /// Fills a template that is compared with what stands there. What is looked for is never nothing.
    fn plain(&self, template: &str, effect: &Effect) -> Result<String, PageFault> {
        match render(template, Slot::Plain, &self.values_of(effect)) {
            Ok(text) if text.is_empty() => {
                Err(PageFault::unproven("the read-back looks for nothing"))
            }
            Ok(text) => Ok(text),
            Err(fault) => Err(PageFault::unproven(fault.0)),
        }
    }

    /// What an effect offers to templates, beside the mapping's own `[values]`.
    fn values_of(&self, effect: &Effect) -> Values {
        let mut values = self.own_values();
        let mut put = |name: &str, value: String| values.insert(name.to_owned(), Given::One(value));
        let step = effect.step.as_ref().map(|step| self.item_of(step.as_str()));
        put("step", step.unwrap_or_default().to_owned());
        let episode = effect.episode.as_ref().map(ToString::to_string);
        put("episode", episode.unwrap_or_default());
        put("mark", effect.mark());
        put("text", effect.marked_text(self.text_limit_chars));
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
            }
            Act::Note { .. } | Act::Reopen { .. } | Act::Notice { .. } => {}
        }
        values
    }
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
