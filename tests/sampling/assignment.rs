//! Who moderates what (LE-09.3): never their own, and nobody more than they must.

use std::collections::BTreeSet;

use greentick::sampling::{Assignment, Moderator, SampleList, assign};
use proptest::prelude::*;

use crate::worked::{frozen, sample_of};

fn moderator(id: &str, services: &[&str]) -> Moderator {
    Moderator {
        id: id.to_owned(),
        services: services.iter().map(ToString::to_string).collect(),
    }
}

fn assigned(pool: &[Moderator]) -> Assignment {
    let frozen = frozen();
    assign(
        &sample_of(&frozen).certificate(),
        frozen.frame(),
        frozen.policy(),
        pool,
        None,
    )
}

/// Every rule at once, over whatever was assigned.
fn check(assignment: &Assignment, pool: &[Moderator]) {
    let frozen = frozen();
    for item in &assignment.items {
        let row = frozen.frame().row(&item.le_id).unwrap();
        assert!(item.second.is_none() || item.moderator != item.second);
        for who in item.moderator.iter().chain(&item.second) {
            let entry = pool.iter().find(|moderator| moderator.id == *who).unwrap();
            assert!(
                !entry.services.contains(&*row.service),
                "{who} manages {}",
                row.service
            );
            assert!(!row.conflict.iter().any(|worker| **worker == **who));
            assert_ne!(row.initial_moderator.as_deref(), Some(who.as_str()));
        }
    }
}

#[test]
fn work_is_shared_and_part_of_it_is_done_twice() {
    let pool = [
        moderator("M-1", &["FS"]),
        moderator("M-2", &["CLA"]),
        moderator("M-3", &["ADO", "CWD"]),
        moderator("W-head", &[]),
    ];
    let assignment = assigned(&pool);
    check(&assignment, &pool);
    assert_eq!(assignment.items.len(), 10);
    assert!(assignment.items.iter().all(|item| item.moderator.is_some()));
    let doubles: Vec<_> = assignment
        .items
        .iter()
        .filter(|i| i.second.is_some())
        .map(|i| &*i.le_id)
        .collect();
    // The two smallest tickets of the sample, .0614 and .0618.
    assert_eq!(doubles, ["LE-2026-0015", "LE-2026-0019"]);
    assert_eq!(assignment.largest_load, 3, "twelve places, four people");
    let mut turned = pool.to_vec();
    turned.reverse();
    assert_eq!(
        assigned(&turned),
        assignment,
        "the order of the pool decides nothing"
    );
}

#[test]
fn what_nobody_may_moderate_is_said() {
    let pool = [moderator("W-head", &["FS"])];
    let assignment = assigned(&pool);
    check(&assignment, &pool);
    let without: Vec<_> = assignment
        .items
        .iter()
        .filter(|i| i.moderator.is_none())
        .map(|i| &*i.le_id)
        .collect();
    // FS is the head's own; 0013 and 0020 the head moderated once already.
    assert_eq!(
        without.into_iter().collect::<BTreeSet<_>>(),
        [1, 2, 7, 10, 13, 20]
            .iter()
            .map(|n| format!("LE-2026-{n:04}"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect()
    );
    assert!(
        assigned(&[])
            .items
            .iter()
            .all(|item| item.moderator.is_none() && item.wanted > 0)
    );
}

#[test]
fn list_carries_moderators_and_runs_no_formula() {
    let frozen = frozen();
    let certificate = sample_of(&frozen).certificate();
    let assignment = assigned(&[moderator("=M-1", &[]), moderator("@M-2", &[])]);
    let list = SampleList::of(&certificate, frozen.frame(), Some(&assignment));
    let text = String::from_utf8(list.to_csv()).unwrap();
    assert_eq!(text.lines().count(), 11);
    assert!(
        text.lines()
            .nth(7)
            .unwrap()
            .starts_with("7,LE-2026-0015,S/CLA,CLA,pr-d,selected,,'")
    );
    assert!(!text.contains(",=") && !text.contains(",@"));
    assert!(
        !text.contains("GOOD") && !text.contains("OUT"),
        "a moderator is not told the grade"
    );
    let json: serde_json::Value = serde_json::from_slice(&list.to_json()).unwrap();
    assert_eq!(json["items"][6]["le_id"], "LE-2026-0015");
    assert_eq!(json["certificate_hash"], certificate.hash());
}

/// The smallest possible largest load, by trying every way for a few people.
fn smallest_load(wanted: &[(usize, Vec<usize>)], loads: &mut [usize]) -> usize {
    let Some(((count, may), rest)) = wanted.split_first() else {
        return loads.iter().copied().max().unwrap_or(0);
    };
    let mut best = usize::MAX;
    let ways = (0..1_usize << may.len())
        .filter(|set| set.count_ones() as usize == (*count).min(may.len()));
    for set in ways {
        let chosen: Vec<_> = may
            .iter()
            .enumerate()
            .filter(|(bit, _)| set >> bit & 1 == 1)
            .map(|(_, w)| *w)
            .collect();
        for who in &chosen {
            *loads.get_mut(*who).unwrap() += 1;
        }
        best = best.min(smallest_load(rest, loads));
        for who in &chosen {
            *loads.get_mut(*who).unwrap() -= 1;
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn largest_load_is_as_small_as_can_be(
        services in proptest::collection::vec(proptest::collection::btree_set(0_usize..4, 0..4), 1..4),
    ) {
        let names = ["FS", "CLA", "ADO", "CWD"];
        let pool: Vec<_> = services
            .iter()
            .enumerate()
            .map(|(at, own)| {
                let own: Vec<_> = own.iter().filter_map(|s| names.get(*s).copied()).collect();
                moderator(&format!("M-{at}"), &own)
            })
            .collect();
        let assignment = assigned(&pool);
        check(&assignment, &pool);
        let frozen = frozen();
        let wanted: Vec<_> = assignment
            .items
            .iter()
            .map(|item| {
                let service = frozen.frame().row(&item.le_id).unwrap().service.to_string();
                let may = (0..pool.len())
                    .filter(|at| !pool.get(*at).unwrap().services.contains(&service))
                    .collect::<Vec<_>>();
                let has = item.moderator.iter().chain(&item.second).count();
                assert_eq!(has, item.wanted.min(may.len()), "every place that can be filled is");
                (item.wanted, may)
            })
            .collect();
        prop_assert_eq!(assignment.largest_load, smallest_load(&wanted, &mut vec![0; pool.len()]));
    }
}
