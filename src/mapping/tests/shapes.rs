//! Whole records of the shapes that case systems send: a full step in JSON, and answers by their position.

use super::desk::reading;
use crate::mapping::Mapping;
use crate::practice::episode::{Stage, StepStatus};
use crate::practice::fact::{Fact, Value};
use crate::practice::known::Known;

const FULL: &str = r#"
format = "json"
[values]
review = "1202"
[feed]
path = "/"
root = ""
record = "steps"
[record]
id = "id"
version = "version"
status = "status"
locked = "lock/held"
modified = "changedAt"
started = "dates/started"
due = "dates/due"
assignee = "assignee/worker/id"
team = "assignee/team/id"
child = "subjects[type='PER']/id"
restricted = "subjects/restricted"
[stages]
path = "stepType/id"
[stages.is]
"{{ review }}" = "practice_review"
[vocabularies.status]
"in progress" = "started"
[dates.modified]
read = ["epoch_milliseconds"]
[forms.review]
path = "forms[templateCode='LE_REVIEW']"
latest = "formId"
question = "sections/answers[question='{}']"
subject = "subject"
[vocabularies.assurance]
H = "high"
M = "medium"
[facts.observation_date]
form = "review"
question = "le.observation.date"
path = "value"
[facts.areas]
form = "review"
path = "sections/tables[collection='le.practice_area']/rows"
key = "rowId"
code = "cells[question='assurance']/code"
vocabulary = "assurance"
[facts.conversation_length]
form = "review"
question = "le.learning_conversation.summary"
path = "value"
html = true
"#;

const STEP: &str = r#"{"steps": [{"id": "000123456", "version": 7, "stepType": {"id": 1202, "label": "Review"},
 "status": "In Progress", "changedAt": 1782909900000, "dates": {"started": "2026-07-01T13:45:00", "due": "9999-12-31"},
 "assignee": {"team": {"id": "T-4"}}, "lock": {"held": "Y"},
 "subjects": [{"type": "ORG", "id": "55"}, {"type": "PER", "id": "0077", "restricted": "N"}, {"type": "PER", "id": "78"}],
 "forms": [
  {"formId": 9, "templateCode": "LE_REVIEW", "sections": [{"answers": [
   {"question": "le.observation.date", "value": "2026-06-01"}]}]},
  {"formId": 10, "templateCode": "LE_REVIEW", "sections": [
   {"answers": [{"question": "le.observation.date", "value": "2026-06-09", "subject": 0},
                {"question": "le.learning_conversation.summary", "value": "<p>ab &amp; c</p>", "subject": "0077"}]},
   {"tables": [{"collection": "le.practice_area", "rows": [
     {"rowId": "r1", "cells": [{"question": "area", "code": "A"}, {"question": "assurance", "code": "H"}]},
     {"rowId": "r2", "subject": "78", "cells": [{"question": "assurance", "code": "M"}]}]}]}]}]}]}"#;

#[test]
fn a_full_step_in_json_is_read_with_its_latest_form() {
    let mapping = Mapping::compile("full.toml", FULL).unwrap();
    let page = mapping.feed_page(STEP.as_bytes(), &reading()).unwrap();
    assert!(page.quarantined.is_empty(), "{:?}", page.quarantined);
    let seen = page.records.first().unwrap();
    assert_eq!(
        (seen.step.as_str(), seen.version.as_deref()),
        ("000123456", Some("7"))
    );
    assert_eq!(
        (seen.stage, seen.status),
        (Stage::PracticeReview, StepStatus::Started)
    );
    assert_eq!(
        seen.modified_at.unwrap().to_string(),
        "2026-07-01T12:45:00Z"
    );
    assert_eq!(
        seen.dates.started.unwrap().to_string(),
        "2026-07-01T12:45:00Z"
    );
    assert_eq!(seen.dates.due, None);
    assert!(seen.locked);
    assert_eq!(seen.assignee, Known::Blank);
    assert_eq!(seen.team.value().unwrap().as_str(), "T-4");
    assert_eq!(seen.siblings.len(), 1);
    let told = |fact: Fact| seen.facts.get(&fact).cloned().unwrap();
    let day = Value::Day("2026-06-09".parse().unwrap());
    assert_eq!(told(Fact::ObservationDate), Known::Is(day));
    assert_eq!(told(Fact::ConversationLength), Known::Is(Value::Length(6)));
    let Known::Is(Value::Rows(rows)) = told(Fact::Areas) else {
        panic!("no rows");
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].key.as_str(), &rows[0].code),
        ("r1", &Known::Is("high".to_owned()))
    );
}

#[test]
fn answers_may_be_known_by_their_position_in_a_template() {
    let text = FULL
        .replace(
            "question = \"sections/answers[question='{}']\"",
            "question = \"answers[{}]\"",
        )
        .replace("question = \"le.observation.date\"", "question = \"2\"")
        .replace(
            "question = \"le.learning_conversation.summary\"",
            "question = \"3\"",
        );
    let mapping = Mapping::compile("position.toml", &text).unwrap();
    let step = r#"{"steps": {"id": "1", "stepType": {"id": "1202"}, "status": "in  progress",
        "forms": {"templateCode": "LE_REVIEW", "answers": [{"value": "x"}, {"value": "2026-06-09"}, {"value": ""}]}}}"#;
    let page = mapping.feed_page(step.as_bytes(), &reading()).unwrap();
    let seen = page.records.first().unwrap();
    let day = Value::Day("2026-06-09".parse().unwrap());
    assert_eq!(
        seen.facts.get(&Fact::ObservationDate),
        Some(&Known::Is(day))
    );
    assert_eq!(
        seen.facts.get(&Fact::ConversationLength),
        Some(&Known::Blank)
    );
    let named = text.replace("question = \"2\"", "question = \"second\"");
    assert!(Mapping::compile("position.toml", &named).is_err());
}
