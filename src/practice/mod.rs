//! What is good practice, and does this episode keep it? Pure: no async, no I/O, no clock.
//!
//! An input (something seen, something decided, time passed) turns an episode into a reaction: the
//! episode after, a verdict if one was asked, what is owed, when to look again, and what the journal
//! says. Ordered collections only, so that the same inputs always give the same bytes.

pub mod admit;
pub mod authority;
pub mod bind;
pub mod calendar;
pub mod concern;
pub mod conflict;
pub mod cycle;
pub mod deadlines;
pub mod decision;
pub mod effect;
pub mod episode;
pub mod fact;
pub mod fold;
pub mod history;
pub mod ids;
pub mod invitation;
pub mod judge;
pub mod known;
pub mod ladders;
pub mod news;
pub mod on_record;
pub mod people;
pub mod permit;
pub mod reach;
pub mod react;
pub mod reading;
pub mod replay;
pub mod rules;
pub mod screen;
mod shorten;
pub mod sighting;
pub mod standstill;
pub mod step;
pub mod subject;
pub mod terms;
pub mod unmet;
pub mod verdict;
pub mod vocabulary;
pub mod wording;
