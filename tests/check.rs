//! `greentick check` on broken files: every fault of every file in one run, each with its file, its line and the
//! nearest known word. A case is a text file: the broken files, each after a line `=== NAME`, and what is said
//! after `=== said`, word for word and nothing besides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a case that cannot be read fails the test, as it should"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Lays the case's files out in a folder of their own, and says what `check` says of them.
fn said(folder: &Path, case: &str) -> (String, Option<String>) {
    let mut wanted = None;
    for part in case.split("=== ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap();
        if name == "said" {
            wanted = Some(text.trim_end().to_owned());
        } else {
            let text = text.replace("@REDMINE@", &redmine());
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_greentick"))
        .args(["check", "--config", "greentick.toml"])
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(ran.stderr).unwrap() + &String::from_utf8(ran.stdout).unwrap();
    let text = text.replace(&folder.display().to_string(), "@HERE@");
    let text = text.trim_end().trim_start_matches("greentick: ").to_owned();
    assert_eq!(
        ran.status.code(),
        Some(i32::from(!text.starts_with("no faults")))
    );
    (text, wanted)
}

fn redmine() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/redmine.toml");
    fs::read_to_string(file).unwrap()
}

#[test]
fn every_fault_of_every_file_is_said_in_one_run() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut names: Vec<_> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 6, "the cases were not found");
    for name in names {
        let folder = tempfile::tempdir().unwrap();
        let case = fs::read_to_string(&name).unwrap();
        let (text, wanted) = said(folder.path(), &case);
        assert_eq!(
            text,
            wanted.expect("a case says what is said"),
            "{}",
            name.display()
        );
    }
}

#[test]
fn one_misspelt_key_is_named_with_its_line_and_its_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[source]\nmapping = 'm.toml'\nbase_url = 'http://127.0.0.1:1'\n";
    for (wrong, right) in [
        ("pagin =", "paging ="),
        ("contans =", "contains ="),
        ("acepted =", "accepted ="),
        ("vocabularly =", "vocabulary ="),
        ("refrence =", "reference ="),
    ] {
        let text = redmine().replacen(right, wrong, 1);
        let line = text
            .lines()
            .position(|line| line.starts_with(wrong))
            .unwrap()
            + 1;
        let case = format!("=== m.toml\n{text}\n=== greentick.toml\n{settings}");
        let (text, _) = said(folder.path(), &case);
        let near = right.trim_end_matches(" =");
        let (place, told) = text.split_once(": ").unwrap();
        assert_eq!(place, format!("m.toml:{line}"), "{text}");
        assert!(told.ends_with(&format!("did you mean `{near}`?")), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
