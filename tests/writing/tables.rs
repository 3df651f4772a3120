//! Is what makes no sense in these tables told at once, each with its line?

use greentick::mapping::Mapping;
use greentick::practice::terms::Mode;

use super::CASE;

/// Everything said about a file.
fn faults(text: &str) -> String {
    let faults = Mapping::compile("case.toml", text)
        .err()
        .unwrap_or_default();
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table of faults")]
fn each_fault_of_a_table_is_told() {
    assert_eq!(faults(CASE), "");
    for (what, from, to, wanted) in [
        (
            "nobody goes on with it",
            "then = \"task\"\n",
            "",
            "no operation goes on with `task`",
        ),
        (
            "no mark",
            "headers = { \"Idempotency-Key\" = \"{{ mark }}\" }",
            "",
            "nothing in it carries `{{ mark }}`",
        ),
        (
            "what nothing returns",
            "returned = \"Id\"\n",
            "",
            "names `returned`",
        ),
        (
            "no root",
            "root = \"Result\"\nreturned = \"NoteId\"",
            "returned = \"NoteId\"",
            "`root` must say",
        ),
        (
            "an empty row",
            "status = 201\nmeans = \"done\"",
            "means = \"done\"",
            "a row needs a `status`",
        ),
        (
            "a role",
            "audience = [\"qa_manager\"]",
            "audience = [\"qa_manger\"]",
            "did you mean `qa_manager`",
        ),
        (
            "the time",
            "timeout_seconds = 1",
            "timeout_seconds = 601",
            "from 1 to 600",
        ),
        (
            "no definition",
            "is = [\"LE finish\"]",
            "is = []",
            "names no definition",
        ),
        (
            "half a pair",
            "open = [\"SENT\"]",
            "open = []",
            "go together",
        ),
        (
            "what reads first",
            "operations = [\"note\", \"notice\"]",
            "operations = [\"nota\"]",
            "there is no `[write.nota]`",
        ),
        (
            "the item",
            "about='{{ previous }}'",
            "about='{{ before }}'",
            "names `before`",
        ),
        (
            "a brace before the items",
            "open = \"<Batch>\"",
            "open = \"<Batch to='{{ wrker }}'>\"",
            "did you mean `worker`",
        ),
        (
            "a brace after the items",
            "close = \"</Batch>\"",
            "close = \"</Batch>{{ worker\"",
            "the template cannot be read",
        ),
        (
            "a brace between the items",
            "most = 10",
            "most = 10\nbetween = \"{{ step }}\"",
            "the template names `step`",
        ),
        (
            "two actions",
            "content_type = \"application/xml\"\noperations",
            "content_type = 'text/xml; action=\"urn:a\"'\naction = \"urn:b\"\noperations",
            "the action stands in `content_type` as well",
        ),
    ] {
        let said = faults(&CASE.replace(from, to));
        assert!(said.contains(wanted), "{what}: {said}");
        assert!(said.contains("case.toml:"), "{what}: {said}");
    }
}

/// M24: a mode that cannot be performed is refused, and it is said what is missing.
#[test]
fn the_mode_task_needs_tasks_an_answer_a_step_and_a_worker() {
    let why = |text: &str| {
        Mapping::compile("case.toml", text)
            .unwrap()
            .cannot(Mode::Task)
    };
    assert_eq!(why(CASE), None);
    let without = |from: &str, to: &str| {
        let (before, rest) = CASE.split_once(from).unwrap();
        let after = rest.split_once(to).map_or("", |(_, after)| after);
        why(&format!("{before}{to}{after}")).unwrap()
    };
    assert!(without("[tasks]", "[batch]").contains("no `[tasks]`"));
    assert!(without("[write.answer_task]", "[write.due]").contains("`[write.answer_task]`"));
    assert!(without("[step]", "[record]").contains("no `[step]`"));
    assert!(without("worker = \"W-GT\"\n", "[feed]").contains("`[source] worker`"));
}
