//! Do the messages about what is awaited say the same as the judge, when and to whom the ladder says?

use super::*;
use greentick::practice::deadlines::{self, Milestone, MilestoneKind};
use greentick::practice::rules::awaited;

fn kick_off() -> Case {
    let mut case = Case::new(find("LE-11.1").unwrap());
    case.set("s1", "open");
    case
}

fn of(case: &Case, rule: &str) -> Vec<Milestone> {
    let all = awaited(&case.episode, &case.terms, case.at);
    all.into_iter().filter(|one| one.rule == rule).collect()
}

fn off(case: &mut Case, rule: &str) {
    let off = RuleTerms {
        stance: Some(Stance::Off),
        ..RuleTerms::default()
    };
    case.terms.policy.rules.insert(rule.to_owned(), off);
}

#[test]
fn each_rung_of_what_is_missing_is_said_at_half_past_eight_of_its_day() {
    let case = kick_off();
    let found = of(&case, "LE-11.1");
    let said: Vec<_> = found.iter().map(|one| (one.working_days, one.at)).collect();
    assert_eq!(
        said,
        [
            (3, noon("2026-10-06T07:30:00Z")),
            (5, noon("2026-10-08T07:30:00Z")),
        ]
    );
    for one in found {
        assert_eq!(one.cause, "LE-11.1/2026-10-01");
        assert_eq!(one.kind, MilestoneKind::Prompt);
        assert_eq!(one.due, date("2026-10-01"));
        let says = one.says.unwrap();
        assert!(says.starts_with("No kick-off talk is noted. Allocated on 1 October 2026."));
    }
}

#[test]
fn what_is_there_or_off_or_has_no_rung_is_not_said() {
    let mut there = kick_off();
    there.set("kickoff_talk_date", "2026-10-02");
    assert!(of(&there, "LE-11.1").is_empty());
    let mut without = kick_off();
    without.set("ladder", "none");
    assert!(of(&without, "LE-11.1").is_empty());
    let mut silent = kick_off();
    off(&mut silent, "LE-11.1");
    assert!(of(&silent, "LE-11.1").is_empty());
}

#[test]
fn what_is_said_at_once_is_said_once_for_each_opening_of_the_step() {
    let mut case = Case::new(find("LE-08.3").unwrap());
    case.set("s2", "open");
    case.set("evaluation", "outstanding");
    let found = of(&case, "LE-08.3");
    assert!(!found.is_empty());
    for one in found {
        assert_eq!(one.cause, "LE-08.3/opening-1");
        assert_eq!(one.kind, MilestoneKind::Nudge);
        assert_eq!(one.at, noon("2026-10-02T13:00:00Z"));
        assert_eq!(one.step, Some(StepId("practice_review".to_owned())));
    }
}

#[test]
fn an_episode_that_has_not_appeared_is_said_unless_its_rule_is_off() {
    let mut case = Case::new(find("LE-01.3").unwrap());
    let all = |case: &Case| {
        deadlines::milestones(&case.episode, &case.terms.policy, &case.terms.calendar)
    };
    let found = all(&case);
    assert!(found.iter().all(|one| one.rule == "LE-01.3"));
    assert_eq!(found[0].kind, MilestoneKind::Awaited);
    off(&mut case, "LE-01.3");
    assert_eq!(all(&case), []);
}
