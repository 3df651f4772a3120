//! Which of several effects written in one request were done?
//!
//! Results stand in the order of the items, or say by key whose they are. A number of results that is not the number
//! of items says nothing of any of them (P35): everything is looked for.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{WriteAnswer, explained};
use super::batch::{Batch, Item};
use super::compile::Mapping;
use super::document::Element;
use super::page_fault::FaultKind;
use super::path_text::Namespaces;
use super::write_table::Meaning;

/// What the answer to a batch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// What each item came to, in order.
    Each(Vec<Meaning>),
    /// Nothing of any item by itself.
    Whole {
        /// What that means for every item.
        meaning: Meaning,
        /// Why, after "it": never the answer's own text.
        why: String,
    },
}

impl Results {
    /// What each of so many items came to.
    pub fn of_each(self, items: usize) -> Vec<Meaning> {
        match self {
            Self::Each(all) => all,
            Self::Whole { meaning, .. } => vec![meaning; items],
        }
    }
}

impl Mapping {
    /// What the answer says of each item, or of all of them together.
    pub fn batch_results(
        &self,
        batch: &Batch,
        items: &[Item<'_>],
        answer: WriteAnswer<'_>,
    ) -> Results {
        let row = &batch.row;
        let unknown = |why: String| Results::Whole {
            meaning: Meaning::Unknown,
            why,
        };
        let whole = self.document(answer.bytes, answer.charset, &row.root);
        if !row.accepted.contains(&i64::from(answer.status)) {
            let listed = "which `[batch] accepted` does not list";
            let why = match &whole {
                Err(fault) if matches!(fault.kind, FaultKind::Fault { .. }) => {
                    format!("its status is {}, {listed}; {fault}", answer.status)
                }
                _ => format!("its status is {}, {listed}", answer.status),
            };
            // One bad item refuses a batch that is done whole or not at all; one by one they will show which.
            let refused = row.all_or_nothing && (400..500).contains(&answer.status);
            return if refused {
                Results::Whole {
                    meaning: Meaning::Again,
                    why,
                }
            } else {
                unknown(why)
            };
        }
        let whole = match whole {
            Ok(whole) => whole,
            Err(fault) => return unknown(fault.to_string()),
        };
        let root = whole.root();
        let results = batch.result.elements(&root);
        if results.len() != items.len() {
            let (came, sent) = (results.len(), items.len());
            let place = batch.result.written();
            let why = format!("{sent} items were sent, {came} came back at `{place}`");
            return unknown(why);
        }
        let Some(results) = batch.in_order(results, items) else {
            return unknown("its results name other items than those that were sent".to_owned());
        };
        let spaces = &self.namespaces;
        let meanings = results.iter().map(|one| batch.meaning(one, spaces));
        let meanings: Vec<Meaning> = meanings.collect();
        let good = |meaning: &Meaning| matches!(meaning, Meaning::Done | Meaning::Duplicate);
        if row.all_or_nothing && !meanings.iter().all(good) {
            let undone = |meaning| {
                if good(&meaning) {
                    Meaning::Again
                } else {
                    meaning
                }
            };
            return Results::Each(meanings.into_iter().map(undone).collect());
        }
        Results::Each(meanings)
    }
}

impl Batch {
    /// The results in the order of the items; none if their keys are not those of the items, each once.
    fn in_order<'d>(
        &self,
        results: Vec<Element<'d>>,
        items: &[Item<'_>],
    ) -> Option<Vec<Element<'d>>> {
        let Some(key) = &self.key else {
            return Some(results);
        };
        let named: BTreeMap<String, Element<'d>> = results
            .into_iter()
            .filter_map(|one| Some((key.first(&one)?, one)))
            .collect();
        let wanted: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
        if named.keys().any(|key| !wanted.contains(key.as_str())) {
            return None;
        }
        items
            .iter()
            .map(|item| named.get(&item.key).copied())
            .collect()
    }

    fn meaning(&self, result: &Element<'_>, spaces: &Namespaces) -> Meaning {
        let status = self
            .status
            .as_ref()
            .and_then(|at| at.first(result)?.parse().ok());
        let meaning = explained(&self.row.means, status.unwrap_or(0), Some(result), spaces);
        match meaning.unwrap_or(Meaning::Unknown) {
            // By itself it can be told to somebody else.
            Meaning::Recipient => Meaning::Again,
            other => other,
        }
    }
}
