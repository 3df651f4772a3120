//! Under which terms is an episode judged? Policy, calendar, role holders, activation, mode.
//!
//! Every number a council may want to change is here, with its default; nothing is compiled in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::episode::{Role, Stage};
use super::ids::{Digest, WorkerId};
use super::ladders;

pub use super::ladders::{Ladders, Rung};

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
    /// What the clock does while a restricted record hides a step.
    #[serde(default)]
    pub hidden_clock: HiddenClock,
    /// What the clock does while the case system cannot be reached.
    #[serde(default)]
    pub outage_clock: OutageClock,
    /// Which Finish the completion date is about (¶3).
    #[serde(default)]
    pub completion_event: CompletionEvent,
    /// Working days at most for which waiting for the Head's moderation stops the clock (LE-27.2).
    #[serde(default = "five")]
    pub moderation_pause_working_days: i32,
    /// Minutes for which an evaluation that needs moderation stands before the reviewer is reminded to ask for it
    /// (LE-08.3).
    #[serde(default = "sixty")]
    pub moderation_nudge_minutes: i64,
    /// The ladder, reminders (negative) and escalations (positive), for the practice review (¶3).
    pub ladder: Vec<Rung>,
    /// The other ladders.
    #[serde(default)]
    pub ladders: Ladders,
    /// Changes of single rules, by code.
    pub rules: BTreeMap<String, RuleTerms>,
}

fn five() -> i32 {
    5
}

fn sixty() -> i64 {
    60
}

impl Default for Policy {
    fn default() -> Self {
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
            hidden_clock: HiddenClock::Run,
            outage_clock: OutageClock::Stop,
            completion_event: CompletionEvent::S2,
            moderation_pause_working_days: five(),
            moderation_nudge_minutes: sixty(),
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

/// Dated role holders: `config/people.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Who holds a council-wide role.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Who has left or is away, and who stands in.
    #[serde(default)]
    pub away: Vec<Away>,
}

/// A worker who has left, or is away for a while: messages go to the deputy, or to the next role (P26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// The worker.
    pub worker: WorkerId,
    /// First instant away, UTC; always if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant back, UTC; never if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Who stands in; nobody if none.
    #[serde(default)]
    pub deputy: Option<WorkerId>,
}

/// One person holding one role, or standing in for its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The worker.
    pub worker: WorkerId,
    /// The role held.
    pub role: Role,
    /// First instant, UTC; open if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant no longer held, UTC; open if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl People {
    /// Whether a message to `worker` finds somebody at `at`: in person, or whoever stands in.
    pub fn finds(&self, worker: &WorkerId, at: Timestamp) -> bool {
        let mut worker = worker;
        // A deputy may be away too; so many in a row are nobody.
        for _ in 0..4 {
            let away = self.away.iter().find(|away| {
                away.worker == *worker
                    && away.from.is_none_or(|from| from <= at)
                    && away.until.is_none_or(|until| at < until)
            });
            match away.map(|away| &away.deputy) {
                None => return true,
                Some(None) => return false,
                Some(Some(deputy)) => worker = deputy,
            }
        }
        false
    }

    /// Those who hold a role at `at`; none if nobody was ever named for it.
    pub fn in_force(&self, role: Role, at: Timestamp) -> Option<Vec<&WorkerId>> {
        let named: Vec<&Holder> = self.holders.iter().filter(|h| h.role == role).collect();
        let holds = |holder: &&&Holder| self.holds(&holder.worker, role, at);
        let held = named.iter().filter(holds).map(|holder| &holder.worker);
        (!named.is_empty()).then(|| held.collect())
    }

    /// Whether `worker` held `role`, in person or as delegate, at `at`.
    pub fn holds(&self, worker: &WorkerId, role: Role, at: Timestamp) -> bool {
        self.holders.iter().any(|holder| {
            holder.worker == *worker
                && holder.role == role
                && holder.from.is_none_or(|from| from <= at)
                && holder.until.is_none_or(|until| at < until)
        })
    }
}
