//! How does a list of people come in from elsewhere? As CSV, every faulty row said at once with its line and
//! column; given back as the text of a people file.

use std::fmt::Write;

use jiff::civil::{Date, Time};
use serde::Deserialize;
use toml::{Table, Value};

use super::Fault;
use crate::practice::calendar::Calendar;
use crate::practice::episode::Role;
use crate::shape::nearest;

/// The columns of the file, all of them texts that may be empty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    kind: String,
    worker: String,
    role: String,
    service: String,
    other: String,
    from: String,
    until: String,
}

/// What a row can be, with the list it goes into.
const KINDS: [(&str, &str); 6] = [
    ("holder", "holders"),
    ("away", "away"),
    ("service", "services"),
    ("manages", "managers"),
    ("interest", "interests"),
    ("address", "addresses"),
];
const HEADING: &str = "# Who is who, from when until when (UTC). Imported; docs/people.md says what each list means.\n";

/// Turns a CSV file into the text of a people file. Days are local days: `from` from its beginning, `until` through
/// its end.
///
/// # Errors
/// Every fault of every row, on its line; and what the rows contradict each other in.
pub fn from_csv(name: &str, csv: &[u8], calendar: &Calendar) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut lists: Vec<(&str, Vec<(u64, Table)>)> =
        KINDS.iter().map(|(_, list)| (*list, Vec::new())).collect();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(csv);
    let heading = reader.headers().cloned().unwrap_or_default();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        let read = match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                let row = record.deserialize::<Row>(Some(&heading));
                row.map_err(|fault| fault.to_string())
                    .map(|row| (line, row))
            }
            Err(fault) => Err(fault.to_string()),
        };
        match read {
            Err(why) => faults.push(Fault::at(name, at(line), why)),
            Ok((line, row)) => {
                let mut wrong = Vec::new();
                if let Some((list, table)) = row.table(calendar, &mut wrong)
                    && let Some((_, rows)) = lists.iter_mut().find(|(name, _)| *name == list)
                {
                    rows.push((line, table));
                }
                faults.extend(wrong.into_iter().map(|why| Fault::at(name, at(line), why)));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = text(&lists);
    let found = super::people::read(name, &text).map(|(_, contradictions)| contradictions)?;
    if found.is_empty() {
        return Ok(text);
    }
    let mut faults: Vec<Fault> = found
        .into_iter()
        .map(|(row, mut fault)| {
            fault.line = line_of(&row, &lists);
            fault
        })
        .collect();
    faults.sort_by_key(|fault| fault.line);
    Err(faults)
}

/// The CSV line that a row of the text, such as `holders[2]`, was made from.
fn line_of(row: &str, lists: &[(&str, Vec<(u64, Table)>)]) -> usize {
    let numbered = lists.iter().flat_map(|(list, rows)| {
        let rows = rows.iter().enumerate();
        rows.map(move |(nth, (line, _))| (format!("{list}[{nth}]"), *line))
    });
    let mut found = numbered.filter(|(name, _)| name == row);
    found.next().map_or(0, |(_, line)| at(line))
}

fn at(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

fn text(lists: &[(&str, Vec<(u64, Table)>)]) -> String {
    let mut text = HEADING.to_owned();
    for (list, _) in lists.iter().filter(|(_, rows)| rows.is_empty()) {
        let _ = writeln!(text, "{list} = []");
    }
    for (list, rows) in lists {
        for (_, row) in rows {
            let _ = write!(text, "\n[[{list}]]\n{row}");
        }
    }
    text
}

impl Row {
    /// The row as it stands in a people file, and in which list; what is wrong with it is added.
    fn table(&self, calendar: &Calendar, wrong: &mut Vec<String>) -> Option<(&'static str, Table)> {
        let mut table = Table::new();
        let kind = KINDS.iter().find(|(kind, _)| *kind == self.kind);
        let Some((_, list)) = kind else {
            wrong.push(self.of_no_kind());
            return None;
        };
        let needed = |name: &str, value: &str, wrong: &mut Vec<String>| {
            if value.is_empty() {
                wrong.push(format!(
                    "`{name}` is empty; a row of `{}` needs it",
                    self.kind
                ));
            }
        };
        needed("worker", &self.worker, wrong);
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                table.insert(key.to_owned(), Value::String(value.to_owned()));
            }
        };
        match self.kind.as_str() {
            "holder" => {
                needed("role", &self.role, wrong);
                put("worker", &self.worker);
                put("role", &self.role);
            }
            "away" => {
                put("worker", &self.worker);
                put("deputy", &self.other);
            }
            "manages" => {
                needed("other", &self.other, wrong);
                put("manager", &self.worker);
                put("worker", &self.other);
            }
            "interest" => {
                put("worker", &self.worker);
                put("with", &self.other);
                put("service", &self.service);
            }
            "address" => {
                needed("other", &self.other, wrong);
                put("worker", &self.worker);
                put("to", &self.other);
            }
            _ => {
                needed("service", &self.service, wrong);
                put("service", &self.service);
                match self.role.as_str() {
                    "head_of_service" => put("head", &self.worker),
                    role @ ("operational_manager" | "service_manager") => put(role, &self.worker),
                    other => wrong.push(format!(
                        "`role` is `{other}`; a service has an operational_manager, a service_manager and a \
                         head_of_service"
                    )),
                }
            }
        }
        self.role_known(wrong);
        for (key, text, ends) in [("from", &self.from, false), ("until", &self.until, true)] {
            match instant(text, ends, calendar) {
                Ok(instant) => put(key, &instant),
                Err(why) => wrong.push(format!("`{key}` {why}")),
            }
        }
        Some((list, table))
    }

    fn of_no_kind(&self) -> String {
        let near = nearest(&self.kind, KINDS.iter().map(|(kind, _)| *kind));
        let help = near.map_or_else(
            || "known are: holder, away, service, manages, interest, address".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        format!("`kind` is `{}`; {help}", self.kind)
    }

    fn role_known(&self, wrong: &mut Vec<String>) {
        let role = Value::String(self.role.clone());
        if self.kind == "holder" && !self.role.is_empty() && role.try_into::<Role>().is_err() {
            wrong.push(format!("`role` is `{}`, which is no role", self.role));
        }
    }
}

/// A day, or an instant, as an instant; nothing if nothing is given.
fn instant(text: &str, ends: bool, calendar: &Calendar) -> Result<String, String> {
    if text.is_empty() || text.parse::<jiff::Timestamp>().is_ok() {
        return Ok(text.to_owned());
    }
    let wanted =
        format!("is `{text}`; write a day as 2026-11-23 or an instant as 2026-11-23T09:00:00Z");
    let day: Date = text.parse().map_err(|_| wanted.clone())?;
    let day = if ends {
        day.tomorrow().map_err(|_| wanted)?
    } else {
        day
    };
    Ok(calendar.at_local(day, Time::midnight()).to_string())
}
