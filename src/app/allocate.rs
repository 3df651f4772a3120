//! How does a cycle's allocation come in? From a table, row by row, every fault of every row at once (¶1).
//!
//! A preview and the real thing are one plan; only the last step differs. Absent on purpose: balancing. How many
//! Learning Episodes each reviewer would have is said, and who should have fewer is for people.

mod plan;
mod sheet;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::{App, AppFault, decide};
use crate::case_system::CaseSystem;
use crate::practice::admit::{Admitted, admit};
use crate::practice::decision::{Allocation, Decided, Decision};
use crate::practice::ids::{ChildKey, CycleId, Digest, EpisodeId, WorkerId};
use crate::practice::judge::judge_allocation;
use crate::practice::rules::parameter::REVIEWER_LOAD;
use crate::practice::verdict::Judged;

/// What came of a table, or would come of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Allocated {
    /// Nothing was written.
    pub preview: bool,
    /// Rows taken in.
    pub accepted: u64,
    /// Rows that were on record already, word for word.
    pub unchanged: u64,
    /// What stands against rows, so that they are not taken in.
    pub refused: Vec<RowFault>,
    /// What should be looked at of rows that are taken in.
    pub warnings: Vec<RowFault>,
    /// How many live Learning Episodes of these cycles each reviewer of the table has with it.
    pub loads: Vec<Load>,
}

/// What is to be said of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// Line or row of the file, the heading counted; 0 for the whole file.
    pub line: u64,
    /// The column, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The rule, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What is wrong and what to do.
    pub why: String,
}

impl RowFault {
    fn of(line: u64, why: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            rule: None,
            why: why.into(),
        }
    }

    fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    fn rule(mut self, rule: &str) -> Self {
        self.rule = Some(rule.to_owned());
        self
    }
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(column) = &self.column {
            write!(f, "`{column}`: ")?;
        }
        f.write_str(&self.why)?;
        match &self.rule {
            Some(rule) => write!(f, " ({rule})"),
            None => Ok(()),
        }
    }
}

/// How many live Learning Episodes a reviewer has in the table's cycles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Load {
    /// The reviewer.
    pub reviewer: WorkerId,
    /// Before the table.
    pub before: u64,
    /// With it.
    pub with: u64,
    /// How many the policy has in mind.
    pub cap: u64,
}

/// What a table is registered by, and for what.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who allocates; they must hold the role.
    pub by: &'a WorkerId,
    /// Rows of another cycle are refused, if given.
    pub cycle: Option<&'a CycleId>,
    /// Nothing is written.
    pub preview: bool,
}

/// Registers every row of a CSV file that can be registered; see [`register_as`].
///
/// # Errors
/// The ledger's fault.
pub async fn register<C: CaseSystem>(
    app: &App<C>,
    file: &[u8],
    by: &WorkerId,
    child_key: impl Fn(&str) -> ChildKey,
    now: Timestamp,
) -> Result<Allocated, AppFault> {
    let asked = Asked {
        by,
        cycle: None,
        preview: false,
    };
    register_as(app, file, &asked, child_key, now).await
}

/// Registers every row of a table that can be registered; of the others every fault is reported, each with its
/// line. `child_key` turns the case system's person id into the keyed hash that the ledger holds.
///
/// # Errors
/// A file that is no table, or the ledger's fault.
pub async fn register_as<C: CaseSystem>(
    app: &App<C>,
    file: &[u8],
    asked: &Asked<'_>,
    child_key: impl Fn(&str) -> ChildKey,
    now: Timestamp,
) -> Result<Allocated, AppFault> {
    let sheet = sheet::read(file, &plan::DAYS).map_err(AppFault::Refused)?;
    let mut report = Allocated {
        preview: asked.preview,
        ..Allocated::default()
    };
    let planned = plan::plan(app, sheet, asked.cycle, child_key, &mut report.refused);
    let mut live: BTreeMap<EpisodeId, Allocation> =
        decide::live_allocations(app).await?.into_iter().collect();
    let cycles: BTreeSet<CycleId> = planned.iter().map(|(.., one)| one.cycle.clone()).collect();
    let in_these = |one: &&Allocation| cycles.contains(&one.cycle);
    let before = loads(live.values().filter(in_these));
    let mut reviewers = BTreeSet::new();
    for (line, le_id, allocation) in planned {
        let others: Vec<Allocation> = live
            .iter()
            .filter(|(id, _)| **id != le_id)
            .map(|(_, other)| other.clone())
            .collect();
        let warnings = judge_allocation(&allocation, &app.terms, &others);
        let decision = decision(&le_id, allocation.clone(), asked.by, now);
        match taken(app, &decision, &others, asked.preview, now).await? {
            Err(fault) => report.refused.push(fault.at(line)),
            Ok(false) => report.unchanged += 1,
            Ok(true) => {
                report.accepted += 1;
                let said = warnings.iter().filter(|judged| judged.warns());
                report
                    .warnings
                    .extend(said.map(|judged| of_rule(line, judged)));
                reviewers.insert(allocation.reviewer.clone());
                live.insert(le_id, allocation);
            }
        }
    }
    let with = loads(live.values().filter(in_these));
    let cap = u64::from(REVIEWER_LOAD.count(&app.terms.policy));
    report.loads = reviewers
        .into_iter()
        .map(|reviewer| Load {
            before: before.get(&reviewer).copied().unwrap_or(0),
            with: with.get(&reviewer).copied().unwrap_or(0),
            reviewer,
            cap,
        })
        .collect();
    report
        .loads
        .sort_by_key(|load| std::cmp::Reverse(load.with));
    report.refused.sort_by_key(|fault| fault.line);
    Ok(report)
}

fn loads<'a>(live: impl Iterator<Item = &'a Allocation>) -> BTreeMap<WorkerId, u64> {
    let mut loads = BTreeMap::new();
    for allocation in live {
        *loads.entry(allocation.reviewer.clone()).or_insert(0) += 1;
    }
    loads
}

fn decision(le_id: &EpisodeId, allocation: Allocation, by: &WorkerId, now: Timestamp) -> Decision {
    let Digest(hash) = Digest::of_json(&allocation);
    Decision {
        id: format!("allocate/{le_id}/{hash}"),
        episode: le_id.clone(),
        by: by.clone(),
        at: now,
        what: Decided::Allocate(Box::new(allocation)),
    }
}

fn of_rule(line: u64, judged: &Judged) -> RowFault {
    RowFault::of(line, format!("{} {}", judged.missing(), judged.remedy)).rule(&judged.rule)
}

impl RowFault {
    fn at(mut self, line: u64) -> Self {
        self.line = line;
        self
    }
}

/// Whether a row's allocation is new, on record already, or refused; it is taken in unless this is a preview.
async fn taken<C: CaseSystem>(
    app: &App<C>,
    decision: &Decision,
    others: &[Allocation],
    preview: bool,
    now: Timestamp,
) -> Result<Result<bool, RowFault>, AppFault> {
    let taken = if preview {
        let before = app.ledger.episode(&decision.episode).await?;
        admit(decision, before.as_ref(), &app.terms, others)
            .map(|admitted| admitted != Admitted::Known)
    } else {
        match decide::beside(app, decision, others, now).await {
            Ok(reaction) => Ok(reaction.is_some()),
            Err(AppFault::Decision(refusal)) => Err(refusal),
            Err(fault) => return Err(fault),
        }
    };
    Ok(taken.map_err(|refusal| RowFault::of(0, refusal.why).rule(&refusal.rule)))
}
