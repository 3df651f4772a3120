//! What can a person receive, and is all of it plain? docs/messages.md is made here, by the code that makes the messages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use greentick::app::explain;
use greentick::practice::concern::Matter;
use greentick::practice::decision::{Decided, ModerationOutcome};
use greentick::practice::episode::{Episode, Evaluation, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::ids::{Digest, EpisodeId, StepId};
use greentick::practice::judge::judge_as_if_open;
use greentick::practice::known::Known;
use greentick::practice::rules::{RULES, Trigger};
use greentick::practice::terms::{Mode, Stance};
use greentick::practice::wording;

use crate::generated::document;
use crate::stand::{Stand, code, day, length};

/// One kind of message.
pub(crate) struct Message {
    pub(crate) name: &'static str,
    pub(crate) made_by: &'static str,
    pub(crate) who: &'static str,
    pub(crate) when: &'static str,
    pub(crate) example: String,
}

pub(crate) const LE: &str = "LE-2026-0017";

async fn episode(stand: &Stand) -> Episode {
    stand
        .app
        .ledger
        .episode(&EpisodeId::from(LE))
        .await
        .unwrap()
        .unwrap()
}

/// An allocated episode whose review is open, half written, and due on 20 November.
pub(crate) async fn half_written(mode: Mode) -> Stand {
    let mut stand = Stand::new(mode, "2026-11-02 09:00").await;
    stand
        .decide(LE, "W-QA", stand.allocation(LE, "2026-11-20"))
        .await
        .unwrap();
    stand.appears("101", LE, Stage::Practitioner);
    stand.write(
        "101",
        &[
            (Fact::ReflectionLength, length(300)),
            (Fact::FocusLength, length(40)),
        ],
    );
    stand.turn().await;
    stand.until("2026-11-03 10:00").await;
    assert_eq!(
        stand.ask("101", "W-PRAC", Some("W-PR")).await.decision,
        "permit"
    );
    stand.finish("101");
    stand.appears("102", LE, Stage::PracticeReview);
    stand.write_review("102", "good");
    stand.write("102", &[(Fact::ConversationLength, Known::Blank)]);
    stand.turn().await;
    stand
}

/// The first text written to the council that has these words.
pub(crate) fn written(stand: &Stand, words: &str) -> String {
    let all = stand.app.case_system.written();
    let found = all.iter().find(|one| one.text.contains(words));
    let all: Vec<&String> = all.iter().map(|one| &one.text).collect();
    found.map_or_else(
        || panic!("`{words}` was not written: {all:#?}"),
        |one| one.text.clone(),
    )
}

async fn dates() -> Vec<Message> {
    let mut stand = half_written(Mode::Callout).await;
    stand.until("2026-12-05 09:00").await;
    let mut late = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    late.decide(LE, "W-QA", late.allocation(LE, "2026-11-20"))
        .await
        .unwrap();
    late.until("2026-11-13 09:00").await;
    // Finished on its day, and seen three days after.
    let mut blind = half_written(Mode::Callout).await;
    blind.until("2026-11-20 15:00").await;
    let finished = blind.now;
    blind.until("2026-11-24 09:00").await;
    blind.save("102", |held| {
        held.status = StepStatus::Completed;
        held.dates.completed = Some(finished);
    });
    blind.turn().await;
    let (who, made_by) = ("whoever the ladder in `policy.toml` names", "wording::due");
    vec![
        Message {
            name: "A date is coming",
            made_by,
            who,
            when: "some working days before it, at 08:30",
            example: written(&stand, "in 5 working days"),
        },
        Message {
            name: "A date is today",
            made_by,
            who,
            when: "on the day, or on the last working day before it, at 08:30",
            example: written(&stand, "is due by the end of"),
        },
        Message {
            name: "A date has passed",
            made_by,
            who,
            when: "some working days after it, at 08:30",
            example: written(&stand, "3 working days overdue"),
        },
        Message {
            name: "A step is awaited",
            made_by,
            who: "the practice reviewer and the QA manager, later their managers",
            when: "five working days after the allocation, if no step has appeared",
            example: written(&late, "has appeared in the case record"),
        },
        Message {
            name: "It was not late after all",
            made_by: "wording::corrected",
            who: "whoever was told that it was late",
            when: "when a Finish in time is seen late",
            example: written(&blind, "no longer holds"),
        },
    ]
}

async fn finishes() -> Vec<Message> {
    let without = half_written(Mode::Callout).await;
    without.finish("102");
    without.turn().await;
    let complete = half_written(Mode::Callout).await;
    complete.write("102", &[(Fact::ConversationLength, length(300))]);
    complete.turn().await;
    complete.finish("102");
    complete.turn().await;
    let undone = half_written(Mode::Reverse).await;
    undone.finish("102");
    undone.turn().await;
    let mut old = half_written(Mode::Reverse).await;
    let pressed = old.now;
    old.now += jiff::SignedDuration::from_hours(96);
    old.save("102", |held| {
        held.status = StepStatus::Completed;
        held.dates.completed = Some(pressed);
    });
    old.until("2026-11-20 10:00").await;
    let early = half_written(Mode::Callout).await;
    early.appears("103", LE, Stage::SupervisorActions);
    early.turn().await;
    let held = half_written(Mode::Callout).await;
    let held_episode = episode(&held).await;
    let step = StepId::from("102");
    let verdict = judge_as_if_open(&held_episode, &step, held.now, &held.app.terms).unwrap();
    let about_task = |mut text: String| {
        wording::in_place(
            &mut text,
            &[Role::PracticeReviewer],
            &[Role::PracticeReviewer],
            "",
            None,
        );
        wording::attention(&mut text, &[Role::PracticeReviewer]);
        text
    };
    let managers = "the QA manager and the Head of Service Practice and Learning";
    vec![
        Message {
            name: "Finish without a permit",
            made_by: "wording::went_around",
            who: managers,
            when: "when a Finish is seen that nobody asked about (`callout`, `task`), unless it dates from before the \
                case system was first read; it names a rule only if an evaluation of Outstanding or Inadequate went on \
                without its moderation",
            example: written(&without, "finished without a permit"),
        },
        Message {
            name: "Finish without a permit, and nothing was missing",
            made_by: "wording::went_around",
            who: managers,
            when: "the same",
            example: written(&complete, "finished without a permit"),
        },
        Message {
            name: "A Finish is undone",
            made_by: "wording::reopened",
            who: "whoever has the step",
            when: "when a Finish that should have been held is seen (`reverse`)",
            example: written(&undone, "opened it again"),
        },
        Message {
            name: "A Finish that is not undone",
            made_by: "wording::left_finished",
            who: "the QA manager, with the day's messages",
            when: "when such a Finish is seen more than three days later, or when later work of the Learning Episode is \
                finished already (`reverse`)",
            example: written(&old, "has not opened it again"),
        },
        Message {
            name: "Work was sent on early",
            made_by: "wording::sent_on",
            who: managers,
            when: "when the next step appears while this one is open",
            example: written(&early, "was sent on while"),
        },
        crate::told::moved().await,
        Message {
            name: "A provisional permit turns out wrong",
            made_by: "wording::provisional_unmet",
            who: "the QA manager",
            when: "when a step can be read again that could not be when its Finish was permitted",
            example: wording::provisional_unmet(&held_episode, &step, &verdict),
        },
        Message {
            name: "The task is answered",
            made_by: "wording::task_answered",
            who: "whoever has the step",
            when: "when Finish is permitted (`task`)",
            example: wording::task_answered(&held_episode, &step),
        },
        Message {
            name: "The task is not answered",
            made_by: "wording::task_held",
            who: "whoever has the step",
            when: "when a hold has stood for ten minutes (`task`)",
            example: about_task(wording::task_held(&held_episode, &step, false, &verdict)),
        },
        Message {
            name: "The form changed after the answer",
            made_by: "wording::task_held",
            who: "whoever has the step",
            when: "ten minutes after a change that takes the permit away (`task`)",
            example: about_task(wording::task_held(&held_episode, &step, true, &verdict)),
        },
    ]
}

fn gathered() -> Vec<Message> {
    let counts: BTreeMap<&str, usize> = [("LE-16.1", 2), ("LE-20.1", 1)].into();
    let steps = [
        ("LE-2026-0003", Stage::Practitioner, "LE-16.1"),
        ("LE-2026-0017", Stage::PracticeReview, "LE-20.1"),
    ];
    let steps: String = steps
        .iter()
        .map(|(id, stage, rule)| {
            wording::would_have_held(&EpisodeId::from(*id), Some(*stage), &[(*rule).to_owned()])
        })
        .collect();
    let hash = Digest::of(b"certificate");
    let names = [
        "LE-2026-0003 (step 40031, LE-03.1)".to_owned(),
        "LE-2026-0017 (step 40171, LE-03.1)".to_owned(),
    ];
    let elsewhere = {
        let mut text = format!("{LE}: the practice review is due by the end of 20 November 2026.");
        wording::in_place(
            &mut text,
            &[Role::PracticeReviewer],
            &[Role::Supervisor],
            "LE-03.2",
            None,
        );
        wording::attention(&mut text, &[Role::Supervisor]);
        text + " Finish it today."
    };
    vec![
        Message {
            name: "Many messages at once",
            made_by: "wording::digest",
            who: "the QA manager, the Head or CSLT",
            when: "when more than 20 messages to one of them are due at once",
            example: wording::digest(Role::QaManager, 24, (1, 2), &names),
        },
        Message {
            name: "What would have been held",
            made_by: "wording::shadow",
            who: "the QA manager",
            when: "on the first working day of a week, at 08:30, in mode `observe`",
            example: wording::shadow(
                day("2026-11-23"),
                (3, 9),
                &wording::by_rule(&counts),
                &steps,
                (1, 1),
            ),
        },
        Message {
            name: "Drawn for moderation",
            made_by: "wording::sampled",
            who: "CSLT, on the step that is drawn",
            when: "when the cycle's sample is drawn",
            example: wording::sampled(
                &EpisodeId::from(LE),
                &"2026-C3".into(),
                &Digest(hash.0.chars().take(16).collect()),
            ),
        },
        Message {
            name: "The consistency pack can be read",
            made_by: "wording::pack",
            who: "CSLT",
            when: "when every drawn episode has been moderated, and when `sample pack --deliver` asks for it; the same figures once",
            example: wording::pack(
                &"2026-C3".into(),
                &[
                    "The same grade, as counted: 77.8% (54.8% to 91.0%), items: 18".to_owned(),
                    "Reviewer higher than moderator: 3, items: 18".to_owned(),
                ],
                &Digest(hash.0.chars().take(16).collect()),
            ),
        },
        Message {
            name: "Nobody holds the role",
            made_by: "wording::in_place`, `wording::attention",
            who: "the next role, as docs/rules.md says",
            when: "at the end of any message whose reader has left or is away",
            example: elsewhere,
        },
    ]
}

fn concerns() -> Vec<Message> {
    let step = || StepId::from("40172");
    let all = [
        (
            "The record is restricted, and the clock runs",
            Matter::Restricted { clock_runs: true },
        ),
        (
            "The record is restricted, and the clock stands still",
            Matter::Restricted { clock_runs: false },
        ),
        ("A step was deleted", Matter::Deleted { step: step() }),
        (
            "A second step",
            Matter::SecondStep {
                step: step(),
                beside: StepId::from("40171"),
            },
        ),
        (
            "Two Learning Episodes of one child",
            Matter::Double {
                other: EpisodeId::from("LE-2026-0018"),
            },
        ),
        (
            "A step names another child",
            Matter::OtherChild { step: step() },
        ),
        (
            "A step could belong to more than one",
            Matter::Unplaced {
                step: step(),
                between: vec![EpisodeId::from(LE), EpisodeId::from("LE-2026-0018")],
            },
        ),
    ];
    all.into_iter()
        .map(|(name, matter)| Message {
            name,
            made_by: "Matter::words",
            who: "the QA manager",
            when: "once, when it is noticed",
            example: format!("{LE}: {}", matter.words()),
        })
        .collect()
}

async fn refusals() -> Vec<Message> {
    let stand = half_written(Mode::Callout).await;
    let extend = |due: &str, reason: &str| Decided::Extend {
        due: day(due),
        reason: reason.to_owned(),
    };
    let moderate = Decided::Moderate {
        grade: Evaluation::Good,
        outcome: ModerationOutcome::Agree,
        instead: None,
        on: None,
    };
    let mut told = Vec::new();
    for (name, id, by, what) in [
        (
            "A date is changed by somebody else",
            LE,
            "W-PR",
            extend("2026-12-18", "sickness"),
        ),
        ("A reason is no code", LE, "W-QA", extend("2026-12-18", "")),
        ("Somebody else moderates", LE, "W-QA", moderate),
        (
            "The episode is not known",
            "LE-1",
            "W-QA",
            extend("2026-12-18", "sickness"),
        ),
    ] {
        let why = stand.decide(id, by, what).await.unwrap_err().to_string();
        told.push(Message {
            name,
            made_by: "decide::record",
            who: "whoever decides",
            when: "at once; nothing is recorded",
            example: why,
        });
    }
    told
}

/// For each rule, what it says when it is not met, from a few episodes in which much is missing.
async fn reasons() -> BTreeMap<String, explain::RuleTold> {
    let mut found: BTreeMap<String, explain::RuleTold> = BTreeMap::new();
    let mut stand = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    stand
        .decide(LE, "W-QA", stand.allocation(LE, "2026-11-20"))
        .await
        .unwrap();
    stand.until("2026-11-12 09:00").await;
    note(&stand, &mut found).await;
    stand.appears("101", LE, Stage::Practitioner);
    stand.turn().await;
    stand.ask("101", "W-PRAC", Some("W-SUP")).await;
    note(&stand, &mut found).await;
    stand.finish("101");
    stand.appears("102", LE, Stage::PracticeReview);
    stand.turn().await;
    stand.until("2026-11-19 09:00").await;
    note(&stand, &mut found).await;
    stand.write("102", &[(Fact::Evaluation, code("outstanding"))]);
    stand.until("2026-11-24 09:00").await;
    stand.ask("102", "W-PR", Some("W-PR")).await;
    note(&stand, &mut found).await;
    stand.write_review("102", "outstanding");
    stand.turn().await;
    let agree = Decided::Moderate {
        grade: Evaluation::Outstanding,
        outcome: ModerationOutcome::Agree,
        instead: None,
        on: None,
    };
    stand.decide(LE, "W-HEAD", agree).await.unwrap();
    stand.write(
        "102",
        &[(
            Fact::Areas,
            crate::stand::rated(&["assessing", "planning"], "low"),
        )],
    );
    stand.turn().await;
    note(&stand, &mut found).await;
    stand.finish("102");
    stand.appears("103", LE, Stage::SupervisorActions);
    stand.turn().await;
    let action = Known::Is(Value::Rows(vec![Row::new("A1")]));
    stand.write("103", &[(Fact::ActionProgress, action)]);
    stand.ask("103", "W-SUP", Some("W-PR")).await;
    note(&stand, &mut found).await;
    stand.finish("103");
    stand.appears("104", LE, Stage::SignOff);
    stand.turn().await;
    stand.until("2027-02-01 09:00").await;
    stand.ask("104", "W-SM", None).await;
    note(&stand, &mut found).await;
    // One that nobody allocated.
    let alone = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    alone.appears("901", LE, Stage::Practitioner);
    alone.turn().await;
    note(&alone, &mut found).await;
    crate::told::of_concern_and_difference(&mut found).await;
    found
}

pub(crate) async fn note(stand: &Stand, found: &mut BTreeMap<String, explain::RuleTold>) {
    let told = explain::explain(&stand.app, &EpisodeId::from(LE), None, stand.now).await;
    let told = told.unwrap().unwrap();
    let stages = told.stages.iter().flat_map(|stage| &stage.rules);
    for rule in stages
        .chain(&told.whole)
        .filter(|rule| rule.finding == "unmet")
    {
        found
            .entry(rule.rule.clone())
            .or_insert_with(|| rule.clone());
    }
}

const HEAD: &str = "# Messages

Every message that a person can receive from Greentick, each as the code says it. Synthetic references only: a message never holds a name, anything
about a child, or a text from a form. The test `messages` makes this page and fails when it is stale; `GREENTICK_RENEW=1 cargo test --test
history` writes it anew. A message ends with whom it is for and its rule; in the case system a mark such as `[gt-1a2b3c4d5e6f7a8b]` follows,
by which it is recognised. Numbers in the text come from `policy.toml`.
";

fn page(groups: &[(&str, Vec<Message>)], reasons: &BTreeMap<String, explain::RuleTold>) -> String {
    let mut page = HEAD.to_owned();
    for (title, messages) in groups {
        let _ = write!(page, "\n## {title}\n");
        for one in messages {
            let _ = write!(
                page,
                "\n### {}\n\n{}; {}. Made by `{}`.\n\n> {}\n",
                one.name,
                capital(one.who),
                one.when,
                one.made_by,
                one.example
            );
        }
    }
    page.push_str("\n## Reasons and flags\n\nWhat the answer to a Finish, a note or `greentick explain` says of each rule that is not met: \
        what is missing, what was seen, what to do.\n");
    for rule in RULES {
        let Some(told) = reasons.get(rule.code) else {
            continue;
        };
        let _ = write!(
            page,
            "\n### {}: {}\n\nAsks the {}. Stance: {:?}.\n\n> {} {} {}\n",
            rule.code,
            rule.title,
            rule.asks.words(),
            rule.stance,
            told.missing,
            told.seen,
            told.remedy
        );
    }
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

async fn groups() -> Vec<(&'static str, Vec<Message>)> {
    vec![
        ("Dates", dates().await),
        ("Finish", finishes().await),
        ("Gathered", {
            let mut all = gathered();
            all.push(crate::told::listed().await);
            all
        }),
        (
            "The moderation sample",
            crate::sample_messages::told().await,
        ),
        ("What needs a person", concerns()),
        ("Decisions", crate::told::decisions().await),
        ("Decisions that are not taken in", refusals().await),
        ("Rows of an allocation", crate::told::rows().await),
    ]
}

#[tokio::test]
async fn the_page_of_messages_is_what_the_code_says() {
    let page = page(&groups().await, &reasons().await);
    // Every function that words a message is on the page.
    let source = include_str!("../../src/practice/wording.rs");
    let made: BTreeSet<&str> = source
        .split("\npub fn ")
        .skip(1)
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    for name in made
        .iter()
        .filter(|name| !["by_rule", "would_have_held"].contains(name))
    {
        assert!(
            page.contains(&format!("`wording::{name}`")),
            "no example of wording::{name}"
        );
    }
    document("docs/messages.md", &page);
}

/// What begins a sentence that says what to do.
const TO_DO: [&str; 43] = [
    "Agree",
    "Compare",
    "Return",
    "Invite",
    "Start",
    "Add",
    "Allocate",
    "Ask",
    "Cancel",
    "Choose",
    "Complete",
    "Confirm",
    "Correct",
    "Decide",
    "Discuss",
    "Enter",
    "Finish",
    "Fill",
    "Give",
    "Have",
    "Hold",
    "Indicate",
    "Look",
    "Make",
    "Match",
    "Note",
    "Open",
    "Press",
    "Put",
    "Rate",
    "Read",
    "Record",
    "Resolve",
    "See",
    "Set",
    "Summarise",
    "Take",
    "Talk",
    "Tell",
    "Update",
    "Wait",
    "Write",
    "You do not need",
];

/// Words of offices, and words that hide what they mean.
const BANNED: [&str; 24] = [
    "please note",
    "in order to",
    "utilise",
    "going forward",
    "ensure",
    "prior to",
    "in respect of",
    "hereby",
    "facilitate",
    "commence",
    "in lieu",
    " via ",
    "shall",
    "e.g.",
    "i.e.",
    "etc.",
    "as per",
    "leverage",
    "streamline",
    "robust",
    "kindly",
    "herewith",
    "aforementioned",
    "slippage",
];

/// Most words in a sentence.
const LONGEST: usize = 26;

fn sentences(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for word in text.split_whitespace() {
        let last = found.last_mut().unwrap();
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
        if word.ends_with(['.', ':', ';', '?']) && !word.ends_with("¶.") {
            found.push(String::new());
        }
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn faults(name: &str, text: &str, needs_a_step: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let sentences = sentences(text);
    let next = |sentence: &String| TO_DO.iter().any(|verb| sentence.starts_with(verb));
    // Or a clause of a sentence does.
    let clause = |clause: &str| {
        let begins = |verb: &str| clause.starts_with(&verb.to_lowercase());
        TO_DO.iter().any(|verb| begins(verb))
    };
    let inside = text.contains(", ask the") || text.split("; ").skip(1).any(clause);
    if needs_a_step && !inside && !sentences.iter().any(next) {
        faults.push(format!("{name}: nothing to do: {text}"));
    }
    for sentence in &sentences {
        let words = sentence.split_whitespace().count();
        if words > LONGEST {
            faults.push(format!("{name}: {words} words: {sentence}"));
        }
    }
    let lower = text.to_lowercase();
    for word in BANNED.iter().filter(|word| lower.contains(**word)) {
        faults.push(format!("{name}: `{word}`: {text}"));
    }
    if lower.contains("child-of") || lower.contains("canary") {
        faults.push(format!("{name}: something about a child: {text}"));
    }
    faults
}

#[tokio::test]
async fn every_message_is_plain_short_and_says_what_to_do() {
    let mut found = Vec::new();
    for (_, messages) in groups().await {
        for one in &messages {
            found.extend(faults(one.name, &one.example, true));
        }
    }
    for (code, told) in reasons().await {
        let text = format!("{} {} {}", told.missing, told.seen, told.remedy);
        found.extend(faults(&code, &text, true));
    }
    for rule in RULES {
        found.extend(faults(rule.code, rule.remedy, true));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_lint_finds_what_it_is_for() {
    assert!(!faults("a", "Please note that it is late. Finish it.", true).is_empty());
    assert!(!faults("a", "It is late.", true).is_empty());
    assert!(!faults("a", &format!("Finish {}.", "it ".repeat(30)), true).is_empty());
    assert!(faults("a", "It is late. Finish it now.", true).is_empty());
}

/// The rules of which this page has no example, because no episode here lacks what they ask.
#[tokio::test]
async fn most_rules_have_an_example() {
    let reasons = reasons().await;
    let judged = RULES.iter().filter(|rule| {
        rule.stance != Stance::Off
            && !matches!(
                rule.trigger,
                Trigger::AtAllocation(_) | Trigger::AtDecision(_)
            )
    });
    let without: Vec<&str> = judged
        .map(|rule| rule.code)
        .filter(|code| !reasons.contains_key(*code))
        .collect();
    assert!(without.len() <= RULES.len() / 2, "{without:?}");
}
