//! Does a step that somebody named wait until it has been looked at, and no longer?

use greentick::ledger::{Ledger, Looked, Named, ToldOf};
use greentick::practice::ids::{Digest, SourceName, StepId};
use serde_json::json;

use super::{at, on_both_engines};

on_both_engines!(a_step_that_was_named_waits_until_it_has_been_looked_at);
on_both_engines!(a_refused_step_is_left_alone_at_last);

fn council() -> SourceName {
    SourceName::from("council")
}

async fn told(ledger: &Ledger, event: &str, step: &str) {
    let one = ToldOf {
        id: event.to_owned(),
        sequence: None,
        step: Some(StepId::from(step)),
    };
    let digest = Digest::of(event.as_bytes());
    let kept = ledger.keep_events(&council(), &[one], &digest, at(0)).await;
    assert_eq!(kept.unwrap(), 1);
}

async fn waiting(ledger: &Ledger) -> Vec<Named> {
    ledger.named(&council(), 10).await.unwrap()
}

fn steps(named: &[Named]) -> Vec<&str> {
    named.iter().map(|one| one.step.as_str()).collect()
}

async fn looked(ledger: &Ledger, one: &Named, looked: Looked) -> Vec<StepId> {
    let look = [(one.clone(), looked)];
    ledger.looked_at(&council(), &look, at(1)).await.unwrap()
}

async fn a_step_that_was_named_waits_until_it_has_been_looked_at(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    told(&ledger, "E-1", "7").await;
    told(&ledger, "E-2", "8").await;
    let first = waiting(&ledger).await;
    assert_eq!(steps(&first), ["7", "8"]);
    // A node that is killed between looking it up and looking at it has changed nothing.
    assert_eq!(waiting(&ledger).await, first);
    looked(&ledger, &first[1], Looked::Settled).await;
    // What was named again while it was read is read again.
    told(&ledger, "E-3", "7").await;
    looked(&ledger, &first[0], Looked::Settled).await;
    let again = waiting(&ledger).await;
    assert_eq!(steps(&again), ["7"]);
    looked(&ledger, &again[0], Looked::Settled).await;
    assert!(waiting(&ledger).await.is_empty());
    // Earlier ledgers kept a list.
    let list = json!(["8", "9"]);
    ledger
        .set_cursor("hints/council", &list, at(2))
        .await
        .unwrap();
    told(&ledger, "E-4", "7").await;
    assert_eq!(steps(&waiting(&ledger).await), ["7", "8", "9"]);
}

async fn a_refused_step_is_left_alone_at_last(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    told(&ledger, "E-1", "7").await;
    for _ in 0..30 {
        let named = waiting(&ledger).await;
        assert!(
            looked(&ledger, &named[0], Looked::Unanswered)
                .await
                .is_empty()
        );
    }
    // Who answered worst comes last, so that nobody stands in the way of others.
    told(&ledger, "E-2", "8").await;
    let named = waiting(&ledger).await;
    assert_eq!(steps(&named), ["8", "7"]);
    for _ in 1..10 {
        assert!(looked(&ledger, &named[0], Looked::Refused).await.is_empty());
    }
    let left = looked(&ledger, &named[0], Looked::Refused).await;
    assert_eq!(left, [StepId::from("8")]);
    assert_eq!(steps(&waiting(&ledger).await), ["7"]);
}
