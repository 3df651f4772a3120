//! Does the same policy over the same history give the same, and another one what it would have changed?

use greentick::app::rehearse::{self, Rehearsal, Trial};
use greentick::practice::decision::{Decided, ModerationOutcome, ReasonAbout};
use greentick::practice::episode::{Evaluation, Role, Stage};
use greentick::practice::fact::Fact;
use greentick::practice::history::Happened;
use greentick::practice::ids::WorkerId;
use greentick::practice::replay::World;
use greentick::practice::terms::{Away, Mode, Policy, Rung};
use greentick::practice::verdict::Answer;

use crate::stand::{Stand, code, day, length, with_number, worker_of};

async fn rehearsed(stand: &Stand, policy: Option<Policy>) -> Rehearsal {
    let trial = Trial {
        policy,
        people: None,
        since: None,
    };
    rehearse::rehearse(&stand.app.ledger, &stand.app.terms, &trial)
        .await
        .unwrap()
}

fn faithful(told: &Rehearsal) {
    assert!(told.unfaithful.is_empty(), "{:#?}", told.unfaithful);
}

/// Numbers that a seed decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// A history in which anything may happen to a few episodes, in any order.
async fn history(seed: u64, mode: Mode) -> Stand {
    let mut chance = Chance(seed);
    let mut stand = Stand::new(mode, "2026-11-02 09:00").await;
    let evaluations = ["good", "outstanding", "inadequate", "unknown_word"];
    let mut stages = [0_usize; 3];
    let mut date = 2;
    for _ in 0..45 {
        let which = chance.below(3);
        let id = format!("LE-{which}");
        let stage = Stage::ALL[stages[which].clamp(1, 4) - 1];
        let step = format!("{which}{}", stages[which].max(1));
        if chance.below(2) == 0 {
            date += chance.below(4);
            let (month, date) = if date > 30 {
                (12, date - 30)
            } else {
                (11, date)
            };
            let moment = format!(
                "2026-{month}-{date:02} {:02}:{:02}",
                9 + chance.below(8),
                chance.below(60)
            );
            if chance.below(5) == 0 {
                // Nobody looks for a while.
                stand.now = stand
                    .app
                    .terms
                    .calendar
                    .moment(&moment)
                    .unwrap()
                    .max(stand.now);
            } else if stand.app.terms.calendar.moment(&moment).unwrap() > stand.now {
                stand.until(&moment).await;
            }
        }
        match chance.below(10) {
            0 => drop(
                stand
                    .decide(&id, "W-QA", stand.allocation(&id, "2026-11-18"))
                    .await,
            ),
            1 | 2 if stages[which] < 4 => {
                stages[which] += 1;
                let stage = Stage::ALL[stages[which] - 1];
                stand.appears(&format!("{which}{}", stages[which]), &id, stage);
            }
            3 if stages[which] > 0 => stand.write_review(&step, evaluations[chance.below(4)]),
            4 if stages[which] > 0 => {
                let long = u32::try_from(chance.below(400)).unwrap();
                stand.write(
                    &step,
                    &[
                        (Fact::ReflectionLength, length(long)),
                        (Fact::Evaluation, code("good")),
                    ],
                );
            }
            5 | 6 if stages[which] > 0 => {
                let next = stage.next().map(worker_of);
                drop(stand.ask(&step, worker_of(stage), next).await);
            }
            7 if stages[which] > 0 => stand.finish(&step),
            8 => {
                let due = day("2026-12-09");
                let decided = match chance.below(5) {
                    0 => Decided::Extend {
                        due,
                        reason: "sickness".to_owned(),
                    },
                    1 => Decided::Pause {
                        from: day("2026-11-11"),
                        until: day("2026-11-13"),
                        reason: "leave".to_owned(),
                    },
                    2 => Decided::GiveReason {
                        about: ReasonAbout::LateFinish,
                        reason: "workload".to_owned(),
                    },
                    3 => Decided::Override {
                        stage,
                        reason: "urgent".to_owned(),
                    },
                    _ => Decided::Moderate {
                        grade: Evaluation::Outstanding,
                        outcome: ModerationOutcome::Agree,
                        instead: None,
                        on: None,
                    },
                };
                let by = if matches!(decided, Decided::Moderate { .. }) {
                    "W-HEAD"
                } else {
                    "W-QA"
                };
                drop(stand.decide(&id, by, decided).await);
            }
            _ => {
                let other = chance.below(3);
                stand
                    .change(|terms| match other {
                        0 => {
                            terms.policy = with_number(&terms.policy, "LE-16.1", "min_chars", 150);
                        }
                        1 => terms.policy.permit_minutes = 20,
                        _ => {
                            terms.people.away = vec![Away {
                                worker: WorkerId::from("W-HEAD"),
                                from: None,
                                until: None,
                                deputy: None,
                            }];
                        }
                    })
                    .await;
            }
        }
        if chance.below(3) > 0 {
            stand.turn().await;
        }
    }
    stand
}

#[tokio::test]
async fn any_history_replays_as_it_was_and_the_same_terms_make_no_difference() {
    for seed in 0..12 {
        let mode =
            [Mode::Callout, Mode::Reverse, Mode::Observe][usize::try_from(seed % 3).unwrap()];
        let stand = history(seed, mode).await;
        let told = rehearsed(&stand, None).await;
        faithful(&told);
        assert!(!told.is_different(), "seed {seed}: {told:#?}");
        // And what is folded is what the ledger holds, word for word.
        let mut world = World::default();
        let mut terms = stand.app.terms.clone();
        let mut seq = 0;
        loop {
            let block = stand.app.ledger.past_after(seq).await.unwrap();
            let Some(last) = block.last() else { break };
            seq = last.seq;
            for line in &block {
                if let Happened::Configured(now) = &line.what {
                    terms =
                        greentick::app::past::Then::of(&stand.app.ledger, now, &stand.app.terms)
                            .await
                            .unwrap()
                            .terms;
                }
                world.take(line, &terms);
            }
        }
        for held in stand.app.ledger.episodes(None).await.unwrap() {
            let mut folded = world.episode(&held.id).unwrap().episode.clone();
            let mut held = held;
            // What was noted as told without being said carries the instant of the look at which it was noted.
            let told = |episode: &greentick::practice::episode::Episode| {
                episode.told.keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(told(&folded), told(&held), "seed {seed}");
            (folded.told, held.told) = Default::default();
            assert_eq!(folded, held, "seed {seed}");
        }
    }
}

/// A cycle in which everything is permitted, said and finished in time but one.
async fn cycle(mode: Mode) -> Stand {
    let mut stand = Stand::new(mode, "2026-11-02 09:00").await;
    for which in 0..3 {
        let id = format!("LE-{which}");
        stand
            .decide(&id, "W-QA", stand.allocation(&id, "2026-11-20"))
            .await
            .unwrap();
        stand.appears(&format!("{which}1"), &id, Stage::Practitioner);
    }
    stand.turn().await;
    stand.until("2026-11-04 10:00").await;
    for (which, long) in [(0, 250), (1, 350), (2, 450)] {
        let step = format!("{which}1");
        stand.write(
            &step,
            &[
                (Fact::ReflectionLength, length(long)),
                (Fact::FocusLength, length(9)),
            ],
        );
        assert_eq!(
            stand.ask(&step, "W-PRAC", Some("W-PR")).await.decision,
            "permit"
        );
        stand.finish(&step);
        stand.appears(
            &format!("{which}2"),
            &format!("LE-{which}"),
            Stage::PracticeReview,
        );
    }
    stand.turn().await;
    stand.until("2026-11-30 10:00").await;
    stand
}

#[tokio::test]
async fn a_stricter_policy_names_what_it_would_have_held_and_nothing_else() {
    let stand = cycle(Mode::Callout).await;
    let stricter = with_number(&stand.app.terms.policy, "LE-16.1", "min_chars", 400);
    let told = rehearsed(&stand, Some(stricter)).await;
    faithful(&told);
    let held: Vec<(&str, Answer, Answer)> = told
        .finishes
        .iter()
        .map(|f| (f.episode.as_str(), f.was, f.would_be))
        .collect();
    assert_eq!(
        held,
        [
            ("LE-0", Answer::Permit, Answer::Hold),
            ("LE-1", Answer::Permit, Answer::Hold)
        ]
    );
    assert!(
        told.finishes
            .iter()
            .all(|finish| finish.more == ["LE-16.1"] && finish.fewer.is_empty())
    );
    // People are taken to have gone on as they did, so nobody is told of a Finish without a permit. A reminder
    // before the Finish would have named the reflection.
    assert!(told.more.is_empty() && told.fewer.is_empty(), "{told:#?}");
    assert!(told.flags.is_empty(), "{told:#?}");
}

#[tokio::test]
async fn another_ladder_is_told_by_rule_and_role() {
    let stand = cycle(Mode::Callout).await;
    let mut policy = stand.app.terms.policy.clone();
    policy.ladder.retain(|rung| rung.working_days != -10);
    policy.ladder.push(Rung {
        working_days: 4,
        tell: vec![Role::Supervisor],
        flag: false,
    });
    let told = rehearsed(&stand, Some(policy.clone())).await;
    faithful(&told);
    let lines = told.in_lines(&stand.app.terms.calendar, true).join("\n");
    let share = |rule: &str, to: &str| {
        let found = told
            .shares
            .iter()
            .find(|one| one.rule == rule && one.to == to);
        found.map(|one| (one.more, one.fewer, one.changed))
    };
    assert_eq!(
        share("LE-03.2", "practice reviewer"),
        Some((0, 3, 0)),
        "{lines}"
    );
    assert_eq!(share("LE-03.1", "supervisor"), Some((3, 0, 0)), "{lines}");
    assert!(told.finishes.is_empty());
    assert!(
        lines.contains("more     LE-0 LE-03.1 on Thursday 26 November 2026, 08:30 to supervisor"),
        "{lines}"
    );
    // Only what would have been different since a day.
    let since = Some(stand.app.terms.calendar.moment("2026-11-20").unwrap());
    let trial = Trial {
        policy: Some(policy),
        people: None,
        since,
    };
    let late = rehearse::rehearse(&stand.app.ledger, &stand.app.terms, &trial)
        .await
        .unwrap();
    assert!(late.fewer.is_empty() && late.more.len() == 3, "{late:#?}");
}

#[tokio::test]
async fn in_a_shadow_month_the_finishes_that_nobody_asked_about_are_judged_again() {
    let mut stand = Stand::new(Mode::Observe, "2026-11-02 09:00").await;
    stand
        .decide("LE-1", "W-QA", stand.allocation("LE-1", "2026-11-20"))
        .await
        .unwrap();
    stand.appears("11", "LE-1", Stage::Practitioner);
    stand.write(
        "11",
        &[
            (Fact::ReflectionLength, length(150)),
            (Fact::FocusLength, length(9)),
        ],
    );
    stand.turn().await;
    stand.until("2026-11-05 10:00").await;
    stand.finish("11");
    stand.turn().await;
    let lenient = with_number(&stand.app.terms.policy, "LE-16.1", "min_chars", 100);
    let told = rehearsed(&stand, Some(lenient)).await;
    faithful(&told);
    let one = &told.finishes[0];
    assert_eq!(one.fewer, ["LE-16.1"], "{told:#?}");
    assert!(one.observed && one.was == Answer::Hold);
}

#[tokio::test]
async fn a_journal_that_does_not_replay_is_not_judged_by() {
    let stand = cycle(Mode::Callout).await;
    let forged = "import sqlite3,sys\ndb = sqlite3.connect(sys.argv[1])\n\
        db.execute(\"UPDATE journal SET body = replace(body, '\\\"answer\\\":\\\"permit\\\"', '\\\"answer\\\":\\\"hold\\\"')\")\ndb.commit()";
    let file = stand.url().replace("sqlite:", "");
    let python = std::process::Command::new("python3")
        .args(["-c", forged, &file])
        .status();
    assert!(python.unwrap().success());
    let told = rehearsed(&stand, None).await;
    assert_eq!(told.unfaithful.len(), 3, "{:?}", told.unfaithful);
}
