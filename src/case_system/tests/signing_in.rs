//! Is a sign-in that ends renewed once, the same page asked again, and nobody locked out by a storm?

use base64::Engine;
use jiff::SignedDuration;
use ring::hmac;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{CaseFault, CaseSystem, FeedPosition};
use super::asking::{FEED, read_all, steps, system};
use super::{NOW, got, xml};
use crate::practice::ids::StepId;

const OAUTH2: &str = r#"
[auth]
style = "oauth2"
path = "/token"
client_id = "{{ user }}|{{ environment }}"
scope = "steps read"
audience = "urn:steps"
[environments.train]
[values]
"#;

fn token(value: &str, life: u32) -> ResponseTemplate {
    let body = format!("{{\"access_token\": \"{value}\", \"expires_in\": {life}}}");
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

fn signed_in(page: &str, with: &str, answer: ResponseTemplate) -> Mock {
    let bearer = format!("Bearer {with}");
    Mock::given(path("/steps"))
        .and(query_param("after", page))
        .and(header("authorization", bearer.as_str()))
        .respond_with(answer)
}

fn sign_in_page() -> ResponseTemplate {
    let page =
        "<html><body><form>User <input name='u'/><input type='password'/></form></body></html>";
    ResponseTemplate::new(200).set_body_raw(page, "text/html")
}

/// A server that gives the token `t1` once, and `t2` after that.
async fn council(life: u32) -> MockServer {
    let server = MockServer::start().await;
    let form = "grant_type=client_credentials&client_id=app%7Ctrain&client_secret=hush&scope=steps%20read&audience=urn%3Asteps";
    let asked = || {
        Mock::given(method("POST"))
            .and(path("/token"))
            .and(body_string(form))
    };
    asked()
        .respond_with(token("t1", life))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    asked().respond_with(token("t2", life)).mount(&server).await;
    server
}

#[tokio::test]
async fn p10_p11_a_token_that_ends_between_two_pages_is_renewed_once_and_the_same_page_read() {
    for ended in [
        ResponseTemplate::new(401),
        sign_in_page(),
        ResponseTemplate::new(302).insert_header("Location", "/login"),
    ] {
        let server = council(3600).await;
        let (system, _) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
        signed_in("", "t1", xml(&steps(&[1, 2], "<Next>p2</Next>")))
            .mount(&server)
            .await;
        signed_in("p2", "t1", ended).mount(&server).await;
        signed_in("p2", "t2", xml(&steps(&[3], "")))
            .mount(&server)
            .await;
        let (seen, fault) = read_all(&system).await;
        assert_eq!(
            (seen, fault),
            (["1", "2", "3"].map(StepId::from).to_vec(), None)
        );
        assert_eq!(got(&server, "POST").await, 2);
    }
}

#[tokio::test]
async fn p11_a_sign_in_that_fails_backs_off_and_the_page_is_read_where_it_was() {
    for status in [401, 500] {
        let server = MockServer::start().await;
        let (system, clock) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
        Mock::given(path("/token"))
            .respond_with(ResponseTemplate::new(status))
            .mount(&server)
            .await;
        let position = FeedPosition {
            token: Some("p4".to_owned()),
            ..FeedPosition::default()
        };
        for _ in 0..5 {
            assert!(system.changes(&position, NOW).await.is_err());
        }
        assert_eq!(got(&server, "POST").await, 1, "one try, then quiet");
        clock.advance(SignedDuration::from_secs(61));
        let _ = system.changes(&position, NOW).await;
        clock.advance(SignedDuration::from_secs(61));
        let _ = system.changes(&position, NOW).await;
        assert_eq!(
            got(&server, "POST").await,
            2,
            "twice as long after the second"
        );
        clock.advance(SignedDuration::from_secs(61));
        server.reset().await;
        Mock::given(path("/token"))
            .respond_with(token("t9", 60))
            .mount(&server)
            .await;
        signed_in("p4", "t9", xml(&steps(&[4], "")))
            .mount(&server)
            .await;
        assert_eq!(
            system
                .changes(&position, NOW)
                .await
                .unwrap()
                .sightings
                .len(),
            1
        );
    }
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_not_asked_for_in_a_storm() {
    let server = council(3600).await;
    let (system, _) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
    Mock::given(path("/steps"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    for _ in 0..5 {
        let fault = system
            .changes(&FeedPosition::default(), NOW)
            .await
            .unwrap_err();
        assert!(matches!(fault, CaseFault::Unauthorised(_)), "{fault}");
    }
    assert_eq!(got(&server, "POST").await, 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_by_one_of_many() {
    let server = council(100).await;
    let (system, clock) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
    signed_in("", "t1", xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    signed_in("", "t2", xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    let position = FeedPosition::default();
    let read = || system.changes(&position, NOW);
    let all = tokio::join!(read(), read(), read(), read(), read());
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok() && all.4.is_ok());
    assert_eq!(got(&server, "POST").await, 1);
    clock.advance(SignedDuration::from_secs(91));
    let all = tokio::join!(read(), read(), read());
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(got(&server, "POST").await, 2, "at nine tenths of its life");
}

#[tokio::test]
async fn a_session_is_opened_by_a_form_and_shown_as_a_cookie_a_header_or_from_the_body() {
    for (found, reply, shown) in [
        (
            "cookie = \"SID\"",
            ResponseTemplate::new(302).insert_header("Set-Cookie", "SID=abc; Path=/; HttpOnly"),
            ("cookie", "SID=abc"),
        ),
        (
            "token_header = \"X-Session\"\nheader = \"X-Session\"",
            ResponseTemplate::new(204).insert_header("X-Session", "abc"),
            ("x-session", "abc"),
        ),
        (
            "token = \"Token\"\nheader = \"X-Session\"",
            xml("<Session><Token>abc</Token></Session>"),
            ("x-session", "abc"),
        ),
    ] {
        let server = MockServer::start().await;
        let tables = format!("[auth]\nstyle = \"session\"\npath = \"/login\"\n{found}\n{FEED}");
        let (system, _) = system(&server, &tables, "robot:s&cret");
        Mock::given(path("/login"))
            .and(body_string("username=robot&password=s%26cret"))
            .respond_with(reply)
            .mount(&server)
            .await;
        Mock::given(path("/steps"))
            .and(header(shown.0, shown.1))
            .respond_with(xml(&steps(&[1], "")))
            .mount(&server)
            .await;
        assert_eq!(read_all(&system).await.1, None, "{found}");
    }
}

#[tokio::test]
async fn a_signature_is_over_what_is_sent() {
    let server = MockServer::start().await;
    let tables = format!(
        r#"
[auth]
style = "hmac"
signed = "{{{{ method }}}}\n{{{{ path }}}}\n{{{{ query }}}}\n{{{{ timestamp }}}}"
header = "X-Signature"
value = "{{{{ user }}}}:{{{{ signature }}}}"
encoding = "base64"
[auth.headers]
X-Time = "{{{{ timestamp }}}}"
{FEED}"#
    );
    let (system, _) = system(&server, &tables, "key-1:hush");
    Mock::given(path("/steps"))
        .respond_with(xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    assert_eq!(read_all(&system).await.1, None);
    let asked = server.received_requests().await.unwrap();
    let text = |name: &str| {
        asked[0]
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let (user, signature) = text("x-signature")
        .split_once(':')
        .map(|(user, rest)| (user.to_owned(), rest.to_owned()))
        .unwrap();
    let signed = format!("GET\n/steps\nafter=\n{}", text("x-time"));
    let tag = base64::engine::general_purpose::STANDARD
        .decode(signature)
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"hush");
    assert!(user == "key-1" && hmac::verify(&key, signed.as_bytes(), &tag).is_ok());
}

#[tokio::test]
async fn a_write_that_a_sign_in_page_answers_is_not_repeated_but_the_next_request_signs_in_anew() {
    let server = council(3600).await;
    let (system, _) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
    Mock::given(path("/notes"))
        .respond_with(sign_in_page())
        .mount(&server)
        .await;
    signed_in("", "t2", xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    let put = crate::mapping::Put {
        method: "PUT".to_owned(),
        path: "/notes".to_owned(),
        headers: Vec::new(),
        body: Some(("application/xml".to_owned(), "<Note/>".to_owned())),
    };
    assert!(system.send(&put, super::BUDGET).await.is_ok());
    assert_eq!(got(&server, "PUT").await, 1);
    assert_eq!(read_all(&system).await.1, None);
}

#[tokio::test]
async fn a_client_that_the_mapping_names_leaves_a_secret_with_a_colon_whole() {
    for (credentials, form) in [
        (
            "form",
            "grant_type=client_credentials&client_id=svc&client_secret=s3cr3t%3Awith",
        ),
        ("basic", "grant_type=client_credentials"),
    ] {
        let server = MockServer::start().await;
        let auth = format!(
            "[auth]\nstyle = \"oauth2\"\npath = \"/token\"\nclient_id = \"svc\"\ncredentials = \"{credentials}\"\n"
        );
        let (system, _) = system(&server, &format!("{auth}{FEED}"), "s3cr3t:with");
        let mut asked = Mock::given(path("/token")).and(body_string(form));
        if credentials == "basic" {
            let both = base64::engine::general_purpose::STANDARD.encode("svc:s3cr3t:with");
            asked = asked.and(header("authorization", format!("Basic {both}").as_str()));
        }
        asked.respond_with(token("t1", 60)).mount(&server).await;
        signed_in("", "t1", xml(&steps(&[1], "")))
            .mount(&server)
            .await;
        let (seen, fault) = read_all(&system).await;
        assert_eq!((seen.len(), fault), (1, None), "{credentials}");
    }
}

#[tokio::test]
async fn why_signing_in_fails_is_said_again_while_it_waits() {
    for (reply, told) in [
        (
            "{\"error\":\"invalid_client\"}",
            "is 400 (`invalid_client`)",
        ),
        ("{\"error\":\"words of theirs\"}", "is 400;"),
    ] {
        let server = MockServer::start().await;
        let (system, _) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
        Mock::given(path("/token"))
            .respond_with(ResponseTemplate::new(400).set_body_string(reply))
            .mount(&server)
            .await;
        for again in [false, true, true] {
            let read = system.changes(&FeedPosition::default(), NOW).await;
            let why = read.unwrap_err().to_string();
            assert!(why.contains(told) && !why.contains("words of"), "{why}");
            let waits = why.contains("tried again after 2026-11-24T09:01:00Z");
            assert_eq!(waits, again, "{why}");
        }
        assert_eq!(got(&server, "POST").await, 1);
    }
}

#[tokio::test]
async fn a_session_s_token_is_shown_as_the_mapping_says_in_whatever_header() {
    for (shown, name, wanted) in [
        (
            "value = \"Pelican {{ token }}\"",
            "authorization",
            "Pelican t1",
        ),
        (
            "header = \"Authorization\"\nvalue = \"Pelican {{ secret }}\"",
            "authorization",
            "Pelican t1",
        ),
        (
            "header = \"X-Key\"\nvalue = \"key={{ token }}\"",
            "x-key",
            "key=t1",
        ),
        ("header = \"X-Key\"", "x-key", "t1"),
        ("", "authorization", "Bearer t1"),
    ] {
        let server = MockServer::start().await;
        let ticket = r#"{"ticket": "t1"}"#;
        Mock::given(path("/login"))
            .respond_with(ResponseTemplate::new(200).set_body_raw(ticket, "application/json"))
            .mount(&server)
            .await;
        Mock::given(path("/steps"))
            .and(header(name, wanted))
            .respond_with(xml(&steps(&[1], "")))
            .mount(&server)
            .await;
        let auth = format!(
            "[auth]\nstyle = \"session\"\npath = \"/login\"\ntoken = \"ticket\"\n{shown}\n"
        );
        let (system, _) = system(&server, &format!("{auth}{FEED}"), "app:hush");
        let (seen, fault) = read_all(&system).await;
        assert_eq!((seen, fault), (vec![StepId::from("1")], None), "{shown}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_blamed_on_the_secret() {
    for refusal in [ResponseTemplate::new(401), sign_in_page()] {
        let server = council(3600).await;
        let (system, _) = system(&server, &format!("{OAUTH2}{FEED}"), "app:hush");
        Mock::given(path("/steps"))
            .respond_with(refusal)
            .mount(&server)
            .await;
        // The second time nothing is asked: it is remembered why.
        for _ in 0..2 {
            let fault = system.changes(&FeedPosition::default(), NOW).await;
            let said = fault.unwrap_err().to_string();
            assert!(
                said.contains("signing in went well, and the token that it gave"),
                "{said}"
            );
            assert!(!said.contains("check the source's secret"), "{said}");
        }
    }
}
