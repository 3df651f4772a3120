//! W1's floor: download, stream-extract, bulk upsert of what changed, the cursor with each page.
//!
//! One row a step and one compact value for its answers, nothing judged, nothing kept of the past.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{QueryBuilder, Row as _, Sqlite};

/// A durable file, as the ledger's.
pub async fn open(file: &std::path::Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .unwrap();
    for sql in [
        "CREATE TABLE steps (id TEXT PRIMARY KEY, version TEXT, status TEXT, modified TEXT, answers TEXT)",
        "CREATE TABLE cursors (name TEXT PRIMARY KEY, body BIGINT)",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    pool
}

#[derive(Default)]
struct Step {
    id: String,
    version: String,
    status: String,
    modified: String,
    answers: String,
}

/// Reads every page once.
pub async fn pass(client: &reqwest::Client, base: &str, total: usize, pool: &SqlitePool) {
    let mut offset = 0;
    while offset < total {
        let answer = client.get(format!("{base}/steps?limit=200&offset={offset}"));
        let bytes = answer.send().await.unwrap().bytes().await.unwrap();
        let steps = extract(std::str::from_utf8(&bytes).unwrap());
        offset += steps.len();
        keep(pool, steps, offset).await;
    }
}

fn name_of(start: &BytesStart<'_>) -> String {
    let name = start.try_get_attribute("name").unwrap().unwrap();
    name.normalized_value(quick_xml::XmlVersion::default())
        .unwrap()
        .into_owned()
}

fn extract(text: &str) -> Vec<Step> {
    let mut reader = Reader::from_str(text);
    let (mut steps, mut step, mut value) = (Vec::new(), Step::default(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                value.clear();
                if start.name().as_ref() == "answer" {
                    let comma = if step.answers.is_empty() { '{' } else { ',' };
                    step.answers.push(comma);
                    step.answers += &serde_json::to_string(&name_of(&start)).unwrap();
                    step.answers.push(':');
                }
            }
            Event::Empty(start) if start.name().as_ref() == "status" => {
                step.status = name_of(&start);
            }
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::End(end) => match end.name().as_ref() {
                "id" => step.id = std::mem::take(&mut value),
                "version" => step.version = std::mem::take(&mut value),
                "updated_on" => step.modified = std::mem::take(&mut value),
                "value" => step.answers += &serde_json::to_string(&value).unwrap(),
                "step" => {
                    step.answers.push('}');
                    steps.push(std::mem::take(&mut step));
                }
                _ => {}
            },
            Event::Eof => return steps,
            _ => {}
        }
    }
}

async fn keep(pool: &SqlitePool, mut steps: Vec<Step>, offset: usize) {
    let mut held = QueryBuilder::<Sqlite>::new("SELECT id, version FROM steps WHERE id IN (");
    let mut ids = held.separated(", ");
    for step in &steps {
        ids.push_bind(&step.id);
    }
    held.push(")");
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let rows = held.build().fetch_all(&mut *tx).await.unwrap();
    let held: std::collections::HashMap<String, String> =
        rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    steps.retain(|step| held.get(&step.id) != Some(&step.version));
    if !steps.is_empty() {
        let mut put = QueryBuilder::<Sqlite>::new(
            "INSERT INTO steps (id, version, status, modified, answers) ",
        );
        put.push_values(&steps, |mut row, step| {
            row.push_bind(&step.id)
                .push_bind(&step.version)
                .push_bind(&step.status)
                .push_bind(&step.modified)
                .push_bind(&step.answers);
        });
        put.push(
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, \
             modified = excluded.modified, answers = excluded.answers",
        );
        put.build().execute(&mut *tx).await.unwrap();
    }
    let cursor = "INSERT INTO cursors (name, body) VALUES ('feed', $1) \
        ON CONFLICT (name) DO UPDATE SET body = excluded.body";
    let offset = i64::try_from(offset).unwrap();
    sqlx::query(cursor)
        .bind(offset)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
