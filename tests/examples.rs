//! Do the examples of the documents do what the documents say? Every mapping in `docs/example` compiles, reads what
//! was recorded for it and leads nowhere in vain; every excerpt in the documents stands in its file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a document that cannot be read fails the test, as it should"
)]

use std::fs;
use std::path::{Path, PathBuf};

use greentick::mapping::{Mapping, Site};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn mappings(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// A mapping, compiled as it stands or, where that needs one, for one of its environments.
fn compiled(file: &Path) -> Mapping {
    let text = fs::read_to_string(file).unwrap();
    let name = file.display().to_string();
    if let Ok(mapping) = Mapping::compile(&name, &text) {
        return mapping;
    }
    let environments = text.parse::<toml::Table>().unwrap();
    let environments = environments
        .get("environments")
        .and_then(toml::Value::as_table);
    let environment = environments.and_then(|all| all.keys().next_back().cloned());
    let site = Site {
        environment,
        ..Site::default()
    };
    Mapping::compile_for(&name, &text, &site).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"));
    })
}

#[test]
fn every_example_reads_what_was_recorded_for_it() {
    let mut tried = 0;
    for folder in ["example", "example/recipes", "../tests/strangers"] {
        for file in mappings(&docs().join(folder)) {
            let mapping = compiled(&file);
            let recorded = |body: &str| {
                let body = file.parent().unwrap().join("tests").join(body);
                fs::read(body).map_err(|why| why.to_string())
            };
            let outcomes = mapping.run_tests(recorded);
            assert!(!outcomes.is_empty(), "{} has no test", file.display());
            for outcome in outcomes {
                let (name, differences) = (outcome.name, outcome.differences);
                assert!(
                    differences.is_empty(),
                    "{}: {name}: {differences:?}",
                    file.display()
                );
            }
            let faults: Vec<String> = mapping
                .recorded_faults(recorded)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
            let doubts = mapping.doubts();
            assert!(doubts.is_empty(), "{doubts:?}");
            tried += 1;
        }
    }
    assert!(tried > 9, "{tried} examples");
}

/// Each excerpt is of the file that is linked last before it; a line with `…` alone leaves something out.
#[test]
fn every_excerpt_stands_in_its_file() {
    let mut tried = 0;
    for page in ["mapping.md", "mapping-recipes.md"] {
        let text = fs::read_to_string(docs().join(page)).unwrap();
        let text = text.split("\n# Reference\n").next().unwrap();
        let mut before = String::new();
        let mut parts = text.split("```");
        while let (Some(prose), excerpt) = (parts.next(), parts.next()) {
            before.push_str(prose);
            let Some(excerpt) = excerpt.and_then(|part| part.strip_prefix("toml\n")) else {
                continue;
            };
            let named = before.rsplit("](").find_map(|rest| {
                let link = rest.split(')').next().unwrap();
                (link.starts_with("example/") && link.strip_suffix(".toml").is_some())
                    .then_some(link)
            });
            let named = named.unwrap_or_else(|| panic!("{page}: no file before\n{excerpt}"));
            let whole = fs::read_to_string(docs().join(named)).unwrap();
            for piece in excerpt.split("…\n") {
                assert!(
                    whole.contains(piece.trim_end()),
                    "{page}: this is not in {named}:\n{piece}"
                );
            }
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried} excerpts");
}

#[test]
fn a_recorded_question_that_is_answered_otherwise_fails_its_test() {
    let file = docs().join("example/recipes/doors.toml");
    let folder = file.parent().unwrap().join("tests");
    let text = fs::read_to_string(&file).unwrap();
    for (right, wrong, told) in [
        (
            r#""/step" = "77""#,
            r#""/step" = "78""#,
            "wanted `78`, got `77`",
        ),
        (
            "\"allow\":true}'\nhold",
            "\"allow\":1}'\nhold",
            "\"allow\":1}`",
        ),
        (
            "good = 2\nwrites",
            "good = 3\nwrites",
            "read: wanted `3`, got `2`",
        ),
        (
            r#"is = ["LE_FINISH"]"#,
            r#"is = ["OTHER"]"#,
            "read: wanted `1`, got `0`",
        ),
        (
            r#"root = "finish""#,
            r#"root = "begin""#,
            "it was refused: there is no `begin` in it",
        ),
    ] {
        assert!(text.contains(right), "{right}");
        let mapping = Mapping::compile("doors.toml", &text.replacen(right, wrong, 1)).unwrap();
        let outcomes =
            mapping.run_tests(|body| fs::read(folder.join(body)).map_err(|why| why.to_string()));
        let differences: Vec<String> = outcomes
            .into_iter()
            .flat_map(|outcome| outcome.differences)
            .collect();
        assert!(
            differences.iter().any(|one| one.contains(told)),
            "{wrong}: {differences:?}"
        );
    }
}

/// The settings that the documents show are ones that there are.
#[test]
fn the_settings_in_the_documents_are_known() {
    let root = docs().join("..");
    let known = fs::read_to_string(root.join("config/default.toml")).unwrap();
    let known = known.parse::<toml::Table>().unwrap();
    let mut tried = 0;
    for page in ["docs/operations.md", "README.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let blocks = text.split("```toml\n").skip(1);
        let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
        let typed = text.split("<<'END'\n").skip(1);
        let typed = typed.map(|rest| rest.split("\nEND\n").next().unwrap());
        for block in blocks.chain(typed) {
            let block = block.parse::<toml::Table>().unwrap();
            for (table, keys) in &block {
                let of = known
                    .get(table)
                    .unwrap_or_else(|| panic!("{page}: no `{table}`"));
                for key in keys.as_table().into_iter().flat_map(toml::Table::keys) {
                    assert!(of.get(key).is_some(), "{page}: no setting `{table}.{key}`");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 15, "{tried} settings");
}
