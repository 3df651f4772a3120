//! Is the share for the whole cycle what R's survey package makes of the same design? Its numbers are in `survey.json`.

use greentick::consistency::{StratumResult, weighted};
use serde_json::Value as Json;

use super::close;

#[test]
fn shares_errors_and_intervals_are_those_of_r_survey() {
    let designs: Vec<Json> = serde_json::from_str(include_str!("survey.json")).unwrap();
    assert_eq!(designs.len(), 61);
    for (number, design) in designs.iter().enumerate() {
        let groups = design["groups"].as_array().unwrap().iter().enumerate();
        let groups: Vec<StratumResult> = groups
            .map(|(nth, group)| StratumResult {
                name: format!("S/{nth}"),
                frame: group[0].as_u64().unwrap(),
                seen: group[1].as_u64().unwrap(),
                agreed: group[2].as_u64().unwrap(),
            })
            .collect();
        let ours = weighted(&groups, 0.95).unwrap();
        assert!(ours.collapsed.is_empty(), "design {number}");
        let interval = ours.interval.unwrap();
        for (what, ours, within) in [
            ("share", ours.share, 1e-11),
            ("error", ours.standard_error.unwrap(), 1e-11),
            // R fits the logit by iteration; how far that leaves it is what is allowed here.
            ("low", interval.low, 1e-8),
            ("high", interval.high, 1e-8),
        ] {
            let theirs = design[what].as_f64().unwrap();
            close(ours, theirs, within, &format!("design {number}, {what}"));
        }
    }
}
