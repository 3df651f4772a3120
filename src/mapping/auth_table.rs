//! Does `[auth]` make sense, and which way does it say? `[auth.also]` has the same keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::auth::{AuthStyle, Body, Found, Shown, SignIn, Way};
use super::compile::Desk;
use super::signing::{Encoding, Hash, Hmac};

/// The names that every template of `[auth]` may use, beside `[values]`.
const NAMES: [&str; 5] = ["secret", "user", "password", "environment", "worker"];
/// The names that the templates of a signature may use besides.
const SIGNED: [&str; 9] = [
    "method",
    "path",
    "query",
    "host",
    "timestamp",
    "date",
    "nonce",
    "body",
    "body_hash",
];

/// `[auth]`, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthRow {
    style: String,
    secret: Option<String>,
    user: Option<String>,
    header: Option<String>,
    value: Option<String>,
    parameter: Option<String>,
    path: Option<String>,
    method: String,
    body: Option<String>,
    content_type: Option<String>,
    headers: BTreeMap<String, String>,
    client_id: Option<String>,
    scope: Option<String>,
    audience: Option<String>,
    fields: BTreeMap<String, String>,
    credentials: String,
    token: Option<String>,
    token_header: Option<String>,
    cookie: Option<String>,
    life: Option<String>,
    life_seconds: i64,
    password: String,
    signed: Option<String>,
    algorithm: String,
    encoding: String,
    also: Option<Box<AuthRow>>,
}

impl AuthRow {
    /// The texts that could hold a secret, with their places.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (at, row) in [("auth", Some(self)), ("auth.also", self.also.as_deref())] {
            let Some(row) = row else { continue };
            let named = [
                ("password", &row.value),
                ("password", &row.body),
                ("client_id", &row.client_id),
            ];
            let named = named
                .into_iter()
                .filter_map(|(key, text)| Some((format!("{at}.{key}"), text.clone()?)));
            let tables = row.headers.iter().chain(&row.fields);
            texts
                .extend(named.chain(
                    tables.map(|(key, text)| (format!("{at}.headers.{key}"), text.clone())),
                ));
        }
        texts
    }
}

impl AuthRow {
    /// The keys that are given, each with the styles that look at it.
    fn given(&self) -> Vec<(&'static str, &'static [&'static str])> {
        const TOKENS: &[&str] = &["oauth2", "session"];
        const SESSION: &[&str] = &["session"];
        const OAUTH2: &[&str] = &["oauth2"];
        const HMAC: &[&str] = &["hmac"];
        let all: [(bool, &'static str, &'static [&'static str]); 23] = [
            (
                self.user.is_some(),
                "user",
                &["header", "basic", "oauth2", "session", "wsse", "hmac"],
            ),
            (
                self.header.is_some(),
                "header",
                &["header", "bearer", "oauth2", "session", "hmac"],
            ),
            (
                self.value.is_some(),
                "value",
                &["header", "oauth2", "session", "hmac"],
            ),
            (
                self.parameter.is_some(),
                "parameter",
                &["query", "oauth2", "session"],
            ),
            (self.path.is_some(), "path", TOKENS),
            (!self.method.is_empty(), "method", SESSION),
            (self.body.is_some(), "body", SESSION),
            (self.content_type.is_some(), "content_type", SESSION),
            (
                !self.headers.is_empty(),
                "headers",
                &["oauth2", "session", "hmac"],
            ),
            (self.client_id.is_some(), "client_id", OAUTH2),
            (self.scope.is_some(), "scope", OAUTH2),
            (self.audience.is_some(), "audience", OAUTH2),
            (!self.fields.is_empty(), "fields", OAUTH2),
            (!self.credentials.is_empty(), "credentials", TOKENS),
            (self.token.is_some(), "token", TOKENS),
            (self.token_header.is_some(), "token_header", SESSION),
            (self.cookie.is_some(), "cookie", SESSION),
            (self.life.is_some(), "life", TOKENS),
            (self.life_seconds != 0, "life_seconds", TOKENS),
            (!self.password.is_empty(), "password", &["wsse"]),
            (self.signed.is_some(), "signed", HMAC),
            (!self.algorithm.is_empty(), "algorithm", HMAC),
            (!self.encoding.is_empty(), "encoding", HMAC),
        ];
        let given = all.into_iter().filter(|(given, ..)| *given);
        given.map(|(_, key, styles)| (key, styles)).collect()
    }
}

impl Desk<'_> {
    pub(super) fn auth(
        &mut self,
        row: &AuthRow,
        names: &BTreeSet<&str>,
        soap: bool,
    ) -> Vec<AuthStyle> {
        let mut styles: Vec<AuthStyle> = self.style("auth", row, names, soap).into_iter().collect();
        if let Some(also) = &row.also {
            if also.also.is_some() {
                self.fault("auth.also.also", "two ways are combined at most", None);
            }
            styles.extend(self.style("auth.also", also, names, soap));
        }
        styles
    }

    fn style(
        &mut self,
        at: &str,
        row: &AuthRow,
        names: &BTreeSet<&str>,
        soap: bool,
    ) -> Option<AuthStyle> {
        let mut known: BTreeSet<&str> = NAMES.into_iter().collect();
        known.extend(names);
        let needed = |desk: &mut Self, key: &str, value: &Option<String>, what: &str| {
            if value.is_none() {
                let message = format!("the style `{}` needs `{key}`, {what}", row.style);
                desk.fault(&format!("{at}.style"), &message, None);
            }
            value.clone().unwrap_or_default()
        };
        let header = || {
            row.header
                .clone()
                .unwrap_or_else(|| "Authorization".to_owned())
        };
        let way = match row.style.as_str() {
            "basic" => Way::Basic,
            "bearer" => Way::Header(header(), "Bearer {{ secret }}".to_owned()),
            "header" => Way::Header(
                needed(self, "header", &row.header, "the header's name"),
                row.value
                    .clone()
                    .unwrap_or_else(|| "{{ secret }}".to_owned()),
            ),
            "query" => Way::Query(needed(
                self,
                "parameter",
                &row.parameter,
                "the parameter's name",
            )),
            "oauth2" => {
                let path = needed(self, "path", &row.path, "where the token is asked for");
                Way::Token(Box::new(oauth2(row, path)))
            }
            "session" => {
                let path = needed(self, "path", &row.path, "where to sign in");
                Way::Token(Box::new(self.session(at, row, path)))
            }
            "wsse" => {
                if !soap {
                    let message =
                        "the style `wsse` stands in a SOAP header, and `[envelope] style` is none";
                    self.fault(&format!("{at}.style"), message, None);
                }
                Way::Wsse(row.password == "digest")
            }
            "hmac" => {
                let signed = needed(self, "signed", &row.signed, "a template of what is signed");
                Way::Hmac(Box::new(self.hmac(at, row, signed, &known)))
            }
            _ => return None,
        };
        self.auth_templates(at, row, &known);
        self.ignored(at, row);
        Some(AuthStyle {
            secret: row.secret.clone(),
            user: row.user.clone(),
            way,
        })
    }

    fn hmac(&mut self, at: &str, row: &AuthRow, signed: String, known: &BTreeSet<&str>) -> Hmac {
        let mut more = known.clone();
        more.extend(SIGNED);
        self.template(&format!("{at}.signed"), &signed, &more);
        more.insert("signature");
        for (name, template) in &row.headers {
            self.template(&format!("{at}.headers.{name}"), template, &more);
        }
        if let Some(value) = &row.value {
            self.template(&format!("{at}.value"), value, &more);
        }
        Hmac {
            signed,
            header: row
                .header
                .clone()
                .unwrap_or_else(|| "Authorization".to_owned()),
            value: row
                .value
                .clone()
                .unwrap_or_else(|| "{{ signature }}".to_owned()),
            headers: row.headers.clone(),
            hash: match row.algorithm.as_str() {
                "sha1" => Hash::Sha1,
                "sha512" => Hash::Sha512,
                _ => Hash::Sha256,
            },
            encoding: if row.encoding == "base64" {
                Encoding::Base64
            } else {
                Encoding::Hex
            },
        }
    }

    /// Refuses a key that the style does not look at: whoever wrote it meant something by it.
    fn ignored(&mut self, at: &str, row: &AuthRow) {
        for (key, styles) in row.given() {
            if !styles.contains(&row.style.as_str()) {
                let message = format!("the style `{}` does not look at `{key}`", row.style);
                let help = format!("`{key}` is for {}", styles.join(", "));
                self.fault(&format!("{at}.{key}"), &message, Some(help));
            }
        }
        let is_of_token = matches!(row.style.as_str(), "oauth2" | "session");
        let by_header = row.header.is_some() || row.value.is_some();
        if is_of_token && by_header && row.parameter.is_some() {
            let message = "a token is shown in a header or as a parameter, not both";
            self.fault(&format!("{at}.parameter"), message, None);
        }
    }

    /// The templates that are filled with nothing but who we are.
    fn auth_templates(&mut self, at: &str, row: &AuthRow, known: &BTreeSet<&str>) {
        let templates = [
            ("user", &row.user),
            ("client_id", &row.client_id),
            ("body", &row.body),
        ];
        for (key, template) in templates {
            if let Some(template) = template {
                self.template(&format!("{at}.{key}"), template, known);
            }
        }
        if let Some(path) = &row.path {
            self.address(&format!("{at}.path"), path, known);
        }
        let mut known = known.clone();
        if matches!(row.style.as_str(), "oauth2" | "session") {
            // What is shown is the token; the secret itself went into the sign-in.
            known.retain(|name| !matches!(*name, "user" | "password"));
            known.insert("token");
        }
        if let Some(value) = row.value.as_ref().filter(|_| row.style != "hmac") {
            self.template(&format!("{at}.value"), value, &known);
        }
    }

    fn session(&mut self, at: &str, row: &AuthRow, path: String) -> SignIn {
        let found = match (&row.token, &row.token_header, &row.cookie) {
            (Some(path), None, None) => Found::Body(path.clone()),
            (None, Some(header), None) => Found::Header(header.clone()),
            (None, None, Some(cookie)) => Found::Cookie(cookie.clone()),
            _ => {
                let message = "a session needs one of `token`, `token_header` and `cookie`: where the reply has the token";
                self.fault(&format!("{at}.style"), message, None);
                Found::Body(String::new())
            }
        };
        let kind = row.content_type.clone();
        SignIn {
            address: path,
            method: if row.method.is_empty() {
                "POST".to_owned()
            } else {
                row.method.clone()
            },
            content_type: kind.unwrap_or_else(|| "application/x-www-form-urlencoded".to_owned()),
            body: Body::Template(
                row.body
                    .clone()
                    .unwrap_or_else(|| "username={{ user }}&password={{ password }}".to_owned()),
            ),
            headers: row.headers.clone(),
            basic: (row.credentials == "basic").then(|| "{{ user }}".to_owned()),
            shown: shown(row, &found),
            found,
            life: row.life.clone(),
            life_seconds: u64::try_from(row.life_seconds)
                .ok()
                .filter(|life| *life > 0),
        }
    }
}

fn oauth2(row: &AuthRow, path: String) -> SignIn {
    let client = row
        .client_id
        .clone()
        .unwrap_or_else(|| "{{ user }}".to_owned());
    let basic = row.credentials == "basic";
    let mut fields = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
    if !basic {
        fields.push(("client_id".to_owned(), client.clone()));
        fields.push(("client_secret".to_owned(), "{{ password }}".to_owned()));
    }
    let more = [("scope", &row.scope), ("audience", &row.audience)];
    let more = more
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    fields.extend(more);
    fields.extend(row.fields.clone());
    let found = Found::Body(
        row.token
            .clone()
            .unwrap_or_else(|| "access_token".to_owned()),
    );
    SignIn {
        address: path,
        method: "POST".to_owned(),
        content_type: "application/x-www-form-urlencoded".to_owned(),
        body: Body::Form(fields),
        headers: row.headers.clone(),
        basic: basic.then_some(client),
        shown: shown(row, &found),
        found,
        life: Some(row.life.clone().unwrap_or_else(|| "expires_in".to_owned())),
        life_seconds: u64::try_from(row.life_seconds)
            .ok()
            .filter(|life| *life > 0),
    }
}

fn shown(row: &AuthRow, found: &Found) -> Shown {
    let bare = || "{{ token }}".to_owned();
    let bearer = || format!("Bearer {}", bare());
    let in_header = |header: &str| {
        let usual = if header.eq_ignore_ascii_case("authorization") {
            bearer()
        } else {
            bare()
        };
        Shown::Header(header.to_owned(), row.value.clone().unwrap_or(usual))
    };
    match (&row.header, &row.value, &row.parameter, found) {
        (Some(header), ..) => in_header(header),
        (None, None, Some(parameter), _) => Shown::Query(parameter.clone()),
        (None, None, None, Found::Cookie(cookie)) => Shown::Cookie(cookie.clone()),
        (None, ..) => in_header("Authorization"),
    }
}
