//! Is a product that nobody here has seen connected by its mapping alone? Two invented ones, each over real HTTP: what
//! changed is read page by page, a Finish is held and then permitted, and what is overdue gets its note and its flag.
//!
//! `strangers/marlin.toml` speaks XML in namespaces, `docs/example/recipes/odata.toml` JSON in the manner of `OData`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greentick::app::{App, Limits, dispatch, gate, mirror, tick};
use greentick::case_system::{HttpCaseSystem, HttpSettings};
use greentick::ledger::Ledger;
use greentick::mapping::{ChildKeying, Mapping, Site};
use greentick::practice::ids::SourceName;
use greentick::practice::terms::{Mode, Terms};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

const MARLIN: &str = include_str!("strangers/marlin.toml");
const LANTERN: &str = include_str!("../docs/example/recipes/odata.toml");

/// What a product is in: a step, whose reflection somebody writes, and what we wrote into it.
#[derive(Default)]
struct State {
    reflection: String,
    flags: Vec<String>,
    notes: Vec<(String, String)>,
    /// How often the flags were refused because the version had moved.
    stale: u32,
    /// Every request, without the host.
    asked: Vec<String>,
}

/// A product that is being served: how it answers a request.
type Answers = fn(&mut State, &Request) -> ResponseTemplate;

#[derive(Clone)]
struct Product(Arc<Mutex<State>>, Answers);

impl Respond for Product {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let url = request.url.as_str();
        let place = url.splitn(4, '/').nth(3).unwrap_or_default();
        let line = format!("{} /{place}", request.method);
        state.asked.push(line);
        (self.1)(&mut state, request)
    }
}

/// A daemon's parts beside a product; the crank is turned by hand.
struct Stand {
    app: App<HttpCaseSystem>,
    state: Arc<Mutex<State>>,
    now: Timestamp,
    _server: MockServer,
    _folder: TempDir,
}

impl Stand {
    async fn beside(answers: Answers, mapping: &str, environment: Option<&str>) -> Self {
        // A second installation in this process is refused, and harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = Arc::new(Mutex::new(State::default()));
        let server = MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(Product(Arc::clone(&state), answers))
            .mount(&server)
            .await;
        let site = Site {
            environment: environment.map(str::to_owned),
            ..Site::default()
        };
        let mapping = Mapping::compile_for("stranger.toml", mapping, &site).unwrap();
        let span = Duration::from_secs(5);
        let settings = HttpSettings {
            source: SourceName::from("stranger"),
            base_url: server.uri(),
            secret: "client:hush".into(),
            connect_timeout: span,
            read_timeout: span,
            total_timeout: span,
        };
        let keying = ChildKeying::new(b"key of children");
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.sqlite3").display());
        let terms = Terms {
            activation: "2026-10-01T00:00:00Z".parse().unwrap(),
            read: BTreeMap::new(),
            ..common::terms(Mode::Callout).as_ref().clone()
        };
        let app = App {
            source: SourceName::from("stranger"),
            ledger: Ledger::open(&url).await.unwrap(),
            case_system: HttpCaseSystem::new(settings, Arc::new(mapping), keying).unwrap(),
            terms: Arc::new(terms),
            limits: Limits::default(),
        };
        Self {
            app,
            state,
            now: "2026-10-21T09:00:00Z".parse().unwrap(),
            _server: server,
            _folder: folder,
        }
    }

    /// The decision on a Finish, and the rules that held it.
    async fn finish(&self, step: &str, request: &str) -> (String, Vec<String>) {
        let ask = serde_json::json!({ "step": step, "worker": "W-101", "request_id": request });
        let ask = serde_json::from_value(ask).unwrap();
        let told = gate::finish_check(&self.app, &ask, request, self.now).await;
        let told = serde_json::to_value(told.unwrap()).unwrap();
        let codes = told["reasons"].as_array().unwrap().iter();
        let codes = codes.map(|one| one["rule"].as_str().unwrap().to_owned());
        (
            told["decision"].as_str().unwrap().to_owned(),
            codes.collect(),
        )
    }

    /// Long after the step was due, everything is sent that is owed.
    async fn overdue(&mut self) {
        self.now = "2026-12-14T10:00:00Z".parse().unwrap();
        tick::pass(&self.app, self.now).await.unwrap();
        for _ in 0..4 {
            dispatch::pass(&self.app, "test", || self.now)
                .await
                .unwrap();
            self.now += SignedDuration::from_hours(1);
        }
    }
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    let mut pairs = request.url.query_pairs();
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split(before).nth(1).unwrap();
    rest.split(after).next().unwrap()
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/xml; charset=utf-8")
}

const SPACES: &str =
    "xmlns:m=\"http://marlin.example/ws/2\" xmlns:c=\"http://marlin.example/codes\"";

fn marlin(state: &mut State, request: &Request) -> ResponseTemplate {
    if parameter(request, "apikey").as_deref() != Some("client:hush") {
        return xml(include_str!("strangers/tests/marlin-error.xml"));
    }
    let body = String::from_utf8_lossy(&request.body);
    let kept = include_str!("strangers/tests/marlin-page.xml");
    let page = kept.replace(
        "<m:text/>",
        &format!("<m:text>{}</m:text>", state.reflection),
    );
    let step = format!(
        "<m:activity m:no{}</m:activity>",
        between(&page, "<m:activity m:no", "</m:activity>")
    );
    match (request.method.as_str(), request.url.path()) {
        ("GET", "/activities/changed") => match parameter(request, "continue").as_deref() {
            None => xml(&page),
            Some("a1/b2==") => xml(&format!(
                "<m:changes {SPACES} generated=\"24/11/2026 09:00:00\" env=\"LIVE\"><m:batch/><m:continuation/></m:changes>"
            )),
            Some(other) => panic!("it was told to go on from {other}"),
        },
        ("GET", "/activities/000122") => {
            xml(&step.replacen("<m:activity", &format!("<m:activity {SPACES}"), 1))
        }
        ("GET", "/activities/000122/markers") => {
            let all = state
                .flags
                .iter()
                .map(|word| format!("<m:marker word=\"{word}\"/>"));
            let all: String = all.collect();
            xml(&format!("<m:markers {SPACES}>{all}</m:markers>"))
        }
        ("POST", "/activities/000122/markers") => {
            state.flags.push(between(&body, "word=\"", "\"").to_owned());
            ResponseTemplate::new(201)
        }
        ("GET", "/activities/000122/remarks") => {
            let all = state
                .notes
                .iter()
                .map(|(key, _)| format!("<m:remark key=\"{key}\"/>"));
            let all: String = all.collect();
            xml(&format!("<m:remarks {SPACES}>{all}</m:remarks>"))
        }
        ("POST", "/activities/000122/remarks") => {
            let key = between(&body, "key=\"", "\"").to_owned();
            state.notes.push((key, body.into_owned()));
            ResponseTemplate::new(201)
        }
        _ => ResponseTemplate::new(404),
    }
}

fn json(body: &serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn lantern(state: &mut State, request: &Request) -> ResponseTemplate {
    let header = |name: &str| {
        let value = request.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let path = request.url.path().to_owned();
    if path == "/oauth2/token" {
        let body = String::from_utf8_lossy(&request.body);
        assert!(body.contains("client_secret=hush"), "{body}");
        return json(&serde_json::json!({ "access_token": "t-1", "expires_in": 3600 }));
    }
    if header("authorization").as_deref() != Some("Bearer t-1") {
        return ResponseTemplate::new(401);
    }
    let page = include_str!("../docs/example/recipes/tests/odata-page.json");
    let mut page: serde_json::Value = serde_json::from_str(page).unwrap();
    page["value"][0]["answers"][0]["text"] = state.reflection.clone().into();
    let flags: Vec<&str> = ["priority"]
        .into_iter()
        .chain(state.flags.iter().map(String::as_str))
        .collect();
    page["value"][0]["flags"] = flags.clone().into();
    // Somebody saves the step between our reading and our first write.
    let version = format!("W/\"{}\"", 812 + flags.len());
    let step = || json(&page["value"][0]).insert_header("ETag", version.as_str());
    let note = path
        .strip_prefix("/data/annotations('")
        .and_then(|rest| rest.strip_suffix("')"));
    match (request.method.as_str(), path.as_str(), note) {
        ("GET", "/data/workitems", _) => match parameter(request, "$skiptoken") {
            None => {
                let filter = parameter(request, "$filter").unwrap();
                assert!(filter.starts_with("modifiedon ge"), "{filter}");
                json(&page)
            }
            Some(_) => json(&serde_json::json!({ "@odata.count": 3, "value": [] })),
        },
        ("GET", "/data/workitems(0a1b-07)", _) => step(),
        ("PATCH", "/data/workitems(0a1b-07)", _) => {
            assert_eq!(header("if-match"), Some(version));
            if state.stale == 0 {
                state.stale += 1;
                return ResponseTemplate::new(412);
            }
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let all = body["flags"].as_array().unwrap().iter();
            let all = all.map(|one| one.as_str().unwrap().to_owned());
            state.flags = all.filter(|one| one != "priority").collect();
            ResponseTemplate::new(204)
        }
        ("GET", _, Some(note)) => match state.notes.iter().find(|(key, _)| key == note) {
            Some((_, body)) => {
                ResponseTemplate::new(200).set_body_raw(body.clone(), "application/json")
            }
            None => ResponseTemplate::new(404),
        },
        ("PUT", _, Some(note)) => {
            let body = String::from_utf8(request.body.clone()).unwrap();
            state.notes.push((note.to_owned(), body));
            ResponseTemplate::new(201)
        }
        _ => ResponseTemplate::new(404),
    }
}

/// What every product has to come to, whatever it speaks.
async fn lives(mut stand: Stand, step: &str, records: u64) {
    let read = mirror::poll(&stand.app, stand.now).await.unwrap();
    assert_eq!((read.seen, read.quarantined), (records, 0), "{read:?}");
    let (decision, held) = stand.finish(step, "R-1").await;
    assert_eq!(decision, "hold");
    assert!(held.contains(&"LE-16.1".to_owned()), "{held:?}");
    stand.state.lock().unwrap().reflection = "what I learned ".repeat(40);
    let (decision, held) = stand.finish(step, "R-2").await;
    assert_eq!(decision, "permit", "{held:?}");
    stand.overdue().await;
    let state = stand.state.lock().unwrap();
    assert_eq!(state.flags, ["overdue"], "{:#?}", state.asked);
    assert!(!state.notes.is_empty(), "{:#?}", state.asked);
    let mut keys: Vec<&str> = state.notes.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), state.notes.len(), "a note was made twice");
}

#[tokio::test]
async fn xml_in_namespaces_with_codes_local_times_and_a_key_in_the_query() {
    let stand = Box::pin(Stand::beside(marlin, MARLIN, Some("LIVE"))).await;
    let state = Arc::clone(&stand.state);
    lives(stand, "000122", 1).await;
    let state = state.lock().unwrap();
    let first = state.asked.first().unwrap();
    assert!(
        first.starts_with("GET /activities/changed?from=") && first.contains("max=2"),
        "{first}"
    );
}

#[tokio::test]
async fn json_with_links_versions_and_a_write_that_was_overtaken() {
    let stand = Box::pin(Stand::beside(lantern, LANTERN, None)).await;
    let state = Arc::clone(&stand.state);
    lives(stand, "0a1b-07", 2).await;
    let state = state.lock().unwrap();
    assert_eq!(state.stale, 1, "the version that had moved was never met");
}
