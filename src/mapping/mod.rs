//! What does a case system's answer mean, and how is an effect put to it?
//!
//! A mapping is a TOML file that an engineer writes with the vendor's document open beside it. It is
//! compiled once, all faults at once; then bytes become a page of sightings, and effects become
//! requests. Pure: no network, no clock. Absent on purpose: secrets (given at run time), narrative
//! (a text is counted and dropped).

mod compile;
mod decoding;
mod environment;
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
mod template;
mod testing;
mod tree;
mod writing;

#[cfg(test)]
mod tests;

pub use compile::{MANUAL, Mapping};
pub use environment::Site;
pub use explaining::Chapter;
pub use fault::Fault;
pub use grants::GrantRow;
pub use keying::ChildKeying;
pub use language::{Also, AuthStyle, Before, Must, Operation, Paging, Proof, ReadBack};
pub use page::{BODY_LIMIT_BYTES, Next, Page, PageFault, Quarantined, Traced};
pub use record::Reading;
pub use request::{Asked, Request};
pub use template::{Slot, TemplateFault};
pub use testing::TestOutcome;
pub use writing::{Beforehand, Carried, Put, Reply, Shown};
