//! How is an effect put into the case system's own words?

use std::collections::{BTreeMap, BTreeSet};

use super::compile::Mapping;
use super::template::{self, Given, Slot, TemplateFault, Values, render};
use super::write_table::{Operation, ReadBack};
use crate::practice::effect::Effect;

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
pub struct Carried(pub(super) Values);

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
        let all = templates.into_iter().chain(operation.headers.values());
        self.left_empty(all.chain(others).chain(reads).chain(back))
    }

    /// A `[values]` entry that one of these templates uses and that is left empty.
    pub(super) fn left_empty<'t>(
        &self,
        templates: impl Iterator<Item = &'t String>,
    ) -> Option<&str> {
        let used: BTreeSet<String> = templates
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
            self.put_action(&action, &mut content_type, &mut headers);
        }
        let body = render(&operation.body, Slot::of(&content_type), &values)?;
        Ok(Put {
            method: operation.method.clone(),
            path: render(&operation.path, Slot::Url, &values)?,
            headers,
            body: Some((content_type, body)),
        })
    }

    /// One item of a batch: the operation's `item`, or its body, escaped for the batch's body.
    pub(super) fn item(
        &self,
        operation: &Operation,
        effect: &Effect,
        slot: Slot,
        own: &[(&str, String)],
    ) -> Result<String, TemplateFault> {
        let mut values = self.values_of(operation, effect);
        for (name, value) in own {
            values.insert((*name).to_owned(), Given::One(value.clone()));
        }
        let template = operation.item.as_ref().unwrap_or(&operation.body);
        render(template, slot, &values)
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
}

pub(super) fn put_one(values: &mut Values, name: &str, value: String) {
    values.insert(name.to_owned(), Given::One(value));
}
