//! Does a restricted record leave the frame of the moderation sample, and is that said (P22)?

use std::time::Duration;

use greentick::app::{draw, mirror};
use greentick::practice::ids::CycleId;
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
