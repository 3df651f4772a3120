//! Which characters may we write? What XML 1.0 cannot hold is left out, and what a case system cannot keep.
//!
//! Pitfall P15: illegal control characters, characters of four bytes, and limits that count characters.

/// The text without what XML 1.0 has no way to write; with a question mark for each character beyond the Basic
/// Multilingual Plane if the case system keeps none (`text_characters = "bmp"`).
pub(super) fn clean(text: &str, bmp: bool) -> String {
    let legal = |letter: &char| {
        matches!(letter, '\t' | '\n' | '\r')
            || (*letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}' | '\u{7f}'..='\u{9f}'))
    };
    let kept = text.chars().filter(legal);
    kept.map(|letter| match letter {
        '\u{10000}'.. if bmp => '?',
        other => other,
    })
    .collect()
}

/// At most `limit` characters, the last of them an ellipsis if something was cut off.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out_and_four_bytes_only_where_they_cannot_be_kept() {
        let text = "a\u{1}b\u{b}\u{fffe}c\td\n\u{1F600}é\u{85}";
        assert_eq!(clean(text, false), "abc\td\n\u{1F600}é");
        assert_eq!(clean(text, true), "abc\td\n?é");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("ééé", 3), "ééé");
        assert_eq!(shortened("éééé", 3), "éé…");
    }
}
