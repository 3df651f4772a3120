//! What does a case system's answer mean, and how is an effect put to it?
//!
//! A mapping is a TOML file that an engineer writes with the vendor's document open beside it. It is
//! compiled once, all faults at once; then bytes become a page of sightings, and effects become
//! requests. Pure: no network, no clock. Absent on purpose: secrets (given at run time), narrative
//! (a text is counted and dropped).

mod answers;
mod asking;
mod attributes;
mod auth;
mod auth_table;
mod batch;
mod branch;
mod building;
mod call;
mod client;
mod compile;
mod correlation;
mod date_forms;
mod dates;
mod decoding;
mod document;
mod door_tables;
mod doors;
mod embedded;
mod envelope;
mod environment;
mod explaining;
mod fact_places;
mod facts;
mod forms;
mod frame;
mod grants;
mod grouping;
mod hand;
mod html;
mod json;
mod json_text;
mod keying;
pub mod keys;
mod language;
mod limits;
mod lint;
mod listing;
mod lookups;
mod merges;
mod names;
mod opening;
mod operations;
mod page;
mod page_fault;
mod parts;
mod path;
mod path_text;
mod plan;
mod proof;
mod proof_table;
mod record;
mod recorded;
mod request;
mod schedule;
mod signing;
mod soap;
mod stages;
mod state;
mod statuses;
mod tasks;
mod template;
mod testing;
mod testing_doors;
mod text;
mod tidy;
mod trace;
mod trie;
mod walk;
mod words;
mod write_table;
mod writing;
mod xml;

#[cfg(test)]
mod tests;

pub use answers::{Told, WriteAnswer};
pub use asking::{Ahead, Asking, Cursor, End};
pub use auth::{AuthStyle, Shown as TokenShown, SignIn, SignInReply, Way};
pub use batch::{Batch, Item};
pub use compile::{MANUAL, Mapping};
pub use correlation::Correlation;
pub use door_tables::{Callback, Callout, ProofRow};
pub use doors::{Answered, Asked as FinishAsked, DoorReply, Event, Reason, Refused, Say};
pub use environment::Site;
pub use explaining::Chapter;
pub use grants::GrantRow;
pub use keying::ChildKeying;
pub use language::Paging;
pub use limits::{BODY_LIMIT_BYTES, Format, Limits};
pub use lookups::Lookup;
pub use merges::Merges;
pub use page::{Next, Page, Quarantined};
pub use page_fault::{FaultKind, PageFault};
pub use proof::{Failing, Head, Means, Proof};
pub use record::Reading;
pub use request::{Asked, Request};
pub use schedule::{LONGEST_WAIT, Quiet, Schedule, retry_after};
pub use signing::{Hmac, Signable, username_token};
pub use soap::{ACTION, Wrapping};
pub use tasks::{OpenTask, TaskPage, Tasks};
pub use template::{Slot, TemplateFault};
pub use testing::TestOutcome;
pub use trace::Trace;
pub use write_table::{Also, Before, Fallback, Meaning, MeansRow, Must, Operation, ReadBack};
pub use writing::{Beforehand, Carried, Put, Reply, Shown};

pub use crate::shape::Fault;
