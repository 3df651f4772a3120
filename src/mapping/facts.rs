//! What does a record say that a rule may ask for? Facts, each of its kind, without a word of narrative (M11–M15).
//!
//! Three answers are told apart: a value, a question that stands there unanswered, and a question that was not
//! asked. An answer about another child than ours says nothing of ours (M12).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::compile::Mapping;
use super::document::Element;
use super::html::plain;
use super::path::Path;
use super::record::Bad;
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
    /// Where it is looked for, in this order.
    pub(super) answers: Vec<Answer>,
    pub(super) vocabulary: Option<Vocabulary<String>>,
    /// The mapping's words, and what stands for nothing here.
    pub(super) said: Said,
    /// Its text is HTML, whose tags do not count.
    pub(super) html: bool,
    /// It is counted by texts: each that is not empty is one.
    pub(super) texts: bool,
}

/// Where an answer stands, and its value in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// From the form, by one of the codes that its question has had; none if the fact names no question.
    pub(super) at: Option<Path>,
    /// Whom it is about, from the answer.
    pub(super) subject: Option<Path>,
    /// Where the value stands, from the answer; the first that is not empty counts.
    pub(super) values: Vec<Spot>,
}

/// Where a value or the rows stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Spot {
    pub(super) path: Path,
    /// Whom a row is about, from the row.
    pub(super) subject: Option<Path>,
    /// Where each column stands, from the row.
    pub(super) columns: BTreeMap<String, Path>,
}

/// The answers that a fact is read from.
struct Asked<'p, 'a> {
    answer: &'p Answer,
    ours: Ours<'a>,
}

/// Answers about our child or the whole step.
enum Ours<'a> {
    /// The record or the form itself, which every fact without a question is read from.
    Whole(Element<'a>),
    Some(Vec<Element<'a>>),
}

impl<'a> Ours<'a> {
    fn all(&self) -> &[Element<'a>] {
        match self {
            Self::Whole(one) => std::slice::from_ref(one),
            Self::Some(all) => all,
        }
    }
}

impl Mapping {
    /// The facts of a stage. `child` is the person id of the child whose step it is.
    pub(super) fn facts_of(
        &self,
        stage: Stage,
        record: &Element<'_>,
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
        record: &Element<'_>,
        child: Option<&str>,
    ) -> Result<Known<Value>, Bad> {
        let Some(asked) = self.answers_to(place, record, child)? else {
            return Ok(Known::Unreadable(Why::NotSeen));
        };
        match fact.kind() {
            FactKind::Rows => return self.rows(fact, place, &asked, child),
            FactKind::Count => return Ok(count(place, &asked)),
            _ => {}
        }
        let mut first: Option<Cow<'_, str>> = None;
        let found = place.values(&asked, &mut |text| {
            first.get_or_insert(text);
        });
        let text = match found {
            Known::Is(()) => first.unwrap_or_default(),
            Known::Blank => return Ok(Known::Blank),
            Known::Unreadable(why) => return Ok(Known::Unreadable(why)),
        };
        let malformed = Known::Unreadable(Why::Malformed);
        Ok(match fact.kind() {
            FactKind::Length => length(&text),
            FactKind::Day => self.day_of(fact, &text).map(Value::Day),
            FactKind::Yes => match place.said.yes(&text) {
                Some(yes) => Known::Is(Value::Yes(yes)),
                None => malformed,
            },
            FactKind::Worker => Known::Is(Value::Worker(WorkerId(text.into_owned()))),
            FactKind::Code(codes) => Known::Is(Value::Code(place.code(codes, &text)?)),
            FactKind::Count | FactKind::Rows => malformed,
        })
    }

    /// Where the fact's value is looked for; none if its form or its question is not there.
    fn answers_to<'p, 'a>(
        &self,
        place: &'p FactPlace,
        record: &Element<'a>,
        child: Option<&str>,
    ) -> Result<Option<Asked<'p, 'a>>, Bad> {
        let form = place.form.as_ref().and_then(|name| self.forms.get(name));
        let within = match form {
            None => Some(*record),
            Some(form) => self.instance(form, record)?,
        };
        let Some(within) = within else {
            return Ok(None);
        };
        let mut blank = None;
        for answer in &place.answers {
            let subject = answer.subject.as_ref();
            let Some(path) = &answer.at else {
                let ours = if is_ours(subject, &within, child) {
                    Ours::Whole(within)
                } else {
                    Ours::Some(Vec::new())
                };
                return Ok(Some(Asked { answer, ours }));
            };
            let mut there = path.elements(&within);
            if there.is_empty() {
                // A question that is there and nil was asked, unless another of its codes has a value.
                let mut nil = false;
                path.each(within, |one| nil |= is_ours(subject, &one, child));
                let ours = Ours::Some(Vec::new());
                blank = blank.or(nil.then_some(Asked { answer, ours }));
                continue;
            }
            there.retain(|one| is_ours(subject, one, child));
            let ours = Ours::Some(there);
            return Ok(Some(Asked { answer, ours }));
        }
        Ok(blank)
    }

    fn rows(
        &self,
        fact: Fact,
        place: &FactPlace,
        asked: &Asked<'_, '_>,
        child: Option<&str>,
    ) -> Result<Known<Value>, Bad> {
        let tried = asked.answer.values.iter().map(|spot| {
            let all = asked
                .ours
                .all()
                .iter()
                .flat_map(|from| spot.path.elements(from));
            (spot, all.collect::<Vec<_>>())
        });
        let Some((spot, all)) = tried.into_iter().find(|(_, all)| !all.is_empty()) else {
            return Ok(match asked.is_asked() {
                Some(false) => Known::Unreadable(Why::NotSeen),
                Some(true) | None => Known::Blank,
            });
        };
        let mut rows = Vec::new();
        for (index, element) in all.into_iter().enumerate() {
            if !is_ours(spot.subject.as_ref(), &element, child) {
                continue;
            }
            let column = |name: &str| place.column(spot, name, &element);
            let mut row = match column("key") {
                Known::Is(key) => Row::new(key),
                _ => Row::new(&(index + 1).to_string()),
            };
            row.code = match column("code") {
                Known::Is(text) => Known::Is(place.code(fact.codes(), text)?),
                other => other.map(str::to_owned),
            };
            let day = |text: Known<&str>| match text {
                Known::Is(text) => self.day_of(fact, text),
                Known::Blank => Known::Blank,
                Known::Unreadable(why) => Known::Unreadable(why),
            };
            row.owner = column("owner").map(WorkerId::from);
            row.due = day(column("due"));
            row.progress_on = day(column("progress_on"));
            rows.push(row);
        }
        Ok(if rows.is_empty() {
            Known::Blank
        } else {
            Known::Is(Value::Rows(rows))
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

impl Asked<'_, '_> {
    /// Whether the question stands there; none if only a value could show it.
    fn is_asked(&self) -> Option<bool> {
        if self.answer.at.is_some() {
            return Some(true);
        }
        let spots = self.answer.values.iter();
        let told: Vec<bool> = spots
            .flat_map(|spot| {
                self.ours
                    .all()
                    .iter()
                    .filter_map(|from| spot.path.is_asked(from))
            })
            .collect();
        (!told.is_empty()).then(|| told.contains(&true))
    }
}

/// Whether an answer or a row is about the whole step, or about our child (M12).
fn is_ours(subject: Option<&Path>, answer: &Element<'_>, child: Option<&str>) -> bool {
    let about = subject.and_then(|path| path.text(answer));
    let about = about.unwrap_or_default();
    is_nobody(about) || child == Some(about)
}

impl FactPlace {
    /// Calls for the values, empty ones left out, at the first path that has one; texts as they count, tags left out.
    fn values<'a>(&self, asked: &Asked<'_, 'a>, found: &mut dyn FnMut(Cow<'a, str>)) -> Known<()> {
        let mut stands = false;
        for spot in &asked.answer.values {
            let mut full = false;
            for from in asked.ours.all() {
                self.said.each(&spot.path, from, |text| {
                    // An empty value stands there: somebody was asked.
                    stands = true;
                    let text = self.counted(text);
                    if !text.is_empty() {
                        full = true;
                        found(text);
                    }
                });
            }
            if full {
                return Known::Is(());
            }
        }
        if stands || asked.is_asked() == Some(true) {
            Known::Blank
        } else {
            Known::Unreadable(Why::NotSeen)
        }
    }

    /// A text as it counts: without tags, and empty where what is left stands for nothing.
    fn counted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.html {
            return Cow::Borrowed(text);
        }
        let plain = plain(text);
        if self.said.or_nothing(&plain).is_empty() {
            Cow::Borrowed("")
        } else {
            Cow::Owned(plain)
        }
    }

    /// A column that the mapping does not name is blank: rows carry only what is asked of them.
    fn column<'d>(&self, spot: &Spot, name: &str, row: &Element<'d>) -> Known<&'d str> {
        let path = spot.columns.get(name);
        match path.and_then(|path| self.said.first(path, row)) {
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
        code.ok_or_else(|| {
            let mut spots = self.answers.iter().flat_map(|answer| &answer.values);
            let path = spots.next().map(|spot| spot.path.clone());
            Bad::new(&path.unwrap_or_default(), outside(&[text], "value"))
        })
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
fn count(place: &FactPlace, asked: &Asked<'_, '_>) -> Known<Value> {
    let mut values = Vec::new();
    match place.values(asked, &mut |text| values.push(text)) {
        Known::Is(()) => {}
        Known::Blank => return Known::Blank,
        Known::Unreadable(why) => return Known::Unreadable(why),
    }
    let how_many = match values.as_slice() {
        [one] if !place.texts => match (one.parse::<u32>(), place.said.yes(one)) {
            (Ok(number), _) => Some(number),
            (Err(_), Some(said)) => Some(u32::from(said)),
            (Err(_), None) => None,
        },
        all => u32::try_from(all.len()).ok(),
    };
    how_many.map_or(Known::Unreadable(Why::Malformed), |number| {
        Known::Is(Value::Count(number))
    })
}
