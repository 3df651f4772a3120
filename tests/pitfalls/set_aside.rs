//! Is what cannot be read said once, and let go once it is there no more?

use greentick::app::mirror;

use crate::stand::{Stand, at, review};

async fn aside(stand: &Stand) -> usize {
    stand.app.ledger.quarantine().await.unwrap().len()
}

#[tokio::test]
async fn p31_what_is_set_aside_is_news_once_for_each_record_and_reason() {
    let stand = Stand::new().await;
    stand.add(review("1", "LE-1"), "2026-11-09T09:00:00Z");
    stand.fate(|fate| {
        fate.unreadable.insert("1".into());
        fate.unnamed[1] = vec!["a"];
    });
    let first = stand.poll("2026-11-09T09:01:00Z").await.set_aside;
    assert_eq!(first.len(), 1);
    assert_eq!(
        (first[0].step.as_deref(), first[0].path.as_str()),
        (Some("1"), "Status")
    );
    let swept = stand.sweep("2026-11-09T09:02:00Z").await.set_aside;
    assert_eq!(swept.len(), 1, "the one without an id alone: {swept:?}");
    assert_eq!(swept[0].step, None);
    for minute in 3..6 {
        let now = format!("2026-11-09T09:0{minute}:00Z");
        let again = [stand.poll(&now).await, stand.sweep(&now).await];
        assert!(again.iter().all(|report| report.set_aside.is_empty()));
        assert!(again.iter().all(|report| report.quarantined > 0));
    }
    assert_eq!(stand.said("quarantined").await.len(), 2);
}

#[tokio::test]
async fn p31_a_record_without_an_id_is_let_go_once_a_whole_list_shows_it_no_more() {
    let stand = Stand::new().await;
    stand.poll("2026-11-09T09:00:00Z").await;
    stand.fate(|fate| fate.unnamed = [vec!["a"], vec!["a", "b"]]);
    stand.poll("2026-11-09T09:01:00Z").await;
    stand.sweep("2026-11-09T09:02:00Z").await;
    assert_eq!(aside(&stand).await, 2);
    // The one is mended, the other still there.
    stand.fate(|fate| fate.unnamed = [vec![], vec!["b"]]);
    stand.sweep("2026-11-09T09:03:00Z").await;
    assert_eq!(aside(&stand).await, 1);
    // A list that broke off says nothing of what it did not come to.
    stand.fate(|fate| fate.unnamed[1].clear());
    let mut broken = stand.app.clone();
    broken.limits.pages = 0;
    mirror::sweep(&broken, at("2026-11-09T09:04:00Z"))
        .await
        .unwrap();
    assert_eq!(aside(&stand).await, 1);
    stand.sweep("2026-11-09T09:05:00Z").await;
    assert_eq!(aside(&stand).await, 0);
    let released = stand.said("released").await;
    assert_eq!(released.len(), 2, "{released:?}");
}

#[tokio::test]
async fn p31_one_of_a_closed_step_stays_until_the_whole_feed_shows_it_no_more() {
    let stand = Stand::new().await;
    // The first reading is of the whole feed.
    stand.fate(|fate| fate.unnamed[0] = vec!["closed"]);
    stand.poll("2026-11-09T09:00:00Z").await;
    stand.fate(|fate| fate.unnamed[0].clear());
    stand.sweep("2026-11-09T09:01:00Z").await;
    assert_eq!(aside(&stand).await, 1, "open steps say nothing of it");
    stand.fate(|fate| fate.unnamed[0] = vec!["closed"]);
    mirror::reconcile(&stand.app, at("2026-11-10T09:00:00Z"))
        .await
        .unwrap();
    assert_eq!(aside(&stand).await, 1);
    stand.fate(|fate| fate.unnamed[0].clear());
    mirror::reconcile(&stand.app, at("2026-11-11T09:00:00Z"))
        .await
        .unwrap();
    assert_eq!(aside(&stand).await, 0);
}
