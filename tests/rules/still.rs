//! When does the clock of a stage stand still, and from when to when?

use super::*;
use greentick::practice::admit::admit;
use greentick::practice::standstill::{Outage, is_still, standstills};
use greentick::practice::terms::OutageClock;

fn review() -> Case {
    let mut case = Case::new(find("LE-03.1").unwrap());
    case.set("s2", "open");
    case
}

fn spans(case: &Case) -> Vec<(String, String)> {
    let (policy, calendar) = (&case.terms.policy, &case.terms.calendar);
    let all = standstills(&case.episode, Stage::PracticeReview, policy, calendar);
    let shown = all.iter();
    let shown = shown.map(|span| (span.from.to_string(), span.until.to_string()));
    shown.collect()
}

#[test]
fn an_outage_stops_the_clock_unless_the_policy_lets_it_run() {
    let mut case = review();
    case.episode.outages.push(Outage {
        since: noon("2026-11-09"),
        from: date("2026-11-10"),
        until: date("2026-11-11"),
        at: noon("2026-11-12"),
    });
    let still = |case: &Case, day: &str| {
        let terms = (&case.terms.policy, &case.terms.calendar);
        is_still(&case.episode, Stage::PracticeReview, date(day), terms)
    };
    for (day, stands) in [
        ("2026-11-09", false),
        ("2026-11-10", true),
        ("2026-11-11", true),
        ("2026-11-12", false),
    ] {
        case.terms.policy.outage_clock = OutageClock::Stop;
        assert_eq!(still(&case, day), stands, "{day}");
        case.terms.policy.outage_clock = OutageClock::Run;
        assert!(!still(&case, day), "{day}");
    }
}

#[test]
fn half_a_working_day_lost_is_a_lost_day() {
    let case = review();
    for (from, until, lost) in [
        (
            "2026-11-10T09:00:00Z",
            "2026-11-10T13:00:00Z",
            Some(("2026-11-10", "2026-11-10")),
        ),
        ("2026-11-10T09:00:01Z", "2026-11-10T13:00:00Z", None),
        ("2026-11-10T13:00:01Z", "2026-11-11T12:59:59Z", None),
        (
            "2026-11-10T13:00:00Z",
            "2026-11-11T13:00:00Z",
            Some(("2026-11-10", "2026-11-11")),
        ),
        (
            "2026-11-09T17:00:00Z",
            "2026-11-13T09:00:00Z",
            Some(("2026-11-10", "2026-11-12")),
        ),
        // A week-end is no loss.
        ("2026-11-13T17:00:00Z", "2026-11-16T09:00:00Z", None),
    ] {
        let found = Outage::between(noon(from), noon(until), &case.terms.calendar);
        let found = found.map(|one| (one.from, one.until));
        let lost = lost.map(|(from, until)| (date(from), date(until)));
        assert_eq!(found, lost, "{from} {until}");
    }
}

#[test]
fn the_clock_waits_for_moderation_from_the_day_after_the_request_to_the_first_answer() {
    for (answers, span) in [
        (&[][..], Some(("2026-11-17", "2026-11-23"))),
        (&["2026-11-16T12:00:00Z"][..], None), // at the very instant
        (
            &["2026-11-16T11:59:59Z"][..],
            Some(("2026-11-17", "2026-11-23")),
        ),
        (&["2026-11-17"][..], Some(("2026-11-17", "2026-11-17"))),
        (
            &["2026-11-18", "2026-11-20"][..],
            Some(("2026-11-17", "2026-11-18")),
        ),
    ] {
        let mut case = review();
        case.set("evaluation", "outstanding");
        case.set("requested", "2026-11-16=outstanding");
        for at in answers {
            case.set("moderation", "agree:outstanding:W-9");
            case.moderate();
            case.episode.moderations.last_mut().unwrap().at = noon(at);
        }
        let wanted = span.map(|(from, until)| (from.to_owned(), until.to_owned()));
        assert_eq!(spans(&case), Vec::from_iter(wanted), "{answers:?}");
    }
}

#[test]
fn a_day_in_several_pauses_is_paused_once() {
    // Twenty-five working days; thirty are the most.
    for (until, accepted) in [("2026-10-30", true), ("2026-11-16", false)] {
        let mut case = review();
        case.set("paused", "2026-10-05..2026-11-06 2026-10-06..2026-10-07");
        case.decision.what = Decided::Pause {
            from: date("2026-10-08"),
            until: date(until),
            reason: "leave".to_owned(),
        };
        let said = admit(&case.decision, Some(&case.episode), &case.terms, &[]);
        assert_eq!(said.is_ok(), accepted, "{until}: {:?}", said.err());
    }
}
