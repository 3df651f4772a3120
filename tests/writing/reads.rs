//! Are the reads that a write rests on put as the mapping says, where everything is a POST to one address?

use greentick::case_system::{CaseSystem, Found, Outcome};
use greentick::practice::effect::Act;
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{council, effect, note, sent, xml};

const SOAP: &str = r#"
text_limit_chars = 200
[envelope]
style = "soap11"
[feed]
path = "/service"
root = "Steps"
record = "Step"
[record]
id = "@id"
status = "Status"
[stages]
path = "Type"
[stages.is]
review = "practice_review"
[vocabularies.status]
open = "started"
[write.note]
method = "POST"
path = "/service"
action = "urn:example/AddNote"
body = "<AddNote><Step>{{ step }}</Step><Version>{{ version }}</Version><Text>{{ text }}</Text></AddNote>"
accepted = [200]
[write.note.before]
path = "/service"
action = "urn:example/GetStep"
body = "<GetStep><Step>{{ step }}</Step></GetStep>"
root = "GetStepResponse"
[write.note.before.request_headers]
X-Asks = "{{ step }}"
[write.note.before.values]
version = "Version"
[write.note.read_back]
path = "/service"
action = "urn:example/ListNotes"
body = "<ListNotes><Step>{{ step }}</Step></ListNotes>"
root = "ListNotesResponse"
find = "Note/Text"
contains = "{{ mark }}"
[write.note.read_back.headers]
X-Mark = "{{ mark }}"
"#;

/// Answers an action with this, in an envelope.
async fn operation(server: &MockServer, action: &str, inside: &str) {
    let body = format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{inside}</s:Body></s:Envelope>"
    );
    let mock = Mock::given(method("POST"))
        .and(path("/service"))
        .and(header("SOAPAction", format!("\"urn:example/{action}\"")))
        .and(header("content-type", "text/xml; charset=utf-8"));
    mock.respond_with(xml(&body)).mount(server).await;
}

#[tokio::test]
async fn a_write_its_read_before_and_its_read_back_are_each_an_operation_of_one_address() {
    let (server, system) = council(SOAP).await;
    let note = note("n", "a < b");
    operation(
        &server,
        "GetStep",
        "<GetStepResponse><Version>41</Version></GetStepResponse>",
    )
    .await;
    operation(&server, "AddNote", "<AddNoteResponse/>").await;
    let found = format!(
        "<ListNotesResponse><Note><Text>said [{}]</Text></Note></ListNotesResponse>",
        note.mark()
    );
    operation(&server, "ListNotes", &found).await;
    assert_eq!(system.perform(&note).await, Outcome::Done);
    let sent = sent(&server, "/service").await;
    let inside = [
        "<GetStep><Step>7</Step></GetStep>",
        "<AddNote><Step>7</Step><Version>41</Version><Text>a &lt; b [",
    ];
    for (body, inside) in sent
        .iter()
        .zip(inside.into_iter().chain(["<ListNotes><Step>7</Step>"]))
    {
        assert!(body.contains(&format!("<soap:Body>{inside}")), "{body}");
    }
    assert_eq!(sent.len(), 3);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["x-asks"], "7");
    assert_eq!(requests[2].headers["x-mark"], note.mark().as_str());
}

const BATCH: &str = r#"
format = "json"
text_limit_chars = 200
[feed]
path = "/batch"
root = ""
record = "results/data/steps"
[record]
id = "id"
status = "status"
[stages]
path = "type"
[stages.is]
review = "practice_review"
[vocabularies.status]
open = "started"
[write.unflag]
method = "POST"
path = "/batch"
content_type = "application/json"
body = '{"operations":[{"operation":"clearFlag","params":{"step":"{{ step }}","name":"{{ flag }}","mark":"{{ mark }}"}}]}'
accepted = [200]
[write.unflag.read_back]
path = "/batch"
body = '{"operations":[{"operation":"listFlags","params":{{% if step %}"step":"{{ step }}"{% endif %}}}]}'
root = ""
find = "results/data/items/name"
is = "{{ flag }}"
absent = true
"#;

#[tokio::test]
async fn a_flag_is_gone_only_if_the_list_that_would_have_it_is_there() {
    for (listed, found) in [
        (r#"{"results": [{"data": {"items": []}}]}"#, Found::Yes),
        (
            r#"{"results": [{"data": {"items": [{"name": "Sampled"}]}}]}"#,
            Found::Yes,
        ),
        (
            r#"{"results": [{"data": {"items": [{"name": "overdue"}]}}]}"#,
            Found::No,
        ),
    ] {
        assert_eq!(asked(listed).await, found, "{listed}");
    }
    for nothing in [
        r#"{"results": [{"data": {}}]}"#,
        r#"{"results": []}"#,
        r#"{"message": "come back tomorrow"}"#,
    ] {
        let Found::CannotTell(why) = asked(nothing).await else {
            panic!("believed: {nothing}");
        };
        assert!(why.contains("`results/data/items/name`"), "{why}");
    }
}

/// What a search for a flag that was taken off makes of this list.
async fn asked(listed: &str) -> Found {
    let (server, system) = council(BATCH).await;
    let answer = ResponseTemplate::new(200).set_body_raw(listed.to_owned(), "application/json");
    Mock::given(method("POST"))
        .and(path("/batch"))
        .and(header("content-type", "application/json"))
        .and(body_string_contains(r#""params":{"step":"7"}}]"#))
        .respond_with(answer)
        .mount(&server)
        .await;
    let flag = "overdue".to_owned();
    system.find(&effect("u", Act::Unflag { flag })).await
}
