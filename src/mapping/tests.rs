//! The bad pages that a case system really sends, and the faults that an engineer really makes.

use std::path::Path;

use jiff::Timestamp;

use super::{ChildKeying, Mapping, Page, PageFault, Reading, Shown};
use crate::practice::effect::{Act, Effect};
use crate::practice::fact::{Fact, Value};
use crate::practice::ids::{EpisodeId, SourceName, StepId};
use crate::practice::known::Known;
use crate::practice::sighting::Road;

const REDMINE: &str = include_str!("../../mappings/redmine.toml");

fn redmine() -> Mapping {
    Mapping::compile("redmine.toml", REDMINE).unwrap()
}

fn reading() -> Reading {
    Reading {
        source: SourceName::from("test"),
        now: Timestamp::UNIX_EPOCH,
        road: Road::Feed,
        charset: None,
        keying: ChildKeying::new(b"key"),
    }
}

fn read(bytes: &[u8]) -> Result<Page, PageFault> {
    redmine().feed_page(bytes, &reading())
}

fn issue(id: &str, status: &str, reflection: &str) -> String {
    format!(
        "<issue><id>{id}</id><project id='1' name='Learning Episodes'/><tracker id='1' name='LE Practitioner'/>\
         <status name='{status}'/><custom_fields><custom_field name='Person ID'><value>P-1</value></custom_field>\
         <custom_field name='Section 1 reflection'><value>{reflection}</value></custom_field></custom_fields></issue>"
    )
}

fn page(records: &[String]) -> String {
    format!(
        "<issues total_count='{}'>{}</issues>",
        records.len(),
        records.concat()
    )
}

#[test]
fn the_shipped_mapping_reads_what_was_recorded() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/tests");
    let outcomes = redmine().run_tests(&dir);
    assert!(outcomes.len() >= 6);
    for outcome in outcomes {
        assert!(
            outcome.differences.is_empty(),
            "{}: {:?}",
            outcome.name,
            outcome.differences
        );
    }
}

#[test]
fn an_answer_that_cannot_be_proven_is_refused_whole() {
    let good = page(&[issue("1", "Incoming", "")]);
    let deep = format!("<issues>{}", "<a>".repeat(70));
    for (what, body) in [
        ("sign-in", "<html><body>Sign in</body></html>".to_owned()),
        (
            "doctype",
            format!("<!DOCTYPE issues [<!ENTITY a 'b'>]>{good}"),
        ),
        ("cut", good.trim_end_matches("</issues>").to_owned()),
        ("two roots", format!("{good}{good}")),
        ("trailing text", format!("{good}more")),
        ("another root", "<errors/>".to_owned()),
        ("nothing", String::new()),
        ("deep", deep),
    ] {
        assert!(read(body.as_bytes()).is_err(), "{what} was believed");
    }
    assert_eq!(read(good.as_bytes()).unwrap().records.len(), 1);
}

#[test]
fn a_record_with_an_unknown_status_is_set_aside_alone() {
    let page = read(
        page(&[
            issue("1", "Incoming", ""),
            issue("2", "Parked", "words"),
            issue("3", "Completed", ""),
        ])
        .as_bytes(),
    )
    .unwrap();
    let steps: Vec<&str> = page.records.iter().map(|seen| seen.step.as_str()).collect();
    assert_eq!(steps, ["1", "3"]);
    let bad = page.quarantined.first().unwrap();
    assert_eq!(
        (bad.step.as_deref(), bad.path.as_str()),
        (Some("2"), "status/@name")
    );
    assert!(bad.reason.contains("`Parked`"));
}

#[test]
fn a_long_unknown_value_is_never_shown() {
    let words = "CANARY words of somebody that are no code at all";
    let page = read(page(&[issue("2", words, "")]).as_bytes()).unwrap();
    assert!(!format!("{:?}", page.quarantined).contains("CANARY"));
}

#[test]
fn windows_1252_is_read_when_declared_and_set_aside_when_not() {
    let records = [
        issue("1", "Incoming", "caf#"),
        issue("2", "Incoming", "plain"),
    ];
    let bytes = |head: &str| -> Vec<u8> {
        let text = format!("{head}{}", page(&records));
        text.bytes()
            .map(|byte| if byte == b'#' { 0xE9 } else { byte })
            .collect()
    };
    let undeclared = read(&bytes("")).unwrap();
    assert_eq!(
        (undeclared.records.len(), undeclared.quarantined.len()),
        (1, 1)
    );
    let declared = read(&bytes("<?xml version='1.0' encoding='windows-1252'?>")).unwrap();
    let length = declared
        .records
        .first()
        .unwrap()
        .facts
        .get(&Fact::ReflectionLength);
    assert_eq!(length, Some(&Known::Is(Value::Length(4))));
}

#[test]
fn a_text_is_counted_with_all_its_parts_and_then_dropped() {
    let page =
        read(page(&[issue("1", "Incoming", " a&amp;b<![CDATA[<c>]]>&#233; ")]).as_bytes()).unwrap();
    let seen = page.records.first().unwrap();
    assert_eq!(
        seen.facts.get(&Fact::ReflectionLength),
        Some(&Known::Is(Value::Length(7)))
    );
    let child = seen.child.value().unwrap();
    assert_eq!(child.as_str().len(), 64);
    assert!(!format!("{seen:?}").contains("P-1"));
}

#[test]
fn every_fault_is_told_at_once_with_its_line_and_the_nearest_word() {
    let text = REDMINE
        .replace(
            "paging = \"offset\"\npage_size = 100\ntotal = \"@total_count\"\n\n[sweep]",
            "pagin = \"offset\"\n\n[sweep]",
        )
        .replace("[facts.evaluation]", "[facts.evalution]")
        .replace(
            "\"Cancelled\" = \"cancelled\"",
            "\"Cancelled\" = \"canceled\"",
        );
    let faults = Mapping::compile("m.toml", &text).unwrap_err();
    let helps: Vec<&str> = faults
        .iter()
        .filter_map(|fault| fault.help.as_deref())
        .collect();
    assert_eq!(
        helps,
        [
            "did you mean `paging`?",
            "did you mean `cancelled`?",
            "did you mean `evaluation`?"
        ]
    );
    let wanted = text
        .lines()
        .position(|line| line.starts_with("pagin "))
        .unwrap()
        + 1;
    assert_eq!(faults.first().unwrap().line, wanted);
}

#[test]
fn a_note_is_escaped_for_its_slot_and_found_by_its_mark() {
    let mapping = redmine();
    let effect = Effect {
        key: "k".to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("7/../8?x")),
        act: Act::Note {
            text: "a < b & ]]> \u{1}".to_owned(),
        },
        rule: String::new(),
        cause: String::new(),
        audience: Vec::new(),
        due_at: Timestamp::UNIX_EPOCH,
    };
    let operation = mapping.operation(&effect).unwrap();
    let put = mapping.write_request(operation, &effect).unwrap();
    assert_eq!(put.path, "/issues/7%2F..%2F8%3Fx.xml");
    let body = put.body.unwrap().1;
    assert!(body.contains("a &lt; b &amp; ]]&gt;  "), "{body}");
    let back = operation.read_back.as_ref().unwrap();
    let shown = |notes: &str| {
        let answer = format!(
            "<issue><journals><journal><notes>{notes}</notes></journal></journals></issue>"
        );
        mapping.shows(back, &effect, answer.as_bytes(), None)
    };
    assert_eq!(shown(&format!("said [{}]", effect.mark())), Ok(Shown::Yes));
    assert_eq!(shown("said"), Ok(Shown::No));
}
