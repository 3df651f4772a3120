//! How do we say who we are? The table `[auth]` and, beside it, `[auth.also]` (M5).
//!
//! The mapping says where a secret goes and never what it is: templates here know `secret`, `user` and `password`
//! (its two halves around the first colon), `environment`, `worker` and `[values]`, and are filled when a request
//! is sent.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::signing::{Encoding, Hash, Hmac};
use super::template::{self, Given, Slot, TemplateFault, Values, render};
use super::writing::Put;

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

impl Mapping {
    /// Who we say we are, in a sentence for people.
    pub(super) fn says_who(&self) -> String {
        let mut ways: Vec<String> = self
            .auth()
            .iter()
            .map(|style| match &style.way {
                Way::Header(name, value)
                    if name == "Authorization" && value.starts_with("Bearer") =>
                {
                    "shows a bearer token".to_owned()
                }
                Way::Header(name, _) => format!("shows the key in the header `{name}`"),
                Way::Query(name) => format!("shows the key as the parameter `{name}`"),
                Way::Basic => "signs in with a user and a password (Basic)".to_owned(),
                Way::Token(_) => "asks for a token first and shows that".to_owned(),
                Way::Wsse(_) => "proves itself in the SOAP header (WS-Security)".to_owned(),
                Way::Hmac(_) => "signs every request".to_owned(),
            })
            .collect();
        if ways.is_empty() {
            ways.push("does not say who it is".to_owned());
        }
        format!("It {}.", ways.join(", and "))
    }
}

/// One way of saying who we are, and whose secret it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthStyle {
    /// The name of the secret in `[source.secrets]`; none takes the source's own.
    pub secret: Option<String>,
    /// Template of the user, if it is not the secret's first half.
    user: Option<String>,
    /// The way.
    pub way: Way,
}

/// The ways.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// A header; its value is a template.
    Header(String, String),
    /// A parameter of the query.
    Query(String),
    /// HTTP Basic (RFC 7617).
    Basic,
    /// Something is asked for first and shown afterwards: `OAuth2` client credentials (RFC 6749, 4.4), or a session.
    Token(Box<SignIn>),
    /// A `UsernameToken` in the SOAP header (OASIS WSS 1.0); whether as a digest.
    Wsse(bool),
    /// A signature over the request.
    Hmac(Box<Hmac>),
}

/// How a token is asked for, found and shown.
#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    /// Below the base address, or an address of its own; a template.
    pub address: String,
    method: String,
    content_type: String,
    body: Body,
    headers: BTreeMap<String, String>,
    /// Template of the user shown by Basic, if it is.
    basic: Option<String>,
    found: Found,
    life: Option<String>,
    /// Seconds that a token lives, if the reply does not say.
    life_seconds: Option<u64>,
    /// How it is shown.
    pub shown: Shown,
}

#[derive(Clone, Debug, PartialEq)]
enum Body {
    Template(String),
    Form(Vec<(String, String)>),
}

/// Where a reply has the token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Body(String),
    Header(String),
    Cookie(String),
}

/// How a token is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In a header: its name, and what stands before the token.
    Header(String, &'static str),
    /// As a cookie of this name.
    Cookie(String),
    /// As a parameter of the query.
    Query(String),
}

/// A reply to a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignInReply<'a> {
    /// The body.
    pub bytes: &'a [u8],
    /// Headers by lower-case name.
    pub headers: &'a BTreeMap<String, String>,
    /// Every `Set-Cookie`.
    pub cookies: &'a [String],
}

impl AuthStyle {
    /// The user and the password that a secret stands for.
    pub fn halves<'s>(&self, secret: &'s str) -> (&'s str, &'s str) {
        match (&self.user, secret.split_once(':')) {
            (None, Some(halves)) => halves,
            (None, None) if self.way == Way::Basic => (secret, ""),
            _ => ("", secret),
        }
    }
}

impl Mapping {
    /// How we say who we are: one way, or two together.
    pub fn auth(&self) -> &[AuthStyle] {
        &self.client.auth
    }

    /// What the templates of `[auth]` may name.
    pub(super) fn identity(
        &self,
        style: &AuthStyle,
        secret: &str,
    ) -> Result<Values, TemplateFault> {
        let (user, password) = style.halves(secret);
        let mut values = self.own_values();
        let user = match &style.user {
            Some(template) => render(template, Slot::Plain, &values)?,
            None => user.to_owned(),
        };
        for (name, value) in [("secret", secret), ("user", &user), ("password", password)] {
            values.insert(name.to_owned(), Given::One(value.to_owned()));
        }
        Ok(values)
    }

    /// User and password, for Basic and for a `UsernameToken`.
    pub fn user_and_password(
        &self,
        style: &AuthStyle,
        secret: &str,
    ) -> Result<(String, String), TemplateFault> {
        let values = self.identity(style, secret)?;
        let one = |name: &str| match values.get(name) {
            Some(Given::One(value)) => value.clone(),
            _ => String::new(),
        };
        Ok((one("user"), one("password")))
    }

    /// The value of a header that shows a secret.
    pub fn shown_in(
        &self,
        template: &str,
        style: &AuthStyle,
        secret: &str,
    ) -> Result<String, TemplateFault> {
        render(template, Slot::Header, &self.identity(style, secret)?)
    }

    /// The request that asks for a token, and the user of its Basic head if it has one.
    pub fn sign_in(
        &self,
        style: &AuthStyle,
        sign_in: &SignIn,
        secret: &str,
    ) -> Result<(Put, Option<String>), TemplateFault> {
        let values = self.identity(style, secret)?;
        let body = match &sign_in.body {
            Body::Template(template) => render(template, Slot::of(&sign_in.content_type), &values)?,
            Body::Form(fields) => {
                let mut pairs = Vec::new();
                for (name, template) in fields {
                    let value = render(template, Slot::Plain, &values)?;
                    pairs.push(format!("{name}={}", template::url(&value)));
                }
                pairs.join("&")
            }
        };
        let mut headers = Vec::new();
        for (name, template) in &sign_in.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        let basic = sign_in.basic.as_ref();
        let basic = basic.map(|template| render(template, Slot::Plain, &values));
        let put = Put {
            method: sign_in.method.clone(),
            path: render(&sign_in.address, Slot::Url, &values)?,
            headers,
            body: Some((sign_in.content_type.clone(), body)),
        };
        Ok((put, basic.transpose()?))
    }

    /// The token in a reply, and the seconds it lives if that is known. The words never quote the reply.
    pub fn signed_in(
        &self,
        sign_in: &SignIn,
        reply: SignInReply<'_>,
    ) -> Result<(String, Option<u64>), String> {
        let token = match &sign_in.found {
            Found::Header(name) => reply.headers.get(&name.to_lowercase()).cloned(),
            Found::Cookie(name) => reply.cookies.iter().find_map(|cookie| {
                let (known, value) = cookie.split(';').next()?.split_once('=')?;
                (known.trim() == name).then(|| value.trim().to_owned())
            }),
            Found::Body(path) => self.value_in(reply.bytes, path),
        };
        let place = match &sign_in.found {
            Found::Header(name) => format!("header `{name}`"),
            Found::Cookie(name) => format!("cookie `{name}`"),
            Found::Body(path) => format!("value at `{path}`"),
        };
        let token = token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| format!("the reply to the sign-in has no {place}"))?;
        let said = sign_in
            .life
            .as_ref()
            .and_then(|path| self.value_in(reply.bytes, path));
        let said = said
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|seconds| *seconds >= 0.0);
        let said = said.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        Ok((
            token,
            said.map(|span| span.as_secs()).or(sign_in.life_seconds),
        ))
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
            ("path", &row.path),
        ];
        for (key, template) in templates {
            if let Some(template) = template {
                self.template(&format!("{at}.{key}"), template, known);
            }
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
