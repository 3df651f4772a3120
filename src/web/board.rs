//! What does a QA manager see first? What is late, held, gone around, sampled, and what needs a person:
//! plain HTML, no script.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::Doors;
use crate::app::mirror::RefusedMerge;
use crate::app::{Shared, mirror};
use crate::practice::deadlines::{MilestoneKind, is_not_chased, milestones};
use crate::practice::episode::{Episode, StepStatus};
use crate::practice::react::sent_on_at;
use crate::practice::rules;

/// The board as it is now.
#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    banner: Option<String>,
    shown_at: String,
    read: String,
    late: Vec<Late>,
    held: Vec<Held>,
    bypassed: Vec<Bypassed>,
    concerns: Vec<Concerned>,
    doubted: Vec<Doubted>,
    sampled: Vec<String>,
    set_aside: Vec<SetAside>,
    undelivered: Vec<Undelivered>,
}

/// An open or awaited step past its date.
struct Late {
    episode: String,
    step: String,
    stage: &'static str,
    due: String,
    days: i32,
    /// Empty, or that it is not chased, and why.
    chased: String,
}

/// A step whose Finish is held at present.
struct Held {
    episode: String,
    step: String,
    stage: &'static str,
    since: String,
    why: Vec<Why>,
}

struct Why {
    code: String,
    words: &'static str,
}

/// A step finished without a permit.
struct Bypassed {
    episode: String,
    step: String,
    stage: &'static str,
    at: String,
    now: &'static str,
}

/// What needs a person, and no rule can settle.
struct Concerned {
    episode: String,
    since: String,
    words: String,
}

/// A merge of children's records that was not believed.
struct Doubted {
    episodes: String,
    how: &'static str,
}

/// A record that could not be read.
struct SetAside {
    step: String,
    path: String,
    reason: String,
    times: i64,
}

/// A message that the case system did not take.
struct Undelivered {
    key: String,
    why: String,
}

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Shows the board.
pub(super) async fn show<C: Shared>(State(doors): State<Arc<Doors<C>>>) -> Response {
    let (Ok(episodes), Ok(outbox), Ok(quarantine), Ok(merges)) = (
        doors.app.ledger.episodes(None).await,
        doors.app.ledger.outbox_list().await,
        doors.app.ledger.quarantine().await,
        mirror::refused_merges(&doors.app).await,
    ) else {
        let words = "the ledger cannot be read; see the log\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let now = doors.clock.now();
    let dead = outbox.into_iter().filter(|row| row.state == "dead");
    let board = Board {
        banner: doors.banner.clone(),
        shown_at: local(&doors, now),
        read: read(&doors, now),
        late: late(&doors, &episodes, now),
        held: held(&doors, &episodes),
        bypassed: bypassed(&doors, &episodes),
        concerns: concerns(&doors, &episodes),
        doubted: doubted(&merges, &episodes),
        sampled: episodes
            .iter()
            .filter(|episode| episode.is_drawn())
            .map(|episode| episode.id.to_string())
            .collect(),
        set_aside: quarantine
            .into_iter()
            .map(|row| SetAside {
                step: row.step.unwrap_or_else(|| "unknown".to_owned()),
                path: row.path,
                reason: row.reason,
                times: row.times,
            })
            .collect(),
        undelivered: dead
            .map(|row| Undelivered {
                key: row.key,
                why: row.why.unwrap_or_default(),
            })
            .collect(),
    };
    let Ok(page) = board.render() else {
        let words = "the board cannot be drawn\n";
        return (StatusCode::INTERNAL_SERVER_ERROR, words).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, page).into_response()
}

/// How old what is shown is, and what should be known of the case system besides.
fn read<C>(doors: &Doors<C>, now: Timestamp) -> String {
    let age = match doors.freshness.age_seconds(now) {
        None => "The case system has not been read yet.".to_owned(),
        Some(age) if doors.freshness.is_ready(now) => {
            format!("Case system read {age} seconds ago.")
        }
        Some(age) => format!(
            "The case system was last read {age} seconds ago. What follows may be out of date."
        ),
    };
    let remarks = doors.freshness.source().remarks(|at| local(doors, at));
    std::iter::once(age)
        .chain(remarks)
        .collect::<Vec<_>>()
        .join(" ")
}

/// An instant as people in the council read it.
fn local<C>(doors: &Doors<C>, at: Timestamp) -> String {
    doors.app.terms.calendar.local_words(at)
}

/// Steps past their date, longest first; a stage with several milestones is one line.
fn late<C>(doors: &Doors<C>, episodes: &[Episode], now: Timestamp) -> Vec<Late> {
    let terms = &doors.app.terms;
    let today = terms.calendar.local_date(now);
    let mut lines = Vec::new();
    for episode in episodes {
        let all = milestones(episode, &terms.policy, &terms.calendar);
        let mut past: Vec<_> = all
            .iter()
            .filter(|m| m.kind != MilestoneKind::Reminder && m.due < today)
            .collect();
        past.dedup_by_key(|milestone| milestone.stage);
        lines.extend(past.into_iter().map(|milestone| {
            let passed_over = is_not_chased(&all, milestone.stage, terms.activation, now);
            Late {
                episode: episode.id.to_string(),
                step: milestone
                    .step
                    .as_ref()
                    .map_or_else(|| "not begun".to_owned(), ToString::to_string),
                stage: milestone.stage.words(),
                due: milestone.due.strftime("%-d %B %Y").to_string(),
                days: terms.calendar.between(milestone.due, today),
                chased: if passed_over {
                    let day = terms.calendar.local_date(terms.activation);
                    let day = day.strftime("%-d %B %Y");
                    format!(" (not chased: due before activation, {day})")
                } else {
                    String::new()
                },
            }
        }));
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.days));
    lines
}

fn held<C>(doors: &Doors<C>, episodes: &[Episode]) -> Vec<Held> {
    let mut lines = Vec::new();
    for episode in episodes {
        for (id, hold) in &episode.holds {
            let Some(step) = episode.steps.get(id).filter(|step| step.status.is_open()) else {
                continue;
            };
            let why = hold.rules.iter().map(|code| Why {
                code: code.clone(),
                words: rules::find(code).map_or("", |rule| rule.title),
            });
            lines.push(Held {
                episode: episode.id.to_string(),
                step: id.to_string(),
                stage: step.stage.words(),
                since: local(doors, hold.judged_at),
                why: why.collect(),
            });
        }
    }
    lines
}

/// Merges that would make a loop or contradict an earlier one, with the episodes that either key is known to.
fn doubted(merges: &[RefusedMerge], episodes: &[Episode]) -> Vec<Doubted> {
    let line = |merge: &RefusedMerge| {
        let of_either = episodes.iter().filter(|episode| {
            let keys = episode.keys();
            merge.between.iter().any(|key| keys.contains(key))
        });
        let ids: Vec<&str> = of_either.map(|episode| episode.id.as_str()).collect();
        Doubted {
            episodes: if ids.is_empty() {
                "none".to_owned()
            } else {
                ids.join(", ")
            },
            how: match merge.how.as_str() {
                "listed" => "by the list of merged records",
                "said_by_step" => "by a step that names the earlier record",
                _ => "by a step whose child changed",
            },
        }
    };
    merges.iter().map(line).collect()
}

fn concerns<C>(doors: &Doors<C>, episodes: &[Episode]) -> Vec<Concerned> {
    let mut lines = Vec::new();
    for episode in episodes {
        lines.extend(episode.concerns.values().map(|concern| Concerned {
            episode: episode.id.to_string(),
            since: local(doors, concern.since),
            words: concern.what.words(),
        }));
    }
    lines
}

fn bypassed<C>(doors: &Doors<C>, episodes: &[Episode]) -> Vec<Bypassed> {
    let mut lines = Vec::new();
    for episode in episodes {
        for step in episode.steps.values() {
            if let Some(at) = sent_on_at(episode, step).filter(|_| step.status.is_open()) {
                lines.push(Bypassed {
                    episode: episode.id.to_string(),
                    step: step.id.to_string(),
                    stage: step.stage.words(),
                    at: local(doors, at),
                    now: "sent on, and still open",
                });
            }
            let Some(finished) = step.finished.iter().rev().find(|finish| finish.bypass) else {
                continue;
            };
            lines.push(Bypassed {
                episode: episode.id.to_string(),
                step: step.id.to_string(),
                stage: step.stage.words(),
                at: local(doors, finished.at),
                now: match step.status {
                    StepStatus::Completed => "still finished",
                    StepStatus::Cancelled => "cancelled",
                    _ => "open again",
                },
            });
        }
    }
    lines
}
