//! What would a council do? A synthetic one: a case record system over real HTTP, with people, habits and faults.
//!
//! It keeps its own truth in `council.jsonl`, speaks the five dialects of `docs/synthetic-council.md`, asks Greentick
//! before a Finish, and takes every write as a new one, so that a thing said twice shows. All people and
//! children here are invented and have numbers, not names. Absent on purpose: any code shared with the rules,
//! the mapping or the adapter (only [`MemoryCouncil`] speaks their types).

mod asks;
mod control;
mod council;
mod desk;
mod dialects;
mod event;
mod filling;
mod forms;
mod habits;
mod line;
mod memory;
mod orders;
mod people;
mod serve;
mod shown;
mod step;
mod store;
mod switches;
mod telling;
mod truth;
mod words;

pub use asks::Pressed;
pub use council::{Council, CouncilFault, CouncilSettings, Greentick, Manner};
pub use dialects::Dialect;
pub use event::{Entry, Event};
pub use forms::StepType;
pub use habits::{Act, CYCLE, Grade, Plan, cycle};
pub use memory::{MemoryCouncil, Written};
pub use people::{Acted, Done};
pub use step::Step;
pub use switches::{Fault, SWITCHES, Strikes, Switch};
pub use words::{Gone, Hiding, Lock, Merge, NewStep, Previous, Received, Row, Status, Task};
