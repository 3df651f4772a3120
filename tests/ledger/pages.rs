//! Is a page taken in whole, in its order, and not at all if it fails?

use greentick::ledger::{Ledger, QuarantineRow};
use greentick::practice::episode::{Episode, Stage};
use greentick::practice::ids::{Digest, EpisodeId, StepId};
use greentick::practice::known::Known;
use greentick::practice::sighting::{Direction, Link, Sighting};
use serde_json::json;

use super::{absorbed, at, bound, effect, file, on_both_engines, page, reaction, sighting, whole};

on_both_engines!(two_sightings_of_one_step_fold_in_the_page_s_order);
on_both_engines!(what_one_page_binds_counts_for_the_rest_of_it);
on_both_engines!(a_page_of_nothing_new_moves_the_cursor_alone);
on_both_engines!(a_step_that_can_be_read_again_leaves_quarantine);
on_both_engines!(what_is_owed_and_cured_in_one_page_is_never_said);

/// The mirror holds A; a page brings B and then A again: A is news after B.
async fn two_sightings_of_one_step_fold_in_the_page_s_order(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let unversioned = |assignee: &str| Sighting {
        version: None,
        assignee: Known::Is(assignee.into()),
        ..sighting("1", "", "E", 1)
    };
    let (a, b) = (unversioned("W-A"), unversioned("W-B"));
    absorbed(&ledger, page(vec![a.clone()], "one"), 1).await;
    let mut told = Vec::new();
    let done = ledger
        .absorb(
            page(vec![b.clone(), a.clone()], "two"),
            at(2),
            |before, id, seen| {
                told.push((before.map(|episode| episode.version), seen.assignee.clone()));
                reaction(before, id, Vec::new())
            },
        )
        .await
        .unwrap();
    assert_eq!((done.seen, done.unchanged), (2, 0));
    let expected = [(Some(1), b.assignee), (Some(2), a.assignee.clone())];
    assert_eq!(told, expected, "each sees what the one before it left");
    let held = &ledger.mirror().await.unwrap()[0];
    assert_eq!(held.content, a.content().0);
    assert_eq!(whole(&ledger).await, 3);
}

/// A step without a reference, linked to one that comes before it on the same page, is of its episode.
async fn what_one_page_binds_counts_for_the_rest_of_it(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let linked = |step: &str, to: &str| Sighting {
        links: vec![Link {
            step: StepId::from(to),
            direction: Direction::Previous,
            immediate: false,
        }],
        ..sighting(step, "1", "", 1)
    };
    let seen = vec![
        sighting("1", "1", "E", 1),
        linked("2", "1"),
        linked("3", "2"),
        // Alone, and joined later on the same page.
        sighting("4", "1", "", 1),
        sighting("4", "2", "E", 1),
    ];
    absorbed(&ledger, page(seen, "one"), 1).await;
    for step in ["1", "2", "3", "4"] {
        assert_eq!(bound(&ledger, step).await, Some("E".into()), "step {step}");
    }
    let episodes = ledger.episodes(None).await.unwrap();
    let ids: Vec<&str> = episodes.iter().map(|episode| episode.id.as_str()).collect();
    assert_eq!(ids, ["E"], "nobody is left standing alone");
    assert_eq!(whole(&ledger).await, 6, "five seen, one joined");
}

async fn a_page_of_nothing_new_moves_the_cursor_alone(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let seen = || vec![sighting("1", "1", "E", 1), sighting("2", "1", "E", 1)];
    absorbed(&ledger, page(seen(), "one"), 1).await;
    let count = whole(&ledger).await;
    assert_eq!(
        absorbed(&ledger, page(seen(), "two"), 2).await,
        [2, 2, 0, 0]
    );
    assert_eq!(ledger.cursor("feed").await.unwrap(), Some(json!("two")));
    assert_eq!(whole(&ledger).await, count);
}

/// Even if it reads as it did before it could not be read.
async fn a_step_that_can_be_read_again_leaves_quarantine(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let good = || page(vec![sighting("1", "1", "E", 1)], "good");
    absorbed(&ledger, good(), 1).await;
    let row = |step: &str, content: &[u8]| QuarantineRow {
        step: Some(step.to_owned()),
        path: "status".to_owned(),
        reason: "status outside the vocabulary".to_owned(),
        fingerprint: Digest::of(content).0,
    };
    let mut bad = page(Vec::new(), "bad");
    // The same record twice is one row, met twice.
    bad.quarantined = vec![row("1", b"a"), row("2", b"b"), row("1", b"a")];
    assert_eq!(absorbed(&ledger, bad, 2).await, [0, 0, 0, 3]);
    let rows = ledger.quarantine().await.unwrap();
    let mut times: Vec<_> = rows
        .iter()
        .map(|row| (row.step.as_deref(), row.times))
        .collect();
    times.sort_unstable();
    assert_eq!(times, [(Some("1"), 2), (Some("2"), 1)]);
    assert_eq!(absorbed(&ledger, good(), 3).await, [1, 1, 0, 0]);
    let rows = ledger.quarantine().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].step.as_deref(), Some("2"));
    assert_eq!(whole(&ledger).await, 4, "seen, two set aside, one released");
}

async fn what_is_owed_and_cured_in_one_page_is_never_said(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let seen = vec![sighting("1", "1", "E", 1), sighting("1", "2", "E", 1)];
    let mut first = true;
    let done = ledger
        .absorb(
            page(seen, "one"),
            at(1),
            |before: Option<&Episode>, id: &EpisodeId, _| {
                let mut change = reaction(before, id, Vec::new());
                if std::mem::take(&mut first) {
                    change.owed = vec![effect("k1", "E", 1), effect("k1", "E", 1)];
                } else {
                    change.withdrawn = vec!["overdue".to_owned()];
                }
                change
            },
        )
        .await
        .unwrap();
    assert_eq!(done.owed, 1, "a key is owed once");
    assert!(ledger.claim(at(2), 30, 9, "a").await.unwrap().is_empty());
    let rows = ledger.outbox_list().await.unwrap();
    assert_eq!((rows.len(), rows[0].state.as_str()), (1, "withdrawn"));
    assert_eq!(whole(&ledger).await, 4, "seen, owed, seen, withdrawn");
}

/// A step by its stage, for the allocation that it may belong to.
#[tokio::test]
async fn an_allocation_is_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    let id = EpisodeId::from("LE-1");
    let allocated = |before: Option<&Episode>| {
        let mut change = reaction(before, &id, Vec::new());
        change.after.allocation = Some(
            serde_json::from_value(json!({
                "cycle": "C", "source": "mosaic", "child": "child", "practitioner": "W-1",
                "reviewer": "W-2", "supervisor": "W-3", "service_manager": "W-4",
                "operational_manager": null, "service": "S", "allocated_on": "2026-11-02",
                "due_on": "2026-12-18",
            }))
            .unwrap(),
        );
        Some(change)
    };
    ledger.react_one(&id, at(0), allocated).await.unwrap();
    let seen = |step: &str| Sighting {
        stage: Stage::Practitioner,
        child: Known::Is("child".into()),
        assignee: Known::Is("W-1".into()),
        ..sighting(step, "1", "", 1)
    };
    // Both would fit; the first has it, and the second must not be guessed into it.
    ledger
        .absorb(
            page(vec![seen("1"), seen("2")], "one"),
            at(1),
            |before, id, seen| {
                let mut change = reaction(before, id, Vec::new());
                greentick::practice::fold::take_sighting(&mut change.after, seen);
                change
            },
        )
        .await
        .unwrap();
    assert_eq!(bound(&ledger, "1").await, Some(id));
    assert_eq!(bound(&ledger, "2").await, Some("unbound-2".into()));
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
