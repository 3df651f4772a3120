//! Is each edge of the guidance decided as we decided it? One test an edge, named after it; what a table can say
//! stands in the rule's table.

use super::*;

/// A practice review with everything in order, but for what a test changes.
fn review(changes: &[(&str, &str)]) -> Case {
    let mut case = Case::new(find("LE-27.1").unwrap());
    for (column, cell) in [
        ("conversation_length", "300"),
        ("conversation_date", "2026-11-12"),
        ("record_read_date", "2026-11-11"),
        ("observation", "a:high b:high c:medium"),
        ("observation_date", "2026-11-13"),
        ("observer_notice_date", "2026-11-12"),
        ("family_feedback", "1"),
        ("partner_feedback", "1"),
        ("analysis_length", "500"),
        ("areas", "a:high b:medium"),
        ("period_start", "2026-05-01"),
        ("period_end", "2026-10-31"),
        ("evaluation", "good"),
        ("final_meeting_date", "2026-11-20"),
        (
            "final_attendees",
            "practice_reviewer practitioner supervisor",
        ),
        ("actions", "x::W-1:2026-12-20"),
        ("hand_over", "W-3"),
    ]
    .iter()
    .chain(changes)
    {
        case.set(column, cell);
    }
    case.moderate();
    case
}

fn reopened(case: &mut Case, on: &str) {
    let step = case.live();
    step.status = StepStatus::Reopened;
    step.leg = 2;
    step.dates.reopened = Some(noon(on));
}

#[test]
fn a_review_in_order_is_permitted_and_nothing_is_flagged() {
    let verdict = review(&[]).verdict();
    assert_eq!(verdict.answer(), Answer::Permit, "{}", verdict.in_words());
    let warned: Vec<&str> = verdict
        .warnings()
        .map(|judged| judged.rule.as_str())
        .collect();
    assert_eq!(warned, [""; 0]);
}

#[test]
fn evaluation_changed_after_moderation_from_one_extreme_to_the_other_needs_a_new_one() {
    let mut case = review(&[
        ("evaluation", "outstanding"),
        ("moderation", "agree:outstanding:W-9"),
    ]);
    assert_eq!(case.verdict().answer(), Answer::Permit);
    case.set("evaluation", "inadequate");
    assert_eq!(case.verdict().codes(), ["LE-07.4", "LE-27.1"]);
    case.set("concern", "2026-11-20");
    assert_eq!(case.verdict().codes(), ["LE-27.1"]);
}

#[test]
fn evaluation_changed_after_moderation_to_a_middle_one_is_permitted_and_the_record_of_it_stays() {
    for middle in ["good", "requires_improvement"] {
        let mut case = review(&[
            ("evaluation", "outstanding"),
            ("moderation", "agree:outstanding:W-9"),
        ]);
        case.set("evaluation", middle);
        let verdict = case.verdict();
        assert_eq!(verdict.answer(), Answer::Permit, "{middle}");
        let warned: Vec<&str> = verdict.warnings().map(|one| one.rule.as_str()).collect();
        assert_eq!(warned, ["LE-27.4"], "the Head looks at it");
        assert_eq!(case.episode.moderations.len(), 1);
    }
}

#[test]
fn evaluation_changed_from_a_middle_one_to_an_extreme_on_reopening_is_moderated_as_if_new() {
    let mut case = review(&[]);
    reopened(&mut case, "2026-11-20");
    case.set("evaluation", "inadequate");
    case.set("concern", "2026-11-20");
    assert_eq!(case.verdict().codes(), ["LE-27.1"]);
}

#[test]
fn ratings_changed_after_moderation_under_the_same_evaluation_need_confirming() {
    for (fact, now) in [
        ("observation", "a:high b:high c:high"),
        ("areas", "a:high b:high"),
    ] {
        let mut case = review(&[
            ("evaluation", "outstanding"),
            ("moderation", "agree:outstanding:W-9"),
        ]);
        case.set(fact, now);
        assert_eq!(case.verdict().codes(), ["LE-27.3"], "{fact}");
    }
}

#[test]
fn reviewer_reassigned_voids_the_agreement_until_it_is_confirmed() {
    let mut case = review(&[
        ("evaluation", "outstanding"),
        ("moderation", "agree:outstanding:W-9"),
    ]);
    case.set("reviewer", "W-6");
    assert_eq!(case.verdict().codes(), ["LE-27.3"]);
    case.moderations.push("agree:outstanding:W-9".to_owned());
    case.moderate();
    assert_eq!(case.verdict().answer(), Answer::Permit);
}

#[test]
fn head_absent_is_stood_in_for_by_a_delegate_only_on_the_days_of_the_delegation() {
    for (from, until, holds) in [
        ("2026-11-19", "2026-11-21", false),
        ("2026-11-21", "2026-12-24", true),
        ("2026-11-01", "2026-11-20", true),
    ] {
        let mut case = review(&[("evaluation", "inadequate"), ("concern_date", "2026-11-12")]);
        case.terms.people.holders.push(Holder {
            worker: "W-7".into(),
            role: Role::HeadOfService,
            from: Some(noon(from)),
            until: Some(noon(until)),
        });
        case.moderations.push("agree:inadequate:W-7".to_owned());
        case.moderate();
        let codes = case.verdict();
        assert_eq!(codes.codes().contains(&"LE-27.1"), holds, "{from}..{until}");
    }
}

#[test]
fn head_conflicted_does_not_moderate() {
    for role in ["practitioner", "reviewer", "supervisor", "service_manager"] {
        let mut case = review(&[("evaluation", "outstanding"), (role, "W-9")]);
        case.moderations.push("agree:outstanding:W-9".to_owned());
        case.moderate();
        assert!(case.verdict().codes().contains(&"LE-27.1"), "{role}");
    }
}

#[test]
fn moderation_disagreed_holds_until_there_is_an_agreement() {
    let mut case = review(&[
        ("evaluation", "outstanding"),
        ("moderation", "change:outstanding:W-9"),
    ]);
    assert_eq!(case.verdict().codes(), ["LE-27.1"]);
    case.moderations.push("agree:outstanding:W-9".to_owned());
    case.moderate();
    assert_eq!(case.verdict().answer(), Answer::Permit);
}

#[test]
fn moderation_disagreed_says_what_would_be_given_and_what_can_be_done() {
    for (moderation, seen, remedy) in [
        (
            "change:outstanding:W-9:good",
            "Good was advised instead on 20 November 2026.",
            "Take the moderator's evaluation, Good, or ask for moderation once more with more evidence. Then press Finish again.",
        ),
        (
            "change:outstanding:W-9:good change:outstanding:W-9:good",
            "Good was advised instead on 20 November 2026.",
            "Take the moderator's evaluation, Good, or have CSLT decide by recording a moderation. Then press Finish again.",
        ),
        (
            "change:outstanding:W-9",
            "Another evaluation was advised on 20 November 2026.",
            "Take the moderator's evaluation, or ask for moderation once more with more evidence. Then press Finish again.",
        ),
        (
            "more_evidence:outstanding:W-9",
            "More evidence was asked for on 20 November 2026.",
            "Add the evidence and ask for moderation again, then press Finish again.",
        ),
    ] {
        let mut case = review(&[("evaluation", "outstanding")]);
        case.set("moderation", moderation);
        case.moderate();
        let verdict = case.verdict();
        let held = verdict.reasons().next().unwrap();
        assert_eq!((held.seen().as_str(), held.remedy.as_str()), (seen, remedy));
        // A council's own sentence stands above ours.
        let own = RuleTerms {
            remedy: "Ring the Head.".to_owned(),
            ..RuleTerms::default()
        };
        case.terms.policy.rules.insert("LE-27.1".to_owned(), own);
        assert_eq!(
            case.verdict().reasons().next().unwrap().remedy,
            "Ring the Head."
        );
    }
}

#[test]
fn step_reopened_after_sign_off_takes_no_override_and_no_hand_over_of_the_opening_before() {
    let mut case = review(&[("hand_over", "W-7"), ("reasons", "hand_over:W-8")]);
    assert_eq!(case.verdict().answer(), Answer::Permit);
    reopened(&mut case, "2026-11-21");
    assert_eq!(case.verdict().codes(), ["LE-28.1"]);
}

#[test]
fn downstream_started_when_the_review_is_reopened_is_compared_on_the_next_sighting() {
    let mut case = Case::new(find("LE-28.2").unwrap());
    case.set("actions", "x");
    case.set("action_progress", "x:open");
    let flagged = |case: &Case| {
        let findings = case.findings(find("LE-28.2").unwrap());
        let found = findings.into_iter().find(|judged| judged.rule == "LE-28.2");
        found.unwrap().warns()
    };
    assert!(!flagged(&case));
    case.set("actions", "x y");
    assert!(flagged(&case));
}

#[test]
fn practitioner_left_so_the_qa_manager_waives_the_reflection_and_nobody_else_does() {
    for (by, answer) in [
        ("W-8", Answer::Permit),
        ("W-9", Answer::Permit),
        ("W-2", Answer::Hold),
    ] {
        let mut case = Case::new(find("LE-16.1").unwrap());
        case.set("focus_length", "30");
        case.set("hand_over", "W-2");
        case.set("reasons", &format!("no_reflection:{by}"));
        assert_eq!(case.verdict().answer(), answer, "{by}");
    }
}

#[test]
fn supervisor_changed_is_looked_up_when_the_work_is_handed_over() {
    let mut case = review(&[("hand_over", "W-7")]);
    assert_eq!(case.verdict().codes(), ["LE-28.1"]);
    case.set("supervisor", "W-7");
    assert_eq!(case.verdict().answer(), Answer::Permit);
}

#[test]
fn child_record_closed_does_not_stop_an_episode_whose_step_is_open() {
    // A closed record has no fact of its own here: what counts is whether the step is open.
    assert_eq!(
        review(&[("status", "started")]).verdict().answer(),
        Answer::Permit
    );
    assert_eq!(
        review(&[("status", "cancelled")]).verdict().codes(),
        ["LE-00.0"]
    );
}

#[test]
fn record_restricted_permits_evidence_provisionally_and_still_holds_for_moderation() {
    let mut case = review(&[("evaluation", "outstanding")]);
    case.set("presence", "hidden");
    assert_eq!(case.verdict().codes(), ["LE-27.1"]);
    case.terms.policy.rules.insert(
        "LE-27.1".to_owned(),
        RuleTerms {
            when_unavailable: Some(WhenUnavailable::AllowProvisional),
            ..RuleTerms::default()
        },
    );
    assert_eq!(case.verdict().answer(), Answer::Provisional);
}

#[test]
fn step_copied_or_split_is_not_finished_in_place_of_the_own_one() {
    let mut case = review(&[]);
    let mut copy = case.live().clone();
    copy.id = "copy".into();
    copy.dates.incoming = Some(noon("2026-11-20"));
    copy.copied_from = Some(StepId(Stage::PracticeReview.name().to_owned()));
    case.episode.steps.insert(copy.id.clone(), copy);
    let mut attempt = case.attempt();
    assert_eq!(case.verdict().answer(), Answer::Permit);
    attempt.step = "copy".into();
    let verdict = judge::judge(&case.episode, &attempt, &case.terms).unwrap();
    assert_eq!(verdict.codes(), ["LE-00.0"]);
}

#[test]
fn episode_cancelled_is_not_finished_and_is_listed_once_it_was_evaluated() {
    let mut case = review(&[("cancelled", "left")]);
    assert_eq!(case.verdict().codes(), ["LE-00.0"]);
    let flagged = |case: &Case| {
        let findings = judge::judge_time(&case.episode, case.at, &case.terms);
        let found = findings.into_iter().find(|judged| judged.rule == "LE-09.6");
        found.unwrap().warns()
    };
    assert!(flagged(&case));
    case.set("evaluation", "-");
    assert!(!flagged(&case));
}

#[test]
fn deadline_extended_counts_from_the_new_date_and_says_the_first_one_too() {
    let mut case = review(&[("extended", "2026-12-08"), ("at", "2026-12-08")]);
    assert_eq!(case.verdict().answer(), Answer::Permit);
    case.set("at", "2026-12-09");
    let verdict = case.verdict();
    assert_eq!(verdict.codes(), ["LE-03.3"]);
    assert!(
        verdict
            .in_words()
            .contains("1 working day after 8 December 2026 (first set for 1 December 2026)")
    );
}

#[test]
fn finish_at_the_deadline_is_in_time_until_the_end_of_the_local_day() {
    for (due, at, codes) in [
        ("2026-12-01", "2026-12-01T23:59:59Z", &[][..]),
        ("2026-12-01", "2026-12-02T00:00:00Z", &["LE-03.3"][..]),
        ("2026-06-30", "2026-06-30T22:59:59Z", &[][..]),
        ("2026-06-30", "2026-06-30T23:00:00Z", &["LE-03.3"][..]),
    ] {
        // Some evidence lies after a Finish in June; only lateness is looked at.
        let case = review(&[("due", due), ("at", at)]);
        let verdict = case.verdict();
        let late: Vec<&str> = verdict
            .codes()
            .into_iter()
            .filter(|code| *code == "LE-03.3")
            .collect();
        assert_eq!(late, codes, "{at}");
    }
}

#[test]
fn finish_while_we_were_down_is_judged_by_its_stamp_not_by_when_it_was_seen() {
    let mut case = review(&[("at", "2026-12-01T17:00:00Z")]);
    case.live().status = StepStatus::Completed;
    case.live().dates.completed = Some(noon("2026-12-01T17:00:00Z"));
    case.live().last_seen = noon("2026-12-04");
    assert_eq!(case.verdict().answer(), Answer::Permit);
}

#[test]
fn reviewer_who_is_the_supervisor_cannot_hand_over_to_themselves_whatever_is_on_record() {
    let mut case = review(&[("supervisor", "W-2"), ("hand_over", "W-2")]);
    assert_eq!(case.verdict().codes(), ["LE-28.1"]);
    case.set("reasons", "hand_over:W-8");
    assert_eq!(case.verdict().codes(), ["LE-28.1"]);
    case.set("hand_over", "W-7");
    assert_eq!(case.verdict().answer(), Answer::Permit);
}

#[test]
fn service_manager_who_is_the_reviewer_never_signs_off_not_even_by_override() {
    for stage in ["supervisor_actions", "sign_off"] {
        let mut case = Case::new(find("LE-29.2").unwrap());
        case.set("stage", stage);
        case.set("service_manager", "W-2");
        case.set("hand_over", "W-2");
        case.set("assignee", "W-2");
        case.episode.overrides.push(Override {
            stage: case.stage,
            reason: "safety".to_owned(),
            by: "W-9".into(),
            at: noon("2026-11-20"),
        });
        assert!(case.verdict().codes().contains(&"LE-29.2"), "{stage}");
        assert_eq!(case.verdict().answer(), Answer::Hold, "{stage}");
    }
}

#[test]
fn two_decisions_race_so_an_agreement_to_what_no_longer_stands_does_not_count() {
    // The Head agreed to what the form said before; the reviewer changed it meanwhile.
    let case = review(&[
        ("evaluation", "outstanding"),
        ("moderation", "agree:outstanding:W-9:changed"),
    ]);
    assert_eq!(case.verdict().codes(), ["LE-27.3"]);
}

#[test]
fn policy_says_it_in_its_own_words_and_gives_its_own_links() {
    let mut case = review(&[("final_meeting_date", "-"), ("conversation_length", "-")]);
    case.terms.policy.guidance_link = "https://council.example/le".to_owned();
    let own = RuleTerms {
        say: "The three of you have not met yet.".to_owned(),
        remedy: "Meet, then press Finish.".to_owned(),
        link: "https://council.example/le#meeting".to_owned(),
        ..RuleTerms::default()
    };
    case.terms.policy.rules.insert("LE-26.1".to_owned(), own);
    let words = case.verdict().in_words();
    for said in [
        "LE-26.1: The three of you have not met yet. An empty meeting date. Meet, then press Finish.",
        "guidance: https://council.example/le#meeting",
        "LE-20.1: The summary of the learning conversation is not written yet.",
        "guidance: https://council.example/le)",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
}
