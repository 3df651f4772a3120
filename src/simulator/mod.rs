//! What would a council do? A synthetic one: a case record system over real HTTP, with people, habits and faults.
//!
//! It keeps its own truth in `council.jsonl`, speaks the interface of `docs/synthetic-council.md`, asks Greentick
//! before a Finish, and takes every write as a new one, so that a thing said twice shows. All people and
//! children here are invented and have numbers, not names. Absent on purpose: any code shared with the rules,
//! the mapping or the adapter (only [`MemoryCouncil`] speaks their types).

mod asks;
mod control;
mod council;
mod event;
mod faults;
mod filling;
mod forms;
mod habits;
mod memory;
mod people;
mod reading;
mod reads;
mod serve;
mod store;
mod truth;
mod wire;
mod writes;

pub use asks::Pressed;
pub use council::{Council, CouncilFault, CouncilSettings, Greentick};
pub use event::{Entry, Event, NewStep, Previous, Received, Row, Status};
pub use faults::Fault;
pub use forms::StepType;
pub use habits::{Act, CYCLE, Grade, Plan, cycle};
pub use memory::{MemoryCouncil, Written};
pub use people::{Acted, Done};
pub use truth::Step;
