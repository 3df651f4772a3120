//! What can be watched from outside? Log lines and numbers; never a name, a text or a body of a record.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

type Count = Counter<u64, AtomicU64>;

/// One label from a closed set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// Numbers for monitoring.
pub struct Metrics {
    registry: Registry,
    records: Family<Kind, Count>,
    finish_checks: Family<Kind, Count>,
    callbacks: Family<Kind, Count>,
    effects: Family<Kind, Count>,
    tasks: Family<Kind, Count>,
    mirror_failures: Count,
    turned_away: Family<Turned, Count>,
    /// Since when, in seconds by the machine's clock, and how often it was not said.
    unsaid: Mutex<BTreeMap<Turned, (i64, u64)>>,
}

/// A door, and why somebody was turned away there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct Turned {
    door: &'static str,
    why: &'static str,
}

/// Seconds within which the same refusal is said once.
const SAID_EVERY_SECONDS: i64 = 60;

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("greentick");
        let family = Family::<Kind, Count>::default;
        let metrics = (family(), family(), family(), family());
        registry.register(
            "records",
            "Records read from the case system",
            metrics.0.clone(),
        );
        registry.register(
            "finish_checks",
            "Finish checks by answer",
            metrics.1.clone(),
        );
        registry.register("callbacks", "Callbacks by outcome", metrics.2.clone());
        registry.register("effects", "Effects by outcome", metrics.3.clone());
        let tasks = family();
        registry.register("tasks", "Open tasks by outcome", tasks.clone());
        let turned_away = Family::<Turned, Count>::default();
        registry.register(
            "turned_away",
            "Finish checks and callbacks that were refused, by door and reason",
            turned_away.clone(),
        );
        let mirror_failures = Count::default();
        registry.register(
            "mirror_failures",
            "Reads of the change feed that failed or were not provable",
            mirror_failures.clone(),
        );
        Self {
            registry,
            tasks,
            mirror_failures,
            turned_away,
            unsaid: Mutex::default(),
            records: metrics.0,
            finish_checks: metrics.1,
            callbacks: metrics.2,
            effects: metrics.3,
        }
    }
}

impl Metrics {
    /// Counts a pass over the feed.
    pub fn mirrored(&self, seen: u64, unchanged: u64, quarantined: u64) {
        self.records
            .get_or_create(&Kind { kind: "changed" })
            .inc_by(seen.saturating_sub(unchanged));
        self.records
            .get_or_create(&Kind { kind: "unchanged" })
            .inc_by(unchanged);
        self.records
            .get_or_create(&Kind {
                kind: "quarantined",
            })
            .inc_by(quarantined);
    }

    /// Counts a read of the change feed that failed.
    pub fn mirror_failed(&self) {
        self.mirror_failures.inc();
    }

    /// Counts a finish check: `permit`, `hold` or `unavailable`.
    pub fn finish_check(&self, kind: &'static str) {
        self.finish_checks.get_or_create(&Kind { kind }).inc();
    }

    /// Counts a callback: `kept` or `refused`.
    pub fn callback(&self, kind: &'static str) {
        self.callbacks.get_or_create(&Kind { kind }).inc();
    }

    /// Counts somebody who was turned away. Gives how often since it was last said, if it is to be said now: at once,
    /// and then once a minute for each door and reason. `second` is by the machine's clock.
    pub fn turned_away(&self, door: &'static str, why: &'static str, second: i64) -> Option<u64> {
        let turned = Turned { door, why };
        self.turned_away.get_or_create(&turned).inc();
        let mut unsaid = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, times) = unsaid.entry(turned).or_insert((i64::MIN, 0));
        *times += 1;
        if second.saturating_sub(*last) < SAID_EVERY_SECONDS {
            return None;
        }
        *last = second;
        Some(std::mem::take(times))
    }

    /// Counts a pass over the open tasks.
    pub fn tasks(&self, answered: u64, unreadable: u64) {
        self.tasks
            .get_or_create(&Kind { kind: "answered" })
            .inc_by(answered);
        self.tasks
            .get_or_create(&Kind { kind: "unreadable" })
            .inc_by(unreadable);
    }

    /// Counts a dispatch.
    pub fn dispatched(&self, sent: u64, dead: u64) {
        self.effects
            .get_or_create(&Kind { kind: "sent" })
            .inc_by(sent);
        self.effects
            .get_or_create(&Kind { kind: "dead" })
            .inc_by(dead);
    }

    /// All numbers as OpenMetrics text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Sends log lines to standard error, as JSON or as text.
pub fn start_log(json: bool, level: tracing::Level) {
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second start, as in tests, keeps the first.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_each_time_and_said_once_a_minute() {
        let metrics = Metrics::default();
        let at = |second| metrics.turned_away("callback", "unproven", second);
        assert_eq!(at(1_000), Some(1));
        assert_eq!((at(1_001), at(1_059)), (None, None));
        assert_eq!(
            metrics.turned_away("callback", "unreadable", 1_059),
            Some(1)
        );
        assert_eq!(at(1_060), Some(3));
        let said = metrics.render();
        assert!(
            said.contains(r#"greentick_turned_away_total{door="callback",why="unproven"} 4"#),
            "{said}"
        );
    }
}
