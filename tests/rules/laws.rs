//! Is each table whole? Every finding that a rule can come to has a case, and a pair of cases shows what tips it.

use super::*;

/// Findings that a rule never comes to, and why; the table of every other rule has a case for each of the four.
const NEVER: &[(&str, &str, &[&str])] = &[
    (
        "cannot tell",
        "it is about what a person proposes or decides, and all of that is there",
        &["LE-01.1", "LE-01.2", "LE-01.5", "LE-03.4", "LE-05.2"],
    ),
    (
        "cannot tell",
        "it is about what we keep ourselves: dates set, steps seen, what was asked for and who answered",
        &[
            "LE-01.3", "LE-01.4", "LE-03.1", "LE-03.2", "LE-04.3", "LE-07.3", "LE-18.2", "LE-27.2",
            "LE-29.5",
        ],
    ),
    (
        "does not apply",
        "every allocation is asked",
        &["LE-01.1", "LE-01.2", "LE-01.5"],
    ),
    ("does not apply", "every step seen is asked", &["LE-01.4"]),
    (
        "does not apply",
        "every Finish of its stage is asked",
        &[
            "LE-00.0", "LE-16.1", "LE-16.3", "LE-17.1", "LE-19.1", "LE-20.1", "LE-22.1", "LE-22.2",
            "LE-23.1", "LE-24.1", "LE-25.1", "LE-25.3", "LE-26.1", "LE-26.3", "LE-28.1", "LE-29.2",
            "LE-29.3",
        ],
    ),
];

fn table(rule: &Rule) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    std::fs::read_to_string(folder.join(format!("{}-{}.txt", rule.code, rule.name))).unwrap()
}

#[test]
fn each_table_has_a_case_for_every_finding_that_its_rule_can_come_to() {
    for rule in RULES {
        let text = table(rule);
        let (header, cases) = read(&text);
        let column = header.iter().position(|name| *name == "finding").unwrap();
        let found: BTreeSet<&str> = cases.iter().map(|cells| cells[column]).collect();
        for finding in ["met", "unmet", "cannot tell", "does not apply"] {
            let why = NEVER
                .iter()
                .find(|(never, _, codes)| *never == finding && codes.contains(&rule.code))
                .map(|(_, why, _)| *why);
            match why {
                None => assert!(
                    found.contains(finding),
                    "{} needs a case that finds `{finding}`, or a reason in NEVER",
                    rule.code
                ),
                Some(why) => assert!(
                    !found.contains(finding),
                    "{} does find `{finding}`, though NEVER says that {why}",
                    rule.code
                ),
            }
        }
    }
    let all = NEVER.iter().flat_map(|(_, _, codes)| codes.iter());
    for code in all {
        assert!(
            RULES.iter().any(|rule| rule.code == *code),
            "{code} in NEVER is no rule"
        );
    }
}

#[test]
fn each_table_has_two_cases_that_differ_in_one_thing_alone_and_are_found_otherwise() {
    for rule in RULES {
        let text = table(rule);
        let (header, cases) = read(&text);
        let column = header.iter().position(|name| *name == "finding").unwrap();
        let facts = |cells: &[&str]| -> Vec<String> {
            let given = header.iter().zip(cells);
            given
                .filter(|(name, _)| !["finding", "says"].contains(*name))
                .map(|(_, cell)| (*cell).to_owned())
                .collect()
        };
        let is_edge = |one: &[&str], other: &[&str]| {
            let (ours, theirs) = (facts(one), facts(other));
            let differing = ours.iter().zip(&theirs).filter(|(a, b)| a != b);
            one[column] != other[column] && differing.count() == 1
        };
        let edge = cases
            .iter()
            .any(|one| cases.iter().any(|other| is_edge(one, other)));
        assert!(edge, "{} has no case at an edge", rule.code);
    }
}
