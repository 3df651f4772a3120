//! Which characters do these bytes stand for?
//!
//! By byte order mark, then the charset of the HTTP answer, then the document's own declaration.
//! A byte that does not decode is never replaced in silence: U+FFFD marks its place here, and the
//! record it stands in is set aside.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// The text, with U+FFFD wherever bytes did not decode.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    http_charset: Option<&str>,
) -> Result<Cow<'a, str>, String> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (declared(bytes, http_charset)?, 0),
    };
    let body = bytes.get(skip..).unwrap_or_default();
    let (text, _) = encoding.decode_without_bom_handling(body);
    Ok(text)
}

fn declared(bytes: &[u8], http_charset: Option<&str>) -> Result<&'static Encoding, String> {
    let head = String::from_utf8_lossy(bytes.get(..200.min(bytes.len())).unwrap_or_default());
    let in_document = head
        .split_once("?>")
        .filter(|(declaration, _)| declaration.starts_with("<?xml"))
        .and_then(|(declaration, _)| declaration.split_once("encoding"))
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1))
        .map(str::to_owned);
    let Some(label) = http_charset.map(str::to_owned).or(in_document) else {
        return Ok(UTF_8);
    };
    Encoding::for_label(label.trim().as_bytes())
        .ok_or_else(|| format!("its character set `{}` is unknown", shortened(&label)))
}

fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}
