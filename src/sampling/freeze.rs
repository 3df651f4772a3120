//! The freeze: what is fixed, hashed and published before there are any dice.
//!
//! Absent: the time of the freeze and who was told. Those are facts of the journal, not of the draw.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    canonical::{json, sha256_hex},
    frame::{Exclusion, Frame, FrameFault, FrameRow, check_exclusion},
    frame_csv::exclusions_csv,
    policy::SamplingPolicy,
    seed::Seed,
};

/// A frozen cycle: the frame, what was left out of it, and the policy it will be drawn under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    cycle: String,
    frame: Frame,
    exclusions: Vec<Exclusion>,
    policy: SamplingPolicy,
    record: FreezeRecord,
}

/// What CSLT is sent before the dice are thrown. All hashes are SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeRecord {
    /// The cycle.
    pub cycle: String,
    /// Hash of the exclusions file.
    pub exclusions_hash: String,
    /// Hash of the frame file.
    pub frame_hash: String,
    /// How many episodes are in the frame.
    pub frame_rows: usize,
    /// How many of the cycle are not, by reason.
    #[serde(default)]
    pub left_out: BTreeMap<String, usize>,
    /// Hash of the policy file.
    pub policy_hash: String,
}

impl FreezeRecord {
    /// The record as canonical JSON.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).unwrap_or_default();
        json(&value).into_bytes()
    }

    /// Reads a record; any JSON spelling will do, unknown keys will not.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl Frozen {
    /// Freezes a cycle's frame under a policy file.
    ///
    /// # Errors
    /// Every fault of the rows, the exclusions, the policy and the cycle's id at once.
    pub fn freeze(
        cycle: &str,
        rows: Vec<FrameRow>,
        exclusions: Vec<Exclusion>,
        policy_file: &[u8],
    ) -> Result<Self, Vec<FrameFault>> {
        let frame = Frame::of(rows);
        Self::put_together(cycle, frame, exclusions, policy_file)
    }

    /// Takes up a freeze again from its files, which must be the frozen ones byte for byte.
    ///
    /// # Errors
    /// As [`Frozen::freeze`], and when the frame file is not canonical.
    pub fn from_files(
        cycle: &str,
        frame_csv: &[u8],
        exclusions: Vec<Exclusion>,
        policy_file: &[u8],
    ) -> Result<Self, Vec<FrameFault>> {
        Self::put_together(cycle, Frame::from_csv(frame_csv), exclusions, policy_file)
    }

    /// The cycle.
    pub fn cycle(&self) -> &str {
        &self.cycle
    }

    /// The frame.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The frame file, to be kept: a draw can only be verified with it.
    pub fn frame_csv(&self) -> Vec<u8> {
        self.frame.to_csv()
    }

    /// The exclusions file.
    pub fn exclusions_csv(&self) -> Vec<u8> {
        exclusions_csv(&self.exclusions)
    }

    /// What was left out, in order.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.exclusions
    }

    /// The numbers the draw will follow.
    pub fn policy(&self) -> &SamplingPolicy {
        &self.policy
    }

    /// What to publish before the dice are thrown.
    pub fn record(&self) -> &FreezeRecord {
        &self.record
    }

    fn put_together(
        cycle: &str,
        frame: Result<Frame, Vec<FrameFault>>,
        mut exclusions: Vec<Exclusion>,
        policy_file: &[u8],
    ) -> Result<Self, Vec<FrameFault>> {
        exclusions.sort();
        exclusions.dedup();
        let mut faults = Vec::new();
        // Twenty zeros stand for dice not yet thrown: only the cycle's id is on trial here.
        if let Err(fault) = Seed::from_dice("00000000000000000000", cycle) {
            faults.push(FrameFault::Cycle(fault.to_string()));
        }
        for exclusion in &exclusions {
            check_exclusion(exclusion, &mut faults);
        }
        let policy = SamplingPolicy::from_policy_file(policy_file)
            .map_err(|fault| faults.push(FrameFault::Policy(fault.to_string())));
        let frame = frame.map_err(|more| faults.extend(more));
        if let Ok(frame) = &frame {
            faults.extend(
                exclusions
                    .iter()
                    .filter(|exclusion| frame.row(&exclusion.le_id).is_some())
                    .map(|exclusion| FrameFault::Excluded(exclusion.le_id.clone())),
            );
        }
        let (Ok(policy), Ok(frame), true) = (policy, frame, faults.is_empty()) else {
            return Err(faults);
        };
        let mut left_out = BTreeMap::new();
        for exclusion in &exclusions {
            *left_out.entry(exclusion.reason.clone()).or_insert(0) += 1;
        }
        let record = FreezeRecord {
            cycle: cycle.to_owned(),
            exclusions_hash: sha256_hex(&exclusions_csv(&exclusions)),
            frame_hash: sha256_hex(&frame.to_csv()),
            frame_rows: frame.rows().len(),
            left_out,
            policy_hash: SamplingPolicy::file_hash(policy_file),
        };
        Ok(Self {
            cycle: cycle.to_owned(),
            frame,
            exclusions,
            policy,
            record,
        })
    }
}
