//! How is the synthetic council served alone, for a stranger in one terminal and `run` in another?
//!
//! The state folder is the whole of it: opened again, the council goes on with the same truth and the same clock.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::Failure;
use super::starter::{self, Starter};
use crate::clock::{Anchor, Clock};
use crate::daemon;
use crate::simulator::{Council, CouncilSettings, Fault, Greentick, cycle};
use crate::telemetry;

/// Serve a synthetic council alone, with the files that `run` needs to stand beside it.
#[derive(Args)]
pub(super) struct Simulate {
    /// The address and port to listen on; keep it on loopback.
    #[arg(long, default_value = "127.0.0.1:8490")]
    bind: String,
    /// The folder of the council's log and of the files for `run`; opened again, the council goes on.
    #[arg(long, default_value = "council")]
    state: PathBuf,
    /// The environment variable with the key that readers and writers show; by default one is made and kept.
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    key_env: Option<String>,
    /// That key itself, for trials in which nobody looks.
    #[arg(long)]
    key: Option<String>,
    /// How many Learning Episodes the cycle has.
    #[arg(long, default_value_t = 24)]
    episodes: u32,
    /// The first day of the cycle on the shown clock.
    #[arg(long, default_value = "2026-09-07")]
    start: Date,
    /// How many times faster than the machine's the shown clock runs; 1440 shows a day in a minute.
    #[arg(long, default_value_t = 1440, value_parser = clap::value_parser!(u32).range(1..))]
    factor: u32,
    /// Where Greentick is asked about a Finish and called back; `none` leaves it out.
    #[arg(long, default_value = "http://127.0.0.1:8480", value_name = "URL")]
    greentick: String,
    /// The environment variable with the secret that signs finish checks; by default one is made and kept.
    #[arg(long, value_name = "NAME")]
    finish_secret_env: Option<String>,
    /// The environment variable with the secret that signs callbacks; by default one is made and kept.
    #[arg(long, value_name = "NAME")]
    callback_secret_env: Option<String>,
    /// Finish goes through when Greentick does not answer; otherwise the step stays open.
    #[arg(long)]
    fail_open: bool,
    /// Nobody acts by a plan; only the control interface changes things.
    #[arg(long)]
    quiet_people: bool,
    /// Faults that are on from the start, with commas between; see docs/synthetic-council.md.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
}

pub(super) async fn run(verb: &Simulate) -> Result<(), Failure> {
    telemetry::start_log(false, tracing::Level::INFO);
    let faults = faults(&verb.faults)?;
    std::fs::create_dir_all(&verb.state)?;
    let anchor = starter::anchor(&verb.state, verb.start, verb.factor)?;
    let secret = |name: &str, variable: Option<&String>| {
        starter::secret(&verb.state, name, variable.map(String::as_str))
    };
    let key = match &verb.key {
        Some(key) => SecretString::from(key.as_str()),
        None => secret("council-key", verb.key_env.as_ref())?,
    };
    secret("child-key", None)?;
    secret("qa-token", None)?;
    let (asks, tells, head) = (
        secret("finish-check", verb.finish_secret_env.as_ref())?,
        secret("callback", verb.callback_secret_env.as_ref())?,
        secret("head-token", None)?,
    );
    let greentick = (verb.greentick != "none").then(|| Greentick {
        base_url: verb.greentick.clone(),
        source: starter::SOURCE.to_owned(),
        finish_secret: asks,
        callback_secret: tells,
        head_token: Some(head),
    });
    let council = Council::open(CouncilSettings {
        state: verb.state.clone(),
        key: key.clone(),
        clock: Clock::Scaled(anchor),
        greentick,
        fail_open: verb.fail_open,
    })?;
    for fault in faults {
        council.fault(fault, None)?;
    }
    let listener = TcpListener::bind(&verb.bind)
        .await
        .map_err(|why| Failure::CannotTell(format!("`--bind {}`: {why}", verb.bind)))?;
    let plans = cycle(verb.start, verb.episodes);
    let config = Starter {
        state: &verb.state,
        council: listener.local_addr()?,
        greentick: &verb.greentick,
        key: &key,
        finish_secret_env: verb.finish_secret_env.as_deref(),
        callback_secret_env: verb.callback_secret_env.as_deref(),
        key_env: verb.key_env.as_deref(),
        anchor: Some(anchor),
        start: verb.start,
    }
    .write(&plans)?;
    say(verb, &listener, anchor, &config);
    let living = async {
        if !verb.quiet_people {
            council.live(&plans).await?;
            tracing::info!("everybody has done what they planned; the council stays up");
        }
        std::future::pending::<Result<(), Failure>>().await
    };
    tokio::select! {
        () = council.serve(listener, daemon::asked_to_stop()) => Ok(()),
        ended = living => ended,
    }
}

fn faults(names: &[String]) -> Result<Vec<Fault>, Failure> {
    let find = |name: &String| {
        Fault::named(name).ok_or_else(|| {
            Failure::No(format!(
                "`{name}` is no fault; `--faults list` tells them all"
            ))
        })
    };
    names.iter().map(find).collect()
}

fn say(verb: &Simulate, listener: &TcpListener, anchor: Anchor, config: &std::path::Path) {
    let (state, config) = (verb.state.display(), config.display());
    let address = listener
        .local_addr()
        .map_or_else(|_| verb.bind.clone(), |address| address.to_string());
    println!(
        "The synthetic council answers at http://{address}; its log is {state}/council.jsonl."
    );
    println!("A daemon beside it needs this clock, which {config} has already:");
    println!("{}", starter::clock_section(anchor));
    println!("In another terminal:");
    println!(
        "  greentick allocate {state}/allocation.csv --by W-QA --config {config}\n  \
         greentick run --config {config}"
    );
    if verb.key_env.is_none() && verb.key.is_none() {
        println!("Look at it:");
        println!(
            "  curl -H \"X-Api-Key: $(cat {state}/secrets/council-key)\" \
             http://{address}/workflow/steps?status=open\n  \
             curl http://{address}/council/log"
        );
    }
    println!("Ctrl-C ends it; started again on the same folder, it goes on.");
}
