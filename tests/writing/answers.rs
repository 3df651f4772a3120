//! Has each kind of answer its class, and is a refused recipient's message told to somebody?

use greentick::case_system::{CaseSystem, Outcome};
use greentick::practice::effect::Act;
use greentick::practice::ids::{Digest, EpisodeId};
use std::time::Duration;
use wiremock::ResponseTemplate;

use super::{CASE, answers, council, effect, note, sent, xml};

const NOTES: &str = "/steps/7/notes";

fn error(code: &str) -> ResponseTemplate {
    xml(&format!(
        "<Result><Error><Code>{code}</Code></Error></Result>"
    ))
}

/// What is answered, and what it has to come to.
type Case<'c> = (&'c str, ResponseTemplate, &'c dyn Fn(&Outcome) -> bool);

/// P34: by class, whether it is said by a status or within a good answer.
#[tokio::test]
async fn each_answer_means_what_the_mapping_says() {
    let (server, system) = council(CASE).await;
    let retried = |outcome: &Outcome| matches!(outcome, Outcome::Refused { retry: true, .. });
    let ended = |outcome: &Outcome| matches!(outcome, Outcome::Refused { retry: false, .. });
    let unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unknown { .. });
    let done = |outcome: &Outcome| *outcome == Outcome::Done;
    let made = |outcome: &Outcome| {
        *outcome
            == Outcome::Made {
                id: "N-5".to_owned(),
            }
    };
    let html = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    let cases: [Case; 9] = [
        ("made", xml("<Result><NoteId>N-5</NoteId></Result>"), &made),
        ("taken, but it names nothing", xml("<Result/>"), &unknown),
        ("locked, by status", ResponseTemplate::new(423), &retried),
        ("locked, within", error("LOCKED"), &retried),
        (
            "there already, by status",
            ResponseTemplate::new(409),
            &done,
        ),
        ("there already, within", error("DUPLICATE_KEY"), &done),
        ("refused within", error("NO_RIGHT"), &ended),
        ("a sign-in page", html, &unknown),
        ("a fault of theirs", ResponseTemplate::new(500), &unknown),
    ];
    for (what, answer, wanted) in cases {
        server.reset().await;
        answers(&server, "POST", NOTES, answer).await;
        let outcome = system.perform(&note("k", "late")).await;
        assert!(wanted(&outcome), "{what}: {outcome:?}");
        assert_eq!(sent(&server, NOTES).await.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_refused_recipient_is_replaced_once_and_then_a_person_is_asked() {
    let (server, system) = council(CASE).await;
    answers(&server, "POST", NOTES, error("RECIPIENT_RESTRICTED")).await;
    match system.perform(&note("k", "late")).await {
        Outcome::Refused { retry: false, why } => assert!(why.contains("stand in"), "{why}"),
        other => panic!("{other:?}"),
    }
    let told = sent(&server, NOTES).await;
    assert_eq!(told.len(), 2);
    assert!(
        told.first().unwrap().contains("to='practice_reviewer'"),
        "{told:?}"
    );
    assert!(told.last().unwrap().contains("to='qa_manager'"), "{told:?}");
}

/// P33: the case system did it and the answer came too late.
#[tokio::test]
async fn an_answer_that_takes_longer_than_the_operation_may_is_unknown() {
    let (server, system) = council(CASE).await;
    let slow = xml("<Result><NoteId>N-5</NoteId></Result>").set_delay(Duration::from_mins(5));
    answers(&server, "POST", NOTES, slow).await;
    let outcome = system.perform(&note("k", "late")).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

/// P15: what XML cannot hold, characters of four bytes, and 4,000 characters.
#[tokio::test]
async fn a_text_is_clean_and_cut_between_characters_with_its_mark_whole() {
    let (server, system) = council(CASE).await;
    answers(
        &server,
        "POST",
        NOTES,
        xml("<Result><NoteId>N-5</NoteId></Result>"),
    )
    .await;
    let long = note("k", &format!("a\u{1}\u{1F600}<{}", "é".repeat(5_000)));
    system.perform(&long).await;
    let body = sent(&server, NOTES).await.concat();
    let text = body
        .split("'>")
        .nth(1)
        .unwrap()
        .split("</AddNote>")
        .next()
        .unwrap();
    assert!(
        text.starts_with("a?&lt;é"),
        "{}",
        text.chars().take(20).collect::<String>()
    );
    assert!(text.ends_with(&format!("é [{}]", long.mark())));
    let seen = text.replace("&lt;", "<");
    assert_eq!(seen.chars().count(), 3_999, "one of 4,000 was no character");
    let requests = server.received_requests().await.unwrap();
    let action = requests.first().unwrap().headers.get("SOAPAction").unwrap();
    assert_eq!(action, "\"urn:case:AddNote\"");
}

#[tokio::test]
async fn what_a_call_made_is_named_in_the_call_that_follows_and_the_key_stands_where_it_is_put() {
    let (server, system) = council(CASE).await;
    let notice = effect(
        "k",
        Act::Notice {
            text: "look".to_owned(),
        },
    );
    let mark = notice.mark();
    answers(
        &server,
        "POST",
        "/notices",
        xml("<Result><Id>M-9</Id></Result>"),
    )
    .await;
    answers(&server, "POST", "/tasks", xml("<Result/>")).await;
    let seen = |name: &str| {
        xml(&format!(
            "<{name}s><{name}><Mark>{mark}</Mark></{name}></{name}s>"
        ))
    };
    // Not there before it is made, there afterwards.
    let none = wiremock::Mock::given(wiremock::matchers::method("GET"));
    let none = none
        .and(wiremock::matchers::path("/notices"))
        .respond_with(xml("<Notices/>"));
    none.up_to_n_times(1).mount(&server).await;
    answers(&server, "GET", "/notices", seen("Notice")).await;
    let none = wiremock::Mock::given(wiremock::matchers::method("GET"));
    let none = none
        .and(wiremock::matchers::path("/tasks"))
        .respond_with(xml("<Tasks/>"));
    none.up_to_n_times(1).mount(&server).await;
    answers(&server, "GET", "/tasks", seen("Task")).await;
    let outcome = system.perform(&notice).await;
    assert_eq!(
        outcome,
        Outcome::Made {
            id: "M-9".to_owned()
        }
    );
    let requests = server.received_requests().await.unwrap();
    let posts: Vec<_> = requests
        .iter()
        .filter(|one| one.method.as_str() == "POST")
        .collect();
    let (first, second) = (posts.first().unwrap(), posts.last().unwrap());
    assert_eq!(first.headers.get("Idempotency-Key").unwrap(), mark.as_str());
    assert_eq!(second.url.query(), Some(format!("key={mark}").as_str()));
    assert!(String::from_utf8_lossy(&second.body).contains("about='M-9'"));
}

#[tokio::test]
async fn the_sample_list_is_attached_as_a_document() {
    let (server, system) = council(CASE).await;
    answers(&server, "POST", "/documents", ResponseTemplate::new(201)).await;
    let list = effect(
        "k",
        Act::SampleList {
            cycle: "2026-C3".to_owned(),
            episodes: vec![EpisodeId::from("LE-2"), EpisodeId::from("LE-1")],
            certificate: Digest::of(b"certificate"),
        },
    );
    assert_eq!(system.perform(&list).await, Outcome::Done);
    let requests = server.received_requests().await.unwrap();
    let request = requests.first().unwrap();
    let kind = request
        .headers
        .get("content-type")
        .unwrap()
        .to_str()
        .unwrap();
    let boundary = kind.split("boundary=").nth(1).unwrap();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    assert!(body.starts_with(&format!("--{boundary}\r\n")), "{body}");
    assert!(
        body.contains("ticket,le_id\r\n1,\"LE-2\"\r\n2,\"LE-1\"\r\n"),
        "{body}"
    );
}

#[tokio::test]
async fn a_date_is_put_as_the_day_it_is() {
    let (server, system) = council(CASE).await;
    answers(&server, "PUT", "/steps/7/due", ResponseTemplate::new(204)).await;
    let due = effect(
        "k",
        Act::Due {
            due: "2026-12-04".parse().unwrap(),
        },
    );
    assert_eq!(system.perform(&due).await, Outcome::Done);
    assert_eq!(
        sent(&server, "/steps/7/due").await,
        [r#"{"due":"2026-12-04"}"#]
    );
}
