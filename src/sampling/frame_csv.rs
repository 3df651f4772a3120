//! The frame as a file: one spelling, so that one hash stands for one frame.
//!
//! UTF-8, lines ended by a single line feed, the heading below first, rows in order of the bytes of `le_id`. A field
//! is put in double quotes only when it holds a comma or a double quote, and a double quote is doubled. Lists
//! are sorted and joined by `;`. Times are RFC 3339 in UTC with no needless zeros.
//! Absent: any guard against spreadsheet formulas. This file is for hashing; people are given the list instead.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::frame::{Certain, Exclusion, Frame, FrameFault, FrameRow, Grade, Name};

const COLUMNS: &str = "le_id,service,reviewer,evaluation,finished,certain,cycles_since_moderated,conflict,initial_moderator";

impl Frame {
    /// The canonical file of the frame.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut out = String::with_capacity(100 * (self.rows().len() + 1));
        out.push_str(COLUMNS);
        out.push('\n');
        for row in self.rows() {
            let certain: Vec<_> = row.reasons().collect();
            let since = row
                .cycles_since_moderated
                .map(|n| n.to_string())
                .unwrap_or_default();
            let fields = [
                Cow::Borrowed(&*row.le_id),
                Cow::Borrowed(&*row.service),
                Cow::Borrowed(&*row.reviewer),
                Cow::Borrowed(row.evaluation.map(Grade::code).unwrap_or_default()),
                Cow::Owned(row.finished.to_string()),
                Cow::Owned(certain.join(";")),
                Cow::Owned(since),
                Cow::Owned(row.conflict.join(";")),
                Cow::Borrowed(row.initial_moderator.as_deref().unwrap_or_default()),
            ];
            push_line(&mut out, &fields);
        }
        out.into_bytes()
    }

    /// Reads a canonical file back.
    ///
    /// # Errors
    /// Every line that cannot be read, else every fault of [`Frame::of`], else [`FrameFault::Spelling`] when the
    /// same frame would be written differently.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, Vec<FrameFault>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut names = Names::default();
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for (at, record) in reader.records().enumerate() {
            let line = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(1);
            let read = match record {
                Ok(record) if at == 0 => heading(&record).map(|()| None),
                Ok(record) => read_row(&record, &mut names).map(Some),
                Err(fault) => Err(fault.to_string()),
            };
            match read {
                Ok(row) => rows.extend(row),
                Err(what) => faults.push(FrameFault::Line { line, what }),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let frame = Self::of(rows)?;
        if frame.to_csv() == bytes {
            Ok(frame)
        } else {
            Err(vec![FrameFault::Spelling])
        }
    }
}

/// The canonical file of the exclusions, `le_id,reason` in order of both, in the same spelling as the frame.
pub(super) fn exclusions_csv(exclusions: &[Exclusion]) -> Vec<u8> {
    let mut out = String::from("le_id,reason\n");
    for exclusion in exclusions {
        push_line(
            &mut out,
            &[
                Cow::Borrowed(&exclusion.le_id),
                Cow::Borrowed(&exclusion.reason),
            ],
        );
    }
    out.into_bytes()
}

/// Writes one line, quoting only what must be quoted.
pub(super) fn push_line(out: &mut String, fields: &[Cow<'_, str>]) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

/// Ids seen so far, so that the thousands of rows of one service share one text.
#[derive(Default)]
struct Names(BTreeSet<Name>);

impl Names {
    fn share(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return name.clone();
        }
        let name: Name = Arc::from(text);
        self.0.insert(name.clone());
        name
    }
}

fn heading(record: &csv::StringRecord) -> Result<(), String> {
    if record.iter().eq(COLUMNS.split(',')) {
        Ok(())
    } else {
        Err(format!("heading is not `{COLUMNS}`"))
    }
}

fn read_row(record: &csv::StringRecord, names: &mut Names) -> Result<FrameRow, String> {
    let fields: Vec<&str> = record.iter().collect();
    let [
        le_id,
        service,
        reviewer,
        evaluation,
        finished,
        certain,
        since,
        conflict,
        moderator,
    ] = fields.as_slice()
    else {
        return Err(format!("{} fields where 9 are needed", fields.len()));
    };
    let evaluation = match *evaluation {
        "" => None,
        code => Some(Grade::from_code(code).ok_or_else(|| {
            format!(
                "evaluation `{}` is not one of INAD, RI, GOOD, OUT",
                code.escape_debug()
            )
        })?),
    };
    let finished: Timestamp = finished
        .parse()
        .map_err(|_| format!("finished `{}` is not a time", finished.escape_debug()))?;
    let cycles_since_moderated = match *since {
        "" => None,
        n => Some(n.parse().map_err(|_| {
            format!(
                "cycles_since_moderated `{}` is not a number",
                n.escape_debug()
            )
        })?),
    };
    let row = FrameRow {
        le_id: Arc::from(*le_id),
        service: names.share(service),
        reviewer: names.share(reviewer),
        evaluation,
        finished,
        certain: Certain {
            disputed_moderation: listed(certain, "disputed_moderation"),
            below_standard: listed(certain, "below_standard"),
            conflict_override: listed(certain, "conflict_override"),
        },
        cycles_since_moderated,
        conflict: list(conflict).map(|worker| names.share(worker)).collect(),
        initial_moderator: (!moderator.is_empty()).then(|| names.share(moderator)),
    };
    if row.reasons().eq(list(certain)) {
        Ok(row)
    } else {
        Err(format!(
            "certain `{}` does not agree with the row",
            certain.escape_debug()
        ))
    }
}

fn list(joined: &str) -> impl Iterator<Item = &str> {
    joined.split(';').filter(move |_| !joined.is_empty())
}

fn listed(joined: &str, code: &str) -> bool {
    list(joined).any(|entry| entry == code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(le_id: &str) -> FrameRow {
        FrameRow {
            le_id: le_id.into(),
            service: "Fostering, \"North\"".into(),
            reviewer: "W-101".into(),
            evaluation: Some(Grade::Good),
            finished: "2026-11-23T14:02:11Z".parse().unwrap(),
            certain: Certain::default(),
            cycles_since_moderated: Some(2),
            conflict: vec!["W-9".into(), "W-10".into(), "W-9".into()],
            initial_moderator: None,
        }
    }

    #[test]
    fn file_is_spelt_in_one_way() {
        let mut second = row("LE-2");
        second.evaluation = Some(Grade::Outstanding);
        second.certain.below_standard = true;
        second.cycles_since_moderated = Some(2);
        second.initial_moderator = Some("W-1".into());
        let mut unseen = row("LE-10");
        unseen.evaluation = None;
        let frame = Frame::of(vec![second, row("LE-1"), unseen]).unwrap();
        let text = String::from_utf8(frame.to_csv()).unwrap();
        let service = "\"Fostering, \"\"North\"\"\"";
        assert_eq!(
            text,
            format!(
                "{COLUMNS}\n\
                 LE-1,{service},W-101,GOOD,2026-11-23T14:02:11Z,,2,W-10;W-9,\n\
                 LE-10,{service},W-101,,2026-11-23T14:02:11Z,grade_not_seen,2,W-10;W-9,\n\
                 LE-2,{service},W-101,OUT,2026-11-23T14:02:11Z,extreme;below_standard,2,W-10;W-9,W-1\n"
            )
        );
        assert_eq!(Frame::from_csv(text.as_bytes()), Ok(frame));
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let frame = Frame::of(vec![row("LE-1"), row("LE-2")]).unwrap();
        let good = String::from_utf8(frame.to_csv()).unwrap();
        let lines: Vec<_> = good.lines().collect();
        let swapped = format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1]);
        let cases = [
            good.replace('\n', "\r\n"),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            format!("\u{feff}{good}"),
            good.replace("LE-1", "\"LE-1\""),
            good.replace("11Z", "11.0Z"),
            good.replace("W-10;W-9", "W-9;W-10"),
            good.replace(",2,", ",02,"),
            good.replace(",,2", ",extreme,2"),
            good.replace("GOOD", "good"),
            good.replace("LE-2", "LE-1"),
            good.replace("reviewer,", "reviewer ,"),
            lines[0].to_owned() + "\n",
            swapped,
            String::new(),
        ];
        for case in cases {
            assert!(Frame::from_csv(case.as_bytes()).is_err(), "{case:?}");
        }
        assert!(Frame::from_csv(b"\xff\xfe").is_err());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut other = row("LE-1");
        other.cycles_since_moderated = None;
        other.service = " ".into();
        let faults = Frame::of(vec![row("LE-1"), other]).unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            id in "[A-Z0-9\"',; é-]{0,6}x", worker in "W-[0-9\",]{1,4}", seconds in 0_i64..4_000_000_000,
        ) {
            let mut one = row(&format!("a{id}"));
            one.finished = Timestamp::from_second(seconds).unwrap();
            one.conflict = vec![worker.as_str().into()];
            let frame = Frame::of(vec![one, row("LE-1")]).unwrap();
            prop_assert_eq!(Frame::from_csv(&frame.to_csv()), Ok(frame));
        }
    }
}
