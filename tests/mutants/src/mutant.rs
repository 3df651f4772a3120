//! Which mutant lives in this run? Compiled into the woven crate.

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static LIVES: LazyLock<u32> = LazyLock::new(|| number("MUTANT").unwrap_or(0));
static REACHED: [AtomicBool; 16_384] = [const { AtomicBool::new(false) }; 16_384];
static REPORT: LazyLock<Option<std::path::PathBuf>> =
    LazyLock::new(|| std::env::var_os("MUTANTS_REACHED").map(Into::into));

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}

/// Whether the mutant lives. Without one, notes that its place was reached.
pub fn on(number: u32) -> bool {
    if *LIVES == 0 {
        note(number);
    }
    *LIVES == number
}

/// The answer, or the contrary if the mutant lives.
pub fn flip(number: u32, answer: bool) -> bool {
    answer ^ on(number)
}

fn note(number: u32) {
    let Some(report) = &*REPORT else { return };
    let first = REACHED.get(number as usize).is_none_or(|seen| !seen.swap(true, Ordering::Relaxed));
    if first {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(report);
        let written = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
        assert!(written.is_ok(), "the report of what was reached cannot be written");
    }
}
