//! Which mutants do the tests catch?

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::weave::Mutant;

/// One test, how long it takes, and the mutants whose place it reaches.
pub struct Test {
    binary: String,
    name: String,
    program: PathBuf,
    takes: Duration,
    reaches: BTreeSet<u32>,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This test failed, or took far longer than without it.
    Caught(String),
    /// All tests that come to its place passed.
    Survived,
    /// No test comes to its place.
    NotReached,
}

/// Tests that take longer without a mutant are left out: they would decide how long a run takes.
const SLOWEST: Duration = Duration::from_secs(30);
/// Tests of one mutant, in order of their time, are ended after this.
const BUDGET: Duration = Duration::from_secs(60);

fn command(out: &Path, program: &Path, name: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args([name, "--exact", "--test-threads=1"])
        .current_dir(out)
        .env("PROPTEST_RNG_SEED", "7")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs each test without a mutant: it has to pass, and tells what it reaches. Also the names of those that fail.
pub fn measure(
    out: &Path,
    programs: &[(String, PathBuf)],
    jobs: usize,
) -> Result<(Vec<Test>, Vec<String>), String> {
    let mut found = Vec::new();
    for (binary, program) in programs {
        let listed = Command::new(program)
            .args(["--list", "--format", "terse"])
            .current_dir(out)
            .output()
            .map_err(|why| format!("{}: {why}", program.display()))?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = listed
            .lines()
            .filter_map(|line| line.strip_suffix(": test"));
        found.extend(names.map(|name| (binary.clone(), program.clone(), name.to_owned())));
    }
    let measured = each(&found, jobs, |place, (binary, program, name)| {
        let report = out.join(format!("reached-{place}.txt"));
        let _ = fs::remove_file(&report);
        let began = Instant::now();
        let mut run = command(out, program, name);
        let passed = ends_well(run.env("MUTANTS_REACHED", &report), SLOWEST);
        let takes = began.elapsed();
        let reached = fs::read_to_string(&report).unwrap_or_default();
        let _ = fs::remove_file(&report);
        let reaches = reached
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect();
        passed.then(|| Test {
            binary: binary.clone(),
            name: name.clone(),
            program: program.clone(),
            takes,
            reaches,
        })
    });
    let failing = measured
        .iter()
        .zip(&found)
        .filter(|(test, _)| test.is_none());
    let failing = failing
        .map(|(_, (binary, _, name))| format!("{binary} {name}"))
        .collect();
    let place = |test: &Test| {
        programs
            .iter()
            .position(|(binary, _)| *binary == test.binary)
    };
    let mut tests: Vec<Test> = measured.into_iter().flatten().collect();
    tests.sort_by_key(|test| (place(test) != Some(0), test.takes));
    Ok((tests, failing))
}

/// Tries each mutant with the tests that reach it.
pub fn all(out: &Path, mutants: &[&Mutant], tests: &[Test], jobs: usize) -> Vec<Fate> {
    each(mutants, jobs, |place, mutant| {
        if place % 100 == 99 {
            eprintln!("{} of {} tried", place + 1, mutants.len());
        }
        one(out, mutant.number, tests)
    })
}

/// The answers for each item, so many at a time.
fn each<T: Sync, A: Send>(items: &[T], jobs: usize, ask: impl Fn(usize, &T) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    let answer = ask(place, item);
                    if let Ok(mut answers) = answers.lock() {
                        answers.push((place, answer));
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn one(out: &Path, number: u32, tests: &[Test]) -> Fate {
    let mut fate = Fate::NotReached;
    let began = Instant::now();
    for test in tests.iter().filter(|test| test.reaches.contains(&number)) {
        if began.elapsed() > BUDGET {
            break;
        }
        fate = Fate::Survived;
        let mut run = command(out, &test.program, &test.name);
        let limit = test.takes * 10 + Duration::from_secs(20);
        if !ends_well(run.env("MUTANT", number.to_string()), limit) {
            return Fate::Caught(format!("{}::{}", test.binary, test.name));
        }
    }
    fate
}

/// Whether a test passes within a time.
fn ends_well(command: &mut Command, limit: Duration) -> bool {
    let began = Instant::now();
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if began.elapsed() < limit => std::thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
