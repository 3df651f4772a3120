//! Is it kept since when a case system is read, as one instant for all nodes?

use greentick::ledger::Ledger;
use greentick::practice::ids::SourceName;
use greentick::practice::react::{Input, react};

use super::{at, on_both_engines, page, sighting};

on_both_engines!(all_nodes_read_since_one_instant);
on_both_engines!(an_older_ledger_finds_it_in_its_journal);

async fn all_nodes_read_since_one_instant(url: &str) {
    let source = SourceName::from("mosaic");
    let one = Ledger::open(url).await.unwrap();
    let other = Ledger::open(url).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for nth in 0..8_i64 {
        let (ledger, source) = (
            if nth % 2 == 0 { &one } else { &other }.clone(),
            source.clone(),
        );
        calls.spawn(async move { ledger.reading(&source, at(nth)).await.unwrap() });
    }
    let told = calls.join_all().await;
    assert!(told.iter().all(|reading| *reading == told[0]), "{told:?}");
    assert_eq!(told[0].through, None);
    // It ends with the page that ends the feed, once.
    for second in [20, 30] {
        let mut last = page(Vec::new(), "end");
        last.ends_first_reading = true;
        let never = |_: Option<&_>, _: &_, _: &_| panic!("the page is empty");
        one.absorb(last, at(second), never).await.unwrap();
    }
    let kept = Ledger::open(url).await.unwrap();
    let kept = kept.reading(&source, at(40)).await.unwrap();
    assert_eq!((kept.since, kept.through), (told[0].since, Some(at(20))));
    // Another case system has its own.
    let elsewhere = SourceName::from("elsewhere");
    let elsewhere = one.reading(&elsewhere, at(50)).await.unwrap();
    assert_eq!(elsewhere.since, at(50));
}

async fn an_older_ledger_finds_it_in_its_journal(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let terms = crate::common::terms(greentick::practice::terms::Mode::Callout);
    for (step, second) in [("S1", 5), ("S2", 9)] {
        let seen = page(vec![sighting(step, "1", step, second)], step);
        let source = SourceName::from("mosaic");
        let taken = ledger.absorb(seen, at(second), |before, id, seen| {
            react(before, id, &source, Input::Seen(seen), &terms, at(second))
        });
        taken.await.unwrap();
    }
    let reading = ledger.reading(&"mosaic".into(), at(60)).await.unwrap();
    assert_eq!((reading.since, reading.through), (at(5), Some(at(5))));
    let other = ledger.reading(&"elsewhere".into(), at(60)).await.unwrap();
    assert_eq!((other.since, other.through), (at(60), None));
}
