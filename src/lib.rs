//! Greentick guards the green tick.
//!
//! It runs beside a children's social-care case record system, mirrors Learning Episode work steps into
//! its own ledger, decides whether a step may be Finished, chases what is late, and draws the sample
//! that the leadership team moderates. Paragraphs of the guidance are cited as ¶n.
//!
//! # The map
//! | Room | The question it answers | It may name |
//! |---|---|---|
//! | [`practice`] | What is good practice, and does this episode keep it? Pure. | nothing of ours |
//! | [`sampling`] | Which episodes are moderated, and can anybody draw them again? Pure. | nothing of ours |
//! | [`consistency`] | How alike do people grade, and how sure is it? Pure. | nothing of ours |
//! | [`pack`] | What does CSLT read of a cycle? Pure. | `sampling`, `consistency` |
//! | [`shape`] | Does a TOML file have the shape of its manual? Pure. | nothing of ours |
//! | [`mapping`] | What does a case system's record mean? | `practice`, `shape` |
//! | [`case_system`] | How do we talk with a case system? | `mapping`, `practice` |
//! | [`ledger`] | What do we remember? Only here is sqlx named. | `practice` |
//! | [`app`] | What does Greentick do? Use-cases of (dependencies, now). | the rooms above |
//! | [`web`] | Which doors are open to others? | `app` and below |
//! | [`daemon`] | When does it happen? Only here, and in `simulator`, is anything waited for or started. | `web`, `app` |
//! | [`cli`] | What can be asked at the terminal? | everything |
//! | [`simulator`] | What would a council do? Shares no code with what it tries. | `clock` |
//! | [`clock`], [`telemetry`] | What time is it? What can be watched? | nothing of ours |
//!
//! # Invariants
//! - **Nothing observed is lost, nothing is said twice.** An input, the episode after it, the journal's
//!   lines and what is owed commit in one transaction, a page together with its cursor. Sending is
//!   somebody else's job: leased, counted before the try, read back before it is repeated.
//! - **Blindness is an answer, never a pass.** A fact is known, blank or unreadable; the judge says so.
//! - **One judge, every door.** A finish check and an observed Finish ask the same pure function.
//! - **Everything can be replayed.** The journal holds every input, chained by hash from the first line.
//! - **Never narrative.** A mapping turns texts into lengths; there is no field a text could be kept in.
//!
//! # Two journeys
//! *A changed step.* `daemon` beats, or a callback rings its bell; [`app::mirror`] reads a page, and reads
//! anew whatever the page would wrongly show as left open. [`ledger::Ledger::absorb`] recognises what has
//! not changed by its hash, takes the turn, binds each step to its episode, asks
//! [`practice::react::react`], and commits all that follows with the cursor. [`app::dispatch`] sends.
//!
//! *A Finish.* [`app::gate::finish_check`] reads the step anew within a budget, asks the judge inside the
//! transaction that records the answer, and answers only then. A Finish that is later observed without
//! a valid permit is entered as a bypass, once; one from before the case system was first read is none.
//!
//! Absent on purpose: a plug-in system, an event bus, a repository trait per table, retries inside a
//! pass, hidden background state.

pub mod app;
pub mod case_system;
pub mod cli;
pub mod clock;
pub mod consistency;
pub mod daemon;
pub mod ledger;
pub mod mapping;
pub mod pack;
pub mod practice;
pub mod sampling;
pub mod settings;
pub mod shape;
pub mod simulator;
pub mod telemetry;
pub mod web;
