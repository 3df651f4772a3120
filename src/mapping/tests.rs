//! The bad pages that a case system really sends, and the faults that an engineer really makes.

mod believed;
mod dates;
mod desk;
mod embedded;
mod environment;
mod forms;
mod grouping;
mod json;
mod life_cycle;
mod listing;
mod malformed;
mod paths;
mod shapes;
mod signing_in;
mod stages;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Beforehand, Carried, ChildKeying, Mapping, Page, PageFault, Reading, Reply, Shown, Site,
};
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
fn p14_windows_1252_is_read_when_declared_and_set_aside_when_not() {
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

fn effect(act: Act) -> Effect {
    Effect {
        key: "k".to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("7/../8?x")),
        act,
        rule: String::new(),
        cause: String::new(),
        audience: Vec::new(),
        due_at: Timestamp::UNIX_EPOCH,
        daily: false,
    }
}

#[test]
fn a_note_is_escaped_for_its_slot_and_found_by_its_mark() {
    let mapping = redmine();
    let effect = effect(Act::Note {
        text: "a < b & ]]> \u{1}".to_owned(),
    });
    let parts = mapping.parts("note").unwrap();
    let operation = parts.first().unwrap();
    let put = mapping
        .write_request(operation, &effect, &Carried::default())
        .unwrap();
    assert_eq!(put.path, "/issues/7%2F..%2F8%3Fx.xml");
    let body = put.body.unwrap().1;
    assert!(body.contains("a &lt; b &amp; ]]&gt;  "), "{body}");
    let back = operation.read_back.as_ref().unwrap();
    let shown = |notes: &str| {
        let answer = format!(
            "<issue><journals><journal><notes>{notes}</notes></journal></journals></issue>"
        );
        mapping.shows(operation, back, &effect, answer.as_bytes(), None)
    };
    assert_eq!(shown(&format!("said [{}]", effect.mark())), Ok(Shown::Yes));
    assert_eq!(shown("said"), Ok(Shown::No));
}

/// What the read before a flag makes of an answer: the body that would be written, or what was said.
fn flagged(answer: &str) -> String {
    let mapping = redmine();
    let effect = effect(Act::Flag {
        flag: "overdue".to_owned(),
    });
    let parts = mapping.parts("flag").unwrap();
    let operation = *parts.first().unwrap();
    let before = operation.before.as_ref().unwrap();
    let reply = Reply {
        bytes: answer.as_bytes(),
        charset: None,
        headers: &BTreeMap::new(),
    };
    match mapping.beforehand(operation, before, &effect, reply) {
        Ok(Beforehand::Write(carried)) => {
            let put = mapping.write_request(operation, &effect, &carried).unwrap();
            put.body.unwrap().1
        }
        Ok(Beforehand::Done) => "done".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn what_people_put_into_the_field_is_written_back_and_escaped() {
    let field = |values: &str| {
        format!(
            "<issue><custom_fields><custom_field id='21' name='Greentick flag' multiple='true'>\
             <value type='array'>{values}</value></custom_field></custom_fields></issue>"
        )
    };
    let written = flagged(&field("<value>Old &amp; &lt;new&gt;</value><value/>"));
    assert!(
        written.contains("<value>Old &amp; &lt;new&gt;</value><value>Overdue</value></value>"),
        "{written}"
    );
    assert_eq!(flagged(&field("<value>Overdue</value>")), "done");
    // A longer word that contains ours is another word.
    assert!(flagged(&field("<value>Overdue by law</value>")).contains("<value>Overdue</value>"));
    assert!(flagged("<issue/>").contains("there is nothing at"));
    assert!(flagged("<html/>").contains("web page"));
    assert!(flagged(&field("<value>\u{fffd}</value>")).contains("character set"));
}

#[test]
fn an_operation_that_lacks_a_value_of_this_site_says_which() {
    let why = redmine().parts("notice").unwrap_err();
    assert!(
        why.contains("`noticeboard`") && why.contains("[source.ids]"),
        "{why}"
    );
    assert!(!redmine().capabilities().contains("write.notice"));
    let site = Site {
        ids: BTreeMap::from([("noticeboard".to_owned(), "64".to_owned())]),
        ..Site::default()
    };
    let set = Mapping::compile_for("redmine.toml", REDMINE, &site).unwrap();
    assert_eq!(set.parts("notice").unwrap().len(), 1);
    assert_eq!(set.parts("reopen").unwrap().len(), 2);
    assert!(set.capabilities().contains("write.sample_list"));
}

#[test]
fn a_value_of_the_last_read_is_carried_into_the_write() {
    let text = REDMINE.replace(
        "[write.flag.before.values]",
        "[write.flag.headers]\nIf-Match = \"{{ tag }}\"\n[write.flag.before.headers]\ntag = \"ETag\"\n\
         [write.flag.before.values]",
    );
    let mapping = Mapping::compile("m.toml", &text).unwrap();
    let parts = mapping.parts("flag").unwrap();
    let operation = *parts.first().unwrap();
    let before = operation.before.as_ref().unwrap();
    let effect = effect(Act::Flag {
        flag: "sampled".to_owned(),
    });
    let body = "<issue><custom_fields><custom_field id='1' name='Greentick flag'/></custom_fields></issue>";
    let headers = BTreeMap::from([("etag".to_owned(), "W/\"7\"\r\n".to_owned())]);
    let carry = |headers: &BTreeMap<String, String>| {
        let reply = Reply {
            bytes: body.as_bytes(),
            charset: None,
            headers,
        };
        mapping.beforehand(operation, before, &effect, reply)
    };
    assert!(carry(&BTreeMap::new()).is_err());
    let Ok(Beforehand::Write(carried)) = carry(&headers) else {
        panic!("nothing would be written");
    };
    let put = mapping.write_request(operation, &effect, &carried).unwrap();
    assert_eq!(put.headers, [("If-Match".to_owned(), "W/\"7\"".to_owned())]);
}
