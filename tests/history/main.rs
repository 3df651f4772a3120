//! Does the past answer as it did? Explanations, rehearsals, messages and told stories, over one council in memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    dead_code,
    reason = "a test that cannot go on says so by panicking, and not every test uses all of the stand"
)]

mod activation;
#[path = "../common/mod.rs"]
mod common;
mod explain;
mod first_reading;
mod generated;
mod messages;
mod moderating;
mod rehearse;
mod reversed;
mod sample;
mod sample_messages;
mod shadow;
mod speed;
mod stand;
mod stories;
mod told;
