//! What does the ledger hold? Verify, export, mirror, outbox.

use clap::Subcommand;

use super::out::Terminal;
use super::run::Configured;
use super::{Failure, Where, cycle};
use crate::ledger::Verified;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Check every link of the journal from the first.
    Verify(Where),
    /// Print the journal as JSON lines: seq, prev, body, hash.
    Export(Where),
}

#[derive(Subcommand)]
pub(super) enum MirrorVerb {
    /// List every mirrored step: id, version, status, episode.
    List(Where),
    /// Compare everything now: the feed from its beginning, then every open step.
    Reconcile {
        /// The case system was restored from a backup: what it shows in an older version than is held is believed, and
        /// what it does not show any more is looked for.
        #[arg(long)]
        restored: bool,
        /// Print JSON for a machine.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        configured: Configured,
    },
    /// List the records that could not be read, with the reason.
    Quarantine(Where),
}

#[derive(Subcommand)]
pub(super) enum OutboxVerb {
    /// List everything ever owed, and how it ended.
    List(Where),
    /// Make what needs a person owed again: one key, or all.
    Retry {
        /// The key; all if left out.
        key: Option<String>,
        #[command(flatten)]
        place: Where,
    },
}

pub(super) async fn ledger(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Verify(place) => match place.inspect().await?.verify().await? {
            Verified::Whole { count, head } if place.json => {
                println!(
                    "{}",
                    serde_json::json!({ "whole": true, "count": count, "head": head })
                );
                Ok(())
            }
            Verified::Whole { count, head } => {
                println!("the journal is whole: {count} lines, head {head}");
                Ok(())
            }
            Verified::Broken { seq, why } => Err(Failure::No(format!(
                "the journal is broken at line {seq}: {why}"
            ))),
        },
        Verb::Export(place) => {
            let ledger = place.inspect().await?;
            let mut out = std::io::BufWriter::new(Terminal);
            ledger.export(&mut out).await?;
            std::io::Write::flush(&mut out)?;
            Ok(())
        }
    }
}

pub(super) async fn mirror(verb: MirrorVerb) -> Result<(), Failure> {
    match verb {
        MirrorVerb::List(place) => {
            let rows = place.open().await?.mirror().await?;
            if place.json {
                println!("{}", serde_json::to_string(&rows)?);
                return Ok(());
            }
            for row in rows {
                let version = row.version.unwrap_or_else(|| "-".to_owned());
                println!(
                    "{}\t{}\t{}\t{}\t{}",
                    row.step,
                    version,
                    row.status.name(),
                    row.stage,
                    row.episode
                );
            }
        }
        MirrorVerb::Reconcile {
            restored,
            json,
            configured,
        } => {
            return cycle::reconcile(&configured, restored, json).await;
        }
        MirrorVerb::Quarantine(place) => {
            let rows = place.open().await?.quarantine().await?;
            if place.json {
                println!("{}", serde_json::to_string(&rows)?);
                return Ok(());
            }
            for row in rows {
                let step = row.step.unwrap_or_else(|| "-".to_owned());
                println!("{step}\t{}\t{} ({} times)", row.path, row.reason, row.times);
            }
        }
    }
    Ok(())
}

pub(super) async fn outbox(verb: OutboxVerb) -> Result<(), Failure> {
    match verb {
        OutboxVerb::List(place) => {
            let rows = place.open().await?.outbox_list().await?;
            if place.json {
                println!("{}", serde_json::to_string(&rows)?);
                return Ok(());
            }
            println!("state\tmark\tkey\ttries\twhy");
            if rows.is_empty() {
                println!("nothing was ever owed");
            }
            for row in rows {
                let why = row.why.unwrap_or_default();
                println!(
                    "{}\t{}\t{}\t{} tries\t{why}",
                    row.state, row.mark, row.key, row.attempts
                );
            }
        }
        OutboxVerb::Retry { key, place } => {
            let (_, clock) = place.place()?;
            let ledger = place.open().await?;
            let count = ledger.outbox_retry(key.as_deref(), clock.now()).await?;
            println!("{count} owed again");
        }
    }
    Ok(())
}
