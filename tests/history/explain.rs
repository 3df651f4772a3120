//! Does an explanation of a past moment say what was answered then, by what was in force then?

use std::collections::BTreeSet;

use greentick::app::explain::{self, Explanation};
use greentick::app::gate::Told;
use greentick::practice::decision::{Decided, ModerationOutcome};
use greentick::practice::episode::{Evaluation, Stage};
use greentick::practice::fact::Fact;
use greentick::practice::ids::EpisodeId;
use greentick::practice::terms::{Mode, RuleTerms, Stance};
use jiff::Timestamp;

use crate::stand::{Stand, code, day, length};

const LE: &str = "LE-2026-0017";

async fn explained(stand: &Stand, at: Option<Timestamp>) -> Explanation {
    let id = EpisodeId::from(LE);
    let told = explain::explain(&stand.app, &id, at, stand.now).await;
    told.unwrap().unwrap()
}

/// What was answered: the holding rules with what is missing, and those only said.
fn answered(told: &Told) -> (BTreeSet<String>, BTreeSet<String>) {
    let words = |reasons: &[serde_json::Value]| {
        let one = |reason: &serde_json::Value| {
            format!(
                "{} {} {}",
                reason["rule"], reason["missing"], reason["seen"]
            )
        };
        reasons.iter().map(one).collect()
    };
    (words(&told.reasons), words(&told.warnings))
}

fn explained_as(told: &Explanation, stage: Stage) -> (BTreeSet<String>, BTreeSet<String>) {
    let stage = told.stages.iter().find(|one| one.stage == stage).unwrap();
    let (mut holds, mut said) = (BTreeSet::new(), BTreeSet::new());
    for rule in stage.rules.iter().filter(|rule| !rule.missing.is_empty()) {
        let text = |text: &String| serde_json::Value::from(text.as_str());
        let line = format!(
            "{} {} {}",
            text(&rule.rule),
            text(&rule.missing),
            text(&rule.seen)
        );
        if rule.holds {
            holds.insert(line);
        } else if rule.warns {
            said.insert(line);
        }
    }
    (holds, said)
}

/// A review that is asked about again and again while it, the decisions and the policy change.
async fn story() -> (Stand, Vec<(Timestamp, Told)>) {
    let mut stand = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    let mut answers = Vec::new();
    stand
        .decide(LE, "W-QA", stand.allocation(LE, "2026-11-20"))
        .await
        .unwrap();
    stand.until("2026-11-03 10:00").await;
    stand.appears("101", LE, Stage::Practitioner);
    stand.turn().await;
    answers.push((stand.now, stand.ask("101", "W-PRAC", Some("W-PR")).await));
    stand.until("2026-11-05 11:00").await;
    stand.write(
        "101",
        &[
            (Fact::ReflectionLength, length(300)),
            (Fact::FocusLength, length(50)),
        ],
    );
    answers.push((stand.now, stand.ask("101", "W-PRAC", Some("W-PR")).await));
    stand.until("2026-11-05 11:01").await;
    stand.finish("101");
    stand.appears("102", LE, Stage::PracticeReview);
    stand.turn().await;
    stand.until("2026-11-16 14:00").await;
    stand.write("102", &[(Fact::Evaluation, code("outstanding"))]);
    answers.push((stand.now, stand.ask("102", "W-PR", Some("W-SUP")).await));
    // The policy changes: a rule that held is only said from now on.
    stand.until("2026-11-17 09:00").await;
    let lenient = RuleTerms {
        stance: Some(Stance::Flag),
        ..RuleTerms::default()
    };
    stand
        .change(|terms| {
            terms.policy.rules.insert("LE-20.1".to_owned(), lenient);
        })
        .await;
    stand.until("2026-11-17 10:00").await;
    answers.push((stand.now, stand.ask("102", "W-PR", Some("W-PR")).await));
    stand.until("2026-11-18 10:00").await;
    stand.write_review("102", "outstanding");
    stand.turn().await;
    let agree = Decided::Moderate {
        grade: Evaluation::Outstanding,
        outcome: ModerationOutcome::Agree,
        instead: None,
        on: None,
    };
    stand.decide(LE, "W-HEAD", agree).await.unwrap();
    stand.until("2026-11-23 10:00").await;
    answers.push((stand.now, stand.ask("102", "W-PR", Some("W-SUP")).await));
    let extend = Decided::Extend {
        due: day("2026-11-27"),
        reason: "sickness".to_owned(),
    };
    stand.until("2026-11-23 11:00").await;
    stand.decide(LE, "W-QA", extend).await.unwrap();
    stand.until("2026-11-23 12:00").await;
    answers.push((stand.now, stand.ask("102", "W-PR", Some("W-SUP")).await));
    stand.until("2026-11-23 12:01").await;
    stand.finish("102");
    stand.turn().await;
    stand.until("2026-12-01 09:00").await;
    (stand, answers)
}

#[tokio::test]
async fn a_past_moment_is_explained_as_it_was_answered_then() {
    let (stand, answers) = story().await;
    let decisions: Vec<&str> = answers.iter().map(|(_, told)| told.decision).collect();
    assert_eq!(
        decisions,
        ["hold", "permit", "hold", "hold", "hold", "permit"]
    );
    for (at, told) in &answers {
        let then = explained(&stand, Some(*at)).await;
        let stage = match told.step.as_str() {
            "101" => Stage::Practitioner,
            _ => Stage::PracticeReview,
        };
        assert_eq!(explained_as(&then, stage), answered(told), "at {at}");
        assert_eq!(
            then.policy, told.policy,
            "the policy then in force, at {at}"
        );
        assert!(then.warnings.is_empty(), "{:?}", then.warnings);
    }
    // The rule that a later policy only says held before it, and the explanation of then still shows it so.
    let before = explained_as(
        &explained(&stand, Some(answers[2].0)).await,
        Stage::PracticeReview,
    );
    assert!(
        before.0.iter().any(|line| line.contains("LE-20.1")),
        "{before:?}"
    );
    let after = explained_as(
        &explained(&stand, Some(answers[3].0)).await,
        Stage::PracticeReview,
    );
    assert!(
        after.1.iter().any(|line| line.contains("LE-20.1")),
        "{after:?}"
    );
}

#[tokio::test]
async fn the_present_is_explained_alike_with_and_without_a_moment() {
    let (stand, _) = story().await;
    let now = serde_json::to_value(explained(&stand, None).await).unwrap();
    let then = serde_json::to_value(explained(&stand, Some(stand.now)).await).unwrap();
    assert_eq!(now, then);
}

#[tokio::test]
async fn before_it_was_known_nothing_is_explained_and_a_moment_ahead_is_refused() {
    let (stand, _) = story().await;
    let id = EpisodeId::from(LE);
    let early = stand.app.terms.calendar.moment("2026-11-02 08:59").unwrap();
    let told = explain::explain(&stand.app, &id, Some(early), stand.now).await;
    assert!(told.unwrap().is_none());
    let ahead = stand.app.terms.calendar.moment("2026-12-24").unwrap();
    let refused = explain::explain(&stand.app, &id, Some(ahead), stand.now).await;
    let why = refused.unwrap_err().to_string();
    assert!(
        why.contains("Thursday 24 December 2026, 23:59 lies ahead"),
        "{why}"
    );
}

#[tokio::test]
async fn a_ledger_without_the_texts_of_then_says_so() {
    let (stand, answers) = story().await;
    let texts = "import sqlite3,sys\ndb = sqlite3.connect(sys.argv[1])\ndb.execute('DELETE FROM texts')\ndb.commit()";
    let file = stand.url().replace("sqlite:", "");
    let python = std::process::Command::new("python3")
        .args(["-c", texts, &file])
        .status();
    assert!(python.unwrap().success());
    let then = explained(&stand, Some(answers[2].0)).await;
    assert_eq!(then.warnings.len(), 1, "{:?}", then.warnings);
    assert!(then.warnings[0].contains("policy in force then is not in this ledger"));
}

#[tokio::test]
async fn an_explanation_is_read_at_eighty_columns_with_what_holds_first() {
    let (stand, answers) = story().await;
    let calendar = &stand.app.terms.calendar;
    let mut then = explained(&stand, Some(answers[4].0)).await;
    // An id is shown as it is: `u3rl…` may be another step.
    then.stages[0].step = Some("U3RlcDoxMDQy".into());
    let lines = explain::in_lines(&then, calendar);
    assert!(
        lines.contains(&"PRACTITIONER'S STEP, STEP U3RlcDoxMDQy".to_owned()),
        "{lines:#?}"
    );
    let text = lines.join("\n");
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in [
        "As of Monday 23 November 2026, 10:00",
        "It was due on Friday 20 November 2026: 1 working day overdue.",
        "The practice reviewer can put right: LE-03.3.",
        "W-HEAD agreed with Outstanding on Wednesday 18 November 2026, 10:00.",
        "Finish was last asked for by W-PR on Monday 23 November 2026, 10:00.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}\n{text}"));
    let review = place("PRACTICE REVIEW, STEP 102");
    let after = |part: &str| review + text[review..].find(part).unwrap();
    assert!(after("Holds Finish:") < after("Met:"));
    assert!(after("Met:") < after("Does not apply:"));
}

#[tokio::test]
async fn the_shape_of_the_json_is_the_documented_one() {
    let (stand, _) = story().await;
    let told = serde_json::to_value(explained(&stand, None).await).unwrap();
    let manual =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md"))
            .unwrap();
    let mut missing = Vec::new();
    let objects = [
        &told,
        &told["stages"][1],
        &told["stages"][1]["rules"][0],
        &told["clock"][0],
    ];
    for object in objects {
        for key in object.as_object().unwrap().keys() {
            if !manual.contains(&format!("`{key}`")) {
                missing.push(key.clone());
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/operations.md: {missing:?}");
}
