//! On what do these tests stand? A council in memory and an app, turned by hand, day by day.

use std::sync::Arc;

use greentick::app::gate::{Ask, Told};
use greentick::app::{App, AppFault, Limits, decide, dispatch, gate, mirror, past, tick};
use greentick::ledger::Ledger;
use greentick::practice::decision::{Decided, Decision};
use greentick::practice::episode::{Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::ids::{ChildKey, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::sighting::{Sighting, StepDates};
use greentick::practice::terms::{Holder, Mode, Policy, Setting, Terms};
use greentick::simulator::MemoryCouncil;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::common;

/// The council's terms with everybody who is ever told.
pub(crate) fn terms(mode: Mode) -> Terms {
    let mut terms = (*common::terms(mode)).clone();
    for (worker, role) in [("W-OPS", Role::OperationalManager), ("W-CSLT", Role::Cslt)] {
        terms.people.holders.push(Holder {
            worker: WorkerId::from(worker),
            role,
            from: None,
            until: None,
        });
    }
    terms
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A policy in which a rule has another number.
pub(crate) fn with_number(policy: &Policy, rule: &str, key: &str, number: i64) -> Policy {
    let mut policy = policy.clone();
    let terms = policy.rules.entry(rule.to_owned()).or_default();
    terms
        .parameters
        .insert(key.to_owned(), Setting::Number(number));
    policy
}

pub(crate) fn length(n: u32) -> Known<Value> {
    Known::Is(Value::Length(n))
}

pub(crate) fn code(text: &str) -> Known<Value> {
    Known::Is(Value::Code(text.to_owned()))
}

pub(crate) fn rated(keys: &[&str], rating: &str) -> Known<Value> {
    let row = |key: &&str| Row {
        code: Known::Is(rating.to_owned()),
        ..Row::new(key)
    };
    Known::Is(Value::Rows(keys.iter().map(row).collect()))
}

/// A form in which nothing is written yet.
fn empty_form(stage: Stage) -> std::collections::BTreeMap<Fact, Known<Value>> {
    let facts: &[Fact] = match stage {
        Stage::Practitioner => &[Fact::ReflectionLength, Fact::FocusLength, Fact::AgreedDate],
        Stage::PracticeReview => &[
            Fact::ConversationLength,
            Fact::Observation,
            Fact::ObservationWaiver,
            Fact::FamilyFeedback,
            Fact::FamilyFeedbackReason,
            Fact::PartnerFeedback,
            Fact::PartnerFeedbackReason,
            Fact::AnalysisLength,
            Fact::Areas,
            Fact::Evaluation,
            Fact::FinalMeetingDate,
            Fact::Actions,
            Fact::NoActionsReason,
            Fact::LateReason,
        ],
        Stage::SupervisorActions => &[Fact::SupervisionDate, Fact::ActionProgress],
        Stage::SignOff => &[
            Fact::ProcessView,
            Fact::ModerationStatementLength,
            Fact::Impact,
        ],
    };
    facts.iter().map(|fact| (*fact, Known::Blank)).collect()
}

/// Who holds a stage's step.
pub(crate) fn worker_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Practitioner => "W-PRAC",
        Stage::PracticeReview => "W-PR",
        Stage::SupervisorActions => "W-SUP",
        Stage::SignOff => "W-SM",
    }
}

pub(crate) struct Stand {
    pub(crate) app: App<MemoryCouncil>,
    pub(crate) now: Timestamp,
    asked: u32,
    folder: tempfile::TempDir,
}

impl Stand {
    pub(crate) async fn new(mode: Mode, begin: &str) -> Self {
        Self::under(terms(mode), begin).await
    }

    pub(crate) async fn under(terms: Terms, begin: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/ledger.sqlite3", folder.path().display());
        let app = App {
            source: SourceName::from("council"),
            ledger: Ledger::open(&url).await.unwrap(),
            case_system: MemoryCouncil::default(),
            terms: Arc::new(terms),
            limits: Limits::default(),
        };
        let now = app.terms.calendar.moment(begin).unwrap();
        let stand = Self {
            app,
            now,
            asked: 0,
            folder,
        };
        stand.configure().await;
        stand
    }

    /// Enters by what is judged, as the daemon does at its start.
    pub(crate) async fn configure(&self) {
        past::configured(&self.app, json!({}), self.now)
            .await
            .unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}/ledger.sqlite3", self.folder.path().display())
    }

    /// Judges by other terms from now on.
    pub(crate) async fn change(&mut self, change: impl FnOnce(&mut Terms)) {
        let mut terms = (*self.app.terms).clone();
        change(&mut terms);
        terms.digest = greentick::practice::ids::Digest::of_json(&terms.policy);
        self.app.terms = Arc::new(terms);
        self.configure().await;
    }

    /// One turn of everything the daemon does.
    pub(crate) async fn turn(&self) {
        mirror::poll(&self.app, self.now).await.unwrap();
        tick::pass(&self.app, self.now).await.unwrap();
        dispatch::pass(&self.app, "test", || self.now)
            .await
            .unwrap();
    }

    /// Goes on to a local moment, with a turn each morning on the way; gives the mornings.
    pub(crate) async fn until(&mut self, moment: &str) {
        let calendar = self.app.terms.calendar.clone();
        let then = calendar.moment(moment).unwrap();
        let mut day = calendar.local_date(self.now);
        'days: loop {
            // A daemon looks all day long; whole days without a look count as an outage.
            for hour in [
                "08:31", "09:30", "11:00", "12:30", "14:00", "15:30", "17:00",
            ] {
                let at = calendar.at_local(day, hour.parse().unwrap());
                if at >= then {
                    break 'days;
                }
                if at <= self.now {
                    continue;
                }
                self.now = at;
                if hour == "08:31" {
                    self.turn().await;
                } else {
                    mirror::poll(&self.app, at).await.unwrap();
                }
            }
            day = day.checked_add(1.day()).unwrap();
        }
        self.now = then;
    }

    pub(crate) fn allocation(&self, id: &str, due: &str) -> Decided {
        let day = self.app.terms.calendar.local_date(self.now);
        let mut allocation = json!({
            "cycle": "2026-C3", "source": "council", "child": format!("child-of-{id}"),
            "practitioner": "W-PRAC", "reviewer": "W-PR", "supervisor": "W-SUP",
            "service_manager": "W-SM", "operational_manager": "W-OPS", "service": "north",
            "allocated_on": day, "due_on": due,
        });
        allocation["decision"] = "allocate".into();
        serde_json::from_value(allocation).unwrap()
    }

    pub(crate) async fn decide(&self, id: &str, by: &str, what: Decided) -> Result<(), AppFault> {
        let decision = Decision {
            id: format!(
                "D {id} {by} {} {}",
                self.now,
                serde_json::to_string(&what).unwrap().len()
            ),
            episode: EpisodeId::from(id),
            by: WorkerId::from(by),
            at: self.now,
            what,
        };
        decide::record(&self.app, &decision, self.now)
            .await
            .map(drop)
    }

    /// A step appears in the case system.
    pub(crate) fn appears(&self, step: &str, id: &str, stage: Stage) {
        let sighting = Sighting {
            stage,
            status: StepStatus::Incoming,
            child: Known::Is(ChildKey::from(format!("child-of-{id}").as_str())),
            assignee: Known::Is(WorkerId::from(worker_of(stage))),
            people: std::collections::BTreeMap::new(),
            facts: empty_form(stage),
            dates: StepDates {
                incoming: Some(self.now),
                ..StepDates::default()
            },
            ..common::review(step, id, self.now)
        };
        self.app.case_system.add(sighting, self.now);
    }

    pub(crate) fn save(&self, step: &str, change: impl FnOnce(&mut Sighting)) {
        assert!(
            self.app
                .case_system
                .save(&StepId::from(step), self.now, change)
        );
    }

    /// Writes into a step's form.
    pub(crate) fn write(&self, step: &str, facts: &[(Fact, Known<Value>)]) {
        self.save(step, |held| {
            held.status = StepStatus::Started;
            held.dates.started = held.dates.started.or(Some(self.now));
            held.facts.extend(facts.iter().cloned());
        });
    }

    /// A whole practice review, apart from its evaluation.
    pub(crate) fn write_review(&self, step: &str, evaluation: &str) {
        let today = self.app.terms.calendar.local_date(self.now);
        let mut action = Row::new("A1");
        action.owner = Known::Is(WorkerId::from("W-PRAC"));
        action.due = Known::Is(today.checked_add(30.days()).unwrap());
        let facts = [
            (Fact::ConversationLength, length(400)),
            (Fact::ConversationDate, Known::Is(Value::Day(today))),
            (Fact::Observation, rated(&["one", "two", "three"], "high")),
            (Fact::FamilyFeedback, Known::Is(Value::Count(1))),
            (Fact::PartnerFeedback, Known::Is(Value::Count(1))),
            (Fact::AnalysisLength, length(700)),
            (Fact::Areas, rated(&["assessing", "planning"], "high")),
            (Fact::Evaluation, code(evaluation)),
            (Fact::FinalMeetingDate, Known::Is(Value::Day(today))),
            (Fact::Actions, Known::Is(Value::Rows(vec![action]))),
        ];
        self.write(step, &facts);
    }

    /// Somebody presses Finish, and the case system asks first.
    pub(crate) async fn ask(&mut self, step: &str, by: &str, to: Option<&str>) -> Told {
        self.asked += 1;
        let mut ask = json!({ "step": step, "worker": by });
        if let Some(to) = to {
            ask["next"] = json!({ "assignee": to });
        }
        let ask: Ask = serde_json::from_value(ask).unwrap();
        let name = format!("decision-{}", self.asked);
        gate::finish_check(&self.app, &ask, &name, self.now)
            .await
            .unwrap()
    }

    /// The step is completed in the case system.
    pub(crate) fn finish(&self, step: &str) {
        self.save(step, |held| {
            held.status = StepStatus::Completed;
            held.dates.completed = Some(self.now);
        });
    }

    /// The journal as JSON lines.
    pub(crate) async fn journal(&self) -> Vec<serde_json::Value> {
        let mut out = Vec::new();
        self.app.ledger.export(&mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
