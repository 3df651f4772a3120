//! How is the council asked and told in rows of names and values? One row an answer, whole instances on a page.
//!
//! Pages are numbered from 0 and ordered by (change time, id), so that a change between two pages moves what follows:
//! that is how such systems are. A session begins with a user and a password, and ends when nobody expects it.

mod orders;
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
            get(on_instance)
                .post(orders::post_on_instance)
                .put(orders::put_on_instance),
        )
        .route(
            "/eav/instances/{id}/{what}/{name}",
            delete(orders::unset).put(orders::set),
        )
        .route("/eav/alerts", get(alerts).post(orders::alert))
        .route(
            "/eav/samplelists",
            get(sample_lists).post(orders::sample_list),
        )
        .route("/eav/tasks", get(tasks))
        .route("/eav/tasks/{id}", get(task))
        .route("/eav/tasks/{id}/answer", post(orders::answer_task))
        .route("/eav/merges", get(merges))
}

/// Where a session begins.
pub(crate) fn token_router() -> Router<Council> {
    Router::new().route("/eav/session", post(session))
}

async fn session(State(council): State<Council>, body: Bytes) -> Response {
    let body: Json = serde_json::from_slice(&body).unwrap_or_default();
    let key = council.settings().key.expose_secret();
    let said = |name: &str| orders::text(&body, name);
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
