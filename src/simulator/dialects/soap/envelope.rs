//! What stands around a SOAP message? The envelope of either version, the action, and who is asking.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use secrecy::ExposeSecret;

use super::super::xml::read::Element;
use super::super::xml::write::{NAMESPACE, element, escaped};
use crate::simulator::council::Council;
use crate::simulator::desk::{Refusal, bad};
use axum::http::StatusCode;

/// Which version of SOAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.1: `text/xml`, and the action in a header of its own.
    Eleven,
    /// 1.2: `application/soap+xml`, and the action in the content type.
    Twelve,
}

const SECURITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const DIGEST: &str = "#PasswordDigest";
/// The user who may ask.
const USER: &str = "greentick";

impl Version {
    /// The envelope's namespace.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Eleven => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::Twelve => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The content type of its messages.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Eleven => "text/xml",
            Self::Twelve => "application/soap+xml",
        }
    }

    /// A message with this body.
    pub(crate) fn message(self, body: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <soap:Envelope xmlns:soap=\"{}\" xmlns:cw=\"{NAMESPACE}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soap:Body>\n{body}\n</soap:Body></soap:Envelope>\n",
            self.namespace()
        )
    }

    /// A fault: whose it is, its code in our words, and what is the matter.
    pub(crate) fn fault(self, (status, code, text): &Refusal) -> String {
        let ours = status.is_server_error();
        let code = super::super::json::camel(code);
        let code = match code.as_str() {
            "Restricted" => "AccessDenied",
            "Unauthorized" => "FailedAuthentication",
            other => other,
        };
        let detail = format!("<cw:Fault><cw:Code>{code}</cw:Code></cw:Fault>");
        let body = match self {
            Self::Eleven => format!(
                "<soap:Fault><faultcode>soap:{}</faultcode>{}<detail>{detail}</detail></soap:Fault>",
                if ours { "Server" } else { "Client" },
                element("faultstring", text)
            ),
            Self::Twelve => format!(
                "<soap:Fault><soap:Code><soap:Value>soap:{}</soap:Value><soap:Subcode>\
                 <soap:Value>cw:{code}</soap:Value></soap:Subcode></soap:Code><soap:Reason>\
                 <soap:Text xml:lang=\"en\">{}</soap:Text></soap:Reason><soap:Detail>{detail}</soap:Detail></soap:Fault>",
                if ours { "Receiver" } else { "Sender" },
                escaped(text)
            ),
        };
        self.message(&body)
    }
}

/// A message that was read.
pub(super) struct Message {
    pub(super) version: Version,
    /// What the header says.
    header: Option<Element>,
    /// The operation asked for, with its parameters.
    pub(super) operation: Element,
}

/// Reads a message; the version is told even if the rest is wrong.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Message, (Version, Refusal)> {
    let kind = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let said = if kind.starts_with(Version::Twelve.content_type()) {
        Version::Twelve
    } else {
        Version::Eleven
    };
    let refuse = |why: String| (said, bad(why));
    let root = Element::read(body).map_err(refuse)?;
    if root.name != "Envelope" || root.space != said.namespace() {
        let (status, code) = (StatusCode::BAD_REQUEST, "VERSION_MISMATCH");
        let text = format!("content type `{kind}` and the envelope do not agree");
        return Err((said, (status, code, text)));
    }
    let header = root.child("Header").cloned();
    let operation = root.child("Body").and_then(|body| body.children.first());
    let operation = operation.cloned().filter(|one| one.space == NAMESPACE);
    let operation =
        operation.ok_or_else(|| refuse("the body holds no operation of ours".to_owned()))?;
    let action = match said {
        Version::Eleven => headers
            .get("soapaction")
            .and_then(|text| text.to_str().ok()),
        Version::Twelve => kind
            .split(';')
            .find_map(|part| part.trim().strip_prefix("action=")),
    };
    let wanted = format!("{NAMESPACE}/{}", operation.name);
    if action.map(|text| text.trim_matches('"')) != Some(&wanted) {
        return Err(refuse(format!("the action must be \"{wanted}\"")));
    }
    Ok(Message {
        version: said,
        header,
        operation,
    })
}

impl Message {
    /// Whether the message says who sends it: a `UsernameToken` with the password as text, or as its digest.
    pub(super) fn proves(&self, council: &Council) -> Result<(), Refusal> {
        let refused = |why: &str| {
            let why = why.to_owned();
            Err((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", why))
        };
        let security = self
            .header
            .as_ref()
            .and_then(|header| header.child("Security"));
        let token = security.filter(|one| one.space == SECURITY);
        let Some(token) = token.and_then(|one| one.child("UsernameToken")) else {
            return refused("the header must have a wsse:Security with a UsernameToken");
        };
        let text = |name: &str| token.text_of(name).unwrap_or_default();
        let key = council.settings().key.expose_secret();
        let password = token.child("Password");
        let kind = password
            .and_then(|one| one.attribute("Type"))
            .unwrap_or_default();
        let shown = text("Password");
        if text("Username") != USER {
            return refused("the user is unknown");
        }
        if !kind.ends_with(DIGEST) {
            if shown == key {
                return Ok(());
            }
            return refused("the password is wrong");
        }
        let (nonce, created) = (text("Nonce"), text("Created"));
        let Ok(bytes) = STANDARD.decode(&nonce) else {
            return refused("the nonce is no base64");
        };
        let all = [&bytes, created.as_bytes(), key.as_bytes()].concat();
        let wanted = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &all);
        if STANDARD.encode(wanted) != shown {
            return refused("the password's digest is wrong");
        }
        let Ok(created) = created.parse::<jiff::Timestamp>() else {
            return refused("`Created` is no instant");
        };
        // Whoever sends may go by the shown clock or by the machine's.
        let machine = crate::clock::machine_second();
        let near = |second: i64| (created.as_second() - second).abs() <= 300;
        if !near(machine) && !near(council.now().as_second()) {
            return refused("`Created` is more than five minutes off");
        }
        if !council.tokens().first(&nonce) {
            return refused("the nonce was shown before");
        }
        Ok(())
    }
}
