//! The ledger's promises, kept on both engines.
//!
//! `SQLite` in a temporary file always; PostgreSQL at `TEST_DATABASE_URL`, where each test makes a database of
//! its own, or skipped out loud, which is a failure when `GREENTICK_REQUIRE_POSTGRES=1`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a story that stops at the first surprise is what a test is for"
)]

mod aliases;
#[path = "../common/mod.rs"]
mod common;
mod journal;
mod named;
mod opening;
mod outbox;
mod pages;
mod reading;
mod story;
mod together;

use std::collections::BTreeMap;

use greentick::ledger::{Ledger, PageSeen, Verified};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Episode, Presence, Role, Stage, StepStatus};
use greentick::practice::ids::{EpisodeId, SourceName, StepId};
use greentick::practice::known::{Known, Why};
use greentick::practice::react::{JournalLine, Reaction};
use greentick::practice::sighting::{Road, Sighting, StepDates};
use jiff::Timestamp;
use serde_json::json;

/// Tells a story on each engine, as a test of its own; `$tell` is an `async fn(&str)` of the ledger's URL.
macro_rules! on_both_engines {
    ($tell:ident) => {
        mod $tell {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let folder = tempfile::tempdir().unwrap();
                super::$tell(&crate::file(&folder)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                let (drop, create) = (
                    concat!("DROP DATABASE IF EXISTS greentick_", stringify!($tell)),
                    concat!("CREATE DATABASE greentick_", stringify!($tell)),
                );
                let name = concat!("greentick_", stringify!($tell));
                if let Some(url) = crate::database(drop, create, name).await {
                    super::$tell(&url).await;
                }
            }
        }
    };
}
use on_both_engines;

/// An empty database of this name beside the one at `TEST_DATABASE_URL`; none if there is none to be had.
async fn database(drop: &'static str, create: &'static str, name: &str) -> Option<String> {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        let required = std::env::var("GREENTICK_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "PostgreSQL is required, and TEST_DATABASE_URL names none"
        );
        println!("skipped: TEST_DATABASE_URL names no PostgreSQL");
        return None;
    };
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    for sql in [drop, create] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let (server, _) = url.rsplit_once('/').unwrap();
    Some(format!("{server}/{name}"))
}

fn file(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("ledger.db").display())
}

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
        siblings: Vec::new(),
        merged_from: Vec::new(),
        copied_from: None,
        team: Known::Unreadable(Why::NotMapped),
        scheduled: None,
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
        daily: false,
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
        corrected: Vec::new(),
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
        restored: None,
        said: Vec::new(),
        ends_first_reading: false,
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

async fn bound(ledger: &Ledger, step: &str) -> Option<EpisodeId> {
    ledger
        .episode_of_step(&"mosaic".into(), &StepId::from(step))
        .await
        .unwrap()
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

/// Makes commits fail, as a full disk would: by a constraint that is only looked at then.
struct Commits(sqlx::SqlitePool);

impl Commits {
    async fn of(url: &str) -> Self {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        for sql in [
            "CREATE TABLE parent (id TEXT PRIMARY KEY)",
            "CREATE TABLE child (id TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE failing (like TEXT)",
            "CREATE TRIGGER fail AFTER INSERT ON journal \
             WHEN EXISTS (SELECT 1 FROM failing WHERE NEW.body LIKE failing.like) \
             BEGIN INSERT INTO child VALUES ('orphan'); END",
        ] {
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        Self(pool)
    }

    async fn fail_on(&self, like: &str) {
        let sql = "INSERT INTO failing VALUES ($1)";
        sqlx::query(sql).bind(like).execute(&self.0).await.unwrap();
    }

    async fn mend(&self) {
        let sql = "DELETE FROM failing";
        sqlx::query(sql).execute(&self.0).await.unwrap();
    }
}
