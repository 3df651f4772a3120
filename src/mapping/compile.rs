//! Does a mapping file make sense, and what does it promise?
//!
//! Everything that can be known wrong without a case system is found here, all at once, each fault on
//! its own line.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::client::Client;
use super::correlation::Correlation;
use super::dates::Dates;
use super::door_tables::DoorTables;
use super::envelope::Envelope;
use super::environment::Site;
use super::facts::FactPlace;
use super::fields::Places;
use super::forms::FormPlace;
use super::grants::GrantRow;
use super::grouping::Group;
use super::language::{File, Test};
use super::limits::{Format, Limits};
use super::merges::Merges;
use super::path::Path;
use super::path_text::Namespaces;
use super::plan::{Plan, Rule};
use super::request::Request;
use super::stages::Stages;
use super::statuses::{Change, Statuses};
use super::template;
use super::words::{Said, Vocabulary};
use super::write_table::Operation;
use crate::practice::episode::Role;
use crate::practice::fact::Fact;
use crate::practice::sighting::Direction;
use crate::shape::{self, Fault, Lines};

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
    pub(super) merges: Option<Merges>,
    pub(super) id: Path,
    pub(super) statuses: Statuses,
    pub(super) changes: Vocabulary<Change>,
    pub(super) stages: Stages,
    pub(super) only_when: Option<(Path, Vocabulary<()>)>,
    pub(super) places: Places,
    pub(super) dates: Dates,
    pub(super) said: Said,
    pub(super) people: BTreeMap<Role, Path>,
    pub(super) links: Vec<(Path, Direction, bool)>,
    pub(super) forms: BTreeMap<String, FormPlace>,
    pub(super) facts: BTreeMap<Fact, FactPlace>,
    pub(super) blank: BTreeSet<Fact>,
    pub(super) correlation: Correlation,
    pub(super) group: Option<Group>,
    pub(super) flags: BTreeMap<String, String>,
    pub(super) write: BTreeMap<String, Operation>,
    pub(super) doors: DoorTables,
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
        desk.faults.extend(Fault::of_flaws(file_name, shaped.flaws));
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
        self.provided()
    }

    /// What the case system can do: `feed`, `sweep`, `step`, `write.note` …, and what the file declares.
    /// An operation that lacks a value of this site is not among them.
    pub fn capabilities(&self) -> BTreeSet<String> {
        let mut all = self.capabilities.clone();
        all.insert("feed".to_owned());
        for (name, there) in [
            ("callback", self.doors.callback.is_some()),
            ("callout", self.doors.callout.is_some()),
            ("tasks", self.doors.tasks.is_some()),
        ] {
            all.extend(there.then(|| name.to_owned()));
        }
        if self.sweep.is_some() {
            all.insert("sweep".to_owned());
        }
        if self.step.is_some() {
            all.insert("step".to_owned());
        }
        if self.merges.is_some() {
            all.insert("merges".to_owned());
        }
        let able = self.write.keys().filter(|name| self.parts(name).is_ok());
        all.extend(able.map(|name| format!("write.{name}")));
        all
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
    /// Tells a fault, once: one key may be compiled into several paths.
    pub(super) fn fault(&mut self, at: &str, message: &str, help: Option<String>) {
        let fault = Fault {
            file: self.file.to_owned(),
            line: self.lines.of(at),
            message: message.to_owned(),
            help,
        };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
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
    pub(super) fn checked<T: DeserializeOwned>(word: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::from(word)).ok()
    }

    fn compile(&mut self, mut file: File) -> Option<Mapping> {
        file.knows_who_we_are();
        self.spaces.clone_from(&file.namespaces);
        self.limits(file.limits);
        let format = Format::of(&file.format);
        let envelope = self.envelope(&file.envelope, format);
        let folded = self.folded(&file);
        let said = self.words(&file.words);
        let forms = self.forms(&file.forms);
        let facts = self.facts(&file, &forms, &said, &folded);
        let blank = self.blank(&file, &facts);
        let statuses = self.statuses(&file, folded.contains("status"));
        let stages = self.stages(&file, folded.contains("stages"));
        self.operations(&file);
        let doors = self.doors(&file);
        self.tests(&file);
        Some(Mapping {
            file: (self.file.to_owned(), self.text.to_owned()),
            site: self.site.clone(),
            client: self.client(&file),
            feed: self.request("feed", &file.feed, &file),
            sweep: file
                .sweep
                .as_ref()
                .map(|row| self.request("sweep", row, &file)),
            step: file
                .step
                .as_ref()
                .map(|row| self.request("step", row, &file)),
            merges: self.merges(&file),
            id: self.path(
                "record.id",
                file.record.get("id").map_or("", String::as_str),
            ),
            changes: self.changes(&file, folded.contains("change")),
            only_when: self.only_when(&file, folded.contains("only_when")),
            places: self.places(&file.record),
            dates: self.dates(&file),
            people: self.people(&file),
            links: self.links(&file),
            correlation: self.correlation(&file),
            group: self.group(&file),
            text_limit_chars: self.text_limit(file.text_limit_chars),
            statuses: statuses?,
            stages: stages?,
            said,
            forms,
            facts,
            blank,
            values: file.values,
            flags: file.flags,
            write: file.write,
            doors,
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

    fn people(&mut self, file: &File) -> BTreeMap<Role, Path> {
        let people = file.people.iter().filter_map(|(role, path)| {
            let path = self.path(&format!("people.{role}"), path);
            Some((Self::checked(role)?, path))
        });
        people.collect()
    }

    fn links(&mut self, file: &File) -> Vec<(Path, Direction, bool)> {
        let rows = file.links.iter().enumerate();
        let links = rows.filter_map(|(index, row)| {
            let path = self.path(&format!("links[{index}].path"), &row.path);
            Some((path, Self::checked(&row.direction)?, row.immediate))
        });
        links.collect()
    }

    fn only_when(&mut self, file: &File, folds: bool) -> Option<(Path, Vocabulary<()>)> {
        let only = file.only_when.as_ref()?;
        let path = self.path("only_when.path", &only.path);
        let words = only.is.iter().map(|word| (word.clone(), ()));
        Some((path, self.vocabulary("only_when.is", folds, words)))
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
}
