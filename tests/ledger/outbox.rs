//! Is nothing said out of order, and nothing that is no longer so?

use greentick::app::{App, AppFault, Limits, dispatch};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use greentick::ledger::{Claimed, Ledger, LedgerFault, Settled};
use greentick::practice::calendar::Calendar;
use greentick::practice::effect::Effect;
use greentick::practice::ids::{Digest, StepId};
use greentick::practice::terms::{Mode, People, Policy, Terms};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Commits, at, effect, file, on_both_engines, owe};

on_both_engines!(an_effect_does_not_overtake_an_earlier_one_of_its_step);
on_both_engines!(what_was_tried_and_cured_is_looked_for_and_not_sent);
on_both_engines!(what_a_slow_sender_sends_is_given_to_nobody_else);
on_both_engines!(a_dispatch_sends_in_order_and_never_old_news);

fn of_step(key: &str, episode: &str, step: &str, due: i64) -> Effect {
    Effect {
        step: Some(step.into()),
        ..effect(key, episode, due)
    }
}

fn keys(claimed: &[Claimed]) -> Vec<&str> {
    claimed
        .iter()
        .map(|claim| claim.effect.key.as_str())
        .collect()
}

async fn an_effect_does_not_overtake_an_earlier_one_of_its_step(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let first = vec![
        of_step("later", "E1", "0", 90),
        of_step("a1", "E1", "1", 1),
        of_step("a2", "E1", "1", 1),
        of_step("b1", "E1", "2", 1),
        // Not yet due when it was owed, and so nobody waits for it.
        of_step("later2", "E1", "0", 1),
    ];
    owe(&ledger, "E1", first, &[], 1).await;
    owe(&ledger, "E2", vec![of_step("c1", "E2", "1", 1)], &[], 1).await;
    let claimed = ledger.claim(at(2), 30, 9, "a").await.unwrap();
    assert_eq!(keys(&claimed), ["a1", "b1", "later2", "c1"]);
    assert!(
        ledger.claim(at(3), 30, 9, "b").await.unwrap().is_empty(),
        "leased"
    );
    let again = Settled::Again {
        at: at(60),
        why: "locked".to_owned(),
    };
    assert!(ledger.settle(&claimed[0], again, at(3)).await.unwrap());
    assert!(
        ledger.claim(at(20), 30, 9, "b").await.unwrap().is_empty(),
        "a2 waits while a1 waits"
    );
    let claimed = ledger.claim(at(60), 30, 1, "b").await.unwrap();
    assert_eq!(keys(&claimed), ["a1"]);
    let dead = Settled::Dead {
        why: "refused".to_owned(),
    };
    assert!(ledger.settle(&claimed[0], dead, at(61)).await.unwrap());
    let claimed = ledger.claim(at(61), 30, 9, "b").await.unwrap();
    assert!(
        keys(&claimed).contains(&"a2"),
        "what needs a person holds nobody up"
    );
}

async fn what_was_tried_and_cured_is_looked_for_and_not_sent(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    for (key, id) in [("k1", "E1"), ("k2", "E2"), ("k3", "E3")] {
        owe(&ledger, id, vec![effect(key, id, 1)], &[], 1).await;
    }
    let claimed = ledger.claim(at(2), 30, 9, "a").await.unwrap();
    assert!(claimed.iter().all(|claim| !claim.withdrawing));
    let again = |at| Settled::Again {
        at,
        why: "no answer".to_owned(),
    };
    let dead = Settled::Dead {
        why: "gave up".to_owned(),
    };
    assert!(
        ledger
            .settle(&claimed[0], again(at(9)), at(3))
            .await
            .unwrap()
    );
    assert!(ledger.settle(&claimed[2], dead, at(3)).await.unwrap());
    for id in ["E1", "E2", "E3"] {
        owe(&ledger, id, Vec::new(), &["overdue"], 4).await;
    }
    // Claimed and about to be sent when the cause was cured: not sent.
    assert!(!ledger.still_ours(&claimed[1], at(4)).await.unwrap());
    let states = |rows: Vec<greentick::ledger::OutboxRow>| -> Vec<String> {
        rows.into_iter().map(|row| row.state).collect()
    };
    let listed = states(ledger.outbox_list().await.unwrap());
    assert_eq!(listed, ["withdrawing", "withdrawing", "dead"]);
    // A person who lets the dead one be tried again does not make it news.
    assert_eq!(ledger.outbox_retry(None, at(5)).await.unwrap(), 1);
    let claimed = ledger.claim(at(40), 30, 9, "a").await.unwrap();
    assert_eq!(keys(&claimed), ["k1", "k2", "k3"]);
    assert!(claimed.iter().all(|claim| claim.withdrawing));
    let sent = Settled::Sent {
        proof: "found".to_owned(),
    };
    let withdrawn = || Settled::Withdrawn {
        proof: "not found".to_owned(),
    };
    for (claim, settled) in claimed.iter().zip([sent, withdrawn(), withdrawn()]) {
        assert!(ledger.settle(claim, settled, at(41)).await.unwrap());
    }
    let listed = states(ledger.outbox_list().await.unwrap());
    assert_eq!(listed, ["sent", "withdrawn", "withdrawn"]);
}

/// A case system that loses its answers until it is mended, and remembers what was written.
#[derive(Clone, Default)]
struct Deaf {
    written: Arc<Mutex<Vec<String>>>,
    mended: Arc<AtomicBool>,
    tries: Arc<AtomicU32>,
    slow: Option<Slow>,
}

/// Each write takes forty seconds, and then another node looks what it may send.
#[derive(Clone)]
struct Slow {
    seconds: Arc<AtomicI64>,
    other: Ledger,
    /// Whether it was given what was just being written.
    taken: Arc<AtomicBool>,
}

impl CaseSystem for Deaf {
    async fn changes(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(FeedPage::default())
    }

    async fn open_steps(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(FeedPage::default())
    }

    async fn step(&self, _: &StepId, _: Duration, _: Timestamp) -> Result<StepAnswer, CaseFault> {
        Ok(StepAnswer::Gone)
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        self.tries.fetch_add(1, Ordering::Relaxed);
        if let Some(slow) = &self.slow {
            let now = slow.seconds.fetch_add(40, Ordering::Relaxed) + 40;
            let claimed = slow.other.claim(at(now), 60, 9, "b").await.unwrap();
            let taken = keys(&claimed).contains(&effect.key.as_str());
            slow.taken.fetch_or(taken, Ordering::Relaxed);
        }
        if !self.mended.load(Ordering::Relaxed) {
            return Outcome::Unknown {
                why: "the connection broke".to_owned(),
            };
        }
        self.written.lock().unwrap().push(effect.key.clone());
        Outcome::Done
    }

    async fn find(&self, effect: &Effect) -> Found {
        if self.written.lock().unwrap().contains(&effect.key) {
            Found::Yes
        } else {
            Found::No
        }
    }
}

async fn app(url: &str) -> App<Deaf> {
    let policy = Policy::default();
    App {
        source: "mosaic".into(),
        ledger: Ledger::open(url).await.unwrap(),
        case_system: Deaf::default(),
        terms: Arc::new(Terms {
            digest: Digest::of_json(&policy),
            policy,
            calendar: Calendar::new(
                include_str!("../../config/bank-holidays.json"),
                "england-and-wales",
                &[],
            )
            .unwrap(),
            people: People::default(),
            activation: at(0),
            read: BTreeMap::new(),
            mode: Mode::Callout,
        }),
        limits: Limits::default(),
    }
}

async fn a_dispatch_sends_in_order_and_never_old_news(url: &str) {
    let app = app(url).await;
    let ledger = &app.ledger;
    let lasting = |key: &str| Effect {
        cause: "lasting".to_owned(),
        ..of_step(key, "E1", "1", 1)
    };
    let owed = vec![
        of_step("cured", "E1", "1", 1),
        lasting("second"),
        lasting("third"),
    ];
    owe(ledger, "E1", owed, &[], 1).await;
    let report = dispatch::pass(&app, "a", || at(1)).await.unwrap();
    assert_eq!((report.sent, report.again), (0, 1));
    assert_eq!(
        app.case_system.tries.load(Ordering::Relaxed),
        1,
        "nobody overtakes"
    );
    owe(ledger, "E1", Vec::new(), &["overdue"], 2).await;
    app.case_system.mended.store(true, Ordering::Relaxed);
    let report = dispatch::pass(&app, "a", || at(10)).await.unwrap();
    assert_eq!((report.sent, report.withdrawn), (2, 1));
    assert_eq!(
        *app.case_system.written.lock().unwrap(),
        ["second", "third"]
    );
}

async fn what_a_slow_sender_sends_is_given_to_nobody_else(url: &str) {
    let mut app = app(url).await;
    let slow = Slow {
        seconds: Arc::new(AtomicI64::new(1)),
        other: Ledger::open(url).await.unwrap(),
        taken: Arc::default(),
    };
    app.case_system.slow = Some(slow.clone());
    app.case_system.mended.store(true, Ordering::Relaxed);
    for episode in ["E1", "E2", "E3", "E4"] {
        owe(
            &app.ledger,
            episode,
            vec![effect(episode, episode, 1)],
            &[],
            1,
        )
        .await;
    }
    let seconds = Arc::clone(&slow.seconds);
    let clock = || at(seconds.load(Ordering::Relaxed));
    let report = dispatch::pass(&app, "a", clock).await.unwrap();
    assert!(!slow.taken.load(Ordering::Relaxed));
    // Those that waited too long for their turn are left to the other.
    assert_eq!(report.sent, 2);
}

/// What was sent is not sent again because nobody knows whether that was recorded.
#[tokio::test]
async fn an_unknown_commit_of_what_was_sent_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&file(&folder)).await;
    app.case_system.mended.store(true, Ordering::Relaxed);
    owe(&app.ledger, "E1", vec![effect("k1", "E1", 1)], &[], 1).await;
    let commits = Commits::of(&file(&folder)).await;
    commits.fail_on("%\"kind\":\"sent\"%").await;
    let fault = dispatch::pass(&app, "a", || at(2)).await.err().unwrap();
    assert!(
        matches!(fault, AppFault::Ledger(LedgerFault::UnknownCommit(_))),
        "{fault}"
    );
    commits.mend().await;
    let report = dispatch::pass(&app, "a", || at(200)).await.unwrap();
    assert_eq!((report.sent, report.already_there), (0, 1));
    assert_eq!(app.case_system.tries.load(Ordering::Relaxed), 1);
}
