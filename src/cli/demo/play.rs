//! How is a cycle played? From act to act and from morning to morning, each followed by one turn of
//! every beat, and told as it happens.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{CUT_OFF, Conductor, Failure};
use crate::ledger::OutboxRow;
use crate::simulator::{Act, Acted, Done, Plan};

/// Turns made at most until nothing is owed any more.
const SETTLING_TURNS: u32 = 60;

impl Conductor<'_> {
    /// Moves time from act to act, and to half past eight each morning, up to the cut-off.
    pub(super) async fn play(&self) -> Result<(), Failure> {
        let begun = self.clock.now();
        let done = self.council.done();
        let mut moments: Vec<(Timestamp, Option<(&Plan, usize)>)> = Vec::new();
        for plan in &self.plans {
            for (nth, (at, _)) in plan.acts.iter().enumerate() {
                if !done.contains(&plan.key(nth)) {
                    moments.push((*at, Some((plan, nth))));
                }
            }
        }
        let cut_off: Timestamp = CUT_OFF.parse()?;
        let mut morning: Timestamp = "2026-09-08T08:45:00Z".parse()?;
        while morning < cut_off {
            if morning > begun {
                moments.push((morning, None));
            }
            morning = morning.saturating_add(SignedDuration::from_hours(24))?;
        }
        moments.sort_by_key(|(at, act)| (*at, act.map(|(plan, nth)| (plan.number, nth))));
        let mut told = self.council.received().len();
        for (at, act) in moments {
            self.clock.set(at);
            if let Some((plan, nth)) = act {
                let acted = self.council.act(plan, nth).await?;
                self.tell(plan, nth, &acted);
            }
            self.rhythm.turn().await;
            told = self.tell_received(told);
        }
        Ok(())
    }

    /// Lets time pass until nothing is owed and the council has told everything; what was being
    /// written when a demo was killed waits for its lease to run out.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        let mut told = self.council.received().len();
        for _ in 0..SETTLING_TURNS {
            self.rhythm.turn().await;
            told = self.tell_received(told);
            let outbox = self.doors.app.ledger.outbox_list().await?;
            // What waits for the next morning's digest is in order.
            let over = ["sent", "withdrawn", "dead", "gathered", "daily"];
            let owed = |row: &OutboxRow| !over.contains(&row.state.as_str());
            if self.council.untold() == 0 && !outbox.iter().any(owed) {
                // What was written last comes back as an echo.
                self.rhythm.turn().await;
                return Ok(());
            }
            let later = SignedDuration::from_mins(5);
            self.clock.advance(later);
        }
        Err(Failure::No(
            "something is still owed, or a callback is not acknowledged, after five hours of the demo's time; \
             see `greentick outbox list`"
                .to_owned(),
        ))
    }

    /// An instant as the council's people read it.
    pub(super) fn shown(&self, at: Timestamp) -> String {
        let day = self.doors.app.terms.calendar.local_words(at);
        format!("{day:<33}")
    }

    fn tell(&self, plan: &Plan, nth: usize, acted: &Acted) {
        let line = |words: &str| {
            println!(
                "{}  {} {words}",
                self.shown(self.clock.now()),
                plan.reference()
            );
        };
        match &acted.done {
            Done::Pressed(pressed) => match pressed.decision.as_str() {
                "permit" => line("Finish permitted"),
                "hold" => {
                    line("Finish held:");
                    tell_reasons(&pressed.answer);
                }
                "forced" if pressed.finished => line("Finish pressed without asking"),
                "none" => line("Finish asked for, and no answer"),
                _ => {}
            },
            Done::SentOn(next) => line(&format!("sent on to step {next} while the step is open")),
            Done::Moderated(201) => line("moderated by the Head"),
            Done::Moderated(status) => line(&format!("moderation not taken ({status})")),
            Done::Concern(201) => match plan.acts.get(nth) {
                Some((_, Act::RaiseConcern)) => line("concern about practice raised"),
                _ => line("the Head has the concern"),
            },
            Done::Concern(status) => line(&format!("concern not taken ({status})")),
            Done::Changed => {
                if let Some((_, Act::Regrade)) = plan.acts.get(nth) {
                    line("evaluation changed after it was moderated");
                }
            }
            Done::Nothing(_) => {}
        }
    }

    /// Tells what the council received since `told`; gives how much it has received in all.
    fn tell_received(&self, told: usize) -> usize {
        let received = self.council.received();
        for one in received.iter().skip(told) {
            let about = one
                .step
                .as_deref()
                .map_or(String::new(), |step| format!(" on step {step}"));
            let text: String = one.text.chars().take(100).collect();
            println!(
                "{}  received by the council: {}{about}: {text}",
                self.shown(one.at),
                one.operation.replace('_', " ")
            );
        }
        received.len()
    }
}

fn tell_reasons(answer: &Json) {
    let reasons = answer.get("reasons").and_then(Json::as_array);
    for reason in reasons.into_iter().flatten() {
        let text = |key: &str| reason.get(key).and_then(Json::as_str).unwrap_or_default();
        println!(
            "      {}  {} {}",
            text("rule"),
            text("missing"),
            text("remedy")
        );
    }
}
