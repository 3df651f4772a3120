//! What stands in a table that somebody sends? CSV, an Excel workbook's first sheet, or JSON; as texts by column,
//! each row with its number. Recognised by its first bytes.

use std::collections::BTreeMap;

use super::{RowFault, workbook};

/// One row: its line or row number, and its cells by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetRow {
    pub(super) line: u64,
    pub(super) cells: BTreeMap<String, String>,
}

/// A table: its columns and its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<SheetRow>,
    pub(super) faults: Vec<RowFault>,
}

/// Reads a table; `days` names the columns that hold days, which a workbook may keep as numbers.
///
/// # Errors
/// What it is not.
pub(super) fn read(bytes: &[u8], days: &[&str]) -> Result<Sheet, String> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'P') if bytes.starts_with(b"PK\x03\x04") => {
            Ok(headed(workbook::first_sheet(bytes, days)?))
        }
        Some(_) if bytes.starts_with(b"\xD0\xCF\x11\xE0") => {
            Err("the file is a workbook of an old kind (.xls); save it as .xlsx or .csv".to_owned())
        }
        Some(_) if bytes.contains(&0) => {
            Err("the file is neither text nor a workbook; save it as .xlsx or .csv".to_owned())
        }
        Some(b'[') => json(bytes),
        Some(_) => Ok(comma_separated(bytes)),
        None => Err("the file is empty".to_owned()),
    }
}

/// Rows of cells, of which the first that has any is the heading.
fn headed(rows: Vec<(u64, Vec<String>)>) -> Sheet {
    let filled = |(_, cells): &(u64, Vec<String>)| cells.iter().any(|cell| !cell.is_empty());
    let mut rows = rows.into_iter().filter(filled);
    let Some((_, columns)) = rows.next() else {
        return Sheet::default();
    };
    let columns: Vec<String> = columns
        .into_iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let mut sheet = Sheet {
        columns: columns
            .iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
        ..Sheet::default()
    };
    for (line, cells) in rows {
        let mut row = BTreeMap::new();
        for (nth, cell) in cells.into_iter().enumerate() {
            match columns.get(nth).filter(|name| !name.is_empty()) {
                Some(name) => drop(row.insert(name.clone(), cell.trim().to_owned())),
                None if cell.trim().is_empty() => {}
                None => sheet
                    .faults
                    .push(RowFault::of(line, "a cell stands under no column name")),
            }
        }
        sheet.rows.push(SheetRow { line, cells: row });
    }
    sheet
}

fn comma_separated(bytes: &[u8]) -> Sheet {
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    // A byte order mark is how spreadsheets say UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let mut wide = None;
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let wanted = *wide.get_or_insert(record.len());
                if record.len() != wanted {
                    let why = format!("has {} cells where the heading has {wanted}", record.len());
                    faults.push(RowFault::of(line, why));
                    continue;
                }
                rows.push((line, record.iter().map(str::to_owned).collect()));
            }
            Err(fault) => {
                let line = fault.position().map_or(0, csv::Position::line);
                let why = format!("cannot be read: {fault}");
                faults.push(RowFault::of(line, why));
            }
        }
    }
    let mut sheet = headed(rows);
    sheet.faults.splice(0..0, faults);
    sheet
}

/// A list of objects of texts.
fn json(bytes: &[u8]) -> Result<Sheet, String> {
    let rows: Vec<BTreeMap<String, Option<String>>> = serde_json::from_slice(bytes)
        .map_err(|why| format!("it is no list of objects of texts: {why}"))?;
    let mut sheet = Sheet::default();
    for (nth, row) in rows.into_iter().enumerate() {
        for name in row.keys() {
            if !sheet.columns.contains(name) {
                sheet.columns.push(name.clone());
            }
        }
        sheet.rows.push(SheetRow {
            line: u64::try_from(nth).unwrap_or(u64::MAX).saturating_add(1),
            cells: row
                .into_iter()
                .map(|(name, cell)| (name, cell.unwrap_or_default().trim().to_owned()))
                .collect(),
        });
    }
    Ok(sheet)
}
