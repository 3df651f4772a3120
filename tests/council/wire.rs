//! Does the council serve what its document says? Keys, refusals, clamps, cursors and control, by plain HTTP.

use greentick::simulator::Event;
use reqwest::{Client, Method};
use serde_json::Value as Json;

use crate::stand::{KEY, Stand, stand};

const NAMESPACE: &str = "urn:example:casework:steps:v1";

async fn ask(stand: &Stand, method: Method, path: &str, body: &str) -> (u16, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}{path}", stand.base));
    let kind = if body.starts_with('{') {
        "application/json"
    } else {
        "application/xml"
    };
    let request = request
        .header("x-api-key", KEY)
        .header("content-type", kind);
    let answer = request.body(body.to_owned()).send().await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn get(stand: &Stand, path: &str) -> (u16, String) {
    ask(stand, Method::GET, path, "").await
}

fn note(inside: &str) -> String {
    format!("<Note xmlns=\"{NAMESPACE}\">{inside}</Note>")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_the_key_is_let_in_whichever_way() {
    let stand = stand().await;
    let client = Client::builder().no_proxy().build().unwrap();
    let place = format!("{}/workflow/steps/changes", stand.base);
    let ask = || client.get(&place);
    for (request, status) in [
        (ask(), 401),
        (ask().header("x-api-key", "another"), 401),
        (ask().header("x-api-key", KEY), 200),
        (ask().bearer_auth(KEY), 200),
        (ask().basic_auth("anybody", Some(KEY)), 200),
        (client.get(format!("{}/health", stand.base)), 200),
    ] {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_clamped_and_follow_one_another_without_gap_or_repeat() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    for (root, first, next) in [
        (
            "WorkflowStepChanges",
            "/workflow/steps/changes?limit=1",
            "after",
        ),
        (
            "WorkflowSteps",
            "/workflow/steps?status=open&limit=1",
            "cursor",
        ),
    ] {
        let (mut seen, mut path) = (Vec::new(), first.to_owned());
        loop {
            let (status, page) = get(&stand, &path).await;
            assert!(status == 200 && page.contains(&format!("<{root} xmlns=\"{NAMESPACE}\"")));
            let ids = page.split("<Step id=\"").skip(1);
            let ids: Vec<String> = ids
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .collect();
            assert!(
                ids.len() <= 10 && page.contains("<Limit>10</Limit>"),
                "clamped to 10"
            );
            seen.extend(ids);
            let Some((_, rest)) = page.split_once("<NextCursor>") else {
                assert!(page.contains("<MoreData>N</MoreData>"));
                break;
            };
            let cursor = rest.split('<').next().unwrap();
            path = format!("{first}&{next}={cursor}");
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(all, seen.len(), "no step twice");
        let steps = stand.council.steps();
        let open = steps
            .iter()
            .filter(|step| next == "after" || step.status.is_open());
        assert_eq!(all, open.count(), "no step missing");
    }
    let last = stand.council.last_event_at().unwrap();
    let (_, since) = get(&stand, &format!("/workflow/steps/changes?since={last}")).await;
    assert!(since.contains("<Step "), "since is inclusive");
    for bad in [
        "changes?since=yesterday",
        "changes?after=%21",
        "changes?limit=x",
    ] {
        let (status, body) = get(&stand, &format!("/workflow/steps/{bad}")).await;
        assert!(status == 400 && body.contains("<Fault "), "{bad}");
    }
    assert_eq!(get(&stand, "/workflow/steps?status=all").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_number() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let step = |id: &str| id.to_owned();
    let restricted = true;
    let (closed, gone) = (step("40011"), step("40021"));
    stand
        .council
        .happen(Event::StepRestricted {
            step: closed,
            restricted,
        })
        .unwrap();
    stand
        .council
        .happen(Event::StepDeleted { step: gone })
        .unwrap();
    for (path, status) in [
        ("/workflow/steps/40031", 200),
        ("/workflow/steps/40031/notes", 200),
        ("/workflow/steps/40031/fields", 200),
        ("/workflow/steps/49999", 404),
        ("/workflow/steps/40031/nothing", 404),
        ("/workflow/steps/40021", 410),
        ("/workflow/steps/40011", 403),
        ("/workflow/steps/40011/notes", 403),
        ("/nowhere", 404),
    ] {
        assert_eq!(get(&stand, path).await.0, status, "{path}");
    }
    let long = "x".repeat(4_001);
    let notes = "/workflow/steps/40031/notes";
    for (body, status) in [
        (note("<Mark>m</Mark><Text>t</Text>"), 201),
        (note("<Text>t</Text>"), 400),
        (note(&format!("<Mark>m</Mark><Text>{long}</Text>")), 400),
        ("<Note><Mark>m</Mark></Note>".to_owned(), 400),
        ("not XML".to_owned(), 400),
    ] {
        assert_eq!(
            ask(&stand, Method::POST, notes, &body).await.0,
            status,
            "{body}"
        );
    }
    let reopen = format!("<Reopen xmlns=\"{NAMESPACE}\"><Mark>m</Mark><Reason>r</Reason></Reopen>");
    let post = async |path| ask(&stand, Method::POST, path, &reopen).await;
    let (status, body) = post("/workflow/steps/40031/reopen").await;
    assert!(
        status == 200 && body.contains("<Status>REOPENED</Status>"),
        "{body}"
    );
    assert_eq!(post("/workflow/steps/40031/reopen").await.0, 409);
    let field = format!("<Field xmlns=\"{NAMESPACE}\"><Mark>m</Mark><Value>v</Value></Field>");
    let put = ask(
        &stand,
        Method::PUT,
        "/workflow/steps/40031/fields/le_state",
        &field,
    )
    .await;
    assert!(
        put.0 == 200 && put.1.contains("name=\"le_state\""),
        "{}",
        put.1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harness_acts_in_peoples_place_and_reads_what_happened() {
    let stand = stand().await;
    let post = async |path: &str, body: &str| {
        let (status, text) = ask(&stand, Method::POST, path, body).await;
        (
            status,
            serde_json::from_str::<Json>(&text).unwrap_or_default(),
        )
    };
    let new = r#"{"id":"70001","step_type":"1202","assignee":"W-1","due":"2026-10-19",
        "answers":{"le.reference":"LE-X","le.supervisor":"W-9"}}"#;
    assert_eq!(post("/council/steps", new).await.0, 200);
    assert_eq!(post("/council/steps", new).await.0, 409);
    let write = r#"{"answers":{"le.overall":"OUT","le.reference":"LE-Y"},
        "tables":{"le.actions":[{"action":"A-1","owner":"W-1"}]}}"#;
    let (status, saved) = post("/council/steps/70001/answers", write).await;
    assert_eq!((status, &saved["version"]), (200, &Json::from(2)));
    assert_eq!(saved["status"], "STARTED");
    let (_, finished) = post("/council/steps/70001/finish?force=true", "{}").await;
    assert_eq!(
        (&finished["finished"], &finished["next"]),
        (&true.into(), &"70002".into())
    );
    let cancel = r#"{"status":"CANCELLED"}"#;
    assert_eq!(post("/council/steps/70002/status", cancel).await.0, 200);
    assert_eq!(post("/council/steps/1/status", cancel).await.0, 404);
    assert_eq!(post("/council/faults", r#"{"name":"rain"}"#).await.0, 400);
    assert_eq!(
        post("/council/faults", r#"{"name":"truncate","count":1}"#)
            .await
            .0,
        200
    );

    let (_, log) = get(&stand, "/council/log").await;
    let events: Vec<Json> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let wanted = [
        "step_appeared",
        "step_saved",
        "step_finished",
        "step_status",
        "fault_set",
    ];
    assert_eq!(kinds, wanted);
    assert!(
        events
            .iter()
            .zip(1..)
            .all(|(event, seq)| event["seq"] == seq)
    );
}
