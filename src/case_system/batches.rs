//! How are several effects written in one request? Each ends as its own result says, and as a read-back shows.

use std::sync::PoisonError;
use std::time::Duration;

use super::http::HttpCaseSystem;
use super::{CaseFault, Outcome};
use crate::mapping::{Item, Meaning, Results};
use crate::practice::effect::Effect;

impl HttpCaseSystem {
    pub(super) async fn write_together(&self, effects: &[&Effect]) -> Vec<Outcome> {
        let all = |outcome: Outcome| vec![outcome; effects.len()];
        let refused = |retry, why: String| Outcome::Refused { retry, why };
        let Some(batch) = effects.first().and_then(|one| self.mapping.batch_for(one)) else {
            return all(refused(
                true,
                "the mapping has no `[batch]` for it".to_owned(),
            ));
        };
        let (put, items) = match self.mapping.batch_request(batch, effects) {
            Ok(made) => made,
            Err(fault) => return all(refused(false, fault.to_string())),
        };
        let own = batch
            .timeout_seconds()
            .and_then(|seconds| u64::try_from(seconds).ok());
        let patience = own.map_or(self.settings.total_timeout, Duration::from_secs);
        let answer = match self.send(&put, patience).await {
            Ok(answer) => answer,
            Err(fault @ (CaseFault::Wait(_) | CaseFault::Unauthorised(_))) => {
                return all(refused(true, format!("nothing was written: {fault}")));
            }
            Err(fault) => {
                let why = fault.to_string();
                return all(Outcome::Unknown { why });
            }
        };
        let mut why = format!(
            "the case system answered {} to a batch",
            answer.status.as_u16()
        );
        let results = self
            .mapping
            .batch_results(batch, &items, answer.as_written());
        self.noticed(&results, effects.len());
        if let Results::Whole { why: whole, .. } = &results {
            why = format!("{why}: {whole}");
        }
        let mut outcomes = all(Outcome::Done);
        for (item, meaning) in items.iter().zip(results.of_each(items.len())) {
            // What an effect's first item came to stands, unless it was done.
            if let Some(outcome) = outcomes.get_mut(item.effect)
                && *outcome == Outcome::Done
                && let Some(effect) = effects.get(item.effect)
            {
                *outcome = self.result(item, effect, meaning, &why).await;
            }
        }
        outcomes
    }

    /// A batch of whose items nothing is told costs no effect, since each is then looked for and sent by itself. So it is
    /// said, once for each reason until a batch is told apart again.
    fn noticed(&self, results: &Results, effects: usize) {
        let mut said = self
            .batch_doubt
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match results {
            Results::Each(_) => *said = None,
            Results::Whole { why, .. } if said.as_ref() == Some(why) => {}
            Results::Whole { why, .. } => {
                tracing::warn!(
                    effects,
                    %why,
                    "an answer to a batch tells nothing of its items, so they are looked for and sent one by one; \
                     try it with `kind = \"batch\"` in a `[[test]]` of the mapping"
                );
                *said = Some(why.clone());
            }
        }
    }

    async fn result(
        &self,
        item: &Item<'_>,
        effect: &Effect,
        meaning: Meaning,
        why: &str,
    ) -> Outcome {
        let why = format!("{why}, item `{}`", item.key);
        match meaning {
            Meaning::Done => self.confirmed(item.operation, effect, why).await,
            Meaning::Duplicate => Outcome::Done,
            Meaning::Again | Meaning::Recipient => Outcome::Refused { retry: true, why },
            Meaning::Refused => Outcome::Refused { retry: false, why },
            Meaning::Unknown => Outcome::Unknown { why },
        }
    }
}
