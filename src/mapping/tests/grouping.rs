//! A row for each answer: rows of one instance, together or apart, cut by a page or not (M11).

use super::desk::reading;
use crate::mapping::{Mapping, Page, PageFault};
use crate::practice::fact::{Fact, Value};
use crate::practice::known::{Known, Why};
use crate::practice::sighting::Sighting;

fn rows(whole: &str, paging: &str) -> String {
    format!(
        r#"
format = "json"
[feed]
path = "/answers?from={{{{ offset }}}}{{{{ token }}}}"
root = ""
record = "rows"
paging = "{paging}"
total = "total"
[record]
id = "rows/INSTANCEID"
group = "INSTANCEID"
{whole}
status = "rows/INSTANCESTATE"
completed = "rows/DATECOMPLETED"
child = "rows/SUBJECTID"
[only_when]
path = "rows/DESIGNGUID"
is = ["G-1"]
[stages]
path = "rows/DESIGNSUBNAME"
ignore = ["Diary"]
[stages.is]
Review = "practice_review"
[vocabularies.status]
STARTED = "started"
COMPLETE = "completed"
[vocabularies.evaluation]
Good = "good"
[forms.answers]
path = "."
question = "rows[CONTROLNAME='{{}}']"
subject = "ANSWERFORSUBJECTID"
[facts.evaluation]
form = "answers"
question = "overall"
path = "SHORTANSWERVALUE"
or = ["ANSWERVALUE"]
vocabulary = "evaluation"
[facts.conversation_date]
path = "rows[CONTROLNAME='seen'|'met']/DATEANSWERVALUE"
[facts.conversation_length]
form = "answers"
question = "talk"
path = "ANSWERVALUE"
"#
    )
}

fn mapping(whole: &str, paging: &str) -> Mapping {
    let faults = |faults: Vec<crate::mapping::Fault>| -> Vec<String> {
        faults.iter().map(ToString::to_string).collect()
    };
    Mapping::compile("eav.toml", &rows(whole, paging))
        .map_err(faults)
        .unwrap()
}

fn row(instance: &str, control: &str, value: &str) -> String {
    let common =
        r#""DESIGNGUID":"G-1","DESIGNSUBNAME":"Review","INSTANCESTATE":"COMPLETE","SUBJECTID":"7""#;
    format!(r#"{{"INSTANCEID":"{instance}",{common},"CONTROLNAME":"{control}",{value}}}"#)
}

fn read(mapping: &Mapping, rows: &[String]) -> Result<Page, PageFault> {
    let body = format!(r#"{{"total":"9","rows":[{}]}}"#, rows.join(","));
    mapping.feed_page(body.as_bytes(), &reading())
}

fn ids(page: &Page) -> Vec<&str> {
    page.records.iter().map(|seen| seen.step.as_str()).collect()
}

fn told(seen: &Sighting, fact: Fact) -> Known<Value> {
    seen.facts.get(&fact).cloned().unwrap()
}

#[test]
fn rows_of_one_instance_are_one_record_wherever_they_stand() {
    let mapping = mapping("group_whole = \"page\"", "offset");
    let page = read(
        &mapping,
        &[
            row(
                "0012",
                "overall",
                r#""SHORTANSWERVALUE":null,"ANSWERVALUE":"Good""#,
            ),
            row("13", "talk", r#""ANSWERVALUE":"abc\u00e9""#),
            row(
                "0012",
                "met",
                r#""DATEANSWERVALUE":"2026-10-09","DATECOMPLETED":"2026-10-20T10:00:00Z""#,
            ),
        ],
    )
    .unwrap();
    assert_eq!(ids(&page), ["0012", "13"]);
    assert_eq!((page.count, page.last_id.as_deref()), (3, Some("13")));
    let first = &page.records[0];
    assert_eq!(
        told(first, Fact::Evaluation),
        Known::Is(Value::Code("good".to_owned()))
    );
    assert_eq!(
        told(first, Fact::ConversationDate),
        Known::Is(Value::Day("2026-10-09".parse().unwrap()))
    );
    assert_eq!(
        told(first, Fact::ConversationLength),
        Known::Unreadable(Why::NotSeen)
    );
    assert_eq!(
        first.dates.completed.unwrap().to_string(),
        "2026-10-20T10:00:00Z"
    );
    let second = &page.records[1];
    assert_eq!(
        told(second, Fact::ConversationLength),
        Known::Is(Value::Length(4))
    );
    assert_eq!(
        told(second, Fact::Evaluation),
        Known::Unreadable(Why::NotSeen)
    );
    assert!(first.child.value().is_some());
}

#[test]
fn an_answer_of_another_child_and_rows_of_other_forms_are_left_out() {
    let mapping = mapping("group_whole = \"page\"", "offset");
    let other = row("20", "overall", r#""ANSWERVALUE":"Good""#).replace("G-1", "G-2");
    let diary = row("21", "overall", r#""ANSWERVALUE":"Good""#).replace("Review", "Diary");
    let page = read(
        &mapping,
        &[
            row(
                "1",
                "overall",
                r#""ANSWERVALUE":"Good","ANSWERFORSUBJECTID":"8""#,
            ),
            row(
                "1",
                "talk",
                r#""ANSWERVALUE":"abc","ANSWERFORSUBJECTID":"7""#,
            ),
            other,
            diary.clone(),
            diary.replace("\"21\"", "\"\""),
        ],
    )
    .unwrap();
    assert_eq!(ids(&page), ["1"]);
    assert!(page.quarantined.is_empty(), "{:?}", page.quarantined);
    assert_eq!(told(&page.records[0], Fact::Evaluation), Known::Blank);
    assert_eq!(
        told(&page.records[0], Fact::ConversationLength),
        Known::Is(Value::Length(3))
    );
}

#[test]
fn one_bad_row_sets_its_instance_aside_and_no_other() {
    let mapping = mapping("group_whole = \"page\"", "offset");
    let page = read(
        &mapping,
        &[
            row("1", "overall", r#""ANSWERVALUE":"Splendid""#),
            row("1", "talk", r#""ANSWERVALUE":"abc""#),
            row("2", "talk", r#""ANSWERVALUE":"abc""#),
            row("", "talk", r#""ANSWERVALUE":"abc""#),
        ],
    )
    .unwrap();
    assert_eq!(ids(&page), ["2"]);
    let aside: Vec<(Option<&str>, &str)> = page
        .quarantined
        .iter()
        .map(|bad| (bad.step.as_deref(), bad.path.as_str()))
        .collect();
    assert_eq!(
        aside,
        [(Some("1"), "SHORTANSWERVALUE"), (None, "*/INSTANCEID")]
    );
}

#[test]
fn the_last_group_of_a_page_is_left_to_the_next_one() {
    let sorted = mapping("group_whole = \"sorted\"", "last_id");
    let all = [
        row("1", "overall", r#""ANSWERVALUE":"Good""#),
        row("1", "talk", r#""ANSWERVALUE":"abc""#),
        row("2", "overall", r#""ANSWERVALUE":"Good""#),
        row("2", "talk", r#""ANSWERVALUE":"abc""#),
    ];
    // The page ends in the middle of the second instance.
    let mut page = read(&sorted, &all[..3]).unwrap();
    assert_eq!(ids(&page), ["1", "2"]);
    assert_eq!(page.hold_back().unwrap(), 1);
    assert_eq!(ids(&page), ["1"]);
    assert_eq!((page.count, page.last_id.as_deref()), (2, Some("1")));
    assert_eq!(page.hold_back().unwrap(), 0);
    // The next page, asked for from there, has it whole.
    let next = read(&sorted, &all[2..]).unwrap();
    assert_eq!(
        told(&next.records[0], Fact::ConversationLength),
        Known::Is(Value::Length(3))
    );
    assert!(read(&sorted, &all[..2]).unwrap().hold_back().is_err());
    let mixed = [all[0].clone(), all[2].clone(), all[1].clone()];
    assert!(read(&sorted, &mixed).is_err());
    // A page of whole groups holds nothing back.
    let whole = mapping("group_whole = \"page\"", "last_id");
    assert_eq!(read(&whole, &mixed).unwrap().hold_back().unwrap(), 0);
}

#[test]
fn whether_a_page_cuts_a_group_must_be_said() {
    let faults = |whole: &str, paging: &str| -> Vec<String> {
        let faults = Mapping::compile("m", &rows(whole, paging)).err();
        let faults = faults.unwrap_or_default();
        faults.iter().map(ToString::to_string).collect()
    };
    assert!(faults("", "last_id")[0].contains("m:7: a page may cut a group"));
    assert!(faults("", "none").is_empty());
    let word = faults("group_whole = \"sortd\"", "none");
    assert!(word[0].contains("did you mean `sorted`?"), "{word:?}");
    let token = faults("group_whole = \"sorted\"", "token");
    assert!(
        token
            .iter()
            .any(|one| one.contains("`token` cannot go back")),
        "{token:?}"
    );
}

#[test]
fn rows_in_xml_are_put_together_too() {
    let text = rows("group_whole = \"page\"", "offset")
        .replace("format = \"json\"", "format = \"xml\"")
        .replace("root = \"\"", "root = \"answers\"");
    let mapping = Mapping::compile("m", &text).unwrap();
    let common = "<DESIGNGUID>G-1</DESIGNGUID><DESIGNSUBNAME>Review</DESIGNSUBNAME>\
                  <INSTANCESTATE>COMPLETE</INSTANCESTATE>";
    let row = |id: &str, control: &str, value: &str| {
        format!(
            "<rows><INSTANCEID>{id}</INSTANCEID>{common}<CONTROLNAME>{control}</CONTROLNAME>\
             <ANSWERVALUE>{value}</ANSWERVALUE></rows>"
        )
    };
    let body = format!(
        "<answers>{}{}{}</answers>",
        row("1", "talk", "a&amp;<![CDATA[b]]>"),
        row("2", "talk", "xyz&#233;"),
        row("1", "overall", "Good")
    );
    let page = mapping.feed_page(body.as_bytes(), &reading()).unwrap();
    assert_eq!(ids(&page), ["1", "2"]);
    assert_eq!(
        told(&page.records[0], Fact::ConversationLength),
        Known::Is(Value::Length(3))
    );
    assert_eq!(
        told(&page.records[1], Fact::ConversationLength),
        Known::Is(Value::Length(4))
    );
    assert_eq!(
        told(&page.records[0], Fact::Evaluation),
        Known::Is(Value::Code("good".to_owned()))
    );
    let traced = mapping.trace(body.as_bytes()).unwrap();
    let takes = traced.iter().any(|one| {
        one.rules
            .iter()
            .any(|rule| rule.starts_with("record.group"))
    });
    assert!(takes, "{traced:?}");
}
