//! Does Greentick keep its promises with the synthetic council, over real HTTP on loopback and in any weather?
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking, and it starts the council it asks"
)]

#[path = "../common/mod.rs"]
mod common;
mod daemon;
mod dialects;
mod doctor;
mod environment;
mod finish;
mod handing_over;
mod merges;
mod mirror;
mod people;
mod pitfalls;
mod restored;
mod sampling;
mod speak;
mod stand;
mod switches;
mod tasks;
mod telling;
mod weather;
mod wire;
mod writes;
