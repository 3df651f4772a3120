//! In what is that which came another thing than a `[[test]]` says?

use super::compile::Mapping;
use super::language::Test;
use super::writing::Put;
use crate::shape;

impl Mapping {
    /// What of a request is another than a test says: its body before it stands in an envelope, all else as it is sent.
    pub(super) fn sent_otherwise(&self, test: &Test, put: Option<&Put>) -> Vec<String> {
        let body = put.and_then(|put| put.body.as_ref());
        let body = body.map_or("", |(_, body)| body);
        let mut differences: Vec<String> = differs("writes", test.writes.as_deref(), body)
            .into_iter()
            .collect();
        // A proof of who we are is no matter of what is written.
        let sent = put.and_then(|put| self.wrapped(put, "").ok());
        let to = sent.as_ref();
        let to = to.map_or_else(String::new, |put| format!("{} {}", put.method, put.path));
        differences.extend(differs("to", test.to.as_deref(), &to));
        for (name, wanted) in &test.sends {
            let got = sent.as_ref().and_then(|put| put.header(name));
            differences.extend(differs(
                &format!("sends {name}"),
                Some(wanted),
                got.unwrap_or_default(),
            ));
        }
        differences
    }
}

impl Put {
    /// A header as it is sent, the content type included.
    fn header(&self, wanted: &str) -> Option<&str> {
        let kind = self.body.as_ref().map(|(kind, _)| ("Content-Type", kind));
        let headers = self.headers.iter();
        let mut all = headers
            .map(|(name, value)| (name.as_str(), value))
            .chain(kind);
        all.find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.as_str())
    }
}

/// The values that a test asks for by a pointer, and that are others. A pointer that leads nowhere is told from a value
/// that is blank.
pub(super) fn pointed(test: &Test, json: &serde_json::Value) -> Vec<String> {
    let values = test.values.iter().filter_map(|(pointer, wanted)| {
        let Some(value) = json.pointer(pointer) else {
            let why = leads_nowhere(json, pointer);
            return Some(format!("{pointer}: wanted `{wanted}`, and {why}"));
        };
        let got = match value {
            serde_json::Value::String(bare) => bare.clone(),
            other => other.to_string(),
        };
        differs(pointer, Some(wanted), &got)
    });
    values.collect()
}

/// How far a pointer leads, and what is there instead.
fn leads_nowhere(json: &serde_json::Value, pointer: &str) -> String {
    let (mut above, mut lost) = ("", pointer.trim_start_matches('/'));
    let mut there = json;
    for (at, _) in pointer.match_indices('/').skip(1) {
        let (so_far, rest) = pointer.split_at(at);
        let Some(found) = json.pointer(so_far) else {
            break;
        };
        (above, lost, there) = (so_far, rest.trim_start_matches('/'), found);
    }
    let lost = lost.split('/').next().unwrap_or_default();
    let above = if above.is_empty() { "the whole" } else { above };
    match there {
        serde_json::Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            let help = shape::meant(lost, &names);
            format!("`{above}` has no `{lost}`; {help}")
        }
        serde_json::Value::Array(all) => format!("`{above}` has {} of them", all.len()),
        serde_json::Value::String(word) => format!("`{above}` is `{word}`"),
        other => format!("`{above}` is `{other}`"),
    }
}

/// What is said of one thing that is another than wanted.
pub(super) fn differs(what: &str, wanted: Option<&str>, got: &str) -> Option<String> {
    let wanted = wanted.filter(|wanted| *wanted != got)?;
    Some(format!("{what}: wanted `{wanted}`, got `{got}`"))
}
