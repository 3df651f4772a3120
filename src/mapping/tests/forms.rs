//! Which of several forms counts, by which code an answer is found, and whom it is about (M11, M12).

use super::desk::{compiled, faults, file, one, set_aside};
use crate::mapping::Mapping;
use crate::practice::fact::{Fact, Value};
use crate::practice::known::{Known, Why};
use crate::practice::sighting::Sighting;

const REVIEW: &str = r#"
[forms.review]
path = "form[@code='LE_REVIEW']"
latest = "@id"
question = "section/answer[@q='{}']"
or = ["answer[@q='{}']"]
version = "@version"
from = "1"
until = "2.9"
subject = "@subject"
[vocabularies.evaluation]
GOOD = "good"
"Good indeed" = "good"
OUT = "outstanding"
[facts.evaluation]
form = "review"
question = "le.overall"
formerly = ["le.grade"]
path = "code"
or = ["label"]
vocabulary = "evaluation"
[facts.conversation_date]
form = "review"
question = "le.met"
path = "date"
or = ["text"]
[facts.areas]
form = "review"
path = "table[@of='areas']/row"
key = "@row"
code = "cell[@q='grade']"
"#;

fn review() -> Mapping {
    compiled(&file("child = \"child\"", REVIEW))
}

fn step(forms: &str) -> String {
    format!("<step id='1'><type>B</type><status>Open</status><child>7</child>{forms}</step>")
}

fn told(seen: &Sighting, fact: Fact) -> Known<Value> {
    seen.facts.get(&fact).cloned().unwrap()
}

fn code(code: &str) -> Known<Value> {
    Known::Is(Value::Code(code.to_owned()))
}

fn form(id: &str, version: &str, inside: &str) -> String {
    format!("<form code='LE_REVIEW' id='{id}' version='{version}'>{inside}</form>")
}

fn overall(code: &str) -> String {
    format!("<section><answer q='le.overall'><code>{code}</code></answer></section>")
}

#[test]
fn of_several_forms_the_latest_counts_wherever_it_stands() {
    let out = form("10", "1", &overall("OUT"));
    let good = form("9", "1", &overall("GOOD"));
    for forms in [format!("{out}{good}"), format!("{good}{out}")] {
        assert_eq!(
            told(&one(&review(), &step(&forms)), Fact::Evaluation),
            code("outstanding")
        );
    }
    // The latest says nothing: that is what counts, not what an older one said.
    let empty = form("11", "1", &overall(""));
    let seen = one(&review(), &step(&format!("{out}{empty}")));
    assert_eq!(told(&seen, Fact::Evaluation), Known::Blank);
}

#[test]
fn an_answer_is_found_in_a_section_or_outside_and_by_a_code_it_once_had() {
    let outside = "<answer q='le.overall'><code>GOOD</code></answer>";
    let formerly = "<section><answer q='le.grade'><code>GOOD</code></answer></section>";
    let label = "<answer q='le.overall'><code/><label>Good indeed</label></answer>";
    for inside in [outside, formerly, label] {
        let seen = one(&review(), &step(&form("1", "1", inside)));
        assert_eq!(told(&seen, Fact::Evaluation), code("good"), "{inside}");
    }
}

#[test]
fn an_answer_may_stand_in_a_store_of_its_type() {
    let dated = "<answer q='le.met'><text/><date>2026-10-09</date></answer>";
    let texted = "<answer q='le.met'><text>09/10/2026</text></answer>";
    for inside in [dated, texted] {
        let seen = one(&review(), &step(&form("1", "1", inside)));
        let day = Known::Is(Value::Day("2026-10-09".parse().unwrap()));
        assert_eq!(told(&seen, Fact::ConversationDate), day, "{inside}");
    }
}

#[test]
fn no_form_no_question_and_no_answer_are_three_things() {
    let not_asked = Known::Unreadable(Why::NotSeen);
    let seen = one(&review(), &step(""));
    assert_eq!(told(&seen, Fact::Evaluation), not_asked);
    assert_eq!(told(&seen, Fact::Areas), not_asked);
    let seen = one(&review(), &step(&form("1", "1", "<answer q='le.met'/>")));
    assert_eq!(told(&seen, Fact::Evaluation), not_asked);
    assert_eq!(told(&seen, Fact::ConversationDate), Known::Blank);
    assert_eq!(told(&seen, Fact::Areas), not_asked);
    let seen = one(&review(), &step(&form("1", "1", "<table of='areas'/>")));
    assert_eq!(told(&seen, Fact::Areas), Known::Blank);
}

#[test]
fn a_template_version_that_nobody_knows_sets_its_record_aside() {
    for version in ["1", "2", "2.9"] {
        let seen = one(&review(), &step(&form("1", version, &overall("GOOD"))));
        assert_eq!(told(&seen, Fact::Evaluation), code("good"), "{version}");
    }
    for version in ["0.9", "2.10", "3"] {
        let (path, reason) = set_aside(&review(), &step(&form("1", version, &overall("GOOD"))));
        assert_eq!(path, "@version");
        assert!(reason.contains("`review` is of a version"), "{reason}");
    }
    // A newer form beside one that is read does not count.
    let both = format!(
        "{}{}",
        form("1", "2", &overall("GOOD")),
        form("2", "3", &overall("OUT"))
    );
    assert_eq!(
        told(&one(&review(), &step(&both)), Fact::Evaluation),
        code("good")
    );
}

#[test]
fn an_answer_about_another_child_says_nothing_of_ours() {
    let about = |subject: &str| {
        let inside =
            format!("<answer q='le.overall' subject='{subject}'><code>GOOD</code></answer>");
        told(
            &one(&review(), &step(&form("1", "1", &inside))),
            Fact::Evaluation,
        )
    };
    for whole in ["0", "-1", "", "7"] {
        assert_eq!(about(whole), code("good"), "{whole}");
    }
    assert_eq!(about("8"), Known::Blank);
    let rows = "<table of='areas'><row row='r1' subject='8'><cell q='grade'>low</cell></row>\
                <row row='r2' subject='7'><cell q='grade'>high</cell></row>\
                <row row='r3'><cell q='grade'>medium</cell></row></table>";
    let seen = one(&review(), &step(&form("1", "1", rows)));
    let Known::Is(Value::Rows(rows)) = told(&seen, Fact::Areas) else {
        panic!("no rows");
    };
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["r2", "r3"]);
}

#[test]
fn forms_that_cannot_be_found_are_faults() {
    let told = faults(&file(
        "",
        r#"[forms.review]
path = "form"
question = "answer[@q='x']"
from = "2"
until = "1"
subject = "@subject"
[forms.plain]
path = "form"
or = ["answer[@q='{}']"]
[facts.evaluation]
path = "code"
form = "reviw"
question = "q"
[facts.focus_length]
path = "value"
question = "q"
[facts.reflection_length]
path = "value"
form = "review"
question = "it's"
[facts.agreed_date]
path = "value"
form = "plain"
question = "q"
formerly = ["r"]
[facts.late_reason]
path = "value"
formerly = ["r"]
subject = "@subject""#,
    ));
    let said = told.join("\n");
    for part in [
        "21: `answer[@q='x']` has no `{}`",
        "22: `from` needs `version`",
        "23: `until` needs `version`",
        "23: no version is from `2` and until `1`",
        "27: `or` adds to `question`, and there is none",
        "30: there is no `[forms.reviw]`; did you mean `review`?",
        "34: `question` needs `form`",
        "38: a question's code cannot hold a quote",
        "cannot be told without `child`",
        "46: `formerly` adds to `question`",
        "47: `subject` is of an answer or of rows",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}
