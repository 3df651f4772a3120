//! Draws the sample that the Children's Services Leadership Team moderates (¶9), so that anybody can draw it again.
//!
//! The order of things is the protection. The frame is frozen and its hash published; only then are dice
//! thrown; the dice and the frame together fix every choice. Nothing here can look at the outcome and try
//! once more: a certificate holds all that is needed to recompute it offline, with this program or another.
//!
//! | Question | File | Names |
//! |---|---|---|
//! | What may be drawn, and what was left out? | `frame`, `frame_csv` | [`FrameRow`], [`Certain`], [`Grade`], [`Exclusion`], [`Frame`] |
//! | What is fixed before the dice? | `freeze` | [`Frozen`], [`FreezeRecord`] |
//! | How large, how spread? | `policy` | [`SamplingPolicy`] |
//! | Which dice? | `seed` | [`Seed`] |
//! | In what order do they come up? | `ticket` | [`Tickets`] |
//! | Which group is an episode in, and how many from each? | `strata`, `allocate` | [`Stratum`], [`SampleSize`] |
//! | Who was drawn? | `draw` | [`Draw`], [`StratumDraw`] |
//! | What happened to the sample afterwards? | `amend` | [`Sample`], [`Outcome`] |
//! | Which groups are to be taken further, and why not the others? | `groups` | [`GroupStanding`] |
//! | What is published, and does it hold? | `certificate`, `published`, `verify` | [`Certificate`], [`Supersession`], [`Published`], [`verify()`], [`Difference`] |
//! | What does CSLT read? | `list` | [`SampleList`] |
//! | Who moderates what? | `assign` | [`Moderator`], [`assign()`], [`Assignment`] |
//!
//! The usual road: [`Frozen::freeze`] → keep [`Frozen::frame_csv`] and publish [`Frozen::record`] → [`Seed::from_dice`]
//! → [`Sample::draw`] → keep [`Sample::certificate`] as [`Certificate::canonical_bytes`] → [`verify()`]. After that
//! [`Sample::resume`], [`Sample::substitute`], [`Sample::second_stage`]; the list is [`SampleList::of`].
//!
//! Absent: no clock, no file, no random source, no floating point and no unordered collection. Refusing a second
//! draw on one frame (LE-09.4) belongs to the caller, who alone knows what was drawn before;
//! [`Sample::supersede`] is the one way round, and it takes two approvers.

mod allocate;
mod amend;
mod assign;
mod canonical;
mod certificate;
mod draw;
mod frame;
mod frame_csv;
mod freeze;
mod groups;
mod list;
mod policy;
mod published;
mod seed;
mod strata;
mod ticket;
mod verify;

pub use allocate::SampleSize;
pub use amend::{AmendFault, Outcome, Sample};
pub use assign::{Assigned, Assignment, Moderator, assign};
pub use certificate::{
    ALGORITHM, ALGORITHM_VERSION, Certificate, CertificateFault, Drawn, SecondStage, StratumLine,
    Substitution, Supersession, SupersessionFault, Trigger,
};
pub use draw::{Draw, StratumDraw};
pub use frame::{Certain, Exclusion, Frame, FrameFault, FrameRow, Grade, Name};
pub use freeze::{FreezeRecord, Frozen};
pub use groups::GroupStanding;
pub use list::{ListedItem, Listing, SampleList};
pub use policy::{PolicyFault, SamplingPolicy};
pub use published::Published;
pub use seed::{Seed, SeedFault};
pub use strata::Stratum;
pub use ticket::Tickets;
pub use verify::{Difference, verify};
