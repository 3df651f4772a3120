//! What is done with a sample? Drawn, amended, handed to its moderators, and checked: the check needs its files alone,
//! no ledger.

mod amend;
mod cards;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

pub(super) use cards::put_cards;

use super::Failure;
use super::cycle::{self, Lot};
use crate::sampling::Published;

#[derive(Subcommand)]
pub(super) enum Verb {
    #[command(flatten)]
    Lot(Lot),
    #[command(flatten)]
    Amend(amend::Verb),
    /// Write each moderator's cards: a page for each drawn episode, without the evaluation until they have decided.
    Cards(cards::Cards),
    /// Recompute a draw from its published files, byte for byte; every difference is said, and in which file.
    ///
    /// Exit status 0: it verifies. 1: it does not. 2: usage. 3: a file cannot be read.
    Verify(Verify),
}

/// The files as `sample draw` writes them.
#[derive(Args)]
pub(super) struct Verify {
    /// The frozen frame, `frame.csv`.
    frame: PathBuf,
    /// The policy file it was frozen under, `policy.toml`.
    policy: PathBuf,
    /// The certificate, `certificate.json`.
    certificate: PathBuf,
    /// A published list, `sample.csv` or `sample.json`; may be given again.
    #[arg(long = "list", value_name = "FILE", requires = "assignment")]
    lists: Vec<PathBuf>,
    /// Who moderates what, `assignment.json`; it stands on the lists.
    #[arg(long, value_name = "FILE")]
    assignment: Option<PathBuf>,
    /// What was left out of the frame, `exclusions.csv` or `exclusions.json`.
    #[arg(long, value_name = "FILE")]
    exclusions: Option<PathBuf>,
    /// The freeze record, `freeze.json`, as told to CSLT before the dice.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// The dice as the witnesses wrote them down.
    #[arg(long, value_name = "DIGITS")]
    seed: Option<String>,
    /// Print the differences as JSON for a machine: a list, empty when it verifies.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Lot(lot) => cycle::sample(lot).await,
        Verb::Amend(verb) => amend::run(verb).await,
        Verb::Cards(verb) => cards::run(verb).await,
        Verb::Verify(files) => check(files),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|why| Failure::CannotTell(format!("`{}`: {why}", path.display())))
}

fn check(files: &Verify) -> Result<(), Failure> {
    let also = |path: &Option<PathBuf>| path.as_deref().map(read).transpose();
    let (frame, policy) = (read(&files.frame)?, read(&files.policy)?);
    let certificate = read(&files.certificate)?;
    let (record, exclusions) = (also(&files.record)?, also(&files.exclusions)?);
    let assignment = also(&files.assignment)?;
    let mut lists = Vec::new();
    for path in &files.lists {
        lists.push((path.display().to_string(), read(path)?));
    }
    let mut published = Published::of(&frame, &policy, &certificate);
    published.record = record.as_deref();
    published.exclusions = exclusions.as_deref();
    published.assignment = assignment.as_deref();
    published.dice = files.seed.as_deref();
    let named = lists
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    published.lists = named.collect();
    let found = published.differences();
    if files.json {
        println!("{}", serde_json::to_string(&found)?);
    }
    if found.is_empty() {
        if !files.json {
            println!("the draw verifies");
            println!(
                "the certificate's SHA-256 is {}",
                published.certificate_hash()
            );
        }
        return Ok(());
    }
    if !files.json {
        for difference in &found {
            println!("{difference}");
        }
    }
    Err(Failure::No(format!(
        "the draw does not verify: {} differences",
        found.len()
    )))
}
