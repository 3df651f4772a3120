//! Answers built to hurt, or broken on the way: each ends in a clear refusal, or in a record set aside.

use super::super::{FaultKind, Mapping};
use super::{REDMINE, issue, page, read, reading, redmine};

fn kind(body: &[u8]) -> FaultKind {
    read(body).unwrap_err().kind
}

#[test]
fn p13_a_page_cut_anywhere_is_refused() {
    let whole = page(&[
        issue("1", "Incoming", "a &amp; b"),
        issue("2", "Completed", ""),
    ]);
    let mapping = redmine();
    for end in 0..whole.len() {
        let cut = whole.get(..end).unwrap().as_bytes();
        let fault = mapping.feed_page(cut, &reading()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Cut, "{end}: {fault}");
    }
}

#[test]
fn p37_an_attack_is_refused_by_its_kind() {
    let good = page(&[issue("1", "Incoming", "")]);
    let bomb = format!("<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>{good}");
    assert_eq!(kind(bomb.as_bytes()), FaultKind::Malformed);
    assert_eq!(kind(b"<!DOCTYPE html><p>Sign in"), FaultKind::WebPage);
    assert_eq!(kind(b"<HTML><br>"), FaultKind::WebPage);
    let entity = page(&[issue("1", "Incoming", "&b;")]);
    assert_eq!(kind(entity.as_bytes()), FaultKind::Malformed);
    assert_eq!(kind(b"<issues><issue></issues>"), FaultKind::Malformed);
    assert_eq!(
        kind(format!("{good}<!-- -->x").as_bytes()),
        FaultKind::Malformed
    );
    assert_eq!(kind(b"{\"issues\": []}"), FaultKind::Malformed);
    let twice = good.replace("<status ", "<status name='Incoming' ");
    assert_eq!(kind(twice.as_bytes()), FaultKind::Malformed);
    let deep = format!("<issues>{}", "<a>".repeat(10_000));
    assert_eq!(kind(deep.as_bytes()), FaultKind::TooLarge);
    let huge = vec![b' '; 50 * 1024 * 1024];
    assert_eq!(kind(&huge), FaultKind::TooLarge);
}

#[test]
fn p37_limits_of_a_mapping_are_kept() {
    let limited = |limit: &str| {
        let text = REDMINE.replace("[feed]", &format!("[limits]\n{limit}\n[feed]"));
        Mapping::compile("limits.toml", &text)
    };
    let records: Vec<String> = (0..20)
        .map(|n| issue(&n.to_string(), "Incoming", ""))
        .collect();
    let body = page(&records);
    for (limit, fits) in [
        ("records = 20", true),
        ("records = 19", false),
        ("depth = 5", true),
        ("depth = 4", false),
        ("body_bytes = 1024", false),
    ] {
        let read = limited(limit)
            .unwrap()
            .feed_page(body.as_bytes(), &reading());
        assert_eq!(read.is_ok(), fits, "{limit}");
        if let Err(fault) = read {
            assert_eq!(fault.kind, FaultKind::TooLarge);
        }
    }
    let faults = limited("depth = 1000\nrecords = 0").unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn p37_a_record_of_too_many_values_is_set_aside_alone() {
    let many = issue("1", "Incoming", "").replace(
        "</custom_fields>",
        &"<custom_field name='Section 1 reflection'><value>x</value></custom_field>".repeat(30_000),
    ) + "</custom_fields>";
    let many = many.replace("</issue></custom_fields>", "</custom_fields></issue>");
    let page = read(page(&[many, issue("2", "Incoming", "")]).as_bytes()).unwrap();
    assert_eq!((page.records.len(), page.quarantined.len()), (1, 1));
    assert!(
        page.quarantined
            .first()
            .unwrap()
            .reason
            .contains("20000 values")
    );
}

#[test]
fn bytes_that_no_path_reaches_set_their_record_aside_too() {
    let hidden =
        issue("1", "Incoming", "").replace("<project", "<nobody><asks>#</asks></nobody><project");
    let body = page(&[hidden, issue("2", "Incoming", "")]);
    let bytes: Vec<u8> = body
        .bytes()
        .map(|byte| if byte == b'#' { 0x93 } else { byte })
        .collect();
    let (once, again) = (read(&bytes).unwrap(), read(&bytes).unwrap());
    assert_eq!((once.records.len(), once.quarantined.len()), (1, 1));
    assert_eq!(once.quarantined, again.quarantined);
}

#[test]
fn a_reference_to_no_character_sets_its_record_aside() {
    for marked in [
        issue("1", "Incoming", "&#xFFFD;"),
        issue("1", "Incoming", "").replace("name='Person ID'", "name='&#xFFFD;'"),
    ] {
        let page = read(page(&[marked]).as_bytes()).unwrap();
        assert_eq!((page.records.len(), page.quarantined.len()), (0, 1));
    }
}

#[test]
fn p15_control_characters_are_never_kept() {
    for odd in ["\u{1}", "&#1;", "\u{1f}", "&#x8;"] {
        let marked = issue("1", "Incoming", "").replace("<id>1", &format!("<id>{odd}1"));
        let page = read(page(&[marked]).as_bytes()).unwrap();
        let seen = page.records.first().unwrap();
        assert_eq!(seen.step.as_str(), "1", "{odd:?}");
    }
}

#[test]
fn p14_the_character_set_is_found_whatever_says_it() {
    let body = page(&[issue("1", "Incoming", "caf\u{e9}")]);
    let wide = |text: &str, little: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let latin = |text: &str| -> Vec<u8> {
        text.chars()
            .map(|letter| u8::try_from(letter).unwrap())
            .collect()
    };
    let said = |label: &str| format!("<?xml version='1.0' encoding='{label}'?>{body}");
    let marked = |text: String| format!("\u{feff}{text}");
    for (what, bytes, charset) in [
        ("mark", marked(body.clone()).into_bytes(), None),
        (
            "mark against header",
            marked(body.clone()).into_bytes(),
            Some("windows-1252"),
        ),
        ("UTF-16 with mark", wide(&marked(body.clone()), true), None),
        ("UTF-16 without", wide(&said("utf-16"), true), None),
        ("UTF-16 without, big", wide(&said("utf-16"), false), None),
        ("UTF-16 said of UTF-8", said("utf-16").into_bytes(), None),
        ("declared", latin(&said("windows-1252")), None),
        ("header", latin(&body), Some("iso-8859-1")),
        (
            "header wrong, declared UTF-8",
            said("utf-8").into_bytes(),
            Some("iso-8859-1"),
        ),
        (
            "header UTF-8, declared other",
            latin(&said("windows-1252")),
            Some("utf-8"),
        ),
    ] {
        let mut reading = reading();
        reading.charset = charset.map(str::to_owned);
        let page = redmine().feed_page(&bytes, &reading).unwrap();
        let seen = page.records.first().unwrap_or_else(|| panic!("{what}"));
        let length = format!("{:?}", seen.facts.get(&super::Fact::ReflectionLength));
        assert!(length.contains("Length(4)"), "{what}: {length}");
    }
    assert!(read(&[0xff, 0xfe, 0, 0, b'<', 0, 0, 0]).is_err());
}

#[test]
fn an_undeclared_prefix_costs_no_step() {
    let body = page(&[issue("1", "Incoming", "")])
        .replace("<value>", "<value xsi:nil='false'>")
        .replace("issue>", "q:issue>");
    assert_eq!(read(body.as_bytes()).unwrap().records.len(), 1);
}

#[test]
fn an_embedded_document_that_is_broken_sets_its_record_aside() {
    let text = REDMINE.replace(
        "[feed]",
        "[facts.focus_length]\npath = \"extra[embedded='xml']/F/a\"\n[feed]",
    );
    let mapping = Mapping::compile("embedded.toml", &text);
    let mapping = mapping.unwrap_or_else(|faults| panic!("{faults:?}"));
    for (inside, good) in [
        ("&lt;F/&gt;", true),
        ("", true),
        ("&lt;F&gt;&lt;a&gt;", false),
        ("words", false),
        ("&lt;!DOCTYPE F&gt;&lt;F/&gt;", false),
    ] {
        let record = issue("1", "Incoming", "")
            .replace("<project", &format!("<extra>{inside}</extra><project"));
        let body = page(&[record]);
        let page = mapping.feed_page(body.as_bytes(), &reading()).unwrap();
        assert_eq!(page.records.len(), usize::from(good), "{inside}");
        assert_eq!(page.quarantined.len(), usize::from(!good), "{inside}");
    }
}

#[test]
fn a_root_that_any_document_has_is_no_root() {
    let text = REDMINE.replacen("root = \"issues\"", "root = \"\"", 1);
    let faults = Mapping::compile("root.toml", &text).unwrap_err();
    assert!(format!("{faults:?}").contains("any document would pass"));
}
