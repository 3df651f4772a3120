//! The two doors that speak the case system's own words: callbacks and finish checks as its mapping describes them.
//!
//! `POST /api/v1/callbacks/{source}` and `POST /api/v1/finish-checks/{source}`. Each proves the caller, lets the
//! use-case read the body, and answers by the mapping's template. An acknowledgement leaves only when every event
//! is on record; a question is answered within its time, or by the mapping's "not now".

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Doors;
use super::api::{failed, new_id, refused, unproven};
use super::ways::{proven, text};
use crate::app::{Shared, doors as use_case, gate};
use crate::clock::machine_second;
use crate::mapping::{
    Answered, Callback, Callout, DoorReply, Mapping, Refused, Say, TemplateFault,
};

/// A message, in the words that `[callback]` describes.
pub(super) async fn callback<C: Shared>(
    doors: &Doors<C>,
    (mapping, callback): (&Mapping, &Callback),
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let secrets = &doors.callers.callback;
    if let Err(why) = proven(&callback.proof, headers, body, secrets, machine_second()) {
        doors.metrics.callback("refused");
        return unproven(why);
    }
    let header = callback.id_header.as_deref();
    let message = header.and_then(|name| text(headers, name));
    let kept = use_case::keep(
        &doors.app,
        mapping,
        callback,
        body,
        (charset(headers), message),
        doors.clock.now(),
    );
    match kept.await {
        Ok(Ok((events, _))) => {
            doors.metrics.callback("kept");
            doors.nudge.notify_one();
            reply(mapping.acknowledged(callback, events, true))
        }
        Ok(Err(why)) => {
            doors.metrics.callback("refused");
            not_taken(&why)
        }
        Err(fault) => {
            tracing::error!(%fault, "a callback could not be recorded; its sender is asked to try again");
            match mapping.acknowledged(callback, 0, false) {
                Ok(sent) if !sent.body.is_empty() => reply(Ok(sent)),
                _ => failed(&fault),
            }
        }
    }
}

/// A question before Finish, in the words that `[callout]` describes.
pub(super) async fn finish_check<C: Shared>(
    doors: &Doors<C>,
    (mapping, callout): (&Mapping, &Callout),
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let now = doors.clock.now();
    let callers = &doors.callers;
    let token = callers.by_token(text(headers, "authorization"), "finish_check");
    let secrets = &callers.finish_check;
    if token.is_none()
        && let Err(why) = proven(&callout.proof, headers, body, secrets, machine_second())
    {
        return unproven(why);
    }
    let ask = match use_case::asked(mapping, callout, body, charset(headers)) {
        Ok(ask) => ask,
        Err(why) => return not_taken(&why),
    };
    let id = new_id();
    match within(
        ask.deadline_ms,
        gate::finish_check(&doors.app, &ask, &id, now),
    )
    .await
    {
        Some(Ok(told)) => {
            doors.answered(&told, now);
            let (say, answered) = use_case::said(&told);
            reply(mapping.answered(callout, say, &answered))
        }
        late_or_failed => {
            if let Some(Err(fault)) = late_or_failed {
                tracing::error!(%fault, "a finish check could not be answered");
            } else {
                tracing::warn!(step = %ask.step, "a finish check could not be answered in its time");
            }
            doors.metrics.finish_check("unavailable");
            let mut answered = Answered::default();
            let request = ask.request_id.clone().unwrap_or_default();
            answered.values.insert("decision", "hold".to_owned());
            answered.values.insert("request_id", request);
            answered.values.insert("step", ask.step.to_string());
            reply(mapping.answered(callout, Say::Unavailable, &answered))
        }
    }
}

/// What is done in the asker's time, less a tenth for the way back; none if it took longer. An answer that is not
/// told may still have been recorded: the same question then gets it.
pub(super) async fn within<T>(
    deadline_ms: Option<u64>,
    answer: impl Future<Output = T>,
) -> Option<T> {
    match deadline_ms {
        Some(ms) => {
            let span = Duration::from_millis(ms - ms / 10);
            tokio::time::timeout(span, answer).await.ok()
        }
        None => Some(answer.await),
    }
}

fn charset(headers: &HeaderMap) -> Option<&str> {
    let kind = text(headers, "content-type")?;
    let mut parts = kind.split(';').map(str::trim);
    let named = parts.find_map(|part| part.strip_prefix("charset="))?;
    Some(named.trim_matches('"'))
}

pub(super) fn not_taken(why: &Refused) -> Response {
    match why {
        Refused::Environment(why) => {
            tracing::warn!(%why, "a message of another environment was refused");
            refused(StatusCode::FORBIDDEN, why)
        }
        Refused::Unreadable(why) => refused(StatusCode::BAD_REQUEST, why),
    }
}

fn reply(made: Result<DoorReply, TemplateFault>) -> Response {
    match made {
        Ok(made) => {
            let status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::OK);
            (
                status,
                [(header::CONTENT_TYPE, made.content_type)],
                made.body,
            )
                .into_response()
        }
        Err(fault) => {
            tracing::error!(%fault, "the mapping's reply cannot be filled in");
            refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "the reply could not be written",
            )
        }
    }
}
