//! Does a mapping still send a batch as it should, and tell the items of a recorded answer apart?

use serde_json::json;

use super::answers::WriteAnswer;
use super::batch::{Batch, Item};
use super::batch_results::Results;
use super::comparing::{differs, pointed};
use super::compile::Mapping;
use super::language::Test;
use super::testing::effect;
use super::write_table::Meaning;
use crate::practice::effect::Effect;
use crate::practice::ids::StepId;

impl Mapping {
    /// A batch is tried with effects of its operations in turn, on the steps `1`, `2` and so on.
    pub(super) fn batch_differences(&self, test: &Test, bytes: &[u8]) -> Vec<String> {
        let Some(batch) = self.doors.batch.as_ref() else {
            return vec!["the mapping has no `[batch]`".to_owned()];
        };
        let effects = match self.effects_of(test, batch) {
            Ok(effects) => effects,
            Err(why) => return vec![why],
        };
        let (put, items) = match self.batch_request(batch, &effects.iter().collect::<Vec<_>>()) {
            Ok(made) => made,
            Err(fault) => return vec![format!("the batch cannot be written: {fault}")],
        };
        let mut differences = self.sent_otherwise(test, Some(&put));
        let accepted = batch.row.accepted.first().copied();
        let status = test.status.or(accepted).unwrap_or(200);
        let answer = WriteAnswer {
            status: u16::try_from(status).unwrap_or_default(),
            content_type: "",
            charset: None,
            bytes,
        };
        match self.batch_results(batch, &items, answer) {
            Results::Whole { .. } if test.refused => {}
            Results::Whole { why, .. } => {
                differences.push(format!("the answer tells nothing of any item: {why}"));
            }
            Results::Each(_) if test.refused => {
                differences.push("the answer was believed, and must be refused".to_owned());
            }
            Results::Each(meanings) => {
                let good = |one: &&Meaning| matches!(one, Meaning::Done | Meaning::Duplicate);
                let good = meanings.iter().filter(good).count();
                let wanted = test.good.map(|wanted| wanted.to_string());
                differences.extend(differs("items done", wanted.as_deref(), &good.to_string()));
                let told = items.iter().zip(&meanings);
                let told = told.map(|(item, meaning)| self.told_of(item, &effects, *meaning));
                differences.extend(pointed(test, &told.collect()));
            }
        }
        differences
    }

    fn told_of(&self, item: &Item<'_>, effects: &[Effect], meaning: Meaning) -> serde_json::Value {
        let mut operations = self.write.iter();
        let named = operations.find(|(_, one)| std::ptr::eq(*one, item.operation));
        let step = effects.get(item.effect).and_then(|one| one.step.as_ref());
        json!({
            "ref": item.key,
            "operation": named.map(|(name, _)| name),
            "step": step,
            "means": meaning,
        })
    }

    fn effects_of(&self, test: &Test, batch: &Batch) -> Result<Vec<Effect>, String> {
        if let Some(lacking) = self.batch_lacks(batch) {
            return Err(format!(
                "`[batch]` needs the value `{lacking}` of this site"
            ));
        }
        let names = batch.row.operations.iter().cycle();
        let effects = (1..=test.effects).zip(names).map(|(nth, name)| {
            self.parts(name)?;
            Ok(Effect {
                step: Some(StepId(nth.to_string())),
                ..effect(name, &test.flag)
            })
        });
        effects.collect()
    }
}
