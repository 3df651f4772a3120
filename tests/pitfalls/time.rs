//! What comes late, in the wrong order or twice, and whose clock counts from when?

use std::sync::Arc;

use greentick::practice::decision::{Decided, Decision, ModerationOutcome};
use greentick::practice::episode::{Evaluation, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{EpisodeId, StepId, TeamId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::terms::{Away, Mode, Terms};
use jiff::civil::date;

use crate::stand::{Stand, at, common_terms, finish, review, stage};

#[tokio::test]
async fn p01_a_finish_in_time_that_is_seen_late_is_entered_when_it_was_and_the_escalation_corrected()
 {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.tick("2026-11-23T09:00:00Z").await;
    // A note on the step, and the QA manager's notice.
    assert_eq!(stand.told("is 1 working day overdue"), 2);
    stand.save("7", "2026-11-24T09:00:00Z", |step| {
        finish(step, "2026-11-20T15:00:00Z");
    });
    stand.poll("2026-11-24T09:05:00Z").await;
    stand.tick("2026-11-24T09:06:00Z").await;
    let step = stand.step("LE-7", "7").await;
    assert_eq!(step.finished[0].at, at("2026-11-20T15:00:00Z"));
    assert_eq!(step.finished[0].observed_at, at("2026-11-24T09:05:00Z"));
    let corrected = stand.said("corrected").await;
    assert_eq!(corrected.len(), 1);
    assert_eq!(corrected[0]["finished_at"], "2026-11-20T15:00:00Z");
    assert_eq!(stand.told("no longer holds"), 1);
    stand.tick("2026-11-30T09:00:00Z").await;
    assert_eq!(stand.told("working days overdue"), 0, "nothing after it");
}

#[tokio::test]
async fn p01_nothing_is_corrected_that_was_never_said() {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    // It falls due to be said, and is cured before anything is sent.
    greentick::app::tick::pass(&stand.app, at("2026-11-23T09:00:00Z"))
        .await
        .unwrap();
    stand.save("7", "2026-11-24T09:00:00Z", |step| {
        finish(step, "2026-11-20T15:00:00Z");
    });
    stand.poll("2026-11-24T09:05:00Z").await;
    stand.tick("2026-11-24T09:06:00Z").await;
    assert_eq!(stand.told("no longer holds"), 0);
}

#[tokio::test]
async fn p01_a_finish_that_was_late_is_not_corrected() {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.tick("2026-11-23T09:00:00Z").await;
    stand.save("7", "2026-11-24T09:00:00Z", |step| {
        finish(step, "2026-11-23T15:00:00Z");
    });
    stand.poll("2026-11-24T09:05:00Z").await;
    assert!(stand.said("corrected").await.is_empty());
}

#[tokio::test]
async fn p02_an_older_version_never_takes_a_step_backward() {
    let stand = Stand::new().await;
    let started = review("7", "LE-7");
    stand.add(started.clone(), "2026-11-16T10:00:00Z");
    stand.save("7", "2026-11-16T11:00:00Z", |step| {
        finish(step, "2026-11-16T11:00:00Z");
    });
    stand.poll("2026-11-16T11:05:00Z").await;
    // A copy that lags shows the version before.
    stand.fate(|fate| {
        fate.shown
            .insert(started.step.clone(), vec![started.clone()]);
    });
    let report = stand.poll("2026-11-16T11:10:00Z").await;
    assert_eq!(report.stale, 1);
    let step = stand.step("LE-7", "7").await;
    assert_eq!((step.status, step.leg), (StepStatus::Completed, 1));
    assert!(stand.said("reopened").await.is_empty());
}

#[tokio::test]
async fn p02_without_versions_the_change_time_orders() {
    let stand = Stand::new().await;
    let shown = |status, modified: &str| {
        let mut seen = review("7", "LE-7");
        seen.version = None;
        seen.modified_at = Some(at(modified));
        seen.status = status;
        seen
    };
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    let show = |seen| {
        stand.fate(|fate| {
            fate.shown.insert(StepId::from("7"), vec![seen]);
        });
    };
    show(shown(StepStatus::Completed, "2026-11-16T11:00:00Z"));
    stand.sweep("2026-11-16T11:05:00Z").await;
    show(shown(StepStatus::Started, "2026-11-16T10:00:00Z"));
    let report = stand.sweep("2026-11-16T11:06:00Z").await;
    assert_eq!(report.stale, 1);
    assert_eq!(stand.step("LE-7", "7").await.status, StepStatus::Completed);
}

#[tokio::test]
async fn p03_the_same_fact_by_another_road_or_id_is_entered_once() {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:05:00Z").await;
    let lines = stand.said("seen").await.len();
    stand.poll("2026-11-16T10:06:00Z").await;
    stand.sweep("2026-11-16T10:07:00Z").await;
    let ledger = &stand.app.ledger;
    for id in ["event-1", "event-1", "event-1-again"] {
        let digest = greentick::practice::ids::Digest::of(b"StepFinished 7");
        let source = &stand.app.source;
        ledger
            .keep_callback(source, id, &digest, at("2026-11-16T10:08:00Z"))
            .await
            .unwrap();
        let budget = stand.app.limits.read_budget;
        let (step, now) = (StepId::from("7"), at("2026-11-16T10:08:00Z"));
        greentick::app::mirror::read_one(&stand.app, &step, budget, now)
            .await
            .unwrap();
    }
    assert_eq!(stand.said("seen").await.len(), lines);
    assert_eq!(stand.said("callback").await.len(), 2);
}

#[tokio::test]
async fn p20_a_reopened_step_is_finished_again_in_a_new_cycle_of_the_same_step() {
    for cleared in [true, false] {
        let stand = Stand::new().await;
        stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
        stand.poll("2026-11-16T10:00:00Z").await;
        stand.save("7", "2026-11-17T10:00:00Z", |step| {
            finish(step, "2026-11-17T10:00:00Z");
        });
        stand.poll("2026-11-17T10:01:00Z").await;
        stand.save("7", "2026-11-18T10:00:00Z", |step| {
            step.status = StepStatus::Reopened;
            step.dates.reopened = Some(at("2026-11-18T10:00:00Z"));
            if cleared {
                step.dates.completed = None;
            }
        });
        stand.poll("2026-11-18T10:01:00Z").await;
        // One that keeps the first stamp keeps it even now.
        stand.save("7", "2026-11-19T10:00:00Z", |step| {
            step.status = StepStatus::Completed;
            if cleared {
                step.dates.completed = Some(at("2026-11-19T10:00:00Z"));
            }
        });
        stand.poll("2026-11-19T10:01:00Z").await;
        let step = stand.step("LE-7", "7").await;
        let finishes: Vec<_> = step.finished.iter().map(|f| (f.leg, f.at)).collect();
        let again = if cleared {
            "2026-11-19T10:00:00Z"
        } else {
            "2026-11-19T10:01:00Z"
        };
        assert_eq!(
            finishes,
            [(1, at("2026-11-17T10:00:00Z")), (2, at(again))],
            "stamp cleared: {cleared}"
        );
        assert_eq!(stand.said("reopened").await.len(), 1);
    }
}

#[tokio::test]
async fn p20_an_evaluation_that_changed_after_reopening_needs_its_moderation_again() {
    let stand = Stand::new().await;
    let grade = |code: &str| Known::Is(Value::Code(code.to_owned()));
    let mut seen = review("7", "LE-7");
    seen.facts.insert(Fact::Evaluation, grade("outstanding"));
    stand.add(seen, "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    let agreed = Decision {
        id: "moderation-1".to_owned(),
        episode: EpisodeId::from("LE-7"),
        by: WorkerId::from("W-HEAD"),
        at: at("2026-11-16T11:00:00Z"),
        what: Decided::Moderate {
            grade: Evaluation::Outstanding,
            outcome: ModerationOutcome::Agree,
            instead: None,
            on: None,
        },
    };
    greentick::app::decide::record(&stand.app, &agreed, agreed.at)
        .await
        .unwrap();
    stand.save("7", "2026-11-17T10:00:00Z", |step| {
        finish(step, "2026-11-17T10:00:00Z");
    });
    stand.poll("2026-11-17T10:01:00Z").await;
    let moderation = |line: &serde_json::Value| line["rules"].to_string().contains("LE-27");
    let finishes = stand.said("bypass").await;
    assert!(!moderation(&finishes[0]), "{}", finishes[0]);
    stand.save("7", "2026-11-18T10:00:00Z", |step| {
        step.status = StepStatus::Reopened;
        step.facts.insert(Fact::Evaluation, grade("inadequate"));
    });
    stand.poll("2026-11-18T10:01:00Z").await;
    stand.save("7", "2026-11-19T10:00:00Z", |step| {
        finish(step, "2026-11-19T10:00:00Z");
    });
    stand.poll("2026-11-19T10:01:00Z").await;
    let finishes = stand.said("bypass").await;
    assert_eq!(finishes.len(), 2);
    assert!(moderation(&finishes[1]), "{}", finishes[1]);
}

/// The default terms, changed.
fn terms(change: impl FnOnce(&mut Terms)) -> Arc<Terms> {
    let mut terms = Arc::unwrap_or_clone(common_terms(Mode::Observe));
    change(&mut terms);
    Arc::new(terms)
}

fn away(worker: &str, deputy: Option<&str>) -> Away {
    Away {
        worker: WorkerId::from(worker),
        from: Some(at("2026-11-10T00:00:00Z")),
        until: None,
        deputy: deputy.map(WorkerId::from),
    }
}

async fn overdue_under(terms: Arc<Terms>, team: bool) -> String {
    let stand = Stand::under(terms).await;
    let mut seen = review("7", "LE-7");
    if team {
        seen.assignee = Known::Blank;
        seen.people.clear();
        seen.team = Known::Is(TeamId::from("T-3"));
    }
    stand.add(seen, "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.tick("2026-11-19T09:00:00Z").await;
    let written = stand.written();
    let due = written.iter().rfind(|one| one.text.contains("Rule LE-03."));
    due.unwrap().text.clone()
}

#[tokio::test]
async fn p26_a_reminder_to_somebody_who_left_goes_to_the_next_who_exists() {
    let text = overdue_under(terms(|_| ()), false).await;
    assert!(
        text.contains("For the attention of: practice reviewer."),
        "{text}"
    );
    let left = terms(|terms| {
        terms.people.away = vec![away("W-PR", None)];
    });
    let text = overdue_under(left, false).await;
    assert!(text.contains("For the attention of: supervisor."), "{text}");
    assert!(text.contains("In place of the practice reviewer"), "{text}");
    let deputised = terms(|terms| {
        terms.people.away = vec![away("W-PR", Some("W-DEPUTY"))];
    });
    let text = overdue_under(deputised, false).await;
    assert!(
        text.contains("For the attention of: practice reviewer."),
        "{text}"
    );
    let both_left = terms(|terms| {
        terms.people.away = vec![away("W-PR", Some("W-DEPUTY")), away("W-DEPUTY", None)];
    });
    let text = overdue_under(both_left, false).await;
    assert!(text.contains("For the attention of: supervisor."), "{text}");
}

#[tokio::test]
async fn p26_a_step_that_a_team_has_is_told_to_a_person_all_the_same() {
    let text = overdue_under(terms(|_| ()), true).await;
    assert!(text.contains("For the attention of: supervisor."), "{text}");
}

#[tokio::test]
async fn p26_a_role_that_ended_is_told_to_whoever_comes_after_it() {
    let ended = terms(|terms| {
        for holder in &mut terms.people.holders {
            if holder.role == Role::HeadOfService {
                holder.until = Some(at("2026-11-15T00:00:00Z"));
            }
        }
    });
    let stand = Stand::under(ended).await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    // Five working days late: the Head is told, and there is none.
    stand.tick("2026-11-27T09:00:00Z").await;
    let written = stand.written();
    let to_head = written
        .iter()
        .any(|one| one.text.contains("attention of: Head"));
    assert!(!to_head, "{written:?}");
    let notice = |text: &str| {
        text.contains("In place of the Head of Service")
            && text.contains("attention of: Children's Services Leadership Team")
    };
    assert!(written.iter().any(|one| notice(&one.text)), "{written:?}");
}

#[tokio::test]
async fn p28_a_proposed_step_that_vanishes_starts_no_clock_and_no_alarm() {
    let stand = Stand::new().await;
    let mut proposed = stage(
        "8",
        "LE-7",
        Stage::SupervisorActions,
        "2026-11-16T10:00:00Z",
    );
    proposed.status = StepStatus::Proposed;
    proposed.dates.due = Some(date(2026, 11, 17));
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.add(proposed, "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.fate(|fate| {
        let gone = greentick::case_system::StepAnswer::Gone;
        fate.answers.insert(StepId::from("8"), gone);
    });
    stand.sweep("2026-11-16T11:00:00Z").await;
    let report = stand.sweep("2026-11-16T12:00:00Z").await;
    assert_eq!((report.looked_for, report.missing), (0, 0));
    stand.tick("2026-11-19T09:00:00Z").await;
    assert_eq!(stand.told("supervisor's step"), 0);
    assert!(stand.concerns("LE-7").await.is_empty());
    assert!(stand.said("bypass").await.is_empty());
}

/// The review is finished; what it led to surfaces three weeks later, with an old date.
async fn surfacing(due: Option<jiff::civil::Date>, proposed_before: bool) -> Stand {
    let stand = Stand::new().await;
    stand.add(review("7", "LE-7"), "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    stand.save("7", "2026-11-17T10:00:00Z", |step| {
        finish(step, "2026-11-17T10:00:00Z");
    });
    let mut next = stage(
        "8",
        "LE-7",
        Stage::SupervisorActions,
        "2026-11-17T10:00:00Z",
    );
    next.dates.due = due;
    if proposed_before {
        let mut proposed = next.clone();
        proposed.status = StepStatus::Proposed;
        stand.add(proposed, "2026-11-17T10:00:00Z");
    }
    stand.poll("2026-11-17T10:01:00Z").await;
    stand.add(next, "2027-01-11T10:00:00Z");
    stand.poll("2027-01-11T10:01:00Z").await;
    stand.tick("2027-01-11T10:02:00Z").await;
    stand
}

#[tokio::test]
async fn p29_a_step_that_surfaces_weeks_later_is_not_overdue_at_birth() {
    for proposed_before in [false, true] {
        for due in [None, Some(date(2026, 12, 1))] {
            let stand = surfacing(due, proposed_before).await;
            assert_eq!(stand.told("overdue"), 0, "{due:?}, {proposed_before}");
            let delayed = stand.said("delayed").await;
            assert_eq!(delayed.len(), 1, "the reason is on record");
            assert_eq!(delayed[0]["clock_from"], "2027-01-11T10:01:00Z");
        }
    }
}

#[tokio::test]
async fn p29_a_step_that_appears_with_its_finish_counts_from_it() {
    let stand = Stand::new().await;
    let mut done = review("7", "LE-7");
    finish(&mut done, "2026-11-17T10:00:00Z");
    stand.add(done, "2026-11-17T10:00:00Z");
    let next = stage(
        "8",
        "LE-7",
        Stage::SupervisorActions,
        "2026-11-17T10:00:00Z",
    );
    stand.add(next, "2026-11-17T10:00:00Z");
    // We did not look for weeks: that the step was there all the time is taken for granted.
    stand.poll("2027-01-11T10:01:00Z").await;
    assert!(stand.said("delayed").await.is_empty());
    assert_eq!(stand.step("LE-7", "8").await.clock_from, None);
}

#[tokio::test]
async fn p30_a_date_that_moves_is_recorded_and_the_agreed_one_stands() {
    let stand = Stand::new().await;
    let mut seen = review("7", "LE-7");
    seen.scheduled = Some(date(2026, 11, 10));
    stand.add(seen, "2026-11-16T10:00:00Z");
    stand.poll("2026-11-16T10:00:00Z").await;
    allocate(&stand, "2026-12-18").await;
    stand.save("7", "2026-11-17T10:00:00Z", |step| {
        step.dates.due = Some(date(2026, 11, 3));
        step.scheduled = Some(date(2026, 11, 12));
        step.assignee = Known::Is(WorkerId::from("W-OTHER"));
    });
    stand.poll("2026-11-17T10:01:00Z").await;
    stand.tick("2026-11-17T10:02:00Z").await;
    assert_eq!(stand.told("overdue"), 0);
    let moved = stand.said("date_moved").await;
    let which: Vec<_> = moved
        .iter()
        .map(|line| line["date"].as_str().unwrap())
        .collect();
    assert_eq!(which, ["due", "scheduled"]);
    assert_eq!(moved[0]["in_force"], "2026-12-18");
}

async fn allocate(stand: &Stand, due_on: &str) {
    let csv = format!(
        "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on\n\
         2026-C3,LE-7,P-1,W-1,W-PR,W-3,W-4,assessment,2026-11-02,{due_on}\n"
    );
    let key = |person: &str| greentick::practice::ids::ChildKey::from(person);
    let now = at("2026-11-16T10:30:00Z");
    let by = WorkerId::from("W-QA");
    let report =
        greentick::app::allocate::register(&stand.app, csv.as_bytes(), &by, key, now).await;
    assert_eq!(report.unwrap().accepted, 1);
}
