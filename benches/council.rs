//! What is measured upon? Work steps of about 2.4 KB of XML, made from their number alone.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use greentick::practice::calendar::Calendar;
use greentick::practice::episode::{Presence, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::ids::{Digest, SourceName, StepId, WorkerId};
use greentick::practice::known::{Known, Why};
use greentick::practice::sighting::{Road, Sighting, StepDates};
use greentick::practice::terms::{Mode, People, Policy, Terms};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

pub fn source() -> SourceName {
    "council".into()
}

/// When everything below is first seen.
pub fn start() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// The terms of a council that lets its case system ask before Finish.
pub fn terms() -> Arc<Terms> {
    let policy = Policy::default();
    let holidays = include_str!("../config/bank-holidays.json");
    Arc::new(Terms {
        digest: Digest::of_json(&policy),
        policy,
        calendar: Calendar::new(holidays, "england-and-wales", &[]).unwrap(),
        people: People::default(),
        activation: "2026-09-01T00:00:00Z".parse().unwrap(),
        read: BTreeMap::new(),
        mode: Mode::Callout,
    })
}

const STAGES: [&str; 4] = [
    "practitioner",
    "practice_review",
    "supervisor_actions",
    "sign_off",
];

/// The answers of step `n`: seventeen, of which three are texts.
fn answers(n: usize, edits: usize) -> [(&'static str, String); 17] {
    let words = |many: usize| {
        "A sentence about what was seen and heard, and what it may mean. ".repeat(many)
    };
    [
        ("LE episode", format!("LE-2026-{:06}", n / 4)),
        ("Allocation round", "2026-C3".to_owned()),
        ("Person ID", format!("P-{:06}", n / 4)),
        ("Practitioner", format!("W-{:03}", n % 211)),
        ("Practice reviewer", format!("W-{:03}", n % 97 + 300)),
        ("Supervisor", format!("W-{:03}", n % 41 + 500)),
        ("Section 1 reflection", words(6) + &"more ".repeat(edits)),
        ("Agreed date", "2026-11-02".to_owned()),
        ("Section 3 conversation", words(4)),
        ("Conversation date", "2026-11-09".to_owned()),
        ("Observation date", "2026-11-11".to_owned()),
        ("Section 5 family feedback", "1".to_owned()),
        ("Section 5 partner spoken to", "1".to_owned()),
        ("Section 6 analysis", words(4)),
        ("Overall evaluation", "Good".to_owned()),
        ("Final meeting", "2026-11-18".to_owned()),
        ("Agreed actions", "3".to_owned()),
    ]
}

/// Step `n` as the case system writes it, after so many edits. Every fortieth practitioner's step is
/// Finished since activation, and so judged; the others are history or still open.
pub fn xml(n: usize, edits: usize) -> String {
    let mut text = String::with_capacity(2_600);
    let finished = n.is_multiple_of(4);
    let status = if finished { "Completed" } else { "In progress" };
    let closed = match (finished, n.is_multiple_of(160)) {
        (true, true) => "2026-11-16T15:00:00Z",
        (true, false) => "2026-08-16T15:00:00Z",
        (false, _) => "",
    };
    let _ = write!(
        text,
        "<step><id>{n}</id><type name=\"{}\"/><status name=\"{status}\"/><version>{}</version>\
         <created_on>2026-08-03T09:00:00Z</created_on>\
         <updated_on>2026-11-20T09:{:02}:{:02}Z</updated_on>\
         <closed_on>{closed}</closed_on><due_date>2027-03-{:02}</due_date>\
         <assigned_to id=\"W-{:03}\"/><answers type=\"array\">",
        STAGES[n % 4],
        edits + 1,
        n / 60 % 60,
        n % 60,
        n % 28 + 1,
        n % 97 + 300,
    );
    for (id, (name, value)) in answers(n, edits).into_iter().enumerate() {
        let _ = write!(
            text,
            "<answer id=\"{id}\" name=\"{name}\"><value>{value}</value></answer>"
        );
    }
    text.push_str("</answers></step>\n");
    text
}

/// A page of the list. `edited` says how many edits a step has had.
pub fn page(offset: usize, limit: usize, total: usize, edited: impl Fn(usize) -> usize) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<steps type=\"array\" total_count=\"{total}\">\n"
    );
    for n in offset..(offset + limit).min(total) {
        text.push_str(&xml(n, edited(n)));
    }
    text + "</steps>\n"
}

/// The same list in JSON.
pub fn json_page(total: usize) -> String {
    let mut text = format!("{{\"total\":{total},\"steps\":[");
    for n in 0..total {
        let finished = n.is_multiple_of(4);
        let status = if finished { "Completed" } else { "In progress" };
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"id\":\"{n}\",\"type\":{{\"name\":\"{}\"}},\"status\":{{\"name\":\"{status}\"}},\"version\":1,\
             \"created_on\":\"2026-08-03T09:00:00Z\",\"updated_on\":\"2026-11-20T09:00:00Z\",\
             \"closed_on\":null,\"due_date\":\"2027-03-01\",\"assigned_to\":{{\"id\":\"W-{:03}\"}},\"answers\":[",
            STAGES[n % 4],
            n % 97 + 300,
        );
        for (id, (name, value)) in answers(n, 0).into_iter().enumerate() {
            let comma = if id == 0 { "" } else { "," };
            let _ = write!(
                text,
                "{comma}{{\"id\":{id},\"name\":\"{name}\",\"value\":\"{value}\"}}"
            );
        }
        text.push_str("]}");
    }
    text + "]}"
}

fn day(text: &str) -> Known<Value> {
    Known::Is(Value::Day(text.parse().unwrap()))
}

/// Step `n` of as many episodes: an open practice review with everything filled in, due on `due`.
pub fn review(n: usize, due: Date, now: Timestamp) -> Sighting {
    let length = || Known::Is(Value::Length(400));
    let rows = |keys: &[&str]| {
        let row = |key: &&str| Row {
            code: Known::Is("high".to_owned()),
            ..Row::new(key)
        };
        Known::Is(Value::Rows(keys.iter().map(row).collect()))
    };
    let facts: BTreeMap<Fact, Known<Value>> = [
        (Fact::ConversationLength, length()),
        (Fact::ConversationDate, day("2026-11-09")),
        (Fact::ObservationDate, day("2026-11-11")),
        (Fact::Observation, rows(&["1", "2", "3"])),
        (Fact::FamilyFeedback, Known::Is(Value::Count(1))),
        (Fact::PartnerFeedback, Known::Is(Value::Count(1))),
        (Fact::AnalysisLength, length()),
        (Fact::Areas, rows(&["1", "2", "3", "4"])),
        (Fact::Evaluation, Known::Is(Value::Code("good".to_owned()))),
        (Fact::FinalMeetingDate, day("2026-11-18")),
        (Fact::ActionCount, Known::Is(Value::Count(3))),
        (Fact::LateReason, Known::Blank),
    ]
    .into();
    let worker = |id: usize| Known::Is(WorkerId(format!("W-{id:03}")));
    Sighting {
        source: source(),
        step: StepId(n.to_string()),
        stage: Stage::PracticeReview,
        presence: Presence::Present,
        status: StepStatus::Started,
        locked: false,
        version: Some("1".to_owned()),
        modified_at: Some(start()),
        dates: StepDates {
            incoming: Some(start() - 240.hours()),
            due: Some(due),
            ..StepDates::default()
        },
        assignee: worker(n % 97 + 300),
        reference: Known::Is(format!("LE-2026-{n:06}").as_str().into()),
        cycle: Known::Is("2026-C3".into()),
        child: Known::Blank,
        people: [
            (Role::PracticeReviewer, worker(n % 97 + 300)),
            (Role::Supervisor, worker(n % 41 + 500)),
            (Role::Practitioner, worker(n % 211)),
        ]
        .into(),
        links: Vec::new(),
        siblings: Vec::new(),
        merged_from: Vec::new(),
        copied_from: None,
        team: Known::Unreadable(Why::NotMapped),
        scheduled: None,
        facts,
        seen_at: now,
        road: Road::Feed,
    }
}
