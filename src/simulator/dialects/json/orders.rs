//! How is the council written to in JSON? One object a write; a version that was read can be held against it.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value as Json;

use super::{About, Wanted, answer, asked, received, refuse};
use crate::simulator::council::Council;
use crate::simulator::desk::{Refusal, bad, missing};
use crate::simulator::orders::{self, Order};
use crate::simulator::words::Received;

/// The order that a body makes: its mark, and its text under this name.
fn order(
    headers: &HeaderMap,
    body: &[u8],
    operation: &str,
    text: &str,
) -> Result<(Json, Order), Refusal> {
    let body: Json = serde_json::from_slice(body).map_err(|_| bad("the body is no JSON"))?;
    let said = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    let mut order = Order::new(operation, said("mark"), said(text));
    if let Some(version) = headers.get(header::IF_MATCH) {
        let version = version.to_str().ok();
        let version = version.and_then(|text| text.trim_matches('"').parse().ok());
        order.version = Some(version.ok_or_else(|| bad("`If-Match` is no version"))?);
    }
    Ok((body, order))
}

fn list(body: &Json, name: &str) -> Vec<String> {
    let all = body.get(name).and_then(Json::as_array);
    let all = all.into_iter().flatten().filter_map(Json::as_str);
    all.map(str::to_owned).collect()
}

fn text(body: &Json, name: &str) -> Option<String> {
    body.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn take(
    council: &Council,
    (method, uri): &(Method, Uri),
    order: Result<Order, Refusal>,
    status: StatusCode,
) -> Response {
    let taken: Result<Received, Refusal> =
        order.and_then(|order| orders::take(council, &asked(method, uri), order));
    let about = About {
        wrote: true,
        ..About::default()
    };
    match taken {
        Ok(written) => answer(status, &received(&written), about),
        Err(refusal) => refuse(refusal),
    }
}

pub(super) async fn post_on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (operation, said, status) = match what.as_str() {
        "notes" => ("note", "text", StatusCode::CREATED),
        "reopen" => ("reopen", "reason", StatusCode::OK),
        "tasks" => ("send_task", "definition", StatusCode::CREATED),
        "attachments" => ("attach", "content", StatusCode::CREATED),
        _ => {
            return refuse(missing(format!(
                "nothing can be posted to `{what}` of a step"
            )));
        }
    };
    let order = order(&headers, &body, operation, said).map(|(body, order)| {
        let name = text(&body, "to").or_else(|| text(&body, "fileName"));
        order.on(&id).named(name)
    });
    take(&council, &asked, order, status)
}

pub(super) async fn put_on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (operation, said) = match what.as_str() {
        "due" => ("due", "value"),
        "assignee" => ("reassign", "workerId"),
        _ => return refuse(missing(format!("`{what}` of a step cannot be set"))),
    };
    let order = order(&headers, &body, operation, said).map(|(_, order)| order.on(&id));
    take(&council, &asked, order, StatusCode::OK)
}

pub(super) async fn set(
    State(council): State<Council>,
    Path((id, what, name)): Path<(String, String, String)>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let operation = match what.as_str() {
        "flags" => "flag",
        "fields" => "field",
        _ => return refuse(missing(format!("`{what}` of a step cannot be set"))),
    };
    let order = order(&headers, &body, operation, "value");
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
        return refuse(missing(format!("`{what}` of a step cannot be taken away")));
    }
    // A DELETE has no body here: its mark stands in the query.
    let order = Order::new("unflag", wanted.mark, None).on(&id).named(name);
    take(&council, &asked, Ok(order), StatusCode::OK)
}

pub(super) async fn alert(
    State(council): State<Council>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let order = order(&headers, &body, "alert", "text").map(|(body, mut order)| {
        order.write.step = text(&body, "stepId");
        order.write.roles = list(&body, "roles");
        order.write.references = list(&body, "references");
        order
    });
    take(&council, &asked, order, StatusCode::CREATED)
}

pub(super) async fn sample_list(
    State(council): State<Council>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let order = order(&headers, &body, "sample_list", "certificate");
    let order = order.map(|(body, mut order)| {
        order.write.references = list(&body, "references");
        order.named(text(&body, "cycle"))
    });
    take(&council, &asked, order, StatusCode::CREATED)
}

pub(super) async fn answer_task(
    State(council): State<Council>,
    Path(id): Path<String>,
    asked: (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let order = order(&headers, &body, "answer_task", "text").map(|(body, mut order)| {
        order.write.code = text(&body, "code");
        order.named(id)
    });
    take(&council, &asked, order, StatusCode::OK)
}
