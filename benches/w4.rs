//! W4: what does it cost to draw from a million episodes, beside hashing their ids alone? And how much memory?
//!
//! One in twenty is certain to be drawn, one reviewer in ten is in debt. The frame is in memory, as it is after a
//! freeze; its rows count as memory of the draw. Memory is measured in a process of its own.

use std::hint::black_box;

use greentick::sampling::{Certain, FrameRow, Frozen, Grade, Name, Sample, Seed};
use ring::digest::{SHA256, digest};

use super::meter::{Cost, Table, cost, median, milliseconds, ratio, size};

const POLICY: &[u8] = b"[sampling]\nsample_size = 60000\n";

fn episodes() -> usize {
    size("BENCH_W4_EPISODES", 1_000_000)
}

/// So many finished episodes of a dozen services and five thousand reviewers.
fn frame() -> Frozen {
    let named = |prefix: &str, count: usize| -> Vec<Name> {
        let name = |nth| Name::from(format!("{prefix}{nth:04}"));
        (0..count).map(name).collect()
    };
    let (services, reviewers) = (named("S-", 12), named("W-", 5_000));
    let row = |nth: usize| {
        let reviewer = nth * 7_919 % reviewers.len();
        let manager = reviewers[(reviewer + 1) % reviewers.len()].clone();
        FrameRow {
            le_id: format!("LE-2026-{nth:07}").into(),
            service: services[nth % services.len()].clone(),
            reviewer: reviewers[reviewer].clone(),
            evaluation: Some(match nth % 20 {
                0 => Grade::Outstanding,
                1..=6 => Grade::RequiresImprovement,
                _ => Grade::Good,
            }),
            finished: "2026-11-20T16:30:00Z".parse().unwrap(),
            certain: Certain::default(),
            cycles_since_moderated: (!reviewer.is_multiple_of(10)).then_some(1),
            conflict: vec![reviewers[reviewer].clone(), manager],
            initial_moderator: None,
        }
    };
    let mut rows = Vec::with_capacity(episodes());
    rows.extend((0..episodes()).map(row));
    Frozen::freeze("2026-C3", rows, Vec::new(), POLICY).unwrap()
}

fn seed() -> Seed {
    Seed::from_dice("58213904671229840731", "2026-C3").unwrap()
}

/// The floor: the ids hashed, nothing kept.
fn hashed(frozen: &Frozen) {
    for row in frozen.frame().rows() {
        black_box(digest(&SHA256, row.le_id.as_bytes()));
    }
}

fn drawn<'f>(frozen: &'f Frozen, seed: &Seed) -> Sample<'f> {
    Sample::draw(frozen, seed).unwrap()
}

/// Memory of this process in bytes, by this line of `/proc/self/status`.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|one| one.strip_prefix(line));
    let kilobytes = found.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<f64>().unwrap() * 1_024.0
}

/// In a process of its own: bytes an episode that frame and draw hold together, at most.
pub fn weigh() {
    let before = memory("VmRSS:");
    let frozen = frame();
    // What freezing needed for a while is not of the draw: the high-water mark begins here.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let sample = drawn(&frozen, &seed());
    let peak = memory("VmHWM:") - before;
    black_box(&sample);
    println!("{}", peak / episodes() as f64);
}

fn weighed() -> f64 {
    let own = std::env::current_exe().unwrap();
    let asked = std::process::Command::new(own).arg("weigh").output();
    let said = String::from_utf8(asked.unwrap().stdout).unwrap();
    said.trim().parse().unwrap()
}

pub async fn run() {
    let (frozen, seed) = (frame(), seed());
    let rounds = size("BENCH_ROUNDS", 5);
    let (mut floors, mut draws, mut papers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        floors.push(cost(async { hashed(&frozen) }).await.1);
        let (sample, of_draw) = cost(async { drawn(&frozen, &seed) }).await;
        draws.push(of_draw);
        let paper = cost(async { black_box(sample.certificate().canonical_bytes()).len() });
        papers.push(paper.await.1);
    }
    let wall = |costs: &[Cost]| -> Vec<f64> {
        let seconds = costs.iter().map(|cost| cost.wall.as_secs_f64());
        seconds.collect()
    };
    let mut table = Table::default();
    let shown = |costs: &[Cost]| format!("{:.0} ms", milliseconds(costs, |cost| cost.wall));
    table.line(
        &format!("draw from {}", episodes()),
        &shown(&draws),
        &shown(&floors),
        ratio(&wall(&draws), &wall(&floors)),
        "3",
    );
    table.remark(&format!(
        "the certificate of it, a ticket written out for each of those drawn: {:.0} ms",
        median(wall(&papers)) * 1_000.0
    ));
    table.remark(&format!(
        "frame and draw together, at most: {:.0} bytes an episode (goal: 300)",
        weighed()
    ));
    table.show("W4 draw");
}
