//! How does a cycle stand? Its services' figures, as their operational managers have them each week.

use clap::Args;

use super::Failure;
use super::run::{Configured, ready};
use crate::practice::cycle::standing;
use crate::practice::episode::Episode;
use crate::practice::ids::CycleId;

/// Show how each service does in a cycle, and how much evidence was left to the last minute. Nobody is named.
#[derive(Args)]
pub(super) struct Cycle {
    /// The cycle, such as `2026-C3`.
    #[arg(value_name = "CYCLE")]
    named: String,
    /// Print JSON for a machine.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

pub(super) async fn cycle(verb: &Cycle) -> Result<(), Failure> {
    let ready = ready(&verb.configured).await?;
    let cycle = CycleId(verb.named.clone());
    let episodes = ready.app.ledger.episodes(Some(&cycle)).await?;
    if episodes.is_empty() {
        return Err(Failure::No(format!(
            "no episode of cycle `{cycle}` is on record"
        )));
    }
    let terms = &ready.app.terms;
    let today = terms.calendar.local_date(ready.clock.now());
    let all: Vec<&Episode> = episodes.iter().collect();
    let standing = standing(&all, today, terms);
    if verb.json {
        println!("{}", serde_json::to_string(&standing)?);
        return Ok(());
    }
    let fewest = terms.policy.fewest_shown;
    println!(
        "service, allocated, due soon, overdue, on time, on time by the first date, of, percent"
    );
    for (name, one) in &standing.services {
        let percent = one.on_time_percent(fewest);
        println!(
            "{name}, {}, {}, {}, {}, {}, {}, {}",
            one.allocated,
            one.due_soon,
            one.overdue,
            one.on_time,
            one.on_time_originally,
            one.settled,
            percent.map_or_else(|| "-".to_owned(), |percent| percent.to_string())
        );
    }
    match standing.last_minute_percent {
        Some(percent) => println!(
            "{percent} % of the dated evidence of {} finished reviews is of the last two working days",
            standing.last_minute_of
        ),
        None => println!("too few finished reviews to say how much was left to the last minute"),
    }
    Ok(())
}
