//! Three stories, told as they happen: each step, message, hold, permit and decision, with the ledger's lines.
//!
//! docs/stories.md is what these tests tell. Everything in it is said by the code; only the sentences in between are
//! written here.

use std::fmt::Write;

use greentick::practice::decision::{Decided, ModerationOutcome};
use greentick::practice::episode::{Evaluation, Role, Stage};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::ids::WorkerId;
use greentick::practice::known::Known;
use greentick::practice::terms::{Away, Mode};
use serde_json::Value as Json;

use crate::generated::document;
use crate::stand::{Stand, code, day, length};

/// Tells a story while it happens.
struct Teller {
    stand: Stand,
    page: String,
    told: usize,
}

impl Teller {
    async fn begin(title: &str, words: &str, mode: Mode) -> Self {
        let stand = Stand::new(mode, "2026-11-02 08:55").await;
        let told = stand.journal().await.len();
        let page = format!("## {title}\n\n{words}\n");
        Self { stand, page, told }
    }

    /// Goes on to a local moment, telling what falls due on the way, and says what happens then.
    async fn at(&mut self, moment: &str, words: &str) {
        self.stand.until(moment).await;
        self.paper().await;
        let when = self.stand.app.terms.calendar.local_words(self.stand.now);
        let _ = write!(self.page, "\n### {when}\n\n{words}\n");
    }

    /// Lets everything follow, and tells it.
    async fn then(&mut self) {
        self.stand.turn().await;
        self.paper().await;
    }

    async fn decide(&mut self, id: &str, by: &str, what: Decided) {
        self.stand.decide(id, by, what).await.unwrap();
        self.then().await;
    }

    /// Somebody presses Finish; gives the answer and the rules that hold it.
    async fn ask(&mut self, step: &str, by: &str, to: &str) -> (String, Vec<String>) {
        let told = self.stand.ask(step, by, Some(to)).await;
        let _ = writeln!(
            self.page,
            "\n{by} presses Finish on step {step}. The answer: **{}**.",
            told.decision
        );
        let mut rules = Vec::new();
        for reason in &told.reasons {
            let text = |key: &str| reason[key].as_str().unwrap_or_default().to_owned();
            let seen = text("seen");
            let _ = writeln!(
                self.page,
                "\n> **{}** {} {seen} {}",
                text("rule"),
                text("missing"),
                text("remedy")
            );
            rules.push(text("rule"));
        }
        self.paper().await;
        (told.decision.to_owned(), rules)
    }

    /// Tells the ledger's lines since the last time, each in words.
    async fn paper(&mut self) {
        let lines = self.stand.journal().await;
        let mut first = true;
        for line in lines.iter().skip(self.told) {
            let body = &line["body"];
            let Some(words) = in_words(body) else {
                continue;
            };
            if first {
                self.page.push('\n');
                first = false;
            }
            let at = body["at"].as_str().unwrap().parse().unwrap();
            let at = self.stand.app.terms.calendar.local_words(at);
            let _ = writeln!(self.page, "- Line {}, {at}: {words}", line["seq"]);
        }
        self.told = lines.len();
    }

    /// Ends with how the episode stands, as `greentick explain` says it.
    async fn end(mut self, id: &str, words: &str) -> String {
        self.then().await;
        let id = id.into();
        let (app, now) = (&self.stand.app, self.stand.now);
        let told = greentick::app::explain::explain(app, &id, None, now);
        let told = told.await.unwrap().unwrap();
        let _ = write!(self.page, "\n{words}\n\n```\n");
        for sentence in &told.summary {
            let _ = writeln!(self.page, "{sentence}");
        }
        for clock in &told.clock {
            let _ = writeln!(
                self.page,
                "{}: {}",
                clock.stage.words(),
                clock.words.join(" ")
            );
        }
        self.page.push_str("```\n");
        self.page
    }

    fn reflection(&self, step: &str, characters: u32) {
        self.stand.write(
            step,
            &[
                (Fact::ReflectionLength, length(characters)),
                (Fact::FocusLength, length(60)),
            ],
        );
    }
}

/// One line of the ledger in words; none for what only prepares another.
fn in_words(body: &Json) -> Option<String> {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let list = |value: &Json| -> String {
        let all = value.as_array().into_iter().flatten();
        let all: Vec<&str> = all.filter_map(Json::as_str).collect();
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    };
    Some(match text("kind").as_str() {
        "seen" => {
            let seen = &body["sighting"];
            let stage = seen["stage"].as_str()?.replace('_', " ");
            format!(
                "step {} ({stage}) was seen, {}",
                seen["step"].as_str()?,
                seen["status"].as_str()?
            )
        }
        "decided" => {
            let decision = &body["decision"];
            let what = decision["what"]["decision"].as_str()?.replace('_', " ");
            format!("{} decided: {what}", decision["by"].as_str()?)
        }
        "asked" => format!(
            "Finish of step {} was asked for: {}; rules that hold it: {}",
            body["attempt"]["step"].as_str()?,
            text("answer"),
            list(&body["rules"])
        ),
        "finished" => format!("step {} was finished with its permit", text("step")),
        "bypass" if body["immediate"] == true => format!(
            "work went on to step {} while step {} is open; what it lacked: {}",
            text("successor"),
            text("step"),
            list(&body["rules"])
        ),
        "bypass" => format!(
            "step {} was finished without a permit; what it lacked: {}",
            text("step"),
            list(&body["rules"])
        ),
        "owed" if body["effect"]["daily"] == true => format!(
            "rule {} has something to say in the day’s message",
            body["effect"]["rule"].as_str()?
        ),
        "owed" => owed(&body["effect"])?,
        "withdrawn" => "a message that had not been sent was taken back".to_owned(),
        "cured" => "what was due is done".to_owned(),
        "reopened" => format!("step {} is open again", text("step")),
        "configured" => "what Greentick judges by has changed, and is on record".to_owned(),
        _ => return None,
    })
}

fn owed(effect: &Json) -> Option<String> {
    let act = &effect["act"];
    let step = effect["step"]
        .as_str()
        .map_or(String::new(), |step| format!(" on step {step}"));
    Some(match act["act"].as_str()? {
        "flag" => format!("the flag `{}` is set{step}", act["flag"].as_str()?),
        "unflag" => format!("the flag `{}` is taken off{step}", act["flag"].as_str()?),
        "due" => format!("the new date is put{step}"),
        "reopen" => format!("step opened again{step}: “{}”", act["text"].as_str()?),
        _ => {
            let to = effect["audience"].as_array()?.iter();
            let to: Vec<&str> = to
                .filter_map(|role| serde_json::from_value::<Role>(role.clone()).ok())
                .map(Role::words)
                .collect();
            format!(
                "a message{step} to the {}: “{}”",
                to.join(", the "),
                act["text"].as_str()?
            )
        }
    })
}

/// An allocated episode whose practitioner's step is done.
async fn reviewing(teller: &mut Teller, id: &str) {
    let allocation = teller.stand.allocation(id, "2026-12-04");
    teller.at("2026-11-02 09:00", "The QA manager allocates the Learning Episode. The practice review is due on 4 December.").await;
    teller.decide(id, "W-QA", allocation).await;
    teller
        .at(
            "2026-11-04 10:00",
            "The practitioner starts the first step and writes a reflection.",
        )
        .await;
    teller.stand.appears("101", id, Stage::Practitioner);
    teller.reflection("101", 420);
    teller.then().await;
    teller.at("2026-11-09 15:00", "It is ready.").await;
    assert_eq!(teller.ask("101", "W-PRAC", "W-PR").await.0, "permit");
    teller.stand.finish("101");
    teller.stand.appears("102", id, Stage::PracticeReview);
    teller.then().await;
}

async fn moderated_down() -> String {
    let id = "LE-2026-0101";
    let mut teller = Teller::begin(
        "An Outstanding that is moderated down",
        "A practice reviewer thinks that the practice was Outstanding. The Head of Service Practice and Learning does not agree. \
         Nobody’s evaluation is changed by Greentick: the reviewer changes it, and then it goes on.",
        Mode::Callout,
    )
    .await;
    reviewing(&mut teller, id).await;
    teller
        .at(
            "2026-11-24 14:00",
            "The review is written, with an overall evaluation of Outstanding.",
        )
        .await;
    teller.stand.write_review("102", "outstanding");
    teller.then().await;
    let (answer, rules) = teller.ask("102", "W-PR", "W-SUP").await;
    assert_eq!(
        (answer.as_str(), rules),
        ("hold", vec!["LE-27.1".to_owned()])
    );
    teller
        .at(
            "2026-11-24 14:10",
            "The reviewer asks the Head to moderate it.",
        )
        .await;
    teller.decide(id, "W-PR", Decided::RequestModeration).await;
    teller
        .at(
            "2026-11-26 11:00",
            "The Head has read it, talked with the reviewer, and would change the evaluation.",
        )
        .await;
    let change = Decided::Moderate {
        grade: Evaluation::Outstanding,
        outcome: ModerationOutcome::Change,
        instead: Some(Evaluation::Good),
        on: None,
    };
    teller.decide(id, "W-HEAD", change).await;
    let (answer, rules) = teller.ask("102", "W-PR", "W-SUP").await;
    assert_eq!(answer, "hold");
    assert!(rules.contains(&"LE-27.1".to_owned()), "{rules:?}");
    teller.at("2026-11-26 16:00", "The reviewer looks at the evidence again and changes the evaluation to Good. Good needs no moderation.").await;
    teller
        .stand
        .write("102", &[(Fact::Evaluation, code("good"))]);
    teller.then().await;
    assert_eq!(
        teller.ask("102", "W-PR", "W-SUP").await,
        ("permit".to_owned(), Vec::new())
    );
    teller.stand.finish("102");
    teller.stand.appears("103", id, Stage::SupervisorActions);
    teller
        .end(
            id,
            "This is how it stands. Both evaluations and the moderation stay in the ledger.",
        )
        .await
}

async fn on_leave() -> String {
    let id = "LE-2026-0102";
    let mut teller = Teller::begin(
        "A practitioner who goes on leave",
        "The practitioner’s step does not appear. It turns out that the practitioner is on leave, so the QA manager stops the clock.",
        Mode::Callout,
    )
    .await;
    let allocation = teller.stand.allocation(id, "2026-12-04");
    teller.at("2026-11-02 09:00", "The QA manager allocates the Learning Episode. The practice review is due on 4 December.").await;
    teller.decide(id, "W-QA", allocation).await;
    teller.at("2026-11-10 09:00", "Nothing has happened for a week. The practice reviewer has talked with the supervisor: the practitioner is away \
        until 20 November. The QA manager stops the clock for those days, and the people file says who is away.").await;
    let pause = Decided::Pause {
        from: day("2026-11-10"),
        until: day("2026-11-20"),
        reason: "leave".to_owned(),
    };
    teller.decide(id, "W-QA", pause).await;
    let (from, until) = ("2026-11-10T00:00:00Z", "2026-11-21T00:00:00Z");
    teller
        .stand
        .change(|terms| {
            terms.people.away.push(Away {
                worker: WorkerId::from("W-PRAC"),
                from: Some(from.parse().unwrap()),
                until: Some(until.parse().unwrap()),
                deputy: None,
            });
        })
        .await;
    teller
        .at(
            "2026-11-24 10:00",
            "The practitioner is back, starts the step and writes.",
        )
        .await;
    teller.stand.appears("201", id, Stage::Practitioner);
    teller.reflection("201", 300);
    teller.then().await;
    teller.at("2026-11-26 10:00", "It is ready.").await;
    assert_eq!(teller.ask("201", "W-PRAC", "W-PR").await.0, "permit");
    teller.stand.finish("201");
    teller.stand.appears("202", id, Stage::PracticeReview);
    teller.then().await;
    teller
        .at(
            "2026-12-15 11:00",
            "The review is written, after the day first set and before the day that counts.",
        )
        .await;
    teller.stand.write_review("202", "good");
    teller.then().await;
    assert_eq!(
        teller.ask("202", "W-PR", "W-SUP").await,
        ("permit".to_owned(), Vec::new())
    );
    teller.stand.finish("202");
    teller
        .end(
            id,
            "In time by the date that counts, and late by the date first set. Both are told.",
        )
        .await
}

async fn sent_early() -> String {
    let id = "LE-2026-0103";
    let mut teller = Teller::begin(
        "A supervisor’s step sent by an immediate next action",
        "The case system lets a worker send the next step on without finishing their own. The supervisor then works on a review that nobody checked.",
        Mode::Callout,
    )
    .await;
    reviewing(&mut teller, id).await;
    teller.at("2026-11-23 16:30", "The reviewer sends the supervisor’s step with an immediate next action. The review stays open, and half of it is empty.").await;
    teller.stand.write(
        "102",
        &[
            (Fact::ConversationLength, length(250)),
            (Fact::Evaluation, code("good")),
        ],
    );
    teller.stand.turn().await;
    teller.stand.appears("103", id, Stage::SupervisorActions);
    teller.then().await;
    let bypass = teller
        .page
        .contains("work went on to step 103 while step 102 is open");
    assert!(bypass, "{}", teller.page);
    teller
        .at(
            "2026-11-24 09:30",
            "The QA manager has talked with the reviewer, who tries to finish now.",
        )
        .await;
    let (answer, rules) = teller.ask("102", "W-PR", "W-SUP").await;
    assert_eq!(answer, "hold");
    assert!(
        rules.contains(&"LE-22.1".to_owned()),
        "every reason at once: {rules:?}"
    );
    teller
        .at("2026-11-27 12:00", "The review is complete.")
        .await;
    teller.stand.write_review("102", "good");
    teller.then().await;
    assert_eq!(
        teller.ask("102", "W-PR", "W-SUP").await,
        ("permit".to_owned(), Vec::new())
    );
    teller.stand.finish("102");
    teller.then().await;
    teller
        .at(
            "2026-12-08 10:00",
            "The supervisor has talked the actions through, and writes the progress.",
        )
        .await;
    let mut action = Row::new("A1");
    action.code = Known::Is("in_progress".to_owned());
    action.progress_on = Known::Is(day("2026-12-08"));
    teller.stand.write(
        "103",
        &[
            (
                Fact::SupervisionDate,
                Known::Is(Value::Day(day("2026-12-07"))),
            ),
            (Fact::ActionProgress, Known::Is(Value::Rows(vec![action]))),
        ],
    );
    teller.then().await;
    assert_eq!(teller.ask("103", "W-SUP", "W-SM").await.0, "permit");
    teller.stand.finish("103");
    teller.stand.appears("104", id, Stage::SignOff);
    teller.end(id, "The review was finished with a permit in the end. That the work was sent on without one stays in the ledger, and was told once.").await
}

const HEAD: &str = "# Three stories

Synthetic people and records. Each story is a test: what stands here was said by the code while the story ran, and the test fails when that
changes. `GREENTICK_RENEW=1 cargo test --test history` writes this page anew. A *line* is a line of the ledger’s journal; the hash of each line
covers the one before, so none can be changed later. Lines that only prepare another are left out.
";

#[tokio::test]
async fn the_stories_are_told_as_they_happen() {
    let stories = [moderated_down().await, on_leave().await, sent_early().await];
    document(
        "docs/stories.md",
        &format!("{HEAD}\n{}", stories.join("\n")),
    );
}
