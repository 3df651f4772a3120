//! What may be read of the council, and in which order? Pages of steps, single steps, and what was written.
//!
//! Paging is by keyset, never by number: a row that moves while a reader turns pages is met again, not lost.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use super::council::Council;
use super::event::Received;
use super::truth::{Step, Truth};
use super::wire::{self, Paging};

/// What a reader may ask for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    since: Option<String>,
    after: Option<String>,
    cursor: Option<String>,
    status: Option<String>,
    limit: Option<String>,
    mark: Option<String>,
}

/// Where in the order (`ChangedAt`, id) a page of the feed begins.
enum Place {
    Beginning,
    /// At this instant, included.
    Since(Timestamp),
    /// After the step that stood here.
    After(Timestamp, String),
}

impl Place {
    fn admits(&self, step: &Step) -> bool {
        match self {
            Self::Beginning => true,
            Self::Since(since) => step.changed_at >= *since,
            Self::After(at, id) => (step.changed_at, &step.id) > (*at, id),
        }
    }
}

/// Why a reader gets nothing.
pub(super) type Refusal = (StatusCode, &'static str, String);

/// A refusal as an answer.
pub(super) fn refuse((status, code, text): Refusal) -> Response {
    wire::refusal(status, code, &text)
}

fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, "BAD_REQUEST", text.into())
}

/// A step that Greentick's account may read: 404 unknown, 410 deleted, 403 restricted.
pub(super) fn readable<'t>(truth: &'t Truth, id: &str) -> Result<&'t Step, Refusal> {
    match truth.steps.get(id) {
        None => Err((StatusCode::NOT_FOUND, "NOT_FOUND", format!("no step {id}"))),
        Some(step) if step.deleted => Err((StatusCode::GONE, "DELETED", format!("step {id}"))),
        Some(step) if step.restricted => {
            Err((StatusCode::FORBIDDEN, "RESTRICTED", format!("step {id}")))
        }
        Some(step) => Ok(step),
    }
}

impl Wanted {
    fn limit(&self) -> Result<usize, Refusal> {
        match self.limit.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(100),
            Some(text) => match text.parse::<usize>() {
                Ok(limit) => Ok(limit.clamp(10, 200)),
                Err(_) => Err(bad("`limit` is no number")),
            },
        }
    }

    fn place(&self) -> Result<Place, Refusal> {
        if let Some(after) = self.after.as_deref().filter(|text| !text.is_empty()) {
            let place = opened(after).and_then(|text| {
                let (at, id) = text.split_once('|')?;
                Some(Place::After(at.parse().ok()?, id.to_owned()))
            });
            return place.ok_or_else(|| bad("`after` is no cursor of ours"));
        }
        match self.since.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(Place::Beginning),
            Some(since) => match since.parse() {
                Ok(since) => Ok(Place::Since(since)),
                Err(_) => Err(bad(
                    "`since` is no UTC instant such as 2026-11-23T09:00:00Z",
                )),
            },
        }
    }
}

fn sealed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn opened(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

/// `GET /workflow/steps/changes`.
pub(super) async fn changes(
    State(council): State<Council>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let store = council.store();
    let made = wanted.limit().and_then(|limit| {
        let from = wanted.place()?;
        let steps = store.truth.steps.values();
        let mut steps: Vec<&Step> = steps
            .filter(|step| step.is_shown() && from.admits(step))
            .collect();
        steps.sort_by(|a, b| (a.changed_at, &a.id).cmp(&(b.changed_at, &b.id)));
        let place = |step: &Step| format!("{}|{}", wire::utc(step.changed_at), step.id);
        Ok(page(
            "WorkflowStepChanges",
            steps,
            limit,
            place,
            store.now(),
        ))
    });
    made.unwrap_or_else(refuse)
}

/// `GET /workflow/steps?status=open`.
pub(super) async fn open_steps(
    State(council): State<Council>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let store = council.store();
    let made = wanted.limit().and_then(|limit| {
        if wanted.status.as_deref() != Some("open") {
            return Err(bad("`status` must be `open`"));
        }
        let after = match wanted.cursor.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(cursor) => Some(opened(cursor).ok_or_else(|| bad("`cursor` is none of ours"))?),
        };
        let steps = store.truth.steps.values();
        let steps = steps
            .filter(|step| step.is_shown() && step.status.is_open())
            .filter(|step| after.as_ref().is_none_or(|after| step.id > *after))
            .collect();
        let place = |step: &Step| step.id.clone();
        Ok(page("WorkflowSteps", steps, limit, place, store.now()))
    });
    made.unwrap_or_else(refuse)
}

fn page(
    root: &str,
    mut steps: Vec<&Step>,
    limit: usize,
    place: impl Fn(&Step) -> String,
    now: Timestamp,
) -> Response {
    let more = steps.len() > limit;
    steps.truncate(limit);
    let next = steps
        .last()
        .filter(|_| more)
        .map(|last| sealed(&place(last)));
    let paging = Paging {
        limit,
        next: next.as_deref(),
    };
    wire::answer(StatusCode::OK, wire::steps(root, &steps, paging, now))
}

/// `GET /workflow/steps/{id}`.
pub(super) async fn step(State(council): State<Council>, Path(id): Path<String>) -> Response {
    let store = council.store();
    match readable(&store.truth, &id) {
        Ok(step) => wire::answer(StatusCode::OK, wire::single(step, store.now())),
        Err(refusal) => refuse(refusal),
    }
}

/// `GET /workflow/steps/{id}/{notes|flags|fields|reopenings}`: the read-backs of a step.
pub(super) async fn on_step(
    State(council): State<Council>,
    Path((id, what)): Path<(String, String)>,
) -> Response {
    council.truth(|truth| {
        let step = match readable(truth, &id) {
            Ok(step) => step,
            Err(refusal) => return refuse(refusal),
        };
        let of = |operation: &'static str| {
            let received = truth.received.iter();
            received.filter(move |one| {
                one.operation == operation && one.step.as_deref() == Some(step.id.as_str())
            })
        };
        let body = match what.as_str() {
            "notes" => wire::list("Notes", "Note", of("note")),
            "reopenings" => wire::list("Reopenings", "Reopening", of("reopen")),
            "flags" => wire::list("Flags", "Flag", step.flags.values()),
            "fields" => wire::list("Fields", "Field", step.fields.values()),
            _ => {
                let text = format!("a step has no `{what}`");
                return refuse((StatusCode::NOT_FOUND, "NOT_FOUND", text));
            }
        };
        wire::answer(StatusCode::OK, body)
    })
}

/// `GET /workflow/alerts?mark=`.
pub(super) async fn alerts(State(council): State<Council>, Query(w): Query<Wanted>) -> Response {
    marked(&council, &w, "alert", "Alerts", "Alert")
}

/// `GET /workflow/sample-lists?mark=`.
pub(super) async fn sample_lists(
    State(council): State<Council>,
    Query(wanted): Query<Wanted>,
) -> Response {
    marked(
        &council,
        &wanted,
        "sample_list",
        "SampleLists",
        "SampleList",
    )
}

fn marked(council: &Council, wanted: &Wanted, operation: &str, root: &str, each: &str) -> Response {
    council.truth(|truth| {
        let is_wanted = |one: &&Received| {
            one.operation == operation && wanted.mark.as_ref().is_none_or(|mark| *mark == one.mark)
        };
        let all = truth.received.iter().filter(is_wanted);
        wire::answer(StatusCode::OK, wire::list(root, each, all))
    })
}
