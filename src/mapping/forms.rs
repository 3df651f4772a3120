//! Which form is meant, if a step holds several, and where in it does an answer stand? (M11, M12)
//!
//! A form is known by its template's code, an answer by its question's code within that template: titles, wording
//! and sections are the layout's, and are reworded. Of several instances one counts, never a mixture. A template
//! version that the mapping does not know is not read as if it were another (P31).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::document::Element;
use super::path::Path;
use super::record::Bad;

/// `[forms.NAME]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct FormRow {
    path: String,
    latest: Option<String>,
    pub(super) question: Option<String>,
    #[serde(default)]
    pub(super) or: Vec<String>,
    version: Option<String>,
    from: Option<String>,
    until: Option<String>,
    pub(super) subject: Option<String>,
}

impl FormRow {
    /// The patterns of an answer's place, in the order in which they are tried.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &String> {
        self.question.iter().chain(&self.or)
    }

    /// The patterns, each with its key.
    fn patterns_at(&self, name: &str) -> Vec<(String, &String)> {
        let question = self.question.iter();
        let question = question.map(|one| (format!("forms.{name}.question"), one));
        let or = self.or.iter().enumerate();
        let or = or.map(|(index, one)| (format!("forms.{name}.or[{index}]"), one));
        question.chain(or).collect()
    }
}

/// Where the instances of a form stand, and which of them counts.
#[derive(Clone, Debug, Default)]
pub(super) struct FormPlace {
    name: String,
    pub(super) path: Path,
    /// The instance with the greatest value there counts.
    latest: Option<Path>,
    version: Option<Versions>,
}

/// The versions of a template that are read, both ends included.
#[derive(Clone, Debug, Default)]
struct Versions {
    path: Path,
    from: Option<String>,
    until: Option<String>,
}

impl Mapping {
    /// The instance of a form that counts; none if the record has none.
    ///
    /// # Errors
    /// When there are instances, and all are of versions that the mapping does not read.
    pub(super) fn instance<'a>(
        &self,
        form: &FormPlace,
        record: &Element<'a>,
    ) -> Result<Option<Element<'a>>, Bad> {
        let all = form.path.elements(record);
        let Some(versions) = &form.version else {
            return Ok(self.latest(form, all));
        };
        let there = !all.is_empty();
        let read = all.into_iter().filter(|one| versions.admits(one)).collect();
        let counts = self.latest(form, read);
        if there && counts.is_none() {
            let why = format!(
                "the form `{}` is of a version that the mapping does not read",
                form.name
            );
            return Err(Bad::new(&versions.path, why));
        }
        Ok(counts)
    }

    /// The last of those with the greatest value; without `latest` the last that stands there.
    fn latest<'a>(&self, form: &FormPlace, all: Vec<Element<'a>>) -> Option<Element<'a>> {
        let Some(path) = &form.latest else {
            return all.into_iter().next_back();
        };
        let rank = |one: &Element<'a>| self.said.first(path, one).unwrap_or_default();
        all.into_iter()
            .max_by(|one, other| self.order(rank(one), rank(other)))
    }

    /// Numbers as numbers, stamps as stamps, anything else as text; nothing comes first.
    fn order(&self, one: &str, other: &str) -> Ordering {
        if let (Some(one), Some(other)) = (number(one), number(other)) {
            return one.cmp(&other);
        }
        let stamp = |text: &str| self.dates.of("latest").instant(text);
        match (stamp(one), stamp(other)) {
            (Ok(one), Ok(other)) => one.cmp(&other),
            _ => one.cmp(other),
        }
    }
}

impl Versions {
    fn admits(&self, instance: &Element<'_>) -> bool {
        let version = self.path.first(instance).unwrap_or_default();
        let from = self.from.as_ref();
        let until = self.until.as_ref();
        from.is_none_or(|from| version_order(&version, from).is_ge())
            && until.is_none_or(|until| version_order(&version, until).is_le())
    }
}

/// A whole number of any length, so that it can be compared: digits without leading zeros, shorter ones first.
fn number(text: &str) -> Option<(usize, &str)> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bare = text.trim_start_matches('0');
    digits.then_some((bare.len(), bare))
}

/// By each part between the dots: `2.10` comes after `2.9`.
fn version_order(one: &str, other: &str) -> Ordering {
    let parts = |text: &str| -> Option<Vec<u64>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}

impl Desk<'_> {
    /// `[forms]`. That each is used rightly is seen where a fact names it.
    pub(super) fn forms(
        &mut self,
        rows: &BTreeMap<String, FormRow>,
    ) -> BTreeMap<String, FormPlace> {
        let mut forms = BTreeMap::new();
        for (name, row) in rows {
            let at = |key: &str| format!("forms.{name}.{key}");
            for (key, pattern) in row.patterns_at(name) {
                if !pattern.contains("{}") {
                    let message =
                        format!("`{pattern}` has no `{{}}` where the question's code goes");
                    self.fault(&key, &message, None);
                }
            }
            if !row.or.is_empty() && row.question.is_none() {
                self.fault(
                    &at("or"),
                    "`or` adds to `question`, and there is none",
                    None,
                );
            }
            let bounds = [("from", &row.from), ("until", &row.until)];
            for (key, bound) in bounds {
                if bound.is_some() && row.version.is_none() {
                    let message = format!("`{key}` needs `version`, the path to the version");
                    self.fault(&at(key), &message, None);
                }
            }
            if let (Some(from), Some(until)) = (&row.from, &row.until)
                && version_order(from, until).is_gt()
            {
                let message = format!("no version is from `{from}` and until `{until}`");
                self.fault(&at("until"), &message, None);
            }
            let path = self.path(&at("path"), &row.path);
            let mut place = |key: &str, written: &Option<String>| {
                Some(self.below(&at(key), &path, written.as_deref()?))
            };
            let form = FormPlace {
                name: name.clone(),
                latest: place("latest", &row.latest),
                version: place("version", &row.version).map(|path| Versions {
                    path,
                    from: row.from.clone(),
                    until: row.until.clone(),
                }),
                path,
            };
            forms.insert(name.clone(), form);
        }
        forms
    }
}

#[cfg(test)]
mod tests {
    use super::{number, version_order};

    #[test]
    fn ids_are_compared_as_numbers_however_long_they_are() {
        let greater = [("10", "9"), ("99999999999999999999999", "5"), ("010", "9")];
        for (one, other) in greater {
            assert!(number(one) > number(other), "{one} {other}");
        }
        assert_eq!(number("a1"), None);
    }

    #[test]
    fn versions_are_compared_part_by_part() {
        assert!(version_order("2.10", "2.9").is_gt());
        assert!(version_order("2", "10").is_lt());
        assert!(version_order("2", "2").is_eq());
        assert!(version_order("b", "a").is_gt());
    }
}
