//! Does the daemon leave the case system alone in its closed hours (P18), and say when it hears nothing (P40)?

use std::time::Duration;

use greentick::practice::ids::StepId;
use greentick::simulator::StepType;
use serde_json::Value as Json;

use crate::finish::{Both, both_with};
use crate::pitfalls::on;
use crate::speak::struck;
use crate::stand::{MAPPING, at};

/// What `/readyz` says of the case system.
async fn source(both: &Both) -> Json {
    let answer = both.client.get(format!("{}/readyz", both.doors));
    let bytes = answer.send().await.unwrap().bytes().await.unwrap();
    let told: Json = serde_json::from_slice(&bytes).unwrap();
    told["source"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn p18_the_daemon_asks_nothing_in_a_quiet_window_says_so_and_goes_on_after_it() {
    let both = both_with(|stand, app| {
        let text =
            format!("{MAPPING}\n[schedule]\nquiet = [\"22:00-02:00\"]\nzone = \"Europe/London\"\n");
        app.case_system = stand.adapter_of(&text, Duration::from_secs(5));
    })
    .await;
    both.rhythm.turn().await;
    assert_eq!(source(&both).await["state"], "read");
    let held = async |step: &str| {
        let (source, step) = (&both.app.source, StepId::from(step));
        both.app
            .ledger
            .episode_of_step(source, &step)
            .await
            .unwrap()
    };

    // 22:30 in London, in summer time. Whatever is asked now is struck, and so counted.
    both.stand.advance_to(at("2026-10-05T21:30:00Z"));
    on(&both.stand, "P09", None);
    both.appears("70001", StepType::Review);
    for _ in 0..3 {
        both.rhythm.turn().await;
    }
    assert_eq!(struck(&both.stand, "maintenance_503"), 0);
    let told = source(&both).await;
    assert_eq!(told["state"], "quiet", "{told}");
    assert_eq!(held("70001").await, None);

    on(&both.stand, "P09", Some(0));
    both.stand.advance_to(at("2026-10-06T01:00:01Z"));
    both.rhythm.turn().await;
    assert_eq!(source(&both).await["state"], "read");
    assert!(held("70001").await.is_some());
    both.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p40_the_daemon_says_that_it_hears_nothing_in_working_time_and_takes_it_back() {
    let both = both_with(|_, app| app.limits.quiet_hours_warning = 4).await;
    on(&both.stand, "P40", None);
    let silent = async |when: &str| {
        both.stand.advance_to(at(when));
        both.rhythm.turn().await;
        source(&both).await["silent_working_hours"].clone()
    };
    assert_eq!(silent("2026-10-05T12:00:00Z").await, Json::Null);
    assert_eq!(silent("2026-10-05T14:00:00Z").await, 5);
    // Nothing happens at night; in the morning it goes on.
    assert_eq!(silent("2026-10-06T07:00:00Z").await, 7);
    assert_eq!(silent("2026-10-06T09:00:00Z").await, 8);
    on(&both.stand, "P40", Some(0));
    both.appears("70001", StepType::Review);
    assert_eq!(silent("2026-10-06T09:05:00Z").await, Json::Null);
    both.end().await;
}
