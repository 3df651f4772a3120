//! Which of the four steps is a record? By its type or its forms, or by how often it was sent on (M16).
//!
//! Some systems keep one item for a whole episode and pass it from worker to worker. Such an item is several steps
//! to us: the first goes by the item's id, each later one by the id with `#` and its stage behind it. Where types tell
//! only where an item begins, its history tells how far it has come from there.

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
        more: More,
    },
    /// By the events of its history that sent it on.
    Count(Counted),
}

/// Whether a record with a word for its stage is further steps.
#[derive(Clone, Debug)]
pub(super) enum More {
    /// It is one step.
    No,
    /// One for each of its words: where each stage's end stands.
    Words(BTreeMap<Stage, End>),
    /// One for each event that sent it on from the stage of its word.
    Events(Counted),
}

/// The events of a history that sent an item on, each to the next stage.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    events: Path,
    end: End,
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
    /// It goes by the item's own id.
    pub(super) is_item: bool,
    /// When it was sent on from there, UTC; none for the one it is in, or if nothing says so.
    pub(super) sent_on: Option<Timestamp>,
    /// Who sent it on.
    pub(super) worker: Known<WorkerId>,
}

impl Reached {
    fn new(stage: Stage) -> Self {
        Self {
            stage,
            is_item: stage == Stage::Practitioner,
            sent_on: None,
            worker: Known::Unreadable(Why::NotMapped),
        }
    }
}

impl Stages {
    /// Whether one record can be several steps.
    pub(super) fn several(&self) -> bool {
        !matches!(self, Self::Word { more: More::No, .. })
    }
}

impl Mapping {
    /// Where the word stands that tells the stage; none if it is counted.
    pub(super) fn stage_word(&self) -> Option<&Path> {
        match &self.stages {
            Stages::Word { path, .. } => Some(path),
            Stages::Count(_) => None,
        }
    }

    /// Stages that no record comes to, whatever it says: no word means them and no history leads there.
    pub fn never(&self) -> Vec<Stage> {
        let Stages::Word { is, more, .. } = &self.stages else {
            return Vec::new();
        };
        let begun: Vec<Stage> = is.iter().map(|(_, stage)| *stage).collect();
        let first = begun.iter().min();
        let led = |stage: Stage| {
            matches!(more, More::Events(_)) && first.is_some_and(|first| *first <= stage)
        };
        let comes = |stage: &Stage| begun.contains(stage) || led(*stage);
        Stage::ALL
            .into_iter()
            .filter(|stage| !comes(stage))
            .collect()
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
            Stages::Count(counted) => self.counted(counted, Stage::Practitioner, record),
            Stages::Word { path, is, more, .. } => {
                let mut stages: Vec<Stage> = Vec::new();
                self.said
                    .each(path, record, |value| stages.extend(is.get(value)));
                let Some(first) = stages.first().copied() else {
                    let values = self.said.values(path, record);
                    return Err(Bad::new(path, outside(&values, "step type")));
                };
                let ends = match more {
                    More::No => return Ok(vec![Reached::new(first)]),
                    More::Events(counted) => return self.counted(counted, first, record),
                    More::Words(ends) => ends,
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

    /// The n-th event ended the n-th stage from the one that it began with; what follows the last stage ends nothing.
    fn counted(
        &self,
        counted: &Counted,
        began: Stage,
        record: &Element<'_>,
    ) -> Result<Vec<Reached>, Bad> {
        let mut ended = Vec::new();
        for event in counted.events.elements(record) {
            ended.push(self.ended(began, &counted.end, &event)?);
        }
        // A history may be told from its end.
        if ended.iter().all(|end| end.sent_on.is_some()) {
            ended.sort_by_key(|end| end.sent_on);
        }
        let mut reached = Vec::new();
        let mut ended = ended.into_iter();
        for stage in Stage::ALL.into_iter().filter(|stage| *stage >= began) {
            let is_item = stage == began;
            let end = ended.next().filter(|_| stage.next().is_some());
            let Some(end) = end else {
                let own = Reached::new(stage);
                reached.push(Reached { is_item, ..own });
                break;
            };
            let own = Reached { stage, ..end };
            reached.push(Reached { is_item, ..own });
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
            is_item: stage == Stage::Practitioner,
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
    /// `[stages]`: by a word, by a count, or by a count from where a word begins.
    pub(super) fn stages(&mut self, file: &File, folds: bool) -> Option<Stages> {
        let row = &file.stages;
        match (&row.path, &row.count) {
            (Some(path), _) => Some(self.by_word(path, row, folds)),
            (None, Some(count)) => {
                if !row.is.is_empty() || !row.ignore.is_empty() || row.several {
                    let message =
                        "`is`, `ignore` and `several` go with `path`, where the word stands";
                    self.fault("stages.count", message, None);
                }
                Some(Stages::Count(self.counted(count, row)))
            }
            // That the whole table is missing has been told.
            _ if self.lines.of("stages") == 0 => None,
            _ => {
                let message = "a stage is told by `path` and `is`, by `count`, or by both";
                self.fault("stages", message, None);
                None
            }
        }
    }

    fn counted(&mut self, count: &str, row: &StagesRow) -> Counted {
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
        Counted { events, end }
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
        let more = match (&row.count, row.several) {
            (Some(count), several) => {
                if several {
                    let message = "an item is several steps by its words (`several`) or by its history (`count`), not both";
                    self.fault("stages.count", message, None);
                }
                More::Events(self.counted(count, row))
            }
            (None, true) => More::Words(self.ends(row, &is)),
            (None, false) => More::No,
        };
        if matches!(more, More::No) && (row.at.is_some() || row.worker.is_some()) {
            let message = "`at` and `worker` go with `several` or `count`";
            self.fault("stages.at", message, None);
        }
        Stages::Word {
            path: self.path("stages.path", path),
            ignore: self.vocabulary("stages.ignore", folds, ignore),
            is: self.vocabulary("stages.is", folds, is),
            more,
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
