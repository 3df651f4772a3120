//! Does a mapping still read the answers that were recorded for it, and write what it should?
//!
//! Absent on purpose: files. Whoever runs the tests hands in what was recorded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;

use super::comparing::pointed;
use super::compile::Mapping;
use super::environment::Site;
use super::keying::ChildKeying;
use super::language::Test;
use super::page::{Page, Quarantined};
use super::proof::Means;
use super::record::Reading;
use super::request::Request;
use super::writing::{Beforehand, Carried, Reply, Shown};
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::{Digest, EpisodeId, SourceName, StepId, TaskId};
use crate::practice::sighting::Road;

fn reading() -> Reading {
    Reading {
        source: SourceName::from("test"),
        now: Timestamp::UNIX_EPOCH,
        road: Road::Feed,
        charset: None,
        keying: ChildKeying::new(b"test"),
    }
}

/// What became of one `[[test]]` of a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// Its name.
    pub name: String,
    /// What differed; empty if nothing did.
    pub differences: Vec<String>,
}

impl Mapping {
    /// Runs every `[[test]]` of the file; `recorded` gives the bytes of a body by its name, or says why not.
    pub fn run_tests(
        &self,
        recorded: impl Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Vec<TestOutcome> {
        let outcome = |test: &Test| TestOutcome {
            name: test.name.clone(),
            differences: match recorded(&test.body) {
                Err(why) => vec![format!("`{}` cannot be read: {why}", test.body)],
                Ok(bytes) => match self.in_one(test, bytes, &recorded) {
                    Ok(bytes) => self.differences_there(test, &bytes),
                    Err(_) if test.refused => Vec::new(),
                    Err(why) => vec![why],
                },
            },
        };
        self.tests.iter().map(outcome).collect()
    }

    /// Runs a test with the environment and the worker that it names, else with those at hand.
    fn differences_there(&self, test: &Test, bytes: &[u8]) -> Vec<String> {
        let site = Site {
            worker: test.worker.clone().or(self.site.worker.clone()),
            environment: test.environment.clone().or(self.site.environment.clone()),
            ids: self.site.ids.clone(),
        };
        if site == self.site {
            return self.differences(test, bytes);
        }
        match Self::compile_for(&self.file.0, &self.file.1, &site) {
            Ok(there) => there.differences(test, bytes),
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        }
    }

    fn differences(&self, test: &Test, bytes: &[u8]) -> Vec<String> {
        let request = match test.kind.as_str() {
            "sweep" => self.sweep.as_ref(),
            "step" => self.step.as_ref(),
            "tasks" | "callback" | "callout" => return self.door_differences(test, bytes),
            "merges" => return self.merge_differences(test, bytes),
            "batch" => return self.batch_differences(test, bytes),
            kind => match kind.split_once('.') {
                Some(("write", name)) => return self.write_differences(test, name, bytes),
                Some(("lookups", _)) => return self.door_differences(test, bytes),
                _ => Some(&self.feed),
            },
        };
        match request {
            Some(request) => self.read_differences(test, request, bytes),
            None => vec![format!("the mapping has no request `{}`", test.kind)],
        }
    }

    /// Of merges only their number is compared: whom they name is keyed.
    fn merge_differences(&self, test: &Test, bytes: &[u8]) -> Vec<String> {
        let Some(list) = self.merges() else {
            return vec!["the mapping has no request `merges`".to_owned()];
        };
        let read = self.empty_or_good(bytes);
        let read = read.and_then(|is_empty| {
            if is_empty {
                return Ok((0, 0));
            }
            let read = self.merges_page(list, bytes, &reading());
            let (merges, page) = read.map_err(|fault| fault.to_string())?;
            Ok((merges.len(), self.told_here(page)?.quarantined.len()))
        });
        match read {
            Err(_) if test.refused => Vec::new(),
            Err(why) => vec![format!("the answer was refused: {why}")],
            Ok(_) if test.refused => {
                vec!["the answer was believed, and must be refused".to_owned()]
            }
            Ok((good, bad)) => {
                let wanted = [
                    ("merges read", test.good, good),
                    ("set aside", test.quarantined, bad),
                ];
                let differ = wanted.into_iter().filter(|(_, wanted, found)| {
                    wanted.is_some_and(|wanted| usize::try_from(wanted) != Ok(*found))
                });
                differ
                    .map(|(what, wanted, found)| {
                        format!("{what}: {found}, and should be {}", wanted.unwrap_or(0))
                    })
                    .collect()
            }
        }
    }

    /// Whether the answer says that there are no rows; an error if it is not to be believed.
    pub(super) fn empty_or_good(&self, bytes: &[u8]) -> Result<bool, String> {
        match self.judge_body(bytes, None) {
            Ok(()) => Ok(false),
            Err(failing) if failing.means == Means::Empty => Ok(true),
            Err(failing) => Err(failing.why),
        }
    }

    /// A recorded step with its other pieces, as they are read; anything else as it is.
    pub(super) fn in_one(
        &self,
        test: &Test,
        first: Vec<u8>,
        recorded: impl Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Vec<u8>, String> {
        let mut pieces = Vec::new();
        for (name, file) in &test.also {
            let bytes = recorded(file).map_err(|why| format!("`{file}` cannot be read: {why}"))?;
            pieces.push((name.clone(), bytes));
        }
        match self.step.as_ref().filter(|_| test.kind == "step") {
            Some(step) => self.pieced(step, first, &pieces),
            None => Ok(first),
        }
    }

    /// The first answer of a step joined with recorded answers of its other pieces.
    ///
    /// # Errors
    /// When one of them is not to be believed.
    pub fn pieced(
        &self,
        step: &Request,
        first: Vec<u8>,
        pieces: &[(String, Vec<u8>)],
    ) -> Result<Vec<u8>, String> {
        if step.also().is_empty() {
            return Ok(first);
        }
        let refused = |why: String| format!("the answer was refused: {why}");
        self.empty_or_good(&first).map_err(refused)?;
        let said = self.first(step, &first, None);
        let said = said.map_err(|fault| refused(fault.to_string()))?;
        let mut there = Vec::new();
        for (name, bytes) in pieces {
            let nothing = self.empty_or_good(bytes);
            if !nothing.map_err(|why| refused(format!("`{name}`: {why}")))? {
                there.push((name.as_str(), bytes.as_slice(), None));
            }
        }
        let joined = self.join(step, &said, there);
        joined.map_err(|fault| refused(fault.to_string()))
    }

    fn read_differences(&self, test: &Test, request: &Request, bytes: &[u8]) -> Vec<String> {
        let reading = reading();
        let proven = self
            .empty_or_good(bytes)
            .and_then(|is_empty| {
                if is_empty && test.kind != "step" {
                    return Ok(Page::default());
                }
                self.page(request.read_as(), bytes, &reading)
                    .map_err(|fault| fault.to_string())
            })
            .and_then(|page| self.told_here(page));
        match proven {
            Err(_) if test.refused => Vec::new(),
            Err(why) => vec![format!("the answer was refused: {why}")],
            Ok(_) if test.refused => {
                vec!["the answer was believed, and must be refused".to_owned()]
            }
            Ok(page) => compare(test, request, &page),
        }
    }

    /// The page, unless it is tried in an environment and says that it is of another one (P17).
    fn told_here(&self, page: Page) -> Result<Page, String> {
        let said = page.ahead.environment.as_deref();
        match self.environment().and_then(|_| self.elsewhere(said)) {
            Some(why) => Err(why),
            None => Ok(page),
        }
    }

    /// A write is tried on the step `1` of the episode `LE-1`, with the text `text`.
    fn write_differences(&self, test: &Test, name: &str, bytes: &[u8]) -> Vec<String> {
        let effect = effect(name, &test.flag);
        let headers = test.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.clone()));
        let headers: BTreeMap<String, String> = headers.collect();
        let tried = self.parts(name).and_then(|parts| {
            let operation = parts.first().copied().ok_or("there is nothing to try")?;
            let reply = Reply {
                bytes,
                charset: None,
                headers: &headers,
            };
            let mut shown = match &operation.read_back {
                Some(back) => self.shows(operation, back, &effect, bytes, None),
                None => Ok(Shown::No),
            };
            let mut carried = Some(Carried::default());
            if let Some(before) = &operation.before {
                match self.beforehand(operation, before, &effect, reply) {
                    Err(fault) => shown = Err(fault),
                    Ok(Beforehand::Write(read)) => carried = Some(read),
                    Ok(Beforehand::Refused(why)) => return Err(why),
                    Ok(Beforehand::Done | Beforehand::Half) => carried = None,
                }
            }
            let shown = shown.map_err(|fault| fault.to_string())?;
            let put = carried.map(|carried| self.write_request(operation, &effect, &carried));
            let put = put.transpose().map_err(|fault| fault.to_string())?;
            Ok((shown == Shown::Yes, put))
        });
        match tried {
            Err(_) if test.refused => Vec::new(),
            Err(why) => vec![format!("the write was refused: {why}")],
            Ok(_) if test.refused => vec!["the write was tried, and must be refused".to_owned()],
            Ok((shown, put)) => {
                let mut differences = Vec::new();
                if test.shown.is_some_and(|wanted| wanted != shown) {
                    differences.push(format!("shown: wanted {}, got {shown}", !shown));
                }
                differences.extend(self.sent_otherwise(test, put.as_ref()));
                differences
            }
        }
    }
}

pub(super) fn effect(operation: &str, flag: &str) -> Effect {
    let (text, flag) = ("text".to_owned(), flag.to_owned());
    Effect {
        key: "test".to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("1")),
        act: match operation {
            "flag" => Act::Flag { flag },
            "unflag" => Act::Unflag { flag },
            "reopen" => Act::Reopen { text },
            "notice" => Act::Notice { text },
            "sample_list" => Act::SampleList {
                cycle: "cycle".to_owned(),
                episodes: vec![EpisodeId::from("LE-1"), EpisodeId::from("LE-2")],
                certificate: Digest::of(b"certificate"),
            },
            "answer_task" => Act::AnswerTask {
                task: TaskId::from("task"),
                text,
            },
            "due" => Act::Due {
                due: date(2026, 12, 4),
            },
            _ => Act::Note { text },
        },
        rule: String::new(),
        cause: String::new(),
        audience: Vec::new(),
        due_at: Timestamp::UNIX_EPOCH,
        daily: false,
    }
}

fn compare(test: &Test, request: &Request, page: &Page) -> Vec<String> {
    let mut differences = Vec::new();
    if page.count == 0 && test.good.is_some_and(|wanted| wanted > 0) {
        let (record, root) = (request.record.written(), &request.root);
        differences.push(format!(
            "nothing stands at `{record}` below the root `{root}`"
        ));
    }
    for (what, wanted, got) in [
        ("good records", test.good, page.records.len()),
        (
            "records set aside",
            test.quarantined,
            page.quarantined.len(),
        ),
        (
            "steps named and not shown",
            test.mentioned,
            page.mentions.len() + page.named.len(),
        ),
    ] {
        if let Some(wanted) = wanted.filter(|wanted| usize::try_from(*wanted) != Ok(got)) {
            differences.push(format!("{what}: wanted {wanted}, got {got}"));
        }
    }
    if test.quarantined.is_some() && !differences.is_empty() {
        let why = |one: &Quarantined| format!("set aside at `{}`: {}", one.path, one.reason);
        differences.extend(page.quarantined.iter().map(why));
    }
    // Values are asked of the page's records by a pointer into their JSON: `/0/status`.
    let json = if request.names_only() {
        serde_json::to_value(&page.named)
    } else {
        serde_json::to_value(&page.records)
    };
    let json = json.unwrap_or_default();
    differences.extend(pointed(test, &json));
    differences
}
