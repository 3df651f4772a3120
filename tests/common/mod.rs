//! What do several tests begin with? The council's terms, and a practice review as it is seen.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test that cannot go on says so by panicking, and not every test uses all of it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use greentick::practice::calendar::Calendar;
use greentick::practice::episode::{Presence, Role, Stage, StepStatus};
use greentick::practice::ids::{Digest, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::{Known, Why};
use greentick::practice::sighting::{Road, Sighting, StepDates};
use greentick::practice::terms::{Holder, Mode, OutageClock, People, Policy, Terms};
use jiff::Timestamp;

/// The default policy, a Head of Service `W-HEAD` and a QA manager `W-QA`, active since November 2026.
pub(crate) fn terms(mode: Mode) -> Arc<Terms> {
    // Tests jump from day to day, which is no outage.
    let policy = Policy {
        outage_clock: OutageClock::Run,
        ..Policy::default()
    };
    let holder = |worker: &str, role| Holder {
        worker: WorkerId::from(worker),
        role,
        from: None,
        until: None,
    };
    let holidays = include_str!("../../config/bank-holidays.json");
    Arc::new(Terms {
        digest: Digest::of_json(&policy),
        policy,
        calendar: Calendar::new(holidays, "england-and-wales", &[]).unwrap(),
        people: People {
            holders: vec![
                holder("W-HEAD", Role::HeadOfService),
                holder("W-QA", Role::QaManager),
            ],
            ..People::default()
        },
        activation: "2026-11-01T00:00:00Z".parse().unwrap(),
        read: BTreeMap::new(),
        mode,
    })
}

/// A started practice review of an episode, its form not filled in.
pub(crate) fn review(step: &str, episode: &str, now: Timestamp) -> Sighting {
    Sighting {
        source: SourceName::from("council"),
        step: StepId::from(step),
        stage: Stage::PracticeReview,
        presence: Presence::Present,
        status: StepStatus::Started,
        locked: false,
        version: Some("1".to_owned()),
        modified_at: Some(now),
        dates: StepDates {
            incoming: Some("2026-11-02T09:00:00Z".parse().unwrap()),
            due: Some("2026-11-20".parse().unwrap()),
            ..StepDates::default()
        },
        assignee: Known::Is(WorkerId::from("W-PR")),
        reference: Known::Is(EpisodeId::from(episode)),
        cycle: Known::Blank,
        child: Known::Blank,
        people: [(Role::PracticeReviewer, Known::Is(WorkerId::from("W-PR")))].into(),
        links: Vec::new(),
        siblings: Vec::new(),
        merged_from: Vec::new(),
        copied_from: None,
        team: Known::Unreadable(Why::NotMapped),
        scheduled: None,
        facts: BTreeMap::new(),
        seen_at: now,
        road: Road::Feed,
    }
}
