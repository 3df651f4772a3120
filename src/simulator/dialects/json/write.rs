//! How does the council write JSON? Ids are numbers in a record and texts in its links; one alone is no list.

use serde_json::{Map, Value as Json, json};

use crate::simulator::desk::Page;
use crate::simulator::dialects::xml::write::{local, stamp, utc};
use crate::simulator::forms::Kind;
use crate::simulator::shown::{Answer, Shown};
use crate::simulator::words::{Merge, Received, Task};

/// A page of steps, each record on a line of its own.
pub(crate) fn steps(page: &Page, next: &str, path: &str) -> String {
    let mut head = json!({
        "generatedAt": utc(page.now), "environment": page.environment, "limit": page.limit,
        "nextCursor": next, "highWater": page.water,
    });
    if let Some(head) = head.as_object_mut() {
        let link = match (page.elsewhere, next) {
            (Some(elsewhere), _) => json!(elsewhere),
            (None, "") => Json::Null,
            (None, next) => json!(format!("{path}?cursor={next}")),
        };
        head.insert("nextLink".to_owned(), link);
    }
    lines(&head, "steps", page.steps.iter().map(step))
}

/// A document with a list whose items stand each on a line of their own.
pub(crate) fn lines(head: &Json, name: &str, items: impl Iterator<Item = Json>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    let head = head.to_string();
    let head = head.trim_end_matches('}');
    format!("{head},\"{name}\":[\n{}\n]}}\n", items.join(",\n"))
}

/// One step alone.
pub(crate) fn single(page: &Page) -> String {
    let steps = page.steps.iter().map(|one| step(one).to_string());
    format!(
        "{{\"generatedAt\":\"{}\",\"environment\":\"{}\",\"step\":\n{}\n}}\n",
        utc(page.now),
        page.environment,
        steps.collect::<String>()
    )
}

/// An id as a number, if it is one.
fn number(id: &str) -> Json {
    id.parse::<u64>()
        .map_or_else(|_| json!(id), |number| json!(number))
}

fn step(shown: &Shown) -> Json {
    let step = &shown.step;
    let changed = stamp(&shown.changed_at, utc);
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("id", number(&step.id));
    put("version", json!(step.version));
    put("changeType", json!(shown.change));
    put("changedAt", json!(changed));
    if shown.blanked && shown.change != "UPDATED" && shown.change != "CREATED" {
        return Json::Object(out);
    }
    let kind = json!({ "id": number(&shown.type_id), "label": shown.label });
    put("stepType", kind);
    put("restricted", json!(if shown.blanked { "Y" } else { "N" }));
    if shown.blanked {
        return Json::Object(out);
    }
    put("status", json!(shown.status));
    put(
        "lockedBy",
        json!(step.lock.as_ref().map(|lock| lock.by.as_str())),
    );
    let mut dates = Map::new();
    for (name, at) in &shown.dates {
        // Without a zone: what is printed is what a clock on the wall showed.
        dates.insert(name.to_lowercase(), json!(stamp(at, local)));
    }
    put("dates", Json::Object(dates));
    put("assignedTo", json!(step.assignee));
    put("actingFor", json!(step.acting_for));
    put("team", json!(step.team));
    let subjects = step.subjects();
    let subjects = subjects.map(|id| json!({ "type": "PER", "personId": id }));
    put("subjects", alone(subjects.collect()));
    let merges = step.merged_from.iter();
    let merges = merges.map(|merge| json!({ "personId": merge.from, "at": utc(merge.at) }));
    put("mergedFrom", alone(merges.collect()));
    let previous = step.previous.iter();
    let previous = previous.map(
        |link| json!({ "stepId": link.step, "immediate": if link.immediate { "Y" } else { "N" } }),
    );
    put("previous", alone(previous.collect()));
    put("copiedFrom", json!(step.copied_from));
    if shown.has_form() {
        put("forms", alone(vec![form(shown)]));
    }
    Json::Object(out)
}

/// One alone is itself, several are a list, none is null.
fn alone(mut items: Vec<Json>) -> Json {
    match items.len() {
        0 => Json::Null,
        1 => items.remove(0),
        _ => Json::Array(items),
    }
}

fn form(shown: &Shown) -> Json {
    let answers: Vec<Json> = shown
        .answers()
        .map(|answer| {
            let mut out = Map::new();
            out.insert("questionCode".to_owned(), json!(answer.question));
            out.insert("type".to_owned(), json!(answer.kind.name()));
            answer_of(&answer, &mut out);
            Json::Object(out)
        })
        .collect();
    let tables: Vec<Json> = shown
        .tables()
        .map(|(collection, rows)| {
            let rows = rows.iter().enumerate().map(|(index, cells)| {
                let mut row = Map::from_iter([("rowId".to_owned(), json!(index + 1))]);
                for cell in cells {
                    // A blank cell is an empty text here, where a blank answer is null.
                    let value = cell.value.unwrap_or_default();
                    row.insert(cell.question.to_owned(), json!(value));
                }
                Json::Object(row)
            });
            json!({ "collection": collection, "rows": alone(rows.collect()) })
        })
        .collect();
    json!({
        "formId": format!("F-{}", shown.step.id), "templateCode": shown.step.step_type.template(),
        "templateVersion": shown.template_version, "answers": answers, "tables": tables,
    })
}

/// What an answer says: a code with its label, or a value; a blank one is null.
fn answer_of(answer: &Answer<'_>, out: &mut Map<String, Json>) {
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    match (answer.kind, answer.value) {
        (Kind::Lookup, Some(code)) => {
            put("code", json!(code));
            put("label", json!(answer.label()));
        }
        (Kind::Lookup, None) => put("code", Json::Null),
        (Kind::Date, Some(day)) => put("value", json!(format!("{day}T00:00:00"))),
        (_, value) => put("value", json!(value)),
    }
}

/// Everything that was written, one by one.
pub(crate) fn texts(all: &[&Received]) -> Vec<Json> {
    all.iter().map(|one| received(one)).collect()
}

/// One thing that was written.
pub(crate) fn received(one: &Received) -> Json {
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("id", json!(one.id));
    put("mark", json!(one.mark));
    put("at", json!(utc(one.at)));
    put("stepId", json!(one.step));
    put("name", json!(one.name));
    put("text", json!(one.text));
    put("roles", json!(one.roles));
    put("references", json!(one.references));
    Json::Object(out)
}

/// One task.
pub(crate) fn task(task: &Task) -> Json {
    let response = task.answer.as_ref().map(|answer| {
        json!({
            "mark": answer.mark, "code": answer.code, "text": answer.text, "at": utc(answer.at),
        })
    });
    json!({
        "id": task.id, "stepId": number(&task.step), "definition": task.definition,
        "mandatory": if task.mandatory { "Y" } else { "N" }, "state": task.state(),
        "sentAt": utc(task.sent_at), "to": { "workerId": task.to }, "response": response,
    })
}

/// Persons who became one.
pub(crate) fn merges(all: &[Merge]) -> Vec<Json> {
    let all = all.iter();
    all.map(|merge| json!({ "from": merge.from, "to": merge.to, "at": utc(merge.at) }))
        .collect()
}
