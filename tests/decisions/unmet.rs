//! What stands on the list of what is unmet, since when, and when is it named to the QA manager?

use super::*;

use greentick::practice::unmet::{Came, Unmet, unmet_now};
use greentick::practice::verdict::Attempt;

fn list(case: &Case) -> Vec<Unmet> {
    unmet_now(case.episode(), case.now, &case.terms)
}

fn short(case: &Case) -> Vec<(String, Came, String)> {
    let day = |at: Timestamp| at.strftime("%F %H:%M").to_string();
    list(case)
        .into_iter()
        .map(|one| (one.rule, one.came, day(one.since)))
        .collect()
}

/// What the digest of a day names, as long as it was not named before.
fn named(case: &Case, day: &str) -> Vec<(String, String)> {
    let episodes = [case.episode().clone()];
    let found = greentick::practice::unmet::listed(&episodes, day.parse().unwrap(), &case.terms);
    assert!(found.iter().all(|one| one.tell == Role::QaManager));
    found.into_iter().map(|one| (one.key, one.text)).collect()
}

impl Case {
    fn press(&mut self, step: &str) {
        let attempt = Attempt {
            step: step.into(),
            actor: None,
            hand_over: Known::Is("W-PR".into()),
            immediate: false,
            at: self.now,
            screen: None,
        };
        self.react(Input::Asked(&attempt, "asked"));
    }
}

#[test]
fn a_form_is_not_asked_to_be_complete_while_its_work_is_in_time() {
    let mut case = Case::new();
    case.terms.mode = Mode::Callout;
    let empty = [
        (Fact::ReflectionLength, Value::Length(0)),
        (Fact::FocusLength, Value::Length(0)),
    ];
    case.see(Stage::Practitioner, StepStatus::Started, &empty);
    assert_eq!(list(&case), []);
    assert_eq!(named(&case, "2026-11-17"), []);

    // Asked for and held: what blocks and what is flagged, since it was asked.
    case.press("practitioner");
    let since = case.now.strftime("%F %H:%M").to_string();
    let held = |rule: &str| (rule.to_owned(), Came::Held, since.clone());
    assert_eq!(short(&case), [held("LE-16.1"), held("LE-17.1")]);
    let one = &list(&case)[0];
    assert_eq!(one.stage, Some(Stage::Practitioner));
    assert!(
        one.missing.contains("reflection") && one.remedy.starts_with("Write"),
        "{one:?}"
    );
    assert_eq!(one.asks, Role::Practitioner);

    // Named once, whatever day it is, as long as it is the same.
    let first = named(&case, "2026-11-17");
    assert_eq!(first.len(), 1);
    assert_eq!(
        first[0].1,
        "LE-1, practitioner's step: not met since 16 November 2026: reflection written (LE-16.1), focus indicated (LE-17.1). \
         See `greentick explain LE-1`."
    );
    assert_eq!(named(&case, "2026-11-18"), first);
    let written = [
        (Fact::ReflectionLength, Value::Length(300)),
        (Fact::FocusLength, Value::Length(0)),
    ];
    case.see(Stage::Practitioner, StepStatus::Started, &written);
    assert_eq!(short(&case).len(), 1, "the flag alone");
    assert_ne!(named(&case, "2026-11-18")[0].0, first[0].0);

    // Finished with the flag: it stands with the step, since its Finish.
    case.see(Stage::Practitioner, StepStatus::Completed, &written);
    let finished: Vec<_> = list(&case)
        .into_iter()
        .filter(|one| one.came == Came::Finished)
        .collect();
    assert_eq!(finished.len(), 1);
    assert_eq!(
        (finished[0].rule.as_str(), finished[0].stance),
        ("LE-17.1", greentick::practice::terms::Stance::Flag)
    );
    // What a cancelled one lacked needs nobody any more.
    case.ok(
        "W-QA",
        decided(json!({"decision": "cancel", "reason": "moved_away"})),
    );
    assert_eq!(list(&case), []);
}

#[test]
fn what_is_past_its_date_is_listed_whole_since_the_morning_after() {
    let mut case = Case::new();
    let empty = [(Fact::ConversationLength, Value::Length(0))];
    case.see(Stage::PracticeReview, StepStatus::Started, &empty);
    assert_eq!(list(&case), []);
    case.now = "2026-12-07T08:29:00Z".parse().unwrap();
    assert!(list(&case).iter().all(|one| one.came != Came::Overdue));
    case.now = "2026-12-07T08:30:00Z".parse().unwrap();
    let all = list(&case);
    let late = all.iter().find(|one| one.rule == "LE-03.1").unwrap();
    assert_eq!(
        (late.came, late.step.as_ref().map(StepId::as_str)),
        (Came::Time, Some("practice_review"))
    );
    let overdue: Vec<_> = all.iter().filter(|one| one.came == Came::Overdue).collect();
    assert!(overdue.iter().any(|one| one.rule == "LE-20.1"), "{all:#?}");
    assert!(overdue.iter().all(|one| one.since == late.since));
    // The ladder tells of all that.
    assert_eq!(named(&case, "2026-12-07"), []);
}

#[test]
fn an_evaluation_that_reached_a_manager_unmoderated_and_one_that_nobody_allocated_are_named() {
    let mut case = Case::new();
    case.terms.mode = Mode::Callout;
    case.graded("outstanding", "high");
    case.see(Stage::SupervisorActions, StepStatus::Started, &[]);
    let shown: Vec<_> = list(&case)
        .into_iter()
        .filter(|one| one.came == Came::Shown)
        .collect();
    assert_eq!(shown.len(), 1, "{shown:#?}");
    assert_eq!(
        (shown[0].rule.as_str(), shown[0].asks),
        ("LE-08.2", Role::HeadOfService)
    );
    assert!(named(&case, "2026-11-17")[0].1.contains("LE-08.2"));
    let episode = case.episode.as_mut().unwrap();
    episode.allocation = None;
    assert!(
        named(&case, "2026-11-17")
            .iter()
            .any(|(_, text)| text.contains("LE-01.4"))
    );
    // What began before anybody was to be chased is no news.
    case.terms.activation = "2026-11-17T00:00:00Z".parse().unwrap();
    assert_eq!(named(&case, "2026-11-17"), []);
}

#[test]
fn what_no_rule_can_settle_is_on_the_list_in_its_own_words() {
    let mut case = Case::new();
    let others = BTreeSet::from([EpisodeId::from("LE-2")]);
    case.graded("good", "high");
    case.react(Input::Doubled(&others));
    let all = list(&case);
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].rule.as_str(), all[0].came),
        ("LE-01.5", Came::Person)
    );
    assert!(all[0].missing.contains("LE-2"));
    assert_eq!(named(&case, "2026-11-17"), []);
}
