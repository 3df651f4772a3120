//! Which of the four steps is a record? By its type or its forms, or by how often it was sent on (M16).
//!
//! Some systems keep one item for a whole episode and pass it from worker to worker. Such an item is several steps
//! to us: the first goes by the item's id, each later one by the id with `#` and its stage behind it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::document::Element;
use super::language::File;
use super::path::Path;
use super::record::Bad;
use super::words::{Vocabulary, outside};
use crate::practice::episode::Stage;
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};

/// `[stages]`, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct StagesRow {
    path: Option<String>,
    #[serde(default)]
    is: BTreeMap<String, String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    several: bool,
    count: Option<String>,
    at: Option<String>,
    worker: Option<String>,
}

impl StagesRow {
    /// Whether one record can be several steps.
    pub(super) fn is_several(&self) -> bool {
        self.several || self.count.is_some()
    }
}

/// How the stage of a record is told.
#[derive(Clone, Debug)]
pub(super) enum Stages {
    /// By a word: its type, or the code of a form that is there.
    Word {
        path: Path,
        is: Vocabulary<Stage>,
        ignore: Vocabulary<()>,
        /// For an item that is several steps: where each stage's end stands; none for a record that is one.
        ends: Option<BTreeMap<Stage, End>>,
    },
    /// By the events of its history that sent it on.
    Count { events: Path, end: End },
}

/// Where it stands when a stage was sent on, and who did.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    at: Vec<Path>,
    worker: Vec<Path>,
}

/// A stage that an item has come to.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) stage: Stage,
    /// When it was sent on from there, UTC; none for the one it is in, or if nothing says so.
    pub(super) sent_on: Option<Timestamp>,
    /// Who sent it on.
    pub(super) worker: Known<WorkerId>,
}

impl Reached {
    fn new(stage: Stage) -> Self {
        Self {
            stage,
            sent_on: None,
            worker: Known::Unreadable(Why::NotMapped),
        }
    }
}

impl Stages {
    /// Whether one record can be several steps.
    pub(super) fn several(&self) -> bool {
        !matches!(self, Self::Word { ends: None, .. })
    }
}

impl Mapping {
    /// Where the word stands that tells the stage; none if it is counted.
    pub(super) fn stage_word(&self) -> Option<&Path> {
        match &self.stages {
            Stages::Word { path, .. } => Some(path),
            Stages::Count { .. } => None,
        }
    }

    /// Whether a record says by its type that it is none of ours.
    pub(super) fn is_ignored(&self, record: &Element<'_>) -> bool {
        let Stages::Word {
            path, ignore, is, ..
        } = &self.stages
        else {
            return false;
        };
        if ignore.is_empty() {
            return false;
        }
        let values = self.said.values(path, record);
        let ours = self.stages.several() && values.iter().any(|value| is.get(value).is_some());
        !ours && values.iter().any(|value| ignore.get(value).is_some())
    }

    /// The stages that a record has come to, in order; the last is the one it is in.
    pub(super) fn reached(&self, record: &Element<'_>) -> Result<Vec<Reached>, Bad> {
        match &self.stages {
            Stages::Count { events, end } => self.counted(events, end, record),
            Stages::Word { path, is, ends, .. } => {
                let mut stages: Vec<Stage> = Vec::new();
                self.said
                    .each(path, record, |value| stages.extend(is.get(value)));
                let Some(first) = stages.first().copied() else {
                    let values = self.said.values(path, record);
                    return Err(Bad::new(path, outside(&values, "step type")));
                };
                let Some(ends) = ends else {
                    return Ok(vec![Reached::new(first)]);
                };
                stages.sort();
                stages.dedup();
                let last = stages.last().copied();
                let mut reached = Vec::new();
                for stage in stages {
                    let end = ends.get(&stage).filter(|_| Some(stage) != last);
                    reached.push(match end {
                        Some(end) => self.ended(stage, end, record)?,
                        None => Reached::new(stage),
                    });
                }
                Ok(reached)
            }
        }
    }

    /// The n-th event ended the n-th stage; what follows the last stage ends nothing.
    fn counted(&self, events: &Path, end: &End, record: &Element<'_>) -> Result<Vec<Reached>, Bad> {
        let mut ended = Vec::new();
        for event in events.elements(record) {
            ended.push(self.ended(Stage::Practitioner, end, &event)?);
        }
        // A history may be told from its end.
        if ended.iter().all(|end| end.sent_on.is_some()) {
            ended.sort_by_key(|end| end.sent_on);
        }
        let mut reached = Vec::new();
        let mut ended = ended.into_iter();
        for stage in Stage::ALL {
            let end = ended.next().filter(|_| stage.next().is_some());
            let Some(end) = end else {
                reached.push(Reached::new(stage));
                break;
            };
            reached.push(Reached { stage, ..end });
        }
        Ok(reached)
    }

    fn ended(&self, stage: Stage, end: &End, from: &Element<'_>) -> Result<Reached, Bad> {
        let full = |path: &Path| {
            let text = self.said.first(path, from);
            text.filter(|text| !text.is_empty())
        };
        let at = end.at.iter().find_map(|path| Some((path, full(path)?)));
        let sent_on =
            match at {
                None => None,
                Some((path, text)) => self.dates.of("stages").instant(text).map_err(|why| {
                    Bad::new(path, format!("a stamp of the history {}", why.words()))
                })?,
            };
        let worker = end.worker.iter().find_map(full);
        Ok(Reached {
            stage,
            sent_on,
            worker: match worker {
                Some(worker) => Known::Is(WorkerId::from(worker)),
                None if end.worker.is_empty() => Known::Unreadable(Why::NotMapped),
                None => Known::Blank,
            },
        })
    }
}

impl Desk<'_> {
    /// `[stages]`: by a word or by a count, not both.
    pub(super) fn stages(&mut self, file: &File, folds: bool) -> Option<Stages> {
        let row = &file.stages;
        match (&row.path, &row.count) {
            (Some(path), None) => Some(self.by_word(path, row, folds)),
            (None, Some(count)) => {
                if !row.is.is_empty() || !row.ignore.is_empty() || row.several {
                    let message = "`count` tells the stage alone; `is`, `ignore` and `several` go with `path`";
                    self.fault("stages.count", message, None);
                }
                let events = self.path("stages.count", count);
                let mut place = |key: &str, path: &Option<String>| -> Vec<Path> {
                    let path = path.as_deref();
                    path.map(|path| self.below(&format!("stages.{key}"), &events, path))
                        .into_iter()
                        .collect()
                };
                let end = End {
                    at: place("at", &row.at),
                    worker: place("worker", &row.worker),
                };
                Some(Stages::Count { events, end })
            }
            // That the whole table is missing has been told.
            _ if self.lines.of("stages") == 0 => None,
            _ => {
                let message = "a stage is told by `path` and `is`, or by `count`";
                self.fault("stages", message, Some("give one of the two".to_owned()));
                None
            }
        }
    }

    fn by_word(&mut self, path: &str, row: &StagesRow, folds: bool) -> Stages {
        // Words that are there and faulty have been told.
        if row.is.is_empty() && !self.lines.paths().any(|path| path == "stages.is") {
            self.fault(
                "stages",
                "`[stages.is]` is missing, so no record would be ours",
                None,
            );
        }
        let is = row.is.iter();
        let is: Vec<(String, Stage)> = is
            .filter_map(|(theirs, ours)| Some((theirs.clone(), Self::checked(ours)?)))
            .collect();
        let ignore = row.ignore.iter().map(|word| (word.clone(), ()));
        let ends = row.several.then(|| self.ends(row, &is));
        if ends.is_none() && (row.at.is_some() || row.worker.is_some()) {
            let message = "`at` and `worker` go with `several` or `count`";
            self.fault("stages.at", message, None);
        }
        Stages::Word {
            path: self.path("stages.path", path),
            ignore: self.vocabulary("stages.ignore", folds, ignore),
            is: self.vocabulary("stages.is", folds, is),
            ends,
        }
    }

    /// Where each stage's end stands, by each of the words that mean it.
    fn ends(&mut self, row: &StagesRow, is: &[(String, Stage)]) -> BTreeMap<Stage, End> {
        let mut ends: BTreeMap<Stage, End> = BTreeMap::new();
        for (key, pattern) in [("at", &row.at), ("worker", &row.worker)] {
            let Some(pattern) = pattern else { continue };
            let place = format!("stages.{key}");
            if !pattern.contains("{}") {
                let message =
                    format!("`{pattern}` has no `{{}}` where their word for the stage goes");
                self.fault(&place, &message, None);
                continue;
            }
            for (theirs, stage) in is {
                let path = self.path(&place, &pattern.replace("{}", theirs));
                let end = ends.entry(*stage).or_default();
                if key == "at" {
                    &mut end.at
                } else {
                    &mut end.worker
                }
                .push(path);
            }
        }
        ends
    }
}
