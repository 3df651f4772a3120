//! How is one step looked up when many are asked for at once? In one statement for all who wait.
//!
//! Each finish check asks the mirror about one step, twice. A statement each would cost more in
//! handing over than in looking, so whoever comes first to the door looks for everybody behind. What is
//! answered was read after it was asked for. Absent on purpose: a cache; nothing is remembered.

use std::sync::{Arc, OnceLock, PoisonError};

use tokio::sync::Mutex;

use super::db::{Arg, each_row, listed};
use super::{Ledger, LedgerFault};
use crate::practice::ids::{EpisodeId, SourceName, StepId};

/// What the mirror holds of one step.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) episode: EpisodeId,
    pub(super) content: String,
    /// A later reading of it is in quarantine.
    pub(super) quarantined: bool,
}

type Answer = Result<Option<Look>, LedgerFault>;

/// Somebody's question, and where the answer is put.
#[derive(Clone)]
struct Question {
    source: SourceName,
    step: StepId,
    answer: Arc<OnceLock<Answer>>,
}

/// Those who wait to be answered.
#[derive(Default)]
pub(super) struct Looks {
    door: Mutex<()>,
    waiting: std::sync::Mutex<Vec<Question>>,
}

impl Looks {
    fn ask(&self, question: Question) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(question);
    }

    fn all_asked(&self) -> Vec<Question> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ledger {
    /// What the mirror holds of a step; none if it holds none.
    pub(super) async fn look(&self, source: &SourceName, step: &StepId) -> Answer {
        let own = Question {
            source: source.clone(),
            step: step.clone(),
            answer: Arc::default(),
        };
        self.looks.ask(own.clone());
        let _first = self.looks.door.lock().await;
        if let Some(answer) = own.answer.get() {
            return answer.clone();
        }
        // If the one before us went away in the middle, our question is with it; so it is asked anew.
        let mut all = self.looks.all_asked();
        if !all.iter().any(|one| Arc::ptr_eq(&one.answer, &own.answer)) {
            all.push(own.clone());
        }
        let found = self.look_for(&all).await;
        for question in all {
            let answer = match &found {
                Ok(found) => {
                    let here = |(source, step, _): &&(String, String, Look)| {
                        *source == question.source.0 && *step == question.step.0
                    };
                    Ok(found.iter().find(here).map(|(_, _, look)| look.clone()))
                }
                Err(fault) => Err(fault.clone()),
            };
            // Nobody else answers it: it was taken from those waiting.
            let _ = question.answer.set(answer);
        }
        own.answer.get().cloned().unwrap_or(Ok(None))
    }

    async fn look_for(
        &self,
        questions: &[Question],
    ) -> Result<Vec<(String, String, Look)>, LedgerFault> {
        let sql = each_row!(
            "SELECT s.source, s.step, s.episode, s.content, (SELECT COUNT(*) FROM quarantine q \
             WHERE q.source = s.source AND q.step = s.step) FROM steps s WHERE (s.source, s.step) IN \
             (SELECT one.value ->> 0, one.value ->> 1 FROM ",
            ")"
        );
        let asked: Vec<_> = questions
            .iter()
            .map(|one| (&one.source, &one.step))
            .collect();
        let asked = listed(&asked)?;
        let rows = self.db.rows(sql, &[Arg::Text(&asked)], "tttti").await?;
        rows.into_iter()
            .map(|mut row| {
                let (source, step) = (row.text()?, row.text()?);
                let look = Look {
                    episode: EpisodeId(row.text()?),
                    content: row.text()?,
                    quarantined: row.int()? != 0,
                };
                Ok((source, step, look))
            })
            .collect()
    }
}
