//! Why is an answer not believed at all?

use std::fmt;

/// Why an answer is not believed at all. The words never quote the answer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFault {
    /// What is to be made of it.
    pub kind: FaultKind,
    /// What was found, for a person.
    pub words: String,
}

/// What is to be made of a refused answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not well-formed, or not what a data document may hold.
    Malformed,
    /// It ends too early: worth asking again.
    Cut,
    /// A page for people, such as a sign-in page.
    WebPage,
    /// A SOAP fault.
    Fault {
        /// Its code, as a local name: `Server`, `Client.Authentication`. Never its text.
        code: String,
    },
    /// Larger, deeper or of more records than `[limits]` allows.
    TooLarge,
    /// Another document than the one promised.
    OtherRoot,
    /// The document is the one promised, but what should stand in it does not.
    Unproven,
}

impl PageFault {
    /// A refusal of this kind.
    pub fn new(kind: FaultKind, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { kind, words }
    }

    /// What should stand in the document does not.
    pub fn unproven(words: impl Into<String>) -> Self {
        Self::new(FaultKind::Unproven, words)
    }

    pub(super) fn malformed(words: impl Into<String>) -> Self {
        Self::new(FaultKind::Malformed, words)
    }

    pub(super) fn cut() -> Self {
        Self::new(
            FaultKind::Cut,
            "it ends before its root element is closed (cut short)",
        )
    }
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for PageFault {}
