//! Does a mapping file make sense, and what does it promise?
//!
//! Everything that can be known wrong without a case system is found here, all at once, each fault on
//! its own line.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::door_tables::{Callback, Callout};
use super::envelope::Envelope;
use super::environment::Site;
use super::fault::Fault;
use super::grants::GrantRow;
use super::language::{File, Test};
use super::limits::{Format, Limits};
use super::path::Path;
use super::path_text::Namespaces;
use super::plan::{Plan, Rule};
use super::request::Request;
use super::tasks::Tasks;
use super::template;
use super::write_table::Operation;
use crate::practice::episode::{Role, Stage, StepStatus};
use crate::practice::fact::{Fact, FactKind};
use crate::practice::sighting::Direction;
use crate::shape::{self, Lines};

/// The manual: every key of a mapping file and a sentence about it.
pub const MANUAL: &str = include_str!("manual.toml");

/// A mapping, compiled.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The file as it was named, and its text: its tests may want it read for another environment.
    pub(super) file: (String, String),
    pub(super) site: Site,
    pub(super) values: BTreeMap<String, String>,
    pub(super) client: Client,
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
    pub(super) places: BTreeMap<String, Path>,
    pub(super) zone: TimeZone,
    pub(super) people: BTreeMap<Role, Path>,
    pub(super) links: Vec<(Path, Direction, bool)>,
    pub(super) facts: BTreeMap<Fact, FactPlace>,
    pub(super) blank: BTreeSet<Fact>,
    pub(super) flags: BTreeMap<String, String>,
    pub(super) write: BTreeMap<String, Operation>,
    pub(super) tasks: Option<Tasks>,
    pub(super) callback: Option<Callback>,
    pub(super) callout: Option<Callout>,
    pub(super) text_limit_chars: usize,
    /// Only the Basic Multilingual Plane can be kept.
    pub(super) text_bmp: bool,
    pub(super) capabilities: BTreeSet<String>,
    pub(super) grants: BTreeMap<String, GrantRow>,
    pub(super) tests: Vec<Test>,
    pub(super) format: Format,
    pub(super) limits: Limits,
    pub(super) envelope: Envelope,
    pub(super) namespaces: Namespaces,
    pub(super) plan: Plan,
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
    pub(super) columns: BTreeMap<String, Path>,
}

impl Mapping {
    /// Reads a mapping file as it stands, for no site in particular; see [`Mapping::compile_for`].
    pub fn compile(file_name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        Self::compile_for(file_name, text, &Site::default())
    }

    /// Reads a mapping file for a site; every fault at once, in the order of the file.
    pub fn compile_for(file_name: &str, text: &str, site: &Site) -> Result<Self, Vec<Fault>> {
        let mut shaped = shape::compare(text, &shape::manual(MANUAL, ""));
        let mut desk = Desk {
            file: file_name,
            text,
            site,
            values: BTreeMap::new(),
            lines: shaped.lines,
            faults: Vec::new(),
            spaces: Namespaces::new(),
            rules: Vec::new(),
            loose_paths: Vec::new(),
        };
        desk.settle(&mut shaped.table);
        for flaw in shaped.flaws {
            desk.faults.push(Fault {
                file: file_name.to_owned(),
                line: flaw.line,
                message: flaw.message,
                help: flaw.help,
            });
        }
        // Of a file that breaks off nothing more can be said for sure.
        let read = shaped.whole.then(|| shaped.table.try_into::<File>());
        let compiled = match read {
            Some(Ok(file)) => desk.compile(file),
            Some(Err(why)) => {
                desk.fault("", why.message(), None);
                None
            }
            None => None,
        };
        desk.faults.sort_by_key(|fault| fault.line);
        match compiled {
            Some(mapping) if desk.faults.is_empty() => Ok(mapping),
            _ => Err(desk.faults),
        }
    }

    /// The facts that it can provide, those that are always blank included.
    pub fn facts(&self) -> BTreeSet<Fact> {
        let blank = self.blank.iter().copied();
        self.facts.keys().copied().chain(blank).collect()
    }

    /// What the case system can do: `feed`, `sweep`, `step`, `write.note` …, and what the file declares.
    /// An operation that lacks a value of this site is not among them.
    pub fn capabilities(&self) -> BTreeSet<String> {
        let mut all = self.capabilities.clone();
        all.insert("feed".to_owned());
        for (name, there) in [
            ("callback", self.callback.is_some()),
            ("callout", self.callout.is_some()),
            ("tasks", self.tasks.is_some()),
        ] {
            all.extend(there.then(|| name.to_owned()));
        }
        if self.sweep.is_some() {
            all.insert("sweep".to_owned());
        }
        if self.step.is_some() {
            all.insert("step".to_owned());
        }
        let able = self.write.keys().filter(|name| self.parts(name).is_ok());
        all.extend(able.map(|name| format!("write.{name}")));
        all
    }

    /// Replaces or adds a template value (`[values]`), such as a field number of one environment.
    #[must_use]
    pub fn with_value(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Characters that a text may have.
    pub fn text_limit_chars(&self) -> usize {
        self.text_limit_chars
    }

    /// How large an answer may be.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}

/// Where a file is looked through; the path of a key leads to its line.
pub(super) struct Desk<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) site: &'a Site,
    /// `[values]`, settled for the site.
    pub(super) values: BTreeMap<String, String>,
    pub(super) lines: Lines,
    faults: Vec<Fault>,
    /// The prefixes that paths may use.
    pub(super) spaces: Namespaces,
    /// The paths of a record so far, with their keys.
    pub(super) rules: Vec<Rule>,
    /// The paths of documents that are read whole.
    pub(super) loose_paths: Vec<Path>,
}

impl Desk<'_> {
    pub(super) fn fault(&mut self, at: &str, message: &str, help: Option<String>) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line: self.lines.of(at),
            message: message.to_owned(),
            help,
        });
    }

    /// The line of a key.
    pub(super) fn line(&self, at: &str) -> usize {
        self.lines.of(at)
    }

    /// A template that can be read, and that names nothing unknown.
    pub(super) fn template(&mut self, at: &str, written: &str, known: &BTreeSet<&str>) {
        match template::names(written) {
            Err(why) => self.fault(at, &format!("the template cannot be read: {why}"), None),
            Ok(names) => {
                for name in names.iter().filter(|name| !known.contains(name.as_str())) {
                    let known: Vec<&str> = known.iter().copied().collect();
                    let help = Some(shape::meant(name, &known));
                    self.fault(
                        at,
                        &format!("the template names `{name}`, which nothing gives it"),
                        help,
                    );
                }
            }
        }
    }

    /// Reads one of our own words by its serde name.
    pub(super) fn word<T: DeserializeOwned>(
        &mut self,
        at: &str,
        word: &str,
        what: &str,
        known: &[&str],
    ) -> Option<T> {
        let read = serde_json::from_value(serde_json::Value::from(word)).ok();
        if read.is_none() {
            let help = Some(shape::meant(word, known));
            self.fault(at, &format!("`{word}` is no {what}"), help);
        }
        read
    }

    /// A word that the manual has checked already; none if it was faulty.
    fn checked<T: DeserializeOwned>(word: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::from(word)).ok()
    }

    /// Their words to ours.
    fn words<'f, T: DeserializeOwned>(
        of: impl IntoIterator<Item = (&'f String, &'f String)>,
    ) -> BTreeMap<String, T> {
        of.into_iter()
            .filter_map(|(theirs, ours)| Some((theirs.clone(), Self::checked(ours)?)))
            .collect()
    }

    fn links(&mut self, file: &File) -> Vec<(Path, Direction, bool)> {
        let mut links = Vec::new();
        for (index, row) in file.links.iter().enumerate() {
            let path = self.path(&format!("links[{index}].path"), &row.path);
            links.extend(
                Self::checked(&row.direction).map(|direction| (path, direction, row.immediate)),
            );
        }
        links
    }

    fn compile(&mut self, mut file: File) -> Option<Mapping> {
        // Who we are and where is a value like others; the settings give it.
        for name in ["worker", "environment"] {
            file.values.entry(name.to_owned()).or_default();
        }
        self.spaces.clone_from(&file.namespaces);
        self.limits(file.limits);
        let format = Format::of(&file.format);
        let envelope = self.envelope(&file.envelope, format);
        let statuses = Self::words(file.vocabularies.get("status").into_iter().flatten());
        let stages = Self::words(&file.stages.is);
        let people = file.people.iter();
        let people = people
            .filter_map(|(role, path)| {
                let path = self.path(&format!("people.{role}"), path);
                Some((Self::checked(role)?, path))
            })
            .collect();
        let links = self.links(&file);
        let facts = self.facts(&file);
        let blank = self.blank(&file, &facts);
        self.operations(&file);
        let tasks = self.tasks(&file);
        let (callback, callout) = (self.callback(&file), self.callout(&file));
        self.tests(&file);
        let (mut places, zone) = self.record(&file.record);
        let only_when = file
            .only_when
            .as_ref()
            .map(|only| (self.path("only_when.path", &only.path), only.is.clone()));
        let limit = self.text_limit(file.text_limit_chars);
        let feed = self.request("feed", &file.feed, &file);
        let mut other = |name, row: &Option<_>| Some(self.request(name, row.as_ref()?, &file));
        let (sweep, step) = (other("sweep", &file.sweep), other("step", &file.step));
        let stage = self.path("stages.path", &file.stages.path);
        Some(Mapping {
            file: (self.file.to_owned(), self.text.to_owned()),
            site: self.site.clone(),
            client: self.client(&file),
            feed,
            sweep,
            step,
            id: places.remove("id").unwrap_or_default(),
            status: places.remove("status").unwrap_or_default(),
            statuses,
            stage,
            stages,
            ignore: file.stages.ignore.into_iter().collect(),
            only_when,
            places,
            zone: zone?,
            people,
            links,
            facts,
            blank,
            values: file.values,
            flags: file.flags,
            write: file.write,
            tasks,
            callback,
            callout,
            text_limit_chars: limit,
            text_bmp: file.text_characters == "bmp",
            capabilities: file.capabilities.into_iter().collect(),
            grants: file.grants,
            tests: file.test,
            format,
            limits: file.limits,
            envelope,
            namespaces: file.namespaces,
            plan: self.plan(),
        })
    }

    fn record(
        &mut self,
        record: &BTreeMap<String, String>,
    ) -> (BTreeMap<String, Path>, Option<TimeZone>) {
        let named = record.get("zone").map_or("Europe/London", String::as_str);
        let zone = TimeZone::get(named).ok();
        if zone.is_none() {
            let help = Some("name one as in `Europe/London`".to_owned());
            self.fault("record.zone", &format!("`{named}` is no time zone"), help);
        }
        let places = record.iter().filter(|(name, _)| *name != "zone");
        let places = places
            .map(|(name, written)| (name.clone(), self.path(&format!("record.{name}"), written)))
            .collect();
        (places, zone)
    }

    fn text_limit(&mut self, chars: i64) -> usize {
        let limit = usize::try_from(chars).unwrap_or(0);
        if limit < 40 {
            let message =
                "`text_limit_chars` must be at least 40, or a note has no room beside its mark";
            self.fault("text_limit_chars", message, None);
        }
        limit
    }

    fn blank(&mut self, file: &File, facts: &BTreeMap<Fact, FactPlace>) -> BTreeSet<Fact> {
        let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        let mut blank = BTreeSet::new();
        for (index, name) in file.blank.iter().enumerate() {
            let at = format!("blank[{index}]");
            let fact = self.word::<Fact>(&at, name, "fact", &known);
            if fact.is_some_and(|fact| facts.contains_key(&fact)) {
                let message = format!("`{name}` is always blank and has a place in `[facts]`");
                self.fault(&at, &message, Some("keep one of the two".to_owned()));
            }
            blank.extend(fact);
        }
        blank
    }

    fn facts(&mut self, file: &File) -> BTreeMap<Fact, FactPlace> {
        let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        let mut facts = BTreeMap::new();
        for (name, row) in &file.facts {
            let at = format!("facts.{name}");
            let path = self.path(&format!("{at}.path"), &row.path);
            let columns = row.columns.iter();
            let columns = columns
                .map(|(column, written)| {
                    let at = format!("{at}.{column}");
                    (column.clone(), self.below(&at, &path, written))
                })
                .collect();
            let mut place = FactPlace {
                path,
                vocabulary: None,
                html: row.html,
                texts: row.texts,
                columns,
            };
            if let Some(wanted) = &row.vocabulary {
                place.vocabulary = file.vocabularies.get(wanted).cloned();
                if place.vocabulary.is_none() {
                    let names: Vec<&str> = file.vocabularies.keys().map(String::as_str).collect();
                    let message = format!("there is no `[vocabularies.{wanted}]`");
                    let help = Some(shape::meant(wanted, &names));
                    self.fault(&format!("{at}.vocabulary"), &message, help);
                }
            }
            if let Some(fact) = self.word::<Fact>(&at, name, "fact", &known) {
                self.codes(fact, row.vocabulary.as_ref(), &place);
                facts.insert(fact, place);
            }
        }
        facts
    }

    /// A vocabulary that leads to a code nobody knows would be found only on the day it matters.
    fn codes(&mut self, fact: Fact, vocabulary: Option<&String>, place: &FactPlace) {
        let (FactKind::Code(codes), Some(vocabulary)) = (fact.kind(), vocabulary) else {
            return;
        };
        for (theirs, ours) in place.vocabulary.iter().flatten() {
            if !codes.is_empty() && !codes.contains(&ours.as_str()) {
                let at = format!("vocabularies.{vocabulary}.{theirs}");
                let message = format!("`{ours}` is no code of `{}`", fact.name());
                self.fault(&at, &message, Some(shape::meant(ours, codes)));
            }
        }
    }
}
