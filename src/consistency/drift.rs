//! Do grades drift from cycle to cycle? A control chart of the share of Good and better, and a running sum of the
//! mean grade that notices small lasting shifts.
//!
//! Montgomery, Introduction to Statistical Quality Control, chapters 7 (p chart) and 9 (CUSUM).

use super::estimate::{Estimate, NotEstimable};
use super::pairs::number;

/// The grades given in one cycle, lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The cycle's id.
    pub name: String,
    /// How often each grade was given.
    pub grades: Vec<u64>,
    /// Whether the guidance or its scale changed with this cycle, so that earlier ones are no measure for it.
    pub changed: bool,
}

impl Cycle {
    fn items(&self) -> u64 {
        self.grades.iter().sum()
    }

    /// Sum of grades and of their squares, counting the lowest as 0.
    fn sums(&self) -> (f64, f64) {
        let mut sums = (0.0, 0.0);
        for (grade, count) in self.grades.iter().enumerate() {
            let grade = number(u64::try_from(grade).unwrap_or(u64::MAX));
            sums.0 += grade * number(*count);
            sums.1 += grade * grade * number(*count);
        }
        sums
    }
}

/// One cycle of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct PPoint {
    /// The cycle's id.
    pub name: String,
    /// How many grades.
    pub items: u64,
    /// The share of this grade and better; not estimable if the cycle is empty.
    pub share: Estimate<f64>,
    /// The lower control limit for so many grades.
    pub low: f64,
    /// The upper control limit.
    pub high: f64,
    /// Whether the share lies outside them.
    pub outside: bool,
}

/// The chart since the guidance last changed.
#[derive(Clone, Debug, PartialEq)]
pub struct PChart {
    /// The share over all its cycles.
    pub centre: f64,
    /// Its cycles, oldest first.
    pub points: Vec<PPoint>,
}

/// Cycles since the guidance last changed.
fn comparable(cycles: &[Cycle]) -> &[Cycle] {
    let from = cycles.iter().rposition(|cycle| cycle.changed).unwrap_or(0);
    cycles.get(from..).unwrap_or_default()
}

/// A control chart of the share of grades at or above `good`, limits three standard errors from the centre.
pub fn p_chart(cycles: &[Cycle], good: usize) -> Estimate<PChart> {
    let cycles = comparable(cycles);
    let counted = |cycle: &Cycle| cycle.grades.iter().skip(good).sum::<u64>();
    let items: u64 = cycles.iter().map(Cycle::items).sum();
    if items == 0 {
        return Err(NotEstimable::NoItems);
    }
    if cycles.iter().filter(|cycle| cycle.items() > 0).count() < 2 {
        return Err(NotEstimable::NothingToCompare);
    }
    let centre = number(cycles.iter().map(counted).sum()) / number(items);
    let point = |cycle: &Cycle| {
        let items = cycle.items();
        let reach = 3.0 * (centre * (1.0 - centre) / number(items.max(1))).sqrt();
        let (low, high) = ((centre - reach).max(0.0), (centre + reach).min(1.0));
        let share = match items {
            0 => Err(NotEstimable::NoItems),
            items => Ok(number(counted(cycle)) / number(items)),
        };
        let outside = share.is_ok_and(|share| share < low || share > high);
        PPoint {
            name: cycle.name.clone(),
            items,
            share,
            low,
            high,
            outside,
        }
    };
    Ok(PChart {
        centre,
        points: cycles.iter().map(point).collect(),
    })
}

/// The running sums after one cycle, in standard errors of a cycle's mean.
#[derive(Clone, Debug, PartialEq)]
pub struct CusumPoint {
    /// The cycle's id.
    pub name: String,
    /// The mean grade, counting the lowest as 0; not estimable if the cycle is empty.
    pub mean: Estimate<f64>,
    /// How far grades have run above the centre.
    pub above: f64,
    /// How far they have run below it.
    pub below: f64,
    /// Whether either has passed the limit.
    pub signal: bool,
}

/// A two-sided running sum of standardised mean grades with an allowance of `slack` (0.5 notices shifts of one standard
/// error) and a limit of `limit` (4 or 5). The centre and spread are those of all comparable cycles together.
pub fn cusum(cycles: &[Cycle], slack: f64, limit: f64) -> Estimate<Vec<CusumPoint>> {
    let cycles = comparable(cycles);
    let items = number(cycles.iter().map(Cycle::items).sum());
    if items < 1.0 {
        return Err(NotEstimable::NoItems);
    }
    if cycles.iter().filter(|cycle| cycle.items() > 0).count() < 2 {
        return Err(NotEstimable::NothingToCompare);
    }
    let sums = cycles.iter().map(Cycle::sums);
    let (sum, squares) = sums.fold((0.0, 0.0), |all, own| (all.0 + own.0, all.1 + own.1));
    let centre = sum / items;
    let variance = (squares - items * centre * centre) / (items - 1.0);
    if variance <= 1e-12 {
        return Err(NotEstimable::OneGrade);
    }
    let (mut above, mut below) = (0.0_f64, 0.0_f64);
    let point = |cycle: &Cycle| {
        let own = number(cycle.items());
        let mean = if own < 1.0 {
            Err(NotEstimable::NoItems)
        } else {
            Ok(cycle.sums().0 / own)
        };
        if let Ok(mean) = mean {
            let step = (mean - centre) / (variance / own).sqrt();
            above = (above + step - slack).max(0.0);
            below = (below - step - slack).max(0.0);
        }
        CusumPoint {
            name: cycle.name.clone(),
            mean,
            above,
            below,
            signal: above > limit || below > limit,
        }
    };
    Ok(cycles.iter().map(point).collect())
}
