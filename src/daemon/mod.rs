//! When does it happen? Beats, nudges, leases, signals: the only room that waits and starts tasks.
//!
//! Each beat calls one use-case and reports what it did. A nudge carries no data: it only makes the
//! next beat come sooner, so a callback and a poll share one path.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use crate::app::{App, AppFault, Shared, dispatch, mirror, tick};
use crate::clock::Clock;
use crate::web::{self, Doors};

/// How often each beat comes, in the clock's own time.
#[derive(Clone, Copy, Debug)]
pub struct Beats {
    /// The change feed.
    pub poll: Duration,
    /// The sweep of open steps.
    pub sweep: Duration,
    /// Passing time.
    pub tick: Duration,
    /// Sending what is owed.
    pub dispatch: Duration,
    /// How much each wait varies, percent, so that nodes do not beat together.
    pub jitter_percent: u32,
}

/// Runs until `stop` resolves; then every task ends after what it is doing.
pub async fn run<C: Shared>(
    doors: Arc<Doors<C>>,
    beats: Beats,
    limits: web::Limits,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) {
    let (tell, told) = watch::channel(false);
    let holder = format!("pid-{}", std::process::id());
    let mut tasks = tokio::task::JoinSet::new();
    let router = web::router(Arc::clone(&doors));
    let ended = wait_for(told.clone());
    tasks.spawn(web::serve(listener, router, limits, start, ended));
    tasks.spawn(poll_beat(Arc::clone(&doors), beats, told.clone()));
    tasks.spawn(sweep_beat(Arc::clone(&doors), beats, told.clone()));
    tasks.spawn(tick_beat(Arc::clone(&doors), beats, told.clone()));
    tasks.spawn(dispatch_beat(doors, beats, holder, told));
    stop.await;
    tracing::info!("stopping");
    let _ = tell.send(true);
    while tasks.join_next().await.is_some() {}
    tracing::info!("stopped");
}

#[allow(
    clippy::disallowed_methods,
    reason = "the daemon starts the tasks of this house"
)]
fn start(task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) {
    drop(tokio::spawn(task));
}

async fn wait_for(mut told: watch::Receiver<bool>) {
    // The sender lives until the daemon ends, so an error means the same as being told.
    let _ = told.wait_for(|stop| *stop).await;
}

/// Waits for the span, a nudge, or the end; says whether to go on.
async fn pause(
    clock: &Clock,
    span: Duration,
    jitter_percent: u32,
    nudge: Option<&Notify>,
    told: &watch::Receiver<bool>,
) -> bool {
    let span = clock
        .real_wait(vary(span, jitter_percent))
        .max(Duration::from_millis(5));
    let nudged = async {
        match nudge {
            Some(nudge) => nudge.notified().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = sleep(span) => true,
        () = nudged => true,
        () = wait_for(told.clone()) => false,
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the daemon is the room that waits"
)]
async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

fn vary(span: Duration, percent: u32) -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness the beat is merely regular.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte);
    let [drawn] = byte;
    let share = f64::from(percent) / 100.0 * (f64::from(drawn) / 127.5 - 1.0);
    span.mul_f64((1.0 + share).max(0.0))
}

async fn poll_beat<C: Shared>(doors: Arc<Doors<C>>, beats: Beats, told: watch::Receiver<bool>) {
    loop {
        let now = doors.clock.now();
        match mirror::poll(&doors.app, now).await {
            Ok(report) => {
                doors.freshness.complete(now);
                doors
                    .metrics
                    .mirrored(report.seen, report.unchanged, report.quarantined);
                if report.seen > report.unchanged || report.quarantined > 0 {
                    tracing::info!(
                        seen = report.seen,
                        unchanged = report.unchanged,
                        quarantined = report.quarantined,
                        owed = report.owed,
                        "case system read"
                    );
                }
            }
            Err(fault) => complain("the case system could not be mirrored", &fault),
        }
        let (span, percent) = (beats.poll, beats.jitter_percent);
        if !pause(&doors.clock, span, percent, Some(&doors.nudge), &told).await {
            return;
        }
    }
}

async fn sweep_beat<C: Shared>(doors: Arc<Doors<C>>, beats: Beats, told: watch::Receiver<bool>) {
    while pause(&doors.clock, beats.sweep, beats.jitter_percent, None, &told).await {
        match mirror::sweep(&doors.app, doors.clock.now()).await {
            Ok(report) => tracing::debug!(seen = report.seen, vanished = report.vanished, "swept"),
            Err(fault) => complain("the open steps could not be swept", &fault),
        }
    }
}

async fn tick_beat<C: Shared>(doors: Arc<Doors<C>>, beats: Beats, told: watch::Receiver<bool>) {
    loop {
        let now = doors.clock.now();
        // From a mirror older than its limit nobody is told anything new: it may be cured already.
        if doors.freshness.is_ready(now) {
            match tick::pass(&doors.app, now).await {
                Ok(report) if report.owed > 0 => {
                    tracing::info!(looked = report.looked, owed = report.owed, "time passed");
                }
                Ok(_) => {}
                Err(fault) => complain("passing time could not be judged", &fault),
            }
        }
        if !pause(&doors.clock, beats.tick, beats.jitter_percent, None, &told).await {
            return;
        }
    }
}

async fn dispatch_beat<C: Shared>(
    doors: Arc<Doors<C>>,
    beats: Beats,
    holder: String,
    told: watch::Receiver<bool>,
) {
    loop {
        match dispatch::pass(&doors.app, &holder, doors.clock.now()).await {
            Ok(report) => {
                doors
                    .metrics
                    .dispatched(report.sent + report.already_there, report.dead);
                if report.sent + report.again + report.dead > 0 {
                    tracing::info!(
                        sent = report.sent,
                        already_there = report.already_there,
                        again = report.again,
                        dead = report.dead,
                        "dispatched"
                    );
                }
            }
            Err(fault) => complain("what is owed could not be sent", &fault),
        }
        if !pause(
            &doors.clock,
            beats.dispatch,
            beats.jitter_percent,
            None,
            &told,
        )
        .await
        {
            return;
        }
    }
}

fn complain(what: &str, fault: &AppFault) {
    tracing::warn!(%fault, "{what}");
}

/// Resolves when the process is asked to end (SIGTERM or Ctrl-C).
pub async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(fault) => {
            tracing::warn!(%fault, "SIGTERM cannot be heard; Ctrl-C still ends the daemon");
            let _ = interrupted.await;
        }
    }
}

/// The freshness limit that goes with a poll beat: two missed beats, and half a minute of grace.
pub fn freshness_limit_seconds(beats: &Beats) -> i64 {
    i64::try_from(beats.poll.as_secs())
        .unwrap_or(i64::MAX / 4)
        .saturating_mul(2)
        .saturating_add(30)
}

/// Takes one full turn of every beat; for tests and for the demo's end.
pub async fn turn_all<C: Shared>(app: &App<C>, clock: &Clock) -> Result<(), AppFault> {
    let now = clock.now();
    mirror::poll(app, now).await?;
    mirror::sweep(app, now).await?;
    tick::pass(app, now).await?;
    dispatch::pass(app, "turn", now).await?;
    Ok(())
}
