//! How much agreement is not chance, where one grade is far commoner than the others?
//!
//! Gwet's AC1 (no weights) and AC2 (weights), for two people or more and with gaps: British Journal of
//! Mathematical and Statistical Psychology 61 (2008).

use super::estimate::{Estimate, NotEstimable};
use super::pairs::number;
use super::units::Units;
use super::weights::Weights;

/// Gwet's coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gwet {
    /// The coefficient, at most 1.
    pub value: f64,
    /// Its standard error over items; not estimable from one item.
    pub standard_error: Estimate<f64>,
    /// The agreement observed.
    pub observed: f64,
    /// The agreement that chance alone would give.
    pub by_chance: f64,
}

/// Gwet's AC1 or AC2. An item graded once says how common its grade is, and nothing of agreement.
pub fn gwet(units: &Units, weights: Weights) -> Estimate<Gwet> {
    let (grades, items) = (units.grades(), units.items());
    if items.is_empty() {
        return Err(NotEstimable::NoItems);
    }
    if units.paired() == 0 {
        return Err(NotEstimable::NothingPaired);
    }
    if grades < 2 {
        return Err(NotEstimable::OneGrade);
    }
    let many = number(u64::try_from(items.len()).unwrap_or(u64::MAX));
    let paired = number(u64::try_from(units.paired()).unwrap_or(u64::MAX));
    let given = |item: &[u64]| number(item.iter().sum());
    let weight = |first, second| weights.agreement(grades, first, second);
    let all: f64 = (0..grades)
        .flat_map(|first| (0..grades).map(move |second| (first, second)))
        .map(|(first, second)| weight(first, second))
        .sum();
    let scale = {
        let grades = number(u64::try_from(grades).unwrap_or(u64::MAX));
        all / (grades * (grades - 1.0))
    };
    // How common each grade is, every item counting the same.
    let common: Vec<f64> = (0..grades)
        .map(|grade| {
            let of = |item: &Vec<u64>| number(item.get(grade).copied().unwrap_or(0)) / given(item);
            items.iter().map(of).sum::<f64>() / many
        })
        .collect();
    let by_chance = scale
        * common
            .iter()
            .map(|share| share * (1.0 - share))
            .sum::<f64>();
    let agreed: Vec<Option<f64>> = items.iter().map(|item| agreed(item, weight)).collect();
    let observed = agreed.iter().flatten().sum::<f64>() / paired;
    let value = (observed - by_chance) / (1.0 - by_chance);
    let standard_error = if items.len() < 2 {
        Err(NotEstimable::OneItem)
    } else {
        let squares: f64 = items
            .iter()
            .zip(&agreed)
            .map(|(item, agreed)| {
                let own = agreed.map_or(0.0, |agreed| agreed - by_chance);
                let own = many / paired * own / (1.0 - by_chance);
                let chance = scale * rareness(item, &common);
                let shift = 2.0 * (1.0 - value) * (chance - by_chance) / (1.0 - by_chance);
                (own - shift - value).powi(2)
            })
            .sum();
        Ok((squares / (many * (many - 1.0))).sqrt())
    };
    Ok(Gwet {
        value,
        standard_error,
        observed,
        by_chance,
    })
}

/// How far the pairs of one item's grades agree, 0 to 1; none if it was graded once.
fn agreed(item: &[u64], weight: impl Fn(usize, usize) -> f64) -> Option<f64> {
    let people = number(item.iter().sum());
    if people < 2.0 {
        return None;
    }
    let near = |first: usize| -> f64 {
        let of = |(second, count): (usize, &u64)| weight(first, second) * number(*count);
        item.iter().enumerate().map(of).sum()
    };
    let pairs: f64 = item
        .iter()
        .enumerate()
        .map(|(grade, count)| number(*count) * (near(grade) - 1.0))
        .sum();
    Some(pairs / (people * (people - 1.0)))
}

/// How uncommon the grades of one item are on average.
fn rareness(item: &[u64], common: &[f64]) -> f64 {
    let rare = item.iter().zip(common);
    let rare = rare.map(|(count, share)| number(*count) * (1.0 - share));
    rare.sum::<f64>() / number(item.iter().sum())
}
