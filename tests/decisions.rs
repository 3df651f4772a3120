//! Who may decide what, when does a decision fit, and what follows from it? The pure practice alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use greentick::practice::admit::{Admitted, admit};
use greentick::practice::authority::Refusal;
use greentick::practice::cycle::matters;
use greentick::practice::decision::{Allocation, Decided, Decision, ModerationOutcome};
use greentick::practice::effect::{Act, Effect};
use greentick::practice::episode::{Episode, Evaluation, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Row, Value};
use greentick::practice::ids::{Digest, EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::Known;
use greentick::practice::on_record::Sampled;
use greentick::practice::people::{Address, Away, Interest, Manages, Service};
use greentick::practice::react::{Input, JournalLine, Reaction, react};
use greentick::practice::sighting::{Sighting, StepDates};
use greentick::practice::terms::{Holder, Mode, Terms};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[path = "decisions/concerned.rs"]
mod concerned;

#[path = "decisions/unmet.rs"]
mod unmet;

/// An episode as it goes on, and what the last input owed and said.
struct Case {
    terms: Terms,
    episode: Option<Episode>,
    now: Timestamp,
    owed: Vec<Effect>,
    said: Vec<JournalLine>,
}

fn decided(value: serde_json::Value) -> Decided {
    serde_json::from_value(value).unwrap_or_else(|why| panic!("{why}"))
}

fn allocation() -> Allocation {
    serde_json::from_value(json!({
        "cycle": "2026-C3", "source": "council", "child": "child-1", "practitioner": "W-PRACT",
        "reviewer": "W-PR", "supervisor": "W-SUP", "service_manager": "W-SM",
        "operational_manager": "W-OP", "service": "assessment", "allocated_on": "2026-11-02",
        "due_on": "2026-12-04",
    }))
    .unwrap()
}

impl Case {
    /// Allocated by the QA manager; Monday 16 November 2026, 10:00.
    fn new() -> Self {
        let mut case = Self {
            terms: common::terms(Mode::Reverse).as_ref().clone(),
            episode: None,
            now: "2026-11-16T10:00:00Z".parse().unwrap(),
            owed: Vec::new(),
            said: Vec::new(),
        };
        case.terms.people.holders.push(Holder {
            worker: WorkerId::from("W-CSLT"),
            role: Role::Cslt,
            from: None,
            until: None,
        });
        case.ok("W-QA", Decided::Allocate(Box::new(allocation())));
        case
    }

    fn react(&mut self, input: Input<'_>) -> Reaction {
        let (id, source) = (EpisodeId::from("LE-1"), SourceName::from("council"));
        let before = self.episode.take();
        let reaction = react(before.as_ref(), &id, &source, input, &self.terms, self.now);
        self.episode = Some(reaction.after.clone());
        self.owed.clone_from(&reaction.owed);
        self.said.clone_from(&reaction.said);
        reaction
    }

    fn decision(&self, by: &str, what: Decided) -> Decision {
        Decision {
            id: format!("{by}/{}/{}", what.name(), self.now),
            episode: EpisodeId::from("LE-1"),
            by: WorkerId::from(by),
            at: self.now,
            what,
        }
    }

    fn admit(&self, by: &str, what: Decided) -> Result<Admitted, Refusal> {
        let mut decision = self.decision(by, what);
        decision.id.push_str("/tried");
        admit(&decision, self.episode.as_ref(), &self.terms, &[])
    }

    /// The decision is taken in.
    fn ok(&mut self, by: &str, what: Decided) -> Reaction {
        self.later(0, 1);
        let decision = self.decision(by, what);
        let admitted = admit(&decision, self.episode.as_ref(), &self.terms, &[]);
        assert!(matches!(admitted, Ok(Admitted::New(_))), "{admitted:?}");
        self.react(Input::Decided(&decision))
    }

    /// The decision is refused under a rule, in words that hold these.
    #[track_caller]
    fn no(&self, by: &str, what: Decided, rule: &str, words: &str) {
        match self.admit(by, what.clone()) {
            Err(refusal) => {
                assert_eq!(refusal.rule, rule, "{what:?}: {refusal}");
                assert!(refusal.why.contains(words), "{what:?}: {refusal}");
            }
            Ok(admitted) => panic!("{what:?} of {by}: {admitted:?}"),
        }
    }

    fn later(&mut self, days: i64, minutes: i64) {
        self.now += SignedDuration::from_hours(24 * days) + SignedDuration::from_mins(minutes);
    }

    /// It is drawn, and given to these.
    fn drawn(&mut self, moderators: &[&str]) -> Reaction {
        let place = Sampled {
            cycle: "2026-C3".into(),
            certificate: Digest::of(b"certificate"),
            since: self.now,
            moderators: moderators.iter().map(|who| WorkerId::from(*who)).collect(),
            left: None,
        };
        self.react(Input::Sampled(&place))
    }

    /// A step of a stage is seen.
    fn see(&mut self, stage: Stage, status: StepStatus, facts: &[(Fact, Value)]) {
        let seen = common::review(stage.name(), "LE-1", self.now);
        let owner = self.episode().person(stage.owner());
        let facts: BTreeMap<_, _> = facts
            .iter()
            .map(|(fact, value)| (*fact, Known::Is(value.clone())))
            .collect();
        let sighting = Sighting {
            stage,
            status,
            assignee: owner,
            people: BTreeMap::new(),
            version: Some(self.now.to_string()),
            dates: StepDates {
                completed: (status == StepStatus::Completed).then_some(self.now),
                ..seen.dates.clone()
            },
            facts,
            ..seen
        };
        self.react(Input::Seen(&sighting));
        self.later(0, 1);
    }

    fn graded(&mut self, grade: &str, rating: &str) {
        let row = Row {
            code: Known::Is(rating.to_owned()),
            ..Row::new("direct_work")
        };
        let evaluation = Value::Code(grade.to_owned());
        let facts = [
            (Fact::Evaluation, evaluation),
            (Fact::Areas, Value::Rows(vec![row])),
        ];
        self.see(Stage::PracticeReview, StepStatus::Started, &facts);
    }

    fn all_finished(&mut self) {
        for stage in Stage::ALL {
            self.see(stage, StepStatus::Completed, &[]);
        }
    }

    fn episode(&self) -> &Episode {
        self.episode.as_ref().unwrap()
    }

    /// Who is told by the last input, under a rule.
    fn told(&self, rule: &str) -> Vec<Role> {
        let owed = self.owed.iter().filter(|effect| effect.rule == rule);
        owed.flat_map(|effect| effect.audience.clone()).collect()
    }
}

#[test]
fn each_decision_is_its_makers_alone_and_the_refusal_names_who_may() {
    let everybody = [
        "W-QA", "W-HEAD", "W-CSLT", "W-OP", "W-PR", "W-PRACT", "W-SUP", "W-SM", "W-NOBODY",
    ];
    let mut case = Case::new();
    case.see(Stage::Practitioner, StepStatus::Completed, &[]);
    case.graded("good", "high");
    let cases: [(&[&str], &str, serde_json::Value); 17] = [
        (
            &["W-QA", "W-HEAD"],
            "QA manager (`W-QA`)",
            json!({"decision": "extend", "due": "2026-12-11", "reason": "leave"}),
        ),
        (
            &["W-QA"],
            "QA manager (`W-QA`)",
            json!({"decision": "pause", "from": "2026-11-17", "until": "2026-11-18", "reason": "leave"}),
        ),
        (
            &["W-QA"],
            "QA manager (`W-QA`)",
            json!({"decision": "reassign", "role": "practitioner", "to": "W-2", "reason": "left"}),
        ),
        (
            &["W-QA", "W-OP"],
            "operational manager",
            json!({"decision": "reassign", "role": "supervisor", "to": "W-2", "reason": "left"}),
        ),
        (
            &["W-QA", "W-HEAD"],
            "Head of Service",
            json!({"decision": "reassign", "role": "service_manager", "to": "W-2", "reason": "left"}),
        ),
        (
            &["W-QA"],
            "QA manager (`W-QA`)",
            json!({"decision": "below_standard", "criteria": ["evidence"]}),
        ),
        (
            &["W-QA"],
            "QA manager (`W-QA`)",
            json!({"decision": "escalate_to_head", "reason": "standard", "immediate": true}),
        ),
        (
            &["W-PR", "W-QA"],
            "practice reviewer",
            json!({"decision": "raise_concern"}),
        ),
        (
            &["W-PR"],
            "practice reviewer",
            json!({"decision": "request_moderation"}),
        ),
        (
            &["W-HEAD"],
            "Head of Service Practice and Learning (`W-HEAD`)",
            json!({"decision": "moderate", "grade": "outstanding", "outcome": "agree"}),
        ),
        (
            &["W-HEAD"],
            "(`W-HEAD`)",
            json!({"decision": "delegate", "to": "W-2", "until": "2026-12-01T00:00:00Z"}),
        ),
        (
            &["W-QA", "W-HEAD"],
            "(`W-HEAD`)",
            json!({"decision": "override", "stage": "practice_review", "reason": "safety"}),
        ),
        (
            &["W-PR", "W-PRACT", "W-SUP", "W-SM", "W-QA"],
            "practice reviewer",
            json!({"decision": "give_reason", "about": "late_finish", "reason": "sickness"}),
        ),
        (
            &["W-PR", "W-PRACT", "W-SUP", "W-QA"],
            "practice reviewer",
            json!({"decision": "unavailable", "reason": "sickness"}),
        ),
        (
            &["W-PR", "W-QA"],
            "practice reviewer",
            json!({"decision": "return_step", "to": "practitioner", "reason": "more"}),
        ),
        // Graded already, so that the Head answers for what leaves the frame.
        (
            &["W-HEAD"],
            "(`W-HEAD`)",
            json!({"decision": "cancel", "reason": "record_closed"}),
        ),
        (
            &["W-QA"],
            "(`W-QA`)",
            json!({"decision": "bind", "step": "7"}),
        ),
    ];
    for (may, named, what) in cases {
        for by in everybody {
            let answer = case.admit(by, decided(what.clone()));
            if may.contains(&by) {
                assert!(answer.is_ok(), "{by} {what}: {answer:?}");
            } else {
                let refusal = answer.unwrap_err();
                assert!(refusal.why.contains(named), "{by} {what}: {refusal}");
                assert!(!refusal.asks.is_empty(), "{by} {what}");
            }
        }
    }
}

#[test]
fn the_journal_holds_the_role_in_which_a_decision_was_made_and_a_repeat_changes_nothing() {
    let mut case = Case::new();
    let pause = decided(
        json!({"decision": "pause", "from": "2026-11-17", "until": "2026-11-18", "reason": "leave"}),
    );
    let decision = case.decision("W-QA", pause);
    case.react(Input::Decided(&decision));
    let line = case
        .said
        .iter()
        .find(|line| line.kind == "decided")
        .unwrap();
    assert_eq!(line.body["as"], "qa_manager");
    let before = case.episode().clone();
    let again = admit(&decision, case.episode.as_ref(), &case.terms, &[]);
    assert_eq!(again, Ok(Admitted::Known));
    case.react(Input::Decided(&decision));
    assert_eq!(*case.episode(), before);
    let mut other = decision.clone();
    other.what = decided(json!({"decision": "cancel", "reason": "leave"}));
    let refusal = admit(&other, case.episode.as_ref(), &case.terms, &[]).unwrap_err();
    assert!(refusal.why.contains("another decision"), "{refusal}");
}

#[test]
fn a_form_that_names_somebody_head_or_qa_manager_gives_them_no_power() {
    let mut case = Case::new();
    case.see(Stage::PracticeReview, StepStatus::Started, &[]);
    let steps = &mut case.episode.as_mut().unwrap().steps;
    for step in steps.values_mut() {
        let forged = Known::Is(WorkerId::from("W-FORGED"));
        step.people.insert(Role::QaManager, forged);
    }
    let extend = json!({"decision": "extend", "due": "2026-12-11", "reason": "leave"});
    case.no("W-FORGED", decided(extend), "LE-03.4", "ask the QA manager");
}

#[test]
fn pauses_have_a_limit_end_early_and_move_the_date_by_the_days_they_held() {
    let due = |case: &Case| {
        let terms = &case.terms;
        greentick::practice::deadlines::due_day(
            case.episode(),
            Stage::PracticeReview,
            &terms.policy,
            &terms.calendar,
        )
        .unwrap()
        .to_string()
    };
    let pause = |from: &str, until: &str| {
        decided(json!({"decision": "pause", "from": from, "until": until, "reason": "leave"}))
    };
    let mut case = Case::new();
    case.no(
        "W-QA",
        pause("2026-11-17", "2027-01-04"),
        "LE-03.4",
        "allows 30",
    );
    case.no(
        "W-QA",
        pause("2026-11-17", "2026-11-16"),
        "LE-03.4",
        "ends before it begins",
    );
    case.ok("W-QA", pause("2026-11-17", "2026-12-18"));
    assert_eq!(due(&case), "2027-01-12", "24 working days on");
    case.no(
        "W-QA",
        pause("2026-12-21", "2027-01-04"),
        "LE-03.4",
        "allows 30",
    );
    case.later(1, 0);
    case.ok(
        "W-QA",
        decided(json!({"decision": "resume", "on": "2026-11-19"})),
    );
    assert_eq!(due(&case), "2026-12-08", "two days were held");
    let early = decided(json!({"decision": "resume", "on": "2026-11-23"}));
    case.no("W-QA", early, "LE-03.4", "no pause runs");
}

#[test]
fn a_new_reviewer_voids_an_agreement_and_nobody_may_review_their_own_work() {
    let mut case = Case::new();
    case.graded("outstanding", "high");
    let agree = json!({"decision": "moderate", "grade": "outstanding", "outcome": "agree"});
    case.ok("W-HEAD", decided(agree));
    let matter = case.episode().moderated_matter();
    let to = |role: &str, to: &str| {
        decided(json!({"decision": "reassign", "role": role, "to": to, "reason": "left"}))
    };
    case.no(
        "W-QA",
        to("practice_reviewer", "W-PRACT"),
        "LE-01.2",
        "somebody else",
    );
    case.no(
        "W-QA",
        to("practice_reviewer", "W-SUP"),
        "LE-01.2",
        "No reason",
    );
    case.no(
        "W-QA",
        to("practice_reviewer", "W-PR"),
        "LE-01.2",
        "already",
    );
    case.no(
        "W-QA",
        to("head_of_service", "W-2"),
        "LE-01.2",
        "people file",
    );
    case.ok("W-QA", to("practice_reviewer", "W-PR2"));
    assert_ne!(
        case.episode().moderations[0].on,
        case.episode().moderated_matter()
    );
    assert_eq!(case.episode().moderations[0].on, matter);
    assert_eq!(
        case.told("LE-01.2"),
        [Role::PracticeReviewer, Role::QaManager]
    );
    assert_eq!(case.episode().deeds.reassigned[0].from, Some("W-PR".into()));
    // The allocation stands: a file imported again changes neither people nor date.
    let mut again = allocation();
    again.due_on = "2026-12-11".parse().unwrap();
    let again = Decided::Allocate(Box::new(again));
    case.no(
        "W-QA",
        again,
        "LE-03.4",
        "practice reviewer by `reassign`, the completion date by `extend`",
    );
}

#[test]
fn what_was_shown_to_a_moderator_is_compared_with_what_stands() {
    let mut case = Case::new();
    case.graded("outstanding", "high");
    case.ok("W-PR", Decided::RequestModeration);
    assert_eq!(case.told("LE-27.1"), [Role::HeadOfService]);
    let shown = case.episode().moderation_requests[0].on.clone().unwrap();
    let agree = |on: &Digest| Decided::Moderate {
        grade: Evaluation::Outstanding,
        outcome: ModerationOutcome::Agree,
        instead: None,
        on: Some(on.clone()),
    };
    assert!(case.admit("W-HEAD", agree(&shown)).is_ok());
    case.graded("outstanding", "medium");
    case.no(
        "W-HEAD",
        agree(&shown),
        "LE-27.3",
        "areas/direct_work high -> medium",
    );
    let stands = case.episode().moderated_matter();
    case.ok("W-HEAD", agree(&stands));
    case.no("W-PR", Decided::WithdrawModeration, "LE-27.1", "no request");
    case.ok("W-PR", Decided::RequestModeration);
    case.ok("W-PR", Decided::WithdrawModeration);
    case.no("W-PR", Decided::WithdrawModeration, "LE-27.1", "no request");
}

#[test]
fn who_is_in_conflict_does_not_moderate_and_where_no_head_can_a_member_of_cslt_does() {
    let agree =
        || decided(json!({"decision": "moderate", "grade": "outstanding", "outcome": "agree"}));
    let interest = |with: Option<&str>, service: Option<&str>| Interest {
        worker: "W-HEAD".into(),
        with: with.map(WorkerId::from),
        service: service.map(str::to_owned),
        from: None,
        until: None,
    };
    let mut case = Case::new();
    case.graded("outstanding", "high");
    case.no("W-CSLT", agree(), "LE-27.1", "the Head or a delegate can");
    for interest in [
        interest(Some("W-PR"), None),
        interest(None, Some("assessment")),
    ] {
        case.terms.people.interests = vec![interest];
        case.no("W-HEAD", agree(), "LE-27.1", "interest");
        assert_eq!(case.admit("W-CSLT", agree()), Ok(Admitted::New(Role::Cslt)));
    }
    case.terms.people.interests.clear();
    case.terms.people.managers = vec![Manages {
        manager: "W-HEAD".into(),
        worker: "W-PRACT".into(),
        from: None,
        until: None,
    }];
    case.no("W-HEAD", agree(), "LE-27.1", "manages the practitioner");
    case.terms.people.managers.clear();
    let delegate = |to: &str| {
        decided(json!({"decision": "delegate", "to": to, "until": "2026-11-20T00:00:00Z"}))
    };
    case.ok("W-HEAD", delegate("W-PR"));
    case.no("W-PR", agree(), "LE-27.1", "also the practice reviewer");
    case.ok("W-HEAD", delegate("W-DEPUTY"));
    assert!(case.admit("W-DEPUTY", agree()).is_ok());
    case.later(7, 0);
    case.no("W-DEPUTY", agree(), "LE-27.1", "did not hold");
}

#[test]
fn a_message_says_how_its_reader_is_reached_and_a_deputy_instead_of_whoever_is_away() {
    let address = |worker: &str, to: &str| Address {
        worker: worker.into(),
        to: to.to_owned(),
    };
    let mut case = Case::new();
    case.terms.people.addresses = vec![
        address("W-HEAD", "head-of-practice"),
        address("W-DEPUTY", "deputy-of-practice"),
    ];
    case.ok("W-PR", Decided::RequestModeration);
    let text = case.owed[0].act.text().unwrap();
    assert!(text.contains(" Reached as: head-of-practice."), "{text}");
    case.terms.people.away = vec![Away {
        worker: "W-HEAD".into(),
        from: None,
        until: None,
        deputy: Some("W-DEPUTY".into()),
    }];
    case.ok("W-PR", Decided::WithdrawModeration);
    let text = case.owed[0].act.text().unwrap();
    assert!(text.contains(" Reached as: deputy-of-practice."), "{text}");
}

#[test]
fn a_concern_keeps_who_and_when_and_waits_for_both_who_answer_for_practice() {
    let mut case = Case::new();
    case.no(
        "W-HEAD",
        Decided::AcknowledgeConcern,
        "LE-07.3",
        "no concern",
    );
    case.ok("W-PR", Decided::RaiseConcern);
    assert_eq!(
        case.told("LE-07.1"),
        [Role::HeadOfService, Role::OperationalManager]
    );
    case.ok("W-OP", Decided::AcknowledgeConcern);
    case.no("W-OP", Decided::AcknowledgeConcern, "LE-07.3", "no concern");
    case.ok("W-HEAD", Decided::AcknowledgeConcern);
    let concern = &case.episode().deeds.concerns_raised[0];
    assert!(concern.has(Role::HeadOfService) && concern.has(Role::OperationalManager));
    // Of a service whose allocation names nobody, the people file says who its operational manager is.
    let mut case = Case::new();
    let allocation = case.episode.as_mut().unwrap().allocation.as_mut().unwrap();
    allocation.operational_manager = None;
    case.terms.people.services = vec![Service {
        service: "assessment".to_owned(),
        operational_manager: Some("W-OP2".into()),
        service_manager: None,
        head: None,
        from: None,
        until: None,
    }];
    case.ok("W-PR", Decided::RaiseConcern);
    case.ok("W-OP2", Decided::AcknowledgeConcern);
}

#[test]
fn work_goes_back_one_way_and_the_step_is_opened_again_where_that_can_be_done() {
    let back = |to: &str| decided(json!({"decision": "return_step", "to": to, "reason": "more"}));
    let mut case = Case::new();
    case.see(Stage::Practitioner, StepStatus::Completed, &[]);
    case.see(Stage::PracticeReview, StepStatus::Started, &[]);
    case.no("W-QA", back("practice_review"), "LE-29.4", "open step");
    case.ok("W-PR", back("practitioner"));
    assert!(
        matches!(case.owed[0].act, Act::Reopen { .. }),
        "{:?}",
        case.owed
    );
    assert_eq!(case.owed[0].step, Some(StepId::from("practitioner")));
    case.terms.mode = Mode::Observe;
    case.see(Stage::PracticeReview, StepStatus::Completed, &[]);
    case.see(Stage::SupervisorActions, StepStatus::Started, &[]);
    case.ok("W-SUP", back("practice_review"));
    let text = case.owed[0].act.text().unwrap();
    assert!(matches!(case.owed[0].act, Act::Note { .. }) && text.contains("Please open"));
    // From the sign-off the Service Manager and the Head both say so.
    case.see(Stage::SupervisorActions, StepStatus::Completed, &[]);
    case.see(Stage::SignOff, StepStatus::Started, &[]);
    let returned = case.episode().deeds.returned.len();
    case.ok("W-SM", back("practice_review"));
    assert_eq!(
        case.episode().deeds.returned.len(),
        returned,
        "one alone does not"
    );
    assert_eq!(case.told("LE-29.3"), [Role::HeadOfService]);
    case.no(
        "W-SM",
        back("practice_review"),
        "LE-29.3",
        "a second person",
    );
    case.ok("W-HEAD", back("practice_review"));
    assert_eq!(case.episode().deeds.returned.len(), returned + 1);
}

#[test]
fn a_signed_off_episode_is_opened_again_by_two_people_and_its_sign_off_is_stale() {
    let open = || decided(json!({"decision": "reopen_after_sign_off", "reason": "error"}));
    let mut case = Case::new();
    case.no("W-HEAD", open(), "LE-29.3", "not signed off");
    case.all_finished();
    assert!(!case.episode().is_live());
    // One person who holds both roles is one person.
    case.terms.people.holders.push(Holder {
        worker: "W-HEAD".into(),
        role: Role::QaManager,
        from: None,
        until: None,
    });
    case.ok("W-HEAD", open());
    assert!(!case.episode().is_stale());
    case.no("W-HEAD", open(), "LE-29.3", "a second person");
    case.ok("W-QA", open());
    assert!(case.episode().is_stale() && case.episode().is_live());
    assert!(
        case.owed
            .iter()
            .any(|effect| matches!(effect.act, Act::Reopen { .. }))
    );
    // Signed off anew, it is no longer stale.
    case.all_finished();
    assert!(!case.episode().is_stale() && !case.episode().is_live());
    case.ok("W-QA", Decided::Close);
    case.no("W-PR", Decided::RaiseConcern, "LE-09.6", "closed");
}

#[test]
fn a_date_is_neither_moved_into_the_past_nor_out_of_sight() {
    let mut case = Case::new();
    let extend =
        |due: &str| decided(json!({"decision": "extend", "due": due, "reason": "sickness"}));
    case.no(
        "W-QA",
        extend("2026-11-15"),
        "LE-03.4",
        "2026-11-15, lies in the past",
    );
    case.no(
        "W-QA",
        extend("2028-11-17"),
        "LE-03.4",
        "more than two years ahead",
    );
    let pause = |until: &str| {
        decided(
            json!({"decision": "pause", "from": "2026-11-17", "until": until, "reason": "sickness"}),
        )
    };
    case.no(
        "W-QA",
        pause("2062-11-20"),
        "LE-03.4",
        "the last day of the pause, 2062-11-20",
    );
    // Today in London is the first day that may be agreed.
    case.ok("W-QA", extend("2026-11-16"));
    case.ok("W-QA", extend("2026-12-18"));
}

#[test]
fn what_is_cancelled_stays_so_and_the_head_hears_of_what_left_the_frame() {
    let cancel = || decided(json!({"decision": "cancel", "reason": "record_closed"}));
    let mut case = Case::new();
    case.ok("W-QA", cancel());
    assert!(case.told("LE-09.6").is_empty());
    case.no("W-QA", cancel(), "LE-09.6", "cannot be undone");
    let mut case = Case::new();
    case.graded("inadequate", "low");
    case.no("W-QA", cancel(), "LE-09.6", "has an evaluation already");
    case.no(
        "W-PR",
        cancel(),
        "LE-09.6",
        "only the Head may; ask the Head of Service",
    );
    case.ok("W-HEAD", cancel());
    assert_eq!(case.told("LE-09.6"), [Role::QaManager, Role::HeadOfService]);
    let cancelled = case.episode().deeds.cancelled.as_ref().unwrap();
    assert_eq!(cancelled.grade, Some(Evaluation::Inadequate));
}

#[test]
fn the_reviewer_is_the_first_instance_and_supervisor_and_qa_manager_hear_early_of_absence() {
    let mut case = Case::new();
    case.see(Stage::PracticeReview, StepStatus::Started, &[]);
    let below = decided(json!({"decision": "below_standard", "criteria": ["evidence"]}));
    case.ok("W-QA", below);
    assert_eq!(case.told("LE-05.1"), [Role::PracticeReviewer]);
    let escalate = || decided(json!({"decision": "escalate_to_head", "reason": "standard"}));
    case.no("W-QA", escalate(), "LE-05.2", "3 working days");
    case.later(3, 0);
    case.ok("W-QA", escalate());
    assert_eq!(case.told("LE-05.2"), [Role::HeadOfService]);
    case.ok(
        "W-PR",
        decided(json!({"decision": "unavailable", "reason": "sickness"})),
    );
    assert_eq!(case.told("LE-04.2"), [Role::Supervisor, Role::QaManager]);
    let long = decided(json!({"decision": "unavailable", "reason": "x".repeat(41)}));
    case.no("W-PR", long, "LE-03.4", "code of 1 to 40");
}

#[test]
fn a_self_started_episode_is_adopted_once() {
    let mut case = Case::new();
    let adopt = || Decided::Adopt(Box::new(allocation()));
    case.no("W-QA", adopt(), "LE-01.4", "allocated already");
    case.episode = None;
    case.no("W-QA", adopt(), "LE-00.0", "no episode");
    let seen = common::review("7", "LE-1", case.now);
    case.react(Input::Seen(&seen));
    let reassign =
        json!({"decision": "reassign", "role": "supervisor", "to": "W-2", "reason": "left"});
    case.no("W-QA", decided(reassign), "LE-01.4", "`adopt` it first");
    case.ok("W-QA", adopt());
    assert_eq!(case.episode().cycle, Some("2026-C3".into()));
}

/// A moderator's grade stands beside the evaluation, is given once, and never by whoever has a part in it (¶9).
#[test]
fn a_drawn_episode_is_moderated_beside_its_evaluation() {
    let sample = |grade: &str, learning: Option<&str>| {
        decided(json!({ "decision": "moderate_sample", "grade": grade, "learning": learning }))
    };
    let mut case = Case::new();
    case.graded("good", "high");
    case.no("W-CSLT", sample("good", None), "LE-09.1", "was not drawn");
    case.drawn(&["W-CSLT", "W-TWO"]);
    case.no(
        "W-QA",
        sample("good", None),
        "LE-09.3",
        "does not hold a role",
    );
    let holder = |worker: &str| Holder {
        worker: WorkerId::from(worker),
        role: Role::Cslt,
        from: None,
        until: None,
    };
    case.terms
        .people
        .holders
        .extend([holder("W-SM"), holder("W-TWO"), holder("W-THREE")]);
    case.no("W-SM", sample("good", None), "LE-09.3", "Service Manager");
    let first = case.ok("W-CSLT", sample("requires_improvement", Some("impact")));
    assert!(first.owed.is_empty(), "{:?}", first.owed);
    assert!(case.episode().moderated_by_cslt().is_empty());
    case.no(
        "W-CSLT",
        sample("inadequate", None),
        "LE-09.7",
        "has moderated it already",
    );
    let second = case.ok("W-TWO", sample("good", None));
    assert_eq!(
        case.told("LE-09.7"),
        [Role::PracticeReviewer, Role::ServiceManager]
    );
    let text = second.owed[0].act.text().unwrap();
    let both = "moderated it as Requires improvement and, independently, as Good, beside the evaluation Good";
    assert!(text.contains(both), "{text}");
    assert_eq!(case.episode().moderated_by_cslt().len(), 2);
    case.no(
        "W-THREE",
        sample("good", None),
        "LE-09.7",
        "would not be independent",
    );
    let said = &case.episode().deeds.sample_moderated;
    assert_eq!(said.len(), 2);
    assert_eq!(said[1].own, Some(Evaluation::Good));
    assert_eq!(case.episode().evaluation(), Known::Is(Evaluation::Good));
}

/// One moderator is enough where only one could be found; and who left the sample is nobody's to moderate.
#[test]
fn as_many_moderate_as_it_was_given_to_while_it_is_in_the_sample() {
    let sample = |grade: &str| decided(json!({ "decision": "moderate_sample", "grade": grade }));
    let mut case = Case::new();
    case.graded("good", "high");
    let told = case.drawn(&["W-CSLT"]);
    let acts: Vec<_> = told.owed.iter().map(|it| it.act.operation()).collect();
    assert_eq!(acts, ["flag", "note"]);
    case.ok("W-CSLT", sample("inadequate"));
    assert_eq!(
        case.told("LE-09.7"),
        [Role::PracticeReviewer, Role::ServiceManager]
    );
    let mut case = Case::new();
    case.graded("good", "high");
    case.drawn(&["W-CSLT"]);
    let mut place = case.episode().deeds.sampled.clone().unwrap();
    place.left = Some("record_restricted".to_owned());
    let told = case.react(Input::Sampled(&place));
    assert_eq!(told.withdrawn.len(), 1, "what is not sent yet is not sent");
    let acts: Vec<_> = told.owed.iter().map(|it| it.act.operation()).collect();
    assert_eq!(acts, ["unflag", "note"]);
    case.no("W-CSLT", sample("good"), "LE-09.1", "was not drawn");
}

/// Makes a tie between a moderator and the episode.
type Tie<'a> = &'a dyn Fn(&mut Case);

/// Every tie that bars a moderator (LE-09.3): a part in it, an interest whoever declared it, the service, whoever manages
/// practitioner or reviewer, whoever moderated it first.
#[test]
fn whoever_has_a_tie_to_a_drawn_episode_does_not_moderate_it() {
    let worker = WorkerId::from("W-CSLT");
    let interest = |one: &str, with: Option<&str>, service: Option<&str>| Interest {
        worker: WorkerId::from(one),
        with: with.map(WorkerId::from),
        service: service.map(str::to_owned),
        from: None,
        until: None,
    };
    let manages = |whom: &str| Manages {
        manager: worker.clone(),
        worker: WorkerId::from(whom),
        from: None,
        until: None,
    };
    let ties: [(&str, Tie<'_>); 7] = [
        ("conflict of interest with the supervisor", &|case| {
            let declared = interest("W-CSLT", Some("W-SUP"), None);
            case.terms.people.interests.push(declared);
        }),
        ("conflict of interest with the practitioner", &|case| {
            let declared = interest("W-PRACT", Some("W-CSLT"), None);
            case.terms.people.interests.push(declared);
        }),
        ("declared an interest in it", &|case| {
            let declared = interest("W-CSLT", None, Some("assessment"));
            case.terms.people.interests.push(declared);
        }),
        ("manages the practitioner", &|case| {
            case.terms.people.managers.push(manages("W-PRACT"));
        }),
        ("manages the practice reviewer", &|case| {
            case.terms.people.managers.push(manages("W-PR"));
        }),
        ("answers for the service", &|case| {
            case.terms.people.services.push(Service {
                service: "assessment".to_owned(),
                operational_manager: Some(worker.clone()),
                service_manager: None,
                head: None,
                from: None,
                until: None,
            });
        }),
        ("recorded its initial moderation", &|case| {
            let first = json!({
                "id": "m-1", "by": "W-CSLT", "at": case.now, "grade": "good", "outcome": "agree", "on": "x",
            });
            let first = serde_json::from_value(first).unwrap();
            case.episode.as_mut().unwrap().moderations.push(first);
        }),
    ];
    for (words, tie) in ties {
        let mut case = Case::new();
        case.graded("good", "high");
        let drawn = ("LE-1/sample/2026-C3/note".to_owned(), case.now);
        let episode = case.episode.as_mut().unwrap();
        episode.told.insert(drawn.0, drawn.1);
        let sample = || decided(json!({ "decision": "moderate_sample", "grade": "good" }));
        assert!(case.admit("W-CSLT", sample()).is_ok());
        tie(&mut case);
        case.no("W-CSLT", sample(), "LE-09.3", words);
    }
}

/// Whoever waits is named to the QA manager, then to CSLT, and nobody is named twice for one level (LE-09.2).
#[test]
fn drawn_episodes_that_nobody_moderates_are_named() {
    let mut case = Case::new();
    case.graded("good", "high");
    let now = std::mem::replace(&mut case.now, "2026-11-16T12:00:00Z".parse().unwrap());
    case.drawn(&["W-CSLT", "W-TWO"]);
    case.now = now;
    let told = |case: &Case, day: &str| -> Vec<(Role, String)> {
        let all = BTreeSet::from(["2026-C3".into()]);
        let found = matters(
            &[case.episode().clone()],
            &all,
            day.parse().unwrap(),
            &case.terms,
        );
        let own = found.into_iter().filter(|matter| matter.rule == "LE-09.2");
        own.map(|matter| (matter.tell, matter.text)).collect()
    };
    assert_eq!(told(&case, "2026-11-27"), []);
    let first = told(&case, "2026-11-30");
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].0, Role::QaManager);
    assert!(first[0].1.contains("LE-1."), "{first:?}");
    assert_eq!(told(&case, "2026-12-07")[0].0, Role::Cslt);
    let good = || decided(json!({ "decision": "moderate_sample", "grade": "good" }));
    case.ok("W-CSLT", good());
    let half = told(&case, "2026-12-07");
    assert!(half[0].1.contains("LE-1 (1 of 2 awaited)."), "{half:?}");
    let cslt = case
        .terms
        .people
        .holders
        .iter()
        .find(|one| one.role == Role::Cslt);
    let mut second = cslt.unwrap().clone();
    second.worker = WorkerId::from("W-TWO");
    case.terms.people.holders.push(second);
    case.ok("W-TWO", good());
    assert_eq!(told(&case, "2026-12-07"), []);
}
