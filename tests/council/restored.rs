//! The council was restored from a backup: does the mirror come to equal it all the same (P19)?

use std::time::Duration;

use greentick::app::mirror;
use greentick::practice::episode::Presence;
use greentick::simulator::Fault;

use crate::pitfalls::{on, truth};
use crate::stand::stand;

#[tokio::test(flavor = "multi_thread")]
async fn p19_the_mirror_comes_to_equal_a_council_that_was_restored_from_a_backup() {
    let stand = stand().await;
    stand.live_until("2026-09-15T12:00:00Z").await;
    let app = stand.app(Duration::from_secs(10)).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    let before = truth(&stand);
    stand.advance(60);
    on(&stand, Fault::RestoredBackup.switch().id, Some(12));
    let after = truth(&stand);
    let back = after
        .iter()
        .filter(|(step, version)| before[*step] > **version);
    assert!(back.count() > 0, "a step is as it was before");

    let report = mirror::poll(&app, stand.clock.now()).await.unwrap();
    assert!(report.complete);
    let why = report.went_back.unwrap();
    assert!(why.contains("its change number went back"), "{why}");
    for _ in 0..2 {
        stand.advance(60);
        mirror::sweep(&app, stand.clock.now()).await.unwrap();
    }
    let rows = app.ledger.mirror().await.unwrap().into_iter();
    let there = rows.filter(|row| row.presence == Presence::Present);
    let there = there.map(|row| (row.step.0, row.version)).collect();
    assert_eq!(after, there);

    let lines = async || {
        let mut export = Vec::new();
        app.ledger.export(&mut export).await.unwrap();
        String::from_utf8(export).unwrap().lines().count()
    };
    let said = lines().await;
    stand.advance(60);
    assert!(
        mirror::poll(&app, stand.clock.now())
            .await
            .unwrap()
            .went_back
            .is_none()
    );
    mirror::reconcile(&app, stand.clock.now()).await.unwrap();
    assert_eq!(lines().await, said, "nothing is said twice");
}
