//! Does every rule find what its table says? One line a case; the case is data.
//!
//! `tests/rules/<code>-<name>.txt` holds the cases of one rule: columns of facts, then the finding.
//! `-` is blank and `?` unreadable. `tests/source_points.toml` gives each paragraph one disposition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected should stop there"
)]

use std::collections::{BTreeMap, BTreeSet};

use greentick::practice::calendar::Calendar;
use greentick::practice::decision::{
    Allocation, Decided, Decision, Extension, Moderation, Override, Pause, ReasonGiven,
};
use greentick::practice::episode::{Episode, Presence, Role, Stage, Step, StepStatus};
use greentick::practice::fact::{Fact, FactKind, Row, Value};
use greentick::practice::ids::{Digest, StepId, WorkerId};
use greentick::practice::judge;
use greentick::practice::known::{Known, Why};
use greentick::practice::on_record::{BelowStandard, Entry, Returned};
use greentick::practice::people::{Interest, Manages};
use greentick::practice::rules::{RULES, Rule, Trigger, find};
use greentick::practice::sighting::StepDates;
use greentick::practice::terms::{
    Holder, Mode, People, Policy, RuleTerms, Rung, Setting, Stance, Terms, WhenUnavailable,
};
use greentick::practice::verdict::{Answer, Attempt, Finding, Judged, Verdict};
use jiff::{Timestamp, civil::Date};

#[path = "rules/columns.rs"]
mod columns;
#[path = "rules/edges.rs"]
mod edges;
#[path = "rules/holders.rs"]
mod holders;
#[path = "rules/laws.rs"]
mod laws;
#[path = "rules/lifting.rs"]
mod lifting;
#[path = "rules/milestones.rs"]
mod milestones;
#[path = "rules/openings.rs"]
mod openings;
#[path = "rules/parameters.rs"]
mod parameters;
#[path = "rules/still.rs"]
mod still;

fn date(text: &str) -> Date {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no day"))
}

fn noon(text: &str) -> Timestamp {
    if text.contains('T') {
        return text.parse().unwrap();
    }
    format!("{}T12:00:00Z", date(text)).parse().unwrap()
}

fn code<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .unwrap_or_else(|why| panic!("{why}"))
}

/// A synthetic council of W-1 practitioner, W-2 reviewer, W-3 supervisor, W-4 Service Manager,
/// W-8 QA manager, W-9 Head; allocated 1 Oct 2026, due 1 Dec 2026.
struct Case {
    episode: Episode,
    terms: Terms,
    at: Timestamp,
    stage: Stage,
    hand_over: Known<WorkerId>,
    actor: Option<WorkerId>,
    others: Vec<Allocation>,
    decision: Decision,
    moderations: Vec<String>,
}

fn terms() -> Terms {
    let holder = |worker: &str, role| Holder {
        worker: worker.into(),
        role,
        from: None,
        until: None,
    };
    let feed = include_str!("../config/bank-holidays.json");
    Terms {
        policy: Policy::default(),
        digest: Digest::of(b"policy"),
        calendar: Calendar::new(feed, "england-and-wales", &[]).unwrap(),
        people: People {
            holders: vec![
                holder("W-8", Role::QaManager),
                holder("W-9", Role::HeadOfService),
            ],
            ..People::default()
        },
        activation: noon("2026-01-01"),
        read: BTreeMap::new(),
        mode: Mode::Callout,
    }
}

fn allocation() -> Allocation {
    Allocation {
        cycle: "2026-C3".into(),
        source: "records".into(),
        child: "child-1".into(),
        practitioner: "W-1".into(),
        reviewer: "W-2".into(),
        supervisor: "W-3".into(),
        service_manager: "W-4".into(),
        operational_manager: None,
        service: "assessment".to_owned(),
        allocated_on: date("2026-10-01"),
        due_on: date("2026-12-01"),
        conflict_reason: None,
        plan_type: None,
        period: None,
    }
}

fn step(stage: Stage, status: StepStatus, finished: Option<Timestamp>) -> Step {
    let facts = Fact::ALL
        .iter()
        .filter(|fact| fact.stage() == stage && **fact != Fact::HandOver)
        .map(|fact| (*fact, Known::Blank))
        .collect();
    Step {
        id: StepId(stage.name().to_owned()),
        stage,
        status,
        presence: Presence::Present,
        version: None,
        modified_at: None,
        locked: false,
        dates: StepDates {
            incoming: Some(noon("2026-10-02")),
            completed: finished,
            ..StepDates::default()
        },
        assignee: Known::Blank,
        links: Vec::new(),
        facts,
        people: BTreeMap::new(),
        leg: 1,
        first_seen: noon("2026-10-02"),
        last_seen: noon("2026-10-02"),
        content: Digest::of(b"content"),
        matter: Digest::of(b"matter"),
        finished: Vec::new(),
        children: Vec::new(),
        copied_from: None,
        team: None,
        scheduled: None,
        real_since: None,
        clock_from: None,
        hidden: Vec::new(),
    }
}

impl Case {
    fn new(rule: &Rule) -> Self {
        let mut episode = Episode::new("LE-2026-0001".into(), "records".into());
        episode.allocation = Some(allocation());
        let stage = match rule.trigger {
            Trigger::AtFinish(stages, _) => stages[0],
            _ => Stage::SupervisorActions,
        };
        if matches!(rule.trigger, Trigger::AtFinish(..) | Trigger::OnSighting(_)) {
            for each in Stage::ALL.into_iter().filter(|each| *each <= stage) {
                let done = (each < stage).then(|| noon("2026-11-10"));
                let status = done.map_or(StepStatus::Started, |_| StepStatus::Completed);
                episode
                    .steps
                    .insert(each.name().into(), step(each, status, done));
            }
        }
        Self {
            episode,
            terms: terms(),
            at: noon("2026-11-23"),
            stage,
            hand_over: Known::Unreadable(Why::NotSeen),
            actor: None,
            others: Vec::new(),
            decision: Decision {
                id: "D-1".to_owned(),
                episode: "LE-2026-0001".into(),
                by: "W-8".into(),
                at: noon("2026-11-20"),
                what: Decided::Extend {
                    due: date("2026-12-11"),
                    reason: "leave".to_owned(),
                },
            },
            moderations: Vec::new(),
        }
    }

    fn allocation(&mut self) -> &mut Allocation {
        self.episode.allocation.as_mut().expect("an allocation")
    }

    fn live(&mut self) -> &mut Step {
        let id = StepId(self.stage.name().to_owned());
        self.episode.steps.get_mut(&id).expect("a step")
    }

    fn set(&mut self, column: &str, cell: &str) {
        if let Some(fact) = Fact::ALL
            .iter()
            .find(|fact| fact.name() == column && **fact != Fact::HandOver)
        {
            let id = StepId(fact.stage().name().to_owned());
            match self.episode.steps.get_mut(&id) {
                Some(step) if cell == "not mapped" => drop(step.facts.remove(fact)),
                Some(step) => drop(step.facts.insert(*fact, value(*fact, cell))),
                None => assert_eq!(cell, "-", "no step carries `{column}` here"),
            }
            return;
        }
        let text = if cell == "-" { "" } else { cell };
        match column {
            "at" => self.at = noon(cell),
            "allocated" if cell == "none" => self.episode.allocation = None,
            "allocated" => self.allocation().allocated_on = date(cell),
            "due" => self.allocation().due_on = date(cell),
            "cycle" => self.allocation().cycle = text.into(),
            "service" => text.clone_into(&mut self.allocation().service),
            "practitioner" => self.allocation().practitioner = text.into(),
            "reviewer" => self.allocation().reviewer = text.into(),
            "supervisor" => self.allocation().supervisor = text.into(),
            "manages" if cell != "-" => {
                let (manager, worker) = cell.split_once(':').expect("manager:worker");
                self.terms.people.managers.push(Manages {
                    manager: manager.into(),
                    worker: worker.into(),
                    from: None,
                    until: Some(noon("2026-10-02")),
                });
            }
            "plan_type" => self.allocation().plan_type = (cell != "-").then(|| cell.to_owned()),
            "attendees" if cell == "none" => {
                self.number("LE-26.1", "attendees", Setting::Codes(Vec::new()));
            }
            "operational_manager" => self.allocation().operational_manager = manager(cell),
            "service_manager" => self.allocation().service_manager = text.into(),
            "conflict_reason" if cell != "-" => {
                self.allocation().conflict_reason = Some(text.to_owned());
            }
            "hand_over" => self.hand_over = known(cell, worker),
            "form_hand_over" if cell != "not mapped" => {
                let said = known(cell, |text| Value::Worker(text.into()));
                self.live().facts.insert(Fact::HandOver, said);
            }
            "assignee" => self.live().assignee = known(cell, worker),
            "actor" if cell != "-" => self.actor = Some(cell.into()),
            "by" => self.decision.by = cell.into(),
            "status" => self.live().status = code(cell),
            "presence" => self.live().presence = code(cell),
            "stage" => self.move_to(code(cell)),
            "cancelled" if cell != "-" => self.episode.cancelled = Some(text.to_owned()),
            "accepts" => self.number("LE-03.3", "accepts", Setting::Word(cell.to_owned())),
            "reason" => {
                self.decision.what = Decided::Extend {
                    due: date("2026-12-11"),
                    reason: text.to_owned(),
                };
            }
            "escalated" if cell != "-" => {
                self.decision.what = Decided::EscalateToHead {
                    reason: "standard".to_owned(),
                    immediate: cell == "immediate",
                };
            }
            "conflict_reason" | "actor" | "cancelled" | "attendees" | "manages" | "escalated"
            | "form_hand_over" => {}
            _ => self.set_list(column, cell),
        }
    }

    fn number(&mut self, rule: &str, name: &str, setting: Setting) {
        let own = self.terms.policy.rules.entry(rule.to_owned());
        let own = &mut own.or_default().parameters;
        own.insert(name.to_owned(), setting);
    }

    fn set_list(&mut self, column: &str, cell: &str) {
        for item in cell.split_whitespace().filter(|item| *item != "-") {
            let parts: Vec<&str> = item.split(':').collect();
            match column {
                "extended" => self.episode.extensions.push(Extension {
                    due: date(item),
                    reason: "leave".to_owned(),
                    by: "W-8".into(),
                    at: noon("2026-11-01"),
                }),
                "paused" => {
                    let (from, until) = item.split_once("..").expect("from..until");
                    self.episode.pauses.push(Pause {
                        from: date(from),
                        until: date(until),
                        reason: "leave".to_owned(),
                        at: noon("2026-11-02"),
                    });
                }
                "reasons" => self.episode.reasons.push(ReasonGiven {
                    about: code(parts[0]),
                    reason: parts.get(2).copied().unwrap_or("leave").to_owned(),
                    by: parts[1].into(),
                    at: noon("2026-11-20"),
                }),
                "told" => self.episode.deeds.below_standard.push(BelowStandard {
                    criteria: vec!["evidence".to_owned()],
                    at: noon(item),
                }),
                "moderation" => self.moderations.push(item.to_owned()),
                "concern" | "acknowledged" => self.concern(column, &parts),
                "unavailable" | "requested" => self.record(column, item),
                "s1" => self.put(Stage::Practitioner, item),
                "s2" => self.put(Stage::PracticeReview, item),
                "s3" => self.put(Stage::SupervisorActions, item),
                "s4" => self.put(Stage::SignOff, item),
                "interest" => self.terms.people.interests.push(Interest {
                    worker: parts[0].into(),
                    with: Some(parts[1].into()),
                    service: None,
                    from: None,
                    until: None,
                }),
                "other" => self.beside(&parts),
                _ => self.set_rare(column, item, &parts),
            }
        }
        let known = "extended paused reasons told moderation concern acknowledged requested unavailable s1 s2 s3 s4 other interest";
        let known: Vec<&str> = known.split(' ').chain(columns::RARE.split(' ')).collect();
        assert!(known.contains(&column), "no column is called `{column}`");
    }

    /// What somebody said on a day: that the practitioner cannot take part, or that moderation is asked for.
    fn record(&mut self, column: &str, day: &str) {
        if column == "unavailable" {
            let said = serde_json::json!({ "by": "W-2", "role": null, "at": noon(day) });
            let said = serde_json::from_value(said).unwrap();
            self.episode.deeds.unavailable.push(said);
        } else {
            // `day`, or `day=evaluation` as it was when moderation was asked for.
            let (day, grade) = day
                .split_once('=')
                .map_or((day, None), |(d, g)| (d, Some(g)));
            let said = serde_json::json!({ "by": "W-2", "at": noon(day), "grade": grade });
            let said = serde_json::from_value(said).unwrap();
            self.episode.moderation_requests.push(said);
        }
    }

    /// `child:practitioner:reviewer:cycle` of another live allocation, the tail left out at will.
    fn beside(&mut self, parts: &[&str]) {
        let mut other = allocation();
        other.child = parts[0].into();
        other.practitioner = parts[1].into();
        if let Some(reviewer) = parts.get(2) {
            other.reviewer = (*reviewer).into();
        }
        if let Some(cycle) = parts.get(3) {
            other.cycle = (*cycle).into();
        }
        self.others.push(other);
    }

    /// A concern about practice raised on a day, or one that `day:worker:role` has.
    fn concern(&mut self, column: &str, parts: &[&str]) {
        let at = noon(parts[0]);
        let raised = &mut self.episode.deeds.concerns_raised;
        if column == "concern" {
            let said = serde_json::json!({ "by": "W-2", "at": at, "acknowledged": [] });
            raised.push(serde_json::from_value(said).unwrap());
        } else {
            let said = serde_json::json!({ "by": parts[1], "role": parts[2], "at": at });
            let said: Entry = serde_json::from_value(said).unwrap();
            for one in raised {
                one.acknowledged.push(said.clone());
            }
        }
    }

    /// `open`, `hidden`, `cancelled`, `completed` on a day that nobody says, or the days it was finished.
    fn put(&mut self, stage: Stage, item: &str) {
        let done = item.starts_with(char::is_numeric).then(|| noon(item));
        let status = match item {
            "open" | "hidden" => StepStatus::Started,
            "cancelled" => StepStatus::Cancelled,
            _ => StepStatus::Completed,
        };
        let mut step = step(stage, status, done);
        if item == "hidden" {
            step.presence = Presence::Hidden;
        }
        if let Some(at) = done {
            let before = self.episode.steps.get(&StepId(stage.name().to_owned()));
            let mut finished = before.map_or_else(Vec::new, |step| step.finished.clone());
            finished.push(greentick::practice::episode::Finished {
                leg: 1,
                at,
                observed_at: at,
                permit: None,
                bypass: false,
                undone: None,
            });
            step.finished = finished;
        }
        self.episode.steps.insert(stage.name().into(), step);
    }

    fn move_to(&mut self, stage: Stage) {
        self.stage = stage;
        let open = step(stage, StepStatus::Started, None);
        self.episode.steps.insert(stage.name().into(), open);
    }

    /// `outcome:grade:moderator`, and `:changed` if the form has changed since, or the evaluation given instead.
    fn moderate(&mut self) {
        for item in std::mem::take(&mut self.moderations) {
            let parts: Vec<&str> = item.split(':').collect();
            let changed = parts.get(3) == Some(&"changed");
            let on = if changed {
                Digest::of(b"before")
            } else {
                self.episode.moderated_matter()
            };
            self.episode.moderations.push(Moderation {
                id: item.clone(),
                by: parts[2].into(),
                at: noon("2026-11-20"),
                grade: code(parts[1]),
                outcome: code(parts[0]),
                instead: parts.get(3).filter(|_| !changed).map(|one| code(one)),
                on,
            });
        }
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            step: StepId(self.stage.name().to_owned()),
            actor: self.actor.clone(),
            hand_over: self.hand_over.clone(),
            immediate: false,
            at: self.at,
            screen: None,
        }
    }

    fn verdict(&self) -> Verdict {
        judge::judge(&self.episode, &self.attempt(), &self.terms).expect("a known step")
    }

    fn findings(&self, rule: &Rule) -> Vec<Judged> {
        match rule.trigger {
            Trigger::AtFinish(..) => self.verdict().findings,
            Trigger::AtAllocation(_) => {
                let ours = self.episode.allocation.as_ref().expect("an allocation");
                judge::judge_allocation(ours, &self.terms, &self.others)
            }
            Trigger::AtDecision(_) => {
                judge::judge_decision(&self.episode, &self.decision, &self.terms)
            }
            Trigger::ByTime(_) | Trigger::Awaits(_) => {
                judge::judge_time(&self.episode, self.at, &self.terms)
            }
            Trigger::OnSighting(_) => {
                let step = self.episode.step_of(self.stage).expect("a step");
                judge::judge_sighting(&self.episode, step, self.at, &self.terms)
            }
        }
    }
}

fn manager(cell: &str) -> Option<WorkerId> {
    (cell != "-").then(|| cell.into())
}

fn worker(text: &str) -> WorkerId {
    text.into()
}

fn known<T>(cell: &str, read: impl Fn(&str) -> T) -> Known<T> {
    match cell {
        "-" | "" => Known::Blank,
        "?" => Known::Unreadable(Why::NotInVocabulary),
        text => Known::Is(read(text)),
    }
}

fn value(fact: Fact, cell: &str) -> Known<Value> {
    known(cell, |text| match fact.kind() {
        FactKind::Length => Value::Length(text.parse().unwrap()),
        FactKind::Count => Value::Count(text.parse().unwrap()),
        FactKind::Day => Value::Day(date(text)),
        FactKind::Yes => Value::Yes(text == "yes"),
        FactKind::Code(_) => Value::Code(text.to_owned()),
        FactKind::Worker => Value::Worker(text.into()),
        FactKind::Rows => Value::Rows(text.split_whitespace().map(row).collect()),
    })
}

/// `key:code:owner:due:progress`, the tail left out at will.
fn row(text: &str) -> Row {
    let parts: Vec<&str> = text.split(':').collect();
    let cell = |n: usize| parts.get(n).copied().unwrap_or("");
    Row {
        code: known(cell(1), str::to_owned),
        owner: known(cell(2), worker),
        due: known(cell(3), date),
        progress_on: known(cell(4), date),
        ..Row::new(cell(0))
    }
}

/// The header of a table, and its cases.
fn read(table: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut lines = table
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    (header, lines.collect())
}

fn check(rule: &Rule, table: &str, faults: &mut Vec<String>) {
    let (header, cases) = read(table);
    for cells in cases {
        assert_eq!(cells.len(), header.len(), "{}: {cells:?}", rule.code);
        let mut case = Case::new(rule);
        let mut expected = None;
        let mut says = "";
        for (column, cell) in header.iter().zip(&cells) {
            match *column {
                "finding" => expected = Some(*cell),
                "says" => says = cell,
                _ => case.set(column, cell),
            }
        }
        case.moderate();
        let findings = case.findings(rule);
        let judged = findings.iter().find(|judged| judged.rule == rule.code);
        let judged = judged.unwrap_or_else(|| panic!("{} was not judged", rule.code));
        let found = match &judged.finding {
            Finding::Met => "met",
            Finding::Unmet(_) => "unmet",
            Finding::CannotTell(..) => "cannot tell",
            Finding::DoesNotApply => "does not apply",
        };
        well_worded(judged);
        let said = format!("{} {} {}", judged.missing(), judged.seen(), judged.remedy);
        if Some(found) != expected || (says != "-" && !said.contains(says)) {
            faults.push(format!("{} {cells:?}: {found}: {said}", rule.code));
        }
    }
}

/// Whole sentences, and no rule code in them: the code is a field.
fn well_worded(judged: &Judged) {
    if let Finding::Unmet(evidence) = &judged.finding {
        for sentence in [&evidence.missing, &evidence.seen, &judged.remedy] {
            assert!(sentence.ends_with('.'), "no full stop: {sentence}");
            assert!(
                !sentence.contains("LE-0") && !sentence.contains("LE-2"),
                "{sentence}"
            );
            assert!(!sentence.starts_with(char::is_lowercase), "{sentence}");
        }
    }
}

#[test]
fn every_rule_finds_what_its_table_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("LE-"))
        .collect();
    let mut faults = Vec::new();
    for rule in RULES {
        let name = format!("{}-{}.txt", rule.code, rule.name);
        assert!(
            files.remove(&name),
            "rule {} has no table tests/rules/{name}",
            rule.code
        );
        let table = std::fs::read_to_string(folder.join(&name)).unwrap();
        check(rule, &table, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(files.is_empty(), "tables without a rule: {files:?}");
}

#[test]
fn codes_and_names_are_unique_and_every_rule_serves_a_paragraph() {
    let mut seen = BTreeSet::new();
    for rule in RULES {
        for code in std::iter::once(&rule.code).chain(rule.also) {
            assert!(seen.insert(*code), "{code} twice");
        }
        assert!(seen.insert(rule.name), "{} twice", rule.name);
        assert!(
            !rule.paragraphs.is_empty(),
            "{} serves no paragraph",
            rule.code
        );
        assert!(rule.paragraphs.iter().all(|n| (1..=29).contains(n)));
        let hold = rule.when_unavailable == WhenUnavailable::Hold;
        let moderation = rule.code.starts_with("LE-27") || rule.code.starts_with("LE-08");
        assert_eq!(
            hold, moderation,
            "{}: only moderation holds when blind",
            rule.code
        );
    }
}

fn extreme_and_unmoderated() -> Case {
    let mut case = Case::new(find("LE-08.1").unwrap());
    case.set("evaluation", "inadequate");
    case
}

#[test]
fn an_override_lifts_a_hold_only_from_the_head_or_qa_manager_and_only_for_this_opening() {
    for (by, at, lifted) in [
        ("W-8", "2026-11-20", true),
        ("W-9", "2026-11-20", true),
        ("W-2", "2026-11-20", false),
        ("W-8", "2026-09-20", false),
        ("W-8", "2026-11-24", false),
    ] {
        let mut case = extreme_and_unmoderated();
        let before = case.verdict();
        assert_eq!(before.answer(), Answer::Hold);
        assert!(before.codes().contains(&"LE-27.1"));
        case.episode.overrides.push(Override {
            stage: Stage::PracticeReview,
            reason: "safety".to_owned(),
            by: by.into(),
            at: noon(at),
        });
        let after = case.verdict();
        assert_eq!(after.overridden, lifted, "{by} {at}");
        let made = noon(at) <= before.judged_at;
        assert_eq!(
            before.on != after.on,
            made,
            "a permit is void when a decision was made by then"
        );
    }
}

#[test]
fn no_override_lets_anybody_sign_off_their_own_work() {
    let mut case = Case::new(find("LE-29.2").unwrap());
    case.set("hand_over", "W-2");
    case.episode.overrides.push(Override {
        stage: Stage::SupervisorActions,
        reason: "safety".to_owned(),
        by: "W-9".into(),
        at: noon("2026-11-20"),
    });
    assert!(!case.verdict().overridden);
    assert_eq!(case.verdict().answer(), Answer::Hold);
}

#[test]
fn a_policy_may_use_either_code_of_one_duty_and_off_is_not_judged() {
    let mut case = extreme_and_unmoderated();
    let off = RuleTerms {
        stance: Some(Stance::Off),
        ..RuleTerms::default()
    };
    case.terms.policy.rules.insert("LE-08.1".to_owned(), off);
    assert!(!case.verdict().codes().contains(&"LE-27.1"));
}

#[test]
fn what_no_form_carries_is_neither_held_nor_flagged_unless_nothing_could_be_judged_without_it() {
    // LE-17.1 rests on an optional fact, LE-20.1 on a core one, LE-27.1 holds when it is blind.
    for (code, fact, stance, answer, warned) in [
        (
            "LE-17.1",
            "focus_length",
            Stance::Flag,
            Answer::Permit,
            false,
        ),
        (
            "LE-17.1",
            "focus_length",
            Stance::Block,
            Answer::Permit,
            false,
        ),
        (
            "LE-20.1",
            "conversation_length",
            Stance::Block,
            Answer::Provisional,
            true,
        ),
        (
            "LE-20.1",
            "conversation_length",
            Stance::Flag,
            Answer::Permit,
            false,
        ),
        ("LE-27.1", "evaluation", Stance::Block, Answer::Hold, false),
    ] {
        let rule = find(code).unwrap();
        let mut case = Case::new(rule);
        case.set(fact, "not mapped");
        let stance = RuleTerms {
            stance: Some(stance),
            ..RuleTerms::default()
        };
        case.terms.policy.rules.insert(code.to_owned(), stance);
        let mut verdict = case.verdict();
        verdict.findings.retain(|judged| judged.rule == code);
        assert!(
            matches!(verdict.findings[0].finding, Finding::CannotTell(..)),
            "{code}"
        );
        assert_eq!(verdict.answer(), answer, "{code}");
        assert_eq!(verdict.warnings().count() == 1, warned, "{code}");
    }
}

#[test]
fn an_unknown_step_has_no_verdict() {
    let case = extreme_and_unmoderated();
    let mut attempt = case.attempt();
    attempt.step = "elsewhere".into();
    assert_eq!(judge::judge(&case.episode, &attempt, &case.terms), None);
}
