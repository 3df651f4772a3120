//! Which keys has a mapping file, and what does each mean? The manual, for people to read.
//!
//! `manual.toml` is the one place where a key is explained: a sentence above it, and behind it what holds without it.
//! A key that has no sentence is explained by an earlier table, which is named in its place.

use std::fmt::Write;

use super::compile::MANUAL;
use crate::practice::episode::Stage;
use crate::practice::fact::{Fact, FactKind};

/// The first lines of the reference.
const HEAD: &str = "# Every key of a mapping file\n\n\
    Printed by `greentick mapping keys`, from what `greentick check` compares a mapping with; `greentick mapping keys WORD` prints \
    only the keys whose names have that word in them. [mapping.md](mapping.md) says how they work together.\n";

/// The first lines of the table of facts.
const FACTS: &str = "## The facts\n\n\
    What `[facts.NAME]` and `blank` may name; `greentick mapping keys facts` prints this table. `[facts.NAME] vocabulary` leads their words to ours. \
    Where any short code may stand, the policy says which are accepted as a reason (docs/rules.md); of rows the words are those of the column `code`. \
    An agreed action is done by `done`, `completed`, `complete` or `closed`. \
    Rules are numbered by the paragraphs of the guidance that make a fact needed: `LE-22.1` is of ¶22.\n\n\
    | fact | stage | what stands there | words | without a place | asked by the rules of | meaning |\n|---|---|---|---|---|---|---|\n";

/// One key of a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its table as it is written in a mapping, such as `[write.NAME.before]`; empty for the top of the file.
    pub table: String,
    /// Its name; `NAME` for any.
    pub name: String,
    /// What may stand there, in words.
    pub value: String,
    /// The words that may stand there, or an example, as TOML.
    example: String,
    /// What holds without it; none if it is then not looked at, or not sent.
    pub without: Option<String>,
    /// Whether its table cannot do without it.
    pub needed: bool,
    /// What it means; empty if an earlier table says so.
    pub meaning: String,
}

impl Key {
    /// What holds without it, for people.
    fn without(&self) -> String {
        match (&self.without, self.needed) {
            (_, true) => "needed".to_owned(),
            (None, false) => "–".to_owned(),
            (Some(text), false) if is_toml(text) => format!("`{text}`"),
            (Some(text), false) => text.clone(),
        }
    }
}

/// One table of a mapping file.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its heading as it is written, such as `[feed]`; empty for the top of the file.
    pub heading: String,
    /// What it is for; empty if its keys say so.
    pub meaning: String,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// Every table and key, in the order of the manual.
pub fn sections() -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut said: Vec<&str> = Vec::new();
    let mut needed: Vec<String> = Vec::new();
    for line in MANUAL.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            said.push(comment.trim());
        } else if line.starts_with('[') {
            needed.clear();
            sections.push(Section {
                heading: line.replace("\"*\"", "NAME"),
                meaning: said.join(" "),
                keys: Vec::new(),
            });
            said.clear();
        } else if let Some((name, rest)) = line.split_once(" = ") {
            let (example, without) = match rest.split_once(" # ") {
                Some((example, without)) => (example, Some(without.to_owned())),
                None => (rest, None),
            };
            if name == "\"!\"" {
                let names = example.split('"').skip(1).step_by(2);
                needed = names.map(str::to_owned).collect();
            } else if let Some(section) = sections.last_mut() {
                section.keys.push(Key {
                    table: section.heading.clone(),
                    name: name.replace("\"*\"", "NAME"),
                    value: kind(example),
                    example: example.to_owned(),
                    without,
                    needed: needed.iter().any(|one| one == name),
                    meaning: said.join(" "),
                });
            }
            said.clear();
        } else {
            said.clear();
        }
    }
    sections
}

/// Every fact: its stage, in what form a mapping gives it, and the words that it may have; the codes that a rule knows.
pub fn facts() -> String {
    let mut page = FACTS.to_owned();
    for fact in Fact::ALL {
        let kind = match fact.kind() {
            FactKind::Length => "a text, of which only the length is kept",
            FactKind::Day => "a day",
            FactKind::Yes => "a yes or a no",
            FactKind::Count => "a number, a yes or a no, or as many values as there are",
            FactKind::Code(_) => "a code",
            FactKind::Worker => "a worker's id",
            FactKind::Rows => "rows",
        };
        let words: Vec<String> = fact
            .codes()
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        let words = match (fact.kind(), words.as_slice()) {
            (FactKind::Code(_) | FactKind::Rows, []) => "any short code".to_owned(),
            (_, []) => "–".to_owned(),
            (_, words) => words.join(", "),
        };
        let points: Vec<String> = fact
            .paragraphs()
            .iter()
            .map(|at| format!("¶{at}"))
            .collect();
        let without = if fact.is_optional() {
            "not asked about"
        } else {
            "unknown"
        };
        let stage = match fact.stage() {
            Stage::Practitioner => "`practitioner`",
            Stage::PracticeReview => "`practice_review`",
            Stage::SupervisorActions => "`supervisor_actions`",
            Stage::SignOff => "`sign_off`",
        };
        let _ = writeln!(
            page,
            "| `{}` | {stage} | {kind} | {words} | {without} | {} | {} |",
            fact.name(),
            points.join(", "),
            fact.words()
        );
    }
    page
}

/// The whole reference, as `docs/mapping-keys.md` has it.
pub fn reference() -> String {
    let all = sections();
    let mut page = HEAD.to_owned();
    for (at, section) in all.iter().enumerate() {
        let heading = match section.heading.as_str() {
            "" => "The top of the file".to_owned(),
            heading => format!("`{heading}`"),
        };
        let _ = write!(page, "\n## {heading}\n");
        if !section.meaning.is_empty() {
            let _ = write!(page, "\n{}\n", section.meaning);
        }
        let own: Vec<&Key> = section
            .keys
            .iter()
            .filter(|key| !key.meaning.is_empty())
            .collect();
        if !own.is_empty() {
            page.push_str("\n| key | value | without it | meaning |\n|---|---|---|---|\n");
        }
        for key in own {
            let (value, without) = (&key.value, key.without());
            let cells = [value, &without, &key.meaning].map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(page, "| `{}` | {} |", key.name, cells.join(" | "));
        }
        for (heading, names) in elsewhere(all.get(..at).unwrap_or_default(), section) {
            let _ = write!(page, "\nAs in `{heading}`: {}.\n", names.join(", "));
        }
    }
    page.push('\n');
    page.push_str(&facts());
    page
}

/// The keys whose table or name has a word in it, one a paragraph, for a terminal.
pub fn about(word: &str) -> String {
    let all = sections();
    let mut page = String::new();
    for (at, section) in all.iter().enumerate() {
        let earlier = all.get(..at).unwrap_or_default();
        for key in &section.keys {
            let place = format!("{} {}", key.table, key.name);
            if !place.contains(word) {
                continue;
            }
            let told = if key.meaning.is_empty() {
                source(earlier, section, key).map_or(key, |(_, told)| told)
            } else {
                key
            };
            let _ = writeln!(
                page,
                "{}\n  {}\n  value: {}; without it: {}",
                place.trim(),
                told.meaning,
                key.value,
                Key {
                    needed: key.needed,
                    ..told.clone()
                }
                .without()
            );
        }
    }
    page
}

/// The names of the keys that earlier tables explain, by the table that does.
fn elsewhere<'s>(earlier: &'s [Section], section: &'s Section) -> Vec<(&'s str, Vec<String>)> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for key in section.keys.iter().filter(|key| key.meaning.is_empty()) {
        let heading = source(earlier, section, key).map_or("", |(heading, _)| heading);
        let mut name = format!("`{}`", key.name);
        if key.needed {
            name.push_str(" (needed)");
        }
        match found.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, names)) => names.push(name),
            None => found.push((heading, vec![name])),
        }
    }
    found
}

/// The earlier table that explains a key, and its words: the one that explains most of the section's keys.
fn source<'s>(earlier: &'s [Section], section: &Section, key: &Key) -> Option<(&'s str, &'s Key)> {
    fn explains<'s>(one: &'s Section, key: &Key) -> Option<&'s Key> {
        let same = |known: &&Key| known.name == key.name && known.example == key.example;
        one.keys
            .iter()
            .filter(same)
            .find(|known| !known.meaning.is_empty())
    }
    let bare = || section.keys.iter().filter(|key| key.meaning.is_empty());
    let able = earlier.iter().filter(|one| explains(one, key).is_some());
    let best = able.max_by_key(|one| bare().filter(|key| explains(one, key).is_some()).count())?;
    Some((&best.heading, explains(best, key)?))
}

/// What may stand behind a key, in words.
fn kind(example: &str) -> String {
    let words = |text: &str| {
        let words: Vec<String> = text.split('|').map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    let quoted = |text: &str| text.trim_matches(['[', ']', '"']).to_owned();
    match (example, quoted(example)) {
        (list, inside) if list.starts_with('[') => match inside.as_str() {
            "" => "list of texts".to_owned(),
            inside if inside.contains('|') => format!("list of {}", words(inside)),
            _ => format!("list, `{list}`"),
        },
        (text, inside) if text.starts_with('"') => match inside.as_str() {
            "" => "text".to_owned(),
            inside if inside.contains('|') => words(inside),
            inside => format!("text, `{inside}`"),
        },
        ("true" | "false", _) => "`true`, `false`".to_owned(),
        _ => "number".to_owned(),
    }
}

/// Whether a default is written as a value that could stand in the file.
fn is_toml(text: &str) -> bool {
    format!("it = {text}").parse::<toml::Table>().is_ok()
}
