//! Does this request come from the case system? By whichever of five ways its mapping describes.
//!
//! Every way is checked over the raw bytes, before anything of them is read, and in a time that says nothing of
//! how near a guess came. Without a secret no way opens. `standard` is Standard Webhooks 1.0.0, symmetric.

use axum::http::HeaderMap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::proof::{Signature, hex, same};
use crate::mapping::ProofRow;

const WINDOW_SECONDS: i64 = 300;

/// One way of proving: description, headers, body, secret, second. None if something is missing.
type Way = fn(&ProofRow, &HeaderMap, &[u8], &[u8], i64) -> Option<bool>;

/// A header's text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Our own signature headers, if they are there.
pub(super) fn signature(headers: &HeaderMap) -> Option<Signature<'_>> {
    Some(Signature {
        timestamp: text(headers, "x-greentick-timestamp")?,
        signature: text(headers, "x-greentick-signature")?,
    })
}

/// Whether one of the secrets proves this request, at `now`: seconds since the epoch by the machine's clock.
pub(super) fn is_proven(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SecretString],
    now: i64,
) -> bool {
    let by = |way: Way| {
        secrets.iter().any(|secret| {
            let secret = secret.expose_secret().as_bytes();
            !secret.is_empty() && way(proof, headers, body, secret, now).unwrap_or(false)
        })
    };
    match proof.style.as_str() {
        "hmac" => by(hmac_of_body),
        "standard" => by(standard),
        "header" => by(shared_header),
        "basic" => by(basic),
        _ => signature(headers).is_some_and(|signature| signature.is_by(secrets, body, now)),
    }
}

fn hmac_of_body(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secret: &[u8],
    now: i64,
) -> Option<bool> {
    let given = text(headers, &proof.header)?.trim();
    let given = given.strip_prefix(proof.prefix.as_str())?;
    let tag = if proof.encoding == "base64" {
        BASE64_STANDARD.decode(given).ok()?
    } else {
        hex(given)?
    };
    let mut signed = Vec::new();
    if !proof.timestamp_header.is_empty() {
        let second = text(headers, &proof.timestamp_header)?;
        if !is_near(second, proof, now) {
            return Some(false);
        }
        let separator = if proof.separator.is_empty() {
            "."
        } else {
            &proof.separator
        };
        signed.extend_from_slice(second.as_bytes());
        signed.extend_from_slice(separator.as_bytes());
    }
    signed.extend_from_slice(body);
    Some(verifies(secret, &signed, &tag))
}

fn standard(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secret: &[u8],
    now: i64,
) -> Option<bool> {
    let id = text(headers, "webhook-id")?;
    let second = text(headers, "webhook-timestamp")?;
    // A full stop in the id could move the border between what is signed.
    if id.contains('.') || !is_near(second, proof, now) {
        return Some(false);
    }
    let encoded = secret.strip_prefix(b"whsec_").unwrap_or(secret);
    let key = BASE64_STANDARD.decode(encoded).ok()?;
    let mut signed = format!("{id}.{second}.").into_bytes();
    signed.extend_from_slice(body);
    let mut given = text(headers, "webhook-signature")?.split(' ');
    Some(given.any(|one| {
        let tag = one
            .strip_prefix("v1,")
            .and_then(|tag| BASE64_STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| verifies(&key, &signed, &tag))
    }))
}

fn shared_header(
    proof: &ProofRow,
    headers: &HeaderMap,
    _: &[u8],
    secret: &[u8],
    _: i64,
) -> Option<bool> {
    Some(same(text(headers, &proof.header)?.as_bytes(), secret))
}

fn basic(proof: &ProofRow, headers: &HeaderMap, _: &[u8], secret: &[u8], _: i64) -> Option<bool> {
    let given = text(headers, "authorization")?.strip_prefix("Basic ")?;
    let given = BASE64_STANDARD.decode(given.trim()).ok()?;
    let pair = match proof.user.as_str() {
        "" => secret.to_vec(),
        user => [user.as_bytes(), b":", secret].concat(),
    };
    Some(pair.contains(&b':') && same(&given, &pair))
}

fn is_near(second: &str, proof: &ProofRow, now: i64) -> bool {
    let window = match proof.window_seconds {
        0 => WINDOW_SECONDS,
        own => own,
    };
    let second = second.trim().parse::<i64>();
    second.is_ok_and(|at| now.abs_diff(at) <= window.unsigned_abs())
}

fn verifies(secret: &[u8], signed: &[u8], tag: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, signed, tag).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const NOW: i64 = 1_614_265_330;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn proof(style: &str) -> ProofRow {
        ProofRow {
            style: style.to_owned(),
            header: "x-case-signature".to_owned(),
            ..ProofRow::default()
        }
    }

    fn tag(secret: &[u8], signed: &str) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
    }

    #[test]
    fn standard_webhooks_bind_id_second_and_body_and_any_of_several_signatures() {
        let key = b"a key of four and twenty bytes";
        let secret: SecretString = format!("whsec_{}", BASE64_STANDARD.encode(key)).into();
        let good = BASE64_STANDARD.encode(tag(key, &format!("msg_1.{NOW}.{{}}")));
        let both = format!("v1a,AAAA v1,AAAA v1,{good}");
        let second = NOW.to_string();
        let sent = |id: &str, second: &str, given: &str| {
            headers(&[
                ("webhook-id", id),
                ("webhook-timestamp", second),
                ("webhook-signature", given),
            ])
        };
        let secrets = [secret];
        let open = |sent: &HeaderMap, body: &[u8], now: i64| {
            is_proven(&proof("standard"), sent, body, &secrets, now)
        };
        assert!(
            open(&sent("msg_1", &second, &both), b"{}", NOW + 299),
            "as signed"
        );
        assert!(
            !open(&sent("msg_2", &second, &both), b"{}", NOW),
            "another id"
        );
        assert!(
            !open(&sent("msg_1", &second, &both), b"{ }", NOW),
            "another body"
        );
        assert!(
            !open(&sent("msg_1", &second, &both), b"{}", NOW + 301),
            "too old"
        );
        assert!(
            !open(&sent("msg_1", &second, "v1,AAAA"), b"{}", NOW),
            "another signature"
        );
        assert!(
            !open(&sent("msg_1", &second, &good), b"{}", NOW),
            "without its version"
        );
        let moved = sent("msg_1.1", "614265330", &both);
        assert!(!open(&moved, b"{}", NOW), "the border was moved");
    }

    #[test]
    fn a_plain_hmac_is_read_as_hex_or_base64_and_with_its_second_if_it_has_one() {
        let secret: SecretString = "hush".into();
        let secrets = [secret];
        let mut hexed = String::new();
        for byte in tag(b"hush", "body") {
            let _ = write!(hexed, "{byte:02x}");
        }
        let plain = ProofRow {
            prefix: "sha256=".to_owned(),
            ..proof("hmac")
        };
        let sent = headers(&[("x-case-signature", &format!("sha256={hexed}"))]);
        assert!(is_proven(&plain, &sent, b"body", &secrets, NOW));
        assert!(!is_proven(&plain, &sent, b"Body", &secrets, NOW));
        let timed = ProofRow {
            encoding: "base64".to_owned(),
            timestamp_header: "x-case-second".to_owned(),
            separator: ":".to_owned(),
            window_seconds: 60,
            ..proof("hmac")
        };
        let given = BASE64_STANDARD.encode(tag(b"hush", &format!("{NOW}:body")));
        let second = NOW.to_string();
        let sent = headers(&[("x-case-signature", &given), ("x-case-second", &second)]);
        assert!(is_proven(&timed, &sent, b"body", &secrets, NOW + 60));
        assert!(!is_proven(&timed, &sent, b"body", &secrets, NOW + 61));
        assert!(
            !is_proven(&timed, &sent, b"body", &[], NOW),
            "without a secret nothing opens"
        );
    }

    #[test]
    fn a_shared_header_and_basic_are_compared_whole() {
        let secrets: [SecretString; 1] = ["caller:hush".into()];
        let sent = headers(&[("x-case-signature", "caller:hush")]);
        assert!(is_proven(&proof("header"), &sent, b"", &secrets, NOW));
        let short = headers(&[("x-case-signature", "caller:hus")]);
        assert!(!is_proven(&proof("header"), &short, b"", &secrets, NOW));
        let given = format!("Basic {}", BASE64_STANDARD.encode("caller:hush"));
        let sent = headers(&[("authorization", &given)]);
        assert!(is_proven(&proof("basic"), &sent, b"", &secrets, NOW));
        // A user whom the mapping names; the secret is then the password alone.
        let named = ProofRow {
            user: "caller".to_owned(),
            ..proof("basic")
        };
        assert!(!is_proven(&named, &sent, b"", &secrets, NOW));
        let hush: [SecretString; 1] = ["hush".into()];
        assert!(is_proven(&named, &sent, b"", &hush, NOW));
        let other = format!("Basic {}", BASE64_STANDARD.encode("caller:other"));
        let sent = headers(&[("authorization", &other)]);
        assert!(!is_proven(&proof("basic"), &sent, b"", &secrets, NOW));
    }
}
