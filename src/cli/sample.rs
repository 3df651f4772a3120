//! Does a drawn sample hold? Checked from its files alone, without a ledger.

use std::path::PathBuf;

use clap::Subcommand;

use super::Failure;
use crate::sampling::verify;

#[derive(Subcommand)]
pub(super) enum Verb {
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

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    let Verb::Verify {
        frame,
        policy,
        certificate,
    } = verb;
    let read = |path: &PathBuf| {
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
