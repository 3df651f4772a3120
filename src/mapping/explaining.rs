//! What will this mapping do, in words? For the engineer who wrote it, and for whoever has to approve it.

use std::collections::BTreeMap;

use std::fmt::Write;

use super::batch::Batch;
use super::compile::Mapping;
use super::correlation::Correlation;
use super::language::Paging;
use super::request::Request;
use super::stages::{More, Stages};
use super::statuses::Statuses;
use super::write_names::EFFECTS;
use super::write_table::Operation;
use crate::practice::episode::Stage;
use crate::practice::fact::Fact;
use crate::practice::terms::Mode;

/// What one part of a mapping does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// What it is about.
    pub title: &'static str,
    /// One thing a line.
    pub lines: Vec<String>,
}

impl Mapping {
    /// Everything that the mapping will do, part by part. Secrets are not in a mapping, so none is shown.
    pub fn explain(&self) -> Vec<Chapter> {
        let chapter = |title, lines| Chapter { title, lines };
        vec![
            chapter("How it is read", self.requests()),
            chapter("What is believed", self.belief()),
            chapter("What counts as a step", self.kinds()),
            chapter("What is known of each step", self.knowledge()),
            chapter("What is written", self.writes()),
            chapter("How Finish can be held", self.modes()),
        ]
    }

    /// Why a mode cannot be performed, if it cannot.
    pub fn cannot(&self, mode: Mode) -> Option<String> {
        match mode {
            Mode::Observe => None,
            Mode::Callout if self.capabilities().contains("callout") => None,
            Mode::Callout => Some(
                "mode `callout` needs the case system to ask before Finish, and the mapping does not declare \
                 the capability `callout`"
                    .to_owned(),
            ),
            Mode::Task => self
                .cannot_hold_by_task()
                .map(|why| format!("mode `task` cannot be performed: {why}")),
            Mode::Reverse => self
                .parts("reopen")
                .err()
                .map(|why| format!("mode `reverse` needs the operation `reopen`: {why}")),
        }
    }

    fn requests(&self) -> Vec<String> {
        let who = self.says_who();
        let mut lines = vec![who, format!("Changes: {}", asked(&self.feed))];
        lines.push(match &self.sweep {
            Some(request) => format!("Open steps: {}", asked(request)),
            None => "Open steps are not listed: a step that leaves the change feed without a word is not missed."
                .to_owned(),
        });
        lines.push(match &self.step {
            Some(request) => pieces(request),
            None => "One step cannot be read by itself: a Finish is judged on what was last seen."
                .to_owned(),
        });
        lines.extend(
            self.merges
                .as_ref()
                .map(|list| format!("Merged records: {}", asked(&list.request))),
        );
        lines
    }

    fn belief(&self) -> Vec<String> {
        let types = &self.client.proof.content_type;
        let kind = if types.is_empty() {
            "any type but HTML".to_owned()
        } else {
            types.join(" or ")
        };
        vec![
            format!(
                "An answer of {kind}, whole, with the promised root. Otherwise nothing is taken from it, and the place in the feed stays."
            ),
            "A record that cannot be read is set aside alone, and counted.".to_owned(),
        ]
    }

    fn kinds(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((path, allowed)) = &self.only_when {
            let words: Vec<&str> = allowed.iter().map(|(word, ())| word).collect();
            let (path, words) = (path.written(), words.join("`, `"));
            lines.push(format!(
                "Only records with `{words}` at `{path}`; others are passed over."
            ));
        }
        lines.extend(self.told_stages());
        lines.push(match &self.statuses {
            Statuses::Word(_, words) => {
                let words = words.iter().map(|(theirs, ours)| {
                    let ours = serde_json::to_value(ours).unwrap_or_default();
                    format!("`{theirs}` is {}", ours.as_str().unwrap_or_default())
                });
                let words: Vec<String> = words.collect();
                format!("Status: {}.", words.join("; "))
            }
            Statuses::Stamps(_) => "Status: by which of its stamps are there.".to_owned(),
        });
        lines.push(match self.correlation {
            Correlation::Reference => "Steps belong together by the reference that they carry.",
            Correlation::Links => "Steps belong together by the links between them.",
            Correlation::ChildAndCycle => {
                "Steps belong together by the child and the allocation cycle, where they carry no reference."
            }
        }.to_owned());
        lines
    }

    fn told_stages(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let Stages::Word {
            path,
            is,
            ignore,
            more,
        } = &self.stages
        else {
            return vec![
                "Every item is a step for each stage that its history sent it on to.".to_owned(),
            ];
        };
        let mut by_stage: BTreeMap<Stage, Vec<&str>> = BTreeMap::new();
        for (theirs, stage) in is.iter() {
            by_stage.entry(*stage).or_default().push(theirs);
        }
        for (stage, theirs) in by_stage {
            let (path, words) = (path.written(), theirs.join("`, `"));
            lines.push(format!("{}: `{words}` at `{path}`.", stage.words()));
        }
        let passed: Vec<&str> = ignore.iter().map(|(word, ())| word).collect();
        if !passed.is_empty() {
            lines.push(format!("Passed over: `{}`.", passed.join("`, `")));
        }
        let several = match more {
            More::No => None,
            More::Words(_) => Some("An item is a step for each of these that it names."),
            More::Events(_) => Some(
                "That is where an item begins; it is a step for each stage that its history sent it on to from there.",
            ),
        };
        lines.extend(several.map(str::to_owned));
        for stage in self.never() {
            let stage = stage.words();
            lines.push(format!(
                "No type leads to the {stage}: it never begins, and its rules are not judged."
            ));
        }
        lines.push("A step type that is neither sets its record aside.".to_owned());
        lines
    }

    fn knowledge(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let names = |facts: Vec<&Fact>| -> String {
            let named = facts.iter().map(|fact| {
                let points: Vec<String> =
                    fact.paragraphs().iter().map(|n| format!("¶{n}")).collect();
                format!("{} ({})", fact.name(), points.join(", "))
            });
            named.collect::<Vec<_>>().join(", ")
        };
        let needless = self.needless();
        for stage in Stage::ALL {
            let of_stage = || Fact::ALL.iter().filter(move |fact| fact.stage() == stage);
            let read = of_stage().filter(|fact| self.facts.contains_key(fact));
            let blank = of_stage().filter(|fact| self.blank.contains(fact));
            let unread = || {
                of_stage()
                    .filter(|fact| !self.facts.contains_key(fact) && !self.blank.contains(fact))
            };
            for (what, facts) in [
                ("read", read.collect::<Vec<_>>()),
                ("always blank", blank.collect()),
                (
                    "not read, so that a rule which needs it answers \"cannot tell\"",
                    unread()
                        .filter(|fact| !fact.is_optional() && !needless.contains_key(fact))
                        .collect(),
                ),
                (
                    "not read, which nobody is flagged or held for",
                    unread().filter(|fact| fact.is_optional()).collect(),
                ),
            ] {
                if !facts.is_empty() {
                    lines.push(format!("{}, {what}: {}.", stage.words(), names(facts)));
                }
            }
        }
        lines.extend(
            needless.iter().map(|(fact, why)| {
                format!("Not read and not needed: {}, since {why}.", fact.name())
            }),
        );
        let roles: Vec<&str> = self.people.keys().map(|role| role.words()).collect();
        if !roles.is_empty() {
            lines.push(format!("Workers named by the forms: {}.", roles.join(", ")));
        }
        lines
    }

    fn writes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for name in EFFECTS {
            lines.push(match self.parts(name) {
                Err(why) => {
                    format!("{name}: not performed ({why}); what is owed waits for a person.")
                }
                Ok(parts) => {
                    let parts: Vec<String> = parts.into_iter().map(performed).collect();
                    format!("{name}: {}.", parts.join("; then "))
                }
            });
        }
        lines.extend(self.doors.batch.as_ref().map(|batch| self.together(batch)));
        lines
    }

    /// What is written in one request.
    fn together(&self, batch: &Batch) -> String {
        let row = &batch.row;
        let all = row.operations.join("`, `");
        if let Some(lacking) = self.batch_lacks(batch) {
            return format!(
                "In one request: none, since `[batch]` needs the value `{lacking}` of this site; \
                 each of `{all}` goes by itself."
            );
        }
        let path = row.path.split('?').next().unwrap_or_default();
        let named = named(row.action.as_deref());
        let by = match &row.key {
            Some(key) => format!("told apart by `{key}`"),
            None => "in the order of the items".to_owned(),
        };
        format!(
            "In one request: `{all}`, up to {} items: {} `{path}`{named}, results at `{}` of `{}`, {by}. \
             What they do not tell is looked for, and sent by itself.",
            batch.most,
            row.method,
            batch.result.written(),
            row.root,
        )
    }

    fn modes(&self) -> Vec<String> {
        let modes = [Mode::Observe, Mode::Callout, Mode::Task, Mode::Reverse];
        let line = |mode: Mode| match self.cannot(mode) {
            None => format!("{}: yes.", word(mode)),
            Some(why) => format!("{}: no; {why}.", word(mode)),
        };
        let mut lines: Vec<String> = modes.into_iter().map(line).collect();
        lines.extend(self.doors.callout.as_ref().map(|callout| {
            let then = if callout.opens_on_timeout {
                "lets Finish through, and that Finish is entered as one without a permit"
            } else {
                "holds Finish until it has an answer"
            };
            format!(
                "If no answer comes within {} ms, the case system {then}. That is its own setting: try it.",
                callout.answer_within_ms
            )
        }));
        lines
    }
}

/// A mode's name in the settings.
fn word(mode: Mode) -> String {
    let word = serde_json::to_value(mode).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

fn asked(request: &Request) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    let pages = match request.paging {
        Paging::None => "one page".to_owned(),
        Paging::Offset => format!("pages of {} by count", request.page_size),
        Paging::Page => format!("pages of {} by number", request.page_size),
        Paging::Token => format!("pages of {} by the system's own token", request.page_size),
        Paging::Link => "pages by the link to the next".to_owned(),
        Paging::LastId => format!("pages of {} after the last id", request.page_size),
    };
    let call = &request.ask.call;
    let posted = if call.body.is_some() { "POST " } else { "" };
    let root = match request.root.as_str() {
        "" => "the document".to_owned(),
        root => format!("`{root}`"),
    };
    let rows = if request.names_only() {
        "ids of steps, each then read by itself,"
    } else {
        "records"
    };
    format!(
        "{posted}`{path}`{}, {pages}, {rows} at `{}` of {root}.",
        named(call.action.as_deref()),
        request.record.written(),
    )
}

/// One step, with every other address that it is read from.
fn pieces(request: &Request) -> String {
    let mut line = format!("One step: {}", asked(request));
    for piece in request.also() {
        let path = piece.request.path.split('?').next().unwrap_or_default();
        let _ = write!(line, " Then its `{}` from `{path}`.", piece.name);
    }
    line
}

/// The operation of a service that has one address for all.
fn named(action: Option<&str>) -> String {
    let name = action.and_then(|action| action.rsplit(['/', '#', ':']).next());
    name.map_or_else(String::new, |name| format!(" as `{name}`"))
}

fn performed(operation: &Operation) -> String {
    let path = operation.path.split('?').next().unwrap_or_default();
    let first = if operation.before.is_some() {
        "what it rests on is read first, then "
    } else {
        ""
    };
    let shown = match &operation.read_back {
        Some(back) => {
            let place = named(back.call.action.as_deref()).replace(" as ", " of ");
            let is = if back.absent {
                "is gone from"
            } else {
                "stands at"
            };
            format!("done when it {is} `{}`{place}", back.find)
        }
        None => "done when it is accepted, since nothing shows it".to_owned(),
    };
    let name = named(operation.action.as_deref());
    format!("{first}{} `{path}`{name}, {shown}", operation.method)
}
