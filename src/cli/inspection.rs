//! Where does an inspection's folder go, and does it hold?

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::cycle::ended;
use super::run::{Configured, ready};
use crate::app::inspection;
use crate::practice::ids::CycleId;

/// Gather everything that answers for a cycle: its figures, the draw with every certificate, overrides, amendments, and
/// whether journal and draw hold. `sha256sum -c manifest.sha256` checks the folder, `index.html` is to be read first.
#[derive(Args)]
pub(super) struct Inspection {
    /// The cycle; its sample is drawn.
    cycle: String,
    /// The folder; files of these names in it are written anew.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

pub(super) async fn run(verb: &Inspection) -> Result<(), Failure> {
    let ready = ready(&verb.configured).await?;
    let cycle = CycleId(verb.cycle.clone());
    let gathered = inspection::gather(&ready.app, &cycle, ready.clock.now())
        .await
        .map_err(ended)?;
    for (name, bytes) in &gathered.files {
        let file = verb.out.join(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&file, bytes)
            .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))?;
    }
    println!("{} files", gathered.files.len());
    println!("{}", verb.out.join("index.html").display());
    if gathered.faults.is_empty() {
        return Ok(());
    }
    Err(Failure::No(format!(
        "not all of it holds: {}",
        gathered.faults.join("; ")
    )))
}
