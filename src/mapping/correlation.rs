//! By what do steps belong together, and to which child? (M17, M20, M21)
//!
//! A shared reference, links between steps, or the child in an allocation cycle. A person id is keyed as soon as
//! it is read, and a reference that is made of one cannot be turned back into it.

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::document::Element;
use super::facts::is_nobody;
use super::fields::Field;
use super::keying::ChildKeying;
use super::language::File;
use super::record::known;
use crate::practice::ids::{CycleId, EpisodeId, StepId};
use crate::practice::known::Known;
use crate::practice::sighting::Link;

/// `[correlation]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CorrelationRow {
    by: String,
}

/// By what steps are held together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correlation {
    /// By the reference that their forms carry.
    #[default]
    Reference,
    /// By the links between them; a reference, where there is one, only names the episode.
    Links,
    /// By the child in an allocation cycle, where no form carries a reference.
    ChildAndCycle,
}

impl Mapping {
    /// By what steps are held together.
    pub fn correlation(&self) -> Correlation {
        self.correlation
    }

    /// The episode's reference. Where steps belong together by child and cycle and carry none, it is made of both.
    pub(super) fn reference(
        &self,
        record: &Element<'_>,
        child: Option<&str>,
        cycle: &Known<CycleId>,
        keying: &ChildKeying,
    ) -> Known<EpisodeId> {
        let written = known(self.text(Field::Reference, record)).map(EpisodeId);
        match (self.correlation, &written, child, cycle) {
            (_, Known::Is(_), ..) => written,
            (Correlation::ChildAndCycle, _, Some(child), Known::Is(cycle)) => {
                Known::Is(keying.reference(child, cycle))
            }
            _ => written,
        }
    }

    /// Every person id at a place, each once; zero and below is nobody (P24).
    pub(super) fn people_at<'d>(&self, field: Field, record: &Element<'d>) -> Vec<&'d str> {
        let mut people: Vec<&str> = Vec::new();
        if let Some(path) = self.at(field) {
            self.said.each(path, record, |person| {
                if !is_nobody(person) && !people.contains(&person) {
                    people.push(person);
                }
            });
        }
        people
    }

    /// A link to the step itself is the other end's view of a relation, and says nothing.
    pub(super) fn links_of(&self, record: &Element<'_>, own: &str) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for (path, direction, immediate) in &self.links {
            self.said.each(path, record, |step| {
                if !step.is_empty() && step != own {
                    links.push(Link {
                        step: StepId::from(step),
                        direction: *direction,
                        immediate: *immediate,
                    });
                }
            });
        }
        links.sort();
        links.dedup();
        links
    }
}

impl Desk<'_> {
    /// `[correlation]`: what it goes by must have a place.
    pub(super) fn correlation(&mut self, file: &File) -> Correlation {
        let needed: &[&str] = match file.correlation.by.as_str() {
            "links" => {
                if file.links.is_empty() && !file.stages.is_several() {
                    let message = "steps cannot be held together by links: there is no `[[links]]`";
                    self.fault("correlation.by", message, None);
                }
                return Correlation::Links;
            }
            "child_and_cycle" => &["child", "cycle"],
            _ => return Correlation::Reference,
        };
        for name in needed {
            if !file.record.contains_key(*name) {
                let message = format!("`child_and_cycle` needs `{name}` in `[record]`");
                self.fault("correlation.by", &message, None);
            }
        }
        Correlation::ChildAndCycle
    }
}
