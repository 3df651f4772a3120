//! How are several effects written in one request? Each ends as its own result says, and as a read-back shows.

use std::time::Duration;

use super::http::HttpCaseSystem;
use super::{CaseFault, Outcome};
use crate::mapping::{Item, Meaning};
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
        let why = format!(
            "the case system answered {} to a batch",
            answer.status.as_u16()
        );
        let meanings = self
            .mapping
            .batch_results(batch, &items, answer.as_written());
        let mut outcomes = all(Outcome::Done);
        for (item, meaning) in items.iter().zip(meanings) {
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
