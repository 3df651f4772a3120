//! What is owed to somebody, and how is it never said twice?
//!
//! An effect is an intent: it is committed with the input that caused it, and sent later by somebody
//! else. Its key is what makes it one thing; the key's mark stands in the visible text, so that a
//! send whose outcome is unknown can be read back before it is repeated.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::episode::Role;
use super::ids::{Digest, EpisodeId, SourceName, StepId, TaskId};

/// Something owed to the case system or to people through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Unique for ever: episode, leg, cause, level and kind.
    pub key: String,
    /// The case system it is sent to.
    pub source: SourceName,
    /// The episode, or none for a cycle's sample list.
    pub episode: Option<EpisodeId>,
    /// The step it is attached to, if there is one.
    pub step: Option<StepId>,
    /// What is written.
    pub act: Act,
    /// The rule that owes it, such as `LE-03.1`; empty if it is none of the catalogue.
    pub rule: String,
    /// Why it is owed; when the cause is cured, effects not yet sent are withdrawn.
    pub cause: String,
    /// Who is told.
    pub audience: Vec<Role>,
    /// When it fell due, UTC.
    pub due_at: Timestamp,
    /// It waits for a working day's digest; everything else is sent at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub daily: bool,
}

/// What is written into the case system: one intention each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// A note on the step.
    Note {
        /// Without the mark; see [`Effect::marked_text`].
        text: String,
    },
    /// A flag set on the step.
    Flag {
        /// `overdue`, `escalated`, `sampled`.
        flag: String,
    },
    /// A flag taken off the step.
    Unflag {
        /// The same names.
        flag: String,
    },
    /// The step is opened again.
    Reopen {
        /// Says why.
        text: String,
    },
    /// A message that belongs to no step.
    Notice {
        /// Without the mark.
        text: String,
    },
    /// The cycle's sample list.
    SampleList {
        /// The cycle.
        cycle: String,
        /// The episodes drawn, in ticket order.
        episodes: Vec<EpisodeId>,
        /// SHA-256 of the certificate.
        certificate: Digest,
    },
    /// The task that holds a step's Finish is answered: Finish is permitted.
    AnswerTask {
        /// The task.
        task: TaskId,
        /// Without the mark.
        text: String,
    },
    /// The completion date that the QA manager agreed, put where the case system keeps it (¶3).
    Due {
        /// The local day.
        due: Date,
    },
}

impl Act {
    /// The name of the mapping's operation that performs it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Note { .. } => "note",
            Self::Flag { .. } => "flag",
            Self::Unflag { .. } => "unflag",
            Self::Reopen { .. } => "reopen",
            Self::Notice { .. } => "notice",
            Self::SampleList { .. } => "sample_list",
            Self::AnswerTask { .. } => "answer_task",
            Self::Due { .. } => "due",
        }
    }

    /// The text it carries, if any, without the mark.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Note { text }
            | Self::Reopen { text }
            | Self::Notice { text }
            | Self::AnswerTask { text, .. } => Some(text),
            Self::Flag { .. }
            | Self::Unflag { .. }
            | Self::SampleList { .. }
            | Self::Due { .. } => None,
        }
    }
}

impl Effect {
    /// A short mark that names this effect and no other: `gt-` and 16 hexadecimal digits.
    pub fn mark(&self) -> String {
        let Digest(hex) = Digest::of(self.key.as_bytes());
        format!("gt-{}", hex.chars().take(16).collect::<String>())
    }

    /// The text with its mark, at most `limit` characters, the mark always whole. A list of what is lacking gives way
    /// first; what to do, whom it is for and the rule stay.
    pub fn marked_text(&self, limit: usize) -> String {
        let mark = format!(" [{}]", self.mark());
        let room = limit.saturating_sub(mark.chars().count());
        let text = self.act.text().unwrap_or_default();
        super::shorten::shorten(text, room) + &mark
    }
}
