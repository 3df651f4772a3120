//! How is a template filled, whatever the text is? Escaped for the place it stands in.
//!
//! Absent on purpose: includes, loops without fuel, and secrets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

/// The place a value is put into, and so how it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Text or an attribute of an XML document.
    Xml,
    /// The inside of a JSON string.
    Json,
    /// A path or a query of a URL.
    Url,
    /// The value of an HTTP header.
    Header,
    /// A text that is compared, not sent.
    Plain,
}

impl Slot {
    /// The place that a body of this content type is. A form is escaped like a URL; the parts of a multipart body
    /// are text as it is, and its boundary is not guessed.
    pub(super) fn of(content_type: &str) -> Self {
        if content_type.contains("json") {
            Self::Json
        } else if content_type.contains("form-urlencoded") {
            Self::Url
        } else if content_type.starts_with("text/plain") || content_type.starts_with("multipart/") {
            Self::Plain
        } else {
            Self::Xml
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Url => "url",
            Self::Header => "header",
            Self::Plain => "plain",
        }
    }
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

/// What a name of a template stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// One text.
    One(String),
    /// A list, for loops.
    Many(Vec<String>),
    /// A list of rows, for loops; each value by its name.
    Rows(Vec<BTreeMap<String, String>>),
}

/// What a template may name.
pub(super) type Values = BTreeMap<String, Given>;

/// Fills a template; a name it uses that is not among `values` is a fault.
pub(super) fn render(template: &str, slot: Slot, values: &Values) -> Result<String, TemplateFault> {
    let given = values.iter().map(|(name, given)| {
        let value = match given {
            Given::One(text) => Value::from(text.as_str()),
            Given::Many(texts) => Value::from(texts.clone()),
            Given::Rows(rows) => {
                let row = |row: &BTreeMap<String, String>| {
                    let pairs = row.iter();
                    Value::from_pairs(
                        pairs.map(|(name, text)| (name.as_str(), Value::from(text.as_str()))),
                    )
                };
                Value::from(rows.iter().map(row).collect::<Vec<Value>>())
            }
        };
        (name.as_str(), value)
    });
    environment()
        .render_named_str(slot.name(), &braced(template), Value::from_pairs(given))
        .map_err(|error| TemplateFault(error.to_string()))
}

/// The names that a template uses; a fault if it cannot be read at all.
pub(super) fn names(template: &str) -> Result<BTreeSet<String>, TemplateFault> {
    environment()
        .template_from_str(&braced(template))
        .map(|read| read.undeclared_variables(false).into_iter().collect())
        .map_err(|error| TemplateFault(error.to_string()))
}

/// A template in which a brace just before `{%`, `{#` or `{{` is a brace: JSON has `{` where an object begins, and
/// the engine would take the first two of `{{%` for the beginning of a value.
fn braced(template: &str) -> Cow<'_, str> {
    let inner = ['%', '#', '{'];
    let is_meant = |at: usize| {
        template
            .get(at + 2..)
            .is_some_and(|rest| rest.starts_with(inner))
    };
    let mut places = template.match_indices("{{").map(|(at, _)| at);
    if !places.any(is_meant) {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len() + 64);
    for (at, letter) in template.char_indices() {
        let is_first = template
            .get(at..)
            .is_some_and(|rest| rest.starts_with("{{"));
        if is_first && is_meant(at) {
            out.push_str("{% raw %}{{% endraw %}");
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(50_000));
    environment.set_auto_escape_callback(|name| match name {
        "xml" => AutoEscape::Custom("xml".into()),
        "json" => AutoEscape::Custom("json".into()),
        "header" => AutoEscape::Custom("header".into()),
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
            AutoEscape::Custom(slot) if slot == "header" => header(&text),
            AutoEscape::None => text,
            _ => url(&text),
        };
        out.write_str(&escaped).map_err(Into::into)
    });
    environment
}

pub(super) fn xml(text: &str) -> String {
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

/// A header takes visible ASCII and blanks; a line end would begin another header.
fn header(text: &str) -> String {
    let plain = |letter: &char| *letter == ' ' || letter.is_ascii_graphic();
    text.chars().filter(plain).collect()
}

pub(super) fn url(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brace_of_json_before_a_block_or_a_value_is_a_brace() {
        let values: Values = [("since", "\"9\""), ("none", "")]
            .map(|(name, text)| (name.to_owned(), Given::One(text.to_owned())))
            .into();
        for (template, wanted) in [
            (
                r#"{"a":{{% if since %}"b":"{{ since }}"{% endif %}}}"#,
                r#"{"a":{"b":"\"9\""}}"#,
            ),
            (r#"{"a":{{% if none %}"b":1{% endif %}}}"#, r#"{"a":{}}"#),
            (r#"{"a":{{# nothing #}}}"#, r#"{"a":{}}"#),
            (r"[{{{ none }}}]", "[{}]"),
            (r#"{"a":{"b":{{ none }}}}"#, r#"{"a":{"b":}}"#),
            (r#"{ {% if since %}"b":1{% endif %}}"#, r#"{ "b":1}"#),
        ] {
            assert_eq!(
                render(template, Slot::Json, &values).unwrap(),
                wanted,
                "{template}"
            );
        }
        assert!(
            names("{{% if since %}1{% endif %}}")
                .unwrap()
                .contains("since")
        );
    }
}
