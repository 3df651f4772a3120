//! How does the people file come from a list that a council keeps elsewhere? Read whole, or not at all.

use std::path::PathBuf;

use clap::Subcommand;
use jiff::Timestamp;

use super::Failure;
use super::run::Configured;
use crate::settings;

/// Who holds which role.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Write the people file anew from a CSV file; its columns are in docs/people.md. Every faulty row is said, and
    /// with one nothing is written. The file before is kept beside it.
    Import {
        /// The CSV file.
        file: PathBuf,
        /// Print the people file, and write nothing.
        #[arg(long)]
        preview: bool,
        #[command(flatten)]
        configured: Configured,
    },
}

pub(super) fn people(verb: &Verb) -> Result<(), Failure> {
    let Verb::Import {
        file,
        preview,
        configured,
    } = verb;
    let settings = configured.settings()?;
    let name = file.display().to_string();
    let csv = std::fs::read(file).map_err(|why| Failure::CannotTell(format!("{name}: {why}")))?;
    let terms = settings.terms(Timestamp::UNIX_EPOCH);
    let terms = terms.map_err(|faults| super::run::all(&faults))?;
    let text = settings::people_from_csv(&name, &csv, &terms.calendar)
        .map_err(|faults| super::run::all(&faults))?;
    if *preview {
        print!("{text}");
        return Ok(());
    }
    let Some(place) = &settings.files.people else {
        let why = "the settings name no people file to write; give `[files] people` its path, or use --preview";
        return Err(Failure::No(why.to_owned()));
    };
    let told = |why: std::io::Error| Failure::CannotTell(format!("{}: {why}", place.display()));
    let beside = |ending: &str| {
        let mut name = place.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let (new, old) = (beside(".new"), beside(".before"));
    std::fs::write(&new, &text).map_err(told)?;
    if place.exists() {
        std::fs::copy(place, &old).map_err(told)?;
    }
    std::fs::rename(&new, place).map_err(told)?;
    println!(
        "{} written; it holds from the next start on",
        place.display()
    );
    Ok(())
}
