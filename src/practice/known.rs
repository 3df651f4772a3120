//! What do we know of a fact? Blank is a fact; unreadable is not.

use serde::{Deserialize, Serialize};

/// A value that was read, was found empty, or could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// It was read, and this is it.
    Is(T),
    /// It was read, and nothing was there.
    Blank,
    /// It could not be read. A rule that needs it answers "cannot tell", never "met".
    Unreadable(Why),
}

/// Why a fact could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The mapping has no path for this fact.
    NotMapped,
    /// No step that carries it has been seen yet.
    NotSeen,
    /// The value stands outside the mapping's vocabulary.
    NotInVocabulary,
    /// The value is not of the promised type (a date that is no date).
    Malformed,
    /// The record is restricted, and our account may not see it.
    Hidden,
    /// The case system could not be read just now, so that what we hold may be old.
    Unread,
}

impl<T> Known<T> {
    /// The value, if it was read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Blank | Self::Unreadable(_) => None,
        }
    }

    /// Turns what was read; blank and unreadable stay what they are.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Is(value) => Known::Is(turn(value)),
            Self::Blank => Known::Blank,
            Self::Unreadable(why) => Known::Unreadable(why),
        }
    }
}

impl Why {
    /// The reason as the end of a sentence: "the overall evaluation cannot be read: …".
    pub fn words(self) -> &'static str {
        match self {
            Self::NotMapped => "the mapping does not say where the case system keeps it",
            Self::NotSeen => "no step that carries it has been seen",
            Self::NotInVocabulary => "its value is not in the mapping's vocabulary",
            Self::Malformed => "its value is not of the promised type",
            Self::Hidden => "the record is restricted",
            Self::Unread => "the step could not be read from the case system just now",
        }
    }
}
