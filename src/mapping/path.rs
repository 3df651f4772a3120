//! Where in a record does a value stand?
//!
//! A small part of `XPath`: `a/b`, `@attr`, `a[@name='x']/value`, `a[@name^='x']` for every name that begins with
//! x, `.` for the record itself.

use super::tree::Element;

/// A path, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    written: String,
    steps: Vec<Move>,
    attribute: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    name: String,
    only: Option<Only>,
}

/// Which elements of a name are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Only {
    attribute: String,
    value: String,
    /// Every value that begins with it.
    begins: bool,
}

impl Path {
    /// Reads a path as it is written in a mapping file.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let mut path = Self {
            written: written.to_owned(),
            ..Self::default()
        };
        for part in parts(written) {
            if path.attribute.is_some() {
                return Err(format!("nothing may follow the attribute in `{written}`"));
            }
            if part == "." {
                continue;
            }
            if let Some(name) = part.strip_prefix('@') {
                path.attribute = Some(checked(name, written)?);
                continue;
            }
            path.steps.push(Move::parse(&part, written)?);
        }
        Ok(path)
    }

    /// The path as it was written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// The names of its elements, outermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    /// Every element that the path leads to.
    pub(super) fn elements<'a>(&self, from: &'a Element) -> Vec<&'a Element> {
        let mut here = vec![from];
        for step in &self.steps {
            here = here
                .into_iter()
                .flat_map(|element| &element.children)
                .filter(|child| step.admits(child))
                .collect();
        }
        here
    }

    /// Every value that the path leads to, trimmed, with the line it stands on.
    pub(super) fn values(&self, from: &Element) -> Vec<(String, usize)> {
        self.elements(from)
            .into_iter()
            .filter_map(|element| {
                let text = match &self.attribute {
                    Some(name) => element.attribute(name)?,
                    None if element.nil => "",
                    None => &element.text,
                };
                Some((text.trim().to_owned(), element.line))
            })
            .collect()
    }

    /// Whether the element that the last condition picks out is there; none if the path has no condition.
    /// A question that is there without a value is blank; one that is not there was not asked.
    pub(super) fn is_asked(&self, from: &Element) -> Option<bool> {
        let last = self.steps.iter().rposition(|step| step.only.is_some())?;
        let picks = Self {
            steps: self.steps.iter().take(last + 1).cloned().collect(),
            ..Self::default()
        };
        Some(!picks.elements(from).is_empty())
    }

    /// The first value that is not empty; `Some("")` if only empty ones are there, none if none is.
    pub(super) fn first(&self, from: &Element) -> Option<String> {
        let values = self.values(from);
        values
            .iter()
            .find(|(text, _)| !text.is_empty())
            .or(values.first())
            .map(|(text, _)| text.clone())
    }
}

impl Move {
    fn parse(part: &str, written: &str) -> Result<Self, String> {
        let Some((name, rest)) = part.split_once('[') else {
            return Ok(Self {
                name: checked(part, written)?,
                only: None,
            });
        };
        let only = rest
            .strip_suffix(']')
            .and_then(|rest| rest.strip_prefix('@'))
            .and_then(|rest| rest.split_once('='))
            .and_then(|(key, value)| {
                let bare = value.strip_prefix('\'')?.strip_suffix('\'')?;
                let begins = key.strip_suffix('^');
                Some(Only {
                    attribute: begins.unwrap_or(key).to_owned(),
                    value: bare.to_owned(),
                    begins: begins.is_some(),
                })
            })
            .ok_or_else(|| format!("write a condition as `[@name='value']` in `{written}`"))?;
        Ok(Self {
            name: checked(name, written)?,
            only: Some(only),
        })
    }

    fn admits(&self, element: &Element) -> bool {
        element.name == self.name
            && self.only.as_ref().is_none_or(|only| {
                let there = element.attribute(&only.attribute);
                there.is_some_and(|there| {
                    there == only.value || only.begins && there.starts_with(&only.value)
                })
            })
    }
}

/// Splits at `/`, except within quotes.
fn parts(written: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in written.trim().chars() {
        quoted ^= letter == '\'';
        if letter == '/' && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts
}

fn checked(name: &str, written: &str) -> Result<String, String> {
    let good = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
    if good {
        Ok(name.to_owned())
    } else {
        Err(format!(
            "`{name}` is no element or attribute name in `{written}`"
        ))
    }
}
