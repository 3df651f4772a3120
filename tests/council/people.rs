//! Do people obey Greentick's answer, and is Greentick told of every change, signed and repeated to the byte?

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use greentick::clock::Clock;
use greentick::simulator::{Act, Done, Greentick, Status, StepType};
use ring::hmac;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::stand::{Stand, at, serve};

pub(crate) async fn beside(server: &MockServer, fail_open: bool) -> Stand {
    let greentick = Greentick {
        base_url: server.uri(),
        source: "council".to_owned(),
        finish_secret: "finish".into(),
        callback_secret: "callback".into(),
        head_token: Some("head".into()),
        qa_token: None,
    };
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = Clock::manual(at("2026-09-07T08:00:00Z"));
    serve(folder, clock, Some(greentick), fail_open).await
}

async fn answers(server: &MockServer, place: &str, answer: ResponseTemplate) {
    let mock = Mock::given(method("POST")).and(path(place));
    mock.respond_with(answer).mount(server).await;
}

fn says(decision: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(serde_json::json!({
        "decision": decision, "reasons": [{ "rule": "LE-16.1" }],
    }))
}

fn is_signed(request: &Request, secret: &str) -> bool {
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
    let at = header("x-greentick-timestamp");
    let signed = [at.as_bytes(), b".", &request.body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &signed);
    let mut hex = String::new();
    for byte in tag.as_ref() {
        write!(hex, "{byte:02x}").unwrap();
    }
    let second: i64 = at.parse().unwrap();
    header("x-greentick-signature") == format!("sha256={hex}")
        && (greentick::clock::machine_second() - second).abs() < 60
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_the_step_open_and_a_permit_sends_the_work_on() {
    let server = MockServer::start().await;
    let stand = beside(&server, false).await;
    answers(
        &server,
        "/api/v1/callbacks/council",
        ResponseTemplate::new(202),
    )
    .await;
    stand.live_until("2026-09-12T00:00:00Z").await;
    let plan = &stand.plans[4];
    let finish = stand.nth(4, |act| act == Act::Finish(StepType::Practitioner));
    for nth in 0..finish {
        stand.council.act(plan, nth).await.unwrap();
    }
    let id = plan.step(StepType::Practitioner);
    let status = || stand.council.step(&id).unwrap().status;
    let press = async || stand.council.act(plan, finish).await.unwrap().done;

    // No answer at all: it stays open, and the act is still to be done.
    let Done::Pressed(pressed) = press().await else {
        panic!()
    };
    assert_eq!(
        (pressed.decision.as_str(), pressed.finished),
        ("none", false)
    );
    assert_eq!(status(), Status::Started);
    assert!(!stand.council.done().contains(&plan.key(finish)));

    answers(&server, "/api/v1/finish-checks", says("permit")).await;
    let press_again = async || {
        let address = format!("{}/council/steps/{id}/finish", stand.base);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let bytes = client.post(address).send().await.unwrap().bytes().await;
        serde_json::from_slice::<serde_json::Value>(&bytes.unwrap()).unwrap()
    };
    let permitted = press_again().await;
    assert_eq!(permitted["decision"], "permit");
    assert_eq!(permitted["next"], plan.step(StepType::Review));
    assert_eq!(status(), Status::Completed);
    let review = stand.council.step(&plan.step(StepType::Review)).unwrap();
    assert_eq!(review.assignee, Some(plan.worker(StepType::Review)));
    assert_eq!(press_again().await["decision"], "closed");

    let asked = server.received_requests().await.unwrap();
    let asked: Vec<&Request> = asked
        .iter()
        .filter(|one| one.url.path() == "/api/v1/finish-checks")
        .collect();
    assert!(asked.iter().all(|one| is_signed(one, "finish")));
    let body: serde_json::Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body["step"], id.as_str());
    assert_eq!(body["next"]["assignee"], plan.worker(StepType::Review));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_act_is_done_and_is_repaired_later() {
    let server = MockServer::start().await;
    let stand = beside(&server, false).await;
    answers(
        &server,
        "/api/v1/callbacks/council",
        ResponseTemplate::new(202),
    )
    .await;
    answers(&server, "/api/v1/finish-checks", says("hold")).await;
    stand.live_until("2026-09-18T00:00:00Z").await;
    let plan = &stand.plans[2];
    let finish = stand.nth(2, |act| act == Act::Finish(StepType::Practitioner));
    assert!(stand.council.done().contains(&plan.key(finish)));
    let step = stand
        .council
        .step(&plan.step(StepType::Practitioner))
        .unwrap();
    assert_eq!(step.status, Status::Started);
    let again = stand.council.act(plan, finish).await.unwrap();
    assert!(
        matches!(again.done, Done::Nothing(_)),
        "done once: {again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_council_that_fails_open_lets_a_finish_through_unanswered() {
    let server = MockServer::start().await;
    let stand = beside(&server, true).await;
    answers(&server, "/api/v1/finish-checks", ResponseTemplate::new(503)).await;
    stand.live_until("2026-09-18T00:00:00Z").await;
    let id = stand.plans[0].step(StepType::Practitioner);
    assert_eq!(stand.council.step(&id).unwrap().status, Status::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_repeated_to_the_byte_until_it_is_acknowledged_even_after_a_kill() {
    let server = MockServer::start().await;
    let stand = beside(&server, false).await;
    let place = "/api/v1/callbacks/council";
    answers(&server, place, ResponseTemplate::new(503)).await;
    stand.council.act(&stand.plans[0], 0).await.unwrap();
    let first = requests(&server, 1).await;
    assert_eq!(stand.council.untold(), 1);
    let (folder, clock) = stand.end().await;

    server.reset().await;
    answers(&server, place, ResponseTemplate::new(202)).await;
    let greentick = Greentick {
        base_url: server.uri(),
        source: "council".to_owned(),
        finish_secret: "finish".into(),
        callback_secret: "callback".into(),
        head_token: None,
        qa_token: None,
    };
    let again = serve(folder, clock, Some(greentick), false).await;
    let second = requests(&server, 1).await;
    assert_eq!(first[0].body, second[0].body);
    assert!(is_signed(&second[0], "callback"));
    until(|| again.council.untold() == 0).await;
    let body: serde_json::Value = serde_json::from_slice(&second[0].body).unwrap();
    assert_eq!(body["events"][0]["type"], "StepCreated");
    assert_eq!(body["events"][0]["step"], "40019");
}

pub(crate) async fn requests(server: &MockServer, wanted: usize) -> Vec<Request> {
    let mut all = Vec::new();
    let enough = async {
        while all.len() < wanted {
            tokio::task::yield_now().await;
            all = server.received_requests().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(10), enough)
        .await
        .unwrap();
    all
}

/// Turns the other tasks until something is so.
pub(crate) async fn until(so: impl Fn() -> bool) {
    let turning = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), turning)
        .await
        .unwrap();
}
