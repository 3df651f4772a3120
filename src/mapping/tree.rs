//! What does one record look like before anything is made of it?
//!
//! A record is small, so it is held as a little tree while its paths are asked; the page never is.

/// One element with everything in it. Names are local names: prefixes are the sender's whim.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Every text part, CDATA and reference directly inside, joined.
    pub(super) text: String,
    pub(super) nil: bool,
}

impl Element {
    /// The attribute's value.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Element {
    /// Whether bytes somewhere in it did not decode.
    pub(super) fn holds_malformed(&self) -> bool {
        let bad = |text: &str| text.contains('\u{fffd}');
        bad(&self.text)
            || self.attributes.iter().any(|(_, value)| bad(value))
            || self.children.iter().any(Self::holds_malformed)
    }
}
