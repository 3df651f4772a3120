//! Which values make no sense? Zero waits, halves of a pair, words that name nothing.

use super::{Fault, Settings};
use crate::shape::Lines;

impl Settings {
    /// Everything that is out of bounds or does not fit together.
    pub(super) fn ranges(&self, file: &str, lines: &Lines) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut refuse = |key: &str, message: String| {
            let line = lines.of(key);
            faults.push(Fault::at(file, line, message));
        };
        let beat = self.beat;
        self.all_positive(&mut refuse);
        if beat.overlap_seconds < 0 {
            refuse(
                "beat.overlap_seconds",
                "`beat.overlap_seconds` must not be negative".to_owned(),
            );
        }
        if beat.jitter_percent > 90 {
            refuse(
                "beat.jitter_percent",
                "`beat.jitter_percent` must be at most 90".to_owned(),
            );
        }
        if self.source.mapping.is_some() == self.source.base_url.is_empty() {
            let message = "`source.mapping` and `source.base_url` go together; only one is set";
            refuse("source", message.to_owned());
        }
        let address = self.source.base_url.as_str();
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| address.strip_prefix(scheme));
        if !address.is_empty() && host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
            let message = format!(
                "`{address}` is no address of a case system: it begins with `https://` or `http://`, as in \
                 `https://cases.example/api`"
            );
            refuse("source.base_url", message);
        }
        if self.source.name.is_empty() {
            refuse("source.name", "`source.name` must not be empty".to_owned());
        }
        if self.web.bind.parse::<std::net::SocketAddr>().is_err() {
            let message = format!(
                "`{}` is no address and port such as 127.0.0.1:8480",
                self.web.bind
            );
            refuse("web.bind", message);
        }
        if self.clock.real.is_some() != self.clock.shown.is_some() {
            refuse(
                "clock",
                "`clock.real` and `clock.shown` go together; only one is set".to_owned(),
            );
        }
        if self.log.level.parse::<tracing::Level>().is_err() {
            refuse("log.level", format!("`{}` is no log level", self.log.level));
        }
        self.callers_in_bounds(&mut refuse);
        self.ledger_is_one(&mut refuse);
        self.variables_are_names(&mut refuse);
        faults
    }

    /// Refuses a ledger that does not say what it is: a bare file name would lie in whatever folder we start in. The
    /// value is shown only where it cannot hold a password.
    fn ledger_is_one(&self, refuse: &mut impl FnMut(&str, String)) {
        let url = self.ledger.url.as_str();
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|begins| url.starts_with(begins)) {
            return;
        }
        let meant = match url {
            "" => "sqlite:greentick.sqlite3".to_owned(),
            file if file.contains([':', '@']) => "postgres://HOST/NAME".to_owned(),
            file => format!("sqlite:{file}"),
        };
        let message = format!(
            "`ledger.url` begins with `sqlite:` (a file) or `postgres://` (a server); perhaps `{meant}` is meant"
        );
        refuse("ledger.url", message);
    }

    /// Refuses what cannot be the name of a variable, and never shows it: it may be the secret itself.
    fn variables_are_names(&self, refuse: &mut impl FnMut(&str, String)) {
        let (source, web) = (&self.source, &self.web);
        let own = [
            ("source.secret_env", &source.secret_env),
            ("source.proxy_secret_env", &source.proxy_secret_env),
            ("source.child_key_env", &source.child_key_env),
            ("web.finish_check_secret_env", &web.finish_check_secret_env),
            ("web.callback_secret_env", &web.callback_secret_env),
        ];
        let own = own.map(|(key, name)| (key.to_owned(), name));
        let more = source.secrets.iter();
        let more = more.map(|(name, place)| (format!("source.secrets.{name}.env"), &place.env));
        let callers = web.callers.iter().enumerate();
        let callers = callers.map(|(nth, caller)| {
            let key = format!("web.callers[{nth}].token_env");
            (key, &caller.token_env)
        });
        for (key, name) in own.into_iter().chain(more).chain(callers) {
            if name.as_ref().is_some_and(|name| !is_variable(name)) {
                let message = format!(
                    "`{key}` is no name of a variable (letters, digits, `_`); it is not shown, for it may be the \
                     secret itself: put that into a variable or a file, and its name here"
                );
                refuse(&key, message);
            }
        }
    }

    fn all_positive(&self, mut refuse: impl FnMut(&str, String)) {
        let beat = self.beat;
        for (key, value) in [
            ("beat.poll_seconds", beat.poll_seconds),
            ("beat.sweep_seconds", beat.sweep_seconds),
            ("beat.reconcile_seconds", beat.reconcile_seconds),
            ("beat.tick_seconds", beat.tick_seconds),
            ("beat.dispatch_seconds", beat.dispatch_seconds),
            (
                "beat.lease_seconds",
                u64::try_from(beat.lease_seconds).unwrap_or(0),
            ),
            ("source.connect_seconds", self.source.connect_seconds),
            ("source.read_seconds", self.source.read_seconds),
            ("source.total_seconds", self.source.total_seconds),
            ("finish.budget_ms", self.finish.budget_ms),
            ("web.header_seconds", self.web.header_seconds),
            ("web.body_seconds", self.web.body_seconds),
            ("web.request_seconds", self.web.request_seconds),
            ("web.body_bytes", self.web.body_bytes as u64),
            ("web.connections", self.web.connections as u64),
            ("clock.factor", u64::from(self.clock.factor)),
        ] {
            if value == 0 {
                refuse(key, format!("`{key}` must be at least 1"));
            }
        }
    }

    fn callers_in_bounds(&self, mut refuse: impl FnMut(&str, String)) {
        for (index, caller) in self.web.callers.iter().enumerate() {
            let key = format!("web.callers[{index}]");
            if caller.token_env.is_none() && caller.token_file.is_none() {
                refuse(
                    &key,
                    "a caller needs `token_env` or `token_file`".to_owned(),
                );
            }
            for door in &caller.may {
                if !["decide", "read", "finish_check"].contains(&door.as_str()) {
                    let message = format!("`{door}` is no door: use decide, read or finish_check");
                    refuse(&format!("{key}.may"), message);
                }
            }
        }
    }
}

/// Whether a text can be the name of an environment variable (POSIX, 8.1).
pub(super) fn is_variable(name: &str) -> bool {
    let of_a_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.starts_with(|letter: char| letter.is_ascii_digit()) && name.chars().all(of_a_name)
}
