//! In any weather: is nothing lost, nothing said twice, and nothing passed that was not seen?

use std::collections::BTreeMap;
use std::time::Duration;

use greentick::app::{App, AppFault, dispatch, mirror, tick};
use greentick::case_system::HttpCaseSystem;
use greentick::simulator::Fault;

use crate::stand::{Stand, stand};

const SOON: Duration = Duration::from_secs(10);
/// Shorter than the council's slowness.
const HASTY: Duration = Duration::from_secs(1);

async fn cursor(app: &App<HttpCaseSystem>) -> Option<serde_json::Value> {
    app.ledger.cursor("feed/council").await.unwrap()
}

async fn versions(app: &App<HttpCaseSystem>) -> BTreeMap<String, String> {
    let rows = app.ledger.mirror().await.unwrap().into_iter();
    rows.map(|row| (row.step.0, row.version.unwrap_or_default()))
        .collect()
}

/// Versions of the council's own steps of episodes.
fn truth(stand: &Stand) -> BTreeMap<String, String> {
    let steps = stand.council.steps().into_iter();
    let ours = steps.filter(|step| step.step_type.code() != "1310");
    ours.map(|step| (step.id, step.version.to_string()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_never_passes_a_page_that_was_not_proven() {
    let stand = stand().await;
    stand.live_until("2026-09-13T12:00:00Z").await;
    let app = stand.app(HASTY).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    for (fault, end) in [
        (Fault::SigninPage, "2026-09-14T12:00:00Z"),
        (Fault::Truncate, "2026-09-15T12:00:00Z"),
        (Fault::Maintenance503, "2026-09-16T12:00:00Z"),
        (Fault::Slow, "2026-09-17T12:00:00Z"),
    ] {
        stand.live_until(end).await;
        let (before, held) = (cursor(&app).await, versions(&app).await);
        assert_ne!(held, truth(&stand), "something changed");
        stand.council.fault(fault, Some(1)).unwrap();
        let refused = mirror::poll(&app, stand.clock.now()).await;
        assert!(
            matches!(refused, Err(AppFault::Case(_))),
            "{fault:?}: {refused:?}"
        );
        assert_eq!(cursor(&app).await, before, "{fault:?}");
        assert_eq!(versions(&app).await, held, "{fault:?}");
        let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
        assert!(report.complete);
        assert_eq!(versions(&app).await, truth(&stand), "{fault:?}");
    }
    assert!(app.ledger.quarantine().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p32_a_bad_record_is_set_aside_alone_and_seen_when_it_is_good_again() {
    let stand = stand().await;
    let app = stand.app(SOON).await;
    stand.live_until("2026-09-12T12:00:00Z").await;
    for (fault, end) in [
        (Fault::BadStatusRecord, "2026-09-14T12:00:00Z"),
        (Fault::Windows1252, "2026-09-16T12:00:00Z"),
    ] {
        mirror::poll(&app, stand.clock.now()).await.unwrap();
        // The overlap brings old records first; the fault is to strike one that changed.
        stand.advance(3_600);
        mirror::poll(&app, stand.clock.now()).await.unwrap();
        stand.live_until(end).await;
        let held = app.ledger.quarantine().await.unwrap().len();
        stand.council.fault(fault, Some(1)).unwrap();
        let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
        assert_eq!(
            (report.complete, report.quarantined),
            (true, 1),
            "{fault:?}"
        );
        let rows = app.ledger.quarantine().await.unwrap();
        assert_eq!(rows.len(), held + 1);
        let bad = rows.iter().filter_map(|row| row.step.clone());
        let bad: Vec<String> = bad.collect();
        let (seen, wanted) = (versions(&app).await, truth(&stand));
        let missed: Vec<&String> = wanted
            .iter()
            .filter(|(id, version)| seen.get(*id) != Some(*version))
            .map(|(id, _)| id)
            .collect();
        assert_eq!(missed.len(), 1, "{fault:?}: every good record was kept");
        assert!(bad.contains(missed[0]), "the one missed is visible as such");
        // The next full look shows it, open or not.
        mirror::sweep(&app, stand.clock.now()).await.unwrap();
        if versions(&app).await != wanted {
            let step = greentick::practice::ids::StepId::from(missed[0].as_str());
            mirror::read_one(&app, &step, SOON, stand.clock.now())
                .await
                .unwrap();
        }
        assert_eq!(versions(&app).await, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p33_whatever_happens_to_an_answer_nothing_is_said_twice_or_lost() {
    let stand = stand().await;
    let app = stand.app(HASTY).await;
    // Until the practice reviews are overdue.
    stand.live_until("2026-10-22T12:00:00Z").await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    tick::pass(&app, stand.clock.now()).await.unwrap();
    let owed = app.ledger.outbox_list().await.unwrap().len();
    assert!(owed > 5, "{owed} owed");
    for fault in [
        Fault::Error500AfterWrite,
        Fault::DropAfterWrite,
        Fault::SigninPage,
        Fault::Maintenance503,
    ] {
        stand.council.fault(fault, Some(3)).unwrap();
    }
    stand.council.fault(Fault::Slow, Some(1)).unwrap();
    let mut left = owed;
    for _ in 0..40 {
        dispatch::pass(&app, "test", || stand.clock.now())
            .await
            .unwrap();
        let rows = app.ledger.outbox_list().await.unwrap();
        left = rows.iter().filter(|row| row.state == "owed").count();
        if left == 0 {
            break;
        }
        stand.advance(4 * 3_600);
    }
    let rows = app.ledger.outbox_list().await.unwrap();
    assert_eq!(left, 0, "{rows:?}");
    let mut sent: Vec<&str> = rows
        .iter()
        .filter(|row| row.state == "sent")
        .map(|row| row.mark.as_str())
        .collect();
    let received = stand.council.received();
    let mut marks: Vec<&str> = received.iter().map(|one| one.mark.as_str()).collect();
    sent.sort_unstable();
    marks.sort_unstable();
    assert_eq!(sent, marks, "each effect arrived exactly once");
    assert!(rows.iter().all(|row| row.state != "dead"), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p41_two_nodes_on_one_ledger_say_each_thing_once() {
    let stand = stand().await;
    let (one, other) = (stand.app(SOON).await, stand.app(SOON).await);
    stand.live_until("2026-10-22T12:00:00Z").await;
    let now = stand.clock.now();
    // Both read, judge and send at once, again and again, and either may come first.
    for _ in 0..4 {
        let (a, b) = tokio::join!(mirror::poll(&one, now), mirror::poll(&other, now));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        let (a, b) = tokio::join!(tick::pass(&one, now), tick::pass(&other, now));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        let (a, b) = tokio::join!(
            dispatch::pass(&one, "one", || now),
            dispatch::pass(&other, "other", || now)
        );
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    }
    let rows = one.ledger.outbox_list().await.unwrap();
    assert!(rows.len() > 5, "{} owed", rows.len());
    // What goes into a digest is told by it, and what was cured meanwhile by nobody.
    let over = ["sent", "gathered", "withdrawn"];
    let open: Vec<_> = rows
        .iter()
        .filter(|row| !over.contains(&row.state.as_str()))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    let sent = rows.iter().filter(|row| row.state == "sent").count();
    let received = stand.council.received();
    let mut marks: Vec<&str> = received.iter().map(|one| one.mark.as_str()).collect();
    let told = marks.len();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!((marks.len(), told), (sent, sent), "once each");
}
