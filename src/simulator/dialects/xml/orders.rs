//! How is the council written to in XML? One document a write, whose root says what it is.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;

use super::read::Element;
use super::write::{self, NAMESPACE};
use super::{About, answer, asked, refuse};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, Refusal, bad, missing};
use crate::simulator::orders::{self, Order};
use crate::simulator::words::Received;

/// Reads the document of a write: its mark, and its text under this name.
fn order(
    body: &[u8],
    operation: &str,
    root: &str,
    text: &str,
) -> Result<(Element, Order), Refusal> {
    let document = Element::read_root(body, root, NAMESPACE).map_err(bad)?;
    let order = Order::new(operation, document.text_of("Mark"), document.text_of(text));
    Ok((document, order))
}

fn take(
    council: &Council,
    (method, uri): (&Method, &Uri),
    order: Result<Order, Refusal>,
    (root, status): (&str, StatusCode),
) -> Response {
    let taken = order.and_then(|order| orders::take(council, &asked(method, uri), order));
    match taken {
        Ok(written) => answered(council, &written, root, status),
        Err(refusal) => refuse(refusal),
    }
}

/// What was written, or the step that was reopened.
fn answered(council: &Council, written: &Received, root: &str, status: StatusCode) -> Response {
    let about = About {
        wrote: true,
        ..About::default()
    };
    if let Some(step) = written.step.as_deref().filter(|_| root == "Reopen")
        && let Ok(page) = desk::alone(council, step)
    {
        return answer(status, write::single(&page), about);
    }
    answer(status, write::written(root, written, true), about)
}

pub(super) async fn post_on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    (method, uri): (Method, Uri),
    body: Bytes,
) -> Response {
    let (operation, root, text) = match what.as_str() {
        "notes" => ("note", "Note", "Text"),
        "reopen" => ("reopen", "Reopen", "Reason"),
        "tasks" => ("send_task", "TaskRequest", "Definition"),
        "attachments" => ("attach", "Attachment", "Content"),
        _ => {
            let text = format!("nothing can be posted to `{what}` of a step");
            return refuse(missing(text));
        }
    };
    let order = order(&body, operation, root, text).map(|(document, order)| {
        let name = document.text_of("To").or_else(|| document.text_of("Name"));
        order.on(&id).named(name)
    });
    let status = if operation == "reopen" {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    take(&council, (&method, &uri), order, (root, status))
}

pub(super) async fn put_on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    (method, uri): (Method, Uri),
    body: Bytes,
) -> Response {
    let (operation, root, text) = match what.as_str() {
        "due" => ("due", "DueDate", "Value"),
        "assignee" => ("reassign", "Assignment", "Worker"),
        _ => return refuse(missing(format!("`{what}` of a step cannot be set"))),
    };
    let order = order(&body, operation, root, text).map(|(_, order)| order.on(&id));
    take(&council, (&method, &uri), order, (root, StatusCode::OK))
}

pub(super) async fn put_flag(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    named(&council, &asked, &body, (&id, name), ("flag", "Flag"))
}

pub(super) async fn put_field(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    named(&council, &asked, &body, (&id, name), ("field", "Field"))
}

pub(super) async fn delete_flag(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    asked: (Method, Uri),
    body: Bytes,
) -> Response {
    named(&council, &asked, &body, (&id, name), ("unflag", "Flag"))
}

fn named(
    council: &Council,
    (method, uri): &(Method, Uri),
    body: &[u8],
    (id, name): (&str, String),
    (operation, root): (&str, &str),
) -> Response {
    let order = order(body, operation, root, "Value");
    let order = order.map(|(_, order)| order.on(id).named(name));
    take(council, (method, uri), order, (root, StatusCode::OK))
}

pub(super) async fn alert(
    State(council): State<Council>,
    (method, uri): (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "alert", "Alert", "Text").map(|(document, mut order)| {
        order.write.step = document.text_of("Step");
        order.write.roles = document.all("Role");
        order.write.references = document.all("Reference");
        order
    });
    take(
        &council,
        (&method, &uri),
        order,
        ("Alert", StatusCode::CREATED),
    )
}

pub(super) async fn sample_list(
    State(council): State<Council>,
    (method, uri): (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "sample_list", "SampleList", "Certificate");
    let order = order.map(|(document, mut order)| {
        order.write.references = document.all("Reference");
        order.named(document.text_of("Cycle"))
    });
    let kind = ("SampleList", StatusCode::CREATED);
    take(&council, (&method, &uri), order, kind)
}

pub(super) async fn answer_task(
    State(council): State<Council>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    body: Bytes,
) -> Response {
    let order = order(&body, "answer_task", "TaskAnswer", "Text").map(|(document, mut order)| {
        order.write.code = document.text_of("Code");
        order.named(id)
    });
    take(
        &council,
        (&method, &uri),
        order,
        ("TaskAnswer", StatusCode::OK),
    )
}
