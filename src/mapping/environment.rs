//! Which numbers and names hold at this site? One mapping is written once, and read in each environment with
//! that environment's ids (M2, M16).
//!
//! Order: `[values]`, over them `[environments.NAME]`, over these what the site sets. A `{{ name }}` among words
//! that are compared is put right before anything is compiled, so that a name that stands for nothing is found
//! with its line. Absent on purpose: templates, which are filled when they are used.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::compile::{Desk, Mapping};
use super::request::Request;
use super::text::shortened;
use crate::shape;

/// What a mapping file leaves to the place where it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The environment, by its name in `[environments]`; none takes `[values]` as they stand.
    pub environment: Option<String>,
    /// Greentick's own worker there, as `{{ worker }}`; none if it has none.
    pub worker: Option<String>,
    /// Values of this site, over those of the file.
    pub ids: BTreeMap<String, String>,
}

/// Tables of which every word is compared with what the case system says, and none is sent.
const COMPARED: [&str; 11] = [
    "correlation",
    "dates",
    "facts",
    "forms",
    "links",
    "only_when",
    "people",
    "record",
    "stages",
    "statuses",
    "vocabularies",
];

/// Longest name of another environment that is repeated in a refusal, in characters.
const NAME_CHARS: usize = 32;

impl Mapping {
    /// The environment that it was compiled for.
    pub fn environment(&self) -> Option<&str> {
        let named = self.values.get("environment").map(String::as_str);
        named.filter(|named| !named.is_empty())
    }

    /// Why an answer or a message that says it is of `said` is not taken here; none if it is of here, or if
    /// nothing in the mapping says where to look (P17).
    pub fn elsewhere(&self, said: Option<&str>) -> Option<String> {
        let said = said?.trim();
        let ours = self.environment();
        if ours.is_some_and(|ours| ours.eq_ignore_ascii_case(said)) {
            return None;
        }
        let said = match shortened(said, NAME_CHARS) {
            said if said.is_empty() => "it does not say of which environment it is".to_owned(),
            said => format!("it is of the environment `{said}`"),
        };
        Some(match ours {
            Some(ours) => {
                format!(
                    "{said}, and this is `{ours}`; if that is wrong, set `[source] environment`"
                )
            }
            None => format!("{said}, and `[source] environment` does not say which this is"),
        })
    }

    /// What is wrong if nobody said which environment this is, though the mapping looks at it: every answer and
    /// message would be refused.
    pub fn lacks_its_environment(&self) -> Option<String> {
        if self.environment().is_some() {
            return None;
        }
        let asked = |request: Option<&Request>| request.is_some_and(|one| one.ask.tells_where());
        let told = [
            ("feed", asked(Some(&self.feed))),
            ("sweep", asked(self.sweep.as_ref())),
            ("step", asked(self.step.as_ref())),
            (
                "merges",
                asked(self.merges.as_ref().map(|list| &list.request)),
            ),
            (
                "callback",
                self.callback()
                    .is_some_and(|door| door.environment.is_some()),
            ),
            (
                "callout",
                self.callout()
                    .is_some_and(|door| door.environment.is_some()),
            ),
        ];
        let told = told.into_iter().filter(|(_, tells)| *tells);
        let told: Vec<String> = told.map(|(table, _)| format!("`[{table}]`")).collect();
        (!told.is_empty()).then(|| {
            format!(
                "`source.environment` is not set, and the mapping reads from which environment an answer comes \
                 (`environment` of {}); each would be refused",
                told.join(", ")
            )
        })
    }
}

impl Desk<'_> {
    /// Settles `[values]` for a site, and puts for each name among compared words what it stands for.
    pub(super) fn settle(&mut self, file: &mut Table) {
        let site = self.site;
        let mut values = texts(file.get("values"));
        let environments = file.get("environments").and_then(Value::as_table);
        if let Some(environments) = environments {
            self.lay_over(environments, &mut values, site);
        }
        // Who we are and where is a value like others, which a file may have and the site's settings replace.
        for (name, own) in [("worker", &site.worker), ("environment", &site.environment)] {
            let value = values.entry(name.to_owned()).or_default();
            if let Some(own) = own {
                value.clone_from(own);
            }
        }
        for (name, value) in &site.ids {
            // A name that the mapping does not have is told where it is set.
            if let Some(own) = values.get_mut(name) {
                own.clone_from(value);
            }
        }
        super::lookups::stand_in(file, &mut values);
        let written = values
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())));
        file.insert("values".to_owned(), Value::Table(written.collect()));
        self.values = values;
        self.test_environments(file);
        for (name, value) in file.iter_mut() {
            let compared = COMPARED.contains(&name.as_str());
            if !["values", "environments", "test"].contains(&name.as_str()) {
                self.named(name, value, compared);
            }
        }
    }

    fn lay_over(
        &mut self,
        environments: &Table,
        values: &mut BTreeMap<String, String>,
        site: &Site,
    ) {
        for (environment, own) in environments {
            let known = values.keys().map(String::as_str);
            let known: Vec<&str> = known.chain(["worker"]).collect();
            let mut faults = Vec::new();
            for name in texts(Some(own)).into_keys() {
                if !known.contains(&name.as_str()) {
                    let at = format!("environments.{environment}.{name}");
                    let message = format!("`{name}` is not in `[values]`");
                    faults.push((at, message, shape::meant(&name, &known)));
                }
            }
            for (at, message, help) in faults {
                self.fault(&at, &message, Some(help));
            }
        }
        let Some(wanted) = &site.environment else {
            return;
        };
        if let Some(own) = environments.get(wanted) {
            values.extend(texts(Some(own)));
            return;
        }
        let known: Vec<&str> = environments.keys().map(String::as_str).collect();
        let message = format!(
            "`source.environment` names `{wanted}`, and there is no `[environments.{wanted}]`"
        );
        let help = shape::meant(wanted, &known);
        self.fault("environments", &message, Some(help));
    }

    /// A test may name only an environment that there is.
    fn test_environments(&mut self, file: &Table) {
        let environments = file.get("environments").and_then(Value::as_table);
        let known: Vec<&str> = environments
            .into_iter()
            .flat_map(Table::keys)
            .map(String::as_str)
            .collect();
        let tests = file.get("test").and_then(Value::as_array);
        for (index, test) in tests.into_iter().flatten().enumerate() {
            let named = test.get("environment").and_then(Value::as_str);
            if let Some(named) = named.filter(|named| !known.contains(named)) {
                let at = format!("test[{index}].environment");
                let message = format!("there is no `[environments.{named}]`");
                self.fault(&at, &message, Some(shape::meant(named, &known)));
            }
        }
    }

    /// Everything below `at`, keys and values; in a table that sends, only the paths that are looked at.
    fn named(&mut self, at: &str, value: &mut Value, compared: bool) {
        match value {
            Value::String(text) if compared || is_looked_at(at) => *text = self.name(at, text),
            Value::Array(all) => {
                for (index, value) in all.iter_mut().enumerate() {
                    self.named(&format!("{at}[{index}]"), value, compared);
                }
            }
            Value::Table(table) => {
                let mut read = Table::new();
                for (key, mut value) in std::mem::take(table) {
                    let place = format!("{at}.{key}");
                    let named = if compared {
                        self.name(&place, &key)
                    } else {
                        key.clone()
                    };
                    if named != key {
                        self.lines.alias(&format!("{at}.{named}"), &place);
                        if read.contains_key(&named) {
                            let message =
                                format!("`{key}` is `{named}`, which stands here already");
                            self.fault(&place, &message, None);
                        }
                    }
                    self.named(&format!("{at}.{named}"), &mut value, compared);
                    read.insert(named, value);
                }
                *table = read;
            }
            _ => {}
        }
    }

    /// A word with every `{{ name }}` in it replaced. What stands for nothing is a fault, and goes on as its name.
    pub(super) fn name(&mut self, at: &str, written: &str) -> String {
        let mut named = String::with_capacity(written.len());
        let mut rest = written;
        while let Some((before, after)) = rest.split_once("{{") {
            named.push_str(before);
            let Some((inside, after)) = after.split_once("}}") else {
                let message =
                    format!("a name in `{written}` is not closed; write `{{{{ name }}}}`");
                self.fault(at, &message, None);
                return named;
            };
            let name = inside.trim();
            match self.values.get(name).map(String::as_str) {
                Some("") => {
                    self.empty(at, name);
                    named.push_str(name);
                }
                Some(value) => named.push_str(value),
                None => {
                    let known: Vec<&str> = self.values.keys().map(String::as_str).collect();
                    let help = shape::meant(name, &known);
                    let message = format!("`{name}` is not in `[values]`");
                    self.fault(at, &message, Some(help));
                    named.push_str(name);
                }
            }
            rest = after;
        }
        named.push_str(rest);
        named
    }

    fn empty(&mut self, at: &str, name: &str) {
        let message = format!("`{name}` is empty here, and would be compared with nothing");
        let help = match &self.site.environment {
            Some(environment) => {
                format!("set it in `[environments.{environment}]` or in `[source.ids]`")
            }
            None => "set it in `[values]` or `[source.ids]`, or choose an environment that does \
                     (`source.environment`; `--environment` here)"
                .to_owned(),
        };
        self.fault(at, &message, Some(help));
    }
}

/// In a table that writes, paths are looked at in answers; everything else is a template or plain.
fn is_looked_at(at: &str) -> bool {
    let key = at.rsplit('.').next();
    key == Some("find") || at.contains(".before.values.") || at.contains(".before.lists.")
}

fn texts(table: Option<&Value>) -> BTreeMap<String, String> {
    let table = table.and_then(Value::as_table);
    table
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}
