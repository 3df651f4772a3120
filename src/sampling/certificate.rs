//! The certificate: everything needed to draw the same sample again, and nothing that is not.
//!
//! It is published as canonical JSON, so its own hash means something. Ids and codes only.
//! Absent: times, approvals of the draw itself and who threw the dice. Those are facts of the journal.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{
    allocate::SampleSize,
    amend::Outcome,
    canonical::{json, sha256_hex},
    frame::Exclusion,
    freeze::Frozen,
    seed::Seed,
};

/// The name of the method in certificates.
pub const ALGORITHM: &str = "rivest-consistent-sampling-stratified";
/// The version of the method in certificates; any change to who would be drawn makes a new one.
pub const ALGORITHM_VERSION: u32 = 1;

/// A draw that anybody can repeat. The written keys are documented in `docs/sampling.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// How it was drawn.
    pub algorithm: Algorithm,
    /// The cycle.
    pub cycle: String,
    /// The policy's numbers.
    pub design: Design,
    /// What was left out of the frame, and why.
    pub exclusions: Vec<Exclusion>,
    /// SHA-256 of the exclusions file, in hexadecimal.
    pub exclusions_hash: String,
    /// SHA-256 of the frame file, in hexadecimal.
    pub frame_hash: String,
    /// Episodes in the frame.
    pub frame_rows: usize,
    /// SHA-256 of the policy file, in hexadecimal.
    pub policy_hash: String,
    /// The next tickets of each group, in the order they would be used.
    pub reserves: Vec<Drawn>,
    /// The size asked for and drawn.
    pub sample_size: SampleSize,
    /// Groups that were taken further.
    pub second_stage: Vec<SecondStage>,
    /// The text that was hashed as the seed.
    pub seed: String,
    /// Who was drawn, group by group, in order of ticket.
    pub selected: Vec<Drawn>,
    /// The groups.
    pub strata: Vec<StratumLine>,
    /// Episodes that could not be moderated, and what took their place.
    pub substitutions: Vec<Substitution>,
    /// The draw that this one replaces, if any.
    pub supersedes: Option<Supersession>,
    /// The ticket of every episode named above.
    pub tickets: BTreeMap<String, String>,
    /// What made the certificate.
    pub tool: Tool,
}

/// The method of a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithm {
    /// Always [`ALGORITHM`].
    pub name: String,
    /// [`ALGORITHM_VERSION`] when the certificate was made.
    pub version: u32,
}

/// The program that made a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The policy's numbers that decide a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// See [`super::SamplingPolicy::debt_cycles`].
    pub debt_cycles: u32,
    /// See [`super::SamplingPolicy::minimum_per_service`].
    pub minimum_per_service: usize,
    /// See [`super::SamplingPolicy::reserves`].
    pub reserves: usize,
    /// See [`super::SamplingPolicy::sample_size`].
    pub sample_size: usize,
}

/// An episode and its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// The episode's id.
    pub le_id: String,
    /// The name of its group.
    pub stratum: String,
}

/// One group in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StratumLine {
    /// The group's name: `C`, `D/<reviewer>` or `S/<service>`.
    pub name: String,
    /// Episodes in it.
    #[serde(rename = "N")]
    pub population: usize,
    /// Episodes drawn from it.
    #[serde(rename = "n")]
    pub take: usize,
    /// The chance of each to be drawn, `n/N`, or `1`.
    #[serde(rename = "pi")]
    pub chance: String,
}

/// An episode that could not be moderated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitution {
    /// Its place among all amendments of this sample, from 1.
    pub sequence: usize,
    /// The group.
    pub stratum: String,
    /// The episode that could not be used.
    pub unusable: String,
    /// Why.
    pub reason: String,
    /// The next ticket of the group; `None` when there was none left.
    pub replacement: Option<String>,
}

/// Why a group was taken further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A moderator was two or more grades away.
    TwoGradeGap,
    /// At least half of the group's items were given another grade.
    HalfDiffer,
}

/// A group taken further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondStage {
    /// Its place among all amendments of this sample, from 1.
    pub sequence: usize,
    /// The group.
    pub stratum: String,
    /// Why.
    pub trigger: Trigger,
    /// What moderators had found in the group when it was taken further.
    pub outcomes: Vec<Outcome>,
    /// The group's next tickets.
    pub added: Vec<String>,
}

/// Why a draw stands in the place of an earlier one, on whose word. Both certificates are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supersession {
    /// Two different people, by worker id.
    pub approvers: [String; 2],
    /// SHA-256 of the earlier certificate's canonical bytes, in hexadecimal.
    pub certificate_hash: String,
    /// Why the earlier draw cannot stand.
    pub reason: String,
}

impl Certificate {
    /// The certificate as published: canonical JSON.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        json(&self.to_value()).into_bytes()
    }

    /// SHA-256 of the canonical bytes, in hexadecimal.
    pub fn hash(&self) -> String {
        sha256_hex(&self.canonical_bytes())
    }

    /// Reads a certificate; any JSON spelling will do, unknown keys will not.
    ///
    /// # Errors
    /// When the bytes are not JSON or not the shape of a certificate.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertificateFault> {
        serde_json::from_slice(bytes).map_err(|fault| CertificateFault(fault.to_string()))
    }

    /// The episodes that are in the sample now: drawn, put in as a replacement or added, and not found unusable.
    pub fn sample(&self) -> impl Iterator<Item = &str> {
        self.taken()
            .filter(|le_id| !self.substitutions.iter().any(|out| out.unusable == *le_id))
    }

    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Every episode that is or was in the sample.
    fn taken(&self) -> impl Iterator<Item = &str> {
        let replacements = self
            .substitutions
            .iter()
            .filter_map(|s| s.replacement.as_deref());
        let added = self
            .second_stage
            .iter()
            .flat_map(|stage| &stage.added)
            .map(String::as_str);
        self.selected
            .iter()
            .map(|drawn| drawn.le_id.as_str())
            .chain(replacements)
            .chain(added)
    }

    /// Every episode that was given a ticket on the certificate.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.taken()
            .chain(self.reserves.iter().map(|drawn| drawn.le_id.as_str()))
    }

    /// What is known before anybody is named.
    pub(super) fn blank(frozen: &Frozen, seed: &Seed, size: &SampleSize) -> Self {
        let (record, policy) = (frozen.record(), frozen.policy());
        Self {
            algorithm: Algorithm {
                name: ALGORITHM.to_owned(),
                version: ALGORITHM_VERSION,
            },
            cycle: record.cycle.clone(),
            design: Design {
                debt_cycles: policy.debt_cycles,
                minimum_per_service: policy.minimum_per_service,
                reserves: policy.reserves,
                sample_size: policy.sample_size,
            },
            exclusions: frozen.exclusions().to_vec(),
            exclusions_hash: record.exclusions_hash.clone(),
            frame_hash: record.frame_hash.clone(),
            frame_rows: record.frame_rows,
            policy_hash: record.policy_hash.clone(),
            reserves: Vec::new(),
            sample_size: size.clone(),
            second_stage: Vec::new(),
            seed: seed.as_str().to_owned(),
            selected: Vec::new(),
            strata: Vec::new(),
            substitutions: Vec::new(),
            supersedes: None,
            tickets: BTreeMap::new(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

impl Supersession {
    /// Two approvers and a reason for replacing an earlier draw.
    pub(super) fn of(
        earlier: &Certificate,
        reason: &str,
        approvers: [&str; 2],
    ) -> Result<Self, SupersessionFault> {
        let supersession = Self {
            approvers: approvers.map(|approver| approver.trim().to_owned()),
            certificate_hash: earlier.hash(),
            reason: reason.trim().to_owned(),
        };
        supersession.check().map(|()| supersession)
    }

    /// Whether this is worth the name of an approval.
    pub(super) fn check(&self) -> Result<(), SupersessionFault> {
        let [first, second] = self
            .approvers
            .each_ref()
            .map(|who| who.trim().to_lowercase());
        if first.is_empty() || second.is_empty() || first == second {
            return Err(SupersessionFault::Approvers);
        }
        if self.reason.trim().is_empty() {
            Err(SupersessionFault::NoReason)
        } else {
            Ok(())
        }
    }
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFault(String);

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate cannot be read: {}", self.0)
    }
}

impl std::error::Error for CertificateFault {}

/// Why one draw may not replace another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupersessionFault {
    /// There are not two different approvers.
    Approvers,
    /// There is no reason.
    NoReason,
    /// The earlier draw belongs to this other cycle.
    OtherCycle(String),
    /// The earlier draw has the same frame, policy and seed, and so the same sample.
    SameDraw,
}

impl fmt::Display for SupersessionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approvers => f.write_str(
                "a draw is only replaced with two different approvers; name both by worker id",
            ),
            Self::NoReason => f.write_str("no reason was given; say why the earlier draw cannot stand"),
            Self::OtherCycle(cycle) => write!(
                f,
                "earlier certificate is of cycle `{}`; only a draw of the same cycle can be replaced",
                cycle.escape_debug()
            ),
            Self::SameDraw => f.write_str(
                "earlier certificate has the same frame, policy and seed; there is nothing to replace",
            ),
        }
    }
}

impl std::error::Error for SupersessionFault {}
