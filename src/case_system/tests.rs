//! What does the adapter make of answers that are not what was promised?

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    CaseFault, CaseSystem, FeedPosition, Found, HttpCaseSystem, HttpSettings, Outcome, StepAnswer,
};
use crate::mapping::{ChildKeying, Mapping};
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::{EpisodeId, SourceName, StepId};

const REDMINE: &str = include_str!("../../mappings/redmine.toml");
const PAGE: &str = include_str!("../../mappings/tests/redmine/steps-page.xml");
const STEP: &str = include_str!("../../mappings/tests/redmine/step-with-journals.xml");
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const BUDGET: Duration = Duration::from_secs(5);

async fn council() -> (MockServer, HttpCaseSystem) {
    // A second installation in this process is refused, and harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let settings = HttpSettings {
        source: SourceName::from("test"),
        base_url: server.uri(),
        secret: "hush".into(),
        connect_timeout: BUDGET,
        read_timeout: BUDGET,
        total_timeout: BUDGET,
    };
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
    Effect {
        key: "k".to_owned(),
        source: SourceName::from("test"),
        episode: Some(EpisodeId::from("LE-1")),
        step: Some(StepId::from("38")),
        act: Act::Note {
            text: "late".to_owned(),
        },
        rule: String::new(),
        cause: String::new(),
        audience: Vec::new(),
        due_at: NOW,
    }
}

#[tokio::test]
async fn a_good_page_is_read_and_a_bad_answer_is_a_fault() {
    let (server, system) = council().await;
    answers(&server, "GET", "/issues.xml", xml(PAGE)).await;
    let page = system.changes(&FeedPosition::default(), NOW).await.unwrap();
    assert_eq!((page.sightings.len(), page.next), (9, None));

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
    assert!(matches!(ask("39").await, Err(CaseFault::Unproven(_))));
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
