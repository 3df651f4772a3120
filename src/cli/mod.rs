//! What can be asked at the terminal? One file a verb; exit status 0 done, 1 the answer is no, 2 usage,
//! 3 could not tell.
#![allow(clippy::print_stderr, reason = "the terminal is what this room is for")]

/// As the standard library's, but through the one place for output; see `out`.
macro_rules! print {
    ($($words:tt)*) => { $crate::cli::out::say(format_args!($($words)*)) };
}

/// The same, with the end of the line.
macro_rules! println {
    () => { $crate::cli::out::say(format_args!("\n")) };
    ($($words:tt)*) => { $crate::cli::out::say(format_args!("{}\n", format_args!($($words)*))) };
}

mod check;
mod closed;
mod cycle;
mod decide;
mod demo;
mod doctor;
mod inspection;
mod invite;
mod ledger;
mod mapping;
mod out;
mod people;
mod rehearse;
mod run;
mod sample;
mod simulate;
mod standing;
mod starter;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerFault};

/// Greentick stands beside a children's social-care case record system and guards Finish.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Play one allocation cycle of a synthetic council, with an embedded ledger.
    Demo(demo::Demo),
    /// Serve a synthetic council alone, with the files that `run` needs to stand beside it.
    Simulate(simulate::Simulate),
    /// Mirror, judge, chase and send, until it is asked to end.
    Run(run::Configured),
    /// Say every fault of settings, policy, people, calendar and mapping at once.
    Check(run::Configured),
    /// Look whether the live case system is what the mapping takes it for. Writes nothing.
    Doctor(doctor::Doctor),
    /// Register a cycle's allocations from a CSV file.
    Allocate(cycle::Allocate),
    /// Show why an episode stands where it stands.
    Explain(cycle::Explain),
    /// Judge the ledger's whole history again under another policy.
    Rehearse(rehearse::Rehearse),
    /// Record a person's decision about an episode.
    Decide(decide::Decide),
    /// Show how each service does in a cycle.
    Cycle(standing::Cycle),
    /// Print a draft invitation to open in a calendar.
    Invite(invite::Invite),
    /// Write who holds which role from a list kept elsewhere.
    #[command(subcommand)]
    People(people::Verb),
    /// Try a mapping file offline.
    #[command(subcommand)]
    Mapping(mapping::Verb),
    /// Check or hand out the journal.
    #[command(subcommand)]
    Ledger(ledger::Verb),
    /// Show what is mirrored of the case system.
    #[command(subcommand)]
    Mirror(ledger::MirrorVerb),
    /// Show or retry what is owed.
    #[command(subcommand)]
    Outbox(ledger::OutboxVerb),
    /// Gather everything that answers for a cycle into one folder that can be checked from outside.
    Inspection(inspection::Inspection),
    /// Freeze, draw, amend or check a cycle's moderation sample, and write the pack and the moderators' cards.
    #[command(subcommand)]
    Sample(sample::Verb),
}

/// Which ledger, and how to print.
#[derive(Args)]
struct Where {
    /// The ledger's URL: `sqlite:PATH` or `postgres://…`; else the one that the settings name.
    #[arg(long, env = "GREENTICK_LEDGER_URL")]
    ledger: Option<String>,
    #[command(flatten)]
    configured: run::Configured,
    /// Print JSON for a machine.
    #[arg(long)]
    json: bool,
}

impl Where {
    /// The ledger's URL, and the clock that goes with it.
    fn place(&self) -> Result<(String, Clock), Failure> {
        let settings = self.configured.settings()?;
        let clock = run::clock(&settings);
        let typed = self.ledger.as_deref().map(here);
        Ok((typed.unwrap_or(settings.ledger.url), clock))
    }

    async fn open(&self) -> Result<Ledger, Failure> {
        let (url, _) = self.place()?;
        kept(&url).await
    }

    /// To look at only, even if it is broken.
    async fn inspect(&self) -> Result<Ledger, Failure> {
        let (url, _) = self.place()?;
        Ledger::inspect(&url).await.map_err(at(&url))
    }
}

/// A ledger that is there already; every verb but those that may begin one opens it so.
async fn kept(url: &str) -> Result<Ledger, Failure> {
    Ledger::open_kept(url).await.map_err(at(url))
}

/// A ledger's URL as typed at the terminal: a relative path starts where the command is given.
fn here(url: &str) -> String {
    crate::settings::whole_ledger_url(url, std::path::Path::new("."))
}

/// A fault of the ledger, with its place.
fn at(url: &str) -> impl Fn(LedgerFault) -> Failure {
    let place = shown(url);
    move |fault| Failure::CannotTell(format!("ledger `{place}`: {fault}"))
}

/// A ledger's URL without the user and password that it may carry.
fn shown(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
            format!("{scheme}://{place}")
        }
        None => url.to_owned(),
    }
}

/// How a verb can end other than well.
enum Failure {
    /// The answer is no.
    No(String),
    /// It could not be told.
    CannotTell(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(fault: E) -> Self {
        Self::CannotTell(fault.to_string())
    }
}

/// Parses the command line and carries the verb out.
pub async fn main() -> ExitCode {
    // A provider that is installed already serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = match Cli::parse().verb {
        Verb::Demo(demo) => Box::pin(demo::run(&demo)).await,
        Verb::Simulate(verb) => Box::pin(simulate::run(&verb)).await,
        Verb::Run(configured) => Box::pin(run::run(&configured)).await,
        Verb::Check(configured) => check::check(&configured),
        Verb::Doctor(verb) => Box::pin(doctor::run(&verb)).await,
        Verb::Allocate(verb) => Box::pin(cycle::allocate(&verb)).await,
        Verb::Explain(verb) => cycle::explain(&verb).await,
        Verb::Rehearse(verb) => rehearse::run(&verb).await,
        Verb::Decide(verb) => decide::decide(&verb).await,
        Verb::Cycle(verb) => standing::cycle(&verb).await,
        Verb::Invite(verb) => invite::invite(&verb).await,
        Verb::People(verb) => people::people(&verb),
        Verb::Mapping(verb) => mapping::run(&verb),
        Verb::Ledger(verb) => ledger::ledger(verb).await,
        Verb::Mirror(verb) => ledger::mirror(verb).await,
        Verb::Outbox(verb) => ledger::outbox(verb).await,
        Verb::Inspection(verb) => inspection::run(&verb).await,
        Verb::Sample(verb) => Box::pin(sample::run(&verb)).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::No(why)) => {
            eprintln!("greentick: {why}");
            ExitCode::from(1)
        }
        Err(Failure::CannotTell(why)) => {
            eprintln!("greentick: {why}");
            ExitCode::from(3)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn a_ledger_is_shown_without_its_password() {
        for (url, wanted) in [
            ("postgres://me:hush@host:5432/db", "postgres://host:5432/db"),
            ("sqlite:ledger.sqlite3", "sqlite:ledger.sqlite3"),
        ] {
            assert_eq!(super::shown(url), wanted);
        }
    }
}
