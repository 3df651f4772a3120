//! Is a list followed that only names steps, and a step read whole that is kept at several addresses?

use std::sync::Arc;

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{CaseFault, CaseSystem, FeedPage, FeedPosition, HttpCaseSystem};
use super::super::{Reach, StepAnswer};
use super::{BUDGET, NOW, settings};
use crate::mapping::{ChildKeying, Mapping};
use crate::practice::fact::{Fact, Value};
use crate::practice::ids::{EpisodeId, StepId};
use crate::practice::known::{Known, Why};
use crate::practice::news::Says;
use crate::practice::sighting::Sighting;

/// Resource objects beside one another, and a form's answers at an address that the step gives.
const JSON: &str = r#"
format = "json"
[feed]
path = "/changes?after={{ token }}"
root = ""
record = "data"
ids = "id"
paging = "token"
next = "next"
[step]
path = "/steps/{{ step }}"
root = "data"
[step.also.answers]
path = "/forms/{{ form }}/answers"
root = "answers"
[step.also.answers.with]
form = "relationships/form/id"
[record]
id = "step/data/id"
status = "step/data/attributes/status"
cycle = "step/included[type='episode']/attributes/cycle"
reference = "step/included[type='episode']/attributes/reference"
[stages]
path = "step/data/attributes/kind"
[stages.is]
review = "practice_review"
[vocabularies.status]
open = "started"
[vocabularies.evaluation]
good = "good"
[facts.evaluation]
path = "answers/answers[code='overall']/value"
vocabulary = "evaluation"
"#;

const XML: &str = r#"
[feed]
path = "/changes"
root = "Changed"
record = "S"
ids = "."
[step]
path = "/steps/{{ step }}"
root = "Step"
[step.also.form]
path = "/steps/{{ step }}/form"
root = "Form"
[record]
id = "step/Step/@id"
status = "step/Step/Status"
reference = "step/Step/Reference"
[stages]
path = "step/Step/Kind"
[stages.is]
review = "practice_review"
[vocabularies.status]
open = "started"
[vocabularies.evaluation]
"good – but" = "good"
[facts.evaluation]
path = "form/Form/Overall"
vocabulary = "evaluation"
"#;

async fn system(tables: &str) -> (MockServer, HttpCaseSystem) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let mapping = Mapping::compile("pieces.toml", tables).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    });
    let keying = ChildKeying::new(b"key");
    let system = HttpCaseSystem::by(
        Reach::default(),
        settings(&server),
        Arc::new(mapping),
        keying,
    );
    (server, system.unwrap())
}

async fn answers(server: &MockServer, at: &str, answer: ResponseTemplate) {
    let mock = Mock::given(path(at)).respond_with(answer);
    mock.mount(server).await;
}

fn json(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/json")
}

/// A step of this id, whose form has another.
async fn step(server: &MockServer, id: u32, form: Option<&str>) {
    let form = form.map_or("null".to_owned(), |form| {
        format!(r#"{{"type":"form","id":"{form}"}}"#)
    });
    let body = format!(
        r#"{{"data":{{"id":"{id}","attributes":{{"status":"open","kind":"review"}},"relationships":{{"form":{form}}}}},
            "included":[{{"type":"worker","attributes":{{"reference":"none"}}}},
                        {{"type":"episode","attributes":{{"reference":"LE-{id}","cycle":"C3"}}}}]}}"#
    );
    answers(server, &format!("/steps/{id}"), json(&body)).await;
}

async fn read(system: &HttpCaseSystem) -> Result<FeedPage, CaseFault> {
    system.changes(&FeedPosition::default(), NOW).await
}

fn evaluation(sighting: &Sighting) -> Option<&Known<Value>> {
    sighting.facts.get(&Fact::Evaluation)
}

#[tokio::test]
async fn each_step_that_a_list_names_is_read_in_all_its_pieces() {
    let (server, system) = system(JSON).await;
    let list = r#"{"data":[{"id":"1"},{"id":"2"},{"id":"1"},{"id":"3"},{"id":"4"},{"id":"5"},{"id":"6"},{}],"next":"t"}"#;
    answers(&server, "/changes", json(list)).await;
    step(&server, 1, Some("F1")).await;
    let good = r#"{"answers":[{"code":"focus","value":"good"},{"code":"overall","value":"good"}]}"#;
    answers(&server, "/forms/F1/answers", json(good)).await;
    // Nobody has begun a form; a form that is named and not there; one withheld; one that says something else.
    step(&server, 2, None).await;
    step(&server, 3, Some("F3")).await;
    answers(&server, "/forms/F3/answers", ResponseTemplate::new(404)).await;
    step(&server, 4, Some("F4")).await;
    answers(&server, "/forms/F4/answers", ResponseTemplate::new(403)).await;
    step(&server, 5, Some("F5")).await;
    answers(&server, "/forms/F5/answers", json(r#"{"errors":[]}"#)).await;
    answers(&server, "/steps/6", ResponseTemplate::new(403)).await;

    let page = read(&system).await.unwrap();
    let read: Vec<(&str, &Known<EpisodeId>)> = page
        .sightings
        .iter()
        .map(|one| (one.step.as_str(), &one.reference))
        .collect();
    let reference = |id: &str| Known::Is(EpisodeId::from(id));
    assert_eq!(read.len(), 3, "{read:?}");
    assert_eq!(read[0], ("1", &reference("LE-1")));
    let said = |nth: usize| evaluation(&page.sightings[nth]);
    assert_eq!(said(0), Some(&Known::Is(Value::Code("good".to_owned()))));
    // Unless the mapping says that nothing there means blank, nothing there is not seen.
    let unseen = Some(&Known::Unreadable(Why::NotSeen));
    assert_eq!((said(1), said(2)), (unseen, unseen));
    // What cannot be read whole is set aside, each by itself.
    let aside: Vec<Option<&str>> = page
        .quarantined
        .iter()
        .map(|bad| bad.step.as_deref())
        .collect();
    assert_eq!(aside, [None, Some("4"), Some("5")]);
    assert!(
        page.quarantined[2].reason.contains("`answers`"),
        "{:?}",
        page.quarantined[2]
    );
    let mention = &page.mentions[0];
    assert_eq!((mention.step.as_str(), mention.says), ("6", Says::Hidden));
    assert_eq!(page.next.unwrap().token.as_deref(), Some("t"));
}

#[tokio::test]
async fn a_list_of_ids_is_not_gone_on_from_while_steps_cannot_be_read() {
    let (server, system) = system(JSON).await;
    answers(
        &server,
        "/changes",
        json(r#"{"data":[{"id":"1"}],"next":null}"#),
    )
    .await;
    step(&server, 1, Some("F1")).await;
    let busy = ResponseTemplate::new(503).insert_header("Retry-After", "7");
    answers(&server, "/forms/F1/answers", busy).await;
    let fault = read(&system).await.unwrap_err();
    assert!(matches!(fault, CaseFault::Wait(_)), "{fault}");
    // Nor is one step judged on half of what it is.
    let one = system.step(&StepId::from("1"), BUDGET, NOW).await;
    assert!(matches!(one, Err(CaseFault::Wait(_))), "{one:?}");
}

#[tokio::test]
async fn pieces_of_xml_may_each_be_written_in_their_own_characters() {
    let (server, system) = system(XML).await;
    let raw = |bytes: Vec<u8>| ResponseTemplate::new(200).set_body_raw(bytes, "application/xml");
    answers(
        &server,
        "/changes",
        raw(b"<Changed><S>1</S></Changed>".to_vec()),
    )
    .await;
    let first = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- x -->\n<n:Step xmlns:n='urn:a' id='1'>\
                 <n:Status>open</n:Status><n:Kind>review</n:Kind><n:Reference>LE-\u{e4}</n:Reference></n:Step>\n";
    answers(&server, "/steps/1", raw(first.as_bytes().to_vec())).await;
    let mut form = b"<?xml version='1.0' encoding='windows-1252'?><Form><Overall>good ".to_vec();
    form.extend([0x96, b' ', b'b', b'u', b't']);
    form.extend(b"</Overall></Form>");
    answers(&server, "/steps/1/form", raw(form)).await;
    let page = read(&system).await.unwrap();
    assert!(page.quarantined.is_empty(), "{:?}", page.quarantined);
    let one = &page.sightings[0];
    assert_eq!(one.reference, Known::Is(EpisodeId::from("LE-\u{e4}")));
    assert_eq!(
        evaluation(one),
        Some(&Known::Is(Value::Code("good".to_owned())))
    );
    let one = system.step(&StepId::from("1"), BUDGET, NOW).await;
    assert!(matches!(one, Ok(StepAnswer::Seen(_))), "{one:?}");
}

#[test]
fn what_cannot_work_in_pieces_is_said_before() {
    let said = |tables: &str| {
        let faults = Mapping::compile("pieces.toml", tables)
            .err()
            .unwrap_or_default();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        faults.join("\n")
    };
    let listed = said(&JSON.replace("ids = \"id\"\n", ""));
    assert!(listed.contains("say `ids`"), "{listed}");
    let record = said(&JSON.replace(
        "root = \"data\"\n[step.also",
        "root = \"data\"\nrecord = \"data\"\n[step.also",
    ));
    assert!(record.contains("begin the paths with `step/`"), "{record}");
    let named = said(&JSON.replace("step.also.answers", "step.also.step"));
    assert!(named.contains("`step` is the first answer"), "{named}");
    let slot = said(&JSON.replace("/forms/{{ form }}", "/forms/{{ formular }}"));
    assert!(slot.contains("known are: environment, form,"), "{slot}");
    let alone = said(
        "[feed]\npath = \"/c\"\nroot = \"C\"\nrecord = \"S\"\nids = \".\"\n[record]\nid = \"@id\"\nstatus = \"S\"\n\
         [stages]\npath = \"K\"\n[stages.is]\nr = \"practice_review\"\n[vocabularies.status]\nopen = \"started\"\n",
    );
    assert!(alone.contains("needs `[step]`"), "{alone}");
}
