//! The sample from outside: the worked draw, what may happen to a sample, and a second program's opinion.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail it"
)]

mod amendments;
mod assignment;
mod certificate;
mod chances;
mod pack;
mod reference;
mod second_opinion;
mod touched;
mod worked;
mod worked_example;
