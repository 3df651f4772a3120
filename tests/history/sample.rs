//! What happens to a sample after it is drawn? Episodes give way, groups are taken further, and it is drawn again on two
//! people's word; and the journal replays to the same.

use std::path::Path;
use std::process::Command;

use greentick::app::draw::{self, Superseding};
use greentick::app::{AppFault, rehearse};
use greentick::practice::decision::Decided;
use greentick::practice::episode::{Episode, Role, Stage};
use greentick::practice::ids::{CycleId, EpisodeId, WorkerId};
use greentick::practice::terms::{Holder, Mode};
use greentick::sampling::Certificate;
use serde_json::json;

use crate::stand::{Stand, terms};

pub(crate) const DICE: &str = "58213 90467 12298 40731";
pub(crate) const OTHER_DICE: &str = "11111 22222 33333 44444";
const POLICY: &[u8] =
    b"[sampling]\nsample_size = 2\ndouble_moderated_minimum = 1\ndouble_moderated_percent = 0\n";

pub(crate) fn cycle() -> CycleId {
    "2026-C3".into()
}

/// Eight finished reviews of two reviewers, all Good; `W-CSLT`, `W-TWO` and `W-THREE` moderate.
pub(crate) async fn finished() -> Stand {
    let mut terms = terms(Mode::Observe);
    for worker in ["W-TWO", "W-THREE"] {
        terms.people.holders.push(Holder {
            worker: WorkerId::from(worker),
            role: Role::Cslt,
            from: None,
            until: None,
        });
    }
    let mut stand = Stand::under(terms, "2026-11-02 09:00").await;
    for nth in 0..8 {
        let id = format!("LE-{nth}");
        let mut allocation = stand.allocation(&id, "2026-11-20");
        if let Decided::Allocate(allocation) = &mut allocation {
            allocation.reviewer = WorkerId::from(if nth < 4 { "W-A" } else { "W-B" });
        }
        stand.decide(&id, "W-QA", allocation).await.unwrap();
        stand.appears(&format!("{nth}2"), &id, Stage::PracticeReview);
    }
    stand.until("2026-11-18 10:00").await;
    for nth in 0..8 {
        let step = format!("{nth}2");
        stand.write_review(&step, "good");
        stand.finish(&step);
    }
    stand.turn().await;
    stand
}

pub(crate) async fn drawn() -> Stand {
    let stand = finished().await;
    draw::freeze(&stand.app, &cycle(), POLICY, stand.now)
        .await
        .unwrap();
    draw::draw(&stand.app, &cycle(), DICE, stand.now)
        .await
        .unwrap();
    stand.turn().await;
    stand
}

pub(crate) fn refused<T>(answer: Result<T, AppFault>) -> String {
    match answer {
        Err(fault) => fault.to_string(),
        Ok(_) => panic!("it should have been refused"),
    }
}

async fn episode(stand: &Stand, id: &str) -> Episode {
    let id = EpisodeId::from(id);
    stand.app.ledger.episode(&id).await.unwrap().unwrap()
}

async fn certificate(stand: &Stand) -> Certificate {
    let documents = draw::documents(&stand.app, &cycle()).await.unwrap();
    let (_, bytes) = documents
        .iter()
        .find(|(name, _)| name == "certificate.json")
        .unwrap();
    Certificate::from_bytes(bytes).unwrap()
}

pub(crate) async fn in_sample(stand: &Stand) -> Vec<String> {
    let certificate = certificate(stand).await;
    certificate.sample().map(str::to_owned).collect()
}

/// The drawn episode that two moderate, and the two.
pub(crate) async fn shared(stand: &Stand) -> (String, String, String) {
    let assignment = draw::assignment(&stand.app, &cycle())
        .await
        .unwrap()
        .unwrap();
    let item = assignment.items.iter().find(|it| it.second.is_some());
    let item = item.unwrap().clone();
    (item.le_id, item.moderator.unwrap(), item.second.unwrap())
}

pub(crate) fn sample(grade: &str) -> Decided {
    let body =
        json!({ "decision": "moderate_sample", "grade": grade, "learning": "evidence_of_impact" });
    serde_json::from_value(body).unwrap()
}

/// Both programs say that what stands verifies.
async fn verifies(stand: &Stand) {
    assert_eq!(draw::check(&stand.app, &cycle()).await.unwrap(), []);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in draw::documents(&stand.app, &cycle()).await.unwrap() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_certificate.py");
    let answer = Command::new("python3")
        .current_dir(folder.path())
        .arg(script)
        .args(["frame.csv", "policy.toml", "certificate.json"])
        .output();
    let Ok(answer) = answer else {
        eprintln!("SKIPPED: python3 is not here, so no second program was asked");
        return;
    };
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert_eq!(
        said.trim(),
        "verifies",
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
}

pub(crate) async fn replays(stand: &Stand) {
    let trial = rehearse::Trial {
        policy: None,
        people: None,
        since: None,
    };
    let told = rehearse::rehearse(&stand.app.ledger, &stand.app.terms, &trial)
        .await
        .unwrap();
    assert!(told.unfaithful.is_empty(), "{:?}", told.unfaithful);
}

/// What was written of the sample on an episode's step, by operation.
fn written(stand: &Stand, id: &str) -> Vec<String> {
    let all = stand.app.case_system.written();
    let step = format!("{}2", id.trim_start_matches("LE-"));
    let own = all.iter().filter(|one| {
        let of_sample = one.text == "sampled" || one.text.contains("drawn for moderation");
        of_sample && one.step.as_ref().is_some_and(|own| own.as_str() == step)
    });
    own.map(|one| one.operation.clone()).collect()
}

#[tokio::test]
async fn the_next_reserve_takes_the_place_of_what_cannot_be_moderated() {
    let mut stand = drawn().await;
    let qa = WorkerId::from("W-QA");
    let before = certificate(&stand).await;
    let (out, _, _) = shared(&stand).await;
    let stratum = &before
        .selected
        .iter()
        .find(|it| it.le_id == out)
        .unwrap()
        .stratum;
    let next = before
        .reserves
        .iter()
        .find(|it| it.stratum == *stratum)
        .unwrap();
    let (id, now) = (EpisodeId::from(out.as_str()), stand.now);
    let (app, cycle_id) = (&stand.app.clone(), cycle());
    let ask = |reason, by| draw::substitute(app, &cycle_id, &id, reason, by, now);
    let stranger = WorkerId::from("W-SM");
    assert!(
        refused(ask("record_restricted", Some(&stranger)).await).contains("not the QA manager")
    );
    let narrative = "the family asked that nobody else should read about it";
    assert!(refused(ask(narrative, Some(&qa)).await).contains("code of 1 to 40"));
    let done = ask("record_restricted", Some(&qa)).await.unwrap();
    assert_eq!(
        done.substitution.replacement.as_deref(),
        Some(next.le_id.as_str())
    );
    let again = ask("record_restricted", Some(&qa)).await.unwrap();
    assert_eq!(
        again.drawn.certificate, done.drawn.certificate,
        "asked twice, done once"
    );
    assert!(refused(ask("another", Some(&qa)).await).contains("gave way already"));
    verifies(&stand).await;

    // The certificate before it is kept, and the list, the assignment and the episodes follow.
    let documents = draw::documents(&stand.app, &cycle()).await.unwrap();
    let first = documents
        .iter()
        .find(|(name, _)| name == "certificate-1.json");
    assert_eq!(first.unwrap().1, before.canonical_bytes());
    let list = String::from_utf8(done.drawn.csv).unwrap();
    let line = |id: &str| {
        list.lines()
            .find(|line| line.contains(id))
            .unwrap()
            .to_owned()
    };
    assert!(line(&out).contains(",unusable,"), "{list}");
    assert!(line(&next.le_id).contains(",replacement,"), "{list}");
    let assignment = draw::assignment(&stand.app, &cycle())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(assignment.moderators(&out).count(), 0);
    assert_eq!(
        assignment.moderators(&next.le_id).count(),
        2,
        "it is judged by two, as the other was"
    );
    assert!(!episode(&stand, &out).await.is_drawn());
    assert!(episode(&stand, &next.le_id).await.is_drawn());
    stand.turn().await;
    assert_eq!(written(&stand, &out), ["flag", "note", "unflag", "note"]);
    assert_eq!(written(&stand, &next.le_id), ["flag", "note"]);
    assert!(refused(stand.decide(&out, "W-TWO", sample("good")).await).contains("was not drawn"));

    // Whoever waits is chased, and who left is not.
    stand.until("2026-12-03 09:00").await;
    let all = stand.app.case_system.written();
    let chased = all
        .iter()
        .find(|one| one.text.contains("not moderated yet"))
        .unwrap();
    assert!(
        chased.text.contains(&next.le_id) && !chased.text.contains(&out),
        "{}",
        chased.text
    );
    // What was moderated does not give way.
    let assignment = draw::assignment(&stand.app, &cycle())
        .await
        .unwrap()
        .unwrap();
    let who = assignment.moderators(&next.le_id).next().unwrap();
    stand
        .decide(&next.le_id, who, sample("good"))
        .await
        .unwrap();
    let id = EpisodeId::from(next.le_id.as_str());
    let late = draw::substitute(
        &stand.app,
        &cycle_id,
        &id,
        "record_restricted",
        None,
        stand.now,
    );
    assert!(refused(late.await).contains("has been moderated"));
    replays(&stand).await;
}

#[tokio::test]
async fn whoever_dies_between_the_certificate_and_the_flags_is_made_good_the_next_morning() {
    let mut stand = drawn().await;
    let first = in_sample(&stand).await.remove(0);
    // What a killed process leaves: the certificate, and nothing that follows from it.
    let documents = draw::documents(&stand.app, &cycle()).await.unwrap();
    let file = |name: &str| &documents.iter().find(|(own, _)| own == name).unwrap().1;
    let exclusions = serde_json::from_slice(file("exclusions.json")).unwrap();
    let frozen =
        greentick::sampling::Frozen::from_files("2026-C3", file("frame.csv"), exclusions, POLICY);
    let frozen = frozen.unwrap();
    let mut sample =
        greentick::sampling::Sample::resume(&frozen, &certificate(&stand).await).unwrap();
    sample.substitute(&first, "record_restricted").unwrap();
    let bytes = sample.certificate().canonical_bytes();
    stand
        .app
        .ledger
        .keep_document(&cycle(), "certificate-2.json", &bytes, stand.now)
        .await
        .unwrap();
    assert!(episode(&stand, &first).await.is_drawn());
    stand.until("2026-11-19 09:00").await;
    assert!(!episode(&stand, &first).await.is_drawn());
    for id in in_sample(&stand).await {
        assert!(episode(&stand, &id).await.is_drawn(), "{id}");
    }
    verifies(&stand).await;
}

#[tokio::test]
async fn a_group_is_taken_further_by_what_moderators_found_and_says_so() {
    let stand = drawn().await;
    let assignment = draw::assignment(&stand.app, &cycle())
        .await
        .unwrap()
        .unwrap();
    let none = draw::second_stage(&stand.app, &cycle(), None, stand.now)
        .await
        .unwrap();
    assert_eq!((none.added.len(), none.awaited), (0, 2));
    for (nth, item) in assignment.items.iter().enumerate() {
        for who in item.moderator.iter().chain(&item.second) {
            let grade = if nth == 0 {
                "requires_improvement"
            } else {
                "good"
            };
            stand.decide(&item.le_id, who, sample(grade)).await.unwrap();
        }
    }
    let taken = draw::second_stage(&stand.app, &cycle(), None, stand.now)
        .await
        .unwrap();
    let [stage] = taken.added.as_slice() else {
        panic!("{taken:?}")
    };
    assert_eq!(stage.added.len(), 1);
    let new = &stage.added[0];
    assert!(episode(&stand, new).await.is_drawn());
    let after = draw::assignment(&stand.app, &cycle())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(after.moderators(new).count(), 1);
    for item in &assignment.items {
        assert!(
            after.items.contains(item),
            "what was given out stays with whoever has it"
        );
    }
    verifies(&stand).await;
    let again = draw::second_stage(&stand.app, &cycle(), None, stand.now)
        .await
        .unwrap();
    assert_eq!(again.added.len(), 0, "once for a group");
    assert!(again.groups.iter().any(|group| group.taken_further));
    replays(&stand).await;
}

#[tokio::test]
async fn a_draw_gives_way_to_another_on_the_word_of_two_who_do_not_both_draw() {
    let mut stand = drawn().await;
    stand
        .change(|terms| {
            let second = Holder {
                worker: WorkerId::from("W-QA2"),
                role: Role::QaManager,
                from: None,
                until: None,
            };
            terms.people.holders.push(second);
        })
        .await;
    let before = certificate(&stand).await;
    let worker = WorkerId::from;
    let (qa, second, head, nobody) = (
        worker("W-QA"),
        worker("W-QA2"),
        worker("W-HEAD"),
        worker("W-SM"),
    );
    let app = &stand.app;
    let cycle = cycle();
    let ask = |dice: &'static str, reason: &'static str, approvers| {
        let answer = Superseding { reason, approvers };
        let (cycle, now) = (cycle.clone(), stand.now);
        async move { draw::supersede(app, &cycle, dice, &answer, None, now).await }
    };
    assert!(
        refused(draw::draw(app, &cycle, OTHER_DICE, stand.now).await).contains("sample supersede")
    );
    for (dice, reason, approvers, why) in [
        (
            OTHER_DICE,
            "witness_withdrew",
            [&qa, &second],
            "to be one of the two",
        ),
        (
            OTHER_DICE,
            "witness_withdrew",
            [&head, &nobody],
            "`W-SM` cannot approve",
        ),
        (
            OTHER_DICE,
            "witness_withdrew",
            [&head, &head],
            "two different approvers",
        ),
        (OTHER_DICE, " ", [&qa, &head], "code of 1 to 40"),
        (
            DICE,
            "witness_withdrew",
            [&qa, &head],
            "with these dice before",
        ),
        ("123", "witness_withdrew", [&qa, &head], "digits"),
    ] {
        let said = refused(ask(dice, reason, approvers).await);
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(certificate(&stand).await, before);
    let drawn = ask(OTHER_DICE, "witness_withdrew", [&qa, &head])
        .await
        .unwrap();
    let again = ask(OTHER_DICE, "witness_withdrew", [&qa, &head])
        .await
        .unwrap();
    assert_eq!(again.certificate, drawn.certificate);
    let now = certificate(&stand).await;
    let why = now.supersedes.as_ref().unwrap();
    assert_eq!(
        (&why.certificate_hash, why.approvers.join(" ")),
        (&before.hash(), "W-QA W-HEAD".to_owned())
    );
    let sample = in_sample(&stand).await;
    let left: Vec<&str> = before
        .sample()
        .filter(|id| !sample.iter().any(|one| one == id))
        .collect();
    assert!(!left.is_empty(), "these dice draw others");
    for id in left {
        let place = episode(&stand, id).await.deeds.sampled.unwrap();
        assert_eq!(place.left.as_deref(), Some("draw_superseded"));
    }
    verifies(&stand).await;
    // Back to the first dice is no way either.
    assert!(refused(ask(DICE, "again", [&qa, &head]).await).contains("with these dice before"));
    replays(&stand).await;
}
