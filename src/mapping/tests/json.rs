//! Pages of JSON, and what stands around the promised root.

use super::super::{FaultKind, Mapping, Page, PageFault};
use super::reading;
use crate::practice::fact::{Fact, Value};
use crate::practice::known::{Known, Why};

fn mapping(top: &str, feed: &str) -> Mapping {
    let text = format!(
        "format = 'json'\n{top}\n[feed]\npath = '/'\n{feed}\n[stages]\npath = 'type'\n\
         [stages.is]\n'1' = 'practitioner'\n[record]\nid = 'id'\nstatus = 'status'\nchild = 'person'\n\
         [facts.reflection_length]\npath = \"answers[code='R']/value\"\n\
         [vocabularies.status]\nOpen = 'started'\n"
    );
    Mapping::compile("json.toml", &text).unwrap()
}

fn read(mapping: &Mapping, body: &str) -> Result<Page, PageFault> {
    mapping.feed_page(body.as_bytes(), &reading())
}

fn step(id: &str) -> String {
    format!(
        r#"{{"id": {id}, "type": 1, "status": "Open", "person": 7, "other": {{"deep": [1, {{"x": "\ud800"}}]}},
        "answers": [{{"code": "Q", "value": "no"}}, {{"code": "R", "value": "five5"}}]}}"#
    )
    .replace(r#""\ud800""#, "2")
}

#[test]
fn a_page_of_json_is_read_wherever_its_records_stand() {
    let (one, two) = (step("\"007\""), step("12345678901234567890"));
    for (top, feed, body) in [
        ("", "root = ''\nrecord = 'item'", format!("[{one},{two}]")),
        (
            "",
            "root = ''\nrecord = 'steps'",
            format!(r#"{{"steps": [{one},{two}], "x": 1}}"#),
        ),
        (
            "",
            "root = 'steps'\nrecord = 'item'",
            format!(r#"{{"steps": [{one},{two}], "x": 1}}"#),
        ),
        (
            "",
            "root = 'data/reply'\nrecord = 'steps'",
            format!(r#"{{"data": {{"reply": {{"steps": [{one},{two}]}}}}}}"#),
        ),
        (
            "[envelope]\ninside = 'data'",
            "root = ''\nrecord = 'steps/step'",
            format!(r#"{{"data": {{"steps": [{{"step": {one}}}, {{"step": {two}}}]}}}}"#),
        ),
    ] {
        let page = read(&mapping(top, feed), &body).unwrap();
        let ids: Vec<&str> = page.records.iter().map(|seen| seen.step.as_str()).collect();
        assert_eq!(ids, ["007", "12345678901234567890"], "{feed}");
    }
    let single = mapping(
        "",
        "root = ''\nrecord = 'steps'\ntotal = 'total'\nnext = '@next'",
    );
    let page = read(
        &single,
        &format!(r#"{{"total": 3, "steps": {one}, "next": "t"}}"#),
    )
    .unwrap();
    assert_eq!((page.records.len(), page.total), (1, Some(3)));
    assert_eq!(page.next, super::super::Next::Token("t".to_owned()));
    for none in [r#"{"steps": []}"#, r#"{"steps": null}"#] {
        assert_eq!(read(&single, none).unwrap().count, 0);
    }
}

#[test]
fn json_that_cannot_be_proven_is_refused_whole() {
    let mapping = mapping("", "root = 'data'\nrecord = 'steps'");
    let whole = format!(r#"{{"data": {{"steps": [{}]}}}}"#, step("1"));
    assert_eq!(read(&mapping, &whole).unwrap().records.len(), 1);
    for end in 0..whole.len() {
        let cut = whole.get(..end).unwrap();
        assert!(read(&mapping, cut).is_err(), "believed: {cut}");
    }
    let deep = format!("{{\"data\": {}", "[".repeat(100));
    for (body, kind) in [
        ("<html><body/></html>", FaultKind::WebPage),
        (" <!DOCTYPE html>", FaultKind::WebPage),
        ("", FaultKind::Cut),
        (r#"{"data": {"steps": ["#, FaultKind::Cut),
        ("\"data\"", FaultKind::Malformed),
        (r#"{"data": {}} x"#, FaultKind::Malformed),
        (r#"{"data": {}}{"data": {}}"#, FaultKind::Malformed),
        (
            r#"{"data": {"steps": [], "steps": []}}"#,
            FaultKind::Malformed,
        ),
        (r#"{"data": {"a": 1, "\u0061": 2}}"#, FaultKind::Malformed),
        (r#"{"data": {"steps": [1,]}}"#, FaultKind::Malformed),
        (r#"{"data": {"a": 0x1}}"#, FaultKind::Malformed),
        (r#"{"data": {"a": nul}}"#, FaultKind::Malformed),
        (r#"{"data": {"a": "\q"}}"#, FaultKind::Malformed),
        (r#"{"data": {"a": "\u12"}}"#, FaultKind::Malformed),
        (r#"{"error": "signed out"}"#, FaultKind::OtherRoot),
        (r#"{"data": null}"#, FaultKind::OtherRoot),
        (r#"{"data": "words"}"#, FaultKind::OtherRoot),
        (deep.as_str(), FaultKind::TooLarge),
    ] {
        let fault = read(&mapping, body).unwrap_err();
        assert_eq!(fault.kind, kind, "{body}: {fault}");
    }
    let fault = read(&mapping, "{\"data\": {\n\"a\": 1,\n\"b\" 2}}").unwrap_err();
    assert!(fault.to_string().contains("line 3"), "{fault}");
}

#[test]
fn many_keys_are_compared_too() {
    use std::fmt::Write as _;
    let mapping = mapping("", "root = ''\nrecord = 'steps'");
    let mut keys = String::new();
    for n in 0..100 {
        let _ = write!(keys, "\"k{n}\": {n},");
    }
    assert!(read(&mapping, &format!("{{{keys} \"steps\": []}}")).is_ok());
    for twice in ["k5", "k50", "k99"] {
        assert!(read(&mapping, &format!("{{{keys} \"{twice}\": 1}}")).is_err());
    }
}

#[test]
fn half_a_surrogate_pair_sets_its_record_aside_alone() {
    let mapping = mapping("", "root = ''\nrecord = 'item'");
    for half in [
        r"\ud800",
        r"\udc00 x",
        r"\ud800\ud800",
        r"\ufffd",
        r"\ud83dx",
    ] {
        // Once where a path reads, once where none does.
        let read_there = step("2").replace("five5", half);
        let passed_over = step("3").replace("{\"x\": 2}", &format!("{{\"x\": \"{half}\"}}"));
        assert!(passed_over.contains(half));
        let body = format!(
            "[{}, {read_there}, {passed_over}, {}]",
            step("1"),
            step("4")
        );
        let page = read(&mapping, &body).unwrap();
        assert_eq!(
            (page.records.len(), page.quarantined.len()),
            (2, 2),
            "{half}"
        );
    }
}

#[test]
fn a_soap_answer_is_what_stands_in_its_body() {
    let compiled = |style: &str, more: &str| {
        let text = super::REDMINE.replace(
            "[feed]",
            &format!("[envelope]\nstyle = '{style}'\n{more}\n[feed]"),
        );
        Mapping::compile("soap.toml", &text).unwrap()
    };
    let wrap = |uri: &str, inside: &str| {
        format!(
            "<s:Envelope xmlns:s='{uri}'><s:Header><issues/></s:Header><s:Body>{inside}</s:Body></s:Envelope>"
        )
    };
    let (v11, v12) = (
        "http://schemas.xmlsoap.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
    );
    let good = super::page(&[super::issue("1", "Incoming", "")]);
    let answer = |mapping: &Mapping, body: &str| mapping.feed_page(body.as_bytes(), &reading());
    for (style, uri, other) in [("soap11", v11, v12), ("soap12", v12, v11)] {
        let mapping = compiled(style, "");
        let page = answer(&mapping, &wrap(uri, &good)).unwrap();
        assert_eq!(page.records.len(), 1);
        let kind = |body: &str| answer(&mapping, body).unwrap_err().kind;
        assert_eq!(kind(&wrap(other, &good)), FaultKind::OtherRoot);
        assert_eq!(kind(&wrap(uri, "<x/>")), FaultKind::OtherRoot);
        assert_eq!(
            kind(&wrap(uri, &format!("<x/>{good}"))),
            FaultKind::OtherRoot
        );
        assert_eq!(kind(&wrap(uri, "")), FaultKind::OtherRoot);
        assert_eq!(kind(&good), FaultKind::OtherRoot);
    }
    let fault = wrap(
        v11,
        "<s:Fault><faultcode>s:Client.Auth</faultcode><faultstring>CANARY</faultstring></s:Fault>",
    );
    let refused = answer(&compiled("soap11", ""), &fault).unwrap_err();
    assert!(!refused.to_string().contains("CANARY"));
    let code = "Client.Auth".to_owned();
    assert_eq!(refused.kind, FaultKind::Fault { code });
    let fault = wrap(
        v12,
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>x:Busy</s:Value></s:Subcode></s:Code></s:Fault>",
    );
    let code = "Sender/Busy".to_owned();
    let refused = answer(&compiled("soap12", ""), &fault).unwrap_err();
    assert_eq!(refused.kind, FaultKind::Fault { code });
    let mapping = compiled("soap11", "inside = 'GetResponse/*'");
    let inside = format!("<GetResponse><Result>{good}</Result></GetResponse>");
    assert_eq!(
        answer(&mapping, &wrap(v11, &inside)).unwrap().records.len(),
        1
    );
    let twice = inside.replace("</Result>", "</Result><Result><issues/></Result>");
    assert!(answer(&mapping, &wrap(v11, &twice)).is_err());
}

#[test]
fn an_answer_that_is_null_as_a_whole_was_asked_and_is_blank() {
    let text = "format = 'json'\n[feed]\npath = '/'\nroot = ''\nrecord = 'steps'\n[stages]\npath = 'type'\n\
                [stages.is]\n'1' = 'practice_review'\n[record]\nid = 'id'\nstatus = 'status'\n\
                [forms.sheet]\npath = 'answers'\nquestion = '{}'\n\
                [facts.late_reason]\npath = 'answers/late/code'\n\
                [facts.observation_waiver]\nform = 'sheet'\nquestion = 'waiver'\npath = 'code'\n\
                [vocabularies.status]\nOpen = 'started'\n";
    let mapping = Mapping::compile("null.toml", text).unwrap();
    let code = Known::Is(Value::Code("ill".to_owned()));
    let unseen = Known::Unreadable(Why::NotSeen);
    for (answers, wanted) in [
        (
            r#"{"late": {"code": "ill"}, "waiver": {"code": "ill"}}"#,
            code,
        ),
        (
            r#"{"late": {"code": null}, "waiver": {"code": null}}"#,
            Known::Blank,
        ),
        (r#"{"late": null, "waiver": null}"#, Known::Blank),
        (r#"{"early": null}"#, unseen.clone()),
        ("null", unseen),
    ] {
        let body = format!(
            r#"{{"steps": [{{"id": 1, "type": 1, "status": "Open", "answers": {answers}}}]}}"#
        );
        let page = read(&mapping, &body).unwrap();
        for fact in [Fact::LateReason, Fact::ObservationWaiver] {
            assert_eq!(page.records[0].facts[&fact], wanted, "{fact:?} {answers}");
        }
    }
}

#[test]
fn a_trace_names_the_rule_of_each_value() {
    let mapping = mapping("", "root = ''\nrecord = 'steps'\ntotal = 'total'");
    let body = format!("{{\"total\": 1,\n\"steps\": [{}]}}", step("1"));
    let traced = mapping.trace(body.as_bytes()).unwrap();
    let of = |path: &str| {
        let found = traced.iter().filter(|one| one.path == path);
        found
            .map(|one| (one.line, one.value.as_str(), one.rules.join(", ")))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("steps/id"), [(2, "1", "record.id (line 13)".to_owned())]);
    assert_eq!(of("total"), [(1, "1", "total".to_owned())]);
    assert_eq!(of("steps/other/deep"), [(2, "1", String::new())]);
    let values = of("steps/answers/value");
    assert_eq!(values.first().unwrap(), &(3, "no", String::new()));
    assert_eq!(
        values.get(1).unwrap(),
        &(
            3,
            "five5",
            "facts.reflection_length.path (line 17)".to_owned()
        )
    );
}
