//! How is this deployment set? The manual (`config/default.toml`), a council's file, and the environment,
//! in that order; every fault is reported at once, with file, line and the nearest known key.
//!
//! Absent on purpose: values of secrets (see [`Secrets`]) and any default that the manual does not show.

mod bounds;
mod contradictions;
mod keys;
mod layers;
mod ledger_place;
mod people;
mod people_csv;
mod policy_bounds;
mod rules;
mod secrets;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

pub use crate::shape::Fault;
pub use keys::{
    BeatSettings, CallerSettings, ClockSettings, FileSettings, FinishSettings, LedgerSettings,
    LogFormat, LogSettings, SecretPlace, SourceSettings, WebSettings,
};
pub use ledger_place::whole as whole_ledger_url;
pub use people_csv::from_csv as people_from_csv;
pub use secrets::{CallerSecret, Secrets};

use crate::shape::{self, Lines};

/// The manual: every key, its default and a sentence about it.
pub const MANUAL: &str = include_str!("../../config/default.toml");

/// What the manual has no example of: this site's numbers, the callers, and closed lists of words.
const EXAMPLES: &str = r#"
[source]
ca_files = [""]
[source.ids]
"*" = ""
[source.secrets."*"]
env = ""
file = ""
[finish]
mode = "callout|task|reverse|observe"
[log]
format = "json|text"
[[web.callers]]
"!" = ["worker", "may"]
token_env = ""
token_file = ""
worker = ""
may = ["decide|read|finish_check"]
"#;

/// Environment variables by name.
pub type Environment = BTreeMap<String, String>;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Nothing due before it is chased, UTC; none means the first start.
    #[serde(deserialize_with = "keys::instant")]
    pub activation: Option<Timestamp>,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// The case system.
    pub source: SourceSettings,
    /// How often what happens.
    pub beat: BeatSettings,
    /// How Finish is held.
    pub finish: FinishSettings,
    /// Our own listener.
    pub web: WebSettings,
    /// Files of the council.
    pub files: FileSettings,
    /// The clock, for trials.
    pub clock: ClockSettings,
    /// Log lines.
    pub log: LogSettings,
    /// The file they were read from, as it was named to us, and the line of each of its keys.
    #[serde(skip)]
    written: (String, Lines),
}

impl Settings {
    /// Reads the manual, then `path`, then the variables of `environment` that begin with `GREENTICK__`.
    ///
    /// # Errors
    /// Every fault of file and environment at once.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, Vec<Fault>> {
        let (settings, faults) = Self::read(path, environment);
        settings.filter(|_| faults.is_empty()).ok_or(faults)
    }

    /// What can be read, with the manual's word in place of a faulty one, and every fault.
    fn read(path: Option<&Path>, environment: &Environment) -> (Option<Self>, Vec<Fault>) {
        let name = path.map_or("settings".to_owned(), |path| path.display().to_string());
        let text = match path.map_or(Ok(String::new()), read) {
            Ok(text) => text,
            Err(fault) => return (None, vec![fault]),
        };
        let shaped = shape::compare(&text, &shape::manual(MANUAL, EXAMPLES));
        let mut faults = Fault::of_flaws(&name, shaped.flaws);
        let (known, unknown) = variables(environment);
        faults.extend(unknown);
        let (settings, more) = layers::lay(&name, shaped.table, &shaped.lines, known);
        faults.extend(more);
        let Some(mut settings) = settings else {
            return (None, faults);
        };
        faults.extend(settings.ranges(&name, &shaped.lines));
        faults.sort_by_key(|fault| (fault.file != name, fault.line));
        settings.root_paths(path.and_then(Path::parent));
        settings.written = (name, shaped.lines);
        (Some(settings), faults)
    }

    /// A fault of a key of these settings, on its line.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        let (file, lines) = &self.written;
        Fault::at(file, lines.of(key), message)
    }

    /// Whether a case system is set.
    pub fn has_source(&self) -> bool {
        self.source.mapping.is_some()
    }

    /// Relative paths start at the settings file's folder.
    fn root_paths(&mut self, folder: Option<&Path>) {
        let here = folder.unwrap_or(Path::new("."));
        self.ledger.url = whole_ledger_url(&self.ledger.url, here);
        let Some(folder) = folder else { return };
        let (source, web, files) = (&mut self.source, &mut self.web, &mut self.files);
        let named = [
            &mut source.mapping,
            &mut source.secret_file,
            &mut source.child_key_file,
            &mut source.proxy_secret_file,
            &mut source.client_certificate_file,
            &mut source.client_key_file,
            &mut web.finish_check_secret_file,
            &mut web.callback_secret_file,
            &mut files.policy,
            &mut files.people,
            &mut files.bank_holidays,
            &mut files.closures,
        ];
        for path in &mut source.ca_files {
            *path = folder.join(&*path);
        }
        let secrets = source.secrets.values_mut().map(|place| &mut place.file);
        let tokens = web.callers.iter_mut().map(|caller| &mut caller.token_file);
        for path in named.into_iter().chain(secrets).chain(tokens).flatten() {
            *path = folder.join(&*path);
        }
    }
}

/// Everything wrong with a settings file and the files it names, the mapping's content apart; and what could be
/// read of the settings in spite of it.
pub fn check(path: Option<&Path>, environment: &Environment) -> (Option<Settings>, Vec<Fault>) {
    let (settings, mut faults) = Settings::read(path, environment);
    faults.extend(settings.iter().flat_map(Settings::check_files));
    (settings, faults)
}

/// The variables that set a key, and a fault for each that sets an unknown one.
fn variables(environment: &Environment) -> (Environment, Vec<Fault>) {
    let manual = shape::compare(MANUAL, &shape::manual(MANUAL, "")).lines;
    let paths: Vec<&str> = manual.paths().collect();
    let mut known = Environment::new();
    let mut faults = Vec::new();
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix("GREENTICK__") else {
            continue;
        };
        let key = rest.to_lowercase().replace("__", ".");
        let site = key.starts_with("source.ids.") || key.starts_with("source.secrets.");
        if site || paths.contains(&key.as_str()) {
            known.insert(name.clone(), value.clone());
            continue;
        }
        let message = format!("variable `{name}` sets an unknown key `{key}`");
        let help = match shape::nearest(&key, paths.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "config/default.toml lists every key".to_owned(),
        };
        faults.push(Fault::whole("environment", message).help(help));
    }
    (known, faults)
}

fn read(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|fault| {
        Fault::whole(
            &path.display().to_string(),
            format!("cannot be read: {fault}"),
        )
    })
}

/// A file, or what is built in.
fn read_or(path: Option<&PathBuf>, built_in: &str) -> Result<String, Fault> {
    path.map_or_else(|| Ok(built_in.to_owned()), |path| read(path))
}
