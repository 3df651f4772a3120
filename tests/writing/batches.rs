//! Has each item of a batch its own outcome, and is a wrong number of results no outcome at all (P35)?

use greentick::case_system::{CaseSystem, Outcome};
use greentick::practice::effect::{Act, Effect};
use wiremock::{MockServer, ResponseTemplate};

use super::{CASE, answers, council, effect, note, sent, xml};

fn three() -> [Effect; 3] {
    ["a", "b", "c"].map(|key| note(key, "late"))
}

async fn tried(
    server: &MockServer,
    system: &impl CaseSystem,
    answer: ResponseTemplate,
) -> Vec<&'static str> {
    server.reset().await;
    answers(server, "POST", "/batch", answer).await;
    let effects = three();
    let all: Vec<&Effect> = effects.iter().collect();
    let outcomes = system.perform_all(&all).await;
    assert_eq!(sent(server, "/batch").await.len(), 1, "one request for all");
    outcomes.iter().map(word).collect()
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done | Outcome::Made { .. } => "done",
        Outcome::Refused { retry: true, .. } => "again",
        Outcome::Refused { retry: false, .. } => "refused",
        Outcome::Unknown { .. } => "unknown",
    }
}

const OK: &str = "<Result status='201'/>";
const LOCKED: &str = "<Result status='423'><Code>LOCKED</Code></Result>";
const BAD: &str = "<Result status='400'><Code>NO</Code></Result>";
const ODD: &str = "<Result status='299'/>";

fn results(all: &[&str]) -> ResponseTemplate {
    xml(&format!("<BatchResult>{}</BatchResult>", all.concat()))
}

#[tokio::test]
async fn each_item_ends_as_its_own_result_says() {
    let (server, system) = council(CASE).await;
    for (what, answer, wanted) in [
        (
            "partly",
            results(&[OK, LOCKED, BAD]),
            ["done", "again", "refused"],
        ),
        (
            "a result nobody explained",
            results(&[OK, ODD, OK]),
            ["done", "unknown", "done"],
        ),
        ("too few", results(&[OK, OK]), ["unknown"; 3]),
        ("too many", results(&[OK, OK, OK, OK]), ["unknown"; 3]),
        ("another root", xml("<Other/>"), ["unknown"; 3]),
        (
            "a refusal of all",
            ResponseTemplate::new(400),
            ["unknown"; 3],
        ),
        ("not now", ResponseTemplate::new(503), ["again"; 3]),
    ] {
        assert_eq!(tried(&server, &system, answer).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn all_or_nothing_is_nothing_if_one_item_is_bad() {
    let whole = CASE.replace("most = 10", "most = 10\nall_or_nothing = true");
    let (server, system) = council(&whole).await;
    for (what, answer, wanted) in [
        ("all", results(&[OK, OK, OK]), ["done"; 3]),
        (
            "one bad",
            results(&[OK, BAD, OK]),
            ["again", "refused", "again"],
        ),
        // One by one they will show which of them is bad.
        ("refused whole", ResponseTemplate::new(422), ["again"; 3]),
    ] {
        assert_eq!(tried(&server, &system, answer).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn results_that_name_their_items_may_come_in_any_order() {
    let keyed = CASE.replace(
        "status = \"@status\"",
        "status = \"@status\"\nkey = \"@ref\"",
    );
    let (server, system) = council(&keyed).await;
    let named =
        |name: &str, result: &str| result.replacen("<Result", &format!("<Result ref='{name}'"), 1);
    let mixed = [named("op2", BAD), named("op0", OK), named("op1", LOCKED)];
    let mixed: Vec<&str> = mixed.iter().map(String::as_str).collect();
    let ended = tried(&server, &system, results(&mixed)).await;
    assert_eq!(ended, ["done", "again", "refused"]);
    let twice = [named("op0", OK), named("op0", OK), named("op1", OK)];
    let twice: Vec<&str> = twice.iter().map(String::as_str).collect();
    assert_eq!(
        tried(&server, &system, results(&twice)).await,
        ["unknown"; 3]
    );
    let strange = [named("op0", OK), named("op1", OK), named("op9", OK)];
    let strange: Vec<&str> = strange.iter().map(String::as_str).collect();
    assert_eq!(
        tried(&server, &system, results(&strange)).await,
        ["unknown"; 3]
    );
}

#[tokio::test]
async fn an_effect_of_two_calls_is_two_items_and_the_second_names_the_first() {
    let (server, system) = council(CASE).await;
    let notice = effect(
        "n",
        Act::Notice {
            text: "look".to_owned(),
        },
    );
    answers(&server, "POST", "/batch", results(&[OK, LOCKED, OK])).await;
    let seen = format!(
        "<Notices><Notice><Mark>{}</Mark></Notice></Notices>",
        notice.mark()
    );
    answers(&server, "GET", "/notices", xml(&seen)).await;
    let note = note("a", "late");
    let outcomes = system.perform_all(&[&notice, &note]).await;
    let words: Vec<&str> = outcomes.iter().map(word).collect();
    assert_eq!(
        words,
        ["again", "done"],
        "the second call of the first is still owed"
    );
    let body = sent(&server, "/batch").await.concat();
    assert!(body.starts_with("<Batch><Notice ref='op0'>"), "{body}");
    assert!(
        body.contains("<Task ref='op1' about='op0'>") && body.contains("nth='2'"),
        "{body}"
    );
}
