//! Does `[proof]` make sense?

use serde::Deserialize;

use super::compile::Desk;
use super::document::Element;
use super::path::Path;
use super::proof::{Failing, Means, Proof, same};

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
    path: Option<String>,
    #[serde(default)]
    is: Vec<String>,
    #[serde(default)]
    status: Vec<i64>,
    #[serde(default)]
    means: String,
    #[serde(default)]
    why: String,
}

/// One way in which an answer says that it failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Where it says so; none if its status is enough.
    pub(super) path: Option<Path>,
    pub(super) is: Vec<String>,
    /// The statuses that it comes with; none if it comes with an accepted one.
    pub(super) status: Vec<u16>,
    pub(super) means: Means,
    pub(super) why: String,
}

impl Failure {
    /// Whether the document with these roots says so.
    pub(super) fn is_said(&self, roots: &[Element<'_>]) -> bool {
        let Some(path) = &self.path else {
            return true;
        };
        if self.is.is_empty() {
            return roots.iter().any(|at| path.says_anything(at));
        }
        let mut values = roots.iter().flat_map(|at| path.values(at));
        values.any(|(value, _)| self.is.iter().any(|word| same(word, &value)))
    }

    pub(super) fn failing(&self) -> Failing {
        let told = match self.means {
            Means::Empty => "says that there are no rows",
            Means::Missing => "says that it is not found",
            Means::Hidden => "says that our account may not see it",
            Means::Gone => "says that it was deleted",
            Means::SignedOut => "says that we are signed out",
            Means::Wait => "says that it is not available now",
            Means::Locked => "says that somebody holds it",
            Means::Stale => "says that what we go by is too old",
            Means::Failed => "says that it failed",
        };
        let why = match (self.why.as_str(), &self.path) {
            ("", Some(path)) => format!("`{}` in it {told}", path.written()),
            ("", None) => format!("its status {told}"),
            (why, _) => why.to_owned(),
        };
        Failing::new(self.means, why)
    }
}

impl Desk<'_> {
    pub(super) fn proof(&mut self, row: &ProofRow) -> Proof {
        let status = self.http_statuses("proof.status", &row.status);
        let success = row.success.as_ref();
        let success =
            success.map(|row| (self.loose("proof.success.path", &row.path), row.is.clone()));
        let mut failures = Vec::new();
        for (index, row) in row.failure.iter().enumerate() {
            let at = format!("proof.failure[{index}]");
            let path = row.path.as_ref();
            failures.push(Failure {
                path: path.map(|path| self.loose(&format!("{at}.path"), path)),
                status: self.failing_status(&at, row),
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

impl Desk<'_> {
    fn http_statuses(&mut self, at: &str, written: &[i64]) -> Vec<u16> {
        let mut all = Vec::new();
        for (index, one) in written.iter().enumerate() {
            let status = u16::try_from(*one).ok();
            if let Some(status) = status.filter(|status| (100..600).contains(status)) {
                all.push(status);
            } else {
                let message = format!("{one} is no HTTP status");
                self.fault(&format!("{at}[{index}]"), &message, None);
            }
        }
        all
    }

    /// The statuses of a failure; those that mean the same everywhere cannot mean another thing.
    fn failing_status(&mut self, at: &str, row: &FailureRow) -> Vec<u16> {
        if row.path.is_none() && row.status.is_empty() {
            let message =
                "a failure is told by a `path` in the answer, by its `status`, or by both";
            self.fault(at, message, None);
        }
        if row.path.is_none() && !row.is.is_empty() {
            let message = "`is` compares what stands at `path`, and there is none";
            self.fault(&format!("{at}.is"), message, None);
        }
        let at = format!("{at}.status");
        let all = self.http_statuses(&at, &row.status);
        for fixed in all
            .iter()
            .filter(|one| matches!(one, 300..=399 | 401 | 429 | 503))
        {
            let message = format!("{fixed} means the same everywhere and takes no other meaning");
            self.fault(&at, &message, None);
        }
        if row.path.is_none() && all.contains(&200) {
            let message = "by its status alone every good answer would be a failure; say `path`";
            self.fault(&at, message, None);
        }
        all
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
        "empty" => Means::Empty,
        _ => Means::Failed,
    }
}
