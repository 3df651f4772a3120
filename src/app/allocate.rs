//! How does a cycle's allocation come in? From a CSV file, row by row, each error with its line (¶1).

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{App, AppFault, decide};
use crate::case_system::CaseSystem;
use crate::practice::decision::{Allocation, Decided, Decision};
use crate::practice::ids::{ChildKey, Digest, EpisodeId, WorkerId};
use crate::practice::judge::judge_allocation;

/// What came of a file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Allocated {
    /// Rows taken in.
    pub accepted: u64,
    /// Rows that were on record already, word for word.
    pub unchanged: u64,
    /// Rows not taken in, with line and reason.
    pub refused: Vec<RowFault>,
}

/// Why one row was not taken in.
#[derive(Clone, Debug, Serialize)]
pub struct RowFault {
    /// Line in the file; the heading is line 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub why: String,
}

/// The columns of an allocation file. Unknown columns are refused, so that a misspelt one is noticed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    cycle: String,
    le_id: String,
    child: String,
    practitioner: String,
    reviewer: String,
    supervisor: String,
    service_manager: String,
    #[serde(default)]
    operational_manager: String,
    service: String,
    #[serde(default)]
    plan_type: String,
    allocated_on: String,
    due_on: String,
    #[serde(default)]
    period_start: String,
    #[serde(default)]
    period_end: String,
    #[serde(default)]
    conflict_reason: String,
}

/// Registers every row of a file that can be registered; the others are reported, each with its line.
/// `child_key` turns the case system's person id into the keyed hash that the ledger holds.
pub async fn register<C: CaseSystem>(
    app: &App<C>,
    file: &[u8],
    by: &WorkerId,
    child_key: impl Fn(&str) -> ChildKey,
    now: Timestamp,
) -> Result<Allocated, AppFault> {
    let mut report = Allocated::default();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(false)
        .from_reader(file);
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(2);
        let outcome = match row {
            Err(fault) => Err(vec![format!("cannot be read: {fault}")]),
            Ok(row) => match allocation(app, &row, &child_key) {
                Err(faults) => Err(faults),
                Ok(allocation) => take(app, &row, allocation, by, now).await?,
            },
        };
        match outcome {
            Ok(true) => report.accepted += 1,
            Ok(false) => report.unchanged += 1,
            Err(faults) => {
                report
                    .refused
                    .extend(faults.into_iter().map(|why| RowFault { line, why }));
            }
        }
    }
    Ok(report)
}

async fn take<C: CaseSystem>(
    app: &App<C>,
    row: &Row,
    allocation: Allocation,
    by: &WorkerId,
    now: Timestamp,
) -> Result<Result<bool, Vec<String>>, AppFault> {
    let Digest(hash) = Digest::of_json(&allocation);
    let decision = Decision {
        id: format!("allocate/{}/{hash}", row.le_id),
        episode: EpisodeId(row.le_id.clone()),
        by: by.clone(),
        at: now,
        what: Decided::Allocate(Box::new(allocation)),
    };
    match decide::record(app, &decision, now).await {
        Ok(reaction) => Ok(Ok(reaction.is_some())),
        Err(AppFault::Decision(refusal)) => Ok(Err(vec![refusal.to_string()])),
        Err(fault) => Err(fault),
    }
}

/// Checks one row, all its faults at once (LE-01.1, LE-01.2).
fn allocation<C>(
    app: &App<C>,
    row: &Row,
    child_key: impl Fn(&str) -> ChildKey,
) -> Result<Allocation, Vec<String>> {
    let mut faults = Vec::new();
    needed(row, &mut faults);
    let mut day = |name: &str, text: &str| {
        text.parse::<Date>()
            .map_err(|_| {
                if !text.is_empty() {
                    faults.push(format!("`{name}` is `{text}`; write a day as 2026-11-23"));
                }
            })
            .ok()
    };
    let due_on = day("due_on", &row.due_on);
    let allocated_on = if row.allocated_on.is_empty() {
        faults.push("`allocated_on` is empty; an allocation needs it (LE-01.1, ¶1)".to_owned());
        None
    } else {
        day("allocated_on", &row.allocated_on)
    };
    let (Some(due_on), Some(allocated_on)) = (due_on, allocated_on) else {
        return Err(faults);
    };
    if due_on < allocated_on {
        faults.push(format!(
            "`due_on` {due_on} is before `allocated_on` {allocated_on}"
        ));
    }
    let worker = |text: &str| WorkerId(text.to_owned());
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let allocation = Allocation {
        cycle: row.cycle.as_str().into(),
        source: app.source.clone(),
        child: child_key(&row.child),
        practitioner: worker(&row.practitioner),
        reviewer: worker(&row.reviewer),
        supervisor: worker(&row.supervisor),
        service_manager: worker(&row.service_manager),
        operational_manager: filled(&row.operational_manager).map(WorkerId),
        service: row.service.clone(),
        allocated_on,
        due_on,
        conflict_reason: filled(&row.conflict_reason),
        plan_type: filled(&row.plan_type),
        period: None,
    };
    for judged in judge_allocation(&allocation, &app.terms, &[]) {
        if judged.holds() {
            faults.push(format!(
                "{} {} ({})",
                judged.missing(),
                judged.remedy,
                judged.rule
            ));
        }
    }
    if faults.is_empty() {
        Ok(allocation)
    } else {
        Err(faults)
    }
}

/// Every column that an allocation cannot do without.
fn needed(row: &Row, faults: &mut Vec<String>) {
    let needed = [
        ("cycle", &row.cycle),
        ("le_id", &row.le_id),
        ("child", &row.child),
        ("practitioner", &row.practitioner),
        ("reviewer", &row.reviewer),
        ("supervisor", &row.supervisor),
        ("service_manager", &row.service_manager),
        ("service", &row.service),
        ("due_on", &row.due_on),
    ];
    for (name, value) in needed {
        if value.is_empty() {
            faults.push(format!(
                "`{name}` is empty; an allocation needs it (LE-01.1, ¶1)"
            ));
        }
    }
}
