//! The laws between the rooms, kept by reading the source: who may name whom, who may do what, and that what
//! the documents name exists.
#![allow(
    clippy::unwrap_used,
    reason = "a source that cannot be read fails the test, as it should"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use greentick::simulator::SWITCHES;

/// Each room, and the rooms of ours that it may name. `*` means all.
const LAW: [(&str, &[&str]); 15] = [
    ("practice", &[]),
    ("sampling", &[]),
    ("consistency", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("shape", &[]),
    ("mapping", &["practice", "shape"]),
    // A proof of who we are is about real time, and a token ends at one.
    ("case_system", &["clock", "mapping", "practice"]),
    ("ledger", &["practice"]),
    (
        "settings",
        &["clock", "mapping", "practice", "sampling", "shape"],
    ),
    (
        "app",
        &[
            "case_system",
            "clock",
            "ledger",
            "mapping",
            "practice",
            "sampling",
        ],
    ),
    // The doors prove a caller as the mapping describes it.
    ("web", &["app", "clock", "mapping", "practice", "telemetry"]),
    ("daemon", &["app", "clock", "settings", "telemetry", "web"]),
    ("cli", &["*"]),
    // The council shares no code with what it tries: not the rules, the mapping or the adapter.
    ("simulator", &["clock"]),
];

/// Files that may name more than their room. The council in memory implements the same trait as a live case
/// system, and so speaks its types.
const BEYOND: [(&str, &[&str]); 1] = [("src/simulator/memory.rs:", &["case_system", "practice"])];

/// A word, and the rooms or files that may say it.
const CONFINED: [(&str, &[&str]); 6] = [
    ("sqlx::", &["ledger"]),
    // `doctor` asks our own door whether the daemon is ready.
    ("reqwest::", &["case_system", "simulator", "cli/doctor.rs"]),
    ("axum::", &["web", "simulator"]),
    ("tokio::spawn", &["daemon", "simulator"]),
    ("time::sleep", &["daemon", "simulator"]),
    ("rusqlite", &[]),
];

/// Words that no pure room says.
const IMPURE: [&str; 8] = [
    "HashMap",
    "HashSet",
    "async fn",
    "async move",
    "SystemTime",
    "std::fs",
    "std::net",
    "tokio",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every line of code (no comments) with its room and its place.
fn code() -> Vec<(String, String, String)> {
    let source = root().join("src");
    let mut lines = Vec::new();
    for file in files_under(&source, ".rs") {
        let inside = file.strip_prefix(&source).unwrap();
        let first = inside.iter().next().unwrap().to_string_lossy();
        let room = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&file).unwrap();
        for (index, line) in text.lines().enumerate() {
            if !line.trim_start().starts_with("//") {
                let place = format!("src/{}:{}", inside.display(), index + 1);
                lines.push((room.clone(), place, line.to_owned()));
            }
        }
    }
    assert!(lines.len() > 1_000, "the source was not found");
    lines
}

fn none(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_room_names_only_the_rooms_it_may() {
    let mut broken = Vec::new();
    for (room, place, line) in code() {
        let Some((_, may)) = LAW.iter().find(|(name, _)| *name == room) else {
            if !["lib", "main"].contains(&room.as_str()) {
                broken.push(format!("{place}: room `{room}` is not in the law"));
            }
            continue;
        };
        for rest in line.split("crate::").skip(1) {
            let named: String = rest
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            let is_room = LAW.iter().any(|(name, _)| *name == named);
            let beyond = BEYOND
                .iter()
                .any(|(file, more)| place.starts_with(file) && more.contains(&named.as_str()));
            if is_room
                && !beyond
                && named != room
                && !may.contains(&"*")
                && !may.contains(&named.as_str())
            {
                broken.push(format!("{place}: `{room}` may not name `{named}`"));
            }
            assert!(
                !named.is_empty(),
                "{place}: name one room in each `use crate::`"
            );
        }
    }
    none(&broken);
}

#[test]
fn each_power_stays_in_its_room() {
    let mut broken = Vec::new();
    for (room, place, line) in code() {
        for (word, rooms) in CONFINED {
            let may = |one: &&str| *one == room || place.starts_with(&format!("src/{one}:"));
            if line.contains(word) && !rooms.iter().any(may) {
                broken.push(format!("{place}: `{word}` belongs to {rooms:?}"));
            }
        }
        if ["practice", "sampling", "consistency", "mapping", "shape"].contains(&room.as_str()) {
            for word in IMPURE {
                if line.contains(word) {
                    broken.push(format!("{place}: `{word}` in a pure room"));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn each_allow_has_a_reason() {
    let mut broken = Vec::new();
    for file in files_under(&root().join("src"), ".rs") {
        let text = fs::read_to_string(&file).unwrap();
        for attribute in ["#[allow(", "#![allow("] {
            for rest in text.split(attribute).skip(1) {
                let inside = rest.split(")]").next().unwrap_or_default();
                if !inside.contains("reason") {
                    broken.push(format!("{}: {inside}", file.display()));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn each_setting_is_explained_in_the_manual() {
    let manual = fs::read_to_string(root().join("config/default.toml")).unwrap();
    let mut before = "";
    let mut keys = BTreeSet::new();
    for line in manual.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with("# "), "`{line}` is not explained");
            keys.insert(line);
        }
        before = line;
    }
    assert!(keys.len() > 40, "{} keys", keys.len());
}

#[test]
fn the_files_that_documents_link_to_exist() {
    let mut broken = Vec::new();
    let mut documents = files_under(&root().join("docs"), ".md");
    documents.push(root().join("README.md"));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap_or_default();
            let is_file = !link.is_empty() && !link.contains("://") && !link.contains(' ');
            if is_file && !document.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: no `{link}`", document.display()));
            }
        }
    }
    none(&broken);
}

#[test]
fn settings_hold_no_secret_and_nobody_by_name() {
    for file in files_under(&root().join("config"), ".toml") {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let named = line.starts_with("name = ") && !line.contains("case-system");
            let secret = ["password", "token =", "secret ="]
                .iter()
                .any(|word| line.contains(word));
            assert!(!named && !secret, "{}: {line}", file.display());
        }
    }
}

#[test]
fn each_pitfall_has_its_line_and_its_tests() {
    let table = fs::read_to_string(root().join("docs/pitfalls.md")).unwrap();
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        for file in files_under(&root().join(folder), ".rs") {
            let text = fs::read_to_string(file).unwrap();
            for rest in text.split("fn p").skip(1) {
                let name = rest.split('(').next().unwrap_or_default();
                let number = name.get(..2).unwrap_or_default();
                if number.bytes().all(|byte| byte.is_ascii_digit()) && name.get(2..3) == Some("_") {
                    tests.insert(format!("p{name}"));
                }
            }
        }
    }
    let mut broken = Vec::new();
    for number in 1..=42 {
        let id = format!("P{number:02}");
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| {id} |")));
        let row: Vec<&str> = row.unwrap_or_default().split('`').collect();
        if !row.iter().any(|word| tests.contains(*word)) {
            broken.push(format!("{id}: no line with a test that there is"));
        }
        let switches = SWITCHES.iter().map(|fault| fault.switch().id);
        for switch in switches.filter(|switch| switch.split('/').next() == Some(id.as_str())) {
            if !row.contains(&switch) {
                broken.push(format!("{id}: the switch {switch} is not in its line"));
            }
        }
    }
    for test in &tests {
        if !table.contains(&format!("`{test}`")) {
            broken.push(format!("{test}: not in docs/pitfalls.md"));
        }
    }
    none(&broken);
}
