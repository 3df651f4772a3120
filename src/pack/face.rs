//! In which forms does somebody get the pack? A page, a workbook, and the same figures as CSV and JSON.

use std::fmt;

use super::figures::Pack;
use super::sheet::Cell;

/// One form of the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// A page to read or print.
    Page,
    /// A workbook.
    Workbook,
    /// One long table.
    Csv,
    /// For a program.
    Json,
}

/// Why a pack could not be written.
#[derive(Debug)]
pub struct FaceFault(String);

impl fmt::Display for FaceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pack cannot be written: {}", self.0)
    }
}

impl std::error::Error for FaceFault {}

impl Face {
    /// Every form, the one for people first.
    pub const ALL: [Self; 4] = [Self::Page, Self::Workbook, Self::Csv, Self::Json];

    /// The file's name.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Page => "pack.html",
            Self::Workbook => "pack.xlsx",
            Self::Csv => "pack.csv",
            Self::Json => "pack.json",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }
}

impl Pack {
    /// The pack in one form. The same pack gives the same bytes.
    ///
    /// # Errors
    /// When a form cannot hold what is put into it.
    pub fn face(&self, face: Face) -> Result<Vec<u8>, FaceFault> {
        let fault = |why: &dyn fmt::Display| FaceFault(why.to_string());
        match face {
            Face::Page => self
                .html()
                .map(String::into_bytes)
                .map_err(|why| fault(&why)),
            Face::Workbook => self.xlsx().map_err(|why| fault(&why)),
            Face::Csv => Ok(self.csv()),
            Face::Json => serde_json::to_vec_pretty(self).map_err(|why| fault(&why)),
        }
    }

    /// The figures that come first, each in words with its range and the number of items it rests on: how far
    /// reviewers and moderators agree, and which way they differ.
    pub fn lead_figures(&self) -> Vec<String> {
        let agreement = self.sections.iter().find(|it| it.key == "agreement");
        let tables = agreement.into_iter().flat_map(|it| &it.tables);
        let rows = tables.flat_map(|table| &table.rows);
        rows.filter_map(|row| match row.as_slice() {
            [what, found, Cell::Share(low), Cell::Share(high), items] => Some(format!(
                "{}: {} ({} to {}), items: {}",
                what.shown(),
                found.shown(),
                Cell::Share(*low).shown(),
                Cell::Share(*high).shown(),
                items.shown()
            )),
            [what, found, .., items] => Some(format!(
                "{}: {}, items: {}",
                what.shown(),
                found.shown(),
                items.shown()
            )),
            _ => None,
        })
        .collect()
    }
}
