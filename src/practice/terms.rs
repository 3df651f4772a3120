//! Under which terms is an episode judged? Policy, calendar, role holders, activation, mode.
//!
//! Every number a council may want to change is here, with its default; nothing is compiled in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::episode::Stage;
use super::ids::{Digest, SourceName};
use super::ladders;
use super::reading::Reading;

pub use super::ladders::{Ladders, Rung};
pub use super::people::{Away, Holder, People};

/// Everything besides the episode that a judgement depends on.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The council's policy.
    pub policy: Policy,
    /// SHA-256 of the policy's canonical form; stands on every decision.
    pub digest: Digest,
    /// Working days.
    pub calendar: Calendar,
    /// Who holds which role, and when.
    pub people: People,
    /// Nothing due before this instant is chased; UTC.
    pub activation: Timestamp,
    /// Since when each case system is read, by its name; none of which that is not on record.
    pub read: BTreeMap<SourceName, Reading>,
    /// How Finish is held.
    pub mode: Mode,
}

impl Terms {
    /// The same, knowing since when a case system is read.
    #[must_use]
    pub fn read_since(&self, source: &SourceName, reading: Reading) -> Self {
        let mut terms = self.clone();
        terms.read.insert(source.clone(), reading);
        terms
    }
}

/// How Finish is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The case system asks before finishing.
    Callout,
    /// A mandatory task, addressed to Greentick's own worker, stands in the step until it is answered.
    Task,
    /// A bad Finish is reopened with a note that says why.
    Reverse,
    /// Nothing is blocked; what would have been held is reported.
    Observe,
}

impl Mode {
    /// All of them, in the order of the manual.
    pub const ALL: [Self; 4] = [Self::Callout, Self::Task, Self::Reverse, Self::Observe];

    /// Its word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Callout => "callout",
            Self::Task => "task",
            Self::Reverse => "reverse",
            Self::Observe => "observe",
        }
    }
}

/// What a rule does when it is unmet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// Not judged.
    Off,
    /// A message.
    Notify,
    /// On the QA manager's list, and a warning in the answer.
    Flag,
    /// Finish is held.
    Block,
}

/// What a blocking rule does when its facts cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnavailable {
    /// Finish is held.
    Hold,
    /// Finish is permitted provisionally, flagged, and judged again when sight returns.
    AllowProvisional,
}

/// Changes of one rule's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTerms {
    /// Another stance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    /// Another answer to blindness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_unavailable: Option<WhenUnavailable>,
    /// Another sentence that says what is missing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub say: String,
    /// Another sentence that says who can put it right and how.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// Where the council's own guidance on it stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
    /// Its own numbers, words and lists, by key; see `rules::parameter`.
    #[serde(flatten)]
    pub parameters: BTreeMap<String, Setting>,
}

/// What is written for a parameter of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Yes(bool),
    /// A word.
    Word(String),
    /// A list of codes.
    Codes(Vec<String>),
}

/// What the clock does while a restricted record hides a step (P22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenClock {
    /// It runs on: what falls due is told to the QA manager alone, by reference.
    #[default]
    Run,
    /// It stands still: nothing falls due, and the due day moves on by the working days hidden.
    Freeze,
}

/// What the clock does while the case system cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageClock {
    /// It stands still for each day of which half or more was lost.
    #[default]
    Stop,
    /// It runs on.
    Run,
}

/// Which Finish is the completion that the QA manager's date is about (¶3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionEvent {
    /// The practice review's: ¶3 gives the date to the practice reviewer.
    #[default]
    S2,
    /// The sign-off's: every step from the practice review on is to be finished by it.
    S4,
}

/// The council's policy: `config/policy.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Reason codes accepted for anything late or missing; empty accepts any.
    pub reason_codes: Vec<String>,
    /// How long a permit holds, minutes.
    pub permit_minutes: i64,
    /// Where the council's guidance stands, given with every hold and message whose rule has no link (¶10).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guidance_link: String,
    /// What the clock does while a restricted record hides a step.
    #[serde(default)]
    pub hidden_clock: HiddenClock,
    /// What the clock does while the case system cannot be reached.
    #[serde(default)]
    pub outage_clock: OutageClock,
    /// Which Finish the completion date is about (¶3).
    #[serde(default)]
    pub completion_event: CompletionEvent,
    /// Share of practice reviews finished on time that a service is to reach, percent (LE-06.2).
    #[serde(default = "eighty")]
    pub on_time_percent: u32,
    /// Fewest episodes of which a share is shown.
    #[serde(default = "five")]
    pub fewest_shown: u32,
    /// The ladder, reminders (negative) and escalations (positive), for the practice review (¶3).
    pub ladder: Vec<Rung>,
    /// The other ladders.
    #[serde(default)]
    pub ladders: Ladders,
    /// Changes of single rules, by code.
    pub rules: BTreeMap<String, RuleTerms>,
}

impl Policy {
    /// Where the guidance on a rule stands: by any of its codes, else the council's guidance at large.
    pub fn link<'a>(&self, codes: impl Iterator<Item = &'a str>) -> Option<&str> {
        let own = codes
            .filter_map(|code| self.rules.get(code))
            .map(|terms| terms.link.as_str())
            .find(|link| !link.is_empty());
        own.or(Some(self.guidance_link.as_str()))
            .filter(|link| !link.is_empty())
    }
}

fn eighty() -> u32 {
    80
}

fn five() -> u32 {
    5
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            reason_codes: Vec::new(),
            permit_minutes: 15,
            guidance_link: String::new(),
            hidden_clock: HiddenClock::Run,
            outage_clock: OutageClock::Stop,
            completion_event: CompletionEvent::S2,
            on_time_percent: eighty(),
            fewest_shown: five(),
            ladder: ladders::practice_review(),
            ladders: Ladders::default(),
            rules: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// The ladder of a stage, from its due day.
    pub fn ladder_of(&self, stage: Stage) -> &[Rung] {
        match stage {
            Stage::Practitioner => &self.ladders.practitioner,
            Stage::PracticeReview => &self.ladder,
            Stage::SupervisorActions => &self.ladders.supervisor_actions,
            Stage::SignOff => &self.ladders.sign_off,
        }
    }
}
