//! What does the sample say of the whole cycle, when some groups were drawn more thickly than others?
//!
//! Each item stands for as many as its group had for each one drawn. Cochran, Sampling Techniques (1977), chapter 5;
//! the interval is taken on the logit, with Student's t on items less groups, as R's `svyciprop` does it.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::agreement::Interval;
use super::estimate::{Estimate, NotEstimable};
use super::pairs::number;

/// What was found in one group of the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StratumResult {
    /// The group's name, as the certificate has it.
    pub name: String,
    /// How many episodes it has.
    pub frame: u64,
    /// How many of them were moderated.
    pub seen: u64,
    /// On how many of those the grade was agreed.
    pub agreed: u64,
}

/// Two groups taken together, because one of them shows no spread alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collapsed {
    /// The group with one moderated item.
    pub name: String,
    /// The group it was taken together with.
    pub with: String,
}

/// The share of the whole frame on which the grade would be agreed.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The share, 0 to 1.
    pub share: f64,
    /// Its standard error over draws.
    pub standard_error: Estimate<f64>,
    /// Its confidence interval.
    pub interval: Estimate<Interval>,
    /// Groups that were taken together for the standard error.
    pub collapsed: Vec<Collapsed>,
}

/// The design-weighted share at a confidence level such as 0.95.
///
/// A group with one moderated item of several shows no spread: for the standard error alone it is taken together
/// with the next group by name that was not seen whole, else with the one before.
pub fn weighted(groups: &[StratumResult], level: f64) -> Estimate<Weighted> {
    let groups: Vec<&StratumResult> = groups.iter().filter(|group| group.frame > 0).collect();
    let all: u64 = groups.iter().map(|group| group.frame).sum();
    if all == 0 {
        return Err(NotEstimable::NoItems);
    }
    if groups.iter().any(|group| group.seen == 0) {
        return Err(NotEstimable::GroupUnseen);
    }
    let part = |group: &StratumResult| number(group.frame) / number(all);
    let share_of = |group: &StratumResult| number(group.agreed) / number(group.seen);
    let share = groups
        .iter()
        .map(|group| part(group) * share_of(group))
        .sum::<f64>();
    let share = share.clamp(0.0, 1.0);
    let (collapsed, merged) = collapse(&groups);
    let standard_error = if merged
        .iter()
        .any(|group| group.seen == 1 && group.frame > 1)
    {
        Err(NotEstimable::OnePerGroup)
    } else {
        let spread = |group: &StratumResult| {
            if group.seen >= group.frame {
                return 0.0;
            }
            let (p, seen) = (share_of(group), number(group.seen));
            part(group).powi(2) * (1.0 - seen / number(group.frame)) * p * (1.0 - p) / (seen - 1.0)
        };
        Ok(merged.iter().map(spread).sum::<f64>().sqrt())
    };
    let seen: u64 = merged.iter().map(|group| group.seen).sum();
    let free = seen.saturating_sub(u64::try_from(merged.len()).unwrap_or(u64::MAX));
    let interval = standard_error.and_then(|error| interval(share, error, free, level));
    Ok(Weighted {
        share,
        standard_error,
        interval,
        collapsed,
    })
}

fn interval(share: f64, error: f64, free: u64, level: f64) -> Estimate<Interval> {
    if error == 0.0 {
        // Everything was seen, or every group came out alike; only the first leaves nothing open.
        return Err(NotEstimable::AllAlike);
    }
    if share <= 0.0 || share >= 1.0 {
        return Err(NotEstimable::AllAlike);
    }
    let student =
        StudentsT::new(0.0, 1.0, number(free.max(1))).map_err(|_| NotEstimable::OneItem)?;
    let reach = student.inverse_cdf(f64::midpoint(1.0, level)) * error / (share * (1.0 - share));
    let middle = (share / (1.0 - share)).ln();
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Ok(Interval {
        low: back(middle - reach),
        high: back(middle + reach),
    })
}

fn collapse(groups: &[&StratumResult]) -> (Vec<Collapsed>, Vec<StratumResult>) {
    let mut merged: Vec<StratumResult> = groups.iter().map(|group| (*group).clone()).collect();
    merged.sort_by(|a, b| a.name.cmp(&b.name));
    let mut collapsed = Vec::new();
    while let Some(at) = merged
        .iter()
        .position(|group| group.seen == 1 && group.frame > 1)
    {
        let open = |group: &StratumResult| group.seen < group.frame;
        let after = (at + 1..merged.len()).find(|other| merged.get(*other).is_some_and(open));
        let before = (0..at)
            .rev()
            .find(|other| merged.get(*other).is_some_and(open));
        let Some(with) = after.or(before) else { break };
        let lone = merged.remove(at);
        let with = if with > at { with - 1 } else { with };
        if let Some(other) = merged.get_mut(with) {
            collapsed.push(Collapsed {
                name: lone.name,
                with: other.name.clone(),
            });
            other.frame += lone.frame;
            other.seen += lone.seen;
            other.agreed += lone.agreed;
        }
    }
    (collapsed, merged)
}
