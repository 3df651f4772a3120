//! What stays on record of a person's decisions? Who, when, and codes; never free text.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::decision::{ModerationOutcome, ReasonAbout};
use super::episode::{Evaluation, Role, Stage};
use super::ids::{CycleId, Digest, StepId, WorkerId};

/// A recorded initial moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// The decision's id.
    pub id: String,
    /// Who moderated.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// The evaluation moderated.
    pub grade: Evaluation,
    /// What came of it.
    pub outcome: ModerationOutcome,
    /// Where another evaluation was advised: which, if the moderator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Evaluation>,
    /// The matter agreed to; see `Episode::moderated_matter`.
    pub on: Digest,
}

/// A recorded request for initial moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationRequest {
    /// Who asked.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// The evaluation at the time, if it could be read.
    pub grade: Option<Evaluation>,
    /// The matter as it stood, and the codes it consisted of; so that a moderator who was shown it can be told
    /// what has changed since.
    #[serde(default)]
    pub on: Option<Digest>,
    /// See `Episode::moderated_codes`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, String>,
    /// When the practice reviewer took it back, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// A recorded change of the completion date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The new completion date, local day.
    pub due: Date,
    /// Why, as a code.
    pub reason: String,
    /// Who agreed it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded pause of the clock; both days included, local.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Why, as a code.
    pub reason: String,
    /// When it was recorded, UTC.
    pub at: Timestamp,
}

/// A recorded reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonGiven {
    /// What it excuses.
    pub about: ReasonAbout,
    /// Why, as a code.
    pub reason: String,
    /// Who gave it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which Finish.
    pub stage: Stage,
    /// Why, as a code.
    pub reason: String,
    /// Who answers for it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
}

/// Who decided something, in which role, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The worker.
    pub by: WorkerId,
    /// The role that they held at that moment; none if that cannot be told.
    pub role: Option<Role>,
    /// When, UTC.
    pub at: Timestamp,
}

/// What people did about an episode, besides its date, its moderation and the reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deeds {
    /// Hash of each decision by its id: one told twice counts once, and an id is not used for two.
    pub digests: BTreeMap<String, Digest>,
    /// Steps that a person placed here.
    pub bound: BTreeSet<StepId>,
    /// Changes of who holds a role, oldest first.
    pub reassigned: Vec<Reassigned>,
    /// When it was said that the practitioner cannot take part, oldest first.
    pub unavailable: Vec<Entry>,
    /// Findings that the work is below the standard, oldest first; the first is the first instance.
    pub below_standard: Vec<BelowStandard>,
    /// When it was taken to the Head, oldest first.
    pub escalated: Vec<Entry>,
    /// Concerns about practice, oldest first.
    pub concerns_raised: Vec<ConcernRaised>,
    /// Who may moderate in the Head's place.
    pub delegated: Vec<Delegated>,
    /// Returns to an earlier step, oldest first.
    pub returned: Vec<Returned>,
    /// What one person has proposed and another has to confirm.
    pub proposed: Option<Proposed>,
    /// When it was opened again after sign-off; whatever was signed off or sampled before is stale.
    pub reopened: Vec<Entry>,
    /// How it was cancelled.
    pub cancelled: Option<CancelledAs>,
    /// Where it stands in its cycle's sample; none if it never was in one (¶9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
    /// What CSLT's moderators said of it, oldest first (¶9).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample_moderated: Vec<SampleModerated>,
    /// When it was closed.
    pub closed: Option<Entry>,
}

/// Where an episode stands in its cycle's sample, as certificate and assignment have it (¶9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// The cycle.
    pub cycle: CycleId,
    /// SHA-256 of the certificate by which it came into the sample.
    pub certificate: Digest,
    /// When it came into the sample, UTC.
    pub since: Timestamp,
    /// Whom it is given to; two judge without knowing of each other. None if nobody could be found.
    pub moderators: Vec<WorkerId>,
    /// Why it is in the sample no more, as a code; none while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
}

impl Sampled {
    /// How many moderators give a grade: those it is given to, or whoever stands in for them.
    pub fn wanted(&self) -> usize {
        self.moderators.len().max(1)
    }
}

/// What a moderator of CSLT said of a drawn episode (¶9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleModerated {
    /// The moderator.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// The grade they would give.
    pub grade: Evaluation,
    /// The evaluation that stood then, if it could be read.
    pub own: Option<Evaluation>,
    /// What there is to learn from a difference, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning: Option<String>,
}

impl Deeds {
    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A recorded change of who holds a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassigned {
    /// The role.
    pub role: Role,
    /// Who held it, if known.
    pub from: Option<WorkerId>,
    /// Who holds it.
    pub to: WorkerId,
    /// Why, as a code.
    pub reason: String,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded finding that the work is below the standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BelowStandard {
    /// Which criteria are not met, as codes.
    pub criteria: Vec<String>,
    /// When, UTC.
    pub at: Timestamp,
}

/// A recorded concern about practice: who and when, nothing of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernRaised {
    /// Who raised it.
    pub by: WorkerId,
    /// When, UTC.
    pub at: Timestamp,
    /// Who has it by now.
    pub acknowledged: Vec<Entry>,
}

impl ConcernRaised {
    /// Whether somebody in this role has it.
    pub fn has(&self, role: Role) -> bool {
        self.acknowledged
            .iter()
            .any(|entry| entry.role == Some(role))
    }
}

/// A recorded leave to moderate in the Head's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegated {
    /// Who may.
    pub to: WorkerId,
    /// From when, UTC.
    pub from: Timestamp,
    /// The first instant no longer, UTC.
    pub until: Timestamp,
    /// The Head who said so.
    pub by: WorkerId,
}

/// A recorded return to an earlier step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The step that is to be worked on again.
    pub to: Stage,
    /// Why, as a code.
    pub reason: String,
    /// When it was settled, UTC.
    pub at: Timestamp,
}

/// What needs a second person, in another role, to say so too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// What: `reopen_after_sign_off` or `return_step/<stage>`.
    pub what: String,
    /// Who proposed it.
    pub first: Entry,
}

/// How an episode was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledAs {
    /// By whom.
    pub entry: Entry,
    /// The evaluation that it had by then; with one, it has left the sample's frame (LE-09.6).
    pub grade: Option<Evaluation>,
}
