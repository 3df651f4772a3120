//! Persons became one in the council: do episodes get their new keys, by its list and at once (P23)?

use std::time::Duration;

use greentick::app::{App, mirror};
use greentick::case_system::HttpCaseSystem;
use greentick::mapping::ChildKeying;
use greentick::practice::ids::EpisodeId;
use greentick::simulator::{Event, StepType};

use crate::finish::both;
use crate::people::until;
use crate::pitfalls::on;
use crate::stand::stand;

/// Whether the first episode's child is known by the key of this person.
async fn is_of(app: &App<HttpCaseSystem>, episode: &str, person: &str) -> bool {
    let episode = app.ledger.episode(&EpisodeId::from(episode)).await;
    episode.unwrap().unwrap().child == Some(ChildKeying::new(b"key of children").key(person))
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_the_councils_list_of_merges_gives_an_episode_its_new_key() {
    for (switch, ends, merges) in [("P23", "9", 1), ("P23/chain", "99", 2)] {
        let stand = stand().await;
        stand.live_until("2026-09-13T12:00:00Z").await;
        let app = stand.app(Duration::from_secs(10)).await;
        mirror::poll(&app, stand.clock.now()).await.unwrap();
        on(&stand, switch, Some(1));
        let steps = stand.council.steps();
        let child = |step: &greentick::simulator::Step| step.subject.clone().unwrap_or_default();
        let merged = steps
            .iter()
            .find(|step| !step.merged_from.is_empty())
            .unwrap();
        let plan = stand
            .plans
            .iter()
            .find(|plan| child(merged).starts_with(&plan.child()));
        let plan = plan.unwrap();
        assert_eq!(child(merged), format!("{}{ends}", plan.child()));
        assert!(is_of(&app, &plan.reference(), &plan.child()).await);

        let report = mirror::merges(&app, stand.clock.now()).await.unwrap();
        assert_eq!(
            (report.merged, report.merges_refused),
            (merges, 0),
            "{switch}"
        );
        assert!(is_of(&app, &plan.reference(), &child(merged)).await);
        stand.advance(3_600);
        let again = mirror::sweep(&app, stand.clock.now()).await.unwrap();
        assert_eq!((again.merged, again.quarantined), (0, 0), "{switch}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_message_about_a_person_is_kept_and_has_the_list_read_at_once() {
    let both = both().await;
    both.appears("70001", StepType::Review);
    until(|| both.stand.council.untold() == 0).await;
    mirror::poll(&both.app, both.stand.clock.now())
        .await
        .unwrap();
    let (from, reference) = (both.stand.plans[0].child(), both.stand.plans[0].reference());
    both.stand
        .council
        .happen(Event::PersonsMerged {
            from,
            to: "P-99".to_owned(),
        })
        .unwrap();
    // No beat falls due: it is the message that has the list read.
    let read = async {
        while !is_of(&both.app, &reference, "P-99").await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read)
        .await
        .unwrap();
    both.end().await;
}
