//! Do many decisions share a commit without knowing of each other?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use greentick::ledger::{Ledger, LedgerFault};
use greentick::practice::ids::EpisodeId;

use super::{Commits, at, effect, file, on_both_engines, reaction, whole};

on_both_engines!(each_of_many_sees_what_those_before_it_left);
on_both_engines!(one_that_declines_fails_or_goes_away_takes_nobody_with_it);

/// Sixty-four changes of two episodes at once: none is lost, and each is there when it is answered.
async fn each_of_many_sees_what_those_before_it_left(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for nth in 0..64_i64 {
        let ledger = ledger.clone();
        calls.spawn(async move {
            let id = EpisodeId(format!("E{}", nth % 2));
            let told = ledger
                .react_one(&id, at(nth), |before| {
                    Some(reaction(before, &id, Vec::new()))
                })
                .await
                .unwrap()
                .unwrap();
            let kept = ledger.episode(&id).await.unwrap().unwrap();
            assert!(
                kept.version >= told.after.version,
                "answered before it was kept"
            );
            told.after.version
        });
    }
    let mut versions = calls.join_all().await;
    versions.sort_unstable();
    let expected: Vec<u64> = (1..=32).flat_map(|version| [version, version]).collect();
    assert_eq!(versions, expected);
    assert_eq!(whole(&ledger).await, 64);
}

async fn one_that_declines_fails_or_goes_away_takes_nobody_with_it(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    let kept = Arc::new(AtomicU64::new(0));
    for nth in 0..60_i64 {
        let (ledger, kept) = (ledger.clone(), Arc::clone(&kept));
        calls.spawn(async move {
            let id = EpisodeId(format!("E{nth}"));
            let owed = vec![effect(&format!("k{nth}"), &id.0, 1)];
            let call = ledger.react_one(&id, at(nth), |before| match nth % 4 {
                1 => None,
                2 => panic!("a caller that cannot go on"),
                _ => Some(reaction(before, &id, owed)),
            });
            if nth % 4 == 3 {
                // Gone before it is answered, wherever it stands by then.
                let mut call = std::pin::pin!(call);
                for _ in 0..nth {
                    let polled = std::future::poll_fn(|context| {
                        std::task::Poll::Ready(call.as_mut().poll(context).is_ready())
                    });
                    if polled.await {
                        kept.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                return;
            }
            if call.await.unwrap().is_some() {
                kept.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut panics = 0;
    while let Some(ended) = calls.join_next().await {
        panics += u64::from(ended.is_err_and(|fault| fault.is_panic()));
    }
    assert_eq!(panics, 15);
    let told = kept.load(Ordering::Relaxed);
    assert!(told >= 15, "everybody who stayed was answered: {told}");
    let episodes = ledger.episodes(None).await.unwrap();
    for episode in &episodes {
        let nth: i64 = episode.id.as_str().trim_start_matches('E').parse().unwrap();
        assert!(
            matches!(nth % 4, 0 | 3),
            "{} left something behind",
            episode.id
        );
    }
    for nth in (0..60).step_by(4) {
        let id = EpisodeId(format!("E{nth}"));
        assert!(
            episodes.iter().any(|episode| episode.id == id),
            "{id} was lost"
        );
    }
    assert_eq!(
        whole(&ledger).await,
        2 * i64::try_from(episodes.len()).unwrap(),
        "a line for each input and one for each effect"
    );
}

/// Calls that come at one time need few turns, since a commit waits for the disk.
#[tokio::test]
async fn calls_that_come_together_share_a_turn() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for nth in 0..64_i64 {
        let ledger = ledger.clone();
        calls.spawn(async move {
            let id = EpisodeId(format!("E{nth}"));
            let change = |before: Option<&_>| Some(reaction(before, &id, Vec::new()));
            ledger.react_one(&id, at(nth), change).await.unwrap();
        });
    }
    calls.join_all().await;
    let pool = sqlx::SqlitePool::connect(&file(&folder)).await.unwrap();
    let turns: i64 = sqlx::query_scalar("SELECT n FROM turn")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(turns <= 8, "64 calls took {turns} turns");
    assert_eq!(whole(&ledger).await, 64);
}

/// Nobody is told that it stands, and the ledger goes on by itself when commits succeed again.
#[tokio::test]
async fn a_failed_commit_is_unknown_to_all_who_shared_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    let commits = Commits::of(&file(&folder)).await;
    let call = |nth: i64| {
        let ledger = ledger.clone();
        async move {
            let id = EpisodeId(format!("E{nth}"));
            let change = |before: Option<&_>| Some(reaction(before, &id, Vec::new()));
            ledger.react_one(&id, at(nth), change).await.map(drop)
        }
    };
    commits.fail_on("%").await;
    let mut calls = tokio::task::JoinSet::new();
    for nth in 0..8 {
        calls.spawn(call(nth));
    }
    for told in calls.join_all().await {
        assert!(
            matches!(told, Err(LedgerFault::UnknownCommit(_))),
            "{told:?}"
        );
    }
    commits.mend().await;
    call(9).await.unwrap();
    assert_eq!(whole(&ledger).await, 1);
    assert_eq!(ledger.episodes(None).await.unwrap().len(), 1);
}
