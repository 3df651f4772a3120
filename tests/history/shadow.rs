//! Is the QA manager told each week, once, what would have been held, and nothing if there is nothing?

use greentick::app::{dispatch, shadow};
use greentick::practice::episode::Stage;
use greentick::practice::fact::Fact;
use greentick::practice::terms::Mode;

use crate::stand::{Stand, length};

async fn look(stand: &mut Stand, moment: &str) -> usize {
    stand.until(moment).await;
    stand.turn().await;
    let owed = shadow::pass(&stand.app, stand.now).await.unwrap();
    dispatch::pass(&stand.app, "test", || stand.now)
        .await
        .unwrap();
    owed
}

fn told(stand: &Stand) -> Vec<String> {
    let mut written = stand.app.case_system.written();
    written.retain(|one| one.operation == "notice" && one.text.contains("would have held"));
    written.into_iter().map(|one| one.text).collect()
}

/// A practitioner's step that is finished with a reflection of so many characters.
fn finished(stand: &Stand, which: u32, characters: u32) {
    let (step, id) = (format!("{which}1"), format!("LE-{which}"));
    stand.appears(&step, &id, Stage::Practitioner);
    let written = [
        (Fact::ReflectionLength, length(characters)),
        (Fact::FocusLength, length(20)),
    ];
    stand.write(&step, &written);
    stand.finish(&step);
}

#[tokio::test]
async fn what_would_have_been_held_is_told_once_a_week_and_nothing_if_nothing() {
    let mut stand = Stand::new(Mode::Observe, "2026-11-10 09:00").await;
    // The week in which a council begins has nothing to tell.
    assert_eq!(look(&mut stand, "2026-11-10 09:10").await, 0);
    stand.until("2026-11-11 10:00").await;
    for (which, characters) in [(1, 20), (2, 500), (3, 0)] {
        finished(&stand, which, characters);
    }
    assert_eq!(
        look(&mut stand, "2026-11-12 09:00").await,
        0,
        "not before Monday"
    );
    assert_eq!(
        look(&mut stand, "2026-11-16 08:29").await,
        0,
        "nor before half past eight"
    );
    assert_eq!(look(&mut stand, "2026-11-16 08:31").await, 1);
    let text = told(&stand).remove(0);
    for part in [
        "In the week before Monday 16 November 2026, Greentick would have held 2 of 3 Finishes.",
        "By rule: LE-16.1 reflection written (2)",
        "LE-1, practitioner's step: LE-16.1.",
        "LE-3, practitioner's step: LE-16.1.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("LE-2,"), "{text}");
    assert_eq!(look(&mut stand, "2026-11-16 16:00").await, 0, "once");
    assert_eq!(
        look(&mut stand, "2026-11-23 09:00").await,
        0,
        "a week without any is silent"
    );
    // Nobody looked for two weeks: nothing is lost, and it is told once.
    finished(&stand, 4, 10);
    stand.now = stand.app.terms.calendar.moment("2026-12-07 08:45").unwrap();
    assert_eq!(look(&mut stand, "2026-12-07 08:46").await, 1);
    assert_eq!(told(&stand).len(), 2);
}

#[tokio::test]
async fn a_monday_that_is_no_working_day_is_told_on_the_next_one() {
    let mut stand = Stand::new(Mode::Observe, "2026-12-21 08:31").await;
    assert_eq!(look(&mut stand, "2026-12-21 09:00").await, 0);
    finished(&stand, 1, 10);
    // 28 December 2026 is a bank holiday.
    assert_eq!(look(&mut stand, "2026-12-28 12:00").await, 0);
    assert_eq!(look(&mut stand, "2026-12-29 08:31").await, 1);
}

#[tokio::test]
async fn many_steps_are_told_in_parts_that_fit_and_name_each_once() {
    let mut stand = Stand::new(Mode::Observe, "2026-11-10 09:00").await;
    stand.turn().await;
    for which in 1..=40 {
        finished(&stand, which, 10);
    }
    let owed = look(&mut stand, "2026-11-16 08:31").await;
    let texts = told(&stand);
    assert!(owed > 1 && texts.len() == owed, "{owed}");
    for which in 1..=40 {
        let named = format!(" LE-{which}, practitioner");
        let times = texts.iter().filter(|text| text.contains(&named)).count();
        assert_eq!(times, 1, "{named}");
    }
    for text in texts {
        assert!(text.chars().count() < 1_000, "{text}");
    }
}

#[tokio::test]
async fn where_finish_is_held_no_shadow_is_told() {
    let mut stand = Stand::new(Mode::Callout, "2026-11-10 09:00").await;
    finished(&stand, 1, 10);
    assert_eq!(look(&mut stand, "2026-11-16 09:00").await, 0);
}
