//! What does a record say that a rule may ask for? Facts, each of its kind, without a word of narrative (M11–M15).
//!
//! Three answers are told apart: a value, a question that stands there unanswered, and a question that was not
//! asked. An answer about another child than ours says nothing of ours (M12).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::compile::Mapping;
use super::html::plain;
use super::path::Path;
use super::record::Bad;
use super::tree::Element;
use super::words::{Said, Vocabulary, outside};
use crate::practice::episode::Stage;
use crate::practice::fact::{Fact, FactKind, Row, Value};
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};

/// Where a fact stands and how it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct FactPlace {
    /// The form it is looked for in; none looks through the whole record.
    pub(super) form: Option<String>,
    /// Where the answer stands in the form, by each code that its question has had; the first that is there counts.
    pub(super) answers: Vec<Path>,
    /// Where the value stands, from the answer; the first that is not empty counts.
    pub(super) paths: Vec<Path>,
    /// Whom an answer or a row is about.
    pub(super) subject: Option<Path>,
    pub(super) vocabulary: Option<Vocabulary<String>>,
    /// The mapping's words, and what stands for nothing here.
    pub(super) said: Said,
    /// Its text is HTML, whose tags do not count.
    pub(super) html: bool,
    /// It is counted by texts: each that is not empty is one.
    pub(super) texts: bool,
    pub(super) columns: BTreeMap<String, Path>,
}

/// What was found in the answers.
struct Found<T> {
    all: Vec<T>,
    /// Whether the question was asked at all; none if the paths cannot tell.
    asked: Option<bool>,
}

impl Mapping {
    /// The facts of a stage. `child` is the person id of the child whose step it is.
    pub(super) fn facts_of(
        &self,
        stage: Stage,
        record: &Element,
        child: Option<&str>,
    ) -> Result<BTreeMap<Fact, Known<Value>>, Bad> {
        let blank = self.blank.iter().filter(|fact| fact.stage() == stage);
        let mut facts: BTreeMap<Fact, Known<Value>> =
            blank.map(|fact| (*fact, Known::Blank)).collect();
        for (fact, place) in &self.facts {
            if fact.stage() == stage {
                facts.insert(*fact, self.fact(*fact, place, record, child)?);
            }
        }
        Ok(facts)
    }

    fn fact(
        &self,
        fact: Fact,
        place: &FactPlace,
        record: &Element,
        child: Option<&str>,
    ) -> Result<Known<Value>, Bad> {
        let Some(answers) = self.answers(place, record, child)? else {
            return Ok(Known::Unreadable(Why::NotSeen));
        };
        match fact.kind() {
            FactKind::Rows => return self.rows(fact, place, &answers, child),
            FactKind::Count => return Ok(count(place, place.values(&answers))),
            _ => {}
        }
        let found = place.values(&answers);
        let mut texts = found.all.into_iter();
        let text = match texts.find(|text| !text.is_empty()) {
            Some(text) => text,
            None if found.asked == Some(true) => return Ok(Known::Blank),
            None => return Ok(Known::Unreadable(Why::NotSeen)),
        };
        let malformed = Known::Unreadable(Why::Malformed);
        Ok(match fact.kind() {
            FactKind::Length => length(&text),
            FactKind::Day => self.day_of(fact, &text).map(Value::Day),
            FactKind::Yes => match place.said.yes(&text) {
                Some(yes) => Known::Is(Value::Yes(yes)),
                None => malformed,
            },
            FactKind::Worker => Known::Is(Value::Worker(WorkerId(text))),
            FactKind::Code(codes) => Known::Is(Value::Code(place.code(codes, &text)?)),
            FactKind::Count | FactKind::Rows => malformed,
        })
    }

    /// Where the fact's value is looked for; none if its form or its question is not there.
    fn answers<'a>(
        &self,
        place: &FactPlace,
        record: &'a Element,
        child: Option<&str>,
    ) -> Result<Option<Vec<&'a Element>>, Bad> {
        let form = place.form.as_ref().and_then(|name| self.forms.get(name));
        let within = match form {
            None => record,
            Some(form) => match self.instance(form, record)? {
                Some(instance) => instance,
                None => return Ok(None),
            },
        };
        if place.answers.is_empty() {
            return Ok(Some(vec![within]));
        }
        let mut tried = place.answers.iter().map(|path| path.elements(within));
        let found = tried.find(|found| !found.is_empty());
        let ours = |found: Vec<&'a Element>| {
            let ours = found.into_iter();
            ours.filter(|answer| place.is_ours(answer, child)).collect()
        };
        Ok(found.map(ours))
    }

    fn rows(
        &self,
        fact: Fact,
        place: &FactPlace,
        answers: &[&Element],
        child: Option<&str>,
    ) -> Result<Known<Value>, Bad> {
        let found = place.elements(answers);
        let there = !found.all.is_empty();
        let mut rows = Vec::new();
        for (index, element) in found.all.into_iter().enumerate() {
            if !place.is_ours(element, child) {
                continue;
            }
            let column = |name: &str| place.column(name, element);
            let key = column("key").value().cloned();
            let mut row = Row::new(&key.unwrap_or_else(|| (index + 1).to_string()));
            row.code = match column("code") {
                Known::Is(text) => Known::Is(place.code(&[], &text)?),
                other => other,
            };
            let day = |text: Known<String>| match text {
                Known::Is(text) => self.day_of(fact, &text),
                Known::Blank => Known::Blank,
                Known::Unreadable(why) => Known::Unreadable(why),
            };
            row.owner = column("owner").map(WorkerId);
            row.due = day(column("due"));
            row.progress_on = day(column("progress_on"));
            rows.push(row);
        }
        Ok(match found.asked {
            _ if !rows.is_empty() => Known::Is(Value::Rows(rows)),
            Some(false) if !there => Known::Unreadable(Why::NotSeen),
            _ => Known::Blank,
        })
    }

    fn day_of(&self, fact: Fact, text: &str) -> Known<Date> {
        match self.dates.of(fact.name()).day(text) {
            Ok(Some(day)) => Known::Is(day),
            Ok(None) => Known::Blank,
            Err(_) => Known::Unreadable(Why::Malformed),
        }
    }

    /// The facts that are always blank and those that have a place.
    pub(super) fn provided(&self) -> BTreeSet<Fact> {
        let blank = self.blank.iter().copied();
        self.facts.keys().copied().chain(blank).collect()
    }
}

impl FactPlace {
    /// The values at the first path that has one; texts as they count, tags left out.
    fn values(&self, answers: &[&Element]) -> Found<String> {
        let mut asked = self.asked(answers);
        let mut there = Vec::new();
        for path in &self.paths {
            let all = answers.iter().flat_map(|from| self.said.values(path, from));
            let all: Vec<String> = all
                .map(|text| if self.html { plain(&text) } else { text })
                .map(|text| self.said.or_nothing(text))
                .collect();
            if all.is_empty() {
                continue;
            }
            // A value stands there, if only an empty one: somebody was asked.
            asked = Some(true);
            if all.iter().any(|text| !text.is_empty()) {
                there = all;
                break;
            }
        }
        Found { all: there, asked }
    }

    /// The rows at the first path that has any.
    fn elements<'a>(&self, answers: &[&'a Element]) -> Found<&'a Element> {
        let tried = self.paths.iter().map(|path| -> Vec<&'a Element> {
            let all = answers.iter().flat_map(|from| path.elements(from));
            all.collect()
        });
        let mut full = tried.filter(|found| !found.is_empty());
        Found {
            all: full.next().unwrap_or_default(),
            asked: self.asked(answers),
        }
    }

    /// Whether the question stands there; none if only a value could show it.
    fn asked(&self, answers: &[&Element]) -> Option<bool> {
        if !self.answers.is_empty() {
            return Some(true);
        }
        let paths = self.paths.iter();
        let told: Vec<bool> = paths
            .flat_map(|path| answers.iter().filter_map(|from| path.is_asked(from)))
            .collect();
        (!told.is_empty()).then(|| told.contains(&true))
    }

    /// Whether an answer or a row is about the whole step, or about our child (M12).
    fn is_ours(&self, answer: &Element, child: Option<&str>) -> bool {
        let Some(path) = &self.subject else {
            return true;
        };
        let about = path.first(answer).unwrap_or_default();
        is_nobody(&about) || child == Some(about.as_str())
    }

    /// A column that the mapping does not name is blank: rows carry only what is asked of them.
    fn column(&self, name: &str, row: &Element) -> Known<String> {
        let told = self.columns.get(name);
        match told.and_then(|path| self.said.first(path, row)) {
            Some(text) if !text.is_empty() => Known::Is(text),
            _ => Known::Blank,
        }
    }

    /// Our word for a code, if it is one of `codes` or these are none.
    fn code(&self, codes: &[&str], text: &str) -> Result<String, Bad> {
        let code = if let Some(vocabulary) = &self.vocabulary {
            vocabulary.get(text).cloned()
        } else {
            let lower = text.to_lowercase().replace(' ', "_");
            let short = lower.chars().count() <= 32;
            (short && (codes.is_empty() || codes.contains(&lower.as_str()))).then_some(lower)
        };
        let path = self.paths.first().cloned().unwrap_or_default();
        code.ok_or_else(|| Bad::new(&path, outside(&[text.to_owned()], "value")))
    }
}

/// Whether a subject is nobody in particular: empty, zero or below (M12, P24).
pub(super) fn is_nobody(subject: &str) -> bool {
    subject.is_empty() || subject.parse::<i64>().is_ok_and(|number| number <= 0)
}

fn length(text: &str) -> Known<Value> {
    Known::Is(Value::Length(
        u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
    ))
}

/// A number as it is, a yes as one, a no as none; otherwise how many values there are.
fn count(place: &FactPlace, found: Found<String>) -> Known<Value> {
    let values: Vec<String> = found
        .all
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let how_many = match values.as_slice() {
        [] if found.asked == Some(true) => return Known::Blank,
        [] => return Known::Unreadable(Why::NotSeen),
        all if place.texts => u32::try_from(all.len()).ok(),
        [one] => match (one.parse::<u32>(), place.said.yes(one)) {
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
