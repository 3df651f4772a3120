//! One day of an episode: seen, held, moderated, held again, finished without a permit, undone once.
//!
//! Judge, reaction and ledger together, on SQLite; `tests/ledger` holds both engines to one story.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::too_many_lines,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::BTreeMap;

use greentick::ledger::{Ledger, PageSeen, QuarantineRow, Settled, Verified};
use greentick::practice::decision::{Decided, Decision, ModerationOutcome};
use greentick::practice::episode::{Evaluation, StepStatus};
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{Digest, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::{Known, Why};
use greentick::practice::react::{Input, react};
use greentick::practice::sighting::{Sighting, StepDates};
use greentick::practice::terms::{Mode, Terms};
use greentick::practice::verdict::{Answer, Attempt};
use jiff::{SignedDuration, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn review(version: &str, status: StepStatus, evaluation: &str, now: Timestamp) -> Sighting {
    let facts: BTreeMap<Fact, Known<Value>> = [(
        Fact::Evaluation,
        Known::Is(Value::Code(evaluation.to_owned())),
    )]
    .into();
    let seen = common::review("48213", "LE-2026-0017", now);
    Sighting {
        status,
        version: Some(version.to_owned()),
        dates: StepDates {
            completed: (status == StepStatus::Completed).then_some(now),
            ..seen.dates.clone()
        },
        facts,
        ..seen
    }
}

/// Takes one page with one sighting in; returns what the page did.
async fn page(
    ledger: &Ledger,
    terms: &Terms,
    sighting: Sighting,
    now: Timestamp,
) -> greentick::ledger::Absorbed {
    let source = SourceName::from("council");
    let seen = PageSeen {
        source: source.clone(),
        sightings: vec![sighting],
        quarantined: Vec::new(),
        cursor: Some((
            "feed/council".to_owned(),
            serde_json::json!({ "since": now }),
        )),
        restored: None,
        said: Vec::new(),
        ends_first_reading: false,
    };
    ledger
        .absorb(seen, now, |before, id, sighting| {
            react(before, id, &source, Input::Seen(sighting), terms, now)
        })
        .await
        .unwrap()
}

async fn ask(ledger: &Ledger, terms: &Terms, id: &str, now: Timestamp) -> (Answer, Vec<String>) {
    let attempt = Attempt {
        step: StepId::from("48213"),
        actor: Some(WorkerId::from("W-PR")),
        hand_over: Known::Unreadable(Why::NotSeen),
        immediate: false,
        at: now,
        screen: None,
    };
    let episode = EpisodeId::from("LE-2026-0017");
    let reaction = ledger
        .react_one(&episode, now, |before| {
            let before = before?;
            let input = Input::Asked(&attempt, id);
            Some(react(
                Some(before),
                &before.id,
                &before.source,
                input,
                terms,
                now,
            ))
        })
        .await
        .unwrap()
        .unwrap();
    let verdict = reaction.verdict.unwrap();
    (
        verdict.answer(),
        verdict.codes().into_iter().map(str::to_owned).collect(),
    )
}

async fn decide(ledger: &Ledger, terms: &Terms, by: &str, what: Decided, now: Timestamp) {
    let episode = EpisodeId::from("LE-2026-0017");
    let decision = Decision {
        id: format!("decision at {now}"),
        episode: episode.clone(),
        by: WorkerId::from(by),
        at: now,
        what,
    };
    ledger
        .react_one(&episode, now, |before| {
            let source = SourceName::from("council");
            Some(react(
                before,
                &episode,
                &source,
                Input::Decided(&decision),
                terms,
                now,
            ))
        })
        .await
        .unwrap();
}

async fn story(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let terms = common::terms(Mode::Reverse);
    let start = at("2026-11-16T10:00:00Z");
    let minutes = |n: i64| start + SignedDuration::from_mins(n);

    // A page is taken in once, however often it is read, and an older version never undoes a newer one.
    let first = review("5", StepStatus::Started, "outstanding", start);
    assert_eq!(
        page(&ledger, &terms, first.clone(), start).await.unchanged,
        0
    );
    assert_eq!(page(&ledger, &terms, first, minutes(1)).await.unchanged, 1);
    let older = review("4", StepStatus::Incoming, "good", minutes(2));
    assert_eq!(page(&ledger, &terms, older, minutes(2)).await.stale, 1);
    let mirror = ledger.mirror().await.unwrap();
    assert_eq!(mirror.len(), 1);
    assert_eq!(
        (mirror[0].version.as_deref(), mirror[0].status),
        (Some("5"), StepStatus::Started)
    );
    assert!(ledger.cursor("feed/council").await.unwrap().is_some());

    // Outstanding without moderation is held; with it the rule is met; another evaluation holds again.
    let (answer, codes) = ask(&ledger, &terms, "d-1", minutes(3)).await;
    assert_eq!(answer, Answer::Hold);
    assert!(codes.iter().any(|code| code == "LE-27.1"), "{codes:?}");
    let moderate = |grade| Decided::Moderate {
        grade,
        outcome: ModerationOutcome::Agree,
        instead: None,
        on: None,
    };
    decide(
        &ledger,
        &terms,
        "W-HEAD",
        moderate(Evaluation::Outstanding),
        minutes(4),
    )
    .await;
    let proof = || Settled::Sent {
        proof: "read back".to_owned(),
    };
    // The reminder that is owed waits for a morning's digest; what a person decided is said at once.
    let told = ledger.claim(minutes(4), 60, 10, "one").await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].effect.act.text().unwrap().contains("agreed"));
    assert!(ledger.settle(&told[0], proof(), minutes(4)).await.unwrap());
    let (_, codes) = ask(&ledger, &terms, "d-2", minutes(5)).await;
    assert!(
        !codes.iter().any(|code| code.starts_with("LE-27")),
        "{codes:?}"
    );
    let changed = review("6", StepStatus::Started, "inadequate", minutes(6));
    page(&ledger, &terms, changed, minutes(6)).await;
    let (answer, codes) = ask(&ledger, &terms, "d-3", minutes(7)).await;
    assert_eq!(answer, Answer::Hold);
    assert!(
        codes.iter().any(|code| code.starts_with("LE-27")),
        "{codes:?}"
    );

    // A Finish without a permit is one bypass, and one reopening is owed for it.
    let finished = review("7", StepStatus::Completed, "inadequate", minutes(8));
    assert_eq!(page(&ledger, &terms, finished, minutes(8)).await.owed, 1);
    let claimed = ledger.claim(minutes(9), 60, 10, "one").await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].effect.act.operation(), "reopen");
    assert!(
        ledger
            .claim(minutes(9), 60, 10, "two")
            .await
            .unwrap()
            .is_empty(),
        "leased"
    );

    // A lease that ran out counts as a try, and the slow holder's answer no longer counts.
    let again = ledger.claim(minutes(11), 60, 10, "two").await.unwrap();
    assert_eq!(again[0].attempts, 2);
    assert!(!ledger.still_ours(&claimed[0], minutes(11)).await.unwrap());
    assert!(
        !ledger
            .settle(&claimed[0], proof(), minutes(11))
            .await
            .unwrap()
    );
    assert!(
        ledger
            .settle(&again[0], proof(), minutes(11))
            .await
            .unwrap()
    );
    assert!(
        ledger
            .claim(minutes(20), 60, 10, "three")
            .await
            .unwrap()
            .is_empty(),
        "sent once"
    );

    // What cannot be read is kept once with its reason.
    let bad = QuarantineRow {
        step: Some("9".to_owned()),
        path: "Status".to_owned(),
        reason: "`PARKED` is not in the vocabulary".to_owned(),
        fingerprint: "ab".repeat(32),
    };
    for n in 0..2 {
        let seen = PageSeen {
            source: SourceName::from("council"),
            sightings: Vec::new(),
            quarantined: vec![bad.clone()],
            cursor: None,
            restored: None,
            said: Vec::new(),
            ends_first_reading: false,
        };
        ledger
            .absorb(seen, minutes(12 + n), |_, _, _| unreachable!())
            .await
            .unwrap();
    }
    let quarantine = ledger.quarantine().await.unwrap();
    assert_eq!((quarantine.len(), quarantine[0].times), (1, 2));

    // The chain holds, and its export can be followed by anybody.
    let Verified::Whole { count, head } = ledger.verify().await.unwrap() else {
        panic!("the chain is broken")
    };
    let mut export = Vec::new();
    assert_eq!(ledger.export(&mut export).await.unwrap(), count);
    let text = String::from_utf8(export).unwrap();
    let mut prev = "0".repeat(64);
    for (n, line) in text.lines().enumerate() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["seq"], n + 1);
        assert_eq!(line["prev"], prev);
        let linked = Digest::of(format!("{prev}\n{}", line["body"]).as_bytes());
        assert_eq!(line["hash"], linked.0);
        prev = linked.0;
    }
    assert_eq!(prev, head);
    let bypasses = text
        .lines()
        .filter(|line| line.contains("\"kind\":\"bypass\""))
        .count();
    assert_eq!(bypasses, 1);
}

#[tokio::test]
async fn an_evaluation_that_is_not_moderated_is_held_and_its_finish_undone_once() {
    let folder = tempfile::tempdir().unwrap();
    story(&format!(
        "sqlite:{}",
        folder.path().join("ledger.sqlite3").display()
    ))
    .await;
}
