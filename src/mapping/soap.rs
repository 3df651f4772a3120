//! How does a request stand in a SOAP envelope? (M1)

use super::compile::{Desk, Mapping};
use super::envelope::EnvelopeRow;
use super::template::{Slot, TemplateFault, render};
use super::writing::Put;

/// The name under which a request carries its action until it is sent.
pub const ACTION: &str = "SOAPAction";

/// What a request stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing.
    #[default]
    None,
    /// SOAP 1.1: `text/xml`, the action in a header.
    Soap11,
    /// SOAP 1.2: `application/soap+xml`, the action in the content type.
    Soap12,
}

/// The envelope of requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrapper {
    /// Which.
    pub(super) style: Wrapping,
    /// Template of what stands in its header, besides a proof of who we are.
    header: Option<String>,
}

impl Mapping {
    /// What requests stand in.
    pub fn wrapping(&self) -> Wrapping {
        self.client.wrapper.style
    }

    /// Says what the action of a call is, until it is sent: SOAP 1.2 names it in the content type, SOAP 1.1 in a header
    /// of its own. In an envelope of ours that is seen to by [`Self::wrapped`].
    pub(super) fn put_action(
        &self,
        action: &str,
        content_type: &mut String,
        headers: &mut Vec<(String, String)>,
    ) {
        if self.wrapping() == Wrapping::None && content_type.starts_with("application/soap+xml") {
            *content_type = format!("{content_type}; action=\"{action}\"");
        } else {
            headers.push((ACTION.to_owned(), format!("\"{action}\"")));
        }
    }

    /// A request as it is sent: its body in an envelope, its action where the version wants it. `security` is XML
    /// that proves who we are. Without a body, or without an envelope, it stays as it is.
    pub fn wrapped(&self, put: &Put, security: &str) -> Result<Put, TemplateFault> {
        let envelope = &self.client.wrapper;
        let (Some((written, inside)), false) = (&put.body, envelope.style == Wrapping::None) else {
            return Ok(put.clone());
        };
        let header = match &envelope.header {
            Some(template) => render(template, Slot::Xml, &self.own_values())?,
            None => String::new(),
        };
        let (space, kind) = match envelope.style {
            Wrapping::Soap12 => (
                "http://www.w3.org/2003/05/soap-envelope",
                "application/soap+xml; charset=utf-8",
            ),
            _ => (
                "http://schemas.xmlsoap.org/soap/envelope/",
                "text/xml; charset=utf-8",
            ),
        };
        let header = match security.len() + header.len() {
            0 => String::new(),
            _ => format!("<soap:Header>{security}{header}</soap:Header>"),
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{space}\">{header}\
             <soap:Body>{inside}</soap:Body></soap:Envelope>"
        );
        let is_action = |name: &str| name.eq_ignore_ascii_case(ACTION);
        let action = put.headers.iter().find(|(name, _)| is_action(name));
        let action = action.map(|(_, action)| action.trim_matches('"'));
        // The content type is the envelope's own, but an action that was written into it is meant.
        let action = action.or(action_in(written)).map(str::to_owned);
        let mut headers: Vec<_> = put
            .headers
            .iter()
            .filter(|(name, _)| !is_action(name))
            .cloned()
            .collect();
        let mut kind = kind.to_owned();
        match (envelope.style, action) {
            // SOAP 1.1 wants the header even without an action (6.1.1 of its note).
            (Wrapping::Soap11, action) => {
                headers.push((
                    ACTION.to_owned(),
                    format!("\"{}\"", action.unwrap_or_default()),
                ));
            }
            (_, Some(action)) => kind = format!("{kind}; action=\"{action}\""),
            (_, None) => {}
        }
        Ok(Put {
            method: put.method.clone(),
            path: put.path.clone(),
            headers,
            body: Some((kind, body)),
        })
    }
}

/// The action that a content type names.
fn action_in(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("action=")?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(';').next().map(str::trim),
    }
}

impl Desk<'_> {
    /// An action is said once: by itself, or within the content type.
    pub(super) fn one_action(&mut self, at: &str, action: Option<&String>, content_type: &str) {
        if action.is_some() && action_in(content_type).is_some() {
            let message =
                "the action stands in `content_type` as well, and only one of them can be sent";
            let help = "take it out of `content_type`".to_owned();
            self.fault(&format!("{at}.action"), message, Some(help));
        }
    }

    pub(super) fn wrapper(
        &mut self,
        row: &EnvelopeRow,
        known: &std::collections::BTreeSet<&str>,
    ) -> Wrapper {
        if let Some(header) = &row.header {
            self.template("envelope.header", header, known);
        }
        Wrapper {
            style: match row.style.as_str() {
                "soap11" => Wrapping::Soap11,
                "soap12" => Wrapping::Soap12,
                _ => Wrapping::None,
            },
            header: row.header.clone(),
        }
    }
}
