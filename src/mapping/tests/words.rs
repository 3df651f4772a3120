//! Yes, no and nothing, and their words for ours (M13, M15).

use super::desk::{compiled, faults, file, one, set_aside};
use crate::practice::episode::StepStatus;
use crate::practice::fact::{Fact, Value};
use crate::practice::known::Known;

#[test]
fn a_status_is_compared_without_regard_to_case_unless_the_mapping_says_otherwise() {
    let step =
        |status: &str| format!("<step id='1'><type>A</type><status>{status}</status></step>");
    let mapping = compiled(&file("", ""));
    for status in ["Open", "OPEN", "  open\n"] {
        assert_eq!(one(&mapping, &step(status)).status, StepStatus::Started);
    }
    let exact = compiled(&file("", "[words]\nfold = [\"stages\"]"));
    assert_eq!(one(&exact, &step("Open")).status, StepStatus::Started);
    let (_, reason) = set_aside(&exact, &step("OPEN"));
    assert!(reason.contains("`OPEN`"), "{reason}");
    let lower = "<step id='1'><type>a</type><status>Open</status></step>";
    assert_eq!(one(&exact, lower).status, StepStatus::Started);
    assert!(set_aside(&mapping, lower).1.contains("step type"));
}

#[test]
fn several_words_of_theirs_are_one_of_ours_and_a_reworded_one_sets_its_record_aside() {
    let mapping = compiled(&file(
        "",
        "[vocabularies.view]\nMedium = \"assured\"\n\"In  between\" = \"assured\"\n\
         [words]\nfold = [\"status\", \"view\"]\n\
         [facts.observation_waiver]\npath = \"view\"\nvocabulary = \"view\"",
    ));
    let step = |view: &str| {
        format!("<step id='1'><type>B</type><status>Open</status><view>{view}</view></step>")
    };
    for view in ["medium", "in between", "In\n  Between"] {
        let seen = one(&mapping, &step(view));
        let read = seen.facts.get(&Fact::ObservationWaiver).unwrap();
        assert_eq!(
            read,
            &Known::Is(Value::Code("assured".to_owned())),
            "{view}"
        );
    }
    assert!(set_aside(&mapping, &step("Med.")).1.contains("`Med.`"));
}

#[test]
fn what_stands_where_nothing_was_said_is_nothing() {
    let mapping = compiled(&file(
        "assignee = \"worker\"\nchild = \"child\"",
        "[words]\nnothing = [\"n/a\", \"[]\"]\n\
         [facts.focus_length]\npath = \"focus\"\nnothing = [\"see file\"]\n\
         [facts.reflection_length]\npath = \"reflection\"\nhtml = true",
    ));
    let seen = one(
        &mapping,
        "<step id='1'><type>A</type><status>Open</status><worker>N/A</worker><child>[]</child>\
         <focus> See  File </focus><reflection>&lt;p&gt;n/a&lt;/p&gt;</reflection></step>",
    );
    assert_eq!(seen.assignee, Known::Blank);
    assert_eq!(seen.child, Known::Blank);
    for fact in [Fact::FocusLength, Fact::ReflectionLength] {
        assert_eq!(seen.facts.get(&fact), Some(&Known::Blank), "{fact:?}");
    }
}

#[test]
fn yes_and_no_are_said_in_the_words_of_the_mapping_too() {
    let mapping = compiled(&file(
        "locked = \"lock\"",
        "[words]\nyes = [\"Oui\"]\nno = [\"Non\"]\n[facts.partner_feedback]\npath = \"partner\"",
    ));
    for (said, locked) in [("OUI", true), (" Y ", true), ("non", false), ("", false)] {
        let step = format!(
            "<step id='0012'><type>B</type><status>Open</status><lock>{said}</lock><partner>{said}</partner></step>"
        );
        let seen = one(&mapping, &step);
        assert_eq!(seen.locked, locked, "{said}");
        assert_eq!(seen.step.as_str(), "0012");
        let told = seen.facts.get(&Fact::PartnerFeedback).unwrap();
        let wanted = match said {
            "" => Known::Blank,
            _ => Known::Is(Value::Count(u32::from(locked))),
        };
        assert_eq!(told, &wanted, "{said}");
    }
    let held = "<step id='1'><type>B</type><status>Open</status><lock>W-199</lock></step>";
    assert!(one(&mapping, held).locked, "who holds it holds it");
}

#[test]
fn words_that_mean_two_things_are_faults() {
    let told = faults(&file(
        "",
        "[words]\nyes = [\"N\"]\nnothing = [\"0\"]\nfold = [\"status\", \"stage\", \"size\"]\n\
         [vocabularies.size]\nM = \"medium\"\nm = \"metre\"",
    ));
    assert_eq!(
        told,
        [
            "20: `N` means something else already",
            "21: `0` means something else already",
            "22: there is no `[vocabularies.stage]` to fold; did you mean `stages`?",
        ]
    );
    let told = faults(&file(
        "",
        "[words]\nfold = [\"size\"]\n[vocabularies.size]\nM = \"high\"\nm = \"low\"\n\
         [facts.evaluation]\npath = \"size\"\nvocabulary = \"size\"",
    ));
    let said = told.join("\n");
    assert!(
        said.contains("23: `m` differs from another word only by case"),
        "{said}"
    );
    assert!(
        said.contains("22: `high` is no code of `evaluation`"),
        "{said}"
    );
}

#[test]
fn a_status_may_be_told_by_which_stamps_are_there() {
    let rows = "[[statuses]]\npresent = [\"cancelled\"]\nis = \"cancelled\"\n\
                [[statuses]]\npresent = [\"closed\"]\nabsent = [\"again\"]\nis = \"completed\"\n\
                [[statuses]]\npresent = [\"again\"]\nis = \"reopened\"\n\
                [[statuses]]\npresent = [\"begun\"]\nis = \"started\"\n";
    let text = file("", rows)
        .replace("status = \"status\"\n", "")
        .replace("[vocabularies.status]", "[vocabularies.unused]");
    let mapping = compiled(&text);
    let step = |stamps: &str| format!("<step id='1'><type>A</type>{stamps}</step>");
    for (stamps, status) in [
        ("<begun>2026-10-01</begun>", StepStatus::Started),
        (
            "<begun>2026-10-01</begun><closed>2026-10-02</closed>",
            StepStatus::Completed,
        ),
        (
            "<begun>2026-10-01</begun><closed>9999-12-31</closed>",
            StepStatus::Started,
        ),
        (
            "<closed>2026-10-02</closed><again>2026-10-03</again>",
            StepStatus::Reopened,
        ),
        (
            "<closed>2026-10-02</closed><cancelled>2026-10-03</cancelled>",
            StepStatus::Cancelled,
        ),
    ] {
        assert_eq!(one(&mapping, &step(stamps)).status, status, "{stamps}");
    }
    assert!(set_aside(&mapping, &step("")).1.contains("`[[statuses]]`"));
    let both = faults(&file("", rows));
    assert_eq!(
        both,
        ["7: a status is told by `status` or by `[[statuses]]`, not by both"]
    );
}

#[test]
fn a_word_of_rows_that_leads_to_no_code_is_a_fault_as_one_of_a_single_value_is() {
    let rows = |fact: &str, ours: &str| {
        file(
            "",
            &format!(
                "[vocabularies.size]\nH = \"{ours}\"\n[facts.{fact}]\npath = \"row\"\nkey = \"k\"\ncode = \"c\"\nvocabulary = \"size\""
            ),
        )
    };
    for (fact, ours) in [
        ("observation", "hi"),
        ("areas", "hi"),
        ("final_attendees", "presnt"),
        ("conversation_participants", "there"),
        ("feedback", "parent"),
    ] {
        let told = faults(&rows(fact, ours)).join("\n");
        let wanted = format!("20: `{ours}` is no code of `{fact}`");
        assert!(told.contains(&wanted), "{told}");
    }
    // Of an action any short code may be said.
    assert_eq!(faults(&rows("actions", "agreed")), [""; 0]);
    assert_eq!(faults(&rows("observation", "waived")), [""; 0]);
    // Nor is a word without a vocabulary taken for a code.
    let bare = file(
        "",
        "[facts.observation]\npath = \"row\"\nkey = \"k\"\ncode = \"c\"",
    );
    let step = |code: &str| {
        format!(
            "<step id='1'><type>B</type><status>Open</status><row><k>1</k><c>{code}</c></row></step>"
        )
    };
    one(&compiled(&bare), &step("High"));
    assert!(set_aside(&compiled(&bare), &step("hi")).1.contains("`hi`"));
}

#[test]
fn a_failure_needs_a_path_or_a_status_and_fixed_statuses_keep_their_meaning() {
    let told = faults(&file(
        "",
        "[[proof.failure]]\nmeans = \"empty\"\n[[proof.failure]]\nstatus = [401, 404]\n[[proof.failure]]\nstatus = [200]",
    ));
    let said = told.join("\n");
    for wanted in [
        "a failure is told by a `path`",
        "401 means the same everywhere",
        "every good answer would be a failure",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
    assert_eq!(told.len(), 3, "{said}");
}
