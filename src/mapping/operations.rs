//! Do the tables that write make sense?
//!
//! A template that names nothing known, a read-back that looks for nothing, or an operation that goes on with
//! one that is not there would otherwise be found on the day it matters.

use std::collections::BTreeSet;

use super::compile::Desk;
use super::language::File;
use super::template;
use super::write_names::{EFFECTS, FOLLOWING, ITEM_NAMES, known_after, names_of};
use super::write_table::{Before, Meaning, MeansRow, Operation, ReadBack};
use crate::practice::episode::Role;
use crate::shape;

/// Those that make something new each time, so that a second try must be known by its mark.
const MAKING: [&str; 5] = ["note", "notice", "sample_list", "task", "attach"];
/// The flags that are ever set, by our names.
const FLAGS: [&str; 3] = ["overdue", "escalated", "sampled"];
/// The roles that may be told.
const ROLES: [&str; 8] = [
    "practitioner",
    "practice_reviewer",
    "supervisor",
    "service_manager",
    "qa_manager",
    "head_of_service",
    "operational_manager",
    "cslt",
];
impl Desk<'_> {
    pub(super) fn operations(&mut self, file: &File) {
        self.grants(file);
        for (name, operation) in &file.write {
            let at = format!("write.{name}");
            self.is_operation(&at, name, file);
            let mut known = names_of(file, name);
            // What is read before cannot name what it has not read yet.
            let asked = known.clone();
            let soap = file.envelope.is_soap();
            if let Some(before) = &operation.before {
                self.before(&at, operation, before, &asked);
                self.call(&format!("{at}.before"), &before.asked(), soap, &asked);
                let read = [&before.values, &before.lists, &before.headers];
                known.extend(
                    read.into_iter()
                        .flat_map(|all| all.keys())
                        .map(String::as_str),
                );
            }
            self.templates(&at, name, operation, &known);
            self.write_statuses(&at, operation);
            self.means(&at, operation.root.is_some(), &operation.means);
            self.answer(&at, operation);
            if let Some(back) = &operation.read_back {
                self.read_back(&at, back, &asked);
                self.call(&format!("{at}.read_back"), &back.call, soap, &asked);
            }
            self.then(&at, file, operation);
        }
        self.flags(file);
    }

    fn is_operation(&mut self, at: &str, name: &str, file: &File) {
        if FOLLOWING.contains(&name) {
            let followed = file
                .write
                .values()
                .any(|one| one.then.as_deref() == Some(name));
            if !followed {
                let message =
                    format!("no operation goes on with `{name}`, so it would never be performed");
                let help = Some(format!("write `then = \"{name}\"` where it belongs"));
                self.fault(at, &message, help);
            }
        } else if !EFFECTS.contains(&name) {
            let all = [EFFECTS.as_slice(), &FOLLOWING].concat();
            let help = Some(shape::meant(name, &all));
            self.fault(at, &format!("`{name}` is no operation"), help);
        }
    }

    fn templates(&mut self, at: &str, name: &str, operation: &Operation, known: &BTreeSet<&str>) {
        self.address(&format!("{at}.path"), &operation.path, known);
        self.template(&format!("{at}.body"), &operation.body, known);
        self.template(
            &format!("{at}.content_type"),
            &operation.content_type,
            known,
        );
        for (header, template) in &operation.headers {
            self.template(&format!("{at}.headers.{header}"), template, known);
        }
        if let Some(action) = &operation.action {
            self.template(&format!("{at}.action"), action, known);
        }
        self.one_action(at, operation.action.as_ref(), &operation.content_type);
        if let Some(item) = &operation.item {
            let mut known = known.clone();
            known.extend(ITEM_NAMES);
            self.template(&format!("{at}.item"), item, &known);
        }
        let all = [&operation.path, &operation.body].into_iter();
        let marked = all.chain(operation.headers.values()).any(|template| {
            // One that cannot be read has been told already.
            template::names(template).map_or(true, |names| {
                names.contains("mark") || names.contains("text")
            })
        });
        if MAKING.contains(&name) && !marked {
            let message = "nothing in it carries `{{ mark }}` or `{{ text }}`, so a second try could not be \
                           told from the first";
            let help = Some("put the mark into the path, the body or a header".to_owned());
            self.fault(at, message, help);
        }
        let text_limit = operation.text_limit_chars;
        if text_limit.is_some_and(|limit| limit < 40) {
            let message =
                "`text_limit_chars` must be at least 40, or a text has no room beside its mark";
            self.fault(&format!("{at}.text_limit_chars"), message, None);
        }
        if operation
            .timeout_seconds
            .is_some_and(|span| !(1..=600).contains(&span))
        {
            let message = "`timeout_seconds` must be from 1 to 600";
            self.fault(&format!("{at}.timeout_seconds"), message, None);
        }
    }

    fn write_statuses(&mut self, at: &str, operation: &Operation) {
        for (key, statuses) in [
            ("accepted", &operation.accepted),
            ("again", &operation.again),
            ("duplicate", &operation.duplicate),
        ] {
            for status in statuses {
                self.status(&format!("{at}.{key}"), *status);
            }
        }
    }

    fn status(&mut self, at: &str, status: i64) {
        if !(100..600).contains(&status) {
            self.fault(at, &format!("{status} is no HTTP status"), None);
        }
    }

    /// Rows that say what single answers mean.
    pub(super) fn means(&mut self, at: &str, has_root: bool, rows: &[MeansRow]) {
        for (index, row) in rows.iter().enumerate() {
            let at = format!("{at}.means[{index}]");
            if let Some(status) = row.status {
                self.status(&format!("{at}.status"), status);
            }
            if let Some(path) = &row.path {
                self.loose(&format!("{at}.path"), path);
            }
            if row.status.is_none() && row.path.is_none() {
                self.fault(&at, "a row needs a `status`, a `path`, or both", None);
            }
            if row.is.is_some() && row.path.is_none() {
                self.fault(
                    &at,
                    "`is` says what stands at `path`, and there is none",
                    None,
                );
            }
            if row.path.is_some() && !has_root {
                let message = "to look into an answer, `root` must say what its root element is";
                self.fault(&at, message, None);
            }
        }
    }

    fn answer(&mut self, at: &str, operation: &Operation) {
        if let Some(path) = &operation.returned {
            self.loose(&format!("{at}.returned"), path);
            if operation.root.is_none() {
                let message = "to look into an answer, `root` must say what its root element is";
                self.fault(&format!("{at}.returned"), message, None);
            }
        }
        let Some(fallback) = &operation.fallback else {
            return;
        };
        let key = format!("{at}.fallback.audience");
        if fallback.audience.is_empty() {
            self.fault(&key, "nobody is named who could be told instead", None);
        }
        for role in &fallback.audience {
            self.word::<Role>(&key, role, "role", &ROLES);
        }
        if !operation
            .means
            .iter()
            .any(|row| row.means == Meaning::Recipient)
        {
            let message = "no `means` row says how a refused recipient looks, so nobody would be told instead";
            self.fault(&format!("{at}.fallback"), message, None);
        }
    }

    fn before(&mut self, at: &str, operation: &Operation, before: &Before, known: &BTreeSet<&str>) {
        match (&before.path, &before.root) {
            (Some(path), Some(_)) => self.address(&format!("{at}.before.path"), path, known),
            (None, None) if !before.asked().is_plain() => {
                let message = "it says how it is asked for, and not where: `path` is missing";
                self.fault(&format!("{at}.before"), message, None);
            }
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
                self.loose(&format!("{at}.before.{table}.{name}"), path);
            }
        }
        if let Some(must) = &before.must {
            self.loose(&format!("{at}.before.must.find"), &must.find);
            self.template(&format!("{at}.before.must.is"), &must.is, known);
        }
    }

    fn read_back(&mut self, at: &str, back: &ReadBack, known: &BTreeSet<&str>) {
        let at = format!("{at}.read_back");
        self.address(&format!("{at}.path"), &back.path, known);
        self.loose(&format!("{at}.find"), &back.find);
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
            self.loose(&format!("{at}.also.find"), &also.find);
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
        let knows = known_after(file, operation, then);
        let templates = [&next.path, &next.body, &next.content_type].into_iter();
        for template in templates.chain(next.headers.values()) {
            let names = template::names(template).unwrap_or_default();
            if let Some(name) = names.iter().find(|name| !knows.contains(name.as_str())) {
                let message = format!(
                    "`[write.{then}]` names `{name}`, which nothing gives it after this one"
                );
                self.fault(&at, &message, None);
            }
        }
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
}
