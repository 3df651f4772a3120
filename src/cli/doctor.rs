//! Is the live case system what the mapping takes it for? Every look at once, each with what to do.

use clap::Args;

use super::run::{Configured, clock, connect};
use super::{Failure, check};
use crate::app::Limits;
use crate::app::doctor::{Health, Told, examine};
use crate::mapping::ChildKeying;
use crate::settings::Environment;

/// Look whether the live case system is what the mapping takes it for: reachability, sign-in, clocks, filters,
/// rights, and what it grants where that can be read. Reads only; writes nothing anywhere.
#[derive(Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    configured: Configured,
    /// Print JSON for a machine.
    #[arg(long)]
    json: bool,
}

/// Ends with 1 if anything is ill.
pub(super) async fn run(verb: &Doctor) -> Result<(), Failure> {
    let environment: Environment = std::env::vars().collect();
    let settings = verb.configured.settings()?;
    let secrets = settings.secrets(&environment).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::No(lines.join("\n"))
    })?;
    let mapping = check::mapping(&settings).map_err(|faults| Failure::No(faults.join("\n")))?;
    // Children's keys are neither kept nor shown here, so that any key serves.
    let keying = ChildKeying::new(b"doctor");
    let system = connect(&settings, &secrets, mapping, keying)?;
    let told = examine(&system, &Limits::default(), clock(&settings).now()).await;
    if verb.json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        told.iter().for_each(print);
    }
    let count = |health| told.iter().filter(|one| one.health == health).count();
    let (ill, doubtful) = (count(Health::Ill), count(Health::Doubtful));
    if !verb.json {
        println!(
            "doctor: {} looks, {ill} ill, {doubtful} doubtful",
            told.len()
        );
    }
    if ill > 0 {
        return Err(Failure::No(format!("{ill} things do not work")));
    }
    Ok(())
}

fn print(told: &Told) {
    println!("{:<11} {}: {}", told.health.word(), told.about, told.said);
    if let Some(help) = &told.help {
        println!("{:<11} {help}", "");
    }
}
