//! May this step be Finished? The answer is durable before it leaves.
//!
//! The step is read anew within a budget, so that a permit is for what stands now. If it cannot be read, the same
//! judge is asked about unreadable facts: the moderation rules hold, and so does what was unmet when it was last seen,
//! unless the asker sees a later version. The rest lets a provisional permit through. Both are entered.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value as Json, json};

use super::{App, AppFault, mirror};
use crate::case_system::CaseSystem;
use crate::practice::episode::Episode;
use crate::practice::ids::{Digest, EpisodeId, StepId, WorkerId};
use crate::practice::known::{Known, Why};
use crate::practice::react::{Input, JournalLine, Reaction, react};
use crate::practice::rules::UNREAD;
use crate::practice::screen::{Screen, screen};
use crate::practice::verdict::{Answer, Attempt, Judged, Verdict};

/// A finish check, as asked.
#[derive(Clone, Debug, Deserialize)]
pub struct Ask {
    /// The step that somebody wants to Finish.
    #[serde(deserialize_with = "id")]
    pub step: StepId,
    /// Who, by the case system's worker id.
    #[serde(default, alias = "actor", deserialize_with = "maybe_id")]
    pub worker: Option<WorkerId>,
    /// For whom, if the worker stands in for somebody. The worker who presses is the one who answers for it.
    #[serde(default, deserialize_with = "maybe_id")]
    pub acting_for: Option<WorkerId>,
    /// The next action chosen, if the case system says.
    #[serde(default)]
    pub next: Option<NextAction>,
    /// The version that the asker sees, if it says. A reading older than that is none, and a screen older than the
    /// reading is held: what is judged must be what is on the screen.
    #[serde(default, deserialize_with = "maybe_id")]
    pub step_version: Option<String>,
    /// How long the asker waits, milliseconds; the step is read within half of it, or within the
    /// settings' budget if that is shorter.
    #[serde(default)]
    pub deadline_ms: Option<u64>,
    /// The asker's own name for this request; given back.
    #[serde(default, deserialize_with = "maybe_id")]
    pub request_id: Option<String>,
}

/// The next action that Finish would send.
#[derive(Clone, Debug, Deserialize)]
pub struct NextAction {
    /// To whom.
    #[serde(default, deserialize_with = "maybe_id")]
    pub assignee: Option<WorkerId>,
    /// Sent without waiting for Finish.
    #[serde(default)]
    pub immediate: bool,
}

/// An id as some case systems write it: a text or a whole number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}

fn id<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<T, D::Error> {
    Ok(T::from(String::from(Id::deserialize(from)?)))
}

fn maybe_id<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Option<T>, D::Error> {
    let given = Option::<Id>::deserialize(from)?.map(String::from);
    Ok(given.filter(|text| !text.is_empty()).map(T::from))
}

/// The answer, as design and interface promise it.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// `permit` or `hold`.
    pub decision: &'static str,
    /// Names this decision.
    pub decision_id: String,
    /// The asker's name for the request, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The step asked about.
    pub step: StepId,
    /// Its episode.
    pub episode: Option<EpisodeId>,
    /// Its stage.
    pub stage: Option<&'static str>,
    /// The matter judged.
    pub fingerprint: Option<String>,
    /// When, UTC.
    pub judged_at: Timestamp,
    /// Until when a permit holds, UTC; none for a hold.
    pub valid_until: Option<Timestamp>,
    /// The policy it was judged under, `sha256:…`.
    pub policy: String,
    /// How old the step's reading is, milliseconds; none if it could not be read at all.
    pub mirror_age_ms: Option<i64>,
    /// A permit given although something could not be seen.
    pub provisional: bool,
    /// Everything that holds it, all at once.
    pub reasons: Vec<Json>,
    /// Everything else worth saying.
    pub warnings: Vec<Json>,
}

/// Answers a finish check. `decision_id` is unique; the journal holds the answer before this returns.
pub async fn finish_check<C: CaseSystem>(
    app: &App<C>,
    ask: &Ask,
    decision_id: &str,
    now: Timestamp,
) -> Result<Told, AppFault> {
    let asked = ask.deadline_ms.map(|ms| Duration::from_millis(ms / 2));
    let budget = app.limits.gate_budget;
    let budget = asked.map_or(budget, |asked| asked.min(budget));
    let read = match mirror::read_one(app, &ask.step, budget, now).await {
        Ok(readable) => readable,
        Err(AppFault::Ledger(fault)) => return Err(AppFault::Ledger(fault)),
        Err(_) => false,
    };
    let Some(id) = app.ledger.episode_of_step(&app.source, &ask.step).await? else {
        return unknown_step(app, ask, decision_id, now).await;
    };
    let attempt = Attempt {
        step: ask.step.clone(),
        actor: ask.worker.clone(),
        hand_over: match &ask.next {
            Some(NextAction {
                assignee: Some(worker),
                ..
            }) => Known::Is(worker.clone()),
            Some(_) => Known::Blank,
            None => Known::Unreadable(Why::NotSeen),
        },
        immediate: ask.next.as_ref().is_some_and(|next| next.immediate),
        at: now,
        screen: ask.step_version.clone(),
    };
    let mut readable = false;
    let mut named = decision_id.to_owned();
    let reaction = app
        .ledger
        .react_one(&id, now, |episode| {
            episode.map(|episode| {
                readable = read && !is_behind(episode, ask);
                let reaction = judged(app, episode, &attempt, decision_id, readable, now);
                let Some(known) = known_as(ask, &reaction) else {
                    return reaction;
                };
                match answered_already(episode, &ask.step, &known, now) {
                    Some(true) => {
                        named = known;
                        unchanged(app, episode, reaction, now)
                    }
                    // Its permit has run out: a new decision, and so a new name.
                    Some(false) => reaction,
                    None => {
                        named = known;
                        judged(app, episode, &attempt, &named, readable, now)
                    }
                }
            })
        })
        .await?;
    let decision_id = named.as_str();
    let verdict = reaction
        .as_ref()
        .and_then(|reaction| reaction.verdict.as_ref());
    let Some((reaction, verdict)) = reaction.as_ref().zip(verdict) else {
        return unknown_step(app, ask, decision_id, now).await;
    };
    Ok(tell(ask, reaction, verdict, decision_id, readable))
}

/// The name of a decision on this very question and these very facts; none if the asker gave its question no name.
/// The same question is so answered the same, however often it is put, until something has changed.
fn known_as(ask: &Ask, reaction: &Reaction) -> Option<String> {
    let (request, verdict) = (ask.request_id.as_ref()?, reaction.verdict.as_ref()?);
    let rests_on = json!([
        request,
        ask.step,
        ask.worker,
        verdict.on,
        verdict.answer(),
        verdict.codes(),
        verdict.policy,
    ]);
    let digest = Digest::of(rests_on.to_string().as_bytes());
    Some(digest.0.chars().take(32).collect())
}

/// Whether the decision of this name stands: yes, no longer, or there is none.
fn answered_already(episode: &Episode, step: &StepId, name: &str, now: Timestamp) -> Option<bool> {
    let permit = episode
        .permits
        .get(step)
        .filter(|permit| permit.decision_id == name);
    let hold = episode
        .holds
        .get(step)
        .filter(|hold| hold.decision_id == name);
    permit
        .map(|permit| now < permit.valid_until)
        .or(hold.map(|_| true))
}

/// Nothing new is entered, but what was is durable before it is told again.
fn unchanged<C>(app: &App<C>, episode: &Episode, judged: Reaction, now: Timestamp) -> Reaction {
    let (id, source) = (&episode.id, &episode.source);
    let still = react(
        Some(episode),
        id,
        source,
        Input::TimePassed,
        &app.terms,
        now,
    );
    Reaction {
        verdict: judged.verdict,
        ..still
    }
}

/// Whether what we hold of the step is older than what the asker has on the screen.
fn is_behind(episode: &Episode, ask: &Ask) -> bool {
    let held = episode.steps.get(&ask.step);
    held.is_some_and(|step| screen(step, ask.step_version.as_deref()) == Screen::Newer)
}

fn judged<C>(
    app: &App<C>,
    episode: &Episode,
    attempt: &Attempt,
    decision_id: &str,
    readable: bool,
    now: Timestamp,
) -> Reaction {
    let input = if readable {
        Input::Asked(attempt, decision_id)
    } else {
        Input::AskedUnread(attempt, decision_id)
    };
    react(
        Some(episode),
        &episode.id,
        &episode.source,
        input,
        &app.terms,
        now,
    )
}

fn tell(
    ask: &Ask,
    reaction: &Reaction,
    verdict: &Verdict,
    decision_id: &str,
    readable: bool,
) -> Told {
    let permit = reaction.after.permits.get(&verdict.step);
    Told {
        decision: if verdict.answer() == Answer::Hold {
            "hold"
        } else {
            "permit"
        },
        decision_id: decision_id.to_owned(),
        request_id: ask.request_id.clone(),
        step: verdict.step.clone(),
        episode: Some(reaction.after.id.clone()),
        stage: Some(verdict.stage.name()),
        fingerprint: Some(verdict.on.to_string()),
        judged_at: permit.map_or(verdict.judged_at, |permit| permit.judged_at),
        valid_until: permit.map(|permit| permit.valid_until),
        policy: format!("sha256:{}", verdict.policy),
        mirror_age_ms: readable.then_some(0),
        provisional: verdict.answer() == Answer::Provisional,
        reasons: verdict.reasons().map(reason).collect(),
        warnings: verdict.warnings().map(reason).collect(),
    }
}

/// One finding as the interface shows it: what is missing, what was seen, who can put it right.
pub fn reason(judged: &Judged) -> Json {
    let mut reason = json!({
        "rule": judged.rule, "name": judged.name, "paragraphs": judged.paragraphs,
        "stance": judged.stance, "finding": judged.finding.words(), "missing": judged.missing(), "seen": judged.seen(),
        "remedy": judged.remedy, "asks": judged.asks,
    });
    if let (Some(link), Some(parts)) = (&judged.link, reason.as_object_mut()) {
        parts.insert("link".to_owned(), json!(link));
    }
    reason
}

/// A step we have never seen cannot be passed; that it was asked about is entered like any other answer.
async fn unknown_step<C>(
    app: &App<C>,
    ask: &Ask,
    decision_id: &str,
    now: Timestamp,
) -> Result<Told, AppFault> {
    let line = json!({
        "decision_id": decision_id, "step": ask.step, "answer": Answer::Hold,
        "rules": ["LE-00.0"], "policy": app.terms.digest,
    });
    let line = JournalLine::new("asked_of_unknown", line);
    app.ledger.note(&line, now).await?;
    Ok(Told {
        decision: "hold",
        decision_id: decision_id.to_owned(),
        request_id: ask.request_id.clone(),
        step: ask.step.clone(),
        episode: None,
        stage: None,
        fingerprint: None,
        judged_at: now,
        valid_until: None,
        policy: format!("sha256:{}", app.terms.digest),
        mirror_age_ms: None,
        provisional: false,
        reasons: vec![json!({
            "rule": "LE-00.0", "name": "step-can-be-read", "paragraphs": [18, 28, 29],
            "stance": "block", "finding": "cannot tell",
            "missing": format!("Step {} could not be read from the case system.", ask.step),
            "seen": "No Learning Episode work step with this id is mirrored.",
            "remedy": UNREAD,
            "asks": "qa_manager",
        })],
        warnings: Vec::new(),
    })
}
