//! Which numbers of a policy make no sense? Those of its head, of the ladders and of `[sampling]`, and pairs of which one
//! must not be more than the other. The numbers of single rules have their bounds with the rule.

use toml::{Table, Value};

use super::terms::File;
use crate::practice::rules::{ParameterKind, Rule};
use crate::practice::terms::{RuleTerms, Setting};
use crate::sampling::SamplingPolicy;

/// A number's place, the least and the most it may be, and why no other.
type Bound = (&'static str, i64, i64, &'static str);

const HEAD: [Bound; 3] = [
    (
        "permit_minutes",
        1,
        10_080,
        "a permit that is over before Finish can be pressed makes every Finish one without a permit, and one of more \
         than a week outlives what it was given for",
    ),
    ("on_time_percent", 0, 100, "it is a share in percent"),
    (
        "fewest_shown",
        1,
        1_000,
        "a share of no episodes is no number, and one that is never reached shows nothing",
    ),
];

const RUNG: Bound = (
    "working_days",
    -250,
    250,
    "more than a year of working days from its day nobody is reminded or told in time",
);

const SAMPLING: [Bound; 6] = [
    (
        "sample_size",
        1,
        10_000,
        "an empty sample is no sample, and nobody moderates more",
    ),
    (
        "minimum_per_service",
        0,
        1_000,
        "a service has no more episodes in a cycle",
    ),
    (
        "debt_cycles",
        1,
        100,
        "in no cycle at all nobody can have been moderated, and nobody serves so many",
    ),
    ("reserves", 0, 1_000, "a stratum has no more to give"),
    (
        "double_moderated_percent",
        0,
        100,
        "it is a share in percent",
    ),
    ("double_moderated_minimum", 0, 10_000, "no sample has more"),
];

impl File<'_> {
    /// The numbers at the head, and of every rung of every ladder.
    pub(super) fn head_and_ladders(&mut self) {
        let table = self.table.clone();
        for bound in HEAD {
            self.bounded(&table, "", bound);
        }
        self.rungs("ladder", table.get("ladder"));
        for (name, ladder) in table
            .get("ladders")
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            self.rungs(&format!("ladders.{name}"), Some(ladder));
        }
    }

    fn rungs(&mut self, at: &str, ladder: Option<&Value>) {
        let rungs = ladder.and_then(Value::as_array).into_iter().flatten();
        for (nth, rung) in rungs.enumerate() {
            if let Some(rung) = rung.as_table() {
                self.bounded(rung, &format!("{at}[{nth}]."), RUNG);
            }
        }
    }

    /// The numbers of `[sampling]`; `table` is what is written there.
    pub(super) fn sampling_bounds(&mut self, table: &Table) {
        for bound in SAMPLING {
            self.bounded(table, "sampling.", bound);
        }
        let written = |key: &str| table.get(key).and_then(Value::as_integer);
        let usual = i64::try_from(SamplingPolicy::default().sample_size).unwrap_or(i64::MAX);
        let size = written("sample_size").unwrap_or(usual);
        for key in ["minimum_per_service", "double_moderated_minimum"] {
            if let Some(part) = written(key)
                && size > 0
                && part > size
            {
                let at = format!("sampling.{key}");
                let message = format!(
                    "`{at}` ({part}) must not be more than `sampling.sample_size` ({size}): it is a part of it"
                );
                self.fault(&at, message);
            }
        }
    }

    /// A rule's `least_…` must not be more than its `most_…`; what is not written holds as built in.
    pub(super) fn ordered(&mut self, at: &str, rule: &Rule, terms: &RuleTerms) {
        let held = |key: &str| {
            let parameter = rule.parameters().find(|own| own.key == key)?;
            match (terms.parameters.get(key), parameter.kind) {
                (Some(Setting::Number(written)), _) => Some(*written),
                (None, ParameterKind::Number { default, .. }) => Some(i64::from(default)),
                _ => None,
            }
        };
        let mut crossed = Vec::new();
        for least in rule.parameters() {
            let Some(rest) = least.key.strip_prefix("least_") else {
                continue;
            };
            let most = format!("most_{rest}");
            if let (Some(from), Some(to)) = (held(least.key), held(&most))
                && from > to
            {
                let key = if terms.parameters.contains_key(least.key) {
                    least.key
                } else {
                    most.as_str()
                };
                let message = format!(
                    "`{at}.{}` ({from}) must not be more than `{at}.{most}` ({to}): nothing could be right",
                    least.key
                );
                crossed.push((format!("{at}.{key}"), message));
            }
        }
        for (key, message) in crossed {
            self.fault(&key, message);
        }
    }

    fn bounded(&mut self, table: &Table, under: &str, (key, least, most, why): Bound) {
        let written = table.get(key).and_then(Value::as_integer);
        if written.is_some_and(|n| !(least..=most).contains(&n)) {
            let at = format!("{under}{key}");
            self.fault(&at, format!("`{at}` must be from {least} to {most}: {why}"));
        }
    }
}
