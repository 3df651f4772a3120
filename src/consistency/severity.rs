//! Is a reviewer stricter or milder than the others, or was it the luck of the draw?
//!
//! The mean difference from the moderated grade, drawn towards everybody's mean by as much as chance alone could have
//! made it (empirical Bayes; one-way analysis of variance). Searle, Casella and `McCulloch`, Variance Components (1992).

use std::collections::BTreeMap;

use super::estimate::{Estimate, NotEstimable};
use super::pairs::number;

/// Nothing is shown about a person with fewer moderated items than this.
pub const FEWEST_PER_PERSON: u64 = 5;

/// One reviewer's figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Severity {
    /// How many of their items were moderated.
    pub items: u64,
    /// Their own grade less the moderated one, against everybody's mean, after drawing in; in grades. Positive is
    /// milder. Not estimable with too few items.
    pub shrunk: Estimate<f64>,
    /// How far it may be off: the standard deviation of what is not known, in grades.
    pub spread: Estimate<f64>,
}

/// All reviewers of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Severities {
    /// The mean difference, own grade less moderated, over all items.
    pub mean: f64,
    /// The variance between reviewers that chance does not explain; 0 if it explains all.
    pub between: f64,
    /// The variance within a reviewer's items.
    pub within: f64,
    /// Each reviewer, by id.
    pub reviewers: BTreeMap<String, Severity>,
}

/// Severity from each reviewer's differences, own grade less moderated grade, in grades.
pub fn severities(differences: &BTreeMap<String, Vec<f64>>) -> Estimate<Severities> {
    let groups: Vec<(&String, f64, f64)> = differences
        .iter()
        .filter(|(_, own)| !own.is_empty())
        .map(|(name, own)| {
            let items = number(u64::try_from(own.len()).unwrap_or(u64::MAX));
            (name, items, own.iter().sum::<f64>() / items)
        })
        .collect();
    let items: f64 = groups.iter().map(|(_, items, _)| items).sum();
    if items < 1.0 {
        return Err(NotEstimable::NoItems);
    }
    let people = number(u64::try_from(groups.len()).unwrap_or(u64::MAX));
    if people < 2.0 || items - people < 1.0 {
        return Err(NotEstimable::NothingToCompare);
    }
    let mean = groups
        .iter()
        .map(|(_, items, own)| items * own)
        .sum::<f64>()
        / items;
    let inside = |(name, _, own): &(&String, f64, f64)| -> f64 {
        let all = differences
            .get(*name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        all.iter().map(|one| (one - own).powi(2)).sum()
    };
    let within = groups.iter().map(inside).sum::<f64>() / (items - people);
    let among = groups
        .iter()
        .map(|(_, items, own)| items * (own - mean).powi(2));
    let among = among.sum::<f64>() / (people - 1.0);
    let squares: f64 = groups.iter().map(|(_, items, _)| items * items).sum();
    let each = (items - squares / items) / (people - 1.0);
    let between = ((among - within) / each).max(0.0);
    let reviewers = groups
        .iter()
        .map(|(name, items, own)| {
            let trust = if between > 0.0 {
                items * between / (items * between + within)
            } else {
                0.0
            };
            let count = u64::try_from(differences.get(*name).map_or(0, Vec::len));
            let count = count.unwrap_or(u64::MAX);
            let shown = |value: f64| {
                if count < FEWEST_PER_PERSON {
                    Err(NotEstimable::TooFewPerPerson)
                } else {
                    Ok(value)
                }
            };
            let severity = Severity {
                items: count,
                shrunk: shown(trust * (own - mean)),
                spread: shown((between * (1.0 - trust)).sqrt()),
            };
            ((*name).clone(), severity)
        })
        .collect();
    Ok(Severities {
        mean,
        between,
        within,
        reviewers,
    })
}
