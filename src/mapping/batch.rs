//! How are several effects written in one request?
//!
//! `[batch]` (M22): one item for each operation, each with a name of its own (`ref`) that the next item of the same
//! effect may use (`previous`). In an envelope of SOAP it is a call like any other, with one action for all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::client::SITE;
use super::compile::{Desk, Mapping};
use super::language::File;
use super::path::Path;
use super::template::{Slot, TemplateFault, render};
use super::write_table::{MeansRow, Operation};
use super::writing::Put;
use crate::practice::effect::Effect;

/// `[batch]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BatchRow {
    pub(super) method: String,
    pub(super) path: String,
    content_type: Option<String>,
    pub(super) action: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    pub(super) operations: Vec<String>,
    #[serde(default = "hundred")]
    most: i64,
    #[serde(default)]
    open: String,
    #[serde(default)]
    between: String,
    #[serde(default)]
    close: String,
    #[serde(default)]
    pub(super) all_or_nothing: bool,
    pub(super) accepted: Vec<i64>,
    pub(super) root: String,
    result: String,
    pub(super) key: Option<String>,
    status: Option<String>,
    pub(super) means: Vec<MeansRow>,
    timeout_seconds: Option<i64>,
}

fn hundred() -> i64 {
    100
}

impl BatchRow {
    /// Its templates, each with its key below `batch`.
    fn templates(&self) -> Vec<(String, &String)> {
        let plain = [
            ("path", Some(&self.path)),
            ("content_type", self.content_type.as_ref()),
            ("action", self.action.as_ref()),
            ("open", Some(&self.open)),
            ("between", Some(&self.between)),
            ("close", Some(&self.close)),
        ];
        let plain = plain
            .into_iter()
            .filter_map(|(key, text)| Some((format!("batch.{key}"), text?)));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, text)| (format!("batch.headers.{name}"), text));
        plain.chain(headers).collect()
    }
}

/// How several effects are written in one request.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(super) row: BatchRow,
    /// Template of the content type.
    content_type: String,
    pub(super) result: Path,
    pub(super) key: Option<Path>,
    pub(super) status: Option<Path>,
    /// Most items of one request.
    pub most: usize,
}

/// One item of a request: which of the effects it belongs to, and how it is named.
#[derive(Clone, Debug)]
pub struct Item<'m> {
    /// The effect's place among those that were given.
    pub effect: usize,
    /// The operation.
    pub operation: &'m Operation,
    /// Its name within the request.
    pub key: String,
}

impl Batch {
    /// Seconds that the request may take, if it says.
    pub fn timeout_seconds(&self) -> Option<i64> {
        self.row.timeout_seconds
    }
}

impl Mapping {
    /// How several effects are written in one request, if the mapping says and this one may be among them.
    pub fn batch_for(&self, effect: &Effect) -> Option<&Batch> {
        let batch = self.doors.batch.as_ref()?;
        let name = effect.act.operation();
        let named = batch.row.operations.iter().any(|one| one == name);
        let able = self.batch_lacks(batch).is_none() && self.parts(name).is_ok();
        (named && able).then_some(batch)
    }

    /// A `[values]` entry that the request uses and that is left empty.
    pub(super) fn batch_lacks(&self, batch: &Batch) -> Option<&str> {
        let templates = batch.row.templates();
        self.left_empty(templates.into_iter().map(|(_, template)| template))
    }

    /// One request for all of these, and its items in order.
    ///
    /// # Errors
    /// When a template names something that nothing gives it.
    pub fn batch_request(
        &self,
        batch: &Batch,
        effects: &[&Effect],
    ) -> Result<(Put, Vec<Item<'_>>), TemplateFault> {
        let row = &batch.row;
        let values = self.own_values();
        let mut content_type = render(&batch.content_type, Slot::Header, &values)?;
        let slot = Slot::of(&content_type);
        let (mut items, mut written) = (Vec::new(), Vec::new());
        for (nth, effect) in effects.iter().enumerate() {
            let parts = self.parts(effect.act.operation()).map_err(TemplateFault)?;
            let mut previous = String::new();
            for operation in parts {
                let key = format!("op{}", items.len());
                let own = [
                    ("ref", key.clone()),
                    ("previous", previous.clone()),
                    ("nth", items.len().to_string()),
                ];
                written.push(self.item(operation, effect, slot, &own)?);
                previous.clone_from(&key);
                items.push(Item {
                    effect: nth,
                    operation,
                    key,
                });
            }
        }
        let mut headers = Vec::new();
        for (name, template) in &row.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        if let Some(action) = &row.action {
            let action = render(action, Slot::Header, &values)?;
            self.put_action(&action, &mut content_type, &mut headers);
        }
        let part = |template: &str| render(template, slot, &values);
        let (open, close) = (part(&row.open)?, part(&row.close)?);
        let items_of_body = written.join(&part(&row.between)?);
        let put = Put {
            method: row.method.clone(),
            path: render(&row.path, Slot::Url, &values)?,
            headers,
            body: Some((content_type, format!("{open}{items_of_body}{close}"))),
        };
        Ok((put, items))
    }
}

impl Desk<'_> {
    pub(super) fn batch(&mut self, file: &File) -> Option<Batch> {
        let row = file.batch.as_ref()?;
        let mut known: BTreeSet<&str> = SITE.into_iter().collect();
        known.extend(file.values.keys().map(String::as_str));
        for (at, template) in row.templates() {
            self.template(&at, template, &known);
        }
        self.address("batch.path", &row.path, &known);
        let soap = file.envelope.is_soap();
        let kind = match &row.content_type {
            Some(kind) => kind,
            None if soap => "text/xml",
            None => "application/json",
        };
        if soap && Slot::of(kind) != Slot::Xml {
            let message = "a batch stands in a SOAP envelope, and this content type is not XML";
            let help = "leave it out; the envelope has its own".to_owned();
            self.fault("batch.content_type", message, Some(help));
        }
        self.one_action("batch", row.action.as_ref(), kind);
        for (index, name) in row.operations.iter().enumerate() {
            let at = format!("batch.operations[{index}]");
            match file.write.get(name) {
                None => self.fault(&at, &format!("there is no `[write.{name}]`"), None),
                Some(one) if one.before.is_some() => {
                    let message = format!(
                        "`[write.{name}]` reads before it writes, so it cannot be in a batch"
                    );
                    self.fault(&at, &message, None);
                }
                Some(_) => {}
            }
        }
        self.means("batch", true, &row.means);
        let most = usize::try_from(row.most).unwrap_or(0);
        if most < 2 {
            self.fault("batch.most", "`most` must be at least 2", None);
        }
        let place = |desk: &mut Self, key: &str, written: &Option<String>| {
            Some(desk.loose(&format!("batch.{key}"), written.as_deref()?))
        };
        Some(Batch {
            content_type: kind.to_owned(),
            result: self.loose("batch.result", &row.result),
            key: place(self, "key", &row.key),
            status: place(self, "status", &row.status),
            most,
            row: row.clone(),
        })
    }
}
