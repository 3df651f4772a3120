//! Is nobody told of a Finish from before the case system was first read, whatever activation says?

use greentick::app::explain;
use greentick::app::rehearse::{self, Trial};
use greentick::ledger::Ledger;
use greentick::practice::episode::Stage;
use greentick::practice::fact::Fact;
use greentick::practice::ids::EpisodeId;
use greentick::practice::terms::Mode;
use jiff::SignedDuration;

use crate::stand::{Stand, length};

/// Notes on steps that were finished, or sent on, without a permit.
fn notes(stand: &Stand) -> Vec<String> {
    let mut written = stand.app.case_system.written();
    written.retain(|one| one.text.contains("without a permit") || one.text.contains("was sent on"));
    written.into_iter().map(|one| one.text).collect()
}

async fn bypasses(stand: &Stand) -> usize {
    let lines = stand.journal().await;
    let of_kind = lines.iter().filter(|line| line["body"]["kind"] == "bypass");
    of_kind.count()
}

async fn faithful(stand: &Stand) {
    let trial = Trial {
        policy: None,
        people: None,
        since: None,
    };
    let told = rehearse::rehearse(&stand.app.ledger, &stand.app.terms, &trial);
    let told = told.await.unwrap();
    assert!(told.unfaithful.is_empty(), "{:#?}", told.unfaithful);
}

/// What a council did in the week before Greentick, with activation set back before it.
fn a_week_of_work(stand: &mut Stand) {
    for (which, evaluation) in [(1, "good"), (2, "outstanding")] {
        let (le, first) = (format!("LE-{which}"), which * 10);
        let step = |nth: i32| (first + nth).to_string();
        stand.appears(&step(1), &le, Stage::Practitioner);
        stand.finish(&step(1));
        stand.now += SignedDuration::from_hours(1);
        stand.appears(&step(2), &le, Stage::PracticeReview);
        stand.write_review(&step(2), evaluation);
        stand.finish(&step(2));
        stand.now += SignedDuration::from_hours(1);
        stand.appears(&step(3), &le, Stage::SupervisorActions);
    }
    // Its review was sent on while it was open.
    stand.appears("92", "LE-9", Stage::PracticeReview);
    stand.appears("93", "LE-9", Stage::SupervisorActions);
}

#[tokio::test]
async fn what_was_finished_before_the_first_reading_is_announced_to_nobody() {
    let mut stand = Stand::new(Mode::Callout, "2026-11-03 09:00").await;
    a_week_of_work(&mut stand);
    stand.until("2026-11-05 10:00").await;
    stand.turn().await;
    assert_eq!(notes(&stand), Vec::<String>::new());
    assert_eq!(bypasses(&stand).await, 0);

    // It survives a restart, and what happens from now on is told.
    stand.app.ledger = Ledger::open(&stand.url()).await.unwrap();
    stand.now += SignedDuration::from_hours(1);
    stand.appears("31", "LE-3", Stage::Practitioner);
    stand.finish("31");
    stand.now += SignedDuration::from_mins(5);
    stand.turn().await;
    let told = notes(&stand);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].contains("step 31 was finished without"),
        "{told:#?}"
    );
    assert!(!told[0].contains("Rule LE-"), "{told:#?}");
    assert_eq!(bypasses(&stand).await, 1);

    // A replay and an explanation of the past say the same.
    faithful(&stand).await;
    for (le, how) in [("LE-1", (false, false)), ("LE-3", (true, false))] {
        let id = EpisodeId::from(le);
        let past = explain::as_of(&stand.app, &id, stand.now).await.unwrap();
        let (past, _) = past.unwrap();
        let step = past.step_of(Stage::Practitioner).unwrap();
        let finish = step.finished.last().unwrap();
        assert_eq!((finish.bypass, finish.permit.is_some()), how, "{le}");
        assert_eq!(past, stand.app.ledger.episode(&id).await.unwrap().unwrap());
    }
}

#[tokio::test]
async fn an_old_unmoderated_extreme_at_a_manager_is_one_line_of_the_digest() {
    let mut stand = Stand::new(Mode::Callout, "2026-11-03 09:00").await;
    a_week_of_work(&mut stand);
    stand.until("2026-11-06 10:00").await;
    let mut told = stand.app.case_system.written();
    told.retain(|one| one.operation == "notice" && one.text.contains("LE-08.2"));
    assert_eq!(told.len(), 1, "{told:#?}");
    let all = told[0].text.matches("(LE-08.2)").count();
    let of_two = "LE-2, supervisor's step: not met since 3 November 2026: unmoderated evaluation reached a manager";
    assert!(all == 1 && told[0].text.contains(of_two), "{told:#?}");
}

#[tokio::test]
async fn without_a_stamp_what_the_first_reading_met_finished_was_finished_before() {
    let mut stand = Stand::new(Mode::Callout, "2026-11-03 09:00").await;
    let unstamped = |stand: &Stand, step: &str| {
        stand.finish(step);
        stand.save(step, |held| held.dates.completed = None);
    };
    for which in 1..=3 {
        let step = format!("{which}1");
        stand.appears(&step, &format!("LE-{which}"), Stage::Practitioner);
    }
    unstamped(&stand, "11");
    unstamped(&stand, "21");
    stand.turn().await;
    assert_eq!(notes(&stand), Vec::<String>::new());
    // One that was met open was finished since.
    stand.now += SignedDuration::from_mins(5);
    unstamped(&stand, "31");
    stand.turn().await;
    let told = notes(&stand);
    assert!(told.len() == 1 && told[0].contains("step 31 "), "{told:#?}");
    // So was one that nobody saw open, once the first reading is over.
    stand.now += SignedDuration::from_mins(5);
    stand.appears("51", "LE-5", Stage::Practitioner);
    stand.write("51", &[(Fact::ReflectionLength, length(9))]);
    unstamped(&stand, "51");
    stand.now += SignedDuration::from_mins(5);
    stand.turn().await;
    let told = notes(&stand);
    assert!(
        told.iter().any(|text| text.contains("step 51 ")),
        "{told:#?}"
    );
    faithful(&stand).await;
}

#[tokio::test]
async fn a_note_names_the_rule_only_if_an_extreme_evaluation_went_on_unmoderated() {
    for (evaluation, is_against) in [("outstanding", true), ("good", false)] {
        let mut stand = Stand::new(Mode::Callout, "2026-11-03 09:00").await;
        stand.appears("12", "LE-1", Stage::PracticeReview);
        stand.turn().await;
        stand.now += SignedDuration::from_hours(1);
        stand.write_review("12", evaluation);
        stand.finish("12");
        stand.now += SignedDuration::from_mins(5);
        stand.turn().await;
        let told = notes(&stand);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(told[0].contains("Rule LE-08.2."), is_against, "{told:#?}");
        assert_eq!(told[0].contains("Rule "), is_against, "{told:#?}");
    }
}
