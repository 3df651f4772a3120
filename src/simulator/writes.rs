//! What may be written into the council? Notes, flags, fields, reopenings, alerts and sample lists.
//!
//! Every write is a new one, whatever its mark: that Greentick never says a thing twice is Greentick's promise,
//! and a council that swallowed repeats would hide its being broken.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::council::Council;
use super::event::{Event, Received, Status};
use super::reading::Document;
use super::reads::{Refusal, readable, refuse};
use super::truth::Truth;
use super::wire;

const TEXT_LIMIT_CHARS: usize = 4_000;

fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, "BAD_REQUEST", text.into())
}

/// Reads the body and what every write has: a mark, and a text of bearable length.
fn read(body: &[u8], root: &str, text: &str) -> Result<(Document, Received), Refusal> {
    let document = Document::read(body, root).map_err(bad)?;
    let mark = document
        .text("Mark")
        .ok_or_else(|| bad("`Mark` is missing"))?;
    let text = document.text(text).unwrap_or_default();
    if text.chars().count() > TEXT_LIMIT_CHARS {
        return Err(bad(format!(
            "a text has at most {TEXT_LIMIT_CHARS} characters"
        )));
    }
    let received = Received {
        mark,
        text,
        ..Received::default()
    };
    Ok((document, received))
}

/// Takes a write in, if the truth admits it, and answers with it as it stands.
fn take(
    council: &Council,
    read: Result<Received, Refusal>,
    (letter, root, status): (char, &str, StatusCode),
    admits: impl FnOnce(&Truth) -> Result<(), Refusal>,
) -> Response {
    let received = match read {
        Ok(received) => received,
        Err(refusal) => return refuse(refusal),
    };
    let taken = council.record_if(None, |truth| {
        admits(truth)?;
        Ok(Event::Received(Received {
            id: format!("{letter}-{}", truth.seq + 1),
            ..received
        }))
    });
    match taken {
        Ok(Ok(_)) => council.truth(|truth| {
            let last = truth.received.last().cloned().unwrap_or_default();
            wire::answer(status, wire::written(root, &last, true))
        }),
        Ok(Err(refusal)) => refuse(refusal),
        Err(fault) => {
            tracing::error!(%fault, "a write could not be recorded");
            let text = "it could not be recorded".to_owned();
            refuse((StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text))
        }
    }
}

/// `POST /workflow/steps/{id}/{notes|reopen}`.
pub(super) async fn post_on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let (operation, root, text) = match what.as_str() {
        "notes" => ("note", "Note", "Text"),
        "reopen" => ("reopen", "Reopen", "Reason"),
        _ => {
            let text = format!("nothing can be posted to `{what}` of a step");
            return refuse((StatusCode::NOT_FOUND, "NOT_FOUND", text));
        }
    };
    let read = read(&body, root, text).map(|(_, received)| Received {
        operation: operation.to_owned(),
        step: Some(id.clone()),
        ..received
    });
    if operation == "note" {
        let kind = ('N', root, StatusCode::CREATED);
        return take(&council, read, kind, |truth| readable(truth, &id).map(drop));
    }
    let answer = take(
        &council,
        read,
        ('R', root, StatusCode::OK),
        |truth| match readable(truth, &id)?.status {
            Status::Completed => Ok(()),
            other => {
                let text = format!("step {id} is {}, not COMPLETED", other.word());
                Err((StatusCode::CONFLICT, "CONFLICT", text))
            }
        },
    );
    if answer.status() != StatusCode::OK {
        return answer;
    }
    let store = council.store();
    match store.truth.steps.get(&id) {
        Some(step) => wire::answer(StatusCode::OK, wire::single(step, store.now())),
        None => answer,
    }
}

/// `PUT /workflow/steps/{id}/flags/{name}`.
pub(super) async fn put_flag(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    named(&council, &body, (&id, &name), ("flag", "Flag"))
}

/// `PUT /workflow/steps/{id}/fields/{name}`.
pub(super) async fn put_field(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    named(&council, &body, (&id, &name), ("field", "Field"))
}

/// `DELETE /workflow/steps/{id}/flags/{name}`.
pub(super) async fn delete_flag(
    State(council): State<Council>,
    Path((id, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    named(&council, &body, (&id, &name), ("unflag", "Flag"))
}

fn named(
    council: &Council,
    body: &[u8],
    (id, name): (&str, &str),
    (operation, root): (&str, &str),
) -> Response {
    let read = read(body, root, "Value").map(|(_, received)| Received {
        operation: operation.to_owned(),
        step: Some(id.to_owned()),
        name: Some(name.to_owned()),
        ..received
    });
    let kind = ('F', root, StatusCode::OK);
    take(council, read, kind, |truth| readable(truth, id).map(drop))
}

/// `POST /workflow/alerts`.
pub(super) async fn alert(State(council): State<Council>, body: Bytes) -> Response {
    let read = read(&body, "Alert", "Text").map(|(document, received)| Received {
        operation: "alert".to_owned(),
        step: document.text("Step"),
        roles: document.all("Role"),
        references: document.all("Reference"),
        ..received
    });
    take(&council, read, ('A', "Alert", StatusCode::CREATED), |_| {
        Ok(())
    })
}

/// `POST /workflow/sample-lists`.
pub(super) async fn sample_list(State(council): State<Council>, body: Bytes) -> Response {
    let read = read(&body, "SampleList", "Certificate").map(|(document, received)| Received {
        operation: "sample_list".to_owned(),
        name: document.text("Cycle"),
        references: document.all("Reference"),
        ..received
    });
    let kind = ('L', "SampleList", StatusCode::CREATED);
    take(&council, read, kind, |_| Ok(()))
}
