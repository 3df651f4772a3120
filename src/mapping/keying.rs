//! By what is a child known without being named?

use ring::hmac;

use crate::practice::ids::{ChildKey, CycleId, EpisodeId, hexadecimal};

/// Turns a person id into a keyed hash (HMAC-SHA-256); the id itself is dropped on reading.
#[derive(Clone)]
pub struct ChildKeying(hmac::Key);

impl ChildKeying {
    /// Keyed with a secret of the deployment.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of one child, lower-case hexadecimal.
    pub fn key(&self, person: &str) -> ChildKey {
        ChildKey(self.hash(person.as_bytes()))
    }

    /// The reference of a child's episode in a cycle, for forms that carry none: the first 24 digits of a keyed
    /// hash of both. A child whose person id changes has another one.
    pub(super) fn reference(&self, person: &str, cycle: &CycleId) -> EpisodeId {
        let both = format!("{person}\u{0}{cycle}");
        let hash = self.hash(both.as_bytes());
        EpisodeId(format!("LE-{}", hash.get(..24).unwrap_or(&hash)))
    }

    fn hash(&self, bytes: &[u8]) -> String {
        hexadecimal(hmac::sign(&self.0, bytes).as_ref())
    }
}

impl std::fmt::Debug for ChildKeying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChildKeying(secret)")
    }
}
