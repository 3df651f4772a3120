//! What is written, and what do the case system's answers make of it? Against a server that says anything.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod answers;
mod batches;
mod reads;
mod soap_batches;
mod tables;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use greentick::case_system::{HttpCaseSystem, HttpSettings};
use greentick::mapping::{ChildKeying, Mapping};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::Role;
use greentick::practice::ids::{EpisodeId, SourceName, StepId};
use jiff::Timestamp;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CASE: &str = include_str!("case.toml");

async fn council(mapping: &str) -> (MockServer, HttpCaseSystem) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let minute = Duration::from_mins(1);
    let settings = HttpSettings {
        source: SourceName::from("test"),
        base_url: server.uri(),
        secret: "hush".into(),
        connect_timeout: minute,
        read_timeout: minute,
        total_timeout: minute,
    };
    let mapping = Mapping::compile("case.toml", mapping).unwrap();
    let system = HttpCaseSystem::new(settings, Arc::new(mapping), ChildKeying::new(b"key"));
    (server, system.unwrap())
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/xml")
}

async fn answers(server: &MockServer, verb: &str, place: &str, answer: ResponseTemplate) {
    let mock = Mock::given(method(verb)).and(path(place));
    mock.respond_with(answer).mount(server).await;
}

/// The bodies sent to a place, in order.
async fn sent(server: &MockServer, place: &str) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let there = requests
        .iter()
        .filter(|request| request.url.path() == place);
    there
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect()
}

fn effect(key: &str, act: Act) -> Effect {
    Effect {
        key: key.to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("7")),
        act,
        rule: String::new(),
        cause: String::new(),
        audience: vec![Role::PracticeReviewer],
        due_at: Timestamp::UNIX_EPOCH,
        daily: false,
    }
}

fn note(key: &str, text: &str) -> Effect {
    effect(
        key,
        Act::Note {
            text: text.to_owned(),
        },
    )
}
