//! Does a restricted record leave the frame of the moderation sample, and is that said (P22)? Does nobody moderate what
//! they have a part or an interest in (LE-09.3)?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use greentick::app::{draw, mirror};
use greentick::practice::decision::Allocation;
use greentick::practice::episode::Role;
use greentick::practice::ids::{CycleId, WorkerId};
use greentick::practice::people::{Interest, Manages, People, Service};
use greentick::practice::terms::Holder;
use greentick::sampling::Frame;
use serde_json::Value as Json;

use crate::pitfalls::on;
use crate::stand::stand;

#[tokio::test(flavor = "multi_thread")]
async fn p22_a_restricted_record_leaves_the_frame_with_its_reason_unless_moderators_are_cleared() {
    for cleared in [false, true] {
        let stand = stand().await;
        stand.live_until("2026-10-12T12:00:00Z").await;
        let app = stand.app(Duration::from_secs(10)).await;
        mirror::poll(&app, stand.clock.now()).await.unwrap();
        let cycle = CycleId::from("2026-C3");
        let finished = |record: &Json| record["frame_rows"].as_u64().unwrap();
        on(&stand, "P22", Some(3));
        mirror::sweep(&app, stand.clock.now()).await.unwrap();
        let all = app.ledger.episodes(Some(&cycle)).await.unwrap();
        let open = stand
            .council
            .steps()
            .into_iter()
            .filter(|step| step.status.can_finish());
        assert!(open.count() >= 3, "there is somebody to restrict");
        let hidden: Vec<_> = all.iter().filter(|one| one.is_restricted()).collect();
        assert_eq!(hidden.len(), 3);

        let policy = format!("[sampling]\nsample_size = 10\ndraw_restricted = {cleared}\n");
        let now = stand.clock.now();
        let foreseen = draw::foresee(&app, &cycle, policy.as_bytes(), now)
            .await
            .unwrap();
        let looked = draw::documents(&app, &cycle).await.unwrap();
        assert!(looked.is_empty(), "who only looks fixes nothing");
        let today = app.terms.calendar.local_date(now);
        assert!(
            !foreseen.coming.is_empty() && foreseen.coming.iter().all(|(_, due)| *due >= today)
        );
        let record = draw::freeze(&app, &cycle, policy.as_bytes(), now)
            .await
            .unwrap();
        let record: Json = serde_json::from_slice(&record).unwrap();
        let told = record["left_out"]["record restricted"]
            .as_u64()
            .unwrap_or(0);
        assert_eq!(told, if cleared { 0 } else { 3 }, "{record}");
        let counted = record["left_out"].as_object().unwrap().values();
        let counted: u64 = counted.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(counted + finished(&record), 24, "nobody is lost: {record}");
        let seen = u64::try_from(foreseen.framed).unwrap();
        let beside: usize = foreseen.left_out.values().sum();
        assert_eq!(
            (seen, beside),
            (finished(&record), usize::try_from(counted).unwrap())
        );

        let drawn = draw::draw(&app, &cycle, "58213904671229840731", now)
            .await
            .unwrap();
        let certificate: Json = serde_json::from_slice(&drawn.certificate).unwrap();
        let excluded = certificate["exclusions"].as_array().unwrap().iter();
        let named = excluded.filter(|one| one["reason"] == "record restricted");
        let named: Vec<&str> = named.map(|one| one["le_id"].as_str().unwrap()).collect();
        let ids: Vec<&str> = hidden.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(named, if cleared { Vec::new() } else { ids.clone() });
        let is_drawn = drawn.episodes.iter().any(|id| ids.contains(&id.as_str()));
        assert!(cleared || !is_drawn);
    }
}

const FREE: [&str; 2] = ["W-FREE-1", "W-FREE-2"];
const TIED: [&str; 6] = [
    "W-BOSS-P",
    "W-BOSS-R",
    "W-DECLARED",
    "W-NAMED",
    "W-OF-SERVICE",
    "W-HEAD-OF",
];

/// All of them of CSLT, each of the tied with another tie to one allocation.
fn tie(people: &mut People, one: &Allocation) {
    let worker = |id: &str| WorkerId::from(id);
    people
        .holders
        .extend(TIED.iter().chain(&FREE).map(|id| Holder {
            worker: worker(id),
            role: Role::Cslt,
            from: None,
            until: None,
        }));
    let manages = |manager: &str, whom: &WorkerId| Manages {
        manager: worker(manager),
        worker: whom.clone(),
        from: None,
        until: None,
    };
    people.managers.push(manages("W-BOSS-P", &one.practitioner));
    people.managers.push(manages("W-BOSS-R", &one.reviewer));
    let interest = |id: &WorkerId, with: Option<&WorkerId>, service: Option<&str>| Interest {
        worker: id.clone(),
        with: with.cloned(),
        service: service.map(str::to_owned),
        from: None,
        until: None,
    };
    people.interests.extend([
        interest(&worker("W-DECLARED"), Some(&one.practitioner), None),
        interest(&one.reviewer, Some(&worker("W-NAMED")), None),
        interest(&worker("W-OF-SERVICE"), None, Some(&one.service)),
    ]);
    people.services.push(Service {
        service: one.service.clone(),
        operational_manager: None,
        service_manager: None,
        head: Some(worker("W-HEAD-OF")),
        from: None,
        until: None,
    });
}

/// Whether the tie to `one` bars somebody from another allocation.
fn bars(who: &str, one: &Allocation, other: &Allocation) -> bool {
    match who {
        "W-BOSS-P" | "W-DECLARED" => other.practitioner == one.practitioner,
        "W-BOSS-R" | "W-NAMED" => other.reviewer == one.reviewer,
        "W-OF-SERVICE" | "W-HEAD-OF" => other.service == one.service,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_what_they_have_a_part_or_an_interest_in() {
    let stand = stand().await;
    stand.live_until("2026-10-12T12:00:00Z").await;
    let mut app = stand.app(Duration::from_secs(10)).await;
    mirror::poll(&app, stand.clock.now()).await.unwrap();
    let cycle = CycleId::from("2026-C3");
    let all = app.ledger.episodes(Some(&cycle)).await.unwrap();
    let allocated: BTreeMap<String, _> = all
        .iter()
        .map(|one| (one.id.to_string(), one.allocation.clone().unwrap()))
        .collect();
    let one = allocated.values().next().unwrap();
    tie(&mut Arc::make_mut(&mut app.terms).people, one);

    let now = stand.clock.now();
    let policy = b"[sampling]\nsample_size = 99\ndouble_moderated_percent = 100\n";
    draw::freeze(&app, &cycle, policy, now).await.unwrap();
    let frame = app.ledger.document(&cycle, "frame.csv").await.unwrap();
    let frame = Frame::from_csv(&frame.unwrap()).unwrap();
    let mut barred = BTreeMap::new();
    for row in frame.rows() {
        for who in TIED.into_iter().chain(FREE) {
            let said = row.conflict.iter().any(|id| **id == *who);
            let other = &allocated[&*row.le_id];
            assert_eq!(said, bars(who, one, other), "{who}, {}", row.le_id);
            *barred.entry(who).or_insert(0) += usize::from(said);
        }
    }
    assert!(TIED.iter().all(|who| barred[who] > 0), "{barred:?}");
    draw::draw(&app, &cycle, "58213904671229840731", now)
        .await
        .unwrap();
    let assignment = draw::assignment(&app, &cycle).await.unwrap().unwrap();
    let mut given = BTreeMap::new();
    for item in &assignment.items {
        for who in item.moderator.iter().chain(&item.second) {
            let other = &allocated[&item.le_id];
            assert!(!bars(who, one, other), "{who} is given {}", item.le_id);
            *given.entry(who.as_str()).or_insert(0) += 1;
        }
    }
    let mut all = TIED.iter().chain(&FREE);
    assert!(all.all(|who| given[who] > 0), "{given:?}");
}
