//! What does a QA manager do in a cycle? Allocate, ask why, freeze and draw.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Failure;
use super::run::{Configured, configured_now, ready, ready_to_begin, ready_to_write};
use crate::app::draw::{self, Drawn, Foreseen};
use crate::app::{App, AppFault, allocate, explain, hand_over, mirror, pack};
use crate::pack::{Face, Pack};
use crate::practice::ids::{CycleId, EpisodeId, WorkerId};

/// Register a cycle's allocations from a CSV file, an Excel workbook or JSON.
#[derive(Args)]
pub(super) struct Allocate {
    /// The file; its columns are in docs/people.md.
    file: PathBuf,
    /// The QA manager's worker id; they must hold the role in the people file.
    #[arg(long)]
    by: String,
    /// Say what would come of each row, and write nothing.
    #[arg(long)]
    preview: bool,
    /// Print JSON for a machine.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

/// Show why an episode stands where it stands: every rule, met ones included.
#[derive(Args)]
pub(super) struct Explain {
    /// The episode's reference.
    episode: String,
    /// As of a past moment, by what was in force then: 2026-11-23T14:02:00Z, 2026-11-23 14:02 or 2026-11-23 (its end), local.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Print JSON for a machine; its shape is in docs/operations.md.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Subcommand)]
pub(super) enum Lot {
    /// Fix for good which episodes may be drawn; publish the hash before dice are thrown.
    Freeze {
        /// The cycle.
        cycle: String,
        /// Say what would be fixed, and fix nothing.
        #[arg(long)]
        preview: bool,
        /// Although reviews are not finished whose completion date has not come; they stay outside this cycle's sample.
        #[arg(long)]
        early: bool,
        #[command(flatten)]
        configured: Configured,
    },
    /// Draw the frozen cycle, once, write its files and owe the list to the case system.
    Draw {
        /// The cycle.
        cycle: String,
        /// Twenty digits from ten-sided dice; spaces are allowed.
        #[arg(long)]
        seed: String,
        /// Where the files go.
        #[arg(long, default_value = ".")]
        out: PathBuf,
        #[command(flatten)]
        configured: Configured,
    },
    /// Draw up what CSLT reads of a drawn cycle: a page, a workbook, and the same figures as CSV and JSON.
    Pack {
        /// The cycle.
        cycle: String,
        /// Where the files go.
        #[arg(long, default_value = ".")]
        out: PathBuf,
        /// Tell CSLT too, through the case system: the first figures, and where to get the pack. The same figures are
        /// told once.
        #[arg(long)]
        deliver: bool,
        #[command(flatten)]
        configured: Configured,
    },
}

/// A refusal is a "no"; anything else could not be told.
pub(super) fn ended(fault: AppFault) -> Failure {
    match fault {
        AppFault::Refused(why) => Failure::No(why),
        AppFault::Decision(refusal) => Failure::No(refusal.to_string()),
        AppFault::Case(_) | AppFault::Ledger(_) => Failure::CannotTell(fault.to_string()),
    }
}

pub(super) async fn allocate(verb: &Allocate) -> Result<(), Failure> {
    // First the file: a name mistyped begins no ledger.
    let file = std::fs::read(&verb.file)
        .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", verb.file.display())))?;
    if is_no_workbook(&verb.file, &file) {
        let why =
            "its name says workbook (.xlsx), and it is none; save it as .xlsx, or name it .csv";
        return Err(Failure::No(format!("`{}`: {why}", verb.file.display())));
    }
    let ready = ready_to_begin(&verb.configured).await?;
    configured_now(&ready).await?;
    let by = WorkerId(verb.by.clone());
    let key = |child: &str| ready.child_key.key(child);
    let asked = allocate::Asked {
        by: &by,
        cycle: None,
        preview: verb.preview,
    };
    let report = allocate::register_as(&ready.app, &file, &asked, key, ready.clock.now())
        .await
        .map_err(ended)?;
    if verb.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        said(&verb.file.display().to_string(), &report);
    }
    if report.refused.is_empty() {
        return Ok(());
    }
    let were = if verb.preview {
        "would not be"
    } else {
        "were not"
    };
    let faults = match report.refused.len() {
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    Err(Failure::No(format!(
        "{faults}; the rows named {were} taken in"
    )))
}

/// Whether a file is named as a workbook, which begins as every ZIP file does, and is none.
fn is_no_workbook(name: &Path, bytes: &[u8]) -> bool {
    let ending = name.extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) && !bytes.starts_with(b"PK")
}

/// The report for a person.
fn said(file: &str, report: &allocate::Allocated) {
    let verb = if report.preview {
        "would be accepted"
    } else {
        "accepted"
    };
    println!("{} {verb}, {} unchanged", report.accepted, report.unchanged);
    for fault in &report.refused {
        println!("{file}:{}: {fault}", fault.line);
    }
    for warning in &report.warnings {
        println!("{file}:{}: look at it: {warning}", warning.line);
    }
    for load in &report.loads {
        let over = if load.with > load.cap {
            ", more than meant"
        } else {
            ""
        };
        println!(
            "reviewer {}: {} live before, {} with this, at most {} meant{over}",
            load.reviewer, load.before, load.with, load.cap
        );
    }
}

pub(super) async fn explain(verb: &Explain) -> Result<(), Failure> {
    let ready = ready(&verb.configured).await?;
    let id = EpisodeId(verb.episode.clone());
    let calendar = &ready.app.terms.calendar;
    let at = match &verb.at {
        Some(text) => Some(calendar.moment(text).map_err(Failure::No)?),
        None => None,
    };
    let now = ready.clock.now();
    let told = explain::explain(&ready.app, &id, at, now)
        .await
        .map_err(ended)?;
    let Some(told) = told else {
        let by = at.map_or(String::new(), |at| {
            format!(" by {}", calendar.local_words(at))
        });
        return Err(Failure::No(format!(
            "no episode `{id}` is on record{by}; see `greentick mirror list`"
        )));
    };
    if verb.json {
        println!("{}", serde_json::to_string(&told)?);
    } else {
        println!("{}", explain::in_lines(&told, calendar).join("\n"));
    }
    Ok(())
}

async fn freeze(
    cycle: &CycleId,
    (preview, early): (bool, bool),
    configured: &Configured,
) -> Result<(), Failure> {
    let ready = ready_to_write(configured).await?;
    let policy = ready
        .settings
        .policy_text()
        .map_err(|fault| Failure::CannotTell(fault.to_string()))?;
    let now = ready.clock.now();
    let foreseen = draw::foresee(&ready.app, cycle, policy.as_bytes(), now)
        .await
        .map_err(ended)?;
    if preview {
        println!("{}", in_words(&foreseen).join("\n"));
        return Ok(());
    }
    if !early && let Some(why) = too_early(cycle, &foreseen) {
        return Err(Failure::No(why));
    }
    let record = draw::freeze(&ready.app, cycle, policy.as_bytes(), now)
        .await
        .map_err(ended)?;
    println!("{}", String::from_utf8_lossy(&record));
    Ok(())
}

/// Why it is too early to freeze, if it is.
fn too_early(cycle: &CycleId, foreseen: &Foreseen) -> Option<String> {
    let last = foreseen.coming.iter().map(|(_, due)| *due).max()?;
    Some(format!(
        "{} practice reviews of cycle `{cycle}` are not finished, and the last of them has until {last}; frozen now, they \
         would stay outside this cycle's sample for good. Wait, look with `--preview`, or say `--early`",
        foreseen.coming.len()
    ))
}

/// What a freeze would fix, a line for each part of it.
fn in_words(foreseen: &Foreseen) -> Vec<String> {
    let mut lines = vec![format!("can be drawn: {}", foreseen.framed)];
    let left_out = foreseen.left_out.iter();
    lines.extend(left_out.map(|(reason, count)| format!("left out, {reason}: {count}")));
    let mut coming = foreseen.coming.clone();
    coming.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    let still = coming.iter();
    lines.extend(
        still.map(|(episode, due)| format!("not finished, and has until {due}: {episode}")),
    );
    lines.push("nothing was fixed".to_owned());
    lines
}

pub(super) async fn sample(verb: &Lot) -> Result<(), Failure> {
    match verb {
        Lot::Freeze {
            cycle,
            preview,
            early,
            configured,
        } => freeze(&CycleId(cycle.clone()), (*preview, *early), configured).await?,
        Lot::Draw {
            cycle,
            seed,
            out,
            configured,
        } => {
            let ready = ready_to_write(configured).await?;
            let cycle = CycleId(cycle.clone());
            let drawn = draw::draw(&ready.app, &cycle, seed, ready.clock.now())
                .await
                .map_err(ended)?;
            put_drawn(&ready.app, &cycle, &drawn, out).await?;
            let ids: Vec<&str> = drawn.episodes.iter().map(EpisodeId::as_str).collect();
            println!("{}", ids.join("\n"));
        }
        Lot::Pack {
            cycle,
            out,
            deliver,
            configured,
        } => {
            let ready = if *deliver {
                ready_to_write(configured).await?
            } else {
                ready(configured).await?
            };
            let (cycle, now) = (CycleId(cycle.clone()), ready.clock.now());
            let pack = pack::draw_up(&ready.app, &cycle, now)
                .await
                .map_err(ended)?;
            for file in put_pack(&pack, out)? {
                println!("{}", file.display());
            }
            if *deliver {
                let new = hand_over::deliver(&ready.app, &cycle, now)
                    .await
                    .map_err(ended)?;
                println!(
                    "{}",
                    if new {
                        "CSLT is told with the next dispatch"
                    } else {
                        "CSLT has been told these figures before"
                    }
                );
            }
        }
    }
    Ok(())
}

/// Writes everything that is published of a draw into a folder: the list, and every document of its cycle.
pub(super) async fn put_drawn<C>(
    app: &App<C>,
    cycle: &CycleId,
    drawn: &Drawn,
    out: &Path,
) -> Result<(), Failure> {
    std::fs::create_dir_all(out)?;
    let list = [("sample.csv", &drawn.csv), ("sample.json", &drawn.json)];
    for (name, bytes) in list {
        std::fs::write(out.join(name), bytes)?;
    }
    for (name, bytes) in draw::documents(app, cycle).await? {
        std::fs::write(out.join(name), bytes)?;
    }
    Ok(())
}

/// Writes every face of a pack into a folder; gives the files.
pub(super) fn put_pack(pack: &Pack, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    std::fs::create_dir_all(out)?;
    let mut files = Vec::new();
    for face in Face::ALL {
        let (file, bytes) = (out.join(face.file_name()), pack.face(face)?);
        std::fs::write(&file, bytes)
            .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))?;
        files.push(file);
    }
    Ok(files)
}

/// Compares everything now: the feed from its beginning, then every open step.
pub(super) async fn reconcile(
    configured: &Configured,
    restored: bool,
    json: bool,
) -> Result<(), Failure> {
    let ready = ready_to_write(configured).await?;
    let now = ready.clock.now();
    let compared = if restored {
        mirror::restored_by_word(&ready.app, now).await
    } else {
        mirror::reconcile(&ready.app, now).await
    };
    let report = compared.map_err(ended)?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!(
            "{} read, {} changed, {} older than held, {} went back, {} quarantined, {} open steps looked for one by one, \
             {} not found",
            report.seen,
            report.changed(),
            report.stale,
            report.returned,
            report.quarantined,
            report.looked_for,
            report.missing
        );
    }
    if report.complete {
        return Ok(());
    }
    Err(Failure::CannotTell(format!(
        "the feed is longer than one pass of {} pages; what was read is kept",
        ready.app.limits.pages
    )))
}
