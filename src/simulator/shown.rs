//! What does the wire show of a step? Its truth as it stood when it was asked for, before any dialect words it.
//!
//! A switch that changes what is shown changes it here, so that it strikes every dialect alike.

use jiff::Timestamp;
use jiff::civil::Date;

use super::forms::{Kind, label};
use super::step::Step;
use super::words::{Hiding, Status};

/// One step as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The truth of it.
    pub(super) step: Step,
    /// What kind of change: `CREATED`, `UPDATED`, `DELETED` or `SECURITY`.
    pub(super) change: &'static str,
    /// Everything but id, type and change is withheld.
    pub(super) blanked: bool,
    /// When it last changed.
    pub(super) changed_at: Stamp,
    /// Its status, in the words of the XML dialect unless a switch put in another.
    pub(super) status: String,
    /// The number of its type, in that of the XML dialect.
    pub(super) type_id: String,
    /// What the screen calls its type.
    pub(super) label: String,
    /// When it came to each status, in order, by the name of the status.
    pub(super) dates: Vec<(&'static str, Stamp)>,
    /// The version of its form's template.
    pub(super) template_version: &'static str,
    /// A question that this version of the template calls otherwise.
    pub(super) renamed: Option<(&'static str, &'static str)>,
}

/// An instant or a day as it is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// An instant; each dialect writes it in its own way.
    At(Timestamp),
    /// A day.
    Day(Date),
    /// Just this text, whatever it means.
    Text(String),
}

/// An answer as it is shown.
pub(super) struct Answer<'s> {
    pub(super) question: &'s str,
    pub(super) kind: Kind,
    /// A code for a look-up, a text for the rest; none is blank.
    pub(super) value: Option<&'s str>,
}

/// A table's name, and its rows of cells in order.
pub(super) type Table<'s> = (&'static str, Vec<Vec<Answer<'s>>>);

impl Shown {
    /// A step as it stands.
    pub(super) fn of(step: &Step) -> Self {
        let bare = !step.is_shown();
        let change = match (step.deleted, bare, step.version) {
            (true, true, _) => "DELETED",
            (false, true, _) => "SECURITY",
            (_, false, 1) => "CREATED",
            _ => "UPDATED",
        };
        let statuses = [
            (Status::Incoming, "Incoming"),
            (Status::Started, "Started"),
            (Status::Completed, "Completed"),
            (Status::Reopened, "Reopened"),
            (Status::Cancelled, "Cancelled"),
        ];
        let stamps = statuses.into_iter().filter_map(|(status, name)| {
            let at = step.stamps.get(&status)?;
            Some((name, Stamp::At(*at)))
        });
        let due = step.due.map(|day| ("Due", Stamp::Day(day)));
        let scheduled = step.scheduled.map(|day| ("Scheduled", Stamp::Day(day)));
        Self {
            change,
            blanked: bare || (step.restricted && step.hiding == Hiding::Blanked),
            changed_at: Stamp::At(step.changed_at),
            status: step.status.word().to_owned(),
            type_id: step.step_type.code().to_owned(),
            label: step.step_type.label().to_owned(),
            dates: stamps.chain(scheduled).chain(due).collect(),
            template_version: "1",
            renamed: None,
            step: step.clone(),
        }
    }

    /// Whether it has a form.
    pub(super) fn has_form(&self) -> bool {
        self.step.step_type.questions().next().is_some()
    }

    /// The answers of its form, in the form's order; a blank one is there without a value.
    pub(super) fn answers(&self) -> impl Iterator<Item = Answer<'_>> {
        self.step.step_type.questions().map(|(question, kind)| {
            let value = self.step.answer(question);
            let renamed = self.renamed.filter(|(known, _)| *known == question);
            Answer {
                question: renamed.map_or(question, |(_, new)| new),
                kind,
                value,
            }
        })
    }

    /// The tables of its form.
    pub(super) fn tables(&self) -> impl Iterator<Item = Table<'_>> {
        let tables = self.step.step_type.tables().iter();
        tables.map(|(collection, columns)| {
            let rows = self.step.tables.get(*collection).into_iter().flatten();
            let rows = rows.map(|row| {
                let cells = columns.iter().map(|(column, kind)| Answer {
                    question: column,
                    kind: *kind,
                    value: row.get(*column).map(String::as_str),
                });
                cells.collect()
            });
            (*collection, rows.collect())
        })
    }
}

impl Answer<'_> {
    /// What the screen shows for a look-up's code.
    pub(super) fn label(&self) -> &str {
        label(self.value.unwrap_or_default())
    }
}
