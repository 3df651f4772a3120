//! Records that are withheld, deleted, merged, copied, of several children or of none (P20–P25, P32).

use super::desk::{compiled, faults, file, one, read, reading, set_aside};
use crate::mapping::{Correlation, Mapping};
use crate::practice::ids::{ChildKey, EpisodeId, StepId, TeamId};
use crate::practice::known::{Known, Why};
use crate::practice::news::Says;

fn life() -> Mapping {
    compiled(&file(
        "child = \"subject/@id\"\nrestricted = \"subject/@restricted\"\ndeleted = \"gone\"\nchange = \"change\"\n\
         modified = \"at\"\nmerged_from = \"merged/@person\"\ncopied_from = \"copy\"\nteam = \"team\"\nscheduled = \"plan\"",
        "[vocabularies.change]\nUPDATED = \"changed\"\nDELETED = \"deleted\"\nHIDDEN = \"hidden\"\n\
         SECURITY = \"changed\"\nMERGED = \"merged\"\n\
         [only_when]\npath = \"kind\"\nis = [\"LE\"]",
    ))
}

fn key(person: &str) -> ChildKey {
    reading().keying.key(person)
}

#[test]
fn a_record_that_shows_nothing_else_still_says_that_it_is_gone_or_hidden() {
    let at = "<at>2026-10-01T08:00:00Z</at>";
    for (record, says) in [
        ("<change>DELETED</change>", Says::Deleted),
        ("<gone>true</gone>", Says::Deleted),
        ("<change>HIDDEN</change>", Says::Hidden),
        ("<subject restricted='Y'/>", Says::Hidden),
        ("<change>SECURITY</change>", Says::Changed),
        ("<change>MERGED</change>", Says::Changed),
    ] {
        let page = read(&life(), &format!("<step id='9'>{record}{at}</step>"));
        assert!(
            page.records.is_empty() && page.quarantined.is_empty(),
            "{record}"
        );
        let told = page.mentions.first().unwrap();
        assert_eq!(
            (&told.step, told.says),
            (&StepId::from("9"), says),
            "{record}"
        );
        assert_eq!(told.at.unwrap().to_string(), "2026-10-01T08:00:00Z");
    }
}

#[test]
fn what_is_withheld_is_hidden_even_if_the_rest_is_shown() {
    let step = "<step id='9'><kind>LE</kind><type>A</type><status>Open</status>\
                <subject id='1' restricted='N'/><subject id='2' restricted='y'/></step>";
    let page = read(&life(), step);
    assert!(page.records.is_empty());
    assert_eq!(page.mentions[0].says, Says::Hidden);
    // What is none of ours is not told of, withheld or not.
    let other = step.replace("<kind>LE</kind>", "<kind>VISIT</kind>");
    assert!(read(&life(), &other).mentions.is_empty());
    let ignored = step.replace("<type>A</type>", "<type>other</type>");
    assert!(read(&life(), &ignored).mentions.is_empty());
}

#[test]
fn a_word_for_a_change_that_nobody_knows_sets_its_record_aside() {
    let (path, reason) = set_aside(&life(), "<step id='9'><change>PURGED</change></step>");
    assert_eq!(path, "change");
    assert!(reason.contains("`PURGED`"), "{reason}");
    let (path, _) = set_aside(
        &life(),
        "<step id='9'><subject restricted='perhaps'/></step>",
    );
    assert_eq!(path, "subject/@restricted");
    // Without a word for it the record is what it shows.
    let plain = "<step id='9'><kind>LE</kind><type>A</type><status>Open</status></step>";
    assert!(one(&life(), plain).merged_from.is_empty());
    let no_status = "<step id='9'><kind>LE</kind><type>A</type><change>UPDATED</change></step>";
    assert!(
        set_aside(&life(), no_status)
            .1
            .contains("status is missing")
    );
}

#[test]
fn a_step_may_have_several_children_or_none() {
    let step = |subjects: &str| {
        one(
            &life(),
            &format!(
                "<step id='9'><kind>LE</kind><type>A</type><status>Open</status>{subjects}</step>"
            ),
        )
    };
    let group = step("<subject id='007'/><subject id='8'/><subject id='007'/><subject id='9'/>");
    assert_eq!(group.child, Known::Is(key("007")));
    assert_eq!(group.siblings, [key("8"), key("9")]);
    assert_ne!(key("7"), key("007"));
    for nobody in [
        "",
        "<subject id='0'/>",
        "<subject id='-1'/>",
        "<subject id=''/>",
    ] {
        let seen = step(nobody);
        assert_eq!(seen.child, Known::Blank, "{nobody}");
        assert!(seen.siblings.is_empty());
    }
    let unmapped = compiled(&file("", ""));
    let seen = one(
        &unmapped,
        "<step id='9'><type>A</type><status>Open</status></step>",
    );
    assert_eq!(seen.child, Known::Unreadable(Why::NotMapped));
}

#[test]
fn merged_copied_team_and_plan_are_told_and_no_person_id_is() {
    let seen = one(
        &life(),
        "<step id='9'><kind>LE</kind><type>A</type><status>Open</status><subject id='P-12'/><change>MERGED</change>\
         <merged person='P-10'/><merged person='P-12'/><copy>4</copy><team>T-1</team><plan>2026-11-02</plan></step>",
    );
    assert_eq!(seen.merged_from, [key("P-10")]);
    assert_eq!(seen.copied_from, Some(StepId::from("4")));
    assert_eq!(seen.team, Known::Is(TeamId::from("T-1")));
    assert_eq!(seen.scheduled.unwrap().to_string(), "2026-11-02");
    assert!(!format!("{seen:?}").contains("P-1"));
    let own =
        "<step id='9'><kind>LE</kind><type>A</type><status>Open</status><copy>9</copy></step>";
    assert_eq!(one(&life(), own).copied_from, None);
}

#[test]
fn a_reference_is_made_of_child_and_cycle_where_none_is_carried() {
    let mapping = |by: &str| {
        compiled(&file(
            "child = \"child\"\ncycle = \"cycle\"\nreference = \"ref\"",
            &format!("[correlation]\nby = \"{by}\""),
        ))
    };
    let step = |child: &str, cycle: &str, reference: &str| {
        format!(
            "<step id='1'><type>A</type><status>Open</status><child>{child}</child><cycle>{cycle}</cycle>\
             <ref>{reference}</ref></step>"
        )
    };
    let made = mapping("child_and_cycle");
    assert_eq!(made.correlation(), Correlation::ChildAndCycle);
    let reference = |child: &str, cycle: &str| one(&made, &step(child, cycle, "")).reference;
    let Known::Is(first) = reference("P-77", "2026-C3") else {
        panic!("no reference");
    };
    assert!(
        first.as_str().starts_with("LE-") && first.as_str().len() == 27,
        "{first}"
    );
    assert!(!first.as_str().contains("P-77"));
    assert_eq!(reference("P-77", "2026-C3"), Known::Is(first.clone()));
    assert_ne!(reference("P-77", "2027-C1"), Known::Is(first.clone()));
    assert_ne!(reference("P-78", "2026-C3"), Known::Is(first));
    assert_eq!(reference("0", "2026-C3"), Known::Blank);
    assert_eq!(reference("P-77", ""), Known::Blank);
    let carried = one(&made, &step("P-77", "2026-C3", "LE-5")).reference;
    assert_eq!(carried, Known::Is(EpisodeId::from("LE-5")));
    let plain = one(&mapping("reference"), &step("P-77", "2026-C3", "")).reference;
    assert_eq!(plain, Known::Blank);
}

#[test]
fn what_holds_steps_together_must_have_a_place() {
    let told =
        |record: &str, by: &str| faults(&file(record, &format!("[correlation]\nby = \"{by}\"")));
    assert!(told("", "links")[0].contains("there is no `[[links]]`"));
    let child = told("cycle = \"cycle\"", "child_and_cycle");
    assert_eq!(child.len(), 1);
    assert!(
        child[0].contains("needs `child` in `[record]`"),
        "{child:?}"
    );
    assert!(told("", "refrence")[0].contains("did you mean `reference`?"));
    let change = faults(&file("change = \"change\"", ""));
    assert_eq!(change, ["8: the table `[vocabularies.change]` is missing"]);
}

#[test]
fn a_test_of_a_mapping_counts_what_is_named_and_not_shown() {
    let text = |mentioned: u32| {
        let test =
            format!("[[test]]\nname = \"t\"\nbody = \"b\"\ngood = 0\nmentioned = {mentioned}");
        file("deleted = \"gone\"", &test)
    };
    let body = b"<steps><step id='1'><gone>Y</gone></step></steps>";
    let differ = |mentioned: u32| {
        let outcomes = compiled(&text(mentioned)).run_tests(|_| Ok(body.to_vec()));
        outcomes[0].differences.len()
    };
    assert_eq!((differ(1), differ(0)), (0, 1));
}
