//! How is the council asked and told in JSON? One address for each thing, cursors, a token and a subscription key.
//!
//! A cursor of the open steps is the last id read; a page that is exactly full is followed by one that may be empty.

mod orders;
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
            get(on_step)
                .post(orders::post_on_step)
                .put(orders::put_on_step),
        )
        .route(
            "/rest/v1/workflow-steps/{id}/{what}/{name}",
            delete(orders::unset).put(orders::set),
        )
        .route("/rest/v1/alerts", get(alerts).post(orders::alert))
        .route(
            "/rest/v1/sample-lists",
            get(sample_lists).post(orders::sample_list),
        )
        .route("/rest/v1/tasks", get(tasks))
        .route("/rest/v1/tasks/{id}", get(task))
        .route("/rest/v1/tasks/{id}/answer", post(orders::answer_task))
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
