//! Does a batch over SOAP say what it wants, and is it noticed when it is refused whole? With the recipe's own mapping.

use std::io::Write;
use std::sync::{Arc, Mutex};

use greentick::case_system::{CaseSystem, HttpCaseSystem, Outcome};
use greentick::mapping::Mapping;
use greentick::practice::effect::Effect;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{council, note};

const RECIPE: &str = include_str!("../../docs/example/recipes/soap-12.toml");
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// An answer in an envelope of this version.
fn answer(status: u16, space: &str, body: &str) -> ResponseTemplate {
    let kind = if space == SOAP12 {
        "application/soap+xml"
    } else {
        "text/xml"
    };
    let whole = format!("<s:Envelope xmlns:s='{space}'><s:Body>{body}</s:Body></s:Envelope>");
    ResponseTemplate::new(status).set_body_raw(whole, kind)
}

async fn says(server: &MockServer, to: &str, said: ResponseTemplate) {
    let mock = Mock::given(body_string_contains(to));
    mock.respond_with(said).mount(server).await;
}

const BOTH: &str = "<r><result><outcome item='op0'><code>OK</code></outcome>\
                    <outcome item='op1'><code>LOCKED</code></outcome></result></r>";

/// What two notes end as, and the call that was made for both.
async fn two(
    server: &MockServer,
    system: &HttpCaseSystem,
    space: &str,
    said: ResponseTemplate,
) -> (Vec<Outcome>, Request) {
    server.reset().await;
    let (first, second) = (note("a", "late"), note("b", "late"));
    let ticket = "<SignInResponse><ticket>T-1</ticket></SignInResponse>";
    says(server, "<SignIn ", answer(200, space, ticket)).await;
    says(server, "<AddNotes ", said).await;
    let found = format!(
        "<r><result><note><key>{}</key></note></result></r>",
        first.mark()
    );
    says(server, "<ListNotes ", answer(200, space, &found)).await;
    let outcomes = system.perform_all(&[&first, &second]).await;
    let requests = server.received_requests().await.unwrap();
    let calls = requests
        .into_iter()
        .filter(|one| String::from_utf8_lossy(&one.body).contains("<AddNotes "));
    let [call]: [Request; 1] = calls.collect::<Vec<_>>().try_into().unwrap();
    (outcomes, call)
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    let value = request.headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_batch_in_an_envelope_has_its_namespace_and_its_action() {
    let older = RECIPE
        .replace("style = \"soap12\"", "style = \"soap11\"")
        .replace("content_type = [\"application/soap+xml\"]", "");
    // Who writes the action into the content type means it as well.
    let within = RECIPE.replace(
        "action = \"{{ ns }}/AddNotes\"\noperations",
        "content_type = 'application/soap+xml; action=\"{{ ns }}/AddNotes\"'\noperations",
    );
    let within_older = older.replace(
        "action = \"{{ ns }}/AddNotes\"\noperations",
        "content_type = 'text/xml; action=\"{{ ns }}/AddNotes\"'\noperations",
    );
    let new_kind = "application/soap+xml; charset=utf-8; action=\"urn:example:wharf/AddNotes\"";
    let old_kind = "text/xml; charset=utf-8";
    for (mapping, space, kind, action) in [
        (RECIPE, SOAP12, new_kind, ""),
        (&within, SOAP12, new_kind, ""),
        (&older, SOAP11, old_kind, "\"urn:example:wharf/AddNotes\""),
        (
            &within_older,
            SOAP11,
            old_kind,
            "\"urn:example:wharf/AddNotes\"",
        ),
    ] {
        let (server, system) = council(mapping).await;
        let said = answer(200, space, BOTH);
        let (outcomes, call) = two(&server, &system, space, said).await;
        let body = String::from_utf8_lossy(&call.body);
        let open = "<soap:Body><AddNotes xmlns=\"urn:example:wharf\"><note item=\"op0\"><workId>7</workId>";
        assert!(body.contains(open), "{body}");
        assert!(
            body.contains(space) && body.contains("</AddNotes></soap:Body>"),
            "{body}"
        );
        assert_eq!(header(&call, "content-type"), kind);
        assert_eq!(header(&call, "soapaction"), action);
        assert_eq!(header(&call, "x-wharf-ticket"), "T-1");
        let told_apart = matches!(
            outcomes.as_slice(),
            [Outcome::Done, Outcome::Refused { retry: true, .. }]
        );
        assert!(told_apart, "{outcomes:?}");
    }
}

/// What is logged, for a look at it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, some: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_batch_that_is_refused_whole_is_said_once_with_its_reason() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let warned = || {
        let lines = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
        let warned = lines.lines().filter(|line| line.contains("WARN"));
        warned.map(str::to_owned).collect::<Vec<_>>()
    };
    let (server, system) = council(RECIPE).await;
    let fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:NoAction\
                 </s:Value></s:Subcode></s:Code><s:Reason><s:Text>Amina was late</s:Text></s:Reason></s:Fault>";
    let refused = || answer(400, SOAP12, fault);
    let (outcomes, _) = two(&server, &system, SOAP12, refused()).await;
    for outcome in &outcomes {
        let code = "`Sender/NoAction`";
        let said = matches!(outcome, Outcome::Unknown { why } if why.contains(code));
        assert!(said, "{outcome:?}");
    }
    let [line]: [String; 1] = warned().try_into().unwrap();
    for wanted in [
        "its status is 400",
        "`Sender/NoAction`",
        "effects=2",
        "kind = \"batch\"",
    ] {
        assert!(line.contains(wanted), "{line}");
    }
    assert!(!line.contains("Amina"), "{line}");
    two(&server, &system, SOAP12, refused()).await;
    assert!(warned().is_empty(), "the same reason is not said twice");
    let few = "<r><result><outcome item='op0'><code>OK</code></outcome></result></r>";
    two(&server, &system, SOAP12, answer(200, SOAP12, few)).await;
    let [line]: [String; 1] = warned().try_into().unwrap();
    assert!(
        line.contains("2 items were sent, 1 came back at `outcome`"),
        "{line}"
    );
    two(&server, &system, SOAP12, answer(200, SOAP12, BOTH)).await;
    assert!(warned().is_empty(), "it was told apart");
    two(&server, &system, SOAP12, refused()).await;
    assert_eq!(warned().len(), 1, "a batch had been told apart in between");
}

#[test]
fn a_value_that_the_site_lacks_keeps_effects_out_of_a_batch() {
    let text = RECIPE
        .replace("[values]\n", "[values]\noffice = \"\"\n")
        .replace(
            "open = '<AddNotes xmlns=\"{{ ns }}\">'",
            "open = '<AddNotes xmlns=\"{{ ns }}\" office=\"{{ office }}\">'",
        );
    let mapping = Mapping::compile("it.toml", &text).unwrap();
    let effect: Effect = note("a", "late");
    assert!(mapping.batch_for(&effect).is_none());
    let told = mapping.explain().into_iter().flat_map(|one| one.lines);
    let told: Vec<String> = told
        .filter(|line| line.contains("In one request"))
        .collect();
    assert!(
        told.concat().contains("needs the value `office`"),
        "{told:?}"
    );
    assert!(
        Mapping::compile("it.toml", RECIPE)
            .unwrap()
            .batch_for(&effect)
            .is_some()
    );
}

#[test]
fn a_test_of_a_batch_fails_on_whatever_is_sent_or_told_otherwise() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/recipes/tests");
    let run = |text: &str| {
        let mapping = Mapping::compile("it.toml", text).unwrap();
        let outcomes = mapping.run_tests(|body| {
            std::fs::read(format!("{tests}/{body}")).map_err(|why| why.to_string())
        });
        let told = outcomes.into_iter().flat_map(|one| one.differences);
        told.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(run(RECIPE), "");
    for (right, wrong, told) in [
        (
            "open = '<AddNotes xmlns",
            "open = '<AddNote xmlns",
            "writes: wanted `<AddNotes",
        ),
        (
            "to = \"POST /work.svc\"",
            "to = \"PUT /work.svc\"",
            "got `POST /work.svc`",
        ),
        (
            "action = \"{{ ns }}/AddNotes\"\noperations",
            "action = \"{{ ns }}/AddNote\"\noperations",
            "sends Content-Type",
        ),
        (
            "good = 1\n[test.sends]",
            "good = 2\n[test.sends]",
            "items done: wanted `2`, got `1`",
        ),
        (
            "\"/1/means\" = \"again\"",
            "\"/1/means\" = \"done\"",
            "/1/means: wanted `done`, got `again`",
        ),
        (
            "\"/1/means\"",
            "\"/1/mean\"",
            "`/1` has no `mean`; did you mean `means`?",
        ),
        ("\"/2/means\"", "\"/3/means\"", "`the whole` has 3 of them"),
        (
            "effects = 3",
            "effects = 2",
            "2 items were sent, 3 came back at `outcome`",
        ),
        (
            "status = 400\nrefused = true",
            "status = 400",
            "its status is 400",
        ),
    ] {
        assert!(RECIPE.contains(right), "{right}");
        let text = RECIPE.replacen(right, wrong, 1);
        // A test that says nothing is refused, so it says something.
        let text = text.replace("status = 400\n\n", "").replace(
            "status = 400",
            if wrong == "status = 400" {
                "status = 400\ngood = 0"
            } else {
                "status = 400"
            },
        );
        let said = run(&text);
        assert!(said.contains(told), "{wrong}: {said}");
    }
}
