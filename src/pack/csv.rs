//! How does any other program get the figures? One long CSV table, a line a cell.

use super::figures::Pack;
use super::sheet::Cell;

impl Pack {
    /// Section, table, row, column, the value for a machine, the value as shown. UTF-8, RFC 4180, a heading line.
    /// A text that a spreadsheet would run as a formula begins with an apostrophe.
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
        let mut lines =
            vec![["section", "table", "row", "column", "value", "shown"].map(str::to_owned)];
        for section in &self.sections {
            for table in &section.tables {
                for row in &table.rows {
                    let name = row.first().map(Cell::shown).unwrap_or_default();
                    for (cell, column) in row.iter().zip(&table.columns).skip(1) {
                        lines.push([
                            section.key.to_owned(),
                            table.caption.clone(),
                            harmless(&name),
                            harmless(&column.name),
                            harmless(&plain(cell)),
                            harmless(&cell.shown()),
                        ]);
                    }
                }
            }
        }
        for line in &lines {
            // Writing to memory does not fail.
            let _ = writer.write_record(line);
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// Without rounding or unit; nothing where there is no number.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number, _) | Cell::Share(number) => number.to_string(),
        Cell::None(_) => String::new(),
    }
}

fn harmless(text: &str) -> String {
    let number = text.parse::<f64>().is_ok();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
