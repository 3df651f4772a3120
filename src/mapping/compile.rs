//! Does a mapping file make sense, and what does it promise?
//!
//! Everything that can be known wrong without a case system is found here, all at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::fault::{Fault, nearest};
use super::language::{AuthStyle, File, Operation, Proof, Request, Style, Test};
use super::path::Path;
use super::writing;
use crate::practice::episode::{Role, Stage, StepStatus};
use crate::practice::fact::{Fact, FactKind};
use crate::practice::sighting::Direction;

const OPERATIONS: [&str; 6] = ["note", "flag", "unflag", "reopen", "notice", "sample_list"];
const CAPABILITIES: [&str; 3] = ["callout", "task", "callback"];

/// A mapping, compiled.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) values: BTreeMap<String, String>,
    pub(super) proof: Proof,
    pub(super) auth: AuthStyle,
    pub(super) feed: Request,
    pub(super) sweep: Option<Request>,
    pub(super) step: Option<Request>,
    pub(super) id: Path,
    pub(super) status: Path,
    pub(super) statuses: BTreeMap<String, StepStatus>,
    pub(super) stage: Path,
    pub(super) stages: BTreeMap<String, Stage>,
    pub(super) ignore: BTreeSet<String>,
    pub(super) only_when: Option<(Path, Vec<String>)>,
    pub(super) places: BTreeMap<&'static str, Path>,
    pub(super) zone: TimeZone,
    pub(super) people: BTreeMap<Role, Path>,
    pub(super) links: Vec<(Path, Direction, bool)>,
    pub(super) facts: BTreeMap<Fact, FactPlace>,
    pub(super) write: BTreeMap<String, Operation>,
    pub(super) text_limit_chars: usize,
    pub(super) capabilities: BTreeSet<String>,
    pub(super) tests: Vec<Test>,
}

/// Where a fact stands and how it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct FactPlace {
    pub(super) path: Path,
    pub(super) vocabulary: Option<BTreeMap<String, String>>,
    /// Its text is HTML, whose tags do not count.
    pub(super) html: bool,
    /// It is counted by texts: each that is not empty is one.
    pub(super) texts: bool,
    pub(super) columns: BTreeMap<&'static str, Path>,
}

impl Mapping {
    /// Reads a mapping file; every fault at once.
    pub fn compile(file_name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let mut desk = Desk {
            file: file_name,
            text,
            faults: Vec::new(),
        };
        let compiled = desk.read().and_then(|file| desk.compile(file));
        match compiled {
            Some(mapping) if desk.faults.is_empty() => Ok(mapping),
            _ => Err(desk.faults),
        }
    }

    /// The facts that it can provide.
    pub fn facts(&self) -> BTreeSet<Fact> {
        self.facts.keys().copied().collect()
    }

    /// What the case system can do: `feed`, `sweep`, `step`, `write.note` …, and what the file declares.
    pub fn capabilities(&self) -> BTreeSet<String> {
        let mut all = self.capabilities.clone();
        all.insert("feed".to_owned());
        if self.sweep.is_some() {
            all.insert("sweep".to_owned());
        }
        if self.step.is_some() {
            all.insert("step".to_owned());
        }
        all.extend(self.write.keys().map(|name| format!("write.{name}")));
        all
    }

    /// Replaces or adds a template value (`[values]`), such as a field number of one environment.
    #[must_use]
    pub fn with_value(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What an answer must be.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// How we say who we are.
    pub fn auth(&self) -> &AuthStyle {
        &self.auth
    }
}

struct Desk<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

impl Desk<'_> {
    /// A misspelt key is noted, its line taken out, and the rest read on, so that one look shows all.
    fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let mut text = self.text.to_owned();
        for _ in 0..50 {
            let error = match toml::from_str(&text) {
                Ok(file) => return Some(file),
                Err(error) => error,
            };
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().to_owned();
            let mut words = message.split('`').skip(1).step_by(2);
            let misspelt = message.starts_with("unknown field");
            let word = words.next().unwrap_or_default().to_owned();
            let help = nearest(&word, words)
                .filter(|_| misspelt)
                .map(|near| format!("did you mean `{near}`?"));
            self.fault(at, message.lines().next().unwrap_or_default(), help);
            if !misspelt || !blank_line(&mut text, at) {
                return None;
            }
        }
        None
    }

    fn fault(&mut self, at: usize, message: &str, help: Option<String>) {
        let line = self
            .text
            .get(..at)
            .map_or(0, |before| before.matches('\n').count() + 1);
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line,
            message: message.to_owned(),
            help,
        });
    }

    fn path(&mut self, written: &Spanned<String>) -> Path {
        Path::parse(written.get_ref()).unwrap_or_else(|message| {
            self.fault(written.span().start, &message, None);
            Path::default()
        })
    }

    /// Reads one of our own words by its serde name.
    fn word<T: DeserializeOwned>(
        &mut self,
        at: usize,
        word: &str,
        what: &str,
        known: &[&str],
    ) -> Option<T> {
        let read = serde_json::from_value(serde_json::Value::from(word)).ok();
        if read.is_none() {
            let help = nearest(word, known.iter().copied()).map_or_else(
                || format!("known are: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.fault(at, &format!("`{word}` is no {what}"), Some(help));
        }
        read
    }

    fn compile(&mut self, file: File) -> Option<Mapping> {
        let statuses = self.statuses(&file);
        let stage_at = file.stages.path.span().start;
        let mut stages = BTreeMap::new();
        for (theirs, ours) in &file.stages.is {
            if let Some(stage) = self.word(stage_at, ours, "stage", &Stage::ALL.map(Stage::name)) {
                stages.insert(theirs.clone(), stage);
            }
        }
        let people = self.people(&file);
        let links = self.links(&file);
        let facts = self.facts(&file);
        self.operations(&file);
        self.declared(&file);
        let auth = self.auth(&file);
        let zone = TimeZone::get(&file.record.zone).ok();
        if zone.is_none() {
            self.fault(0, &format!("`{}` is no time zone", file.record.zone), None);
        }
        Some(Mapping {
            values: file.values,
            proof: file.proof,
            auth,
            feed: file.feed,
            sweep: file.sweep,
            step: file.step,
            id: self.path(&file.record.id),
            status: self.path(&file.record.status),
            statuses,
            stage: self.path(&file.stages.path),
            stages,
            ignore: file.stages.ignore.into_iter().collect(),
            only_when: file.only_when.map(|only| (self.path(&only.path), only.is)),
            places: self.record(&file.record),
            zone: zone?,
            people,
            links,
            facts,
            write: file
                .write
                .into_iter()
                .map(|(name, op)| (name.into_inner(), op))
                .collect(),
            text_limit_chars: file.text_limit_chars,
            capabilities: file.capabilities.into_iter().collect(),
            tests: file.test,
        })
    }

    fn record(&mut self, record: &super::language::Record) -> BTreeMap<&'static str, Path> {
        self.places(&[
            ("version", &record.version),
            ("modified", &record.modified),
            ("incoming", &record.incoming),
            ("started", &record.started),
            ("completed", &record.completed),
            ("reopened", &record.reopened),
            ("cancelled", &record.cancelled),
            ("due", &record.due),
            ("assignee", &record.assignee),
            ("reference", &record.reference),
            ("cycle", &record.cycle),
            ("child", &record.child),
            ("locked", &record.locked),
        ])
    }

    fn declared(&mut self, file: &File) {
        for capability in &file.capabilities {
            if !CAPABILITIES.contains(&capability.as_str()) {
                self.fault(
                    0,
                    &format!("`{capability}` is no capability"),
                    Some(format!("known are: {}", CAPABILITIES.join(", "))),
                );
            }
        }
        for request in [Some(&file.feed), file.sweep.as_ref(), file.step.as_ref()]
            .into_iter()
            .flatten()
        {
            self.request(request);
        }
    }

    fn auth(&mut self, file: &File) -> AuthStyle {
        match (file.auth.style, &file.auth.header) {
            (Style::None, _) => AuthStyle::None,
            (Style::Basic, _) => AuthStyle::Basic,
            (Style::Bearer, _) => AuthStyle::Bearer,
            (Style::Header, Some(name)) => AuthStyle::Header(name.clone()),
            (Style::Header, None) => {
                self.fault(
                    0,
                    "`[auth] style = \"header\"` needs `header`, the header's name",
                    None,
                );
                AuthStyle::None
            }
        }
    }

    fn places(
        &mut self,
        all: &[(&'static str, &Option<Spanned<String>>)],
    ) -> BTreeMap<&'static str, Path> {
        all.iter()
            .filter_map(|(name, written)| Some((*name, self.path(written.as_ref()?))))
            .collect()
    }

    fn request(&mut self, request: &Request) {
        if let Err(why) = writing::check(&request.path) {
            self.fault(
                0,
                &format!("the template `{}` cannot be read: {why}", request.path),
                None,
            );
        }
        for written in [
            Some(&request.record),
            request.total.as_ref(),
            request.next.as_ref(),
            request.server_time.as_ref(),
        ]
        .into_iter()
        .flatten()
        {
            if let Err(message) = Path::parse(written) {
                self.fault(0, &message, None);
            }
        }
    }

    fn statuses(&mut self, file: &File) -> BTreeMap<String, StepStatus> {
        let at = file.record.status.span().start;
        let known = [
            "proposed",
            "incoming",
            "started",
            "completed",
            "reopened",
            "cancelled",
        ];
        let Some(vocabulary) = file.vocabularies.get("status") else {
            self.fault(
                at,
                "`[vocabularies.status]` is missing",
                Some("say what each of their statuses means".to_owned()),
            );
            return BTreeMap::new();
        };
        vocabulary
            .iter()
            .filter_map(|(theirs, ours)| {
                Some((theirs.clone(), self.word(at, ours, "status", &known)?))
            })
            .collect()
    }

    fn people(&mut self, file: &File) -> BTreeMap<Role, Path> {
        let known = [
            "practitioner",
            "practice_reviewer",
            "supervisor",
            "service_manager",
            "qa_manager",
            "head_of_service",
            "operational_manager",
        ];
        let mut people = BTreeMap::new();
        for (role, written) in &file.people {
            let path = self.path(written);
            if let Some(role) = self.word(written.span().start, role, "role", &known) {
                people.insert(role, path);
            }
        }
        people
    }

    fn links(&mut self, file: &File) -> Vec<(Path, Direction, bool)> {
        let mut links = Vec::new();
        for row in &file.links {
            let path = self.path(&row.path);
            let at = row.path.span().start;
            if let Some(direction) = self.word(
                at,
                &row.direction,
                "direction",
                &["previous", "next", "related"],
            ) {
                links.push((path, direction, row.immediate));
            }
        }
        links
    }

    fn facts(&mut self, file: &File) -> BTreeMap<Fact, FactPlace> {
        let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        let mut facts = BTreeMap::new();
        for (name, row) in &file.facts {
            let at = name.span().start;
            let mut place = FactPlace {
                path: self.path(&row.path),
                vocabulary: None,
                html: row.html,
                texts: row.texts,
                columns: self.places(&[
                    ("key", &row.key),
                    ("code", &row.code),
                    ("owner", &row.owner),
                    ("due", &row.due),
                    ("progress_on", &row.progress_on),
                ]),
            };
            if let Some(wanted) = &row.vocabulary {
                place.vocabulary = file.vocabularies.get(wanted).cloned();
                if place.vocabulary.is_none() {
                    let help = nearest(wanted, file.vocabularies.keys().map(String::as_str))
                        .map(|near| format!("did you mean `{near}`?"));
                    self.fault(at, &format!("there is no `[vocabularies.{wanted}]`"), help);
                }
            }
            if let Some(fact) = self.word::<Fact>(at, name.get_ref(), "fact", &known) {
                self.codes(at, fact, &place);
                facts.insert(fact, place);
            }
        }
        facts
    }

    /// A vocabulary that leads to a code nobody knows would be found only on the day it matters.
    fn codes(&mut self, at: usize, fact: Fact, place: &FactPlace) {
        let FactKind::Code(codes) = fact.kind() else {
            return;
        };
        for ours in place.vocabulary.iter().flat_map(BTreeMap::values) {
            if !codes.is_empty() && !codes.contains(&ours.as_str()) {
                self.fault(
                    at,
                    &format!("`{ours}` is no code of `{}`", fact.name()),
                    Some(format!("known are: {}", codes.join(", "))),
                );
            }
        }
    }

    fn operations(&mut self, file: &File) {
        for (name, operation) in &file.write {
            let at = name.span().start;
            if !OPERATIONS.contains(&name.get_ref().as_str()) {
                let help = nearest(name.get_ref(), OPERATIONS)
                    .map(|near| format!("did you mean `{near}`?"));
                self.fault(at, &format!("`{}` is no operation", name.get_ref()), help);
            }
            if !["POST", "PUT", "PATCH", "DELETE"].contains(&operation.method.as_str()) {
                self.fault(
                    at,
                    &format!("`{}` is no method that writes", operation.method),
                    None,
                );
            }
            let back = operation.read_back.as_ref();
            let also = back.and_then(|back| back.also.as_ref());
            let templates = [
                Some(&operation.path),
                Some(&operation.body),
                back.map(|back| &back.path),
                back.map(|back| &back.contains),
                also.map(|also| &also.is),
            ];
            for template in templates.into_iter().flatten() {
                if let Err(why) = writing::check(template) {
                    self.fault(
                        at,
                        &format!("a template of `{}` cannot be read: {why}", name.get_ref()),
                        None,
                    );
                }
            }
            for written in [back.map(|back| &back.find), also.map(|also| &also.find)]
                .into_iter()
                .flatten()
            {
                if let Err(message) = Path::parse(written) {
                    self.fault(at, &message, None);
                }
            }
        }
    }
}

/// Blanks the line that byte `at` stands on; false if there is none.
fn blank_line(text: &mut String, at: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(at) else {
        return false;
    };
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = after.find('\n').map_or(text.len(), |newline| at + newline);
    if text
        .get(start..end)
        .is_none_or(|line| line.trim().is_empty() || line.trim_start().starts_with('['))
    {
        return false;
    }
    text.replace_range(start..end, &" ".repeat(end - start));
    true
}
