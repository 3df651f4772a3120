//! What does a case system's answer mean, and how is an effect put to it?
//!
//! A mapping is a TOML file that an engineer writes with the vendor's document open beside it. It is
//! compiled once, all faults at once; then bytes become a page of sightings, and effects become
//! requests. Pure: no network, no clock. Absent on purpose: secrets (given at run time), narrative
//! (a text is counted and dropped).

mod answers;
mod batch;
mod compile;
mod decoding;
mod door_tables;
mod doors;
mod explaining;
mod fault;
mod grants;
mod html;
mod keying;
mod language;
mod operations;
mod page;
mod path;
mod record;
mod request;
mod tasks;
mod template;
mod testing;
mod text;
mod tree;
mod write_table;
mod writing;

#[cfg(test)]
mod tests;

pub use answers::{Told, WriteAnswer};
pub use batch::{Batch, Item};
pub use compile::{MANUAL, Mapping};
pub use door_tables::{Callback, Callout, ProofRow};
pub use doors::{Answered, Asked as FinishAsked, DoorReply, Event, Reason, Refused, Say};
pub use explaining::Chapter;
pub use fault::Fault;
pub use grants::GrantRow;
pub use keying::ChildKeying;
pub use language::{AuthStyle, Paging, Proof};
pub use page::{BODY_LIMIT_BYTES, Next, Page, PageFault, Quarantined, Traced};
pub use record::Reading;
pub use request::{Asked, Request};
pub use tasks::{OpenTask, TaskPage, Tasks};
pub use template::{Slot, TemplateFault};
pub use testing::TestOutcome;
pub use write_table::{Also, Before, Fallback, Meaning, MeansRow, Must, Operation, ReadBack};
pub use writing::{Beforehand, Carried, Put, Reply, Shown};
