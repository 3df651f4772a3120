//! Do the messages about what is awaited say the same as the judge, when and to whom the ladder says?

use super::*;
use greentick::practice::deadlines::{self, Milestone, MilestoneKind};
use greentick::practice::rules::awaited;
use greentick::practice::step::Hidden;
use greentick::practice::terms::{CompletionEvent, HiddenClock};

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

/// A practice review open and due on 1 December, hidden from our account if so said.
fn review(hidden: bool, clock: HiddenClock) -> Case {
    let mut case = Case::new(find("LE-03.1").unwrap());
    case.set("s2", if hidden { "hidden" } else { "open" });
    case.terms.policy.hidden_clock = clock;
    case
}

fn all(case: &Case) -> Vec<Milestone> {
    deadlines::milestones(&case.episode, &case.terms.policy, &case.terms.calendar)
}

#[test]
fn a_step_that_is_hidden_is_told_to_the_qa_manager_alone_or_not_at_all() {
    let seen = all(&review(false, HiddenClock::Freeze));
    assert!(seen.iter().all(|one| one.step.is_some()));
    assert!(seen.iter().any(|one| one.flag));
    assert!(seen.iter().any(|one| one.tell != [Role::QaManager]));
    let hidden = all(&review(true, HiddenClock::Run));
    assert_eq!(hidden.len(), seen.len());
    for one in hidden {
        assert_eq!(one.tell, [Role::QaManager]);
        assert_eq!((one.step, one.flag), (None, false));
    }
    assert_eq!(all(&review(true, HiddenClock::Freeze)), []);
}

#[test]
fn what_lies_before_the_due_day_or_on_it_is_a_reminder_and_what_comes_after_is_overdue() {
    for one in all(&review(false, HiddenClock::Run)) {
        let late = one.working_days > 0;
        let kind = [MilestoneKind::Reminder, MilestoneKind::Overdue][usize::from(late)];
        assert_eq!(one.kind, kind, "{}", one.working_days);
        let flagged = case_rung(one.working_days);
        assert_eq!(one.flag, flagged, "{}", one.working_days);
    }
}

/// Whether the default ladder of the review sets the flag on this rung.
fn case_rung(working_days: i32) -> bool {
    let policy = Policy::default();
    let rung = policy.ladder.iter();
    let mut rung = rung.filter(|rung| rung.working_days == working_days);
    rung.next().unwrap().flag
}

#[test]
fn an_episode_of_which_a_step_is_there_or_that_nobody_allocated_is_not_awaited() {
    let mut case = Case::new(find("LE-01.3").unwrap());
    case.set("allocated", "none");
    assert_eq!(all(&case), []);
    let mut case = Case::new(find("LE-01.3").unwrap());
    // Only the practitioner's step is awaited, once.
    assert_eq!(all(&case).len(), case.terms.policy.ladders.awaited.len());
    case.set("s1", "2026-10-12");
    assert_eq!(all(&case), []);
}

#[test]
fn the_working_days_in_which_a_step_was_hidden_do_not_count_if_its_clock_stood_still() {
    let spans = [
        (&[("2026-11-02", Some("2026-11-04"))][..], "2026-12-03"),
        (&[("2026-11-07", Some("2026-11-08"))][..], "2026-12-01"), // a week-end
        (&[("2026-11-04", None)][..], "2026-12-01"),
        (
            &[
                ("2026-11-02", Some("2026-11-03")),
                ("2026-11-09", Some("2026-11-10")),
            ][..],
            "2026-12-03",
        ),
    ];
    for (spans, due) in spans {
        let mut case = review(false, HiddenClock::Freeze);
        let id = StepId(Stage::PracticeReview.name().to_owned());
        case.episode.steps.get_mut(&id).unwrap().hidden = spans
            .iter()
            .map(|(from, until)| Hidden {
                from: noon(from),
                until: until.map(noon),
            })
            .collect();
        let on = |case: &Case| {
            let (policy, calendar) = (&case.terms.policy, &case.terms.calendar);
            deadlines::due_day(&case.episode, Stage::PracticeReview, policy, calendar)
        };
        assert_eq!(on(&case), Some(date(due)), "{spans:?}");
        case.terms.policy.hidden_clock = HiddenClock::Run;
        assert_eq!(on(&case), Some(date("2026-12-01")));
    }
}

#[test]
fn what_a_cause_is_about_is_read_back_from_it() {
    let case = review(false, HiddenClock::Run);
    for one in all(&case) {
        let about = deadlines::about(&one.cause).unwrap();
        assert_eq!(about.0, Stage::PracticeReview);
        assert_eq!((Some(about.1), about.2, about.3), (one.step, 1, one.due));
    }
    assert_eq!(deadlines::about("practitioner/awaited/2026-10-08"), None);
}

#[test]
fn the_completion_date_can_be_the_sign_offs_and_never_is_the_practitioners() {
    let mut case = Case::new(find("LE-03.1").unwrap());
    case.terms.policy.completion_event = CompletionEvent::S4;
    for stage in Stage::ALL {
        let (policy, calendar) = (&case.terms.policy, &case.terms.calendar);
        let due = deadlines::due_day(&case.episode, stage, policy, calendar);
        let set = (stage != Stage::Practitioner).then(|| date("2026-12-01"));
        assert_eq!(due, set, "{stage:?}");
    }
}

fn due_on(case: &Case, stage: Stage) -> Option<Date> {
    let (policy, calendar) = (&case.terms.policy, &case.terms.calendar);
    deadlines::due_day(&case.episode, stage, policy, calendar)
}

#[test]
fn a_new_date_was_agreed_with_the_pauses_before_it_in_view() {
    // The pause was put on record on 2 November at noon.
    for (agreed, due) in [
        ("2026-11-02T11:59:59Z", "2026-12-10"),
        ("2026-11-02T12:00:00Z", "2026-12-08"),
        ("2026-11-02T12:00:01Z", "2026-12-08"),
    ] {
        let mut case = Case::new(find("LE-03.1").unwrap());
        case.set("s2", "open");
        case.set("paused", "2026-11-09..2026-11-10");
        case.set("extended", "2026-12-08");
        case.episode.extensions[0].at = noon(agreed);
        let due_on = due_on(&case, Stage::PracticeReview);
        assert_eq!(due_on, Some(date(due)), "{agreed}");
    }
}

#[test]
fn a_pause_moves_a_day_that_was_set_elsewhere_unless_it_was_over_before_that_day() {
    for (paused, due) in [
        ("2026-10-16..2026-10-19", "2026-10-20"),
        ("2026-10-19..2026-10-20", "2026-10-22"),
        ("2026-10-19..2026-10-21", "2026-10-23"),
        ("2026-10-20..2026-10-21", "2026-10-22"),
    ] {
        let mut case = Case::new(find("LE-16.4").unwrap());
        case.set("s1", "open");
        case.set("agreed_date", "2026-10-20");
        case.set("paused", paused);
        let due_on = due_on(&case, Stage::Practitioner);
        assert_eq!(due_on, Some(date(due)), "{paused}");
    }
}

#[test]
fn what_follows_a_finish_is_moved_by_a_pause_that_goes_on_after_its_day() {
    for (paused, due) in [
        ("2026-10-30..2026-11-02", "2026-12-07"),
        ("2026-10-30..2026-11-03", "2026-12-08"),
    ] {
        let mut case = Case::new(find("LE-29.5").unwrap());
        case.set("s2", "2026-11-02");
        case.set("s3", "open");
        case.set("paused", paused);
        let due_on = due_on(&case, Stage::SupervisorActions);
        assert_eq!(due_on, Some(date(due)), "{paused}");
    }
}

#[test]
fn the_case_systems_own_date_moves_on_by_the_days_in_which_a_step_was_not_to_be_seen() {
    for (surfaced, due) in [
        (None, "2026-12-14"),
        (Some("2026-11-12"), "2026-12-16"),
        (Some("2026-11-10"), "2026-12-14"),
        (Some("2026-11-09"), "2026-12-14"),
    ] {
        let mut case = Case::new(find("LE-29.5").unwrap());
        case.set("s3", "open");
        let step = case.live();
        step.dates.incoming = Some(noon("2026-11-10"));
        step.dates.due = Some(date("2026-12-14"));
        step.clock_from = surfaced.map(noon);
        let due_on = due_on(&case, Stage::SupervisorActions);
        assert_eq!(due_on, Some(date(due)), "{surfaced:?}");
    }
}

#[test]
fn a_returned_step_is_due_again_until_it_is_finished_after_that() {
    let again = Some("2026-10-23");
    for (returned, finished, at, due) in [
        ("2026-10-20", "", "2026-10-22", again),
        ("2026-10-20", "", "2026-10-20", again),
        ("2026-10-20", "", "2026-10-19", None),
        ("2026-10-20", "2026-10-16", "2026-10-22", again),
        ("2026-10-20", "2026-10-20", "2026-10-22", again),
        ("2026-10-20", "2026-10-21", "2026-10-22", None),
        // The very Finish that is asked about, and one after it.
        ("2026-10-20", "2026-10-22", "2026-10-22", again),
        ("2026-10-20", "2026-10-23", "2026-10-22", again),
    ] {
        let mut case = Case::new(find("LE-16.4").unwrap());
        case.set(
            "s1",
            if finished.is_empty() {
                "open"
            } else {
                finished
            },
        );
        case.set("returned", &format!("{returned}:practitioner"));
        let (policy, calendar) = (&case.terms.policy, &case.terms.calendar);
        let found = deadlines::due_again(&case.episode, noon(at), policy, calendar);
        assert_eq!(found, due.map(date), "{finished} {at}");
    }
}
