//! Under which terms is judged here? Policy, people and calendar, from the council's files or the built-in ones.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use toml::{Table, Value};

use super::Fault;
use super::{Settings, read_or};
use crate::practice::calendar::{Calendar, Closure};
use crate::practice::ids::Digest;
use crate::practice::terms::{Ladders, Policy, Terms};
use crate::sampling::SamplingPolicy;
use crate::shape::{self, Lines};

const POLICY: &str = include_str!("../../config/policy.toml");
/// What the built-in policy has no example of, and its closed lists of words.
const POLICY_EXAMPLES: &str = r#"
hidden_clock = "run|freeze"
completion_event = "s2|s4"
outage_clock = "stop|run"
reason_codes = [""]
"#;
/// The rung that each ladder has an example of.
const RUNG: &str = r#"
"!" = ["working_days", "tell"]
working_days = 1
tell = ["practitioner|practice_reviewer|supervisor|service_manager|qa_manager|head_of_service|operational_manager|cslt"]
flag = true
"#;
const CLOSURES: &str = r#"
[[closures]]
"!" = ["from", "until"]
from = "2026-12-28"
until = "2026-12-28"
"#;
const BANK_HOLIDAYS: &str = include_str!("../../config/bank-holidays.json");

impl Settings {
    /// Reads policy, people and calendar. `activation` is used if the settings name none.
    ///
    /// # Errors
    /// Every fault of every file at once.
    pub fn terms(&self, activation: Timestamp) -> Result<Terms, Vec<Fault>> {
        let (policy, people, calendar) = (self.policy(), self.people(), self.calendar());
        match (policy, people, calendar) {
            (Ok(policy), Ok(people), Ok(calendar)) => Ok(Terms {
                digest: Digest::of_json(&policy),
                policy,
                calendar,
                people,
                activation: self.activation.unwrap_or(activation),
                read: BTreeMap::new(),
                mode: self.finish.mode,
            }),
            (policy, people, calendar) => {
                let faults = [policy.err(), people.err(), calendar.err()];
                Err(faults.into_iter().flatten().flatten().collect())
            }
        }
    }

    /// The policy file's text, which a sample's freeze hashes whole.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn policy_text(&self) -> Result<String, Fault> {
        read_or(self.files.policy.as_ref(), POLICY)
    }

    fn policy(&self) -> Result<Policy, Vec<Fault>> {
        let file = shown(self.files.policy.as_ref(), "config/policy.toml");
        let text = self.policy_text().map_err(|fault| vec![fault])?;
        let mut examples = format!(
            "{POLICY_EXAMPLES}[[ladder]]{RUNG}{}",
            super::rules::manual()
        );
        for name in Table::try_from(Ladders::default()).iter().flatten() {
            let _ = write!(examples, "[[ladders.{}]]{RUNG}", name.0);
        }
        let mut read = File::read(&file, &text, POLICY, &examples);
        read.moved_keys();
        read.head_and_ladders();
        let sampling = read.table.remove("sampling");
        read.sampling(sampling);
        read.rules();
        let mut whole = Table::try_from(Policy::default())
            .map_err(|fault| vec![Fault::whole(&file, fault.to_string())])?;
        for (key, value) in std::mem::take(&mut read.table) {
            let before = whole.insert(key.clone(), value);
            if let Err(fault) = whole.clone().try_into::<Policy>() {
                read.fault(&key, format!("`{key}`: {}", fault.message()));
                if let Some(before) = before {
                    whole.insert(key, before);
                }
            }
        }
        read.or_faults(|| {
            let policy = whole.try_into();
            policy.map_err(|fault: toml::de::Error| fault.to_string())
        })
    }

    fn calendar(&self) -> Result<Calendar, Vec<Fault>> {
        let files = &self.files;
        let file = shown(files.closures.as_ref(), "closures");
        let text = read_or(files.closures.as_ref(), "").map_err(|fault| vec![fault])?;
        let mut read = File::read(&file, &text, "", CLOSURES);
        let mut closures = Vec::new();
        for (index, row) in read.rows("closures").into_iter().enumerate() {
            let at = |key: &str| format!("closures[{index}].{key}");
            for key in ["from", "until"] {
                read.parsed::<Date>(&row, key, &at(key), "a day such as 2026-12-28");
            }
            closures.extend(row.try_into::<Closure>());
        }
        let feed = read_or(files.bank_holidays.as_ref(), BANK_HOLIDAYS);
        let calendar = feed.and_then(|feed| {
            Calendar::new(&feed, &files.division, &closures).map_err(|fault| {
                let file = shown(files.bank_holidays.as_ref(), "config/bank-holidays.json");
                Fault::whole(&file, fault.to_string())
            })
        });
        match calendar {
            Ok(calendar) => read.or_faults(|| Ok(calendar)),
            Err(fault) => {
                read.faults.push(fault);
                Err(read.faults)
            }
        }
    }

    /// Everything wrong with the files that the settings name.
    pub(super) fn check_files(&self) -> Vec<Fault> {
        let mut faults = self.terms(Timestamp::UNIX_EPOCH).err().unwrap_or_default();
        if let Some(folder) = super::ledger_place::folder(&self.ledger.url)
            && !folder.is_dir()
        {
            let why = format!("the ledger's folder `{}` does not exist", folder.display());
            let help =
                "correct the path, mount the volume, or make the folder if this is the first start";
            faults.push(self.fault("ledger.url", why).help(help));
        }
        faults.extend(self.people_contradictions());
        if let Some(path) = &self.source.mapping
            && let Err(fault) = super::read(path)
        {
            faults.push(fault);
        }
        faults
    }
}

pub(super) fn shown(path: Option<&std::path::PathBuf>, built_in: &str) -> String {
    path.map_or_else(|| built_in.to_owned(), |path| path.display().to_string())
}

/// One of these files, compared with its manual: what it says, and what is wrong with it so far.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) table: Table,
    pub(super) lines: Lines,
    pub(super) faults: Vec<Fault>,
}

impl<'a> File<'a> {
    pub(super) fn read(name: &'a str, text: &str, manual: &str, examples: &str) -> Self {
        let shaped = shape::compare(text, &shape::manual(manual, examples));
        Self {
            name,
            table: shaped.table,
            lines: shaped.lines,
            faults: Fault::of_flaws(name, shaped.flaws),
        }
    }

    pub(super) fn fault(&mut self, at: &str, message: impl Into<String>) {
        let line = self.lines.of(at);
        self.faults.push(Fault::at(self.name, line, message));
    }

    pub(super) fn or_faults<T>(
        mut self,
        whole: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() {
            match whole() {
                Ok(made) => return Ok(made),
                Err(why) => self.fault("", why),
            }
        }
        self.faults.sort_by_key(|fault| fault.line);
        Err(self.faults)
    }

    fn rows(&mut self, key: &str) -> Vec<Table> {
        let rows = match self.table.remove(key) {
            Some(Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        let tables = rows.into_iter().filter_map(|row| match row {
            Value::Table(row) => Some(row),
            _ => None,
        });
        tables.collect()
    }

    /// Rows that hold from an instant until another.
    pub(super) fn dated<T: serde::de::DeserializeOwned>(&mut self, list: &str) -> Vec<T> {
        let mut found = Vec::new();
        for (index, row) in self.rows(list).into_iter().enumerate() {
            for key in ["from", "until"] {
                let wanted = "an instant such as 2026-09-01T00:00:00Z";
                self.parsed::<Timestamp>(&row, key, &format!("{list}[{index}].{key}"), wanted);
            }
            found.extend(row.try_into::<T>());
        }
        found
    }

    /// A text of a row must be readable as what it stands for.
    fn parsed<T: std::str::FromStr>(&mut self, row: &Table, key: &str, at: &str, wanted: &str) {
        if let Some(text) = row.get(key).and_then(Value::as_str)
            && text.parse::<T>().is_err()
        {
            self.fault(at, format!("`{text}` is not {wanted}"));
        }
    }

    /// Each number is tried alone, so that every one which is out of bounds is told.
    fn sampling(&mut self, table: Option<Value>) {
        let Some(Value::Table(table)) = table else {
            return;
        };
        self.sampling_bounds(&table);
        for (key, value) in table {
            // Its bound is said already.
            if value.as_integer().is_some_and(|number| number < 0) {
                continue;
            }
            let text = format!("[sampling]\n{key} = {value}\n");
            if let Err(fault) = SamplingPolicy::from_policy_file(text.as_bytes()) {
                let said = fault.to_string();
                let said = said.lines().last().unwrap_or_default();
                self.fault(
                    &format!("sampling.{key}"),
                    format!("`sampling.{key}`: {said}"),
                );
            }
        }
    }
}
