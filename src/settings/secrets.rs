//! Where are the secrets? In variables or files that the settings name; read once, never shown.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Environment, Settings, SettingsFault};
use crate::practice::ids::WorkerId;

/// The values of all secrets; `Debug` shows none of them.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The case system's key, or `user:password`.
    pub source: Option<SecretString>,
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
    pub fn secrets(&self, environment: &Environment) -> Result<Secrets, Vec<SettingsFault>> {
        let mut desk = Desk {
            environment,
            faults: Vec::new(),
        };
        let (source, web) = (&self.source, &self.web);
        let secrets = Secrets {
            source: desk.fetch(source.secret_env.as_deref(), source.secret_file.as_ref()),
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
            Ok(secrets)
        } else {
            Err(desk.faults)
        }
    }
}

struct Desk<'a> {
    environment: &'a Environment,
    faults: Vec<SettingsFault>,
}

impl Desk<'_> {
    fn fetch(&mut self, variable: Option<&str>, file: Option<&PathBuf>) -> Option<SecretString> {
        let value = match (variable, file) {
            (Some(name), _) => self.environment.get(name).cloned().ok_or_else(|| {
                SettingsFault::whole("environment", format!("variable `{name}` is not set"))
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
                Err(SettingsFault::whole(&shown, "holds an empty secret"))
            }
            text => Ok(SecretString::from(text)),
        });
        value.map_err(|fault| self.faults.push(fault)).ok()
    }
}

/// A secret that everybody on the machine may read is none: the last three bits of the mode must be clear.
fn private(path: &Path) -> Result<(), SettingsFault> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display().to_string();
    let mode = std::fs::metadata(path)
        .map_err(|fault| SettingsFault::whole(&shown, format!("cannot be read: {fault}")))?
        .permissions()
        .mode();
    if mode.trailing_zeros() >= 3 {
        return Ok(());
    }
    Err(
        SettingsFault::whole(&shown, "everybody on this machine may read this secret")
            .help(format!("chmod 600 {shown}")),
    )
}
