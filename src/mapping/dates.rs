//! When was it, if a case system writes 01:30 and names no zone? Stamps and days as they are written, turned into
//! instants (UTC) and local days (M13, M14).
//!
//! Each field may be written in its own way. An hour that comes twice or never when clocks change is read by the
//! mapping's own policy (P16), and a day that only stands for "none" is none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::Deserialize;

use super::compile::Desk;
use super::date_forms::{Form, Written};
use super::language::File;
use crate::practice::fact::{Fact, FactKind};
use crate::shape;

/// Days that stand for "none" in the databases of many makers.
const SENTINELS: [(i16, i8, i8); 3] = [(9999, 12, 31), (1900, 1, 1), (1, 1, 1)];

/// The zone whose days count, whatever zone a case system writes in.
const HOME: &str = "Europe/London";
/// Stamps and days that belong to no fact.
const FIELDS: [&str; 13] = [
    "modified",
    "incoming",
    "started",
    "completed",
    "reopened",
    "cancelled",
    "due",
    "scheduled",
    "stages",
    "latest",
    "server_time",
    "merged_at",
    "high_water",
];

/// `[dates]` or `[dates.FIELD]`, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct DatesRow {
    read: Option<Vec<String>>,
    zone: Option<String>,
    ambiguous: Option<String>,
    missing: Option<String>,
    none: Option<Vec<String>>,
    /// Of `[dates]`: the fields that are written in ways of their own.
    #[serde(flatten)]
    fields: BTreeMap<String, DatesRow>,
}

/// How each field is written.
#[derive(Clone, Debug)]
pub(super) struct Dates {
    all: Manner,
    fields: BTreeMap<String, Manner>,
}

impl Dates {
    /// How a field is written: a name of `[record]`, a fact, or one of the few that belong to neither.
    pub(super) fn of(&self, field: &str) -> &Manner {
        self.fields.get(field).unwrap_or(&self.all)
    }
}

/// What is made of a local time that comes twice, on the night when clocks go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ambiguous {
    #[default]
    Earlier,
    Later,
    Unreadable,
}

/// What is made of a local time that there never was, on the night when clocks go forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Missing {
    Before,
    #[default]
    After,
    Unreadable,
}

/// How one field is written.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Tried in this order.
    read: Vec<Form>,
    /// The zone of stamps that carry none.
    zone: TimeZone,
    ambiguous: Ambiguous,
    missing: Missing,
    /// Days that stand for "none", beside those of [`SENTINELS`].
    none: BTreeSet<Date>,
    /// The zone whose days count; see [`HOME`].
    home: TimeZone,
}

/// Why a stamp or a day could not be read; never the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is written in no known way.
    Form,
    /// It stands in the hour that comes twice.
    Twice,
    /// It stands in the hour that never was.
    Never,
}

impl Unread {
    /// The reason as the end of a sentence: "the due date …".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Form => "is written in none of the ways that the mapping reads",
            Self::Twice => "stands in the hour that comes twice when clocks go back",
            Self::Never => "stands in the hour that is left out when clocks go forward",
        }
    }
}

impl Manner {
    /// The instant; a day alone is its first instant. None where a day stands for "none".
    pub(super) fn instant(&self, text: &str) -> Result<Option<Timestamp>, Unread> {
        match self.written(text)? {
            None => Ok(None),
            Some(Written::At(at)) => Ok(Some(at)),
            Some(Written::Local(local)) => self.settle(local).map(Some),
            Some(Written::Day(day)) => match day.to_zoned_datetime(self.zone.clone()) {
                Ok(start) => Ok(Some(start.timestamp())),
                Err(_) => Err(Unread::Form),
            },
        }
    }

    /// The local day. A stamp falls on the day that it is here; a day alone is itself.
    pub(super) fn day(&self, text: &str) -> Result<Option<Date>, Unread> {
        match self.written(text)? {
            None => Ok(None),
            Some(Written::At(at)) => Ok(Some(self.day_of(at))),
            // Of a day that is read as it stands, no hour has to be settled.
            Some(Written::Local(local)) if self.zone == self.home => Ok(Some(local.date())),
            Some(Written::Local(local)) => self.settle(local).map(|at| Some(self.day_of(at))),
            Some(Written::Day(day)) => Ok(Some(day)),
        }
    }

    fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.home.clone()).date()
    }

    fn settle(&self, local: DateTime) -> Result<Timestamp, Unread> {
        let read = self.zone.to_ambiguous_timestamp(local);
        let settled = match (read.offset(), self.ambiguous, self.missing) {
            (AmbiguousOffset::Fold { .. }, Ambiguous::Unreadable, _) => return Err(Unread::Twice),
            (AmbiguousOffset::Gap { .. }, _, Missing::Unreadable) => return Err(Unread::Never),
            (AmbiguousOffset::Fold { .. }, Ambiguous::Later, _)
            | (AmbiguousOffset::Gap { .. }, _, Missing::After) => read.later(),
            _ => read.earlier(),
        };
        settled.map_err(|_| Unread::Form)
    }

    /// What was written; none where its day stands for "none".
    fn written(&self, text: &str) -> Result<Option<Written>, Unread> {
        let mut forms = self.read.iter();
        let read = forms.find_map(|form| form.read(text)).ok_or(Unread::Form)?;
        if self.is_none(read.day) {
            return Ok(None);
        }
        read.written.map(Some).ok_or(Unread::Form)
    }

    fn is_none(&self, day: Date) -> bool {
        let built_in = SENTINELS.contains(&(day.year(), day.month(), day.day()));
        built_in || self.none.contains(&day)
    }
}

impl Desk<'_> {
    /// `[dates]`, and for each field what it says otherwise.
    pub(super) fn dates(&mut self, file: &File) -> Dates {
        let home = TimeZone::get(HOME).unwrap_or(TimeZone::UTC);
        let zone = match file.record.get("zone") {
            Some(named) => self.zone("record.zone", named),
            None => None,
        };
        let plain = Manner {
            read: vec![Form::Iso, Form::Pattern("%d/%m/%Y".to_owned())],
            zone: zone.unwrap_or_else(|| home.clone()),
            ambiguous: Ambiguous::default(),
            missing: Missing::default(),
            none: BTreeSet::new(),
            home,
        };
        let all = self.manner("dates", &file.dates, plain);
        let mut fields = BTreeMap::new();
        for (field, row) in &file.dates.fields {
            let at = format!("dates.{field}");
            self.dated_field(&at, field, file);
            fields.insert(field.clone(), self.manner(&at, row, all.clone()));
        }
        Dates { all, fields }
    }

    fn manner(&mut self, at: &str, row: &DatesRow, mut manner: Manner) -> Manner {
        if let Some(named) = &row.zone {
            let zone = self.zone(&format!("{at}.zone"), named);
            manner.zone = zone.unwrap_or(manner.zone);
        }
        if let Some(words) = &row.read {
            manner.read = Vec::new();
            for (index, word) in words.iter().enumerate() {
                let form = Form::named(word);
                if form.is_none() {
                    let known = ["iso", "dotnet", "epoch_seconds", "epoch_milliseconds"];
                    let message = format!(
                        "`{word}` is no `strftime` pattern that finds a whole day in what it writes"
                    );
                    let help = Some(shape::meant(&word.to_lowercase(), &known));
                    self.fault(&format!("{at}.read[{index}]"), &message, help);
                }
                manner.read.extend(form);
            }
        }
        for (index, day) in row.none.iter().flatten().enumerate() {
            if let Ok(day) = day.parse::<Date>() {
                manner.none.insert(day);
            } else {
                let message = format!("`{day}` is no day such as 1970-01-01");
                self.fault(&format!("{at}.none[{index}]"), &message, None);
            }
        }
        manner.ambiguous = match row.ambiguous.as_deref() {
            Some("later") => Ambiguous::Later,
            Some("unreadable") => Ambiguous::Unreadable,
            Some(_) => Ambiguous::Earlier,
            None => manner.ambiguous,
        };
        manner.missing = match row.missing.as_deref() {
            Some("before") => Missing::Before,
            Some("unreadable") => Missing::Unreadable,
            Some(_) => Missing::After,
            None => manner.missing,
        };
        manner
    }

    fn zone(&mut self, at: &str, named: &str) -> Option<TimeZone> {
        let zone = TimeZone::get(named).ok();
        if zone.is_none() {
            let help = Some("name one as in `Europe/London`".to_owned());
            self.fault(at, &format!("`{named}` is no time zone"), help);
        }
        zone
    }

    /// A field that is never read as a day or a stamp would be looked for in vain.
    fn dated_field(&mut self, at: &str, field: &str, file: &File) {
        let dated = |fact: &&Fact| matches!(fact.kind(), FactKind::Day | FactKind::Rows);
        let facts = Fact::ALL.iter().filter(dated).map(|fact| fact.name());
        let known: Vec<&str> = FIELDS.into_iter().chain(facts).collect();
        let stands = FIELDS.contains(&field) || file.facts.contains_key(field);
        if !known.contains(&field) {
            let help = Some(shape::meant(field, &known));
            self.fault(at, &format!("`{field}` is no field with a date"), help);
        } else if !stands {
            let message = format!("`{field}` has no place in `[facts]`");
            self.fault(at, &message, None);
        }
    }
}
