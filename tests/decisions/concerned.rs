//! What follows where a concern is raised, where the moderator would give another evaluation, and where a step comes
//! back to the practitioner?

use super::*;

use greentick::practice::deadlines::{due_day, milestones};
use greentick::practice::judge::judge_as_if_open;
use greentick::practice::rules::awaited;
use greentick::practice::verdict::Answer;

fn moderate(outcome: &str, instead: Option<&str>) -> Decided {
    decided(
        json!({ "decision": "moderate", "grade": "outstanding", "outcome": outcome, "instead": instead }),
    )
}

/// The last message under a rule.
fn said(case: &Case, rule: &str) -> String {
    let owed = case.owed.iter().rfind(|effect| effect.rule == rule);
    owed.and_then(|effect| effect.act.text())
        .unwrap_or_default()
        .to_owned()
}

impl Case {
    /// Time passes up to a moment, UTC.
    fn until(&mut self, moment: &str) {
        self.now = moment.parse().unwrap();
        self.react(Input::TimePassed);
    }
}

#[test]
fn a_difference_is_asked_about_once_more_and_then_a_member_of_cslt_decides() {
    let mut case = Case::new();
    case.graded("outstanding", "high");
    case.no(
        "W-HEAD",
        moderate("agree", Some("good")),
        "LE-27.5",
        "goes with the outcome `change`",
    );
    case.no(
        "W-HEAD",
        moderate("change", Some("outstanding")),
        "LE-27.5",
        "another evaluation",
    );
    case.ok("W-PR", Decided::RequestModeration);
    case.ok("W-HEAD", moderate("change", Some("good")));
    assert_eq!(case.told("LE-27.1"), [Role::PracticeReviewer]);
    assert!(
        said(&case, "LE-27.1")
            .contains("Good is advised instead. Take the moderator's evaluation, Good, or ask")
    );
    case.no(
        "W-CSLT",
        moderate("agree", None),
        "LE-27.1",
        "the Head or a delegate can",
    );
    // Once more, with more evidence.
    case.ok("W-PR", Decided::RequestModeration);
    case.ok("W-HEAD", moderate("change", Some("good")));
    assert_eq!(case.told("LE-27.1"), [Role::PracticeReviewer, Role::Cslt]);
    assert!(said(&case, "LE-27.1").contains("or have CSLT decide by recording a moderation."));
    case.no(
        "W-PR",
        Decided::RequestModeration,
        "LE-27.5",
        "advised twice",
    );
    let step = StepId::from("practice_review");
    let answer = |case: &Case| judge_as_if_open(case.episode(), &step, case.now, &case.terms);
    let held = |case: &Case| answer(case).unwrap().codes().contains(&"LE-27.1");
    assert!(held(&case));
    case.later(0, 5);
    let admitted = case.admit("W-CSLT", moderate("agree", None));
    assert_eq!(admitted, Ok(Admitted::New(Role::Cslt)));
    case.ok("W-CSLT", moderate("agree", None));
    assert!(!held(&case));
}

#[test]
fn a_difference_that_nobody_settles_is_told_once_a_level() {
    let mut case = Case::new();
    case.graded("outstanding", "high");
    case.ok("W-HEAD", moderate("change", Some("good")));
    case.until("2026-11-19T08:29:00Z");
    assert_eq!(case.told("LE-27.5"), []);
    case.until("2026-11-19T08:30:00Z");
    assert_eq!(
        case.told("LE-27.5"),
        [Role::PracticeReviewer, Role::HeadOfService]
    );
    case.until("2026-11-23T08:30:00Z");
    assert_eq!(case.told("LE-27.5"), [Role::Cslt]);
    case.graded("good", "high");
    case.until("2026-11-30T08:30:00Z");
    assert_eq!(case.told("LE-27.5"), []);
}

#[test]
fn the_head_hears_of_an_evaluation_that_moved_only_once_it_is_finished() {
    for (moderated, instead, told) in [
        (None, None, true),
        (Some("agree"), None, true),
        (Some("change"), Some("good"), false),
    ] {
        let mut case = Case::new();
        case.graded("outstanding", "high");
        case.ok("W-PR", Decided::RequestModeration);
        if let Some(outcome) = moderated {
            case.ok("W-HEAD", moderate(outcome, instead));
        }
        case.graded("good", "high");
        assert_eq!(case.told("LE-27.4"), []);
        let evaluation = [(Fact::Evaluation, Value::Code("good".to_owned()))];
        case.see(Stage::PracticeReview, StepStatus::Completed, &evaluation);
        let heard = case.told("LE-27.4");
        assert_eq!(
            heard == [Role::HeadOfService],
            told,
            "{moderated:?}: {heard:?}"
        );
    }
}

#[test]
fn a_concern_lets_inadequate_through_and_is_chased_until_both_have_it() {
    let mut case = Case::new();
    case.graded("inadequate", "low");
    let step = StepId::from("practice_review");
    let codes = |case: &Case| {
        let verdict = judge_as_if_open(case.episode(), &step, case.now, &case.terms).unwrap();
        assert_eq!(verdict.answer(), Answer::Hold);
        verdict
            .codes()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert!(codes(&case).contains(&"LE-07.4".to_owned()));
    // Permits given before are not taken away by it.
    let before = case.episode().clone();
    case.ok("W-PR", Decided::RaiseConcern);
    assert_eq!(
        case.told("LE-07.1"),
        [Role::HeadOfService, Role::OperationalManager]
    );
    assert!(!codes(&case).contains(&"LE-07.4".to_owned()));
    let own = |episode: &Episode| {
        let step = &episode.steps[&step];
        greentick::practice::judge::own_fingerprint(episode, step, case.now, true)
    };
    assert_eq!(own(&before), own(case.episode()));
    case.ok("W-OP", Decided::AcknowledgeConcern);
    case.until("2026-11-18T08:29:00Z");
    assert_eq!(case.told("LE-07.3"), []);
    case.until("2026-11-18T08:30:00Z");
    assert_eq!(case.told("LE-07.3"), [Role::QaManager, Role::HeadOfService]);
    assert!(said(&case, "LE-07.3").contains("not acknowledged by the Head of Service"));
    case.ok("W-HEAD", Decided::AcknowledgeConcern);
    assert_eq!(
        awaited(case.episode(), &case.terms, case.now).len(),
        1,
        "moderation alone"
    );
}

#[test]
fn low_assurance_is_asked_about_once_an_opening_however_often_the_form_changes() {
    let mut case = Case::new();
    let low = |n: usize| {
        let rows = (0..n).map(|n| Row {
            code: Known::Is("low".to_owned()),
            ..Row::new(&format!("area-{n}"))
        });
        [(Fact::Areas, Value::Rows(rows.collect()))]
    };
    case.see(Stage::PracticeReview, StepStatus::Started, &low(2));
    case.until("2026-11-17T08:30:00Z");
    assert_eq!(case.told("LE-07.2"), [Role::PracticeReviewer]);
    case.see(Stage::PracticeReview, StepStatus::Started, &low(3));
    for day in ["18", "19", "20", "23"] {
        case.until(&format!("2026-11-{day}T08:30:00Z"));
        assert_eq!(case.told("LE-07.2"), [], "{day}");
    }
}

#[test]
fn a_step_that_came_back_is_due_three_working_days_later() {
    let mut case = Case::new();
    let agreed = [(Fact::AgreedDate, Value::Day("2026-11-12".parse().unwrap()))];
    case.see(Stage::Practitioner, StepStatus::Completed, &agreed);
    case.graded("good", "high");
    let back =
        decided(json!({"decision": "return_step", "to": "practitioner", "reason": "reflection"}));
    case.ok("W-PR", back);
    let text = case.owed.iter().find_map(|effect| effect.act.text());
    assert!(
        text.unwrap()
            .contains("Finish it anew by 19 November 2026."),
        "{text:?}"
    );
    case.see(Stage::Practitioner, StepStatus::Reopened, &agreed);
    let (policy, calendar) = (case.terms.policy.clone(), case.terms.calendar.clone());
    let due = |case: &Case| due_day(case.episode(), Stage::Practitioner, &policy, &calendar);
    assert_eq!(due(&case), Some("2026-11-19".parse().unwrap()));
    let late = |case: &Case| {
        let all = milestones(case.episode(), &policy, &calendar);
        let of_step = all
            .into_iter()
            .filter(|one| one.stage == Stage::Practitioner);
        of_step
            .filter(|one| one.at <= case.now && one.working_days > 0)
            .count()
    };
    assert_eq!(
        late(&case),
        0,
        "what was agreed before it came back is past"
    );
    case.until("2026-11-20T08:30:00Z");
    assert_eq!(late(&case), 1);
    // A later day that was agreed stands, and a Finish ends it.
    let agreed = [(Fact::AgreedDate, Value::Day("2026-11-27".parse().unwrap()))];
    case.see(Stage::Practitioner, StepStatus::Reopened, &agreed);
    assert_eq!(due(&case), Some("2026-11-27".parse().unwrap()));
    let agreed = [(Fact::AgreedDate, Value::Day("2026-11-12".parse().unwrap()))];
    case.see(Stage::Practitioner, StepStatus::Completed, &agreed);
    assert_eq!(due(&case), Some("2026-11-12".parse().unwrap()));
}

#[test]
fn a_delegate_is_named_as_one_and_not_as_the_head() {
    let mut case = Case::new();
    case.graded("outstanding", "high");
    case.ok("W-PR", Decided::RequestModeration);
    let delegate =
        json!({"decision": "delegate", "to": "W-DEPUTY", "until": "2026-11-27T17:00:00Z"});
    case.ok("W-HEAD", decided(delegate));
    assert!(
        said(&case, "LE-27.1").contains("in the Head's place, until Friday 27 November 2026"),
        "{}",
        said(&case, "LE-27.1")
    );
    let role = Role::HeadOfService;
    for (by, whom) in [
        (
            "W-DEPUTY",
            "a delegate of the Head of Service Practice and Learning",
        ),
        ("W-HEAD", "the Head of Service Practice and Learning"),
    ] {
        let decision = case.decision(by, moderate("agree", None));
        assert_eq!(
            greentick::practice::authority::as_whom(&decision, role, &case.terms),
            whom
        );
    }
    case.until("2026-11-19T08:30:00Z");
    let text = said(&case, "LE-27.2");
    assert!(
        text.contains(
            "Worker `W-DEPUTY` may record it in the Head's place, up to 27 November 2026."
        ),
        "{text}"
    );
}
