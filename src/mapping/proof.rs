//! Is an answer what was promised, as far as its head and its markers say, and if not, what does that mean?
//!
//! The table `[proof]` (M3). A status alone is enough for a message; the text of an error page is searched for a
//! few words and never repeated. Whether the body is whole and of the promised root is `page`'s question.

use std::collections::BTreeMap;

use super::compile::Mapping;
use super::document::Element;
use super::limits::Format;
use super::path::Path;
use super::proof_table::Failure;
use super::walk::Whole;

/// Of a web page, so many bytes are searched for words.
const SEARCHED_BYTES: usize = 64 * 1024;
/// What a sign-in page says, whoever made it. Lower case.
const SIGN_IN: [&str; 5] = [
    "type=\"password\"",
    "type='password'",
    "name=\"password\"",
    "sign in",
    "log in",
];
/// What a page says that stands in for a system which is down. Lower case.
const UNAVAILABLE: [&str; 5] = [
    "unavailable",
    "maintenance",
    "out of service",
    "try again later",
    "temporarily",
];

/// What an answer must be before a word of it is believed.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Accepted statuses; none accepts 200.
    pub status: Vec<u16>,
    /// Accepted content types, without parameters; none accepts any but HTML.
    pub content_type: Vec<String>,
    pub(super) sign_in: Vec<String>,
    pub(super) unavailable: Vec<String>,
    pub(super) success: Option<(Path, Vec<String>)>,
    pub(super) failures: Vec<Failure>,
}

/// What it means that an answer is not the promised one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Nothing that asking again in another way would help.
    Failed,
    /// It does not know us, or no longer.
    SignedOut,
    /// Not now.
    Wait,
    /// It is there, and our account may not see it.
    Hidden,
    /// It was deleted.
    Gone,
    /// It is not found, which proves nothing.
    Missing,
    /// Somebody holds it.
    Locked,
    /// What we go by is too old: a version, or a token of a change feed.
    Stale,
    /// Of a list: there are no rows. Only a mapping can say so.
    Empty,
}

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// What that means.
    pub means: Means,
    /// In words, after "it": never the answer's own text.
    pub why: String,
}

impl Failing {
    pub(super) fn new(means: Means, why: impl Into<String>) -> Self {
        Self {
            means,
            why: why.into(),
        }
    }
}

/// The head of an answer, and its body for a look at what kind it is.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// HTTP status.
    pub status: u16,
    /// Content type without parameters, lower case.
    pub content_type: &'a str,
    /// Headers by lower-case name.
    pub headers: &'a BTreeMap<String, String>,
    /// The body.
    pub bytes: &'a [u8],
}

impl Head<'_> {
    /// Whether it is a web page, by its type or by how it begins.
    fn is_page(&self) -> bool {
        let begins = self
            .bytes
            .get(..256.min(self.bytes.len()))
            .unwrap_or_default();
        let begins = String::from_utf8_lossy(begins).to_lowercase();
        let begins = begins.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
        self.content_type.contains("html")
            || begins.starts_with("<!doctype html")
            || begins.starts_with("<html")
    }

    fn text(&self) -> String {
        let searched = self.bytes.get(..SEARCHED_BYTES.min(self.bytes.len()));
        String::from_utf8_lossy(searched.unwrap_or_default()).to_lowercase()
    }
}

impl Mapping {
    /// What an answer must be.
    pub fn proof(&self) -> &Proof {
        &self.client.proof
    }

    /// Refuses an answer by its status, its kind, and the words of a page that stands in for it.
    pub fn judge(&self, head: &Head<'_>) -> Result<(), Failing> {
        let proof = self.proof();
        let (status, page) = (head.status, head.is_page());
        if status == 401 {
            return Err(Failing::new(
                Means::SignedOut,
                "its status is 401; check the source's secret",
            ));
        }
        if (300..400).contains(&status) {
            return Err(sent_elsewhere(head));
        }
        let accepted = match proof.status.as_slice() {
            [] => status == 200,
            known => known.contains(&status),
        };
        let text = if page || !accepted {
            head.text()
        } else {
            String::new()
        };
        let says = |words: &[String]| {
            let mut words = words.iter().map(|word| word.to_lowercase());
            words.any(|word| !word.is_empty() && text.contains(&word))
        };
        if says(&proof.sign_in) {
            return Err(Failing::new(
                Means::SignedOut,
                "it is a sign-in page, by the words that `[proof] sign_in` lists",
            ));
        }
        if says(&proof.unavailable) {
            return Err(Failing::new(
                Means::Wait,
                "it says that the system is not available",
            ));
        }
        if let Some(row) = self.explained_by_status(head).filter(|_| !page) {
            return Err(row.failing());
        }
        if !accepted {
            return Err(by_status(status));
        }
        if page {
            return Err(if SIGN_IN.iter().any(|word| text.contains(word)) {
                Failing::new(
                    Means::SignedOut,
                    "it is a web page, and by its words a sign-in page",
                )
            } else if UNAVAILABLE.iter().any(|word| text.contains(word)) {
                Failing::new(
                    Means::Wait,
                    "it is a web page that says that the system is not available",
                )
            } else {
                Failing::new(Means::Failed, "it is a web page, perhaps a sign-in page")
            });
        }
        if !proof.content_type.is_empty()
            && !proof
                .content_type
                .iter()
                .any(|kind| kind == head.content_type)
        {
            let why = format!(
                "its content type is not {}",
                proof.content_type.join(" or ")
            );
            return Err(Failing::new(Means::Failed, why));
        }
        Ok(())
    }

    /// Refuses a body by the markers inside it, if the mapping has any. What cannot be read is not judged here.
    pub fn judge_body(&self, bytes: &[u8], charset: Option<&str>) -> Result<(), Failing> {
        let proof = self.proof();
        if proof.success.is_none() && proof.failures.is_empty() {
            return Ok(());
        }
        let mut verdict = Ok(());
        self.says(bytes, charset, |roots| {
            if !roots.is_empty() {
                verdict = self.marked(roots);
            }
            true
        });
        verdict
    }

    /// The row of a status, and of what the body says where the row asks for that too. A web page explains nothing: an
    /// address that is wrong is answered with one as well.
    fn explained_by_status(&self, head: &Head<'_>) -> Option<&Failure> {
        let mut rows = self.proof().failures.iter();
        rows.find(|row| {
            let its = row.status.contains(&head.status);
            its && self.says(head.bytes, None, |roots| row.is_said(roots))
        })
    }

    /// What is made of the roots of a body: its own, and in an envelope that inside it as well; of none if it
    /// cannot be read.
    fn says(
        &self,
        bytes: &[u8],
        charset: Option<&str>,
        told: impl FnOnce(&[Element<'_>]) -> bool,
    ) -> bool {
        let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        let format = match begins {
            Some(b'{' | b'[') => Format::Json,
            _ => Format::Xml,
        };
        let whole = self.anything(format, bytes, charset);
        let inside = self.document_in(format, bytes, charset, "");
        let roots = [&whole, &inside].into_iter().flatten().map(Whole::root);
        told(&roots.collect::<Vec<_>>())
    }

    /// Refuses a body by the markers inside it: a failure that came with a good status (M3).
    fn marked(&self, roots: &[Element<'_>]) -> Result<(), Failing> {
        let proof = self.proof();
        let mut failures = proof.failures.iter();
        if let Some(met) = failures.find(|row| row.status.is_empty() && row.is_said(roots)) {
            return Err(met.failing());
        }
        if let Some((path, is)) = &proof.success {
            let values: Vec<_> = roots.iter().flat_map(|at| path.values(at)).collect();
            let met = values
                .iter()
                .any(|(value, _)| is.iter().any(|word| same(word, value)));
            let is_there = is.is_empty() && !values.is_empty();
            if !met && !is_there {
                let why = format!("`{}` in it does not say that it succeeded", path.written());
                return Err(Failing::new(Means::Failed, why));
            }
        }
        Ok(())
    }
}

/// Whether two words are one, apart from case and the blanks around them.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn sent_elsewhere(head: &Head<'_>) -> Failing {
    let kept = matches!(head.status, 307 | 308);
    Failing::new(
        if kept {
            Means::Failed
        } else {
            Means::SignedOut
        },
        if kept {
            "it sends us elsewhere, to another host or once too often; nothing was sent there"
        } else {
            "it sends us elsewhere, perhaps to a sign-in page"
        },
    )
}

/// What a status means when there is nothing else to go by.
fn by_status(status: u16) -> Failing {
    let why = format!("its status is {status}");
    let means = match status {
        403 => Means::Hidden,
        404 => Means::Missing,
        410 => Means::Gone,
        423 => Means::Locked,
        409 | 412 | 428 => Means::Stale,
        408 | 429 | 502 | 503 | 504 => Means::Wait,
        407 => {
            let why = "its status is 407: the proxy wants a password (`[source] proxy_secret_env`)";
            return Failing::new(Means::Failed, why);
        }
        _ => Means::Failed,
    };
    Failing::new(means, why)
}
