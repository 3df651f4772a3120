//! Does a certificate follow from the frame and the policy it names? Everything is recomputed; nothing is believed.
//!
//! Two things have to be taken from the certificate itself because nothing else holds them: what moderators found and
//! the reasons given by people. The arithmetic that follows from them is recomputed too.
//! Absent: whether this was the first draw on the frame, which only the journal can tell.

use std::fmt;

use serde_json::Value;

use super::{
    amend::Sample,
    canonical::sha256_hex,
    certificate::{ALGORITHM, ALGORITHM_VERSION, Certificate},
    freeze::Frozen,
    policy::SamplingPolicy,
};

/// One thing in which a certificate and its recomputation part ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: a path into the certificate such as `/strata/2/n`, or `frame`, `policy`, `certificate`.
    pub at: String,
    /// What the certificate says there; empty when it says nothing.
    pub certificate: String,
    /// What was found instead; empty when there should be nothing.
    pub recomputed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| {
            if text.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{text}`")
            }
        };
        write!(
            f,
            "{}: certificate has {}, recomputed {}",
            self.at,
            shown(&self.certificate),
            shown(&self.recomputed)
        )
    }
}

/// Recomputes a draw offline from its three files. No difference means it verifies.
pub fn verify(frame_csv: &[u8], policy_file: &[u8], certificate: &[u8]) -> Vec<Difference> {
    let read = match Certificate::from_bytes(certificate) {
        Ok(read) => read,
        Err(fault) => return vec![difference("certificate", "", &fault.to_string())],
    };
    let mut found = Vec::new();
    if read.canonical_bytes() != certificate {
        found.push(difference(
            "certificate",
            "another spelling",
            "canonical JSON",
        ));
    }
    if (read.algorithm.name.as_str(), read.algorithm.version) != (ALGORITHM, ALGORITHM_VERSION) {
        let named = format!("{} {}", read.algorithm.name, read.algorithm.version);
        found.push(difference(
            "/algorithm",
            &named,
            &format!("{ALGORITHM} {ALGORITHM_VERSION}"),
        ));
        return found;
    }
    if let Some(Err(fault)) = read.supersedes.as_ref().map(super::Supersession::check) {
        found.push(difference("/supersedes", "an approval", &fault.to_string()));
    }
    // Told first and apart, so that the wrong file is called the wrong file.
    let frame_hash = sha256_hex(frame_csv);
    let policy_hash = SamplingPolicy::file_hash(policy_file);
    let files = [
        ("/frame_hash", &read.frame_hash, &frame_hash),
        ("/policy_hash", &read.policy_hash, &policy_hash),
    ];
    for (at, certified, hash) in files {
        if certified != hash {
            found.push(difference(at, certified, hash));
        }
    }
    let frozen =
        match Frozen::from_files(&read.cycle, frame_csv, read.exclusions.clone(), policy_file) {
            Ok(frozen) => frozen,
            Err(faults) => {
                found.extend(
                    faults
                        .iter()
                        .map(|f| difference("frame", "", &f.to_string())),
                );
                return found;
            }
        };
    match Sample::replay(&frozen, &read) {
        Ok(sample) => found.extend(differences(&read, &sample.certificate())),
        Err(fault) => found.push(difference("certificate", "", &fault.to_string())),
    }
    let mut once = Vec::new();
    for one in found {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// Every value in which two certificates differ, the tool that made them aside.
pub(super) fn differences(certificate: &Certificate, recomputed: &Certificate) -> Vec<Difference> {
    // A later version may verify an earlier one's certificate; the algorithm's version is what must agree.
    let mut recomputed = recomputed.clone();
    recomputed.tool = certificate.tool.clone();
    let mut found = Vec::new();
    compare(
        "",
        Some(&certificate.to_value()),
        Some(&recomputed.to_value()),
        &mut found,
    );
    found
}

fn compare(at: &str, left: Option<&Value>, right: Option<&Value>, found: &mut Vec<Difference>) {
    match (left, right) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for key in left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)))
            {
                compare(&format!("{at}/{key}"), left.get(key), right.get(key), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for place in 0..left.len().max(right.len()) {
                compare(
                    &format!("{at}/{place}"),
                    left.get(place),
                    right.get(place),
                    found,
                );
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(difference(at, &shown(left), &shown(right))),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn difference(at: &str, certificate: &str, recomputed: &str) -> Difference {
    Difference {
        at: at.to_owned(),
        certificate: certificate.to_owned(),
        recomputed: recomputed.to_owned(),
    }
}
