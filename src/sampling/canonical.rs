//! One text for one value: what is hashed, published and compared must not depend on who wrote it down.
//!
//! JSON with keys in order of their code points, no spaces, no final newline; text escaped only where JSON
//! insists. Python's `json.dumps(v, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` gives the same.
//! Absent: floating point. Every number in a certificate is a whole number or a fraction written as text.

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// SHA-256 in 64 lower-case hexadecimal digits, as `sha256sum` prints it.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .collect()
}

/// The canonical text of a JSON value.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(entries) => {
            // Sorted here rather than trusted to the map: a feature of serde_json switched on by some other
            // crate in the tree would otherwise change every hash.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(&Value::from(key.as_str()), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_nothing_is_spaced() {
        let value = serde_json::json!({"b": [1, null, "é\"\n\u{1}"], "a": {"z": true, "N": 2}});
        assert_eq!(
            json(&value),
            r#"{"a":{"N":2,"z":true},"b":[1,null,"é\"\n\u0001"]}"#
        );
    }

    #[test]
    fn hash_is_written_as_sha256sum_writes_it() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
