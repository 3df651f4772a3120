//! Which files does `run` need beside the synthetic council? Settings, mapping, people, policy, allocations, secrets.
//!
//! Secrets are made once and kept, each in a file that only its owner may read.

use std::fmt::Write;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::Failure;
use crate::clock::{Anchor, Clock};
use crate::simulator::{Dialect, Plan};

/// The council's name in Greentick's ledger and callbacks.
pub(super) const SOURCE: &str = "synthetic-council";

/// What Greentick ships for a dialect of the council; the demo plays each of them to the same end.
#[derive(Clone, Copy)]
pub(super) struct Kit {
    /// The file of its mapping, and what it says.
    pub(super) file: &'static str,
    text: &'static str,
    /// What `[source]` says besides the environment.
    source: &'static str,
}

/// The kit of a dialect.
pub(super) fn kit(dialect: Dialect) -> Kit {
    let of = |file, text| Kit {
        file,
        text,
        source: "",
    };
    match dialect {
        Dialect::Xml => of(
            "mosaic-like-xml.toml",
            include_str!("../../mappings/mosaic-like-xml.toml"),
        ),
        Dialect::Soap => of(
            "mosaic-like-soap.toml",
            include_str!("../../mappings/mosaic-like-soap.toml"),
        ),
        Dialect::Json => Kit {
            file: "rest-json-cursor.toml",
            text: include_str!("../../mappings/rest-json-cursor.toml"),
            source: "\n[source.secrets]\nsubscription = { file = \"secrets/subscription-key\" }\n",
        },
        Dialect::Eav => of(
            "eav-json.toml",
            include_str!("../../mappings/eav-json.toml"),
        ),
        Dialect::Batch => of(
            "batch-json.toml",
            include_str!("../../mappings/batch-json.toml"),
        ),
    }
}

/// What the settings file says.
pub(super) struct Starter<'a> {
    pub(super) state: &'a Path,
    pub(super) council: SocketAddr,
    pub(super) greentick: &'a str,
    pub(super) key: &'a SecretString,
    pub(super) finish_secret_env: Option<&'a str>,
    pub(super) callback_secret_env: Option<&'a str>,
    pub(super) key_env: Option<&'a str>,
    /// The scaled clock that both read; none if the daemon is handed its clock.
    pub(super) anchor: Option<Anchor>,
    pub(super) start: Date,
    /// How the daemon speaks with the council.
    pub(super) dialect: Dialect,
}

/// The clock of a state folder: as it was first set, so that a council that was killed and every daemon beside it
/// agree on the shown time for ever. Fails if it was set to another speed.
pub(super) fn anchor(state: &Path, start: Date, factor: u32) -> Result<Anchor, Failure> {
    let path = state.join("clock.json");
    if let Ok(kept) = std::fs::read_to_string(&path) {
        let kept: serde_json::Value = serde_json::from_str(&kept)?;
        let instant = |name: &str| kept.get(name).and_then(|v| v.as_str()?.parse().ok());
        let same = kept.get("factor").and_then(serde_json::Value::as_u64) == Some(factor.into());
        return match (instant("real"), instant("shown")) {
            (Some(real), Some(shown)) if same => Ok(Anchor {
                real,
                shown,
                factor,
            }),
            _ => Err(Failure::No(format!(
                "`{}` was begun with another clock; give the same `--factor`, or another `--state`",
                state.display()
            ))),
        };
    }
    let morning = start.at(7, 0, 0, 0).to_zoned_datetime(TimeZone::UTC)?;
    let shown = morning.timestamp();
    let anchor = Anchor {
        real: Clock::System.now(),
        shown,
        factor,
    };
    let text = json!({ "real": anchor.real, "shown": anchor.shown, "factor": factor });
    std::fs::write(&path, text.to_string())?;
    Ok(anchor)
}

/// A secret: from the variable if one is named, else from the state folder, made if it is not there yet.
pub(super) fn secret(
    state: &Path,
    name: &str,
    variable: Option<&str>,
) -> Result<SecretString, Failure> {
    if let Some(variable) = variable {
        return std::env::var(variable)
            .map(SecretString::from)
            .map_err(|_| Failure::No(format!("variable `{variable}` is not set")));
    }
    let folder = state.join("secrets");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if !path.exists() {
        let mut bytes = [0_u8; 24];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
            .map_err(|_| Failure::CannotTell("the machine has no randomness left".to_owned()))?;
        // Standard Webhooks has its secrets begin so; what follows is base64, which hex of this length is too.
        let mut text = match name {
            "callback" => "whsec_".to_owned(),
            _ => String::new(),
        };
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        private(&path, &text)?;
    }
    Ok(SecretString::from(std::fs::read_to_string(&path)?.trim()))
}

fn private(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(())
}

/// The `[clock]` of a daemon that agrees with the council on the time.
pub(super) fn clock_section(anchor: Anchor) -> String {
    format!(
        "[clock]\nreal = \"{}\"\nshown = \"{}\"\nfactor = {}\n",
        anchor.real, anchor.shown, anchor.factor
    )
}

/// Beats are in shown time: a poll a real second, and the rest in its measure.
fn beat_section(anchor: Anchor) -> String {
    let second = u64::from(anchor.factor);
    let beats = [
        ("poll_seconds", second.max(5)),
        ("sweep_seconds", (second * 20).max(60)),
        ("tick_seconds", second.max(5)),
        ("dispatch_seconds", (second / 2).max(2)),
        ("overlap_seconds", (second * 2).max(300)),
        ("lease_seconds", (second * 60).max(120)),
    ];
    let mut section = "[beat]\n".to_owned();
    for (name, span) in beats {
        // Writing to a String cannot fail.
        let _ = writeln!(section, "{name} = {span}");
    }
    section
}

impl Starter<'_> {
    /// Writes every file into the state folder; gives the path of the settings.
    pub(super) fn write(&self, plans: &[Plan]) -> Result<PathBuf, Failure> {
        let put = |name: &str, text: &str| std::fs::write(self.state.join(name), text);
        let kit = kit(self.dialect);
        put(kit.file, kit.text)?;
        let heading = Plan::ALLOCATION_HEADING.to_owned();
        let rows = plans.iter().map(Plan::allocation_row);
        let lines: Vec<String> = std::iter::once(heading).chain(rows).collect();
        put("allocation.csv", &(lines.join("\n") + "\n"))?;
        put("people.toml", PEOPLE)?;
        put("policy.toml", &self.policy())?;
        if self.key_env.is_none() {
            private(
                &self.state.join("secrets/council-key"),
                self.key.expose_secret(),
            )?;
        }
        let settings = self.settings(&kit)?;
        put("greentick.toml", &settings)?;
        Ok(self.state.join("greentick.toml"))
    }

    fn policy(&self) -> String {
        // Time jumps or races here, so that hours between two reads are no outage.
        let mut policy = "# Everything else is as built in.\noutage_clock = \"run\"\n".to_owned();
        if let Some(anchor) = self.anchor {
            // A permit has to live long enough, in real time, for the council to use it.
            let minutes = (u64::from(anchor.factor) * 5 / 60).clamp(15, 10_080);
            // Writing to a String cannot fail.
            let _ = writeln!(policy, "permit_minutes = {minutes}");
        }
        policy + "\n[sampling]\nsample_size = 10\n"
    }

    fn settings(&self, kit: &Kit) -> Result<String, Failure> {
        let ledger = std::path::absolute(self.state.join("greentick.sqlite3"))?;
        let address = self.greentick.strip_prefix("http://");
        let bind = address
            .map(|rest| rest.trim_end_matches('/').to_owned())
            .filter(|rest| rest.parse::<SocketAddr>().is_ok())
            .unwrap_or_else(|| "127.0.0.1:8480".to_owned());
        let whence = |key: &str, variable: Option<&str>, name: &str| match variable {
            Some(variable) => format!("{key}_env = \"{variable}\""),
            None => format!("{key}_file = \"secrets/{name}\""),
        };
        Ok(format!(
            "# Settings of a daemon beside the synthetic council in this folder; written anew at each start.\n\
             activation = \"{}T00:00:00Z\"\n\n\
             [ledger]\nurl = \"sqlite:{}\"\n\n\
             [source]\nname = \"{SOURCE}\"\nmapping = \"{}\"\n\
             base_url = \"http://{}\"\n{}\nchild_key_file = \"secrets/child-key\"\n\
             environment = \"synthetic\"\n{}\n\
             [finish]\nmode = \"callout\"\n\n\
             [web]\nbind = \"{bind}\"\n{}\n{}\n\n\
             [[web.callers]]\ntoken_file = \"secrets/head-token\"\nworker = \"W-HEAD\"\nmay = [\"decide\", \"read\"]\n\n\
             [[web.callers]]\ntoken_file = \"secrets/qa-token\"\nworker = \"W-QA\"\nmay = [\"decide\", \"read\"]\n\n\
             [files]\npeople = \"people.toml\"\npolicy = \"policy.toml\"\n\n{}\
             [log]\nformat = \"text\"\n",
            self.start,
            ledger.display(),
            kit.file,
            self.council,
            whence("secret", self.key_env, "council-key"),
            kit.source,
            whence(
                "finish_check_secret",
                self.finish_secret_env,
                "finish-check"
            ),
            whence("callback_secret", self.callback_secret_env, "callback"),
            self.anchor.map_or_else(String::new, |anchor| {
                beat_section(anchor) + "\n" + &clock_section(anchor) + "\n"
            }),
        ))
    }
}

const PEOPLE: &str = "# Who holds which council-wide role in the synthetic council.\n\
    [[holders]]\nworker = \"W-HEAD\"\nrole = \"head_of_service\"\n\n\
    [[holders]]\nworker = \"W-QA\"\nrole = \"qa_manager\"\n\n\
    [[holders]]\nworker = \"W-CSLT-1\"\nrole = \"cslt\"\n\n\
    [[holders]]\nworker = \"W-CSLT-2\"\nrole = \"cslt\"\n\n\
    [[holders]]\nworker = \"W-CSLT-3\"\nrole = \"cslt\"\n";
