//! How are several effects written in one request, and which of them were done?
//!
//! `[batch]` (M22): one item for each operation, each with a name of its own (`ref`) that the next item of the same
//! effect may use (`previous`). Results stand in the order of the items, or say by key whose they are. A number of
//! results that is not the number of items says nothing of any of them (P35): everything is looked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::answers::{WriteAnswer, explained};
use super::compile::{Desk, Mapping};
use super::document::Element;
use super::language::File;
use super::path::Path;
use super::path_text::Namespaces;
use super::template::{Slot, TemplateFault, render};
use super::write_table::{Meaning, MeansRow, Operation};
use super::writing::Put;
use crate::practice::effect::Effect;

/// `[batch]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BatchRow {
    method: String,
    path: String,
    #[serde(default = "application_json")]
    content_type: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    operations: Vec<String>,
    #[serde(default = "hundred")]
    most: i64,
    #[serde(default)]
    open: String,
    #[serde(default)]
    between: String,
    #[serde(default)]
    close: String,
    #[serde(default)]
    all_or_nothing: bool,
    accepted: Vec<i64>,
    root: String,
    result: String,
    key: Option<String>,
    status: Option<String>,
    means: Vec<MeansRow>,
    timeout_seconds: Option<i64>,
}

fn application_json() -> String {
    "application/json".to_owned()
}

fn hundred() -> i64 {
    100
}

/// How several effects are written in one request.
#[derive(Clone, Debug)]
pub struct Batch {
    row: BatchRow,
    result: Path,
    key: Option<Path>,
    status: Option<Path>,
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
        (named && self.parts(name).is_ok()).then_some(batch)
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
                written.push(self.item(operation, effect, &row.content_type, &own)?);
                previous.clone_from(&key);
                items.push(Item {
                    effect: nth,
                    operation,
                    key,
                });
            }
        }
        let values = self.own_values();
        let mut headers = Vec::new();
        for (name, template) in &row.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        let body = format!("{}{}{}", row.open, written.join(&row.between), row.close);
        let put = Put {
            method: row.method.clone(),
            path: render(&row.path, Slot::Url, &values)?,
            headers,
            body: Some((row.content_type.clone(), body)),
        };
        Ok((put, items))
    }

    /// What the answer says of each item, in order.
    pub fn batch_results(
        &self,
        batch: &Batch,
        items: &[Item<'_>],
        answer: WriteAnswer<'_>,
    ) -> Vec<Meaning> {
        let all = |meaning| vec![meaning; items.len()];
        let row = &batch.row;
        if !row.accepted.contains(&i64::from(answer.status)) {
            // One bad item refuses a batch that is done whole or not at all; one by one they will show which.
            let refused = row.all_or_nothing && (400..500).contains(&answer.status);
            return all(if refused {
                Meaning::Again
            } else {
                Meaning::Unknown
            });
        }
        let Ok(whole) = self.document(answer.bytes, answer.charset, &row.root) else {
            return all(Meaning::Unknown);
        };
        let root = whole.root();
        let spaces = &self.namespaces;
        let results = batch.result.elements(&root);
        if results.len() != items.len() {
            return all(Meaning::Unknown);
        }
        let meanings: Vec<Meaning> = match &batch.key {
            None => results
                .iter()
                .map(|one| batch.meaning(one, spaces))
                .collect(),
            Some(key) => {
                let named: BTreeMap<String, Element<'_>> = results
                    .into_iter()
                    .filter_map(|one| Some((key.first(&one)?, one)))
                    .collect();
                let wanted: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
                if named.len() != items.len()
                    || named.keys().any(|key| !wanted.contains(key.as_str()))
                {
                    return all(Meaning::Unknown);
                }
                let of =
                    |item: &Item<'_>| named.get(&item.key).map(|one| batch.meaning(one, spaces));
                items
                    .iter()
                    .map(|item| of(item).unwrap_or(Meaning::Unknown))
                    .collect()
            }
        };
        let good = |meaning: &Meaning| matches!(meaning, Meaning::Done | Meaning::Duplicate);
        if row.all_or_nothing && !meanings.iter().all(good) {
            let undone = |meaning| {
                if good(&meaning) {
                    Meaning::Again
                } else {
                    meaning
                }
            };
            return meanings.into_iter().map(undone).collect();
        }
        meanings
    }
}

impl Batch {
    fn meaning(&self, result: &Element<'_>, spaces: &Namespaces) -> Meaning {
        let status = self
            .status
            .as_ref()
            .and_then(|at| at.first(result)?.parse().ok());
        let meaning = explained(&self.row.means, status.unwrap_or(0), Some(result), spaces);
        match meaning.unwrap_or(Meaning::Unknown) {
            // By itself it can be told to somebody else.
            Meaning::Recipient => Meaning::Again,
            other => other,
        }
    }
}

impl Desk<'_> {
    pub(super) fn batch(&mut self, file: &File) -> Option<Batch> {
        let row = file.batch.as_ref()?;
        let known: BTreeSet<&str> = file.values.keys().map(String::as_str).collect();
        self.template("batch.path", &row.path, &known);
        for (name, template) in &row.headers {
            self.template(&format!("batch.headers.{name}"), template, &known);
        }
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
            result: self.loose("batch.result", &row.result),
            key: place(self, "key", &row.key),
            status: place(self, "status", &row.status),
            most,
            row: row.clone(),
        })
    }
}
