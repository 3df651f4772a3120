//! What is done with a sample? Drawn, amended, handed to its moderators, and checked: the check needs its files alone,
//! no ledger.

mod amend;
mod cards;

use std::path::{Path, PathBuf};

use clap::Subcommand;

pub(super) use cards::put_cards;

use super::Failure;
use super::cycle::{self, Lot};
use crate::sampling::verify;

#[derive(Subcommand)]
pub(super) enum Verb {
    #[command(flatten)]
    Lot(Lot),
    #[command(flatten)]
    Amend(amend::Verb),
    /// Write each moderator's cards: a page for each drawn episode, without the evaluation until they have decided.
    Cards(cards::Cards),
    /// Recompute a draw from frame, policy and certificate; any difference is said.
    Verify {
        /// The frozen frame, CSV.
        frame: PathBuf,
        /// The policy file it was frozen under, TOML.
        policy: PathBuf,
        /// The certificate, JSON.
        certificate: PathBuf,
    },
}

pub(super) async fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Lot(lot) => cycle::sample(lot).await,
        Verb::Amend(verb) => amend::run(verb).await,
        Verb::Cards(verb) => cards::run(verb).await,
        Verb::Verify {
            frame,
            policy,
            certificate,
        } => check(frame, policy, certificate),
    }
}

fn check(frame: &Path, policy: &Path, certificate: &Path) -> Result<(), Failure> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", path.display())))
    };
    let found = verify(&read(frame)?, &read(policy)?, &read(certificate)?);
    if found.is_empty() {
        println!("the draw verifies");
        return Ok(());
    }
    for difference in &found {
        println!(
            "{}: the certificate says `{}`, recomputed `{}`",
            difference.at, difference.certificate, difference.recomputed
        );
    }
    Err(Failure::No(format!(
        "the draw does not verify: {} differences",
        found.len()
    )))
}
