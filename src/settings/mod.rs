//! How is this deployment set? The manual (`config/default.toml`), a council's file, and the environment,
//! in that order; every fault is reported at once, with file, line and the nearest known key.
//!
//! Absent on purpose: values of secrets (see [`Secrets`]) and any default that the manual does not show.

mod bounds;
mod fault;
mod keys;
mod secrets;
mod shape;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

pub use fault::SettingsFault;
pub use keys::{
    BeatSettings, CallerSettings, ClockSettings, FileSettings, FinishSettings, LedgerSettings,
    LogFormat, LogSettings, SourceSettings, WebSettings,
};
pub use secrets::{CallerSecret, Secrets};

use fault::unknown_key;
use shape::Lines;

/// The manual: every key, its default and a sentence about it.
pub const MANUAL: &str = include_str!("../../config/default.toml");

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
}

impl Settings {
    /// Reads the manual, then `path`, then the variables of `environment` that begin with `GREENTICK__`.
    ///
    /// # Errors
    /// Every fault of file and environment at once.
    pub fn load(
        path: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, Vec<SettingsFault>> {
        let name = path.map_or("settings".to_owned(), |path| path.display().to_string());
        let text = match path {
            Some(path) => read(path).map_err(|fault| vec![fault])?,
            None => String::new(),
        };
        let (lines, mut faults) = shape::compare(&name, &text, MANUAL);
        faults.extend(unknown_variables(environment));
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut settings = layer(&name, &text, &lines, environment).map_err(|fault| vec![fault])?;
        let faults = settings.ranges(&name, &lines);
        if !faults.is_empty() {
            return Err(faults);
        }
        settings.root_paths(path.and_then(Path::parent));
        Ok(settings)
    }

    /// Whether a case system is set.
    pub fn has_source(&self) -> bool {
        self.source.mapping.is_some()
    }

    /// Relative paths start at the settings file's folder.
    fn root_paths(&mut self, folder: Option<&Path>) {
        let Some(folder) = folder else { return };
        let (source, web, files) = (&mut self.source, &mut self.web, &mut self.files);
        let named = [
            &mut source.mapping,
            &mut source.secret_file,
            &mut source.child_key_file,
            &mut web.finish_check_secret_file,
            &mut web.callback_secret_file,
            &mut files.policy,
            &mut files.people,
            &mut files.bank_holidays,
            &mut files.closures,
        ];
        let tokens = web.callers.iter_mut().map(|caller| &mut caller.token_file);
        for path in named.into_iter().chain(tokens).flatten() {
            *path = folder.join(&*path);
        }
    }
}

/// Everything wrong with a settings file and the files it names, mapping included.
pub fn check(path: Option<&Path>, environment: &Environment) -> Vec<SettingsFault> {
    match Settings::load(path, environment) {
        Ok(settings) => settings.check_files(),
        Err(faults) => faults,
    }
}

fn layer(
    file: &str,
    text: &str,
    lines: &Lines,
    environment: &Environment,
) -> Result<Settings, SettingsFault> {
    let toml = |text: &str| config::File::from_str(text, config::FileFormat::Toml);
    let variables = config::Environment::with_prefix("GREENTICK")
        .prefix_separator("__")
        .separator("__")
        .ignore_empty(true)
        .source(Some(environment.clone().into_iter().collect()));
    config::Config::builder()
        .add_source(toml(MANUAL))
        .add_source(toml(text))
        .add_source(variables)
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|fault| {
            let said = fault.to_string();
            let line = lines
                .iter()
                .find(|(key, _)| said.contains(key.as_str()) && key.contains('.'));
            SettingsFault::at(file, line.map_or(0, |(_, line)| *line), said)
        })
}

fn unknown_variables(environment: &Environment) -> Vec<SettingsFault> {
    let (known, _) = shape::compare("manual", MANUAL, MANUAL);
    let variables = environment
        .keys()
        .filter_map(|name| Some((name, name.strip_prefix("GREENTICK__")?)));
    variables
        .filter_map(|(name, rest)| {
            let key = rest.to_lowercase().replace("__", ".");
            let names = known
                .keys()
                .map(|key| key.rsplit('.').next().unwrap_or(key));
            (!known.contains_key(&key)).then(|| {
                let mut fault = unknown_key("environment", 0, &key, names);
                fault.message = format!("variable `{name}` sets an unknown key `{key}`");
                fault
            })
        })
        .collect()
}

fn read(path: &Path) -> Result<String, SettingsFault> {
    std::fs::read_to_string(path).map_err(|fault| {
        SettingsFault::whole(
            &path.display().to_string(),
            format!("cannot be read: {fault}"),
        )
    })
}

/// A file, or what is built in.
fn read_or(path: Option<&PathBuf>, built_in: &str) -> Result<String, SettingsFault> {
    path.map_or_else(|| Ok(built_in.to_owned()), |path| read(path))
}
