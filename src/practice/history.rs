//! What happened, as the journal has it? A line read back as the input it was, or as what followed from one.
//!
//! An episode changes by inputs alone; everything else that a journal says can be worked out again from them.
//! Absent on purpose: judging anything. That is `replay`, which gives the inputs to `react` once more.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::decision::Decision;
use super::ids::{ChildKey, Digest, EpisodeId, SourceName, StepId, TaskId};
use super::on_record::Sampled;
use super::reading::Reading;
use super::sighting::Sighting;
use super::standstill::Outage;
use super::terms::Mode;
use super::verdict::{Answer, Attempt};

/// One line of the journal, read back.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its number, from 1.
    pub seq: i64,
    /// When it was entered, UTC.
    pub at: Timestamp,
    /// The episode it is about, if it is about one.
    pub episode: Option<EpisodeId>,
    /// What it says.
    pub what: Happened,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum Happened {
    /// By what is judged from here on.
    Configured(Box<InForce>),
    /// Since when a case system is read: its first reading began, or came to its end.
    FirstRead(SourceName, Reading),
    /// A step was seen.
    Seen(Box<Sighting>),
    /// A person decided.
    Decided(Box<Decision>),
    /// Somebody asked for Finish.
    Asked(Box<AskedThen>),
    /// A task stood open in the step.
    Tasked(Box<Attempt>, TaskId),
    /// Which other live episodes the child has.
    Doubled(BTreeSet<EpisodeId>),
    /// The case system could not be reached for so long.
    Unreachable(Outage),
    /// It came into its cycle's sample, was given to others there, or left it.
    Sampled(Sampled),
    /// Time passed, and something fell due by it.
    TimePassed,
    /// A step that stood alone found its episode.
    Joined {
        /// The step.
        step: StepId,
        /// The episode that stood for it.
        from: EpisodeId,
    },
    /// Two keys of children became one.
    Rekeyed {
        /// The key that is no more.
        from: ChildKey,
        /// The key from then on.
        to: ChildKey,
    },
    /// An episode stands for a step that would do for any of these.
    Between(SourceName, Vec<EpisodeId>),
    /// What followed from an input, or belongs to no episode: its kind and content.
    Followed(String, Json),
}

/// A Finish that was asked for, and the answer it was given.
#[derive(Clone, Debug, Deserialize)]
pub struct AskedThen {
    /// As it was asked.
    pub attempt: Attempt,
    /// Names the answer.
    pub decision_id: String,
    /// The answer.
    pub answer: Answer,
    /// The rules that held it.
    pub rules: Vec<String>,
    /// Whether the step could be read for it.
    pub read: bool,
}

/// By what was judged: the terms, each text by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The case system's name.
    pub source: SourceName,
    /// How Finish was held.
    pub mode: Mode,
    /// Nothing due before it was chased, UTC.
    pub activation: Timestamp,
    /// SHA-256 of the policy.
    pub policy: Digest,
    /// SHA-256 of the role holders.
    pub people: Digest,
    /// SHA-256 of the days off.
    pub calendar: Digest,
}

impl Past {
    /// Reads a line's body.
    ///
    /// # Errors
    /// Which line cannot be read, and why.
    pub fn read(seq: i64, body: &str) -> Result<Self, String> {
        let fault = |why: String| format!("journal line {seq} cannot be read back: {why}");
        let body: Json = serde_json::from_str(body).map_err(|why| fault(why.to_string()))?;
        let at = part(&body, "at").map_err(fault)?;
        let episode = body.get("episode").and_then(Json::as_str);
        let episode = episode.map(EpisodeId::from);
        let what = happened(body).map_err(fault)?;
        Ok(Self {
            seq,
            at,
            episode,
            what,
        })
    }
}

fn part<T: serde::de::DeserializeOwned>(body: &Json, name: &str) -> Result<T, String> {
    let found = body
        .get(name)
        .ok_or_else(|| format!("it has no `{name}`"))?;
    T::deserialize(found).map_err(|why| format!("`{name}`: {why}"))
}

fn happened(body: Json) -> Result<Happened, String> {
    let kind: String = part(&body, "kind")?;
    // What `tasked` brings about is entered as `asked` too, and follows.
    let of_a_task = body.get("task").is_some();
    Ok(match kind.as_str() {
        "configured" => {
            Happened::Configured(serde_json::from_value(body).map_err(|why| why.to_string())?)
        }
        "first_read" => Happened::FirstRead(part(&body, "source")?, part(&body, "reading")?),
        "seen" => Happened::Seen(part(&body, "sighting")?),
        "decided" => Happened::Decided(part(&body, "decision")?),
        "asked" if !of_a_task => {
            Happened::Asked(serde_json::from_value(body).map_err(|why| why.to_string())?)
        }
        "tasked" => Happened::Tasked(part(&body, "attempt")?, part(&body, "task")?),
        "doubled" => Happened::Doubled(part(&body, "others")?),
        "unreachable" => Happened::Unreachable(part(&body, "outage")?),
        // Before it said to whom an episode was given, the line told only that it was drawn.
        "sampled" if body.get("sampled").is_some() => Happened::Sampled(part(&body, "sampled")?),
        "time_passed" => Happened::TimePassed,
        "joined" => Happened::Joined {
            step: part(&body, "step")?,
            from: part(&body, "from")?,
        },
        "rekeyed" => Happened::Rekeyed {
            from: part(&body, "from")?,
            to: part(&body, "to")?,
        },
        "between" => Happened::Between(part(&body, "source")?, part(&body, "between")?),
        _ => Happened::Followed(kind, body),
    })
}
