//! Does CSLT get the pack of a cycle: told once, through the case system, with its first figures, and over HTTP (LE-09.5)?

use std::sync::Arc;

use greentick::app::{decide, draw, hand_over};
use greentick::practice::decision::{Decided, Decision};
use greentick::practice::episode::{Evaluation, Role};
use greentick::practice::ids::{CycleId, EpisodeId, WorkerId};
use greentick::practice::terms::Holder;
use greentick::simulator::Received;
use reqwest::StatusCode;

use crate::finish::{Both, both_with};
use crate::stand::at;

const CYCLE: &str = "2026-C3";
const POLICY: &[u8] = b"[sampling]\nsample_size = 6\ndouble_moderated_minimum = 0\n";

/// A daemon beside a council whose cycle is drawn.
async fn drawn() -> Both {
    let both = both_with(|_, app| {
        let holders = &mut Arc::make_mut(&mut app.terms).people.holders;
        holders.extend(["W-C1", "W-C2"].map(|worker| Holder {
            worker: WorkerId::from(worker),
            role: Role::Cslt,
            from: None,
            until: None,
        }));
    })
    .await;
    both.stand.live_until("2026-10-12T12:00:00Z").await;
    both.rhythm.turn().await;
    let (now, cycle) = (both.stand.clock.now(), CycleId::from(CYCLE));
    draw::freeze(&both.app, &cycle, POLICY, now).await.unwrap();
    draw::draw(&both.app, &cycle, "58213904671229840731", now)
        .await
        .unwrap();
    both
}

async fn moderate(both: &Both, le_id: &str, by: &str, grade: Evaluation) {
    let now = both.stand.clock.now();
    let decision = Decision {
        id: format!("{le_id}/{by}"),
        episode: EpisodeId::from(le_id),
        by: WorkerId::from(by),
        at: now,
        what: Decided::ModerateSample {
            grade,
            learning: None,
        },
    };
    decide::record(&both.app, &decision, now).await.unwrap();
}

fn told(both: &Both) -> Vec<Received> {
    let all = both.stand.council.received().into_iter();
    all.filter(|one| one.text.contains("The consistency pack of cycle"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cslt_is_told_of_the_pack_once_and_again_only_when_its_figures_change() {
    let both = drawn().await;
    let cycle = CycleId::from(CYCLE);
    let assignment = draw::assignment(&both.app, &cycle).await.unwrap().unwrap();
    let (last, first) = assignment.items.split_last().unwrap();
    for item in first {
        for who in item.moderator.iter().chain(&item.second) {
            moderate(&both, &item.le_id, who, Evaluation::Good).await;
        }
    }
    // One is still to be moderated: nothing is said by itself, and what is asked for is said once.
    both.stand.advance_to(at("2026-10-13T08:00:00Z"));
    both.rhythm.turn().await;
    assert!(told(&both).is_empty());
    let now = both.stand.clock.now();
    assert!(hand_over::deliver(&both.app, &cycle, now).await.unwrap());
    assert!(!hand_over::deliver(&both.app, &cycle, now).await.unwrap());
    both.rhythm.turn().await;
    assert_eq!(told(&both).len(), 1);

    for who in last.moderator.iter().chain(&last.second) {
        moderate(&both, &last.le_id, who, Evaluation::Good).await;
    }
    for day in ["2026-10-14", "2026-10-15", "2026-10-16"] {
        both.stand.advance_to(at(&format!("{day}T08:00:00Z")));
        both.rhythm.turn().await;
        both.rhythm.turn().await;
        assert_eq!(told(&both).len(), 2, "{day}");
    }
    let message = &told(&both)[1];
    assert_eq!(
        (message.operation.as_str(), &message.roles),
        ("alert", &vec!["cslt".to_owned()])
    );
    let count = assignment.items.len();
    let of_all = format!("items: {count}");
    assert_eq!(
        message.text.matches(&of_all).count(),
        6,
        "each figure has its n: {}",
        message.text
    );
    for part in [
        "/api/v1/cycles/2026-C3/pack.html",
        "greentick sample pack 2026-C3",
        "The same grade, as counted: ",
        "LE-09.5",
    ] {
        assert!(message.text.contains(part), "{part}: {}", message.text);
    }
    // Nothing new is found, so nothing new is told.
    let now = both.stand.clock.now();
    assert!(!hand_over::deliver(&both.app, &cycle, now).await.unwrap());
    both.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pack_is_handed_out_over_http_to_whoever_may_read() {
    let both = drawn().await;
    let get = async |file: &str, token: &str, tag: Option<&str>| {
        let mut request = both
            .client
            .get(format!("{}/api/v1/cycles/{file}", both.doors));
        request = request.header("authorization", format!("Bearer {token}"));
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        request.send().await.unwrap()
    };
    for (file, kind, how) in [
        ("pack.html", "text/html", "inline"),
        ("pack.xlsx", "application/vnd.openxmlformats", "attachment"),
        ("pack.csv", "text/csv", "attachment"),
        ("pack.json", "application/json", "attachment"),
    ] {
        let path = format!("{CYCLE}/{file}");
        let answer = get(&path, "reader", None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{file}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind), "{file}");
        assert_eq!(
            header("content-disposition"),
            format!("{how}; filename=\"{CYCLE}-{file}\"")
        );
        assert_eq!(header("cache-control"), "private, no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let tag = header("etag");
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.len() > 1_000, "{file}");
        let again = get(&path, "reader", Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{file}");
        let other = get(&path, "reader", Some("\"another\"")).await;
        assert_eq!(
            other.bytes().await.unwrap(),
            bytes,
            "{file}: the same pack, the same bytes"
        );
        assert_eq!(
            get(&path, "nobody", None).await.status(),
            StatusCode::UNAUTHORIZED
        );
    }
    for (path, why) in [
        ("2026-C9/pack.html", "no sample of cycle"),
        ("2026-C3/pack.pdf", "there is pack.html"),
    ] {
        let answer = get(path, "reader", None).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().await.unwrap().contains(why), "{path}");
    }
    both.end().await;
}
