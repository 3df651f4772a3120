//! Does a secret stand in the mapping? Mappings are passed around and kept in repositories; secrets are not.

use super::compile::Desk;
use super::language::File;
use super::template;

/// What the name of a header, a parameter or a value says when it holds a secret. Lower case, letters only.
const NAMES: [&str; 10] = [
    "authorization",
    "apikey",
    "accesskey",
    "subscriptionkey",
    "supplierkey",
    "password",
    "passwd",
    "secret",
    "token",
    "signature",
];
/// A parameter of these whole names holds one as well.
const PARAMETERS: [&str; 4] = ["key", "sig", "pwd", "code"];

impl Desk<'_> {
    /// Finds what looks like a secret in headers, `[auth]`, `[values]` and paths.
    pub(super) fn no_secrets(&mut self, file: &File) {
        for (name, value) in &file.client_headers() {
            self.header_secret(name, value);
        }
        for (at, path) in file.asked_paths() {
            if let Some(parameter) = secret_parameter(&path) {
                let message = format!(
                    "the parameter `{parameter}` looks like a secret written into the mapping"
                );
                self.fault(&at, &message, Some(help()));
            }
        }
        for (name, value) in &file.values {
            if is_secret_name(name) && is_literal(value) {
                let message =
                    format!("the value `{name}` looks like a secret written into the mapping");
                self.fault(&format!("values.{name}"), &message, Some(help()));
            }
        }
    }

    fn header_secret(&mut self, at: &str, value: &str) {
        let name = at.rsplit('.').next().unwrap_or(at);
        if (is_secret_name(name) || looks_random(value)) && is_literal(value) {
            let message =
                format!("the header `{name}` looks like a secret written into the mapping");
            self.fault(at, &message, Some(help()));
        }
    }
}

fn help() -> String {
    "give it in `[source] secret_env` or `[source.secrets]` and say in `[auth]` where it goes"
        .to_owned()
}

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    let plain = plain.to_lowercase();
    NAMES.iter().any(|word| plain.ends_with(word))
}

/// A text that no template fills, long enough to be a secret.
fn is_literal(value: &str) -> bool {
    let value = value.trim();
    value.len() >= 6
        && template::names(value).is_ok_and(|names| names.is_empty())
        && !value.contains("{{")
}

/// Twenty and more letters and digits in one piece, mixed as no word is.
fn looks_random(value: &str) -> bool {
    let piece = |text: &str| {
        let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
        let digits = count(u8::is_ascii_digit);
        let (small, large) = (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase));
        let is_mixed = digits >= 4 && small + large >= 4 || digits >= 1 && small >= 3 && large >= 3;
        text.len() >= 20 && is_mixed
    };
    value
        .split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '+' | '_' | '='))
        .any(piece)
}

fn secret_parameter(path: &str) -> Option<&str> {
    let (_, query) = path.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.rsplit(['}', '?']).next().unwrap_or(name);
        let lower = name.to_lowercase();
        let named = is_secret_name(name) || PARAMETERS.contains(&lower.as_str());
        (named && is_literal(value)).then_some(name)
    })
}

impl File {
    fn client_headers(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let mut put = |at: &str, headers: &std::collections::BTreeMap<String, String>| {
            all.extend(
                headers
                    .iter()
                    .map(|(name, value)| (format!("{at}.{name}"), value.clone())),
            );
        };
        put("headers", self.client.headers());
        put("feed.headers", &self.feed.ask.call.headers);
        for (at, row) in [("sweep.headers", &self.sweep), ("step.headers", &self.step)] {
            if let Some(row) = row {
                put(at, &row.ask.call.headers);
            }
        }
        for (name, piece) in self.step.iter().flat_map(|row| &row.also) {
            put(
                &format!("step.also.{name}.headers"),
                &piece.ask.call.headers,
            );
        }
        for (name, operation) in &self.write {
            put(&format!("write.{name}.headers"), &operation.headers);
        }
        for (at, value) in self.client.auth_texts() {
            all.push((at, value));
        }
        all
    }

    fn asked_paths(&self) -> Vec<(String, String)> {
        let rows = [
            ("feed", Some(&self.feed)),
            ("sweep", self.sweep.as_ref()),
            ("step", self.step.as_ref()),
            ("merges", self.merges.as_ref().map(|row| &row.request)),
        ];
        let rows = rows
            .into_iter()
            .filter_map(|(at, row)| Some((format!("{at}.path"), row?.path.clone())));
        let writes = self
            .write
            .iter()
            .map(|(name, operation)| (format!("write.{name}.path"), operation.path.clone()));
        let pieces = self.step.iter().flat_map(|row| &row.also);
        let pieces = pieces.map(|(name, row)| (format!("step.also.{name}.path"), row.path.clone()));
        let lookups = self.client.lookups.iter();
        let lookups =
            lookups.map(|(name, row)| (format!("lookups.{name}.path"), row.request.path.clone()));
        rows.chain(pieces).chain(writes).chain(lookups).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_found_and_what_does_not_is_let_be() {
        for path in [
            "/steps?key=8f3a9c1e",
            "/steps?limit=1&api_key=hushhush",
            "/x?access_token=abcdef12",
        ] {
            assert!(secret_parameter(path).is_some(), "{path}");
        }
        for path in [
            "/steps?limit=100&after={{ token }}",
            "/steps?key={{ project }}",
            "/keys?status=open&code=12",
        ] {
            assert!(secret_parameter(path).is_none(), "{path}");
        }
        assert!(
            is_secret_name("X-Api-Key")
                && is_secret_name("Ocp-Apim-Subscription-Key")
                && !is_secret_name("X-Org")
        );
        assert!(
            looks_random("Basic dXNlcjE6cGFzc3dvcmQx")
                && !looks_random("application/vnd.example.steps+json; version=2")
        );
    }
}
