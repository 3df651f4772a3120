//! Is a message believed only from here, kept before it is acknowledged, and taken once?

use std::fmt::Write;
use std::sync::atomic::Ordering;

use greentick::mapping::{Mapping, Refused};
use greentick::practice::ids::{EpisodeId, StepId};

use super::{NOW, Stand, common};

/// A SOAP message of so many events, each about the step of its number.
fn message(environment: &str, ids: std::ops::Range<u32>) -> String {
    let mut events = String::new();
    for id in ids {
        let _ = write!(
            events,
            "<Notification><Id>E-{id}</Id><Sequence>{id}</Sequence><Step><Id>{id}</Id>\
             <Status>COMPLETED</Status></Step></Notification>"
        );
    }
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header><Environment>\
         {environment}</Environment></s:Header><s:Body><notifications>{events}</notifications></s:Body>\
         </s:Envelope>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_kept_once_acknowledged_and_the_steps_it_names_are_read() {
    let stand = Stand::up().await;
    let now = NOW.parse().unwrap();
    stand.memory.add(common::review("7", "LE-1", now), now);
    let (status, body) = stand
        .post("callbacks", "hush", &message("live", 1..101))
        .await;
    assert_eq!((status, body.as_str()), (200, "<Ack>true</Ack>"));
    let kept = |journal: String| journal.matches("\"kind\":\"callback\"").count();
    assert_eq!(kept(stand.journal().await), 100);
    // Delivered again, with one that is new: acknowledged, and only that one is entered.
    let (status, _) = stand
        .post("callbacks", "hush", &message("live", 2..102))
        .await;
    assert_eq!(status, 200);
    assert_eq!(kept(stand.journal().await), 101);
    // What the message said of the step is a hint; the step as it stands is read. A pass takes fifty of those named.
    stand.rhythm.turn().await;
    stand.rhythm.turn().await;
    let episode = stand
        .ledger
        .episode(&EpisodeId::from("LE-1"))
        .await
        .unwrap()
        .unwrap();
    let step = episode.steps.get(&StepId::from("7")).unwrap();
    assert!(step.status.is_open() && step.finished.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_named_is_read_when_the_case_system_is_back() {
    let stand = Stand::up().await;
    let step = common::review("7", "LE-1", NOW.parse().unwrap());
    stand.memory.add(step, NOW.parse().unwrap());
    stand.away.store(true, Ordering::Relaxed);
    let (status, _) = stand
        .post("callbacks", "hush", &message("live", 7..8))
        .await;
    assert_eq!(status, 200);
    stand.rhythm.turn().await;
    let episode = EpisodeId::from("LE-1");
    assert!(stand.ledger.episode(&episode).await.unwrap().is_none());
    stand.away.store(false, Ordering::Relaxed);
    stand.rhythm.turn().await;
    assert!(stand.ledger.episode(&episode).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_from_here_or_not_as_described_is_refused_and_leaves_nothing() {
    let stand = Stand::up().await;
    let good = message("live", 1..2);
    for (what, key, body, wanted) in [
        ("another key", "guess", good.clone(), 401),
        ("the training system", "hush", message("train", 1..2), 403),
        (
            "no environment",
            "hush",
            good.replace("Environment", "Other"),
            403,
        ),
        (
            "an event without an id",
            "hush",
            good.replace("<Id>E-1</Id>", ""),
            400,
        ),
        ("no event", "hush", message("live", 1..1), 400),
        ("too many", "hush", message("live", 1..102), 400),
        ("a page", "hush", "<html></html>".to_owned(), 400),
        ("cut short", "hush", good.replace("</s:Envelope>", ""), 400),
    ] {
        let (status, body) = stand.post("callbacks", key, &body).await;
        assert_eq!(status, wanted, "{what}: {body}");
    }
    assert!(!stand.journal().await.contains("callback"));
}

#[test]
fn json_is_read_in_the_same_words_and_a_message_without_event_ids_by_its_own() {
    let case = include_str!("case.toml");
    let xml = "root = \"Envelope\"\nevent = \"Body/notifications/Notification\"\nid = \"Id\"\n\
               sequence = \"Sequence\"\nstep = \"Step/Id\"\nenvironment = \"Header/Environment\"";
    let json = "format = \"json\"\nroot = \"\"\nevent = \"events\"\nid = \"id\"\nid_header = \"webhook-id\"\n\
                step = \"data/stepId\"\nenvironment = \"environment\"";
    assert!(case.contains(xml));
    let mapping = Mapping::compile("case.toml", &case.replace(xml, json)).unwrap();
    let callback = mapping.callback().unwrap();
    let heard = |body: &str, message| mapping.heard(callback, body.as_bytes(), None, message);
    let body = r#"{"environment":"live","events":[{"id":41,"data":{"stepId":"007"}},{"data":{"stepId":8}}]}"#;
    let events = heard(body, Some("msg_1")).unwrap();
    let told: Vec<(&str, Option<&str>)> = events
        .iter()
        .map(|event| (event.id.as_str(), event.step.as_deref()))
        .collect();
    assert_eq!(told, [("41", Some("007")), ("msg_1/1", Some("8"))]);
    assert!(matches!(heard(body, None), Err(Refused::Unreadable(_))));
    let train = body.replace("live", "train");
    assert!(matches!(
        heard(&train, Some("msg_1")),
        Err(Refused::Environment(_))
    ));
}
