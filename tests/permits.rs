//! Which Finish used its permit, and which went around? React alone, on one practitioner's step.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use greentick::practice::decision::{Decided, Decision, ReasonAbout};
use greentick::practice::effect::Effect;
use greentick::practice::episode::{Episode, Role, Stage, StepStatus};
use greentick::practice::fact::{Fact, Value};
use greentick::practice::ids::{EpisodeId, SourceName, StepId, WorkerId};
use greentick::practice::known::{Known, Why};
use greentick::practice::react::{Input, Reaction, react};
use greentick::practice::sighting::Sighting;
use greentick::practice::terms::{Mode, Terms};
use greentick::practice::verdict::{Answer, Attempt};
use jiff::{SignedDuration, Timestamp};

/// One episode, as it goes on.
struct Story {
    terms: std::sync::Arc<Terms>,
    episode: Option<Episode>,
    now: Timestamp,
}

impl Story {
    fn begin() -> Self {
        Self {
            terms: common::terms(Mode::Callout),
            episode: None,
            now: "2026-11-24T09:00:00Z".parse().unwrap(),
        }
    }

    fn later(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    fn react(&mut self, input: Input<'_>) -> Reaction {
        let (id, source) = (EpisodeId::from("LE-1"), SourceName::from("council"));
        let before = self.episode.take();
        let reaction = react(before.as_ref(), &id, &source, input, &self.terms, self.now);
        self.episode = Some(reaction.after.clone());
        reaction
    }

    /// The step is seen, its form filled in.
    fn seen(&mut self, status: StepStatus, completed: Option<Timestamp>) -> Reaction {
        let seen = common::review("7", "LE-1", self.now);
        let mut dates = seen.dates.clone();
        dates.completed = completed;
        let facts = [
            (Fact::ReflectionLength, Known::Is(Value::Length(640))),
            (Fact::FocusLength, Known::Is(Value::Length(80))),
        ];
        self.see(&Sighting {
            stage: Stage::Practitioner,
            assignee: Known::Is(WorkerId::from("W-PRACTITIONER")),
            status,
            dates,
            facts: facts.into(),
            ..seen
        })
    }

    fn see(&mut self, sighting: &Sighting) -> Reaction {
        self.react(Input::Seen(sighting))
    }

    fn asked(&mut self, decision: &str, next: &str) -> Answer {
        let attempt = Attempt {
            step: StepId::from("7"),
            actor: None,
            hand_over: Known::Is(WorkerId::from(next)),
            immediate: false,
            at: self.now,
            screen: None,
        };
        let verdict = self.react(Input::Asked(&attempt, decision)).verdict;
        let verdict = verdict.unwrap();
        verdict.answer()
    }

    fn decided(&mut self) {
        let decision = Decision {
            id: format!("reason {}", self.now),
            episode: EpisodeId::from("LE-1"),
            by: WorkerId::from("W-QA"),
            at: self.now,
            what: Decided::GiveReason {
                about: ReasonAbout::LateFinish,
                reason: "workload".to_owned(),
            },
        };
        self.react(Input::Decided(&decision));
    }
}

/// How a Finish was entered.
fn entered(reaction: &Reaction) -> &str {
    let how = ["finished", "bypass"];
    let line = reaction
        .said
        .iter()
        .find(|line| how.contains(&line.kind.as_str()));
    &line.unwrap().kind
}

/// Asked at once and permitted; then ten minutes pass.
fn permitted() -> Story {
    let mut story = Story::begin();
    story.seen(StepStatus::Started, None);
    assert_eq!(story.asked("D-1", "W-PR"), Answer::Permit);
    story.later(10);
    story
}

#[test]
fn a_finish_within_its_permit_is_entered_with_it() {
    let mut story = permitted();
    let reaction = story.seen(StepStatus::Completed, Some(story.now));
    assert_eq!(entered(&reaction), "finished");
}

#[test]
fn a_decision_made_after_the_finish_does_not_void_the_permit_it_used() {
    let mut story = permitted();
    let finished = story.now;
    story.later(3);
    story.decided();
    story.later(3);
    let reaction = story.seen(StepStatus::Completed, Some(finished));
    assert_eq!(entered(&reaction), "finished");
}

#[test]
fn a_stamp_cut_to_the_minute_before_the_decision_it_rests_on_is_allowed_for() {
    let mut story = Story::begin();
    let minute = story.now;
    story.seen(StepStatus::Started, None);
    story.now += SignedDuration::from_secs(10);
    story.decided();
    story.now += SignedDuration::from_secs(10);
    assert_eq!(story.asked("D-1", "W-PR"), Answer::Permit);
    story.now += SignedDuration::from_secs(10);
    let reaction = story.seen(StepStatus::Completed, Some(minute));
    assert_eq!(entered(&reaction), "finished");
}

#[test]
fn a_decision_made_before_the_finish_does() {
    let mut story = permitted();
    story.decided();
    story.later(1);
    let reaction = story.seen(StepStatus::Completed, Some(story.now));
    assert_eq!(entered(&reaction), "bypass");
}

/// The episode's other step, saved now as it was not before.
fn review_saved(story: &mut Story, version: &str, length: u32) {
    let seen = common::review("8", "LE-1", story.now);
    let length = (Fact::ConversationLength, Known::Is(Value::Length(length)));
    story.see(&Sighting {
        version: Some(version.to_owned()),
        facts: [length].into(),
        ..seen
    });
}

/// A supervisor's step is asked about and permitted by override; then ten minutes pass.
fn supervisor_permitted() -> (Story, Sighting) {
    let mut story = Story::begin();
    review_saved(&mut story, "1", 500);
    let step = Sighting {
        stage: Stage::SupervisorActions,
        assignee: Known::Is(WorkerId::from("W-SUPERVISOR")),
        people: [(Role::ServiceManager, Known::Is(WorkerId::from("W-SM")))].into(),
        ..common::review("7", "LE-1", story.now)
    };
    story.see(&step);
    let decision = Decision {
        id: "override".to_owned(),
        episode: EpisodeId::from("LE-1"),
        by: WorkerId::from("W-QA"),
        at: story.now,
        what: Decided::Override {
            stage: Stage::SupervisorActions,
            reason: "trial".to_owned(),
        },
    };
    story.react(Input::Decided(&decision));
    assert_ne!(story.asked("D-1", "W-SM"), Answer::Hold);
    story.later(10);
    (story, step)
}

#[test]
fn another_form_that_changed_meanwhile_does_not_void_a_permit() {
    let (mut story, mut step) = supervisor_permitted();
    review_saved(&mut story, "2", 900);
    step.status = StepStatus::Completed;
    step.dates.completed = Some(story.now);
    story.later(5);
    review_saved(&mut story, "3", 950);
    let reaction = story.see(&step);
    assert_eq!(entered(&reaction), "finished");
}

#[test]
fn its_own_form_changed_between_permit_and_finish_does() {
    let (mut story, mut step) = supervisor_permitted();
    step.facts = [(Fact::SupervisionDate, Known::Blank)].into();
    step.status = StepStatus::Completed;
    step.dates.completed = Some(story.now);
    let reaction = story.see(&step);
    assert_eq!(entered(&reaction), "bypass");
}

#[test]
fn a_finish_after_the_permit_ran_out_is_a_bypass() {
    let mut story = permitted();
    story.later(10);
    let reaction = story.seen(StepStatus::Completed, Some(story.now));
    assert_eq!(entered(&reaction), "bypass");
}

#[test]
fn without_a_stamp_a_finish_seen_late_may_have_used_its_permit() {
    let mut story = permitted();
    story.later(600);
    let reaction = story.seen(StepStatus::Completed, None);
    assert_eq!(entered(&reaction), "finished");
}

#[test]
fn a_provisional_permit_is_judged_again_when_the_finish_is_seen() {
    let mut story = Story::begin();
    let seen = common::review("7", "LE-1", story.now);
    let blind = [(Fact::ReflectionLength, Known::Unreadable(Why::NotSeen))];
    let step = Sighting {
        stage: Stage::Practitioner,
        assignee: Known::Is(WorkerId::from("W-PRACTITIONER")),
        facts: blind.into(),
        people: [(Role::PracticeReviewer, Known::Is(WorkerId::from("W-PR")))].into(),
        ..seen
    };
    story.see(&step);
    assert_eq!(story.asked("D-1", "W-PR"), Answer::Provisional);
    story.later(1);
    // The matter did not change, so the permit stands; what could not be read then still cannot be.
    let mut dates = step.dates.clone();
    dates.completed = Some(story.now);
    let reaction = story.see(&Sighting {
        status: StepStatus::Completed,
        dates,
        ..step
    });
    assert_eq!(entered(&reaction), "finished");
    let line = reaction.said.iter().find(|line| line.kind == "finished");
    let body = &line.unwrap().body;
    assert_eq!(body["provisional"], true);
    assert_eq!(body["judged_again"], "provisional");
}

/// The case system did not answer when leave was asked for: it was given for whatever the form said.
#[test]
fn a_permit_given_unread_covers_a_form_that_had_moved_on_unseen() {
    let told = |reflection: u32| {
        let mut story = Story::begin();
        let seen = common::review("7", "LE-1", story.now);
        let written = |chars| [(Fact::ReflectionLength, Known::Is(Value::Length(chars)))].into();
        let step = Sighting {
            stage: Stage::Practitioner,
            assignee: Known::Is(WorkerId::from("W-PRACTITIONER")),
            facts: written(400),
            people: [(Role::PracticeReviewer, Known::Is(WorkerId::from("W-PR")))].into(),
            ..seen
        };
        story.see(&step);
        let attempt = Attempt {
            step: StepId::from("7"),
            actor: None,
            hand_over: Known::Is(WorkerId::from("W-PR")),
            immediate: false,
            at: story.now,
            screen: None,
        };
        let verdict = story.react(Input::AskedUnread(&attempt, "D-1")).verdict;
        let verdict = verdict.unwrap();
        assert_eq!(verdict.answer(), Answer::Provisional);
        // Nobody is sent after what may long be there.
        let unread = verdict.warnings().find(|judged| judged.rule == "LE-16.1");
        let unread = unread.unwrap();
        assert!(
            unread
                .missing()
                .ends_with("could not be read from the case system just now."),
            "{}",
            unread.missing()
        );
        assert!(
            unread.remedy.starts_with("Wait a minute"),
            "{}",
            unread.remedy
        );
        let held = &story.episode.as_ref().unwrap().steps[&StepId::from("7")];
        assert_eq!(
            held.facts, step.facts,
            "what was last seen stays what was last seen"
        );
        story.later(1);
        let mut dates = step.dates.clone();
        dates.completed = Some(story.now);
        story.see(&Sighting {
            status: StepStatus::Completed,
            dates,
            version: Some("99".to_owned()),
            facts: written(reflection),
            ..step
        })
    };
    let said_of_it = |reaction: &Reaction| {
        let unmet = |effect: &&Effect| effect.cause == "provisional/7/1";
        reaction.owed.iter().filter(unmet).count()
    };
    let kept = told(639);
    assert_eq!(entered(&kept), "finished");
    assert_eq!(said_of_it(&kept), 0);
    let unmet = told(3);
    assert_eq!(entered(&unmet), "finished");
    let line = unmet.said.iter().find(|line| line.kind == "finished");
    assert_eq!(line.unwrap().body["rules"][0], "LE-16.1");
    assert_eq!(said_of_it(&unmet), 1, "what was found unmet is said once");
}

/// What stands on the screen is what is judged, or nothing is.
#[test]
fn a_screen_that_was_overtaken_is_held_with_the_advice_to_load_it_again() {
    let held = |held: &str, shown: Option<&str>, is_read: bool| {
        let mut story = Story::begin();
        let seen = common::review("7", "LE-1", story.now);
        let reflection = Known::Is(Value::Length(400));
        story.see(&Sighting {
            stage: Stage::Practitioner,
            assignee: Known::Is(WorkerId::from("W-PRACTITIONER")),
            facts: [(Fact::ReflectionLength, reflection)].into(),
            people: [(Role::PracticeReviewer, Known::Is(WorkerId::from("W-PR")))].into(),
            version: Some(held.to_owned()),
            ..seen
        });
        let attempt = Attempt {
            step: StepId::from("7"),
            actor: None,
            hand_over: Known::Is(WorkerId::from("W-PR")),
            immediate: false,
            at: story.now,
            screen: shown.map(str::to_owned),
        };
        let input = if is_read {
            Input::Asked(&attempt, "D-1")
        } else {
            Input::AskedUnread(&attempt, "D-1")
        };
        let verdict = story.react(input).verdict.unwrap();
        let codes: Vec<String> = verdict.codes().into_iter().map(str::to_owned).collect();
        assert!(codes.is_empty() || codes == ["LE-00.0"], "{codes:?}");
        !codes.is_empty()
    };
    let cases = [
        ("10", Some("9"), true),
        ("10", Some("10"), false),
        ("10", Some("010"), false),
        ("10", None, false),
        // A later one is not judged by what we hold; the gate asks for it as unread.
        ("10", Some("11"), false),
        // Without an order, one that is not ours is not what would be judged.
        ("a7", Some("b2"), true),
        ("a7", Some("a7"), false),
        ("a7", Some("3"), true),
    ];
    for (ours, shown, is_held) in cases {
        for is_read in [true, false] {
            assert_eq!(
                held(ours, shown, is_read),
                is_held,
                "{ours} {shown:?} {is_read}"
            );
        }
    }
}
