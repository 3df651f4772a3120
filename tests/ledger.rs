//! The ledger's promises, told once and kept on both engines.
//!
//! `SQLite` in a temporary file always; PostgreSQL at `TEST_DATABASE_URL` (an empty database), or skipped
//! out loud, which is a failure when `GREENTICK_REQUIRE_POSTGRES=1`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a story that stops at the first surprise is what a test is for"
)]

use std::collections::BTreeMap;

use greentick::ledger::{Kept, Ledger, LedgerFault, PageSeen, QuarantineRow, Settled, Verified};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Episode, Presence, Role, Stage, StepStatus};
use greentick::practice::ids::{CycleId, Digest, EpisodeId, SourceName, StepId};
use greentick::practice::known::Known;
use greentick::practice::react::{JournalLine, Reaction};
use greentick::practice::sighting::{Road, Sighting, StepDates};
use jiff::Timestamp;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn sighting(step: &str, version: &str, reference: &str, second: i64) -> Sighting {
    Sighting {
        source: "mosaic".into(),
        step: step.into(),
        stage: Stage::PracticeReview,
        presence: Presence::Present,
        status: StepStatus::Started,
        locked: false,
        version: Some(version.to_owned()),
        modified_at: None,
        dates: StepDates::default(),
        assignee: Known::Is("W-101".into()),
        reference: if reference.is_empty() {
            Known::Blank
        } else {
            Known::Is(reference.into())
        },
        cycle: Known::Blank,
        child: Known::Blank,
        people: BTreeMap::new(),
        links: Vec::new(),
        facts: BTreeMap::new(),
        seen_at: at(second),
        road: Road::Feed,
    }
}

fn effect(key: &str, episode: &str, due: i64) -> Effect {
    Effect {
        key: key.to_owned(),
        source: "mosaic".into(),
        episode: Some(episode.into()),
        step: None,
        act: Act::Notice {
            text: "late".to_owned(),
        },
        rule: "LE-03.1".to_owned(),
        cause: "overdue".to_owned(),
        audience: vec![Role::QaManager],
        due_at: at(due),
    }
}

fn reaction(before: Option<&Episode>, id: &EpisodeId, owed: Vec<Effect>) -> Reaction {
    let mut after = before
        .cloned()
        .unwrap_or_else(|| Episode::new(id.clone(), SourceName::from("mosaic")));
    after.version += 1;
    Reaction {
        after,
        verdict: None,
        owed,
        withdrawn: Vec::new(),
        look_again: None,
        said: vec![JournalLine {
            kind: "seen".to_owned(),
            body: json!({"n": 1}),
        }],
    }
}

fn page(sightings: Vec<Sighting>, cursor: &str) -> PageSeen {
    PageSeen {
        source: "mosaic".into(),
        sightings,
        quarantined: Vec::new(),
        cursor: Some(("feed".to_owned(), json!(cursor))),
    }
}

async fn absorbed(ledger: &Ledger, seen: PageSeen, second: i64) -> [u64; 4] {
    let done = ledger
        .absorb(seen, at(second), |before, id, _| {
            reaction(before, id, Vec::new())
        })
        .await
        .unwrap();
    [done.seen, done.unchanged, done.stale, done.quarantined]
}

async fn whole(ledger: &Ledger) -> i64 {
    match ledger.verify().await.unwrap() {
        Verified::Whole { count, .. } => count,
        Verified::Broken { seq, why } => panic!("entry {seq}: {why}"),
    }
}

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

async fn bound(ledger: &Ledger, step: &str) -> Option<EpisodeId> {
    ledger
        .episode_of_step(&"mosaic".into(), &StepId::from(step))
        .await
        .unwrap()
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

async fn owe(ledger: &Ledger, id: &str, owed: Vec<Effect>, withdrawn: &[&str], second: i64) {
    let id = EpisodeId::from(id);
    let change = |before: Option<&Episode>| {
        let mut change = reaction(before, &id, owed);
        change.withdrawn = withdrawn.iter().map(|&cause| cause.to_owned()).collect();
        Some(change)
    };
    assert!(
        ledger
            .react_one(&id, at(second), change)
            .await
            .unwrap()
            .is_some()
    );
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
    assert!(!ledger.still_owed(&first[0]).await.unwrap());
    assert!(
        !ledger
            .settle(&first[0], sent.clone(), at(61))
            .await
            .unwrap(),
        "the fence moved"
    );
    assert!(ledger.still_owed(&second[0]).await.unwrap());
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

fn file(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("ledger.db").display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_holds_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    story(&file(&folder)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_holds_on_postgresql() {
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return story(&url).await;
    }
    let required = std::env::var("GREENTICK_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "PostgreSQL is required, and TEST_DATABASE_URL names none"
    );
    println!("skipped: TEST_DATABASE_URL names no PostgreSQL");
}

#[tokio::test]
async fn a_page_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    let seen = page(
        vec![sighting("1", "1", "E", 1), sighting("2", "1", "E", 1)],
        "moved",
    );
    let mut count = 0;
    // Cancelled half way: the future is dropped inside the second reaction's panic.
    let task = {
        let ledger = ledger.clone();
        tokio::task::spawn_blocking(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(ledger.absorb(seen, at(1), move |before, id, _| {
                    count += 1;
                    assert!(count < 2, "stopped half way");
                    reaction(before, id, Vec::new())
                }))
        })
    };
    assert!(task.await.is_err());
    assert!(ledger.mirror().await.unwrap().is_empty());
    assert_eq!(ledger.cursor("feed").await.unwrap(), None);
    assert_eq!(whole(&ledger).await, 0);
}

#[tokio::test]
async fn the_export_is_what_an_independent_verifier_reads() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    for (second, id) in (1..).zip(["E1", "E2", "E3"]) {
        owe(&ledger, id, vec![effect(id, id, 1)], &[], second).await;
    }
    let mut out = Vec::new();
    assert_eq!(ledger.export(&mut out).await.unwrap(), 6);
    let text = String::from_utf8(out).unwrap();
    let told = folder.path().join("export.jsonl");
    let verify = |text: &str| {
        std::fs::write(&told, text).unwrap();
        let run = std::process::Command::new("python3")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/verify_ledger.py"
            ))
            .arg(&told)
            .output()
            .unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    assert!(verify(&text).starts_with("whole: 6 entries"));
    let tampered = text.replacen("\"episode\":\"E2\"", "\"episode\":\"E9\"", 1);
    assert!(
        verify(&tampered).starts_with("broken: entry 3"),
        "{}",
        verify(&tampered)
    );
}

#[tokio::test]
async fn one_changed_byte_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    for (second, id) in (1..).zip(["E1", "E2", "E3"]) {
        owe(&ledger, id, Vec::new(), &[], second).await;
    }
    assert_eq!(whole(&ledger).await, 3);
    drop(ledger);
    let tamper = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db:\n    \
        db.execute(\"UPDATE journal SET body = replace(body, 'E2', 'E9') WHERE seq = 2\")\n";
    let run = std::process::Command::new("python3")
        .args(["-c", tamper])
        .arg(folder.path().join("ledger.db"))
        .status();
    assert!(run.unwrap().success());
    // It is not worked with any more, and can still be looked at.
    let refused = Ledger::open(&file(&folder)).await.err().unwrap();
    assert!(
        matches!(&refused, LedgerFault::Unfit(why) if why.contains("line 2")),
        "{refused}"
    );
    let ledger = Ledger::inspect(&file(&folder)).await.unwrap();
    let verified = ledger.verify().await.unwrap();
    assert!(
        matches!(verified, Verified::Broken { seq: 2, .. }),
        "{verified:?}"
    );
}
