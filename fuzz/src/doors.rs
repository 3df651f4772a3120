//! Can a message or a question that anybody may send make a door panic, or its answer be no document?

use greentick::mapping::{Answered, FaultKind, Mapping, Reason, Say};

const COMMON: &str = "
[namespaces]
p = 'urn:p'
[stages]
path = 't'
[stages.is]
1 = 'practitioner'
[record]
id = 'id'
status = 's'
[vocabularies.status]
Open = 'started'
[feed]
path = '/'
root = 'steps'
record = 'step'
[callback]
root = 'm'
event = 'e'
id = '@id'
step = 's'
[callback.reply]
[callout]
root = 'm'
step = 's'
request_id = 'r'
version = 'v'
worker = 'w/@id'
deadline_ms = 'd'
on_timeout = 'closed'
[callout.next]
record = 'n'
assignee = 'a'
immediate = '@i'
";

const XML: &str = "
[callout.reply]
content_type = 'application/xml'
permit = '<steps r=\"{{ request_id }}\"><step>{{ message }}</step></steps>'
hold = '<steps r=\"{{ request_id }}\" c=\"{{ code }}\">{% for one in reasons %}<step>{{ one.message }}</step>{% endfor %}</steps>'
";

const JSON: &str = "
[callout.reply]
content_type = 'application/json'
permit = '{\"r\": \"{{ request_id }}\", \"m\": \"{{ message }}\"}'
hold = '{\"r\": \"{{ request_id }}\", \"m\": [{% for one in reasons %}\"{{ one.message }}\",{% endfor %}null]}'
";

pub struct Doors {
    of: [(&'static str, Mapping); 2],
}

impl Doors {
    pub fn new() -> Self {
        Self {
            of: [("xml", XML), ("json", JSON)].map(|(format, reply)| {
                let text = format!("format = '{format}'\n{COMMON}{reply}");
                let read = Mapping::compile("doors.toml", &text);
                (format, read.unwrap_or_else(|faults| panic!("{faults:?}")))
            }),
        }
    }

    pub fn try_on(&self, body: &[u8]) -> Result<String, String> {
        let mut all = String::new();
        for (format, mapping) in &self.of {
            let callback = mapping.callback().ok_or("no callback")?;
            match mapping.heard(callback, body, None, Some("m-1")) {
                Err(refused) => all += &kind(&format!("{refused:?}")),
                Ok(events) => {
                    if events.iter().any(|event| event.id.is_empty()) {
                        return Err("an event without an id is taken".to_owned());
                    }
                    all += &format!("{} events ", events.len().min(3));
                }
            }
            let callout = mapping.callout().ok_or("no callout")?;
            let request = match mapping.asked(callout, body, None) {
                Err(refused) => {
                    all += &kind(&format!("{refused:?}"));
                    continue;
                }
                Ok(asked) if asked.step.is_empty() => {
                    return Err("a question without a step is taken".to_owned());
                }
                Ok(asked) => {
                    all += &format!(
                        "{:?}{:?}",
                        asked.next.is_some(),
                        asked.deadline_ms.is_some()
                    );
                    asked.request_id.unwrap_or_default()
                }
            };
            let message = String::from_utf8_lossy(body).into_owned();
            let reasons = vec![Reason {
                rule: "LE-16.1".to_owned(),
                message,
            }];
            let answered = Answered {
                values: [("request_id", request)].into(),
                warnings: reasons.clone(),
                reasons,
            };
            for say in [Say::Permit, Say::Warning, Say::Hold] {
                let reply = mapping
                    .answered(callout, say, &answered)
                    .map_err(|fault| format!("{fault:?}"))?;
                if *format == "json" {
                    serde_json::from_str::<serde_json::Value>(&reply.body)
                        .map_err(|why| format!("no JSON is answered: {why}: {}", reply.body))?;
                } else {
                    // Read back with the reader that refuses what is not well formed.
                    let read = mapping.trace(reply.body.as_bytes());
                    if let Err(fault) = read
                        && matches!(fault.kind, FaultKind::Malformed | FaultKind::Cut)
                    {
                        return Err(format!("no XML is answered: {fault}: {}", reply.body));
                    }
                }
            }
        }
        Ok(all)
    }
}

/// A refusal without its numbers.
fn kind(words: &str) -> String {
    words
        .chars()
        .filter(|letter| !letter.is_ascii_digit())
        .take(80)
        .collect()
}
