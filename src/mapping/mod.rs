//! What does a case system's answer mean, and how is an effect put to it?
//!
//! A mapping is a TOML file that an engineer writes with the vendor's document open beside it. It is
//! compiled once, all faults at once; then bytes become a page of sightings, and effects become
//! requests. Pure: no network, no clock. Absent on purpose: secrets (given at run time), narrative
//! (a text is counted and dropped).

mod attributes;
mod building;
mod compile;
mod decoding;
mod document;
mod embedded;
mod envelope;
mod fault;
mod hand;
mod html;
mod json;
mod json_text;
mod keying;
mod language;
mod limits;
mod names;
mod operations;
mod page;
mod page_fault;
mod path;
mod path_text;
mod plan;
mod record;
mod request;
mod template;
mod testing;
mod tidy;
mod trace;
mod trie;
mod walk;
mod writing;
mod xml;

#[cfg(test)]
mod tests;

pub use compile::{MANUAL, Mapping};
pub use fault::Fault;
pub use keying::ChildKeying;
pub use language::{Also, AuthStyle, Before, Must, Operation, Paging, Proof, ReadBack};
pub use limits::{BODY_LIMIT_BYTES, Format, Limits};
pub use page::{Next, Page, Quarantined};
pub use page_fault::{FaultKind, PageFault};
pub use record::Reading;
pub use request::{Asked, Request};
pub use template::{Slot, TemplateFault};
pub use testing::TestOutcome;
pub use trace::Trace;
pub use writing::{Beforehand, Carried, Put, Reply, Shown};
