//! Do the disagreements lean one way? Bowker asks it of each pair of grades, Stuart and Maxwell of how often each
//! grade is given.
//!
//! Bowker, JASA 43 (1948); Stuart, Biometrika 42 (1955); Maxwell, British Journal of Psychiatry 116 (1970).

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::estimate::{Estimate, NotEstimable};
use super::pairs::{Pairs, number};

/// A test of balance. A small probability says that the disagreements lean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asymmetry {
    /// The statistic, chi-squared if there is balance.
    pub statistic: f64,
    /// Its degrees of freedom.
    pub degrees: u32,
    /// The probability of as much or more if there is balance.
    pub probability: f64,
}

/// Bowker's test of symmetry, over every pair of grades of the scale.
pub fn bowker(pairs: &Pairs) -> Estimate<Asymmetry> {
    pairs.some()?;
    let mut statistic = 0.0;
    for (first, second, count) in pairs.cells().filter(|(first, second, _)| first < second) {
        let back = pairs.count(second, first);
        if count + back > 0 {
            statistic += number(count.abs_diff(back)).powi(2) / number(count + back);
        }
    }
    if pairs.exact().count == pairs.items() {
        return Err(NotEstimable::NoDisagreement);
    }
    let grades = u32::try_from(pairs.grades()).unwrap_or(u32::MAX);
    found(statistic, grades * grades.saturating_sub(1) / 2)
}

/// The Stuart-Maxwell test of equal margins, over the grades that were given at all.
pub fn stuart_maxwell(pairs: &Pairs) -> Estimate<Asymmetry> {
    pairs.some()?;
    if pairs.exact().count == pairs.items() {
        return Err(NotEstimable::NoDisagreement);
    }
    let pairs = pairs.used();
    let (firsts, seconds) = (pairs.firsts(), pairs.seconds());
    let margin = |counts: &[u64], at: usize| number(counts.get(at).copied().unwrap_or(0));
    let free = pairs.grades().saturating_sub(1);
    let apart: Vec<f64> = (0..free)
        .map(|grade| margin(&seconds, grade) - margin(&firsts, grade))
        .collect();
    let spread: Vec<Vec<f64>> = (0..free)
        .map(|row| {
            let cell = |column: usize| {
                let both = number(pairs.count(row, column) + pairs.count(column, row));
                if row == column {
                    margin(&firsts, row) + margin(&seconds, row) - both
                } else {
                    -both
                }
            };
            (0..free).map(cell).collect()
        })
        .collect();
    let solved = solve(spread, apart.clone()).ok_or(NotEstimable::NotConnected)?;
    let statistic: f64 = apart.iter().zip(&solved).map(|(a, s)| a * s).sum();
    found(statistic, u32::try_from(free).unwrap_or(u32::MAX))
}

fn found(statistic: f64, degrees: u32) -> Estimate<Asymmetry> {
    let chi = ChiSquared::new(f64::from(degrees)).map_err(|_| NotEstimable::OneGrade)?;
    Ok(Asymmetry {
        statistic,
        degrees,
        probability: chi.sf(statistic.max(0.0)),
    })
}

/// Solves a small symmetric system by elimination with pivots; none if it has no single answer. The entries are
/// whole numbers, so a pivot that ought to be nothing is far below any that is something.
fn solve(mut rows: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for at in 0..size {
        let pivot = (at..size).max_by(|a, b| {
            let size_of = |row: &usize| {
                rows.get(*row)
                    .and_then(|row| row.get(at))
                    .map_or(0.0, |v| v.abs())
            };
            size_of(a).total_cmp(&size_of(b))
        })?;
        rows.swap(at, pivot);
        right.swap(at, pivot);
        let head = rows.get(at)?.clone();
        let lead = *head.get(at)?;
        if lead.abs() < 1e-9 {
            return None;
        }
        let value = *right.get(at)?;
        for below in at + 1..size {
            let factor = rows.get(below)?.get(at)? / lead;
            for (cell, above) in rows.get_mut(below)?.iter_mut().zip(&head) {
                *cell -= factor * above;
            }
            *right.get_mut(below)? -= factor * value;
        }
    }
    let mut solved = vec![0.0; size];
    for at in (0..size).rev() {
        let row = rows.get(at)?;
        let known: f64 = row
            .iter()
            .zip(&solved)
            .skip(at + 1)
            .map(|(cell, value)| cell * value)
            .sum();
        *solved.get_mut(at)? = (right.get(at)? - known) / row.get(at)?;
    }
    Some(solved)
}
