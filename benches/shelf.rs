//! A case system that costs nothing: step `n` is what `council::review` says. And a ledger full of them.

use std::time::Duration;

use greentick::app::{App, Limits};
use greentick::case_system::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer,
};
use greentick::ledger::{Ledger, PageSeen};
use greentick::practice::effect::Effect;
use greentick::practice::ids::StepId;
use greentick::practice::react::{Input, react};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::council;

/// The completion date of step `n` of so many.
pub type DueOn = fn(n: usize, of: usize) -> Date;

#[derive(Clone)]
pub struct Shelf {
    pub steps: usize,
    pub due: DueOn,
}

impl CaseSystem for Shelf {
    async fn changes(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(FeedPage::default())
    }

    async fn open_steps(&self, _: &FeedPosition, _: Timestamp) -> Result<FeedPage, CaseFault> {
        Ok(FeedPage::default())
    }

    async fn step(
        &self,
        step: &StepId,
        _: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        let n: usize = step.as_str().parse().unwrap();
        let sighting = council::review(n, (self.due)(n, self.steps), now);
        Ok(StepAnswer::Seen(Box::new(sighting)))
    }

    async fn perform(&self, _: &Effect) -> Outcome {
        Outcome::Done
    }

    async fn find(&self, _: &Effect) -> Found {
        Found::Yes
    }
}

/// An app whose ledger holds so many episodes, each with one open step.
pub async fn filled(file: &std::path::Path, steps: usize, due: DueOn) -> App<Shelf> {
    let app = App {
        source: council::source(),
        ledger: Ledger::open(&format!("sqlite:{}", file.display()))
            .await
            .unwrap(),
        case_system: Shelf { steps, due },
        terms: council::terms(),
        limits: Limits::default(),
    };
    let now = council::start() - 1.hour();
    for from in (0..steps).step_by(2_000) {
        let page = PageSeen {
            source: council::source(),
            sightings: (from..(from + 2_000).min(steps))
                .map(|n| council::review(n, due(n, steps), now))
                .collect(),
            quarantined: Vec::new(),
            cursor: None,
            restored: None,
            said: Vec::new(),
            ends_first_reading: false,
        };
        app.ledger
            .absorb(page, now, |before, id, sighting| {
                react(
                    before,
                    id,
                    &app.source,
                    Input::Seen(sighting),
                    &app.terms,
                    now,
                )
            })
            .await
            .unwrap();
    }
    app
}
