//! Which allocations does a table propose? Each row by itself, all its faults at once, and no row twice.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::sheet::{Sheet, SheetRow};
use super::{App, RowFault};
use crate::practice::decision::{Allocation, Period};
use crate::practice::ids::{ChildKey, CycleId, EpisodeId, WorkerId};
use crate::practice::judge::judge_allocation;

/// The columns, and whether an allocation cannot do without.
const COLUMNS: [(&str, bool); 15] = [
    ("cycle", true),
    ("le_id", true),
    ("child", true),
    ("practitioner", true),
    ("reviewer", true),
    ("supervisor", true),
    ("service_manager", true),
    ("operational_manager", false),
    ("service", true),
    ("plan_type", false),
    ("allocated_on", true),
    ("due_on", true),
    ("period_start", false),
    ("period_end", false),
    ("conflict_reason", false),
];

/// The columns that hold days.
pub(super) const DAYS: [&str; 4] = ["allocated_on", "due_on", "period_start", "period_end"];

/// What the rows propose, each with its line; what stands against them by themselves is added to `faults`.
pub(super) fn plan<C>(
    app: &App<C>,
    sheet: Sheet,
    cycle: Option<&CycleId>,
    child_key: impl Fn(&str) -> ChildKey,
    faults: &mut Vec<RowFault>,
) -> Vec<(u64, EpisodeId, Allocation)> {
    faults.extend(sheet.faults);
    if !columns_known(&sheet.columns, faults) {
        return Vec::new();
    }
    let mut planned = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in &sheet.rows {
        let mut wrong = Vec::new();
        let allocation = allocation(app, row, &child_key, &mut wrong);
        let le_id = row.text("le_id");
        if let Some(first) = seen.get(le_id) {
            let why = format!("`{le_id}` stands on line {first} already; take one of the two out");
            wrong.push(RowFault::of(row.line, why).column("le_id"));
        } else if !le_id.is_empty() {
            seen.insert(le_id.to_owned(), row.line);
        }
        let named = row.text("cycle");
        if let Some(cycle) = cycle.filter(|cycle| cycle.as_str() != named && !named.is_empty()) {
            let why = format!("`{named}` is another cycle than `{cycle}`, which these are for");
            wrong.push(RowFault::of(row.line, why).column("cycle"));
        }
        match allocation {
            Some(allocation) if wrong.is_empty() => {
                planned.push((row.line, EpisodeId(le_id.to_owned()), allocation));
            }
            _ => faults.extend(wrong),
        }
    }
    planned
}

/// Unknown columns are refused, so that a misspelt one is noticed; so is a table without a needed one.
fn columns_known(columns: &[String], faults: &mut Vec<RowFault>) -> bool {
    let before = faults.len();
    for column in columns {
        if !COLUMNS.iter().any(|(name, _)| name == column) {
            let known: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
            let why = format!("there is no such column; known are: {}", known.join(", "));
            faults.push(RowFault::of(1, why).column(column));
        }
    }
    for (name, needed) in COLUMNS {
        if needed && !columns.iter().any(|column| column == name) {
            let why = "the column is missing; an allocation needs it (¶1)";
            faults.push(RowFault::of(1, why).column(name).rule("LE-01.1"));
        }
    }
    faults.len() == before
}

impl SheetRow {
    fn text(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    fn day(&self, column: &str, wrong: &mut Vec<RowFault>) -> Option<Date> {
        let text = self.text(column);
        let day = text.parse().ok();
        if day.is_none() && !text.is_empty() {
            let why = format!("is `{text}`; write a day as 2026-11-23");
            wrong.push(RowFault::of(self.line, why).column(column));
        }
        day
    }
}

/// One row's allocation, or none with all that is wrong with the row (LE-01.1, LE-01.2).
fn allocation<C>(
    app: &App<C>,
    row: &SheetRow,
    child_key: impl Fn(&str) -> ChildKey,
    wrong: &mut Vec<RowFault>,
) -> Option<Allocation> {
    for (name, _) in COLUMNS.iter().filter(|(_, needed)| *needed) {
        if row.text(name).is_empty() {
            let why = "is empty; fill it in, as an allocation needs it (¶1)";
            wrong.push(RowFault::of(row.line, why).column(name).rule("LE-01.1"));
        }
    }
    let [allocated_on, due_on, start, end] = DAYS.map(|column| row.day(column, wrong));
    let period = match (start, end) {
        (Some(start), Some(end)) if start <= end => Some(Period { start, end }),
        (Some(_), Some(_)) => {
            let why = "the period ends before it begins";
            wrong.push(RowFault::of(row.line, why).column("period_end"));
            None
        }
        (None, None) => None,
        (start, _) => {
            if row.text("period_start").is_empty() != row.text("period_end").is_empty() {
                let column = if start.is_some() {
                    "period_end"
                } else {
                    "period_start"
                };
                let why = "a period has a first and a last day, or neither";
                wrong.push(RowFault::of(row.line, why).column(column));
            }
            None
        }
    };
    let worker = |column: &str| WorkerId(row.text(column).to_owned());
    let filled = |column: &str| Some(row.text(column).to_owned()).filter(|text| !text.is_empty());
    let allocation = Allocation {
        cycle: row.text("cycle").into(),
        source: app.source.clone(),
        child: child_key(row.text("child")),
        practitioner: worker("practitioner"),
        reviewer: worker("reviewer"),
        supervisor: worker("supervisor"),
        service_manager: worker("service_manager"),
        operational_manager: filled("operational_manager").map(WorkerId),
        service: row.text("service").to_owned(),
        allocated_on: allocated_on?,
        due_on: due_on?,
        conflict_reason: filled("conflict_reason"),
        plan_type: filled("plan_type"),
        period,
    };
    // What an empty cell causes is said of the cell.
    if wrong.is_empty() {
        let held = judge_allocation(&allocation, &app.terms, &[]).into_iter();
        wrong.extend(
            held.filter(crate::practice::verdict::Judged::holds)
                .map(|judged| super::of_rule(row.line, &judged)),
        );
    }
    Some(allocation)
}
