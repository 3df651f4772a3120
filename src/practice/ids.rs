//! What do we call things? Identifiers are text, exactly as their owner writes them.
//!
//! A case system's ids are never numbers to us: they may have leading zeros, letters, or change
//! type between two answers of one API. Absent on purpose: any name of a person.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as its owner writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A Learning Episode's reference, such as `LE-2026-0017` (¶1).
    EpisodeId
);
id!(
    /// An allocation cycle, such as `2026-C3` (¶9: "after each allocation").
    CycleId
);
id!(
    /// A work step in the case system that owns it.
    StepId
);
id!(
    /// A task (a request) in the case system that sent it.
    TaskId
);
id!(
    /// A worker, by the case system's own id. Never a name.
    WorkerId
);
id!(
    /// A team, by the case system's own id.
    TeamId
);
id!(
    /// A child or young person, as a keyed hash of the case system's person id. Never the id itself.
    ChildKey
);
id!(
    /// The name of a configured case system (`[[sources]] name = …`).
    SourceName
);
id!(
    /// SHA-256 in lower-case hexadecimal of something canonical; the context says of what.
    Digest
);

impl Digest {
    /// The SHA-256 of `bytes`, in lower-case hexadecimal.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        Self(hexadecimal(digest.as_ref()))
    }

    /// The SHA-256 of a value's JSON as it is declared, to know the same value again. Several times as
    /// fast as [`Digest::of_json`]; another program could not compute it without our declarations.
    pub fn of_declared<T: Serialize>(value: &T) -> Self {
        // Our own types have string keys and no failing serialiser, so the fallback is never taken.
        Self::of(&serde_json::to_vec(value).unwrap_or_default())
    }

    /// The SHA-256 of a value's canonical JSON (keys sorted, no white space).
    pub fn of_json<T: Serialize>(value: &T) -> Self {
        Self::of(canonical(value).as_bytes())
    }
}

/// Lower-case hexadecimal, two digits a byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| {
        if half < 10 {
            b'0' + half
        } else {
            b'a' - 10 + half
        }
    };
    let mut digits = vec![b'0'; bytes.len() * 2];
    let (pairs, _) = digits.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    String::from_utf8(digits).unwrap_or_default()
}

/// A value's canonical JSON: keys sorted, no white space.
pub fn canonical<T: Serialize>(value: &T) -> String {
    // Our own types have string keys and no failing serialiser, so the fallback is never taken.
    let value = serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
    value.to_string()
}
