//! How much agreement is not chance, where more than two people grade and not everybody grades all?
//!
//! Krippendorff's alpha: Content Analysis, 4th edition (2018), chapter 12. Items graded once say nothing.

use super::estimate::{Estimate, NotEstimable};
use super::pairs::number;
use super::units::Units;

/// What the grades are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Names without order.
    Nominal,
    /// Ranks: a step counts by how many grades were given between.
    Ordinal,
    /// Numbers: each step is as long as the next.
    Interval,
}

/// Krippendorff's alpha, at most 1.
pub fn krippendorff(units: &Units, level: Level) -> Estimate<f64> {
    if units.items().is_empty() {
        return Err(NotEstimable::NoItems);
    }
    if units.paired() == 0 {
        return Err(NotEstimable::NothingPaired);
    }
    let grades = units.grades();
    let mut pairs = vec![vec![0.0; grades]; grades];
    for item in units.items() {
        let people = number(item.iter().sum());
        if people < 2.0 {
            continue;
        }
        for (row, first) in pairs.iter_mut().zip(item).enumerate() {
            let (cells, first) = first;
            for (column, (cell, second)) in cells.iter_mut().zip(item).enumerate() {
                let others = if row == column {
                    second.saturating_sub(1)
                } else {
                    *second
                };
                *cell += number(*first) * number(others) / (people - 1.0);
            }
        }
    }
    let given: Vec<f64> = pairs.iter().map(|row| row.iter().sum()).collect();
    let all: f64 = given.iter().sum();
    if given.iter().filter(|given| **given > 0.0).count() < 2 {
        return Err(NotEstimable::OneGrade);
    }
    let (mut observed, mut expected) = (0.0, 0.0);
    for (first, row) in pairs.iter().enumerate() {
        for (second, cell) in row.iter().enumerate() {
            if first == second {
                continue;
            }
            let apart = distance(&given, first, second, level);
            let chance = |at: usize| given.get(at).copied().unwrap_or(0.0);
            observed += cell * apart;
            expected += chance(first) * chance(second) * apart / (all - 1.0);
        }
    }
    Ok(1.0 - observed / expected)
}

fn distance(given: &[f64], first: usize, second: usize, level: Level) -> f64 {
    let (low, high) = (first.min(second), first.max(second));
    match level {
        Level::Nominal => 1.0,
        Level::Ordinal => {
            let between: f64 = given.iter().take(high + 1).skip(low).sum();
            let end = |at: usize| given.get(at).copied().unwrap_or(0.0);
            (between - f64::midpoint(end(low), end(high))).powi(2)
        }
        Level::Interval => number(u64::try_from(high - low).unwrap_or(u64::MAX)).powi(2),
    }
}
