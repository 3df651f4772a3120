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

/// Why a request is not proven, the nearest to a proof last. For our own log: whoever calls is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unproven {
    /// We have no secret that could prove it.
    NoSecret,
    /// A header that the proof needs is not there.
    NoHeader,
    /// It is there, and not in the form that is described.
    Form,
    /// It was signed too long ago or too far ahead, by our clock.
    Clock,
    /// The secret, or the bytes that it signs, are others.
    Differs,
}

impl Unproven {
    /// The reason, for the log.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NoSecret => "no secret is set here for this door",
            Self::NoHeader => "a header that its proof needs is not there",
            Self::Form => {
                "its proof has not the form that is described: prefix, encoding, fields, or a secret of ours that is none"
            }
            Self::Clock => "the second that it was signed at is too far from our clock",
            Self::Differs => {
                "its password, signature or token is another: the secret differs, or what is signed"
            }
        }
    }
}

/// One way of proving: description, headers, body, secret, second.
type Way = fn(&ProofRow, &HeaderMap, &[u8], &[u8], i64) -> Result<(), Unproven>;

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
///
/// # Errors
/// Why none of them does; of several the reason that is nearest to a proof.
pub(super) fn proven(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SecretString],
    now: i64,
) -> Result<(), Unproven> {
    let way: Way = match proof.style.as_str() {
        "hmac" => hmac_of_body,
        "standard" => standard,
        "header" => shared_header,
        "basic" => basic,
        _ => our_own,
    };
    let mut nearest = Unproven::NoSecret;
    for secret in secrets {
        let secret = secret.expose_secret().as_bytes();
        if secret.is_empty() {
            continue;
        }
        match way(proof, headers, body, secret, now) {
            Ok(()) => return Ok(()),
            Err(why) => nearest = nearest.max(why),
        }
    }
    Err(nearest)
}

fn our_own(
    _: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secret: &[u8],
    now: i64,
) -> Result<(), Unproven> {
    let signature = signature(headers).ok_or(Unproven::NoHeader)?;
    if !signature.is_near(now) {
        return Err(Unproven::Clock);
    }
    ok(signature.is_by(secret, body))
}

fn hmac_of_body(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secret: &[u8],
    now: i64,
) -> Result<(), Unproven> {
    let header = header(headers, &proof.header)?;
    let given: Vec<&str> = match proof.field.as_str() {
        "" => vec![header],
        name => field(header, name).collect(),
    };
    let prefix = proof.prefix.as_str();
    let tags = given.iter().filter_map(|one| one.strip_prefix(prefix));
    let tags: Vec<Vec<u8>> = tags.filter_map(|one| decoded(proof, one)).collect();
    if tags.is_empty() {
        return Err(Unproven::Form);
    }
    let second = match (
        proof.timestamp_field.as_str(),
        proof.timestamp_header.as_str(),
    ) {
        ("", "") => None,
        ("", name) => Some(self::header(headers, name)?),
        (name, _) => Some(field(header, name).next().ok_or(Unproven::Form)?),
    };
    let mut signed = Vec::new();
    if let Some(second) = second {
        if !is_near(second, proof, now) {
            return Err(Unproven::Clock);
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
    ok(tags.iter().any(|tag| verifies(secret, &signed, tag)))
}

/// Every value of this name in a header of fields, `t=1614265330,v1=5257a8…`.
fn field<'h>(header: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    let fields = header.split([',', ';', ' ']);
    let pairs = fields.filter_map(|field| field.trim().split_once('='));
    pairs.filter_map(move |(key, value)| {
        (key.trim() == name).then_some(value.trim().trim_matches('"'))
    })
}

fn decoded(proof: &ProofRow, given: &str) -> Option<Vec<u8>> {
    if proof.encoding == "base64" {
        BASE64_STANDARD.decode(given).ok()
    } else {
        hex(given)
    }
}

fn standard(
    proof: &ProofRow,
    headers: &HeaderMap,
    body: &[u8],
    secret: &[u8],
    now: i64,
) -> Result<(), Unproven> {
    let id = header(headers, "webhook-id")?;
    let second = header(headers, "webhook-timestamp")?;
    // A full stop in the id could move the border between what is signed.
    if id.contains('.') {
        return Err(Unproven::Form);
    }
    if !is_near(second, proof, now) {
        return Err(Unproven::Clock);
    }
    let encoded = secret.strip_prefix(b"whsec_").unwrap_or(secret);
    let key = BASE64_STANDARD
        .decode(encoded)
        .map_err(|_| Unproven::Form)?;
    let mut signed = format!("{id}.{second}.").into_bytes();
    signed.extend_from_slice(body);
    let mut given = header(headers, "webhook-signature")?.split(' ');
    ok(given.any(|one| {
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
) -> Result<(), Unproven> {
    let given = text(headers, &proof.header).ok_or(Unproven::NoHeader)?;
    ok(same(given.as_bytes(), secret))
}

fn basic(
    proof: &ProofRow,
    headers: &HeaderMap,
    _: &[u8],
    secret: &[u8],
    _: i64,
) -> Result<(), Unproven> {
    let given = header(headers, "authorization")?;
    let given = given.strip_prefix("Basic ").ok_or(Unproven::Form)?;
    let given = BASE64_STANDARD.decode(given.trim());
    let given = given.map_err(|_| Unproven::Form)?;
    let pair = match proof.user.as_str() {
        "" => secret.to_vec(),
        user => [user.as_bytes(), b":", secret].concat(),
    };
    if !pair.contains(&b':') {
        return Err(Unproven::Form);
    }
    ok(same(&given, &pair))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Unproven> {
    text(headers, name).map(str::trim).ok_or(Unproven::NoHeader)
}

fn ok(holds: bool) -> Result<(), Unproven> {
    if holds {
        Ok(())
    } else {
        Err(Unproven::Differs)
    }
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

    fn is_proven(
        proof: &ProofRow,
        headers: &HeaderMap,
        body: &[u8],
        secrets: &[SecretString],
        now: i64,
    ) -> bool {
        proven(proof, headers, body, secrets, now).is_ok()
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

    /// As Stripe and others sign: the second and any number of signatures in one header.
    #[test]
    fn second_and_signatures_may_stand_in_one_header() {
        let fields = ProofRow {
            timestamp_field: "t".to_owned(),
            field: "v1".to_owned(),
            ..proof("hmac")
        };
        let mut hexed = String::new();
        for byte in tag(b"hush", &format!("{NOW}.body")) {
            let _ = write!(hexed, "{byte:02x}");
        }
        let other = "0".repeat(64);
        let secrets: [SecretString; 2] = ["old".into(), "hush".into()];
        let come = |given: &str, now: i64| {
            let sent = headers(&[("x-case-signature", given)]);
            proven(&fields, &sent, b"body", &secrets, now)
        };
        let good = format!("t={NOW},v1={other},v1={hexed},v0=x");
        assert_eq!(come(&good, NOW + 300), Ok(()));
        assert_eq!(come(&format!("v1=\"{hexed}\"; t={NOW}"), NOW), Ok(()));
        for (given, now, why) in [
            (good.as_str(), NOW + 301, Unproven::Clock),
            (&format!("t={NOW},v1={other}"), NOW, Unproven::Differs),
            (&format!("t={},v1={hexed}", NOW + 1), NOW, Unproven::Differs),
            (&format!("t={NOW},v2={hexed}"), NOW, Unproven::Form),
            (&format!("v1={hexed}"), NOW, Unproven::Form),
            (&format!("t={NOW},v1=ab"), NOW, Unproven::Form),
        ] {
            assert_eq!(come(given, now), Err(why), "{given}");
        }
        let nothing = proven(&fields, &HeaderMap::new(), b"body", &secrets, NOW);
        assert_eq!(nothing, Err(Unproven::NoHeader));
        let closed = proven(&fields, &HeaderMap::new(), b"body", &["".into()], NOW);
        assert_eq!(closed, Err(Unproven::NoSecret));
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
