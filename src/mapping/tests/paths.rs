//! What a path picks, in XML and in JSON alike, and what is said of one that cannot be read.

use super::super::document::Element;
use super::super::envelope::Envelope;
use super::super::limits::{Format, Limits};
use super::super::path::Path;
use super::super::path_text::Namespaces;
use super::super::request::Request;
use super::super::trie::Trie;
use super::super::walk::{Task, document, walk};

fn spaces() -> Namespaces {
    [("p".to_owned(), "urn:p".to_owned())].into()
}

/// What the path leads to: from what the trie captured, which must be what walking the whole document finds.
pub(super) fn picked(written: &str, body: &str) -> Vec<String> {
    let mut path = Path::parse_in(written, &spaces()).unwrap();
    path.number = Some(1);
    let mut other = Path::parse("somewhere/else").unwrap();
    other.number = Some(0);
    let json = body.starts_with(['{', '[']);
    let format = if json { Format::Json } else { Format::Xml };
    let root = if json { "" } else { "r" };
    let envelope = Envelope::default();
    let request = Request::whole(root, format);
    let task = |wanted| Task {
        rows: false,
        request: &request,
        envelope: &envelope,
        limits: Limits::default(),
        wanted,
    };
    let values = |record: &Element<'_>| -> Vec<String> {
        let all = path.values(record).into_iter();
        all.map(|(text, _)| text).collect()
    };
    let mut captured = Vec::new();
    let pruned = Trie::new([&path, &other], json);
    walk(body.as_bytes(), None, task(&pruned), &mut |ended| {
        assert_eq!(ended.record.arena.spoiled, None, "{body}");
        captured = values(&ended.record);
    })
    .unwrap();
    let whole = Trie::whole([&path], json);
    let whole = document(body.as_bytes(), None, task(&whole)).unwrap();
    assert_eq!(captured, values(&whole.root()), "`{written}` in {body}");
    captured
}

#[test]
fn paths_pick_in_xml() {
    let body = "<r xmlns:q='urn:p'><a x='1' y='2'>one</a><a x='12' y='2'>two</a><q:a x='1'> three </q:a>\
        <b><code>K</code><c><d>k1</d></c><v>4</v></b><b><code>L</code><v>5</v><v/></b>\
        <odd.name-1>6</odd.name-1></r>";
    for (path, wanted) in [
        ("a", &["one", "two", "three"][..]),
        ("a/@x", &["1", "12", "1"]),
        ("a[@x='1']", &["one", "three"]),
        ("a[@x^='1'][@y='2']", &["one", "two"]),
        ("a[@x = '1'][2]", &["three"]),
        ("a[@x='1'|'12']", &["one", "two", "three"]),
        ("a[@x = '7' | '12']/@y", &["2"]),
        ("a[@x^='2'|'12']", &["two"]),
        ("b[code='L'|'K']/v", &["4", "5", ""]),
        ("b[code='K'|'M']/v", &["4"]),
        ("b[c[d='k0'|'k1']/d^='k']/v", &["4"]),
        ("a[2][@x='1']", &[]),
        ("a[3]/@x", &["1"]),
        ("p:a", &["three"]),
        ("*[2]", &["two"]),
        ("*/v", &["4", "5", ""]),
        ("b[code='K']/v", &["4"]),
        ("b[c/d='k1']/v", &["4"]),
        ("b[c[d='k1']/d^='k']/v", &["4"]),
        ("b[code='L']/v[1]", &["5"]),
        ("a[.='two']/@x", &["12"]),
        ("'odd.name-1'", &["6"]),
        ("./b/code", &["K", "L"]),
    ] {
        assert_eq!(picked(path, body), wanted, "{path}");
    }
}

#[test]
fn paths_pick_in_json() {
    let body = r#"{"a": [{"x": 1, "@x": "at"}, {"x": "0012"}], "b": {"x": 12345678901234567890.10},
        "rows": [[{"code": "K", "v": [1, 2]}], {"code": "L", "v": null}, {"code": "M", "v": []}, {"code": "N"}],
        "two words": true, "esc\u0061pe": "\ud83d\ude00\n\u00e9"}"#;
    for (path, wanted) in [
        ("a/x", &["1", "0012"][..]),
        ("a/@x", &["at", "0012"]),
        ("a[2]/x", &["0012"]),
        ("b/x", &["12345678901234567890.10"]),
        ("rows[code='K']/v", &["1", "2"]),
        ("rows[code='K']/v[2]", &["2"]),
        ("rows[@code='L']/v", &[""]),
        ("rows[code='M']/v", &[""]),
        ("rows[code='N']/v", &[]),
        ("rows[code='N'|'K'|'X']/code", &["K", "N"]),
        ("rows[@code='L'|'K'][1]/code", &["K"]),
        ("rows[4]/code", &["N"]),
        ("'two words'", &["true"]),
        ("escape", &["\u{1f600}\n\u{e9}"]),
    ] {
        assert_eq!(picked(path, body), wanted, "{path}");
    }
    assert_eq!(picked("item/a", r#"[{"a": 1}, {"a": 2}]"#), ["1", "2"]);
}

#[test]
fn many_conditions_of_one_name_are_told_apart() {
    use std::fmt::Write as _;
    let mut rows = String::new();
    for n in 0..40 {
        let _ = write!(rows, "<a x='{n}'><k>{n}</k><v>{}</v></a>", n * n);
    }
    let body = format!("<r>{rows}</r>");
    let paths: Vec<Path> = (0..40)
        .map(|n| {
            let key = if n % 2 == 0 { "@x" } else { "k" };
            let mut path = Path::parse(&format!("a[{key}='{n}']/v")).unwrap();
            path.number = Some(n);
            path
        })
        .collect();
    let envelope = Envelope::default();
    let request = Request::whole("r", Format::Xml);
    let task = Task {
        rows: false,
        request: &request,
        envelope: &envelope,
        limits: Limits::default(),
        wanted: &Trie::new(&paths, false),
    };
    walk(body.as_bytes(), None, task, &mut |ended| {
        for (n, path) in paths.iter().enumerate() {
            assert_eq!(path.first(&ended.record), Some((n * n).to_string()));
        }
    })
    .unwrap();
}

#[test]
fn a_document_in_a_value_is_read() {
    let form = "&lt;F&gt;&lt;a x='1'&gt;A &amp;amp; B&lt;/a&gt;&lt;/F&gt;";
    let base64 = "PEY+PGEgeD0nMSc+QSAmYW1wOyBCPC9hPjwvRj4=";
    for (path, body) in [
        (
            "P[embedded='xml']/F/a[@x='1']",
            format!("<r><P>{form}</P></r>"),
        ),
        (
            "P[@k='f'][embedded='xml']/F/a",
            "<r><P k='g'>no</P><P k='f'><![CDATA[<F><a>A &amp; B</a></F>]]></P></r>".to_owned(),
        ),
        (
            "P[k='f'][embedded='base64-xml']/F/a",
            format!(r#"{{"P": {{"k": "f"}}, "q": "{base64}"}}"#),
        ),
        (
            "q[embedded='base64-xml']/F/a",
            format!(r#"{{"q": "{base64}"}}"#),
        ),
        (
            "q[embedded='json']/a",
            r#"{"q": "{\"a\": \"A & B\"}"}"#.to_owned(),
        ),
        (
            "q[embedded='json']/item[1]",
            r#"{"q": "[\"A & B\", 2]"}"#.to_owned(),
        ),
        (
            "q[embedded='base64-json']/a",
            "<r><q>\n eyJhIjog\n IkEgJiBCIn0 </q></r>".to_owned(),
        ),
    ] {
        let wanted: &[&str] = if path.contains("[k='f']") {
            &[]
        } else {
            &["A & B"]
        };
        assert_eq!(picked(path, &body), wanted, "{path}");
    }
}

#[test]
fn what_is_asked_and_blank_is_not_what_is_absent() {
    for (path, body, asked) in [
        ("a", "<r/>", None),
        ("a[@q='1']/v", "<r><a q='1'/></r>", Some(true)),
        ("a[@q='1']/v", "<r><a q='2'/></r>", Some(false)),
        ("a[q='1']/v", "<r><a><q>1</q></a></r>", Some(true)),
        ("a", r#"{"a": null}"#, Some(true)),
        ("a", r#"{"a": []}"#, Some(true)),
        ("a", r#"{"b": 1}"#, Some(false)),
        ("a[q='1']/v", r#"{"a": [{"q": 1, "v": []}]}"#, Some(true)),
        ("a[q='1']/v", r#"{"a": [{"q": 2, "v": []}]}"#, Some(false)),
    ] {
        let mut path = Path::parse(path).unwrap();
        path.number = Some(0);
        let json = body.starts_with('{');
        let format = if json { Format::Json } else { Format::Xml };
        let envelope = Envelope::default();
        let request = Request::whole(if json { "" } else { "r" }, format);
        let task = Task {
            rows: false,
            request: &request,
            envelope: &envelope,
            limits: Limits::default(),
            wanted: &Trie::new([&path], json),
        };
        walk(body.as_bytes(), None, task, &mut |ended| {
            assert_eq!(path.is_asked(&ended.record), asked, "{path:?} in {body}");
            assert!(path.elements(&ended.record).is_empty());
        })
        .unwrap();
    }
}

#[test]
fn a_path_that_cannot_be_read_says_where_and_why() {
    for (path, at, why) in [
        ("", 1, "missing"),
        ("a//b", 3, "begins no"),
        ("a/", 3, "missing"),
        ("a/@x/b", 5, "nothing may follow"),
        ("a[0]", 3, "from 1"),
        ("a[@x=1]", 6, "write a condition"),
        ("a[@x='1'", 9, "ends in `]`"),
        ("a[@x='1", 6, "does not end"),
        ("q:a", 1, "`[namespaces]`"),
        ("a[embedded='yaml']", 3, "base64-xml"),
        ("a b", 2, "not expected"),
        ("a[b[c[d[e='1']='1']='1']='1']", 9, "deep"),
        ("a{}", 2, "not expected"),
    ] {
        let said = Path::parse_in(path, &spaces()).unwrap_err();
        assert!(
            said.contains(&format!("character {at}:")) && said.contains(why),
            "{said}"
        );
    }
    assert!(
        Path::parse(&"a/".repeat(40))
            .unwrap_err()
            .contains("at most")
    );
    assert_eq!(picked("a[@x='it''s']", "<r><a x=\"it's\">1</a></r>"), ["1"]);
}
