//! What may be said of single rules in the policy? Their manual, made from the rules themselves, and what is wrong
//! with what a council wrote.

use std::fmt::Write;

use toml::{Table, Value};

use super::Fault;
use super::terms::File;
use crate::practice::rules::{ParameterKind, RULES, Rule};
use crate::practice::terms::{RuleTerms, Stance, WhenUnavailable};
use crate::shape;

/// Keys that once stood at the head of the policy, and where they stand now.
const MOVED: [(&str, &str, &str); 8] = [
    ("reflection_min_chars", "LE-16.1", "min_chars = 200"),
    ("conversation_min_chars", "LE-20.1", "min_chars = 100"),
    ("statement_min_chars", "LE-29.3", "min_chars = 1"),
    ("observation_components", "LE-22.1", "components = 3"),
    (
        "late_finish",
        "LE-03.3",
        "accepts = \"reason\" or \"extension\", or stance = \"flag\"",
    ),
    (
        "awaited_working_days",
        "LE-01.3",
        "awaited_working_days = 5",
    ),
    (
        "supervisor_working_days",
        "LE-29.5",
        "supervisor_working_days = 25",
    ),
    (
        "sign_off_working_days",
        "LE-29.5",
        "sign_off_working_days = 10",
    ),
];

/// What may be written under each rule's heading, as a manual for `shape`.
pub(super) fn manual() -> String {
    let mut text = String::new();
    for code in std::iter::once("*").chain(RULES.iter().flat_map(Rule::codes)) {
        let _ = write!(
            text,
            "[rules.\"{code}\"]\nstance = \"off|notify|flag|block\"\n\
             when_unavailable = \"hold|allow_provisional\"\nsay = \"\"\nremedy = \"\"\nlink = \"\"\n"
        );
        let rule = RULES
            .iter()
            .find(|rule| rule.codes().any(|own| own == code));
        for parameter in rule.into_iter().flat_map(Rule::parameters) {
            let example = match parameter.kind {
                ParameterKind::Number { default, .. } => default.to_string(),
                ParameterKind::Word(words) => format!("\"{}\"", words.join("|")),
                ParameterKind::Codes(_) => "[\"\"]".to_owned(),
            };
            let _ = writeln!(text, "{} = {example}", parameter.key);
        }
    }
    text
}

impl File<'_> {
    /// A key that was moved says where to, instead of which other key is spelt like it.
    pub(super) fn moved_keys(&mut self) {
        for (key, code, now) in MOVED {
            let said = format!("unknown key `{key}`");
            for fault in self.faults.iter_mut().filter(|fault| fault.message == said) {
                fault.message = format!("`{key}` now stands with its rule");
                fault.help = Some(format!("write `[rules.\"{code}\"]` and under it {now}"));
            }
        }
    }

    /// Every rule a known one, every number within its bounds, every sentence a sentence. What says what holds
    /// anyway is left out, so that a policy which spells out its defaults is the same policy.
    pub(super) fn rules(&mut self) {
        let Some(Value::Table(rules)) = self.table.get("rules").cloned() else {
            return;
        };
        for rule in RULES {
            let named: Vec<&str> = rule
                .codes()
                .filter(|code| rules.contains_key(*code))
                .collect();
            if let [_, second, ..] = named.as_slice() {
                let at = format!("rules.{second}");
                let message = format!(
                    "{} are codes of one rule; use one of them",
                    named.join(" and ")
                );
                self.fault(&at, message);
            }
        }
        let mut kept = Table::new();
        for (code, value) in rules {
            let at = format!("rules.{code}");
            let Some(rule) = RULES
                .iter()
                .find(|rule| rule.codes().any(|own| own == code))
            else {
                self.no_rule(&at, &code);
                continue;
            };
            let Ok(terms) = value.try_into::<RuleTerms>() else {
                self.fault(&at, format!("`{at}` cannot be read"));
                continue;
            };
            self.sentences(&at, &terms);
            for parameter in rule.parameters() {
                let wrong = terms.parameters.get(parameter.key);
                if let Some(why) = wrong.and_then(|setting| parameter.objection(setting)) {
                    let key = format!("{at}.{}", parameter.key);
                    self.fault(&key, format!("`{key}` {why}"));
                }
            }
            let terms = without_defaults(terms, rule);
            if terms != RuleTerms::default()
                && let Ok(terms) = Value::try_from(terms)
            {
                kept.insert(code, terms);
            }
        }
        self.table.insert("rules".to_owned(), Value::Table(kept));
    }

    /// A change of a rule that does not exist would be a rule that nobody changed.
    fn no_rule(&mut self, at: &str, code: &str) {
        let known = RULES.iter().flat_map(Rule::codes);
        let help = match shape::nearest(code, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/rules.md lists every rule".to_owned(),
        };
        let message = format!("there is no rule `{code}`");
        let fault = Fault::at(self.name, self.lines.of(at), message);
        self.faults.push(fault.help(help));
    }

    fn sentences(&mut self, at: &str, terms: &RuleTerms) {
        for (key, text) in [("say", &terms.say), ("remedy", &terms.remedy)] {
            let whole = text.trim() == text && text.ends_with('.') && !text.contains('\n');
            if !text.is_empty() && !whole {
                let key = format!("{at}.{key}");
                let message =
                    format!("`{key}` must be whole sentences on one line, with a full stop");
                self.fault(&key, message);
            }
        }
        let link = &terms.link;
        let web = link.starts_with("https://") || link.starts_with("http://");
        if !link.is_empty() && (!web || link.contains(char::is_whitespace)) {
            let key = format!("{at}.link");
            self.fault(&key, format!("`{key}` must be a web address"));
        }
    }
}

fn without_defaults(mut terms: RuleTerms, rule: &Rule) -> RuleTerms {
    terms.stance = terms
        .stance
        .filter(|stance: &Stance| *stance != rule.stance);
    let blind = |answer: &WhenUnavailable| *answer != rule.when_unavailable;
    terms.when_unavailable = terms.when_unavailable.filter(blind);
    for parameter in rule.parameters() {
        if terms.parameters.get(parameter.key) == Some(&parameter.default()) {
            terms.parameters.remove(parameter.key);
        }
    }
    terms
}
