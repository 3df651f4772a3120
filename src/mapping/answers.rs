//! What does an answer to a write mean? Every kind of refusal has its class, and only a read-back shows a deed.
//!
//! A case system may say "locked", "there already" or "not this recipient" by its status, or within a good
//! answer (pitfalls P33 to P35; M22, M23). What the mapping does not explain is not taken for a success.

use super::compile::Mapping;
use super::document::Element;
use super::path::Path;
use super::path_text::Namespaces;
use super::walk::Whole;
use super::write_table::{Meaning, MeansRow, Operation};

/// An answer to a write, before anything is made of it.
#[derive(Clone, Copy, Debug)]
pub struct WriteAnswer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Content type, lower case, without parameters.
    pub content_type: &'a str,
    /// The charset that the HTTP answer named.
    pub charset: Option<&'a str>,
    /// The body.
    pub bytes: &'a [u8],
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its class.
    pub meaning: Meaning,
    /// The id of what was made, if the answer names it.
    pub returned: Option<String>,
}

impl Mapping {
    /// What an answer to a write means.
    pub fn told(&self, operation: &Operation, answer: WriteAnswer<'_>) -> Told {
        let whole = operation
            .root
            .as_ref()
            .and_then(|root| self.document(answer.bytes, answer.charset, root).ok());
        let read = whole.as_ref().map(Whole::root);
        let spaces = &self.namespaces;
        let returned = operation.returned.as_ref().zip(read.as_ref());
        let returned = returned.and_then(|(path, read)| {
            let id = Path::parse_in(path, spaces).ok()?.first(read)?;
            // An id is short; anything longer is something else.
            (!id.is_empty() && id.chars().count() <= 64).then_some(id)
        });
        let explained = explained(&operation.means, answer.status, read.as_ref(), spaces);
        let meaning = explained.unwrap_or_else(|| by_status(operation, answer));
        // What was taken and does not name what it made may have been made or not.
        let nameless = operation.returned.is_some() && returned.is_none();
        let meaning = match meaning {
            Meaning::Done if nameless => Meaning::Unknown,
            other => other,
        };
        Told { meaning, returned }
    }
}

/// The first row that fits.
pub(super) fn explained(
    rows: &[MeansRow],
    status: u16,
    read: Option<&Element<'_>>,
    spaces: &Namespaces,
) -> Option<Meaning> {
    let fits = |row: &&MeansRow| {
        if row.status.is_some_and(|wanted| wanted != i64::from(status)) {
            return false;
        }
        let Some(path) = &row.path else {
            return row.status.is_some();
        };
        let (Ok(path), Some(read)) = (Path::parse_in(path, spaces), read) else {
            return false;
        };
        let mut values = path.values(read).into_iter().map(|(text, _)| text);
        match &row.is {
            Some(wanted) => values.any(|text| text == *wanted),
            None => values.any(|text| !text.is_empty()),
        }
    };
    rows.iter().find(fits).map(|row| row.means)
}

fn by_status(operation: &Operation, answer: WriteAnswer<'_>) -> Meaning {
    let listed = |statuses: &[i64]| statuses.contains(&i64::from(answer.status));
    if listed(&operation.duplicate) {
        return Meaning::Duplicate;
    }
    if listed(&operation.again) {
        return Meaning::Again;
    }
    // A web page with a good status (a sign-in page) says nothing of the write.
    let page = (200..300).contains(&answer.status) && answer.content_type.contains("html");
    if page || answer.status >= 500 || (300..400).contains(&answer.status) {
        return Meaning::Unknown;
    }
    if listed(&operation.accepted) {
        Meaning::Done
    } else {
        Meaning::Refused
    }
}
