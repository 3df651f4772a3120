//! Does each switch do on the wire what its line of the table says? Whether Greentick survives it is asked elsewhere.

use greentick::simulator::{Dialect, Event, Fault, SWITCHES, Status, Strikes};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::json;

use crate::speak::{Reply, Speaker, client, send, struck, written};
use crate::stand::{KEY, Stand, at, stand};

const ALL: [Dialect; 5] = Dialect::ALL;

/// A council in the middle of its cycle, with people's texts in forms of every kind.
async fn busy() -> Stand {
    let stand = stand().await;
    stand.live_until("2026-10-16T12:00:00Z").await;
    stand
}

fn on(stand: &Stand, name: &str, count: Option<u64>) -> Vec<String> {
    let fault = Fault::named(name).unwrap();
    stand.council.strike(fault, count, None).unwrap()
}

/// The speakers of every dialect that a switch knows.
async fn speakers<'s>(stand: &'s Stand, name: &str) -> Vec<Speaker<'s>> {
    let mut speakers = Vec::new();
    for dialect in Fault::named(name).unwrap().switch().dialects {
        speakers.push(Speaker::new(stand, *dialect).await);
    }
    speakers
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_everything_does_nothing_and_is_over_when_its_count_is() {
    let stand = busy().await;
    let mut told = 0;
    for (name, check) in REFUSALS {
        for speaker in speakers(&stand, name).await {
            let mark = format!("{name}-{}", speaker.dialect.name());
            on(&stand, name, Some(1));
            let reply = speaker.note("40031", &mark, "t").await;
            assert!(
                check(&reply, speaker.dialect),
                "{name} {:?}: {reply:?}",
                speaker.dialect
            );
            assert!(
                written(&stand, &mark).is_empty(),
                "{name}: nothing was done"
            );
            told += 1;
            let again = speaker.note("40031", &mark, "t").await;
            assert!(
                matches!(again.status, 200 | 201),
                "{name} {:?}: over",
                speaker.dialect
            );
            assert_eq!(
                struck(&stand, Fault::named(name).unwrap().name()),
                told,
                "{name}"
            );
        }
        told = 0;
    }
}

type Check = fn(&Reply, Dialect) -> bool;

const REFUSALS: [(&str, Check); 17] = [
    ("P08", |r, _| {
        r.status == 429 && r.header("retry-after") == "2"
    }),
    ("P08/date", |r, _| {
        r.status == 429 && r.header("retry-after") == "Fri, 16 Oct 2026 12:00:02 GMT"
    }),
    ("P08/none", |r, _| {
        r.status == 429 && r.header("retry-after").is_empty()
    }),
    ("P08/huge", |r, _| {
        r.status == 429 && r.header("retry-after") == "2592000"
    }),
    ("P08/past", |r, _| {
        r.status == 429 && r.header("retry-after") == "Fri, 16 Oct 2026 11:00:00 GMT"
    }),
    ("P09", |r, _| {
        r.status == 503 && r.header("retry-after") == "1"
    }),
    ("P09/502", |r, _| r.status == 502 && html(r)),
    ("P09/page", |r, _| {
        r.status == 200 && html(r) && r.text().contains("unavailable")
    }),
    ("P09/document", |r, d| {
        r.status == 200
            && r.header("content-type").contains(kind(d))
            && r.text().contains("unavailable")
    }),
    ("P10", |r, _| {
        r.status == 200 && html(r) && r.text().contains("Sign in") && r.text().ends_with("</html>")
    }),
    ("P10/broken", |r, _| {
        r.status == 200 && html(r) && !r.text().contains("</html>")
    }),
    ("P10/disguised", |r, d| {
        r.status == 200
            && r.header("content-type").contains(kind(d))
            && r.text().contains("Sign in")
    }),
    ("P34", |r, d| refused(r, d, "ocked", 423)),
    ("P34/stale", |r, d| refused(r, d, "tale", 412)),
    ("P38", |r, _| {
        r.status == 302 && r.header("location") == "/signin"
    }),
    ("P39", |r, _| {
        r.status == 407 && !r.header("proxy-authenticate").is_empty()
    }),
    ("P39/reset", |r, _| r.status == 0),
];

fn html(reply: &Reply) -> bool {
    reply.header("content-type").starts_with("text/html")
}

fn kind(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Xml | Dialect::Soap => "xml",
        _ => "json",
    }
}

/// Whether a reply refuses with this status, or inside a fault or a batch that says so, in any letter case.
fn refused(reply: &Reply, dialect: Dialect, code: &str, status: u16) -> bool {
    let said = match dialect {
        Dialect::Soap => 500,
        Dialect::Batch => 200,
        _ => status,
    };
    reply.status == said && reply.text().to_lowercase().contains(code)
}

#[tokio::test(flavor = "multi_thread")]
async fn more_refusals_of_a_write_say_why() {
    let stand = busy().await;
    for (name, code) in [
        ("P34/restricted", "may not see"),
        ("P34/permission", "the account may not"),
    ] {
        for speaker in speakers(&stand, name).await {
            on(&stand, name, Some(1));
            let reply = speaker.note("40031", "m", "t").await;
            assert!(
                refused(&reply, speaker.dialect, code, 403),
                "{name}: {}",
                reply.text()
            );
        }
    }
    for speaker in speakers(&stand, "P15/limit").await {
        on(&stand, "P15/limit", Some(1));
        let reply = speaker.note("40031", "m", &"x".repeat(121)).await;
        assert!(
            refused(&reply, speaker.dialect, "at most 120", 400),
            "{}",
            reply.text()
        );
    }
    assert!(written(&stand, "m").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_can_be_done_and_answered_badly() {
    let stand = busy().await;
    for (name, status) in [("P33", 0), ("P33/500", 500)] {
        for speaker in speakers(&stand, name).await {
            let mark = format!("{name}-{:?}", speaker.dialect);
            on(&stand, name, Some(1));
            // A read is no write: the switch waits.
            assert_eq!(speaker.notes("40031").await.status, 200);
            let reply = speaker.note("40031", &mark, "t").await;
            assert_eq!(reply.status, status, "{name} {:?}", speaker.dialect);
            assert_eq!(written(&stand, &mark).len(), 1, "{name}: it was done");
        }
    }
    // By the machine's clock, and only once is enough.
    let speaker = Speaker::new(&stand, Dialect::Json).await;
    on(&stand, "slow", Some(1));
    let begun = std::time::Instant::now();
    assert_eq!(speaker.note("40031", "slowly", "t").await.status, 201);
    assert!(begun.elapsed().as_secs() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_a_page_are_cut_spoiled_and_blown_up() {
    let stand = busy().await;
    for speaker in speakers(&stand, "P13").await {
        let good = speaker.feed(10, 0, "").await;
        let (length, first) = (good.body.len(), speaker.dialect);
        for (name, check) in BYTES {
            if !Fault::named(name)
                .unwrap()
                .switch()
                .dialects
                .contains(&speaker.dialect)
            {
                continue;
            }
            on(&stand, name, Some(1));
            let reply = speaker.feed(10, 0, "").await;
            assert!(
                check(&reply, length),
                "{name} {first:?}: {} {:?}",
                reply.status,
                reply.headers
            );
        }
        assert_eq!(
            speaker.feed(10, 0, "").await.body,
            good.body,
            "{first:?}: over"
        );
    }
}

type Bytes = fn(&Reply, usize) -> bool;

const BYTES: [(&str, Bytes); 14] = [
    ("P13", |r, n| {
        r.whole && r.body.len() < n / 2 && shut(&r.body)
    }),
    ("P13/inside", |r, n| {
        r.whole && r.body.len() < n / 2 && !shut(&r.body)
    }),
    ("P13/close", |r, n| {
        r.whole
            && r.body.len() < n / 2
            && r.header("content-length").is_empty()
            && r.header("transfer-encoding").is_empty()
    }),
    ("P13/length", |r, n| {
        !r.whole && r.header("content-length") == n.to_string()
    }),
    ("P13/chunked", |r, n| {
        !r.whole && r.body.len() < n && r.header("transfer-encoding") == "chunked"
    }),
    ("P13/gzip", |r, n| {
        r.header("content-encoding") == "gzip"
            && r.body.starts_with(&[0x1f, 0x8b])
            && r.body.len() < n + 200
    }),
    ("P14", |r, _| {
        String::from_utf8(r.body.clone()).is_err() && r.header("content-type").ends_with("utf-8")
    }),
    ("P14/declared", |r, _| {
        String::from_utf8(r.body.clone()).is_err()
            && r.header("content-type").ends_with("windows-1252")
    }),
    ("P14/header", |r, _| {
        String::from_utf8(r.body.clone()).is_ok()
            && r.header("content-type").ends_with("windows-1252")
    }),
    ("P14/bom", |r, _| r.body.starts_with(&[0xef, 0xbb, 0xbf])),
    ("P14/utf16", |r, n| {
        r.body.starts_with(&[0xff, 0xfe]) && r.body.len() >= 2 * n
    }),
    ("P37", |r, _| r.body.len() > 50 * 1024 * 1024),
    ("P37/deep", |r, _| {
        r.text().contains(&"<x>".repeat(100)) || r.text().contains(&"[".repeat(100))
    }),
    ("P37/doctype", |r, _| {
        r.text().contains("<!DOCTYPE bomb") && r.text().contains("&a9;")
    }),
];

/// Whether what there is ends with the end of a record.
fn shut(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["</Step>", "</cw:Step>", "}", "},"]
        .iter()
        .any(|end| text.ends_with(end))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_come_byte_by_byte() {
    let stand = busy().await;
    let speaker = Speaker::new(&stand, Dialect::Xml).await;
    on(&stand, "P37/drip", Some(1));
    let request = speaker.request(Method::GET, "/workflow/steps/changes", String::new());
    let mut answer = request.send().await.unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..2 {
        assert_eq!(answer.chunk().await.unwrap().unwrap().len(), 1);
    }
    assert!(begun.elapsed().as_millis() >= 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_record_says_what_no_reader_expects() {
    let stand = busy().await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        let good = speaker.feed(50, 0, "").await.text();
        for (name, wanted) in [
            ("P15", ["\\u0001", "\u{1}"]),
            ("P15/emoji", ["\u{1F600}", "\u{1F600}"]),
            ("P16", ["2026-10-25T01:30:00", "2026-10-25T01:30:00"]),
            ("P16/spring", ["2026-03-29T01:30:00", "2026-03-29T01:30:00"]),
            ("P16/sentinel", ["9999-12-31", "1900-01-01"]),
            ("P31/type", ["1999", "51999"]),
            ("P31/label", ["(2026)", "(2026)"]),
            (
                "P31/template",
                ["le.focus_of_learning", "le.overall_evaluation"],
            ),
            ("P32", ["yesterday", "yesterday"]),
        ] {
            on(&stand, name, Some(1));
            let spoiled = speaker.feed(50, 0, "").await.text();
            let has = |text: &str| wanted.iter().any(|word| text.contains(word));
            assert!(!has(&good) && has(&spoiled), "{name} {dialect:?}");
        }
        for name in ["P31", "P31/option", "P16/day"] {
            on(&stand, name, Some(1));
            let spoiled = speaker.feed(50, 0, "").await.text();
            assert!(good != spoiled, "{name} {dialect:?}");
        }
        assert!(
            speaker.feed(50, 0, "").await.text() == good,
            "{dialect:?}: over"
        );
        // A status nobody knows is a word, or no date at all where there is no status.
        on(&stand, "bad_status_record", Some(1));
        let parked = speaker.step("40031").await.text();
        assert!(
            parked.contains("PARKED") || parked.contains("\"incomingOn\":null"),
            "{parked}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_repeat_drift_lose_their_order_and_their_end() {
    let stand = busy().await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        let first = speaker.feed(10, 0, "").await;
        let ids = speaker.ids(&first);
        let next = speaker.next(&first);
        on(&stand, "P02/feed", Some(1));
        let backwards = speaker.ids(&speaker.feed(10, 0, "").await);
        let turned: Vec<String> = ids.iter().rev().cloned().collect();
        assert_eq!(backwards, turned, "{dialect:?}");
        on(&stand, "P03/feed", Some(1));
        let text = speaker.feed(10, 0, "").await.text();
        assert!(
            text.len() > first.text().len() * 3 / 2,
            "{dialect:?}: twice"
        );
        on(&stand, "P05", Some(1));
        let second = speaker.feed(10, 1, &next).await;
        assert_eq!(
            speaker.ids(&second)[0],
            ids[9],
            "{dialect:?}: the boundary again"
        );
        on(&stand, "P06", None);
        let stuck = speaker.feed(10, 1, &next).await;
        let again = speaker.feed(10, 2, &speaker.next(&stuck)).await;
        assert_eq!(
            speaker.ids(&again),
            speaker.ids(&stuck),
            "{dialect:?}: for ever"
        );
        on(&stand, "P06", Some(0));
        on(&stand, "P07", Some(1));
        let clamped = speaker.feed(60, 0, "").await;
        assert_eq!(speaker.ids(&clamped).len(), 10, "{dialect:?}");
        assert!(
            !speaker.next(&clamped).is_empty(),
            "{dialect:?}: and there is more"
        );
        on(&stand, "P40", Some(1));
        let empty = speaker.feed(10, 0, "").await;
        assert_eq!(
            (empty.status, speaker.ids(&empty).len()),
            (200, 0),
            "{dialect:?}"
        );
        assert_eq!(speaker.next(&empty), "");
        on(&stand, "P40/all", None);
        assert_eq!(
            speaker.ids(&speaker.open(10, 0, "").await).len(),
            0,
            "{dialect:?}"
        );
        on(&stand, "P40/all", Some(0));
    }
    let json = Speaker::new(&stand, Dialect::Json).await;
    on(&stand, "P06/host", Some(1));
    assert!(
        json.feed(10, 0, "")
            .await
            .text()
            .contains("\"nextLink\":\"http://elsewhere.invalid/")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_between_two_pages_moves_what_follows() {
    let stand = busy().await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        let first = speaker.feed(10, 0, "").await;
        on(&stand, "P04", Some(1));
        let mut ids = speaker.ids(&first);
        let mut cursor = speaker.next(&first);
        for page in 1.. {
            let reply = speaker.feed(10, page, &cursor).await;
            ids.extend(speaker.ids(&reply));
            cursor = speaker.next(&reply);
            if cursor.is_empty() {
                break;
            }
        }
        let missing = stand
            .council
            .steps()
            .into_iter()
            .filter(|step| !ids.contains(&step.id));
        // By number, one step slips past; by place, the moved one is met again.
        let numbered = matches!(dialect, Dialect::Eav | Dialect::Batch);
        assert_eq!(missing.count(), usize::from(numbered), "{dialect:?}");
    }
    for dialect in [Dialect::Eav, Dialect::Batch] {
        let speaker = Speaker::new(&stand, dialect).await;
        let ids = speaker.ids(&speaker.feed(10, 0, "").await);
        on(&stand, "P04/inserted", Some(1));
        let second = speaker.ids(&speaker.feed(10, 1, "").await);
        assert_eq!(second[0], ids[9], "{dialect:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_between_two_pages_and_are_refused() {
    let stand = busy().await;
    for dialect in ALL {
        let mut speaker = Speaker::new(&stand, dialect).await;
        on(&stand, "P11", Some(1));
        let first = speaker.feed(10, 0, "").await;
        assert_eq!(
            first.status, 200,
            "{dialect:?}: the first page is not struck"
        );
        let next = speaker.next(&first);
        let refused = speaker.feed(10, 1, &next).await;
        let status = if dialect == Dialect::Soap { 500 } else { 401 };
        assert_eq!(refused.status, status, "{dialect:?}: {}", refused.text());
        let still = speaker.feed(10, 1, &next).await.status;
        let ended = matches!(dialect, Dialect::Json | Dialect::Eav | Dialect::Batch);
        assert_eq!(still, if ended { 401 } else { 200 }, "{dialect:?}");
        for (name, status) in [("P11/500", 500), ("P11/401", 401)] {
            on(&stand, name, Some(1));
            assert_eq!(speaker.sign_in().await, if ended { status } else { 200 });
            on(&stand, name, Some(0));
        }
        speaker.sign_in().await;
        assert_eq!(speaker.feed(10, 1, &next).await.status, 200, "{dialect:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_off_and_the_night_is_closed() {
    let stand = busy().await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        for (name, date, shown) in [
            (
                "P12",
                "Fri, 16 Oct 2026 12:07:00 GMT",
                ["2026-10-16T12:07:00", "1792152420000"],
            ),
            (
                "P12/behind",
                "Fri, 16 Oct 2026 11:53:00 GMT",
                ["2026-10-16T11:53:00", "1792151580000"],
            ),
        ] {
            on(&stand, name, None);
            let reply = speaker.feed(10, 0, "").await;
            on(&stand, name, Some(0));
            assert_eq!(reply.header("date"), date, "{dialect:?}");
            // In local time, an hour on, where there is no zone.
            let local = shown[0].replace("T12", "T13").replace("T11", "T12");
            let text = reply.text();
            assert!(
                [shown[0], shown[1], &local]
                    .iter()
                    .any(|one| text.contains(one)),
                "{name} {dialect:?}: {text:.300}"
            );
        }
    }
    let speaker = Speaker::new(&stand, Dialect::Xml).await;
    for (name, when, status) in [
        ("P18", "2026-10-16T20:59:00Z", 200),
        ("P18", "2026-10-16T21:00:00Z", 503),
        ("P18", "2026-10-17T00:59:00Z", 503),
        ("P18", "2026-10-17T01:00:00Z", 200),
        ("P18/overrun", "2026-10-17T03:29:00Z", 503),
        ("P18/overrun", "2026-10-17T03:30:00Z", 200),
        // The night in which clocks go back: two in the morning is an hour later by UTC.
        ("P18", "2026-10-25T01:59:00Z", 503),
        ("P18", "2026-10-25T02:00:00Z", 200),
    ] {
        stand.advance_to(at(when));
        on(&stand, name, None);
        assert_eq!(speaker.feed(10, 0, "").await.status, status, "{when}");
        on(&stand, name, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_from_another_environment() {
    let stand = busy().await;
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        assert!(
            speaker.feed(10, 0, "").await.text().contains("synthetic"),
            "{dialect:?}"
        );
        on(&stand, "P17", Some(1));
        let train = speaker.feed(10, 0, "").await.text();
        assert!(
            train.contains("train") && train.contains("220"),
            "{dialect:?}: {train:.200}"
        );
        on(&stand, "P17/types", Some(1));
        let types = speaker.feed(10, 0, "").await.text();
        assert!(
            !types.contains("train") && types.contains("220"),
            "{dialect:?}: {types:.200}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_host_tells_whether_credentials_came_along() {
    let stand = busy().await;
    let speaker = Speaker::new(&stand, Dialect::Xml).await;
    on(&stand, "P38/host", Some(1));
    let reply = speaker.feed(10, 0, "").await;
    assert_eq!(reply.status, 307);
    let to = reply.header("location").to_owned();
    assert!(to.starts_with("http://localhost:"), "{to}");
    let log = || std::fs::read_to_string(stand.folder.path().join("council.jsonl")).unwrap();
    send(client().get(&to)).await;
    assert!(log().contains("followed without credentials"));
    send(client().get(&to).bearer_auth("x")).await;
    assert!(log().contains("followed with credentials"));
    let page = send(client().get(format!("{}/signin", stand.base))).await;
    assert!(page.text().contains("Sign in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_meet_and_get_the_same_page() {
    let stand = busy().await;
    let one = Speaker::new(&stand, Dialect::Xml).await;
    on(&stand, "P41", Some(2));
    let begun = std::time::Instant::now();
    let (first, second) = tokio::join!(one.feed(10, 0, ""), one.feed(10, 0, ""));
    assert!(
        begun.elapsed().as_millis() < 1_900,
        "they did not wait in vain"
    );
    assert_eq!(one.ids(&first), one.ids(&second));
    on(&stand, "P41", Some(1));
    assert_eq!(
        one.feed(10, 0, "").await.status,
        200,
        "alone it goes on after a while"
    );
    assert!(begun.elapsed().as_millis() >= 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_less_than_it_did() {
    let stand = busy().await;
    let speaker = Speaker::new(&stand, Dialect::Batch).await;
    let operations = |mark: &str| {
        let one = |nth: u8| {
            json!({ "id": format!("op{nth}"), "operation": "addNote",
                "params": { "stepId": "40031", "mark": format!("{mark}-{nth}"), "text": "t" } })
        };
        json!([one(0), one(1), one(2)])
    };
    on(&stand, "P35", Some(1));
    let partial = send(speaker.batch(&operations("a"), "partial"))
        .await
        .json();
    let success = |nth: usize| partial["results"][nth]["success"].clone();
    assert_eq!(
        [success(0), success(1), success(2)],
        [json!(true), json!(true), json!(false)]
    );
    assert!(written(&stand, "a-1").len() == 1 && written(&stand, "a-2").is_empty());
    on(&stand, "P35/count", Some(1));
    let short = send(speaker.batch(&operations("b"), "partial"))
        .await
        .json();
    assert_eq!(short["results"].as_array().unwrap().len(), 2);
    assert_eq!(written(&stand, "b-2").len(), 1);
    on(&stand, "P35/order", Some(1));
    let turned = send(speaker.batch(&operations("c"), "partial"))
        .await
        .json();
    assert_eq!(turned["results"][0]["id"], "op2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_or_closed_shows_in_its_own_way() {
    let stand = busy().await;
    for (name, code, in_feed, in_open) in [
        ("P21", "DELETED", false, false),
        ("P21/tombstone", "DELETED", true, false),
        ("P21/404", "NOT_FOUND", false, false),
        ("P21/absent", "", false, false),
        ("P22", "RESTRICTED", false, false),
        ("P22/404", "NOT_FOUND", false, false),
        ("P22/blanked", "", true, true),
        ("P22/marked", "RESTRICTED", true, false),
    ] {
        let struck = on(&stand, name, None);
        assert_eq!(struck.len(), 1, "{name}");
        let id = &struck[0];
        for dialect in ALL {
            let speaker = Speaker::new(&stand, dialect).await;
            let reply = speaker.step(id).await;
            let said = speaker
                .code(&reply)
                .replace("AccessDenied", "Restricted")
                .to_uppercase();
            let is_absent = |text: &str| text == code.replace('_', "") || text == code;
            assert!(is_absent(&said), "{name} {dialect:?}: {said}");
            let feed = speaker.all("feed", 100).await.contains(id);
            let open = speaker.all("open", 100).await.contains(id);
            assert_eq!((feed, open), (in_feed, in_open), "{name} {dialect:?}");
            if name == "P22/blanked" {
                let text = reply.text();
                assert!(
                    !text.contains("le.reference") && !text.contains("P-1"),
                    "{text}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_truth_changes_as_the_switch_says() {
    let stand = busy().await;
    let step = |id: &str| stand.council.step(id).unwrap();
    let one = |name: &str| {
        let struck = on(&stand, name, None);
        assert_eq!(struck.len(), 1, "{name}");
        struck[0].clone()
    };
    let again = step(&one("P20"));
    assert!(again.status == Status::Reopened && again.stamps.contains_key(&Status::Completed));
    let again = step(&one("P20/cleared"));
    assert!(again.status == Status::Reopened && !again.stamps.contains_key(&Status::Completed));
    let before: Vec<_> = stand.council.steps();
    let id = one("P23");
    let (held, was) = (step(&id), before.iter().find(|one| one.id == id).unwrap());
    assert_eq!(
        (held.version, held.changed_at),
        (was.version, was.changed_at)
    );
    assert_eq!(held.merged_from[0].from, was.subject.clone().unwrap());
    assert_ne!(held.subject, was.subject);
    assert_eq!(step(&one("P23/chain")).merged_from.len(), 2);
    let double = step(&one("P23/double"));
    let same = stand.council.steps().into_iter();
    let same = same.filter(|other| other.subject == double.subject && other.status.can_finish());
    assert!(same.count() >= 2);
    let nobody = one("P24");
    assert_eq!(step(&nobody).subjects().count(), 0);
    assert_eq!(one("P24/gains"), nobody);
    assert_eq!(step(&one("P24/group")).subjects().count(), 3);
    let copied = one("P25");
    let made_of = |from: &str| {
        let all = stand.council.steps().into_iter();
        all.filter(|step| step.copied_from.as_deref() == Some(from))
            .count()
    };
    assert_eq!(made_of(&copied), 1);
    let count = stand.council.steps().len();
    let twin = one("P25/twin");
    assert_eq!(
        (stand.council.steps().len(), made_of(&twin)),
        (count + 1, usize::from(twin == copied))
    );
    let team = step(&one("P26"));
    assert_eq!((team.assignee, team.team.as_deref()), (None, Some("T-7")));
    assert!(step(&one("P26/acting")).acting_for.is_some());
    let left = step(&one("P26/left")).assignee.unwrap();
    assert!(stand.council.received().is_empty() && !left.is_empty());
    let due: Date = "2026-11-02".parse().unwrap();
    let moved = step(&one("P30"));
    assert_eq!((moved.due, moved.scheduled), (Some(due), Some(due)));
    let id = one("P30/due");
    assert!(step(&id).due > Some("2026-10-20".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn successors_appear_early_proposed_late_and_vanish() {
    let stand = stand().await;
    stand.live_until("2026-09-11T12:00:00Z").await;
    let next = |id: &str| {
        let all = stand.council.steps().into_iter();
        let mut after =
            all.filter(|step| step.previous.as_ref().is_some_and(|link| link.step == id));
        after.next().unwrap()
    };
    let early = on(&stand, "P27", None);
    assert!(next(&early[0]).previous.unwrap().immediate);
    let proposed = on(&stand, "P28", None);
    assert_eq!(next(&proposed[0]).status, Status::Proposed);
    let vanished = on(&stand, "P28/vanish", None);
    assert_eq!(vanished, [next(&proposed[0]).id]);
    assert!(next(&proposed[0]).deleted);
    let id = early[0].clone();
    let at_once = stand.council.step(&id).unwrap();
    assert!(at_once.status.can_finish());
    let done = stand.council.steps().into_iter().find(|step| {
        step.status.can_finish()
            && step.id != id
            && step.id != proposed[0]
            && step.step_type.code() == "1201"
    });
    let done = done.unwrap().id;
    let status = Status::Completed;
    stand
        .council
        .happen(Event::StepStatus {
            step: done.clone(),
            status,
        })
        .unwrap();
    assert_eq!(on(&stand, "P29", None)[0], done);
    let late = next(&done);
    assert!(late.stamps[&Status::Incoming] < at("2026-08-22T00:00:00Z"));
    assert!(late.changed_at > at("2026-09-11T00:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_the_feed_late_with_its_old_time() {
    let stand = busy().await;
    let speaker = Speaker::new(&stand, Dialect::Xml).await;
    let id = on(&stand, "P01/feed", None)[0].clone();
    let changed = stand.council.step(&id).unwrap().changed_at;
    assert!(!speaker.all("feed", 100).await.contains(&id));
    assert!(
        speaker.all("open", 100).await.contains(&id),
        "a sweep shows it"
    );
    stand.advance(3 * 3_600);
    assert!(speaker.all("feed", 100).await.contains(&id));
    assert_eq!(stand.council.step(&id).unwrap().changed_at, changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_council_has_forgotten_and_gives_its_numbers_again() {
    let stand = busy().await;
    let speaker = Speaker::new(&stand, Dialect::Json).await;
    let water = async || {
        speaker.feed(10, 0, "").await.json()["highWater"]
            .as_u64()
            .unwrap()
    };
    let before = (water().await, stand.council.steps());
    let gone = on(&stand, "P19", Some(250));
    assert!(water().await < before.0, "the high water goes back");
    assert!(!gone.is_empty() && stand.council.steps().len() < before.1.len());
    let after = stand.council.steps();
    let (folder, clock) = stand.end().await;
    let stand = crate::stand::serve(folder, clock, None, false).await;
    assert_eq!(stand.council.steps(), after, "and it stays so after a kill");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checked_out_step_takes_no_writes_until_it_is_checked_in() {
    let stand = busy().await;
    let id = on(&stand, "P34/checkout", None)[0].clone();
    for dialect in ALL {
        let speaker = Speaker::new(&stand, dialect).await;
        let reply = speaker.note(&id, "m", "t").await;
        assert!(
            refused(&reply, dialect, "checked out", 423),
            "{dialect:?}: {}",
            reply.text()
        );
        assert!(speaker.step(&id).await.text().contains("W-"));
    }
    assert_eq!(on(&stand, "P34/checkin", None)[0], id);
    let speaker = Speaker::new(&stand, Dialect::Xml).await;
    assert_eq!(speaker.note(&id, "m", "t").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_steps_are_overdue_at_once() {
    let stand = busy().await;
    let before = stand.council.steps().len();
    assert_eq!(on(&stand, "P36", Some(40)).len(), 40);
    let steps = stand.council.steps();
    assert_eq!(steps.len(), before + 40);
    let day: Date = "2026-10-09".parse().unwrap();
    assert_eq!(
        steps.iter().filter(|step| step.due == Some(day)).count(),
        40
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_are_turned_by_name_or_number_and_listed_with_what_they_do() {
    let stand = busy().await;
    let turn = |body: &str| {
        let request = client().post(format!("{}/council/faults", stand.base));
        send(
            request
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
    };
    assert_eq!(turn(r#"{"name":"P99"}"#).await.status, 400);
    let told = turn(r#"{"name":"p13/gzip","count":1}"#).await.json();
    assert_eq!(told["name"], "cut_gzip");
    let told = turn(r#"{"name":"P21","step":"49999"}"#).await.json();
    assert_eq!(
        told["steps"],
        json!([]),
        "there is no such step: nothing happens"
    );
    let listed = send(client().get(format!("{}/council/faults", stand.base)))
        .await
        .json();
    assert_eq!(listed.as_array().unwrap().len(), SWITCHES.len());
    let gzip = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "P13/gzip")
        .unwrap();
    assert_eq!(gzip["on"], true);
    assert!(
        SWITCHES
            .iter()
            .all(|fault| fault.switch().strikes != Strikes::Batch
                || fault.switch().dialects == [Dialect::Batch])
    );
    // The key is still the key: switches do not open doors.
    let reply = send(
        client()
            .get(format!("{}/workflow/steps/changes", stand.base))
            .header("x-api-key", KEY),
    );
    assert_eq!(reply.await.status, 200);
}

#[test]
fn the_document_has_the_whole_table() {
    let document = include_str!("../../docs/synthetic-council.md");
    for fault in SWITCHES {
        let switch = fault.switch();
        let line = format!("| `{}` | `{}` |", switch.id, switch.name);
        let line = document.lines().find(|one| one.starts_with(&line));
        let told = line.is_some_and(|line| line.contains(switch.what));
        assert!(told, "{} is not in the document as it is", switch.id);
    }
}
