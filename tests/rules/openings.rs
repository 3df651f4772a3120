//! From when, and until when, does what was said count for an opening of a step? What a table cannot say: stamps
//! that differ from each other, or are missing.

use super::*;
use greentick::practice::episode::Finished;

fn finished(step: &mut Step, on: &[&str]) {
    step.finished = on
        .iter()
        .map(|on| Finished {
            leg: 1,
            at: noon(on),
            observed_at: noon(on),
            permit: None,
            bypass: false,
            undone: None,
        })
        .collect();
}

/// A practice review handed to somebody else than the supervisor; the QA manager agreed on 20 November at noon.
fn handed_on() -> Case {
    let mut case = Case::new(find("LE-28.1").unwrap());
    case.set("hand_over", "W-7");
    case.set("reasons", "hand_over:W-8");
    case
}

fn is_held(case: &Case) -> bool {
    case.verdict().codes().contains(&"LE-28.1")
}

#[test]
fn a_first_opening_begins_when_the_step_arrived_whenever_it_was_seen_first() {
    for (incoming, seen, held) in [
        (Some("2026-10-02"), "2026-11-21", false),
        (Some("2026-11-21"), "2026-10-02", true),
        (Some("2026-11-20"), "2026-11-21", false), // at the very instant
        (None, "2026-10-02", false),
        (None, "2026-11-21", true),
    ] {
        let mut case = handed_on();
        let step = case.live();
        step.dates.incoming = incoming.map(noon);
        step.dates.reopened = Some(noon("2026-11-21"));
        step.first_seen = noon(seen);
        assert_eq!(is_held(&case), held, "{incoming:?} {seen}");
    }
}

#[test]
fn a_step_opened_again_begins_anew_when_it_was_reopened_or_else_with_its_last_finish() {
    for (reopened, finishes, held) in [
        (Some("2026-11-19"), &["2026-11-22"][..], false),
        (Some("2026-11-21"), &["2026-11-12"][..], true),
        (None, &["2026-11-12", "2026-11-19"][..], false),
        (None, &["2026-11-12", "2026-11-21"][..], true),
    ] {
        let mut case = handed_on();
        let step = case.live();
        step.leg = 2;
        step.dates.reopened = reopened.map(noon);
        finished(step, finishes);
        assert_eq!(is_held(&case), held, "{reopened:?} {finishes:?}");
    }
}

#[test]
fn an_override_counts_from_the_very_instant_of_the_opening() {
    for (arrived, lifted) in [
        ("2026-11-20T11:59:59Z", true),
        ("2026-11-20T12:00:00Z", true),
        ("2026-11-20T12:00:01Z", false),
    ] {
        let mut case = extreme_and_unmoderated();
        case.live().dates.incoming = Some(noon(arrived));
        case.episode.overrides.push(Override {
            stage: Stage::PracticeReview,
            reason: "safety".to_owned(),
            by: "W-8".into(),
            at: noon("2026-11-20"),
        });
        assert_eq!(case.verdict().overridden, lifted, "{arrived}");
    }
}

#[test]
fn a_stage_was_finished_when_it_was_finished_last_whichever_stamp_says_so() {
    for (completed, finishes, held) in [
        (None, &["2026-11-12", "2026-11-22"][..], true),
        (Some("2026-11-22"), &["2026-11-12"][..], true),
        (Some("2026-11-12"), &["2026-11-22"][..], true),
        // What comes after the instant judged for is no earlier Finish.
        (Some("2026-11-12"), &["2026-11-12", "2026-11-23"][..], false),
        (Some("2026-11-23"), &["2026-11-12"][..], false),
        (Some("2026-11-12"), &["2026-11-24"][..], false),
        (None, &[][..], false),
    ] {
        let mut case = Case::new(find("LE-00.0").unwrap());
        let step = case.live();
        step.status = StepStatus::Completed;
        step.dates.completed = completed.map(noon);
        finished(step, finishes);
        let already = case.verdict().codes().contains(&"LE-00.0");
        assert_eq!(already, held, "{completed:?} {finishes:?}");
    }
}

#[test]
fn what_follows_a_finish_is_counted_from_the_last_one() {
    let rule = find("LE-18.2").unwrap();
    for (at, awaited) in [("2026-10-19", false), ("2026-10-20", true)] {
        let mut case = Case::new(rule);
        case.set("s1", "2026-10-12");
        case.set("at", at);
        let id = StepId(Stage::Practitioner.name().to_owned());
        let step = case.episode.steps.get_mut(&id).unwrap();
        step.dates.completed = None;
        finished(step, &["2026-10-12", "2026-10-19"]);
        let findings = case.findings(rule);
        let found = findings.iter().find(|judged| judged.rule == rule.code);
        let found = &found.unwrap().finding;
        assert_eq!(matches!(found, Finding::Unmet(_)), awaited, "{at}");
    }
}
