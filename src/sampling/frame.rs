//! The frame: every Learning Episode that could have been drawn, and the facts that decide how.
//!
//! An episode is in the frame when its practice reviewer's step is finished (¶28). What was left out is listed with
//! its reason, because a frame that quietly loses awkward episodes is the oldest way to bend a sample.
//! Absent: names of people and narrative. Workers and episodes are ids; grades are codes.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An id or code, shared between the many rows that hold it.
pub type Name = Arc<str>;

/// The overall evaluation of practice, from lowest to highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// Inadequate.
    #[serde(rename = "INAD")]
    Inadequate,
    /// Requires improvement.
    #[serde(rename = "RI")]
    RequiresImprovement,
    /// Good.
    #[serde(rename = "GOOD")]
    Good,
    /// Outstanding.
    #[serde(rename = "OUT")]
    Outstanding,
}

impl Grade {
    /// Every grade, from lowest to highest.
    pub const ALL: [Self; 4] = [
        Self::Inadequate,
        Self::RequiresImprovement,
        Self::Good,
        Self::Outstanding,
    ];

    /// The code used in files: `INAD`, `RI`, `GOOD`, `OUT`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Inadequate => "INAD",
            Self::RequiresImprovement => "RI",
            Self::Good => "GOOD",
            Self::Outstanding => "OUT",
        }
    }

    /// Reads a code back.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.code() == code)
    }

    /// Whether this is one of the two evaluations that need initial moderation (¶8, ¶27).
    pub fn is_extreme(self) -> bool {
        matches!(self, Self::Outstanding | Self::Inadequate)
    }

    /// How many grades apart two evaluations are.
    pub fn gap(self, other: Self) -> u8 {
        (self as u8).abs_diff(other as u8)
    }
}

/// What, besides its grade, puts an episode in the sample for certain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Certain {
    /// Its initial moderation was superseded or is disputed.
    pub disputed_moderation: bool,
    /// The QA manager marked it as below the required standard (¶5).
    pub below_standard: bool,
    /// It was allocated against a conflict of interest by an override.
    pub conflict_override: bool,
}

/// One Learning Episode of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameRow {
    /// The episode's id; the frame is sorted by its bytes and tickets are made of it.
    pub le_id: Name,
    /// The service it belongs to.
    pub service: Name,
    /// The practice reviewer's worker id.
    pub reviewer: Name,
    /// The overall evaluation; `None` when it could not be seen, and then the episode is drawn for certain,
    /// because it could be an extreme one.
    pub evaluation: Option<Grade>,
    /// When the practice reviewer's step was finished.
    pub finished: Timestamp,
    /// Other reasons to draw it for certain.
    pub certain: Certain,
    /// How many cycles ago the reviewer was last moderated (1 is the cycle before this one); `None` is never.
    pub cycles_since_moderated: Option<u32>,
    /// Worker ids who may not moderate it: those who took part, their managers, declared interests.
    pub conflict: Vec<Name>,
    /// Who gave the initial moderation, if anyone; they may not moderate it again.
    pub initial_moderator: Option<Name>,
}

impl FrameRow {
    /// The reasons why this episode is certain to be drawn, as codes in a fixed order; empty when it is not.
    pub fn reasons(&self) -> impl Iterator<Item = &'static str> + use<> {
        [
            (self.evaluation.is_some_and(Grade::is_extreme), "extreme"),
            (self.evaluation.is_none(), "grade_not_seen"),
            (self.certain.disputed_moderation, "disputed_moderation"),
            (self.certain.below_standard, "below_standard"),
            (self.certain.conflict_override, "conflict_override"),
        ]
        .into_iter()
        .filter_map(|(holds, code)| holds.then_some(code))
    }

    /// Whether this episode is certain to be drawn.
    pub fn is_certain(&self) -> bool {
        self.reasons().next().is_some()
    }
}

/// An episode of the cycle that is not in the frame, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The episode's id.
    pub le_id: String,
    /// Why it is not in the frame, as a code or a few words; no narrative.
    pub reason: String,
}

/// The frame, sorted by episode id, with nothing in it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    rows: Vec<FrameRow>,
}

impl Frame {
    /// Sorts and checks the rows. Conflicts are sorted and said once.
    ///
    /// # Errors
    /// Every fault found: ids that are empty, padded, hold control characters or (for workers) a semicolon;
    /// an episode twice; a reviewer with two different moderation histories; an empty frame.
    pub fn of(mut rows: Vec<FrameRow>) -> Result<Self, Vec<FrameFault>> {
        rows.sort_by(|left, right| left.le_id.cmp(&right.le_id));
        let mut faults = Vec::new();
        if rows.is_empty() {
            faults.push(FrameFault::Empty);
        }
        let mut histories: BTreeMap<Name, Option<u32>> = BTreeMap::new();
        let mut before: Option<Name> = None;
        for row in &mut rows {
            row.conflict.sort();
            row.conflict.dedup();
            check_row(row, &mut faults);
            if before.as_ref() == Some(&row.le_id) {
                faults.push(FrameFault::Twice(row.le_id.clone()));
            }
            before = Some(row.le_id.clone());
            match histories.get(&row.reviewer) {
                None => {
                    histories.insert(row.reviewer.clone(), row.cycles_since_moderated);
                }
                Some(history) if *history != row.cycles_since_moderated => {
                    faults.push(FrameFault::TwoHistories(row.reviewer.clone()));
                }
                Some(_) => {}
            }
        }
        if faults.is_empty() {
            Ok(Self { rows })
        } else {
            Err(faults)
        }
    }

    /// The rows, in order of episode id.
    pub fn rows(&self) -> &[FrameRow] {
        &self.rows
    }

    /// The row of an episode.
    pub fn row(&self, le_id: &str) -> Option<&FrameRow> {
        let at = self
            .rows
            .binary_search_by(|row| (*row.le_id).cmp(le_id))
            .ok()?;
        self.rows.get(at)
    }
}

/// An exclusion is published too, so its text must be as plain as a row's.
pub(super) fn check_exclusion(exclusion: &Exclusion, faults: &mut Vec<FrameFault>) {
    for (column, text) in [("le_id", &exclusion.le_id), ("reason", &exclusion.reason)] {
        if doubtful(text) {
            let le_id = exclusion.le_id.as_str().into();
            faults.push(FrameFault::BadText {
                le_id,
                column,
                text: text.clone(),
            });
        }
    }
}

fn doubtful(text: &str) -> bool {
    text.is_empty() || text.trim() != text || text.chars().any(char::is_control)
}

fn check_row(row: &FrameRow, faults: &mut Vec<FrameFault>) {
    let mut check = |column: &'static str, text: &str, in_a_list: bool| {
        if doubtful(text) || (in_a_list && text.contains(';')) {
            faults.push(FrameFault::BadText {
                le_id: row.le_id.clone(),
                column,
                text: text.to_owned(),
            });
        }
    };
    check("le_id", &row.le_id, false);
    check("service", &row.service, false);
    check("reviewer", &row.reviewer, true);
    for worker in &row.conflict {
        check("conflict", worker, true);
    }
    if let Some(worker) = &row.initial_moderator {
        check("initial_moderator", worker, true);
    }
    if row.cycles_since_moderated == Some(0) {
        check("cycles_since_moderated", "", false);
    }
}

/// Why these rows are not a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameFault {
    /// There is nothing to draw from.
    Empty,
    /// An episode is in the frame more than once.
    Twice(Name),
    /// An episode is both in the frame and excluded.
    Excluded(String),
    /// Rows of one reviewer disagree about when they were last moderated.
    TwoHistories(Name),
    /// A value that cannot be written without doubt.
    BadText {
        /// The row it is in.
        le_id: Name,
        /// The column it is in.
        column: &'static str,
        /// The value.
        text: String,
    },
    /// A line of a frame file that cannot be read, and why.
    Line {
        /// Line of the file, the heading being 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The frame reads well but is not spelt canonically, so its hash means nothing.
    Spelling,
    /// The policy the frame was frozen with cannot be read.
    Policy(String),
    /// The cycle's id cannot be part of a seed.
    Cycle(String),
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "frame is empty; freeze after at least one practice reviewer step is finished",
            ),
            Self::Twice(le_id) => {
                write!(f, "episode `{le_id}` is in the frame twice; keep one row")
            }
            Self::Excluded(le_id) => {
                write!(
                    f,
                    "episode `{le_id}` is both in the frame and excluded; keep one"
                )
            }
            Self::TwoHistories(reviewer) => write!(
                f,
                "reviewer `{reviewer}` has two values of cycles_since_moderated; give one on every row"
            ),
            Self::BadText {
                le_id,
                column,
                text,
            } => write!(
                f,
                "episode `{}`, {column} `{}`: must not be empty, zero, padded, hold control characters or, for a worker, `;`",
                le_id.escape_debug(),
                text.escape_debug()
            ),
            Self::Line { line, what } => write!(f, "frame file, line {line}: {what}"),
            Self::Spelling => f.write_str(
                "frame file is not in canonical form; use the file that was frozen, byte for byte",
            ),
            Self::Policy(what) | Self::Cycle(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for FrameFault {}
