//! Is an answer that says "no rows" a page without any, where the mapping says so, and nowhere else?

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{CaseSystem, FeedPosition, StepAnswer};
use super::asking::{FEED, read_all, system};
use super::{BUDGET, NOW, xml};
use crate::practice::ids::StepId;

const LISTS: &str = r#"
[sweep]
path = "/open"
root = "Steps"
record = "Step"
[merges]
path = "/merges"
root = "Merges"
record = "Merge"
from = "@old"
to = "@new"
[tasks]
path = "/tasks?assignee={{ worker }}"
root = "Tasks"
record = "Task"
id = "@id"
step = "@step"
definition = "@kind"
is = ["LE_FINISH"]
[lookups.types]
path = "/types"
root = "Types"
record = "Type"
number = "@id"
name = "@name"
"#;

fn rows(means: &str) -> String {
    format!(
        r#"{FEED}{LISTS}
[proof]
status = [200, 500]
[[proof.failure]]
path = "Body/Fault/Code"
is = ["NoRows"]
means = "{means}"
[[proof.failure]]
path = "Code"
is = ["NoRows"]
status = [404]
means = "{means}"
[[proof.failure]]
status = [204]
means = "{means}"
"#
    )
}

fn fault(code: &str) -> ResponseTemplate {
    let body = format!("<Envelope><Body><Fault><Code>{code}</Code></Fault></Body></Envelope>");
    ResponseTemplate::new(500).set_body_raw(body, "application/xml")
}

fn missing(code: &str, kind: &str) -> ResponseTemplate {
    ResponseTemplate::new(404).set_body_raw(format!("<Fault><Code>{code}</Code></Fault>"), kind)
}

#[tokio::test]
async fn no_rows_is_an_empty_page_of_every_list_where_the_mapping_says_so() {
    for answer in [
        fault("NoRows"),
        missing("NoRows", "application/xml"),
        ResponseTemplate::new(204),
    ] {
        let server = MockServer::start().await;
        Mock::given(wiremock::matchers::any())
            .respond_with(answer.clone())
            .mount(&server)
            .await;
        let (system, _) = system(&server, &rows("empty"), "");
        let position = FeedPosition::default();
        assert_eq!(read_all(&system).await, (Vec::new(), None));
        let sweep = system.open_steps(&position, NOW).await.unwrap();
        assert_eq!((sweep.count, sweep.next), (0, None));
        let merges = system.merges(&position, NOW).await.unwrap();
        assert!(merges.merges.is_empty() && merges.next.is_none());
        assert_eq!(system.tasks().await, Ok(Vec::new()));
        assert_eq!(system.look_up().await.unwrap().len(), 0);
        // A step is no list: that nothing is found proves nothing of it.
        let step = system.step(&StepId::from("1"), BUDGET, NOW).await.unwrap();
        assert!(matches!(step, StepAnswer::Missing), "{step:?}");
    }
}

#[tokio::test]
async fn what_the_mapping_does_not_explain_is_no_empty_page() {
    for (means, answer) in [
        ("missing", fault("NoRows")),
        ("missing", ResponseTemplate::new(204)),
        ("empty", fault("Busy")),
        ("empty", missing("Other", "application/xml")),
        ("empty", missing("NoRows", "text/html")),
        ("empty", ResponseTemplate::new(404)),
        ("empty", ResponseTemplate::new(410)),
        ("empty", xml("")),
    ] {
        let server = MockServer::start().await;
        let said = format!("{answer:?}");
        Mock::given(path("/steps"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let (system, _) = system(&server, &rows(means), "");
        let read = system.changes(&FeedPosition::default(), NOW).await;
        assert!(read.is_err(), "{means}: {said}");
    }
}
