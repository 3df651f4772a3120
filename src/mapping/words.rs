//! Is this word one that we know? Yes and no, what stands for nothing, and their words for ours (M13, M15).
//!
//! A word is compared trimmed; without regard to case and inner space only where the mapping says so, since two
//! codes may differ in nothing else. A word that nobody knows is never guessed at (P31).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::compile::Desk;
use super::document::Element;
use super::language::File;
use super::path::Path;
use crate::shape;

/// `[words]`, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WordsRow {
    yes: Vec<String>,
    no: Vec<String>,
    nothing: Vec<String>,
    fold: Option<Vec<String>>,
}

/// Yes, no and nothing, as this case system writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    yes: BTreeSet<String>,
    no: BTreeSet<String>,
    nothing: BTreeSet<String>,
}

impl Said {
    /// A yes or a no; none if it is neither.
    pub(super) fn yes(&self, text: &str) -> Option<bool> {
        let folded = fold(text);
        if self.yes.contains(&folded) {
            Some(true)
        } else {
            self.no.contains(&folded).then_some(false)
        }
    }

    /// Every value at a path; what stands for nothing is an empty one.
    pub(super) fn values<'d>(&self, path: &Path, from: &Element<'d>) -> Vec<&'d str> {
        let mut values = Vec::new();
        self.each(path, from, |text| values.push(text));
        values
    }

    /// Calls for every value at a path; what stands for nothing is an empty one.
    pub(super) fn each<'d>(&self, path: &Path, from: &Element<'d>, mut found: impl FnMut(&'d str)) {
        path.texts(from, |text| found(self.or_nothing(text)));
    }

    /// The first value that is not empty; `Some("")` if only empty ones are there, none if none is.
    pub(super) fn first<'d>(&self, path: &Path, from: &Element<'d>) -> Option<&'d str> {
        let mut first: Option<&'d str> = None;
        self.each(path, from, |text| {
            if first.is_none_or(str::is_empty) {
                first = Some(text);
            }
        });
        first
    }

    /// The text, or nothing where it only stands for nothing.
    pub(super) fn or_nothing<'t>(&self, text: &'t str) -> &'t str {
        if self.nothing.is_empty() {
            return text;
        }
        // Folding leaves out nothing but space, so that most texts are told by their length.
        let longest = self.nothing.iter().map(String::len).max().unwrap_or(0);
        let mut letters = text.chars().filter(|letter| !letter.is_whitespace());
        let short = letters.nth(longest).is_none();
        if short && self.nothing.contains(&fold(text)) {
            ""
        } else {
            text
        }
    }

    /// The same words, and more that stand for nothing.
    pub(super) fn with_nothing(&self, more: &[String]) -> Self {
        let mut said = self.clone();
        said.nothing.extend(more.iter().map(|word| fold(word)));
        said
    }
}

/// Without regard to case, and every run of space one space.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            folded.push_str(word);
        } else {
            folded.push_str(&word.to_lowercase());
        }
    }
    folded.make_ascii_lowercase();
    folded
}

/// Their words for what we know under others; several may mean the same.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary<T> {
    folds: bool,
    words: BTreeMap<String, T>,
}

impl<T> Default for Vocabulary<T> {
    fn default() -> Self {
        Self {
            folds: false,
            words: BTreeMap::new(),
        }
    }
}

impl<T> Vocabulary<T> {
    /// What a word means; none if nobody knows it.
    pub(super) fn get(&self, word: &str) -> Option<&T> {
        if self.folds {
            self.words.get(&fold(word))
        } else {
            self.words.get(word.trim())
        }
    }

    /// Whether it has no word.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Every word, as it is compared, and what it means.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.words
            .iter()
            .map(|(word, meaning)| (word.as_str(), meaning))
    }
}

/// Shows a short code that nobody knows; anything longer may be somebody's words.
pub(super) fn outside(values: &[&str], what: &str) -> String {
    match values.iter().find(|value| !value.is_empty()) {
        None => format!("the {what} is missing"),
        Some(value) if value.chars().count() <= 32 => {
            format!("the {what} `{value}` is not in the mapping's vocabulary")
        }
        Some(_) => {
            format!("the {what} is longer than any code, and not in the mapping's vocabulary")
        }
    }
}

impl Desk<'_> {
    /// `[words]`, added to the words that everybody uses.
    pub(super) fn words(&mut self, row: &WordsRow) -> Said {
        let all = |built_in: &[&str], more: &[String]| -> BTreeSet<String> {
            let built_in = built_in.iter().map(|word| (*word).to_owned());
            built_in.chain(more.iter().map(|word| fold(word))).collect()
        };
        let said = Said {
            yes: all(&["1", "y", "yes", "true"], &row.yes),
            no: all(&["0", "n", "no", "false"], &row.no),
            nothing: all(&[], &row.nothing),
        };
        for (key, words, others) in [
            ("yes", &row.yes, [&said.no, &said.nothing]),
            ("no", &row.no, [&said.yes, &said.nothing]),
            ("nothing", &row.nothing, [&said.yes, &said.no]),
        ] {
            for (index, word) in words.iter().enumerate() {
                if others.iter().any(|other| other.contains(&fold(word))) {
                    let message = format!("`{word}` means something else already");
                    self.fault(&format!("words.{key}[{index}]"), &message, None);
                }
            }
        }
        said
    }

    /// Which vocabularies, `stages` and `only_when` among them, are compared without regard to case.
    pub(super) fn folded(&mut self, file: &File) -> BTreeSet<String> {
        let Some(folded) = &file.words.fold else {
            return BTreeSet::from(["status".to_owned()]);
        };
        let names = file.vocabularies.keys().map(String::as_str);
        let known: Vec<&str> = names.chain(["stages", "only_when"]).collect();
        for (index, name) in folded.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let message = format!("there is no `[vocabularies.{name}]` to fold");
                let help = Some(shape::meant(name, &known));
                self.fault(&format!("words.fold[{index}]"), &message, help);
            }
        }
        folded.iter().cloned().collect()
    }

    /// A vocabulary; two words that are one when folded, and mean two things, are a fault.
    pub(super) fn vocabulary<T: PartialEq>(
        &mut self,
        at: &str,
        folds: bool,
        words: impl IntoIterator<Item = (String, T)>,
    ) -> Vocabulary<T> {
        let mut read = Vocabulary {
            folds,
            words: BTreeMap::new(),
        };
        for (written, meaning) in words {
            let word = if folds {
                fold(&written)
            } else {
                written.trim().to_owned()
            };
            let same = read.words.get(&word).is_none_or(|known| *known == meaning);
            if !same {
                let message = format!(
                    "`{written}` differs from another word only by case or space, and means something else"
                );
                self.fault(&format!("{at}.{written}"), &message, None);
            }
            read.words.insert(word, meaning);
        }
        read
    }
}
