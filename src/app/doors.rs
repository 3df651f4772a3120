//! What was told or asked in the case system's own words? Read as its mapping describes, answered in the same words.
//!
//! A message is on record before it is acknowledged; a question is judged by the same gate as any other. Absent on
//! purpose: who may call. That is proven before a word of a body is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::gate::{Ask, NextAction, Told};
use super::{App, AppFault, mirror};
use crate::case_system::{CaseFault, CaseSystem};
use crate::ledger::{Looked, ToldOf};
use crate::mapping::{Answered, Callback, Callout, Mapping, Reason, Refused, Say};
use crate::practice::ids::{Digest, StepId, WorkerId};

/// Steps read by name in one pass because somebody said that they changed.
const AT_ONCE: usize = 50;

/// Keeps every event of a message. Returns how many it held, and how many were new.
///
/// # Errors
/// The message's own fault, or the ledger's.
pub async fn keep<C>(
    app: &App<C>,
    mapping: &Mapping,
    callback: &Callback,
    body: &[u8],
    (charset, message): (Option<&str>, Option<&str>),
    now: Timestamp,
) -> Result<Result<(usize, u64), Refused>, AppFault> {
    let events = match mapping.heard(callback, body, charset, message) {
        Ok(events) => events,
        Err(refused) => return Ok(Err(refused)),
    };
    let told: Vec<ToldOf> = events
        .into_iter()
        .map(|event| ToldOf {
            id: event.id,
            sequence: event.sequence,
            step: event.step.map(StepId),
        })
        .collect();
    let digest = Digest::of(body);
    let new = app
        .ledger
        .keep_events(&app.source, &told, &digest, now)
        .await?;
    Ok(Ok((told.len(), new)))
}

/// Reads the steps that messages named. While the case system cannot be read they wait; a step that is refused, or
/// that cannot be understood, is tried again some passes long and then left to the feed and the sweep. Gives whether
/// more wait than one pass takes, so that the next had better come at once.
pub async fn follow_named<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<bool, AppFault> {
    let mut looks = Vec::new();
    let mut broke_off = None;
    for one in app.ledger.named(&app.source, AT_ONCE).await? {
        match mirror::read_one(app, &one.step, app.limits.read_budget, now).await {
            Ok(_) => looks.push((one, Looked::Settled)),
            Err(AppFault::Case(fault @ (CaseFault::Means(..) | CaseFault::Unproven(_)))) => {
                tracing::info!(step = %one.step, %fault, "a step that was said to have changed could not be read now");
                looks.push((one, Looked::Refused));
            }
            Err(fault) => {
                looks.push((one, Looked::Unanswered));
                broke_off = Some(fault);
                break;
            }
        }
    }
    for step in app.ledger.looked_at(&app.source, &looks, now).await? {
        tracing::warn!(
            %step,
            "a step that was said to have changed could not be read again and again; it is left to the feed and the sweep"
        );
    }
    let progress = looks.iter().any(|(_, looked)| *looked == Looked::Settled);
    broke_off.map_or(Ok(progress && looks.len() == AT_ONCE), Err)
}

/// Reads the list of merges, if something was told that is about no step: two persons became one, or one was closed
/// to us (M20). Gives whether it was read.
///
/// # Errors
/// The case system's or the ledger's own; it is then tried again.
pub async fn follow_persons<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<bool, AppFault> {
    let Some(told) = app.ledger.heard_of_persons(&app.source).await? else {
        return Ok(false);
    };
    mirror::merges(app, now).await?;
    app.ledger.looked_at_persons(&app.source, told, now).await?;
    Ok(true)
}

/// What is asked, as the gate takes it.
///
/// # Errors
/// When the body is not what the mapping describes, or comes from another environment.
pub fn asked(
    mapping: &Mapping,
    callout: &Callout,
    body: &[u8],
    charset: Option<&str>,
) -> Result<Ask, Refused> {
    let asked = mapping.asked(callout, body, charset)?;
    Ok(Ask {
        step: StepId(asked.step),
        worker: asked.worker.map(WorkerId),
        acting_for: asked.acting_for.map(WorkerId),
        next: asked.next.map(|(assignee, immediate)| NextAction {
            assignee: assignee.map(WorkerId),
            immediate,
        }),
        step_version: asked.version,
        deadline_ms: asked.deadline_ms.or(Some(callout.answer_within_ms)),
        request_id: asked.request_id,
    })
}

/// What an answer says and shows: nothing of it is a child's.
pub fn said(told: &Told) -> (Say, Answered) {
    let say = match (told.decision, told.warnings.is_empty()) {
        ("hold", _) => Say::Hold,
        (_, true) => Say::Permit,
        (_, false) => Say::Warning,
    };
    let text = |value: Option<String>| value.unwrap_or_default();
    let values = BTreeMap::from([
        ("decision", told.decision.to_owned()),
        ("decision_id", told.decision_id.clone()),
        ("request_id", text(told.request_id.clone())),
        ("step", told.step.to_string()),
        (
            "episode",
            text(told.episode.as_ref().map(ToString::to_string)),
        ),
        ("judged_at", told.judged_at.to_string()),
        (
            "valid_until",
            text(told.valid_until.map(|at| at.to_string())),
        ),
        (
            "mirror_age_ms",
            text(told.mirror_age_ms.map(|age| age.to_string())),
        ),
    ]);
    let answered = Answered {
        values,
        reasons: told.reasons.iter().map(reason).collect(),
        warnings: told.warnings.iter().map(reason).collect(),
    };
    (say, answered)
}

fn reason(line: &Json) -> Reason {
    let text = |key: &str| line.get(key).and_then(Json::as_str).unwrap_or_default();
    Reason {
        rule: text("rule").to_owned(),
        message: format!("{} {}", text("missing"), text("remedy")),
    }
}
