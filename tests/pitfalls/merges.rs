//! What becomes of an episode when children's records become one, or a step answers under another id?

use greentick::app::doors;
use greentick::case_system::StepAnswer;
use greentick::ledger::{AliasRow, ToldOf};
use greentick::practice::episode::{Presence, Stage, StepStatus};
use greentick::practice::ids::{ChildKey, Digest, StepId};
use greentick::practice::news::Merge;
use greentick::practice::sighting::Sighting;

use crate::stand::{Stand, at, child, review, stage};

fn merge(from: &str, to: &str) -> Merge {
    Merge {
        from: ChildKey::from(from),
        to: ChildKey::from(to),
        at: None,
    }
}

async fn aliases(stand: &Stand) -> Vec<AliasRow> {
    stand.app.ledger.aliases(&stand.app.source).await.unwrap()
}

fn about(step: &str, episode: &str, of: &str) -> Sighting {
    let mut seen = review(step, episode);
    seen.child = child(of);
    seen
}

/// LE-7 about A and LE-8 about B, both under way.
async fn two() -> Stand {
    let stand = Stand::new().await;
    stand.add(about("7", "LE-7", "A"), "2026-11-16T10:00:00Z");
    stand.add(about("8", "LE-8", "B"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.sweep("2026-11-16T10:01:00Z").await;
    assert!(stand.concerns("LE-7").await.is_empty());
    stand
}

#[tokio::test]
async fn p23_a_listed_merge_gives_the_episode_its_new_key_and_keeps_the_old_one() {
    let stand = two().await;
    stand.fate(|fate| fate.merges = vec![merge("A", "Z")]);
    let report = stand.sweep("2026-11-17T06:00:00Z").await;
    assert_eq!((report.merged, report.merges_refused), (1, 0));
    let episode = stand.episode("LE-7").await;
    assert_eq!(episode.child, Some(ChildKey::from("Z")));
    assert!(episode.earlier_keys.contains(&ChildKey::from("A")));
    // The list shows it again for ever; it is one line of the journal.
    let again = stand.sweep("2026-11-17T07:00:00Z").await;
    assert_eq!(again.merged, 0);
    assert_eq!(stand.said("merged").await.len(), 1);
    assert_eq!(stand.said("rekeyed").await.len(), 1);
}

#[tokio::test]
async fn p23_news_of_a_person_has_the_list_of_merges_read_at_once() {
    let stand = two().await;
    stand.fate(|fate| fate.merges = vec![merge("A", "Z")]);
    let told = |id: &str, step: Option<&str>| ToldOf {
        id: id.to_owned(),
        sequence: None,
        step: step.map(StepId::from),
    };
    let (ledger, source) = (&stand.app.ledger, &stand.app.source);
    let digest = Digest::of(b"told");
    let keep = async |one: ToldOf| {
        let now = at("2026-11-17T06:00:00Z");
        ledger
            .keep_events(source, &[one], &digest, now)
            .await
            .unwrap()
    };
    let follow = async || {
        let now = at("2026-11-17T06:01:00Z");
        doors::follow_persons(&stand.app, now).await.unwrap()
    };
    keep(told("E-1", Some("7"))).await;
    assert!(!follow().await, "it is about a step");
    keep(told("E-2", None)).await;
    assert!(follow().await);
    let episode = stand.episode("LE-7").await;
    assert_eq!(episode.child, Some(ChildKey::from("Z")));
    assert!(!follow().await, "once");
    assert_eq!(keep(told("E-2", None)).await, 0);
    assert!(!follow().await, "the same told twice is no news");
}

#[tokio::test]
async fn p23_a_chain_of_merges_leads_to_its_end_whatever_the_order() {
    for order in [
        [("A", "X"), ("X", "Y"), ("Y", "Z")],
        [("Y", "Z"), ("X", "Y"), ("A", "X")],
    ] {
        let stand = two().await;
        for (from, to) in order {
            stand.fate(|fate| fate.merges.push(merge(from, to)));
            stand.sweep("2026-11-17T06:00:00Z").await;
        }
        let episode = stand.episode("LE-7").await;
        assert_eq!(episode.child, Some(ChildKey::from("Z")), "{order:?}");
        let rows = aliases(&stand).await;
        assert_eq!(rows.len(), 3);
        for row in rows {
            assert_eq!(row.child, ChildKey::from("Z"), "{row:?}");
        }
    }
}

#[tokio::test]
async fn p23_a_loop_and_a_second_target_are_refused_once() {
    let stand = two().await;
    stand.fate(|fate| {
        fate.merges = vec![
            merge("A", "Y"),
            merge("Y", "Z"),
            merge("Z", "A"),
            merge("A", "Q"),
        ];
    });
    let report = stand.sweep("2026-11-17T06:00:00Z").await;
    assert_eq!((report.merged, report.merges_refused), (2, 2));
    assert_eq!(stand.episode("LE-7").await.child, Some(ChildKey::from("Z")));
    let again = stand.sweep("2026-11-17T07:00:00Z").await;
    assert_eq!(again.merges_refused, 0);
    assert_eq!(stand.said("merge_refused").await.len(), 2);
}

#[tokio::test]
async fn p23_two_open_episodes_of_one_child_are_flagged_and_nothing_is_closed() {
    let stand = two().await;
    stand.fate(|fate| fate.merges = vec![merge("A", "B")]);
    stand.sweep("2026-11-17T06:00:00Z").await;
    assert_eq!(stand.concerns("LE-7").await, ["double/LE-8"]);
    assert_eq!(stand.concerns("LE-8").await, ["double/LE-7"]);
    stand.sweep("2026-11-17T07:00:00Z").await;
    stand.tick("2026-11-17T07:01:00Z").await;
    assert_eq!(
        stand.told("has another live Learning Episode"),
        2,
        "once about each"
    );
    for (episode, step) in [("LE-7", "7"), ("LE-8", "8")] {
        let step = stand.step(episode, step).await;
        assert_eq!(
            (step.status, step.presence),
            (StepStatus::Started, Presence::Present)
        );
    }
    // A person cancels one of them.
    stand.save("8", "2026-11-18T10:00:00Z", |step| {
        step.status = StepStatus::Cancelled;
    });
    stand.poll("2026-11-18T10:01:00Z").await;
    stand.sweep("2026-11-18T10:02:00Z").await;
    assert!(stand.concerns("LE-7").await.is_empty());
}

#[tokio::test]
async fn p23_a_step_that_has_another_child_is_read_by_itself_and_taken_as_merged() {
    let stand = two().await;
    let memory = stand.app.case_system.memory.clone();
    let mut moved = memory.get(&StepId::from("7")).unwrap();
    moved.child = child("Z");
    // No version moves, and no status.
    stand.fate(|fate| {
        let answer = StepAnswer::Seen(Box::new(Sighting {
            road: greentick::practice::sighting::Road::Read,
            ..moved.clone()
        }));
        fate.shown.insert(StepId::from("7"), vec![moved]);
        fate.answers.clear();
        fate.direct.insert(StepId::from("7"), answer);
    });
    stand.sweep("2026-11-17T06:00:00Z").await;
    let episode = stand.episode("LE-7").await;
    assert_eq!(episode.child, Some(ChildKey::from("Z")));
    let rows = aliases(&stand).await;
    assert_eq!((rows.len(), rows[0].how.as_str()), (1, "inferred"));
}

#[tokio::test]
async fn p23_a_list_that_shows_the_siblings_of_a_step_one_by_one_merges_nobody() {
    let stand = two().await;
    let memory = stand.app.case_system.memory.clone();
    let held = memory.get(&StepId::from("7")).unwrap();
    let mut sibling = held.clone();
    sibling.child = child("S");
    stand.fate(|fate| {
        fate.shown.insert(StepId::from("7"), vec![sibling]);
    });
    stand.sweep("2026-11-17T06:00:00Z").await;
    assert!(
        aliases(&stand).await.is_empty(),
        "a direct read shows the child that it had"
    );
    assert_eq!(stand.episode("LE-7").await.child, Some(ChildKey::from("A")));
}

#[tokio::test]
async fn p23_a_step_may_name_the_key_it_had() {
    let stand = two().await;
    stand.save("7", "2026-11-17T05:00:00Z", |step| {
        step.child = child("Z");
        step.merged_from = vec![ChildKey::from("A")];
    });
    stand.poll("2026-11-17T05:01:00Z").await;
    assert_eq!(stand.episode("LE-7").await.child, Some(ChildKey::from("Z")));
    let rows = aliases(&stand).await;
    assert_eq!((rows.len(), rows[0].how.as_str()), (1, "said_by_step"));
    // A later step that still says A is of the same child.
    let mut late = stage(
        "9",
        "LE-7",
        Stage::SupervisorActions,
        "2026-11-17T06:00:00Z",
    );
    late.child = child("A");
    stand.add(late, "2026-11-17T06:00:00Z");
    stand.poll("2026-11-17T06:01:00Z").await;
    assert!(
        !stand
            .concerns("LE-7")
            .await
            .iter()
            .any(|key| key.starts_with("other_child"))
    );
}

#[tokio::test]
async fn p23_the_journal_holds_all_that_the_table_of_aliases_does() {
    let stand = two().await;
    stand.fate(|fate| fate.merges = vec![merge("A", "X"), merge("X", "Y"), merge("Y", "A")]);
    stand.sweep("2026-11-17T06:00:00Z").await;
    let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap().to_owned();
    let mut replayed: Vec<(String, String, bool)> = Vec::new();
    for (kind, refused) in [("merged", false), ("merge_refused", true)] {
        let lines = stand.said(kind).await;
        replayed.extend(
            lines
                .iter()
                .map(|line| (text(line, "from"), text(line, "to"), refused)),
        );
    }
    let rows = aliases(&stand).await.into_iter();
    let mut held: Vec<_> = rows
        .map(|row| (row.alias.0, row.into.0, row.refused))
        .collect();
    held.sort();
    replayed.sort();
    assert_eq!(held, replayed);
}

#[tokio::test]
async fn item11_a_step_that_answers_under_another_id_keeps_the_one_asked_for() {
    let stand = two().await;
    let memory = stand.app.case_system.memory.clone();
    let mut other = memory.get(&StepId::from("7")).unwrap();
    other.step = StepId::from("70");
    other.version = Some("1".to_owned());
    other.status = StepStatus::Completed;
    stand.fate(|fate| {
        let answer = StepAnswer::Renamed(Box::new(other.clone()));
        fate.answers.insert(StepId::from("7"), answer);
    });
    stand.sweep("2026-11-17T06:00:00Z").await;
    let step = stand.step("LE-7", "7").await;
    assert_eq!(
        (step.status, step.presence),
        (StepStatus::Completed, Presence::Present)
    );
    // The list shows it under its new id from now on.
    other.status = StepStatus::Reopened;
    stand.add(other, "2026-11-17T07:00:00Z");
    stand.poll("2026-11-17T07:01:00Z").await;
    assert_eq!(stand.episode("LE-7").await.steps.len(), 1);
    assert_eq!(stand.step("LE-7", "7").await.status, StepStatus::Reopened);
    assert_eq!(stand.said("step_renamed").await.len(), 1);
}

#[tokio::test]
async fn item11_another_step_than_the_one_asked_for_is_not_believed() {
    let stand = two().await;
    let memory = stand.app.case_system.memory.clone();
    let other = memory.get(&StepId::from("8")).unwrap();
    stand.fate(|fate| {
        let answer = StepAnswer::Renamed(Box::new(other));
        fate.answers.insert(StepId::from("7"), answer);
    });
    stand.sweep("2026-11-17T06:00:00Z").await;
    assert_eq!(stand.step("LE-7", "7").await.presence, Presence::Present);
    assert!(stand.said("step_renamed").await.is_empty());
}
