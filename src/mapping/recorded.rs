//! What do the recorded answers say against the mapping? Words that it does not know, and paths that lead nowhere.
//!
//! For `check`: a mapping that reads yesterday's answers is the best promise that it reads tomorrow's (M28). What a
//! `[[test]]` expects to be set aside or refused is no fault.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::compile::{MANUAL, Mapping};
use super::environment::Site;
use super::hanging::causes;
use super::keying::ChildKeying;
use super::language::Test;
use super::page::Quarantined;
use super::record::Reading;
use super::request::Request;
use super::trace::Trace;
use crate::practice::ids::SourceName;
use crate::practice::sighting::Road;
use crate::shape::{self, Fault};

/// What the recorded answers have.
#[derive(Default)]
struct Seen<'t> {
    /// The requests that they answer.
    kinds: BTreeSet<&'t str>,
    /// Those in whose answers a record was found.
    full: BTreeSet<&'t str>,
    /// The answers in which one should be found and was not, by request.
    bare: BTreeMap<&'t str, Vec<String>>,
    /// The keys of the rules that took something.
    taken: BTreeSet<String>,
    /// How many parts of each rule's path led to something.
    reached: Vec<usize>,
}

impl<'t> Seen<'t> {
    fn take(&mut self, test: &'t Test, traced: &[Trace], reached: &[usize]) {
        self.kinds.insert(test.kind.as_str());
        let rules = traced.iter().flat_map(|one| &one.rules);
        self.taken
            .extend(rules.map(|rule| match rule.split_once(" (line") {
                Some((rule, _)) => rule.to_owned(),
                // What stands around the records is of the request.
                None => format!("{}.{rule}", test.kind),
            }));
        for (most, now) in self.reached.iter_mut().zip(reached) {
            *most = (*most).max(*now);
        }
    }
}

impl Mapping {
    /// Whether any answer has been recorded for it.
    pub fn has_tests(&self) -> bool {
        self.tests
            .iter()
            .any(|test| self.read_by(test).is_some() && !test.refused)
    }

    /// Everything that the recorded answers say against the mapping; `recorded` gives the bytes of a body by its
    /// name, or says why not. Faults of a body carry the body's name, as `tests/NAME`.
    pub fn recorded_faults(
        &self,
        recorded: impl Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut seen = Seen {
            reached: vec![0; self.plan.rules.len()],
            ..Seen::default()
        };
        for test in self.tests.iter().filter(|test| !test.refused) {
            let Some(request) = self.read_by(test) else {
                continue;
            };
            let file = format!("tests/{}", test.body);
            let whole = |message: String, help: &str| Fault {
                file: file.clone(),
                line: 0,
                message,
                help: Some(help.to_owned()),
            };
            let bytes = match recorded(&test.body) {
                Ok(bytes) => bytes,
                Err(why) => {
                    faults.push(whole(why, "record it, or take the test out of the mapping"));
                    continue;
                }
            };
            let first = bytes.clone();
            let bytes = match self.in_one(test, bytes, &recorded) {
                Ok(bytes) => bytes,
                Err(why) => {
                    faults.push(whole(
                        why,
                        "mend the mapping, or say `refused = true` in its test",
                    ));
                    continue;
                }
            };
            // An answer of another environment has that one's numbers.
            let elsewhere = self.of_test(test);
            let mapping = elsewhere.as_ref().unwrap_or(self);
            // What says that there are no rows leads nowhere, as it should.
            if test.kind != "step" && mapping.empty_or_good(&bytes) == Ok(true) {
                continue;
            }
            let page = match mapping.page(request.read_as(), &bytes, &reading()) {
                Ok(page) => page,
                Err(why) => {
                    let help = "mend the mapping, or say `refused = true` in its test";
                    faults.push(whole(format!("the answer is refused: {why}"), help));
                    continue;
                }
            };
            let traced = mapping.trace_of(request.read_as(), &bytes);
            let mut traced = traced.unwrap_or_default();
            if !request.also().is_empty() {
                traced.extend(mapping.trace_around(request, &first));
            }
            let reached = mapping.parts_found(request.read_as(), &bytes);
            seen.take(test, &traced, &reached.unwrap_or_default());
            if page.count > 0 {
                seen.full.insert(test.kind.as_str());
            } else if test.good != Some(0) {
                let bare = seen.bare.entry(test.kind.as_str());
                bare.or_default().push(file.clone());
            }
            let expected = test.quarantined.unwrap_or(0);
            if usize::try_from(expected) != Ok(page.quarantined.len()) {
                let set_aside = page.quarantined.iter();
                faults.extend(set_aside.map(|bad| set_aside_at(&file, bad, &traced)));
            }
        }
        faults.extend(self.nowhere(seen));
        faults
    }

    /// What leads nowhere in all of them.
    fn nowhere(&self, mut seen: Seen<'_>) -> Vec<Fault> {
        if seen.kinds.is_empty() {
            return Vec::new();
        }
        seen.bare.retain(|kind, _| !seen.full.contains(kind));
        let bare = seen.bare.iter();
        let mut nowhere: Vec<Fault> = bare
            .map(|(kind, bodies)| self.without_records(kind, bodies))
            .collect();
        // Where there is no record at all, its paths lead nowhere, and nothing is known of them.
        if nowhere.is_empty() || !seen.full.is_empty() {
            nowhere.extend(self.leading_nowhere(&seen.taken, &seen.reached));
        }
        nowhere.extend(self.around_nowhere(&seen.kinds, &seen.taken));
        nowhere.sort_by_key(|fault| fault.line);
        nowhere
    }

    /// The mapping as it is in a test's own environment; none if that is the one at hand.
    fn of_test(&self, test: &Test) -> Option<Self> {
        let site = Site {
            environment: Some(test.environment.clone()?),
            ..self.site.clone()
        };
        let own = site.environment == self.site.environment;
        let (file, written) = &self.file;
        // That it compiles there is told by the test itself.
        (!own).then(|| Self::compile_for(file, written, &site).ok())?
    }

    /// The request that a test's body answers; none for one of a write.
    fn read_by(&self, test: &Test) -> Option<&Request> {
        self.asked_as(&test.kind)
    }

    fn asked_as(&self, kind: &str) -> Option<&Request> {
        match kind {
            "feed" => Some(&self.feed),
            "sweep" => self.sweep.as_ref(),
            "step" => self.step.as_ref(),
            _ => None,
        }
    }

    /// The paths around the records that no recorded answer of their request has: a next page, a total, a time.
    fn around_nowhere(&self, kinds: &BTreeSet<&str>, taken: &BTreeSet<String>) -> Vec<Fault> {
        let (file, text) = &self.file;
        let lines = shape::compare(text, &shape::manual(MANUAL, "")).lines;
        let around = kinds.iter().flat_map(|kind| {
            let request = self.asked_as(kind).into_iter().flat_map(Request::around);
            request.map(move |(name, path)| (format!("{kind}.{name}"), name, path))
        });
        let around: Vec<_> = around.collect();
        // Where one list has it, another may be too short to have it.
        let known = around.iter().filter(|(key, ..)| taken.contains(key));
        let known: BTreeSet<&str> = known.map(|(_, _, path)| path.written()).collect();
        let mut faults = Vec::new();
        for (key, name, path) in &around {
            if !known.contains(path.written()) {
                let help = match name.as_str() {
                    "next" => {
                        "record a page that is followed by another one; while it leads nowhere, one page is read"
                    }
                    _ => "compare it with `greentick mapping try`, or record an answer that has it",
                };
                faults.push(Fault {
                    file: file.clone(),
                    line: lines.of(key),
                    message: format!(
                        "`{key}` leads to nothing in any recorded answer (`{}`)",
                        path.written()
                    ),
                    help: Some(help.to_owned()),
                });
            }
        }
        faults
    }

    /// The paths of a record that no recorded answer has. A place told by another word (`or`) may be of another
    /// version of a form.
    fn leading_nowhere(&self, taken: &BTreeSet<String>, reached: &[usize]) -> Vec<Fault> {
        let mut told = BTreeSet::new();
        // Whom an answer is about stands at few of them, and a form says it for all of its facts.
        let of_subject = |key: &str| key.starts_with("facts.") && key.ends_with(".subject");
        let subjects = taken.iter().any(|key| of_subject(key));
        let rules = self.plan.rules.iter().enumerate();
        let rules = rules.filter(|(_, rule)| {
            let key = &rule.key;
            let may_lack = key.contains(".or[") || (subjects && of_subject(key));
            !taken.contains(key) && !may_lack && told.insert(key)
        });
        causes(&self.file.0, rules, reached)
    }

    /// That a request's `record` finds nothing in what was recorded for it.
    fn without_records(&self, kind: &str, bodies: &[String]) -> Fault {
        let (file, text) = &self.file;
        let lines = shape::compare(text, &shape::manual(MANUAL, "")).lines;
        let key = format!("{kind}.record");
        let path = self.asked_as(kind).map(|request| request.record.written());
        let (path, bodies) = (path.unwrap_or_default(), bodies.join("`, `"));
        let message = format!("`{key}` finds nothing in `{bodies}` (`{path}`)");
        Fault::at(file, lines.of(&key), message).help(
            "compare it with `greentick mapping try`; if nothing is meant to be there, say `good = 0` in the test",
        )
    }
}

fn reading() -> Reading {
    Reading {
        source: SourceName::from("recorded"),
        now: Timestamp::UNIX_EPOCH,
        road: Road::Feed,
        charset: None,
        keying: ChildKeying::new(b"recorded"),
    }
}

/// A record that was set aside, on the line of the word that nobody knows, if it is one.
fn set_aside_at(file: &str, bad: &Quarantined, traced: &[Trace]) -> Fault {
    let word = bad.reason.split('`').nth(1);
    let line = word.and_then(|word| {
        let one = traced
            .iter()
            .find(|one| one.value == word && !one.rules.is_empty());
        one.map(|one| one.line)
    });
    let help = match word {
        Some(word) => format!(
            "add `{word}` to the vocabulary of `{}`, or say in the test how many are `quarantined`",
            bad.path
        ),
        None => "mend the path, or say in the test how many are `quarantined`".to_owned(),
    };
    Fault {
        file: file.to_owned(),
        line: line.unwrap_or(0),
        message: format!("a record is set aside: {} (at `{}`)", bad.reason, bad.path),
        help: Some(help),
    }
}
