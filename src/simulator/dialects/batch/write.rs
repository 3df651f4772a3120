//! How does the council write the results of a batch? No status, only the dates it follows from; answers by name.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::operations::{Done, Operation};
use crate::simulator::council::Council;
use crate::simulator::desk::{ENVIRONMENT, Page, Refusal};
use crate::simulator::dialects::xml::write::{local, stamp};
use crate::simulator::forms::Kind;
use crate::simulator::shown::{Answer, Shown};
use crate::simulator::words::{Merge, Received, Task};

/// The whole answer; each result stands on lines of its own.
pub(super) fn answer(
    council: &Council,
    failed: bool,
    error: Option<&Json>,
    results: &[String],
) -> String {
    let error = error.map_or_else(String::new, |error| format!("\"error\":{error},"));
    format!(
        "{{\"hasErrors\":{failed},{error}\"environment\":\"{ENVIRONMENT}\",\"serverTime\":\"{}\",\"results\":[\n{}\n]}}\n",
        local(council.now()),
        results.join(",\n")
    )
}

/// One result.
pub(super) fn result(operation: &Operation, outcome: &Result<Done, Refusal>) -> String {
    let (id, name) = (json!(operation.id), json!(operation.name));
    match outcome {
        Ok(done) => format!(
            "{{\"id\":{id},\"operation\":{name},\"success\":true,\"data\":{}}}",
            done.data
        ),
        Err((_, code, text)) => {
            let error = json!({ "code": code, "message": text });
            format!("{{\"id\":{id},\"operation\":{name},\"success\":false,\"error\":{error}}}")
        }
    }
}

/// A local time without a zone, as a reader gives it.
pub(super) fn since(text: &str) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    let zone = TimeZone::get("Europe/London").ok()?;
    zone.to_ambiguous_timestamp(local).earlier().ok()
}

/// A page of steps, each on a line of its own.
pub(super) fn page(page: &Page) -> Done {
    let head = json!({
        "environment": page.environment, "serverTime": local(page.now),
        "pageNumber": page.skip.checked_div(page.limit).unwrap_or_default() + 1,
        "recordsPerPage": page.limit, "totalRecords": page.total, "hasMore": page.more,
    });
    let steps: Vec<Json> = page.steps.iter().map(step).collect();
    let data = super::super::json::lines(&head, "steps", steps.into_iter());
    Done {
        data: data.trim_end().to_owned(),
        value: head,
        steps: page.steps.len(),
    }
}

/// One step alone.
pub(super) fn single(page: &Page) -> Done {
    let steps: Vec<Json> = page.steps.iter().map(step).collect();
    let value = steps.first().cloned().unwrap_or_default();
    let text: String = steps.iter().map(Json::to_string).collect();
    Done {
        data: format!(
            "{{\"environment\":\"{}\",\"serverTime\":\"{}\",\"step\":\n{text}\n}}",
            page.environment,
            local(page.now)
        ),
        value,
        steps: 1,
    }
}

/// The number that this environment gives a type.
pub(super) fn type_number(type_id: &str) -> u64 {
    50_000 + type_id.parse::<u64>().unwrap_or(9_999)
}

fn number(id: &str) -> Json {
    id.parse::<u64>()
        .map_or_else(|_| json!(id), |number| json!(number))
}

fn step(shown: &Shown) -> Json {
    let step = &shown.step;
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("id", number(&step.id));
    put("revision", json!(step.version));
    put("change", json!(shown.change.to_lowercase()));
    put("changedOn", json!(stamp(&shown.changed_at, local)));
    if shown.blanked && shown.change != "UPDATED" && shown.change != "CREATED" {
        return Json::Object(out);
    }
    put("typeId", json!(type_number(&shown.type_id)));
    put("typeName", json!(shown.label));
    put("restricted", json!(shown.blanked));
    if shown.blanked {
        return Json::Object(out);
    }
    for (name, member) in [
        ("Incoming", "incomingOn"),
        ("Started", "startedOn"),
        ("Completed", "completedOn"),
        ("Reopened", "reopenedOn"),
        ("Cancelled", "cancelledOn"),
        ("Scheduled", "scheduledOn"),
        ("Due", "dueOn"),
    ] {
        let held = shown.dates.iter().find(|(held, _)| *held == name);
        let held = held.filter(|_| is_told(name, &shown.status));
        put(member, json!(held.map(|(_, at)| stamp(at, local))));
    }
    let proposed = shown.status == "PROPOSED";
    put(
        "proposedOn",
        json!(proposed.then(|| local(step.changed_at))),
    );
    put("worker", json!(step.assignee));
    put("actingFor", json!(step.acting_for));
    put("team", json!(step.team));
    put(
        "lockedBy",
        json!(step.lock.as_ref().map(|lock| lock.by.as_str())),
    );
    put("childIds", json!(step.subjects().collect::<Vec<_>>()));
    let merged = step.merged_from.iter().map(|merge| merge.from.as_str());
    put("formerChildIds", json!(merged.collect::<Vec<_>>()));
    put(
        "copiedFromId",
        json!(step.copied_from.as_deref().map(number)),
    );
    let previous = |early: bool| {
        let link = step
            .previous
            .as_ref()
            .filter(|link| link.immediate == early);
        json!(link.map(|link| number(&link.step)))
    };
    put("previousId", previous(false));
    put("sentEarlyFromId", previous(true));
    if shown.has_form() {
        put("template", json!(step.step_type.template()));
        put("templateVersion", json!(shown.template_version));
        put("answers", answers(shown));
    }
    Json::Object(out)
}

/// Whether a date is told: those that a later turn overtook are not, and a status nobody knows has none.
fn is_told(name: &str, status: &str) -> bool {
    match status {
        "COMPLETED" => name != "Reopened",
        "REOPENED" => name != "Completed",
        "INCOMING" | "STARTED" | "CANCELLED" | "PROPOSED" => {
            !matches!(name, "Completed" | "Reopened")
        }
        _ => matches!(name, "Scheduled" | "Due"),
    }
}

/// Answers by the question's name; ratings of the observation are a list, as are tables.
fn answers(shown: &Shown) -> Json {
    let mut out = Map::new();
    let mut ratings = Vec::new();
    for answer in shown.answers() {
        if answer.question.starts_with("le.observation.component") {
            ratings.push(json!({ "component": answer.question, "rating": answer.value }));
        } else {
            out.insert(answer.question.to_owned(), value(&answer));
        }
    }
    if !ratings.is_empty() {
        out.insert("le.observation".to_owned(), json!(ratings));
    }
    for (collection, rows) in shown.tables() {
        let rows = rows.iter().map(|cells| {
            let cells = cells.iter();
            Json::Object(
                cells
                    .map(|cell| (cell.question.to_owned(), json!(cell.value)))
                    .collect(),
            )
        });
        out.insert(collection.to_owned(), json!(rows.collect::<Vec<_>>()));
    }
    Json::Object(out)
}

fn value(answer: &Answer<'_>) -> Json {
    match (answer.kind, answer.value) {
        (Kind::Lookup, Some(code)) => json!({ "code": code, "name": answer.label() }),
        (_, value) => json!(value),
    }
}

/// What was written, one by one.
pub(super) fn list(all: &[&Received]) -> Json {
    json!({ "items": all.iter().map(|one| received(one)).collect::<Vec<_>>() })
}

/// One thing that was written.
pub(super) fn received(one: &Received) -> Json {
    json!({
        "id": one.id, "mark": one.mark, "writtenOn": local(one.at), "stepId": one.step,
        "name": one.name, "text": one.text, "roles": one.roles, "references": one.references,
    })
}

/// Tasks.
pub(super) fn tasks(all: &[&Task]) -> Json {
    json!({ "items": all.iter().map(|one| task(one)).collect::<Vec<_>>() })
}

/// One task.
pub(super) fn task(task: &Task) -> Json {
    json!({
        "id": task.id, "stepId": number(&task.step), "definition": task.definition,
        "mandatory": task.mandatory, "state": task.state(), "sentOn": local(task.sent_at),
        "toWorkerId": task.to,
        "answerMark": task.answer.as_ref().map(|answer| answer.mark.as_str()),
        "answerCode": task.answer.as_ref().and_then(|answer| answer.code.as_deref()),
    })
}

/// Persons who became one.
pub(super) fn merges(all: &[Merge]) -> Json {
    let all = all.iter();
    let all = all.map(|merge| json!({ "from": merge.from, "to": merge.to, "on": local(merge.at) }));
    json!({ "items": all.collect::<Vec<_>>() })
}
