//! By what is a child known without being named?

use std::fmt::Write;

use ring::hmac;

use crate::practice::ids::ChildKey;

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
        let mut text = String::with_capacity(64);
        for byte in hmac::sign(&self.0, person.as_bytes()).as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        ChildKey(text)
    }
}

impl std::fmt::Debug for ChildKeying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChildKeying(secret)")
    }
}
