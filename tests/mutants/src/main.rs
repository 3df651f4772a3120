//! Do the tests of the rules notice when a condition is turned round?
#![allow(
    clippy::disallowed_methods,
    reason = "it times tests, and waits for the programs that it started"
)]

mod arms;
mod conditions;
mod run;
mod stand;
mod weave;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use run::Fate;
use weave::Mutant;

/// What was asked for at the terminal.
struct Asked {
    only: String,
    out: PathBuf,
    jobs: usize,
    list: bool,
}

fn asked(root: &Path) -> Asked {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let place = words.iter().position(|word| word == name)?;
        words.get(place + 1).cloned()
    };
    Asked {
        only: after("--only").unwrap_or_default(),
        out: after("--out").map_or_else(|| root.join("target/mutants"), Into::into),
        jobs: after("--jobs")
            .and_then(|text| text.parse().ok())
            .unwrap_or(2),
        list: words.iter().any(|word| word == "--list"),
    }
}

fn place(mutant: &Mutant) -> String {
    format!("{}:{}:{}", mutant.file, mutant.line, mutant.column)
}

/// A survivor that no test can catch: file, line of the source and change, and why.
fn equivalents(root: &Path) -> BTreeMap<(String, String, String), String> {
    let text =
        std::fs::read_to_string(root.join("tests/mutants/equivalent.txt")).unwrap_or_default();
    let mut found = BTreeMap::new();
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    while let (Some(file), Some(line), Some(change), Some(why)) =
        (lines.next(), lines.next(), lines.next(), lines.next())
    {
        let key = (
            file.trim().to_owned(),
            line.trim().to_owned(),
            change.trim().to_owned(),
        );
        found.insert(key, why.trim().to_owned());
    }
    found
}

fn tried(root: &Path, asked: &Asked) -> Result<bool, String> {
    let out = &asked.out;
    let weaver = stand::build(root, out)?;
    let mutants: Vec<&Mutant> = weaver
        .mutants
        .iter()
        .filter(|mutant| place(mutant).contains(&asked.only))
        .collect();
    if asked.list {
        for mutant in &mutants {
            println!(
                "{} {}: {}  | {}",
                mutant.number,
                place(mutant),
                mutant.change,
                mutant.text
            );
        }
        return Ok(true);
    }
    let (tests, failing) = run::measure(out, &stand::compile(out)?, asked.jobs)?;
    if !failing.is_empty() {
        return Err(format!("fail without a mutant: {}", failing.join(", ")));
    }
    let fates = run::all(out, &mutants, &tests, asked.jobs);
    write_report(&out.join("report.txt"), &mutants, &fates)?;
    Ok(summed_up(root, asked, &mutants, &fates))
}

fn write_report(file: &Path, mutants: &[&Mutant], fates: &[Fate]) -> Result<(), String> {
    let mut report = String::new();
    for (mutant, fate) in mutants.iter().zip(fates) {
        let fate = match fate {
            Fate::Caught(test) => format!("caught by {test}"),
            Fate::Survived => "survived".to_owned(),
            Fate::NotReached => "not reached".to_owned(),
        };
        let _ = writeln!(
            report,
            "{} {} {fate}: {} | {}",
            mutant.number,
            place(mutant),
            mutant.change,
            mutant.text
        );
    }
    std::fs::write(file, report).map_err(|why| format!("{}: {why}", file.display()))
}

/// Says what is left; whether nothing is.
fn summed_up(root: &Path, asked: &Asked, mutants: &[&Mutant], fates: &[Fate]) -> bool {
    let mut known = equivalents(root);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut left = 0;
    let mut survived = Vec::new();
    for (mutant, fate) in mutants.iter().zip(fates) {
        let key = (
            mutant.file.clone(),
            mutant.text.clone(),
            mutant.change.clone(),
        );
        let fate = match fate {
            Fate::Caught(_) => "caught",
            _ if known.contains_key(&key) => {
                survived.push(key);
                "equivalent"
            }
            fate => {
                left += 1;
                let why = if *fate == Fate::NotReached {
                    "not reached"
                } else {
                    "survived"
                };
                println!(
                    "{} {} {why}: {} | {}",
                    mutant.number,
                    place(mutant),
                    mutant.change,
                    mutant.text
                );
                why
            }
        };
        *counts.entry((&mutant.file, fate)).or_default() += 1;
    }
    for key in survived {
        known.remove(&key);
    }
    for ((file, line, change), _) in known
        .iter()
        .filter(|((file, ..), _)| file.contains(&asked.only))
    {
        println!(
            "caught after all, or gone; take it out of equivalent.txt: {file} | {line} | {change}"
        );
        left += 1;
    }
    for ((file, fate), n) in &counts {
        println!("{file} {fate} {n}");
    }
    println!("{} mutants, {left} to be looked at", mutants.len());
    left == 0
}

fn main() -> ExitCode {
    // Another one, such as a clone in which nobody works meanwhile, may be named.
    let named = std::env::args().skip_while(|word| word != "--root").nth(1);
    let root = named.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
        PathBuf::from,
    );
    let root = root.canonicalize().unwrap_or(root);
    match tried(&root, &asked(&root)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
