//! What would another policy have made of our own history? Exit status 0 no difference, 1 differences, 3 could
//! not tell.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::run::{Configured, all};
use super::{Failure, here, kept};
use crate::app::rehearse::{self, Trial};

/// Judge the ledger's whole history again under another policy. Writes and sends nothing.
#[derive(Args)]
pub(super) struct Rehearse {
    /// The policy that is tried.
    #[arg(long)]
    policy: PathBuf,
    /// The role holders that are tried; else those in force at each moment.
    #[arg(long)]
    people: Option<PathBuf>,
    /// Tell only what would have been different from this day on, such as 2026-09-01, local.
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// List every difference, not only the counts.
    #[arg(long)]
    list: bool,
    /// Print JSON for a machine; it always lists every difference.
    #[arg(long)]
    json: bool,
    /// The ledger's URL; else the one that the settings name.
    #[arg(long, env = "GREENTICK_LEDGER_URL")]
    ledger: Option<String>,
    #[command(flatten)]
    configured: Configured,
}

pub(super) async fn run(verb: &Rehearse) -> Result<(), Failure> {
    let mut settings = verb.configured.settings()?;
    let typed = verb.ledger.as_deref().map(here);
    let url = typed.unwrap_or(settings.ledger.url.clone());
    let ledger = kept(&url).await?;
    let kept = match ledger.cursor("activation").await? {
        Some(kept) => serde_json::from_value(kept)?,
        None => Timestamp::UNIX_EPOCH,
    };
    let present = settings.terms(kept).map_err(|faults| all(&faults))?;
    settings.files.policy = Some(verb.policy.clone());
    if let Some(people) = &verb.people {
        settings.files.people = Some(people.clone());
    }
    let tried = settings.terms(kept).map_err(|faults| all(&faults))?;
    let calendar = &present.calendar;
    let since = match &verb.since {
        Some(day) => {
            let day: jiff::civil::Date = day
                .parse()
                .map_err(|_| Failure::No(format!("`{day}` is no day; write it as 2026-09-01")))?;
            Some(calendar.start_of_day(day))
        }
        None => None,
    };
    let trial = Trial {
        policy: Some(tried.policy),
        people: verb.people.as_ref().map(|_| tried.people),
        since,
    };
    let told = rehearse::rehearse(&ledger, &present, &trial)
        .await
        .map_err(|fault| Failure::CannotTell(fault.to_string()))?;
    if verb.json {
        println!("{}", serde_json::to_string(&told)?);
    }
    if !told.unfaithful.is_empty() {
        let shown: Vec<&str> = told.unfaithful.iter().take(5).map(String::as_str).collect();
        return Err(Failure::CannotTell(format!(
            "the history cannot be replayed as it was ({} differences), so nothing is said of another policy. \
             A ledger that was begun by an older program is of this kind.\n{}",
            told.unfaithful.len(),
            shown.join("\n")
        )));
    }
    if !verb.json {
        println!("{}", told.in_lines(calendar, verb.list).join("\n"));
    }
    if told.is_different() {
        return Err(Failure::No(format!(
            "something would have been different under `{}`",
            verb.policy.display()
        )));
    }
    Ok(())
}
