//! What may a harness do to the council? Look at its truth and its log, act in people's place, switch faults on.
//!
//! No key is asked for: the council belongs on loopback. Every act is an event like any other.

use std::collections::BTreeMap;

use axum::Json as JsonBody;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::council::{Council, CouncilFault};
use super::event::Event;
use super::forms::StepType;
use super::switches::{Fault, SWITCHES};
use super::truth::Truth;
use super::words::{NewStep, Row, Status};

fn refused(status: StatusCode, why: &str) -> Response {
    (status, JsonBody(json!({ "error": why }))).into_response()
}

fn failed(fault: &CouncilFault) -> Response {
    refused(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string())
}

type NotNow = (StatusCode, String);

fn known(truth: &Truth, id: &str) -> Result<(), NotNow> {
    if truth.steps.contains_key(id) {
        Ok(())
    } else {
        Err((StatusCode::NOT_FOUND, format!("no step {id}")))
    }
}

/// Records what `decide` makes of the truth and answers with the step as it then stands.
fn change(
    council: &Council,
    id: &str,
    decide: impl FnOnce(&Truth) -> Result<Event, NotNow>,
) -> Response {
    match council.record_if(None, decide) {
        Err(fault) => failed(&fault),
        Ok(Err((status, why))) => refused(status, &why),
        Ok(Ok(_)) => match council.step(id) {
            Some(step) => JsonBody(json!({
                "id": step.id, "version": step.version, "status": step.status,
            }))
            .into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
    }
}

/// `GET /council/steps`: everything there is, hidden and deleted steps too.
pub(super) async fn steps(State(council): State<Council>) -> Response {
    let steps: Vec<_> = council
        .steps()
        .into_iter()
        .map(|step| {
            json!({
                "id": step.id, "version": step.version, "status": step.status,
                "step_type": step.step_type, "changed_at": step.changed_at,
                "reference": step.answer("le.reference"), "restricted": step.restricted,
                "deleted": step.deleted, "flags": step.flags.keys().collect::<Vec<_>>(),
            })
        })
        .collect();
    JsonBody(steps).into_response()
}

/// `POST /council/steps`: a step appears.
pub(super) async fn appear(
    State(council): State<Council>,
    JsonBody(step): JsonBody<NewStep>,
) -> Response {
    let id = step.id.clone();
    change(&council, &id, |truth| {
        if truth.steps.contains_key(&step.id) {
            return Err((StatusCode::CONFLICT, format!("step {} exists", step.id)));
        }
        Ok(Event::StepAppeared { step })
    })
}

/// `GET /council/log`: every event so far, one JSON object a line.
pub(super) async fn log(State(council): State<Council>) -> Response {
    let path = council.settings().state.join("council.jsonl");
    match std::fs::read(path) {
        Ok(lines) => ([(header::CONTENT_TYPE, "application/jsonl")], lines).into_response(),
        Err(fault) => failed(&fault.into()),
    }
}

/// What is written into a form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default)]
    answers: BTreeMap<String, Option<String>>,
    #[serde(default)]
    tables: BTreeMap<String, Vec<Row>>,
}

/// `POST /council/steps/{id}/answers`: a form is saved.
pub(super) async fn answers(
    State(council): State<Council>,
    Path(id): Path<String>,
    JsonBody(written): JsonBody<Written>,
) -> Response {
    change(&council, &id, |truth| {
        known(truth, &id)?;
        let Written { answers, tables } = written;
        let step = id.clone();
        Ok(Event::StepSaved {
            step,
            answers,
            tables,
        })
    })
}

/// Whether Finish asks.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    force: bool,
}

/// `POST /council/steps/{id}/finish`: Finish is pressed; with `?force=true` nobody is asked.
pub(super) async fn finish(
    State(council): State<Council>,
    Path(id): Path<String>,
    Query(pressed): Query<Pressed>,
) -> Response {
    if council.step(&id).is_none() {
        return refused(StatusCode::NOT_FOUND, &format!("no step {id}"));
    }
    match council.press_finish(None, &id, pressed.force).await {
        Ok(pressed) => JsonBody(pressed).into_response(),
        Err(fault) => failed(&fault),
    }
}

/// What a harness changes outright.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Standing {
    Status { status: Status },
    Restricted { restricted: bool },
    Deleted { deleted: bool },
}

/// `POST /council/steps/{id}/status`: a status is set, or a step is restricted or deleted.
pub(super) async fn status(
    State(council): State<Council>,
    Path(id): Path<String>,
    JsonBody(standing): JsonBody<Standing>,
) -> Response {
    change(&council, &id, |truth| {
        known(truth, &id)?;
        let step = id.clone();
        Ok(match standing {
            Standing::Status { status } => Event::StepStatus { step, status },
            Standing::Restricted { restricted } => Event::StepRestricted { step, restricted },
            Standing::Deleted { deleted: true } => Event::StepDeleted { step },
            Standing::Deleted { deleted: false } => {
                let why = "what is deleted stays deleted".to_owned();
                return Err((StatusCode::CONFLICT, why));
            }
        })
    })
}

/// A switch to turn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    name: String,
    #[serde(default)]
    count: Option<u64>,
    #[serde(default)]
    step: Option<String>,
}

/// `POST /council/faults`.
pub(super) async fn fault(
    State(council): State<Council>,
    JsonBody(turn): JsonBody<Turn>,
) -> Response {
    let Some(fault) = Fault::named(&turn.name) else {
        let names = SWITCHES.iter().map(|fault| fault.switch());
        let names: Vec<String> = names
            .map(|one| format!("{} {}", one.id, one.name))
            .collect();
        let why = format!("known are: {}", names.join(", "));
        return refused(StatusCode::BAD_REQUEST, &why);
    };
    match council.strike(fault, turn.count, turn.step.as_deref()) {
        Ok(steps) => JsonBody(json!({
            "name": fault.name(), "count": turn.count, "steps": steps,
            "what": fault.switch().what,
        }))
        .into_response(),
        Err(fault) => failed(&fault),
    }
}

/// `GET /council/faults`: the table of switches.
pub(super) async fn faults(State(council): State<Council>) -> Response {
    let all = SWITCHES.iter().map(|fault| {
        let switch = fault.switch();
        let dialects = switch.dialects.iter().map(|one| one.name());
        json!({
            "id": switch.id, "name": switch.name, "strikes": format!("{:?}", switch.strikes),
            "dialects": dialects.collect::<Vec<_>>(), "what": switch.what,
            "on": council.faults().is_on(*fault),
        })
    });
    JsonBody(all.collect::<Vec<_>>()).into_response()
}

/// Which types of step have a mandatory task, and whose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gates {
    step_types: Vec<StepType>,
    to: String,
}

/// `POST /council/gates`: steps that appear from now on have a mandatory task; an empty list ends that.
pub(super) async fn gates(
    State(council): State<Council>,
    JsonBody(gates): JsonBody<Gates>,
) -> Response {
    let Gates { step_types, to } = gates;
    match council.happen(Event::GateSet { step_types, to }) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => failed(&fault),
    }
}

/// `GET /council/tasks`: every task there is.
pub(super) async fn tasks(State(council): State<Council>) -> Response {
    let tasks = council.truth(|truth| truth.tasks.values().cloned().collect::<Vec<_>>());
    JsonBody(tasks).into_response()
}
