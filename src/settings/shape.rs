//! Does a file have the shape of the manual? Every key known, every value of the right kind, all faults at once.
//!
//! The manual itself (`config/default.toml`) is the schema, so a key cannot be read and yet undocumented.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::fault::{SettingsFault, line_of, unknown_key};

/// Tables whose keys are the council's own.
const OPEN: [&str; 1] = ["source.ids"];
/// Keys of one `[[web.callers]]`.
const CALLER: &str = "token_env = ''\ntoken_file = ''\nworker = ''\nmay = []\n";

/// The line of each key that a file sets.
pub(super) type Lines = BTreeMap<String, usize>;

/// Compares `text` with the manual; gives the line of every key, and every fault.
pub(super) fn compare(file: &str, text: &str, manual: &str) -> (Lines, Vec<SettingsFault>) {
    let mut walk = Walk {
        file,
        text,
        lines: Lines::new(),
        faults: Vec::new(),
    };
    let (given, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        let said = error.message().to_owned();
        walk.faults
            .push(SettingsFault::at(file, line, format!("not TOML: {said}")));
    }
    if let Ok(manual) = DeTable::parse(manual) {
        walk.table("", given.get_ref(), manual.get_ref());
    }
    (walk.lines, walk.faults)
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    lines: Lines,
    faults: Vec<SettingsFault>,
}

impl Walk<'_> {
    fn table(&mut self, under: &str, given: &DeTable<'_>, manual: &DeTable<'_>) {
        for (key, value) in given {
            let path = match under {
                "" => key.get_ref().to_string(),
                under => format!("{under}.{}", key.get_ref()),
            };
            let line = line_of(self.text, key.span().start);
            self.lines.insert(path.clone(), line);
            let known = manual
                .iter()
                .find(|(name, _)| name.get_ref() == key.get_ref());
            if let Some((_, known)) = known {
                self.value(&path, line, value.get_ref(), known.get_ref());
            } else {
                let names = manual.keys().map(|name| name.get_ref().as_ref());
                self.faults.push(unknown_key(self.file, line, &path, names));
            }
        }
    }

    fn value(&mut self, path: &str, line: usize, given: &DeValue<'_>, manual: &DeValue<'_>) {
        match (given, manual) {
            (DeValue::Table(given), DeValue::Table(_)) if OPEN.contains(&path) => {
                for (key, value) in given {
                    if !matches!(value.get_ref(), DeValue::String(_)) {
                        let line = line_of(self.text, key.span().start);
                        self.wrong_kind(
                            &format!("{path}.{}", key.get_ref()),
                            line,
                            "text in quotes",
                        );
                    }
                }
            }
            (DeValue::Table(given), DeValue::Table(manual)) => self.table(path, given, manual),
            (DeValue::Array(callers), DeValue::Array(_)) if path == "web.callers" => {
                let Ok(caller) = DeTable::parse(CALLER) else {
                    return;
                };
                for (index, given) in callers.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let line = line_of(self.text, given.span().start);
                    self.lines.insert(path.clone(), line);
                    match given.get_ref() {
                        DeValue::Table(given) => self.table(&path, given, caller.get_ref()),
                        _ => self.wrong_kind(&path, line, "a table"),
                    }
                }
            }
            (DeValue::Array(_), DeValue::Array(_))
            | (DeValue::Integer(_), DeValue::Integer(_))
            | (DeValue::Boolean(_), DeValue::Boolean(_))
            | (DeValue::String(_) | DeValue::Datetime(_), DeValue::String(_)) => {}
            (_, manual) => self.wrong_kind(path, line, kind(manual)),
        }
    }

    fn wrong_kind(&mut self, path: &str, line: usize, wanted: &str) {
        let message = format!("`{path}` must be {wanted}");
        self.faults
            .push(SettingsFault::at(self.file, line, message));
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) | DeValue::Datetime(_) => "text in quotes",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
