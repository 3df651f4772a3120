//! W1: how much does it cost to mirror many changed steps, and to look again when few have changed?

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use greentick::app::{App, Limits, mirror};
use greentick::case_system::{CaseSystem, FeedPosition, HttpCaseSystem, HttpSettings};
use greentick::ledger::Ledger;
use greentick::mapping::{ChildKeying, Mapping};
use jiff::ToSpan;

use super::meter::{Cost, Table, cost, milliseconds, ratio, size};
use super::{council, w1_floor};

/// One step in a hundred is changed for the second look.
const CHANGED: usize = 100;

fn steps() -> usize {
    size("BENCH_W1_STEPS", 10_000)
}

#[derive(serde::Deserialize)]
struct Part {
    limit: usize,
    offset: usize,
}

/// The council's side, in a process of its own: `/0` as it was, `/1` with one step in a hundred changed.
pub async fn serve() {
    let total = steps();
    let written = |edits: usize| -> Vec<String> {
        (0..total)
            .map(|n| council::xml(n, if n % CHANGED == 0 { edits } else { 0 }))
            .collect()
    };
    let truth = Arc::new([written(0), written(1)]);
    let answer = async |State(truth): State<Arc<[Vec<String>; 2]>>,
                        Path(time): Path<usize>,
                        Query(part): Query<Part>| {
        let steps = &truth[time];
        let end = (part.offset + part.limit).min(steps.len());
        let mut text = council::page(0, 0, steps.len(), |_| 0);
        text.truncate(text.len() - "</steps>\n".len());
        let body = steps[part.offset.min(end)..end].concat();
        (
            [(header::CONTENT_TYPE, "application/xml")],
            text + &body + "</steps>\n",
        )
    };
    let router = Router::new()
        .route("/{time}/steps", axum::routing::get(answer))
        .with_state(truth);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

/// The council's process; ended when dropped.
struct Council(Child, String);

impl Council {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("serve-steps")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        Self(child, format!("http://{}", line.trim()))
    }
}

impl Drop for Council {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn app(base: &str, file: &std::path::Path) -> App<HttpCaseSystem> {
    App {
        source: council::source(),
        ledger: Ledger::open(&format!("sqlite:{}", file.display()))
            .await
            .unwrap(),
        case_system: case_system(base),
        terms: council::terms(),
        limits: Limits::default(),
    }
}

fn case_system(base: &str) -> HttpCaseSystem {
    let mapping = Mapping::compile("benches/mapping.toml", include_str!("mapping.toml")).unwrap();
    let settings = HttpSettings {
        source: council::source(),
        base_url: base.to_owned(),
        secret: "none".into(),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(30),
        total_timeout: Duration::from_mins(1),
    };
    HttpCaseSystem::new(settings, Arc::new(mapping), ChildKeying::new(b"bench")).unwrap()
}

/// Reading alone: every page downloaded and mapped, nothing kept.
async fn read_only(base: &str) -> usize {
    let (case_system, mut position, mut seen) = (case_system(base), FeedPosition::default(), 0);
    loop {
        let page = case_system
            .changes(&position, council::start())
            .await
            .unwrap();
        assert!(
            page.quarantined.is_empty(),
            "{:?}",
            page.quarantined.first()
        );
        seen += page.sightings.len();
        match page.next {
            Some(next) => position = next,
            None => return seen,
        }
    }
}

#[derive(Default)]
struct Costs {
    ours: Vec<Cost>,
    floor: Vec<Cost>,
    reading: Vec<Cost>,
}

pub async fn run() {
    let council = Council::start();
    let (before, after) = (format!("{}/0", council.1), format!("{}/1", council.1));
    let total = steps();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut load, mut again) = (Costs::default(), Costs::default());
    for _ in 0..size("BENCH_ROUNDS", 5) {
        let folder = tempfile::tempdir().unwrap();
        let pool = w1_floor::open(&folder.path().join("floor.db")).await;
        let file = folder.path().join("ledger.db");
        let mut ours = app(&before, &file).await;
        let pass = w1_floor::pass(&client, &before, total, &pool);
        load.floor.push(cost(pass).await.1);
        let (report, took) = cost(mirror::poll(&ours, council::start())).await;
        let report = report.unwrap();
        assert_eq!(
            (report.seen, report.unchanged, report.quarantined),
            (total as u64, 0, 0)
        );
        load.ours.push(took);
        let (seen, took) = cost(read_only(&before)).await;
        assert_eq!(seen, total);
        load.reading.push(took);

        ours.case_system = case_system(&after);
        let pass = w1_floor::pass(&client, &after, total, &pool);
        again.floor.push(cost(pass).await.1);
        let later = council::start() + 5.minutes();
        let (report, took) = cost(mirror::poll(&ours, later)).await;
        let report = report.unwrap();
        assert_eq!(
            report.seen - report.unchanged,
            total.div_ceil(CHANGED) as u64
        );
        again.ours.push(took);
    }
    let mut table = Table::default();
    let kilobytes = council::xml(1, 0).len() as f64 / 1_000.0;
    for (what, costs, goal) in [
        ("all new", &load, "CPU <= 2.5 x"),
        ("1 % changed", &again, "CPU <= 1.5 x"),
    ] {
        for (part, of) in [
            ("CPU", (|cost| cost.cpu) as fn(&Cost) -> Duration),
            ("wall", |cost| cost.wall),
        ] {
            let pick = |costs: &[Cost]| -> Vec<f64> {
                costs.iter().map(|cost| of(cost).as_secs_f64()).collect()
            };
            table.line(
                &format!("{what}, {part}"),
                &format!("{:.0} ms", milliseconds(&costs.ours, of)),
                &format!("{:.0} ms", milliseconds(&costs.floor, of)),
                ratio(&pick(&costs.ours), &pick(&costs.floor)),
                if part == "CPU" { goal } else { "" },
            );
        }
    }
    table.remark(&format!(
        "of Greentick's CPU, download and mapping alone (nothing kept): {:.0} ms",
        milliseconds(&load.reading, |cost| cost.cpu)
    ));
    table.show(&format!(
        "W1  {total} steps of {kilobytes:.1} KB in pages of 200 over loopback HTTP, SQLite, synchronous FULL"
    ));
}
