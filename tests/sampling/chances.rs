//! Is every episode drawn as often as its group says it is? A hundred thousand throws of dice for each design, where
//! `GREENTICK_THROWS=100000` asks for them, as in CI; otherwise a fifth of that, for the sake of time.
//!
//! The throws are the same in every run, so this never fails by chance. Were they others: each count is compared with
//! what its chance makes of it, in standard deviations, and the bound is such that of a right draw 999 of 1,000 whole
//! comparisons would pass (Bonferroni: the thousandth is shared among all counts of a design).

use std::collections::BTreeMap;

use greentick::sampling::{Draw, FrameRow, Frozen, Grade, Seed};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::worked::{CYCLE, POLICY, rows};

/// Share of right draws for which the comparison of a design would fail.
const ALPHA: f64 = 0.001;

/// How often each episode of a group was drawn, and each two of them together.
#[derive(Default)]
struct Group {
    population: usize,
    take: usize,
    alone: BTreeMap<usize, u32>,
    together: BTreeMap<(usize, usize), u32>,
}

fn throws() -> u32 {
    let asked = std::env::var("GREENTICK_THROWS");
    asked.map_or(20_000, |text| text.parse().unwrap())
}

/// Throws and draws, and counts by group. Each throw draws exactly as many from each group as the certificate says.
fn counted(policy: &[u8], rows: Vec<FrameRow>) -> BTreeMap<String, Group> {
    let frozen = Frozen::freeze(CYCLE, rows, vec![], policy).unwrap();
    let rows = frozen.frame().rows().iter().enumerate();
    let places: BTreeMap<&str, usize> = rows.map(|(at, row)| (&*row.le_id, at)).collect();
    let mut groups: Vec<(String, Group)> = Vec::new();
    for throw in 0..throws() {
        let seed = Seed::from_dice(&format!("{throw:020}"), CYCLE).unwrap();
        let draw = Draw::of(frozen.frame(), frozen.policy(), &seed);
        if groups.is_empty() {
            groups.extend(draw.strata().iter().map(|one| {
                let group = Group {
                    population: one.population(),
                    take: one.take(),
                    ..Group::default()
                };
                (one.stratum().to_string(), group)
            }));
        }
        let mut drawn = draw.selected().map(|(_, le_id)| places[&**le_id]);
        for (_, group) in &mut groups {
            let own: Vec<usize> = drawn.by_ref().take(group.take).collect();
            for (nth, one) in own.iter().enumerate() {
                *group.alone.entry(*one).or_default() += 1;
                for other in &own[nth + 1..] {
                    let pair = (*one.min(other), *one.max(other));
                    *group.together.entry(pair).or_default() += 1;
                }
            }
        }
        assert_eq!(drawn.next(), None, "throw {throw} drew too many");
    }
    groups.into_iter().collect()
}

/// Compares every count with its chance.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of a test, far below what a float holds"
)]
fn hold(groups: &BTreeMap<String, Group>) {
    let comparisons: usize = groups
        .values()
        .map(|group| group.population + group.population * (group.population - 1) / 2)
        .sum();
    let normal = Normal::new(0.0, 1.0).unwrap();
    let bound = normal.inverse_cdf(1.0 - ALPHA / (2.0 * comparisons as f64));
    let throws = f64::from(throws());
    let mut furthest: f64 = 0.0;
    let mut compare = |what: &str, count: u32, chance: f64| {
        let deviation = (throws * chance * (1.0 - chance)).sqrt();
        let away = (f64::from(count) - throws * chance).abs();
        if deviation == 0.0 {
            assert!(
                away < 0.5,
                "{what}: {count} of {throws}, and its chance is {chance}"
            );
        } else {
            let away = away / deviation;
            assert!(
                away < bound,
                "{what}: {count}, {away:.2} deviations off, more than {bound:.2}"
            );
            furthest = furthest.max(away);
        }
    };
    for (name, group) in groups {
        let (n, all) = (group.take as f64, group.population as f64);
        for (place, count) in &group.alone {
            compare(&format!("{name}, row {place}"), *count, n / all);
        }
        for (pair, count) in &group.together {
            let chance = n * (n - 1.0) / (all * (all - 1.0));
            compare(&format!("{name}, rows {pair:?}"), *count, chance);
        }
        // Whatever was never drawn is not among the counts.
        let wanted = if group.take == 0 { 0 } else { group.population };
        assert_eq!(group.alone.len(), wanted, "{name}: rows ever drawn");
        let pairs = group.population * (group.population - 1) / 2;
        let wanted = if group.take < 2 { 0 } else { pairs };
        assert_eq!(group.together.len(), wanted, "{name}: pairs ever drawn");
    }
    println!("{comparisons} comparisons, furthest {furthest:.2} of {bound:.2} standard deviations");
}

/// Four certain, one reviewer in debt with three, services of two, three, five and seven.
#[test]
fn certain_debt_and_service_groups_keep_their_chances() {
    let groups = counted(POLICY, rows(24));
    let shape: Vec<_> = groups.values().map(|it| (it.take, it.population)).collect();
    assert_eq!(shape, [(4, 4), (1, 3), (1, 2), (1, 5), (1, 3), (2, 7)]);
    hold(&groups);
}

/// A reviewer in debt with one episode and another with four; a service of which nothing is drawn.
#[test]
fn debts_of_one_and_of_four_and_a_service_passed_over_keep_theirs() {
    let mut in_debt = rows(16);
    for (place, row) in in_debt.iter_mut().enumerate() {
        row.evaluation = Some(Grade::Good);
        row.certain.disputed_moderation = false;
        row.reviewer = match place {
            0 => "pr-x",
            1..=4 => "pr-y",
            _ => "pr-z",
        }
        .into();
        row.service = if place < 14 { "FS" } else { "CLA" }.into();
        row.cycles_since_moderated = (place > 4).then_some(1);
    }
    let policy = b"[sampling]\nsample_size = 5\nminimum_per_service = 0\nreserves = 0\n";
    let groups = counted(policy, in_debt.clone());
    let shape: Vec<_> = groups.values().map(|it| (it.take, it.population)).collect();
    assert_eq!(shape, [(1, 1), (1, 4), (1, 2), (2, 9)]);
    hold(&groups);
    let policy = b"[sampling]\nsample_size = 3\nminimum_per_service = 0\n";
    let passed_over = counted(policy, in_debt);
    let shape: Vec<_> = passed_over
        .values()
        .map(|it| (it.take, it.population))
        .collect();
    assert_eq!(shape, [(1, 1), (1, 4), (0, 2), (1, 9)]);
    hold(&passed_over);
}

/// What is asked for is all there is.
#[test]
fn where_everything_is_drawn_everything_always_is() {
    let policy = b"[sampling]\nsample_size = 40\n";
    let groups = counted(policy, rows(9));
    assert!(groups.values().all(|group| group.take == group.population));
    hold(&groups);
}
