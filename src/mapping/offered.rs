//! What does an effect offer to the templates that write it?

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::compile::Mapping;
use super::template::{Given, Values};
use super::text::clean;
use super::write_table::Operation;
use super::writing::put_one;
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::EpisodeId;

impl Mapping {
    /// What an effect offers to templates, beside the mapping's own `[values]`.
    pub(super) fn values_of(&self, operation: &Operation, effect: &Effect) -> Values {
        let mut values = self.own_values();
        let mut put = |name: &str, value: String| values.insert(name.to_owned(), Given::One(value));
        let step = effect.step.as_ref().map(|step| self.item_of(step.as_str()));
        put("step", step.unwrap_or_default().to_owned());
        let episode = effect.episode.as_ref().map(ToString::to_string);
        put("episode", episode.unwrap_or_default());
        put("mark", effect.mark());
        let limit = operation.text_limit_chars;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let text = effect.marked_text(limit.unwrap_or(self.text_limit_chars));
        put("text", clean(&text, self.text_bmp));
        put("audience", audience(effect));
        match &effect.act {
            Act::Flag { flag } | Act::Unflag { flag } => {
                put("flag", self.flags.get(flag).unwrap_or(flag).clone());
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
                let file = format!("ticket,le_id\r\n{}", rows(&all));
                put("document_base64", BASE64_STANDARD.encode(&file));
                put("document", file);
                put("file_name", format!("sample-{}.csv", effect.mark()));
                put("boundary", format!("greentick-{}", effect.mark()));
            }
            Act::AnswerTask { task, .. } => put_one(&mut values, "task", task.to_string()),
            Act::Due { due } => put_one(&mut values, "due", due.to_string()),
            Act::Note { .. } | Act::Reopen { .. } | Act::Notice { .. } => {}
        }
        values
    }
}

/// The episodes as rows of a CSV file, numbered in ticket order.
fn rows(episodes: &[&str]) -> String {
    let quoted = |id: &str| format!("\"{}\"", id.replace('"', "\"\""));
    let mut rows = String::new();
    for (nth, id) in episodes.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(rows, "{},{}\r\n", nth + 1, quoted(id));
    }
    rows
}

/// The roles that are told, by their names in mapping files, with spaces between.
pub(super) fn audience(effect: &Effect) -> String {
    let name = |role| serde_json::to_value(role).ok()?.as_str().map(str::to_owned);
    let names: Vec<String> = effect.audience.iter().filter_map(name).collect();
    names.join(" ")
}
