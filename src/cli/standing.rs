//! How does a cycle stand? Its services' figures, as their operational managers have them each week, and what is unmet.

use std::collections::BTreeMap;

use clap::Args;

use super::Failure;
use super::run::{Configured, ready};
use crate::practice::cycle::{Standing, standing};
use crate::practice::episode::{Episode, Stage};
use crate::practice::ids::{CycleId, EpisodeId};
use crate::practice::terms::Terms;
use crate::practice::unmet::{Came, Unmet, unmet_now};

/// Show how each service does in a cycle, how much evidence was left to the last minute, and what is unmet of each
/// Learning Episode since when. Nobody is named.
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
    let now = ready.clock.now();
    let unmet: BTreeMap<&EpisodeId, Vec<Unmet>> = episodes
        .iter()
        .map(|episode| (&episode.id, unmet_now(episode, now, terms)))
        .filter(|(_, unmet)| !unmet.is_empty())
        .collect();
    if verb.json {
        let mut told = serde_json::to_value(&standing)?;
        if let Some(told) = told.as_object_mut() {
            told.insert("unmet".to_owned(), serde_json::to_value(&unmet)?);
        }
        println!("{told}");
        return Ok(());
    }
    figures(&standing, terms);
    for (id, unmet) in &unmet {
        println!("{id}");
        for one in unmet {
            println!("  {}", line(one, terms));
        }
    }
    Ok(())
}

/// One thing unmet, for a person.
fn line(one: &Unmet, terms: &Terms) -> String {
    let about = one.stage.map_or("whole episode", Stage::words);
    let since = terms.calendar.local_date(one.since);
    let asks = if one.came == Came::Person {
        String::new()
    } else {
        format!(" {} ({})", one.remedy, one.asks.words())
    };
    format!(
        "{}, {about}, since {}: {}{asks}",
        one.rule,
        since.strftime("%-d %B %Y"),
        one.missing
    )
}

/// The figures of each service, and of the last minute.
fn figures(standing: &Standing, terms: &Terms) {
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
}
