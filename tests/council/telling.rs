//! Is Greentick told and asked in the shape of each dialect, and wrongly as the switches say?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use greentick::simulator::{Dialect, Event, Fault, Manner, Status};
use ring::hmac;
use serde_json::Value as Json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::people::{beside, requests, until};
use crate::stand::Stand;

const CALLBACKS: &str = "/api/v1/callbacks/council";

async fn takes_everything(server: &MockServer, answer: ResponseTemplate) {
    let mock = Mock::given(method("POST")).and(path(CALLBACKS));
    mock.respond_with(answer).mount(server).await;
}

fn begin(stand: &Stand, plan: usize) {
    let event = Event::StepAppeared {
        step: greentick::simulator::NewStep {
            id: stand.plans[plan].step(greentick::simulator::StepType::DutyContact),
            ..greentick::simulator::NewStep::default()
        },
    };
    stand.council.happen(event).unwrap();
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    let value = request.headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

fn sum(text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"callback");
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_tells_in_its_own_shape_and_proves_itself_in_its_own_way() {
    for dialect in Dialect::ALL {
        let server = MockServer::start().await;
        let ack = "<E xmlns=\"urn:x\"><Ack>true</Ack></E>";
        takes_everything(&server, ResponseTemplate::new(200).set_body_string(ack)).await;
        let stand = beside(&server, false).await;
        stand.council.speak(Manner {
            dialect,
            ..Manner::default()
        });
        begin(&stand, 0);
        let told = requests(&server, 1).await;
        let (one, body) = (&told[0], String::from_utf8(told[0].body.clone()).unwrap());
        assert!(
            body.contains("StepCreated") && body.contains("40019"),
            "{body}"
        );
        assert!(body.contains("synthetic"), "{body}");
        let hex = |bytes: Vec<u8>| {
            bytes
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        };
        let signed = |at: &str| format!("sha256={}", hex(sum(&format!("{at}.{body}"))));
        match dialect {
            Dialect::Xml => {
                let at = header(one, "x-greentick-timestamp");
                assert_eq!(header(one, "x-greentick-signature"), signed(at));
            }
            Dialect::Soap => {
                let pair = STANDARD.encode("council:callback");
                assert_eq!(header(one, "authorization"), format!("Basic {pair}"));
                assert!(header(one, "soapaction").ends_with("/Notifications\""));
                assert!(body.contains("<cw:Notification><cw:Id>E-"), "{body}");
            }
            Dialect::Json => {
                let (id, at) = (header(one, "webhook-id"), header(one, "webhook-timestamp"));
                let wanted = STANDARD.encode(sum(&format!("{id}.{at}.{body}")));
                assert_eq!(header(one, "webhook-signature"), format!("v1,{wanted}"));
            }
            Dialect::Eav => assert_eq!(header(one, "x-callback-key"), "callback"),
            Dialect::Batch => {
                let at = header(one, "x-casework-timestamp");
                assert_eq!(header(one, "x-casework-signature"), signed(at));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soap_message_counts_only_when_it_is_acknowledged() {
    let server = MockServer::start().await;
    takes_everything(&server, ResponseTemplate::new(200).set_body_string("<ok/>")).await;
    let stand = beside(&server, false).await;
    let dialect = Dialect::Soap;
    stand.council.speak(Manner {
        dialect,
        ..Manner::default()
    });
    begin(&stand, 0);
    let told = requests(&server, 2).await;
    assert_eq!(told[0].body, told[1].body, "repeated to the byte");
    assert_eq!(stand.council.untold(), 1);
}

fn events(told: &[Request]) -> Vec<(String, String, String)> {
    let each = told.iter().map(|request| {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let event = &body["events"][0];
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        (
            text(&event["id"]),
            text(&event["step"]),
            text(&body["environment"]),
        )
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_late_twice_backwards_and_from_the_wrong_place() {
    let server = MockServer::start().await;
    takes_everything(&server, ResponseTemplate::new(202)).await;
    let stand = beside(&server, false).await;
    let on = |fault| stand.council.fault(fault, Some(1)).unwrap();
    // A message is over only when it is on record, which is after it was told.
    let all_told = || stand.council.untold() == 0;
    on(Fault::DuplicateCallback);
    begin(&stand, 0);
    let told = events(&requests(&server, 2).await);
    assert_eq!(told[0], told[1], "the same id twice");
    until(all_told).await;
    on(Fault::RenamedCallback);
    begin(&stand, 6);
    let told = events(&requests(&server, 4).await);
    assert_eq!(
        (&told[2].1, format!("{}-again", told[2].0)),
        (&told[3].1, told[3].0.clone())
    );
    until(all_told).await;
    on(Fault::TrainCallback);
    begin(&stand, 12);
    let told = events(&requests(&server, 6).await);
    assert_eq!(
        (told[4].2.as_str(), told[5].2.as_str()),
        ("train", "synthetic")
    );
    until(all_told).await;
    // Two wait for one another, and the newer goes first.
    on(Fault::OutOfOrder);
    begin(&stand, 18);
    begin(&stand, 1);
    let told = events(&requests(&server, 8).await);
    assert_eq!((told[6].1.as_str(), told[7].1.as_str()), ("40029", "40199"));
    until(all_told).await;
    // Late by the shown clock: another change does not make it earlier.
    on(Fault::LateCallback);
    begin(&stand, 2);
    stand.advance(2 * 3_600);
    begin(&stand, 3);
    assert_eq!(stand.council.untold(), 2);
    stand.advance(3_600);
    stand.council.fault(Fault::Slow, Some(0)).unwrap();
    let told = events(&requests(&server, 9).await);
    assert_eq!(told[8].1, "40039");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_press_finish_at_once() {
    let server = MockServer::start().await;
    takes_everything(&server, ResponseTemplate::new(202)).await;
    let checks = Mock::given(method("POST")).and(path("/api/v1/finish-checks"));
    let hold = serde_json::json!({ "decision": "hold", "decision_id": "d", "reasons": [] });
    let answer = ResponseTemplate::new(200).set_body_json(hold);
    checks.respond_with(answer).mount(&server).await;
    let stand = beside(&server, false).await;
    stand.live_until("2026-09-12T12:00:00Z").await;
    let open = stand.council.steps().into_iter();
    let open = open.filter(|step| step.status.can_finish()).count();
    let struck = stand.council.strike(Fault::Storm, Some(50), None).unwrap();
    assert_eq!(struck.len(), open.min(50));
    let mut asked = 0;
    while asked < 50 {
        let all = requests(&server, 1).await;
        let pressed = all
            .iter()
            .filter(|one| one.url.path() == "/api/v1/finish-checks");
        asked = pressed.count();
    }
    let steps = stand.council.steps();
    assert!(
        steps.iter().all(|step| step.status != Status::Completed),
        "everybody was held"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_finish_is_asked_in_the_dialects_own_shape() {
    let place = "/api/v1/finish-checks/council";
    let soap = "<E xmlns=\"urn:x\"><Decision>PERMIT</Decision><DecisionId>d-1</DecisionId></E>";
    let json = r#"{"decision":"PERMIT","decisionId":"d-1"}"#;
    for (dialect, answer, wanted) in [
        (Dialect::Soap, soap, "<cw:StepId>40051</cw:StepId>"),
        (Dialect::Json, json, "\"stepId\":\"40051\""),
    ] {
        let server = MockServer::start().await;
        takes_everything(&server, ResponseTemplate::new(202)).await;
        let mock = Mock::given(method("POST")).and(path(place));
        let answer = ResponseTemplate::new(200).set_body_string(answer);
        mock.respond_with(answer).mount(&server).await;
        let stand = beside(&server, false).await;
        stand.council.speak(Manner {
            dialect,
            asks: true,
            subscription: None,
        });
        stand.live_until("2026-09-14T12:00:00Z").await;
        let all = server.received_requests().await.unwrap();
        let asked = all.iter().filter(|one| one.url.path() == place);
        let bodies: Vec<String> = asked
            .map(|one| String::from_utf8(one.body.clone()).unwrap())
            .collect();
        assert!(
            bodies.iter().any(|body| body.contains(wanted)),
            "{bodies:?}"
        );
        assert_eq!(
            stand.council.step("40051").unwrap().status,
            Status::Completed
        );
    }
}
