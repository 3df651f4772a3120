//! What lets a Finish through: for which step, which opening, which form, and until when?

use super::*;
use greentick::practice::episode::{Finished, Permit};
use greentick::practice::judge::{fingerprint, own_fingerprint};
use greentick::practice::permit::covers;
use greentick::practice::verdict::Evidence;

fn overridden(case: &mut Case, stage: Stage) -> bool {
    case.episode.overrides.push(Override {
        stage,
        reason: "safety".to_owned(),
        by: "W-9".into(),
        at: noon("2026-11-20"),
    });
    case.verdict().overridden
}

#[test]
fn an_override_of_one_stage_lifts_nothing_on_another() {
    assert!(overridden(
        &mut extreme_and_unmoderated(),
        Stage::PracticeReview
    ));
    for stage in [
        Stage::Practitioner,
        Stage::SupervisorActions,
        Stage::SignOff,
    ] {
        assert!(!overridden(&mut extreme_and_unmoderated(), stage));
    }
}

#[test]
fn a_rule_that_no_override_lifts_leaves_the_others_to_it_once_it_is_met() {
    for (hand_over, lifted) in [("W-4", true), ("W-2", false)] {
        let mut case = Case::new(find("LE-29.1").unwrap());
        case.set("actions", "x");
        case.set("hand_over", hand_over);
        assert!(case.verdict().codes().contains(&"LE-29.1"));
        let is_lifted = overridden(&mut case, Stage::SupervisorActions);
        assert_eq!(is_lifted, lifted, "{hand_over}");
    }
}

#[test]
fn a_judgement_is_void_once_its_own_or_an_earlier_form_changes_and_not_by_a_later_one() {
    for (changed, void) in [
        (Stage::Practitioner, true),
        (Stage::PracticeReview, true),
        (Stage::SupervisorActions, false),
    ] {
        let mut case = Case::new(find("LE-27.1").unwrap());
        case.set("s3", "open");
        let before = case.verdict().on;
        let id = StepId(changed.name().to_owned());
        let step = case.episode.steps.get_mut(&id).unwrap();
        step.matter = Digest::of(b"another");
        assert_eq!(case.verdict().on != before, void, "{changed:?}");
    }
}

#[test]
fn a_copy_is_not_judged_on_what_it_was_copied_from() {
    let mut case = Case::new(find("LE-27.1").unwrap());
    let mut copy = case.live().clone();
    copy.id = "copy".into();
    copy.copied_from = Some(case.live().id.clone());
    let on = |case: &Case| fingerprint(&case.episode, &copy, case.at);
    let before = on(&case);
    case.live().matter = Digest::of(b"another");
    assert_eq!(on(&case), before);
}

/// A permit given at noon on 20 November for a quarter of an hour.
fn permit(case: &mut Case) -> Permit {
    let at = noon("2026-11-20");
    let step = case.live().clone();
    Permit {
        decision_id: "P-1".to_owned(),
        step: step.id.clone(),
        leg: 1,
        on: Digest::of(b"on"),
        own: Some(own_fingerprint(&case.episode, &step, at, true)),
        unread: false,
        actor: None,
        judged_at: at,
        valid_until: noon("2026-11-20T12:15:00Z"),
        provisional: false,
        policy: Digest::of(b"policy"),
        task: None,
    }
}

#[test]
fn a_permit_covers_one_opening_for_its_time_and_ninety_seconds_on_either_side() {
    for (leg, earliest, at, used) in [
        (1, "2026-11-20T12:05:00Z", "2026-11-20T12:05:00Z", true),
        (2, "2026-11-20T12:05:00Z", "2026-11-20T12:05:00Z", false),
        (1, "2026-11-20T11:58:30Z", "2026-11-20T11:58:30Z", true),
        (1, "2026-11-20T11:58:29Z", "2026-11-20T11:58:29Z", false),
        (1, "2026-11-20T12:16:30Z", "2026-11-20T12:16:30Z", true),
        (1, "2026-11-20T12:16:31Z", "2026-11-20T12:16:31Z", false),
        // Seen later, and it may have happened in time.
        (1, "2026-11-20T12:10:00Z", "2026-11-20T12:30:00Z", true),
    ] {
        let mut case = Case::new(find("LE-27.1").unwrap());
        let permit = permit(&mut case);
        let finished = Finished {
            leg,
            at: noon(at),
            observed_at: noon(at),
            permit: None,
            bypass: false,
            undone: None,
        };
        let step = case.live().clone();
        let covered = covers(&permit, &case.episode, &step, &finished, noon(earliest));
        assert_eq!(covered, used, "{leg} {earliest} {at}");
        let mut changed = step.clone();
        changed.matter = Digest::of(b"another");
        assert!(!covers(
            &permit,
            &case.episode,
            &changed,
            &finished,
            noon(earliest)
        ));
        let unread = Permit {
            unread: true,
            own: Some(own_fingerprint(
                &case.episode,
                &step,
                permit.judged_at,
                false,
            )),
            ..permit
        };
        let covered = covers(&unread, &case.episode, &changed, &finished, noon(earliest));
        assert_eq!(covered, used, "unread {leg} {earliest} {at}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn what_was_found_holds_or_warns_by_the_rules_stance_and_by_what_was_asked_at_all() {
    use Stance::{Block, Flag, Notify, Off};
    use WhenUnavailable::{AllowProvisional, Hold};
    let (optional, core) = (Fact::FocusLength, Fact::Evaluation);
    assert!(optional.is_optional() && !core.is_optional());
    let blind = Finding::CannotTell;
    let unmet = || {
        Finding::Unmet(Evidence {
            missing: "It is missing.".to_owned(),
            seen: "Nothing.".to_owned(),
            remedy: None,
        })
    };
    let cases = [
        (unmet(), Block, Hold, true, false, Answer::Hold),
        (unmet(), Flag, Hold, false, true, Answer::Permit),
        (unmet(), Notify, Hold, false, true, Answer::Permit),
        (unmet(), Off, Hold, false, false, Answer::Permit),
        (Finding::Met, Block, Hold, false, false, Answer::Permit),
        (
            blind(core, Why::Hidden),
            Block,
            Hold,
            true,
            false,
            Answer::Hold,
        ),
        (
            blind(core, Why::Hidden),
            Block,
            AllowProvisional,
            false,
            true,
            Answer::Provisional,
        ),
        (
            blind(core, Why::Hidden),
            Flag,
            Hold,
            false,
            true,
            Answer::Permit,
        ),
        (
            blind(optional, Why::Hidden),
            Flag,
            Hold,
            false,
            true,
            Answer::Permit,
        ),
        // A step that was never seen sets no flag for what its form need not have.
        (
            blind(optional, Why::NotSeen),
            Flag,
            Hold,
            false,
            false,
            Answer::Permit,
        ),
        (
            blind(core, Why::NotSeen),
            Flag,
            Hold,
            false,
            true,
            Answer::Permit,
        ),
        (
            blind(optional, Why::NotSeen),
            Block,
            Hold,
            true,
            false,
            Answer::Hold,
        ),
        (
            blind(core, Why::NotSeen),
            Block,
            AllowProvisional,
            false,
            true,
            Answer::Provisional,
        ),
        // Nobody is held or told for what no form carries, unless nothing could be judged without it.
        (
            blind(optional, Why::NotMapped),
            Block,
            Hold,
            false,
            false,
            Answer::Permit,
        ),
        (
            blind(optional, Why::NotMapped),
            Flag,
            Hold,
            false,
            false,
            Answer::Permit,
        ),
        (
            blind(core, Why::NotMapped),
            Flag,
            Hold,
            false,
            false,
            Answer::Permit,
        ),
        (
            blind(core, Why::NotMapped),
            Block,
            Hold,
            true,
            false,
            Answer::Hold,
        ),
    ];
    let verdict = extreme_and_unmoderated().verdict();
    for (finding, stance, when_unavailable, holds, warns, answer) in cases {
        let judged = Judged {
            finding,
            stance,
            when_unavailable,
            ..verdict.findings[0].clone()
        };
        assert_eq!(
            (judged.holds(), judged.warns()),
            (holds, warns),
            "{judged:?}"
        );
        let verdict = Verdict {
            findings: vec![judged],
            ..verdict.clone()
        };
        assert_eq!(verdict.answer(), answer, "{:?}", verdict.findings);
    }
}
