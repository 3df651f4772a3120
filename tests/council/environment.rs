//! Is what another environment says refused, whichever way it comes (P17)?

use std::time::Duration;

use greentick::app::mirror;
use greentick::simulator::StepType;

use crate::finish::both;
use crate::people::until;
use crate::pitfalls::{held, on, truth};
use crate::stand::stand;

#[tokio::test(flavor = "multi_thread")]
async fn p17_what_another_environment_says_is_refused_in_words_and_nothing_of_it_absorbed() {
    let stand = stand().await;
    stand.live_until("2026-09-13T12:00:00Z").await;
    let app = stand.app(Duration::from_secs(10)).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    stand.live_until("2026-09-16T12:00:00Z").await;
    let before = held(&app).await;
    for sweep in [false, true] {
        on(&stand, "P17", Some(1));
        let now = stand.clock.now();
        let refused = if sweep {
            mirror::sweep(&app, now).await.map(drop)
        } else {
            mirror::poll(&app, now).await.map(drop)
        };
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("`train`"), "{said}");
        assert!(said.contains("this is `synthetic`"), "{said}");
        assert_eq!(held(&app).await, before);
        assert_eq!(
            app.ledger.quarantine().await.unwrap().len(),
            0,
            "no record was looked at"
        );
    }
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    assert_eq!(held(&app).await.1, truth(&stand));
}

#[tokio::test(flavor = "multi_thread")]
async fn p17_a_message_of_another_environment_is_refused_and_our_own_taken() {
    let both = both().await;
    on(&both.stand, "P17/callback", Some(1));
    both.appears("70001", StepType::Review);
    until(|| both.stand.council.untold() == 0).await;
    let answer = both.client.get(format!("{}/metrics", both.doors));
    let told = answer.send().await.unwrap().bytes().await.unwrap();
    let told = String::from_utf8(told.to_vec()).unwrap();
    for counted in ["{kind=\"refused\"} 1", "{kind=\"kept\"} 1"] {
        let line = format!("greentick_callbacks_total{counted}");
        assert!(told.contains(&line), "no `{line}` in {told}");
    }
    both.end().await;
}
