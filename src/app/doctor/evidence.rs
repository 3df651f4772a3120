//! Of which facts do the steps that were looked at show anything?

use std::collections::{BTreeMap, BTreeSet};

use super::{Health, Told};
use crate::practice::episode::Stage;
use crate::practice::fact::Fact;
use crate::practice::ids::StepId;
use crate::practice::known::{Known, Why};
use crate::practice::sighting::Sighting;

/// Facts that no step showed: no form has them, or our account may not see them. And facts that some steps showed:
/// forms differ, or a path finds nothing where nobody has answered yet. What is `needless` is not missed.
pub(super) fn evidence(seen: &[Sighting], needless: &BTreeSet<Fact>) -> Vec<Told> {
    let mut told = Vec::new();
    for stage in Stage::ALL {
        // The change feed and the list of open steps may both show one.
        let mut steps: BTreeMap<&StepId, Vec<&Sighting>> = BTreeMap::new();
        for one in seen.iter().filter(|one| one.stage == stage) {
            steps.entry(&one.step).or_default().push(one);
        }
        if steps.is_empty() {
            continue;
        }
        // A step that has no form yet shows nothing and says nothing of the paths.
        let with_form: Vec<&Vec<&Sighting>> = steps
            .values()
            .filter(|shown| Fact::ALL.iter().any(|fact| is_read(shown, *fact)))
            .collect();
        let (mut blind, mut partly) = (Vec::new(), Vec::new());
        for fact in Fact::ALL.iter().filter(|fact| fact.stage() == stage) {
            let mut all = steps.values().flatten();
            let unasked = all.all(|one| !one.facts.contains_key(fact));
            // What the mapping has no place for, and forms may do without, is no gap.
            if unasked && (fact.is_optional() || needless.contains(fact)) {
                continue;
            }
            let read = with_form
                .iter()
                .filter(|shown| is_read(shown, *fact))
                .count();
            if read == 0 {
                blind.push(fact.name().to_owned());
            } else if read < with_form.len() {
                partly.push(format!("{} in {read} of {}", fact.name(), with_form.len()));
            }
        }
        let (stage, steps) = (stage.words(), steps.len());
        let doubtful = |said: String, help: &str| Told {
            about: "evidence",
            health: Health::Doubtful,
            said,
            help: Some(help.to_owned()),
        };
        if blind.is_empty() && partly.is_empty() {
            told.push(Told {
                about: "evidence",
                health: Health::Well,
                said: format!("{stage}: every fact can be read ({})", of_steps(steps)),
                help: None,
            });
        }
        if !blind.is_empty() {
            told.push(doubtful(
                format!("{stage}: in {} never read: {}", of_steps(steps), blind.join(", ")),
                "no form asks for it, the path is another, or the account may not see the answer; rules that need it \
                 answer \"cannot tell\"",
            ));
        }
        if !partly.is_empty() {
            told.push(doubtful(
                format!("{stage}: read in some steps only: {}", partly.join(", ")),
                "a form may be of another version; or the path picks answers by their own value, so that one which is \
                 blank is taken for not known",
            ));
        }
    }
    told
}

/// Whether a step says something of a fact, if only that it is blank, or that our account may not see it.
fn is_read(shown: &[&Sighting], fact: Fact) -> bool {
    let mut known = shown.iter().filter_map(|one| one.facts.get(&fact));
    known.any(|known| !matches!(known, Known::Unreadable(why) if *why != Why::Hidden))
}

fn of_steps(number: usize) -> String {
    match number {
        1 => "1 step".to_owned(),
        many => format!("{many} steps"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::app::doctor::looks::only_open;
    use crate::case_system::FeedPage;
    use crate::mapping::{ChildKeying, Mapping, Reading};
    use crate::practice::ids::SourceName;
    use crate::practice::sighting::Road;

    const MAPPING: &str = r#"
blank = []
[feed]
path = "/steps"
root = "r"
record = "s"
[record]
id = "@id"
status = "@status"
[vocabularies.status]
P = "proposed"
S = "started"
C = "completed"
[stages]
path = "@kind"
[stages.is]
A = "supervisor_actions"
[facts.supervision_date]
path = "a[@q='date']"
[facts.action_progress]
path = "row[code^='7']"
key = "@k"
code = "code"
"#;

    fn seen(steps: &[(&str, &str, &str)]) -> Vec<Sighting> {
        let mapping = Mapping::compile("it.toml", MAPPING).unwrap();
        let steps = steps.iter().map(|(id, status, form)| {
            format!("<s id='{id}' status='{status}' kind='A'>{form}</s>")
        });
        let reading = Reading {
            source: SourceName::from("test"),
            now: Timestamp::UNIX_EPOCH,
            road: Road::Feed,
            charset: None,
            keying: ChildKeying::new(b"test"),
        };
        let body = format!("<r>{}</r>", steps.collect::<String>());
        let page = mapping.page(mapping.feed(), body.as_bytes(), &reading);
        page.unwrap().records
    }

    fn said(seen: &[Sighting], needless: &[Fact]) -> (Health, String) {
        let told = evidence(seen, &needless.iter().copied().collect());
        let worst = told.iter().map(|one| one.health).max();
        let lines: Vec<String> = told.into_iter().map(|one| one.said).collect();
        (worst.unwrap(), lines.join("; "))
    }

    const RATED: &str = "<a q='date'/><row k='1'><code>71</code></row>";
    const UNRATED: &str = "<a q='date'>2026-11-12</a><row k='1'><code/></row>";

    #[test]
    fn a_fact_that_only_some_steps_show_is_said_with_their_number() {
        let whole = seen(&[("1", "S", RATED), ("2", "S", RATED)]);
        assert_eq!(said(&whole, &[]).0, Health::Well);
        let partly = seen(&[("1", "S", RATED), ("2", "S", UNRATED), ("3", "S", UNRATED)]);
        let (health, said) = said(&partly, &[]);
        assert_eq!(health, Health::Doubtful);
        assert!(
            said.ends_with("read in some steps only: action_progress in 1 of 3"),
            "{said}"
        );
    }

    #[test]
    fn a_step_is_counted_once_and_one_without_a_form_says_nothing_of_the_paths() {
        let twice = seen(&[("1", "S", RATED), ("1", "S", RATED), ("2", "P", "")]);
        let (health, said) = said(&twice, &[]);
        assert_eq!(health, Health::Well, "{said}");
        assert!(said.ends_with("(2 steps)"), "{said}");
    }

    #[test]
    fn what_another_place_says_is_not_missed() {
        let mut steps = seen(&[("1", "S", RATED)]);
        for step in &mut steps {
            step.facts.remove(&Fact::ActionProgress);
        }
        let (health, lacks) = said(&steps, &[]);
        assert_eq!(health, Health::Doubtful);
        assert!(
            lacks.contains("in 1 step never read: action_progress"),
            "{lacks}"
        );
        assert_eq!(said(&steps, &[Fact::ActionProgress]).0, Health::Well);
    }

    #[test]
    fn proposed_steps_are_no_sign_of_a_filter_that_is_ignored() {
        let page = |steps: &[(&str, &str, &str)]| FeedPage {
            sightings: seen(steps),
            ..FeedPage::default()
        };
        let open = page(&[("1", "S", ""), ("2", "P", "")]);
        assert_eq!(only_open(&open).health, Health::Well);
        let told = only_open(&page(&[("1", "C", ""), ("2", "P", "")]));
        assert_eq!(told.health, Health::Doubtful);
        assert!(told.said.starts_with("1 of 2 steps"), "{}", told.said);
    }
}
