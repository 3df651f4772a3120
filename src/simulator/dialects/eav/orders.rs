//! How is the council written to by whoever reads rows? One object a write, with members in capitals.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::Value as Json;

use super::{About, Wanted, answer, asked, refuse, write};
use crate::simulator::council::Council;
use crate::simulator::desk::{Refusal, bad, missing};
use crate::simulator::orders::{self, Order};

pub(super) fn text(body: &Json, name: &str) -> Option<String> {
    body.get(name).and_then(Json::as_str).map(str::to_owned)
}

/// Texts that stand in one, with semicolons between.
fn list(body: &Json, name: &str) -> Vec<String> {
    let all = text(body, name).unwrap_or_default();
    let all = all.split(';').map(str::trim);
    all.filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The order that a body makes: its mark, and its text under this name.
fn order(body: &[u8], operation: &str, said: &str) -> Result<(Json, Order), Refusal> {
    let body: Json = serde_json::from_slice(body).map_err(|_| bad("the body is no JSON"))?;
    let order = Order::new(operation, text(&body, "MARK"), text(&body, said));
    Ok((body, order))
}

fn take(
    council: &Council,
    (method, uri): &(Method, Uri),
    order: Result<Order, Refusal>,
    status: StatusCode,
) -> Response {
    let taken = order.and_then(|order| orders::take(council, &asked(method, uri), order));
    let about = About {
        wrote: true,
        ..About::default()
    };
    match taken {
        Ok(written) => answer(status, &write::received(&written), about),
        Err(refusal) => refuse(refusal),
    }
}

pub(super) async fn post_on_instance(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let (operation, said) = match what.as_str() {
        "notes" => ("note", "NOTETEXT"),
        "reopen" => ("reopen", "REASON"),
        "tasks" => ("send_task", "DEFINITION"),
        "attachments" => ("attach", "CONTENT"),
        _ => {
            return refuse(missing(format!(
                "nothing can be posted to `{what}` of an instance"
            )));
        }
    };
    let order = order(&body, operation, said).map(|(body, order)| {
        let name = text(&body, "TO").or_else(|| text(&body, "FILENAME"));
        order.on(&id).named(name)
    });
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn put_on_instance(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let (operation, said) = match what.as_str() {
        "due" => ("due", "VALUE"),
        "assignee" => ("reassign", "ASSIGNEDTO"),
        _ => return refuse(missing(format!("`{what}` of an instance cannot be set"))),
    };
    let order = order(&body, operation, said).map(|(_, order)| order.on(&id));
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn set(
    State(council): State<Council>,
    Path((id, what, name)): Path<(String, String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let operation = match what.as_str() {
        "flags" => "flag",
        "fields" => "field",
        _ => return refuse(missing(format!("`{what}` of an instance cannot be set"))),
    };
    let order = order(&body, operation, "ANSWERVALUE");
    let order = order.map(|(_, order)| order.on(&id).named(name));
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn unset(
    State(council): State<Council>,
    Path((id, what, name)): Path<(String, String, String)>,
    asked: (Method, Uri),
    Query(wanted): Query<Wanted>,
) -> Response {
    if what != "flags" {
        return refuse(missing(format!(
            "`{what}` of an instance cannot be taken away"
        )));
    }
    let order = Order::new("unflag", wanted.mark, None).on(&id).named(name);
    take(&council, &asked, Ok(order), StatusCode::OK)
}

pub(super) async fn alert(
    State(council): State<Council>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "alert", "TEXT").map(|(body, mut order)| {
        order.write.step = text(&body, "INSTANCEID");
        order.write.roles = list(&body, "ROLES");
        order.write.references = list(&body, "REFERENCES");
        order
    });
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn sample_list(
    State(council): State<Council>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "sample_list", "CERTIFICATE").map(|(body, mut order)| {
        order.write.references = list(&body, "REFERENCES");
        order.named(text(&body, "CYCLE"))
    });
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn answer_task(
    State(council): State<Council>,
    Path(id): Path<String>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "answer_task", "TEXT").map(|(body, mut order)| {
        order.write.code = text(&body, "CODE");
        order.named(id)
    });
    take(&council, &asked, order, StatusCode::OK)
}
