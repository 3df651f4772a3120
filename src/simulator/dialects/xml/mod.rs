//! How is the council asked and told in XML? One address for each thing, one document for each answer.
//!
//! Paging is by keyset, never by number: a row that moves while a reader turns pages is met again, not lost.

mod orders;
mod pieces;
pub(crate) mod read;
pub(crate) mod write;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{About, Dialect};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, List, Page, Place, Refusal, Sought, bad, missing};
use crate::simulator::dialects;

/// Its addresses.
pub(crate) fn router() -> Router<Council> {
    Router::new()
        .route("/workflow/steps/changes", get(changes))
        .route("/workflow/steps", get(open_steps))
        .route("/workflow/steps/{id}", get(step))
        .route(
            "/workflow/steps/{id}/{what}",
            get(on_step)
                .post(orders::post_on_step)
                .put(orders::put_on_step),
        )
        .route(
            "/workflow/steps/{id}/flags/{name}",
            delete(orders::delete_flag).put(orders::put_flag),
        )
        .route("/workflow/steps/{id}/fields/{name}", put(orders::put_field))
        .route("/workflow/alerts", get(alerts).post(orders::alert))
        .route(
            "/workflow/sample-lists",
            get(sample_lists).post(orders::sample_list),
        )
        .route("/workflow/tasks", get(tasks))
        .route("/workflow/tasks/{id}", get(task))
        .route("/workflow/tasks/{id}/answer", post(orders::answer_task))
        .route("/workflow/merges", get(merges))
}

/// What a reader may ask for.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    since: Option<String>,
    after: Option<String>,
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

/// A refusal as an answer.
pub(crate) fn refuse((status, code, text): Refusal) -> Response {
    answer(status, write::refusal(code, &text), About::default())
}

fn ok(body: String) -> Response {
    answer(StatusCode::OK, body, About::default())
}

fn answer(status: StatusCode, body: String, about: About) -> Response {
    dialects::answer(status, Dialect::Xml.content_type(), body, about)
}

fn shown(page: &Page, body: String) -> Response {
    let steps = page.steps.len();
    answer(
        StatusCode::OK,
        body,
        About {
            steps,
            wrote: false,
        },
    )
}

/// A place as a cursor that nobody need understand.
pub(crate) fn sealed(list: List, place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(match list {
        List::Feed => format!("{}|{}", write::utc(place.at), place.id),
        List::Open | List::Single => place.id.clone(),
    })
}

/// The place that a cursor of [`sealed`] stands for.
pub(crate) fn opened(list: List, cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    match list {
        List::Feed => {
            let (at, id) = text.split_once('|')?;
            let (at, id) = (at.parse().ok()?, id.to_owned());
            Some(Place { at, id })
        }
        List::Open | List::Single => Some(Place {
            at: jiff::Timestamp::UNIX_EPOCH,
            id: text,
        }),
    }
}

/// What is sought with these words of a request; clamped to 10 to 200, and 100 if nothing is said.
pub(crate) fn sought(
    list: List,
    limit: Option<&str>,
    since: Option<&str>,
    cursor: Option<&str>,
) -> Result<Sought, Refusal> {
    let after = match cursor {
        None => None,
        Some(cursor) => {
            let place = opened(list, cursor);
            Some(place.ok_or_else(|| bad("this is no cursor of ours"))?)
        }
    };
    let since = match since.filter(|_| after.is_none()) {
        None => None,
        Some(since) => {
            let why = "`since` is no UTC instant such as 2026-11-23T09:00:00Z";
            Some(since.parse().map_err(|_| bad(why))?)
        }
    };
    let limit = desk::limit(limit, (10, 200, 100))?;
    Ok(Sought {
        list,
        since,
        after,
        skip: 0,
        limit,
    })
}

/// The cursor of the next page, if there is one.
pub(crate) fn next(page: &Page) -> Option<String> {
    let last = page.last.as_ref().filter(|_| page.more)?;
    Some(sealed(page.list, last))
}

async fn changes(
    State(council): State<Council>,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Response {
    let (limit, since) = (given(wanted.limit.as_ref()), given(wanted.since.as_ref()));
    match sought(List::Feed, limit, since, given(wanted.after.as_ref())) {
        Ok(sought) => paged(&council, &uri, "WorkflowStepChanges", sought),
        Err(refusal) => refuse(refusal),
    }
}

async fn open_steps(
    State(council): State<Council>,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Response {
    if wanted.status.as_deref() != Some("open") {
        return refuse(bad("`status` must be `open`"));
    }
    let limit = given(wanted.limit.as_ref());
    match sought(List::Open, limit, None, given(wanted.cursor.as_ref())) {
        Ok(sought) => paged(&council, &uri, "WorkflowSteps", sought),
        Err(refusal) => refuse(refusal),
    }
}

fn asked(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path())
}

fn paged(council: &Council, uri: &Uri, root: &str, sought: Sought) -> Response {
    match desk::page(council, &asked(&Method::GET, uri), sought) {
        Ok(page) => shown(&page, write::steps(root, &page, next(&page).as_deref())),
        Err(refusal) => refuse(refusal),
    }
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
    let (root, each) = match what.as_str() {
        "reopenings" => ("Reopenings", "Reopening"),
        "flags" => ("Flags", "Flag"),
        "fields" => ("Fields", "Field"),
        "attachments" => ("Attachments", "Attachment"),
        "assignments" => ("Assignments", "Assignment"),
        "due-dates" => ("DueDates", "DueDate"),
        _ => ("Notes", "Note"),
    };
    council.truth(|truth| match desk::on_step(truth, &id, &what) {
        Ok(all) => ok(write::list(root, each, &all)),
        Err(refusal) => refuse(refusal),
    })
}

async fn alerts(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let mark = wanted.mark.as_deref();
    council.truth(|truth| {
        let all = desk::marked(truth, "alert", mark);
        ok(write::list("Alerts", "Alert", &all))
    })
}

async fn sample_lists(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let mark = wanted.mark.as_deref();
    council.truth(|truth| {
        let all = desk::marked(truth, "sample_list", mark);
        ok(write::list("SampleLists", "SampleList", &all))
    })
}

async fn tasks(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let (to, state) = (given(wanted.to.as_ref()), given(wanted.state.as_ref()));
    council.truth(|truth| ok(write::tasks(&desk::tasks(truth, to, state))))
}

async fn task(State(council): State<Council>, Path(id): Path<String>) -> Response {
    council.truth(|truth| match truth.tasks.get(&id) {
        Some(task) => ok(write::task(task)),
        None => refuse(missing(format!("no task {id}"))),
    })
}

async fn merges(State(council): State<Council>, Query(wanted): Query<Wanted>) -> Response {
    let since = match given(wanted.since.as_ref()).map(str::parse::<jiff::Timestamp>) {
        None => None,
        Some(Ok(since)) => Some(since),
        Some(Err(_)) => return refuse(bad("`since` is no UTC instant")),
    };
    council.truth(|truth| {
        let all = truth.merges.iter().cloned();
        let all: Vec<_> = all
            .filter(|merge| since.is_none_or(|since| merge.at >= since))
            .collect();
        ok(write::merges(&all, council.now()))
    })
}
