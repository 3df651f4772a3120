//! How is the council asked and told in JSON? One address for each thing, cursors, a token and a subscription key.
//!
//! A cursor of the open steps is the last id read; a page that is exactly full is followed by one that may be empty.

mod write;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{About, Dialect, xml};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, List, Page, Place, Refusal, Sought, bad, missing};
use crate::simulator::dialects;
use crate::simulator::orders::{self, Order};
use crate::simulator::words::Received;

pub(crate) use self::write::{lines, received, texts};

/// How long a token lives, seconds of the machine's time.
const TOKEN_SECONDS: i64 = 120;
/// The client that may ask for one: its application and its environment.
const CLIENT: &str = "greentick|synthetic";

/// Its addresses, but for the one that hands out tokens.
pub(crate) fn router() -> Router<Council> {
    Router::new()
        .route("/rest/v1/workflow-steps/changes", get(changes))
        .route("/rest/v1/workflow-steps", get(open_steps))
        .route("/rest/v1/workflow-steps/{id}", get(step))
        .route(
            "/rest/v1/workflow-steps/{id}/{what}",
            get(on_step).post(post_on_step).put(put_on_step),
        )
        .route(
            "/rest/v1/workflow-steps/{id}/{what}/{name}",
            delete(unset).put(set),
        )
        .route("/rest/v1/alerts", get(alerts).post(alert))
        .route("/rest/v1/sample-lists", get(sample_lists).post(sample_list))
        .route("/rest/v1/tasks", get(tasks))
        .route("/rest/v1/tasks/{id}", get(task))
        .route("/rest/v1/tasks/{id}/answer", post(answer_task))
        .route("/rest/v1/merges", get(merges))
}

/// Where tokens are handed out.
pub(crate) fn token_router() -> Router<Council> {
    Router::new().route("/rest/oauth2/token", post(token))
}

async fn token(State(council): State<Council>, headers: HeaderMap, body: Bytes) -> Response {
    let form = String::from_utf8_lossy(&body).into_owned();
    let shown = |name: &str| super::tokens::in_form(&form, name);
    let refused = |status, error: &str| {
        let body = json!({ "error": error }).to_string();
        dialects::answer(status, "application/json", body, About::default())
    };
    if shown("grant_type").as_deref() != Some("client_credentials") {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let key = council.settings().key.expose_secret();
    let basic = super::tokens::basic(&headers);
    let pair = basic.or_else(|| shown("client_id").zip(shown("client_secret")));
    if pair.is_none_or(|(client, secret)| client != CLIENT || secret != key) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    if shown("scope").is_some_and(|scope| scope != "workflow") {
        return refused(StatusCode::BAD_REQUEST, "invalid_scope");
    }
    let Some(token) = council.tokens().issue(TOKEN_SECONDS) else {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS,
    });
    let body = body.to_string();
    dialects::answer(StatusCode::OK, "application/json", body, About::default())
}

/// Lets in whoever shows a live token and the subscription key.
pub(crate) async fn known(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("x-subscription-key") != Some(council.subscription().expose_secret()) {
        let text = "show the key in X-Subscription-Key".to_owned();
        return refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    }
    let token = text("authorization").and_then(|text| text.strip_prefix("Bearer "));
    if token.is_some_and(|token| council.tokens().admits(token)) {
        return next.run(request).await;
    }
    let why = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
    let text = "the token is none, or has ended".to_owned();
    let refusal = refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    (why, refusal).into_response()
}

/// A refusal as an answer.
pub(crate) fn refuse((status, code, text): Refusal) -> Response {
    let body = json!({ "errors": [{ "code": camel(code), "message": text }] });
    answer(status, &body, About::default())
}

/// `NOT_FOUND` as `NotFound`.
pub(crate) fn camel(code: &str) -> String {
    let words = code.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first
            .chain(letters.flat_map(char::to_lowercase))
            .collect::<String>()
    });
    words.collect()
}

fn answer(status: StatusCode, body: &Json, about: About) -> Response {
    let kind = Dialect::Json.content_type();
    dialects::answer(status, kind, body.to_string(), about)
}

fn ok(body: &Json) -> Response {
    answer(StatusCode::OK, body, About::default())
}

/// What a reader may ask for.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    since: Option<String>,
    cursor: Option<String>,
    status: Option<String>,
    limit: Option<String>,
    mark: Option<String>,
    to: Option<String>,
    state: Option<String>,
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

async fn changes(
    State(council): State<Council>,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Response {
    let (limit, since) = (given(wanted.limit.as_ref()), given(wanted.since.as_ref()));
    let sought = xml::sought(List::Feed, limit, since, given(wanted.cursor.as_ref()));
    paged(&council, &uri, sought)
}

async fn open_steps(
    State(council): State<Council>,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Response {
    if wanted.status.as_deref() != Some("open") {
        return refuse(bad("`status` must be `open`"));
    }
    let sought = xml::sought(List::Open, given(wanted.limit.as_ref()), None, None);
    let cursor = given(wanted.cursor.as_ref()).filter(|cursor| *cursor != "0");
    let sought = sought.map(|sought| Sought {
        after: cursor.map(|id| Place {
            at: jiff::Timestamp::UNIX_EPOCH,
            id: id.to_owned(),
        }),
        ..sought
    });
    paged(&council, &uri, sought)
}

fn asked(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path())
}

/// The cursor of the next page; empty if the page was short.
fn next(page: &Page) -> String {
    let full = page.more || page.steps.len() >= page.limit;
    match page.last.as_ref().filter(|_| full) {
        None => String::new(),
        Some(last) if page.list == List::Feed => xml::sealed(page.list, last),
        Some(last) => last.id.clone(),
    }
}

fn paged(council: &Council, uri: &Uri, sought: Result<Sought, Refusal>) -> Response {
    let page = sought.and_then(|mut sought| {
        sought.limit = sought.limit.min(100);
        desk::page(council, &asked(&Method::GET, uri), sought)
    });
    match page {
        Ok(page) => {
            let body = write::steps(&page, &next(&page), uri.path());
            shown(&page, body)
        }
        Err(refusal) => refuse(refusal),
    }
}

fn shown(page: &Page, body: String) -> Response {
    let about = About {
        steps: page.steps.len(),
        wrote: false,
    };
    let kind = Dialect::Json.content_type();
    dialects::answer(StatusCode::OK, kind, body, about)
}

async fn step(State(council): State<Council>, uri: Uri, Path(id): Path<String>) -> Response {
    match desk::single(&council, &asked(&Method::GET, &uri), &id) {
        Ok(page) => shown(&page, write::single(&page)),
        Err(refusal) => refuse(refusal),
    }
}

async fn on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
) -> Response {
    council.truth(|truth| match desk::on_step(truth, &id, &what) {
        Ok(all) => ok(&json!({ "items": texts(&all) })),
        Err(refusal) => refuse(refusal),
    })
}

async fn alerts(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    marked(&council, "alert", &wanted)
}

async fn sample_lists(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    marked(&council, "sample_list", &wanted)
}

fn marked(council: &Council, operation: &str, wanted: &Wanted) -> Response {
    council.truth(|truth| {
        let all = desk::marked(truth, operation, given(wanted.mark.as_ref()));
        ok(&json!({ "items": texts(&all) }))
    })
}

async fn tasks(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let (to, state) = (given(wanted.to.as_ref()), given(wanted.state.as_ref()));
    council.truth(|truth| {
        let tasks = desk::tasks(truth, to, state);
        let tasks: Vec<Json> = tasks.into_iter().map(write::task).collect();
        ok(&json!({ "tasks": tasks }))
    })
}

async fn task(State(council): State<Council>, Path(id): Path<String>) -> Response {
    council.truth(|truth| match truth.tasks.get(&id) {
        Some(task) => ok(&json!({ "task": write::task(task) })),
        None => refuse(missing(format!("no task {id}"))),
    })
}

async fn merges(State(council): State<Council>) -> Response {
    council.truth(|truth| ok(&json!({ "merges": write::merges(&truth.merges) })))
}

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

async fn post_on_step(
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

async fn put_on_step(
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

async fn set(
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

async fn unset(
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

async fn alert(
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

async fn sample_list(
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

async fn answer_task(
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
