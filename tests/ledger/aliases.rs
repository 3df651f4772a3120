//! Are merged children's keys, and what is found by them, the same on both engines?

use greentick::ledger::Ledger;
use greentick::practice::episode::Stage;
use greentick::practice::fold::take_sighting;
use greentick::practice::ids::{ChildKey, EpisodeId, StepId};
use greentick::practice::known::Known;
use greentick::practice::news::Merge;
use greentick::practice::sighting::Sighting;

use super::{at, bound, on_both_engines, page, reaction, sighting, whole};

on_both_engines!(merges_are_kept_flat_and_every_episode_hears_of_them);
on_both_engines!(a_step_finds_its_episode_by_its_child_even_on_one_page);
on_both_engines!(a_step_s_other_name_is_kept);

async fn absorb(ledger: &Ledger, seen: Vec<Sighting>, second: i64) {
    let folded = ledger
        .absorb(page(seen, "one"), at(second), |before, id, seen| {
            let mut change = reaction(before, id, Vec::new());
            take_sighting(&mut change.after, seen);
            change.look_again = Some(at(9_000));
            change
        })
        .await;
    folded.unwrap();
}

fn of_child(step: &str, reference: &str, child: &str) -> Sighting {
    Sighting {
        child: Known::Is(child.into()),
        ..sighting(step, "1", reference, 1)
    }
}

fn merge(from: &str, to: &str) -> Merge {
    Merge {
        from: from.into(),
        to: to.into(),
        at: None,
    }
}

async fn merges_are_kept_flat_and_every_episode_hears_of_them(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let source = "mosaic".into();
    let seen = vec![of_child("1", "E1", "A"), of_child("2", "E2", "C")];
    absorb(&ledger, seen, 1).await;
    let all = [
        merge("A", "B"),
        merge("B", "C"),
        merge("C", "A"),
        merge("A", "A"),
    ];
    let done = ledger.merge(&source, &all, None, at(2)).await.unwrap();
    assert_eq!((done.merged, done.refused), (2, 1));
    let done = ledger.merge(&source, &all, None, at(3)).await.unwrap();
    assert_eq!((done.merged, done.refused), (0, 0));
    let rows = ledger.aliases(&source).await.unwrap();
    let flat: Vec<(&str, &str, bool)> = rows
        .iter()
        .map(|row| (row.alias.as_str(), row.child.as_str(), row.refused))
        .collect();
    assert_eq!(
        flat,
        [("A", "C", false), ("B", "C", false), ("C", "C", true)]
    );
    let episode = ledger.episode(&"E1".into()).await.unwrap().unwrap();
    assert_eq!(episode.child, Some(ChildKey::from("C")));
    assert_eq!(
        ledger.next_look().await.unwrap(),
        Some(at(9_000)),
        "its clock is untouched"
    );
    let shared = ledger.shared_children(&source).await.unwrap();
    let both: Vec<EpisodeId> = shared[&ChildKey::from("C")].iter().cloned().collect();
    assert_eq!(both, ["E1".into(), "E2".into()]);
    whole(&ledger).await;
}

async fn a_step_finds_its_episode_by_its_child_even_on_one_page(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let next = |step: &str, child: &str| Sighting {
        stage: Stage::SupervisorActions,
        ..of_child(step, "", child)
    };
    let seen = vec![of_child("1", "E1", "A"), next("2", "A"), next("3", "A")];
    absorb(&ledger, seen, 1).await;
    assert_eq!(bound(&ledger, "2").await, Some("E1".into()));
    let third = bound(&ledger, "3").await;
    assert_eq!(
        third,
        Some("unbound-3".into()),
        "it has its supervisor's step"
    );
    let source = "mosaic".into();
    ledger
        .merge(&source, &[merge("Z", "A")], None, at(2))
        .await
        .unwrap();
    let last = Sighting {
        stage: Stage::SignOff,
        ..of_child("4", "", "Z")
    };
    absorb(&ledger, vec![last], 3).await;
    assert_eq!(
        bound(&ledger, "4").await,
        Some("E1".into()),
        "by the key merged into its child's"
    );
}

async fn a_step_s_other_name_is_kept(url: &str) {
    let ledger = Ledger::open(url).await.unwrap();
    let source = "mosaic".into();
    let (new, old) = (StepId::from("70"), StepId::from("7"));
    for _ in 0..2 {
        ledger.name_step(&source, &new, &old, at(1)).await.unwrap();
    }
    assert_eq!(whole(&ledger).await, 1, "said once");
    let held = ledger
        .held_as(&source, &[new.clone(), old.clone()])
        .await
        .unwrap();
    assert_eq!(held.into_iter().collect::<Vec<_>>(), [(new, old)]);
}
