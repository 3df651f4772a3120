//! Lists that are there and empty, and lists that are not there.

use super::super::Mapping;
use super::reading;

/// How many records an answer is believed to have; none if it is not believed.
fn count(format: &str, feed: &str, body: &str) -> Option<u64> {
    let text = format!(
        "format = '{format}'\n[feed]\npath = '/'\n{feed}\n[stages]\npath = 'type'\n\
         [stages.is]\n'1' = 'practitioner'\n[record]\nid = 'id'\nstatus = 'status'\n\
         [vocabularies.status]\nOpen = 'started'\n"
    );
    let mapping = Mapping::compile("list.toml", &text).unwrap();
    let page = mapping.feed_page(body.as_bytes(), &reading());
    page.ok().map(|page| page.count)
}

#[test]
fn an_answer_without_the_place_of_its_records_is_no_empty_page() {
    let named = "root = ''\nrecord = 'data/steps'";
    let edges = "root = 'work'\nrecord = 'edges/node'";
    let alone = "root = ''\nrecord = 'item'";
    let each = "root = ''\nrecord = 'item/steps'";
    for (feed, body, wanted) in [
        (named, r#"{"data": {"steps": []}}"#, Some(0)),
        (named, r#"{"data": {"steps": null}}"#, Some(0)),
        (named, r#"{"data": {"steps": [{"id": 1}]}}"#, Some(1)),
        (named, r#"{"data": {}}"#, None),
        // Each item would have brought steps.
        (named, r#"{"data": []}"#, Some(0)),
        (named, r#"{"data": null}"#, None),
        (named, r#"{"message": "down for the night"}"#, None),
        (named, "[]", None),
        (edges, r#"{"work": {"edges": []}}"#, Some(0)),
        (edges, r#"{"work": {"edges": null}}"#, None),
        (edges, r#"{"work": {"edges": {}}}"#, None),
        (edges, r#"{"work": {"edges": [{"cursor": 1}]}}"#, None),
        (
            edges,
            r#"{"work": {"edges": [{"node": {"id": 1}}]}}"#,
            Some(1),
        ),
        (edges, r#"{"work": {}}"#, None),
        (alone, "[]", Some(0)),
        (alone, "{}", None),
        (each, "[]", Some(0)),
        (each, r#"[{"steps": []}]"#, Some(0)),
        (each, r#"[{"error": 1}]"#, None),
    ] {
        assert_eq!(count("json", feed, body), wanted, "{feed} {body}");
    }
    let inside = "root = 'Reply'\nrecord = 'Steps/Step'";
    let below = "root = 'Reply'\nrecord = 'Step'";
    for (feed, body, wanted) in [
        (inside, "<Reply><Steps/></Reply>", Some(0)),
        (inside, "<Reply><Steps><Step/></Steps></Reply>", Some(1)),
        (inside, "<Reply><Notice>down</Notice></Reply>", None),
        (inside, "<Reply/>", None),
        // The root is the place.
        (below, "<Reply/>", Some(0)),
    ] {
        assert_eq!(count("xml", feed, body), wanted, "{feed} {body}");
    }
}

#[test]
fn a_case_system_that_leaves_empty_lists_out_is_taken_at_its_mapping_s_word() {
    let named = "root = 'data'\nrecord = 'steps'\nlist = 'optional'";
    assert_eq!(count("json", named, r#"{"data": {}}"#), Some(0));
    assert_eq!(count("json", named, "{}"), None);
    let inside = "root = 'Reply'\nrecord = 'Steps/Step'\nlist = 'optional'";
    assert_eq!(count("xml", inside, "<Reply/>"), Some(0));
}
