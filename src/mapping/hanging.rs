//! Of many paths that lead nowhere, which is the first cause? Paths that break off at the same part hang on it, and are
//! told together.

use std::collections::BTreeSet;

use super::path::Move;
use super::plan::Rule;
use crate::shape::Fault;

/// So many of the paths that hang on another one are named.
const NAMED: usize = 3;

/// Paths that break off at the same part, the first one of the file first.
struct Broken<'r> {
    /// As far as the part that is not there; none if all parts are and the value is not.
    part: Option<&'r [Move]>,
    rules: Vec<&'r Rule>,
}

/// A fault for each cause; `reached` says how many parts of each rule's path were found somewhere.
pub(super) fn causes<'r>(
    file: &str,
    nowhere: impl Iterator<Item = (usize, &'r Rule)>,
    reached: &[usize],
) -> Vec<Fault> {
    let mut all: Vec<Broken<'r>> = Vec::new();
    for (index, rule) in nowhere {
        let parts = reached.get(index).copied().unwrap_or_default();
        let part = rule.path.moves.get(..=parts);
        let same = all
            .iter_mut()
            .find(|one| part.is_some() && one.part == part);
        match same {
            Some(broken) => broken.rules.push(rule),
            None => all.push(Broken {
                part,
                rules: vec![rule],
            }),
        }
    }
    all.iter_mut().filter_map(|one| one.fault(file)).collect()
}

impl Broken<'_> {
    fn fault(&mut self, file: &str) -> Option<Fault> {
        // The shortest of them is the part itself, such as the path of a form.
        self.rules
            .sort_by_key(|rule| (rule.path.moves.len(), rule.line));
        let (first, others) = self.rules.split_first()?;
        let mut message = format!(
            "`{}` leads to nothing in any recorded answer (`{}`)",
            first.key,
            first.path.written()
        );
        let others: BTreeSet<(usize, &str)> = others
            .iter()
            .map(|rule| (rule.line, rule.key.as_str()))
            .filter(|(_, key)| *key != first.key)
            .collect();
        if !others.is_empty() {
            let name = self.part.and_then(<[Move]>::last);
            let name = name.map_or("", |part| part.name.local.as_str());
            let named = others.iter().take(NAMED);
            let named: Vec<String> = named.map(|(_, key)| format!("`{key}`")).collect();
            let more = match others.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            message = format!(
                "{message}: its `{name}` is not there, on which hang {}{more}",
                named.join(", ")
            );
        }
        Some(Fault {
            file: file.to_owned(),
            line: first.line,
            message,
            help: Some(
                "compare it with `greentick mapping try`, or record an answer that has it"
                    .to_owned(),
            ),
        })
    }
}
