//! Is it said of work that was late before activation that nobody is told of it, and of an activation that was moved?

use greentick::app::{explain, past};
use greentick::practice::episode::Stage;
use greentick::practice::ids::EpisodeId;
use greentick::practice::terms::Mode;

use crate::stand::{Stand, terms};

#[tokio::test]
async fn what_was_due_before_activation_is_said_not_to_be_chased_until_a_level_after_it() {
    let mut terms = terms(Mode::Callout);
    terms.activation = "2026-11-24T08:00:00Z".parse().unwrap();
    let mut stand = Stand::under(terms, "2026-11-24 09:00").await;
    for (step, le, due) in [("12", "LE-1", "2026-11-20"), ("22", "LE-2", "2026-11-24")] {
        stand.appears(step, le, Stage::PracticeReview);
        stand.save(step, |held| held.dates.due = Some(due.parse().unwrap()));
    }
    stand.turn().await;
    let said = async |stand: &Stand, le: &str| {
        let id = EpisodeId::from(le);
        let told = explain::explain(&stand.app, &id, None, stand.now).await;
        let told = told.unwrap().unwrap();
        let clock = told.clock.into_iter();
        let words: Vec<String> = clock.flat_map(|one| one.words).collect();
        words
            .join(" ")
            .contains("It is not chased: due before activation (Tuesday 24 November 2026).")
    };
    assert!(said(&stand, "LE-1").await);
    stand.until("2026-11-26 10:00").await;
    assert!(!said(&stand, "LE-2").await, "it fell due after activation");
    stand.until("2026-12-10 10:00").await;
    assert!(!said(&stand, "LE-1").await, "a later level was told");
}

#[tokio::test]
async fn an_activation_that_is_moved_is_told_with_what_the_ledger_was_begun_with() {
    let mut stand = Stand::new(Mode::Callout, "2026-11-10 09:00").await;
    assert_eq!(past::begun_with(&stand.app).await.unwrap(), None);
    let begun = stand.app.terms.activation;
    stand
        .change(|terms| terms.activation = "2026-01-01T00:00:00Z".parse().unwrap())
        .await;
    assert_eq!(past::begun_with(&stand.app).await.unwrap(), Some(begun));
}
