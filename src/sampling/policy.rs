//! The few numbers that shape a draw, read from the council's own policy file.
//!
//! They live in the `[sampling]` table of the policy and are hashed with the whole file at the freeze, so nobody
//! can turn a dial once the dice have been thrown. Absent: every other table of the policy, which is not ours to read.

use std::fmt;

use serde::Deserialize;

use super::canonical::sha256_hex;

/// How large the sample is and how it is spread: the `[sampling]` table of the policy file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingPolicy {
    /// Learning Episodes to draw in a cycle. The draw grows beyond it when the certain ones, the reviewers in
    /// debt and the services need more, and says so.
    pub sample_size: usize,
    /// Least number from each service (fewer only where the service has fewer).
    pub minimum_per_service: usize,
    /// A reviewer not moderated in this many cycles is in debt and gets an item of their own.
    pub debt_cycles: u32,
    /// Reserves published for each stratum, in the order they would be used.
    pub reserves: usize,
    /// Share of the sample that two moderators look at independently, in percent.
    pub double_moderated_percent: u32,
    /// Least number of items that two moderators look at independently.
    pub double_moderated_minimum: usize,
    /// Whether an episode whose record is restricted may be drawn as any other: only where every moderator is cleared
    /// for such records. Otherwise it leaves the frame, with that reason.
    pub draw_restricted: bool,
}

impl Default for SamplingPolicy {
    fn default() -> Self {
        Self {
            sample_size: 20,
            minimum_per_service: 1,
            debt_cycles: 3,
            reserves: 2,
            double_moderated_percent: 20,
            double_moderated_minimum: 2,
            draw_restricted: false,
        }
    }
}

impl SamplingPolicy {
    /// Reads the `[sampling]` table of a policy file (TOML). Other tables are passed over; an absent table
    /// means the defaults.
    ///
    /// # Errors
    /// When the bytes are not TOML, or the table holds a key that means nothing or a value of the wrong kind.
    pub fn from_policy_file(bytes: &[u8]) -> Result<Self, PolicyFault> {
        #[derive(Deserialize)]
        struct PolicyFile {
            #[serde(default)]
            sampling: SamplingPolicy,
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|fault| PolicyFault(format!("policy file is not UTF-8: {fault}")))?;
        let file: PolicyFile = toml::from_str(text)
            .map_err(|fault| PolicyFault(format!("policy file, table `sampling`: {fault}")))?;
        Ok(file.sampling)
    }

    /// The hash that names a policy file: SHA-256 over all its bytes, in hexadecimal.
    pub fn file_hash(bytes: &[u8]) -> String {
        sha256_hex(bytes)
    }
}

/// Why the sampling table could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault(String);

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for PolicyFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_read_and_the_rest_passed_over() {
        let file = b"[deadlines]\ndays = 3\n[sampling]\nsample_size = 10\n";
        let policy = SamplingPolicy::from_policy_file(file).unwrap();
        assert_eq!(
            policy,
            SamplingPolicy {
                sample_size: 10,
                ..SamplingPolicy::default()
            }
        );
        assert_eq!(
            SamplingPolicy::from_policy_file(b""),
            Ok(SamplingPolicy::default())
        );
    }

    #[test]
    fn misspelt_key_is_named() {
        let fault = SamplingPolicy::from_policy_file(b"[sampling]\nsampel_size = 1\n").unwrap_err();
        assert!(fault.to_string().contains("sampel_size"), "{fault}");
    }
}
