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
        if row.style != "hmac" {
            for (key, template) in row.value.iter().map(|value| ("value", value)) {
                self.template(&format!("{at}.{key}"), template, known);
            }
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
    match (&row.header, &row.parameter, found) {
        (Some(header), _, _) if header.eq_ignore_ascii_case("authorization") => {
            Shown::Header(header.clone(), "Bearer ")
        }
        (Some(header), _, _) => Shown::Header(header.clone(), ""),
        (None, Some(parameter), _) => Shown::Query(parameter.clone()),
        (None, None, Found::Cookie(cookie)) => Shown::Cookie(cookie.clone()),
        (None, None, _) => Shown::Header("Authorization".to_owned(), "Bearer "),
    }
}
