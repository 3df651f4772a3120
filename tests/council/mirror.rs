//! Does the ledger come to equal the council, and does the council come back from a kill as it was?

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use greentick::app::mirror;
use greentick::simulator::{Step, StepType};
use serde_json::Value as Json;

use crate::stand::{Stand, serve, stand};

const SOON: Duration = Duration::from_secs(10);

/// Id, version and status of each step of an episode, as the council's control interface says.
async fn truth(stand: &Stand) -> BTreeMap<String, (String, String)> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.get(format!("{}/council/steps", stand.base)).send();
    let bytes = asked.await.unwrap().bytes().await.unwrap();
    let steps: Vec<Json> = serde_json::from_slice(&bytes).unwrap();
    let ours = steps.iter().filter(|step| step["step_type"] != "1310");
    ours.map(|step| {
        let status = step["status"].as_str().unwrap().to_lowercase();
        let id = step["id"].as_str().unwrap().to_owned();
        (id, (step["version"].to_string(), status))
    })
    .collect()
}

async fn mirrored(ledger: &greentick::ledger::Ledger) -> BTreeMap<String, (String, String)> {
    let rows = ledger.mirror().await.unwrap().into_iter();
    rows.map(|row| {
        let version = row.version.unwrap_or_default();
        (row.step.0, (version, row.status.name().to_owned()))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_equals_the_council_page_by_page() {
    let stand = stand().await;
    let app = stand.app(SOON).await;
    for end in [
        "2026-09-20T12:00:00Z",
        "2026-10-12T12:00:00Z",
        "2026-11-20T12:00:00Z",
    ] {
        stand.live_until(end).await;
        let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
        assert!(report.complete && report.quarantined == 0, "{report:?}");
        assert_eq!(mirrored(&app.ledger).await, truth(&stand).await, "{end}");
    }
    assert!(truth(&stand).await.len() > 80);
    let swept = mirror::sweep(&app, stand.clock.now()).await.unwrap();
    assert!(swept.complete && swept.quarantined == 0, "{swept:?}");
    let again = mirror::poll(&app, stand.clock.now()).await.unwrap();
    assert_eq!(again.seen, again.unchanged, "nothing changed: {again:?}");

    // Narrative and person ids stay in the council.
    let ledger: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|end| std::fs::read(stand.folder.path().join(format!("l.sqlite3{end}"))))
        .flatten()
        .collect();
    let log = std::fs::read(stand.folder.path().join("council.jsonl")).unwrap();
    let holds = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
    assert!(holds(&log, b"CANARY-NARRATIVE") && holds(&log, b"P-10001"));
    assert!(holds(&ledger, b"LE-2026-0001"));
    assert!(!holds(&ledger, b"CANARY") && !holds(&ledger, b"P-1000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_or_deleted_is_found_so_by_a_direct_read_and_not_by_absence() {
    let stand = stand().await;
    let app = stand.app(SOON).await;
    stand.live_until("2026-09-14T12:00:00Z").await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    let open: Vec<Step> = stand
        .council
        .steps()
        .into_iter()
        .filter(|step| step.step_type == StepType::Practitioner && step.status.can_finish())
        .collect();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (step, body) in [
        (&open[0], r#"{"restricted":true}"#),
        (&open[1], r#"{"deleted":true}"#),
    ] {
        let address = format!("{}/council/steps/{}/status", stand.base, step.id);
        let request = client
            .post(address)
            .header("content-type", "application/json");
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }
    stand.advance(60);
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    let presence = async |step: &Step| {
        let rows = app.ledger.mirror().await.unwrap();
        let row = rows.into_iter().find(|row| row.step.0 == step.id).unwrap();
        serde_json::to_value(row.presence).unwrap()
    };
    assert_eq!(presence(&open[0]).await, "present", "absence says nothing");
    for _ in 0..2 {
        mirror::sweep(&app, stand.clock.now()).await.unwrap();
        stand.advance(900);
    }
    assert_eq!(presence(&open[0]).await, "hidden");
    assert_eq!(presence(&open[1]).await, "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_council_that_was_killed_resumes_with_the_same_truth() {
    let stand = stand().await;
    stand.live_until("2026-10-15T12:00:00Z").await;
    let (steps, done) = (stand.council.steps(), stand.council.done());
    let last = stand.council.last_event_at();
    let plans = stand.plans.clone();
    let (folder, clock) = stand.end().await;
    let path = folder.path().join("council.jsonl");
    let mut log = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    log.write_all(br#"{"seq":99999,"at":"2026-10-1"#).unwrap();
    drop(log);

    let again = serve(folder, clock, None, false).await;
    assert_eq!(again.council.steps(), steps);
    assert_eq!(again.council.done(), done);
    assert_eq!(again.council.last_event_at(), last);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("99999"));
    // An act that is done is not done again.
    again.council.act(&plans[0], 0).await.unwrap();
    assert_eq!(again.council.steps(), steps);
}

#[test]
fn the_shipped_mapping_reads_what_was_recorded() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/mosaic-like-xml.toml");
    let mut tried = Command::new(env!("CARGO_BIN_EXE_greentick"));
    let ended = tried.args(["mapping", "test", file]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("17 passed, 0 failed"), "{said}");
}
