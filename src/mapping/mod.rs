//! What does a case system's answer mean, and how is an effect put to it?
//!
//! A mapping is a TOML file that an engineer writes with the vendor's document open beside it. It is
//! compiled once, all faults at once; then bytes become a page of sightings, and effects become
//! requests. Pure: no network, no clock. Absent on purpose: secrets (given at run time), narrative
//! (a text is counted and dropped).

mod asking;
mod auth;
mod client;
mod compile;
mod decoding;
mod environment;
mod explaining;
mod fault;
mod grants;
mod html;
mod keying;
mod language;
mod lint;
mod lookups;
mod operations;
mod page;
mod path;
mod proof;
mod record;
mod request;
mod schedule;
mod signing;
mod soap;
mod template;
mod testing;
mod tree;
mod writing;

#[cfg(test)]
mod tests;

pub use asking::{Asking, Cursor, End, Told};
pub use auth::{AuthStyle, Shown as TokenShown, SignIn, SignInReply, Way};
pub use compile::{MANUAL, Mapping};
pub use environment::Site;
pub use explaining::Chapter;
pub use fault::Fault;
pub use grants::GrantRow;
pub use keying::ChildKeying;
pub use language::{Also, Before, Must, Operation, Paging, ReadBack};
pub use lookups::Lookup;
pub use page::{BODY_LIMIT_BYTES, Next, Page, PageFault, Quarantined, Traced};
pub use proof::{Failing, Head, Means, Proof};
pub use record::Reading;
pub use request::{Asked, Request};
pub use schedule::{LONGEST_WAIT, Quiet, Schedule, retry_after};
pub use signing::{Hmac, Signable, username_token};
pub use soap::{ACTION, Wrapping};
pub use template::{Slot, TemplateFault};
pub use testing::TestOutcome;
pub use writing::{Beforehand, Carried, Put, Reply, Shown};
