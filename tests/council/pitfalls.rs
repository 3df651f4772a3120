//! Does the mirror itself, and not only its reader, survive each pitfall that the council can be switched to?

use std::collections::BTreeMap;
use std::time::Duration;

use greentick::app::{App, AppFault, mirror};
use greentick::case_system::HttpCaseSystem;
use greentick::practice::episode::Presence;
use greentick::simulator::Fault;

use crate::speak::struck;
use crate::stand::{Stand, at, stand};

const SOON: Duration = Duration::from_secs(10);

/// Switches after which an answer proves nothing. Those that only take time are left to the reader's own tests.
const NO_ANSWER: [&str; 16] = [
    "P10",
    "P10/broken",
    "P10/disguised",
    "P13",
    "P13/inside",
    "P13/close",
    "P13/length",
    "P13/chunked",
    "P13/gzip",
    "P37/deep",
    "P37/doctype",
    "P38",
    "P39",
    "P09/502",
    "P09/page",
    "P09/document",
];

pub(crate) fn on(stand: &Stand, name: &str, count: Option<u64>) {
    let fault = Fault::named(name).unwrap();
    stand.council.strike(fault, count, None).unwrap();
}

/// What must not move unless a page was proven: the cursor, and each step with its version.
pub(crate) async fn held(
    app: &App<HttpCaseSystem>,
) -> (Option<serde_json::Value>, BTreeMap<String, Option<String>>) {
    let rows = app.ledger.mirror().await.unwrap().into_iter();
    let rows = rows.map(|row| (row.step.0, row.version)).collect();
    (app.ledger.cursor("feed/council").await.unwrap(), rows)
}

/// The council's own steps of episodes.
pub(crate) fn truth(stand: &Stand) -> BTreeMap<String, Option<String>> {
    let steps = stand.council.steps().into_iter();
    let ours = steps.filter(|step| step.step_type.code() != "1310");
    ours.map(|step| (step.id, Some(step.version.to_string())))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn p09_p10_p13_p37_p38_p39_what_proves_nothing_moves_neither_cursor_nor_mirror() {
    let stand = stand().await;
    stand.live_until("2026-09-13T12:00:00Z").await;
    let app = stand.app(SOON).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    stand.live_until("2026-09-16T12:00:00Z").await;
    let before = held(&app).await;
    assert_ne!(before.1, truth(&stand), "there is something to read");
    for name in NO_ANSWER {
        on(&stand, name, Some(1));
        let refused = mirror::poll(&app, stand.clock.now()).await;
        assert!(
            matches!(refused, Err(AppFault::Case(_))),
            "{name}: {refused:?}"
        );
        let told = struck(&stand, Fault::named(name).unwrap().name());
        assert!(told > 0, "{name}: refused, but not for this");
        assert_eq!(held(&app).await, before, "{name}");
    }
    // The same client goes on where it was, without a restart.
    let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
    assert!(report.complete);
    assert_eq!(held(&app).await.1, truth(&stand));
    assert!(app.ledger.quarantine().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p18_what_happened_in_a_closed_night_is_caught_up_with_in_one_pass() {
    let stand = stand().await;
    stand.live_until("2026-09-13T12:00:00Z").await;
    let app = stand.app(SOON).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    // 23:30 in London, where the window is open from 22:00 until 04:30 this time.
    stand.live_until("2026-09-16T22:30:00Z").await;
    on(&stand, "P18/overrun", None);
    let before = held(&app).await;
    assert_ne!(before.1, truth(&stand), "there is something to read");
    // 23:30, and 03:00, when it should have been over.
    for night in ["2026-09-16T22:30:00Z", "2026-09-17T02:00:00Z"] {
        stand.advance_to(at(night));
        let refused = mirror::poll(&app, stand.clock.now()).await;
        assert!(
            matches!(refused, Err(AppFault::Case(_))),
            "{night}: {refused:?}"
        );
        assert_eq!(held(&app).await, before, "{night}");
    }
    stand.advance_to(at("2026-09-17T03:31:00Z"));
    let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
    assert!(report.complete);
    assert_eq!(held(&app).await.1, truth(&stand));
}

#[tokio::test(flavor = "multi_thread")]
async fn p31_an_unknown_type_is_set_aside_alone_and_a_reworded_label_is_not_even_noticed() {
    for (name, set_aside) in [("P31", 1), ("P31/type", 1), ("P31/label", 0)] {
        let stand = stand().await;
        stand.live_until("2026-09-13T12:00:00Z").await;
        let app = stand.app(SOON).await;
        on(&stand, name, Some(1));
        let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
        assert_eq!(
            (report.complete, report.quarantined),
            (true, set_aside),
            "{name}"
        );
        assert_eq!(struck(&stand, Fault::named(name).unwrap().name()), 1);
        let rows = app.ledger.quarantine().await.unwrap();
        assert_eq!(rows.len() as u64, set_aside, "{name}");
        // Whatever the record was, no other is missing.
        let seen = held(&app).await.1;
        let missed = truth(&stand).into_iter();
        let missed = missed.filter(|(id, version)| seen.get(id) != Some(version));
        assert!(missed.count() as u64 <= set_aside, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p40_lists_that_are_always_empty_take_no_step_away_and_are_no_sign_of_life() {
    let stand = stand().await;
    stand.live_until("2026-09-13T12:00:00Z").await;
    let app = stand.app(SOON).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    let before = held(&app).await.1;
    assert!(before.len() > 5, "{before:?}");
    on(&stand, "P40/all", None);
    let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
    // What the daemon goes by when it counts the hours in which nothing came.
    assert_eq!((report.seen, report.quarantined), (0, 0));
    for _ in 0..2 {
        let swept = mirror::sweep(&app, stand.clock.now()).await.unwrap();
        assert!(swept.looked_for > 0, "each is read by itself");
        assert_eq!(swept.missing, 0, "and each is there");
    }
    let rows = app.ledger.mirror().await.unwrap();
    assert!(rows.iter().all(|row| row.presence == Presence::Present));
    assert_eq!(held(&app).await.1, before);
}
