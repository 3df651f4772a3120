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
use crate::simulator::{
    Council, CouncilSettings, Dialect, Event, Fault, Greentick, Manner, SWITCHES, StepType,
    Strikes, cycle,
};
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
    /// The dialect that the settings beside it use, and that Greentick is called back in: xml, soap, json, eav, batch.
    /// Every dialect is served all the same.
    #[arg(long, default_value = "xml", value_parser = dialect)]
    dialect: Dialect,
    /// Ask before a Finish in the dialect's own shape, if it has one.
    #[arg(long)]
    own_questions: bool,
    /// Types of step with a mandatory task for W-GREENTICK, with commas between: Finish is blocked until it is answered.
    #[arg(long, value_delimiter = ',')]
    gates: Vec<String>,
    /// Switches that are on from the start, with commas between; `list` tells them all. Those that change what is true
    /// act once, when there is a step that they fit.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
}

pub(super) async fn run(verb: &Simulate) -> Result<(), Failure> {
    if verb.faults.iter().any(|name| name == "list") {
        list();
        return Ok(());
    }
    telemetry::start_log(false, tracing::Level::INFO);
    let faults = faults(&verb.faults)?;
    let gates = gates(&verb.gates)?;
    std::fs::create_dir_all(&verb.state)?;
    let anchor = starter::anchor(&verb.state, verb.start, verb.factor)?;
    let key = match &verb.key {
        Some(key) => SecretString::from(key.as_str()),
        None => secret(verb, "council-key", verb.key_env.as_ref())?,
    };
    let council = open(verb, &key, anchor)?;
    let later = switch_on(&council, faults, gates)?;
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
        dialect: verb.dialect,
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
    let changing = change(&council, later);
    tokio::select! {
        () = council.serve(listener, daemon::asked_to_stop()) => Ok(()),
        ended = living => ended,
        ended = changing => ended,
    }
}

fn secret(verb: &Simulate, name: &str, variable: Option<&String>) -> Result<SecretString, Failure> {
    starter::secret(&verb.state, name, variable.map(String::as_str))
}

/// The council, with every secret that it and the daemon beside it need.
fn open(verb: &Simulate, key: &SecretString, anchor: Anchor) -> Result<Council, Failure> {
    let secret = |name: &str, variable| secret(verb, name, variable);
    secret("child-key", None)?;
    let qa = secret("qa-token", None)?;
    let subscription = secret("subscription-key", None)?;
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
        qa_token: Some(qa),
    });
    let council = Council::open(CouncilSettings {
        state: verb.state.clone(),
        key: key.clone(),
        clock: Clock::Scaled(anchor),
        greentick,
        fail_open: verb.fail_open,
    })?;
    council.speak(Manner {
        dialect: verb.dialect,
        asks: verb.own_questions,
        subscription: Some(subscription),
    });
    Ok(council)
}

/// Sets the gates and turns the switches on; gives those that change the truth, which have nothing to change yet.
fn switch_on(
    council: &Council,
    faults: Vec<Fault>,
    step_types: Vec<StepType>,
) -> Result<Vec<Fault>, Failure> {
    if !step_types.is_empty() {
        let to = "W-GREENTICK".to_owned();
        council.happen(Event::GateSet { step_types, to })?;
    }
    let (later, now): (Vec<Fault>, Vec<Fault>) = faults
        .into_iter()
        .partition(|fault| fault.switch().strikes == Strikes::Truth);
    for fault in now {
        council.fault(fault, None)?;
        tell(fault);
    }
    later.iter().copied().for_each(tell);
    Ok(later)
}

/// Lets each switch that changes the truth act once, as soon as there is a step that it fits; never ends well.
async fn change(council: &Council, mut later: Vec<Fault>) -> Result<(), Failure> {
    while !later.is_empty() {
        council.after_a_change().await;
        let mut waiting = Vec::new();
        for fault in later {
            if council.strike_if_it_fits(fault)?.is_empty() {
                waiting.push(fault);
            }
        }
        later = waiting;
    }
    std::future::pending().await
}

pub(super) fn dialect(name: &str) -> Result<Dialect, String> {
    let known = Dialect::ALL.map(Dialect::name).join(", ");
    Dialect::named(name).ok_or_else(|| format!("known are: {known}"))
}

fn gates(codes: &[String]) -> Result<Vec<StepType>, Failure> {
    let find = |code: &String| {
        let known = StepType::EPISODE.map(StepType::code).join(", ");
        let why = || Failure::No(format!("`{code}` is no type of step; known are: {known}"));
        StepType::from_code(code).ok_or_else(why)
    };
    codes.iter().map(find).collect()
}

/// Prints every switch.
fn list() {
    for fault in SWITCHES {
        let switch = fault.switch();
        let dialects = if switch.dialects.len() == Dialect::ALL.len() {
            String::new()
        } else {
            let names: Vec<&str> = switch.dialects.iter().map(|one| one.name()).collect();
            format!(" ({} only)", names.join(", "))
        };
        println!(
            "{:<14} {:<24} {}{dialects}",
            switch.id, switch.name, switch.what
        );
    }
}

/// Says what a switch that is on does.
fn tell(fault: Fault) {
    let switch = fault.switch();
    println!("On: {} {}: {}.", switch.id, switch.name, switch.what);
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
