//! What does a demo begin with, and leave behind? A folder with the settings that `run` would read.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use crate::settings::Environment;

/// The settings file's name in the folder.
pub(super) const SETTINGS: &str = "greentick.toml";
/// The council's name in the ledger.
pub(super) const SOURCE: &str = "synthetic-council";
/// Stands in the folder of a demo that came to its end.
pub(super) const SUMMARY: &str = "summary.json";

const MAPPING: &str = include_str!("../../../mappings/mosaic-like-xml.toml");
const PEOPLE: &str = r#"[[holders]]
worker = "W-HEAD"
role = "head_of_service"

[[holders]]
worker = "W-QA"
role = "qa_manager"
"#;

/// What a demo makes and a new one removes; nothing else in the folder is touched.
const MADE: [&str; 17] = [
    "ledger.sqlite3",
    "ledger.sqlite3-wal",
    "ledger.sqlite3-shm",
    "council.jsonl",
    "journal.jsonl",
    "allocation.csv",
    "child-key",
    "people.toml",
    "mosaic-like-xml.toml",
    "frame.csv",
    "exclusions.json",
    "policy.toml",
    "freeze.json",
    "certificate.json",
    "sample.csv",
    "sample.json",
    SETTINGS,
];

/// Makes the folder ready. True if a demo was stopped midway there and goes on.
pub(super) fn prepare(dir: &Path) -> Result<bool, Failure> {
    std::fs::create_dir_all(dir)?;
    let begun = dir.join("ledger.sqlite3").exists() && dir.join("child-key").exists();
    if begun && !dir.join(SUMMARY).exists() {
        return Ok(true);
    }
    // The summary goes last: as long as it stands, what is here is an ended demo.
    for name in MADE.into_iter().chain([SUMMARY]) {
        match std::fs::remove_file(dir.join(name)) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => return Err(fault.into()),
            _ => {}
        }
    }
    let mut key = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(dir.join("child-key"))?;
    key.write_all(word()?.as_bytes())?;
    Ok(false)
}

/// Writes the settings that the demo's daemon runs with.
pub(super) fn write_settings(dir: &Path, council: &str) -> Result<(), Failure> {
    let settings = format!(
        r#"# The settings of a demo's daemon. Its secrets are made anew at each start and stand nowhere.
activation = "2026-09-01T00:00:00Z"

[ledger]
url = "sqlite:{}"

[source]
name = "{SOURCE}"
mapping = "mosaic-like-xml.toml"
base_url = "{council}"
secret_env = "COUNCIL_KEY"
child_key_file = "child-key"

[finish]
mode = "callout"

[files]
people = "people.toml"

[web]
finish_check_secret_env = "FINISH_SECRET"
callback_secret_env = "CALLBACK_SECRET"

[[web.callers]]
token_env = "HEAD_TOKEN"
worker = "W-HEAD"
may = ["decide"]
"#,
        dir.join("ledger.sqlite3").display()
    );
    std::fs::write(dir.join(SETTINGS), settings)?;
    std::fs::write(dir.join("mosaic-like-xml.toml"), MAPPING)?;
    std::fs::write(dir.join("people.toml"), PEOPLE)?;
    Ok(())
}

/// The secrets that council and daemon share, made anew for each start.
pub(super) struct Keys {
    pub(super) council: SecretString,
    pub(super) finish: SecretString,
    pub(super) callback: SecretString,
    pub(super) head: SecretString,
}

impl Keys {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self {
            council: word()?.into(),
            finish: word()?.into(),
            callback: word()?.into(),
            head: word()?.into(),
        })
    }

    /// The environment that the settings name; the process's own is not looked at.
    pub(super) fn environment(&self) -> Environment {
        let named = [
            ("COUNCIL_KEY", &self.council),
            ("FINISH_SECRET", &self.finish),
            ("CALLBACK_SECRET", &self.callback),
            ("HEAD_TOKEN", &self.head),
        ];
        named
            .into_iter()
            .map(|(name, secret)| (name.to_owned(), secret.expose_secret().to_owned()))
            .collect::<BTreeMap<_, _>>()
    }
}

/// Thirty-two hexadecimal digits that nobody can guess.
fn word() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::CannotTell("this machine gives no random numbers".to_owned()))?;
    let mut word = String::new();
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut word, format_args!("{byte:02x}"));
    }
    Ok(word)
}
