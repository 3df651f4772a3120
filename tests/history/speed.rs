//! How long does a rehearsal take? Run by hand: `cargo test --release --test history -- --ignored --nocapture speed`.
#![allow(
    clippy::disallowed_methods,
    reason = "a measurement is about real time"
)]

use std::time::Instant;

use greentick::app::rehearse::{self, Trial};
use greentick::app::{mirror, tick};
use greentick::practice::episode::{Stage, StepStatus};
use greentick::practice::fact::Fact;
use greentick::practice::terms::Mode;

use crate::stand::{Stand, length, with_number};

#[tokio::test]
#[ignore = "takes minutes; it measures and asserts no speed"]
async fn speed_of_a_rehearsal() {
    let many = std::env::var("GREENTICK_EPISODES").map_or(10_000, |text| text.parse().unwrap());
    let mut stand = Stand::new(Mode::Observe, "2026-11-02 09:00").await;
    for which in 0..many {
        let step = format!("{which}-1");
        stand.appears(&step, &format!("LE-{which:05}"), Stage::PracticeReview);
        let due = "2026-11-18".parse().unwrap();
        stand.save(&step, |held| {
            held.status = StepStatus::Started;
            held.dates.due = Some(due);
            held.facts.insert(Fact::ConversationLength, length(500));
        });
    }
    for day in ["03", "10", "17", "18", "19", "23", "25"] {
        stand.now = stand
            .app
            .terms
            .calendar
            .moment(&format!("2026-11-{day} 09:00"))
            .unwrap();
        mirror::poll(&stand.app, stand.now).await.unwrap();
        tick::pass(&stand.app, stand.now).await.unwrap();
    }
    for which in 0..many {
        stand.finish(&format!("{which}-1"));
    }
    mirror::poll(&stand.app, stand.now).await.unwrap();
    for (name, policy) in [
        ("as it was", None),
        (
            "another policy",
            Some(with_number(
                &stand.app.terms.policy,
                "LE-20.1",
                "min_chars",
                900,
            )),
        ),
    ] {
        let begun = Instant::now();
        let trial = Trial {
            policy,
            people: None,
            since: None,
        };
        let told = rehearse::rehearse(&stand.app.ledger, &stand.app.terms, &trial)
            .await
            .unwrap();
        assert!(told.unfaithful.is_empty());
        println!(
            "{name}: {} episodes, {} lines in {:.1} s; {} finishes and {} messages differ",
            told.episodes,
            told.lines,
            begun.elapsed().as_secs_f64(),
            told.finishes.len(),
            told.more.len() + told.fewer.len() + told.changed.len()
        );
    }
    let begun = Instant::now();
    let id = "LE-00007".into();
    greentick::app::explain::explain(&stand.app, &id, Some(stand.now), stand.now)
        .await
        .unwrap()
        .unwrap();
    println!(
        "one past moment explained in {:.2} s",
        begun.elapsed().as_secs_f64()
    );
}
