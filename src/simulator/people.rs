//! What do people do in the case system? They carry their plans out, one act at a time, each once.
//!
//! An act is recorded under its key in the same line as what it changed, so that after a kill it is
//! neither lost nor done twice. Absent on purpose: names; free text is lorem ipsum with a planted canary.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::asks::{self, Pressed};
use super::council::{Council, CouncilFault};
use super::event::{Entry, Event, NewStep, Row};
use super::forms::StepType;
use super::habits::{Act, CYCLE, Grade, Plan};
use super::truth::{Step, Truth};

/// An act, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The key under which it is recorded.
    pub key: String,
    /// The step it was about; none for a moderation.
    pub step: Option<String>,
    /// What came of it.
    pub done: Done,
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// Something was written or appeared.
    Changed,
    /// Finish was pressed; see what was decided.
    Pressed(Pressed),
    /// The work was sent on early to this step.
    SentOn(String),
    /// The Head's moderation was sent to Greentick, which answered with this HTTP status (0: not at all).
    Moderated(u16),
    /// There was nothing to do, or it was done before.
    Nothing(String),
}

impl Council {
    /// Carries out act number `nth` (from 0) of a plan, now, unless it is done already.
    ///
    /// A Finish asks Greentick first and obeys. Fails only if the event cannot be recorded.
    pub async fn act(&self, plan: &Plan, nth: usize) -> Result<Acted, CouncilFault> {
        let key = plan.key(nth);
        let Some((_, act)) = plan.acts.get(nth).copied() else {
            return Err(CouncilFault(format!("there is no act `{key}`")));
        };
        let acted = |step: Option<StepType>, done| Acted {
            key: key.clone(),
            step: step.map(|step| plan.step(step)),
            done,
        };
        if self.truth(|truth| truth.done.contains(&key)) {
            return Ok(acted(None, Done::Nothing("it is done already".to_owned())));
        }
        match act {
            Act::Finish(step) | Act::Force(step) => {
                let force = matches!(act, Act::Force(_));
                let pressed = self
                    .press_finish(Some(&key), &plan.step(step), force)
                    .await?;
                if pressed.decision == "closed" {
                    self.nothing(&key, "the step is not open")?;
                }
                Ok(acted(Some(step), Done::Pressed(pressed)))
            }
            Act::Moderate => Ok(acted(None, self.moderation(plan, &key).await?)),
            Act::Regrade => {
                let review = StepType::Review;
                let done = self.change(&key, |truth| regrade(truth, &plan.step(review)))?;
                Ok(acted(Some(review), done))
            }
            Act::Begin(step) => {
                let done = self.change(&key, |truth| begin(truth, plan, step))?;
                Ok(acted(Some(step), done))
            }
            Act::SendOn(step) => {
                let done = self.change(&key, |truth| send_on(truth, &plan.step(step)))?;
                Ok(acted(Some(step), done))
            }
            Act::Write(step) | Act::Repair(step) => {
                let today = self
                    .now()
                    .to_zoned_datetime(TimeZone::UTC)
                    .date()
                    .to_string();
                let repair = matches!(act, Act::Repair(_));
                let done = self.change(&key, |truth| write(truth, plan, step, repair, &today))?;
                Ok(acted(Some(step), done))
            }
        }
    }

    /// Lets people carry out their plans as the shown clock reaches each act, until every act is done.
    ///
    /// Acts whose time has passed (after a kill) are carried out at once, in order.
    pub async fn live(&self, plans: &[Plan]) -> Result<(), CouncilFault> {
        let mut all: Vec<_> = plans
            .iter()
            .flat_map(|plan| {
                let acts = plan.acts.iter().enumerate();
                acts.map(move |(nth, (at, _))| (*at, plan, nth))
            })
            .collect();
        all.sort_by_key(|(at, plan, nth)| (*at, plan.number, *nth));
        let done = self.done();
        for (at, plan, nth) in all {
            if done.contains(&plan.key(nth)) {
                continue;
            }
            while self.now() < at {
                let shown = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
                let real = self.settings().clock.real_wait(shown);
                rest(real.clamp(Duration::from_millis(2), Duration::from_secs(1))).await;
            }
            let acted = self.act(plan, nth).await?;
            tracing::info!(act = acted.key, done = acted.done.word(), "somebody acted");
        }
        Ok(())
    }

    async fn moderation(&self, plan: &Plan, key: &str) -> Result<Done, CouncilFault> {
        let review = self.step(&plan.step(StepType::Review));
        let grade = review.and_then(|step| Grade::from_code(step.answer("le.overall")?));
        let Some(grade) = grade else {
            return self.nothing(key, "there is no evaluation to moderate");
        };
        let reference = plan.reference();
        let status = self.moderate(key, &reference, grade.name()).await;
        let grade = grade.code().to_owned();
        self.record(
            Some(key),
            Event::Moderated {
                reference,
                grade,
                status,
            },
        )?;
        Ok(Done::Moderated(status))
    }

    fn nothing(&self, key: &str, why: &str) -> Result<Done, CouncilFault> {
        let why = why.to_owned();
        self.record(Some(key), Event::NothingDone { why: why.clone() })?;
        Ok(Done::Nothing(why))
    }

    fn change(
        &self,
        key: &str,
        decide: impl FnOnce(&Truth) -> Result<Event, &'static str>,
    ) -> Result<Done, CouncilFault> {
        match self.record_if(Some(key), decide)? {
            Err(why) => self.nothing(key, why),
            Ok(Entry {
                event: Event::StepAppeared { step },
                ..
            }) if step.previous.is_some() => Ok(Done::SentOn(step.id)),
            Ok(_) => Ok(Done::Changed),
        }
    }
}

impl Done {
    /// In one word, for logs.
    pub fn word(&self) -> &str {
        match self {
            Self::Changed => "changed",
            Self::Pressed(pressed) => &pressed.decision,
            Self::SentOn(_) => "sent_on",
            Self::Moderated(_) => "moderated",
            Self::Nothing(_) => "nothing",
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "people wait until it is time")]
async fn rest(span: Duration) {
    tokio::time::sleep(span).await;
}

fn begin(truth: &Truth, plan: &Plan, step_type: StepType) -> Result<Event, &'static str> {
    let id = plan.step(step_type);
    if truth.steps.contains_key(&id) {
        return Err("the step exists");
    }
    let mut answers = BTreeMap::from([
        ("le.reference".to_owned(), Some(plan.reference())),
        ("le.cycle".to_owned(), Some(CYCLE.to_owned())),
    ]);
    for one in StepType::EPISODE {
        answers.insert(one.owner_question().to_owned(), Some(plan.worker(one)));
    }
    Ok(Event::StepAppeared {
        step: NewStep {
            id,
            step_type,
            assignee: Some(plan.worker(step_type)),
            subject: Some(plan.child()),
            due: Some(plan.due_on),
            previous: None,
            answers,
        },
    })
}

fn open<'t>(truth: &'t Truth, id: &str) -> Result<&'t Step, &'static str> {
    let step = truth.steps.get(id).ok_or("there is no such step")?;
    if step.status.can_finish() {
        Ok(step)
    } else {
        Err("the step is not open")
    }
}

fn send_on(truth: &Truth, id: &str) -> Result<Event, &'static str> {
    let step = asks::successor(truth, open(truth, id)?, true);
    let step = step.ok_or("it was sent on already")?;
    Ok(Event::StepAppeared { step })
}

fn regrade(truth: &Truth, id: &str) -> Result<Event, &'static str> {
    let step = open(truth, id)?;
    let grade = step.answer("le.overall").and_then(Grade::from_code);
    let grade = grade.ok_or("there is no evaluation to change")?.opposite();
    Ok(Event::StepSaved {
        step: id.to_owned(),
        answers: said(&[("le.overall", grade.code())]),
        tables: BTreeMap::new(),
    })
}

/// Fills a form in: everything, or without what people forget; a repair adds what a hold named.
fn write(
    truth: &Truth,
    plan: &Plan,
    step_type: StepType,
    repair: bool,
    today: &str,
) -> Result<Event, &'static str> {
    let id = plan.step(step_type);
    let step = open(truth, &id)?;
    if repair && !truth.held.contains(&id) {
        return Err("nothing was held");
    }
    let mut answers = match step_type {
        StepType::Practitioner => said(&[
            ("le.reflection", &rich(&id, 1, 640)),
            (
                "le.focus",
                "How the plan is shared with everybody in the family's network, and how we know.",
            ),
            ("le.agreed_date", &plan.due_on.to_string()),
        ]),
        StepType::Review => review(plan, &id, today, repair || !plan.forgetful),
        StepType::Supervisor => said(&[("le.supervision.date", today)]),
        StepType::SignOff => said(&[
            ("le.sm.process_view", "Y"),
            ("le.impact_signoff", "improved"),
            ("le.sm.statement", &rich(&id, 1, 300)),
        ]),
        StepType::DutyContact => BTreeMap::new(),
    };
    if repair {
        // Somebody who changed their mind keeps the evaluation they came to.
        if step.answer("le.overall").is_some() {
            answers.remove("le.overall");
        }
        answers.extend(said(&[("le.late_reason", "workload")]));
    }
    Ok(Event::StepSaved {
        step: id,
        answers,
        tables: tables(plan, step_type, today),
    })
}

fn review(plan: &Plan, id: &str, today: &str, whole: bool) -> BTreeMap<String, Option<String>> {
    let mut answers = said(&[
        ("le.learning_conversation.summary", &rich(id, 1, 900)),
        ("le.learning_conversation.date", today),
        ("le.observation.date", today),
        ("le.observation.component1", "H"),
        ("le.observation.component2", "H"),
        ("le.observation.component3", "M"),
        ("le.section6.analysis", &rich(id, 2, 1_200)),
        ("le.overall", plan.grade.code()),
        ("le.final_meeting.date", today),
    ]);
    if whole {
        answers.extend(said(&[
            ("le.family_feedback", &rich(id, 3, 120)),
            ("le.partner_feedback", &rich(id, 4, 120)),
        ]));
    }
    answers
}

fn tables(plan: &Plan, step_type: StepType, today: &str) -> BTreeMap<String, Vec<Row>> {
    let area = |area: &str| row(&[("area", area), ("assurance", "M")]);
    let owner = plan.worker(StepType::Practitioner);
    let action = [
        ("action", "A-1"),
        ("owner", owner.as_str()),
        ("by_when", today),
    ];
    match step_type {
        StepType::Review => BTreeMap::from([
            (
                "le.practice_area".to_owned(),
                ["assessment", "planning", "impact"].map(area).to_vec(),
            ),
            (
                "le.actions".to_owned(),
                vec![row(&[action.as_slice(), &[("status", "open")]].concat())],
            ),
        ]),
        StepType::Supervisor => {
            let progress = [("status", "begun"), ("progress_on", today)];
            let rows = vec![row(&[action.as_slice(), &progress].concat())];
            BTreeMap::from([("le.actions".to_owned(), rows)])
        }
        _ => BTreeMap::new(),
    }
}

fn row(cells: &[(&str, &str)]) -> Row {
    let cells = cells.iter();
    cells
        .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()))
        .collect()
}

fn said(answers: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
    let answers = answers.iter();
    answers
        .map(|(question, answer)| ((*question).to_owned(), Some((*answer).to_owned())))
        .collect()
}

/// Rich text of `chars` characters without its markup, with a canary that must never leave the council.
fn rich(step: &str, nth: u32, chars: usize) -> String {
    let mut text = format!("CANARY-NARRATIVE-{step}-{nth} ");
    text.extend(
        "lorem ipsum dolor sit amet, "
            .chars()
            .cycle()
            .take(chars.saturating_sub(text.chars().count() + 1)),
    );
    format!("<p>{text}.</p>")
}
