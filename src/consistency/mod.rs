//! How alike do people grade, and how sure can anybody be of it? Pure numbers for the consistency pack (¶9).
//!
//! | Question | File | Names |
//! |---|---|---|
//! | When is there no number, and why? | `estimate` | [`Estimate`], [`NotEstimable`] |
//! | Who gave which grade beside whom? | `pairs` | [`Pairs`] |
//! | What of three and more, with gaps? | `units` | [`Units`] |
//! | How often the same, how often next to it, who is higher? | `agreement` | [`Share`], [`Direction`] |
//! | How far apart are two grades? | `weights` | [`Weights`] |
//! | How much of it is not chance? | `kappa`, `gwet`, `krippendorff` | [`kappa()`], [`gwet()`], [`krippendorff()`] |
//! | Do the disagreements lean one way? | `symmetry` | [`bowker()`], [`stuart_maxwell()`] |
//! | What does the sample say of the whole cycle? | `weighted` | [`weighted()`] |
//! | Do grades drift from cycle to cycle? | `drift` | [`p_chart()`], [`cusum()`] |
//! | Is a reviewer stricter than the others? | `severity` | [`severities()`] |
//! | How many must be seen? | `plan` | [`sample_size()`], [`detection()`] |
//!
//! A number that cannot be had is said so in words, never as `NaN`: too few, all alike, or no variation
//! to measure. Absent on purpose: words that rate a number ("substantial", "poor"), rankings of people, and
//! any figure about a person with fewer than [`FEWEST_PER_PERSON`] items.

mod agreement;
mod drift;
mod estimate;
mod gwet;
mod kappa;
mod krippendorff;
mod pairs;
mod plan;
mod severity;
mod symmetry;
mod units;
mod weighted;
mod weights;

pub use agreement::{Direction, Interval, Share, confidence};
pub use drift::{CusumPoint, Cycle, PChart, PPoint, cusum, p_chart};
pub use estimate::{Estimate, NotEstimable};
pub use gwet::{Gwet, gwet};
pub use kappa::{Kappa, kappa};
pub use krippendorff::{Level, krippendorff};
pub use pairs::Pairs;
pub use plan::{detection, sample_size};
pub use severity::{FEWEST_PER_PERSON, Severities, Severity, severities};
pub use symmetry::{Asymmetry, bowker, stuart_maxwell};
pub use units::Units;
pub use weighted::{Collapsed, StratumResult, Weighted, weighted};
pub use weights::Weights;
