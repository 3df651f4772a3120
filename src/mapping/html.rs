//! How much text is in rich text? Tags say nothing, and a form that was opened and left is not written in.

/// The text without its tags; a character reference counts as one character, and a fixed space as a space.
pub(super) fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (open, close) = if after.starts_with('<') {
            ("<", '>')
        } else {
            ("&", ';')
        };
        // Something that is not closed, or is too long for a reference, stands for itself.
        let inside = after
            .strip_prefix(open)
            .and_then(|inside| inside.split_once(close))
            .filter(|(inside, _)| is_markup(open, inside));
        if let Some((inside, after)) = inside {
            match (open, inside) {
                ("<", _) => {}
                (_, "nbsp" | "#160" | "#xA0" | "#xa0") => out.push(' '),
                _ => out.push('\u{25a1}'),
            }
            rest = after;
        } else {
            out.push_str(open);
            rest = after.strip_prefix(open).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

fn is_markup(open: &str, inside: &str) -> bool {
    let first = inside.chars().next();
    if open == "<" {
        return first.is_some_and(|first| first.is_ascii_alphabetic() || "/!?".contains(first));
    }
    let short = inside.chars().count() <= 10;
    short && first.is_some_and(|first| first.is_ascii_alphabetic() || first == '#')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn tags_say_nothing_and_an_empty_editor_is_empty() {
        for (html, length) in [
            ("<p>ab &amp; c</p>", 6),
            ("<p>&nbsp;</p><br/>", 0),
            ("a < b & c", 9),
            ("a <b", 4),
            ("plain", 5),
            ("", 0),
        ] {
            assert_eq!(plain(html).chars().count(), length, "{html}");
        }
    }
}
