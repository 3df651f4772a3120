//! Who holds a role, stands in, manages or is in conflict, and from which instant to which?

use super::*;
use greentick::practice::authority::may;
use greentick::practice::conflict::{barred, conflict, moderates, sample_conflict};
use greentick::practice::on_record::{Delegated, Proposed};
use greentick::practice::people::{Away, Service};

/// From 10 November at noon until before 20 November at noon.
const SPAN: [(&str, bool); 4] = [
    ("2026-11-10T11:59:59Z", false),
    ("2026-11-10T12:00:00Z", true),
    ("2026-11-20T11:59:59Z", true),
    ("2026-11-20T12:00:00Z", false),
];

fn began() -> Timestamp {
    noon("2026-11-10")
}

fn ended() -> Timestamp {
    noon("2026-11-20")
}

fn service(role: Role, worker: &str) -> Service {
    let of = |one| (one == role).then(|| worker.into());
    Service {
        service: "assessment".to_owned(),
        operational_manager: of(Role::OperationalManager),
        service_manager: of(Role::ServiceManager),
        head: of(Role::HeadOfService),
        from: Some(began()),
        until: Some(ended()),
    }
}

fn interest(with: Option<&str>, service: Option<&str>) -> Interest {
    Interest {
        worker: "W-7".into(),
        with: with.map(Into::into),
        service: service.map(str::to_owned),
        from: Some(began()),
        until: Some(ended()),
    }
}

#[test]
fn each_word_of_the_people_file_holds_for_its_span_and_for_those_it_names() {
    let people = People {
        holders: vec![Holder {
            worker: "W-7".into(),
            role: Role::HeadOfService,
            from: Some(began()),
            until: Some(ended()),
        }],
        managers: vec![Manages {
            manager: "W-7".into(),
            worker: "W-1".into(),
            from: Some(began()),
            until: Some(ended()),
        }],
        interests: vec![interest(Some("W-1"), None)],
        ..People::default()
    };
    let [seven, one, two] = ["W-7", "W-1", "W-2"].map(WorkerId::from);
    for (at, holds) in SPAN {
        let at = noon(at);
        assert_eq!(people.holds(&seven, Role::HeadOfService, at), holds, "{at}");
        assert_eq!(people.manages(&seven, &one, at), holds, "{at}");
        assert_eq!(people.conflict(&seven, &one, at), holds, "{at}");
        assert_eq!(people.conflict(&one, &seven, at), holds, "{at}");
        assert!(!people.holds(&two, Role::HeadOfService, at));
        assert!(!people.holds(&seven, Role::QaManager, at));
        assert!(!people.manages(&one, &seven, at));
        assert!(!people.manages(&seven, &two, at));
        assert!(!people.manages(&two, &one, at));
        assert!(!people.conflict(&seven, &two, at));
    }
}

#[test]
fn whoever_is_of_a_service_is_so_for_the_span_and_for_no_other_service() {
    let [seven, two] = ["W-7", "W-2"].map(WorkerId::from);
    let declared = People {
        interests: vec![interest(None, Some("assessment"))],
        ..People::default()
    };
    for (at, holds) in SPAN {
        let at = noon(at);
        assert_eq!(declared.is_of_service(&seven, "assessment", at), holds);
        assert!(!declared.is_of_service(&seven, "care leavers", at));
        assert!(!declared.is_of_service(&two, "assessment", at));
    }
    for role in [
        Role::OperationalManager,
        Role::ServiceManager,
        Role::HeadOfService,
    ] {
        let people = People {
            services: vec![service(role, "W-7")],
            ..People::default()
        };
        for (at, holds) in SPAN {
            let at = noon(at);
            let found = people.of_service("assessment", role, at);
            assert_eq!(found, holds.then_some(&seven), "{role:?} {at}");
            assert_eq!(people.of_service("care leavers", role, at), None);
            assert_eq!(people.is_of_service(&seven, "assessment", at), holds);
            assert!(!people.is_of_service(&two, "assessment", at));
        }
    }
}

#[test]
fn who_is_away_is_found_by_a_deputy_and_not_in_person() {
    let [seven, two, eight] = ["W-7", "W-2", "W-8"].map(WorkerId::from);
    let mut people = People {
        away: vec![Away {
            worker: seven.clone(),
            from: Some(began()),
            until: Some(ended()),
            deputy: Some(eight.clone()),
        }],
        ..People::default()
    };
    for (at, away) in SPAN {
        let at = noon(at);
        assert_eq!(people.finds_self(&seven, at), !away, "{at}");
        let found = if away { &eight } else { &seven };
        assert_eq!(people.found(&seven, at), Some(found), "{at}");
        assert!(people.finds_self(&two, at));
        assert_eq!(people.found(&two, at), Some(&two));
    }
    people.away[0].deputy = None;
    assert!(!people.finds(&seven, noon("2026-11-12")));
    assert!(people.finds(&seven, noon("2026-11-21")));
}

fn episode() -> Case {
    let mut case = Case::new(find("LE-27.1").unwrap());
    case.set("evaluation", "outstanding");
    case
}

fn who(case: &Case, worker: &str, at: &str) -> Option<Role> {
    moderates(&case.episode, &case.terms.people, &worker.into(), noon(at)).ok()
}

#[test]
fn a_delegate_of_this_episode_moderates_it_from_the_first_to_before_the_last_instant() {
    let mut case = episode();
    case.episode.deeds.delegated.push(Delegated {
        to: "W-7".into(),
        from: began(),
        until: ended(),
        by: "W-9".into(),
    });
    for (at, holds) in SPAN {
        let role = holds.then_some(Role::HeadOfService);
        assert_eq!(who(&case, "W-7", at), role, "{at}");
        assert_eq!(who(&case, "W-6", at), None, "{at}");
    }
}

#[test]
fn cslt_moderates_only_where_no_head_is_there_who_may() {
    let at = "2026-11-20";
    let mut case = episode();
    let cslt = Holder {
        worker: "W-5".into(),
        role: Role::Cslt,
        from: None,
        until: None,
    };
    case.terms.people.holders.push(cslt);
    assert_eq!(who(&case, "W-5", at), None);
    let mut away = episode();
    away.terms = case.terms.clone();
    away.terms.people.away.push(Away {
        worker: "W-9".into(),
        from: None,
        until: None,
        deputy: None,
    });
    assert_eq!(who(&away, "W-5", at), Some(Role::Cslt));
    // One Head of two is in conflict: the other one moderates, and CSLT does not.
    let second = Holder {
        worker: "W-6".into(),
        role: Role::HeadOfService,
        from: None,
        until: None,
    };
    case.terms.people.holders.insert(0, second);
    case.set("supervisor", "W-6");
    assert_eq!(who(&case, "W-5", at), None);
    assert_eq!(who(&case, "W-9", at), Some(Role::HeadOfService));
    case.set("service_manager", "W-9");
    assert_eq!(who(&case, "W-5", at), Some(Role::Cslt));
}

#[test]
fn whoever_manages_one_of_those_who_practised_is_in_conflict() {
    let mut case = episode();
    let id = StepId(Stage::Practitioner.name().to_owned());
    let step = case.episode.steps.get_mut(&id).unwrap();
    step.assignee = Known::Is("W-6".into());
    case.set("manages", "W-9:W-6");
    let at = noon("2026-10-01");
    let people = &case.terms.people;
    assert!(conflict(&case.episode, people, &"W-9".into(), at).is_some());
    assert!(conflict(&case.episode, people, &"W-8".into(), at).is_none());
}

#[test]
fn without_an_allocation_there_is_no_service_to_be_in_conflict_with() {
    let mut case = episode();
    case.terms.people.services = vec![service(Role::HeadOfService, "W-9")];
    let at = "2026-11-12";
    assert_eq!(who(&case, "W-9", at), None);
    case.set("allocated", "none");
    assert_eq!(who(&case, "W-9", at), Some(Role::HeadOfService));
}

fn decides(case: &Case, by: &str, what: Decided) -> Option<Role> {
    let decision = Decision {
        by: by.into(),
        what,
        ..case.decision.clone()
    };
    may(&decision, Some(&case.episode), &case.terms).ok()
}

#[test]
fn a_form_makes_nobody_head_qa_manager_or_member_of_cslt() {
    let extend = || Decided::Extend {
        due: date("2026-12-11"),
        reason: "leave".to_owned(),
    };
    let delegate = || Decided::Delegate {
        to: "W-7".into(),
        from: None,
        until: noon("2026-12-01"),
    };
    let sample = || Decided::ModerateSample {
        grade: code("good"),
        learning: None,
    };
    let mut case = episode();
    for role in [Role::HeadOfService, Role::QaManager, Role::Cslt] {
        let named = Known::Is(WorkerId::from("W-7"));
        case.live().people.insert(role, named);
    }
    assert_eq!(decides(&case, "W-7", extend()), None);
    assert_eq!(decides(&case, "W-7", delegate()), None);
    assert_eq!(decides(&case, "W-7", sample()), None);
    assert_eq!(decides(&case, "W-9", delegate()), Some(Role::HeadOfService));
}

#[test]
fn a_step_goes_back_by_whoever_has_the_work() {
    let back = |to| Decided::ReturnStep {
        to,
        reason: "evidence".to_owned(),
    };
    let mut case = episode();
    let review = Stage::PracticeReview;
    assert_eq!(decides(&case, "W-3", back(review)), Some(Role::Supervisor));
    assert_eq!(decides(&case, "W-4", back(review)), None);
    let decision = Decision {
        by: "W-8".into(),
        what: back(review),
        ..case.decision.clone()
    };
    // Of an episode that is not known, nobody can say that the Service Manager has the work.
    assert_eq!(
        may(&decision, None, &case.terms).ok(),
        Some(Role::QaManager)
    );
    case.set("s4", "open");
    assert_eq!(decides(&case, "W-3", back(review)), None);
    assert_eq!(
        decides(&case, "W-4", back(review)),
        Some(Role::ServiceManager)
    );
}

#[test]
fn whoever_holds_both_roles_confirms_in_the_one_that_did_not_propose() {
    let reopen = || Decided::ReopenAfterSignOff {
        reason: "evidence".to_owned(),
    };
    let mut case = episode();
    case.terms.people.holders.push(Holder {
        worker: "W-8".into(),
        role: Role::HeadOfService,
        from: None,
        until: None,
    });
    assert_eq!(decides(&case, "W-8", reopen()), Some(Role::QaManager));
    case.episode.deeds.proposed = Some(Proposed {
        what: "reopen_after_sign_off".to_owned(),
        first: Entry {
            by: "W-6".into(),
            role: Some(Role::QaManager),
            at: noon("2026-11-19"),
        },
    });
    assert_eq!(decides(&case, "W-8", reopen()), Some(Role::HeadOfService));
}

/// Moderations of an episode: outcome, grade and instant.
fn moderated(case: &mut Case, all: &[(&str, &str, &str)]) {
    case.episode.moderations = all
        .iter()
        .map(|(outcome, grade, at)| Moderation {
            id: format!("{grade}-{at}"),
            by: "W-9".into(),
            at: noon(at),
            grade: code(grade),
            outcome: code(outcome),
            on: Digest::of(b"on"),
            instead: None,
        })
        .collect();
}

#[test]
fn cslt_decides_once_the_same_evaluation_was_advised_against_twice() {
    let (first, second) = ("2026-11-12", "2026-11-16");
    for (all, decides) in [
        (&[("change", "outstanding", first)][..], false),
        (
            &[
                ("change", "outstanding", first),
                ("change", "outstanding", second),
            ][..],
            true,
        ),
        (
            &[
                ("change", "outstanding", first),
                ("agree", "outstanding", second),
            ][..],
            false,
        ),
        (
            &[
                ("change", "outstanding", first),
                ("change", "inadequate", second),
            ][..],
            false,
        ),
        // What is recorded at that very instant was not there before it.
        (
            &[
                ("change", "outstanding", first),
                ("change", "outstanding", "2026-11-20"),
            ][..],
            false,
        ),
        (
            &[
                ("change", "outstanding", first),
                ("change", "outstanding", second),
                ("change", "inadequate", "2026-11-20"),
            ][..],
            true,
        ),
    ] {
        let mut case = episode();
        case.terms.people.holders.push(Holder {
            worker: "W-5".into(),
            role: Role::Cslt,
            from: None,
            until: None,
        });
        moderated(&mut case, all);
        let role = decides.then_some(Role::Cslt);
        assert_eq!(who(&case, "W-5", "2026-11-20"), role, "{all:?}");
    }
}

#[test]
fn a_drawn_episode_is_not_moderated_by_whoever_manages_a_reviewer_or_moderated_it_first() {
    let mut case = episode();
    let at = noon("2026-10-01");
    case.live().assignee = Known::Is("W-6".into());
    case.set("manages", "W-7:W-6");
    moderated(&mut case, &[("agree", "outstanding", "2026-11-12")]);
    let people = &case.terms.people;
    let why = |worker: &str| sample_conflict(&case.episode, people, &worker.into(), at);
    assert!(why("W-7").is_some());
    assert!(why("W-9").is_some());
    assert!(why("W-8").is_none());
    let barred = barred(&case.episode, people, at);
    let barred: Vec<&str> = barred.iter().map(WorkerId::as_str).collect();
    assert_eq!(barred, ["W-1", "W-2", "W-3", "W-4", "W-6", "W-7", "W-9"]);
}

#[test]
fn a_delegate_decides_as_one_and_a_member_of_cslt_as_one_of_several() {
    let case = episode();
    let as_whom = |by: &str, role| {
        let decision = Decision {
            by: by.into(),
            ..case.decision.clone()
        };
        greentick::practice::authority::as_whom(&decision, role, &case.terms)
    };
    let head = as_whom("W-9", Role::HeadOfService);
    assert_eq!(head, "the Head of Service Practice and Learning");
    let delegate = as_whom("W-7", Role::HeadOfService);
    assert_eq!(delegate, format!("a delegate of {head}"));
    assert!(as_whom("W-5", Role::Cslt).starts_with("a member of the "));
    assert!(as_whom("W-8", Role::QaManager).starts_with("the "));
}
