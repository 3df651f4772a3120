//! Where are the secrets? In variables or files that the settings name; read once, never shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::bounds::is_variable;
use super::{Environment, Fault, SecretPlace, Settings, SourceSettings};
use crate::practice::ids::WorkerId;

/// The values of all secrets; `Debug` shows none of them.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The case system's key, or `user:password`.
    pub source: Option<SecretString>,
    /// More of the case system's secrets, by name.
    pub more: BTreeMap<String, SecretString>,
    /// `user:password` of the proxy.
    pub proxy: Option<SecretString>,
    /// Our certificate and its key, PEM, one after the other.
    pub identity: Option<SecretString>,
    /// More certificate authorities, PEM.
    pub authorities: Vec<Vec<u8>>,
    /// Turns person ids into child keys.
    pub child_key: Option<SecretString>,
    /// Signs finish checks.
    pub finish_check: Option<SecretString>,
    /// Signs callbacks.
    pub callback: Option<SecretString>,
    /// Who may call.
    pub callers: Vec<CallerSecret>,
}

/// A caller and the token it shows.
#[derive(Clone, Debug)]
pub struct CallerSecret {
    /// The token.
    pub token: SecretString,
    /// The worker in whose name it acts.
    pub worker: WorkerId,
    /// Doors that open to it.
    pub may: Vec<String>,
}

impl Settings {
    /// Fetches every secret the settings name.
    ///
    /// # Errors
    /// Every variable that is not set and every file that cannot be read, by name; never a value.
    pub fn secrets(&self, environment: &Environment) -> Result<Secrets, Vec<Fault>> {
        let mut desk = Desk {
            environment,
            faults: Vec::new(),
        };
        let (source, web) = (&self.source, &self.web);
        let secrets = Secrets {
            source: desk.fetch(source.secret_env.as_deref(), source.secret_file.as_ref()),
            more: desk.more(&source.secrets),
            proxy: desk.fetch(
                source.proxy_secret_env.as_deref(),
                source.proxy_secret_file.as_ref(),
            ),
            identity: desk.identity(source),
            authorities: desk.authorities(&source.ca_files),
            child_key: desk.fetch(
                source.child_key_env.as_deref(),
                source.child_key_file.as_ref(),
            ),
            finish_check: desk.fetch(
                web.finish_check_secret_env.as_deref(),
                web.finish_check_secret_file.as_ref(),
            ),
            callback: desk.fetch(
                web.callback_secret_env.as_deref(),
                web.callback_secret_file.as_ref(),
            ),
            callers: web
                .callers
                .iter()
                .filter_map(|caller| {
                    let token = desk.fetch(caller.token_env.as_deref(), caller.token_file.as_ref());
                    Some(CallerSecret {
                        token: token?,
                        worker: caller.worker.clone(),
                        may: caller.may.clone(),
                    })
                })
                .collect(),
        };
        if desk.faults.is_empty() {
            return Ok(secrets);
        }
        // Two secrets may be named alike.
        let mut faults: Vec<Fault> = Vec::new();
        for fault in desk.faults {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        Err(faults)
    }
}

struct Desk<'a> {
    environment: &'a Environment,
    faults: Vec<Fault>,
}

impl Desk<'_> {
    fn more(&mut self, places: &BTreeMap<String, SecretPlace>) -> BTreeMap<String, SecretString> {
        let mut found = BTreeMap::new();
        for (name, place) in places {
            if place.env.is_none() && place.file.is_none() {
                let message = format!("`[source.secrets] {name}` needs `env` or `file`");
                self.faults.push(Fault::whole("settings", message));
            }
            let value = self.fetch(place.env.as_deref(), place.file.as_ref());
            found.extend(value.map(|value| (name.clone(), value)));
        }
        found
    }

    fn identity(&mut self, source: &SourceSettings) -> Option<SecretString> {
        let certificate = source.client_certificate_file.as_ref();
        let key = self.fetch(None, source.client_key_file.as_ref());
        let read = certificate.map(|path| super::read(path)).transpose();
        let certificate = read.map_err(|fault| self.faults.push(fault)).ok()?;
        match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let both = format!("{certificate}\n{}\n", key.expose_secret());
                Some(SecretString::from(both))
            }
            (None, None) => None,
            _ if self.faults.is_empty() => {
                let message = "`source.client_certificate_file` and `source.client_key_file` go together; only one is set";
                self.faults.push(Fault::whole("settings", message));
                None
            }
            _ => None,
        }
    }

    fn authorities(&mut self, files: &[PathBuf]) -> Vec<Vec<u8>> {
        let mut read = Vec::new();
        for path in files {
            match super::read(path) {
                Ok(text) => read.push(text.into_bytes()),
                Err(fault) => self.faults.push(fault),
            }
        }
        read
    }

    fn fetch(&mut self, variable: Option<&str>, file: Option<&PathBuf>) -> Option<SecretString> {
        let value = match (variable, file) {
            // Refused with the settings already, and not to be shown here either.
            (Some(name), _) if !is_variable(name) => return None,
            (Some(name), _) => self.environment.get(name).cloned().ok_or_else(|| {
                Fault::whole("environment", format!("variable `{name}` is not set"))
            }),
            (None, Some(path)) => super::read(path).and_then(|text| private(path).map(|()| text)),
            (None, None) => return None,
        };
        let value = value.and_then(|text| match text.trim() {
            "" => {
                let shown = variable.map_or_else(
                    || {
                        file.map(|path| path.display().to_string())
                            .unwrap_or_default()
                    },
                    str::to_owned,
                );
                Err(Fault::whole(&shown, "holds an empty secret"))
            }
            text => Ok(SecretString::from(text)),
        });
        value.map_err(|fault| self.faults.push(fault)).ok()
    }
}

/// A secret that everybody on the machine may read is none: the last three bits of the mode must be clear.
fn private(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display().to_string();
    let mode = std::fs::metadata(path)
        .map_err(|fault| Fault::whole(&shown, format!("cannot be read: {fault}")))?
        .permissions()
        .mode();
    if mode.trailing_zeros() >= 3 {
        return Ok(());
    }
    Err(
        Fault::whole(&shown, "everybody on this machine may read this secret")
            .help(format!("chmod 600 {shown}")),
    )
}
