//! How do we say who we are? The ways of `[auth]` and `[auth.also]`, and what each of them shows (M5).
//!
//! The mapping says where a secret goes and never what it is: templates here know `secret`, `user` and `password`
//! (its two halves around the first colon), `environment`, `worker` and `[values]`, and are filled when a request
//! is sent.

use std::collections::BTreeMap;

use super::compile::Mapping;
use super::signing::Hmac;
use super::template::{self, Given, Slot, TemplateFault, Values, render};
use super::writing::Put;

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
    pub(super) user: Option<String>,
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
    pub(super) method: String,
    pub(super) content_type: String,
    pub(super) body: Body,
    pub(super) headers: BTreeMap<String, String>,
    /// Template of the user shown by Basic, if it is.
    pub(super) basic: Option<String>,
    pub(super) found: Found,
    pub(super) life: Option<String>,
    /// Seconds that a token lives, if the reply does not say.
    pub(super) life_seconds: Option<u64>,
    /// How it is shown.
    pub shown: Shown,
}

/// What is sent to sign in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Template(String),
    Form(Vec<(String, String)>),
}

/// Where a reply has the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Body(String),
    Header(String),
    Cookie(String),
}

/// How a token is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In a header: its name, and a template of its value, which knows the token as `token` and as `secret`.
    Header(String, String),
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
    /// Whether an `oauth2` client is named without the user of the secret.
    fn names_client(&self) -> bool {
        let Way::Token(sign_in) = &self.way else {
            return false;
        };
        let fields = match &sign_in.body {
            Body::Form(fields) => fields.as_slice(),
            Body::Template(_) => &[],
        };
        let mut fields = fields.iter();
        let field = fields.find(|(name, _)| name == "client_id");
        let client = field.map(|(_, client)| client).or(sign_in.basic.as_ref());
        let names = client.map(|client| template::names(client).unwrap_or_default());
        names.is_some_and(|names| !names.contains("user"))
    }

    /// The user and the password that a secret stands for.
    pub fn halves<'s>(&self, secret: &'s str) -> (&'s str, &'s str) {
        match (&self.user, secret.split_once(':')) {
            // A client that the mapping names leaves the secret alone.
            (None, _) if self.names_client() => ("", secret),
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

    /// The value of a header that shows a token which was given for the secret.
    pub fn token_shown(&self, template: &str, token: &str) -> Result<String, TemplateFault> {
        let mut values = self.own_values();
        for name in ["token", "secret"] {
            values.insert(name.to_owned(), Given::One(token.to_owned()));
        }
        render(template, Slot::Header, &values)
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
