//! Do the tables that write make sense?
//!
//! A template that names nothing known, a read-back that looks for nothing, or an operation that goes on with
//! one that is not there would otherwise be found on the day it matters.

use std::collections::BTreeSet;

use super::compile::Desk;
use super::language::{Before, File, Operation, ReadBack};
use crate::shape;

/// Everything that can be asked of a case system.
pub(super) const OPERATIONS: [&str; 6] =
    ["note", "flag", "unflag", "reopen", "notice", "sample_list"];
/// The flags that are ever set, by our names.
const FLAGS: [&str; 3] = ["overdue", "escalated", "sampled"];
/// The names that every template of a write may use, beside `[values]` and `[before]`.
const WRITE_NAMES: [&str; 5] = ["step", "episode", "mark", "text", "audience"];

impl Desk<'_> {
    pub(super) fn operations(&mut self, file: &File) {
        self.grants(file);
        for (name, operation) in &file.write {
            let at = format!("write.{name}");
            if !OPERATIONS.contains(&name.as_str()) {
                let help = Some(shape::meant(name, &OPERATIONS));
                self.fault(&at, &format!("`{name}` is no operation"), help);
            }
            let mut known: BTreeSet<&str> = WRITE_NAMES.into_iter().collect();
            known.extend(file.values.keys().map(String::as_str));
            match name.as_str() {
                "flag" | "unflag" => drop(known.insert("flag")),
                "sample_list" => known.extend(["cycle", "episodes", "certificate"]),
                _ => {}
            }
            // What is read before cannot name what it has not read yet.
            let asked = known.clone();
            if let Some(before) = &operation.before {
                self.before(&at, operation, before, &asked);
                let read = [&before.values, &before.lists, &before.headers];
                known.extend(
                    read.into_iter()
                        .flat_map(|all| all.keys())
                        .map(String::as_str),
                );
            }
            self.template(&format!("{at}.path"), &operation.path, &known);
            self.template(&format!("{at}.body"), &operation.body, &known);
            for (header, template) in &operation.headers {
                self.template(&format!("{at}.headers.{header}"), template, &known);
            }
            for (key, statuses) in [
                ("accepted", &operation.accepted),
                ("again", &operation.again),
            ] {
                for status in statuses
                    .iter()
                    .filter(|status| !(100..600).contains(*status))
                {
                    self.fault(
                        &format!("{at}.{key}"),
                        &format!("{status} is no HTTP status"),
                        None,
                    );
                }
            }
            if let Some(back) = &operation.read_back {
                self.read_back(&at, back, &asked);
            }
            self.then(&at, file, operation);
        }
        self.flags(file);
    }

    fn before(&mut self, at: &str, operation: &Operation, before: &Before, known: &BTreeSet<&str>) {
        match (&before.path, &before.root) {
            (Some(path), Some(_)) => self.template(&format!("{at}.before.path"), path, known),
            (None, None) if operation.read_back.is_some() => {}
            (None, None) => {
                let message =
                    "`[before]` without `path` reads what `[read_back]` reads, and there is none";
                self.fault(&format!("{at}.before"), message, None);
            }
            _ => {
                let message = "`path` and `root` go together; only one is set";
                self.fault(&format!("{at}.before"), message, None);
            }
        }
        for (table, all) in [("values", &before.values), ("lists", &before.lists)] {
            for (name, path) in all {
                self.path(&format!("{at}.before.{table}.{name}"), path);
            }
        }
        if let Some(must) = &before.must {
            self.path(&format!("{at}.before.must.find"), &must.find);
            self.template(&format!("{at}.before.must.is"), &must.is, known);
        }
    }

    fn read_back(&mut self, at: &str, back: &ReadBack, known: &BTreeSet<&str>) {
        let at = format!("{at}.read_back");
        self.template(&format!("{at}.path"), &back.path, known);
        self.path(&format!("{at}.find"), &back.find);
        match (&back.contains, &back.is) {
            (Some(text), None) | (None, Some(text)) if text.is_empty() => {
                self.fault(&at, "the read-back looks for nothing", None);
            }
            (Some(text), None) => self.template(&format!("{at}.contains"), text, known),
            (None, Some(text)) => self.template(&format!("{at}.is"), text, known),
            _ => {
                let message = "a read-back has either `contains` or `is`";
                self.fault(&at, message, Some("give one of the two".to_owned()));
            }
        }
        if let Some(also) = &back.also {
            self.path(&format!("{at}.also.find"), &also.find);
            self.template(&format!("{at}.also.is"), &also.is, known);
        }
    }

    /// A chain of calls can be taken up again only if each call can be looked for.
    fn then(&mut self, at: &str, file: &File, operation: &Operation) {
        let Some(then) = &operation.then else { return };
        let at = format!("{at}.then");
        let Some(next) = file.write.get(then) else {
            let names: Vec<&str> = file.write.keys().map(String::as_str).collect();
            let message = format!("there is no `[write.{then}]`");
            self.fault(&at, &message, Some(shape::meant(then, &names)));
            return;
        };
        if next.then.is_some() {
            self.fault(&at, "the operation that follows may not go on itself", None);
        }
        if operation.read_back.is_none() || next.read_back.is_none() {
            let message = "both operations of a chain need a `[read_back]`, or it could not be taken up again";
            self.fault(&at, message, None);
        }
    }

    fn flags(&mut self, file: &File) {
        if file.flags.is_empty() {
            return;
        }
        for flag in FLAGS.iter().filter(|flag| !file.flags.contains_key(**flag)) {
            self.fault(
                "flags",
                &format!("the flag `{flag}` has no word in `[flags]`"),
                None,
            );
        }
    }

    pub(super) fn tests(&mut self, file: &File) {
        for (index, test) in file.test.iter().enumerate() {
            let at = format!("test[{index}].kind");
            let known = match test.kind.as_str() {
                "feed" => true,
                "sweep" => file.sweep.is_some(),
                "step" => file.step.is_some(),
                kind => kind
                    .strip_prefix("write.")
                    .is_some_and(|name| file.write.contains_key(name)),
            };
            if !known {
                let message = format!("the mapping has no `[{}]` to test", test.kind);
                self.fault(&at, &message, None);
            }
            let says = test.refused || test.shown.is_some() || test.writes.is_some();
            if test.kind.starts_with("write.") && !says {
                let message = "a test of a write says what is `shown`, what it `writes`, or that it is `refused`";
                self.fault(&at, message, None);
            }
        }
    }
}
