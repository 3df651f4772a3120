//! How is one read put, beyond its path? Method, body, headers and SOAP action (M1), the same in every table that
//! reads: lists, single steps, what a write rests on, where it is found again, and grants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::soap::{ACTION, Wrapping};
use super::template::{Slot, TemplateFault, Values, render};
use super::writing::Put;

/// Everything about a read besides its path, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Call {
    /// HTTP method; empty for GET, or POST if there is a body.
    pub method: String,
    /// Body template, escaped for its content type.
    pub body: Option<String>,
    /// Its content type; none tells it by how the body begins.
    pub content_type: Option<String>,
    /// Header templates.
    pub headers: BTreeMap<String, String>,
    /// SOAP action, a template.
    pub action: Option<String>,
}

impl Call {
    /// Its templates, each with its key below `at`.
    pub(super) fn templates<'c>(&'c self, at: &str) -> Vec<(String, &'c String)> {
        let key = |key: &str| format!("{at}.{key}");
        let one = |name: &str, text: &'c Option<String>| Some((key(name), text.as_ref()?));
        let plain = [
            one("body", &self.body),
            one("content_type", &self.content_type),
            one("action", &self.action),
        ];
        let headers = self.headers.iter();
        let headers = headers.map(|(name, text)| (key(&format!("headers.{name}")), text));
        plain.into_iter().flatten().chain(headers).collect()
    }

    /// Whether it says anything at all.
    pub(super) fn is_plain(&self) -> bool {
        self.method.is_empty() && self.templates("").is_empty()
    }

    fn kind(&self, soap: bool) -> &str {
        let body = self.body.as_deref().unwrap_or_default().trim_start();
        if let Some(kind) = &self.content_type {
            kind
        } else if soap {
            "text/xml"
        } else if body.starts_with(['{', '[']) {
            "application/json"
        } else if body.starts_with('<') {
            "application/xml"
        } else {
            "application/x-www-form-urlencoded"
        }
    }
}

impl Mapping {
    /// The request of a read, before it stands in an envelope.
    pub(super) fn put(
        &self,
        call: &Call,
        path: String,
        values: &Values,
    ) -> Result<Put, TemplateFault> {
        let mut headers = Vec::new();
        for (name, template) in &call.headers {
            headers.push((name.clone(), render(template, Slot::Header, values)?));
        }
        if let Some(action) = &call.action {
            headers.push((ACTION.to_owned(), render(action, Slot::Header, values)?));
        }
        let body = match &call.body {
            None => None,
            Some(template) => {
                let kind = call.kind(self.wrapping() != Wrapping::None);
                let kind = render(kind, Slot::Header, values)?;
                let text = render(template, Slot::of(&kind), values)?;
                Some((kind, text))
            }
        };
        let method = match (call.method.as_str(), &body) {
            ("", None) => "GET",
            ("", Some(_)) => "POST",
            (method, _) => method,
        };
        Ok(Put {
            method: method.to_owned(),
            path,
            headers,
            body,
        })
    }
}

impl Desk<'_> {
    /// Checks a read; `soap` says whether a body stands in an envelope.
    pub(super) fn call(&mut self, at: &str, call: &Call, soap: bool, known: &BTreeSet<&str>) {
        for (place, template) in call.templates(at) {
            self.template(&place, template, known);
        }
        let kind = call.content_type.as_deref().unwrap_or_default();
        self.one_action(at, call.action.as_ref(), kind);
        if call.action.is_some() && !soap {
            let message = "`action` is for SOAP, and `[envelope] style` is none";
            self.fault(&format!("{at}.action"), message, None);
        }
        if call.body.is_some() && call.method == "GET" {
            let message = "a GET has no body; use POST";
            self.fault(&format!("{at}.method"), message, None);
        }
        if soap && call.body.is_none() && call.method.is_empty() && call.action.is_some() {
            let message = "`action` needs a `body`, which stands in the envelope";
            self.fault(&format!("{at}.action"), message, None);
        }
    }
}
