//! In which shape does the council tell Greentick of a change? One for each dialect, proven in one way or another.
//!
//! A message is made of its event, so that one repeated after a kill is the same to the byte. A SOAP message counts
//! as delivered only if its answer acknowledges it.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value as Json, json};

use super::council::Council;
use super::desk::ENVIRONMENT;
use super::dialects::Dialect;
use super::dialects::soap::Version;
use super::dialects::xml::read::Element;
use super::dialects::xml::write::{NAMESPACE, element, utc};
use super::event::{Entry, Telling};
use super::switches::{self, Fault};
use crate::clock::machine_second;

/// A message ready to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    /// What stands in its headers besides the proof.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Who sends, if Basic asks.
const USER: &str = "council";

/// An event told under a name that may be another than at first.
pub(super) struct Told<'e> {
    pub(super) entry: &'e Entry,
    pub(super) telling: Telling<'e>,
    /// Put to the end of every id: the same fact under a new id.
    pub(super) again: &'static str,
    pub(super) environment: &'static str,
    pub(super) skew: SignedDuration,
}

impl<'e> Told<'e> {
    /// What there is to tell of an event; none if it is not told.
    pub(super) fn of(council: &Council, entry: &'e Entry) -> Option<Self> {
        Some(Self {
            entry,
            telling: entry.event.telling()?,
            again: "",
            environment: ENVIRONMENT,
            skew: switches::skew(council),
        })
    }

    fn at(&self) -> String {
        utc(switches::shifted(self.entry.at, self.skew))
    }

    fn id(&self, letter: char) -> String {
        format!("{letter}-{}{}", self.entry.seq, self.again)
    }

    /// The message in this dialect, with its proof.
    pub(super) fn message(&self, dialect: Dialect, secret: &SecretString) -> Message {
        let body = match dialect {
            Dialect::Xml => self.plain(),
            Dialect::Soap => self.soap(),
            Dialect::Json => self.json(),
            Dialect::Eav => self.eav(),
            Dialect::Batch => self.batch(),
        };
        proven(dialect, secret, &self.id('M'), body, self.skew)
    }

    /// The event's members besides id, type and time, by the names of the dialect.
    fn about(&self, names: [&str; 4]) -> Map<String, Json> {
        let [step, person, target, worker] = names;
        let mut about = Map::new();
        let mut put = |name: &str, value: &str| drop(about.insert(name.to_owned(), json!(value)));
        if let Some(id) = self.telling.step {
            put(step, id);
        }
        if let Some((from, to)) = self.telling.persons {
            put(person, from);
            put(target, to);
        }
        if let Some(id) = self.telling.worker {
            put(worker, id);
        }
        about
    }

    fn plain(&self) -> String {
        let mut event = json!({
            "id": self.id('E'), "type": self.telling.kind, "occurred_at": self.at(),
        });
        if let Some(event) = event.as_object_mut() {
            event.extend(self.about(["step", "person", "target_person", "worker"]));
        }
        let body = json!({
            "message_id": self.id('M'), "sent_at": self.at(), "environment": self.environment,
            "events": [event],
        });
        body.to_string()
    }

    fn json(&self) -> String {
        let mut event = json!({
            "eventId": self.id('E'), "eventType": self.telling.kind, "occurredAt": self.at(),
        });
        if let Some(event) = event.as_object_mut() {
            event.extend(self.about(["stepId", "personId", "targetPersonId", "workerId"]));
        }
        let body = json!({
            "type": "workflow-step.changed", "timestamp": self.at(),
            "data": { "environment": self.environment, "events": [event] },
        });
        body.to_string()
    }

    fn eav(&self) -> String {
        let at = switches::shifted(self.entry.at, self.skew);
        let mut event = json!({
            "EVENTID": self.id('E'), "EVENTTYPE": self.telling.kind,
            "DATE": format!("/Date({})/", at.as_millisecond()),
        });
        if let Some(event) = event.as_object_mut() {
            event.extend(self.about(["INSTANCEID", "SUBJECTID", "MASTERSUBJECTID", "WORKERID"]));
        }
        json!({ "ENVIRONMENT": self.environment, "EVENTS": [event] }).to_string()
    }

    fn batch(&self) -> String {
        let mut event = json!({
            "notificationId": self.id('E'), "kind": self.telling.kind, "on": self.at(),
        });
        if let Some(event) = event.as_object_mut() {
            event.extend(self.about(["stepId", "childId", "targetChildId", "workerId"]));
        }
        json!({ "environment": self.environment, "notifications": [event] }).to_string()
    }

    fn soap(&self) -> String {
        let cw = |name: &str, text: &str| element(&format!("cw:{name}"), text);
        let mut inside = cw("Id", &self.id('E')) + &cw("Type", self.telling.kind);
        inside += &cw("OccurredAt", &self.at());
        for (name, value) in self.about(["StepId", "PersonId", "TargetPersonId", "WorkerId"]) {
            inside += &cw(&name, value.as_str().unwrap_or_default());
        }
        let head = cw("MessageId", &self.id('M')) + &cw("SentAt", &self.at());
        let head = head + &cw("Environment", self.environment);
        Version::Eleven.message(&format!(
            "<cw:Notifications>{head}<cw:Notification>{inside}</cw:Notification></cw:Notifications>"
        ))
    }
}

/// A body with the proof of the dialect, over the raw bytes where it signs.
pub(super) fn proven(
    dialect: Dialect,
    secret: &SecretString,
    id: &str,
    body: String,
    skew: SignedDuration,
) -> Message {
    let at = (machine_second() + skew.as_secs()).to_string();
    let mut headers = vec![(
        "content-type",
        match dialect {
            Dialect::Soap => "text/xml; charset=utf-8".to_owned(),
            _ => "application/json".to_owned(),
        },
    )];
    match dialect {
        Dialect::Xml => {
            headers.push(("x-greentick-signature", hex_signature(secret, &at, &body)));
            headers.push(("x-greentick-timestamp", at));
        }
        Dialect::Soap => {
            let pair = format!("{USER}:{}", secret.expose_secret());
            headers.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
            headers.push(("soapaction", format!("\"{NAMESPACE}/Notifications\"")));
        }
        Dialect::Json => {
            let sum = sum(secret, &format!("{id}.{at}.{body}"));
            headers.push(("webhook-signature", format!("v1,{}", STANDARD.encode(sum))));
            headers.push(("webhook-id", id.to_owned()));
            headers.push(("webhook-timestamp", at));
        }
        Dialect::Eav => headers.push(("x-callback-key", secret.expose_secret().to_owned())),
        Dialect::Batch => {
            headers.push(("x-casework-signature", hex_signature(secret, &at, &body)));
            headers.push(("x-casework-timestamp", at));
        }
    }
    Message { headers, body }
}

/// A secret that says so is base64; any other is its own bytes.
fn sum(secret: &SecretString, text: &str) -> hmac::Tag {
    let shown = secret.expose_secret();
    let decoded = shown
        .strip_prefix("whsec_")
        .and_then(|rest| STANDARD.decode(rest).ok());
    let bytes = decoded.unwrap_or_else(|| shown.as_bytes().to_vec());
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), text.as_bytes())
}

fn hex_signature(secret: &SecretString, at: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in hmac::sign(&key, format!("{at}.{body}").as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether an answer to a message in this dialect acknowledges it.
pub(super) fn acknowledges(dialect: Dialect, status: u16, body: &[u8]) -> bool {
    if !(200..300).contains(&status) {
        return false;
    }
    dialect != Dialect::Soap
        || Element::read(body)
            .ok()
            .and_then(|root| root.text_of("Ack"))
            .is_some_and(|ack| ack.eq_ignore_ascii_case("true"))
}

/// A question about a Finish, in the dialect's own shape; none if it has none of its own.
pub(super) fn question(dialect: Dialect, plain: &Json) -> Option<String> {
    let text = |name: &str| match plain.pointer(name) {
        Some(Json::String(text)) => Some(text.clone()),
        _ => None,
    };
    let members = [
        ("RequestId", "requestId", "/request_id"),
        ("StepId", "stepId", "/step"),
        ("StepVersion", "stepVersion", "/step_version"),
        ("StepTypeId", "stepTypeId", "/step_type"),
        ("WorkerId", "workerId", "/worker"),
        ("RequestedAt", "requestedAt", "/requested_at"),
        ("NextStepTypeId", "nextStepTypeId", "/next/step_type"),
        ("NextAssigneeId", "nextAssigneeId", "/next/assignee"),
    ];
    let said = members
        .iter()
        .filter_map(|(upper, lower, at)| Some((*upper, *lower, text(at)?)));
    match dialect {
        Dialect::Soap => {
            let inside: String = said
                .map(|(name, _, text)| element(&format!("cw:{name}"), &text))
                .collect();
            let inside = inside + &element("cw:DeadlineMs", "2000");
            Some(Version::Eleven.message(&format!("<cw:FinishCheck>{inside}</cw:FinishCheck>")))
        }
        Dialect::Json => {
            let members = said.map(|(_, name, text)| (name.to_owned(), json!(text)));
            let mut body: Map<String, Json> = members.collect();
            body.insert("deadlineMs".to_owned(), json!(2_000));
            Some(Json::Object(body).to_string())
        }
        _ => None,
    }
}

/// The answer to such a question, with the plain names: `permit` or `hold`, the answer's id, and what else it says.
pub(super) fn answer(dialect: Dialect, body: &[u8]) -> Json {
    let decision = |word: &str| match word.to_lowercase().as_str() {
        "permit" | "permit_with_warning" | "true" | "allow" => "permit".to_owned(),
        "hold" | "refuse" | "false" | "deny" => "hold".to_owned(),
        other => other.to_owned(),
    };
    if dialect == Dialect::Soap {
        let Ok(root) = Element::read(body) else {
            return Json::Null;
        };
        return json!({
            "decision": root.text_of("Decision").map(|word| decision(&word)),
            "decision_id": root.text_of("DecisionId"),
            "request_id": root.text_of("RequestId"),
            "messages": root.all("Message"),
        });
    }
    let mut said: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
    let word = said.get("decision").and_then(Json::as_str).map(decision);
    let id = said.get("decisionId").cloned();
    if let Some(said) = said.as_object_mut() {
        said.extend(word.map(|word| ("decision".to_owned(), json!(word))));
        said.extend(id.map(|id| ("decision_id".to_owned(), id)));
    }
    said
}

/// Which change is told next, as the switches have it; none if there is none, or none yet.
pub(super) fn next(council: &Council) -> Option<Entry> {
    let late = [(Fault::LateCallback, 3), (Fault::VeryLateCallback, 48)].into_iter();
    let mut late = late.filter(|(fault, _)| switches::is_on(council, *fault));
    let now = council.now();
    let before = late
        .next()
        .map(|(_, hours)| now - SignedDuration::from_hours(hours));
    let is_old = |entry: &&Entry| before.is_none_or(|before| entry.at <= before);
    let backwards = switches::is_on(council, Fault::OutOfOrder);
    council.truth(|truth| {
        let mut untold = truth.untold.values().filter(is_old);
        if !backwards {
            return untold.next().cloned();
        }
        let all: Vec<&Entry> = untold.collect();
        match all.as_slice() {
            [] => None,
            // One alone waits for a second, for an hour at most.
            [one] if now.duration_since(one.at) < SignedDuration::from_hours(1) => None,
            [.., newest] => Some((*newest).clone()),
        }
    })
}
