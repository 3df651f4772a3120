//! What would a council do? A synthetic one: steps, people with habits, and what was written to it.
//!
//! All people and children here are invented and have numbers, not names.

mod habits;
mod memory;

pub use habits::{Act, Plan, cycle};
pub use memory::{Council, Written};
