//! Which characters do these bytes stand for?
//!
//! By byte order mark, then the charset of the HTTP answer, then the document's own declaration; where those two
//! contradict each other, the bytes themselves decide. A byte that does not decode is never replaced in silence:
//! U+FFFD marks its place here, and the record it stands in is set aside.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The text, with U+FFFD wherever bytes did not decode.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    http_charset: Option<&str>,
) -> Result<Cow<'a, str>, String> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err("its character set `UTF-32` is unknown".to_owned());
    }
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (told(bytes, http_charset)?, 0),
    };
    let body = bytes.get(skip..).unwrap_or_default();
    let (text, _) = encoding.decode_without_bom_handling(body);
    Ok(text)
}

fn told(bytes: &[u8], http_charset: Option<&str>) -> Result<&'static Encoding, String> {
    // A document begins with a character of ASCII, so a zero beside it is the other half of two bytes.
    match bytes {
        [0, first, ..] if *first != 0 => return Ok(UTF_16BE),
        [first, 0, ..] if *first != 0 => return Ok(UTF_16LE),
        _ => {}
    }
    let header = http_charset.map(known).transpose()?;
    let document = declared(bytes).as_deref().map(known).transpose()?;
    // A declaration that can be read byte by byte is not in UTF-16, whatever it says (.NET writes such).
    let document = document.map(|encoding| {
        let wide = encoding == UTF_16LE || encoding == UTF_16BE;
        if wide { UTF_8 } else { encoding }
    });
    Ok(match (header, document) {
        (None, None) => UTF_8,
        (Some(one), None) | (None, Some(one)) => one,
        (Some(header), Some(document)) if header == document => header,
        (Some(header), Some(document)) if header == UTF_8 || document == UTF_8 => {
            // Text of another set is hardly ever valid UTF-8 by chance.
            let other = if header == UTF_8 { document } else { header };
            let valid = std::str::from_utf8(bytes).is_ok();
            if valid { UTF_8 } else { other }
        }
        (Some(header), Some(_)) => header,
    })
}

/// What the document says of itself.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..200.min(bytes.len())).unwrap_or_default());
    let (declaration, _) = head.split_once("?>")?;
    let (_, rest) = declaration.strip_prefix("<?xml")?.split_once("encoding")?;
    rest.split(['"', '\'']).nth(1).map(str::to_owned)
}

fn known(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
        let shown: String = label.chars().take(32).collect();
        format!("its character set `{shown}` is unknown")
    })
}
