//! Do the daemon's doors open only to those who may, and answer as promised? Over real HTTP on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test that cannot go on says so by panicking, and it starts the daemon it asks"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use greentick::app::{App, Limits};
use greentick::clock::Clock;
use greentick::daemon::{self, Beats, Rhythm};
use greentick::ledger::Ledger;
use greentick::practice::ids::{ChildKey, SourceName, WorkerId};
use greentick::practice::news::Merge;
use greentick::practice::terms::Mode;
use greentick::simulator::MemoryCouncil;
use greentick::telemetry::Metrics;
use greentick::web::{self, Caller, Callers, Doors, Freshness};
use serde_json::Value as Json;

#[tokio::test(flavor = "multi_thread")]
async fn each_door_asks_who_comes_and_answers_as_promised() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ledger.sqlite3").display());
    let app = App {
        source: SourceName::from("council"),
        ledger: Ledger::open(&url).await.unwrap(),
        case_system: MemoryCouncil::default(),
        terms: common::terms(Mode::Callout),
        limits: Limits::default(),
    };
    // The second would lead back to the first.
    for (from, to) in [("A", "B"), ("B", "A")] {
        let merge = Merge {
            from: ChildKey::from(from),
            to: ChildKey::from(to),
            at: None,
        };
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let merged = app.ledger.merge(&app.source, &[merge], None, now).await;
        merged.unwrap();
    }
    let hour = Duration::from_hours(1);
    let beats = Beats {
        poll: hour,
        sweep: hour,
        tick: hour,
        dispatch: hour,
        reconcile: hour,
        jitter_percent: 0,
    };
    let doors = Arc::new(Doors {
        app,
        clock: Clock::manual("2026-11-24T09:00:00Z".parse().unwrap()),
        callers: Callers {
            tokens: vec![
                Caller {
                    token: "reader-and-asker".into(),
                    worker: WorkerId::from("W-1"),
                    may: vec!["read".to_owned(), "finish_check".to_owned()],
                },
                Caller {
                    token: "qa".into(),
                    worker: WorkerId::from("W-QA"),
                    may: vec!["decide".to_owned()],
                },
            ],
            ..Callers::default()
        },
        metrics: Arc::new(Metrics::default()),
        nudge: Arc::new(tokio::sync::Notify::new()),
        freshness: Arc::new(Freshness::never(60)),
        banner: None,
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(daemon::run(
        doors,
        beats,
        web::Limits::default(),
        Arc::new(Rhythm::default()),
        listener,
        async {
            let _ = stopped.await;
        },
    ));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |token: &str| {
        let request = client.post(format!("{base}/api/v1/finish-checks"));
        request
            .header("authorization", format!("Bearer {token}"))
            .body(r#"{"step":"48213"}"#)
    };

    let refused = ask("somebody").send().await.unwrap();
    assert_eq!(refused.status(), 401);

    // A step that cannot be seen is not passed.
    let answer = ask("reader-and-asker").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let told: Json = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(told["decision"], "hold");
    assert_eq!(told["step"], "48213");
    assert_eq!(told["reasons"][0]["rule"], "LE-00.0");
    let mut export = Vec::new();
    Ledger::open(&url)
        .await
        .unwrap()
        .export(&mut export)
        .await
        .unwrap();
    let journal = String::from_utf8(export).unwrap();
    let id = told["decision_id"].as_str().unwrap();
    assert!(
        journal.contains("asked_of_unknown") && journal.contains(id),
        "{journal}"
    );

    // The same token may not decide, and an unsigned callback changes nothing.
    let decide = client.post(format!("{base}/api/v1/episodes/LE-1/decisions"));
    let decide = decide
        .header("authorization", "Bearer reader-and-asker")
        .body("{}");
    assert_eq!(decide.send().await.unwrap().status(), 401);
    // One that may decides in its own worker's name, and hears under which rule it may not.
    let post = async |path: &str, body: &str| {
        let request = client.post(format!("{base}{path}"));
        let request = request
            .header("authorization", "Bearer qa")
            .body(body.to_owned());
        let answer = request.send().await.unwrap();
        let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
        let told: Json = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status.as_u16(), kind.to_str().unwrap().to_owned(), told)
    };
    let cycle = "/api/v1/cycles/2026-C3/allocations";
    let csv = "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on\n\
               2026-C3,LE-1,c1,W-1,W-2,W-3,W-4,assessment,2026-11-02,2026-12-04\n";
    let (status, _, told) = post(&format!("{cycle}?preview=true"), csv).await;
    assert_eq!(
        (status, &told["accepted"], &told["preview"]),
        (200, &1.into(), &true.into()),
        "{told}"
    );
    let (status, _, told) = post(cycle, &csv.replace("W-2", "W-1")).await;
    assert_eq!(
        (status, &told["refused"][0]["rule"]),
        (422, &"LE-01.2".into()),
        "{told}"
    );
    let (status, _, told) = post("/api/v1/cycles/2026-C4/allocations", csv).await;
    assert_eq!(
        (status, &told["refused"][0]["column"]),
        (422, &"cycle".into()),
        "{told}"
    );
    let row = r#"[{"cycle":"2026-C3","le_id":"LE-1","child":"c1","practitioner":"W-1","reviewer":"W-2",
        "supervisor":"W-3","service_manager":"W-4","service":"assessment","allocated_on":"2026-11-02",
        "due_on":"2026-12-04","plan_type":null}]"#;
    let (status, _, told) = post(cycle, row).await;
    assert_eq!((status, &told["accepted"]), (200, &1.into()), "{told}");
    let decisions = "/api/v1/episodes/LE-1/decisions";
    let moderate = r#"{"decision":"moderate","grade":"outstanding","outcome":"agree"}"#;
    let (status, kind, told) = post(decisions, moderate).await;
    assert_eq!((status, kind.as_str()), (422, "application/problem+json"));
    assert_eq!(told["rule"], "LE-27.1");
    assert_eq!(told["asks"][0], "head_of_service");
    assert!(
        told["detail"].as_str().unwrap().contains("(`W-HEAD`)"),
        "{told}"
    );
    let pause = r#"{"decision":"pause","from":"2026-11-24","until":"2026-11-25","reason":"leave"}"#;
    assert_eq!(post(decisions, pause).await.0, 201);

    let callback = client.post(format!("{base}/api/v1/callbacks/council"));
    assert_eq!(
        callback
            .body(r#"{"message_id":"1"}"#)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );

    for (path, status, part) in [
        ("/healthz", 200, "alive"),
        ("/", 200, "Learning Episodes board"),
        ("/", 200, "Merged records that were not believed: 1"),
        ("/metrics", 200, "greentick_finish_checks"),
        ("/api/v1/episodes", 401, "not authorised"),
    ] {
        let answer = client.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
        assert!(text.contains(part), "{path}: {text}");
    }

    // Asked to stop, it ends by itself.
    stop.send(()).unwrap();
    running.await.unwrap();
}
