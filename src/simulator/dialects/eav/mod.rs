//! How is the council asked and told in rows of names and values? One row an answer, whole instances on a page.
//!
//! Pages are numbered from 0 and ordered by (change time, id), so that a change between two pages moves what follows:
//! that is how such systems are. A session begins with a user and a password, and ends when nobody expects it.

mod write;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{About, Dialect};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, List, Page, Refusal, Sought, bad, missing};
use crate::simulator::dialects;
use crate::simulator::orders::{self, Order};

/// How long a session lives, seconds of the machine's time.
const SESSION_SECONDS: i64 = 900;
/// Who may begin one.
const USER: &str = "greentick";

/// Its addresses, but for the one that begins a session.
pub(crate) fn router() -> Router<Council> {
    Router::new()
        .route("/eav/instances", get(instances))
        .route("/eav/instances/{id}", get(instance))
        .route(
            "/eav/instances/{id}/{what}",
            get(on_instance).post(post_on_instance).put(put_on_instance),
        )
        .route("/eav/instances/{id}/{what}/{name}", delete(unset).put(set))
        .route("/eav/alerts", get(alerts).post(alert))
        .route("/eav/samplelists", get(sample_lists).post(sample_list))
        .route("/eav/tasks", get(tasks))
        .route("/eav/tasks/{id}", get(task))
        .route("/eav/tasks/{id}/answer", post(answer_task))
        .route("/eav/merges", get(merges))
}

/// Where a session begins.
pub(crate) fn token_router() -> Router<Council> {
    Router::new().route("/eav/session", post(session))
}

async fn session(State(council): State<Council>, body: Bytes) -> Response {
    let body: Json = serde_json::from_slice(&body).unwrap_or_default();
    let key = council.settings().key.expose_secret();
    let said = |name: &str| text(&body, name);
    if said("username").as_deref() != Some(USER) || said("password").as_deref() != Some(key) {
        let text = "user or password is wrong".to_owned();
        return refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    }
    let Some(token) = council.tokens().issue(SESSION_SECONDS) else {
        let text = "no session can be made".to_owned();
        return refuse((StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text));
    };
    let cookie = format!("ECSESSION={token}; Path=/eav; HttpOnly");
    let body = json!({ "SESSION": { "TOKEN": token, "USERNAME": USER } });
    ([(header::SET_COOKIE, cookie)], ok(&body)).into_response()
}

/// Lets in whoever shows a live session: in `X-Session-Token`, or as the cookie.
pub(crate) async fn known(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let cookies = text("cookie").into_iter().flat_map(|all| all.split(';'));
    let mut cookies = cookies.filter_map(|one| one.trim().strip_prefix("ECSESSION="));
    let token = text("x-session-token").or_else(|| cookies.next());
    if token.is_some_and(|token| council.tokens().admits(token)) {
        return next.run(request).await;
    }
    let text = "there is no such session, or it has ended".to_owned();
    refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text))
}

/// A refusal as an answer.
pub(crate) fn refuse((status, code, text): Refusal) -> Response {
    let body = json!({ "ERROR": { "CODE": code, "TEXT": text } });
    answer(status, &body, About::default())
}

fn answer(status: StatusCode, body: &Json, about: About) -> Response {
    let kind = Dialect::Eav.content_type();
    dialects::answer(status, kind, body.to_string(), about)
}

fn ok(body: &Json) -> Response {
    answer(StatusCode::OK, body, About::default())
}

/// What a reader may ask for.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    page: Option<String>,
    size: Option<String>,
    #[serde(rename = "updatedSince")]
    since: Option<String>,
    state: Option<String>,
    mark: Option<String>,
    to: Option<String>,
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

impl Wanted {
    fn sought(&self) -> Result<Sought, Refusal> {
        let limit = desk::limit(given(self.size.as_ref()), (1, 100, 50))?;
        let page = given(self.page.as_ref()).map_or(Ok(0), str::parse::<usize>);
        let page = page.map_err(|_| bad("`page` is no number"))?;
        let since = match given(self.since.as_ref()) {
            None => None,
            Some(since) => Some(write::since(since).ok_or_else(|| {
                bad("`updatedSince` is no local time such as 2026-11-23T09:00:00")
            })?),
        };
        let list = match self.state.as_deref() {
            Some("open") => List::Open,
            None => List::Feed,
            Some(_) => return Err(bad("`state` can only be `open`")),
        };
        Ok(Sought {
            list,
            since,
            after: None,
            skip: page.saturating_mul(limit),
            limit,
        })
    }
}

fn asked(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path())
}

async fn instances(
    State(council): State<Council>,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Response {
    let page = wanted.sought();
    let asked = asked(&Method::GET, &uri);
    match page.and_then(|sought| desk::page(&council, &asked, sought)) {
        Ok(page) => shown(&page, write::instances(&page)),
        Err(refusal) => refuse(refusal),
    }
}

fn shown(page: &Page, body: String) -> Response {
    let about = About {
        steps: page.steps.len(),
        wrote: false,
    };
    let kind = Dialect::Eav.content_type();
    dialects::answer(StatusCode::OK, kind, body, about)
}

async fn instance(State(council): State<Council>, uri: Uri, Path(id): Path<String>) -> Response {
    match desk::single(&council, &asked(&Method::GET, &uri), &id) {
        Ok(page) => shown(&page, write::instances(&page)),
        Err(refusal) => refuse(refusal),
    }
}

async fn on_instance(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
) -> Response {
    council.truth(|truth| match desk::on_step(truth, &id, &what) {
        Ok(all) => ok(&write::list(&all)),
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
        ok(&write::list(&all))
    })
}

async fn tasks(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let (to, state) = (given(wanted.to.as_ref()), given(wanted.state.as_ref()));
    council.truth(|truth| {
        let tasks = desk::tasks(truth, to, state);
        let tasks: Vec<Json> = tasks.into_iter().map(write::task).collect();
        ok(&json!({ "content": tasks }))
    })
}

async fn task(State(council): State<Council>, Path(id): Path<String>) -> Response {
    council.truth(|truth| match truth.tasks.get(&id) {
        Some(task) => ok(&json!({ "content": [write::task(task)] })),
        None => refuse(missing(format!("no task {id}"))),
    })
}

async fn merges(State(council): State<Council>) -> Response {
    council.truth(|truth| ok(&json!({ "content": write::merges(&truth.merges) })))
}

fn text(body: &Json, name: &str) -> Option<String> {
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

async fn post_on_instance(
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

async fn put_on_instance(
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

async fn set(
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

async fn unset(
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

async fn alert(State(council): State<Council>, asked: (Method, Uri), body: Bytes) -> Response {
    let order = order(&body, "alert", "TEXT").map(|(body, mut order)| {
        order.write.step = text(&body, "INSTANCEID");
        order.write.roles = list(&body, "ROLES");
        order.write.references = list(&body, "REFERENCES");
        order
    });
    take(&council, &asked, order, StatusCode::OK)
}

async fn sample_list(
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

async fn answer_task(
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
