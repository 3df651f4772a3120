//! Does a TOML file have the shape of its manual? Every key known, every needed key there, every value of the
//! right kind and every closed word a known one; all faults at once, each on its line.
//!
//! The manual is TOML itself, so a key cannot be read and yet undocumented. In it, the key `"*"` stands for any
//! key of its table, text with bars (`"none|basic"`) lists the words allowed, and `"!"` lists the keys that a
//! table cannot do without. What is faulty is put right as the manual has it, so that whoever reads the values
//! can look for further faults in the same run. Absent on purpose: what the values mean.

mod fault;

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

pub use fault::Fault;

/// The manual's key for any key.
const ANY: &str = "*";
/// The manual's key for the list of needed keys.
const NEEDED: &str = "!";
/// How a flaw begins that is of the file's syntax.
const NOT_TOML: &str = "not TOML: ";

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
}

/// The line of each key that a file sets, by its path: `feed.paging`, `links[0].path`.
#[derive(Clone, Debug, Default)]
pub struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// The line of a key, else of the table it would stand in; 0 if neither is in the file.
    pub fn of(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
                Some(above) => path = above,
                None => return 0,
            }
        }
    }

    /// Lets a key be asked for by another path as well, as when a name in it is replaced.
    pub fn alias(&mut self, path: &str, written: &str) {
        let line = self.of(written);
        self.0.insert(path.to_owned(), line);
    }

    /// Every path, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A file, compared with its manual.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// What it says; where it was faulty, what the manual says.
    pub table: Table,
    /// Where it says it.
    pub lines: Lines,
    /// Everything wrong with its shape.
    pub flaws: Vec<Flaw>,
    /// Whether it could be read to its end as TOML.
    pub whole: bool,
}

/// The manual of a file: `text`, and over it `more`, which names what `text` has no example of.
pub fn manual(text: &str, more: &str) -> Table {
    let read = |text: &str| text.parse::<Table>().unwrap_or_default();
    let mut whole = read(text);
    lay_over(&mut whole, read(more));
    whole
}

fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Compares `text` with its manual.
pub fn compare(text: &str, manual: &Table) -> Shaped {
    let (given, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk {
        text,
        lines: BTreeMap::new(),
        flaws: Vec::new(),
        whole: errors.is_empty(),
    };
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let said = error.message().lines().next().unwrap_or_default();
        walk.flaw(line_of(text, at), format!("{NOT_TOML}{said}"), None);
    }
    let table = walk.table("", 1, given.get_ref(), manual);
    Shaped {
        table,
        lines: Lines(walk.lines),
        flaws: walk.flaws,
        whole: walk.whole,
    }
}

/// The word of `known` that is nearest to `word`, if any is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = |candidate: &str| match word.len() {
        // The beginning of a word is nearer to it than any misspelling.
        3.. if candidate.starts_with(word) => 1,
        _ => strsim::damerau_levenshtein(word, candidate),
    };
    known
        .into_iter()
        .map(|candidate| (far(candidate), candidate))
        .filter(|(far, candidate)| *far <= 1 + candidate.chars().count() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to do about an unknown word: the nearest known one, or all of them.
pub fn meant(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are: {}", known.join(", ")),
    }
}

/// The line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    before.filter(|byte| *byte == b'\n').count() + 1
}

struct Walk<'a> {
    text: &'a str,
    lines: BTreeMap<String, usize>,
    flaws: Vec<Flaw>,
    whole: bool,
}

impl Walk<'_> {
    /// Tells a flaw; on a line that is no TOML what is made of the rest of it is no other one.
    fn flaw(&mut self, line: usize, message: String, help: Option<String>) {
        let broken = |one: &Flaw| one.line == line && one.message.starts_with(NOT_TOML);
        if self.flaws.iter().any(broken) {
            return;
        }
        self.flaws.push(Flaw {
            line,
            message,
            help,
        });
    }

    fn table(&mut self, under: &str, at: usize, given: &DeTable<'_>, manual: &Table) -> Table {
        let mut read = Table::new();
        // In the order of the file, so that faults are told as a reader meets them.
        let mut entries: Vec<_> = given.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let written = key.get_ref().as_ref();
            let line = line_of(self.text, key.span().start);
            let Some((name, entry)) = self.known(under, line, written, given, manual) else {
                continue;
            };
            let path = join(under, &name);
            self.lines.insert(path.clone(), line);
            let line = line_of(self.text, value.span().start).max(line);
            match self.value(&path, line, value.get_ref(), &entry) {
                Some(value) => {
                    read.insert(name, value);
                }
                None if needed(manual).any(|needed| needed == name) => {
                    read.insert(name, example(&entry));
                }
                None => {}
            }
        }
        for name in needed(manual) {
            let Some(entry) = manual.get(name).filter(|_| !read.contains_key(name)) else {
                continue;
            };
            // Of a file that breaks off it cannot be said what is missing.
            if self.whole {
                let path = join(under, name);
                let message = match entry {
                    Value::Table(_) => format!("the table `[{path}]` is missing"),
                    _ => format!("the key `{path}` is missing"),
                };
                self.flaw(at, message, None);
            }
            read.insert(name.to_owned(), example(entry));
        }
        read
    }

    /// The manual's entry for a key. An unknown key is told, and read on as the one it is likely to be.
    fn known(
        &mut self,
        under: &str,
        line: usize,
        written: &str,
        given: &DeTable<'_>,
        manual: &Table,
    ) -> Option<(String, Value)> {
        let own = manual.get(written).filter(|_| written != NEEDED);
        if let Some(entry) = own.or(manual.get(ANY)) {
            return Some((written.to_owned(), entry.clone()));
        }
        let names: Vec<&str> = keys(manual).collect();
        let help = meant(written, &names);
        let path = join(under, written);
        self.flaw(line, format!("unknown key `{path}`"), Some(help));
        let near = nearest(written, names)?;
        let taken = given.keys().any(|key| key.get_ref().as_ref() == near);
        let entry = manual.get(near).filter(|_| !taken)?;
        Some((near.to_owned(), entry.clone()))
    }

    fn value(
        &mut self,
        path: &str,
        line: usize,
        given: &DeValue<'_>,
        manual: &Value,
    ) -> Option<Value> {
        match (given, manual) {
            (DeValue::Table(given), Value::Table(manual)) => {
                Some(Value::Table(self.table(path, line, given, manual)))
            }
            (DeValue::Array(given), Value::Array(manual)) => {
                let mut read = Vec::new();
                for (index, value) in given.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let line = line_of(self.text, value.span().start);
                    self.lines.insert(path.clone(), line);
                    read.extend(match manual.first() {
                        Some(entry) => self.value(&path, line, value.get_ref(), entry),
                        None => plain(value.get_ref()),
                    });
                }
                Some(Value::Array(read))
            }
            (DeValue::String(word), Value::String(manual)) if manual.contains('|') => {
                self.word(path, line, word, manual)
            }
            (DeValue::Integer(_), Value::Integer(_)) => {
                let read = plain(given);
                if read.is_none() {
                    self.flaw(line, format!("`{path}` is too large a number"), None);
                }
                read
            }
            (DeValue::Boolean(_), Value::Boolean(_))
            | (DeValue::String(_), Value::String(_))
            | (DeValue::Float(_), Value::Float(_)) => plain(given),
            // A day or an instant is written with quotes or without.
            (DeValue::Datetime(at), Value::String(_)) => Some(Value::String(at.to_string())),
            (_, manual) => {
                self.flaw(line, format!("`{path}` must be {}", kind(manual)), None);
                None
            }
        }
    }

    fn word(&mut self, path: &str, line: usize, word: &str, manual: &str) -> Option<Value> {
        let known: Vec<&str> = manual.split('|').collect();
        if known.contains(&word) {
            return Some(Value::String(word.to_owned()));
        }
        let inside = path
            .strip_suffix(']')
            .and_then(|path| path.rsplit_once('['));
        let name = inside.map_or(path, |(list, _)| list);
        let message = format!("`{word}` is no word for `{name}`");
        self.flaw(line, message, Some(meant(word, &known)));
        None
    }
}

fn join(under: &str, name: &str) -> String {
    match under {
        "" => name.to_owned(),
        under => format!("{under}.{name}"),
    }
}

fn keys(manual: &Table) -> impl Iterator<Item = &str> {
    let names = manual.keys().map(String::as_str);
    names.filter(|name| ![ANY, NEEDED].contains(name))
}

fn needed(manual: &Table) -> impl Iterator<Item = &str> {
    let listed = manual.get(NEEDED).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str)
}

/// What stands in for a needed value that is missing: the manual's own, with nothing but needed keys.
fn example(manual: &Value) -> Value {
    match manual {
        Value::String(words) => {
            Value::String(words.split('|').next().unwrap_or_default().to_owned())
        }
        Value::Table(manual) => {
            let entries = needed(manual).filter_map(|name| Some((name, manual.get(name)?)));
            let filled = entries.map(|(name, entry)| (name.to_owned(), example(entry)));
            Value::Table(filled.collect())
        }
        Value::Array(_) => Value::Array(Vec::new()),
        other => other.clone(),
    }
}

fn plain(given: &DeValue<'_>) -> Option<Value> {
    Some(match given {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().ok()?),
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Datetime(at) => Value::Datetime(*at),
        DeValue::Array(values) => {
            let values = values.iter().filter_map(|value| plain(value.get_ref()));
            Value::Array(values.collect())
        }
        DeValue::Table(table) => {
            let entries = table.iter().filter_map(|(key, value)| {
                Some((key.get_ref().to_string(), plain(value.get_ref())?))
            });
            Value::Table(entries.collect())
        }
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) | Value::Datetime(_) => "text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
