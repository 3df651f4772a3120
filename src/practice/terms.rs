//! Under which terms is an episode judged? Policy, calendar, role holders, activation, mode.
//!
//! Every number a council may want to change is here, with its default; nothing is compiled in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::episode::Role;
use super::ids::Digest;

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
    /// How Finish is held.
    pub mode: Mode,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTerms {
    /// Another stance.
    pub stance: Option<Stance>,
    /// Another answer to blindness.
    pub when_unavailable: Option<WhenUnavailable>,
}

/// What lets a Finish after the completion date through (LE-03.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateFinish {
    /// A late reason on record, or an agreed extension.
    Reason,
    /// Only an agreed extension.
    Extension,
    /// Noted, never held.
    Flag,
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

/// One rung of the escalation ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Working days after the due day (negative: before it, a reminder).
    pub working_days: i32,
    /// Who is told.
    pub tell: Vec<Role>,
    /// Whether the overdue flag is set in the case system.
    #[serde(default)]
    pub flag: bool,
}

/// The council's policy: `config/policy.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Fewest characters of the practitioner's reflection (LE-16.1).
    pub reflection_min_chars: u32,
    /// Fewest characters of the Section 3 summary (LE-20.1).
    pub conversation_min_chars: u32,
    /// Fewest characters of the third person moderation statement (LE-29.3).
    pub statement_min_chars: u32,
    /// How many components of good practice Section 4 has (LE-22.1).
    pub observation_components: u32,
    /// What lets a late Finish through (LE-03.3).
    pub late_finish: LateFinish,
    /// Reason codes accepted for anything late or missing; empty accepts any.
    pub reason_codes: Vec<String>,
    /// How long a permit holds, minutes.
    pub permit_minutes: i64,
    /// Working days from allocation until a practitioner's step that has not appeared is chased (LE-01.3).
    pub awaited_working_days: i32,
    /// Working days for the supervisor's actions after the practice review's Finish (LE-29.5).
    pub supervisor_working_days: i32,
    /// Working days for the sign-off after the supervisor's Finish (LE-29.5).
    pub sign_off_working_days: i32,
    /// Most working days for which pauses may stop the clock of one episode.
    pub pause_max_working_days: i32,
    /// Working days that the practice reviewer has after a first instance before the Head hears of it (LE-05.2).
    pub first_instance_working_days: i32,
    /// What the clock does while a restricted record hides a step.
    #[serde(default)]
    pub hidden_clock: HiddenClock,
    /// The ladder, reminders (negative) and escalations (positive), for the practice review (¶3).
    pub ladder: Vec<Rung>,
    /// Changes of single rules, by code.
    pub rules: BTreeMap<String, RuleTerms>,
}

impl Default for Policy {
    fn default() -> Self {
        let rung = |working_days, tell: &[Role], flag| Rung {
            working_days,
            tell: tell.to_vec(),
            flag,
        };
        Self {
            reflection_min_chars: 200,
            conversation_min_chars: 100,
            statement_min_chars: 1,
            observation_components: 3,
            late_finish: LateFinish::Reason,
            reason_codes: Vec::new(),
            permit_minutes: 15,
            awaited_working_days: 5,
            supervisor_working_days: 25,
            sign_off_working_days: 10,
            pause_max_working_days: 30,
            first_instance_working_days: 3,
            hidden_clock: HiddenClock::Run,
            ladder: vec![
                rung(-10, &[Role::PracticeReviewer], false),
                rung(-5, &[Role::PracticeReviewer], false),
                rung(-2, &[Role::PracticeReviewer], false),
                rung(0, &[Role::PracticeReviewer], false),
                rung(1, &[Role::PracticeReviewer, Role::QaManager], true),
                rung(3, &[Role::Supervisor, Role::OperationalManager], false),
                rung(5, &[Role::HeadOfService], false),
                rung(10, &[Role::Cslt], false),
            ],
            rules: BTreeMap::new(),
        }
    }
}
