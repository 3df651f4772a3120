//! Under which terms is judged here? Policy, people and calendar, from the council's files or the built-in ones.

use jiff::Timestamp;
use serde::Deserialize;

use super::fault::{SettingsFault, line_of, unknown_key};
use super::{Settings, read_or};
use crate::practice::calendar::{Calendar, Closure};
use crate::practice::ids::Digest;
use crate::practice::terms::{People, Policy, Terms};
use crate::sampling::SamplingPolicy;

const POLICY: &str = include_str!("../../config/policy.toml");
const PEOPLE: &str = include_str!("../../config/people.toml");
const BANK_HOLIDAYS: &str = include_str!("../../config/bank-holidays.json");

impl Settings {
    /// Reads policy, people and calendar. `activation` is used if the settings name none.
    ///
    /// # Errors
    /// Every fault of every file at once.
    pub fn terms(&self, activation: Timestamp) -> Result<Terms, Vec<SettingsFault>> {
        let (policy, people, calendar) = (self.policy(), self.people(), self.calendar());
        match (policy, people, calendar) {
            (Ok(policy), Ok(people), Ok(calendar)) => Ok(Terms {
                digest: Digest::of_json(&policy),
                policy,
                calendar,
                people,
                activation: self.activation.unwrap_or(activation),
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
    pub fn policy_text(&self) -> Result<String, SettingsFault> {
        read_or(self.files.policy.as_ref(), POLICY)
    }

    fn policy(&self) -> Result<Policy, Vec<SettingsFault>> {
        let file = shown(self.files.policy.as_ref(), "config/policy.toml");
        let text = self.policy_text().map_err(|fault| vec![fault])?;
        let given: toml::Table = parse(&file, &text)?;
        let mut whole = toml::Table::try_from(Policy::default())
            .map_err(|fault| vec![SettingsFault::whole(&file, fault.to_string())])?;
        let known: Vec<String> = whole.keys().cloned().collect();
        let mut faults = Vec::new();
        for (key, value) in given {
            if key == "sampling" {
                continue;
            }
            if !whole.contains_key(&key) {
                let line = line_of_key(&text, &key);
                let names = known.iter().map(String::as_str).chain(["sampling"]);
                faults.push(unknown_key(&file, line, &key, names));
                continue;
            }
            let before = whole.insert(key.clone(), value);
            if let Err(fault) = whole.clone().try_into::<Policy>() {
                let said = format!("`{key}`: {}", fault.message());
                faults.push(SettingsFault::at(&file, line_of_key(&text, &key), said));
                if let Some(before) = before {
                    whole.insert(key, before);
                }
            }
        }
        if let Err(fault) = SamplingPolicy::from_policy_file(text.as_bytes()) {
            let line = line_of_key(&text, "[sampling]");
            faults.push(SettingsFault::at(&file, line, fault.to_string()));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        whole
            .try_into()
            .map_err(|fault| vec![SettingsFault::whole(&file, fault.to_string())])
    }

    fn people(&self) -> Result<People, Vec<SettingsFault>> {
        let file = shown(self.files.people.as_ref(), "config/people.toml");
        let text = read_or(self.files.people.as_ref(), PEOPLE).map_err(|fault| vec![fault])?;
        parse(&file, &text)
    }

    fn calendar(&self) -> Result<Calendar, Vec<SettingsFault>> {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Closures {
            #[serde(default)]
            closures: Vec<Closure>,
        }
        let files = &self.files;
        let file = shown(files.closures.as_ref(), "closures");
        let text = read_or(files.closures.as_ref(), "").map_err(|fault| vec![fault])?;
        let closed: Closures = parse(&file, &text)?;
        let feed =
            read_or(files.bank_holidays.as_ref(), BANK_HOLIDAYS).map_err(|fault| vec![fault])?;
        Calendar::new(&feed, &files.division, &closed.closures).map_err(|fault| {
            let file = shown(files.bank_holidays.as_ref(), "config/bank-holidays.json");
            vec![SettingsFault::whole(&file, fault.to_string())]
        })
    }

    /// Everything wrong with the files that the settings name.
    pub(super) fn check_files(&self) -> Vec<SettingsFault> {
        let mut faults = self.terms(Timestamp::UNIX_EPOCH).err().unwrap_or_default();
        if let Some(path) = &self.source.mapping
            && let Err(fault) = super::read(path)
        {
            faults.push(fault);
        }
        faults
    }
}

fn shown(path: Option<&std::path::PathBuf>, built_in: &str) -> String {
    path.map_or_else(|| built_in.to_owned(), |path| path.display().to_string())
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<SettingsFault>> {
    toml::from_str(text).map_err(|fault| {
        let line = fault.span().map_or(0, |span| line_of(text, span.start));
        vec![SettingsFault::at(file, line, fault.message())]
    })
}

/// The line on which a key of the top level, or its table, begins; 0 if it cannot be found.
fn line_of_key(text: &str, key: &str) -> usize {
    text.lines()
        .position(|line| {
            line.trim_start_matches('[')
                .starts_with(key.trim_start_matches('['))
        })
        .map_or(0, |index| index + 1)
}
