//! What does a demo begin with, and leave behind? A folder that a stopped demo goes on from.

use std::path::Path;

use super::Failure;
use crate::cli::starter::kit;
use crate::simulator::Dialect;

/// Stands in the folder of a demo that came to its end.
pub(super) const SUMMARY: &str = "summary.json";
/// The ledger's file.
pub(super) const LEDGER: &str = "greentick.sqlite3";

/// The folder of the moderators' cards, as they stood when the cycle was drawn.
pub(super) const CARDS: &str = "cards";

/// What a demo makes and a new one removes, beside the mapping; nothing else in the folder is touched.
const MADE: [&str; 21] = [
    LEDGER,
    "greentick.sqlite3-wal",
    "greentick.sqlite3-shm",
    "council.jsonl",
    "journal.jsonl",
    "allocation.csv",
    "people.toml",
    "greentick.toml",
    "frame.csv",
    "exclusions.json",
    "exclusions.csv",
    "policy.toml",
    "freeze.json",
    "certificate.json",
    "sample.csv",
    "sample.json",
    "assignment.json",
    "pack.html",
    "pack.xlsx",
    "pack.csv",
    "pack.json",
];

/// Makes the folder ready. True if a demo was stopped midway there and goes on.
pub(super) fn prepare(dir: &Path) -> Result<bool, Failure> {
    std::fs::create_dir_all(dir)?;
    if dir.join(LEDGER).exists() && !dir.join(SUMMARY).exists() {
        return Ok(true);
    }
    // The summary goes last: as long as it stands, what is here is an ended demo.
    let mappings = Dialect::ALL.map(|dialect| kit(dialect).file);
    for name in MADE.into_iter().chain(mappings).chain([SUMMARY]) {
        match std::fs::remove_file(dir.join(name)) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => return Err(fault.into()),
            _ => {}
        }
    }
    match std::fs::remove_dir_all(dir.join(CARDS)) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(fault.into()),
        _ => Ok(false),
    }
}
