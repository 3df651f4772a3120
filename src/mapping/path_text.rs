//! How is a path written, and what is wrong with one that cannot be read?

use std::collections::BTreeMap;

use super::path::{Condition, Embedded, Move, Name, Path};

/// Prefixes of a mapping file, and the namespaces that they stand for.
pub(super) type Namespaces = BTreeMap<String, String>;

/// Parts that a path may have; a document is nested less deep.
const PARTS: usize = 32;
/// How deep conditions may stand in one another.
const NESTED: usize = 3;

impl Path {
    /// Reads a path without prefixes.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        Self::parse_in(written, &Namespaces::new())
    }

    /// Reads a path as it is written in a mapping file.
    pub(super) fn parse_in(written: &str, spaces: &Namespaces) -> Result<Self, String> {
        let mut cursor = Cursor {
            letters: written.trim().chars().collect(),
            at: 0,
            spaces,
            nested: 0,
        };
        let read = cursor.path().and_then(|path| match cursor.peek() {
            None => Ok(path),
            Some(letter) => Err(format!("`{letter}` is not expected here")),
        });
        match read {
            Ok(path) => Ok(Self {
                written: written.to_owned(),
                asked: path.conditioned(),
                ..path
            }),
            Err(why) => Err(format!(
                "the path `{written}` cannot be read at character {}: {why}",
                cursor.at + 1
            )),
        }
    }
}

struct Cursor<'a> {
    letters: Vec<char>,
    at: usize,
    spaces: &'a Namespaces,
    nested: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn skip_spaces(&mut self) {
        while self.take(' ') {}
    }

    fn path(&mut self) -> Result<Path, String> {
        let mut path = Path::default();
        loop {
            if self.take('@') {
                path.attribute = Some(self.name(false)?);
                return match self.peek() {
                    Some('/' | '[') => Err("nothing may follow an attribute".to_owned()),
                    _ => Ok(path),
                };
            }
            if self.peek() == Some('.') {
                self.at += 1;
            } else {
                let step = self.part()?;
                path.moves.push(step);
            }
            if path.moves.len() > PARTS {
                return Err(format!("a path has at most {PARTS} parts"));
            }
            if !self.take('/') {
                return Ok(path);
            }
        }
    }

    fn part(&mut self) -> Result<Move, String> {
        let mut step = Move {
            name: self.name(true)?,
            ..Move::default()
        };
        while self.take('[') {
            self.skip_spaces();
            match self.embedded()? {
                None => step.conditions.push(self.condition()?),
                Some(_) if step.embedded.is_some() => {
                    return Err("`embedded` is said twice".to_owned());
                }
                embedded => {
                    step.embedded = embedded;
                    step.before = step.conditions.len();
                }
            }
            self.skip_spaces();
            if !self.take(']') {
                return Err("a condition ends in `]`".to_owned());
            }
        }
        Ok(step)
    }

    fn name(&mut self, or_any: bool) -> Result<Name, String> {
        if or_any && self.take('*') {
            return Ok(Name::default());
        }
        if let Some(local) = self.quoted()? {
            return match local.as_str() {
                "" => Err("a name is not empty".to_owned()),
                _ => Ok(Name { local, space: None }),
            };
        }
        let from = self.at;
        let mut name = Name {
            local: self.bare(),
            space: None,
        };
        if self.take(':') {
            let Some(space) = self.spaces.get(&name.local) else {
                self.at = from;
                return Err(format!(
                    "the prefix `{}` is not in `[namespaces]`",
                    name.local
                ));
            };
            name.space = Some(space.clone());
            name.local = self.bare();
        }
        match (name.local.as_str(), self.peek()) {
            ("", None) => Err("a name is missing".to_owned()),
            ("", Some(letter)) => Err(format!(
                "`{letter}` begins no element or attribute name; put other names in quotes"
            )),
            _ => Ok(name),
        }
    }

    fn bare(&mut self) -> String {
        let mut name = String::new();
        while let Some(letter) = self.peek() {
            if !letter.is_alphanumeric() && !matches!(letter, '_' | '-' | '.') {
                break;
            }
            name.push(letter);
            self.at += 1;
        }
        name
    }

    /// Text in single or double quotes, if one begins here; a quote within is written twice.
    fn quoted(&mut self) -> Result<Option<String>, String> {
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Ok(None);
        };
        let from = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => {
                    self.at = from;
                    return Err("the quote that begins here does not end".to_owned());
                }
                Some(letter) => {
                    self.at += 1;
                    if letter == quote && !self.take(quote) {
                        return Ok(Some(text));
                    }
                    text.push(letter);
                }
            }
        }
    }

    fn embedded(&mut self) -> Result<Option<Embedded>, String> {
        let from = self.at;
        if self.bare() != "embedded" || !self.take('=') {
            self.at = from;
            return Ok(None);
        }
        match self.quoted()?.as_deref() {
            Some("xml") => Ok(Some(Embedded::Xml)),
            Some("json") => Ok(Some(Embedded::Json)),
            Some("base64-xml") => Ok(Some(Embedded::Base64Xml)),
            Some("base64-json") => Ok(Some(Embedded::Base64Json)),
            _ => {
                self.at = from;
                Err("write `[embedded='xml']`, or `json`, `base64-xml`, `base64-json`".to_owned())
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let from = self.at;
        if self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            let digits = self.bare();
            return match digits.parse::<usize>() {
                Ok(nth) if nth > 0 => Ok(Condition::Nth(nth)),
                _ => {
                    self.at = from;
                    Err("a position is a number from 1".to_owned())
                }
            };
        }
        if self.nested >= NESTED {
            return Err(format!(
                "conditions stand in one another at most {NESTED} deep"
            ));
        }
        self.nested += 1;
        let mut at = self.path()?;
        self.nested -= 1;
        let inside = self.letters.get(from..self.at).unwrap_or_default();
        at.written = inside.iter().collect();
        self.skip_spaces();
        let begins = self.take('^');
        let is = self.take('=');
        let values = if is { self.values(begins)? } else { Vec::new() };
        if values.is_empty() {
            let forms =
                "`[@name='value']`, `[@name^='value']`, `[member='value'|'other']` or `[3]`";
            return Err(format!("write a condition as {forms}"));
        }
        Ok(Condition::Is { at, values, begins })
    }

    /// The values of a condition, with bars between them; none if one of them is not in quotes.
    fn values(&mut self, begins: bool) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            self.skip_spaces();
            let Some(value) = self.quoted()? else {
                return Ok(Vec::new());
            };
            // Values are compared trimmed.
            let value = if begins {
                value.trim_start()
            } else {
                value.trim()
            };
            values.push(value.to_owned());
            self.skip_spaces();
            if !self.take('|') {
                return Ok(values);
            }
        }
    }
}
