//! What do people do in the case system? They carry their plans out, one act at a time, each once.
//!
//! An act is recorded under its key in the same line as what it changed, so that after a kill it is
//! neither lost nor done twice. What they write is in `filling`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::asks::{self, Pressed};
use super::council::{Council, CouncilFault};
use super::event::{Entry, Event};
use super::filling::{said, write};
use super::forms::StepType;
use super::habits::{Act, CYCLE, Grade, Plan};
use super::step::Step;
use super::truth::Truth;
use super::words::NewStep;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

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
    /// What was said of a concern about practice was sent to Greentick, which answered with this HTTP status.
    Concern(u16),
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
            Act::RaiseConcern | Act::AcknowledgeConcern => {
                Ok(acted(None, self.concern(plan, &key, act).await?))
            }
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
    /// Acts whose time has passed (after a kill) are carried out at once, in order. Whoever got no answer
    /// from Greentick tries again after a second, then less and less often.
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
        let (mut again, mut patience) = (Vec::new(), SECOND);
        for (at, plan, nth) in all {
            if done.contains(&plan.key(nth)) {
                continue;
            }
            loop {
                let shown = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
                if shown.is_zero() {
                    break;
                }
                let real = self.settings().clock.real_wait(shown);
                if again.is_empty() || real < patience {
                    rest(real.clamp(Duration::from_millis(2), SECOND)).await;
                } else {
                    rest(patience).await;
                    again = self.carry_out(again).await?;
                    patience = (patience * 2).min(MINUTE);
                }
            }
            again.extend(self.carry_out(vec![(plan, nth)]).await?);
            if again.is_empty() {
                patience = SECOND;
            }
        }
        while !again.is_empty() {
            rest(patience).await;
            again = self.carry_out(again).await?;
            patience = (patience * 2).min(MINUTE);
        }
        Ok(())
    }

    /// Carries acts out; gives back those that got no answer.
    async fn carry_out<'p>(
        &self,
        acts: Vec<(&'p Plan, usize)>,
    ) -> Result<Vec<(&'p Plan, usize)>, CouncilFault> {
        let mut again = Vec::new();
        for (plan, nth) in acts {
            let acted = self.act(plan, nth).await?;
            tracing::info!(act = acted.key, done = acted.done.word(), "somebody acted");
            if !acted.done.is_answered() {
                again.push((plan, nth));
            }
        }
        Ok(again)
    }

    async fn moderation(&self, plan: &Plan, key: &str) -> Result<Done, CouncilFault> {
        let review = self.step(&plan.step(StepType::Review));
        let grade = review.and_then(|step| Grade::from_code(step.answer("le.overall")?));
        let Some(grade) = grade else {
            return self.nothing(key, "there is no evaluation to moderate");
        };
        let reference = plan.reference();
        let body =
            json!({ "id": key, "decision": "moderate", "grade": grade.name(), "outcome": "agree" });
        let Some(status) = self.say(Act::Moderate, &reference, &body).await else {
            return self.nothing(key, "the Head has no token");
        };
        let event = Event::Moderated {
            reference,
            grade: grade.code().to_owned(),
            status,
        };
        let done = Done::Moderated(status);
        self.record(Some(key).filter(|_| done.is_answered()), event)?;
        Ok(done)
    }

    /// A concern about practice is put on record, or acknowledged.
    async fn concern(&self, plan: &Plan, key: &str, act: Act) -> Result<Done, CouncilFault> {
        let said = match act {
            Act::RaiseConcern => "raise_concern",
            _ => "acknowledge_concern",
        };
        let (reference, body) = (plan.reference(), json!({ "id": key, "decision": said }));
        let Some(status) = self.say(act, &reference, &body).await else {
            return self.nothing(key, "whoever says it has no token");
        };
        let done = Done::Concern(status);
        let said = said.to_owned();
        let event = Event::Concern {
            reference,
            said,
            status,
        };
        self.record(Some(key).filter(|_| done.is_answered()), event)?;
        Ok(done)
    }

    /// Sends a decision to Greentick by the token of whoever makes it: the QA manager raises concerns, the rest is the
    /// Head's.
    async fn say(&self, act: Act, reference: &str, body: &Json) -> Option<u16> {
        let greentick = self.settings().greentick.as_ref()?;
        let token = match act {
            Act::RaiseConcern => greentick.qa_token.as_ref()?,
            _ => greentick.head_token.as_ref()?,
        };
        self.decide(token, reference, body).await
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
    /// False if Greentick did not answer, so that the act is still to be done.
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Pressed(pressed) => pressed.finished || pressed.decision != "none",
            Self::Moderated(status) | Self::Concern(status) => (1..500).contains(status),
            Self::Changed | Self::SentOn(_) | Self::Nothing(_) => true,
        }
    }

    /// In one word, for logs.
    pub fn word(&self) -> &str {
        match self {
            Self::Changed => "changed",
            Self::Pressed(pressed) => &pressed.decision,
            Self::SentOn(_) => "sent_on",
            Self::Moderated(_) => "moderated",
            Self::Concern(_) => "concern",
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
            answers,
            ..NewStep::default()
        },
    })
}

pub(super) fn open<'t>(truth: &'t Truth, id: &str) -> Result<&'t Step, &'static str> {
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
