//! Is a ledger that does not hold refused, and left as it is?

use std::fs;

use greentick::ledger::{Ledger, LedgerFault, Verified};

use super::{file, on_both_engines, owe, whole};

on_both_engines!(a_newer_schema_is_refused_politely);

fn unfit(opened: Result<Ledger, LedgerFault>) -> String {
    match opened {
        Err(LedgerFault::Unfit(why)) => why,
        Err(other) => panic!("refused otherwise: {other}"),
        Ok(_) => panic!("it was opened"),
    }
}

async fn a_newer_schema_is_refused_politely(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    owe(&ledger, "E1", Vec::new(), &[], 1).await;
    drop(ledger);
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 99, 'of the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(newer).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(newer).execute(&pool).await.unwrap();
    }
    let why = unfit(Ledger::open(url).await);
    assert!(
        why.contains("version 99") && why.contains("newer program"),
        "{why}"
    );
    // It can still be looked at by this program.
    assert_eq!(whole(&Ledger::inspect(url).await.unwrap()).await, 1);
}

#[tokio::test]
async fn a_missing_folder_is_refused_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("volume/that/is/not/mounted");
    let url = format!("sqlite:{}", missing.join("ledger.db").display());
    let why = unfit(Ledger::open(&url).await);
    assert!(why.contains("volume/that/is/not/mounted"), "{why}");
    assert!(!missing.exists());
    assert!(
        Ledger::inspect(&file(&folder)).await.is_err(),
        "looking makes none either"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    for second in 0..200 {
        owe(&ledger, &format!("E{second}"), Vec::new(), &[], second).await;
    }
    drop(ledger);
    let path = folder.path().join("ledger.db");
    let pool = sqlx::SqlitePool::connect(&file(&folder)).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let why = unfit(Ledger::open(&file(&folder)).await);
    assert!(why.contains("damaged") && why.contains("backup"), "{why}");
    assert_eq!(fs::read(&path).unwrap().len(), bytes.len());
    // A file that is no database at all.
    fs::write(
        &path,
        "not a database, and longer than a header of one hundred bytes ".repeat(9),
    )
    .unwrap();
    let why = unfit(Ledger::open(&file(&folder)).await);
    assert!(why.contains("damaged"), "{why}");
}

/// Only the last thousand links are checked at a start; all of them by `ledger verify`.
#[tokio::test]
async fn the_last_links_are_checked_at_each_start() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for second in 0..1_100 {
        let ledger = ledger.clone();
        calls.spawn(
            async move { owe(&ledger, &format!("E{second}"), Vec::new(), &[], second).await },
        );
    }
    calls.join_all().await;
    drop(ledger);
    let pool = sqlx::SqlitePool::connect(&file(&folder)).await.unwrap();
    for (seq, opens) in [(50, true), (101, false), (1_100, false)] {
        let broken = "UPDATE journal SET body = replace(body, '\"n\":1', '\"n\":2') WHERE seq = $1";
        let mended = "UPDATE journal SET body = replace(body, '\"n\":2', '\"n\":1') WHERE seq = $1";
        sqlx::query(broken).bind(seq).execute(&pool).await.unwrap();
        assert_eq!(
            Ledger::open(&file(&folder)).await.is_ok(),
            opens,
            "line {seq}"
        );
        let verified = Ledger::inspect(&file(&folder))
            .await
            .unwrap()
            .verify()
            .await
            .unwrap();
        assert!(
            matches!(verified, Verified::Broken { seq: named, .. } if named == i64::from(seq)),
            "{verified:?}"
        );
        sqlx::query(mended).bind(seq).execute(&pool).await.unwrap();
    }
}
