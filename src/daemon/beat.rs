//! How does a pass come round again? Waits for its span, for its bell, or for the end.
//!
//! Passes are counted as they begin and end, so that whoever conducts a demo or a test can wait for a
//! pass that began after a change, instead of sleeping and hoping.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::clock::Clock;

/// The bells of the beats that follow one another: read, judge the time, send.
#[derive(Debug, Default)]
pub struct Rhythm {
    /// The change feed. The same bell that a callback rings.
    pub(super) poll: Arc<Bell>,
    /// The tasks that stand open for our own worker, where Finish is held by tasks.
    pub(super) tasks: Arc<Bell>,
    /// Passing time.
    pub(super) tick: Arc<Bell>,
    /// Sending what is owed.
    pub(super) dispatch: Arc<Bell>,
}

/// Makes one beat come at once, and counts its passes.
#[derive(Debug, Default)]
pub(super) struct Bell {
    ring: Arc<Notify>,
    begun: watch::Sender<u64>,
    ended: watch::Sender<u64>,
}

/// When the next pass comes.
pub(super) enum Next {
    /// When the beat's span is over.
    AfterSpan,
    /// Before that, since something falls due.
    Within(Duration),
    /// Exactly then: the case system asks for quiet, or has failed several times in a row.
    In(Duration),
}

impl Rhythm {
    /// Beats whose mirror listens to this bell; doors ring it when a callback comes in.
    pub fn with_nudge(nudge: Arc<Notify>) -> Self {
        Self {
            poll: Arc::new(Bell {
                ring: nudge,
                ..Bell::default()
            }),
            ..Self::default()
        }
    }

    /// Rings each bell in turn and waits until a pass that began afterwards has ended: what stood in
    /// the case system when this was called is mirrored, judged, and sent as far as it can be. Waits
    /// for ever if the daemon does not run.
    pub async fn turn(&self) {
        for bell in [&self.poll, &self.tasks, &self.tick, &self.dispatch] {
            bell.turn().await;
        }
    }
}

impl Bell {
    /// Makes the next pass come at once.
    pub(super) fn ring(&self) {
        self.ring.notify_one();
    }

    async fn turn(&self) {
        let wanted = *self.begun.borrow() + 1;
        let mut ended = self.ended.subscribe();
        self.ring();
        // The sender lives as long as this bell, so the wait cannot fail.
        let _ = ended.wait_for(|count| *count >= wanted).await;
    }
}

/// One beat: when it comes round, and what ends it.
pub(super) struct Beat {
    pub(super) clock: Clock,
    pub(super) bell: Arc<Bell>,
    pub(super) span: Duration,
    pub(super) jitter_percent: u32,
    pub(super) told: watch::Receiver<bool>,
    /// Whether the first pass waits for its span.
    pub(super) waits_first: bool,
}

impl Beat {
    /// Passes again and again until told to end.
    pub(super) async fn run<Fut: Future<Output = Next>>(self, pass: impl Fn() -> Fut) {
        let Self { clock, bell, .. } = &self;
        let mut next = Next::AfterSpan;
        let mut waits = self.waits_first;
        loop {
            if waits {
                let span = vary(self.span, self.jitter_percent);
                let wait = match next {
                    Next::AfterSpan => span,
                    Next::Within(sooner) => sooner.min(span),
                    Next::In(exactly) => exactly,
                };
                if !pause(clock, wait, &bell.ring, &self.told).await {
                    return;
                }
            }
            waits = true;
            bell.begun.send_modify(|count| *count += 1);
            next = pass().await;
            let begun = *bell.begun.borrow();
            bell.ended.send_replace(begun);
        }
    }
}

/// Waits for the span, the bell, or the end; says whether to go on.
async fn pause(clock: &Clock, span: Duration, ring: &Notify, told: &watch::Receiver<bool>) -> bool {
    let span = clock.real_wait(span).max(Duration::from_millis(5));
    tokio::select! {
        biased;
        () = wait_for(told.clone()) => false,
        () = ring.notified() => true,
        () = sleep(span) => true,
    }
}

/// Resolves when the daemon is to end.
pub(super) async fn wait_for(mut told: watch::Receiver<bool>) {
    // The sender lives until the daemon ends, so an error means the same as being told.
    let _ = told.wait_for(|stop| *stop).await;
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
