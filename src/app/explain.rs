//! Why does an episode stand where it stands? Every rule of every stage, met ones included.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{App, AppFault, gate};
use crate::practice::deadlines::milestones;
use crate::practice::episode::{Episode, Stage};
use crate::practice::ids::EpisodeId;
use crate::practice::judge::judge;
use crate::practice::known::{Known, Why};
use crate::practice::verdict::{Attempt, Finding};

/// The whole explanation of one episode as of now; none if it is not known.
pub async fn explain<C>(
    app: &App<C>,
    id: &EpisodeId,
    now: Timestamp,
) -> Result<Option<Json>, AppFault> {
    Ok(app
        .ledger
        .episode(id)
        .await?
        .map(|episode| explanation(app, &episode, now)))
}

fn explanation<C>(app: &App<C>, episode: &Episode, now: Timestamp) -> Json {
    let stages: Vec<Json> = Stage::ALL
        .into_iter()
        .filter_map(|stage| {
            let step = episode.step_of(stage)?;
            let attempt = Attempt {
                step: step.id.clone(),
                actor: None,
                hand_over: Known::Unreadable(Why::NotSeen),
                immediate: false,
                at: now,
            };
            let verdict = judge(episode, &attempt, &app.terms)?;
            let rules: Vec<Json> = verdict
                .findings
                .iter()
                .map(|judged| {
                    let mut line = gate::reason(judged);
                    let word = match &judged.finding {
                        Finding::Met => "met",
                        Finding::Unmet(_) => "unmet",
                        Finding::CannotTell(..) => "cannot tell",
                        Finding::DoesNotApply => "does not apply",
                    };
                    if let Some(object) = line.as_object_mut() {
                        object.insert("finding".to_owned(), word.into());
                    }
                    line
                })
                .collect();
            Some(json!({
                "stage": stage, "step": step.id, "status": step.status, "leg": step.leg,
                "answer": verdict.answer(), "rules": rules,
            }))
        })
        .collect();
    let due: Vec<Json> = milestones(episode, &app.terms.policy, &app.terms.calendar)
        .iter()
        .map(|m| json!({ "stage": m.stage, "due": m.due, "at": m.at, "tell": m.tell, "rule": m.rule }))
        .collect();
    let concerns: Vec<Json> = episode
        .concerns
        .values()
        .map(|concern| json!({ "since": concern.since, "words": concern.what.words() }))
        .collect();
    json!({
        "concerns": concerns,
        "episode": episode.id, "cycle": episode.cycle, "as_of": now,
        "policy": format!("sha256:{}", app.terms.digest), "stages": stages, "milestones": due,
    })
}

/// The same explanation as lines for a terminal.
pub fn in_lines(explanation: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![format!(
        "{} (cycle {})",
        text(&explanation["episode"]),
        explanation["cycle"].as_str().unwrap_or("not known")
    )];
    for stage in explanation["stages"].as_array().into_iter().flatten() {
        lines.push(format!(
            "{} — step {} is {}: {}",
            text(&stage["stage"]),
            text(&stage["step"]),
            text(&stage["status"]),
            text(&stage["answer"])
        ));
        for rule in stage["rules"].as_array().into_iter().flatten() {
            lines.push(format!(
                "  {:<8} {:<14} {} {}",
                text(&rule["rule"]),
                text(&rule["finding"]),
                text(&rule["missing"]),
                text(&rule["seen"])
            ));
        }
    }
    for concern in explanation["concerns"].as_array().into_iter().flatten() {
        lines.push(format!("needs a person — {}", text(&concern["words"])));
    }
    for due in explanation["milestones"].as_array().into_iter().flatten() {
        lines.push(format!(
            "due {} — told at {}",
            text(&due["due"]),
            text(&due["at"])
        ));
    }
    lines
}
