//! Are the pages that are made from the rules what the rules say? `config/policy.toml` names every rule with its stance
//! and numbers.
//!
//! `GREENTICK_RENEW=1 cargo test --test pages` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a page that cannot be read fails the test, as it should"
)]

use std::fmt::Write;
use std::path::Path;

use greentick::practice::rules::{ParameterKind, RULES, Rule};

const BEGIN: &str = "# BEGIN RULES\n";
const END: &str = "# END RULES\n";

/// Holds a file to what it should be, or renews it.
fn hold(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let present = std::fs::read_to_string(&path).unwrap();
    if present == wanted {
        return;
    }
    if std::env::var_os("GREENTICK_RENEW").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let differs = present
        .lines()
        .zip(wanted.lines())
        .position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| present.lines().count().min(wanted.lines().count())) + 1;
    panic!("{file}:{line} is stale; renew it with `GREENTICK_RENEW=1 cargo test --test pages`");
}

/// Lines of at most `width` characters.
fn wrapped(text: &str, width: usize, prefix: &str) -> String {
    let mut out = String::new();
    let mut line = prefix.to_owned();
    for word in text.split(' ') {
        if line.len() > prefix.len() && line.chars().count() + 1 + word.chars().count() > width {
            let _ = writeln!(out, "{}", line.trim_end());
            prefix.clone_into(&mut line);
        }
        if line.len() > prefix.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{}", line.trim_end());
    out
}

fn points(paragraphs: &[u8]) -> String {
    let points: Vec<String> = paragraphs.iter().map(|n| format!("¶{n}")).collect();
    points.join(" ")
}

fn word<T: serde::Serialize>(value: T) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap().to_owned()
}

/// A parameter's default as TOML.
fn default(kind: ParameterKind) -> String {
    match kind {
        ParameterKind::Number { default, .. } => default.to_string(),
        ParameterKind::Yes(yes) => yes.to_string(),
        ParameterKind::Word(words) => format!("\"{}\"", words[0]),
        ParameterKind::Codes(codes) => format!("{codes:?}"),
    }
}

fn in_policy(rule: &Rule) -> String {
    let mut text = wrapped(
        &format!("{} ({}).", rule.title, points(rule.paragraphs)),
        120,
        "# ",
    );
    let _ = writeln!(text, "[rules.\"{}\"]", rule.code);
    let _ = writeln!(text, "stance = \"{}\"", word(rule.stance));
    for parameter in rule.parameters() {
        text += &wrapped(parameter.meaning, 120, "# ");
        let _ = writeln!(text, "{} = {}", parameter.key, default(parameter.kind));
    }
    text
}

#[test]
fn the_policy_file_names_every_rule_with_its_stance_and_numbers() {
    let file = "config/policy.toml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let present = std::fs::read_to_string(path).unwrap();
    let (head, rest) = present.split_once(BEGIN).expect("`# BEGIN RULES`");
    let (_, tail) = rest.split_once(END).expect("`# END RULES`");
    let mut rules: Vec<&Rule> = RULES.iter().collect();
    rules.sort_by_key(|rule| rule.code);
    let rules: Vec<String> = rules.into_iter().map(in_policy).collect();
    hold(
        file,
        &format!("{head}{BEGIN}{}{END}{tail}", rules.join("\n")),
    );
}
