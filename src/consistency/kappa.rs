//! How much of two people's agreement is not chance, given how often each of them gives each grade?
//!
//! Cohen's kappa, plain and weighted, with the standard error of Fleiss, Cohen and Everitt (1969). Not to be led
//! with: where nearly all grades are the same one, it is near zero although people nearly always agree.

use super::estimate::{Estimate, NotEstimable};
use super::pairs::{Pairs, number};
use super::weights::Weights;

/// Cohen's kappa.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kappa {
    /// The coefficient, at most 1.
    pub value: f64,
    /// Its standard error in large samples.
    pub standard_error: f64,
}

/// Cohen's kappa with these weights. Not estimable where chance alone would agree wholly.
pub fn kappa(pairs: &Pairs, weights: Weights) -> Estimate<Kappa> {
    let items = pairs.some()?;
    let (firsts, seconds) = (pairs.firsts(), pairs.seconds());
    let share = |counts: &[u64], at: usize| number(counts.get(at).copied().unwrap_or(0)) / items;
    // Whole numbers first: whether chance would agree wholly is no question of rounding.
    let (mut observed, mut expected) = (0_u128, 0_u128);
    for (first, second, count) in pairs.cells() {
        let distance = u128::from(weights.distance(first.abs_diff(second)));
        let by_chance = u128::from(firsts.get(first).copied().unwrap_or(0))
            * u128::from(seconds.get(second).copied().unwrap_or(0));
        observed += distance * u128::from(count) * u128::from(pairs.items());
        expected += distance * by_chance;
    }
    if expected == 0 {
        return Err(NotEstimable::OneGrade);
    }
    let value = 1.0 - whole(observed) / whole(expected);
    let grades = pairs.grades();
    let weight = |first, second| weights.agreement(grades, first, second);
    let mean_of = |shares: &[u64], of: &dyn Fn(usize) -> f64| -> f64 {
        (0..grades).map(|at| share(shares, at) * of(at)).sum()
    };
    let of_first: Vec<f64> = (0..grades)
        .map(|first| mean_of(&seconds, &|second| weight(first, second)))
        .collect();
    let of_second: Vec<f64> = (0..grades)
        .map(|second| mean_of(&firsts, &|first| weight(first, second)))
        .collect();
    let by_chance = mean_of(&firsts, &|first| {
        of_first.get(first).copied().unwrap_or(0.0)
    });
    let spread: f64 = pairs
        .cells()
        .map(|(first, second, count)| {
            let margins = of_first.get(first).copied().unwrap_or(0.0)
                + of_second.get(second).copied().unwrap_or(0.0);
            let apart = weight(first, second) - margins * (1.0 - value);
            number(count) / items * apart * apart
        })
        .sum();
    let centre = value - by_chance * (1.0 - value);
    let variance = (spread - centre * centre) / ((1.0 - by_chance).powi(2) * items);
    Ok(Kappa {
        value,
        standard_error: variance.max(0.0).sqrt(),
    })
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a ratio of two sums; both keep 53 significant bits"
)]
fn whole(sum: u128) -> f64 {
    sum as f64
}
