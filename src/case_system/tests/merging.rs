//! Is the list of merges read page by page, and no further than it may be believed?

use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer};

use super::super::{CaseFault, CaseSystem, Cursor, FeedPosition};
use super::asking::{FEED, system};
use super::{NOW, xml};
use crate::mapping::ChildKeying;

const MERGES: &str = r#"
[merges]
path = "/merges?from={{ high_water }}&after={{ token }}"
root = "Merges"
record = "Merge"
paging = "token"
next = "Next"
cursor = "sequence"
high_water = "@number"
environment = "@environment"
from = "@old"
to = "@new"
at = "At"
[environments.train]
"#;

#[tokio::test]
async fn p23_a_list_of_merges_is_read_page_by_page_and_a_bad_row_is_set_aside_alone() {
    let server = MockServer::start().await;
    let (system, _) = system(&server, &format!("{FEED}{MERGES}"), "");
    let first = "<Merges environment='train' number='41'><Merge old=' P1 ' new='P2'><At>2026-11-24T02:00:00Z</At></Merge>\
        <Merge old='P3' new='0'/><Merge old='P4' new='P5'><At>soon</At></Merge><Next>b</Next></Merges>";
    let last = "<Merges environment='train' number='42'><Merge old='P2' new='P6'/></Merges>";
    Mock::given(path("/merges"))
        .and(query_param("after", ""))
        .respond_with(xml(first))
        .mount(&server)
        .await;
    Mock::given(path("/merges"))
        .and(query_param("after", "b"))
        .respond_with(xml(last))
        .mount(&server)
        .await;
    let keying = ChildKeying::new(b"key");
    let one = system.merges(&FeedPosition::default(), NOW).await.unwrap();
    assert_eq!(one.merges.len(), 1);
    assert_eq!(one.merges[0].from, keying.key("P1"));
    assert_eq!(one.merges[0].to, keying.key("P2"));
    assert_eq!(
        one.merges[0].at,
        Some("2026-11-24T02:00:00Z".parse().unwrap())
    );
    let bad: Vec<&str> = one
        .quarantined
        .iter()
        .map(|bad| bad.path.as_str())
        .collect();
    assert_eq!(bad, ["merges.to", "merges.at"]);
    let reasons = format!("{:?}", one.quarantined);
    assert!(
        !reasons.contains("P3") && !reasons.contains("P4"),
        "{reasons}"
    );
    assert_eq!(one.going_on.cursor, Cursor::Sequence);
    assert_eq!(one.going_on.high_water.as_deref(), Some("41"));
    let two = system.merges(&one.next.unwrap(), NOW).await.unwrap();
    assert_eq!((two.merges.len(), two.merges[0].at), (1, None));
    assert!(two.next.is_none());
}

#[tokio::test]
async fn p23_a_list_of_merges_that_proves_nothing_or_is_of_elsewhere_is_refused() {
    let server = MockServer::start().await;
    let (system, _) = system(&server, &format!("{FEED}{MERGES}"), "");
    for (body, why) in [
        ("<Merges environment='live'/>", "`live`"),
        ("<Fault/>", "root element"),
        ("<Merges environment='train'><Merge old='1'", ""),
    ] {
        server.reset().await;
        Mock::given(query_param_is_missing("nothing"))
            .respond_with(xml(body))
            .mount(&server)
            .await;
        let read = system.merges(&FeedPosition::default(), NOW).await;
        let Err(CaseFault::Unproven(said)) = read else {
            panic!("{body}: {read:?}");
        };
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_case_system_without_such_a_list_is_not_asked_for_one() {
    let server = MockServer::start().await;
    let (system, _) = system(&server, FEED, "");
    let none = system.merges(&FeedPosition::default(), NOW).await.unwrap();
    assert!(none.merges.is_empty() && none.next.is_none());
    assert!(server.received_requests().await.unwrap().is_empty());
}
