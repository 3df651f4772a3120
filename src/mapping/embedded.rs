//! What stands in a value that is itself a document?

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::decoding::decode;
use super::hand::Hand;
use super::path::Embedded;
use super::{json, xml};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the document that `text` is.
///
/// # Errors
/// When it is none; the words never quote it.
pub(super) fn read(
    kind: Embedded,
    text: &str,
    depth: usize,
    hand: &mut dyn Hand,
) -> Result<(), String> {
    let bytes;
    let text = match kind {
        Embedded::Xml | Embedded::Json => std::borrow::Cow::Borrowed(text),
        Embedded::Base64Xml | Embedded::Base64Json => {
            let letters: Vec<u8> = text
                .bytes()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            bytes = BASE64
                .decode(letters)
                .map_err(|_| "it is not base64".to_owned())?;
            let text = decode(&bytes, None)?;
            if text.contains('\u{fffd}') {
                hand.spoil();
            }
            text
        }
    };
    let read = match kind {
        Embedded::Xml | Embedded::Base64Xml => xml::read(&text, depth, hand),
        Embedded::Json | Embedded::Base64Json => json::read(&text, depth, hand),
    };
    read.map_err(|fault| fault.words)
}
