//! Which number has a name in this case system? The tables `[lookups.NAME]` (section 8: numbers differ in every
//! installation, names do not).
//!
//! A lookup names the values it fills: `[lookups.trackers.values] practitioner = "LE Practitioner"` reads the list
//! once and gives the number of that name to `{{ practitioner }}`, wherever a value may stand.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::compile::{Desk, Mapping};
use super::language::{File, RequestRow};
use super::page::Page;
use super::page_fault::PageFault;
use super::path::Path;
use super::proof::same;
use super::request::Request;

/// `[lookups.NAME]`, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct LookupRow {
    #[serde(flatten)]
    pub(super) request: RequestRow,
    number: String,
    name: String,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
}

/// One list of numbers and names.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// How it is asked for.
    pub request: Request,
    number: Path,
    name: Path,
    values: BTreeMap<String, String>,
}

impl Mapping {
    /// The lists to be looked up before anything else is asked, by name.
    pub fn lookups(&self) -> impl Iterator<Item = (&str, &Lookup)> {
        self.client
            .lookups
            .iter()
            .map(|(name, lookup)| (name.as_str(), lookup))
    }

    /// The numbers and names on one page of a list, and what the page says of the next.
    pub fn lookup_page(
        &self,
        lookup: &Lookup,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<(Vec<(String, String)>, Page), PageFault> {
        let request = &lookup.request;
        let whole = self.document_in(request.format, bytes, charset, &request.root)?;
        request.lists_in(&whole.root())?;
        let (mut found, mut page) = (Vec::new(), Page::default());
        for row in request.record.elements(&whole.root()) {
            page.count += 1;
            let pair = lookup.number.first(&row).zip(lookup.name.first(&row));
            found.extend(pair.filter(|(number, name)| !number.is_empty() && !name.is_empty()));
        }
        self.around(request, &whole.root(), &mut page)?;
        page.last_id = found
            .last()
            .map(|(number, _): &(String, String)| number.clone());
        Ok((found, page))
    }
}

impl Lookup {
    /// The values that the list gives.
    ///
    /// # Errors
    /// A name that the mapping wants and the list does not have, or has twice; the text says what there is.
    pub fn values(&self, list: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
        let mut values = BTreeMap::new();
        for (value, wanted) in &self.values {
            let mut found: Vec<&str> = list
                .iter()
                .filter(|(_, name)| same(name, wanted))
                .map(|(number, _)| number.as_str())
                .collect();
            found.sort_unstable();
            found.dedup();
            match found.as_slice() {
                [number] => drop(values.insert(value.clone(), (*number).to_owned())),
                [] => {
                    let names: Vec<&str> = list
                        .iter()
                        .map(|(_, name)| name.as_str())
                        .take(20)
                        .collect();
                    let help = crate::shape::meant(wanted, &names);
                    return Err(format!(
                        "there is no `{wanted}`, which `{value}` is to be; {help}"
                    ));
                }
                many => {
                    let many = many.join(" and ");
                    return Err(format!("`{wanted}` is there more than once, as {many}"));
                }
            }
        }
        Ok(values)
    }
}

/// A value that a lookup fills and that is empty until then is compared with what nothing is, so that the file can be
/// read before the case system is asked.
pub(super) fn stand_in(file: &Table, values: &mut BTreeMap<String, String>) {
    let lookups = file.get("lookups").and_then(Value::as_table);
    let filled = lookups.into_iter().flat_map(Table::values);
    let filled = filled.filter_map(|lookup| lookup.get("values")?.as_table());
    for name in filled.flat_map(Table::keys) {
        if let Some(value) = values.get_mut(name).filter(|value| value.is_empty()) {
            *value = format!("(looked up: {name})");
        }
    }
}

impl Desk<'_> {
    pub(super) fn lookups(&mut self, file: &File) -> BTreeMap<String, Lookup> {
        let mut lookups = BTreeMap::new();
        for (name, row) in &file.client.lookups {
            let at = format!("lookups.{name}");
            for value in row.values.keys() {
                if !file.values.contains_key(value) {
                    let message = format!("`[values]` has no `{value}` for the lookup to fill");
                    let help = Some(format!("add `{value} = \"\"` to `[values]`"));
                    self.fault(&format!("{at}.values.{value}"), &message, help);
                }
            }
            lookups.insert(
                name.clone(),
                Lookup {
                    request: self.request(&at, &row.request, file),
                    number: self.loose(&format!("{at}.number"), &row.number),
                    name: self.loose(&format!("{at}.name"), &row.name),
                    values: row.values.clone(),
                },
            );
        }
        lookups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_there_or_there_twice_is_a_fault_that_says_what_there_is() {
        let lookup = Lookup {
            request: Request::default(),
            number: Path::default(),
            name: Path::default(),
            values: [("review".to_owned(), "LE Practice Review".to_owned())].into(),
        };
        let row = |number: &str, name: &str| (number.to_owned(), name.to_owned());
        let good = lookup.values(&[row("7", " le practice review "), row("8", "Other")]);
        assert_eq!(
            good.unwrap(),
            [("review".to_owned(), "7".to_owned())].into()
        );
        let renamed = lookup
            .values(&[row("7", "LE Practise Review")])
            .unwrap_err();
        assert!(
            renamed.contains("did you mean `LE Practise Review`"),
            "{renamed}"
        );
        let twice = lookup.values(&[
            row("7", "LE Practice Review"),
            row("9", "LE practice review"),
        ]);
        assert!(twice.unwrap_err().contains("7 and 9"));
    }
}
