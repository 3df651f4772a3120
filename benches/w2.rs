//! W2: how fast is a finish check answered, judged anew and durable before it leaves?

use std::sync::Arc;

use greentick::app::App;
use greentick::clock::Clock;
use greentick::practice::ids::WorkerId;
use greentick::telemetry::Metrics;
use greentick::web::{self, Caller, Callers, Doors, Freshness};
use jiff::civil::date;

use super::asking::{Answered, asked};
use super::meter::{Table, median, ratio, size};
use super::shelf::Shelf;
use super::{council, shelf, w2_floor};

#[allow(
    clippy::disallowed_methods,
    reason = "what is measured is started here"
)]
fn start(task: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(task)
}

async fn listener() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn doors(app: App<Shelf>) -> Arc<Doors<Shelf>> {
    Arc::new(Doors {
        app,
        clock: Clock::manual(council::start()),
        callers: Callers {
            tokens: vec![Caller {
                token: "asker".into(),
                worker: WorkerId::from("W-1"),
                may: vec!["finish_check".to_owned()],
            }],
            ..Callers::default()
        },
        metrics: Arc::new(Metrics::default()),
        nudge: Arc::new(tokio::sync::Notify::new()),
        freshness: Arc::new(Freshness::never(60)),
        banner: None,
    })
}

pub async fn run() {
    let episodes = size("BENCH_W2_EPISODES", 100_000);
    let span = size("BENCH_W2_MILLISECONDS", 1_000);
    let folder = tempfile::tempdir().unwrap();
    let app = shelf::filled(&folder.path().join("ledger.db"), episodes, |_, _| {
        date(2027, 6, 1)
    })
    .await;
    let doors = doors(app);
    let (ours, our_address) = listener().await;
    let router = web::router(doors);
    let connection = |task| drop(start(task));
    let limits = web::Limits::default();
    let served = start(web::serve(
        ours,
        router,
        limits,
        connection,
        std::future::pending(),
    ));
    let (floor, floor_address) = listener().await;
    let floor_file = folder.path().join("floor.db");
    let floored = start(async move { w2_floor::serve(&floor_file, episodes, floor).await });

    let mut table = Table::default();
    let mut first = String::new();
    for connections in [1, 8, 64] {
        let (mut our, mut their): (Vec<Answered>, Vec<Answered>) = (Vec::new(), Vec::new());
        for _ in 0..size("BENCH_ROUNDS", 5) {
            for (address, answered) in [(&floor_address, &mut their), (&our_address, &mut our)] {
                let address = address.clone();
                let asking = move || asked(&address, connections, episodes, span);
                answered.push(tokio::task::spawn_blocking(asking).await.unwrap());
            }
        }
        lines(&mut table, connections, &our, &their);
        first.clone_from(&our[0].first);
    }
    let file = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let pool = sqlx::SqlitePool::connect(&file).await.unwrap();
    let turns: i64 = sqlx::query_scalar("SELECT n FROM turn")
        .fetch_one(&pool)
        .await
        .unwrap();
    table.remark(&format!(
        "{turns} commits in all, those that filled the ledger included"
    ));
    let told: serde_json::Value = serde_json::from_str(&first).unwrap();
    table.remark(&format!(
        "an answer: {}, {} reasons, {} warnings",
        told["decision"],
        told["reasons"].as_array().map_or(0, Vec::len),
        told["warnings"].as_array().map_or(0, Vec::len),
    ));
    table.show(&format!(
        "W2  finish checks among {episodes} episodes; the case system's own time is left out"
    ));
    served.abort();
    floored.abort();
}

fn lines(table: &mut Table, connections: usize, our: &[Answered], their: &[Answered]) {
    let rates = |of: &[Answered]| -> Vec<f64> { of.iter().map(|one| one.rate).collect() };
    let p99 = |of: &[Answered]| -> Vec<f64> { of.iter().map(|one| one.p99).collect() };
    for (what, of, unit, goal) in [
        (
            "answers a second",
            &rates as &dyn Fn(&[Answered]) -> Vec<f64>,
            "/s",
            ">= 0.6 x",
        ),
        ("99 of 100 within", &p99, "ms", "<= 1.5 x"),
    ] {
        let (of_ours, of_theirs) = (of(our), of(their));
        table.line(
            &format!("{connections} connections, {what}"),
            &format!("{:.1} {unit}", median(of_ours.clone())),
            &format!("{:.1} {unit}", median(of_theirs.clone())),
            ratio(&of_ours, &of_theirs),
            goal,
        );
    }
}
