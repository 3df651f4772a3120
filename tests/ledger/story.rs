//! One story from the first sighting to the last callback, told whole.

use greentick::ledger::{Kept, Ledger, LedgerFault, QuarantineRow, Settled};
use greentick::practice::episode::Episode;
use greentick::practice::ids::{CycleId, Digest, EpisodeId, SourceName};
use greentick::practice::sighting::Sighting;
use serde_json::json;

use super::{absorbed, at, bound, effect, on_both_engines, owe, page, reaction, sighting, whole};

on_both_engines!(story);

async fn story(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    observed_once(&ledger).await;
    set_aside_and_cleared(&ledger).await;
    leased_and_withdrawn(&ledger).await;
    time_passes(&ledger).await;
    kept_once(&ledger).await;
    writers_take_turns(&ledger).await;
    let count = whole(&ledger).await;
    drop(ledger);
    let again = Ledger::open(url).await.unwrap();
    assert_eq!(whole(&again).await, count, "reopening changes nothing");
}

async fn observed_once(ledger: &Ledger) {
    let cases = [
        (
            "first",
            sighting("48213", "9", "LE-2026-0017", 1),
            [1, 0, 0, 0],
        ),
        (
            "same again",
            sighting("48213", "9", "LE-2026-0017", 2),
            [1, 1, 0, 0],
        ),
        (
            "ten is above nine",
            sighting("48213", "10", "LE-2026-0017", 3),
            [1, 0, 0, 0],
        ),
        (
            "an old answer",
            sighting("48213", "9", "LE-2026-0017", 4),
            [1, 0, 1, 0],
        ),
    ];
    for (name, seen, expected) in cases {
        assert_eq!(
            absorbed(ledger, page(vec![seen], name), 5).await,
            expected,
            "{name}"
        );
        assert_eq!(ledger.cursor("feed").await.unwrap(), Some(json!(name)));
    }
    let mirror = ledger.mirror().await.unwrap();
    assert_eq!(mirror[0].version.as_deref(), Some("10"));
    assert_eq!(mirror[0].episode, EpisodeId::from("LE-2026-0017"));
    // A step without any evidence stands alone, and joins its episode when its reference is seen.
    let alone = EpisodeId::from("unbound-7");
    let owing = |before: Option<&Episode>, id: &EpisodeId, _: &Sighting| {
        reaction(before, id, vec![effect("k0", &id.0, 6)])
    };
    let first = page(vec![sighting("7", "1", "", 6)], "a");
    ledger.absorb(first, at(6), owing).await.unwrap();
    assert_eq!(bound(ledger, "7").await, Some(alone.clone()));
    absorbed(
        ledger,
        page(vec![sighting("7", "2", "LE-2026-0018", 7)], "b"),
        7,
    )
    .await;
    assert_eq!(bound(ledger, "7").await, Some("LE-2026-0018".into()));
    assert!(ledger.episode(&alone).await.unwrap().is_none());
    assert!(
        ledger.claim(at(8), 30, 9, "a").await.unwrap().is_empty(),
        "nobody hears of it"
    );
    // Once placed it stays, whatever a form says later.
    absorbed(
        ledger,
        page(vec![sighting("7", "3", "LE-2026-0099", 8)], "c"),
        8,
    )
    .await;
    assert_eq!(bound(ledger, "7").await, Some("LE-2026-0018".into()));
}

async fn set_aside_and_cleared(ledger: &Ledger) {
    let row = QuarantineRow {
        step: Some("99".into()),
        path: "status".to_owned(),
        fingerprint: Digest::of(b"bad").0,
        reason: "status outside the vocabulary".to_owned(),
    };
    for times in 1..=2 {
        let mut seen = page(Vec::new(), "q");
        seen.quarantined = vec![row.clone()];
        assert_eq!(absorbed(ledger, seen, 10).await, [0, 0, 0, 1]);
        assert_eq!(ledger.quarantine().await.unwrap()[0].times, times);
    }
    absorbed(
        ledger,
        page(vec![sighting("99", "1", "LE-2026-0019", 11)], "r"),
        11,
    )
    .await;
    assert!(ledger.quarantine().await.unwrap().is_empty());
}

async fn leased_and_withdrawn(ledger: &Ledger) {
    let owed = vec![effect("k1", "E1", 20), effect("k1", "E1", 20)];
    owe(ledger, "E1", owed, &[], 20).await;
    assert!(
        ledger.claim(at(19), 30, 9, "a").await.unwrap().is_empty(),
        "never early"
    );
    let first = ledger.claim(at(22), 30, 9, "a").await.unwrap();
    assert_eq!(first.len(), 1, "a key is owed once");
    assert_eq!((first[0].effect.key.as_str(), first[0].attempts), ("k1", 1));
    assert!(
        ledger.claim(at(23), 30, 9, "b").await.unwrap().is_empty(),
        "leased"
    );
    let second = ledger.claim(at(60), 30, 9, "b").await.unwrap();
    assert_eq!(
        (second[0].effect.key.as_str(), second[0].attempts),
        ("k1", 2)
    );
    let sent = Settled::Sent {
        proof: "note-1".to_owned(),
    };
    assert!(!ledger.still_ours(&first[0], at(60)).await.unwrap());
    assert!(
        !ledger
            .settle(&first[0], sent.clone(), at(61))
            .await
            .unwrap(),
        "the fence moved"
    );
    assert!(ledger.still_ours(&second[0], at(60)).await.unwrap());
    assert!(ledger.settle(&second[0], sent, at(61)).await.unwrap());
    // Cured before anybody tried to say it: never said.
    owe(ledger, "E1", vec![effect("k2", "E1", 62)], &[], 62).await;
    owe(ledger, "E1", Vec::new(), &["overdue"], 63).await;
    assert!(
        ledger.claim(at(64), 30, 9, "b").await.unwrap().is_empty(),
        "cured"
    );
    let dead = Settled::Dead {
        why: "refused".to_owned(),
    };
    owe(ledger, "E2", vec![effect("k3", "E2", 70)], &[], 70).await;
    let claimed = ledger.claim(at(70), 30, 9, "b").await.unwrap();
    assert!(ledger.settle(&claimed[0], dead, at(71)).await.unwrap());
    assert!(
        ledger.claim(at(200), 30, 9, "b").await.unwrap().is_empty(),
        "dead waits for a person"
    );
    assert_eq!(ledger.outbox_retry(None, at(72)).await.unwrap(), 1);
    let states: Vec<String> = ledger
        .outbox_list()
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(states, ["withdrawn", "sent", "withdrawn", "owed"]);
}

async fn time_passes(ledger: &Ledger) {
    let id = EpisodeId::from("E3");
    let change = |before: Option<&Episode>| {
        let mut change = reaction(before, &id, Vec::new());
        change.look_again = Some(at(100));
        Some(change)
    };
    ledger.react_one(&id, at(80), change).await.unwrap();
    assert_eq!(ledger.next_look().await.unwrap(), Some(at(100)));
    let owing = |episode: &Episode| {
        reaction(
            Some(episode),
            &episode.id,
            vec![effect("k4", &episode.id.0, 100)],
        )
    };
    assert_eq!(ledger.tick(at(99), 10, owing).await.unwrap().looked, 0);
    let ticked = ledger.tick(at(100), 10, owing).await.unwrap();
    assert_eq!((ticked.looked, ticked.owed), (1, 1));
    assert_eq!(ledger.next_look().await.unwrap(), None);
}

async fn kept_once(ledger: &Ledger) {
    let holds = async |policy: &str| {
        let value = json!({ "policy": policy });
        ledger.keep_configured(&value, &[], at(30)).await.unwrap()
    };
    assert!(holds("one").await, "what holds is written down");
    assert!(!holds("one").await, "once");
    assert!(holds("two").await, "and again when it changes");
    let (source, cycle) = (SourceName::from("mosaic"), CycleId::from("2026-C3"));
    for expected in [Kept::New, Kept::Repeat] {
        let kept = ledger
            .keep_callback(&source, "c1", &Digest::of(b"c"), at(110))
            .await;
        assert_eq!(kept.unwrap(), expected);
        ledger
            .keep_document(&cycle, "frame", b"{}", at(110))
            .await
            .unwrap();
    }
    let other = ledger.keep_document(&cycle, "frame", b"[]", at(111)).await;
    assert!(matches!(other, Err(LedgerFault::KeptAlready(_))));
    assert_eq!(
        ledger.document(&cycle, "frame").await.unwrap().unwrap(),
        b"{}"
    );
}

async fn writers_take_turns(ledger: &Ledger) {
    let before = whole(ledger).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let ledger = ledger.clone();
        writers.spawn(async move {
            for _ in 0..5 {
                owe(&ledger, &format!("T{writer}"), Vec::new(), &[], 120).await;
            }
        });
    }
    writers.join_all().await;
    assert_eq!(whole(ledger).await, before + 20);
}
