//! By what is a child known without being named?

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
            let digits = [byte >> 4, byte & 15].map(u32::from);
            text.extend(
                digits
                    .into_iter()
                    .filter_map(|digit| char::from_digit(digit, 16)),
            );
        }
        ChildKey(text)
    }
}

impl std::fmt::Debug for ChildKeying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChildKeying(secret)")
    }
}
