//! Which characters of a text are kept? No control characters but tab and line feed; every line end is a line feed.

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;

use super::page_fault::PageFault;

/// The text without what is not kept; none if it is as it should be, which is nearly always.
pub(super) fn tidy(text: &str) -> Option<String> {
    let bad = |byte: u8| byte < 0x20 && byte != b'\t' && byte != b'\n';
    // Without an early end, so that many bytes are looked at together.
    let any = text.bytes().fold(false, |any, byte| any | bad(byte));
    any.then(|| {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        text.chars()
            .filter(|letter| !u8::try_from(*letter).is_ok_and(bad))
            .collect()
    })
}

/// An attribute's value with its references resolved; none if it has none and is tidy.
pub(super) fn tidy_attribute(attribute: &Attribute<'_>) -> Result<Option<String>, PageFault> {
    let odd = |byte: u8| byte < 0x20 || byte == b'&' || byte == b'<';
    let raw: &str = &attribute.value;
    if !raw.bytes().fold(false, |any, byte| any | odd(byte)) {
        return Ok(None);
    }
    if raw.contains('<') {
        return Err(PageFault::malformed("an attribute holds `<`"));
    }
    let value = attribute
        .normalized_value(XmlVersion::default())
        .map_err(|_| PageFault::malformed("an attribute uses what XML does not define"))?;
    Ok(Some(tidy(&value).unwrap_or_else(|| value.into_owned())))
}
