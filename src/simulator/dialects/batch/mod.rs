//! How is the council asked and told in batches? One address, an ordered list of operations, all or nothing.
//!
//! Reads see what stood before the batch. A write that fails in the mode `atomic` undoes the batch, and the answer is
//! a 200 all the same, with the error inside; in the mode `partial` each operation has its own result, by position.

mod operations;
mod write;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use self::operations::{Done, Operation};
use super::{About, Dialect};
use crate::simulator::council::Council;
use crate::simulator::desk::{Refusal, bad};
use crate::simulator::event::Entry;
use crate::simulator::{dialects, orders, switches};

/// How long a token lives, seconds of the machine's time.
const TOKEN_SECONDS: i64 = 86_400;
/// The client that may ask for one, and what it must be for.
const CLIENT: &str = "greentick";
const AUDIENCE: &str = "urn:example:casework";
/// Operations that a batch may have.
const MOST: usize = 100;

/// Its address, but for the one that hands out tokens.
pub(crate) fn router() -> Router<Council> {
    Router::new().route("/batch/processBatch", post(process))
}

/// Where tokens are handed out.
pub(crate) fn token_router() -> Router<Council> {
    Router::new().route("/batch/token", post(token))
}

async fn token(State(council): State<Council>, body: Bytes) -> Response {
    let pairs = String::from_utf8_lossy(&body).into_owned();
    let json: Json = serde_json::from_slice(&body).unwrap_or_default();
    // Asked for as JSON or as a form, as the client likes.
    let said = |name: &str| {
        let in_json = json.get(name).and_then(Json::as_str).map(str::to_owned);
        in_json.or_else(|| super::tokens::in_form(&pairs, name))
    };
    let key = council.settings().key.expose_secret();
    let refused = |status, error: &str, why: &str| {
        let body = json!({ "error": error, "error_description": why });
        answer(status, body.to_string(), About::default())
    };
    if said("grant_type").as_deref() != Some("client_credentials") {
        return refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "client_credentials",
        );
    }
    if said("client_id").as_deref() != Some(CLIENT) || said("client_secret").as_deref() != Some(key)
    {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "who is this?");
    }
    if said("audience").as_deref() != Some(AUDIENCE) {
        return refused(
            StatusCode::FORBIDDEN,
            "access_denied",
            "this audience is unknown",
        );
    }
    let Some(token) = council.tokens().issue(TOKEN_SECONDS) else {
        return refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "no token can be made",
        );
    };
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS,
    });
    answer(StatusCode::OK, body.to_string(), About::default())
}

/// Lets in whoever shows a live token.
pub(crate) async fn known(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get(header::AUTHORIZATION);
    let text = header.and_then(|value| value.to_str().ok());
    let token = text.and_then(|text| text.strip_prefix("Bearer "));
    if token.is_some_and(|token| council.tokens().admits(token)) {
        return next.run(request).await;
    }
    let why =
        "Bearer error=\"invalid_token\", error_description=\"the token is none, or has ended\"";
    let text = "the token is none, or has ended".to_owned();
    let refusal = refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    ([(header::WWW_AUTHENTICATE, why)], refusal).into_response()
}

/// A refusal of the whole request, as an answer.
pub(crate) fn refuse((status, code, text): Refusal) -> Response {
    let body = json!({ "hasErrors": true, "error": { "code": code, "message": text } });
    answer(status, body.to_string(), About::default())
}

fn answer(status: StatusCode, body: String, about: About) -> Response {
    dialects::answer(status, Dialect::Batch.content_type(), body, about)
}

async fn process(State(council): State<Council>, body: Bytes) -> Response {
    let asked = "POST /batch/processBatch";
    let read = operations::read(&body);
    let (partial, operations) = match read {
        Ok((_, operations)) if operations.len() > MOST => {
            let text = format!("a batch has at most {MOST} operations");
            return refuse((StatusCode::PAYLOAD_TOO_LARGE, "TOO_MANY", text));
        }
        Ok(read) => read,
        Err(refusal) => return refuse(refusal),
    };
    let wrote = operations.iter().any(Operation::is_write);
    let outcomes = match perform(&council, asked, &operations, partial) {
        Ok(outcomes) => outcomes,
        // A token that ended is no matter of one operation.
        Err((_, (StatusCode::UNAUTHORIZED, code, text))) => {
            return refuse((StatusCode::UNAUTHORIZED, code, text));
        }
        Err((index, (_, code, text))) => {
            let error = json!({ "index": index, "code": code, "message": text });
            let body = write::answer(&council, true, Some(&error), &[]);
            return answer(StatusCode::OK, body, About::default());
        }
    };
    let about = About {
        steps: outcomes.iter().flatten().map(|done| done.steps).sum(),
        wrote,
    };
    let results = operations.iter().zip(&outcomes);
    let mut results: Vec<String> = results.map(|(one, out)| write::result(one, out)).collect();
    switches::upon_results(&council, asked, &mut results);
    let failed = outcomes.iter().any(Result::is_err);
    answer(
        StatusCode::OK,
        write::answer(&council, failed, None, &results),
        about,
    )
}

type Outcome = Result<Done, Refusal>;

/// Performs a batch; an error undoes it and says which operation it was.
fn perform(
    council: &Council,
    asked: &str,
    operations: &[Operation],
    partial: bool,
) -> Result<Vec<Outcome>, (usize, Refusal)> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let outcome = if operation.is_write() {
            None
        } else {
            let read = operation.resolved(operations, &outcomes);
            Some(read.and_then(|operation| operation.read(council, asked)))
        };
        if let Some(Err(refusal)) = outcome.as_ref().filter(|_| !partial) {
            return Err((index, refusal.clone()));
        }
        outcomes.push(outcome);
    }
    if operations.iter().any(Operation::is_write) {
        write(council, asked, operations, &mut outcomes, partial)?;
    }
    let outcomes = outcomes.into_iter();
    Ok(outcomes
        .map(|one| one.unwrap_or_else(|| Err(bad("nothing was done"))))
        .collect())
}

/// Carries the writes of a batch out, on a copy of the truth first.
fn write(
    council: &Council,
    asked: &str,
    operations: &[Operation],
    outcomes: &mut [Option<Outcome>],
    partial: bool,
) -> Result<(), (usize, Refusal)> {
    let fails_last = partial && switches::fails_last(council, asked, operations.len());
    let limit = orders::text_limit(council, asked);
    let refused = switches::refused_write(council, asked);
    let mut store = council.store();
    let mut scratch = store.truth.clone();
    let (mut events, at) = (Vec::new(), store.now());
    for (index, operation) in operations.iter().enumerate() {
        if !operation.is_write() {
            continue;
        }
        let last = index + 1 == operations.len();
        let resolved = operation.resolved(operations, outcomes);
        let outcome = resolved.and_then(|operation| {
            if let Some(refusal) = refused.clone().filter(|_| last) {
                return Err(refusal);
            }
            if fails_last && last {
                return Err(bad("this operation fails on purpose"));
            }
            let entry = Entry {
                seq: scratch.seq + 1,
                at,
                act: None,
                tell: false,
                event: operation.order()?.admitted(&scratch, limit)?,
            };
            scratch.apply(&entry);
            events.push(entry.event.clone());
            Ok(Done::of(write::received(&orders::written(&entry))))
        });
        if let Some(refusal) = outcome.as_ref().err().filter(|_| !partial) {
            return Err((index, refusal.clone()));
        }
        if let Some(held) = outcomes.get_mut(index) {
            *held = Some(outcome);
        }
    }
    for event in events {
        if let Err(fault) = store.record(None, event) {
            tracing::error!(%fault, "a batch could not be recorded");
            let text = "it could not be recorded".to_owned();
            return Err((0, (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text)));
        }
    }
    Ok(())
}
