//! Which mutants do the tests catch?

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::weave::Mutant;

/// A compiled test, how long it takes, and the mutants whose place it reaches.
pub struct Test {
    pub name: String,
    program: PathBuf,
    takes: Duration,
    reaches: BTreeSet<u32>,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A test failed, or took far longer than without it.
    Caught(String),
    /// All tests passed.
    Survived,
    /// No test comes to its place.
    NotReached,
}

fn command(out: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--test-threads=1")
        .current_dir(out)
        .env("CARGO_MANIFEST_DIR", out)
        .env("PROPTEST_RNG_SEED", "7")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs each test without a mutant: it has to pass, and tells what it reaches.
pub fn measure(out: &Path, programs: Vec<(String, PathBuf)>) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    for (name, program) in programs {
        let report = out.join(format!("reached-{name}.txt"));
        let _ = fs::remove_file(&report);
        let began = Instant::now();
        let ran = command(out, &program)
            .env("MUTANTS_REACHED", &report)
            .status()
            .map_err(|why| format!("{}: {why}", program.display()))?;
        if !ran.success() {
            return Err(format!("`{name}` fails without a mutant: {}", program.display()));
        }
        let reached = fs::read_to_string(&report).unwrap_or_default();
        let reaches = reached.lines().filter_map(|line| line.parse().ok()).collect();
        let takes = began.elapsed();
        tests.push(Test { name, program, takes, reaches });
    }
    Ok(tests)
}

/// Tries each mutant with the tests that reach it, so many at a time.
pub fn all(out: &Path, mutants: &[&Mutant], tests: &[Test], jobs: usize) -> Vec<Fate> {
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(vec![Fate::NotReached; mutants.len()]);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = mutants.get(place) else { break };
                    let fate = one(out, mutant.number, tests);
                    if let Ok(mut fates) = fates.lock() {
                        fates[place] = fate;
                    }
                    if place % 100 == 99 {
                        eprintln!("{} of {} tried", place + 1, mutants.len());
                    }
                }
            });
        }
    });
    fates.into_inner().unwrap_or_default()
}

fn one(out: &Path, number: u32, tests: &[Test]) -> Fate {
    let mut fate = Fate::NotReached;
    for test in tests.iter().filter(|test| test.reaches.contains(&number)) {
        fate = Fate::Survived;
        if fails(out, number, test) {
            return Fate::Caught(test.name.clone());
        }
    }
    fate
}

fn fails(out: &Path, number: u32, test: &Test) -> bool {
    let limit = test.takes * 10 + Duration::from_secs(20);
    let began = Instant::now();
    let started = command(out, &test.program).env("MUTANT", number.to_string()).spawn();
    let Ok(mut child) = started else { return false };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return !status.success(),
            Ok(None) if began.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return true;
            }
        }
    }
}
