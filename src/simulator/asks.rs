//! What does the council ask and tell Greentick? Finish checks, callbacks, and what the Head and the QA manager decide.
//!
//! In which shape, and with which proof, is for `telling` to say. Absent on purpose: any judgement of the answer.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::council::{Council, CouncilFault};
use super::desk::ENVIRONMENT;
use super::dialects::Dialect;
use super::event::{Entry, Event};
use super::forms::StepType;
use super::step::Step;
use super::switches::{self, Fault};
use super::telling::{self, Chosen, Message, Told};
use super::truth::Truth;
use super::words::{NewStep, Previous};

/// What came of a press on Finish.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pressed {
    /// The step is finished now, and was not before.
    pub finished: bool,
    /// `permit`, `hold`, `none` (no answer), `forced`, `closed` (it was not open), or `gated` (a mandatory task is not
    /// answered).
    pub decision: String,
    /// Greentick's answer as it came.
    pub answer: Json,
    /// The step that the work was sent on to.
    pub next: Option<String>,
}

impl Pressed {
    fn without(decision: &str) -> Self {
        Self {
            finished: false,
            decision: decision.to_owned(),
            answer: Json::Null,
            next: None,
        }
    }
}

/// The first wait before a callback is repeated, and the longest, in the machine's time.
const WAIT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

impl Council {
    /// Presses Finish: asks Greentick first, unless `force`, and obeys.
    pub(super) async fn press_finish(
        &self,
        act: Option<&str>,
        id: &str,
        force: bool,
    ) -> Result<Pressed, CouncilFault> {
        let open = self.step(id).filter(|step| step.status.can_finish());
        let Some(step) = open else {
            return Ok(Pressed::without("closed"));
        };
        // A mandatory task blocks Finish in the case system itself, whoever presses.
        if self.truth(|truth| truth.blocking(id).next().is_some()) {
            return self.gated(act, id);
        }
        let mut pressed = Pressed::without("forced");
        let mut check = None;
        if !force && self.settings().greentick.is_some() {
            let (asked, permits) = self.ask(act, &step, &mut pressed).await?;
            check = Some(asked);
            if !permits {
                return Ok(pressed);
            }
        }
        let finished = self.record_if::<()>(act, |truth| {
            let step = truth.steps.get(id).filter(|s| s.status.can_finish());
            let step = step.ok_or(())?;
            Ok(Event::StepFinished {
                step: id.to_owned(),
                check,
                successor: successor(truth, step, false),
            })
        })?;
        if let Ok(Entry {
            event: Event::StepFinished { successor, .. },
            ..
        }) = finished
        {
            pressed.finished = true;
            pressed.next = successor.map(|next| next.id);
        }
        Ok(pressed)
    }

    fn gated(&self, act: Option<&str>, id: &str) -> Result<Pressed, CouncilFault> {
        let why = format!("step {id} waits for the answer to a mandatory task");
        self.record(act, Event::NothingDone { why })?;
        Ok(Pressed::without("gated"))
    }

    /// Asks whether the step may be finished; gives the check's name and whether it may.
    async fn ask(
        &self,
        act: Option<&str>,
        step: &Step,
        pressed: &mut Pressed,
    ) -> Result<(String, bool), CouncilFault> {
        let asked = self.record_if::<()>(None, |truth| {
            Ok(Event::FinishAsked {
                check: format!("FC-{}", truth.seq + 1),
                step: step.id.clone(),
                version: step.version,
            })
        })?;
        let check = asked.map_or_else(|()| String::new(), |entry| format!("FC-{}", entry.seq));
        let next = step.step_type.next();
        let body = json!({
            "request_id": check, "step": step.id, "step_version": step.version.to_string(),
            "step_type": step.step_type, "worker": step.assignee, "requested_at": self.now(),
            "next": next.map(|next| json!({
                "step_type": next, "assignee": step.answer(next.owner_question()),
                "immediate": false,
            })),
            "deadline_ms": 2_000,
        });
        let (status, answer) = self.question(&check, &body).await;
        let said = answer.get("decision").and_then(Json::as_str);
        let decision = match said.filter(|_| (200..300).contains(&status)) {
            Some(decision @ ("permit" | "hold")) => decision.to_owned(),
            _ => "none".to_owned(),
        };
        let permits = match decision.as_str() {
            "permit" => true,
            "hold" => false,
            _ => self.settings().fail_open,
        };
        pressed.decision.clone_from(&decision);
        pressed.answer = answer.clone();
        let event = Event::FinishAnswered {
            check: check.clone(),
            step: step.id.clone(),
            status,
            decision,
            answer,
        };
        // A held press is an act done; a permitted one is done when the step is finished, and whoever got
        // no answer presses again.
        self.record(act.filter(|_| pressed.decision == "hold"), event)?;
        Ok((check, permits))
    }

    /// Records a decision in Greentick in the name of the token's holder; gives the HTTP status, 0 if no answer came.
    pub(super) async fn decide(
        &self,
        token: &SecretString,
        reference: &str,
        body: &Json,
    ) -> Option<u16> {
        let greentick = self.settings().greentick.as_ref()?;
        let base = greentick.base_url.trim_end_matches('/');
        let address = format!("{base}/api/v1/episodes/{reference}/decisions");
        let request = self.client().post(address);
        let request = request.bearer_auth(token.expose_secret());
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await;
        Some(answer.map_or(0, |answer| answer.status().as_u16()))
    }

    /// Tells Greentick of every change it has not acknowledged, until told to stop.
    pub(super) async fn tell_until(&self, mut stop: watch::Receiver<bool>) {
        let mut wait = WAIT.0;
        loop {
            let first = telling::next(self);
            let acknowledged = match &first {
                None => true,
                Some(chosen) => self.tell(chosen).await,
            };
            wait = if acknowledged {
                WAIT.0
            } else {
                (wait * 2).min(WAIT.1)
            };
            let pause = async {
                match (&first, acknowledged) {
                    (Some(_), true) => {}
                    (Some(_), false) => rest(wait).await,
                    (None, _) => self.changed().await,
                }
            };
            tokio::select! {
                () = pause => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn tell(&self, chosen: &Chosen) -> bool {
        let entry = &chosen.entry;
        let Some(greentick) = &self.settings().greentick else {
            return false;
        };
        let Some(mut told) = Told::of(self, entry) else {
            return false;
        };
        let dialect = self.manner().dialect;
        let strikes = |fault| switches::take(self, fault, told_as(entry).as_str());
        for fault in &chosen.by {
            strikes(*fault);
        }
        let path = format!("/api/v1/callbacks/{}", greentick.source);
        let secret = &greentick.callback_secret;
        if strikes(Fault::TrainCallback) {
            told.environment = "train";
            self.post(&path, told.message(dialect, secret)).await;
            told.environment = ENVIRONMENT;
        }
        let (status, body) = self.post(&path, told.message(dialect, secret)).await;
        if !telling::acknowledges(dialect, status, &body) {
            return false;
        }
        if strikes(Fault::DuplicateCallback) {
            self.post(&path, told.message(dialect, secret)).await;
        }
        if strikes(Fault::RenamedCallback) {
            told.again = "-again";
            self.post(&path, told.message(dialect, secret)).await;
        }
        let message = entry.seq;
        self.record(None, Event::CallbackDelivered { message })
            .is_ok()
    }

    /// Posts a message to Greentick; gives the status (0 if no answer came) and the answer.
    async fn post(&self, path: &str, message: Message) -> (u16, Vec<u8>) {
        let Some(greentick) = &self.settings().greentick else {
            return (0, Vec::new());
        };
        let address = format!("{}{path}", greentick.base_url.trim_end_matches('/'));
        let mut request = self.client().post(address);
        for (name, value) in message.headers {
            request = request.header(name, value);
        }
        let Ok(answer) = request.body(message.body).send().await else {
            return (0, Vec::new());
        };
        let status = answer.status().as_u16();
        match answer.bytes().await {
            Ok(bytes) => (status, bytes.to_vec()),
            Err(_) => (0, Vec::new()),
        }
    }

    /// Asks a question about a Finish in the council's manner; gives the status and the answer, null if it is none.
    async fn question(&self, check: &str, plain: &Json) -> (u16, Json) {
        let Some(greentick) = &self.settings().greentick else {
            return (0, Json::Null);
        };
        let manner = self.manner();
        let own = telling::question(manner.dialect, plain).filter(|_| manner.asks);
        // A question in words of one's own goes to where that is expected.
        let (dialect, path) = match &own {
            Some(_) => (
                manner.dialect,
                format!("/api/v1/finish-checks/{}", greentick.source),
            ),
            None => (Dialect::Xml, "/api/v1/finish-checks".to_owned()),
        };
        let body = own.unwrap_or_else(|| plain.to_string());
        let off = switches::skew(self);
        let message = telling::proven(dialect, &greentick.finish_secret, check, body, off);
        let (status, bytes) = self.post(&path, message).await;
        (status, telling::answer(dialect, &bytes))
    }
}

fn told_as(entry: &Entry) -> String {
    format!("callback M-{}", entry.seq)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the council waits before it repeats a callback"
)]
async fn rest(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The step that this one leads to; none if it is the last, or if it was sent on already.
pub(super) fn successor(truth: &Truth, step: &Step, immediate: bool) -> Option<NewStep> {
    let step_type = step.step_type.next()?;
    let is_after = |other: &Step| {
        let from = other.previous.as_ref().map(|previous| &previous.step);
        from == Some(&step.id)
    };
    if truth.steps.values().any(is_after) {
        return None;
    }
    let heads = ["le.reference", "le.cycle"].into_iter();
    let people = StepType::EPISODE.map(StepType::owner_question);
    let answers = heads
        .chain(people)
        .filter_map(|question| Some((question.to_owned(), Some(step.answer(question)?.to_owned()))))
        .collect();
    Some(NewStep {
        id: truth.id_after(&step.id),
        step_type,
        assignee: step.answer(step_type.owner_question()).map(str::to_owned),
        subject: step.subject.clone(),
        // The completion date is the review's; what follows it has no date in this council.
        due: step.due.filter(|_| step_type == StepType::Review),
        previous: Some(Previous {
            step: step.id.clone(),
            immediate,
        }),
        answers,
        ..NewStep::default()
    })
}
