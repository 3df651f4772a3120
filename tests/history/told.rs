//! What do people hear of a decision, of a concern, and of a row that cannot be allocated? A part of docs/messages.md.

use std::collections::BTreeMap;

use greentick::app::{allocate, draw, explain, pack};
use greentick::practice::decision::Decided;
use greentick::practice::episode::Stage;
use greentick::practice::fact::Fact;
use greentick::practice::ids::{ChildKey, CycleId, WorkerId};
use greentick::practice::terms::Mode;
use serde_json::{Value as Json, json};

use crate::messages::{LE, Message, half_written, note, written};
use crate::stand::{Stand, code, rated};

fn decided(what: Json) -> Decided {
    serde_json::from_value(what).unwrap()
}

async fn decide(stand: &mut Stand, by: &str, what: Json) {
    stand.now += jiff::SignedDuration::from_mins(1);
    stand.decide(LE, by, decided(what)).await.unwrap();
    stand.turn().await;
}

fn moderate(outcome: &str) -> Json {
    let instead = (outcome == "change").then_some("good");
    json!({ "decision": "moderate", "grade": "outstanding", "outcome": outcome, "instead": instead })
}

/// Messages about decisions: name, who gets it, by words that only it has.
type Found = (&'static str, &'static str, &'static str);

fn found(stand: &Stand, all: &[Found]) -> Vec<Message> {
    let message = |(name, who, words): &Found| Message {
        name,
        made_by: "react",
        who,
        when: "at once, when it is decided",
        example: written(stand, words),
    };
    all.iter().map(message).collect()
}

/// Every decision of which somebody hears.
pub(crate) async fn decisions() -> Vec<Message> {
    let reviewer = "the practice reviewer";
    let head = "the Head of Service Practice and Learning";
    let mut stand = half_written(Mode::Callout).await;
    stand.write("102", &[(Fact::Evaluation, code("outstanding"))]);
    stand.turn().await;
    for (by, what) in [
        ("W-PR", json!({ "decision": "request_moderation" })),
        ("W-PR", json!({ "decision": "withdraw_moderation" })),
        (
            "W-HEAD",
            json!({ "decision": "delegate", "to": "W-DEPUTY", "until": "2026-11-20T17:00:00Z" }),
        ),
        ("W-HEAD", moderate("more_evidence")),
        ("W-HEAD", moderate("change")),
        ("W-HEAD", moderate("change")),
        ("W-HEAD", moderate("agree")),
        (
            "W-PR",
            json!({ "decision": "unavailable", "reason": "sickness" }),
        ),
        (
            "W-QA",
            json!({ "decision": "below_standard", "criteria": ["evidence"] }),
        ),
        (
            "W-QA",
            json!({ "decision": "escalate_to_head", "reason": "standard", "immediate": true }),
        ),
        ("W-PR", json!({ "decision": "raise_concern" })),
        (
            "W-QA",
            json!({ "decision": "reassign", "role": "supervisor", "to": "W-SUP-2", "reason": "left" }),
        ),
        (
            "W-PR",
            json!({ "decision": "return_step", "to": "practitioner", "reason": "reflection" }),
        ),
        (
            "W-HEAD",
            json!({ "decision": "cancel", "reason": "moved_away" }),
        ),
    ] {
        decide(&mut stand, by, what).await;
    }
    let mut all = found(
        &stand,
        &[
            ("Moderation is asked for", head, "moderation is requested"),
            ("The request is withdrawn", head, "moderation is withdrawn"),
            (
                "Somebody may moderate in the Head's place",
                "the practice reviewer and the QA manager",
                "in the Head's place",
            ),
            (
                "The moderator asks for more evidence",
                reviewer,
                "more evidence is asked for",
            ),
            (
                "The moderator would give another evaluation",
                reviewer,
                "moderation once more",
            ),
            (
                "The moderator would again",
                "the practice reviewer and CSLT",
                "have CSLT decide",
            ),
            ("The moderator agrees", reviewer, ": agreed. Finish"),
            (
                "The practitioner cannot take part",
                "the supervisor and the QA manager",
                "cannot take part for now",
            ),
            (
                "The work is below the standard",
                reviewer,
                "below the standard",
            ),
            ("The standard is taken to the Head", head, "is taken to you"),
            (
                "A concern about practice",
                "the Head and the operational manager",
                "a concern about practice is raised",
            ),
            (
                "A role changes hands",
                "whoever has it now, and the QA manager",
                "is its supervisor from now on",
            ),
            (
                "Work goes back",
                "whoever has the step",
                "is to be worked on again",
            ),
            (
                "Cancelled after it was evaluated",
                "the QA manager and the Head",
                "it left the sample's frame",
            ),
        ],
    );
    all.extend(after_sign_off().await);
    all
}

/// A Learning Episode that was signed off, drawn, and opened again.
async fn after_sign_off() -> Vec<Message> {
    let mut stand = half_written(Mode::Callout).await;
    for (step, next, stage) in [
        ("102", "103", Stage::SupervisorActions),
        ("103", "104", Stage::SignOff),
    ] {
        stand.finish(step);
        stand.appears(next, LE, stage);
        stand.turn().await;
    }
    stand.finish("104");
    stand.turn().await;
    let cycle = CycleId::from("2026-C3");
    let policy = include_bytes!("../../config/policy.toml");
    draw::freeze(&stand.app, &cycle, policy, stand.now)
        .await
        .unwrap();
    draw::draw(&stand.app, &cycle, "58213904671229840731", stand.now)
        .await
        .unwrap();
    let other = json!({ "decision": "moderate_sample", "grade": "requires_improvement", "learning": "evidence_of_impact" });
    decide(&mut stand, "W-CSLT", other).await;
    assert_eq!(since_then(&stand, &cycle).await, "unchanged");
    let again = json!({ "decision": "reopen_after_sign_off", "reason": "mistaken" });
    decide(&mut stand, "W-QA", again.clone()).await;
    decide(&mut stand, "W-HEAD", again).await;
    assert_eq!(since_then(&stand, &cycle).await, "opened again");
    found(
        &stand,
        &[
            (
                "CSLT would give another evaluation",
                "the practice reviewer and the Service Manager",
                "CSLT moderated it as",
            ),
            (
                "A second word is needed",
                "whoever else has to say so",
                "Record the same if you agree",
            ),
            (
                "Opened again after sign-off",
                "the QA manager and the Head",
                "opened again after sign-off",
            ),
        ],
    )
}

/// What the pack's list says has become of the one moderated episode since.
async fn since_then(stand: &Stand, cycle: &CycleId) -> String {
    let pack = pack::draw_up(&stand.app, cycle, stand.now).await.unwrap();
    let all = String::from_utf8(pack.csv()).unwrap();
    let row = all
        .lines()
        .find(|line| line.contains("Since then") && line.contains(LE));
    let row = row.unwrap_or_else(|| panic!("{all}"));
    row.rsplit(',').next().unwrap().trim_matches('"').to_owned()
}

/// A table of allocations in which each row has a fault of its own.
const TABLE: &str =
    "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on
2026-C3,LE-2026-0001,P-1,W-1,W-2,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0002,P-2,W-5,W-5,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0003,P-3,W-6,W-3,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0004,P-4,W-7,,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0005,P-5,W-8,W-2,W-3,W-4,north,2026-11-02,32 December
2026-C3,LE-2026-0001,P-6,W-9,W-2,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0007,P-1,W-10,W-2,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0008,P-8,W-1,W-2,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0009,P-9,W-11,W-2,W-3,W-4,north,2026-11-02,2026-12-11
2026-C3,LE-2026-0010,P-10,W-12,W-2,W-3,W-4,north,2026-11-02,2026-12-11
";

/// What the QA manager reads of rows that are not taken in, and of rows to be looked at.
pub(crate) async fn rows() -> Vec<Message> {
    let stand = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    let by = WorkerId::from("W-QA");
    let asked = allocate::Asked {
        by: &by,
        cycle: None,
        preview: true,
    };
    let key = |child: &str| ChildKey(format!("key-{child}"));
    let report = allocate::register_as(&stand.app, TABLE.as_bytes(), &asked, key, stand.now).await;
    let report = report.unwrap();
    let named = |line: u64, refused: bool| match (line, refused) {
        (3, true) => "A reviewer looks at their own practice",
        (4, true) => "The reviewer is the supervisor",
        (5, true) => "A cell is empty",
        (6, true) => "A day cannot be read",
        (7, true) => "A reference stands twice",
        (8, false) => "A child has two",
        (9, false) => "A practitioner has two in the cycle",
        (_, false) => "A reviewer has more than meant",
        _ => panic!("line {line} was not to be refused"),
    };
    let message = |fault: &allocate::RowFault, refused: bool| Message {
        name: named(fault.line, refused),
        made_by: "allocate::register_as",
        who: "whoever allocates",
        when: if refused {
            "with the line; the row is not taken in"
        } else {
            "with the line; the row is taken in all the same"
        },
        example: format!("allocation.csv:{}: {fault}", fault.line),
    };
    let refused = report.refused.iter().map(|fault| message(fault, true));
    // Of several rows with one fault the first one stands here.
    let mut warned: BTreeMap<&str, Message> = BTreeMap::new();
    for fault in &report.warnings {
        warned
            .entry(named(fault.line, false))
            .or_insert_with(|| message(fault, false));
    }
    assert_eq!((report.refused.len(), warned.len()), (5, 3), "{report:#?}");
    refused.chain(warned.into_values()).collect()
}

/// What the rules say of a concern and of a moderator's other evaluation.
pub(crate) async fn of_concern_and_difference(found: &mut BTreeMap<String, explain::RuleTold>) {
    let mut stand = half_written(Mode::Callout).await;
    stand.write_review("102", "inadequate");
    stand.write(
        "102",
        &[(Fact::Areas, rated(&["assessing", "planning"], "low"))],
    );
    stand.turn().await;
    stand.until("2026-11-05 09:00").await;
    note(&stand, found).await;
    decide(&mut stand, "W-PR", json!({ "decision": "raise_concern" })).await;
    let change = json!({ "decision": "moderate", "grade": "inadequate", "outcome": "change", "instead": "requires_improvement" });
    decide(&mut stand, "W-HEAD", change).await;
    stand.until("2026-11-11 09:00").await;
    note(&stand, found).await;
    stand.write("102", &[(Fact::Evaluation, code("good"))]);
    stand.turn().await;
    note(&stand, found).await;
}

/// What is newly held or flagged is named to the QA manager in the next digest.
pub(crate) async fn listed() -> Message {
    let mut stand = half_written(Mode::Callout).await;
    assert_eq!(
        stand.ask("102", "W-PR", Some("W-SUP")).await.decision,
        "hold"
    );
    stand.until("2026-11-04 09:00").await;
    Message {
        name: "Something is held or flagged",
        made_by: "unmet::listed",
        who: "the QA manager",
        when: "once, at 08:30 of the next working day, if it still stands",
        example: written(&stand, "not met since"),
    }
}

/// The Head hears of an evaluation that was moved after moderation was asked for.
pub(crate) async fn moved() -> Message {
    let mut stand = half_written(Mode::Callout).await;
    stand.write("102", &[(Fact::Evaluation, code("outstanding"))]);
    stand.turn().await;
    decide(
        &mut stand,
        "W-PR",
        json!({ "decision": "request_moderation" }),
    )
    .await;
    stand.write("102", &[(Fact::Evaluation, code("good"))]);
    stand.turn().await;
    stand.finish("102");
    stand.turn().await;
    Message {
        name: "Something for the Head to look at",
        made_by: "wording::flagged",
        who: "the Head of Service Practice and Learning",
        when: "when a Finish is seen that was not held for it",
        example: written(&stand, "was moved from Outstanding to Good"),
    }
}

/// What is live already counts in a preview as it does in earnest, and a preview writes nothing (LE-01.5).
#[tokio::test]
async fn a_preview_names_a_child_a_practitioner_and_a_reviewer_with_more_than_meant() {
    let stand = Stand::new(Mode::Callout, "2026-11-02 09:00").await;
    let by = WorkerId::from("W-QA");
    let key = |child: &str| ChildKey(format!("key-{child}"));
    let row = |id: u32, child: &str, practitioner: &str, reviewer: &str| {
        format!(
            "2026-C3,LE-2026-{id:04},{child},{practitioner},{reviewer},W-3,W-4,north,2026-11-02,2026-12-11\n"
        )
    };
    let heading = TABLE.lines().next().unwrap();
    let register = async |rows: &[String], preview: bool| {
        let file = format!("{heading}\n{}", rows.concat());
        let asked = allocate::Asked {
            by: &by,
            cycle: None,
            preview,
        };
        let said = allocate::register_as(&stand.app, file.as_bytes(), &asked, key, stand.now).await;
        said.unwrap()
    };
    let live = [
        row(1, "P-1", "W-11", "W-2"),
        row(2, "P-2", "W-12", "W-2"),
        row(3, "P-3", "W-13", "W-2"),
    ];
    let said = register(&live, false).await;
    assert!(
        said.warnings.is_empty() && said.refused.is_empty(),
        "{said:#?}"
    );
    let more = [
        row(4, "P-1", "W-14", "W-5"),
        row(5, "P-5", "W-11", "W-5"),
        row(6, "P-6", "W-16", "W-2"),
        row(7, "P-7", "W-17", "W-5"),
    ];
    let before = stand.journal().await.len();
    for preview in [true, true, false] {
        let said = register(&more, preview).await;
        let warned: Vec<(u64, &str)> = said
            .warnings
            .iter()
            .map(|fault| (fault.line, fault.rule.as_deref().unwrap()))
            .collect();
        assert_eq!(
            warned,
            [(2, "LE-01.5"), (3, "LE-01.5"), (4, "LE-01.5")],
            "{said:#?}"
        );
        for (fault, words) in said
            .warnings
            .iter()
            .zip(["child", "practitioner", "reviewer"])
        {
            assert!(fault.why.contains(words), "{fault}");
        }
        assert_eq!((said.accepted, said.refused.len()), (4, 0));
        let load = said
            .loads
            .iter()
            .find(|load| load.reviewer.as_str() == "W-2")
            .unwrap();
        assert_eq!((load.before, load.with, load.cap), (3, 4, 3));
        assert_eq!(stand.journal().await.len() == before, preview);
    }
}
