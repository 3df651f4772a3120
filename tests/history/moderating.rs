//! Who learns what of a moderated episode, and when? No face tells of a grade before every moderator has spoken; a card
//! tells the evaluation to whoever has decided; and an inspection finds all of it in one folder.

use std::process::Command;

use greentick::app::{cards, draw, explain, inspection, pack};
use greentick::pack::card::Card;
use greentick::practice::fact::Fact;
use greentick::practice::ids::EpisodeId;
use serde_json::{Value as Json, json};

use crate::sample::{DICE, cycle, drawn, finished, in_sample, refused, replays, sample, shared};
use crate::stand::{Stand, code, rated};

#[tokio::test]
async fn nothing_tells_of_the_first_grade_before_the_second_is_in() {
    let mut stand = drawn().await;
    let (id, first, second) = shared(&stand).await;
    stand
        .decide(&id, &first, sample("inadequate"))
        .await
        .unwrap();
    // Everything else is moderated, so that only the second moderator is awaited.
    let assignment = draw::assignment(&stand.app, &cycle()).await.unwrap();
    for item in assignment.unwrap().items.iter().filter(|it| it.le_id != id) {
        let good = json!({ "decision": "moderate_sample", "grade": "good" });
        let good = serde_json::from_value(good).unwrap();
        let who = item.moderator.as_deref().unwrap();
        stand.decide(&item.le_id, who, good).await.unwrap();
    }
    stand.until("2026-12-10 09:00").await;
    let le = EpisodeId::from(id.as_str());
    // Messages, and what is owed.
    let outbox = stand.app.ledger.outbox_list().await.unwrap();
    assert!(
        outbox.iter().all(|row| !row.key.contains("decision/")),
        "a message is owed"
    );
    let all = stand.app.case_system.written();
    let told: Vec<&str> = all.iter().map(|one| one.text.as_str()).collect();
    assert!(
        told.iter()
            .all(|text| !text.contains("CSLT moderated it") && !text.contains("consistency pack")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|text| text.contains(&format!("{id} (1 of 2 awaited)"))),
        "{told:?}"
    );
    // The explanation, now and of then, and the pack in every face.
    let faces = |stand: &Stand| {
        let (app, now, le) = (stand.app.clone(), stand.now, le.clone());
        async move {
            let at = Some(now);
            let told = [
                explain::explain(&app, &le, None, now)
                    .await
                    .unwrap()
                    .unwrap(),
                explain::explain(&app, &le, at, now).await.unwrap().unwrap(),
            ];
            let pack = pack::draw_up(&app, &cycle(), now).await.unwrap();
            let inspection = inspection::gather(&app, &cycle(), now).await.unwrap();
            let mut faces = vec![pack.html().unwrap(), String::from_utf8(pack.csv()).unwrap()];
            faces.push(serde_json::to_string(&pack).unwrap());
            faces.extend(told.iter().map(|told| serde_json::to_string(told).unwrap()));
            let lines = explain::in_lines(&told[0], &app.terms.calendar);
            faces.push(lines.join("\n"));
            let texts = inspection
                .files
                .iter()
                .filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
            faces.extend(texts.map(str::to_owned));
            faces
        }
    };
    let count = |faces: &[String], word: &str| -> usize {
        faces.iter().map(|face| face.matches(word).count()).sum()
    };
    let before = faces(&stand).await;
    assert_eq!(
        count(&before, "evidence_of_impact"),
        0,
        "the learning code is told"
    );
    assert!(before[0].contains("(1 of 2 awaited)"), "{}", before[0]);
    assert!(before[0].contains("1 episode awaits a second moderator"));
    let cells = ["\"Inadequate\"]", ">Inadequate</td>"];
    assert!(cells.iter().all(|cell| count(&before, cell) == 0));
    let le = EpisodeId::from(id.as_str());
    let told = explain::explain(&stand.app, &le, None, stand.now).await;
    let told = told.unwrap().unwrap().sample.unwrap();
    assert_eq!((told.awaited, told.found.len()), (1, 0));
    assert!(
        told.words[2].starts_with("1 of 2 has still to decide"),
        "{told:?}"
    );
    // The rule of the second stage, whose outcomes are published.
    let taken = draw::second_stage(&stand.app, &cycle(), None, stand.now)
        .await
        .unwrap();
    assert_eq!(
        (taken.added.len(), taken.awaited),
        (0, 1),
        "nobody learns that a grade moved by two"
    );
    let found = |group: &greentick::sampling::GroupStanding| (group.moderated, group.differing);
    let found: Vec<_> = taken.groups.iter().map(found).collect();
    assert!(
        found == [(0, 0), (1, 0)] || found == [(1, 0), (0, 0)],
        "{found:?}"
    );
    // The cards: the second moderator's has neither half of the other's, the first one's not the second's.
    let made = cards::cards(&stand.app, &cycle()).await.unwrap().cards;
    let card = |who: &str| {
        made.iter()
            .find(|one| one.le_id == id && one.moderator == who)
            .unwrap()
    };
    blind(card(&second));
    let own = card(&first).afterwards.as_ref().unwrap();
    assert_eq!(own.other, None);
    // The first cannot speak twice, and the refusal of a preview tells nothing.
    let twice = refused(stand.decide(&id, &first, sample("good")).await);
    assert!(
        twice.contains("already") && !twice.to_lowercase().contains("inadequate"),
        "{twice}"
    );

    stand.decide(&id, &second, sample("good")).await.unwrap();
    stand.turn().await;
    let all = stand.app.case_system.written();
    let told: Vec<&String> = all
        .iter()
        .map(|one| &one.text)
        .filter(|text| text.contains("CSLT moderated it"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("as Inadequate and, independently, as Good, beside the evaluation Good"),
        "{told:?}"
    );
    let after = faces(&stand).await;
    assert!(count(&after, "evidence_of_impact") >= 3);
    let made = cards::cards(&stand.app, &cycle()).await.unwrap().cards;
    let card = made
        .iter()
        .find(|one| one.le_id == id && one.moderator == second)
        .unwrap();
    assert_eq!(
        card.afterwards.as_ref().unwrap().other_words(),
        Some("Inadequate")
    );
    let third = ["W-CSLT", "W-TWO", "W-THREE"]
        .into_iter()
        .find(|who| **who != *first && **who != *second);
    assert!(
        refused(stand.decide(&id, third.unwrap(), sample("good")).await)
            .contains("would not be independent")
    );
    replays(&stand).await;
}

/// A card of somebody who has not decided tells nothing of the evaluation, on either face.
fn blind(card: &Card) {
    assert!(card.give.is_some() && card.afterwards.is_none());
    let mut words = card.clone();
    let give = words.give.take().unwrap();
    assert_eq!(give.grades.len(), 4);
    let html = words.html().unwrap().to_lowercase();
    let json = serde_json::to_string(&words).unwrap().to_lowercase();
    for face in [&html, &json] {
        for word in [
            "outstanding",
            "requires improvement",
            "requires_improvement",
            "inadequate",
            "good",
            "extreme",
            "would have changed",
            "do not go with",
        ] {
            let found = face
                .find(word)
                .map(|at| &face[at.saturating_sub(60)..(at + 20).min(face.len())]);
            assert_eq!(found, None, "`{word}` stands on the card");
        }
    }
}

#[tokio::test]
async fn a_card_tells_the_evaluation_only_to_whoever_has_decided() {
    let stand = finished().await;
    // Outstanding without a single high rating, moderated initially; and all high with Requires improvement.
    stand.save("02", |held| {
        held.facts.insert(Fact::Evaluation, code("outstanding"));
        held.facts
            .insert(Fact::Areas, rated(&["assessing_risk", "planning"], "low"));
    });
    stand.save("12", |held| {
        held.facts
            .insert(Fact::Evaluation, code("requires_improvement"));
    });
    stand.turn().await;
    let moderate = json!({ "decision": "moderate", "grade": "outstanding", "outcome": "change" });
    stand
        .decide("LE-0", "W-HEAD", serde_json::from_value(moderate).unwrap())
        .await
        .unwrap();
    let policy = b"[sampling]\nsample_size = 12\nminimum_per_service = 12\ndebt_cycles = 3\n";
    draw::freeze(&stand.app, &cycle(), policy, stand.now)
        .await
        .unwrap();
    draw::draw(&stand.app, &cycle(), DICE, stand.now)
        .await
        .unwrap();
    let made = cards::cards(&stand.app, &cycle()).await.unwrap();
    assert_eq!(made.without, Vec::<String>::new());
    for card in &made.cards {
        blind(card);
        assert_eq!(card.chased[0].0, "2 December 2026");
    }
    let own = made.cards.iter().find(|card| card.le_id == "LE-0").unwrap();
    assert_eq!(own.stratum, "C");
    assert!(own.why[0].starts_with("It is one of those that are always drawn."));
    let section = own
        .profile
        .iter()
        .find(|it| it.section.contains("Section 6"))
        .unwrap();
    assert_eq!(
        section.rows[0],
        ("Assessing risk".to_owned(), "low".to_owned())
    );
    let both: Vec<String> = made
        .cards
        .iter()
        .filter(|card| card.le_id == "LE-0")
        .map(|card| card.moderator.clone())
        .collect();
    for who in &both {
        stand.decide("LE-0", who, sample("good")).await.unwrap();
    }
    let made = cards::cards(&stand.app, &cycle()).await.unwrap();
    let own = made.cards.iter().find(|card| card.le_id == "LE-0").unwrap();
    let after = own.afterwards.as_ref().unwrap();
    assert_eq!(
        after.compared(),
        "You gave Good; the evaluation is Outstanding, and it stands."
    );
    assert_eq!(
        after.hints,
        [
            "The ratings in Section 6 do not go with an evaluation of Outstanding. Evaluation Outstanding; 0 high and 2 low of 2 rated."
        ]
    );
    assert_eq!(
        after.initial,
        ["On 18 November 2026, initial moderation would have changed Outstanding."]
    );
    assert_eq!(after.certain.len(), 2, "{:?}", after.certain);
    let html = own.html().unwrap();
    assert!(
        html.contains("do not go with an evaluation of Outstanding")
            && !html.contains("--grade GRADE")
    );
    for card in made.cards.iter().filter(|card| card.le_id != "LE-0") {
        blind(card);
    }
}

#[tokio::test]
async fn an_inspection_finds_everything_in_one_folder_and_the_same_each_time() {
    let stand = drawn().await;
    let (id, first, second) = shared(&stand).await;
    for who in [&first, &second] {
        stand.decide(&id, who, sample("good")).await.unwrap();
    }
    let release =
        json!({ "decision": "override", "stage": "practice_review", "reason": "court_date" });
    stand
        .decide("LE-7", "W-HEAD", serde_json::from_value(release).unwrap())
        .await
        .unwrap();
    let mut others = in_sample(&stand).await.into_iter();
    let other = EpisodeId(others.find(|one| *one != id).unwrap());
    let cycle_id = cycle();
    let out = draw::substitute(
        &stand.app,
        &cycle_id,
        &other,
        "record_restricted",
        None,
        stand.now,
    );
    out.await.unwrap();
    let one = inspection::gather(&stand.app, &cycle(), stand.now)
        .await
        .unwrap();
    let other = inspection::gather(&stand.app, &cycle(), stand.now)
        .await
        .unwrap();
    assert_eq!(one.files, other.files, "the same each time");
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &one.files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let checked = Command::new("sha256sum")
        .current_dir(folder.path())
        .args(["--strict", "-c", "manifest.sha256"])
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let named = String::from_utf8_lossy(&checked.stdout).lines().count();
    assert_eq!(
        named,
        one.files.len() - 1,
        "every file but the manifest itself"
    );
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    for name in [
        "draw/frame.csv",
        "draw/exclusions.csv",
        "draw/policy.toml",
        "draw/freeze.json",
        "draw/certificate.json",
        "draw/certificate-1.json",
        "draw/assignment.json",
        "draw/sample.csv",
        "pack/pack.html",
        "pack/pack.xlsx",
        "overrides.csv",
        "journal.json",
        "index.html",
    ] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert_eq!(
        text("overrides.csv").lines().nth(1),
        Some("LE-7,practice_review,W-HEAD,head_of_service,court_date,2026-11-18T10:00:00Z")
    );
    let journal: Json = serde_json::from_str(&text("journal.json")).unwrap();
    assert_eq!(
        (&journal["whole"], &journal["draw_verifies"]),
        (&json!(true), &json!(true))
    );
    let index = text("index.html");
    for word in [
        "court_date",
        "record_restricted",
        journal["head"].as_str().unwrap(),
        "draw/certificate-1.json",
    ] {
        assert!(index.contains(word), "{word}");
    }
    assert!(
        !index.contains("W-TWO"),
        "who moderated what is for the assignment to say"
    );
}
