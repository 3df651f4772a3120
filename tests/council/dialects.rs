//! Is there one truth behind every dialect? Each reads the same steps and writes the same marks, and refuses alike.

use greentick::simulator::{Dialect, Event, Lock, Status, StepType};
use reqwest::Method;
use serde_json::json;

use crate::speak::{NAMESPACE, Speaker, happen, send, written};
use crate::stand::{KEY, Stand, stand};

const ALL: [Dialect; 5] = Dialect::ALL;

fn shown(stand: &Stand, open: bool) -> Vec<String> {
    let steps = stand.council.steps().into_iter();
    let steps = steps.filter(|step| step.is_shown() && (!open || step.status.is_open()));
    steps.map(|step| step.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dialect_shows_every_step_once_page_by_page() {
    let stand = stand().await;
    stand.live_until("2026-10-15T12:00:00Z").await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        for (list, open) in [("feed", false), ("open", true)] {
            let mut ids = speaker.all(list, 10).await;
            assert!(
                ids.len() > 20,
                "{dialect:?} {list}: more than a page or two"
            );
            ids.sort();
            assert_eq!(ids, shown(&stand, open), "{dialect:?} {list}");
        }
        let one = speaker.step("40031").await;
        assert_eq!((one.status, speaker.ids(&one).len() > 1), (200, false));
        assert!(one.text().contains("40031"), "{dialect:?}: {}", one.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_in_any_dialect_is_logged_alike_and_read_back() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        let mark = format!("m-{}", dialect.name());
        let reply = speaker.note("40031", &mark, "Overdue &amp; late").await;
        assert!(
            matches!(reply.status, 200 | 201),
            "{dialect:?}: {}",
            reply.text()
        );
        let all = written(&stand, &mark);
        assert_eq!(all.len(), 1, "{dialect:?}");
        assert_eq!(all[0].operation, "note");
        assert_eq!(all[0].step.as_deref(), Some("40031"));
        let notes = speaker.notes("40031").await;
        assert!(
            notes.text().contains(&mark),
            "{dialect:?}: {}",
            notes.text()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_the_same_reason_in_every_dialect() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let step = |id: &str| id.to_owned();
    happen(
        &stand,
        Event::StepRestricted {
            step: step("40011"),
            restricted: true,
        },
    );
    happen(
        &stand,
        Event::StepDeleted {
            step: step("40021"),
        },
    );
    let (by, kind) = ("W-100".to_owned(), "MOBILE".to_owned());
    happen(
        &stand,
        Event::StepLocked {
            step: step("40041"),
            lock: Some(Lock { by, kind }),
        },
    );
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        for (id, code, status) in [
            ("49999", "NOT_FOUND", 404),
            ("40021", "DELETED", 410),
            ("40011", "RESTRICTED", 403),
        ] {
            let reply = speaker.step(id).await;
            refused(&speaker, &reply, code, status);
        }
        refused(
            &speaker,
            &speaker.note("40041", "m", "t").await,
            "LOCKED",
            423,
        );
        refused(
            &speaker,
            &speaker.note("40031", "m", &"x".repeat(4_001)).await,
            "BAD_REQUEST",
            400,
        );
        refused(
            &speaker,
            &speaker.note("40031", "", "t").await,
            "BAD_REQUEST",
            400,
        );
    }
    assert!(written(&stand, "m").is_empty());
}

fn refused(speaker: &Speaker<'_>, reply: &crate::speak::Reply, code: &str, status: u16) {
    let (said, status) = match speaker.dialect {
        Dialect::Xml | Dialect::Eav => (code.to_owned(), status),
        Dialect::Json => (camel(code), status),
        // Faults are 500 in version 1.1, and a batch is 200 whatever becomes of it.
        Dialect::Soap if code == "RESTRICTED" => ("AccessDenied".to_owned(), 500),
        Dialect::Soap => (camel(code), 500),
        Dialect::Batch => (code.to_owned(), 200),
    };
    let text = reply.text();
    assert_eq!(
        (speaker.code(reply), reply.status),
        (said, status),
        "{:?}: {text}",
        speaker.dialect
    );
}

fn camel(code: &str) -> String {
    let words = code.to_lowercase();
    let words = words.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_unproven() {
    let stand = stand().await;
    let client = crate::speak::client();
    for (dialect, path) in [
        (Dialect::Xml, "/workflow/steps/changes"),
        (Dialect::Json, "/rest/v1/workflow-steps/changes"),
        (Dialect::Eav, "/eav/instances"),
    ] {
        let reply = send(client.get(format!("{}{path}", stand.base))).await;
        assert_eq!(reply.status, 401, "{dialect:?}");
    }
    let batch = client
        .post(format!("{}/batch/processBatch", stand.base))
        .body("{}");
    let reply = send(batch).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").contains("invalid_token"));
    for (path, body) in [
        (
            "/rest/oauth2/token",
            format!("grant_type=client_credentials&client_id=greentick&client_secret={KEY}"),
        ),
        (
            "/eav/session",
            json!({ "username": "greentick", "password": "x" }).to_string(),
        ),
        (
            "/batch/token",
            format!("grant_type=client_credentials&client_id=greentick&client_secret={KEY}"),
        ),
    ] {
        let reply = send(client.post(format!("{}{path}", stand.base)).body(body)).await;
        assert!(
            matches!(reply.status, 401 | 403),
            "{path}: {}",
            reply.status
        );
    }
    // A token alone is not enough where there is a subscription key.
    let json = Speaker::new(&stand, Dialect::Json).await;
    let place = format!("{}/rest/v1/workflow-steps/changes", stand.base);
    let request = client.get(place).bearer_auth(&json.token);
    let request = request.header("x-subscription-key", "another");
    assert_eq!(send(request).await.status, 401);
    // A session is shown in a header or as the cookie it came as.
    let body = json!({ "username": "greentick", "password": KEY }).to_string();
    let reply = send(
        client
            .post(format!("{}/eav/session", stand.base))
            .body(body),
    )
    .await;
    let cookie = reply
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let request = client.get(format!("{}/eav/instances", stand.base));
    assert_eq!(send(request.header("cookie", cookie)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn soap_is_spoken_in_both_versions_and_proven_by_text_or_digest_once() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let created = stand.council.now().to_string();
    let nonce = b"a nonce of our own";
    let all = [nonce.as_slice(), created.as_bytes(), KEY.as_bytes()].concat();
    let sum = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &all);
    let security = format!(
        "<w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">\
         <w:UsernameToken><w:Username>greentick</w:Username><w:Password Type=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">{}</w:Password><w:Nonce>{}</w:Nonce>\
         <Created xmlns=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">{created}\
         </Created></w:UsernameToken></w:Security>",
        STANDARD.encode(sum),
        STANDARD.encode(nonce)
    );
    let envelope = format!(
        "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Header>{security}</e:Header><e:Body>\
         <c:GetWorkflowStep xmlns:c=\"{NAMESPACE}\"><c:StepId>40031</c:StepId></c:GetWorkflowStep></e:Body></e:Envelope>"
    );
    let ask = |kind: &str| {
        let request = crate::speak::client().post(format!("{}/soap/CaseworkService", stand.base));
        send(request.header("content-type", kind).body(envelope.clone()))
    };
    let kind =
        format!("application/soap+xml; charset=utf-8; action=\"{NAMESPACE}/GetWorkflowStep\"");
    let reply = ask(&kind).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(
        reply
            .header("content-type")
            .starts_with("application/soap+xml")
    );
    let text = reply.text();
    assert!(
        text.contains("<cw:Status>In progress<") || text.contains("<cw:Status>Completed<"),
        "{text}"
    );
    assert!(
        text.contains("&lt;Form "),
        "the form stands escaped in its element"
    );
    let again = ask(&kind).await;
    assert_eq!(again.status, 400, "a nonce is shown once");
    assert!(
        again.text().contains("cw:FailedAuthentication"),
        "{}",
        again.text()
    );
    let reply = ask("application/soap+xml; charset=utf-8").await;
    assert!(
        reply.status == 400 && reply.text().contains("the action must be"),
        "{}",
        reply.text()
    );
    let wsdl =
        send(crate::speak::client().get(format!("{}/soap/CaseworkService?wsdl", stand.base)));
    assert!(
        wsdl.await
            .text()
            .contains("soapAction=\"urn:example:casework:steps:v1/AddNote\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_all_or_nothing_and_refers_to_itself() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let speaker = Speaker::new(&stand, Dialect::Batch).await;
    let operations = |second: &str| {
        json!([
            { "id": "a", "operation": "addNote",
              "params": { "stepId": "40031", "mark": "b1", "text": "t" } },
            { "id": "b", "operation": "setField",
              "params": { "stepId": second, "name": "note", "mark": "b2", "value": { "$ref": "a.id" } } },
        ])
    };
    let bad = send(speaker.batch(&operations("49999"), "atomic")).await;
    assert_eq!(bad.json()["error"]["index"], 1, "{}", bad.text());
    assert!(written(&stand, "b1").is_empty(), "nothing of it was done");
    let half = send(speaker.batch(&operations("49999"), "partial"))
        .await
        .json();
    assert_eq!(
        (
            half["results"][0]["success"].clone(),
            half["results"][1]["success"].clone()
        ),
        (true.into(), false.into())
    );
    assert_eq!(written(&stand, "b1").len(), 1);
    let good = send(speaker.batch(&operations("40031"), "atomic"))
        .await
        .json();
    assert_eq!(good["hasErrors"], false);
    let id = good["results"][0]["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(written(&stand, "b2")[0].text, id);
    let types = |one: serde_json::Value| json!([{ "operation": "searchSteps", "params": { "types": [one] } }]);
    for (one, failed) in [
        (json!(51_202), false),
        (json!("Learning Episode: supervisor"), false),
        (json!(1202), true),
    ] {
        let reply = send(speaker.batch(&types(one), "atomic")).await.json();
        assert_eq!(reply["hasErrors"], failed, "{reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandatory_task_blocks_finish_until_it_is_answered() {
    let stand = stand().await;
    let to = "W-GREENTICK".to_owned();
    happen(
        &stand,
        Event::GateSet {
            step_types: vec![StepType::Practitioner],
            to,
        },
    );
    stand.live_until("2026-09-19T12:00:00Z").await;
    let blocked = |id: &str| stand.council.step(id).unwrap().status == Status::Started;
    for (dialect, step) in ALL
        .into_iter()
        .zip(["40011", "40021", "40051", "40061", "40101"])
    {
        let press = |force: &str| {
            let client = crate::speak::client();
            let body = client.post(format!("{}/council/steps/{step}/finish{force}", stand.base));
            send(body.body("{}"))
        };
        assert!(blocked(step), "{step} is being worked on");
        assert_eq!(press("?force=true").await.json()["decision"], "gated");
        let speaker = Speaker::new(&stand, dialect).await;
        let (listed, one, answered) = tasks(&speaker, step).await;
        assert!(
            listed.text().contains(&format!("T-{step}")),
            "{dialect:?}: {}",
            listed.text()
        );
        assert!(one.text().contains("SENT"), "{dialect:?}: {}", one.text());
        assert!(
            matches!(answered.status, 200),
            "{dialect:?}: {}",
            answered.text()
        );
        let (listed, one, again) = tasks(&speaker, step).await;
        assert!(
            !listed.text().contains(&format!("T-{step}\"")),
            "{dialect:?}: {}",
            listed.text()
        );
        assert!(
            one.text().contains("ANSWERED"),
            "{dialect:?}: {}",
            one.text()
        );
        assert!(
            speaker.code(&again).eq_ignore_ascii_case("conflict"),
            "{}",
            again.text()
        );
        assert_eq!(
            press("?force=true").await.json()["finished"],
            true,
            "{dialect:?}"
        );
    }
}

/// Lists the open tasks, reads the step's one, and answers it.
async fn tasks(
    speaker: &Speaker<'_>,
    step: &str,
) -> (
    crate::speak::Reply,
    crate::speak::Reply,
    crate::speak::Reply,
) {
    let id = format!("T-{step}");
    let mark = format!("task-{}", speaker.dialect.name());
    let get = |path: String| speaker.request(Method::GET, &path, String::new());
    let post = |path: String, body: String| speaker.request(Method::POST, &path, body);
    let (list, one, answer) = match speaker.dialect {
        Dialect::Xml => (
            get("/workflow/tasks?to=W-GREENTICK&state=open".to_owned()),
            get(format!("/workflow/tasks/{id}")),
            post(
                format!("/workflow/tasks/{id}/answer"),
                format!(
                    "<TaskAnswer xmlns=\"{NAMESPACE}\"><Mark>{mark}</Mark><Code>OK</Code><Text>t</Text></TaskAnswer>"
                ),
            ),
        ),
        Dialect::Soap => (
            speaker.soap(
                "ListTasks",
                "<ToWorkerId>W-GREENTICK</ToWorkerId><State>open</State>",
            ),
            speaker.soap("GetTask", &format!("<TaskId>{id}</TaskId>")),
            speaker.soap(
                "AnswerTask",
                &format!("<TaskId>{id}</TaskId><Mark>{mark}</Mark><Code>OK</Code>"),
            ),
        ),
        Dialect::Json => (
            get("/rest/v1/tasks?to=W-GREENTICK&state=open".to_owned()),
            get(format!("/rest/v1/tasks/{id}")),
            post(
                format!("/rest/v1/tasks/{id}/answer"),
                json!({ "mark": mark, "code": "OK" }).to_string(),
            ),
        ),
        Dialect::Eav => (
            get("/eav/tasks?to=W-GREENTICK&state=open".to_owned()),
            get(format!("/eav/tasks/{id}")),
            post(
                format!("/eav/tasks/{id}/answer"),
                json!({ "MARK": mark, "CODE": "OK" }).to_string(),
            ),
        ),
        Dialect::Batch => {
            let one = |operation: &str, params: serde_json::Value| {
                speaker.batch(
                    &json!([{ "operation": operation, "params": params }]),
                    "atomic",
                )
            };
            (
                one(
                    "listTasks",
                    json!({ "toWorkerId": "W-GREENTICK", "state": "open" }),
                ),
                one("getTask", json!({ "id": id })),
                one(
                    "answerTask",
                    json!({ "taskId": id, "mark": mark, "code": "OK" }),
                ),
            )
        }
    };
    (send(list).await, send(one).await, send(answer).await)
}
