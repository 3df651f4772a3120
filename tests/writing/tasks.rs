//! Which tasks are found to be ours, over all pages, and how is one answered?

use greentick::case_system::{CaseSystem, OpenTask, Outcome};
use greentick::mapping::Mapping;
use greentick::practice::effect::Act;
use greentick::practice::ids::{StepId, TaskId};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::{CASE, answers, council, effect, sent, xml};

fn listed(id: &str, definition: &str, state: &str, to: &str) -> String {
    format!(
        "<Task id='{id}' stepId='S-{id}' definition='{definition}' mandatory='Y'><State>{state}</State>\
         <SentAt>2026-11-10T09:00:00Z</SentAt><To><Worker id='{to}'/></To></Task>"
    )
}

#[tokio::test]
async fn only_open_tasks_of_our_definition_and_our_worker_are_ours_on_every_page() {
    let (server, system) = council(CASE).await;
    let pages = [
        (
            "0",
            [
                listed("1", "LE finish", "SENT", "W-GT"),
                listed("2", "Other", "SENT", "W-GT"),
            ]
            .concat(),
        ),
        (
            "2",
            [
                listed("3", "LE finish", "ANSWERED", "W-GT"),
                listed("4", "LE finish", "SENT", "W-9"),
            ]
            .concat(),
        ),
        ("4", listed("5", "LE finish", "SENT", "W-GT")),
    ];
    for (offset, tasks) in pages {
        let page = xml(&format!("<Tasks total='5'>{tasks}</Tasks>"));
        let list = Mock::given(method("GET")).and(path("/workflow/tasks"));
        let list = list
            .and(query_param("to", "W-GT"))
            .and(query_param("offset", offset));
        list.respond_with(page).mount(&server).await;
    }
    let task = |id: &str| OpenTask {
        id: TaskId::from(id),
        step: StepId(format!("S-{id}")),
    };
    assert_eq!(system.tasks().await.unwrap(), [task("1"), task("5")]);
}

#[tokio::test]
async fn a_list_that_is_not_proven_is_no_list() {
    let (server, system) = council(CASE).await;
    let html = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    for answer in [
        html,
        xml("<Tasks total='1'><Task"),
        xml("<Error/>"),
        ResponseTemplate::new(500),
    ] {
        server.reset().await;
        answers(&server, "GET", "/workflow/tasks", answer).await;
        assert!(system.tasks().await.is_err());
    }
}

#[tokio::test]
async fn a_task_is_answered_with_its_mark_and_a_second_answer_is_no_fault() {
    let (server, system) = council(CASE).await;
    let answer = effect(
        "k",
        Act::AnswerTask {
            task: TaskId::from("T/1"),
            text: "Finish is permitted.".to_owned(),
        },
    );
    let place = "/workflow/tasks/T%2F1/answer";
    for status in [200, 409] {
        server.reset().await;
        answers(&server, "POST", place, ResponseTemplate::new(status)).await;
        assert_eq!(system.perform(&answer).await, Outcome::Done, "{status}");
    }
    let body = sent(&server, place).await.concat();
    assert!(
        body.contains(&format!("<Mark>{}</Mark>", answer.mark())),
        "{body}"
    );
}

/// Each operation is tried offline with an effect of its own kind.
#[test]
fn an_answer_to_a_task_and_a_due_date_are_tried_offline() {
    let tests = r#"
[[test]]
name = "a due date"
kind = "write.due"
body = "any"
to = "PUT /steps/1/due"
writes = '{"due":"2026-12-04"}'
[[test]]
name = "an answer"
kind = "write.answer_task"
body = "any"
to = "POST /workflow/tasks/task/answer"
"#;
    let mapping = Mapping::compile("case.toml", &format!("{CASE}{tests}")).unwrap();
    for outcome in mapping.run_tests(|_| Ok(b"<Any/>".to_vec())) {
        assert_eq!(outcome.differences, [""; 0], "{}", outcome.name);
    }
}
