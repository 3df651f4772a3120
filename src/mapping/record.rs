//! What does one record say of a work step?
//!
//! A record that cannot be read whole is set aside alone, and says why without repeating its text (P32).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::compile::Mapping;
use super::dates::{Manner, Unread};
use super::document::Element;
use super::fields::Field;
use super::keying::ChildKeying;
use super::path::Path;
use super::stages::Reached;
use crate::practice::episode::{Presence, Stage};
use crate::practice::ids::{CycleId, SourceName, StepId, TeamId, WorkerId};
use crate::practice::known::{Known, Why};
use crate::practice::news::Mention;
use crate::practice::sighting::{Road, Sighting, StepDates};

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
    pub(super) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.written().to_owned(),
            reason: reason.into(),
        }
    }
}

/// What is made of a record: nothing, if it is none of ours.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The steps that it shows.
    pub(super) sightings: Vec<Sighting>,
    /// Steps that it names and does not show.
    pub(super) mentions: Vec<Mention>,
}

impl Made {
    pub(super) fn is_nothing(&self) -> bool {
        self.sightings.is_empty() && self.mentions.is_empty()
    }
}

impl Mapping {
    /// What is made of a record.
    pub(super) fn made(&self, record: &Element<'_>, reading: &Reading) -> Result<Made, Bad> {
        let ours = self.is_ours(record);
        if ours == Some(false) || self.is_ignored(record) {
            return Ok(Made::default());
        }
        // What is withheld or gone shows nothing else that could be asked for, not even whose it is.
        if let Some(says) = self.unseen(record)? {
            let at = self.instant(Field::Modified, record)?;
            let steps = self.parts_of(self.item_id(record)?).into_iter();
            return Ok(Made {
                sightings: Vec::new(),
                mentions: steps.map(|step| Mention { step, says, at }).collect(),
            });
        }
        if ours.is_none() {
            return Ok(Made::default());
        }
        let reached = self.reached(record)?;
        Ok(Made {
            sightings: self.steps(record, &reached, reading)?,
            mentions: Vec::new(),
        })
    }

    /// Whether a record says that it is none of ours.
    pub(super) fn is_foreign(&self, record: &Element<'_>) -> bool {
        self.is_ours(record) == Some(false) || self.is_ignored(record)
    }

    /// Whether a record is ours; none if it is asked and the record does not say.
    fn is_ours(&self, record: &Element<'_>) -> Option<bool> {
        let Some((path, allowed)) = &self.only_when else {
            return Some(true);
        };
        let (mut ours, mut says) = (false, false);
        self.said.each(path, record, |value| {
            ours |= allowed.get(value).is_some();
            says |= !value.is_empty();
        });
        if ours {
            Some(true)
        } else {
            says.then_some(false)
        }
    }

    /// The id of a record, as the case system has it.
    fn item_id<'d>(&self, record: &Element<'d>) -> Result<&'d str, Bad> {
        let id = self.said.first(&self.id, record);
        let id = id.filter(|id| !id.is_empty());
        id.ok_or_else(|| Bad::new(&self.id, "the step's id is missing"))
    }

    /// A sighting of each step that the record shows: one, or one for each stage that an item has come to.
    fn steps(
        &self,
        record: &Element<'_>,
        reached: &[Reached],
        reading: &Reading,
    ) -> Result<Vec<Sighting>, Bad> {
        let children = self.people_at(Field::Child, record);
        let mut whole = Some(self.whole(record, &children, reading)?);
        let child = children.first().copied();
        let mut steps = Vec::with_capacity(reached.len());
        let mut before = None;
        for (index, part) in reached.iter().enumerate() {
            let is_last = index + 1 == reached.len();
            let own = if is_last { whole.take() } else { whole.clone() };
            let Some(own) = own else { break };
            let mut step = self.seen_part(own, part, before, is_last);
            step.facts = self.facts_of(part.stage, record, child)?;
            steps.push(step);
            before = Some(part);
        }
        Ok(steps)
    }

    /// Everything that a record says of itself, without facts, which are of a stage.
    fn whole(
        &self,
        record: &Element<'_>,
        children: &[&str],
        reading: &Reading,
    ) -> Result<Sighting, Bad> {
        let item = self.item_id(record)?;
        let worker = |field: Field| known(self.text(field, record)).map(WorkerId);
        let keyed = |person: &&str| reading.keying.key(person);
        let cycle = known(self.text(Field::Cycle, record)).map(CycleId);
        let people = self.people.iter().map(|(role, path)| {
            let named = known(Some(self.said.first(path, record)));
            (*role, named.map(WorkerId))
        });
        let copied_from = self.place(Field::CopiedFrom, record);
        Ok(Sighting {
            source: reading.source.clone(),
            stage: Stage::Practitioner,
            presence: Presence::Present,
            status: self.status_of(record)?,
            // Where it is said who holds it, somebody does.
            locked: self
                .place(Field::Locked, record)
                .is_some_and(|text| self.said.yes(text) != Some(false)),
            version: self.place(Field::Version, record).map(str::to_owned),
            modified_at: self.instant(Field::Modified, record)?,
            dates: self.stamps(record)?,
            assignee: worker(Field::Assignee),
            reference: self.reference(record, children.first().copied(), &cycle, &reading.keying),
            cycle,
            child: match children.first() {
                Some(child) => Known::Is(keyed(child)),
                None if self.at(Field::Child).is_some() => Known::Blank,
                None => Known::Unreadable(Why::NotMapped),
            },
            people: people.collect(),
            links: self.links_of(record, item),
            siblings: children.iter().skip(1).map(keyed).collect(),
            merged_from: self
                .people_at(Field::MergedFrom, record)
                .iter()
                .filter(|from| children.first() != Some(*from))
                .map(keyed)
                .collect(),
            copied_from: copied_from.filter(|from| *from != item).map(StepId::from),
            team: known(self.text(Field::Team, record)).map(TeamId),
            scheduled: self.day(Field::Scheduled, record)?,
            facts: BTreeMap::new(),
            seen_at: reading.now,
            road: reading.road,
            step: StepId::from(item),
        })
    }

    fn stamps(&self, record: &Element<'_>) -> Result<StepDates, Bad> {
        Ok(StepDates {
            incoming: self.instant(Field::Incoming, record)?,
            started: self.instant(Field::Started, record)?,
            completed: self.instant(Field::Completed, record)?,
            reopened: self.instant(Field::Reopened, record)?,
            cancelled: self.instant(Field::Cancelled, record)?,
            due: self.day(Field::Due, record)?,
        })
    }

    /// The first value at a place of `[record]`: none if it names no such place, `Some(None)` if nothing is there.
    #[expect(
        clippy::option_option,
        reason = "a place that is not mapped is not one where nothing stands"
    )]
    pub(super) fn text<'d>(&self, field: Field, record: &Element<'d>) -> Option<Option<&'d str>> {
        let path = self.at(field)?;
        let text = self.said.first(path, record);
        Some(text.filter(|text| !text.is_empty()))
    }

    /// The path of a field of `[record]`.
    pub(super) fn at(&self, field: Field) -> Option<&Path> {
        self.places.at(field)
    }

    fn place<'d>(&self, field: Field, record: &Element<'d>) -> Option<&'d str> {
        self.text(field, record).flatten()
    }

    fn instant(&self, field: Field, record: &Element<'_>) -> Result<Option<Timestamp>, Bad> {
        self.dated(field, record, Manner::instant)
    }

    fn day(&self, field: Field, record: &Element<'_>) -> Result<Option<Date>, Bad> {
        self.dated(field, record, Manner::day)
    }

    fn dated<T>(
        &self,
        field: Field,
        record: &Element<'_>,
        read: impl FnOnce(&Manner, &str) -> Result<Option<T>, Unread>,
    ) -> Result<Option<T>, Bad> {
        let Some(path) = self.at(field) else {
            return Ok(None);
        };
        let text = self.said.first(path, record);
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        read(self.dates.of(field.name()), text)
            .map_err(|why| Bad::new(path, format!("the {} stamp {}", field.name(), why.words())))
    }
}

/// What stands at a place, told apart from a place that is not mapped.
#[expect(
    clippy::option_option,
    reason = "a place that is not mapped is not one where nothing stands"
)]
pub(super) fn known(text: Option<Option<&str>>) -> Known<String> {
    match text {
        None => Known::Unreadable(Why::NotMapped),
        Some(Some(text)) if !text.is_empty() => Known::Is(text.to_owned()),
        Some(_) => Known::Blank,
    }
}
