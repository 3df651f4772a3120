//! What does somebody from outside open first? One page on a cycle: how it went, how it was drawn, what was overridden and
//! amended by whom, and how to check all of it without believing us.
//!
//! Absent: names, narrative, and who moderated what, which stands in the assignment beside the draw.

use askama::Template;

use super::figures::Pack;
use super::sheet::Table;

/// What is in the folder, and what was found of it.
#[derive(Clone, Debug)]
pub struct Inspection<'a> {
    /// The consistency pack, of which the first figures are shown.
    pub pack: &'a Pack,
    /// Lines of the journal, and the hash of its last one.
    pub journal: (i64, String),
    /// Why the journal does not hold; none if every link does.
    pub broken: Option<String>,
    /// Where the draw and its recomputation differ; none if it verifies.
    pub differences: Vec<String>,
    /// Accountable overrides: episode, Finish of which step, who, in which role, reason code, when.
    pub overrides: Table,
    /// What happened to the sample after the draw: what, about what, reason code, who, when.
    pub amendments: Table,
    /// Every other file: its name, what it is, its SHA-256.
    pub files: Vec<(String, &'static str, String)>,
}

#[derive(Template)]
#[template(path = "inspection.html")]
struct Page<'a> {
    it: &'a Inspection<'a>,
    figures: Vec<&'a Table>,
}

impl Inspection<'_> {
    /// The page, complete in itself.
    ///
    /// # Errors
    /// When the template cannot be filled, which its own test rules out.
    pub fn html(&self) -> Result<String, askama::Error> {
        let shown = ["cycle", "agreement", "draw"];
        let sections = self.pack.sections.iter();
        let sections = sections.filter(|section| shown.contains(&section.key));
        let figures = sections.flat_map(|section| &section.tables).collect();
        Page { it: self, figures }.render()
    }
}

/// A table of words, with a heading for each column.
pub fn table(caption: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new(caption, columns);
    for row in rows {
        table.row(row.into_iter().map(Into::into).collect());
    }
    table
}
