//! How many from each group: whole numbers only, and every departure from the size asked for is explained.
//!
//! All of `C`; one for each reviewer in debt; at least the minimum from each service; what is left is shared among
//! the services in proportion to what they have left, by largest remainder, ties to the name that sorts first.
//! When the musts come to more than was asked for, the sample grows. It is never quietly capped.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{policy::SamplingPolicy, strata::Stratum};

/// The size asked for, the size drawn, and why they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleSize {
    /// Episodes asked for by the policy.
    pub asked: usize,
    /// Episodes drawn.
    pub drawn: usize,
    /// Why the two differ, in words; `None` when they do not.
    pub why: Option<String>,
}

/// How many to take from each group (same order as given), and the size that comes to.
pub(super) fn allocate(
    groups: &[(&Stratum, usize)],
    policy: &SamplingPolicy,
) -> (Vec<usize>, SampleSize) {
    let must: Vec<usize> = groups
        .iter()
        .map(|(stratum, population)| match stratum {
            Stratum::Certain => *population,
            Stratum::Debt(_) => 1.min(*population),
            Stratum::Service(_) => policy.minimum_per_service.min(*population),
        })
        .collect();
    let musts: usize = must.iter().sum();
    let spare: Vec<usize> = groups
        .iter()
        .zip(&must)
        .map(|((stratum, population), must)| match stratum {
            Stratum::Service(_) => population - must,
            Stratum::Certain | Stratum::Debt(_) => 0,
        })
        .collect();
    let room: usize = spare.iter().sum();
    let left = policy.sample_size.saturating_sub(musts).min(room);
    let take = must
        .iter()
        .zip(shares(left, &spare))
        .map(|(must, share)| must + share)
        .collect();
    let size = sample_size(groups, &must, policy, musts + left);
    (take, size)
}

/// Shares `left` in proportion to `spare` by largest remainder; `left` is at most the sum of `spare`.
fn shares(left: usize, spare: &[usize]) -> Vec<usize> {
    let whole: u128 = spare.iter().map(|n| *n as u128).sum();
    if whole == 0 {
        return vec![0; spare.len()];
    }
    let parts = || spare.iter().map(|n| left as u128 * *n as u128);
    let mut shares: Vec<usize> = parts()
        .map(|part| usize::try_from(part / whole).unwrap_or_default())
        .collect();
    let given: usize = shares.iter().sum();
    let mut by_remainder: Vec<_> = parts().map(|part| part % whole).zip(&mut shares).collect();
    // A stable sort: groups come in order of name, so equal remainders stay in that order.
    by_remainder.sort_by(|(left, _), (right, _)| right.cmp(left));
    for (_, share) in by_remainder.into_iter().take(left - given) {
        *share += 1;
    }
    shares
}

fn sample_size(
    groups: &[(&Stratum, usize)],
    must: &[usize],
    policy: &SamplingPolicy,
    drawn: usize,
) -> SampleSize {
    let asked = policy.sample_size;
    let musts_of = |wanted: fn(&Stratum) -> bool| -> usize {
        groups
            .iter()
            .zip(must)
            .filter(|((s, _), _)| wanted(s))
            .map(|(_, must)| must)
            .sum()
    };
    let why = match drawn.cmp(&asked) {
        Ordering::Equal => None,
        Ordering::Greater => Some(format!(
            "grew from {asked} to {drawn}: {} certain, {} for reviewers in debt and {} as the least from each service",
            musts_of(|s| matches!(s, Stratum::Certain)),
            musts_of(|s| matches!(s, Stratum::Debt(_))),
            musts_of(|s| matches!(s, Stratum::Service(_))),
        )),
        Ordering::Less => Some(format!(
            "{asked} were asked for and {drawn} drawn: no service has more to draw from, and a reviewer in debt gives one"
        )),
    };
    SampleSize { asked, drawn, why }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(
        sizes: &[(&str, usize)],
        sample_size: usize,
        minimum: usize,
    ) -> (Vec<usize>, SampleSize) {
        let strata: Vec<_> = sizes
            .iter()
            .map(|(name, size)| {
                let stratum = match name.split_once('/') {
                    Some(("D", reviewer)) => Stratum::Debt(reviewer.into()),
                    Some((_, service)) => Stratum::Service(service.into()),
                    None => Stratum::Certain,
                };
                (stratum, *size)
            })
            .collect();
        let groups: Vec<_> = strata
            .iter()
            .map(|(stratum, size)| (stratum, *size))
            .collect();
        let policy = SamplingPolicy {
            sample_size,
            minimum_per_service: minimum,
            ..SamplingPolicy::default()
        };
        allocate(&groups, &policy)
    }

    type Case<'a> = (&'a [(&'a str, usize)], usize, usize, &'a [usize], bool);

    #[test]
    fn shares_follow_the_rule() {
        let worked: &[_] = &[
            ("C", 4),
            ("D/h", 3),
            ("S/ADO", 2),
            ("S/CLA", 5),
            ("S/CWD", 3),
            ("S/FS", 7),
        ];
        let cases: [Case<'_>; 9] = [
            (worked, 10, 1, &[4, 1, 1, 1, 1, 2], false),
            (worked, 9, 1, &[4, 1, 1, 1, 1, 1], false),
            (worked, 3, 1, &[4, 1, 1, 1, 1, 1], true),
            (worked, 10, 2, &[4, 1, 2, 2, 2, 2], true),
            (worked, 99, 1, &[4, 1, 2, 5, 3, 7], true),
            (worked, 5, 0, &[4, 1, 0, 0, 0, 0], false),
            (
                &[("S/A", 5), ("S/B", 5), ("S/C", 5)],
                5,
                1,
                &[2, 2, 1],
                false,
            ),
            (&[("C", 2)], 2, 1, &[2], false),
            (&[("S/A", 1), ("S/B", 9)], 4, 3, &[1, 3], false),
        ];
        for (sizes, asked, minimum, expected, explained) in cases {
            let (takes, size) = take(sizes, asked, minimum);
            assert_eq!(takes, expected, "{sizes:?} {asked} {minimum}");
            assert_eq!(size.why.is_some(), explained, "{size:?}");
            assert_eq!(size.drawn, takes.iter().sum::<usize>());
        }
    }

    proptest! {
        #[test]
        fn no_group_gives_more_than_it_has(
            sizes in proptest::collection::vec(1_usize..50, 1..8), asked in 0_usize..200, minimum in 0_usize..4,
        ) {
            let names: Vec<_> = (0..sizes.len()).map(|n| format!("S/{n}")).collect();
            let groups: Vec<_> = names.iter().map(String::as_str).zip(sizes.iter().copied()).collect();
            let (takes, size) = take(&groups, asked, minimum);
            for (take, population) in takes.iter().zip(&sizes) {
                prop_assert!(take <= population && *take >= minimum.min(*population));
            }
            let least: usize = sizes.iter().map(|n| minimum.min(*n)).sum();
            prop_assert_eq!(size.drawn, asked.max(least).min(sizes.iter().sum()));
        }
    }
}
