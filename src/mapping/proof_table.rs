//! Does `[proof]` make sense?

use serde::Deserialize;

use super::compile::Desk;
use super::proof::{Failure, Means, Proof};

/// `[proof]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProofRow {
    status: Vec<i64>,
    content_type: Vec<String>,
    sign_in: Vec<String>,
    unavailable: Vec<String>,
    success: Option<SuccessRow>,
    failure: Vec<FailureRow>,
}

#[derive(Debug, Deserialize)]
struct SuccessRow {
    path: String,
    #[serde(default)]
    is: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FailureRow {
    path: String,
    #[serde(default)]
    is: Vec<String>,
    #[serde(default)]
    means: String,
    #[serde(default)]
    why: String,
}

impl Desk<'_> {
    pub(super) fn proof(&mut self, row: &ProofRow) -> Proof {
        let mut status = Vec::new();
        for (index, written) in row.status.iter().enumerate() {
            match u16::try_from(*written)
                .ok()
                .filter(|one| (100..600).contains(one))
            {
                Some(one) => status.push(one),
                None => self.fault(
                    &format!("proof.status[{index}]"),
                    &format!("{written} is no HTTP status"),
                    None,
                ),
            }
        }
        let success = row.success.as_ref();
        let success =
            success.map(|row| (self.loose("proof.success.path", &row.path), row.is.clone()));
        let mut failures = Vec::new();
        for (index, row) in row.failure.iter().enumerate() {
            failures.push(Failure {
                path: self.loose(&format!("proof.failure[{index}].path"), &row.path),
                is: row.is.clone(),
                means: means(&row.means),
                why: row.why.clone(),
            });
        }
        Proof {
            status,
            content_type: row
                .content_type
                .iter()
                .map(|kind| kind.to_lowercase())
                .collect(),
            sign_in: row.sign_in.clone(),
            unavailable: row.unavailable.clone(),
            success,
            failures,
        }
    }
}

/// The class of a failure by its word in mapping files.
pub(super) fn means(word: &str) -> Means {
    match word {
        "signed_out" => Means::SignedOut,
        "wait" => Means::Wait,
        "hidden" => Means::Hidden,
        "gone" => Means::Gone,
        "missing" => Means::Missing,
        "locked" => Means::Locked,
        "stale" => Means::Stale,
        _ => Means::Failed,
    }
}
