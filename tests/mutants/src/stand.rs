//! What do the woven rules stand on? A crate of their own with the tests that need nothing else, built once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::weave::Weaver;

/// Crates that the rules or their tests name.
const CRATES: [&str; 6] = ["jiff", "proptest", "ring", "serde", "serde_json", "toml"];

/// Tests that need the rules alone; the rules' own tables come first.
pub const TESTS: [&str; 6] = [
    "rules",
    "decisions",
    "permits",
    "pages",
    "calendar",
    "histories",
];

/// What the tests read.
const READ: [&str; 4] = ["config", "docs", "tests/common", "tests/source_points.toml"];

/// Writes the crate to `out`, its rules woven.
pub fn build(root: &Path, out: &Path) -> Result<Weaver, String> {
    let told = |why: io::Error| format!("the crate in {} cannot be written: {why}", out.display());
    let mut weaver = Weaver::default();
    let source = root.join("src/practice");
    let mut files = Vec::new();
    list(&source, &mut files).map_err(told)?;
    // The rules first, so that their numbers are low and stay.
    files.sort_by_key(|file| (!file.starts_with(source.join("rules")), file.clone()));
    for file in files {
        let text = fs::read_to_string(&file).map_err(told)?;
        let name = file.strip_prefix(root).unwrap_or(&file);
        let woven = weaver.weave(&name.display().to_string(), &text)?;
        write(&out.join(name), &woven).map_err(told)?;
    }
    write(&out.join("src/mutant.rs"), include_str!("mutant.rs")).map_err(told)?;
    let library = "#![allow(warnings)]\npub mod mutant;\npub mod practice;\n";
    write(&out.join("src/lib.rs"), library).map_err(told)?;
    let manifest = fs::read_to_string(root.join("Cargo.toml")).map_err(told)?;
    write(&out.join("Cargo.toml"), &described(&manifest)).map_err(told)?;
    if !out.join("Cargo.lock").exists() {
        copy(&root.join("Cargo.lock"), &out.join("Cargo.lock")).map_err(told)?;
    }
    for name in READ {
        copy(&root.join(name), &out.join(name)).map_err(told)?;
    }
    for test in TESTS {
        for name in [format!("tests/{test}.rs"), format!("tests/{test}")] {
            if root.join(&name).exists() {
                copy(&root.join(&name), &out.join(&name)).map_err(told)?;
            }
        }
    }
    Ok(weaver)
}

/// The crate's manifest, with the versions of the main one.
fn described(manifest: &str) -> String {
    let needed = |line: &&str| {
        let name = line.split(" = ").next().unwrap_or_default();
        CRATES.contains(&name)
    };
    let needed: Vec<&str> = manifest.lines().filter(needed).collect();
    format!(
        "[package]\nname = \"greentick\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n\n\
         [profile.dev]\ndebug = 0\nopt-level = 1\n\n[profile.dev.package.\"*\"]\nopt-level = 2\n\n[workspace]\n",
        needed.join("\n")
    )
}

/// The compiled tests, by name; `lib` has the unit tests.
pub fn compile(out: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let ran = Command::new("cargo")
        .args([
            "test",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(out)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|why| format!("cargo could not be started: {why}"))?;
    if !ran.status.success() {
        return Err(format!(
            "the woven crate in {} does not compile",
            out.display()
        ));
    }
    let mut found = Vec::new();
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let is_test = said["profile"]["test"] == true;
        if let (true, Some(program)) = (is_test, said["executable"].as_str()) {
            let of_library = said["target"]["kind"][0] == "lib";
            let name = if of_library {
                "lib"
            } else {
                said["target"]["name"].as_str().unwrap_or_default()
            };
            found.push((name.to_owned(), program.into()));
        }
    }
    let place = |name: &str| TESTS.iter().position(|test| *test == name).unwrap_or(1);
    found.sort_by_key(|(name, _)| place(name));
    Ok(found)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Writes what is new, so that nothing is compiled for nothing.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if fs::read(file).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        let mut files = Vec::new();
        list(from, &mut files)?;
        for file in files {
            copy(&file, &to.join(file.strip_prefix(from).unwrap_or(&file)))?;
        }
        return Ok(());
    }
    let bytes = fs::read(from)?;
    if fs::read(to).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, bytes)
}
