//! What does a QA manager see first? What is late, what was held, what is sampled: plain HTML, no script.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Doors;
use crate::app::Shared;
use crate::practice::deadlines::{MilestoneKind, milestones};
use crate::practice::episode::{Episode, Stage};

/// The board as it is now.
#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    banner: Option<String>,
    read: String,
    late: Vec<Late>,
    held: Vec<Held>,
    sampled: Vec<String>,
    undelivered: Vec<Undelivered>,
}

struct Late {
    episode: String,
    step: String,
    stage: &'static str,
    due: String,
    days: i32,
}

struct Held {
    episode: String,
    step: String,
    bypass: String,
}

struct Undelivered {
    key: String,
    why: String,
}

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Shows the board.
pub(super) async fn show<C: Shared>(State(doors): State<Arc<Doors<C>>>) -> Response {
    let now = doors.clock.now();
    let (Ok(episodes), Ok(outbox)) = (
        doors.app.ledger.episodes(None).await,
        doors.app.ledger.outbox_list().await,
    ) else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the ledger cannot be read; see the log\n",
        )
            .into_response();
    };
    let read = match doors.freshness.age_seconds(now) {
        None => "The case system has not been read yet.".to_owned(),
        Some(age) => format!("Case system read {age} seconds ago."),
    };
    let mut late: Vec<Late> = episodes
        .iter()
        .flat_map(|episode| overdue(&doors, episode))
        .collect();
    late.sort_by_key(|line| std::cmp::Reverse(line.days));
    let board = Board {
        banner: doors.banner.clone(),
        read,
        late,
        held: episodes.iter().flat_map(bypassed).collect(),
        sampled: episodes
            .iter()
            .filter(|episode| episode.told.keys().any(|key| key.contains("/sample/")))
            .map(|episode| episode.id.to_string())
            .collect(),
        undelivered: outbox
            .into_iter()
            .filter(|row| row.state == "dead")
            .map(|row| Undelivered {
                key: row.key,
                why: row.why.unwrap_or_default(),
            })
            .collect(),
    };
    match board.render() {
        Ok(page) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, POLICY),
            ];
            (headers, page).into_response()
        }
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the board cannot be drawn\n",
        )
            .into_response(),
    }
}

fn overdue<C>(doors: &Doors<C>, episode: &Episode) -> Vec<Late> {
    let terms = &doors.app.terms;
    let today = terms.calendar.local_date(doors.clock.now());
    let mut lines: Vec<Late> = Vec::new();
    for milestone in milestones(episode, &terms.policy, &terms.calendar) {
        let is_late = milestone.kind != MilestoneKind::Reminder && milestone.due < today;
        if is_late
            && !lines
                .iter()
                .any(|line| line.stage == milestone.stage.words())
        {
            lines.push(Late {
                episode: episode.id.to_string(),
                step: milestone
                    .step
                    .map_or_else(|| "none yet".to_owned(), |step| step.to_string()),
                stage: milestone.stage.words(),
                due: milestone.due.strftime("%-d %B %Y").to_string(),
                days: terms.calendar.between(milestone.due, today),
            });
        }
    }
    lines
}

fn bypassed(episode: &Episode) -> Vec<Held> {
    Stage::ALL
        .into_iter()
        .filter_map(|stage| episode.step_of(stage))
        .filter(|step| step.finished.iter().any(|finished| finished.bypass))
        .map(|step| Held {
            episode: episode.id.to_string(),
            step: step.id.to_string(),
            bypass: format!("{}, opening {}", step.stage.words(), step.leg),
        })
        .collect()
}
