//! How far apart are two grades? 1 where they are the same, 0 where they could not be further apart.

/// How a disagreement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// Every disagreement counts whole.
    Identity,
    /// In proportion to the grades between.
    Linear,
    /// In proportion to their square.
    Quadratic,
    /// In proportion to the pairs of grades between, ends included. Gwet, Handbook of Inter-Rater Reliability.
    Ordinal,
}

impl Weights {
    /// How much agreement two grades are worth on a scale of so many grades, 0 to 1.
    pub fn agreement(self, grades: usize, first: usize, second: usize) -> f64 {
        let most = self.distance(grades.saturating_sub(1)).max(1);
        1.0 - super::pairs::number(self.distance(first.abs_diff(second)))
            / super::pairs::number(most)
    }

    /// The distance as a whole number, not yet scaled.
    pub(super) fn distance(self, apart: usize) -> u64 {
        let apart = u64::try_from(apart).unwrap_or(u64::MAX);
        match self {
            Self::Identity => u64::from(apart > 0),
            Self::Linear => apart,
            Self::Quadratic => apart.saturating_mul(apart),
            Self::Ordinal => apart.saturating_mul(apart.saturating_add(1)) / 2,
        }
    }
}
