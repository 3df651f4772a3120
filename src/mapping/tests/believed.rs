//! Which answers say that they failed, whatever stands where they say so?

use super::desk::{compiled, file};
use crate::mapping::Means;

#[test]
fn a_failure_without_words_holds_when_anything_is_said_at_its_place_and_only_then() {
    let mapping = compiled(&file(
        "",
        "[[proof.failure]]\npath = \"errors\"\nmeans = \"wait\"",
    ));
    for (body, fails) in [
        (
            r#"{"data": {}, "errors": [{"message": "x", "path": ["a", 0]}]}"#,
            true,
        ),
        (r#"{"data": {}, "errors": {"code": {"is": 7}}}"#, true),
        (r#"{"data": {}, "errors": ["x"]}"#, true),
        (r#"{"data": {}, "errors": "x"}"#, true),
        (r#"{"data": {}, "errors": false}"#, true),
        (r#"{"data": {}, "errors": []}"#, false),
        (r#"{"data": {}, "errors": null}"#, false),
        (r#"{"data": {}, "errors": {}}"#, false),
        (r#"{"data": {}, "errors": [{}]}"#, false),
        (
            r#"{"data": {}, "errors": {"code": null, "items": []}}"#,
            false,
        ),
        (r#"{"data": {}, "errors": "  "}"#, false),
        (r#"{"data": {}}"#, false),
        ("<steps><errors><error>x</error></errors></steps>", true),
        ("<steps><errors><error no='7'/></errors></steps>", true),
        ("<steps><errors>x</errors></steps>", true),
        ("<steps><errors count='0'/></steps>", false),
        ("<steps><errors> <error/> </errors></steps>", false),
        ("<steps/>", false),
    ] {
        let judged = mapping.judge_body(body.as_bytes(), None);
        let means = judged.err().map(|failing| failing.means);
        assert_eq!(means, fails.then_some(Means::Wait), "{body}");
    }
}
