//! How does the council write rows of names and values? One row an answer, with the instance's own columns in each.
//!
//! A form's design is named by a GUID. Instants are .NET's, milliseconds since 1970; days have a time that means
//! nothing. A row of a table is one row whose value is an object, as text.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value as Json, json};

use crate::simulator::desk::{List, Page};
use crate::simulator::forms::Kind;
use crate::simulator::shown::{Answer, Shown, Stamp};
use crate::simulator::step::Step;
use crate::simulator::words::{Merge, Received, Task};

/// A local time without a zone, as a reader of the feed gives it.
pub(super) fn since(text: &str) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    let zone = TimeZone::get("Europe/London").ok()?;
    zone.to_ambiguous_timestamp(local).earlier().ok()
}

/// A page of instances: every row of each stands on this page.
pub(super) fn instances(page: &Page) -> String {
    let number = page.skip.checked_div(page.limit).unwrap_or_default();
    let pages = page.total.div_ceil(page.limit.max(1));
    let mut head = json!({
        "generatedAt": instant(page.now), "environment": page.environment, "page": number,
        "size": page.limit, "totalPages": pages, "totalElements": page.total, "last": !page.more,
    });
    if page.list == List::Single {
        head = json!({ "generatedAt": instant(page.now), "environment": page.environment });
    }
    let rows = page.steps.iter().flat_map(rows);
    super::super::json::lines(&head, "content", rows)
}

/// The GUID of the design with this number.
fn design(type_id: &str) -> String {
    format!("6b1f4c7e-0000-4a31-9d2c-00000000{type_id:0>4}")
}

/// The word for a status.
fn state(word: &str) -> &str {
    match word {
        "INCOMING" => "NEW",
        "STARTED" => "DRAFT",
        "COMPLETED" => "COMPLETE",
        other => other,
    }
}

fn instant(at: Timestamp) -> String {
    format!("/Date({})/", at.as_millisecond())
}

fn day(day: Date) -> String {
    format!("{day}T00:00:00")
}

fn stamp(at: &Stamp) -> String {
    match at {
        Stamp::At(at) => instant(*at),
        Stamp::Day(date) => day(*date),
        Stamp::Text(text) => text.clone(),
    }
}

/// What stands in every row of an instance, and whether there is any more to say of it.
fn columns(shown: &Shown) -> (Map<String, Json>, bool) {
    let step = &shown.step;
    let mut columns = Map::new();
    let mut put = |name: &str, value: Json| drop(columns.insert(name.to_owned(), value));
    let id = step.id.parse::<u64>();
    put(
        "INSTANCEID",
        id.map_or_else(|_| json!(step.id), |id| json!(id)),
    );
    put("REVISION", json!(step.version));
    put("CHANGE", json!(shown.change));
    put("DATEUPDATED", json!(stamp(&shown.changed_at)));
    let bare = shown.blanked && shown.change != "UPDATED" && shown.change != "CREATED";
    let gone = step.deleted && bare;
    put("STATUS", json!(if gone { "DELETED" } else { "ACTIVE" }));
    if bare {
        return (columns, false);
    }
    put("DESIGNGUID", json!(design(&shown.type_id)));
    put("DESIGNSUBNAME", json!(shown.label));
    put("RESTRICTED", json!(if shown.blanked { "Y" } else { "N" }));
    if shown.blanked {
        return (columns, false);
    }
    put("INSTANCESTATE", json!(state(&shown.status)));
    for name in DATES {
        let held = shown.dates.iter().find(|(held, _)| *held == name);
        let value = held.map(|(_, at)| stamp(at));
        put(&format!("DATE{}", name.to_uppercase()), json!(value));
    }
    columns.extend(people(step));
    (columns, shown.has_form())
}

const DATES: [&str; 7] = [
    "Incoming",
    "Started",
    "Completed",
    "Reopened",
    "Cancelled",
    "Scheduled",
    "Due",
];

/// Whose an instance is, whom it is about, and what came before it.
fn people(step: &Step) -> [(String, Json); 10] {
    let previous = step.previous.as_ref();
    let of = |early| {
        let link = previous.filter(|link| link.immediate == early);
        json!(link.map(|link| link.step.as_str()))
    };
    let merged = step.merged_from.iter().map(|merge| merge.from.as_str());
    [
        ("ASSIGNEDTO", json!(step.assignee)),
        ("ACTINGFOR", json!(step.acting_for)),
        ("TEAM", json!(step.team)),
        (
            "LOCKEDBY",
            json!(step.lock.as_ref().map(|lock| lock.by.as_str())),
        ),
        ("SUBJECTID", json!(step.subject)),
        ("FURTHERSUBJECTIDS", json!(step.siblings)),
        ("FORMERSUBJECTIDS", json!(merged.collect::<Vec<_>>())),
        ("COPIEDFROM", json!(step.copied_from)),
        ("PREVIOUSINSTANCEID", of(false)),
        ("SENTEARLYFROMID", of(true)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn rows(shown: &Shown) -> Vec<Json> {
    let (mut columns, more) = columns(shown);
    if !more {
        return vec![Json::Object(columns)];
    }
    let version = json!(shown.template_version);
    columns.insert("TEMPLATEVERSION".to_owned(), version);
    let answers = shown.answers().map(|answer| row(&columns, &answer));
    let tables = shown.tables().flat_map(|(name, all)| {
        let table = |value| filled(&columns, name, "TABLE", [value, Json::Null, Json::Null]);
        let all: Vec<Json> = all
            .iter()
            .map(|cells| {
                let cells = cells.iter();
                let cells = cells.map(|cell| (cell.question.to_owned(), json!(cell.value)));
                table(json!(Json::Object(cells.collect()).to_string()))
            })
            .collect();
        // A table without rows is there and blank.
        if all.is_empty() {
            vec![table(Json::Null)]
        } else {
            all
        }
    });
    answers.chain(tables).collect()
}

fn row(columns: &Map<String, Json>, answer: &Answer<'_>) -> Json {
    let (value, short, date) = match (answer.kind, answer.value) {
        (_, None) => (Json::Null, Json::Null, Json::Null),
        (Kind::Lookup, Some(code)) => (json!(answer.label()), json!(code), Json::Null),
        (Kind::Date, Some(date)) => (json!(date), Json::Null, json!(format!("{date}T00:00:00"))),
        (Kind::Text | Kind::RichText, Some(text)) => (json!(text), Json::Null, Json::Null),
    };
    let values = [value, short, date];
    filled(columns, answer.question, answer.kind.name(), values)
}

fn filled(columns: &Map<String, Json>, name: &str, kind: &str, values: [Json; 3]) -> Json {
    let [value, short, date] = values;
    let mut row = columns.clone();
    row.insert("CONTROLNAME".to_owned(), json!(name));
    row.insert("CONTROLTYPE".to_owned(), json!(kind));
    row.insert("ANSWERVALUE".to_owned(), value);
    row.insert("SHORTANSWERVALUE".to_owned(), short);
    row.insert("DATEANSWERVALUE".to_owned(), date);
    Json::Object(row)
}

/// What was written, one by one.
pub(super) fn list(all: &[&Received]) -> Json {
    json!({ "content": all.iter().map(|one| received(one)).collect::<Vec<_>>() })
}

/// One thing that was written.
pub(super) fn received(one: &Received) -> Json {
    json!({
        "ID": one.id, "MARK": one.mark, "DATECREATED": instant(one.at), "INSTANCEID": one.step,
        "NAME": one.name, "TEXT": one.text, "ROLES": one.roles.join(";"),
        "REFERENCES": one.references.join(";"),
    })
}

/// One task.
pub(super) fn task(task: &Task) -> Json {
    json!({
        "TASKID": task.id, "INSTANCEID": task.step, "DEFINITION": task.definition,
        "MANDATORY": if task.mandatory { "Y" } else { "N" }, "STATE": task.state(),
        "DATESENT": instant(task.sent_at), "SENTTO": task.to,
        "MARK": task.answer.as_ref().map(|answer| answer.mark.as_str()),
        "RESPONSE": task.answer.as_ref().and_then(|answer| answer.code.as_deref()),
    })
}

/// Persons who became one.
pub(super) fn merges(all: &[Merge]) -> Vec<Json> {
    let all = all.iter();
    all.map(|merge| json!({
        "DELETEDPERSONID": merge.from, "MASTERPERSONID": merge.to, "TIMESTAMP": instant(merge.at),
    }))
    .collect()
}
