//! How far is Greentick from the least possible work? `cargo bench [-- w1|w2|w3|w4|w6]`; see docs/benchmarks.md.
//!
//! Ratios to floors that are kept here, not times: A and B take turns in one run. Whoever serves or asks
//! is another process, so that only the two that are compared are measured. Absent on purpose: any
//! assertion about speed; a slow machine fails nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs,
    unreachable_pub,
    reason = "a measurement that cannot go on says so by panicking, and shows what it found"
)]

mod asking;
mod council;
mod meter;
mod shelf;
mod w1;
mod w1_floor;
mod w2;
mod w2_floor;
mod w3;
mod w4;
mod w6;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    match words.first().map(String::as_str) {
        Some("serve-steps") => return runtime.block_on(w1::serve()),
        Some("ask") => return asking::ask(&words[1..]),
        Some("weigh") => return w4::weigh(),
        _ => {}
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Cargo adds `--bench`; any other word selects.
    let chosen: Vec<&String> = words
        .iter()
        .filter(|word| !word.starts_with("--"))
        .collect();
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|word| word.contains(name));
    println!(
        "medians of {} turns each, taken by turns",
        meter::size("BENCH_ROUNDS", 5)
    );
    if wanted("w1") {
        runtime.block_on(w1::run());
    }
    if wanted("w2") {
        runtime.block_on(w2::run());
    }
    if wanted("w3") {
        runtime.block_on(w3::run());
    }
    if wanted("w4") {
        runtime.block_on(w4::run());
    }
    if wanted("w6") {
        runtime.block_on(w6::run());
    }
}
