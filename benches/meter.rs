//! How are two programs compared? Turn by turn in one run, by the medians of their times.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// What one turn cost this process: wall time, and the processor time of all its threads.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
}

/// Measures one turn.
#[allow(
    clippy::disallowed_methods,
    reason = "a stopwatch; nothing is decided by it"
)]
pub async fn cost<T>(turn: impl Future<Output = T>) -> (T, Cost) {
    let (wall, cpu) = (Instant::now(), processor());
    let done = turn.await;
    let cost = Cost {
        wall: wall.elapsed(),
        cpu: processor().saturating_sub(cpu),
    };
    (done, cost)
}

/// Processor time of this process so far, threads that ended included, to a hundredth of a second
/// (`/proc/self/stat`, fields 14 and 15, in the kernel's fixed 100 ticks a second).
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The median.
pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of a part of the costs, in milliseconds.
pub fn milliseconds(of: &[Cost], part: impl Fn(&Cost) -> Duration) -> f64 {
    median(
        of.iter()
            .map(|cost| part(cost).as_secs_f64() * 1_000.0)
            .collect(),
    )
}

/// The median of the ratios, pair by pair: what one turn's noise does to both cancels out.
pub fn ratio(of: &[f64], to: &[f64]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of / to).collect())
}

/// Lines of a table: what, ours, floor, ratio, goal.
#[derive(Default)]
pub struct Table(String);

impl Table {
    pub fn line(&mut self, what: &str, ours: &str, floor: &str, ratio: f64, goal: &str) {
        let _ = writeln!(
            self.0,
            "{what:<48} {ours:>16} {floor:>16} {ratio:>8.2} x  {goal}"
        );
    }

    pub fn remark(&mut self, text: &str) {
        let _ = writeln!(self.0, "  {text}");
    }

    pub fn show(&self, title: &str) {
        println!("\n{title}");
        println!(
            "{:<48} {:>16} {:>16} {:>10}  goal",
            "", "Greentick", "floor", "ratio"
        );
        print!("{}", self.0);
    }
}

/// A size that may be set from outside.
pub fn size(name: &str, default: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}
