//! What does a proof of who we are look like, byte for byte? HMAC over a request, and the WS-Security `UsernameToken`.
//!
//! Pure: the instant and the nonce are given. SHA-1 is here because the OASIS profile and some vendors' schemes
//! name it, and nothing else is.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::{digest, hmac};

use super::auth::AuthStyle;
use super::compile::Mapping;
use super::limits::Format;
use super::path::Path;
use super::template::{Given, Slot, TemplateFault, render};

/// How a request is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    pub(super) signed: String,
    pub(super) header: String,
    pub(super) value: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) hash: Hash,
    pub(super) encoding: Encoding,
}

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
}

impl Encoding {
    fn write(self, bytes: &[u8]) -> String {
        use std::fmt::Write;
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::Hex => bytes.iter().fold(String::new(), |mut out, byte| {
                // Writing to a String cannot fail.
                let _ = write!(out, "{byte:02x}");
                out
            }),
        }
    }
}

/// A request as it is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Signable<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Host and port, as in the address.
    pub host: &'a str,
    /// Path without the query.
    pub path: &'a str,
    /// Query without the question mark.
    pub query: &'a str,
    /// The body; empty if there is none.
    pub body: &'a str,
    /// When it is sent, UTC.
    pub at: Timestamp,
    /// Never used before.
    pub nonce: &'a str,
}

impl Mapping {
    /// The headers that sign a request.
    pub fn signature(
        &self,
        style: &AuthStyle,
        how: &Hmac,
        secret: &str,
        request: &Signable<'_>,
    ) -> Result<Vec<(String, String)>, TemplateFault> {
        let mut values = self.identity(style, secret)?;
        let (_, key) = style.halves(secret);
        let hash = match how.hash {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha512 => &digest::SHA512,
        };
        let algorithm = match how.hash {
            Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha512 => hmac::HMAC_SHA512,
        };
        let body_hash = digest::digest(hash, request.body.as_bytes());
        for (name, value) in [
            ("method", request.method.to_owned()),
            ("host", request.host.to_owned()),
            ("path", request.path.to_owned()),
            ("query", request.query.to_owned()),
            ("body", request.body.to_owned()),
            ("body_hash", how.encoding.write(body_hash.as_ref())),
            ("timestamp", request.at.as_second().to_string()),
            ("date", stamp(request.at)),
            ("nonce", request.nonce.to_owned()),
        ] {
            values.insert(name.to_owned(), Given::One(value));
        }
        let signed = render(&how.signed, Slot::Plain, &values)?;
        let tag = hmac::sign(
            &hmac::Key::new(algorithm, key.as_bytes()),
            signed.as_bytes(),
        );
        let signature = how.encoding.write(tag.as_ref());
        values.insert("signature".to_owned(), Given::One(signature));
        let mut headers = vec![(
            how.header.clone(),
            render(&how.value, Slot::Header, &values)?,
        )];
        for (name, template) in &how.headers {
            headers.push((name.clone(), render(template, Slot::Header, &values)?));
        }
        Ok(headers)
    }
}

const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const PROFILE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
const MESSAGE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0";

/// The `Security` header of the OASIS `UsernameToken` profile 1.0: the password as it is, or as
/// Base64(SHA-1(nonce + created + password)) (3.1).
pub fn username_token(
    user: &str,
    password: &str,
    is_digest: bool,
    nonce: &[u8],
    at: Timestamp,
) -> String {
    let created = stamp(at);
    let (kind, shown) = if is_digest {
        let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        for part in [nonce, created.as_bytes(), password.as_bytes()] {
            context.update(part);
        }
        ("PasswordDigest", STANDARD.encode(context.finish()))
    } else {
        ("PasswordText", super::template::xml(password))
    };
    format!(
        "<wsse:Security xmlns:wsse=\"{WSSE}\" xmlns:wsu=\"{WSU}\"><wsse:UsernameToken>\
         <wsse:Username>{}</wsse:Username>\
         <wsse:Password Type=\"{PROFILE}#{kind}\">{shown}</wsse:Password>\
         <wsse:Nonce EncodingType=\"{MESSAGE}#Base64Binary\">{}</wsse:Nonce>\
         <wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>",
        super::template::xml(user),
        STANDARD.encode(nonce),
    )
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Mapping {
    /// One value of a small reply, JSON or XML, by its path: for tokens.
    pub(super) fn value_in(&self, bytes: &[u8], path: &str) -> Option<String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let bytes = bytes.trim_ascii_start();
        if bytes.starts_with(b"{") {
            let reply: serde_json::Value = serde_json::from_slice(bytes).ok()?;
            let found = path.split('/').try_fold(&reply, |at, name| at.get(name))?;
            return match found {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
        }
        let whole = self.anything(Format::Xml, bytes, None).ok()?;
        Path::parse(path).ok()?.first(&whole.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers were worked out with another implementation (Python's hashlib).
    #[test]
    fn a_digest_is_sha1_of_nonce_created_and_password() {
        let at: Timestamp = "2003-07-16T01:24:32Z".parse().unwrap();
        let header = username_token("NNK", "taadtaadpstcsm", true, b"hello world", at);
        assert!(header.contains("<wsu:Created>2003-07-16T01:24:32Z</wsu:Created>"));
        assert!(header.contains(">aGVsbG8gd29ybGQ=</wsse:Nonce>"));
        assert!(
            header.contains("#PasswordDigest\">hQXtXW9m5BBFm0LgpV6s1DHGcqA=</wsse:Password>"),
            "{header}"
        );
        assert!(!header.contains("taadtaadpstcsm"));
        let text = username_token("a&b", "p<q", false, b"x", at);
        assert!(
            text.contains("<wsse:Username>a&amp;b<") && text.contains("#PasswordText\">p&lt;q<")
        );
    }
}
