//! What does an inspection get of a cycle? Everything that answers for it, in one folder that can be checked from outside.
//!
//! Made of the ledger alone; nothing is written. The same ledger on the same day gives the same bytes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{App, AppFault, draw, pack};
use crate::ledger::Verified;
use crate::pack::inspection::{self, table};
use crate::practice::decision::{Decided, Decision};
use crate::practice::episode::Role;
use crate::practice::ids::{CycleId, Digest, EpisodeId};
use crate::sampling::SampleList;

/// The second program that draws again, which shares no code with this one.
const SECOND_PROGRAM: &[u8] = include_bytes!("../../tests/verify_certificate.py");

/// What an inspection gets.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Every file by its path in the folder, the manifest last.
    pub files: Vec<(String, Vec<u8>)>,
    /// What does not hold, in whole sentences; none if all of it does.
    pub faults: Vec<String>,
}

/// Gathers the folder of a cycle that was drawn.
///
/// # Errors
/// A refusal if nothing was drawn, or the ledger's fault.
pub async fn gather<C>(
    app: &App<C>,
    cycle: &CycleId,
    now: Timestamp,
) -> Result<Gathered, AppFault> {
    let made = pack::draw_up(app, cycle, now).await?;
    let broken = |why: &dyn std::fmt::Display| {
        AppFault::Refused(format!("the consistency pack cannot be drawn up: {why}"))
    };
    let mut files = vec![
        ("pack/pack.csv".to_owned(), made.csv()),
        (
            "pack/pack.html".to_owned(),
            made.html().map_err(|why| broken(&why))?.into_bytes(),
        ),
        (
            "pack/pack.json".to_owned(),
            serde_json::to_vec_pretty(&made).map_err(|why| broken(&why))?,
        ),
        (
            "pack/pack.xlsx".to_owned(),
            made.xlsx().map_err(|why| broken(&why))?,
        ),
    ];
    files.extend(drawn(app, cycle).await?);
    let overrides = overrides(app, cycle).await?;
    files.push(("overrides.csv".to_owned(), csv(&OVERRIDES, &overrides)));
    let amendments = amendments(app, cycle).await?;
    files.push(("amendments.csv".to_owned(), csv(&AMENDMENTS, &amendments)));
    let differences: Vec<String> = draw::check(app, cycle)
        .await?
        .iter()
        .map(ToString::to_string)
        .collect();
    let (journal, broken) = match app.ledger.verify().await? {
        Verified::Whole { count, head } => ((count, head), None),
        Verified::Broken { seq, why } => ((seq, String::new()), Some(format!("line {seq}: {why}"))),
    };
    let found = json!({
        "cycle": cycle, "lines": journal.0, "head": journal.1, "whole": broken.is_none(),
        "broken": broken, "draw_verifies": differences.is_empty(), "differences": differences,
    });
    let found = serde_json::to_vec_pretty(&found).unwrap_or_default();
    files.push(("journal.json".to_owned(), found));
    files.sort();
    let mut faults: Vec<String> = broken
        .iter()
        .map(|why| format!("the journal: {why}"))
        .collect();
    faults.extend(differences.iter().map(|why| format!("the draw: {why}")));
    let page = inspection::Inspection {
        pack: &made,
        journal,
        broken,
        differences,
        overrides: table("Overrides", &OVERRIDES, overrides),
        amendments: table("Amendments", &AMENDMENTS, amendments),
        files: files.iter().map(described).collect(),
    };
    let page = page
        .html()
        .map_err(|why| AppFault::Refused(format!("the first page cannot be drawn up: {why}")))?;
    files.push(("index.html".to_owned(), page.into_bytes()));
    files.sort();
    // As `sha256sum -c` reads it.
    let lines = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", hash(bytes)));
    let manifest: String = lines.collect();
    files.push(("manifest.sha256".to_owned(), manifest.into_bytes()));
    Ok(Gathered { files, faults })
}

fn hash(bytes: &[u8]) -> String {
    let Digest(hex) = Digest::of(bytes);
    hex
}

fn described((name, bytes): &(String, Vec<u8>)) -> (String, &'static str, String) {
    let what = match name.as_str() {
        "amendments.csv" => "what happened to the sample after the draw, and who did it",
        "journal.json" => "the journal\u{2019}s last hash, and whether journal and draw hold",
        "overrides.csv" => "every override of a hold: who in which role, why, when",
        "draw/assignment.json" => "who moderates what",
        "draw/certificate.json" => "the draw as it stands, amendments included",
        "draw/exclusions.csv" | "draw/exclusions.json" => "what is not in the frame, and why",
        "draw/frame.csv" => "every episode that could be drawn",
        "draw/freeze.json" => "the fingerprints published before the dice",
        "draw/policy.toml" => "the policy of the draw",
        "draw/sample.csv" | "draw/sample.json" => "the list that the leadership team works from",
        "draw/verify_certificate.py" => {
            "the second program, which draws again from the files alone"
        }
        "pack/pack.html" => "the consistency pack, to read or print",
        "pack/pack.csv" | "pack/pack.json" | "pack/pack.xlsx" => {
            "the consistency pack\u{2019}s figures"
        }
        _ if name.starts_with("draw/certificate-") => "the draw as it stood before",
        _ => "who moderated what before",
    };
    (name.clone(), what, hash(bytes))
}

/// The draw: what was frozen, every certificate, the list, and the means to draw it again.
async fn drawn<C>(app: &App<C>, cycle: &CycleId) -> Result<Vec<(String, Vec<u8>)>, AppFault> {
    let frozen = draw::frozen(app, cycle).await?;
    let certificate = draw::certificate(app, cycle).await?;
    let assignment = draw::assignment(app, cycle).await?;
    let list = SampleList::of(&certificate, frozen.frame(), assignment.as_ref());
    let mut files = draw::documents(app, cycle).await?;
    files.push(("sample.csv".to_owned(), list.to_csv()));
    files.push(("sample.json".to_owned(), list.to_json()));
    files.push(("verify_certificate.py".to_owned(), SECOND_PROGRAM.to_vec()));
    let files = files.into_iter();
    Ok(files
        .map(|(name, bytes)| (format!("draw/{name}"), bytes))
        .collect())
}

const OVERRIDES: [&str; 6] = ["le_id", "finish_of", "by", "role", "reason", "at"];
const AMENDMENTS: [&str; 6] = ["act", "about", "reason", "by", "approved_by", "at"];

/// Every override of the cycle, in order of time, as the journal has it: it alone knows the role of then.
async fn overrides<C>(app: &App<C>, cycle: &CycleId) -> Result<Vec<Vec<String>>, AppFault> {
    let episodes = app.ledger.episodes(Some(cycle)).await?.into_iter();
    let own: BTreeSet<EpisodeId> = episodes
        .filter(|episode| !episode.overrides.is_empty())
        .map(|episode| episode.id)
        .collect();
    let (lines, _) = app.ledger.lines_of_kind("decided", 0).await?;
    let rows = lines.into_iter().filter_map(|line| {
        let decision: Decision = serde_json::from_value(line.get("decision")?.clone()).ok()?;
        let Decided::Override { stage, reason } = &decision.what else {
            return None;
        };
        if !own.contains(&decision.episode) {
            return None;
        }
        let role: Option<Role> = serde_json::from_value(line.get("as")?.clone()).ok()?;
        let role = role.map(|role| text(&json!(role)));
        Some(vec![
            decision.episode.to_string(),
            stage.name().to_owned(),
            decision.by.to_string(),
            role.unwrap_or_default(),
            reason.clone(),
            seconds(decision.at),
        ])
    });
    Ok(rows.collect())
}

/// What happened to the sample after the draw, in order of time.
async fn amendments<C>(app: &App<C>, cycle: &CycleId) -> Result<Vec<Vec<String>>, AppFault> {
    let (lines, _) = app.ledger.lines_of_kind("sample_amended", 0).await?;
    let own = lines
        .iter()
        .filter(|line| line.get("cycle") == Some(&json!(cycle)));
    let field = |line: &Json, name: &str| line.get(name).map(text).unwrap_or_default();
    let rows = own.map(|line| {
        let about = ["episode", "groups"].map(|name| field(line, name));
        vec![
            field(line, "act"),
            about.concat(),
            field(line, "reason"),
            field(line, "by"),
            field(line, "approvers"),
            field(line, "at").parse().map(seconds).unwrap_or_default(),
        ]
    });
    Ok(rows.collect())
}

/// An instant to the second, UTC.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A word, or several with a semicolon between them.
fn text(value: &Json) -> String {
    match value {
        Json::String(word) => word.clone(),
        Json::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(";"),
        _ => String::new(),
    }
}

fn csv(columns: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let cell = |text: &String| {
        // No spreadsheet is to run it.
        let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            format!("'{text}")
        } else {
            text.clone()
        };
        if safe.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", safe.replace('"', "\"\""))
        } else {
            safe
        }
    };
    let mut out = columns.join(",") + "\n";
    for row in rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        out += &(cells.join(",") + "\n");
    }
    out.into_bytes()
}
