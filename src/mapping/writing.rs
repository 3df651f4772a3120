//! How is an effect put into the case system's own words?
//!
//! Templates are escaped for the place they stand in, whatever the text is. Absent on purpose:
//! includes, loops without fuel, and secrets.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::compile::Mapping;
use super::language::{Operation, ReadBack, Request};
use super::page::{PageFault, document};
use super::path::Path;
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::EpisodeId;

/// The place a value is put into, and so how it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Text or an attribute of an XML document.
    Xml,
    /// The inside of a JSON string.
    Json,
    /// A path or a query of a URL.
    Url,
}

/// A template that cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault(pub String);

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TemplateFault {}

/// Fills a template; a name it uses that is not among `values` is a fault.
pub(super) fn render(
    template: &str,
    slot: Slot,
    values: &BTreeMap<String, String>,
) -> Result<String, TemplateFault> {
    let name = match slot {
        Slot::Xml => "xml",
        Slot::Json => "json",
        Slot::Url => "url",
    };
    fill(name, template, values)
}

/// Fills a template that is compared, not sent.
fn render_plain(
    template: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, TemplateFault> {
    fill("plain", template, values)
}

fn fill(
    name: &str,
    template: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, TemplateFault> {
    environment()
        .render_named_str(
            name,
            template,
            Value::from_pairs(
                values
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            ),
        )
        .map_err(|error| TemplateFault(error.to_string()))
}

/// Whether a template can be read at all.
pub(super) fn check(template: &str) -> Result<(), TemplateFault> {
    environment()
        .template_from_str(template)
        .map(|_| ())
        .map_err(|error| TemplateFault(error.to_string()))
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(50_000));
    environment.set_auto_escape_callback(|name| match name {
        "xml" => AutoEscape::Custom("xml".into()),
        "json" => AutoEscape::Custom("json".into()),
        "plain" => AutoEscape::None,
        _ => AutoEscape::Custom("url".into()),
    });
    environment.set_formatter(|out, state, value| {
        let text = if value.is_undefined() || value.is_none() {
            String::new()
        } else {
            value.to_string()
        };
        let escaped = match state.auto_escape() {
            AutoEscape::Custom(slot) if slot == "xml" => xml(&text),
            AutoEscape::Custom(slot) if slot == "json" => json(&text),
            AutoEscape::None => text,
            _ => url(&text),
        };
        out.write_str(&escaped).map_err(Into::into)
    });
    environment
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            // XML 1.0 has no way to write these at all.
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                out.push(' ');
            }
            other => out.push(other),
        }
    }
    out
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned()
}

fn url(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What an effect offers to templates, beside the mapping's own `[values]`.
fn values_of(mapping: &Mapping, effect: &Effect) -> BTreeMap<String, String> {
    let mut values = mapping.values.clone();
    let mut put = |name: &str, value: String| values.insert(name.to_owned(), value);
    put(
        "step",
        effect
            .step
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    put(
        "episode",
        effect
            .episode
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    put("mark", effect.mark());
    put("text", effect.marked_text(mapping.text_limit_chars));
    put("audience", audience(effect));
    match &effect.act {
        Act::Flag { flag } | Act::Unflag { flag } => {
            put("flag", flag.clone());
        }
        Act::SampleList {
            cycle,
            episodes,
            certificate,
        } => {
            put("cycle", cycle.clone());
            put("certificate", certificate.to_string());
            let all: Vec<&str> = episodes.iter().map(EpisodeId::as_str).collect();
            put("episodes", all.join(", "));
        }
        Act::Note { .. } | Act::Reopen { .. } | Act::Notice { .. } => {}
    }
    values
}

/// The roles that are told, by their names in mapping files, with spaces between.
fn audience(effect: &Effect) -> String {
    let name = |role| serde_json::to_value(role).ok()?.as_str().map(str::to_owned);
    let names: Vec<String> = effect.audience.iter().filter_map(name).collect();
    names.join(" ")
}

/// What a read-back shows of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Yes,
    /// The mark, but not what should have come with it: repeating would say the note twice.
    Half,
    /// Nothing of it.
    No,
}

/// A request that writes, or that reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// HTTP method.
    pub method: String,
    /// Path and query, after the base address.
    pub path: String,
    /// Content type and body, if there is one.
    pub body: Option<(String, String)>,
}

impl Mapping {
    /// The operation that performs an effect, if the mapping has it.
    pub fn operation(&self, effect: &Effect) -> Option<&Operation> {
        self.write.get(effect.act.operation())
    }

    /// The request that writes an effect.
    pub fn write_request(
        &self,
        operation: &Operation,
        effect: &Effect,
    ) -> Result<Put, TemplateFault> {
        let values = values_of(self, effect);
        let slot = if operation.content_type.contains("json") {
            Slot::Json
        } else {
            Slot::Xml
        };
        Ok(Put {
            method: operation.method.clone(),
            path: render(&operation.path, Slot::Url, &values)?,
            body: Some((
                operation.content_type.clone(),
                render(&operation.body, slot, &values)?,
            )),
        })
    }

    /// The request that reads an effect back.
    pub fn read_back_request(
        &self,
        back: &ReadBack,
        effect: &Effect,
    ) -> Result<Put, TemplateFault> {
        Ok(Put {
            method: "GET".to_owned(),
            path: render(&back.path, Slot::Url, &values_of(self, effect))?,
            body: None,
        })
    }

    /// Whether an answer to the read-back shows the effect.
    pub fn shows(
        &self,
        back: &ReadBack,
        effect: &Effect,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<Shown, PageFault> {
        let values = values_of(self, effect);
        let plain =
            |template: &str| render_plain(template, &values).map_err(|fault| PageFault(fault.0));
        let document = document(bytes, charset, &back.root)?;
        let at = |written: &str| {
            Path::parse(written)
                .map(|path| path.values(&document))
                .map_err(PageFault)
        };
        let needle = plain(&back.contains)?;
        if needle.is_empty() {
            return Err(PageFault("the read-back looks for nothing".to_owned()));
        }
        let there = at(&back.find)?
            .iter()
            .any(|(value, _)| value.contains(&needle));
        let also = match &back.also {
            None => true,
            Some(also) => {
                let wanted = plain(&also.is)?;
                at(&also.find)?.iter().any(|(value, _)| *value == wanted)
            }
        };
        Ok(match (there != back.absent, also) {
            (true, true) => Shown::Yes,
            (true, false) => Shown::Half,
            (false, _) => Shown::No,
        })
    }

    /// The path of a read request.
    pub fn read_path(&self, request: &Request, asked: &Asked<'_>) -> Result<String, TemplateFault> {
        let mut values = self.values.clone();
        let since = asked
            .since
            .map(|at| at.strftime(&request.since_format).to_string());
        values.insert("since".to_owned(), since.unwrap_or_default());
        values.insert("offset".to_owned(), asked.offset.to_string());
        values.insert("limit".to_owned(), request.page_size.to_string());
        values.insert(
            "token".to_owned(),
            asked.token.unwrap_or_default().to_owned(),
        );
        values.insert("step".to_owned(), asked.step.unwrap_or_default().to_owned());
        render(&request.path, Slot::Url, &values)
    }

    /// How the change feed is asked.
    pub fn feed(&self) -> &Request {
        &self.feed
    }

    /// How open steps are asked for, if the mapping says.
    pub fn sweep(&self) -> Option<&Request> {
        self.sweep.as_ref()
    }

    /// How one step is asked for, if the mapping says.
    pub fn single(&self) -> Option<&Request> {
        self.step.as_ref()
    }
}

/// What a read request asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Changes at or after this instant, UTC.
    pub since: Option<Timestamp>,
    /// Continuation token.
    pub token: Option<&'a str>,
    /// Records already read.
    pub offset: u64,
    /// The step's id.
    pub step: Option<&'a str>,
}
