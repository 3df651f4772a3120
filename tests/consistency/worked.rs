//! Examples worked elsewhere to the digit, and the cases at the edge.

use std::collections::BTreeMap;

use greentick::consistency::{
    Cycle, Level, NotEstimable, Pairs, StratumResult, Units, Weights, cusum, detection, gwet,
    kappa, krippendorff, p_chart, sample_size, severities, weighted,
};

use super::close;

fn example() -> Pairs {
    Pairs::of(&[
        vec![3, 1, 0, 0],
        vec![2, 9, 2, 0],
        vec![0, 5, 15, 1],
        vec![0, 0, 3, 4],
    ])
}

#[test]
fn the_worked_example_of_agreement() {
    let pairs = example();
    assert_eq!((pairs.exact().count, pairs.items()), (31, 45));
    close(pairs.adjacent().value().unwrap(), 1.0, 0.0, "adjacent");
    let direction = pairs.direction();
    assert_eq!((direction.higher, direction.lower), (10, 4));
    close(direction.mean().unwrap(), 6.0 / 45.0, 1e-12, "mean");
    let interval = pairs.exact().wilson(0.95).unwrap();
    close(interval.low, 0.543_352, 1e-6, "low");
    close(interval.high, 0.804_713, 1e-6, "high");
}

/// Nearly all Good: nine in ten agree, and kappa says nothing of the kind.
#[test]
fn where_one_grade_is_common_kappa_misleads_and_ac1_does_not() {
    let pairs = Pairs::of(&[
        vec![0, 0, 0, 0],
        vec![0, 0, 1, 0],
        vec![0, 1, 18, 0],
        vec![0, 0, 0, 0],
    ]);
    close(
        kappa(&pairs, Weights::Identity).unwrap().value,
        -0.0526,
        1e-4,
        "kappa",
    );
    let units = pairs.units();
    close(
        krippendorff(&units, Level::Nominal).unwrap(),
        -0.0263,
        1e-4,
        "alpha",
    );
    let ac = gwet(&units, Weights::Identity).unwrap();
    close(ac.value, 0.8967, 1e-4, "AC1");
}

#[test]
fn where_there_is_no_number_the_reason_is_said() {
    let empty = Pairs::new(4);
    assert_eq!(empty.exact().value(), Err(NotEstimable::NoItems));
    assert_eq!(empty.exact().wilson(0.95), Err(NotEstimable::NoItems));
    assert_eq!(empty.direction().mean(), Err(NotEstimable::NoItems));
    assert!(
        kappa(&empty, Weights::Linear).is_err() && gwet(&empty.units(), Weights::Linear).is_err()
    );
    let all_good = Pairs::of(&[vec![0, 0], vec![0, 7]]);
    assert_eq!(
        kappa(&all_good, Weights::Identity),
        Err(NotEstimable::OneGrade)
    );
    assert_eq!(
        krippendorff(&all_good.units(), Level::Ordinal),
        Err(NotEstimable::OneGrade)
    );
    // Gwet's coefficient has a number even there: agreement was complete.
    close(
        gwet(&all_good.units(), Weights::Identity).unwrap().value,
        1.0,
        0.0,
        "AC1",
    );
    let mut lone = Units::new(4);
    lone.add(&[2]);
    lone.add(&[]);
    assert_eq!(lone.items().len(), 1);
    assert_eq!(
        krippendorff(&lone, Level::Nominal),
        Err(NotEstimable::NothingPaired)
    );
    let mut one = Units::new(4);
    one.add(&[2, 1]);
    assert_eq!(
        gwet(&one, Weights::Identity).unwrap().standard_error,
        Err(NotEstimable::OneItem)
    );
    for why in [
        NotEstimable::NoItems,
        NotEstimable::OneGrade,
        NotEstimable::TooFewPerPerson,
    ] {
        assert!(why.to_string().starts_with("not estimable: "), "{why}");
    }
}

fn group(name: &str, frame: u64, seen: u64, agreed: u64) -> StratumResult {
    StratumResult {
        name: name.to_owned(),
        frame,
        seen,
        agreed,
    }
}

/// The closed form, and the interval as R's survey 4.1-1 gives it (`svyciprop`, logit, 23 degrees of freedom).
#[test]
fn the_worked_example_of_the_weighted_share() {
    let groups = [
        group("C", 9, 9, 5),
        group("FS", 27, 9, 7),
        group("CLA", 14, 5, 4),
        group("ADO", 10, 4, 3),
    ];
    let found = weighted(&groups, 0.95).unwrap();
    close(found.share, 0.745, 1e-12, "share");
    close(
        found.standard_error.unwrap(),
        0.073_200_637_5,
        1e-9,
        "error",
    );
    let interval = found.interval.unwrap();
    close(interval.low, 0.568_327_66, 1e-8, "low");
    close(interval.high, 0.866_366_85, 1e-8, "high");
    assert!(found.collapsed.is_empty());
}

#[test]
fn a_group_with_one_item_is_taken_together_with_its_neighbour_and_that_is_said() {
    let groups = [
        group("C", 2, 2, 2),
        group("S/ADO", 5, 1, 1),
        group("S/CLA", 6, 3, 2),
    ];
    let found = weighted(&groups, 0.95).unwrap();
    assert_eq!(found.collapsed.len(), 1);
    assert_eq!(found.collapsed[0].name, "S/ADO");
    assert_eq!(found.collapsed[0].with, "S/CLA");
    close(found.share, (2.0 + 5.0 + 4.0) / 13.0, 1e-12, "share");
    let (whole, p): (f64, f64) = (11.0 / 13.0, 3.0 / 4.0);
    let error = (whole * whole * (1.0 - 4.0 / 11.0) * p * (1.0 - p) / 3.0).sqrt();
    close(found.standard_error.unwrap(), error, 1e-12, "error");
    let alone = weighted(&[group("C", 2, 2, 1), group("S/ADO", 5, 1, 1)], 0.95).unwrap();
    assert_eq!(alone.standard_error, Err(NotEstimable::OnePerGroup));
    let unseen = [group("C", 2, 2, 1), group("S/ADO", 5, 0, 0)];
    assert_eq!(
        weighted(&unseen, 0.95).err(),
        Some(NotEstimable::GroupUnseen)
    );
    // Everything was seen: nothing is left to chance.
    let whole = weighted(&[group("C", 4, 4, 3)], 0.95).unwrap();
    assert_eq!(whole.standard_error, Ok(0.0));
}

#[test]
fn how_many_must_be_seen() {
    let sizes = [(60, [31, 19, 13]), (24, [18, 14, 10]), (100, [39, 22, 14])];
    for (frame, wanted) in sizes {
        for (error, wanted) in [0.10, 0.15, 0.20].into_iter().zip(wanted) {
            let found = sample_size(frame, 0.8, error, 0.95);
            // The table rounds to the nearest; whoever plans must have enough.
            assert!(
                found == wanted || found == wanted + 1,
                "{frame} {error}: {found}"
            );
        }
    }
    assert_eq!(sample_size(0, 0.8, 0.1, 0.95), 0);
    assert_eq!(sample_size(5, 0.8, 0.0, 0.95), 5);
    let chances = [
        (10, [0.427, 0.683, 0.831, 0.913]),
        (15, [0.585, 0.837, 0.940, 0.979]),
        (20, [0.711, 0.923, 0.982, 0.996]),
    ];
    for (sample, wanted) in chances {
        for (wrong, wanted) in [3, 6, 9, 12].into_iter().zip(wanted) {
            close(detection(60, wrong, sample), wanted, 5e-4, "detection");
        }
    }
    close(
        detection(10, 3, 9),
        1.0,
        0.0,
        "all but one seen, three wrong",
    );
    close(detection(10, 0, 5), 0.0, 0.0, "nothing wrong");
}

fn cycle(name: &str, grades: [u64; 4], changed: bool) -> Cycle {
    Cycle {
        name: name.to_owned(),
        grades: grades.to_vec(),
        changed,
    }
}

#[test]
fn the_chart_tells_a_shift_from_chance_and_starts_anew_when_the_guidance_changes() {
    let steady = |name: &str| cycle(name, [5, 15, 25, 5], false);
    let mut cycles: Vec<Cycle> = ["C1", "C2", "C3", "C4"].map(steady).into();
    assert!(
        p_chart(&cycles, 2)
            .unwrap()
            .points
            .iter()
            .all(|point| !point.outside)
    );
    assert!(
        cusum(&cycles, 0.5, 4.0)
            .unwrap()
            .iter()
            .all(|point| !point.signal)
    );
    cycles.push(cycle("C5", [0, 2, 30, 18], false));
    let chart = p_chart(&cycles, 2).unwrap();
    close(chart.centre, (4.0 * 30.0 + 48.0) / 250.0, 1e-12, "centre");
    let reach = 3.0 * (chart.centre * (1.0 - chart.centre) / 50.0).sqrt();
    close(chart.points[4].high, chart.centre + reach, 1e-12, "limit");
    assert!(chart.points[4].outside && !chart.points[0].outside);
    let sums = cusum(&cycles, 0.5, 4.0).unwrap();
    assert!(sums[4].signal && sums[4].above > 4.0, "{sums:?}");
    assert!(sums[3].below > 0.0 && sums[3].above.abs() < 1e-12);
    // A new scale: what went before is no measure for it.
    cycles.push(cycle("C6", [0, 2, 30, 18], true));
    assert_eq!(p_chart(&cycles, 2), Err(NotEstimable::NothingToCompare));
    cycles.push(cycle("C7", [0, 2, 30, 18], false));
    let anew = p_chart(&cycles, 2).unwrap();
    assert_eq!(anew.points.len(), 2);
    assert!(!anew.points[1].outside);
    let empty = [steady("C1"), cycle("C2", [0; 4], false), steady("C3")];
    let chart = p_chart(&empty, 2).unwrap();
    assert_eq!(chart.points[1].share, Err(NotEstimable::NoItems));
    let alike = [
        cycle("C1", [0, 0, 9, 0], false),
        cycle("C2", [0, 0, 9, 0], false),
    ];
    assert_eq!(cusum(&alike, 0.5, 4.0), Err(NotEstimable::OneGrade));
}

#[test]
fn a_reviewer_with_few_items_is_not_shown_and_chance_alone_shows_nobody() {
    let mut differences: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    differences.insert("W-1".to_owned(), vec![1.0, 1.0, 0.0, 1.0, 1.0]);
    differences.insert("W-2".to_owned(), vec![0.0, -1.0, 0.0, 0.0, 0.0, 0.0]);
    differences.insert("W-3".to_owned(), vec![1.0, 0.0, 1.0, 1.0]);
    let found = severities(&differences).unwrap();
    assert_eq!(
        found.reviewers["W-3"].shrunk,
        Err(NotEstimable::TooFewPerPerson)
    );
    assert_eq!(
        found.reviewers["W-3"].spread,
        Err(NotEstimable::TooFewPerPerson)
    );
    let (own, raw) = (found.reviewers["W-1"].shrunk.unwrap(), 0.8 - found.mean);
    assert!(own > 0.0 && own < raw, "drawn in: {own} of {raw}");
    let same: BTreeMap<String, Vec<f64>> = ["W-1", "W-2"]
        .map(|name| (name.to_owned(), vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]))
        .into();
    let found = severities(&same).unwrap();
    assert!(found.between.abs() < 1e-12);
    close(
        found.reviewers["W-1"].shrunk.unwrap(),
        0.0,
        0.0,
        "chance alone",
    );
    let alone: BTreeMap<String, Vec<f64>> = [("W-1".to_owned(), vec![1.0; 9])].into();
    assert_eq!(severities(&alone), Err(NotEstimable::NothingToCompare));
    assert_eq!(severities(&BTreeMap::new()), Err(NotEstimable::NoItems));
}
