//! Is every write performed once, read back, and refused when the council refuses it?

use std::time::Duration;

use greentick::case_system::{CaseSystem, Found, Outcome};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::Role;
use greentick::practice::ids::{Digest, EpisodeId, SourceName, StepId};
use greentick::simulator::{Event, Fault, Status};

use crate::stand::{at, stand};

const SOON: Duration = Duration::from_secs(10);

pub(crate) fn effect(key: &str, step: Option<&str>, act: Act) -> Effect {
    Effect {
        key: key.to_owned(),
        source: SourceName::from("council"),
        episode: Some(EpisodeId::from("LE-2026-0001")),
        step: step.map(StepId::from),
        act,
        rule: String::new(),
        cause: String::new(),
        audience: vec![Role::PracticeReviewer, Role::QaManager],
        due_at: at("2026-10-01T00:00:00Z"),
        daily: false,
    }
}

fn note(text: &str) -> Act {
    Act::Note {
        text: text.to_owned(),
    }
}

fn flag(name: &str) -> Act {
    Act::Flag {
        flag: name.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_performed_and_read_back() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let system = stand.adapter(200, SOON);
    let done = Some("40011");
    let unflag = Act::Unflag {
        flag: "overdue".to_owned(),
    };
    let reopen = Act::Reopen {
        text: "Finished without a permit.".to_owned(),
    };
    let notice = Act::Notice {
        text: "LE-2026-0024 has not begun.".to_owned(),
    };
    let list = Act::SampleList {
        cycle: "2026-C3".to_owned(),
        episodes: vec![
            EpisodeId::from("LE-2026-0003"),
            EpisodeId::from("LE-2026-0001"),
        ],
        certificate: Digest::of(b"certificate"),
    };
    let version = stand.council.step("40011").unwrap().version;
    for (nth, (step, act)) in [
        (done, note("Overdue since 4 December: <b> & ]]> it’s")),
        (done, flag("overdue")),
        (done, unflag),
        (done, reopen),
        (None, notice),
        (None, list),
    ]
    .into_iter()
    .enumerate()
    {
        let effect = effect(&format!("k{nth}"), step, act);
        let before = system.find(&effect).await;
        let is_unflag = matches!(effect.act, Act::Unflag { .. });
        assert_eq!(before, Found::No, "{:?}", effect.act);
        assert_eq!(system.perform(&effect).await, Outcome::Done);
        assert_eq!(system.find(&effect).await, Found::Yes);
        let received = stand.council.received();
        let ours = received.iter().filter(|one| one.mark == effect.mark());
        assert_eq!(ours.count(), 1);
        assert_eq!(received.len(), nth + 1);
        let flags = stand.council.step("40011").unwrap().flags;
        assert_eq!(flags.is_empty(), nth != 1, "{is_unflag}");
    }
    let received = stand.council.received();
    assert!(
        received[0]
            .text
            .starts_with("Overdue since 4 December: <b> & ]]> it’s [gt-")
    );
    assert_eq!(received[4].roles, ["practice_reviewer", "qa_manager"]);
    assert_eq!(received[5].references, ["LE-2026-0003", "LE-2026-0001"]);
    assert_eq!(received[5].text.len(), 64);
    let step = stand.council.step("40011").unwrap();
    assert_eq!((step.status, step.version), (Status::Reopened, version + 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_council_refuses_is_not_done() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let system = stand.adapter(200, SOON);
    let reopen = || Act::Reopen {
        text: "why".to_owned(),
    };
    let event = Event::StepRestricted {
        step: "40021".to_owned(),
        restricted: true,
    };
    stand.council.happen(event).unwrap();
    for (step, act) in [
        ("40012", reopen()),
        ("49999", note("to nobody")),
        ("40021", note("to a closed record")),
    ] {
        let outcome = system.perform(&effect("r", Some(step), act)).await;
        assert!(
            matches!(outcome, Outcome::Refused { retry: false, .. }),
            "{outcome:?}"
        );
    }
    assert!(stand.council.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p33_an_unknown_outcome_is_unknown_until_it_is_read_back() {
    let stand = stand().await;
    stand.live_until("2026-09-20T12:00:00Z").await;
    let system = stand.adapter(200, SOON);
    for (fault, is_done) in [
        (Fault::Error500AfterWrite, true),
        (Fault::DropAfterWrite, true),
        (Fault::SigninPage, false),
    ] {
        let effect = effect(fault.name(), Some("40011"), note("once"));
        stand.council.fault(fault, Some(1)).unwrap();
        let outcome = system.perform(&effect).await;
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{fault:?}: {outcome:?}"
        );
        let found = if is_done { Found::Yes } else { Found::No };
        assert_eq!(system.find(&effect).await, found, "{fault:?}");
    }
    // A sign-in page in place of the read-back says nothing either way.
    stand.council.fault(Fault::SigninPage, Some(1)).unwrap();
    let done = effect("drop_after_write", Some("40011"), note("once"));
    assert!(matches!(system.find(&done).await, Found::CannotTell(_)));
    // The council does not hide a repeat.
    assert_eq!(system.perform(&done).await, Outcome::Done);
    let received = stand.council.received();
    let twice = received.iter().filter(|one| one.mark == done.mark());
    assert_eq!(twice.count(), 2);
}
