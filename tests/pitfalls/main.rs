//! What real life does, and what the adapter does then: each pitfall by its number, on the real use-cases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected should stop there"
)]

#[path = "../common/mod.rs"]
mod common;

mod life_cycle;
mod merges;
mod paging;
mod placing;
mod restored;
mod set_aside;
mod stand;
mod time;
