//! What does Greentick do all day? One cycle of a synthetic council, over real HTTP, in about a minute.
//!
//! The council serves on loopback with people who act on their own plans; the daemon is the one that
//! `run` starts, from a settings file that is left to look at. Only the clock is special: it jumps from
//! act to act and from morning to morning, and after each jump every beat is waited for once. Whatever
//! instant a demo is killed at, the next one goes on from there with the same ledger.

mod files;
mod moderate;
mod play;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::Failure;
use super::cycle::put_drawn;
use super::run::{Assembled, Configured, assemble, configured_now, ready};
use super::sample::put_cards;
use super::starter::{self, Starter};
use crate::app::{allocate, cards, draw};
use crate::case_system::HttpCaseSystem;
use crate::clock::Clock;
use crate::daemon::{self, Rhythm};
use crate::mapping::ChildKeying;
use crate::practice::ids::{CycleId, WorkerId};
use crate::simulator::{CYCLE, Council, CouncilSettings, Dialect, Greentick, Manner, Plan, cycle};
use crate::web::Doors;

/// Play one allocation cycle of a synthetic council against the daemon, on loopback.
#[derive(Args)]
pub(super) struct Demo {
    /// Where the ledger, the council's own log and the sample files go. A demo that was stopped midway
    /// goes on from there; one that came to its end is made anew.
    #[arg(long, default_value = "demo-out")]
    dir: PathBuf,
    /// End when the cycle has been played, instead of keeping the board up.
    #[arg(long)]
    exit: bool,
    /// How the daemon and the council speak with each other: xml, soap, json, eav, batch.
    #[arg(long, default_value = "xml", value_parser = super::simulate::dialect)]
    dialect: Dialect,
}

/// How many Learning Episodes the cycle has.
const EPISODES: u32 = 24;
/// The first day of the cycle, and the instant at which the demo's clock begins, UTC.
const ALLOCATED_ON: &str = "2026-09-07";
/// Before half past eight local, so that nobody is told of a cycle that is being allocated.
const BEGIN: &str = "2026-09-07T07:00:00Z";
/// After the cycle's cut-off: the sample is frozen and drawn at this instant, UTC.
const CUT_OFF: &str = "2026-12-01T10:00:00Z";
const DICE: &str = "58213 90467 12298 40731";
const BANNER: &str = "A demo. The council, its people and the calendar are invented.";

pub(super) async fn run(demo: &Demo) -> Result<(), Failure> {
    let dir = demo.dir.as_path();
    if files::prepare(dir)? {
        println!(
            "Going on where the demo in `{}` was stopped.",
            dir.display()
        );
    }
    let council_at = TcpListener::bind("127.0.0.1:0").await?;
    let doors_at = match TcpListener::bind("127.0.0.1:8480").await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await?,
    };
    let board = format!("http://{}", doors_at.local_addr()?);
    let plans = cycle(ALLOCATED_ON.parse()?, EPISODES);
    let clock = Clock::manual(BEGIN.parse()?);
    let settings = settle_in(dir, &council_at, &board, &plans, demo.dialect)?;
    let council = open_council(dir, &board, &clock)?;
    council.speak(Manner {
        dialect: demo.dialect,
        asks: false,
        subscription: Some(starter::secret(dir, "subscription-key", None)?),
    });
    let mut ready = ready(&Configured {
        config: Some(settings),
    })
    .await?;
    ready.clock = clock.clone();
    configured_now(&ready).await?;
    if let Some(at) = council.last_event_at() {
        clock.set(at);
    }
    let child_key = ready.child_key.clone();
    let Assembled {
        doors,
        beats,
        limits,
        rhythm,
    } = assemble(ready, Some(BANNER.to_owned()));
    let conductor = Conductor {
        dir,
        council: &council,
        doors: Arc::clone(&doors),
        rhythm: Arc::clone(&rhythm),
        clock,
        plans,
    };
    let over = Notify::new();
    let mut outcome = Ok(());
    let conducted = async {
        outcome = conductor.conduct(&child_key).await;
        if outcome.is_ok() && !demo.exit {
            println!("The board is at {board}/ until Ctrl-C.");
            daemon::asked_to_stop().await;
        }
        over.notify_one();
    };
    tokio::join!(
        council.serve(council_at, over.notified()),
        daemon::run(doors, beats, limits, rhythm, doors_at, conducted),
    );
    outcome
}

/// Writes the settings that the daemon runs with, and the secrets they name; gives their path.
fn settle_in(
    dir: &Path,
    council: &TcpListener,
    board: &str,
    plans: &[Plan],
    dialect: Dialect,
) -> Result<PathBuf, Failure> {
    starter::secret(dir, "child-key", None)?;
    starter::secret(dir, "qa-token", None)?;
    Starter {
        state: dir,
        council: council.local_addr()?,
        greentick: board,
        key: &starter::secret(dir, "council-key", None)?,
        finish_secret_env: None,
        callback_secret_env: None,
        key_env: None,
        anchor: None,
        start: ALLOCATED_ON.parse()?,
        dialect,
    }
    .write(plans)
}

/// The council, asking the daemon at `board` before each Finish.
fn open_council(dir: &Path, board: &str, clock: &Clock) -> Result<Council, Failure> {
    Ok(Council::open(CouncilSettings {
        state: dir.to_owned(),
        key: starter::secret(dir, "council-key", None)?,
        clock: clock.clone(),
        greentick: Some(Greentick {
            base_url: board.to_owned(),
            source: starter::SOURCE.to_owned(),
            finish_secret: starter::secret(dir, "finish-check", None)?,
            callback_secret: starter::secret(dir, "callback", None)?,
            head_token: Some(starter::secret(dir, "head-token", None)?),
            qa_token: Some(starter::secret(dir, "qa-token", None)?),
        }),
        fail_open: false,
    })?)
}

/// What it takes to play a cycle.
struct Conductor<'a> {
    dir: &'a Path,
    council: &'a Council,
    doors: Arc<Doors<HttpCaseSystem>>,
    rhythm: Arc<Rhythm>,
    clock: Clock,
    plans: Vec<Plan>,
}

impl Conductor<'_> {
    async fn conduct(&self, child_key: &ChildKeying) -> Result<(), Failure> {
        self.allocate(child_key).await?;
        self.play().await?;
        self.sample().await?;
        self.settle().await?;
        self.moderate().await?;
        self.settle().await?;
        self.draw_up().await?;
        self.sum_up().await
    }

    async fn allocate(&self, child_key: &ChildKeying) -> Result<(), Failure> {
        let file = std::fs::read(self.dir.join("allocation.csv"))?;
        let by = WorkerId::from("W-QA");
        let key = |child: &str| child_key.key(child);
        let now = self.clock.now();
        let report = allocate::register(&self.doors.app, &file, &by, key, now).await?;
        if report.accepted > 0 {
            println!(
                "{}  {} episodes of cycle {CYCLE} allocated",
                self.shown(now),
                report.accepted
            );
        }
        match report.refused.first() {
            None => Ok(()),
            Some(fault) => Err(Failure::No(format!(
                "allocation.csv:{}: {}",
                fault.line, fault.why
            ))),
        }
    }

    /// Freezes the cycle and draws it. Both are kept once, so a demo that goes on finds them done.
    async fn sample(&self) -> Result<(), Failure> {
        let cycle = CycleId::from(CYCLE);
        let now: Timestamp = CUT_OFF.parse()?;
        self.clock.set(now);
        let app = &self.doors.app;
        let policy = std::fs::read(self.dir.join("policy.toml"))?;
        draw::freeze(app, &cycle, &policy, now).await?;
        let drawn = draw::draw(app, &cycle, DICE, now).await?;
        put_drawn(app, &cycle, &drawn, self.dir).await?;
        let handed_out = self.dir.join(files::CARDS);
        if !handed_out.exists() {
            put_cards(&cards::cards(app, &cycle).await?, None, &handed_out)?;
        }
        let ids: Vec<_> = drawn.episodes.iter().map(ToString::to_string).collect();
        println!(
            "{}  drawn for moderation: {}",
            self.shown(now),
            ids.join(", ")
        );
        let differences = draw::check(app, &cycle).await?;
        if differences.is_empty() {
            return Ok(());
        }
        Err(Failure::No(format!(
            "the draw does not verify: {differences:?}"
        )))
    }
}
