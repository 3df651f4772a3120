//! Where does a step stand, and can it be seen? By a word of the case system, or by which of its stamps are there
//! (M15); and what a record says that shows nothing else (P21, P22).

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::document::Element;
use super::fields::Field;
use super::language::File;
use super::path::Path;
use super::record::Bad;
use super::words::{Vocabulary, outside};
use crate::practice::episode::StepStatus;
use crate::practice::news::Says;

/// One row of `[[statuses]]`, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct StatusRow {
    #[serde(default)]
    present: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    is: String,
}

/// How the status of a record is told.
#[derive(Clone, Debug)]
pub(super) enum Statuses {
    /// By a word at a path.
    Word(Path, Vocabulary<StepStatus>),
    /// By which stamps are there; the first that holds wins.
    Stamps(Vec<Stamps>),
}

/// Which stamps are there, and what that means.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    present: Vec<Path>,
    absent: Vec<Path>,
    is: StepStatus,
}

/// What a record says of itself by a word of `[vocabularies.change]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Deleted,
    Hidden,
    Merged,
    Changed,
}

impl Mapping {
    /// Where a step stands.
    pub(super) fn status_of(&self, record: &Element<'_>) -> Result<StepStatus, Bad> {
        match &self.statuses {
            Statuses::Word(path, words) => {
                let mut known = None;
                self.said.each(path, record, |value| {
                    known = known.or_else(|| words.get(value).copied());
                });
                known.ok_or_else(|| {
                    let values = self.said.values(path, record);
                    Bad::new(path, outside(&values, "status"))
                })
            }
            Statuses::Stamps(rows) => {
                let holds = rows.iter().find(|row| {
                    row.present.iter().all(|path| self.stands(path, record))
                        && !row.absent.iter().any(|path| self.stands(path, record))
                });
                holds.map(|row| row.is).ok_or_else(|| Bad {
                    path: "[[statuses]]".to_owned(),
                    reason: "no row of `[[statuses]]` holds for it".to_owned(),
                })
            }
        }
    }

    /// Whether something stands there, and not only a day that means "none".
    fn stands(&self, path: &Path, record: &Element<'_>) -> bool {
        let text = self.said.first(path, record);
        text.is_some_and(|text| !text.is_empty() && self.dates.of("").day(text) != Ok(None))
    }

    /// What a record says of a step that it does not show; none if it shows it.
    pub(super) fn unseen(&self, record: &Element<'_>) -> Result<Option<Says>, Bad> {
        let change = self.change(record)?;
        if change == Some(Change::Deleted) || self.says_yes(Field::Deleted, record)? {
            return Ok(Some(Says::Deleted));
        }
        if change == Some(Change::Hidden) || self.says_yes(Field::Restricted, record)? {
            return Ok(Some(Says::Hidden));
        }
        // Something changed, and the step itself is left out: it has to be read by itself.
        Ok((change.is_some() && !self.shows_step(record)).then_some(Says::Changed))
    }

    fn change(&self, record: &Element<'_>) -> Result<Option<Change>, Bad> {
        let Some(path) = self.at(Field::Change) else {
            return Ok(None);
        };
        let values = self.said.values(path, record);
        if values.iter().all(|value| value.is_empty()) {
            return Ok(None);
        }
        let known = values.iter().find_map(|value| self.changes.get(value));
        match known {
            Some(change) => Ok(Some(*change)),
            None => Err(Bad::new(path, outside(&values, "kind of change"))),
        }
    }

    /// A yes among the values; what is neither yes nor no is not passed over, since it may hide something.
    fn says_yes(&self, field: Field, record: &Element<'_>) -> Result<bool, Bad> {
        let Some(path) = self.at(field) else {
            return Ok(false);
        };
        let mut yes = false;
        for text in self.said.values(path, record) {
            if text.is_empty() {
                continue;
            }
            match self.said.yes(text) {
                Some(said) => yes |= said,
                None => {
                    return Err(Bad::new(
                        path,
                        format!("`{}` is neither a yes nor a no", field.name()),
                    ));
                }
            }
        }
        Ok(yes)
    }

    /// Whether a record carries the status of a step, or what tells its stage.
    fn shows_step(&self, record: &Element<'_>) -> bool {
        let status = match &self.statuses {
            Statuses::Word(path, _) => self.stands(path, record),
            Statuses::Stamps(rows) => {
                let mut present = rows.iter().flat_map(|row| &row.present);
                present.any(|path| self.stands(path, record))
            }
        };
        status
            || self
                .stage_word()
                .is_some_and(|path| self.stands(path, record))
    }
}

impl Desk<'_> {
    /// `[record] status` with its vocabulary, or `[[statuses]]`.
    pub(super) fn statuses(&mut self, file: &File, folds: bool) -> Option<Statuses> {
        let word = file.record.get("status");
        match (word, file.statuses.is_empty()) {
            (Some(path), true) => {
                let path = self.path("record.status", path);
                let Some(words) = file.vocabularies.get("status") else {
                    let message = "the table `[vocabularies.status]` is missing";
                    self.fault("record.status", message, None);
                    return None;
                };
                let words = words.iter();
                let words: Vec<(String, StepStatus)> = words
                    .filter_map(|(theirs, ours)| Some((theirs.clone(), Self::checked(ours)?)))
                    .collect();
                let words = self.vocabulary("vocabularies.status", folds, words);
                Some(Statuses::Word(path, words))
            }
            (None, false) => Some(Statuses::Stamps(self.stamps(&file.statuses))),
            (Some(_), false) => {
                let message = "a status is told by `status` or by `[[statuses]]`, not by both";
                self.fault("record.status", message, None);
                None
            }
            (None, true) => {
                // That the whole table is missing has been told.
                if self.lines.of("record") > 0 {
                    let message = "the key `record.status` is missing";
                    let help = "or tell the status by its stamps, with `[[statuses]]`".to_owned();
                    self.fault("record", message, Some(help));
                }
                None
            }
        }
    }

    fn stamps(&mut self, rows: &[StatusRow]) -> Vec<Stamps> {
        let mut read = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let mut paths = |key: &str, paths: &[String]| -> Vec<Path> {
                let all = paths.iter().enumerate();
                all.map(|(at, path)| self.path(&format!("statuses[{index}].{key}[{at}]"), path))
                    .collect()
            };
            let (present, absent) = (paths("present", &row.present), paths("absent", &row.absent));
            if read.iter().any(|before: &Stamps| before.is_always()) {
                let message = "a row before this one always holds, so this one never does";
                self.fault(&format!("statuses[{index}]"), message, None);
            }
            read.extend(Self::checked(&row.is).map(|is| Stamps {
                present,
                absent,
                is,
            }));
        }
        read
    }

    /// Their words for what became of a record.
    pub(super) fn changes(&mut self, file: &File, folds: bool) -> Vocabulary<Change> {
        let words = file.vocabularies.get("change");
        if words.is_none() && file.record.contains_key("change") {
            let message = "the table `[vocabularies.change]` is missing";
            self.fault("record.change", message, None);
        }
        let words = words.into_iter().flatten();
        let words: Vec<(String, Change)> = words
            .filter_map(|(theirs, ours)| Some((theirs.clone(), Self::checked(ours)?)))
            .collect();
        self.vocabulary("vocabularies.change", folds, words)
    }
}

impl Stamps {
    fn is_always(&self) -> bool {
        self.present.is_empty() && self.absent.is_empty()
    }
}
