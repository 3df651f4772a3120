//! What does each door do? Handlers: prove the caller, call one use-case, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::ways::{Unproven, proven, text};
use super::{Doors, board, described, pack, turned_away};
use crate::app::gate::Ask;
use crate::app::{AppFault, Shared, allocate, decide, explain, gate};
use crate::clock::machine_second;
use crate::mapping::{ProofRow, Refused};
use crate::practice::authority::Refusal;
use crate::practice::decision::{Decided, Decision};
use crate::practice::ids::{ChildKey, CycleId, Digest, EpisodeId};

pub(super) type Door<C> = State<Arc<Doors<C>>>;

/// Every route.
pub fn router<C: Shared>(doors: Arc<Doors<C>>) -> Router {
    Router::new()
        .route("/", get(board::show::<C>))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready::<C>))
        .route("/metrics", get(metrics::<C>))
        .route("/api/v1/finish-checks", post(finish_check::<C>))
        .route("/api/v1/finish-checks/{source}", post(described_check::<C>))
        .route("/api/v1/callbacks/{source}", post(callback::<C>))
        .route("/api/v1/episodes", get(episodes::<C>))
        .route("/api/v1/episodes/{id}/explanation", get(explanation::<C>))
        .route("/api/v1/episodes/{id}/decisions", post(decision::<C>))
        .route("/api/v1/cycles/{id}/allocations", post(allocations::<C>))
        .route("/api/v1/cycles/{id}/{file}", get(pack::show::<C>))
        .layer(from_fn_with_state(
            Arc::clone(&doors),
            turned_away::watch::<C>,
        ))
        .with_state(doors)
}

pub(super) fn unauthorised() -> Response {
    let body =
        json!({ "error": "not authorised", "help": "see docs/operations.md, who may call what" });
    (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
}

/// The same of a request that a secret should have proven; why stands beside the answer, for our own log alone.
pub(super) fn unproven(why: Unproven) -> Response {
    let mut response = unauthorised();
    response.extensions_mut().insert(why);
    response
}

pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}

/// Why a decision is not taken in, as problem details (RFC 9457): the rule, and who may put it right.
fn problem(refusal: &Refusal) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let body = json!({
        "type": format!("urn:greentick:rule:{}", refusal.rule), "title": "The decision is not taken in.",
        "status": status.as_u16(), "detail": refusal.why, "rule": refusal.rule, "asks": refusal.asks,
        "error": refusal.to_string(),
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}

pub(super) fn failed(fault: &AppFault) -> Response {
    match fault {
        AppFault::Refused(why) => refused(StatusCode::UNPROCESSABLE_ENTITY, why),
        AppFault::Decision(refusal) => problem(refusal),
        AppFault::Case(_) | AppFault::Ledger(_) => {
            tracing::error!(%fault, "a request could not be answered");
            refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "it could not be read or recorded; try again",
            )
        }
    }
}

async fn ready<C: Shared>(State(doors): Door<C>) -> Response {
    let now = doors.clock.now();
    let age = doors.freshness.age_seconds(now);
    let ledger = doors.app.ledger.cursor("probe").await.is_ok();
    let source = doors.freshness.source();
    let ready = ledger && doors.freshness.is_ready(now);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "ready": ready, "mirror_age_seconds": age,
        "mirror_limit_seconds": doors.freshness.limit_seconds, "ledger": ledger,
        "source": { "state": source.state, "why": source.why, "as_of": source.as_of,
            "went_back": source.went_back,
            "older_versions": source.older,
            "silent_working_hours": source.silent_hours },
    });
    (status, axum::Json(body)).into_response()
}

async fn metrics<C: Shared>(State(doors): Door<C>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], doors.metrics.render()).into_response()
}

async fn finish_check<C: Shared>(
    State(doors): Door<C>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = doors.clock.now();
    let callers = &doors.callers;
    let token = callers
        .by_token(text(&headers, "authorization"), "finish_check")
        .is_some();
    let (own, secrets) = (ProofRow::default(), &callers.finish_check);
    if !token && let Err(why) = proven(&own, &headers, &body, secrets, machine_second()) {
        return unproven(why);
    }
    let ask: Ask = match serde_json::from_slice(&body) {
        Ok(ask) => ask,
        Err(fault) => {
            return refused(
                StatusCode::BAD_REQUEST,
                &format!("the body is not a finish check: {fault}"),
            );
        }
    };
    let id = new_id();
    let answer = gate::finish_check(&doors.app, &ask, &id, now);
    match described::within(ask.deadline_ms, answer).await {
        Some(Ok(told)) => {
            doors.answered(&told, now);
            axum::Json(told).into_response()
        }
        late_or_failed => {
            if let Some(Err(fault)) = late_or_failed {
                tracing::error!(%fault, "a finish check could not be answered");
            } else {
                tracing::warn!(step = %ask.step, "a finish check could not be answered in its time");
            }
            doors.metrics.finish_check("unavailable");
            let body = json!({
                "decision": "hold", "step": ask.step, "unavailable": true,
                "reasons": [{ "rule": "LE-00.0", "missing": "The answer could not be recorded.",
                    "seen": "", "remedy": "Press Finish again in a minute.", "asks": "qa_manager" }],
            });
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
        }
    }
}

/// A finish check in the case system's own words.
async fn described_check<C: Shared>(
    State(doors): Door<C>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mapping = doors.app.case_system.described();
    let callout = mapping.and_then(|mapping| Some((mapping, mapping.callout()?)));
    match callout.filter(|_| source == doors.app.source.as_str()) {
        Some(callout) => described::finish_check(&doors, callout, &headers, &body).await,
        None => unauthorised(),
    }
}

/// A name that nobody can guess or repeat.
pub(super) fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    let random = ring::rand::SystemRandom::new();
    // If the system has no randomness left, the zero id still names nothing that exists.
    let _ = ring::rand::SecureRandom::fill(&random, &mut bytes);
    Digest::of(&bytes).0.chars().take(32).collect()
}

#[derive(Deserialize)]
struct CallbackHead {
    #[serde(alias = "id")]
    message_id: String,
    /// Of which environment it says it is.
    environment: Option<String>,
    /// Its events, of which only counts whether each is about a step.
    #[serde(default)]
    events: serde_json::Value,
}

impl CallbackHead {
    /// Whether something of it is about a person and no step.
    fn is_of_persons(&self) -> bool {
        let events = self.events.as_array();
        events.into_iter().flatten().any(|event| {
            event.is_object() && event.get("step").is_none_or(serde_json::Value::is_null)
        })
    }
}

/// A hint that something changed. It is kept before it is answered; what changed is then read.
async fn callback<C: Shared>(
    State(doors): Door<C>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mapping = doors.app.case_system.described();
    let described = mapping.and_then(|mapping| Some((mapping, mapping.callback()?)));
    if let Some(callback) = described.filter(|_| source == doors.app.source.as_str()) {
        return described::callback(&doors, callback, &headers, &body).await;
    }
    let now = doors.clock.now();
    let (own, secrets) = (ProofRow::default(), &doors.callers.callback);
    let signed = proven(&own, &headers, &body, secrets, machine_second());
    if signed.is_err() || source != doors.app.source.as_str() {
        doors.metrics.callback("refused");
        return signed.err().map_or_else(unauthorised, unproven);
    }
    let head: CallbackHead = match serde_json::from_slice(&body) {
        Ok(head) => head,
        Err(fault) => {
            let why = format!("the callback has no readable `message_id`: {fault}");
            return refused(StatusCode::BAD_REQUEST, &why);
        }
    };
    let known = mapping.filter(|mapping| mapping.environment().is_some());
    let elsewhere = known.and_then(|mapping| mapping.elsewhere(head.environment.as_deref()));
    if let Some(why) = elsewhere {
        doors.metrics.callback("refused");
        return described::not_taken(&Refused::Environment(why));
    }
    let digest = Digest::of(&body);
    let (ledger, source) = (&doors.app.ledger, &doors.app.source);
    let kept = async {
        if head.is_of_persons() {
            ledger.told_of_persons(source, now).await?;
        }
        ledger
            .keep_callback(source, &head.message_id, &digest, now)
            .await
    };
    match kept.await {
        Ok(_) => {
            doors.metrics.callback("kept");
            doors.nudge.notify_one();
            StatusCode::ACCEPTED.into_response()
        }
        Err(fault) => failed(&fault.into()),
    }
}

async fn episodes<C: Shared>(State(doors): Door<C>, headers: HeaderMap) -> Response {
    if doors
        .callers
        .by_token(text(&headers, "authorization"), "read")
        .is_none()
    {
        return unauthorised();
    }
    match doors.app.ledger.episodes(None).await {
        Ok(episodes) => {
            let list: Vec<_> = episodes
                .iter()
                .map(|episode| {
                    json!({
                        "id": episode.id, "cycle": episode.cycle,
                        "steps": episode.steps.len(), "standing": episode.standing,
                    })
                })
                .collect();
            axum::Json(list).into_response()
        }
        Err(fault) => failed(&fault.into()),
    }
}

/// Which past moment is asked about, if one is.
#[derive(Deserialize)]
struct AsOf {
    at: Option<String>,
}

async fn explanation<C: Shared>(
    State(doors): Door<C>,
    Path(id): Path<String>,
    Query(asked): Query<AsOf>,
    headers: HeaderMap,
) -> Response {
    if doors
        .callers
        .by_token(text(&headers, "authorization"), "read")
        .is_none()
    {
        return unauthorised();
    }
    let at = asked.at.map(|at| doors.app.terms.calendar.moment(&at));
    let at = match at.transpose() {
        Ok(at) => at,
        Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
    };
    match explain::explain(&doors.app, &EpisodeId(id), at, doors.clock.now()).await {
        Ok(Some(explanation)) => axum::Json(explanation).into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, "no such episode is on record"),
        Err(fault) => failed(&fault),
    }
}

#[derive(Deserialize)]
struct DecisionBody {
    #[serde(default)]
    id: Option<String>,
    #[serde(flatten)]
    what: Decided,
}

/// Records a decision in the name of the token's worker; nobody can decide in another's name.
async fn decision<C: Shared>(
    State(doors): Door<C>,
    Path(episode): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = doors.clock.now();
    let Some(caller) = doors
        .callers
        .by_token(text(&headers, "authorization"), "decide")
    else {
        return unauthorised();
    };
    let given: DecisionBody = match serde_json::from_slice(&body) {
        Ok(given) => given,
        Err(fault) => {
            return refused(
                StatusCode::BAD_REQUEST,
                &format!("the body is not a decision: {fault}"),
            );
        }
    };
    let decision = Decision {
        id: given.id.unwrap_or_else(new_id),
        episode: EpisodeId(episode),
        by: caller.worker.clone(),
        at: now,
        what: given.what,
    };
    match decide::record(&doors.app, &decision, now).await {
        Ok(_) => (
            StatusCode::CREATED,
            axum::Json(json!({ "id": decision.id })),
        )
            .into_response(),
        Err(fault) => failed(&fault),
    }
}

#[derive(Deserialize)]
struct AllocationQuery {
    #[serde(default)]
    preview: bool,
}

/// Registers a table of allocations in the name of the token's worker: CSV, an Excel workbook or a JSON list.
async fn allocations<C: Shared>(
    State(doors): Door<C>,
    Path(cycle): Path<String>,
    Query(query): Query<AllocationQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let callers = &doors.callers;
    let Some(caller) = callers.by_token(text(&headers, "authorization"), "decide") else {
        return unauthorised();
    };
    if doors.app.case_system.child_key("").is_none() {
        let why = "no key for children's ids is set, so nothing can be allocated here";
        return refused(StatusCode::SERVICE_UNAVAILABLE, why);
    }
    let cycle = CycleId(cycle);
    let asked = allocate::Asked {
        by: &caller.worker,
        cycle: Some(&cycle),
        preview: query.preview,
    };
    let key = |child: &str| {
        let key = doors.app.case_system.child_key(child);
        key.unwrap_or_else(|| ChildKey(String::new()))
    };
    let now = doors.clock.now();
    match allocate::register_as(&doors.app, &body, &asked, key, now).await {
        Ok(report) if report.refused.is_empty() => axum::Json(report).into_response(),
        Ok(report) => (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(report)).into_response(),
        Err(fault) => failed(&fault),
    }
}
