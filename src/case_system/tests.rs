//! What does the adapter make of answers that are not what was promised?

mod asking;
mod merging;
mod nothing;
mod pieces;
mod signing_in;
mod tls;
mod weather;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{CaseSystem, FeedPosition, Found, HttpCaseSystem, HttpSettings, Outcome, StepAnswer};
use crate::mapping::{ChildKeying, Mapping};
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::{EpisodeId, SourceName, StepId};

const REDMINE: &str = include_str!("../../mappings/redmine.toml");
const PAGE: &str = include_str!("../../mappings/tests/redmine/steps-page.xml");
const STEP: &str = include_str!("../../mappings/tests/redmine/step-with-journals.xml");
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const BUDGET: Duration = Duration::from_secs(5);

/// How a test reaches its mock.
fn settings(server: &MockServer) -> HttpSettings {
    HttpSettings {
        source: SourceName::from("test"),
        base_url: server.uri(),
        secret: "hush".into(),
        connect_timeout: BUDGET,
        read_timeout: BUDGET,
        total_timeout: BUDGET,
    }
}

async fn council() -> (MockServer, HttpCaseSystem) {
    // A second installation in this process is refused, and harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let settings = settings(&server);
    let mapping = Arc::new(Mapping::compile("redmine.toml", REDMINE).unwrap());
    let system = HttpCaseSystem::new(settings, mapping, ChildKeying::new(b"key")).unwrap();
    (server, system)
}

async fn answers(server: &MockServer, verb: &str, place: &str, answer: ResponseTemplate) {
    Mock::given(method(verb))
        .and(path(place))
        .and(header("X-Redmine-API-Key", "hush"))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/xml; charset=utf-8")
}

fn note() -> Effect {
    effect(Act::Note {
        text: "late".to_owned(),
    })
}

fn effect(act: Act) -> Effect {
    Effect {
        key: "k".to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("38")),
        act,
        rule: String::new(),
        cause: String::new(),
        audience: Vec::new(),
        due_at: NOW,
        daily: false,
    }
}

#[tokio::test]
async fn a_good_page_is_read_and_a_bad_answer_is_a_fault() {
    let (server, system) = council().await;
    answers(&server, "GET", "/issues.xml", xml(PAGE)).await;
    let page = system.changes(&FeedPosition::default(), NOW).await.unwrap();
    // The page says that it holds nine of more, so the next one begins after its last id.
    assert_eq!(page.sightings.len(), 9);

    let html = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    let moved = ResponseTemplate::new(302).insert_header("Location", "/login");
    let wait = ResponseTemplate::new(503).insert_header("Retry-After", "7");
    for (answer, wanted) in [
        (html, "sign-in"),
        (moved, "sends us elsewhere"),
        (xml("<issues><issue>"), "cut short"),
        (wait, "wait 7 s"),
        (ResponseTemplate::new(401), "did not accept our key"),
        (ResponseTemplate::new(500), "status is 500"),
    ] {
        server.reset().await;
        answers(&server, "GET", "/issues.xml", answer).await;
        let fault = system.changes(&FeedPosition::default(), NOW).await;
        let words = fault.unwrap_err().to_string();
        assert!(words.contains(wanted), "{words}");
        assert!(!words.contains("hush") && !words.contains('?'), "{words}");
    }
}

#[tokio::test]
async fn a_step_is_seen_hidden_gone_or_not_the_one_asked_for() {
    let (server, system) = council().await;
    answers(&server, "GET", "/issues/38.xml", xml(STEP)).await;
    answers(&server, "GET", "/issues/39.xml", xml(STEP)).await;
    answers(&server, "GET", "/issues/1.xml", ResponseTemplate::new(403)).await;
    answers(&server, "GET", "/issues/2.xml", ResponseTemplate::new(404)).await;
    answers(&server, "GET", "/issues/3.xml", ResponseTemplate::new(410)).await;
    let ask = async |id: &str| system.step(&StepId::from(id), BUDGET, NOW).await;
    assert!(matches!(ask("38").await, Ok(StepAnswer::Seen(_))));
    // Whether it is the same step under another id is for whoever holds it to say.
    assert!(matches!(ask("39").await, Ok(StepAnswer::Renamed(_))));
    assert!(matches!(ask("1").await, Ok(StepAnswer::Hidden)));
    assert!(matches!(ask("2").await, Ok(StepAnswer::Missing)));
    assert!(matches!(ask("3").await, Ok(StepAnswer::Gone)));
}

#[tokio::test]
async fn a_note_is_done_only_when_the_read_back_shows_it() {
    let (server, system) = council().await;
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(204)).await;
    answers(&server, "GET", "/issues/38.xml", xml(STEP)).await;
    let outcome = system.perform(&note()).await;
    assert!(
        matches!(outcome, Outcome::Refused { retry: true, .. }),
        "{outcome:?}"
    );
    assert_eq!(system.find(&note()).await, Found::No);

    server.reset().await;
    let mark = note().mark();
    let shown = STEP.replace("gt-00112233445566bb", &mark);
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(204)).await;
    answers(&server, "GET", "/issues/38.xml", xml(&shown)).await;
    assert_eq!(system.perform(&note()).await, Outcome::Done);
    assert_eq!(system.find(&note()).await, Found::Yes);

    server.reset().await;
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(500)).await;
    assert!(matches!(
        system.perform(&note()).await,
        Outcome::Unknown { .. }
    ));
}

/// How many requests of a kind the case system got.
async fn got(server: &MockServer, verb: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.method.as_str() == verb)
        .count()
}

#[tokio::test]
async fn pages_follow_the_last_id_until_nothing_is_left() {
    let (server, system) = council().await;
    let page = |total: u32, ids: &[u32]| {
        let issue = |id| format!("<issue><id>{id}</id><project name='Another'/></issue>");
        let issues: Vec<String> = ids.iter().map(issue).collect();
        let issues = issues.concat();
        xml(&format!("<issues total_count='{total}'>{issues}</issues>"))
    };
    let from = |id: &str| query_param("issue_id", format!(">={id}"));
    let at = |answer, mock: wiremock::MockBuilder| mock.respond_with(answer).mount(&server);
    let list = || Mock::given(method("GET")).and(path("/issues.xml"));
    // The filter includes the last id again, and a step that came meanwhile is on the next page.
    at(
        page(3, &[5, 9]),
        list().and(query_param_is_missing("issue_id")),
    )
    .await;
    at(page(3, &[9, 12]), list().and(from("9"))).await;
    at(page(1, &[12]), list().and(from("12"))).await;
    let mut position = FeedPosition::default();
    let mut tokens = Vec::new();
    loop {
        let page = system.changes(&position, NOW).await.unwrap();
        let Some(next) = page.next else { break };
        tokens.push(next.token.clone().unwrap());
        position = next;
    }
    assert_eq!(tokens, ["9", "12"]);
    server.reset().await;
    // Without a total, a page that brings nothing but the last one again is the end.
    at(
        xml("<issues><issue><id>7</id><project name='Another'/></issue></issues>"),
        list(),
    )
    .await;
    let first = system.changes(&FeedPosition::default(), NOW).await.unwrap();
    let second = system.changes(&first.next.unwrap(), NOW).await.unwrap();
    assert_eq!(second.next, None);
}

fn step(closed: bool, flags: &str, notes: &str) -> ResponseTemplate {
    xml(&format!(
        "<issue><id>38</id><status id='3' is_closed='{closed}'/><custom_fields><custom_field id='21' \
         name='Greentick flag'><value type='array'>{flags}</value></custom_field></custom_fields><journals><journal>\
         <notes>{notes}</notes></journal></journals><allowed_statuses><status id='4'/></allowed_statuses></issue>"
    ))
}

#[tokio::test]
async fn nothing_is_written_while_the_read_before_it_proves_nothing() {
    let (server, system) = council().await;
    let flag = effect(Act::Flag {
        flag: "overdue".to_owned(),
    });
    let html = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(403),
        ResponseTemplate::new(503),
        html,
        xml("<issue><id>38</id></issue>"),
        xml("<issue><id>38"),
    ] {
        server.reset().await;
        answers(&server, "GET", "/issues/38.xml", answer).await;
        answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(204)).await;
        match system.perform(&flag).await {
            Outcome::Refused { retry: true, why } => {
                assert!(why.contains("nothing was written"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(got(&server, "PUT").await, 0);
    }
    // A flag that stands there already is recognised as done.
    server.reset().await;
    let there = step(false, "<value>By hand</value><value>Overdue</value>", "");
    answers(&server, "GET", "/issues/38.xml", there).await;
    assert_eq!(system.perform(&flag).await, Outcome::Done);
    assert_eq!(got(&server, "PUT").await, 0);
}

#[tokio::test]
async fn a_reopening_is_a_move_and_then_a_note_and_is_taken_up_where_it_broke() {
    let (server, system) = council().await;
    let reopen = effect(Act::Reopen {
        text: "why".to_owned(),
    });
    // The move may not be made: said at once, and nothing is written.
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(204)).await;
    let curbed =
        xml("<issue><id>38</id><status id='3' is_closed='true'/><allowed_statuses/></issue>");
    answers(&server, "GET", "/issues/38.xml", curbed).await;
    match system.perform(&reopen).await {
        Outcome::Refused { retry: false, why } => assert!(why.contains("may not reopen"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(got(&server, "PUT").await, 0);

    // The move is answered with 204 and not made: the note is not left alone on the step.
    server.reset().await;
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(204)).await;
    answers(&server, "GET", "/issues/38.xml", step(true, "", "")).await;
    let outcome = system.perform(&reopen).await;
    assert!(
        matches!(outcome, Outcome::Refused { retry: true, .. }),
        "{outcome:?}"
    );
    assert_eq!(got(&server, "PUT").await, 1);

    // The move was made by an earlier try that broke: only the note is still owed.
    server.reset().await;
    answers(&server, "PUT", "/issues/38.xml", ResponseTemplate::new(500)).await;
    answers(&server, "GET", "/issues/38.xml", step(false, "", "")).await;
    assert_eq!(system.find(&reopen).await, Found::No);
    assert!(matches!(
        system.perform(&reopen).await,
        Outcome::Unknown { .. }
    ));
    let requests = server.received_requests().await.unwrap();
    let puts: Vec<String> = requests
        .iter()
        .filter(|request| request.method.as_str() == "PUT")
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert_eq!(puts.len(), 1);
    assert!(puts.concat().contains(&reopen.mark()) && !puts.concat().contains("status_id"));

    // Both are there: nothing is said again.
    server.reset().await;
    let whole = step(false, "", &format!("why [{}]", reopen.mark()));
    answers(&server, "GET", "/issues/38.xml", whole).await;
    assert_eq!(system.find(&reopen).await, Found::Yes);
    assert_eq!(system.perform(&reopen).await, Outcome::Done);
}
