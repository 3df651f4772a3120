//! Who may come in, in dialects that hand out tokens? Tokens and sessions, for a while of the machine's own time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::machine_second;

/// Tokens and sessions that are live, and what may be shown only once.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Each token with the second of the machine's time at which it ends.
    live: BTreeMap<String, i64>,
    /// Nonces that were shown.
    shown: BTreeSet<String>,
}

impl Tokens {
    /// A new token for so many seconds; none if the machine has no randomness left.
    pub(crate) fn issue(&mut self, seconds: i64) -> Option<String> {
        let mut bytes = [0_u8; 20];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let mut token = String::new();
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        let now = machine_second();
        self.live.retain(|_, end| *end > now);
        self.live.insert(token.clone(), now + seconds);
        Some(token)
    }

    /// Whether a token is live.
    pub(crate) fn admits(&self, token: &str) -> bool {
        self.live
            .get(token)
            .is_some_and(|end| *end > machine_second())
    }

    /// Ends every token.
    pub(crate) fn end(&mut self) {
        self.live.clear();
    }

    /// Whether this nonce is shown for the first time.
    pub(crate) fn first(&mut self, nonce: &str) -> bool {
        self.shown.insert(nonce.to_owned())
    }
}

/// The user and the password of Basic.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get("authorization")?.to_str().ok()?;
    let pair = STANDARD.decode(text.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// A member of a form's body.
pub(crate) fn in_form(body: &str, name: &str) -> Option<String> {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(known, _)| *known == name);
    let value = found.next()?.1.replace('+', " ");
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?.to_owned();
            bytes.push(u8::from_str_radix(&digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
