//! Which documents in values are read: those to which every condition leads, whenever it is decided.

use super::paths::picked;
use super::{REDMINE, issue, page, reading};
use crate::mapping::Mapping;

/// Rows of an entity-attribute-value system: what stands in a value depends on the name beside it.
const ROWS: &str = r#"{"item": [
    {"V": "{\"a\": \"A\", \"n\": [1, 2]}", "C": "x", "T": 1},
    {"C": "words", "V": "no document {", "T": 2},
    {"C": "x", "V": "{\"a\": \"B\", \"in\": \"<F><a k='1'>deep</a></F>\", \"t\": \"xml\"}", "T": 3},
    {"C": "y", "V": "<F><a k='1'>one</a><a k='2'>two</a></F>", "T": 4},
    {"C": "x", "V": "", "T": 5}, {"C": "x", "V": null}, {"C": "x"}], "a": "beside", "z": "Z"}"#;

const ELEMENTS: &str = r#"<r><item><V>{"a": "A", "n": [1, 2]}</V><C>x</C></item>
    <item><V>no document</V><C>words</C></item>
    <item T="3"><V>{"a": "B", "in": "&lt;F&gt;&lt;a k='1'>deep&lt;/a>&lt;/F>", "t": "xml"}</V><C>x</C></item>
    <item><C>y</C><V><![CDATA[<F><a k='1'>one</a><a k='2'>two</a></F>]]></V></item><a>beside</a><z>Z</z></r>"#;

#[test]
fn a_document_is_read_where_all_conditions_hold_however_late_they_are_decided() {
    for (path, wanted) in [
        ("item[C='x']/V[embedded='json']/a", &["A", "B"][..]),
        ("item[C='x']/V[embedded='json']/n", &["1", "2"]),
        ("item[C='none'|'x']/V[embedded='json']/a", &["A", "B"]),
        (
            "item[C='z'|'y']/V[embedded='xml']/F/a[@k='2'|'3']",
            &["two"],
        ),
        ("item[C='x'][2]/V[embedded='json']/a", &["B"]),
        ("item[1]/V[embedded='json']/n[2]", &["2"]),
        ("item[C='y']/V[embedded='xml']/F/a[@k='2']", &["two"]),
        ("*[C='y']/V[embedded='xml']/*/a[2]", &["two"]),
        (
            "item[C='x']/V[embedded='json'][t='xml']/in[embedded='xml']/F/a[@k='1']",
            &["deep"],
        ),
        ("item[C='x'][V[embedded='json']/t='xml']/V/a", &["B"]),
        (
            "item[C='x'][V[embedded='json']/in[embedded='xml']/F/a='deep']/V/a",
            &["B"],
        ),
        ("item[C='x'][V[embedded='json']/n='2'][1]/C", &["x"]),
        ("item[C='nobody']/V[embedded='json']/a", &[]),
        ("item[C='nobody'][V[embedded='json']/a='A']/C", &[]),
        ("item[7][V[embedded='json']/a='A']/C", &[]),
        ("z", &["Z"]),
    ] {
        assert_eq!(picked(path, ROWS), wanted, "{path}");
        assert_eq!(picked(path, ELEMENTS), wanted, "{path}");
    }
    let later = "item[@T='3']/V[embedded='json']/in[embedded='xml']/F/a/@k";
    assert_eq!(picked(later, ROWS), ["1"]);
    assert_eq!(picked(later, ELEMENTS), ["1"]);
}

#[test]
fn a_document_within_a_document_waits_for_its_own_conditions() {
    let inner = |name: &str, value: &str| format!(r"<i><v>{value}</v><c>{name}</c></i>");
    let outer = format!(
        "<F>{}{}{}</F>",
        inner("x", "{\"a\": 1}"),
        inner("words", "none"),
        inner("x", "{\"a\": 2}")
    );
    let body = serde_json::json!({"rows": [
        {"V": outer, "C": "k"}, {"V": "none", "C": "l"}, {"V": outer, "C": "k"}], "end": 9});
    let path = "rows[C='k']/V[embedded='xml']/F/i[c='x']/v[embedded='json']/a";
    assert_eq!(picked(path, &body.to_string()), ["1", "2", "1", "2"]);
    assert_eq!(picked("end", &body.to_string()), ["9"]);
}

fn mapping(rules: &str) -> Mapping {
    let text = REDMINE.replace("[feed]", &format!("{rules}\n[feed]"));
    let mapping = Mapping::compile("embedded.toml", &text);
    mapping.unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn a_value_that_is_no_document_is_a_fault_only_where_its_conditions_hold() {
    let path = "row[C='x']/V[embedded='json']/a";
    let mapping = mapping(&format!("[facts.focus_length]\npath = \"{path}\""));
    let row = |name: &str, value: &str| format!("<row><V>{value}</V><C>{name}</C></row>");
    for (rows, good) in [
        (row("x", "{\"a\": \"1\"}"), true),
        (row("words", "none") + &row("x", "{}"), true),
        (row("words", "none") + &row("x", "{"), false),
        (row("x", "none"), false),
    ] {
        let record = issue("1", "Incoming", "").replace("<project", &format!("{rows}<project"));
        let body = page(&[record]);
        let page = mapping.feed_page(body.as_bytes(), &reading()).unwrap();
        assert_eq!(page.records.len(), usize::from(good), "{rows}");
        if let Some(aside) = page.quarantined.first() {
            assert_eq!(aside.path, path);
            let words = "its embedded document: ";
            assert!(aside.reason.starts_with(words), "{}", aside.reason);
        }
    }
}

#[test]
fn the_path_that_asks_is_named_also_for_a_condition() {
    let path = "row[V[embedded='xml']/F/a='1']/C";
    let mapping = mapping(&format!("[facts.focus_length]\npath = \"{path}\""));
    let record =
        issue("1", "Incoming", "").replace("<project", "<row><V>none</V><C>1</C></row><project");
    let page = mapping.feed_page(page(&[record]).as_bytes(), &reading());
    assert_eq!(page.unwrap().quarantined.first().unwrap().path, path);
}

#[test]
fn many_late_documents_are_read_in_one_go() {
    let rows: Vec<_> = (0..4_000)
        .map(|n| serde_json::json!({"V": format!("{{\"a\": {n}}}"), "C": "x"}))
        .collect();
    let body = serde_json::json!({"item": rows}).to_string();
    let all = picked("item[C='x']/V[embedded='json']/a", &body);
    let wanted: Vec<String> = (0..4_000).map(|n: u32| n.to_string()).collect();
    assert_eq!(all, wanted);
}
