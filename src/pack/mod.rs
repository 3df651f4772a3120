//! What does CSLT read of a cycle, and what does it see at a glance? The consistency pack (¶9), pure.
//!
//! | Question | File | Names |
//! |---|---|---|
//! | What is known of the cycle? | `material` | [`Material`], [`Moderated`], [`Initial`], [`Flow`] |
//! | Which figures, in which order, with which words? | `figures`, `agreement`, `people` | [`Pack`], [`pack()`] |
//! | What is a figure, and what if there is none? | `sheet` | [`Section`], [`Table`], [`Cell`] |
//! | What does it look like? | `chart`, `html` | [`Chart`] |
//! | How does a spreadsheet get it? | `csv`, `xlsx` | |
//! | What does somebody from outside open first? | [`inspection`] | [`inspection::Inspection`] |
//! | What does a moderator get in hand for one episode? | [`card`] | [`card::Card`] |
//! | In which forms is it handed out, and what is said of it first? | `face` | [`Face`] |
//!
//! Every face (HTML, XLSX, CSV, JSON) is made of the same sections, so no two can differ. Each figure stands with the
//! number of items it rests on. Absent on purpose: words that rate a figure, rankings of people, names, narrative.

mod agreement;
pub mod card;
mod chart;
mod csv;
mod face;
mod figures;
mod html;
pub mod inspection;
mod material;
mod people;
mod sheet;
mod xlsx;

pub use chart::Chart;
pub use face::{Face, FaceFault};
pub use figures::{Pack, pack};
pub use material::{Flow, Initial, Material, Moderated, PastCycle};
pub use sheet::{Cell, Column, Section, Table};
pub use xlsx::XlsxFault;
