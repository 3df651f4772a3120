//! What does Greentick do all day? One cycle of a synthetic council, day by day, in under a minute.
//!
//! The council lives in memory; the ledger is a real file. Time is moved from act to act, and after
//! each the daemon's passes are turned once: mirror, tick, dispatch. At the end the cycle is frozen,
//! drawn and pushed, and what the ledger says was sent is compared with what the council received.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::Failure;
use crate::app::gate::{Ask, NextAction, Told};
use crate::app::{App, Limits, allocate, decide, dispatch, draw, gate, mirror, tick};
use crate::ledger::Ledger;
use crate::practice::calendar::Calendar;
use crate::practice::decision::{Decided, Decision, ModerationOutcome};
use crate::practice::episode::{Evaluation, Presence, Role, Stage, StepStatus};
use crate::practice::fact::{Fact, Row, Value};
use crate::practice::ids::{ChildKey, CycleId, Digest, EpisodeId, SourceName, StepId, WorkerId};
use crate::practice::known::Known;
use crate::practice::sighting::{Road, Sighting, StepDates};
use crate::practice::terms::{Holder, Mode, People, Policy, Terms};
use crate::simulator::{Act, Grade, MemoryCouncil as Council, Plan, StepType, cycle};

/// Play one allocation cycle of a synthetic council.
#[derive(Args)]
pub(super) struct Demo {
    /// Where the ledger and the sample files go; made anew.
    #[arg(long, default_value = "demo-out")]
    dir: PathBuf,
    /// End when the cycle has been played (it always does at present).
    #[arg(long)]
    exit: bool,
}

const CYCLE: &str = "2026-C3";
const DICE: &str = "58213 90467 12298 40731";

struct Cycle<'d> {
    app: App<Council>,
    council: Council,
    plans: Vec<Plan>,
    held: BTreeMap<String, Vec<String>>,
    counts: BTreeMap<&'static str, u64>,
    demo: &'d Demo,
}

pub(super) async fn run(demo: &Demo) -> Result<(), Failure> {
    std::fs::create_dir_all(&demo.dir)?;
    let file = demo.dir.join("ledger.sqlite3");
    for end in ["", "-wal", "-shm"] {
        let old = demo.dir.join(format!("ledger.sqlite3{end}"));
        if old.exists() {
            std::fs::remove_file(old)?;
        }
    }
    let council = Council::default();
    let app = App {
        source: SourceName::from("synthetic-council"),
        ledger: Ledger::open(&format!("sqlite:{}", file.display())).await?,
        case_system: council.clone(),
        terms: Arc::new(terms()?),
        limits: Limits {
            overlap_seconds: 0,
            ..Limits::default()
        },
    };
    let start = "2026-09-07".parse()?;
    let plans = cycle(start, 24);
    let mut stage = Cycle {
        app,
        council,
        plans,
        held: BTreeMap::new(),
        counts: BTreeMap::new(),
        demo,
    };
    stage.allocate("2026-09-07T08:00:00Z".parse()?).await?;
    stage.play().await?;
    stage.sample("2026-12-01T10:00:00Z".parse()?).await?;
    stage.sum_up().await
}

fn terms() -> Result<Terms, Failure> {
    let policy = Policy::default();
    let holder = |worker: &str, role| Holder {
        worker: WorkerId::from(worker),
        role,
        from: None,
        until: None,
    };
    let holidays = include_str!("../../config/bank-holidays.json");
    Ok(Terms {
        digest: Digest::of_json(&policy),
        policy,
        calendar: Calendar::new(holidays, "england-and-wales", &[])?,
        people: People {
            holders: vec![
                holder("W-HEAD", Role::HeadOfService),
                holder("W-QA", Role::QaManager),
            ],
        },
        activation: "2026-09-01T00:00:00Z".parse()?,
        mode: Mode::Callout,
    })
}

impl Cycle<'_> {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    async fn allocate(&mut self, now: Timestamp) -> Result<(), Failure> {
        let mut file = String::from(
            "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on\n",
        );
        for plan in &self.plans {
            let row = [
                CYCLE.to_owned(),
                plan.reference(),
                format!("P-{}", 10_000 + plan.number),
                worker(plan, Role::Practitioner),
                worker(plan, Role::PracticeReviewer),
                worker(plan, Role::Supervisor),
                worker(plan, Role::ServiceManager),
                plan.service.to_owned(),
                plan.allocated_on.to_string(),
                plan.due_on.to_string(),
            ];
            file.push_str(&row.join(","));
            file.push('\n');
        }
        std::fs::write(self.demo.dir.join("allocation.csv"), &file)?;
        let key = |child: &str| ChildKey(Digest::of(format!("demo key {child}").as_bytes()).0);
        let by = WorkerId::from("W-QA");
        let report = allocate::register(&self.app, file.as_bytes(), &by, key, now).await?;
        println!(
            "{now}  allocated {} episodes of cycle {CYCLE}",
            report.accepted
        );
        for fault in &report.refused {
            println!("  line {}: {}", fault.line, fault.why);
        }
        Ok(())
    }

    /// Moves time from act to act, and once a day besides, to the end of the cycle.
    async fn play(&mut self) -> Result<(), Failure> {
        let mut moments: Vec<(Timestamp, Option<(usize, Act)>)> = Vec::new();
        for (nth, plan) in self.plans.iter().enumerate() {
            moments.extend(plan.acts.iter().map(|(at, act)| (*at, Some((nth, *act)))));
        }
        let mut morning: Timestamp = "2026-09-08T08:45:00Z".parse()?;
        let end: Timestamp = "2026-11-30T17:00:00Z".parse()?;
        while morning < end {
            moments.push((morning, None));
            morning = morning.saturating_add(SignedDuration::from_hours(24))?;
        }
        moments.sort_by_key(|(at, act)| (*at, act.map(|(nth, _)| nth)));
        for (now, act) in moments {
            if let Some((nth, act)) = act {
                self.act(nth, act, now).await?;
            }
            self.turn(now).await?;
        }
        Ok(())
    }

    async fn turn(&mut self, now: Timestamp) -> Result<(), Failure> {
        mirror::poll(&self.app, now).await?;
        tick::pass(&self.app, now).await?;
        let before = self.council.written().len();
        dispatch::pass(&self.app, "demo", now).await?;
        for written in self.council.written().iter().skip(before) {
            let text: String = written.text.chars().take(110).collect();
            println!("{now}  council received {}: {text}", written.operation);
        }
        Ok(())
    }

    async fn act(&mut self, nth: usize, act: Act, now: Timestamp) -> Result<(), Failure> {
        let Some(plan) = self.plans.get(nth).cloned() else {
            return Ok(());
        };
        match act {
            // The council in memory knows no other work and no second thoughts.
            Act::Begin(StepType::DutyContact) | Act::Regrade => {}
            Act::Begin(step) => self.begin(&plan, stage(step), now),
            Act::Write(step) => {
                let stage = stage(step);
                self.council.save(&step_id(&plan, stage), now, |step| {
                    if step.status == StepStatus::Incoming {
                        step.status = StepStatus::Started;
                        step.dates.started = Some(now);
                    }
                    fill_in(step, &plan, now, !plan.forgetful);
                });
            }
            Act::Repair(step) => {
                let stage = stage(step);
                if self.held.contains_key(&plan.step(type_of(stage))) {
                    self.council.save(&step_id(&plan, stage), now, |step| {
                        fill_in(step, &plan, now, true);
                        let reason = Value::Code("workload".to_owned());
                        step.facts.insert(Fact::LateReason, Known::Is(reason));
                    });
                }
            }
            Act::Moderate => self.moderate(&plan, now).await?,
            Act::Finish(step) => self.finish(&plan, stage(step), now).await?,
            Act::Force(step) => {
                if self.complete(&plan, stage(step), now) {
                    self.count("forced");
                    println!("{now}  {} presses Finish without asking", plan.reference());
                }
            }
            Act::SendOn(step) => {
                if let Some(next) = stage(step).next() {
                    self.count("sent on early");
                    println!(
                        "{now}  {} is sent on while the step is open",
                        plan.reference()
                    );
                    self.begin(&plan, next, now);
                }
            }
        }
        Ok(())
    }

    fn begin(&self, plan: &Plan, stage: Stage, now: Timestamp) {
        let id = step_id(plan, stage);
        if self.council.get(&id).is_none() {
            self.council.add(new_step(plan, stage, &id, now), now);
        }
    }

    async fn moderate(&mut self, plan: &Plan, now: Timestamp) -> Result<(), Failure> {
        let decision = Decision {
            id: format!("moderate {} {now}", plan.reference()),
            episode: EpisodeId(plan.reference()),
            by: WorkerId::from("W-HEAD"),
            at: now,
            what: Decided::Moderate {
                grade: evaluation(plan),
                outcome: ModerationOutcome::Agree,
                on: None,
            },
        };
        decide::record(&self.app, &decision, now).await?;
        self.count("moderated");
        println!(
            "{now}  {} moderated by the Head: {}",
            plan.reference(),
            evaluation(plan).words()
        );
        Ok(())
    }

    async fn finish(&mut self, plan: &Plan, stage: Stage, now: Timestamp) -> Result<(), Failure> {
        let id = step_id(plan, stage);
        if !self
            .council
            .get(&id)
            .is_some_and(|step| step.status.is_open())
        {
            return Ok(());
        }
        let next = stage.next().map(|next| NextAction {
            assignee: Some(WorkerId(worker(plan, next.owner()))),
            immediate: false,
        });
        let worker = Some(WorkerId(worker(plan, stage.owner())));
        let ask = Ask {
            step: id.clone(),
            worker,
            next,
            step_version: None,
            deadline_ms: None,
            request_id: None,
        };
        let number = self.counts.values().sum::<u64>();
        let told =
            gate::finish_check(&self.app, &ask, &format!("check-{number}-{id}"), now).await?;
        if told.decision == "permit" {
            self.count("permitted");
            self.complete(plan, stage, now);
            return Ok(());
        }
        self.count("held");
        say_hold(plan, &told, now);
        let rules = told
            .reasons
            .iter()
            .filter_map(|r| Some(r.get("rule")?.as_str()?.to_owned()));
        self.held.insert(id.0, rules.collect());
        Ok(())
    }

    fn complete(&mut self, plan: &Plan, stage: Stage, now: Timestamp) -> bool {
        let id = step_id(plan, stage);
        if !self
            .council
            .get(&id)
            .is_some_and(|step| step.status.is_open())
        {
            return false;
        }
        self.council.save(&id, now, |step| {
            step.status = StepStatus::Completed;
            step.dates.completed = Some(now);
        });
        if let Some(next) = stage.next() {
            self.begin(plan, next, now);
        }
        true
    }

    async fn sample(&mut self, now: Timestamp) -> Result<(), Failure> {
        let cycle = CycleId::from(CYCLE);
        let policy = b"[sampling]\nsample_size = 10\n";
        let record = draw::freeze(&self.app, &cycle, policy, now).await?;
        println!("{now}  frozen: {}", String::from_utf8_lossy(&record));
        let drawn = draw::draw(&self.app, &cycle, DICE, now).await?;
        for (name, bytes) in [
            ("certificate.json", &drawn.certificate),
            ("sample.csv", &drawn.csv),
            ("sample.json", &drawn.json),
        ] {
            std::fs::write(self.demo.dir.join(name), bytes)?;
        }
        for name in draw::DOCUMENTS {
            if let Some(bytes) = self.app.ledger.document(&cycle, name).await? {
                std::fs::write(self.demo.dir.join(name), bytes)?;
            }
        }
        println!("{now}  drawn: {} episodes", drawn.episodes.len());
        self.turn(now).await?;
        let differences = draw::check(&self.app, &cycle).await?;
        if !differences.is_empty() {
            return Err(Failure::No(format!(
                "the draw does not verify: {differences:?}"
            )));
        }
        Ok(())
    }

    /// Compares what the ledger says was sent with what the council received, one by one.
    async fn sum_up(&self) -> Result<(), Failure> {
        let written = self.council.written();
        let mut received: Vec<&str> = written.iter().map(|w| w.mark.as_str()).collect();
        received.sort_unstable();
        let outbox = self.app.ledger.outbox_list().await?;
        let mut sent: Vec<&str> = outbox
            .iter()
            .filter(|row| row.state == "sent")
            .map(|row| row.mark.as_str())
            .collect();
        sent.sort_unstable();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &written {
            *kinds.entry(one.operation.as_str()).or_default() += 1;
        }
        println!("\nSummary of cycle {CYCLE}");
        for (what, count) in &self.counts {
            println!("  {count:>4} {what}");
        }
        for (kind, count) in &kinds {
            println!("  {count:>4} {kind} received by the council");
        }
        let waiting = outbox.iter().filter(|row| row.state == "owed").count();
        let dead = outbox.iter().filter(|row| row.state == "dead").count();
        println!(
            "  {:>4} sent, {waiting} waiting, {dead} need a person",
            sent.len()
        );
        println!(
            "Files: {} (ledger, allocation, sample, certificate)",
            self.demo.dir.display()
        );
        if !self.demo.exit {
            println!(
                "Look at the ledger: greentick mirror list --ledger sqlite:{}/ledger.sqlite3",
                self.demo.dir.display()
            );
        }
        if sent != received {
            return Err(Failure::No(
                "the ledger and the council disagree on what was sent".to_owned(),
            ));
        }
        println!(
            "The ledger and the council agree on all {} writes.",
            sent.len()
        );
        Ok(())
    }
}

fn say_hold(plan: &Plan, told: &Told, now: Timestamp) {
    println!("{now}  {} Finish held:", plan.reference());
    for reason in &told.reasons {
        let text = |key: &str| reason.get(key).and_then(|v| v.as_str()).unwrap_or_default();
        println!(
            "    {} {} {}",
            text("rule"),
            text("missing"),
            text("remedy")
        );
    }
}

fn stage(step: StepType) -> Stage {
    match step {
        StepType::Practitioner | StepType::DutyContact => Stage::Practitioner,
        StepType::Review => Stage::PracticeReview,
        StepType::Supervisor => Stage::SupervisorActions,
        StepType::SignOff => Stage::SignOff,
    }
}

fn type_of(stage: Stage) -> StepType {
    match stage {
        Stage::Practitioner => StepType::Practitioner,
        Stage::PracticeReview => StepType::Review,
        Stage::SupervisorActions => StepType::Supervisor,
        Stage::SignOff => StepType::SignOff,
    }
}

fn worker(plan: &Plan, role: Role) -> String {
    let stage = Stage::ALL.into_iter().find(|stage| stage.owner() == role);
    plan.worker(stage.map_or(StepType::DutyContact, type_of))
}

fn evaluation(plan: &Plan) -> Evaluation {
    match plan.grade {
        Grade::Outstanding => Evaluation::Outstanding,
        Grade::Good => Evaluation::Good,
        Grade::RequiresImprovement => Evaluation::RequiresImprovement,
        Grade::Inadequate => Evaluation::Inadequate,
    }
}

fn step_id(plan: &Plan, stage: Stage) -> StepId {
    StepId(plan.step(type_of(stage)))
}

fn new_step(plan: &Plan, stage: Stage, id: &StepId, now: Timestamp) -> Sighting {
    let roles = [
        Role::Practitioner,
        Role::PracticeReviewer,
        Role::Supervisor,
        Role::ServiceManager,
    ];
    Sighting {
        source: SourceName::from("synthetic-council"),
        step: id.clone(),
        stage,
        presence: Presence::Present,
        status: StepStatus::Incoming,
        locked: false,
        version: None,
        modified_at: None,
        dates: StepDates {
            incoming: Some(now),
            ..StepDates::default()
        },
        assignee: Known::Is(WorkerId(worker(plan, stage.owner()))),
        reference: Known::Is(EpisodeId(plan.reference())),
        cycle: Known::Is(CycleId::from(CYCLE)),
        child: Known::Blank,
        people: roles
            .into_iter()
            .map(|role| (role, Known::Is(WorkerId(worker(plan, role)))))
            .collect(),
        links: Vec::new(),
        facts: Fact::ALL
            .iter()
            // Who comes next is said when Finish is pressed, not in the form.
            .filter(|fact| fact.stage() == stage && **fact != Fact::HandOver)
            .map(|fact| (*fact, Known::Blank))
            .collect(),
        seen_at: now,
        road: Road::Feed,
    }
}

/// Fills a form in: everything, or without what people forget.
fn fill_in(step: &mut Sighting, plan: &Plan, now: Timestamp, whole: bool) {
    let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let rows = |keys: &[&str], code: &str| {
        let rows = keys.iter().map(|key| Row {
            code: Known::Is(code.to_owned()),
            ..Row::new(key)
        });
        Value::Rows(rows.collect())
    };
    let action = Row {
        owner: Known::Is(WorkerId(worker(plan, Role::Practitioner))),
        due: Known::Is(today),
        ..Row::new("A-1")
    };
    let progress = Row {
        code: Known::Is("begun".to_owned()),
        progress_on: Known::Is(today),
        ..Row::new("A-1")
    };
    let code = |text: &str| Value::Code(text.to_owned());
    let written: Vec<(Fact, Value)> = match step.stage {
        Stage::Practitioner => {
            vec![
                (Fact::ReflectionLength, Value::Length(640)),
                (Fact::FocusLength, Value::Length(80)),
            ]
        }
        Stage::PracticeReview => vec![
            (Fact::ConversationLength, Value::Length(900)),
            (Fact::ConversationDate, Value::Day(today)),
            (Fact::ObservationDate, Value::Day(today)),
            (Fact::Observation, rows(&["1", "2", "3"], "high")),
            (Fact::FamilyFeedback, Value::Count(u32::from(whole))),
            (Fact::PartnerFeedback, Value::Count(u32::from(whole))),
            (Fact::AnalysisLength, Value::Length(1_200)),
            (
                Fact::Areas,
                rows(&["assessment", "planning", "impact"], "medium"),
            ),
            (Fact::Evaluation, code(evaluation(plan).code())),
            (Fact::FinalMeetingDate, Value::Day(today)),
            (Fact::Actions, Value::Rows(vec![action])),
        ],
        Stage::SupervisorActions => vec![
            (Fact::SupervisionDate, Value::Day(today)),
            (Fact::ActionProgress, Value::Rows(vec![progress])),
        ],
        Stage::SignOff => vec![
            (Fact::ProcessView, code("assured")),
            (Fact::ModerationStatementLength, Value::Length(300)),
            (Fact::Impact, code("improved")),
        ],
    };
    for (fact, value) in written {
        step.facts.insert(fact, Known::Is(value));
    }
}
