//! What follows from an input? The one function that turns it into a reaction.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::effect::Effect;
use super::episode::Episode;
use super::sighting::Sighting;
use super::verdict::{Attempt, Verdict};

/// Everything that can happen to an episode.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A step was seen.
    Seen(&'a Sighting),
    /// A person decided.
    Decided(&'a Decision),
    /// A Finish was asked for; the text is the decision's id.
    Asked(&'a Attempt, &'a str),
    /// Time passed.
    TimePassed,
}

/// What follows from an input; committed whole or not at all.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// The episode after.
    pub after: Episode,
    /// The judge's answer, if the input asked for one.
    pub verdict: Option<Verdict>,
    /// What is now owed.
    pub owed: Vec<Effect>,
    /// Causes that are cured: their effects not yet sent are withdrawn.
    pub withdrawn: Vec<String>,
    /// When time next matters to this episode, UTC.
    pub look_again: Option<Timestamp>,
    /// What the journal says of it, the input first.
    pub said: Vec<JournalLine>,
}

/// One entry of the journal, before it is numbered and chained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalLine {
    /// What kind of entry: `seen`, `decided`, `asked`, `bypass`, `owed`, `withdrawn` …
    pub kind: String,
    /// Its content: codes, dates, lengths, hashes.
    pub body: serde_json::Value,
}
