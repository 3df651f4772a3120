//! Does a mapping still read the messages, questions, tasks and lists of numbers that were recorded for it, and answer as it should?

use serde_json::json;

use super::comparing::{differs, pointed};
use super::compile::Mapping;
use super::doors::{Answered, Reason, Refused, Say};
use super::language::Test;

/// What came of reading: how many are good, set aside and passed over, their values, and the answer.
type Read = (usize, usize, usize, serde_json::Value, String);

impl Mapping {
    pub(super) fn door_differences(&self, test: &Test, bytes: &[u8]) -> Vec<String> {
        let read = match test.kind.as_str() {
            "tasks" => self.tasks_read(bytes),
            "callback" => self.message_read(bytes),
            "callout" => self.question_read(test, bytes),
            kind => self.numbers_read(kind, bytes),
        };
        match read {
            Err(_) if test.refused => Vec::new(),
            Err(why) => vec![format!("it was refused: {why}")],
            Ok(_) if test.refused => vec!["it was believed, and must be refused".to_owned()],
            Ok((good, bad, passed, values, reply)) => {
                let mut differences = Vec::new();
                for (what, wanted, got) in [
                    ("read", test.good, good),
                    ("unreadable", test.quarantined, bad),
                    ("passed over", test.mentioned, passed),
                ] {
                    let wanted = wanted.map(|wanted| wanted.to_string());
                    differences.extend(differs(what, wanted.as_deref(), &got.to_string()));
                }
                differences.extend(pointed(test, &values));
                differences.extend(differs("writes", test.writes.as_deref(), &reply));
                differences
            }
        }
    }

    fn tasks_read(&self, bytes: &[u8]) -> Result<Read, String> {
        let tasks = self.tasks().ok_or("there is no `[tasks]`")?;
        let page = self
            .task_page(tasks, bytes, None)
            .map_err(|fault| fault.to_string())?;
        let values = page.tasks.iter();
        let values = values.map(|task| json!({ "id": task.id, "step": task.step }));
        let (good, values) = (page.tasks.len(), values.collect());
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (bad, passed) = (count(page.unreadable), count(page.passed_over));
        Ok((good, bad, passed, values, String::new()))
    }

    /// A lookup gives values: a name that is not in its list is a difference.
    fn numbers_read(&self, kind: &str, bytes: &[u8]) -> Result<Read, String> {
        let mut lookups = self.lookups();
        let (_, lookup) = lookups
            .find(|(name, _)| kind.strip_prefix("lookups.") == Some(name))
            .ok_or_else(|| format!("there is no `[{kind}]`"))?;
        self.judge_body(bytes, None)
            .map_err(|failing| failing.why)?;
        let (list, page) = self
            .lookup_page(lookup, bytes, None)
            .map_err(|fault| fault.to_string())?;
        let unreadable = usize::try_from(page.count).unwrap_or(usize::MAX) - list.len();
        let values = json!(lookup.values(&list)?);
        Ok((list.len(), unreadable, 0, values, String::new()))
    }

    fn message_read(&self, bytes: &[u8]) -> Result<Read, String> {
        let callback = self.callback().ok_or("there is no `[callback]`")?;
        let events = self
            .heard(callback, bytes, None, Some("message"))
            .map_err(words)?;
        let values = events
            .iter()
            .map(|event| json!({ "id": event.id, "sequence": event.sequence, "step": event.step }));
        let values = values.collect();
        let reply = self.acknowledged(callback, events.len(), true);
        let reply = reply.map_err(|fault| fault.to_string())?;
        Ok((events.len(), 0, 0, values, reply.body))
    }

    fn question_read(&self, test: &Test, bytes: &[u8]) -> Result<Read, String> {
        let callout = self.callout().ok_or("there is no `[callout]`")?;
        let asked = self.asked(callout, bytes, None).map_err(words)?;
        let (say, decision) = match test.say.as_str() {
            "permit" => (Say::Permit, "permit"),
            "warning" => (Say::Warning, "permit"),
            "unavailable" => (Say::Unavailable, "hold"),
            _ => (Say::Hold, "hold"),
        };
        let reason = Reason {
            rule: "LE-16.1".to_owned(),
            message: "text".to_owned(),
        };
        let mut answered = Answered {
            reasons: vec![reason.clone()],
            warnings: vec![reason],
            ..Answered::default()
        };
        let request = asked.request_id.clone().unwrap_or_default();
        for (name, value) in [
            ("decision", decision),
            ("decision_id", "decision"),
            ("request_id", request.as_str()),
            ("step", asked.step.as_str()),
            ("episode", "LE-1"),
        ] {
            answered.values.insert(name, value.to_owned());
        }
        let reply = self.answered(callout, say, &answered);
        let reply = reply.map_err(|fault| fault.to_string())?;
        let next = asked.next.as_ref();
        let values = json!({
            "step": asked.step,
            "request_id": asked.request_id,
            "version": asked.version,
            "worker": asked.worker,
            "acting_for": asked.acting_for,
            "deadline_ms": asked.deadline_ms,
            "next": next.map(|(assignee, immediate)| json!({ "assignee": assignee, "immediate": immediate })),
        });
        Ok((1, 0, 0, values, reply.body))
    }
}

fn words(why: Refused) -> String {
    match why {
        Refused::Environment(why) | Refused::Unreadable(why) => why,
    }
}
