//! What belongs to each step, if one item of the case system is several? (M16)
//!
//! The item's own status, stamps and assignee are of the stage that it is in. Of a stage that it has left, its
//! history says when and by whom it was sent on; that it was finished is what leaving it means.

use jiff::Timestamp;

use super::compile::Mapping;
use super::stages::Reached;
use crate::practice::episode::{Stage, StepStatus};
use crate::practice::ids::StepId;
use crate::practice::known::{Known, Why};
use crate::practice::sighting::{Direction, Link, Sighting, StepDates};

impl Mapping {
    /// The id of a step that is a part of an item; the item's own where a record is one step.
    fn part(&self, item: &str, part: &Reached) -> StepId {
        if !self.stages.several() || part.is_item {
            StepId::from(item)
        } else {
            later(item, part.stage)
        }
    }

    /// Every id that the steps of an item can have.
    pub fn parts_of(&self, item: &str) -> Vec<StepId> {
        let mut all = vec![StepId::from(item)];
        if self.stages.several() {
            let stages = Stage::ALL.into_iter().skip(1);
            all.extend(stages.map(|stage| later(item, stage)));
        }
        all
    }

    /// The id by which the case system knows a step: without the stage, where an item is several steps.
    pub fn item_of<'a>(&self, step: &'a str) -> &'a str {
        let part = step
            .rsplit_once('#')
            .filter(|(_, part)| Stage::ALL.iter().any(|stage| stage.name() == *part));
        match part {
            Some((item, _)) if self.stages.several() => item,
            _ => step,
        }
    }

    /// A stage of an item, seen with `whole`, which is everything that the item says of itself.
    pub(super) fn seen_part(
        &self,
        whole: Sighting,
        part: &Reached,
        before: Option<&Reached>,
        is_last: bool,
    ) -> Sighting {
        let item = whole.step.as_str();
        let from = before.map(|before| self.part(item, before));
        let step = self.stages.several().then(|| self.part(item, part));
        let dates = whole.dates.clone();
        let mut seen = Sighting {
            stage: part.stage,
            ..whole
        };
        seen.step = step.unwrap_or(seen.step);
        let arrived = before.and_then(|before| before.sent_on);
        if let Some(from) = from {
            let link = Link {
                step: from,
                direction: Direction::Previous,
                immediate: false,
            };
            seen.links
                .retain(|link| link.direction != Direction::Previous);
            seen.links.push(link);
            seen.links.sort();
            seen.copied_from = None;
            seen.dates = since(&dates, arrived);
        }
        if !is_last {
            seen.links.retain(|link| link.direction != Direction::Next);
            seen.status = StepStatus::Completed;
            seen.dates = StepDates {
                incoming: seen.dates.incoming,
                completed: part.sent_on,
                ..StepDates::default()
            };
            seen.assignee = part.worker.clone();
            seen.team = Known::Unreadable(Why::NotMapped);
            seen.scheduled = None;
            seen.locked = false;
        }
        seen
    }
}

/// The id of a stage after the one that an item began with.
fn later(item: &str, stage: Stage) -> StepId {
    StepId(format!("{item}#{}", stage.name()))
}

/// The stamps of a stage that an item arrived at: one from before is of a stage that is over.
fn since(whole: &StepDates, arrived: Option<Timestamp>) -> StepDates {
    let own = |stamp: Option<Timestamp>| stamp.filter(|at| arrived.is_none_or(|from| *at >= from));
    StepDates {
        incoming: arrived,
        started: own(whole.started),
        completed: own(whole.completed),
        reopened: own(whole.reopened),
        cancelled: own(whole.cancelled),
        due: whole.due,
    }
}
