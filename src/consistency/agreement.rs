//! How often the same grade, how often the one next to it, and who is higher? With Wilson's interval.

use statrs::distribution::{ContinuousCDF, Normal};

use super::estimate::{Estimate, NotEstimable};
use super::pairs::{Pairs, number};

/// The two-sided normal quantile of a confidence level, such as 1.959964 for 0.95.
pub fn confidence(level: f64) -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, level.clamp(0.0, 0.999_999)))
}

/// An interval, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub items: u64,
}

impl Share {
    /// The share, 0 to 1.
    pub fn value(self) -> Estimate<f64> {
        if self.items == 0 {
            return Err(NotEstimable::NoItems);
        }
        Ok(number(self.count) / number(self.items))
    }

    /// Wilson's score interval of that share at a confidence level such as 0.95. Wilson, JASA 22 (1927).
    pub fn wilson(self, level: f64) -> Estimate<Interval> {
        let (share, items, z) = (self.value()?, number(self.items), confidence(level));
        let square = z * z / items;
        let middle = share + square / 2.0;
        let reach = z * (share * (1.0 - share) / items + square / (4.0 * items)).sqrt();
        Ok(Interval {
            low: ((middle - reach) / (1.0 + square)).max(0.0),
            high: ((middle + reach) / (1.0 + square)).min(1.0),
        })
    }
}

/// Which of the two grades higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Items on which the first gave the higher grade.
    pub higher: u64,
    /// Items on which the first gave the lower grade.
    pub lower: u64,
    /// The sum of the differences, first less second, in grades.
    pub sum: i64,
    /// How many items.
    pub items: u64,
}

impl Direction {
    /// The mean difference, first less second, in grades.
    pub fn mean(self) -> Estimate<f64> {
        if self.items == 0 {
            return Err(NotEstimable::NoItems);
        }
        let sum = number(self.sum.unsigned_abs());
        let mean = sum / number(self.items);
        Ok(if self.sum < 0 { -mean } else { mean })
    }
}

impl Pairs {
    /// Items with the same grade twice.
    pub fn exact(&self) -> Share {
        self.within(0)
    }

    /// Items whose grades are the same or next to each other.
    pub fn adjacent(&self) -> Share {
        self.within(1)
    }

    fn within(&self, apart: usize) -> Share {
        let near = self
            .cells()
            .filter(|(first, second, _)| first.abs_diff(*second) <= apart);
        Share {
            count: near.map(|(.., count)| count).sum(),
            items: self.items(),
        }
    }

    /// Which of the two grades higher, and by how much.
    pub fn direction(&self) -> Direction {
        let mut found = Direction {
            higher: 0,
            lower: 0,
            sum: 0,
            items: self.items(),
        };
        for (first, second, count) in self.cells() {
            let apart = i64::try_from(first.abs_diff(second)).unwrap_or(i64::MAX);
            let by = apart.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
            match first.cmp(&second) {
                std::cmp::Ordering::Greater => {
                    found.higher += count;
                    found.sum += by;
                }
                std::cmp::Ordering::Less => {
                    found.lower += count;
                    found.sum -= by;
                }
                std::cmp::Ordering::Equal => {}
            }
        }
        found
    }
}
