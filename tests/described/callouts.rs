//! Is a question answered in its own words, the same every time, and in its time whatever the ledger does?

use std::sync::mpsc;

use greentick::practice::episode::Stage;
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{EpisodeId, StepId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::sighting::Sighting;

use super::{NOW, Stand, common};

fn question(request: &str, deadline_ms: u32) -> String {
    format!(
        "<Envelope><Body><FinishCheck environment='live'><RequestId>{request}</RequestId><StepId>7</StepId>\
         <Worker id='W-1'/><DeadlineMs>{deadline_ms}</DeadlineMs><NextAction immediate='N'>\
         <Assignee>W-PR</Assignee></NextAction></FinishCheck></Body></Envelope>"
    )
}

/// A practitioner's step whose reflection is as long as given.
fn reflects(stand: &Stand, length: u32) {
    let now = NOW.parse().unwrap();
    let seen = common::review("7", "LE-1", now);
    let facts = [
        (Fact::ReflectionLength, Known::Is(Value::Length(length))),
        (Fact::FocusLength, Known::Is(Value::Length(80))),
    ];
    let step = Sighting {
        stage: Stage::Practitioner,
        assignee: Known::Is(WorkerId::from("W-1")),
        facts: facts.into(),
        ..seen
    };
    stand.memory.add(step, now);
}

/// The decision's name in a reply.
fn named(reply: &str) -> &str {
    let rest = reply.split(" id='").nth(1).unwrap();
    rest.split('\'').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_has_the_same_answer_until_something_changes() {
    let stand = Stand::up().await;
    reflects(&stand, 12);
    let ask = async |request: &str| {
        stand
            .post("finish-checks", "hush", &question(request, 9_000))
            .await
    };
    let (status, held) = ask("R-1").await;
    assert_eq!(status, 200);
    assert!(
        held.contains("HOLD Finish is held") && held.contains("request='R-1'"),
        "{held}"
    );
    assert!(
        held.contains("code='LE-16.1' question='le.reflection'"),
        "{held}"
    );
    let longest = held
        .split("</Reason>")
        .filter_map(|part| part.split("'>").last());
    assert!(longest.map(|text| text.chars().count()).max() <= Some(200));
    assert_eq!(ask("R-1").await.1, held);
    let asked = stand.journal().await.matches("\"kind\":\"asked\"").count();
    assert_eq!(asked, 1, "a repeated question is entered once");
    // The worker writes what was missing and presses again: another answer to the same request.
    reflects(&stand, 640);
    let (_, permit) = ask("R-1").await;
    assert!(
        permit.contains("PERMIT") || permit.contains("WARN"),
        "{permit}"
    );
    assert_ne!(named(&permit), named(&held));
    assert_eq!(ask("R-1").await.1, permit);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_ask_at_once_are_both_permitted_each_by_its_own_name() {
    let stand = Stand::up().await;
    reflects(&stand, 640);
    let ask = |request: &'static str| {
        let body = question(request, 9_000);
        let stand = &stand;
        async move { stand.post("finish-checks", "hush", &body).await.1 }
    };
    let (first, second) = tokio::join!(ask("R-1"), ask("R-2"));
    assert_ne!(named(&first), named(&second));
    assert_eq!(first.replace(named(&first), "").replace("R-1", ""), {
        second.replace(named(&second), "").replace("R-2", "")
    });
    // The tab that asked first asks again, although the other's permit was given since.
    assert_eq!(ask("R-1").await, first);
    let episode = stand
        .ledger
        .episode(&EpisodeId::from("LE-1"))
        .await
        .unwrap()
        .unwrap();
    assert!(episode.permits.contains_key(&StepId::from("7")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_answered_in_its_time_although_the_ledger_is_busy() {
    let stand = Stand::up().await;
    reflects(&stand, 640);
    assert_eq!(
        stand
            .post("finish-checks", "hush", &question("first", 9_000))
            .await
            .0,
        200
    );
    let before = stand.journal().await.lines().count();
    // Somebody holds the ledger, and lets it go only when everybody has an answer.
    let (go, wait) = mpsc::channel::<()>();
    let (holds, held) = tokio::sync::oneshot::channel::<()>();
    let ledger = stand.ledger.clone();
    let holder = tokio::spawn(async move {
        let id = EpisodeId::from("LE-1");
        let mut holds = Some(holds);
        let held = ledger.react_one(&id, NOW.parse().unwrap(), move |_| {
            let _ = holds.take().map(|holds| holds.send(()));
            let _ = wait.recv();
            None
        });
        held.await.unwrap();
    });
    held.await.unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for nth in 0..60 {
        let body = question(&format!("R-{nth}"), 20);
        let url = format!("{}/api/v1/finish-checks/council", stand.base);
        let request = stand
            .client
            .post(url)
            .header("X-Case-Key", "hush")
            .body(body);
        asked.spawn(async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        });
    }
    while let Some(answer) = asked.join_next().await {
        let (status, body) = answer.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(status, 503);
        assert!(body.contains("LATER") && !body.contains("PERMIT"), "{body}");
    }
    go.send(()).unwrap();
    holder.await.unwrap();
    // Nobody was permitted by an answer that was not given; asked again, each is.
    let (status, body) = stand
        .post("finish-checks", "hush", &question("R-1", 9_000))
        .await;
    assert_eq!(status, 200);
    assert!(!body.contains("HOLD"), "{body}");
    assert!(stand.journal().await.lines().count() > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_not_from_here_is_not_answered() {
    let stand = Stand::up().await;
    let good = question("R-1", 900);
    for (what, key, body, wanted) in [
        ("another key", "guess", good.clone(), 401),
        ("training", "hush", good.replace("'live'", "'train'"), 403),
        (
            "no step",
            "hush",
            good.replace("<StepId>7</StepId>", ""),
            400,
        ),
    ] {
        let (status, body) = stand.post("finish-checks", key, &body).await;
        assert_eq!(status, wanted, "{what}: {body}");
    }
    assert!(!stand.journal().await.contains("asked"));
}
