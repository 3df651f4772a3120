//! To which episode does a step without a reference belong, and what of records that cannot be read, are
//! gone, or only echo ourselves?

use greentick::case_system::StepAnswer;
use greentick::practice::decision::{Decided, Decision};
use greentick::practice::episode::{Presence, Stage, StepStatus};
use greentick::practice::ids::{CycleId, StepId};
use greentick::practice::known::Known;
use greentick::practice::news::{Mention, Says};
use greentick::practice::sighting::Sighting;

use crate::stand::{Stand, at, child, review, stage};

fn mention(step: &str, says: Says, when: Option<&str>) -> Mention {
    Mention {
        step: StepId::from(step),
        says,
        at: when.map(at),
    }
}

async fn reviewing() -> Stand {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand
}

async fn presence(stand: &Stand) -> Presence {
    stand.step("LE-7", "7").await.presence
}

#[tokio::test]
async fn p21_a_feed_that_says_deleted_is_believed_and_the_qa_manager_asked_to_confirm() {
    let stand = reviewing().await;
    stand.fate(|fate| {
        fate.unlisted.insert(StepId::from("7"));
        fate.mentions = vec![mention("7", Says::Deleted, Some("2026-11-17T10:00:00Z"))];
    });
    stand.poll("2026-11-17T10:01:00Z").await;
    assert_eq!(presence(&stand).await, Presence::Deleted);
    assert_eq!(stand.concerns("LE-7").await, ["deleted/7"]);
    stand.poll("2026-11-17T10:02:00Z").await;
    stand.tick("2026-11-17T10:03:00Z").await;
    assert_eq!(stand.told("the case system has deleted it"), 1);
    assert_eq!(
        stand.said("presence").await.len(),
        1,
        "the overlap shows it again"
    );
}

#[tokio::test]
async fn p21_a_mention_older_than_what_is_held_is_looked_after() {
    let stand = reviewing().await;
    stand.fate(|fate| {
        fate.mentions = vec![mention("7", Says::Deleted, Some("2026-11-16T09:00:00Z"))];
    });
    stand.poll("2026-11-17T10:01:00Z").await;
    assert_eq!(presence(&stand).await, Presence::Present);
}

#[tokio::test]
async fn p21_gone_is_believed_and_not_found_is_not_until_two_sweeps_and_two_reads_say_so() {
    for (answer, after) in [
        (StepAnswer::Gone, [Presence::Deleted, Presence::Deleted]),
        (StepAnswer::Missing, [Presence::Present, Presence::Deleted]),
    ] {
        let stand = reviewing().await;
        stand.fate(|fate| {
            fate.answers.insert(StepId::from("7"), answer);
        });
        for expected in after {
            stand.sweep("2026-11-17T10:00:00Z").await;
            assert_eq!(presence(&stand).await, expected);
        }
    }
}

#[tokio::test]
async fn p22_a_feed_may_name_a_restricted_step_and_show_nothing_of_it() {
    let stand = reviewing().await;
    stand.fate(|fate| {
        fate.unlisted.insert(StepId::from("7"));
        fate.mentions = vec![
            mention("7", Says::Hidden, Some("2026-11-17T10:00:00Z")),
            mention("of-somebody-else", Says::Hidden, None),
        ];
    });
    stand.poll("2026-11-17T10:01:00Z").await;
    assert_eq!(presence(&stand).await, Presence::Hidden);
    // And that it may be seen again: it is read by itself.
    stand.fate(|fate| {
        fate.mentions = vec![mention("7", Says::Changed, Some("2026-11-18T10:00:00Z"))];
    });
    stand.poll("2026-11-18T10:01:00Z").await;
    assert_eq!(presence(&stand).await, Presence::Present);
}

/// A supervisor's step that carries no reference and no link.
fn unreferred(step: &str, of: &str, cycle: Option<&str>) -> Sighting {
    let mut seen = stage(step, "", Stage::SupervisorActions, "2026-11-17T10:00:00Z");
    seen.reference = Known::Blank;
    seen.child = child(of);
    seen.cycle = cycle.map_or(Known::Blank, |cycle| Known::Is(CycleId::from(cycle)));
    seen
}

fn of_cycle(step: &str, episode: &str, of: &str, cycle: &str) -> Sighting {
    let mut seen = review(step, episode);
    seen.child = child(of);
    seen.cycle = Known::Is(CycleId::from(cycle));
    seen
}

#[tokio::test]
async fn m17_a_step_without_a_reference_joins_the_childs_one_episode_of_the_cycle() {
    let stand = Stand::new().await;
    stand.add(
        of_cycle("7", "LE-7", "A", "2026-C3"),
        "2026-11-16T10:00:00Z",
    );
    stand.add(
        of_cycle("8", "LE-8", "B", "2026-C3"),
        "2026-11-16T10:00:00Z",
    );
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.add(
        unreferred("9", "A", Some("2026-C3")),
        "2026-11-17T10:00:00Z",
    );
    stand.add(unreferred("10", "B", None), "2026-11-17T10:00:00Z");
    stand.add(
        unreferred("11", "A", Some("2026-C2")),
        "2026-11-17T10:00:00Z",
    );
    stand.poll("2026-11-17T10:01:00Z").await;
    assert_eq!(stand.episode_of("9").await, "LE-7");
    assert_eq!(stand.episode_of("10").await, "LE-8", "its only one");
    assert_eq!(stand.episode_of("11").await, "unbound-11", "another cycle");
}

#[tokio::test]
async fn m17_a_step_that_fits_two_episodes_waits_for_a_person() {
    let stand = Stand::new().await;
    stand.add(
        of_cycle("7", "LE-7", "A", "2026-C3"),
        "2026-11-16T10:00:00Z",
    );
    stand.add(
        of_cycle("8", "LE-8", "A", "2026-C3"),
        "2026-11-16T10:00:00Z",
    );
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.add(
        unreferred("9", "A", Some("2026-C3")),
        "2026-11-17T10:00:00Z",
    );
    stand.poll("2026-11-17T10:01:00Z").await;
    assert_eq!(stand.episode_of("9").await, "unbound-9");
    assert_eq!(stand.concerns("unbound-9").await, ["unplaced/9"]);
    stand.tick("2026-11-17T10:02:00Z").await;
    assert_eq!(stand.told("could belong to LE-7 or LE-8"), 1);
    // The other one has its supervisor's step now, so the next sweep places this one, though nobody
    // touched it.
    let other = stage(
        "12",
        "LE-8",
        Stage::SupervisorActions,
        "2026-11-18T10:00:00Z",
    );
    stand.add(other, "2026-11-18T10:00:00Z");
    for _ in 0..2 {
        stand.sweep("2026-11-18T10:02:00Z").await;
    }
    assert_eq!(stand.episode_of("9").await, "LE-7");
    let alone = "unbound-9".into();
    assert!(stand.app.ledger.episode(&alone).await.unwrap().is_none());
}

#[tokio::test]
async fn m17_a_person_says_where_a_step_belongs_and_it_stays_there() {
    let stand = Stand::new().await;
    for (step, episode) in [("7", "LE-7"), ("8", "LE-8")] {
        let review = of_cycle(step, episode, "A", "2026-C3");
        stand.add(review, "2026-11-16T10:00:00Z");
    }
    stand.poll("2026-11-16T10:00:00Z").await;
    let step = unreferred("9", "A", Some("2026-C3"));
    stand.add(step, "2026-11-17T10:00:00Z");
    stand.poll("2026-11-17T10:01:00Z").await;
    let bind = |step: &str, episode: &str, by: &str| Decision {
        id: format!("{step}/{episode}/{by}"),
        episode: episode.into(),
        by: by.into(),
        at: at("2026-11-17T11:00:00Z"),
        what: Decided::Bind {
            step: StepId::from(step),
        },
    };
    let decide = async |decision: &Decision| {
        let now = at("2026-11-17T11:00:00Z");
        let taken = greentick::app::decide::record(&stand.app, decision, now).await;
        taken
            .map(|reaction| reaction.is_some())
            .map_err(|fault| fault.to_string())
    };
    for (step, by, words) in [
        ("9", "W-PR", "ask the QA manager (`W-QA`)"),
        ("7", "W-QA", "belongs to `LE-7`"),
        ("99", "W-QA", "no step `99` is mirrored"),
    ] {
        let refusal = decide(&bind(step, "LE-8", by)).await.unwrap_err();
        assert!(
            refusal.contains(words) && refusal.contains("(LE-01.3)"),
            "{refusal}"
        );
    }
    assert_eq!(stand.episode_of("9").await, "unbound-9");
    assert_eq!(decide(&bind("9", "LE-8", "W-QA")).await, Ok(true));
    assert_eq!(
        decide(&bind("9", "LE-8", "W-QA")).await,
        Ok(false),
        "told twice"
    );
    assert_eq!(stand.episode_of("9").await, "LE-8");
    let alone = "unbound-9".into();
    assert!(stand.app.ledger.episode(&alone).await.unwrap().is_none());
    // Seen again, changed, it stays where the person put it.
    stand.save("9", "2026-11-18T10:00:00Z", |step| {
        step.status = StepStatus::Reopened;
    });
    stand.poll("2026-11-18T10:01:00Z").await;
    stand.sweep("2026-11-18T10:02:00Z").await;
    assert_eq!(stand.episode_of("9").await, "LE-8");
    assert_eq!(stand.step("LE-8", "9").await.status, StepStatus::Reopened);
}

#[tokio::test]
async fn p31_what_was_set_aside_is_read_again_once_the_mapping_is_mended() {
    let stand = reviewing().await;
    stand.fate(|fate| {
        fate.unreadable.insert(StepId::from("7"));
    });
    let report = stand.sweep("2026-11-17T10:00:00Z").await;
    assert_eq!(report.quarantined, 1);
    let ledger = &stand.app.ledger;
    assert_eq!(ledger.quarantine().await.unwrap().len(), 1);
    // Mended; meanwhile the step was finished, so no list of open steps shows it.
    stand.save("7", "2026-11-18T10:00:00Z", |step| {
        crate::stand::finish(step, "2026-11-18T10:00:00Z");
    });
    stand.fate(|fate| fate.unreadable.clear());
    stand.sweep("2026-11-18T10:05:00Z").await;
    assert!(ledger.quarantine().await.unwrap().is_empty());
    assert_eq!(stand.step("LE-7", "7").await.status, StepStatus::Completed);
}

#[tokio::test]
async fn p31_a_record_that_turns_out_to_be_none_of_ours_is_let_go() {
    let stand = reviewing().await;
    stand.fate(|fate| {
        fate.unreadable.insert(StepId::from("7"));
    });
    stand.sweep("2026-11-17T10:00:00Z").await;
    stand.fate(|fate| {
        fate.unreadable.clear();
        fate.answers.insert(StepId::from("7"), StepAnswer::NotOurs);
    });
    stand.sweep("2026-11-17T11:00:00Z").await;
    assert!(stand.app.ledger.quarantine().await.unwrap().is_empty());
}

#[tokio::test]
async fn item13_the_echo_of_our_own_note_is_nobodys_change() {
    let stand = reviewing().await;
    stand.tick("2026-11-18T09:00:00Z").await;
    let written = stand.written().len();
    assert!(written > 0);
    let before = stand.step("LE-7", "7").await;
    stand.poll("2026-11-18T09:01:00Z").await;
    let after = stand.step("LE-7", "7").await;
    assert_ne!(before.version, after.version, "our note made it rise");
    assert_eq!(before.matter, after.matter);
    assert_eq!((after.leg, after.finished.len()), (1, 0));
    stand.tick("2026-11-18T09:02:00Z").await;
    assert_eq!(stand.written().len(), written, "an echo owes nothing");
    assert!(stand.said("bypass").await.is_empty());
}
