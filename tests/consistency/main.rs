//! Do our figures equal those of public statistics packages, and is "there is none" said in words?
//!
//! `reference.json` holds what scikit-learn, statsmodels, krippendorff and irrCAC say of random tables; `reference.py`
//! writes it anew. `survey.json` is what R's survey says of shares weighted by their design, by `survey.R`. `worked.rs` holds the examples worked by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected should stop there"
)]

mod survey;
mod worked;

use std::collections::BTreeMap;

use greentick::consistency::{
    Estimate, Level, NotEstimable, Pairs, Units, Weights, bowker, gwet, kappa, krippendorff,
    severities, stuart_maxwell,
};
use proptest::prelude::*;
use serde_json::Value as Json;

const WEIGHTS: [(&str, Weights); 4] = [
    ("identity", Weights::Identity),
    ("linear", Weights::Linear),
    ("quadratic", Weights::Quadratic),
    ("ordinal", Weights::Ordinal),
];
const LEVELS: [(&str, Level); 3] = [
    ("nominal", Level::Nominal),
    ("ordinal", Level::Ordinal),
    ("interval", Level::Interval),
];

fn reference() -> Json {
    serde_json::from_str(include_str!("reference.json")).unwrap()
}

fn table(case: &Json) -> Pairs {
    let rows: Vec<Vec<u64>> = serde_json::from_value(case["table"].clone()).unwrap();
    Pairs::of(&rows)
}

pub(crate) fn close(ours: f64, theirs: f64, within: f64, what: &str) {
    assert!(ours.is_finite(), "{what}: {ours}");
    let off = (ours - theirs).abs() / theirs.abs().max(1.0);
    assert!(off <= within, "{what}: ours {ours}, theirs {theirs}");
}

/// Both have a number and it is the same, or neither has one.
fn same(ours: Estimate<f64>, theirs: &Json, within: f64, what: &str) {
    match (ours, theirs.as_f64()) {
        (Ok(ours), Some(theirs)) => close(ours, theirs, within, what),
        (Err(_), None) => {}
        (ours, theirs) => panic!("{what}: ours {ours:?}, theirs {theirs:?}"),
    }
}

#[test]
fn kappa_and_its_standard_error_equal_scikit_learn_and_statsmodels() {
    let reference = reference();
    let cases = reference["tables"].as_array().unwrap();
    assert!(cases.len() >= 50);
    for case in cases {
        for (name, weights) in WEIGHTS.iter().take(3) {
            let (ours, what) = (kappa(&table(case), *weights), format!("{name} {case}"));
            same(ours.map(|k| k.value), &case[name][0], 1e-9, &what);
            if let (Ok(ours), Some(theirs)) = (ours, case[name][1].as_f64()) {
                // A root of a rounding error is larger than the error.
                close(ours.standard_error, theirs, 2e-8, &what);
            }
        }
    }
}

#[test]
fn wilson_bowker_and_stuart_maxwell_equal_statsmodels() {
    for case in reference()["tables"].as_array().unwrap() {
        let pairs = table(case);
        let wilson = pairs.exact().wilson(0.95).unwrap();
        close(wilson.low, case["wilson"][0].as_f64().unwrap(), 1e-9, "low");
        close(
            wilson.high,
            case["wilson"][1].as_f64().unwrap(),
            1e-9,
            "high",
        );
        let disagreed = pairs.exact().count < pairs.items();
        for (name, ours) in [
            ("bowker", bowker(&pairs)),
            ("stuart_maxwell", stuart_maxwell(&pairs)),
        ] {
            let theirs = &case[name];
            if !disagreed {
                assert_eq!(ours, Err(NotEstimable::NoDisagreement));
                continue;
            }
            let what = format!("{name} {case}");
            // A nearly singular system gives them a number that is none.
            if ours == Err(NotEstimable::NotConnected) {
                let theirs = theirs[0].as_f64();
                assert!(
                    theirs.is_none_or(|theirs| !(0.0..1e6).contains(&theirs)),
                    "{what}"
                );
                continue;
            }
            same(ours.map(|a| a.statistic), &theirs[0], 1e-9, &what);
            same(ours.map(|a| f64::from(a.degrees)), &theirs[1], 0.0, &what);
            same(ours.map(|a| a.probability), &theirs[2], 1e-9, &what);
        }
    }
}

fn units(case: &Json) -> Units {
    let mut units = Units::new(4);
    for item in case["ratings"].as_array().unwrap() {
        let given = item.as_array().unwrap().iter().filter_map(Json::as_u64);
        let given: Vec<usize> = given.map(|grade| usize::try_from(grade).unwrap()).collect();
        units.add(&given);
    }
    units
}

#[test]
fn alpha_equals_krippendorff_and_ac_equals_irrcac_with_gaps_and_many_people() {
    let reference = reference();
    let tables = reference["tables"].as_array().unwrap();
    let gapped = reference["gapped"].as_array().unwrap();
    assert!(tables.len() >= 50 && gapped.len() >= 50);
    let cases = tables.iter().map(|case| (table(case).units(), case));
    let cases = cases.chain(gapped.iter().map(|case| (units(case), case)));
    for (units, case) in cases {
        for (name, level) in LEVELS {
            let what = format!("alpha {name} {case}");
            same(
                krippendorff(&units, level),
                &case["alpha"][name],
                1e-9,
                &what,
            );
        }
        for (name, weights) in WEIGHTS {
            let (ours, theirs) = (gwet(&units, weights), &case["gwet"][name]);
            // irrCAC divides by nothing when there is one item.
            if theirs.is_null() && units.items().len() == 1 {
                continue;
            }
            let what = format!("gwet {name} {case}");
            same(ours.map(|g| g.value), &theirs[0], 1e-9, &what);
            if let (Ok(ours), Some(theirs)) = (ours, theirs[1].as_f64()) {
                match ours.standard_error {
                    // They write a tiny number for none at all.
                    Ok(error) => close(error, theirs, 1e-7, &what),
                    Err(why) => assert_eq!(why, NotEstimable::OneItem),
                }
            }
        }
    }
}

#[test]
fn severity_equals_a_mixed_model_fitted_by_restricted_likelihood() {
    for case in reference()["severities"].as_array().unwrap() {
        let mut differences: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for row in case["rows"].as_array().unwrap() {
            let of = differences.entry(row[0].as_str().unwrap().to_owned());
            of.or_default().push(row[1].as_f64().unwrap());
        }
        let ours = severities(&differences).unwrap();
        for (name, theirs) in case["effects"].as_object().unwrap() {
            let shrunk = ours.reviewers[name].shrunk.unwrap();
            close(shrunk, theirs.as_f64().unwrap(), 1e-4, name);
        }
    }
}

fn finite(estimate: Estimate<f64>) -> bool {
    estimate.is_ok_and(f64::is_finite) || estimate.is_err()
}

proptest! {
    #[test]
    fn no_table_gives_a_number_that_is_none(cells in prop::collection::vec(0_u64..6, 16)) {
        let rows: Vec<Vec<u64>> = cells.chunks(4).map(<[u64]>::to_vec).collect();
        let pairs = Pairs::of(&rows);
        for (_, weights) in WEIGHTS {
            prop_assert!(finite(kappa(&pairs, weights).map(|k| k.value)));
            prop_assert!(finite(kappa(&pairs, weights).map(|k| k.standard_error)));
            let ac = gwet(&pairs.units(), weights);
            prop_assert!(finite(ac.map(|g| g.value)) && finite(ac.and_then(|g| g.standard_error)));
        }
        for (_, level) in LEVELS {
            let alpha = krippendorff(&pairs.units(), level);
            prop_assert!(finite(alpha) && alpha.unwrap_or(0.0) <= 1.0 + 1e-12);
        }
        for test in [bowker(&pairs), stuart_maxwell(&pairs)] {
            prop_assert!(finite(test.map(|t| t.statistic)));
            prop_assert!(test.is_err() || test.is_ok_and(|t| (0.0..=1.0).contains(&t.probability)));
        }
        let back: Vec<Vec<u64>> = (0..4).map(|b| (0..4).map(|a| rows[a][b]).collect()).collect();
        let back = Pairs::of(&back);
        // Who is called the first is no matter.
        prop_assert_eq!(pairs.exact(), back.exact());
        prop_assert_eq!(pairs.direction().higher, back.direction().lower);
        let (one, other) = (stuart_maxwell(&pairs), stuart_maxwell(&back));
        if let (Ok(one), Ok(other)) = (one, other) {
            prop_assert!((one.statistic - other.statistic).abs() < 1e-6 * one.statistic.max(1.0));
        }
    }
}
