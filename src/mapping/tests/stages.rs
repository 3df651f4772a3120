//! One item that is several steps: by its forms, and by how often it was sent on (M16).

use super::desk::{compiled, faults, file, one, read, set_aside};
use crate::mapping::Mapping;
use crate::practice::episode::{Stage, StepStatus};
use crate::practice::fact::{Fact, Value};
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};
use crate::practice::sighting::{Direction, Sighting};

/// A mapping whose `[stages]` is another.
fn staged(record: &str, stages: &str, more: &str) -> String {
    let whole = file(record, more);
    let (before, rest) = whole.split_once("[stages]").unwrap();
    let (_, after) = rest.split_once("B = \"practice_review\"\n").unwrap();
    format!("{before}{stages}\n{after}")
}

const COUNTED: &str =
    "[stages]\ncount = \"history/event[@what='SENT']\"\nat = \"@at\"\nworker = \"@by\"";
const RECORD: &str = "incoming = \"in\"\nstarted = \"begun\"\ncompleted = \"closed\"\ndue = \"due\"\nassignee = \"who\"\n\
                      locked = \"lock\"";

fn counted() -> Mapping {
    compiled(&staged(
        RECORD,
        COUNTED,
        "[facts.reflection_length]\npath = \"reflection\"\n[facts.conversation_length]\npath = \"talk\"\n\
         [[links]]\npath = \"before\"\ndirection = \"previous\"",
    ))
}

fn item(events: &str) -> Vec<Sighting> {
    let step = format!(
        "<step id='77'><status>Open</status><in>2026-10-01T08:00:00Z</in><begun>2026-10-02T08:00:00Z</begun>\
         <due>2026-11-20</due><who>W-3</who><lock>Y</lock><before>70</before>\
         <reflection>abc</reflection><talk>abcde</talk><history>{events}</history></step>"
    );
    let page = read(&counted(), &step);
    assert!(page.quarantined.is_empty(), "{:?}", page.quarantined);
    page.records
}

#[test]
fn an_item_is_a_step_for_each_stage_that_its_history_sent_it_on_to() {
    let seen = item(
        "<event what='SENT' at='2026-10-20T09:00:00Z' by='W-2'/><event what='SAVED'/>\
         <event what='SENT' at='2026-10-10T09:00:00Z' by='W-1'/>",
    );
    let steps: Vec<(&str, Stage, StepStatus)> = seen
        .iter()
        .map(|seen| (seen.step.as_str(), seen.stage, seen.status))
        .collect();
    assert_eq!(
        steps,
        [
            ("77", Stage::Practitioner, StepStatus::Completed),
            (
                "77#practice_review",
                Stage::PracticeReview,
                StepStatus::Completed
            ),
            (
                "77#supervisor_actions",
                Stage::SupervisorActions,
                StepStatus::Started
            ),
        ]
    );
    let (first, second, third) = (&seen[0], &seen[1], &seen[2]);
    let text = |at: Option<jiff::Timestamp>| at.unwrap().to_string();
    assert_eq!(text(first.dates.incoming), "2026-10-01T08:00:00Z");
    assert_eq!(text(first.dates.completed), "2026-10-10T09:00:00Z");
    assert_eq!(text(second.dates.incoming), "2026-10-10T09:00:00Z");
    assert_eq!(text(second.dates.completed), "2026-10-20T09:00:00Z");
    assert_eq!(text(third.dates.incoming), "2026-10-20T09:00:00Z");
    // The item was started by the practitioner; its due date is of where it is.
    assert_eq!(third.dates.started, None);
    assert_eq!(
        (first.dates.due, third.dates.due.map(|day| day.to_string())),
        (None, Some("2026-11-20".to_owned()))
    );
    assert_eq!(first.assignee, Known::Is(WorkerId::from("W-1")));
    assert_eq!(third.assignee, Known::Is(WorkerId::from("W-3")));
    assert_eq!((first.locked, third.locked), (false, true));
    assert_eq!(
        first.facts.get(&Fact::ReflectionLength),
        Some(&Known::Is(Value::Length(3)))
    );
    assert_eq!(
        second.facts.get(&Fact::ConversationLength),
        Some(&Known::Is(Value::Length(5)))
    );
    assert_eq!(second.facts.len(), 1);
    let links = |seen: &Sighting| -> Vec<String> {
        let previous = seen
            .links
            .iter()
            .filter(|link| link.direction == Direction::Previous);
        previous.map(|link| link.step.to_string()).collect()
    };
    assert_eq!(links(first), ["70"]);
    assert_eq!(links(second), ["77"]);
    assert_eq!(links(third), ["77#practice_review"]);
}

#[test]
fn an_item_that_was_not_sent_on_is_one_step_and_no_history_leads_past_the_last() {
    let seen = item("");
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].step.as_str(), seen[0].status),
        ("77", StepStatus::Started)
    );
    assert!(seen[0].dates.started.is_some());
    let seen = item(&"<event what='SENT'/>".repeat(6));
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[3].step.as_str(), "77#sign_off");
    assert_eq!(seen[3].status, StepStatus::Started);
    assert_eq!(seen[0].dates.completed, None);
}

#[test]
fn the_case_system_is_asked_for_the_item_whichever_of_its_steps_is_meant() {
    let mapping = counted();
    assert_eq!(mapping.item_of("77#practice_review"), "77");
    assert_eq!(mapping.item_of("77#2"), "77#2");
    assert_eq!(mapping.item_of("77"), "77");
    let single = compiled(&file("", ""));
    assert_eq!(single.item_of("77#practice_review"), "77#practice_review");
}

#[test]
fn an_item_is_a_step_for_each_form_that_it_holds() {
    let stages = "[stages]\npath = \"form/@code\"\nseveral = true\nignore = [\"OTHER\"]\n\
                  at = \"form[@code='{}']/ended\"\nworker = \"form[@code='{}']/by\"\n\
                  [stages.is]\nLE1 = \"practitioner\"\nLE2 = \"practice_review\"\nLE2B = \"practice_review\"";
    let mapping = compiled(&staged("", stages, ""));
    let page = |forms: &str| {
        let step = format!("<step id='5'><status>Open</status>{forms}</step>");
        read(&mapping, &step)
    };
    let both = page(
        "<form code='OTHER'/><form code='LE2B'/><form code='LE1'><ended>2026-10-10T09:00:00Z</ended><by>W-1</by></form>",
    );
    let steps: Vec<&str> = both.records.iter().map(|seen| seen.step.as_str()).collect();
    assert_eq!(steps, ["5", "5#practice_review"]);
    assert_eq!(both.records[0].assignee, Known::Is(WorkerId::from("W-1")));
    assert_eq!(
        both.records[1].dates.incoming.unwrap().to_string(),
        "2026-10-10T09:00:00Z"
    );
    assert_eq!(both.records[1].assignee, Known::Unreadable(Why::NotMapped));
    assert!(page("<form code='OTHER'/>").records.is_empty());
    assert!(page("<form code='OTHER'/>").quarantined.is_empty());
    assert_eq!(page("<form code='LE9'/>").quarantined.len(), 1);
    let alone = page("<form code='LE2'/>");
    assert_eq!(alone.records[0].step.as_str(), "5#practice_review");
}

#[test]
fn an_item_may_begin_with_the_stage_of_its_form_and_be_sent_on_from_there() {
    let stages = "[stages]\npath = \"form/@code\"\ncount = \"event[@why='HANDOVER']\"\nat = \"@at\"\nworker = \"@by\"\n\
                  [stages.is]\nLE1 = \"practitioner\"\nLE3 = \"supervisor_actions\"";
    let mapping = compiled(&staged("assignee = \"who\"", stages, ""));
    let seen = |forms: &str| {
        let step = format!("<step id='9'><status>Open</status><who>W-4</who>{forms}</step>");
        read(&mapping, &step).records
    };
    let steps = |forms: &str| -> Vec<(String, Stage, StepStatus)> {
        let seen = seen(forms).into_iter();
        seen.map(|one| (one.step.0, one.stage, one.status))
            .collect()
    };
    let own = |stage, status| ("9".to_owned(), stage, status);
    assert_eq!(
        steps("<form code='LE1'/>"),
        [own(Stage::Practitioner, StepStatus::Started)]
    );
    assert_eq!(
        steps("<form code='LE3'/><event why='MOVED'/>"),
        [own(Stage::SupervisorActions, StepStatus::Started)]
    );
    let event = "<form code='LE3'/><event why='HANDOVER' at='2026-11-02T09:00:00Z' by='W-3'/>";
    assert_eq!(
        steps(event),
        [
            own(Stage::SupervisorActions, StepStatus::Completed),
            ("9#sign_off".to_owned(), Stage::SignOff, StepStatus::Started)
        ]
    );
    let parts = seen(event);
    assert_eq!(parts[0].assignee, Known::Is(WorkerId::from("W-3")));
    assert_eq!(parts[1].assignee, Known::Is(WorkerId::from("W-4")));
    assert_eq!(parts[1].links[0].step.as_str(), "9");
    assert_eq!(mapping.item_of("9#sign_off"), "9");
    assert!(mapping.never().is_empty() && counted().never().is_empty());
    let late = staged("", &stages.replace("\nLE1 = \"practitioner\"", ""), "");
    let early = [Stage::Practitioner, Stage::PracticeReview];
    assert_eq!(compiled(&late).never(), early);
    let words =
        "[stages]\npath = \"t\"\n[stages.is]\nA = \"practitioner\"\nB = \"practice_review\"";
    let late = [Stage::SupervisorActions, Stage::SignOff];
    assert_eq!(compiled(&staged("", words, "")).never(), late);
}

#[test]
fn several_step_types_may_be_one_stage_and_a_form_may_tell_it() {
    let stages = "[stages]\npath = \"form/@code\"\n[stages.is]\nLE1 = \"practitioner\"\nLE1B = \"practitioner\"";
    let mapping = compiled(&staged("", stages, ""));
    let step = "<step id='5'><status>Open</status><form code='X'/><form code='LE1B'/></step>";
    assert_eq!(one(&mapping, step).stage, Stage::Practitioner);
    let none = "<step id='5'><status>Open</status></step>";
    assert!(
        set_aside(&mapping, none)
            .1
            .contains("the step type is missing")
    );
}

#[test]
fn stages_that_cannot_be_told_are_faults() {
    let told = |stages: &str| faults(&staged("", stages, "")).join("\n");
    for (stages, part) in [
        (
            "[stages]\nignore = [\"x\"]",
            "13: a stage is told by `path` and `is`, by `count`, or by both",
        ),
        ("[stages]\npath = \"t\"", "13: `[stages.is]` is missing"),
        (
            "[stages]\ncount = \"e\"\n[stages.is]\nA = \"sign_off\"",
            "14: `is`, `ignore` and `several` go with `path`",
        ),
        (
            "[stages]\npath = \"t\"\ncount = \"e\"\nseveral = true\n[stages.is]\nA = \"sign_off\"",
            "15: an item is several steps by its words",
        ),
        (
            "[stages]\npath = \"t\"\nat = \"x\"\n[stages.is]\nA = \"sign_off\"",
            "15: `at` and `worker` go with",
        ),
        (
            "[stages]\npath = \"t\"\nseveral = true\nat = \"x\"\n[stages.is]\nA = \"sign_off\"",
            "16: `x` has no `{}`",
        ),
    ] {
        assert!(told(stages).contains(part), "{part}\n{}", told(stages));
    }
}
