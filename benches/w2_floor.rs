//! W2's floor: axum, one indexed read, one durable insert, committed for all who wait at that moment.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{QueryBuilder, Row as _, Sqlite};
use tokio::sync::{mpsc, oneshot};

/// A decision to be kept, and whom to tell.
type Asked = (String, oneshot::Sender<()>);

#[derive(Clone)]
struct Held {
    read: SqlitePool,
    write: mpsc::Sender<Asked>,
}

#[derive(serde::Deserialize)]
struct Ask {
    step: String,
}

/// Serves a file of so many rows of about a kilobyte, as the ledger has them.
pub async fn serve(file: &std::path::Path, many: usize, listener: tokio::net::TcpListener) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = |most| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .test_before_acquire(false)
    };
    let write = pool(1).connect_with(options.clone()).await.unwrap();
    for sql in [
        "CREATE TABLE steps (id TEXT PRIMARY KEY, body TEXT)",
        "CREATE TABLE decisions (n INTEGER PRIMARY KEY, body TEXT)",
    ] {
        sqlx::query(sql).execute(&write).await.unwrap();
    }
    let rows_sql = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1) \
        INSERT INTO steps SELECT CAST(i AS TEXT), hex(zeroblob(512)) FROM n";
    let many = i64::try_from(many).unwrap();
    sqlx::query(rows_sql)
        .bind(many)
        .execute(&write)
        .await
        .unwrap();
    let read = pool(4).connect_with(options).await.unwrap();
    let (tell, told) = mpsc::channel(256);
    #[allow(clippy::disallowed_methods, reason = "the floor's one writer")]
    tokio::spawn(commit_in_groups(write, told));
    let router = Router::new()
        .route("/api/v1/finish-checks", post(answer))
        .with_state(Held { read, write: tell });
    axum::serve(listener, router).await.unwrap();
}

async fn answer(State(held): State<Held>, body: axum::body::Bytes) -> Json<serde_json::Value> {
    let ask: Ask = serde_json::from_slice(&body).unwrap();
    let row = sqlx::query("SELECT body FROM steps WHERE id = $1")
        .bind(&ask.step)
        .fetch_one(&held.read)
        .await
        .unwrap();
    let read: &str = row.get(0);
    let decision = serde_json::json!({
        "decision": "permit", "step": ask.step, "length": read.len(),
    });
    let (tell, told) = oneshot::channel();
    held.write.send((decision.to_string(), tell)).await.unwrap();
    told.await.unwrap();
    Json(decision)
}

async fn commit_in_groups(write: SqlitePool, mut asked: mpsc::Receiver<Asked>) {
    let mut group = Vec::new();
    while asked.recv_many(&mut group, 256).await > 0 {
        let mut tx = write.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let mut put = QueryBuilder::<Sqlite>::new("INSERT INTO decisions (body) ");
        put.push_values(&group, |mut row, (body, _)| {
            row.push_bind(body);
        });
        put.build().execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        for (_, tell) in group.drain(..) {
            let _ = tell.send(());
        }
    }
}
