//! Whom do the case system's doors turn away? One line in the log and a number, so that "your gate refuses us" has a
//! trace. Absent on purpose: the body, the secret and whatever else the caller wrote.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::api::Door;
use super::ways::Unproven;
use crate::app::Shared;
use crate::clock::machine_second;

/// Which door a path leads to; none for those that the case system does not use.
fn door(path: &str) -> Option<(&'static str, Option<&str>)> {
    for (door, begins) in [
        ("finish_check", "/api/v1/finish-checks"),
        ("callback", "/api/v1/callbacks"),
    ] {
        if let Some(rest) = path.strip_prefix(begins) {
            return Some((door, rest.strip_prefix('/')));
        }
    }
    None
}

/// Why, as far as the status says; the sender was told more.
fn reason(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        400 => Some((
            "unreadable",
            "its body is not what the mapping describes; the answer says what is wrong",
        )),
        401 => Some((
            "unproven",
            "its password, signature or token was not accepted, or its clock is wrong",
        )),
        403 => Some(("elsewhere", "it comes from another environment")),
        404 => Some(("nowhere", "it names another case system than ours")),
        _ => None,
    }
}

pub(super) async fn watch<C: Shared>(
    State(doors): Door<C>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    if let Some((door, named)) = door(&path)
        && let Some((kind, why)) = reason(status)
        && let Some(times) = doors.metrics.turned_away(door, kind, machine_second())
    {
        let ours = doors.app.source.0.as_str();
        // Whatever else stands in the path is the caller's own text.
        let source = if named.is_none_or(|named| named == ours) {
            ours
        } else {
            "another"
        };
        let unproven = response.extensions().get::<Unproven>();
        let why = unproven.map_or(why, |unproven| unproven.words());
        tracing::warn!(door, source, status, times, why, "turned away");
    }
    response
}
