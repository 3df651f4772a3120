//! Does a mapping still read the answers that were recorded for it?

use std::path::Path as FilePath;

use jiff::Timestamp;

use super::compile::Mapping;
use super::language::Test;
use super::page::Page;
use super::record::{ChildKeying, Reading};
use crate::practice::ids::SourceName;
use crate::practice::sighting::Road;

/// What became of one `[[test]]` of a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// Its name.
    pub name: String,
    /// What differed; empty if nothing did.
    pub differences: Vec<String>,
}

impl Mapping {
    /// Runs every `[[test]]` of the file; recorded bodies are looked for in `dir`.
    pub fn run_tests(&self, dir: &FilePath) -> Vec<TestOutcome> {
        self.tests
            .iter()
            .map(|test| TestOutcome {
                name: test.name.clone(),
                differences: self.differences(test, dir),
            })
            .collect()
    }

    fn differences(&self, test: &Test, dir: &FilePath) -> Vec<String> {
        let bytes = match std::fs::read(dir.join(&test.body)) {
            Ok(bytes) => bytes,
            Err(error) => return vec![format!("`{}` cannot be read: {error}", test.body)],
        };
        let request = match test.kind.as_str() {
            "feed" => Some(&self.feed),
            "sweep" => self.sweep.as_ref(),
            "step" => self.step.as_ref(),
            _ => None,
        };
        let Some(request) = request else {
            return vec![format!("the mapping has no request `{}`", test.kind)];
        };
        let reading = Reading {
            source: SourceName::from("test"),
            now: Timestamp::UNIX_EPOCH,
            road: Road::Feed,
            charset: None,
            keying: ChildKeying::new(b"test"),
        };
        match self.page(request, &bytes, &reading) {
            Err(fault) if test.refused => {
                let _ = fault;
                Vec::new()
            }
            Err(fault) => vec![format!("the answer was refused: {fault}")],
            Ok(_) if test.refused => {
                vec!["the answer was believed, and must be refused".to_owned()]
            }
            Ok(page) => compare(test, &page),
        }
    }
}

fn compare(test: &Test, page: &Page) -> Vec<String> {
    let mut differences = Vec::new();
    for (what, wanted, got) in [
        ("good records", test.good, page.records.len()),
        (
            "records set aside",
            test.quarantined,
            page.quarantined.len(),
        ),
    ] {
        if wanted.is_some_and(|wanted| wanted != got) {
            differences.push(format!(
                "{what}: wanted {}, got {got}",
                wanted.unwrap_or_default()
            ));
        }
    }
    // Values are asked of the page's records by a pointer into their JSON: `/0/status`.
    let json = serde_json::to_value(&page.records).unwrap_or_default();
    for (pointer, wanted) in &test.values {
        let got = json.pointer(pointer).map(|value| match value {
            serde_json::Value::String(bare) => bare.clone(),
            other => other.to_string(),
        });
        if got.as_deref() != Some(wanted) {
            differences.push(format!(
                "{pointer}: wanted `{wanted}`, got `{}`",
                got.unwrap_or_default()
            ));
        }
    }
    differences
}
