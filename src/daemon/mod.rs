//! When does it happen? Beats, bells, signals: the only room that waits and starts tasks.
//!
//! Each beat calls one use-case and reports what it did ([`passes`]); a bell only makes the next pass
//! come sooner and carries no data, so that a callback and a poll share one path ([`beat`]).

mod beat;
mod passes;

pub use beat::Rhythm;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::Shared;
use crate::clock::Clock;
use crate::web::{self, Doors};

/// How often each beat comes, in the clock's own time.
#[derive(Clone, Copy, Debug)]
pub struct Beats {
    /// The change feed.
    pub poll: Duration,
    /// The sweep of open steps.
    pub sweep: Duration,
    /// The comparison of everything, from the beginning of the feed.
    pub reconcile: Duration,
    /// Passing time, at the latest; it also comes when the next thing falls due.
    pub tick: Duration,
    /// Sending what is owed.
    pub dispatch: Duration,
    /// How much each wait varies, percent, so that nodes do not beat together.
    pub jitter_percent: u32,
}

/// How long answers and passes under way may take to end once the daemon is asked to stop.
const GRACE: Duration = Duration::from_secs(9);

/// Runs until `stop` resolves; then every task ends after what it is doing, and whatever still waits
/// on a case system that does not answer is let go: what it had claimed is read back at the next start.
pub async fn run<C: Shared>(
    doors: Arc<Doors<C>>,
    beats: Beats,
    limits: web::Limits,
    rhythm: Arc<Rhythm>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) {
    let (tell, told) = watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    let router = web::router(Arc::clone(&doors));
    let ended = beat::wait_for(told.clone());
    tasks.spawn(web::serve(listener, router, limits, start, ended));
    passes::start_all(&mut tasks, &doors, &beats, &rhythm, &told);
    stop.await;
    tracing::info!("stopping");
    let _ = tell.send(true);
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!(
            "what was still under way has been cut off; it is read back at the next start"
        );
        tasks.shutdown().await;
    }
    tracing::info!("stopped");
}

#[allow(
    clippy::disallowed_methods,
    reason = "the daemon starts the tasks of this house"
)]
fn start(task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) {
    drop(tokio::spawn(task));
}

/// A wait under way.
type Waiting = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Somebody who waits a span of a clock's time, for rooms that may not.
pub fn waiting(clock: Clock) -> Arc<dyn Fn(Duration) -> Waiting + Send + Sync> {
    Arc::new(move |span| Box::pin(beat::sleep(clock.real_wait(span))))
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
