//! W6: what does mapping alone cost, beside a bare walk over the same bytes?

use std::hint::black_box;

use greentick::mapping::{ChildKeying, Mapping, Reading};
use greentick::practice::sighting::Road;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::council;
use super::meter::{Cost, Table, cost, milliseconds, ratio, size};

/// Steps in one page.
const STEPS: usize = 200;

/// How often the page is read in one turn.
fn pages() -> usize {
    size("BENCH_W6_PAGES", 50)
}

fn mapping(json: bool) -> Mapping {
    let text = include_str!("w6.toml");
    let (root, record, answer, format) = if json {
        ("", "steps", "answers", "json")
    } else {
        ("steps", "step", "answers/answer", "xml")
    };
    let text = text
        .replace("ROOT", root)
        .replace("RECORD", record)
        .replace("ANSWER", answer);
    // In JSON an answer is its own value's sibling: `answers[@name='x']/value` reads both.
    let text = format!("format = \"{format}\"\n{text}");
    Mapping::compile("benches/w6.toml", &text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn mapped(mapping: &Mapping, reading: &Reading, body: &str) {
    let page = mapping.feed_page(body.as_bytes(), reading).unwrap();
    assert!(
        page.quarantined.is_empty(),
        "{:?}",
        page.quarantined.first()
    );
    assert_eq!(black_box(page).records.len(), STEPS);
}

/// The floor: every event of quick-xml, nothing done.
fn events(body: &str) {
    let mut reader = Reader::from_str(std::str::from_utf8(body.as_bytes()).unwrap());
    while !matches!(black_box(reader.read_event().unwrap()), Event::Eof) {}
}

/// The floor: every value of `serde_json`, nothing kept.
fn values(body: &str) {
    let _: serde::de::IgnoredAny = serde_json::from_slice(black_box(body.as_bytes())).unwrap();
}

async fn turns(work: impl Fn()) -> Cost {
    cost(async {
        for _ in 0..pages() {
            work();
        }
    })
    .await
    .1
}

pub async fn run() {
    let reading = Reading {
        source: council::source(),
        now: council::start(),
        road: Road::Feed,
        charset: None,
        keying: ChildKeying::new(b"bench"),
    };
    let mut table = Table::default();
    let bodies = [
        (
            council::page(0, STEPS, STEPS, |_| 0),
            "XML, to quick-xml's events",
        ),
        (council::json_page(STEPS), "JSON, to serde_json's bare walk"),
    ];
    for (json, (body, what)) in bodies.iter().enumerate() {
        let json = json == 1;
        let mapping = mapping(json);
        let floor = if json { values } else { events };
        mapped(&mapping, &reading, body);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..size("BENCH_ROUNDS", 5) {
            theirs.push(turns(|| floor(body)).await);
            ours.push(turns(|| mapped(&mapping, &reading, body)).await);
        }
        let walls =
            |of: &[Cost]| -> Vec<f64> { of.iter().map(|cost| cost.wall.as_secs_f64()).collect() };
        let megabytes = (body.len() * pages()) as f64 / 1e6;
        let shown = |of: &[Cost]| {
            let speed = megabytes / milliseconds(of, |cost| cost.wall) * 1_000.0;
            format!("{speed:.0} MB/s")
        };
        table.line(
            what,
            &shown(&ours),
            &shown(&theirs),
            ratio(&walls(&ours), &walls(&theirs)),
            "<= 2 x",
        );
    }
    table.show(&format!("W6  mapping alone, {STEPS} steps a page"));
}
