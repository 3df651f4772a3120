//! Does the reference of mapping files say everything that the manual knows, and is what it says true?
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a document that cannot be read fails the test, as it should"
)]

use std::collections::BTreeSet;

use greentick::mapping::{Mapping, keys};

#[test]
fn the_reference_is_what_the_manual_says() {
    let page = include_str!("../docs/mapping-keys.md");
    assert!(
        page == keys::reference(),
        "docs/mapping-keys.md is stale; renew it with: cargo run -- mapping keys > docs/mapping-keys.md"
    );
}

#[test]
fn every_key_has_its_sentence_or_the_table_that_has_it() {
    let page = keys::reference();
    let mut count = 0;
    for section in keys::sections() {
        let heading = section.heading.trim_matches(['[', ']']);
        let part = match heading {
            "" => page.split("## The top of the file").nth(1),
            _ => page.split(&format!("\n## `{}`\n", section.heading)).nth(1),
        };
        let part = part.unwrap_or_else(|| panic!("no `[{heading}]`"));
        let part = part.split("\n## ").next().unwrap();
        for key in &section.keys {
            assert!(
                part.contains(&format!("`{}`", key.name)),
                "`{heading}.{}` is not in the reference",
                key.name
            );
            count += 1;
        }
        assert!(
            !part.contains("As in ``"),
            "`[{heading}]` has a key that no table explains"
        );
        assert!(!section.keys.is_empty(), "`[{heading}]` has no key");
    }
    assert!(count > 350, "{count} keys");
}

/// The least that a mapping needs, with one of every table whose keys have defaults.
const EVERY_TABLE: &str = r#"
[values]
[proof]
[[proof.failure]]
path = "Failed"
[limits]
[envelope]
[auth]
[feed]
path = "/steps?after={{ since }}"
root = "Steps"
[schedule]
[record]
id = "@id"
completed = "Completed"
[[statuses]]
is = "started"
[dates]
[words]
[correlation]
[stages]
path = "Type"
[stages.is]
review = "practice_review"
[[links]]
path = "Previous"
direction = "previous"
[forms.NAME]
path = "Form"
question = "Answer[@code='{}']"
[facts.focus_length]
path = "Focus"
[callback]
root = "Message"
id = "@id"
[callback.proof]
[callback.reply]
[callout]
root = "Question"
step = "Step"
on_timeout = "closed"
[callout.next]
[callout.reply]
permit = "yes"
hold = "no"
[tasks]
path = "/tasks"
root = "Tasks"
id = "@id"
step = "@step"
definition = "@kind"
is = ["ours"]
[write.note]
method = "POST"
path = "/notes"
body = "{{ text }}"
accepted = [200]
[write.note.read_back]
path = "/notes"
root = "Notes"
find = "Note"
contains = "{{ mark }}"
[batch]
method = "POST"
path = "/batch"
operations = ["note"]
accepted = [200]
root = "Results"
result = "Result"
[[batch.means]]
status = 200
means = "done"
[[test]]
name = "a test"
body = "body.xml"
"#;

/// What a mapping has become, without its text and the lines that it was read from.
fn compiled(text: &str) -> String {
    let mapping = Mapping::compile("it.toml", text).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", faults.join("\n"));
    });
    let shown = format!("{mapping:?}").replace(&format!("{text:?}"), "");
    let parts = shown.split("line: ");
    let bare = parts.map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    bare.collect()
}

#[test]
fn a_default_that_the_reference_names_is_what_holds_without_the_key() {
    let without = compiled(EVERY_TABLE);
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for section in keys::sections() {
        for key in &section.keys {
            let Some(default) = key.without.as_ref() else {
                continue;
            };
            // Words about what happens are no value that could be written down.
            let is_value = format!("it = {default}").parse::<toml::Table>().is_ok();
            // Our own names for flags stand in a table that is whole or absent.
            if !is_value || section.heading == "[flags]" {
                continue;
            }
            let heading = section
                .heading
                .replace("[facts.NAME]", "[facts.focus_length]");
            let heading = heading.replace("write.NAME", "write.note");
            let line = format!("{} = {default}\n", key.name);
            let (before, after) = match heading.as_str() {
                "" => ("", EVERY_TABLE),
                heading => {
                    let there = format!("\n{heading}\n");
                    let at = EVERY_TABLE.find(&there);
                    let at = at.unwrap_or_else(|| panic!("`{heading}` is not tried")) + there.len();
                    EVERY_TABLE.split_at(at)
                }
            };
            let with = compiled(&format!("{before}{line}{after}"));
            if with != without {
                wrong.push(format!(
                    "`{heading} {}` is not {default} without the key",
                    key.name
                ));
            }
            tried.insert(format!("{heading} {}", key.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried.len() > 60, "{} tried: {tried:?}", tried.len());
}

#[test]
fn the_questions_for_the_vendor_name_keys_that_there_are() {
    let page = include_str!("../docs/vendor-questions.md");
    let sections = keys::sections();
    let tables: BTreeSet<&str> = sections
        .iter()
        .map(|section| section.heading.trim_matches(['[', ']']))
        .collect();
    let mut tried = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cell = row.split('|').nth(3).unwrap_or_default();
        for word in cell.split('`').skip(1).step_by(2) {
            let Some(inside) = word.strip_prefix('[') else {
                continue;
            };
            let table = inside.trim_start_matches('[').split(']').next().unwrap();
            let table = table.trim_end_matches('…').trim_end_matches('.');
            let known = table == "source"
                || tables.iter().any(|one| {
                    let one = one.replace("NAME", "");
                    one.starts_with(table) || table.starts_with(one.as_str()) && one.ends_with('.')
                });
            assert!(known, "`{word}`: a mapping has no table `[{table}]`");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried} tried");
}
