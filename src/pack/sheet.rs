//! What is a figure, and what if there is none? Sections of tables, which every face shows alike.

use serde::Serialize;

use super::chart::Chart;
use crate::consistency::Estimate;

/// One part of the pack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// A short name without spaces, for links, sheets and JSON.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What to take from it, in plain words.
    pub lead: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// A picture of one of its tables.
    #[serde(skip)]
    pub chart: Option<Chart>,
    /// Whether it belongs to the appendix.
    pub appendix: bool,
}

/// A table with a heading for each column; the first column names its rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// Whether numbers stand in it.
    pub numeric: bool,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number, with the digits it is shown with.
    Number(f64, usize),
    /// A share from 0 to 1, shown in per cent.
    Share(f64),
    /// No number, and why.
    None(&'static str),
}

impl Table {
    /// An empty table. A column whose name ends in `#` holds numbers; the mark is taken off.
    pub(super) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let column = |name: &&str| Column {
            name: name.trim_end_matches('#').to_owned(),
            numeric: name.ends_with('#'),
        };
        Self {
            caption: caption.into(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// A row's entries as they stand in words, each with whether numbers stand in its column.
    pub fn shown<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (bool, String)> + 'a {
        let columns = self.columns.iter().map(|column| column.numeric);
        columns.zip(row.iter().map(Cell::shown))
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> &mut Self {
        self.rows.push(cells);
        self
    }
}

impl Cell {
    /// A share, or why there is none.
    pub(super) fn share(share: Estimate<f64>) -> Self {
        share.map_or_else(|why| Self::None(why.words()), Self::Share)
    }

    /// A number with so many digits after the point, or why there is none.
    pub(super) fn number(number: Estimate<f64>, digits: usize) -> Self {
        number.map_or_else(|why| Self::None(why.words()), |it| Self::Number(it, digits))
    }

    /// As it stands in words.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number, digits) => signed(format!("{number:.digits$}")),
            Self::Share(share) => format!("{:.1}%", share * 100.0),
            Self::None(why) => format!("not estimable: {why}"),
        }
    }
}

/// A minus that reads as one, and no minus before nothing.
fn signed(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|sign| sign == '0' || sign == '.') => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}
