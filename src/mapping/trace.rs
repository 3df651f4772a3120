//! Which value of an answer is taken by which rule of the mapping, and which by none? For whoever writes one.

use std::collections::BTreeMap;

use super::compile::Mapping;
use super::document::Element;
use super::envelope::Envelope;
use super::page_fault::PageFault;
use super::path::Path;
use super::plan::Rule;
use super::request::Request;
use super::trie::Trie;
use super::walk::{Task, Whole, document};
use super::xml::line_at;

/// One value of an answer: where it stands and who takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Path from the root, such as `issues/issue/status/@name`.
    pub path: String,
    /// Line in the answer, from 1.
    pub line: usize,
    /// The value as it stands there. May be narrative: for the engineer's screen only.
    pub value: String,
    /// The mapping's keys that take it, each with its line: `facts.evaluation.path (line 31)`; none if it is left
    /// unmapped.
    pub rules: Vec<String>,
}

/// The rules that take an element, or an attribute of it.
type Takers = BTreeMap<(u32, Option<String>), Vec<String>>;

impl Mapping {
    /// Every value of an answer to the feed's request; nothing of it is passed over.
    pub fn trace(&self, bytes: &[u8]) -> Result<Vec<Trace>, PageFault> {
        self.trace_of(&self.feed, bytes)
    }

    /// What a request takes of the first answer of a step in pieces, besides what the record is.
    pub(super) fn trace_around(&self, request: &Request, bytes: &[u8]) -> Vec<Trace> {
        let mut traced = self.trace_of(request, bytes).unwrap_or_default();
        for one in &mut traced {
            one.rules.retain(|rule| !rule.contains(" (line"));
        }
        traced.retain(|one| !one.rules.is_empty());
        traced
    }

    /// Every value of an answer to a request.
    pub fn trace_of(&self, request: &Request, bytes: &[u8]) -> Result<Vec<Trace>, PageFault> {
        let from = self.way_to_record(request);
        let rules = self.rules_of(request).iter();
        let rules: Vec<(String, Path)> = rules
            .map(|rule| (said(&rule.key, rule.line), from.then(&rule.path)))
            .chain(request.around())
            .collect();
        let paths: Vec<&Path> = rules.iter().map(|(_, path)| path).collect();
        let whole = self.everything(request, bytes, &paths)?;
        let mut takers = Takers::new();
        for (rule, path) in &rules {
            path.each(whole.root(), |element| {
                let attribute = path.attribute.as_ref().map(|name| name.local.clone());
                // In JSON an attribute is a member.
                let key = match (attribute, element.arena.json) {
                    (Some(name), true) => element
                        .member(&name)
                        .map_or((element.index, Some(name)), |member| (member.index, None)),
                    (attribute, _) => (element.index, attribute),
                };
                takers.entry(key).or_default().push(rule.clone());
            });
        }
        let mut all = Vec::new();
        let mut lines = Lines(&whole.text, 0, 1);
        list(whole.root(), "", &takers, &mut lines, &mut all);
        Ok(all)
    }

    /// How many parts of each rule's path, in the order of the plan, lead to something in an answer to a request.
    pub(super) fn parts_found(
        &self,
        request: &Request,
        bytes: &[u8],
    ) -> Result<Vec<usize>, PageFault> {
        let from = self.way_to_record(request);
        let rules = self.rules_of(request).iter();
        let paths: Vec<Path> = rules.map(|rule| from.then(&rule.path)).collect();
        let whole = self.everything(request, bytes, &paths.iter().collect::<Vec<_>>())?;
        let first = from.moves.len();
        let parts = |path: &Path| {
            (first + 1..=path.moves.len())
                .take_while(|parts| path.reaches(*parts, &whole.root()))
                .count()
        };
        Ok(paths.iter().map(parts).collect())
    }

    /// The rules that take something of its records; a list that only names steps has nothing of a record.
    fn rules_of(&self, request: &Request) -> &[Rule] {
        if request.names_only() {
            &[]
        } else {
            &self.plan.rules
        }
    }

    /// The path from the root of an answer to where the paths of a record begin.
    fn way_to_record(&self, request: &Request) -> Path {
        let mut from = request.record.clone();
        if self.group.is_some() {
            // Inside a group, paths begin with the row's own name.
            from.moves.pop();
        }
        from
    }

    /// A whole answer, with all that these paths from its root name.
    fn everything<'b>(
        &self,
        request: &Request,
        bytes: &'b [u8],
        paths: &[&Path],
    ) -> Result<Whole<'b>, PageFault> {
        let everything = Request {
            record: Path::default(),
            ..request.clone()
        };
        let mut limits = self.limits;
        limits.values = i64::from(i32::MAX);
        let bare = Envelope::default();
        let task = Task {
            request: &everything,
            envelope: if request.bare { &bare } else { &self.envelope },
            limits,
            wanted: &Trie::whole(
                paths.iter().copied(),
                request.format == super::limits::Format::Json,
            ),
            rows: false,
        };
        document(bytes, None, task)
    }
}

/// A rule with its line.
fn said(key: &str, line: usize) -> String {
    format!("{key} (line {line})")
}

/// Counts lines on and on: elements come in the order of the text.
struct Lines<'t>(&'t str, usize, usize);

impl Lines<'_> {
    fn at(&mut self, at: usize) -> usize {
        if let Some(passed) = self.0.get(self.1..at) {
            self.2 += line_at(passed, passed.len()) - 1;
            self.1 = at;
        }
        self.2
    }
}

fn list(
    element: Element<'_>,
    above: &str,
    takers: &Takers,
    lines: &mut Lines<'_>,
    all: &mut Vec<Trace>,
) {
    let path = match (above, element.name()) {
        (above, "") => above.to_owned(),
        ("", name) => name.to_owned(),
        (above, name) => format!("{above}/{name}"),
    };
    let line = lines.at(element.at());
    let rules = |attribute: Option<&str>| {
        let key = (element.index, attribute.map(str::to_owned));
        takers.get(&key).cloned().unwrap_or_default()
    };
    for (name, value) in element.attributes() {
        all.push(Trace {
            path: format!("{path}/@{name}"),
            line,
            value: value.to_owned(),
            rules: rules(Some(name)),
        });
    }
    let text = element.own_text().trim();
    let own = rules(None);
    // An element that only carries attributes has been told by them.
    let bare = element.children().next().is_none() && element.attributes().next().is_none();
    if bare || !text.is_empty() || !own.is_empty() {
        all.push(Trace {
            path: path.clone(),
            line,
            value: text.to_owned(),
            rules: own,
        });
    }
    for child in element.children() {
        list(child, &path, takers, lines, all);
    }
}
