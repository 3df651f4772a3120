//! What is a Finish told, from hold to permit to hold again? The whole daemon beside the council, each over real HTTP.

use std::sync::Arc;
use std::time::Duration;

use greentick::app::{App, digest, tick};
use greentick::case_system::HttpCaseSystem;
use greentick::clock::Clock;
use greentick::daemon::{self, Beats, Rhythm};
use greentick::practice::ids::WorkerId;
use greentick::simulator::{Event, Fault, Greentick, NewStep, StepType};
use greentick::telemetry::Metrics;
use greentick::web::{self, Caller, Callers, Doors, Freshness};
use serde_json::{Value as Json, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::stand::{Stand, at, serve};

/// A daemon and a council that speak with one another.
pub(crate) struct Both {
    pub(crate) stand: Stand,
    pub(crate) app: App<HttpCaseSystem>,
    pub(crate) rhythm: Arc<Rhythm>,
    pub(crate) doors: String,
    pub(crate) client: reqwest::Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

pub(crate) async fn both() -> Both {
    both_with(|_, _| ()).await
}

fn at_these_doors(doors: &str) -> Greentick {
    Greentick {
        base_url: doors.to_owned(),
        source: "council".to_owned(),
        finish_secret: "finish".into(),
        callback_secret: "callback".into(),
        head_token: None,
        qa_token: None,
    }
}

/// The same, with an app that is changed before the daemon begins.
pub(crate) async fn both_with(change: impl FnOnce(&Stand, &mut App<HttpCaseSystem>)) -> Both {
    let clock = Clock::manual(at("2026-10-05T09:00:00Z"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let doors_at = format!("http://{}", listener.local_addr().unwrap());
    let greentick = at_these_doors(&doors_at);
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let stand = serve(folder, clock.clone(), Some(greentick), false).await;
    let mut app = stand.app(Duration::from_secs(5)).await;
    change(&stand, &mut app);
    let hour = Duration::from_hours(1);
    let beats = Beats {
        poll: hour,
        sweep: hour,
        reconcile: hour,
        tick: hour,
        dispatch: hour,
        jitter_percent: 0,
    };
    let caller = |token: &str, worker: &str, may: &[&str]| Caller {
        token: token.into(),
        worker: WorkerId::from(worker),
        may: may.iter().map(ToString::to_string).collect(),
    };
    let nudge = Arc::new(tokio::sync::Notify::new());
    let rhythm = Arc::new(Rhythm::with_nudge(Arc::clone(&nudge)));
    let doors = Arc::new(Doors {
        app: app.clone(),
        clock,
        callers: Callers {
            tokens: vec![
                caller("head", "W-HEAD", &["decide"]),
                caller("qa", "W-QA", &["decide"]),
                caller("asker", "W-1", &["finish_check"]),
                caller("reader", "W-1", &["read"]),
            ],
            finish_check: vec!["finish".into()],
            callback: vec!["callback".into()],
        },
        metrics: Arc::new(Metrics::default()),
        nudge,
        freshness: Arc::new(Freshness::never(7_200)),
        banner: None,
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(daemon::run(
        doors,
        beats,
        web::Limits::default(),
        Arc::clone(&rhythm),
        listener,
        async {
            let _ = stopped.await;
        },
    ));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Both {
        stand,
        app,
        rhythm,
        doors: doors_at,
        client,
        stop,
        running,
    }
}

impl Both {
    async fn post(&self, path: &str, token: &str, body: Json) -> (u16, Json) {
        let request = self.client.post(format!("{}{path}", self.doors));
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    async fn ask(&self, step: &str, assignee: &str) -> Json {
        let body = json!({ "step": step, "worker": "W-1", "next": { "assignee": assignee } });
        let (status, told) = self.post("/api/v1/finish-checks", "asker", body).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    /// A step of the first episode, with its form.
    pub(crate) fn appears(&self, id: &str, step_type: StepType) {
        let plan = &self.stand.plans[0];
        let people = [
            ("le.practitioner", StepType::Practitioner),
            ("le.reviewer", StepType::Review),
            ("le.supervisor", StepType::Supervisor),
            ("le.service_manager", StepType::SignOff),
        ];
        let mut answers: Vec<(String, Option<String>)> = people
            .map(|(question, owner)| (question.to_owned(), Some(plan.worker(owner))))
            .into();
        answers.push(("le.reference".to_owned(), Some(plan.reference())));
        let step = NewStep {
            id: id.to_owned(),
            step_type,
            assignee: Some(plan.worker(step_type)),
            subject: Some(plan.child()),
            answers: answers.into_iter().collect(),
            ..NewStep::default()
        };
        self.stand
            .council
            .happen(Event::StepAppeared { step })
            .unwrap();
    }

    fn saved(&self, step: &str, answers: &[(&str, &str)]) {
        let rows = |row: &[(&str, &str)]| {
            vec![
                row.iter()
                    .map(|(c, v)| ((*c).to_owned(), (*v).to_owned()))
                    .collect(),
            ]
        };
        let event = Event::StepSaved {
            step: step.to_owned(),
            answers: answers
                .iter()
                .map(|(question, text)| ((*question).to_owned(), Some((*text).to_owned())))
                .collect(),
            tables: [
                (
                    "le.practice_area".to_owned(),
                    rows(&[("area", "planning"), ("assurance", "H")]),
                ),
                (
                    "le.actions".to_owned(),
                    rows(&[
                        ("action", "A-1"),
                        ("owner", "W-1"),
                        ("by_when", "2027-01-15"),
                    ]),
                ),
            ]
            .into(),
        };
        self.stand.council.happen(event).unwrap();
    }

    pub(crate) async fn end(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        self.stand.end().await;
    }
}

/// Codes of everything that holds.
fn rules(told: &Json) -> Vec<&str> {
    let reasons = told["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|r| r["rule"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outstanding_evaluation_is_held_then_permitted_then_held_when_it_changes() {
    let both = both().await;
    let supervisor = both.stand.plans[0].worker(StepType::Supervisor);
    let episode = both.stand.plans[0].reference();
    both.appears("70001", StepType::Review);
    let long = format!("<p>{}</p>", "lorem ipsum ".repeat(30));
    both.saved(
        "70001",
        &[
            ("le.learning_conversation.summary", &long),
            ("le.observation.component1", "H"),
            ("le.observation.component2", "H"),
            ("le.observation.component3", "M"),
            ("le.partner_feedback", &long),
            ("le.section6.analysis", &long),
            ("le.overall", "OUT"),
            ("le.final_meeting.date", "2026-10-02"),
        ],
    );

    let told = both.ask("70001", &supervisor).await;
    assert_eq!(told["decision"], "hold");
    assert_eq!(rules(&told), ["LE-23.1", "LE-27.1"], "all at once: {told}");
    let (family, moderation) = (&told["reasons"][0], &told["reasons"][1]);
    assert_eq!(moderation["paragraphs"], json!([8, 27]));
    assert_eq!(moderation["asks"], "head_of_service");
    assert_eq!(family["asks"], "practice_reviewer");
    for part in ["missing", "seen", "remedy"] {
        let text = moderation[part].as_str().unwrap();
        assert!(text.len() > 10, "{part}: {told}");
    }
    assert!(told["valid_until"].is_null() && told["episode"] == episode.as_str());

    both.saved("70001", &[("le.family_feedback", &long)]);
    assert_eq!(rules(&both.ask("70001", &supervisor).await), ["LE-27.1"]);

    let path = format!("/api/v1/episodes/{episode}/decisions");
    let agree = json!({ "decision": "moderate", "grade": "outstanding", "outcome": "agree" });
    let (status, answer) = both.post(&path, "head", agree).await;
    assert_eq!(status, 201, "{answer}");
    let told = both.ask("70001", &supervisor).await;
    assert_eq!(told["decision"], "permit", "{told}");
    assert!(told["valid_until"].is_string() && told["provisional"] == false);

    both.saved("70001", &[("le.overall", "INAD")]);
    let told = both.ask("70001", &supervisor).await;
    assert_eq!(told["decision"], "hold");
    assert_eq!(rules(&told), ["LE-07.4", "LE-27.1"], "{told}");
    let raise = json!({ "decision": "raise_concern" });
    let (status, answer) = both.post(&path, "qa", raise).await;
    assert_eq!(status, 201, "{answer}");
    let told = both.ask("70001", &supervisor).await;
    assert_eq!(rules(&told), ["LE-27.1"], "{told}");
    both.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_held_or_provisional_and_never_a_plain_permit() {
    let both = both().await;
    let reviewer = both.stand.plans[0].worker(StepType::Review);
    both.appears("70000", StepType::Practitioner);
    both.rhythm.turn().await;
    let away = || {
        let council = &both.stand.council;
        council.fault(Fault::Maintenance503, Some(1)).unwrap();
    };
    // The empty form is held, and the same form is held when it cannot be read: it was seen empty.
    for finding in ["unmet", "cannot tell"] {
        let told = both.ask("70000", &reviewer).await;
        assert_eq!(rules(&told), ["LE-16.1"], "{told}");
        assert_eq!(told["reasons"][0]["finding"], finding, "{told}");
        let missing = told["reasons"][0]["missing"].as_str().unwrap();
        let is_old = missing.contains("when the step was last seen (Monday 5 October 2026, ");
        assert_eq!(is_old, finding == "cannot tell", "{told}");
        away();
    }
    // Somebody who sees a later version than that one is not held by it.
    let body = json!({ "step": "70000", "step_version": 9, "next": { "assignee": reviewer } });
    let (_, told) = both.post("/api/v1/finish-checks", "asker", body).await;
    assert_eq!(told["decision"], "permit", "{told}");
    assert_eq!(told["provisional"], true);
    assert!(told["mirror_age_ms"].is_null());

    // An evaluation that cannot be seen is not passed, whatever it was.
    both.appears("70001", StepType::Review);
    both.rhythm.turn().await;
    both.stand
        .council
        .fault(Fault::SigninPage, Some(1))
        .unwrap();
    let told = both.ask("70001", "W-300").await;
    assert_eq!(told["decision"], "hold", "{told}");
    assert!(rules(&told).contains(&"LE-27.1"), "{told}");
    assert_eq!(told["reasons"][0]["finding"], "cannot tell", "{told}");
    both.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_older_than_what_the_asker_sees_is_not_judged() {
    let both = both().await;
    let reviewer = both.stand.plans[0].worker(StepType::Review);
    both.appears("70000", StepType::Practitioner);
    let long = format!("<p>{}</p>", "lorem ipsum ".repeat(30));
    both.saved(
        "70000",
        &[("le.reflection", &long), ("le.focus", "planning")],
    );
    let mut body = json!({
        "step": "70000", "step_version": 2, "next": { "assignee": reviewer }, "request_id": 5,
    });
    let ask = async |body: &Json| {
        let path = "/api/v1/finish-checks";
        both.post(path, "asker", body.clone()).await.1
    };
    let told = ask(&body).await;
    assert_eq!(
        (&told["decision"], &told["provisional"]),
        (&json!("permit"), &json!(false)),
        "{told}"
    );
    assert_eq!(told["request_id"], "5");
    body["step_version"] = json!("3");
    let told = ask(&body).await;
    assert_eq!(told["provisional"], true, "a lagging copy was read: {told}");
    // A screen from before the last save is not what would be judged.
    body["step_version"] = json!(1);
    let told = ask(&body).await;
    assert_eq!(rules(&told), ["LE-00.0"], "{told}");
    assert!(
        told["reasons"][0]["remedy"]
            .as_str()
            .unwrap()
            .starts_with("Load the step again"),
        "{told}"
    );
    both.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_uses_up_no_tries_and_what_waited_is_sent_when_it_is_over() {
    let both = both().await;
    both.appears("70001", StepType::Review);
    both.rhythm.turn().await;
    let before = both.stand.council.received().len();
    let owed = async || {
        let all = both.app.ledger.outbox_list().await.unwrap();
        let waiting = all.into_iter().filter(|row| row.state == "owed");
        waiting.map(|row| row.attempts).collect::<Vec<_>>()
    };
    // Five working days before the completion date a reminder is owed; then the case system is gone.
    both.stand.advance_to(at("2026-10-12T08:00:00Z"));
    let now = both.stand.clock.now();
    tick::pass(&both.app, now).await.unwrap();
    digest::gather(&both.app, now).await.unwrap();
    let fault = |count| both.stand.council.fault(Fault::Maintenance503, count);
    fault(None).unwrap();
    for _ in 0..3 {
        both.stand.advance(3 * 3_600);
        both.rhythm.turn().await;
    }
    let waiting = owed().await;
    assert!(
        !waiting.is_empty() && waiting.iter().all(|tries| *tries == 0),
        "{waiting:?}"
    );
    assert_eq!(both.stand.council.received().len(), before);
    fault(Some(0)).unwrap();
    both.rhythm.turn().await;
    assert_eq!(owed().await, Vec::<i64>::new());
    assert!(both.stand.council.received().len() > before);
    both.end().await;
}
