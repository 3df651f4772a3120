//! What does one record say of a work step?
//!
//! A record that cannot be read whole is set aside alone, and says why without repeating its text.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};

use super::compile::{FactPlace, Mapping};
use super::document::Element;
use super::html::plain;
use super::keying::ChildKeying;
use super::path::Path;
use crate::practice::episode::{Presence, Stage, StepStatus};
use crate::practice::fact::{Fact, FactKind, Row, Value};
use crate::practice::ids::{CycleId, EpisodeId, SourceName, StepId, WorkerId};
use crate::practice::known::{Known, Why};
use crate::practice::sighting::{Link, Road, Sighting, StepDates};

/// Who reads, when, and by which road: what a page cannot know of itself.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The case system.
    pub source: SourceName,
    /// UTC.
    pub now: Timestamp,
    /// By which road.
    pub road: Road,
    /// The charset of the HTTP answer, if it named one.
    pub charset: Option<String>,
    /// How children are keyed.
    pub keying: ChildKeying,
}

/// Why a record was set aside.
#[derive(Debug)]
pub(super) struct Bad {
    pub(super) path: String,
    pub(super) reason: String,
}

impl Bad {
    fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.written().to_owned(),
            reason: reason.into(),
        }
    }
}

impl Mapping {
    /// The sighting that a record makes; none if it is none of ours.
    pub(super) fn sighting(
        &self,
        record: &Element,
        reading: &Reading,
    ) -> Result<Option<Sighting>, Bad> {
        if let Some((path, allowed)) = &self.only_when
            && !path
                .values(record)
                .iter()
                .any(|(value, _)| allowed.contains(value))
        {
            return Ok(None);
        }
        let Some(stage) = self.stage_of(record)? else {
            return Ok(None);
        };
        let step = self.id.first(record).filter(|id| !id.is_empty());
        let step = step.ok_or_else(|| Bad::new(&self.id, "the step's id is missing"))?;
        if record.holds_malformed() {
            return Err(Bad {
                path: ".".to_owned(),
                reason: "bytes that are not of the declared character set".to_owned(),
            });
        }
        Ok(Some(Sighting {
            source: reading.source.clone(),
            step: StepId(step),
            stage,
            presence: Presence::Present,
            status: self.status_of(record)?,
            locked: self
                .place("locked", record)
                .is_some_and(|text| yes(&text) == Some(true)),
            version: self
                .place("version", record)
                .filter(|text| !text.is_empty()),
            modified_at: self.instant("modified", record)?,
            dates: self.dates(record)?,
            assignee: known(self.places.get("assignee"), record).map(WorkerId),
            reference: known(self.places.get("reference"), record).map(EpisodeId),
            cycle: known(self.places.get("cycle"), record).map(CycleId),
            child: known(self.places.get("child"), record)
                .map(|person| reading.keying.key(&person)),
            people: self
                .people
                .iter()
                .map(|(role, path)| (*role, known(Some(path), record).map(WorkerId)))
                .collect(),
            links: self.links_of(record),
            siblings: Vec::new(),
            merged_from: Vec::new(),
            copied_from: None,
            team: Known::Unreadable(Why::NotMapped),
            scheduled: None,
            facts: self.facts_of(stage, record)?,
            seen_at: reading.now,
            road: reading.road,
        }))
    }

    fn stage_of(&self, record: &Element) -> Result<Option<Stage>, Bad> {
        let values = self.stage.values(record);
        if values.iter().any(|(value, _)| self.ignore.contains(value)) {
            return Ok(None);
        }
        match values.iter().find_map(|(value, _)| self.stages.get(value)) {
            Some(stage) => Ok(Some(*stage)),
            None => Err(Bad::new(&self.stage, outside(&values, "step type"))),
        }
    }

    fn status_of(&self, record: &Element) -> Result<StepStatus, Bad> {
        let values = self.status.values(record);
        values
            .iter()
            .find_map(|(value, _)| self.statuses.get(value))
            .copied()
            .ok_or_else(|| Bad::new(&self.status, outside(&values, "status")))
    }

    fn place(&self, name: &str, record: &Element) -> Option<String> {
        self.places.get(name)?.first(record)
    }

    fn instant(&self, name: &str, record: &Element) -> Result<Option<Timestamp>, Bad> {
        let Some(path) = self.places.get(name) else {
            return Ok(None);
        };
        match path.first(record).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => instant(&text, &self.zone)
                .map(Some)
                .ok_or_else(|| Bad::new(path, format!("the {name} stamp is no date and time"))),
        }
    }

    fn dates(&self, record: &Element) -> Result<StepDates, Bad> {
        let due = match self.places.get("due") {
            None => None,
            Some(path) => match path.first(record).filter(|text| !text.is_empty()) {
                None => None,
                Some(text) => Some(
                    day(&text, &self.zone)
                        .ok_or_else(|| Bad::new(path, "the due date is no date"))?,
                ),
            },
        };
        Ok(StepDates {
            incoming: self.instant("incoming", record)?,
            started: self.instant("started", record)?,
            completed: self.instant("completed", record)?,
            reopened: self.instant("reopened", record)?,
            cancelled: self.instant("cancelled", record)?,
            due,
        })
    }

    /// A link to the step itself is the other end's view of a relation, and says nothing.
    fn links_of(&self, record: &Element) -> Vec<Link> {
        let own = self.id.first(record).unwrap_or_default();
        let mut links: Vec<Link> = self
            .links
            .iter()
            .flat_map(|(path, direction, immediate)| {
                path.values(record).into_iter().map(|(step, _)| Link {
                    step: StepId(step),
                    direction: *direction,
                    immediate: *immediate,
                })
            })
            .filter(|link| !link.step.as_str().is_empty() && link.step.as_str() != own)
            .collect();
        links.sort();
        links.dedup();
        links
    }

    fn facts_of(
        &self,
        stage: Stage,
        record: &Element,
    ) -> Result<BTreeMap<Fact, Known<Value>>, Bad> {
        let blank = self.blank.iter().filter(|fact| fact.stage() == stage);
        let mut facts: BTreeMap<Fact, Known<Value>> =
            blank.map(|fact| (*fact, Known::Blank)).collect();
        for (fact, place) in &self.facts {
            if fact.stage() == stage {
                facts.insert(*fact, self.fact(*fact, place, record)?);
            }
        }
        Ok(facts)
    }

    fn fact(&self, fact: Fact, place: &FactPlace, record: &Element) -> Result<Known<Value>, Bad> {
        if fact.kind() == FactKind::Rows {
            return self.rows(place, record);
        }
        if fact.kind() == FactKind::Count {
            return Ok(count(place, record));
        }
        let text = match place.path.first(record) {
            None => return Ok(unanswered(&place.path, record)),
            Some(text) if place.html => plain(&text),
            Some(text) => text,
        };
        if text.is_empty() {
            return Ok(Known::Blank);
        }
        let malformed = Known::Unreadable(Why::Malformed);
        Ok(match fact.kind() {
            FactKind::Length => length(&text),
            FactKind::Day => {
                day(&text, &self.zone).map_or(malformed, |day| Known::Is(Value::Day(day)))
            }
            FactKind::Yes => yes(&text).map_or(malformed, |yes| Known::Is(Value::Yes(yes))),
            FactKind::Worker => Known::Is(Value::Worker(WorkerId(text))),
            FactKind::Code(codes) => Known::Is(Value::Code(code(place, codes, &text)?)),
            FactKind::Count | FactKind::Rows => malformed,
        })
    }

    fn rows(&self, place: &FactPlace, record: &Element) -> Result<Known<Value>, Bad> {
        let mut rows = Vec::new();
        for (index, element) in place.path.elements(record).into_iter().enumerate() {
            let column = |name: &str| known_column(place, name, &element);
            let key = column("key")
                .value()
                .cloned()
                .unwrap_or_else(|| (index + 1).to_string());
            let mut row = Row::new(&key);
            row.code = match column("code") {
                Known::Is(text) => Known::Is(code(place, &[], &text)?),
                other => other,
            };
            row.owner = column("owner").map(WorkerId);
            row.due = self.day_known(column("due"));
            row.progress_on = self.day_known(column("progress_on"));
            rows.push(row);
        }
        Ok(match place.path.is_asked(record) {
            _ if !rows.is_empty() => Known::Is(Value::Rows(rows)),
            Some(false) => Known::Unreadable(Why::NotSeen),
            Some(true) | None => Known::Blank,
        })
    }

    fn day_known(&self, text: Known<String>) -> Known<Date> {
        match text {
            Known::Is(text) => {
                day(&text, &self.zone).map_or(Known::Unreadable(Why::Malformed), Known::Is)
            }
            Known::Blank => Known::Blank,
            Known::Unreadable(why) => Known::Unreadable(why),
        }
    }
}

fn known(path: Option<&Path>, record: &Element) -> Known<String> {
    match path.map(|path| path.first(record)) {
        None => Known::Unreadable(Why::NotMapped),
        Some(Some(text)) if !text.is_empty() => Known::Is(text),
        Some(_) => Known::Blank,
    }
}

/// A column that the mapping does not name is blank: rows carry only what is asked of them.
fn known_column(place: &FactPlace, name: &str, row: &Element) -> Known<String> {
    match place.columns.get(name) {
        None => Known::Blank,
        path => known(path, row),
    }
}

fn length(text: &str) -> Known<Value> {
    Known::Is(Value::Length(
        u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
    ))
}

/// A question that is there without an answer is blank; one that is not there (a form of another version)
/// was not asked, which is not the same.
fn unanswered(path: &Path, record: &Element) -> Known<Value> {
    match path.is_asked(record) {
        Some(true) => Known::Blank,
        Some(false) | None => Known::Unreadable(Why::NotSeen),
    }
}

/// A number as it is, a yes as one, a no as none; otherwise how many values there are.
fn count(place: &FactPlace, record: &Element) -> Known<Value> {
    let all = place.path.values(record);
    if all.is_empty() {
        return unanswered(&place.path, record);
    }
    let values: Vec<String> = all
        .into_iter()
        .map(|(text, _)| if place.html { plain(&text) } else { text })
        .filter(|text| !text.is_empty())
        .collect();
    let how_many = match values.as_slice() {
        all if place.texts && !all.is_empty() => u32::try_from(all.len()).ok(),
        [] => return Known::Blank,
        [one] => match (one.parse::<u32>(), yes(one)) {
            (Ok(number), _) => Some(number),
            (Err(_), Some(said)) => Some(u32::from(said)),
            (Err(_), None) => None,
        },
        many => u32::try_from(many.len()).ok(),
    };
    how_many.map_or(Known::Unreadable(Why::Malformed), |number| {
        Known::Is(Value::Count(number))
    })
}

fn code(place: &FactPlace, codes: &[&str], text: &str) -> Result<String, Bad> {
    let code = if let Some(vocabulary) = &place.vocabulary {
        vocabulary.get(text).cloned()
    } else {
        let lower = text.to_lowercase().replace(' ', "_");
        let short = lower.chars().count() <= 32;
        (short && (codes.is_empty() || codes.contains(&lower.as_str()))).then_some(lower)
    };
    code.ok_or_else(|| Bad::new(&place.path, outside(&[(text.to_owned(), 0)], "value")))
}

/// Shows a short code that nobody knows; anything longer may be somebody's words.
fn outside(values: &[(String, usize)], what: &str) -> String {
    match values.iter().find(|(value, _)| !value.is_empty()) {
        None => format!("the {what} is missing"),
        Some((value, _)) if value.chars().count() <= 32 => {
            format!("the {what} `{value}` is not in the mapping's vocabulary")
        }
        Some(_) => {
            format!("the {what} is longer than any code, and not in the mapping's vocabulary")
        }
    }
}

fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local: DateTime = text.parse().ok()?;
    local
        .to_zoned_datetime(zone.clone())
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A stamp with a zone falls on the local day; one without is taken as local.
fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned_datetime(zone.clone()).date());
    }
    text.parse::<Date>().ok().or_else(|| {
        let (day, rest) = text.split_once('/')?;
        let (month, year) = rest.split_once('/')?;
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    })
}

fn yes(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "y" | "yes" | "true" => Some(true),
        "0" | "n" | "no" | "false" => Some(false),
        _ => None,
    }
}
