//! Does the demo come to a good end, also when it is killed on the way? The real program, killed by SIGKILL after so
//! many lines and started again with the same ledger.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use greentick::simulator::Dialect;

/// Runs the demo until it has said `lines` lines and kills it, or to its end; says whether it ended well, and what it said.
fn demo(dir: &Path, lines: usize) -> (Option<bool>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_greentick"))
        .args(["demo", "--exit", "--dir"])
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    for line in said.by_ref().take(lines) {
        text.push_str(&line.unwrap());
        text.push('\n');
    }
    if said.next().is_none() {
        return (Some(child.wait().unwrap().success()), text);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (None, text)
}

#[test]
fn killed_again_and_again_it_goes_on_and_nothing_is_lost_or_said_twice() {
    let folder = tempfile::tempdir().unwrap();
    // While allocating, reminding, holding and permitting, chasing; the last time to its end.
    for (round, lines) in [1, 3, 30, 50, 40, 40].into_iter().enumerate() {
        let (ended, text) = demo(folder.path(), lines);
        assert_eq!(ended, None, "it should still have been playing: {text}");
        assert_eq!(text.contains("Going on where"), round > 0, "{text}");
    }
    let (ended, text) = demo(folder.path(), usize::MAX);
    assert_eq!(ended, Some(true), "{text}");
    // The summary compares ledger and council one by one, each mark once.
    assert!(text.contains("agree on every step, every answer"), "{text}");
    let ledger = format!("sqlite:{}/greentick.sqlite3", folder.path().display());
    let verified = Command::new(env!("CARGO_BIN_EXE_greentick"))
        .args(["ledger", "verify", "--ledger", &ledger])
        .status()
        .unwrap();
    assert!(verified.success());
    // What it drew and published belongs together, byte for byte.
    let published = "sample verify frame.csv policy.toml certificate.json --record freeze.json --exclusions exclusions.csv \
                     --assignment assignment.json --list sample.csv --list sample.json";
    let verified = Command::new(env!("CARGO_BIN_EXE_greentick"))
        .args(published.split_whitespace())
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(verified.success());
    // The narrative planted in the forms has not come along.
    for name in ["greentick.sqlite3", "journal.jsonl", "sample.csv"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        let canary = b"CANARY";
        let found = bytes.windows(canary.len()).any(|part| part == canary);
        assert!(!found, "narrative stands in {name}");
    }
}

#[test]
fn in_every_dialect_the_same_cycle_comes_to_the_same_end() {
    let played = Dialect::ALL.map(Dialect::name).map(|dialect| {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_greentick"))
            .args(["demo", "--exit", "--dialect", dialect, "--dir"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        (dialect, folder, child)
    });
    let told = played.map(|(dialect, folder, child)| {
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{dialect}: {said}");
        assert!(said.contains("agree on every step, every answer"), "{said}");
        let summary = std::fs::read_to_string(folder.path().join("summary.json")).unwrap();
        (dialect, summary)
    });
    for (dialect, summary) in &told {
        assert_eq!(*summary, told[0].1, "{dialect}");
    }
}
