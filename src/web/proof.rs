//! Who is calling? Bearer tokens for people's tools, HMAC over the raw bytes for the case system.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::practice::ids::WorkerId;

/// A caller known by a bearer token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token.
    pub token: SecretString,
    /// The worker in whose name it acts.
    pub worker: WorkerId,
    /// Doors that open to it: `decide`, `read`, `finish_check`.
    pub may: Vec<String>,
}

/// Everybody who may call, and the case system's signing secrets.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// By token.
    pub tokens: Vec<Caller>,
    /// Signs finish checks; several during a rotation.
    pub finish_check: Vec<SecretString>,
    /// Signs callbacks; several during a rotation.
    pub callback: Vec<SecretString>,
}

/// The signature headers of a request, as received.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// `X-Greentick-Timestamp`: seconds since the epoch.
    pub timestamp: &'a str,
    /// `X-Greentick-Signature`: `sha256=` and hexadecimal HMAC-SHA-256 of timestamp, full stop, body.
    pub signature: &'a str,
}

/// How far a signature's timestamp may be from our clock, seconds.
const WINDOW_SECONDS: i64 = 300;

impl Callers {
    /// The caller with this `Authorization` header, if the door opens to them. Takes the same time
    /// whether or not the token exists, since every token is compared by its keyed digest.
    pub fn by_token(&self, authorization: Option<&str>, door: &str) -> Option<&Caller> {
        let given = authorization?.strip_prefix("Bearer ")?;
        let mut found = None;
        for caller in &self.tokens {
            if same(given.as_bytes(), caller.token.expose_secret().as_bytes()) {
                found = Some(caller);
            }
        }
        found.filter(|caller| caller.may.iter().any(|may| may == door))
    }
}

/// Equality by keyed digest, so that the time taken says nothing of where two texts differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"greentick token comparison");
    let tag = hmac::sign(&key, a);
    hmac::verify(&key, b, tag.as_ref()).is_ok()
}

impl Signature<'_> {
    /// Whether it was made at about `now`: seconds since the epoch by the machine's clock.
    pub fn is_near(&self, now: i64) -> bool {
        let at = self.timestamp.parse::<i64>();
        at.is_ok_and(|at| now.abs_diff(at) <= WINDOW_SECONDS.unsigned_abs())
    }

    /// Whether this secret signed exactly these bytes.
    pub fn is_by(&self, secret: &[u8], body: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mut signed = self.timestamp.as_bytes().to_vec();
        signed.push(b'.');
        signed.extend_from_slice(body);
        self.signature.split(',').any(|given| {
            let given = given.trim();
            let tag = hex(given.strip_prefix("sha256=").unwrap_or(given));
            tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
        })
    }
}

pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn a_signature_binds_secret_time_and_every_byte() {
        let secret: SecretString = "s3cret-for-tests".into();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret-for-tests");
        let tag = hmac::sign(&key, b"1795000000.{}");
        let mut signature = "sha256=".to_owned();
        for byte in tag.as_ref() {
            let _ = write!(signature, "{byte:02x}");
        }
        let now = 1_795_000_100;
        let given = Signature {
            timestamp: "1795000000",
            signature: &signature,
        };
        let late = 1_795_000_301;
        let ours = secret.expose_secret().as_bytes();
        assert!(given.is_by(ours, b"{}") && given.is_near(now), "as signed");
        assert!(!given.is_by(ours, b"{ }"), "another body");
        assert!(!given.is_by(b"other", b"{}"), "another secret");
        assert!(!given.is_near(late), "too old");
    }

    #[test]
    fn a_token_opens_only_the_doors_it_names() {
        let callers = Callers {
            tokens: vec![Caller {
                token: "abc".into(),
                worker: WorkerId::from("W-1"),
                may: vec!["read".to_owned()],
            }],
            ..Callers::default()
        };
        assert!(callers.by_token(Some("Bearer abc"), "read").is_some());
        assert!(callers.by_token(Some("Bearer abc"), "decide").is_none());
        assert!(callers.by_token(Some("Bearer abd"), "read").is_none());
        assert!(callers.by_token(None, "read").is_none());
    }
}
