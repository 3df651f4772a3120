//! Are requests what the mapping says, whatever the style, and does reading follow pages only where it may?

use jiff::SignedDuration;
use wiremock::matchers::{body_string_contains, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{CaseFault, CaseSystem, FeedPosition, HttpCaseSystem, HttpSettings, Reach};
use super::{BUDGET, NOW, xml};
use crate::clock::Clock;
use crate::mapping::{ChildKeying, Mapping, Site};
use crate::practice::ids::{SourceName, StepId};
use std::sync::Arc;

const RECORD: &str = r#"
[record]
id = "@id"
status = "Status"
[stages]
path = "Type"
[stages.is]
review = "practice_review"
[vocabularies.status]
open = "started"
"#;

pub(super) const FEED: &str = r#"
[feed]
path = "/steps?after={{ token }}"
root = "Steps"
record = "Step"
paging = "token"
next = "Next"
[step]
path = "/steps/{{ step }}"
root = "Step"
"#;

/// One step, as every test here has them.
pub(super) fn steps(ids: &[u32], more: &str) -> String {
    let step =
        |id: &u32| format!("<Step id='{id}'><Status>open</Status><Type>review</Type></Step>");
    let steps: String = ids.iter().map(step).collect();
    format!("<Steps>{steps}{more}</Steps>")
}

pub(super) fn compiled(tables: &str) -> Mapping {
    let text = format!("{tables}{RECORD}");
    let site = Site {
        environment: text
            .contains("[environments.train]")
            .then(|| "train".to_owned()),
        worker: Some("W-9".to_owned()),
        ..Site::default()
    };
    Mapping::compile_for("test.toml", &text, &site).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
}

/// The same inside a SOAP envelope of this namespace.
fn enveloped(space: &str) -> ResponseTemplate {
    let inside = steps(&[1], "");
    xml(&format!(
        "<s:Envelope xmlns:s='{space}'><s:Body>{inside}</s:Body></s:Envelope>"
    ))
}

/// A case system behind `server`, with a clock that stands still.
pub(super) fn system(server: &MockServer, tables: &str, secret: &str) -> (HttpCaseSystem, Clock) {
    let clock = Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
    let moved = clock.clone();
    let reach = Reach {
        clock: Some(clock.clone()),
        secrets: [("supplier".to_owned(), "second".into())].into(),
        wait: Some(Arc::new(move |span| {
            moved.advance(SignedDuration::try_from(span).unwrap());
            Box::pin(std::future::ready(()))
        })),
        ..Reach::default()
    };
    (
        reached(&server.uri(), tables, secret, reach).unwrap(),
        clock,
    )
}

pub(super) fn reached(
    base_url: &str,
    tables: &str,
    secret: &str,
    reach: Reach,
) -> Result<HttpCaseSystem, CaseFault> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = HttpSettings {
        source: SourceName::from("test"),
        base_url: base_url.to_owned(),
        secret: secret.into(),
        connect_timeout: BUDGET,
        read_timeout: BUDGET,
        total_timeout: BUDGET,
    };
    let mapping = compiled(tables);
    HttpCaseSystem::by(reach, settings, Arc::new(mapping), ChildKeying::new(b"key"))
}

/// Every step of a pass, and the fault that ended it if one did.
pub(super) async fn read_all(system: &HttpCaseSystem) -> (Vec<StepId>, Option<CaseFault>) {
    let mut position = FeedPosition::default();
    let mut seen = Vec::new();
    for _ in 0..50 {
        match system.changes(&position, NOW).await {
            Err(fault) => return (seen, Some(fault)),
            Ok(page) => {
                seen.extend(page.sightings.into_iter().map(|one| one.step));
                let Some(next) = page.next else {
                    return (seen, None);
                };
                // As it is kept between pages.
                let kept = serde_json::to_value(&next).unwrap();
                position = serde_json::from_value(kept).unwrap();
            }
        }
    }
    panic!("it never ends");
}

#[tokio::test]
async fn a_soap_11_request_has_its_action_in_a_header_and_a_digest_in_its_own() {
    let server = MockServer::start().await;
    let tables = r#"
[envelope]
style = "soap11"
header = "<Org>{{ org }}</Org>"
[values]
org = "A & B"
[auth]
style = "wsse"
password = "digest"
[feed]
path = "/services/steps"
action = "urn:example/GetChangedWorkflowSteps"
body = "<GetChangedWorkflowSteps><After>{{ token }}</After></GetChangedWorkflowSteps>"
root = "Steps"
record = "Step"
"#;
    let (system, _) = system(&server, tables, "robot:s<cret");
    Mock::given(method("POST"))
        .and(path("/services/steps"))
        .and(header(
            "SOAPAction",
            "\"urn:example/GetChangedWorkflowSteps\"",
        ))
        .and(header("content-type", "text/xml; charset=utf-8"))
        .and(body_string_contains(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">",
        ))
        .and(body_string_contains("<wsse:Username>robot</wsse:Username>"))
        .and(body_string_contains("#PasswordDigest\">"))
        .and(body_string_contains("<Org>A &amp; B</Org>"))
        .and(body_string_contains(
            "<soap:Body><GetChangedWorkflowSteps><After></After>",
        ))
        .respond_with(enveloped("http://schemas.xmlsoap.org/soap/envelope/"))
        .mount(&server)
        .await;
    assert_eq!(read_all(&system).await, (vec![StepId::from("1")], None));
    let asked = server.received_requests().await.unwrap();
    assert!(
        !String::from_utf8_lossy(&asked[0].body).contains("cret"),
        "a digest shows no password"
    );
}

#[tokio::test]
async fn a_soap_12_request_has_its_action_in_the_content_type() {
    let server = MockServer::start().await;
    let tables = r#"
[envelope]
style = "soap12"
[feed]
path = "/services/steps"
action = "urn:example/Get"
body = "<Get/>"
root = "Steps"
record = "Step"
"#;
    let (system, _) = system(&server, tables, "");
    Mock::given(header(
        "content-type",
        "application/soap+xml; charset=utf-8; action=\"urn:example/Get\"",
    ))
    .and(body_string_contains(
        "http://www.w3.org/2003/05/soap-envelope",
    ))
    .respond_with(enveloped("http://www.w3.org/2003/05/soap-envelope"))
    .mount(&server)
    .await;
    assert_eq!(read_all(&system).await.1, None);
    let asked = server.received_requests().await.unwrap();
    assert!(!asked[0].headers.contains_key("soapaction"));
}

#[tokio::test]
async fn bodies_are_escaped_for_json_and_for_forms_and_headers_go_with_every_request() {
    for (body, wanted) in [
        (r#"{\"after\": \"{{ token }}\"}"#, r#"{"after": "a\"&=b"}"#),
        ("after={{ token }}", "after=a%22%26%3Db"),
        (
            "<After>{{ token }}</After>",
            "<After>a&quot;&amp;=b</After>",
        ),
    ] {
        let server = MockServer::start().await;
        let tables = format!(
            r#"
[headers]
X-Act-As = "{{{{ worker }}}}"
[auth]
style = "header"
header = "X-Key"
[auth.also]
style = "header"
header = "SupplierKey"
secret = "supplier"
[feed]
path = "/search"
body = "{body}"
root = "Steps"
record = "Step"
paging = "token"
next = "Next"
"#
        );
        let (system, _) = system(&server, &tables, "hush");
        Mock::given(method("POST"))
            .and(header("X-Act-As", "W-9"))
            .and(header("X-Key", "hush"))
            .and(header("SupplierKey", "second"))
            .respond_with(xml(&steps(&[1], "<Next>a\"&amp;=b</Next>")))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        Mock::given(wiremock::matchers::body_string(wanted))
            .respond_with(xml(&steps(&[2], "")))
            .mount(&server)
            .await;
        assert_eq!(
            read_all(&system).await,
            (vec![StepId::from("1"), StepId::from("2")], None),
            "{body}"
        );
    }
}

const LINKED: &str = r#"
[auth]
style = "query"
parameter = "key"
[feed]
path = "/api/steps?page=1"
root = "Steps"
record = "Step"
paging = "link"
next = "Next"
"#;

#[tokio::test]
async fn p06_links_are_followed_relative_or_whole_on_the_same_host_and_nowhere_else() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let (system, _) = system(&server, LINKED, "hush hush");
    let page = |nth: &str, body: String| {
        Mock::given(path("/api/steps"))
            .and(query_param("page", nth))
            .and(query_param("key", "hush hush"))
            .respond_with(xml(&body))
    };
    let whole = format!("{}/api/steps?page=3&amp;key=old", server.uri());
    page("1", steps(&[1], "<Next>steps?page=2</Next>"))
        .mount(&server)
        .await;
    page("2", steps(&[2], &format!("<Next>{whole}</Next>")))
        .mount(&server)
        .await;
    page(
        "3",
        steps(
            &[3],
            &format!("<Next>{}/api/steps?page=4</Next>", other.uri()),
        ),
    )
    .mount(&server)
    .await;
    let (seen, fault) = read_all(&system).await;
    assert_eq!(seen.len(), 2);
    let fault = fault.unwrap().to_string();
    assert!(
        fault.contains("another host") && !fault.contains("hush"),
        "{fault}"
    );
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_link_and_a_token_may_stand_in_a_header_and_a_circle_of_them_ends() {
    let server = MockServer::start().await;
    let tables = LINKED.replace("next = \"Next\"", "next_header = \"Link\"");
    let (system, _) = system(&server, &tables, "hush");
    let page = |nth: &str, to: &str| {
        let link =
            format!("</api/steps?page=9>; rel=\"last\", </api/steps?page={to}>; rel=\"next\"");
        let answer = xml(&steps(&[1], "")).insert_header("Link", link.as_str());
        Mock::given(query_param("page", nth)).respond_with(answer)
    };
    page("1", "2").mount(&server).await;
    page("2", "3").mount(&server).await;
    page("3", "2").mount(&server).await;
    let (seen, fault) = read_all(&system).await;
    assert_eq!(seen.len(), 2, "the third page leads back, and is refused");
    assert!(fault.unwrap().to_string().contains("followed already"));
}

#[tokio::test]
async fn p17_an_answer_of_another_environment_is_refused_whole() {
    let server = MockServer::start().await;
    let tables = format!(
        "{}\n[environments.train]\n[values]\n",
        FEED.replace("[step]", "environment = \"@environment\"\n[step]")
    );
    let (system, _) = system(&server, &tables, "");
    for (mark, good) in [
        ("environment='train'", true),
        ("environment='LIVE'", false),
        ("", false),
    ] {
        server.reset().await;
        let body = steps(&[1], "").replace("<Steps>", &format!("<Steps {mark}>"));
        Mock::given(path("/steps"))
            .respond_with(xml(&body))
            .mount(&server)
            .await;
        let read = system.changes(&FeedPosition::default(), NOW).await;
        assert_eq!(read.is_ok(), good, "{mark}: {read:?}");
    }
}

#[tokio::test]
async fn markers_inside_a_good_status_mean_what_the_mapping_says() {
    let server = MockServer::start().await;
    let tables = format!(
        r#"{FEED}
[proof]
unavailable = ["Closed for the night"]
[[proof.failure]]
path = "HasErrors"
is = ["true"]
means = "failed"
why = "it says that it has errors"
[[proof.failure]]
path = "Code"
is = ["E-LOCK"]
means = "locked"
[[proof.failure]]
path = "Code"
is = ["E-NONE"]
means = "missing"
"#
    );
    let (system, _) = system(&server, &tables, "");
    let step = StepId::from("1");
    for (body, wanted) in [
        (
            "<Step><HasErrors> TRUE </HasErrors></Step>",
            "it says that it has errors",
        ),
        ("<Fault><Code>E-LOCK</Code></Fault>", "refused"),
        ("<Fault><Code>E-NONE</Code></Fault>", "Missing"),
        ("<html><p>Closed for the NIGHT</p></html>", "not available"),
    ] {
        server.reset().await;
        Mock::given(path("/steps/1"))
            .respond_with(xml(body))
            .mount(&server)
            .await;
        let said = match system.step(&step, BUDGET, NOW).await {
            Ok(answer) => format!("{answer:?}"),
            Err(fault) => fault.to_string(),
        };
        assert!(said.contains(wanted), "{body}: {said}");
    }
}

#[tokio::test]
async fn p12_no_request_asks_for_what_only_our_clock_knows() {
    let server = MockServer::start().await;
    let tables = FEED.replace("after={{ token }}", "since={{ since }}&after={{ token }}");
    let (system, _) = system(&server, &tables, "");
    Mock::given(query_param("since", "1970-01-01T00:00:00Z"))
        .respond_with(xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    let future = FeedPosition {
        since: Some(NOW + SignedDuration::from_mins(7)),
        ..FeedPosition::default()
    };
    assert!(system.changes(&future, NOW).await.is_ok());
}

#[tokio::test]
async fn a_secret_in_the_mapping_is_found_and_a_misspelt_table_is_told() {
    let faults = |more: &str| {
        let text = format!("{FEED}{more}{RECORD}");
        let faults = Mapping::compile("t.toml", &text).err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect::<String>()
    };
    assert_eq!(faults(""), "");
    assert!(faults("[headers]\nX-Api-Key = \"8f3a9c1e77\"\n").contains("looks like a secret"));
    assert!(faults("[auth]\nstyle = \"oauth2\"\npath = \"/t\"\n[auth.fields]\nclient_secret = \"hush-hush\"\n").contains("looks like a secret"));
    assert!(faults("[auth]\nstyle = \"oauth2\"\n").contains("needs `path`"));
    assert!(faults("[auth]\nstyle = \"wsse\"\n").contains("[envelope] style"));
    assert!(faults("[schedule]\nquiet = [\"late\"]\n").contains("22:00-02:00"));
}

#[tokio::test]
async fn numbers_are_looked_up_by_name_and_a_name_that_is_gone_or_moved_is_told() {
    let server = MockServer::start().await;
    let tables = r#"
[values]
review_type = ""
[lookups.types]
path = "/types?page={{ page }}"
root = "Types"
record = "Type"
number = "@id"
name = "."
paging = "page"
first_page = 0
[lookups.types.values]
review_type = "LE Practice Review"
[feed]
path = "/steps?type={{ review_type }}"
root = "Steps"
record = "Step"
"#;
    let (system, _) = system(&server, tables, "");
    let page = |nth: &str, body: &str| {
        Mock::given(path("/types"))
            .and(query_param("page", nth))
            .respond_with(xml(&format!("<Types>{body}</Types>")))
    };
    page("0", "<Type id='6'>Duty Contact</Type>")
        .mount(&server)
        .await;
    page("1", "<Type id='7'>LE practice review</Type>")
        .mount(&server)
        .await;
    page("2", "").mount(&server).await;
    let values = system.look_up().await.unwrap();
    assert_eq!(values, [("review_type".to_owned(), "7".to_owned())].into());
    // A day later it has another number: nothing is read with the old one.
    Mock::given(path("/steps"))
        .respond_with(xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    let named = system
        .clone()
        .named([("review_type".to_owned(), "4".to_owned())].into(), NOW);
    let start = FeedPosition::default();
    assert!(named.changes(&start, NOW).await.is_ok());
    let fault = named.changes(&start, NOW + SignedDuration::from_hours(25));
    assert!(
        fault
            .await
            .unwrap_err()
            .to_string()
            .contains("now the number 7 and was 4")
    );
    // The name is gone.
    server.reset().await;
    page("0", "").mount(&server).await;
    let fault = system.look_up().await.unwrap_err().to_string();
    assert!(fault.contains("no `LE Practice Review`"), "{fault}");
}
