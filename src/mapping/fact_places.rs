//! Does `[facts]` make sense? Each fact a known one, its form and question there, its words leading to codes that
//! a rule knows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::compile::Desk;
use super::facts::{Answer, FactPlace, Spot};
use super::forms::{FormPlace, FormRow};
use super::language::File;
use super::path::Path;
use super::words::{Said, Vocabulary};
use crate::practice::fact::{Fact, FactKind};
use crate::shape;

/// `[facts.NAME]`, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct FactRow {
    path: String,
    #[serde(default)]
    or: Vec<String>,
    form: Option<String>,
    question: Option<String>,
    #[serde(default)]
    formerly: Vec<String>,
    subject: Option<String>,
    vocabulary: Option<String>,
    #[serde(default)]
    nothing: Vec<String>,
    #[serde(default)]
    html: bool,
    #[serde(default)]
    texts: bool,
    /// Where each column of a row stands.
    #[serde(flatten)]
    columns: BTreeMap<String, String>,
}

fn is_rows(fact: Option<Fact>) -> bool {
    fact.is_some_and(|fact| fact.kind() == FactKind::Rows)
}

impl Desk<'_> {
    /// `[facts]`, with the forms that they are looked for in.
    pub(super) fn facts(
        &mut self,
        file: &File,
        forms: &BTreeMap<String, FormPlace>,
        said: &Said,
        folded: &BTreeSet<String>,
    ) -> BTreeMap<Fact, FactPlace> {
        let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        let mut facts = BTreeMap::new();
        for (name, row) in &file.facts {
            let at = format!("facts.{name}");
            let fact = self.word::<Fact>(&at, name, "fact", &known);
            let place = FactPlace {
                form: self.form_named(&at, row, file),
                answers: self.answers(&at, row, (file, forms), fact),
                vocabulary: self.fact_words(&at, row, file, folded),
                said: said.with_nothing(&row.nothing),
                html: row.html,
                texts: row.texts,
            };
            self.subject(&at, row, file, fact);
            if let Some(fact) = fact {
                self.codes(fact, row.vocabulary.as_ref(), file);
                facts.insert(fact, place);
            }
        }
        facts
    }

    fn form_named(&mut self, at: &str, row: &FactRow, file: &File) -> Option<String> {
        let named = row.form.as_ref()?;
        if file.forms.contains_key(named) {
            return Some(named.clone());
        }
        let known: Vec<&str> = file.forms.keys().map(String::as_str).collect();
        let message = format!("there is no `[forms.{named}]`");
        let help = shape::meant(named, &known);
        self.fault(&format!("{at}.form"), &message, Some(help));
        None
    }

    /// Where the fact is looked for: by each code of its question, and by each pattern of its form.
    fn answers(
        &mut self,
        at: &str,
        row: &FactRow,
        (file, forms): (&File, &BTreeMap<String, FormPlace>),
        fact: Option<Fact>,
    ) -> Vec<Answer> {
        let form = row.form.as_ref().and_then(|named| forms.get(named));
        let base = form.map(|form| form.path.clone()).unwrap_or_default();
        let of_form = row.form.as_ref().and_then(|named| file.forms.get(named));
        let of_form = of_form.and_then(|form| form.subject.as_ref());
        let subject = row.subject.as_ref().or(of_form);
        let subject_at = format!("{at}.subject");
        let of_rows = subject.filter(|_| is_rows(fact));
        let mut answers = Vec::new();
        let Some(patterns) = self.questions(at, row, file) else {
            return vec![Answer {
                values: self.spots(at, row, &base, of_rows),
                ..Answer::default()
            }];
        };
        for pattern in patterns {
            let path = self.below(&format!("{at}.question"), &base, &pattern);
            let whole = if base.moves.is_empty() {
                path.clone()
            } else {
                base.then(&path)
            };
            answers.push(Answer {
                subject: subject.map(|subject| self.below(&subject_at, &whole, subject)),
                values: self.spots(at, row, &whole, of_rows),
                at: Some(path),
            });
        }
        answers
    }

    /// Where the value stands, from `base`, and what stands in its rows.
    fn spots(
        &mut self,
        at: &str,
        row: &FactRow,
        base: &Path,
        subject: Option<&String>,
    ) -> Vec<Spot> {
        let or = row.or.iter().enumerate();
        let or = or.map(|(index, path)| (format!("{at}.or[{index}]"), path));
        let all = std::iter::once((format!("{at}.path"), &row.path)).chain(or);
        let mut spots = Vec::new();
        for (key, written) in all {
            let path = self.below(&key, base, written);
            let whole = if base.moves.is_empty() {
                path.clone()
            } else {
                base.then(&path)
            };
            let columns = row.columns.iter().map(|(column, written)| {
                let at = format!("{at}.{column}");
                (column.clone(), self.below(&at, &whole, written))
            });
            let columns = columns.collect();
            let subject_at = format!("{at}.subject");
            spots.push(Spot {
                subject: subject.map(|subject| self.below(&subject_at, &whole, subject)),
                columns,
                path,
            });
        }
        spots
    }

    /// The places of the question by each of its codes; none if the fact names no question.
    fn questions(&mut self, at: &str, row: &FactRow, file: &File) -> Option<Vec<String>> {
        if !row.formerly.is_empty() && row.question.is_none() {
            let message = "`formerly` adds to `question`, and there is none";
            self.fault(&format!("{at}.formerly"), message, None);
        }
        let question = row.question.as_ref()?;
        let key = format!("{at}.question");
        let Some(named) = &row.form else {
            let message = "`question` needs `form`, which says where its answers stand";
            self.fault(&key, message, None);
            return None;
        };
        // That there is no such form has been told.
        let form = file.forms.get(named)?;
        let patterns: Vec<&String> = FormRow::patterns(form).collect();
        if patterns.is_empty() {
            let message = format!("`[forms.{named}]` has no `question`, the pattern of an answer");
            self.fault(&key, &message, None);
        }
        let mut questions = Vec::new();
        for code in std::iter::once(question).chain(&row.formerly) {
            if code.contains('\'') {
                let message = format!("a question's code cannot hold a quote: `{code}`");
                self.fault(&key, &message, None);
                continue;
            }
            questions.extend(patterns.iter().map(|pattern| pattern.replace("{}", code)));
        }
        Some(questions)
    }

    /// Whom an answer is about must be told of an answer or of rows, and compared with a child.
    fn subject(&mut self, at: &str, row: &FactRow, file: &File, fact: Option<Fact>) {
        let at = format!("{at}.subject");
        if row.subject.is_some() && row.question.is_none() && !is_rows(fact) {
            let message = "`subject` is of an answer or of rows; say `form` and `question`";
            self.fault(&at, message, None);
        }
        let of_form = row.form.as_ref().and_then(|named| file.forms.get(named));
        let of_form = of_form.is_some_and(|form| form.subject.is_some());
        if (row.subject.is_some() || of_form) && !file.record.contains_key("child") {
            let message = "whom an answer is about cannot be told without `child` in `[record]`";
            self.fault(&at, message, None);
        }
    }

    fn fact_words(
        &mut self,
        at: &str,
        row: &FactRow,
        file: &File,
        folded: &BTreeSet<String>,
    ) -> Option<Vocabulary<String>> {
        let wanted = row.vocabulary.as_ref()?;
        if let Some(words) = file.vocabularies.get(wanted) {
            let at = format!("vocabularies.{wanted}");
            return Some(self.vocabulary(&at, folded.contains(wanted), words.clone()));
        }
        let names: Vec<&str> = file.vocabularies.keys().map(String::as_str).collect();
        let message = format!("there is no `[vocabularies.{wanted}]`");
        let help = Some(shape::meant(wanted, &names));
        self.fault(&format!("{at}.vocabulary"), &message, help);
        None
    }

    /// A vocabulary that leads to a code nobody knows would be found only on the day it matters.
    fn codes(&mut self, fact: Fact, vocabulary: Option<&String>, file: &File) {
        let (codes, Some(vocabulary)) = (fact.codes(), vocabulary) else {
            return;
        };
        for (theirs, ours) in file.vocabularies.get(vocabulary).into_iter().flatten() {
            if !codes.is_empty() && !codes.contains(&ours.as_str()) {
                let at = format!("vocabularies.{vocabulary}.{theirs}");
                let message = format!("`{ours}` is no code of `{}`", fact.name());
                self.fault(&at, &message, Some(shape::meant(ours, codes)));
            }
        }
    }

    /// Facts that their form has no place for.
    pub(super) fn blank(
        &mut self,
        file: &File,
        facts: &BTreeMap<Fact, FactPlace>,
    ) -> BTreeSet<Fact> {
        let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        let mut blank = BTreeSet::new();
        for (index, name) in file.blank.iter().enumerate() {
            let at = format!("blank[{index}]");
            let fact = self.word::<Fact>(&at, name, "fact", &known);
            if fact.is_some_and(|fact| facts.contains_key(&fact)) {
                let message = format!("`{name}` is always blank and has a place in `[facts]`");
                self.fault(&at, &message, Some("keep one of the two".to_owned()));
            }
            blank.extend(fact);
        }
        blank
    }
}
